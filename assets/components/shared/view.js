// The life that views share: data come in one message, the newest one counts, and the end may come late.

import { unpack } from "./buffer.js";
import { recordFrame } from "./draw.js";
import { dressBox, readTheme, themeKey } from "./theme.js";

/**
 * A view in a box. Subclasses have `take({meta, arrays} = this)`, which is given each new message, and `draw()`; they may have
 * `dress(theme)` (colours of their own), `paint` (a frame that can be cancelled) and `watch` (an observer).
 * @template [M=any] what Python's header says, as payloads.d.ts of the page has it
 * @template [A=any] the arrays that come with it
 */
export class MessageView {
  constructor(/** @type {any} */ root, /** @type {string} */ selector, /** @type {string} */ name) {
    this.root = root;
    this.name = name;
    this.box = root.querySelector(selector);
    /** @type {any} */ this.component = null;
    this.meta = /** @type {M} */ (/** @type {unknown} */ (null));
    this.arrays = /** @type {A} */ (/** @type {unknown} */ (null));
    /** @type {any} */ this.words = null;
    /** @type {any} */ this.theme = null;
    /** @type {{disconnect(): void}|null} */ this.watch = null;
    this.themeKey = "";
    /** @type {number|undefined} */ this.version = undefined;
  }

  draw() {}

  /** @param {any} _theme */
  dress(_theme) {}

  take() {}

  find(/** @type {string} */ selector) {
    return this.box.querySelector(selector);
  }

  destroy() {
    this.gone = true;
    /** @type {any} */ (this).paint?.cancel?.();
    this.watch?.disconnect();
  }

  /** Commits a state. One that repeats its last value never reaches Python, so each carries its moment. */
  send(/** @type {string} */ key, /** @type {object} */ value) {
    this.component?.setStateValue(key, { ...value, at: Date.now() });
  }

  /** Asks once for another state. @param {object} values */
  look(values) {
    this.ask("look", { ...values, at: Date.now() });
  }

  /** What the tooltip says of an element, below its right end. @param {any} element @param {any[]} rows */
  tell(element, rows, below = 12) {
    const [box, place] = [this.box.getBoundingClientRect(), element.getBoundingClientRect()];
    /** @type {any} */ (this).tip.show(rows, place.right - box.left, place.bottom - box.top + below);
  }

  /**
   * Is this a state that Python did not give before: a link, an example, the back button?
   * @param {{version: number}} _
   */
  isNew({ version }) {
    const fresh = version !== this.version;
    this.version = version;
    return fresh;
  }

  /** Asks for something once. @param {string} key @param {any} value */
  ask(key, value) {
    this.component?.setTriggerValue(key, value);
  }

  applyTheme() {
    this.wear(readTheme(this.root));
  }

  /** Draws itself in a theme from now on. @param {any} theme */
  wear(theme) {
    const scale = this.typeScale(theme.scale);
    const key = `${themeKey(theme)}${scale}`;
    if (key === this.themeKey) return;
    Object.assign(this, { theme: { ...theme, scale }, themeKey: key });
    dressBox(this.box, theme);
    this.dress(this.theme);
    if (this.meta) this.dressed();
  }

  /** The scale of what is written in its canvas. @param {number} scale */
  typeScale(scale) {
    return scale;
  }

  /** What is done when data are there and the theme is another one. */
  dressed() {
    this.draw();
  }

  async update(/** @type {any} */ component) {
    const { data } = component;
    this.component = component;
    this.applyTheme();
    if (!data) return; // between two runs; what is on its way still counts
    const turn = (this.turn = (this.turn ?? 0) + 1);
    if (data === this.bytes) return;
    const message = await unpack(data);
    if (this.gone || turn !== this.turn) return;
    const start = performance.now();
    this.bytes = data;
    this.accept(message);
    recordFrame(`${this.name}:data`, performance.now() - start);
  }

  /** @param {{meta: any, arrays: any}} _ */
  accept({ meta, arrays }) {
    Object.assign(this, { meta, arrays, words: meta.words });
    this.box.lang = meta.language;
    this.box.setAttribute("aria-busy", "false");
    for (const element of this.box.querySelectorAll(".gb-skeleton")) element.classList.remove("gb-skeleton");
    for (const element of this.box.querySelectorAll("[data-word]"))
      element.textContent = this.words[element.dataset.word] ?? "";
    this.take();
  }
}
