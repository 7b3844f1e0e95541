// Two small pictures of weights between tokens, for canvases that show several of them side by side: a matrix with its
// labels, and the same weights as curves between two columns of tokens. Each lays itself out for a size, paints what is
// pointed at, and answers what lies under the pointer.

import {
  columnHeight,
  columnLean,
  columnMode,
  drawColumnLabel,
  labelCrowded,
  labelFont,
  labelRoom,
  labelStride,
  spokenLabel,
} from "./token_columns.js";
import { fillWords, fitCanvas, fitText, lectureRoom, percent, savePicture, screenRatio } from "./draw.js";
import { mixColour, whiteTheme } from "./theme.js";

const PANEL_LEAST = 0.02; // weights below are not drawn as curves while nothing is pointed at
const PANEL_ROW_LEAST = 0.004; // … of the token pointed at

/** Where an event lies in an element, in CSS pixels. @param {any} event @param {any} element @returns {[number, number]} */
export function panelPoint(event, element) {
  const box = element.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}

/**
 * The up to three largest shares as a list in words: `shares` of tokens with these labels.
 * @param {Words} words @param {string[]} labels @param {ArrayLike<number>} shares
 */
export function listStrongest(words, labels, shares) {
  const best = Array.from(labels.keys()).filter((at) => shares[at] >= 0.01);
  best.sort((p, q) => shares[q] - shares[p]);
  const item = (/** @type {number} */ at) =>
    fillWords(words.item, { token: spokenLabel(labels[at]), percent: percent(shares[at]) });
  return best.slice(0, 3).map(item).join(words.separator) || "—";
}

/**
 * How many of its figures a view sets side by side, and how high they are: `low`, `high` and `share` of the window on a
 * desk; while presenting they fit under the question, if `least` pixels high.
 * @param {any} view @param {any} main @param {{low: number, high: number, share: number, least: number}} _
 */
export function panelRoom(view, main, { low, high, share, least }) {
  const { scale } = view.theme;
  const width = view.box.clientWidth;
  const across = width >= 900 ? 3 : width >= 560 ? 2 : 1;
  const room = across === 3 ? lectureRoom(main, 52 * scale) : Infinity;
  if (room < Infinity) main.style.minHeight = "0";
  const desk = Math.min(high, Math.max(low, window.innerHeight * share)) * (across === 3 ? scale : 1);
  return { across, high: Math.round(Math.min(desk, Math.max(least * scale, room))) };
}

/**
 * The key to a shading: what it is of, and the ramp between its ends.
 * @param {any} place @param {string} name @param {(share: number) => string} shade
 */
export function paintRamp(place, name, shade, low = "0", high = "100\u202f%") {
  const end = (/** @type {string} */ text) => Object.assign(document.createElement("span"), { textContent: text });
  const ramp = document.createElement("i");
  ramp.style.background = `linear-gradient(90deg, ${Array.from({ length: 9 }, (_, at) => shade(at / 8)).join(", ")})`;
  place.replaceChildren(end(name), end(low), ramp, end(high));
}

/** What both pictures have: a canvas, and after `layout` a theme, the size of the type and their own size. */
class TokenPanel {
  /** @type {any} */ theme = null;
  /** @type {ArrayLike<number>} */ values = [];
  size = 0;
  width = 0;
  height = 0;
  ratio = 1;

  constructor(/** @type {any} */ canvas) {
    this.canvas = canvas;
  }
}

/** Weights [row, column] as squares: `values` 0…1, shaded by their square root as everywhere on the page. */
export class TokenMatrix extends TokenPanel {
  /** @type {string[]} */ rows = [];
  /** @type {string[]} */ columns = [];
  mode = "flat";
  left = 0;
  top = 0;
  wide = 0;
  high = 0;
  clip = 0.3;

  /**
   * `rows` and `columns` are labels.
   * @param {{rows: string[], columns: string[], values: ArrayLike<number>, clip?: number}} _
   */
  set({ rows, columns, values, clip = 0.3 }) {
    Object.assign(this, { rows, columns, values, clip });
  }

