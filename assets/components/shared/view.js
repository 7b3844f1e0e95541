// @ts-check
// The life that views share: data come in one message, the newest one counts, and the end may come late.

import { unpack } from "./buffer.js";
import { recordFrame } from "./draw.js";

/**
 * A view in a box. Subclasses have `applyTheme()` and `take({meta, arrays})`, which is given each new message, and may
 * have `paint` (a frame that can be cancelled) and `watch` (an observer).
 */
export class MessageView {
  constructor(root, selector, name) {
    this.root = root;
    this.name = name;
    this.box = root.querySelector(selector);
    /** @type {any} */ this.component = null;
    /** @type {any} */ this.meta = null;
    /** @type {any} */ this.words = null;
    /** @type {any} */ this.arrays = null;
    /** @type {{disconnect(): void}|null} */ this.watch = null;
  }

  applyTheme() {}

  /** @param {{meta: any, arrays: any}} _message */
  take(_message) {}

  find(selector) {
    return this.box.querySelector(selector);
  }

  destroy() {
    this.gone = true;
    /** @type {any} */ (this).paint?.cancel?.();
    this.watch?.disconnect();
  }

  /** Commits a state. One that repeats its last value never reaches Python, so each carries its moment. */
  send(key, value) {
    this.component?.setStateValue(key, { ...value, at: Date.now() });
  }

  /** Asks for something once. */
  ask(key, value) {
    this.component?.setTriggerValue(key, value);
  }

  async update(component) {
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

  accept({ meta, arrays }) {
    Object.assign(this, { meta, arrays, words: meta.words });
    this.box.lang = meta.language;
    this.box.setAttribute("aria-busy", "false");
    for (const element of this.box.querySelectorAll(".gb-skeleton")) element.classList.remove("gb-skeleton");
    for (const element of this.box.querySelectorAll("[data-word]"))
      element.textContent = this.words[element.dataset.word] ?? "";
    this.take({ meta, arrays });
  }
}
