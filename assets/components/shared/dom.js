// @ts-check
// Elements as every canvas makes them: a class, a text, attributes. Words go in as text only, so that a visitor's text
// can never become markup.

/** Sets attributes, each as text. */
export function attributes(element, values) {
  for (const [name, value] of Object.entries(values)) element.setAttribute(name, String(value));
  return element;
}

/** An element with a class and what stands in it: texts and other elements. A button sends no form. */
export function make(tag, name = "", ...content) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (element instanceof HTMLButtonElement) element.type = "button";
  element.append(...content);
  return element;
}

/** An element of a drawing, with its attributes and, where there is one, a text. */
export function makeSvg(tag, values = {}, text = "") {
  const element = attributes(document.createElementNS("http://www.w3.org/2000/svg", tag), values);
  if (text) element.textContent = text;
  return element;
}

/** A label that keeps its own direction inside a sentence. */
export function quoted(label) {
  return `\u2068${label}\u2069`;
}

/** An entry of a menu. */
export function makeOption(value, text) {
  return Object.assign(document.createElement("option"), { value: String(value), textContent: text });
}

/** A context to measure texts with, before their canvas has its size. */
export function makeRuler() {
  return /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d"));
}

/** Where an arrow key, Home or End leads in a row of `count`, from `at`; undefined for another key. */
export function steppedTo(key, at, count, { by = 1, page = 0, upright = false } = {}) {
  const [back, on] = upright ? ["ArrowUp", "ArrowDown"] : ["ArrowLeft", "ArrowRight"];
  const steps = {
    [back]: -by,
    [on]: by,
    Home: -Infinity,
    End: Infinity,
    ...(page ? { PageUp: page, PageDown: -page } : {}),
  };
  return key in steps ? Math.min(count - 1, Math.max(0, at + steps[key])) : undefined;
}