  /**
   * Sizes the canvas to `width` and at most `height`. Cells are square, or taller where only so each row has its label.
   * @param {any} theme @param {number} width @param {number} height @param {{ratio?: number, square?: number}} _
   */
  layout(theme, width, height, { ratio = screenRatio(), square = 36 } = {}) {
    const size = 12.5 * theme.scale;
    const context = fitCanvas(this.canvas, width, height, ratio);
    context.font = labelFont(theme, size);
    const widest = this.rows.reduce((wide, label) => Math.max(wide, context.measureText(label).width), 0);
    this.left = Math.ceil(Math.min(widest + 10, width * this.clip));
    const guess = Math.min(square * theme.scale, (width - this.left) / this.columns.length);
    this.mode = columnMode(context, this.columns, guess);
    this.top = Math.ceil(columnHeight(context, this.columns, this.mode, size, Math.min(7 * size, height * 0.28)));
    const across = (/** @type {number} */ lean) =>
      Math.min(square * theme.scale, (width - this.left - lean) / this.columns.length);
    const room = labelRoom(this.mode, this.top, size);
    this.wide = across(Math.min(width * 0.2, columnLean(context, this.columns, this.mode, across(2), room)));
    this.high = Math.min(Math.max(this.wide, size * 1.36), (height - this.top - 2) / this.rows.length);
    this.wide = Math.min(this.wide, this.high);
    Object.assign(this, { theme, size, ratio, width, height: Math.ceil(this.top + this.high * this.rows.length + 2) });
  }

  at(/** @type {number} */ x, /** @type {number} */ y) {
    const [row, column] = [Math.floor((y - this.top) / this.high), Math.floor((x - this.left) / this.wide)];
    const [inRow, inColumn] = [row >= 0 && row < this.rows.length, column >= 0 && column < this.columns.length];
    if (!inRow || (!inColumn && x >= this.left)) return null;
    return { row, column: inColumn ? column : -1 };
  }

  paint({ row = -1, column = -1, kept = -1 } = {}) {
    const { theme, left, top, wide, high } = this;
    const context = fitCanvas(this.canvas, this.width, this.height, this.ratio);
    context.clearRect(0, 0, this.width, this.height);
    const [rows, columns] = [this.rows.length, this.columns.length];
    const gap = wide > 9 && high > 6 ? 1 : 0;
    for (let r = 0; r < rows; r += 1) {
      for (let c = 0; c < columns; c += 1) {
        context.fillStyle = theme.sequential(Math.sqrt(this.values[r * columns + c]));
        context.fillRect(left + c * wide, top + r * high, wide - gap, high - gap);
      }
    }
    Object.assign(context, { lineWidth: 1, strokeStyle: theme.border });
    context.strokeRect(left - 0.5, top - 0.5, columns * wide + 1, rows * high + 1);
    this.labels(context, row, column, kept);
    for (const [r, colour] of [
      [kept, theme.categories[2]],
      [row, theme.fg],
    ]) {
      if (r < 0) continue;
      Object.assign(context, { strokeStyle: colour, lineWidth: 1.8 });
      context.strokeRect(left - 0.5, top + r * high - 0.5, columns * wide + 1, high);
    }
    if (row < 0 || column < 0) return;
    Object.assign(context, { strokeStyle: theme.fg, lineWidth: 2 });
    context.strokeRect(left + column * wide, top + row * high, wide, high);
  }

  /** @param {Context2D} context @param {number} row @param {number} column @param {any} kept */
  labels(context, row, column, kept) {
    const { theme, size, left, top, wide, high } = this;
    const step = labelStride(high, size * 1.15);
    for (let r = 0; r < this.rows.length; r += 1) {
      const chosen = r === row || r === kept;
      if (!chosen && (r % step || labelCrowded(r, step, [row, kept]))) continue;
      context.font = labelFont(theme, size, chosen ? 650 : 400);
      context.fillStyle = chosen ? theme.fg : theme.muted;
      Object.assign(context, { textAlign: "right", textBaseline: "middle" });
      context.fillText(fitText(context, this.rows[r], left - 8), left - 6, top + (r + 0.5) * high);
    }
    const stride = labelStride(wide, size * 1.2);
    const room = labelRoom(this.mode, top, size);
    for (let c = 0; c < this.columns.length; c += 1) {
      if (c !== column && (c % stride || labelCrowded(c, stride, [column]))) continue;
      context.font = labelFont(theme, size, c === column ? 650 : 400);
      context.fillStyle = c === column ? theme.fg : theme.muted;
      drawColumnLabel(context, this.columns[c], left + (c + 0.5) * wide, top, { mode: this.mode, size, room });
    }
  }
}

