// The common life of a small figure: data that come in one message, theme, size, and a clean-up that may come late.

import { unpack } from "./buffer.js";
import { onFrame, recordFrame, screenRatio } from "./draw.js";
import { mixColour, readTheme } from "./theme.js";

/** A figure in a box: subclasses have `take({meta, arrays})`, which is given each new message, and `draw()`. */
export class FigureView {
  constructor(root, selector, name) {
    Object.assign(this, { root, name, box: root.querySelector(selector), ratio: screenRatio() });
    this.frame = onFrame(() => this.ready && this.box.clientWidth && this.draw(), name);
    this.watch = new ResizeObserver(() => {
      this.ratio = screenRatio();
      this.frame();
    });
    this.watch.observe(this.box);
  }

  part(selector) {
    return this.box.querySelector(selector);
  }

  destroy() {
    this.gone = true;
    this.frame.cancel();
    this.watch.disconnect();
  }

  async update({ data, setStateValue }) {
    this.send = (key, value) => setStateValue(key, { ...value, at: Date.now() });
    this.applyTheme();
    if (!data) return; // between two runs; what is on its way still counts
    const turn = (this.turn = (this.turn ?? 0) + 1);
    if (data === this.bytes) return;
    const message = await unpack(data);
    if (this.gone || turn !== this.turn) return;
    const start = performance.now();
    Object.assign(this, { bytes: data, meta: message.meta, words: message.meta.words, arrays: message.arrays, ready: true });
    this.box.lang = message.meta.language;
    this.box.setAttribute("aria-busy", "false");
    for (const element of this.box.querySelectorAll("[data-word]")) element.textContent = this.words[element.dataset.word] ?? "";
    this.take(message);
    if (this.box.clientWidth) this.draw();
    recordFrame(`${this.name}:data`, performance.now() - start);
  }

  applyTheme() {
    const theme = readTheme(this.root);
    const key = JSON.stringify([theme.bg, theme.fg, theme.panel, theme.accent, theme.sans, theme.scale]);
    if (key === this.themeKey) return;
    Object.assign(this, { theme, themeKey: key });
    const values = {
      fg: theme.fg, bg: theme.bg, muted: theme.muted, line: theme.line, panel: theme.panel, accent: theme.accent, border: theme.border,
      tip: theme.dark ? theme.panel : theme.bg, sans: theme.sans, mono: theme.mono, scale: theme.scale, bar: mixColour(theme.fg, theme.bg, 0.35),
    };
    for (const [name, value] of Object.entries(values)) this.box.style.setProperty(`--gb-${name}`, String(value));
    this.box.classList.toggle("lecture", theme.scale >= 1.3);
    this.box.style.colorScheme = theme.dark ? "dark" : "light";
    if (this.ready) this.take({ meta: this.meta, arrays: this.arrays });
    this.frame();
  }

  font(weight = 400, size = 13) {
    return `${weight} ${Math.round(size * this.theme.scale)}px ${this.theme.sans}`;
  }
}
