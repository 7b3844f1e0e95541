// The exact query × key matrix. Below: the cells, their hatch and labels, drawn when the step changes; above: the row,
// column and cell looked at, drawn with the pointer. Cells too small to hit are magnified in a corner.

import { fitCanvas, fitText } from "../../shared/draw.js";
import { mixColour } from "../../shared/theme.js";
import {
  columnHeight,
  columnMode,
  drawColumnLabel,
  drawLabelChip,
  hatchPattern,
  labelFont,
  labelRoom,
  labelStride,
  roundedPath,
} from "../../shared/token_columns.js";
import { isVisible } from "./maths.js";

const MATRIX_LOUPE = 9; // cells across
const MATRIX_SMALL = 8; // CSS pixels: cells below are magnified

export class MatrixPanel {
  constructor(root, app) {
    this.app = app;
    this.cells = root.querySelector(".focus-cells");
    this.marks = root.querySelector(".focus-marks");
    this.bitmaps = new Map();
    this.before = null;
  }

  // Sizes the panel within a box: as wide as labels and cells need, and as high, unless it is to fill the height.
  layout(mostWidth, mostHeight, fill) {
    const { theme, labels, n } = this.app;
    const size = 12.5 * theme.scale;
    const [width, height] = [mostWidth, mostHeight];
    this.size = size;
    const context = fitCanvas(this.marks, width, height);
    context.font = labelFont(theme, size);
    const widths = labels.map((label) => context.measureText(label).width);
    this.left = Math.ceil(Math.min(Math.max(3 * size, ...widths) + 10, width * 0.26, 9 * size));
    const most = Math.min(7 * size, height * 0.24);
    const guess = Math.min(3.6 * size, (width - this.left) / n, (height - size * 2) / n);
    this.mode = columnMode(context, labels, guess);
    this.band = Math.ceil(columnHeight(context, labels, this.mode, size, most));
    this.room = labelRoom(this.mode, this.band, size);
    const lean = this.mode === "slanted" ? Math.min(this.room, Math.max(0, ...widths.slice(-3))) * 0.62 : 4;
    const side = Math.min(width - this.left - lean, height - this.band - 2);
    this.pitch = Math.min(3.6 * size, side / n);
    this.side = this.pitch * n;
    this.width = Math.ceil(Math.min(width, this.left + this.side + lean + 2));
    this.height = fill ? height : Math.ceil(this.band + this.side + 2);
    this.top = this.band + Math.max(0, Math.floor((this.height - this.band - this.side - 2) / 2));
    this.cut = labels.map((label) => fitText(context, label, this.left - 10));
  }

  // Drops the pictures of the cells: the numbers or the colours have changed.
  forget() {
    this.bitmaps.clear();
    this.before = null;
  }

  at(clientX, clientY) {
    const box = this.marks.getBoundingClientRect();
    const key = Math.floor((clientX - box.left - this.left) / this.pitch);
    const token = Math.floor((clientY - box.top - this.top) / this.pitch);
    const { n } = this.app;
    const [inRow, inColumn] = [token >= 0 && token < n, key >= 0 && key < n];
    if (inRow && inColumn) return { token, key };
    if (inRow && clientX - box.left < this.left) return { token, key: -1 };
    return inColumn && clientY - box.top < this.top ? { token: -1, key } : null;
  }

  // One pixel a cell, in the colours of this step; kept until the numbers change.
  bitmap() {
    const { shown, n, colours } = this.app;
    if (this.bitmaps.has(shown.name)) return this.bitmaps.get(shown.name);
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = n;
    const context = canvas.getContext("2d");
    const image = context.createImageData(n, n);
    const pixels = new Uint32Array(image.data.buffer);
    for (let cell = 0; cell < pixels.length; cell += 1) pixels[cell] = colours.pixel(shown, shown.values[cell]);
    context.putImageData(image, 0, 0);
    this.bitmaps.set(shown.name, canvas);
    return canvas;
  }

