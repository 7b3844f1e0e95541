// The common life of a small figure: beside its messages, its size and the theme.

import { onFrame, screenRatio } from "./draw.js";
import { whiteTheme } from "./theme.js";
import { MessageView } from "./view.js";

/**
 * A figure in a box: subclasses have `take({meta, arrays} = this)`, which is given each new message, and `draw()`.
 * @template [M=any]
 * @template [A=any]
 * @extends {MessageView<M, A>}
 */
export class FigureView extends MessageView {
  constructor(/** @type {any} */ root, /** @type {string} */ selector, /** @type {string} */ name) {
    super(root, selector, name);
    this.ratio = screenRatio();
    this.ready = false;
    this.frame = onFrame(() => this.ready && this.box.clientWidth && this.draw(), name);
    this.watch = new ResizeObserver(() => {
      this.ratio = screenRatio();
      this.applyTheme(); // the size of the type may depend on the window's
      this.frame();
    });
    this.watch.observe(this.box);
  }

  part(/** @type {string} */ selector) {
    return this.find(selector);
  }

  destroy() {
    super.destroy();
    this.frame.cancel();
  }

  accept(/** @type {any} */ message) {
    this.ready = true;
    super.accept(message);
    if (this.box.clientWidth) this.draw();
  }

  dressed() {
    this.take();
    this.frame();
  }

  /** What is composed in the theme of paper, for a picture to take away. @param {any} compose */
  onPaper(compose) {
    const { theme } = this;
    this.theme = whiteTheme(theme);
    const made = compose(this.theme);
    this.theme = theme;
    this.frame();
    return made;
  }

  font(weight = 400, size = 13) {
    return `${weight} ${Math.round(size * this.theme.scale)}px ${this.theme.sans}`;
  }
}
