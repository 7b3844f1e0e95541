// What the scenes are made of: boxes with a strip of values, heat maps, arrows and labels.

import { cutText } from "../../shared/draw.js";
import { decimal, minus, whole } from "../../shared/numbers.js";
import { mixColour } from "../../shared/theme.js";

/** Two to three significant digits.
 * @param {number} value */
export function flowNumber(value) {
  if (!Number.isFinite(value)) return "—";
  const size = Math.abs(value);
  if (size >= 1000) return whole(value);
  if (size && size < 0.001) return minus(value.toPrecision(2));
  return decimal(value, size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 || !size ? 2 : 3);
}

/** All digits that a float32 has.
 * @param {number} value */
export function flowExact(value) {
  return minus(String(Number(value.toPrecision(8))));
}

/** @param {number[]} shape */
export function flowShape(shape) {
  return shape.map(whole).join(" × ");
}

/** @typedef {CanvasRenderingContext2D} Context */
/** @typedef {{x: number, y: number, w: number, h: number}} Box */

/** @param {Context} context @param {number} x @param {number} y @param {number} w @param {number} h @param {number} r */
export function flowRound(context, x, y, w, h, r) {
  context.beginPath();
  context.roundRect(x, y, Math.max(0, w), Math.max(0, h), Math.min(r, w / 2, h / 2));
}

/** Cells side by side, one per value; `down` puts them one above the other.
 * @param {Context} context @param {ArrayLike<number>} values @param {Box} box @param {(value: number) => string} colour */
export function flowStrip(context, values, { x, y, w, h }, colour, down = false) {
  const step = (down ? h : w) / values.length;
  for (let i = 0; i < values.length; i++) {
    context.fillStyle = colour(values[i]);
    const [from, to] = [Math.round(i * step * 4) / 4, Math.round((i + 1) * step * 4) / 4];
    const gap = to - from > 5 ? 1 : 0;
    if (down) context.fillRect(x, y + from, w, to - from - gap);
    else context.fillRect(x + from, y, to - from - gap, h);
  }
}

/** @typedef {{font?: string, fill?: string, align?: string, base?: string, most?: number}} FlowStyle */

/** @param {Context} context @param {unknown} text @param {number} x @param {number} y */
export function flowText(context, text, x, y, /** @type {FlowStyle} */ style = {}) {
  const { font, fill, align = "left", base = "alphabetic", most = 0 } = style;
  if (font) context.font = font;
  Object.assign(context, { fillStyle: fill, textAlign: align, textBaseline: base });
  const shown = most ? cutText(String(text), most, (piece) => context.measureText(piece).width) : String(text);
  context.fillText(shown, x, y);
  return context.measureText(shown).width;
}

/** A frame with a tinted ground. */
export function flowFrame(
  context,
  view,
  { x, y, w, h },
  colour,
  { radius = 7, fill = flowTint(view.theme, colour, 0.07), width = 1.5 } = {},
) {
  Object.assign(context, { lineWidth: width, strokeStyle: colour, fillStyle: fill });
  flowRound(context, x, y, w, h, radius);
  context.fill();
  context.stroke();
}

/** A scene of boxes to open and of what is painted. */
export function flowScene(width, height, items, paints) {
  return { width, height, items, paint: (context) => paints.forEach((paint) => paint(context)) };
}

const FLOW_STYLES = {
  title: [650, 12.5, "fg"],
  name: [500, 12, "fg"],
  about: [400, 12, "muted"],
  small: [400, 11, "muted"],
};

/** A text in one of the styles of the scenes. */
export function flowWrite(context, view, style, text, x, y, more = {}) {
  const [weight, size, ink] = FLOW_STYLES[style];
  return flowText(context, text, x, y, { font: view.font(weight, size), fill: view.theme[ink], ...more });
}

/** A line through points (x, y, x, y, …) with an arrow head at the end. */
export function flowArrow(context, points, colour, width = 1.5, head = true) {
  context.strokeStyle = context.fillStyle = colour;
  Object.assign(context, { lineWidth: width, lineJoin: "round" });
  context.beginPath();
  context.moveTo(points[0], points[1]);
  for (let at = 2; at < points.length; at += 2) context.lineTo(points[at], points[at + 1]);
  context.stroke();
  if (!head) return;
  const [x0, y0, x1, y1] = points.slice(-4);
  const angle = Math.atan2(y1 - y0, x1 - x0);
  const size = 4 + width;
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(x1 - size * Math.cos(angle - 0.45), y1 - size * Math.sin(angle - 0.45));
  context.lineTo(x1 - size * Math.cos(angle + 0.45), y1 - size * Math.sin(angle + 0.45));
  context.fill();
}

const FLOW_HEATS = new WeakMap();

/** A matrix as a picture of one pixel per cell, made once per array and colour table. */
export function flowHeat(array, rows, columns, colourOf, key, from = 0, stride = columns) {
  let kept = FLOW_HEATS.get(array);
  if (!kept) FLOW_HEATS.set(array, (kept = new Map()));
  const name = `${key}:${from}:${rows}:${columns}`;
  if (kept.has(name)) return kept.get(name);
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.max(1, columns), Math.max(1, rows)];
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++)
      image.data.set(colourOf(array[from + r * stride + c], r, c), 4 * (r * columns + c));
  }
  context.putImageData(image, 0, 0);
  if (kept.size > 40) kept.clear();
  kept.set(name, canvas);
  return canvas;
}

export function flowPicture(context, picture, { x, y, w, h }) {
  context.imageSmoothingEnabled = picture.width > w || picture.height > h;
  context.drawImage(picture, x, y, w, h);
}

/** RGBA of the sequential table at 0…1. */
export function flowLevel(theme, value) {
  const i = 4 * Math.round(255 * Math.min(1, Math.max(0, value || 0)));
  return theme.table.slice(i, i + 4);
}

/** Colours of −1…1 in 128 steps on each side, as RGBA. */
export function flowSigned(theme) {
  if (theme.flowSigned) return theme.flowSigned;
  const rows = Array.from({ length: 257 }, (_, i) =>
    (theme.diverging(i / 128 - 1).match(/\d+/g) ?? [0, 0, 0]).slice(0, 3).map(Number).concat(255),
  );
  theme.flowSigned = (value) => rows[Math.round(128 * (1 + Math.min(1, Math.max(-1, value || 0))))];
  return theme.flowSigned;
}

/** The largest magnitude but for the outermost 0.5 %, so that one huge dimension does not drown the rest. */
export function flowReach(values) {
  const sizes = Float32Array.from(values, Math.abs).filter(Number.isFinite).sort();
  return sizes.length ? sizes[Math.floor(0.995 * (sizes.length - 1))] || sizes[sizes.length - 1] || 1 : 1;
}

export function flowTint(theme, colour, share) {
  return mixColour(theme.bg, colour, share);
}
