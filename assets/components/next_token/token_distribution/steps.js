// The steps as a list that can be put in another order: each with its slider, its value, and how many tokens it leaves.

import { attributes, make } from "../../shared/dom.js";
import { fillWords } from "../../shared/draw.js";
import { rounded } from "../../shared/numbers.js";

const STEP_MARKS = new Map(); // how a slider's place (0 … 1000) stands for a value, per step
const stepLinear = (low, high, digits, least) => ({
  step: (1000 * least) / (high - low), // what an arrow key moves
  toValue: (place) => Number((low + ((high - low) * place) / 1000).toFixed(digits)),
  toPlace: (value) => (1000 * (Math.min(high, Math.max(low, value)) - low)) / (high - low),
});
STEP_MARKS.set("temperature", stepLinear(0, 3, 2, 0.05));
STEP_MARKS.set("top_p", stepLinear(0, 1, 2, 0.01));
STEP_MARKS.set("min_p", stepLinear(0, 1, 2, 0.01));
STEP_MARKS.set("typical", stepLinear(0, 1, 2, 0.01));
STEP_MARKS.set("repetition", stepLinear(0.5, 2, 2, 0.05));
STEP_MARKS.set("frequency", stepLinear(-2, 2, 2, 0.1));
STEP_MARKS.set("presence", stepLinear(-2, 2, 2, 0.1));

/** A slider's scale; top-k is logarithmic, and its right end, the whole vocabulary, is "off". */
function stepScale(name, vocabulary) {
  if (name !== "top_k") return STEP_MARKS.get(name);
  return {
    step: 5,
    toValue: (place) => (place >= 1000 ? 0 : Math.round(vocabulary ** (place / 1000))),
    toPlace: (value) =>
      value < 1 || value >= vocabulary ? 1000 : Math.round((1000 * Math.log(value)) / Math.log(vocabulary)),
  };
}

export class StepList {
  /** `changed(final)` is called at each move, and with true when it is over. */
  constructor(list, changed) {
    this.list = list;
    this.changed = changed;
    this.rows = new Map();
    this.dragged = "";
    list.addEventListener("input", (event) => this.onSlide(event, false));
    list.addEventListener("change", (event) => this.onSlide(event, true));
    list.addEventListener("dblclick", (event) => this.onReset(event));
    list.addEventListener("keydown", (event) => this.onKey(event));
    list.addEventListener("click", (event) => this.onMove(event));
    list.addEventListener("pointerdown", (event) => this.onGrab(event));
    list.addEventListener("pointermove", (event) => this.onDrag(event));
    for (const end of ["pointerup", "pointercancel"]) list.addEventListener(end, () => this.onDrop());
  }

  take({ words, language, vocabulary, off }) {
    this.words = words;
    this.language = language;
    this.vocabulary = vocabulary;
    this.off = off;
  }

  /** The steps as they stand: values and order. */
  show(settings, order) {
    this.settings = settings;
    this.order = order;
    for (const name of order) if (!this.rows.has(name)) this.rows.set(name, this.makeRow(name));
    const wanted = order.map((name) => this.rows.get(name).row);
    if (wanted.some((row, at) => this.list.children[at] !== row)) this.list.replaceChildren(...wanted);
    for (const name of order) this.spell(name);
  }

  makeRow(name) {
    const grip = attributes(make("span", "nt-grip", "⠿"), { "aria-hidden": true });
    const [title, value, left] = [make("span", "nt-name"), make("output", "nt-value"), make("span", "nt-left")];
    const input = attributes(make("input", "nt-slide"), { type: "range", min: 0, max: 1000, step: 1 });
    const move = (by, sign) => attributes(make("button", "nt-move", sign), { "data-by": by });
    const moves = make("span", "nt-moves", move(-1, "↑"), move(1, "↓"));
    const row = attributes(make("li", "nt-step", grip, title, value, moves, input, left), { "data-step": name });
    return { row, grip, title, input, value, left, moves };
  }

  spell(name) {
    const { row, title, input, value, moves } = this.rows.get(name);
    const number = this.settings[name];
    const off = number === this.off[name];
    const text =
      off && name !== "temperature"
        ? this.words.off
        : name === "temperature" && number < 1e-5
          ? this.words.greedy
          : rounded(number, 3);
    title.textContent = this.words[name];
    row.title = this.words[`${name}_help`];
    value.textContent = text;
    row.classList.toggle("off", off);
    const step = String(stepScale(name, this.vocabulary).step);
    if (input.step !== step) input.step = step;
    if (!this.sliding || input !== this.sliding) input.value = String(stepScale(name, this.vocabulary).toPlace(number));
    attributes(input, { "aria-label": this.words[name], "aria-valuetext": text });
    const place = this.order.indexOf(name);
    for (const button of moves.children) {
      const up = button.dataset.by === "-1";
      button.disabled = up ? place === 0 : place === this.order.length - 1;
      button.setAttribute("aria-label", fillWords(this.words[up ? "earlier" : "later"], { step: this.words[name] }));
    }
  }

  /** How many tokens each step left. */
  count(left) {
    this.order.forEach((name, at) => {
      const before = at ? left[at - 1] : this.vocabulary;
      const text = left[at] < before ? fillWords(this.words.left, { count: left[at] }) : "";
      const place = this.rows.get(name).left;
      if (place.textContent !== text) place.textContent = text;
    });
  }

  nameOf(target) {
    return target.closest?.(".nt-step")?.dataset.step ?? "";
  }

  onSlide(event, final) {
    const name = this.nameOf(event.target);
    if (!name || event.target.type !== "range") return;
    this.sliding = final ? null : event.target;
    const value = stepScale(name, this.vocabulary).toValue(Number(event.target.value));
    this.settings[name] = value;
    this.spell(name);
    this.changed(final);
  }

  onReset(event) {
    const name = this.nameOf(event.target);
    if (!name || event.target.closest("button")) return;
    this.settings[name] = this.off[name];
    this.spell(name);
    this.changed(true);
  }

  onKey(event) {
    const name = this.nameOf(event.target);
    if (!name || !event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    event.preventDefault();
    this.move(name, event.key === "ArrowUp" ? -1 : 1, event.target);
    this.changed(true);
  }

  onMove(event) {
    const by = event.target.dataset?.by;
    if (!by) return;
    this.move(this.nameOf(event.target), Number(by), event.target);
    this.changed(true);
  }

  move(name, by, focused) {
    const from = this.order.indexOf(name);
    const to = Math.min(this.order.length - 1, Math.max(0, from + by));
    if (from === to) return;
    this.order.splice(to, 0, ...this.order.splice(from, 1));
    this.show(this.settings, this.order);
    if (focused?.disabled) this.rows.get(name).input.focus();
    else focused?.focus();
  }

  onGrab(event) {
    if (!event.target.closest(".nt-grip")) return;
    this.dragged = this.nameOf(event.target);
    this.list.setPointerCapture(event.pointerId);
    this.rows.get(this.dragged).row.classList.add("dragged");
    event.preventDefault();
  }

  onDrag(event) {
    if (!this.dragged) return;
    const boxes = this.order.map((name) => this.rows.get(name).row.getBoundingClientRect());
    const to = boxes.findIndex((box) => event.clientY < box.bottom);
    const by = (to < 0 ? this.order.length - 1 : to) - this.order.indexOf(this.dragged);
    if (!by) return;
    this.move(this.dragged, by);
    this.changed(false);
  }

  onDrop() {
    if (!this.dragged) return;
    this.rows.get(this.dragged).row.classList.remove("dragged");
    this.dragged = "";
    this.changed(true);
  }
}
