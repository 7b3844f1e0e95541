// @ts-check
// What a generation is doing, in one line, with a button to stop it or to begin again; and small parts that the
// generation canvases share. Words go in as text only.

import { fillWords } from "./draw.js";

export function runMake(tag, name, text = "") {
  const element = document.createElement(tag);
  element.className = name;
  if (text) element.textContent = text;
  if (tag === "button") element.type = "button";
  return element;
}

/** A label that keeps its own direction inside a sentence. */
export function runQuoted(label) {
  return `\u2068${label}\u2069`;
}

/**
 * Fills `bar` (an empty element) with a sentence and a button. `send(name, value)` commits "stop" or "again".
 * Returns `show(run, steps, words)`: run is {state, place, rate, most}, steps the number of tokens there are.
 */
export function makeRunBar(bar, send) {
  const said = runMake("span", "run-said");
  said.setAttribute("role", "status");
  const track = runMake("span", "run-track");
  const fill = runMake("span", "run-fill");
  track.append(fill);
  track.setAttribute("aria-hidden", "true");
  const button = runMake("button", "run-button");
  bar.append(button, track, said);
  let asks = "";
  button.addEventListener("click", () => {
    if (!asks) return;
    button.disabled = true;
    send(asks, { at: Date.now() });
  });
  return (run, steps, words) => {
    const live = run.state === "running" || run.state === "waiting";
    const next = live ? "stop" : run.state === "stopped" ? "again" : "";
    if (next !== asks) button.disabled = false;
    asks = next;
    button.hidden = !asks;
    button.textContent = asks ? words[`run_${asks}`] : "";
    fill.style.width = `${Math.min(100, (100 * steps) / Math.max(1, run.most))}%`;
    track.hidden = !live;
    const known = run.state !== "running" || run.rate > 0;
    const text = fillWords(words[known ? `run_${run.state}` : "run_begun"], {
      place: run.place,
      count: steps,
      most: run.most,
      rate: run.rate,
    });
    if (said.textContent !== text) said.textContent = text;
  };
}

/** A range input with its name and value; `shown(number)` writes the value, `done(number)` hears the released one. */
export function makeDial(name, { low, high, step, shown, done }) {
  const label = runMake("label", "run-dial");
  const title = runMake("span", "run-dial-name", name);
  const value = runMake("output", "run-dial-value");
  const input = runMake("input", "run-dial-input");
  Object.assign(input, { type: "range", min: String(low), max: String(high), step: String(step) });
  const write = () => {
    value.textContent = shown(Number(input.value));
    input.setAttribute("aria-valuetext", value.textContent);
  };
  input.addEventListener("input", write);
  input.addEventListener("change", () => done(Number(input.value)));
  label.append(title, input, value);
  return {
    element: label,
    set(number) {
      if (input.matches(":active")) return; // it is in the visitor's hand
      if (number > Number(input.max)) input.max = String(number);
      input.value = String(number);
      write();
    },
    name(text) {
      title.textContent = text;
      input.setAttribute("aria-label", text);
      write();
    },
  };
}

/** The theme's colours as --gb-* on a component's box; true where they changed. */
export function applyRunTheme(box, theme, before) {
  const key = JSON.stringify([theme.bg, theme.fg, theme.panel, theme.accent, theme.scale]);
  if (key === before) return key;
  const values = {
    bg: theme.bg,
    panel: theme.panel,
    fg: theme.fg,
    muted: theme.muted,
    line: theme.line,
    border: theme.border,
    accent: theme.accent,
    sans: theme.sans,
    mono: theme.mono,
    scale: theme.scale,
  };
  for (const [name, value] of Object.entries(values)) box.style.setProperty(`--gb-${name}`, String(value));
  box.style.colorScheme = theme.dark ? "dark" : "light";
  return key;
}
