// @ts-check
// The common life of a small figure: beside its messages, its size and the theme.

import { onFrame, screenRatio } from "./draw.js";
import { mixColour, readTheme } from "./theme.js";
import { MessageView } from "./view.js";

/** A figure in a box: subclasses have `take({meta, arrays})`, which is given each new message, and `draw()`. */
export class FigureView extends MessageView {
  constructor(root, selector, name) {
    super(root, selector, name);
    this.ratio = screenRatio();
    /** @type {any} */ this.theme = null;
    this.themeKey = "";
    this.ready = false;
    this.frame = onFrame(() => this.ready && this.box.clientWidth && this.draw(), name);
    this.watch = new ResizeObserver(() => {
      this.ratio = screenRatio();
      this.applyTheme(); // the size of the type may depend on the window's
      this.frame();
    });
    this.watch.observe(this.box);
  }

  draw() {}

  part(selector) {
    return this.find(selector);
  }

  destroy() {
    super.destroy();
    this.frame.cancel();
  }

  accept(message) {
    this.ready = true;
    super.accept(message);
    if (this.box.clientWidth) this.draw();
  }

  applyTheme() {
    this.wear(readTheme(this.root));
  }

  /** Draws itself in a theme from now on. */
  wear(theme) {
    const scale = this.typeScale(theme.scale);
    const key = JSON.stringify([theme.bg, theme.fg, theme.panel, theme.accent, theme.sans, theme.scale, scale]);
    if (key === this.themeKey) return;
    Object.assign(this, { theme: { ...theme, scale }, themeKey: key });
    const values = {
      fg: theme.fg,
      bg: theme.bg,
      muted: theme.muted,
      line: theme.line,
      panel: theme.panel,
      accent: theme.accent,
      border: theme.border,
      tip: theme.dark ? theme.panel : theme.bg,
      sans: theme.sans,
      mono: theme.mono,
      scale: theme.scale,
      bar: mixColour(theme.fg, theme.bg, 0.35),
    };
    for (const [name, value] of Object.entries(values)) this.box.style.setProperty(`--gb-${name}`, String(value));
    this.box.classList.toggle("lecture", theme.scale >= 1.3);
    this.box.style.colorScheme = theme.dark ? "dark" : "light";
    if (this.ready) this.take({ meta: this.meta, arrays: this.arrays });
    this.frame();
  }

  /** The scale of what is written in its canvas. */
  typeScale(scale) {
    return scale;
  }

  font(weight = 400, size = 13) {
    return `${weight} ${Math.round(size * this.theme.scale)}px ${this.theme.sans}`;
  }
}