/** The same as curves: `left` tokens look at `right` tokens with `values` [left, right]. */
export class TokenArcs extends TokenPanel {
  /** @type {string[]} */ left = [];
  /** @type {string[]} */ right = [];
  /** @type {{left: boolean[], right: boolean[]}} */ pale = { left: [], right: [] };
  pitch = 0;
  side = 0;
  from = 0;
  to = 0;

  /**
   * `pale` tells which labels of each side stand back: special tokens, what is not written yet.
   * @param {{left: string[], right: string[], values: ArrayLike<number>, pale?: any}} _
   */
  set({ left, right, values, pale = { left: [], right: [] } }) {
    Object.assign(this, { left, right, values, pale });
  }

  /**
   * Many tokens are higher than `height`; in a lecture their type becomes smaller first.
   * @param {any} theme @param {number} width @param {number} height @param {{ratio?: number}} _
   */
  layout(theme, width, height, { ratio = screenRatio() } = {}) {
    const most = Math.max(this.left.length, this.right.length);
    const size = 13 * Math.min(theme.scale, Math.max(Math.min(theme.scale, 1.15), height / most / 16.9));
    const pitch = Math.min(size * 2.4, Math.max(size * 1.3, height / most));
    const context = fitCanvas(this.canvas, width, Math.ceil(pitch * most), ratio);
    context.font = labelFont(theme, size);
    const widest = (/** @type {string[]} */ labels) =>
      labels.reduce((wide, label) => Math.max(wide, context.measureText(label).width), 0);
    this.side = 3.7 * size;
    this.from = Math.ceil(Math.min(widest(this.left) + 6, width * 0.3)) + this.side;
    this.to = width - Math.ceil(Math.min(widest(this.right) + 6, width * 0.3)) - this.side;
    Object.assign(this, { theme, size, pitch, width, height: Math.ceil(pitch * most), ratio });
  }

  y(/** @type {number} */ at, /** @type {string[]} */ labels) {
    return this.height / 2 + (at + 0.5 - labels.length / 2) * this.pitch;
  }

  at(/** @type {number} */ x, /** @type {number} */ y) {
    const side = x < (this.from + this.to) / 2 ? "left" : "right";
    const labels = this[side];
    const at = Math.floor((y - this.height / 2) / this.pitch + labels.length / 2);
    return at >= 0 && at < labels.length ? { side, at } : null;
  }

  /** @param {{side: string, at: number}|null} chosen */
  paint(chosen = null) {
    const { theme, pitch } = this;
    const context = fitCanvas(this.canvas, this.width, this.height, this.ratio);
    context.clearRect(0, 0, this.width, this.height);
    const columns = this.right.length;
    const share = (/** @type {number} */ row, /** @type {number} */ column) => this.values[row * columns + column];
    for (let row = 0; row < this.left.length; row += 1) {
      for (let column = 0; column < columns; column += 1) {
        const active = chosen && (chosen.side === "left" ? row === chosen.at : column === chosen.at);
        const weight = share(row, column);
        if (weight < (active ? PANEL_ROW_LEAST : PANEL_LEAST)) continue;
        const [y0, y1] = [this.y(row, this.left), this.y(column, this.right)];
        const bend = (this.to - this.from) * 0.42;
        context.beginPath();
        context.moveTo(this.from + 4, y0);
        context.bezierCurveTo(this.from + bend, y0, this.to - bend, y1, this.to - 4, y1);
        context.globalAlpha = chosen && !active ? 0.1 : active ? 1 : 0.25 + 0.6 * weight;
        context.strokeStyle = theme.sequential(0.34 + 0.5 * Math.sqrt(weight));
        context.lineWidth = Math.max(0.7, Math.min(0.36 * pitch, 8 * theme.scale) * weight) + (active ? 0.5 : 0);
        context.lineCap = "round";
        context.stroke();
      }
    }
    context.globalAlpha = 1;
    for (const side of /** @type {const} */ (["left", "right"])) this.column(context, side, chosen, share);
  }

