// Elements as every canvas makes them: a class, a text, attributes. Words go in as text only, so that a visitor's text
// can never become markup.

/** Sets attributes, each as text. @param {any} element @param {Record<string, any>} values */
export function attributes(element, values) {
  for (const [name, value] of Object.entries(values)) element.setAttribute(name, String(value));
  return element;
}

/** An element with a class and what stands in it: texts and other elements. A button sends no form. @returns {any} */
export function make(/** @type {string} */ tag, name = "", /** @type {(string | Node)[]} */ ...content) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (element instanceof HTMLButtonElement) element.type = "button";
  if (tag === "bdi") element.translate = false; // a visitor's text or a token: no browser puts it into another language
  element.append(...content);
  return element;
}

/** An element of a drawing, with its attributes and, where there is one, a text. @param {string} tag @returns {any} */
export function makeSvg(tag, values = {}, text = "") {
  const element = attributes(document.createElementNS("http://www.w3.org/2000/svg", tag), values);
  if (text) element.textContent = text;
  return element;
}

/** A label that keeps its own direction inside a sentence. @param {string} label */
export function quoted(label) {
  return `\u2068${label}\u2069`;
}

/**
 * Buttons of which one is pressed: what `names` stand for is said by `say`; `choose` hears the name that was clicked.
 * `kind` is the name of what is chosen, in the page's elements.
 * @param {any} place @param {string[]} names @param {{kind: string, label: string, pressed: string, say: (name: string) => string, choose: (name: string) => void}} _
 */
export function showChoice(place, names, { kind, label, pressed, say, choose }) {
  const focused = place.getRootNode().activeElement?.dataset?.[kind];
  place.setAttribute("aria-label", label);
  const buttons = names.map((name) => {
    const button = attributes(make("button", "", say(name)), {
      "aria-pressed": name === pressed,
      [`data-${kind}`]: name,
    });
    button.addEventListener("click", () => choose(name));
    return button;
  });
  place.replaceChildren(...buttons);
  buttons[names.indexOf(focused)]?.focus();
}

/** An entry of a menu. @param {string | number} value @param {string} text */
export function makeOption(value, text) {
  return Object.assign(document.createElement("option"), { value: String(value), textContent: text });
}

/** A context to measure texts with, before their canvas has its size. */
export function makeRuler() {
  return /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d"));
}

/** What a key without a modifier means, by a table; the event is then nobody else's. Undefined where it means nothing. */
export function keyMeans(/** @type {any} */ event, /** @type {Record<string, any>} */ meanings) {
  const meaning = event.ctrlKey || event.metaKey || event.altKey ? undefined : meanings[event.key];
  if (meaning === undefined) return undefined;
  event.preventDefault();
  event.stopPropagation();
  return meaning;
}