  // Keeps today's picture, to blend out of it.
  hold() {
    this.before = { picture: this.bitmap(), hatched: this.app.shown.hatched };
  }

  // The cells and their labels; `progress` 0…1 blends from the picture held before.
  drawCells(progress = 1) {
    const context = fitCanvas(this.cells, this.width, this.height, this.app.ratio);
    const { theme, shown } = this.app;
    context.clearRect(0, 0, this.width, this.height);
    context.imageSmoothingEnabled = false;
    /** @type {[number, number, number, number]} */ const place = [this.left, this.top, this.side, this.side];
    if (this.before && progress < 1) {
      context.drawImage(this.before.picture, ...place);
      context.globalAlpha = progress;
    } else this.before = null;
    context.drawImage(this.bitmap(), ...place);
    const from = this.before ? Number(this.before.hatched) : Number(shown.hatched);
    context.globalAlpha = from + (Number(shown.hatched) - from) * progress;
    const hatch = context.globalAlpha;
    context.globalAlpha = 1;
    this.drawGrid(context);
    context.globalAlpha = hatch;
    if (hatch > 0) this.drawHatch(context);
    Object.assign(context, { globalAlpha: 1, strokeStyle: theme.border, lineWidth: 1 });
    context.strokeRect(this.left - 0.5, this.top - 0.5, this.side + 1, this.side + 1);
    this.drawNames(context);
  }

  // The upper triangle of a causal head: what no query can see.
  drawHatch(context) {
    const { theme, n, words } = this.app;
    context.save();
    context.beginPath();
    context.moveTo(this.left + this.pitch, this.top);
    for (let row = 0; row < n - 1; row += 1) {
      context.lineTo(this.left + (row + 1) * this.pitch, this.top + (row + 1) * this.pitch);
      context.lineTo(this.left + (row + 2) * this.pitch, this.top + (row + 1) * this.pitch);
    }
    context.lineTo(this.left + this.side, this.top);
    context.closePath();
    context.clip();
    context.fillStyle = theme.panel;
    context.fillRect(this.left, this.top, this.side, this.side);
    context.fillStyle = hatchPattern(context, theme);
    context.fillRect(this.left, this.top, this.side, this.side);
    context.restore();
    if (this.side < 15 * this.size) return;
    Object.assign(context, { font: `400 ${this.size}px ${theme.sans}`, textAlign: "right", textBaseline: "middle" });
    const text = fitText(context, words.masked_area, this.side * 0.5);
    const width = context.measureText(text).width;
    context.fillStyle = theme.panel;
    roundedPath(context, this.left + this.side - width - 22, this.top + 9, width + 14, this.size * 1.8, 4);
    context.fill();
    context.fillStyle = theme.muted;
    context.fillText(text, this.left + this.side - 15, this.top + 9 + this.size * 0.9);
  }

  drawGrid(context) {
    if (this.pitch < 9) return;
    Object.assign(context, { strokeStyle: this.app.theme.bg, lineWidth: this.pitch > 20 ? 2 : 1 });
    context.beginPath();
    for (let line = 1; line < this.app.n; line += 1) {
      const at = line * this.pitch;
      context.moveTo(this.left + at, this.top);
      context.lineTo(this.left + at, this.top + this.side);
      context.moveTo(this.left, this.top + at);
      context.lineTo(this.left + this.side, this.top + at);
    }
    context.stroke();
  }

  drawNames(context) {
    const { theme, labels, n } = this.app;
    const stride = labelStride(this.pitch, this.size * 1.22);
    Object.assign(context, { font: labelFont(theme, this.size), fillStyle: theme.muted });
    for (let token = 0; token < n; token += stride) {
      Object.assign(context, { textAlign: "right", textBaseline: "middle" });
      context.fillText(this.cut[token], this.left - 6, this.top + (token + 0.5) * this.pitch);
      this.drawName(context, token, labels[token], null);
    }
  }

