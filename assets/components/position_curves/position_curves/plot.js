// Drawing shared by the views: boxes with axes, lines, heat maps from numbers, number formats.

import { fitText } from "../../shared/draw.js";
import { mixColour, parseColour } from "../../shared/theme.js";
import { default as ticksOf } from "../../../vendor/d3-array/ticks.js";

import { brief, figures, tiny } from "../../shared/numbers.js";

/** Colours of the page: the first position (query) and the second one (key), the same in every view. */
export function pageColours(theme) {
  const second = theme.dark ? "#d98fb8" : "#b0457f";
  const first = theme.dark ? "#2fc29a" : "#00805d";
  const grey = mixColour(theme.fg, theme.bg, 0.55);
  return { first, second, grey, diverging: divergingTable(theme) };
}

/** 256 RGBA entries of the theme's diverging colours, −1 … 1. */
function divergingTable(theme) {
  const table = new Uint32Array(256);
  for (let i = 0; i < 256; i += 1) {
    const [r, g, b] = parseColour(theme.diverging((i - 127.5) / 127.5));
    table[i] = (255 << 24) | (b << 16) | (g << 8) | r;
  }
  return table;
}

/** The theme's sequential colours as 32-bit entries. */
export function packedTable(bytes) {
  return Uint32Array.from(
    { length: 256 },
    (_, i) => (255 << 24) | (bytes[4 * i + 2] << 16) | (bytes[4 * i + 1] << 8) | bytes[4 * i],
  );
}

/** A picture of one pixel per number, kept and filled again: `paint(columns, rows, (pixels) => …)`. */
export class HeatSheet {
  constructor() {
    this.canvas = document.createElement("canvas");
  }

  paint(columns, rows, fill) {
    if (this.canvas.width !== columns || this.canvas.height !== rows || !this.image) {
      Object.assign(this.canvas, { width: columns, height: rows });
      this.context = this.canvas.getContext("2d");
      this.image = this.context.createImageData(columns, rows);
      this.pixels = new Uint32Array(this.image.data.buffer);
    }
    fill(this.pixels);
    this.context.putImageData(this.image, 0, 0);
  }

  drawTo(context, { x, y, w, h }) {
    context.imageSmoothingEnabled = w < this.canvas.width || h < this.canvas.height;
    context.drawImage(this.canvas, x, y, w, h);
  }
}

export function fontOf(theme, size, weight = 400, mono = false) {
  return `${weight} ${Math.round(size * theme.scale * 10) / 10}px ${mono ? theme.mono : theme.sans}`;
}

/** One line of text, cut to `width` where one is given. */
export function say(
  context,
  theme,
  text,
  x,
  y,
  { size = 12, weight = 400, colour = theme.muted, align = "left", base = "alphabetic", width = 0, mono = false } = {},
) {
  context.font = fontOf(theme, size, weight, mono);
  context.fillStyle = colour;
  context.textAlign = align;
  context.textBaseline = base;
  context.fillText(width ? fitText(context, text, width) : text, x, y);
}

/** A number on an axis or in a sentence, as short as it can be read. */
export function short(value) {
  return Math.abs(value) >= 100 ? brief(value) : figures(value, 2);
}

export { tiny };

/**
 * A box with axes. `x` and `y` are {low, high, log, ticks, name, format}; returns the box with `px(v)`, `py(v)` and the
 * inverse `vx(px)`, `vy(py)`.
 */
export function axesBox(context, theme, box, { title = "", x, y }) {
  const scaleOf = (axis, from, to) => {
    const map = axis.log ? Math.log10 : (v) => v;
    const back = axis.log ? (v) => 10 ** v : (v) => v;
    const [low, high] = [map(axis.low), map(axis.high)];
    return [
      (v) => from + ((map(v) - low) / (high - low || 1)) * (to - from),
      (p) => back(low + ((p - from) / (to - from || 1)) * (high - low)),
    ];
  };
  const [px, vx] = scaleOf(x, box.x, box.x + box.w);
  const [py, vy] = scaleOf(y, box.y + box.h, box.y);
  const powers = ({ low, high }) => ticksOf(Math.log10(low), Math.log10(high), 5).filter(Number.isInteger);
  const marks = ({ low, high, log, ticks }, count) =>
    ticks ?? (log ? powers({ low, high }).map((power) => 10 ** power) : ticksOf(low, high, count));
  context.lineWidth = 1;
  context.strokeStyle = theme.line;
  context.beginPath();
  for (const tick of marks(y, Math.max(2, box.h / 38))) {
    const at = Math.round(py(tick)) + 0.5;
    context.moveTo(box.x, at);
    context.lineTo(box.x + box.w, at);
  }
  context.stroke();
  for (const tick of marks(y, Math.max(2, box.h / 38)))
    say(context, theme, (y.format ?? short)(tick), box.x - 6, py(tick), { align: "right", base: "middle" });
  for (const tick of marks(x, Math.max(2, box.w / (70 * theme.scale)))) {
    const at = px(tick);
    if (at < box.x - 1 || at > box.x + box.w + 1) continue;
    const label = (x.format ?? short)(tick);
    context.font = fontOf(theme, 12);
    const half = context.measureText(label).width / 2;
    say(context, theme, label, Math.min(at, box.x + box.w + 8 - half), box.y + box.h + 5, {
      align: "center",
      base: "top",
    });
  }
  if (title) say(context, theme, title, box.x, box.y - 8, { size: 13, weight: 600, colour: theme.fg, width: box.w });
  if (x.name)
    say(context, theme, x.name, box.x + box.w, box.y + box.h + 5 + 14 * theme.scale, {
      align: "right",
      base: "top",
      width: box.w,
    });
  return { ...box, px, py, vx, vy };
}

/** A line through points given by two functions of an index. */
export function trace(context, count, x, y, { colour, width = 1.5, dash = [], alpha = 1 }) {
  context.save();
  Object.assign(context, { strokeStyle: colour, lineWidth: width, globalAlpha: alpha, lineJoin: "round" });
  context.setLineDash(dash);
  context.beginPath();
  for (let i = 0; i < count; i += 1) {
    const [px, py] = [x(i), y(i)];
    if (Number.isFinite(py)) i ? context.lineTo(px, py) : context.moveTo(px, py);
  }
  context.stroke();
  context.restore();
}

export function spot(context, x, y, radius, colour, ring = "") {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = colour;
  context.fill();
  if (ring) {
    context.lineWidth = 2;
    context.strokeStyle = ring;
    context.stroke();
  }
}

export function upright(context, x, from, to, colour, { width = 1.5, dash = [] } = {}) {
  context.save();
  Object.assign(context, { strokeStyle: colour, lineWidth: width });
  context.setLineDash(dash);
  context.beginPath();
  context.moveTo(x, from);
  context.lineTo(x, to);
  context.stroke();
  context.restore();
}

/** Height of a figure: as much as one above another needs where it is narrow, else half of the window. */
export function figureHeight(width, zoom, narrow, wide) {
  return width < 700 ? narrow : Math.max(wide, Math.min(640, (window.innerHeight * 0.52) / Math.max(1, zoom)));
}

export function clamp(value, low, high) {
  return Math.min(high, Math.max(low, value));
}