  /** @param {Context2D} context @param {number} x @param {number} y @param {number} wide @param {boolean} out */
  chip(context, x, y, wide, out) {
    context.fillStyle = mixColour(this.theme.bg, this.theme.categories[out ? 2 : 3], 0.3);
    context.beginPath();
    context.roundRect(out ? x - wide + 6 : x - 6, y - this.pitch * 0.42, wide, this.pitch * 0.84, 5);
    context.fill();
  }

  /** @param {Context2D} context @param {number} x @param {number} y @param {number} wide @param {boolean} out */
  bar(context, x, y, wide, out) {
    const { theme, pitch } = this;
    context.fillStyle = mixColour(theme.bg, theme.sequential(0.55), theme.dark ? 0.36 : 0.22);
    context.fillRect(out ? x + 4 - wide : x - 4, y - pitch * 0.38, wide, pitch * 0.76);
  }

  /** @param {Context2D} context @param {"left" | "right"} side @param {any} chosen @param {any} share */
  column(context, side, chosen, share) {
    const { theme, size } = this;
    const [labels, out] = [this[side], side === "left"];
    const other = chosen && chosen.side !== side;
    const room = (out ? this.from : this.width - this.to) - this.side;
    labels.forEach((label, at) => {
      const y = this.y(at, labels);
      const mine = chosen?.side === side && chosen.at === at;
      const weight = other ? (out ? share(at, chosen.at) : share(chosen.at, at)) : 0;
      const x = out ? this.from : this.to;
      context.font = labelFont(theme, size, mine ? 650 : 400);
      const text = fitText(context, label, room);
      if (mine) this.chip(context, x, y, context.measureText(text).width + 12, out);
      else if (weight > PANEL_ROW_LEAST) this.bar(context, x, y, Math.max(1, weight * (room + this.side - 4)), out);
      context.fillStyle = (other && weight < 0.02) || (this.pale[side][at] && !mine) ? theme.muted : theme.fg;
      Object.assign(context, { textAlign: out ? "right" : "left", textBaseline: "middle" });
      context.fillText(text, x, y);
      if (!other || weight < 0.005) return;
      context.font = `${weight >= 0.1 ? 600 : 400} ${size * 0.92}px ${theme.sans}`; // the labels' face is wider
      context.fillStyle = weight >= 0.02 ? theme.fg : theme.muted;
      context.textAlign = out ? "left" : "right";
      context.fillText(percent(weight), out ? 1 : this.width - 1, y);
    });
  }
}

/**
 * A picture of a view on white: `places` are [canvas, x, y, caption] after `view.draw()` has painted them in the theme
 * of paper; `texts` stand below.
 * @param {any} view @param {any[][]} canvases @param {string} name @param {string[]} texts
 */
export function savePanels(view, canvases, name, texts) {
  const { theme, ratio } = view;
  Object.assign(view, { theme: whiteTheme(theme), ratio: Math.max(2, ratio ?? 1) });
  view.draw();
  const sizes = canvases.map(([canvas]) => [
    canvas.clientWidth || parseFloat(canvas.style.width),
    canvas.clientHeight || parseFloat(canvas.style.height),
  ]);
  const [gap, line] = [28, 24 * theme.scale];
  const width = sizes.reduce((sum, [wide]) => sum + wide + gap, -gap);
  const height = line + Math.max(...sizes.map(([, high]) => high));
  const paint = (/** @type {Context2D} */ context) => {
    let x = 0;
    canvases.forEach(([canvas, title], at) => {
      Object.assign(context, {
        font: `600 ${13 * theme.scale}px ${theme.sans}`,
        fillStyle: view.theme.fg,
        textAlign: "left",
        textBaseline: "top",
      });
      context.fillText(fitText(context, title, sizes[at][0]), x, 0);
      context.drawImage(canvas, x, line, sizes[at][0], sizes[at][1]);
      x += sizes[at][0] + gap;
    });
  };
  savePicture(name, { width, height, texts, theme: view.theme, ratio: view.ratio, paint });
  Object.assign(view, { theme, ratio });
  view.draw();
}