  drawName(context, token, label, chip) {
    const { mode, size, room } = this;
    drawColumnLabel(context, label, this.left + (token + 0.5) * this.pitch, this.top, { mode, size, room, chip });
  }

  drawMarks() {
    const context = fitCanvas(this.marks, this.width, this.height, this.app.ratio);
    context.clearRect(0, 0, this.width, this.height);
    const { view, queryColour, keyColour } = this.app;
    if (view.token >= 0) this.markRow(context, view.token, queryColour);
    if (view.key >= 0) this.markColumn(context, view.key, keyColour);
    if (view.token < 0 || view.key < 0) return;
    Object.assign(context, { strokeStyle: this.app.theme.fg, lineWidth: 2 });
    context.strokeRect(...this.cell(view.token, view.key));
    if (this.pitch < MATRIX_SMALL && this.app.hover) this.drawLoupe(context, view.token, view.key);
  }

  /** @returns {[number, number, number, number]} */
  cell(token, key) {
    return [this.left + key * this.pitch, this.top + token * this.pitch, this.pitch, this.pitch];
  }

  chip(colour) {
    return { fill: mixColour(this.app.theme.bg, colour, 0.26), stroke: colour };
  }

  markRow(context, token, colour) {
    const { theme } = this.app;
    const y = this.top + (token + 0.5) * this.pitch;
    Object.assign(context, { strokeStyle: colour, lineWidth: 1.6 });
    context.strokeRect(this.left, y - this.pitch / 2, this.side, this.pitch);
    Object.assign(context, { font: labelFont(theme, this.size, 600), fillStyle: theme.fg });
    const width = context.measureText(this.cut[token]).width;
    const [x, high] = [this.left - 10 - width, this.size * 1.44];
    drawLabelChip(context, x, y - high / 2, width + 8, high, this.chip(colour));
    Object.assign(context, { textAlign: "right", textBaseline: "middle" });
    context.fillText(this.cut[token], this.left - 6, y);
  }

  markColumn(context, key, colour) {
    Object.assign(context, { strokeStyle: colour, lineWidth: 1.6 });
    context.strokeRect(this.left + key * this.pitch, this.top, this.pitch, this.side);
    Object.assign(context, { font: labelFont(this.app.theme, this.size, 600), fillStyle: this.app.theme.fg });
    this.drawName(context, key, this.app.labels[key], this.chip(colour));
  }

  // A magnifier in the corner that hides least: the masked one, else the one away from the pointer.
  drawLoupe(context, token, key) {
    const { theme, n, shown, colours, causal } = this.app;
    const cell = 13 * theme.scale;
    const width = cell * MATRIX_LOUPE;
    const toLeft = !shown.hatched && key > n / 2;
    const x = toLeft ? this.left + 8 : this.left + this.side - width - 8;
    const y = token > n / 2 || shown.hatched ? this.top + 8 : this.top + this.side - width - 8;
    const half = (MATRIX_LOUPE - 1) / 2;
    roundedPath(context, x - 4, y - 4, width + 8, width + 8, 6);
    context.fillStyle = theme.bg;
    context.fill();
    Object.assign(context, { strokeStyle: theme.border, lineWidth: 1 });
    context.stroke();
    for (let row = -half; row <= half; row += 1) {
      for (let column = -half; column <= half; column += 1) {
        const [i, j] = [token + row, key + column];
        if (i < 0 || j < 0 || i >= n || j >= n) continue;
        const hidden = shown.hatched && !isVisible(i, j, causal);
        context.fillStyle = hidden ? theme.panel : colours.css(shown, shown.values[i * n + j]);
        context.fillRect(x + (column + half) * cell + 0.5, y + (row + half) * cell + 0.5, cell - 1, cell - 1);
      }
    }
    Object.assign(context, { strokeStyle: theme.fg, lineWidth: 2 });
    context.strokeRect(x + half * cell, y + half * cell, cell, cell);
  }
}
