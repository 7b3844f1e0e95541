// What a generation is doing, in one line, with a button to stop it or to begin again; and small parts that the
// generation canvases share. Words go in as text only.

import { attributes, make } from "./dom.js";
import { fillWords } from "./draw.js";

/**
 * Fills `bar` (an empty element) with a sentence and a button. `send(name, value)` commits "stop" or "again".
 * Returns `show(run, steps, words)`: run is {state, place, seconds, rate, most}, steps the number of tokens there are.
 */
export function makeRunBar(/** @type {any} */ bar, /** @type {(name: string, value: object) => void} */ send) {
  const said = attributes(make("span", "run-said"), { role: "status" });
  const fill = make("span", "run-fill");
  const track = attributes(make("span", "run-track", fill), { "aria-hidden": true });
  const button = make("button", "run-button");
  bar.append(button, track, said);
  let asks = "";
  button.addEventListener("click", () => {
    if (!asks) return;
    button.disabled = true;
    send(asks, { at: Date.now() });
  });
  return (/** @type {any} */ run, /** @type {number} */ steps, /** @type {Words} */ words) => {
    const live = run.state === "running" || run.state === "waiting";
    const next = live ? "stop" : run.state === "stopped" ? "again" : "";
    if (next !== asks) button.disabled = false;
    asks = next;
    button.hidden = !asks;
    button.textContent = asks ? words[`run_${asks}`] : "";
    fill.style.width = `${Math.min(100, (100 * steps) / Math.max(1, run.most))}%`;
    track.hidden = !live;
    const known = run.state === "running" ? run.rate > 0 : run.state !== "waiting" || run.seconds > 0;
    const word = known ? `run_${run.state}` : run.state === "waiting" ? "run_unsure" : "run_begun";
    const text = fillWords(words[word], { ...run, count: steps });
    if (said.textContent !== text) said.textContent = text;
  };
}

/**
 * A range input with a name and its value; `shown(number)` writes the value, `done(number)` hears the released one.
 * @param {number} low @param {number} high @param {(value: number) => void} done @param {{step?: number, shown?: (n: number) => string}} _
 */
export function makeDial(low, high, done, { step = 1, shown = (n) => String(n) } = {}) {
  const title = make("span", "run-dial-name");
  const value = make("output", "run-dial-value");
  const input = make("input", "run-dial-input");
  Object.assign(input, { type: "range", min: String(low), max: String(high), step: String(step) });
  const write = () => {
    value.textContent = shown(Number(input.value));
    input.setAttribute("aria-valuetext", value.textContent);
  };
  input.addEventListener("input", write);
  input.addEventListener("change", () => done(Number(input.value)));
  return {
    element: make("label", "run-dial", title, input, value),
    set(/** @type {number} */ number) {
      if (input.matches(":active")) return; // it is in the visitor's hand
      if (number > Number(input.max)) input.max = String(number);
      input.value = String(number);
      write();
    },
    name(/** @type {string} */ text) {
      title.textContent = text;
      input.setAttribute("aria-label", text);
      write();
    },
  };
}
