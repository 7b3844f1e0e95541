// Token labels and numbers on the canvases of one head: where they fit, how they stand, how they are said.

import { fitText, graphemes } from "./draw.js";

import { decimal, minus } from "./numbers.js";

const LABEL_TALL = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff00-\uffef]/u;
const LABEL_STACK = 4; // characters of a stacked label, the last one "…" where more are left
const LABEL_SLANT = (-52 * Math.PI) / 180;

// A font of the mono stack in CSS pixels.
export function labelFont(/** @type {any} */ theme, /** @type {number} */ size, weight = 400) {
  return `${weight} ${size}px ${theme.mono}`;
}

// 12.31 → "12.3", −0.046 → "−0.046", 3e-7 → "3e−7": three significant digits at most, with a real minus sign.
export function formatScore(/** @type {number} */ value) {
  if (value === -Infinity) return "−∞";
  if (!Number.isFinite(value)) return "—";
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size < 0.001) return minus(value.toExponential(0));
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 ? 2 : 3;
  return decimal(value, digits);
}

// How a token is named within a sentence: without the space that it starts with, kept apart from the direction of
// the text around it.
export function spokenLabel(/** @type {string} */ label) {
  const bare = label.length > 1 ? label.replace(/^·/, "") : label;
  return `\u2068${bare}\u2069`;
}

// "flat" where every label fits its column; else "stacked" when the text has Han, kana or Hangul (Latin then turns
// by a quarter, as in vertical setting), else "slanted".
/** @param {Context2D} context @param {string[]} labels @param {number} pitch */
export function columnMode(context, labels, pitch) {
  const room = pitch - 8;
  if (room > 14 && labels.every((label) => context.measureText(label).width <= room)) return "flat";
  return labels.some((label) => LABEL_TALL.test(label)) ? "stacked" : "slanted";
}

// Height that the column labels take in this mode, at most `most`.
/** @param {Context2D} context @param {string[]} labels @param {string} mode @param {number} size @param {number} most */
export function columnHeight(context, labels, mode, size, most) {
  if (mode === "flat") return size + 8;
  const widest = labels.reduce((wide, label) => Math.max(wide, context.measureText(label).width), 0);
  if (mode === "slanted") return Math.min(most, widest * Math.sin(-LABEL_SLANT) + size * 0.9 + 6);
  const tall = labels.reduce((top, label) => (LABEL_TALL.test(label) ? Math.max(top, stackOf(label).length) : top), 1);
  const turnedWide = labels.reduce(
    (wide, label) => (LABEL_TALL.test(label) ? wide : Math.max(wide, context.measureText(label).width)),
    0,
  );
  return Math.min(most, Math.max(tall * size * 1.12, turnedWide) + 8);
}

// How far the column labels lean out to the right of columns of this pitch.
/** @param {Context2D} context @param {string[]} labels @param {string} mode @param {number} pitch @param {number} room */
export function columnLean(context, labels, mode, pitch, room) {
  if (mode !== "slanted") return 2;
  const reach = (/** @type {string} */ label, /** @type {number} */ at) =>
    Math.min(room, context.measureText(label).width) * Math.cos(LABEL_SLANT) + 6 - (labels.length - at - 0.5) * pitch;
  return Math.max(2, ...labels.map(reach));
}

// Han, kana and Hangul stand upright in vertical setting, and so does a single character of any script.
function standsUpright(/** @type {string} */ label) {
  return LABEL_TALL.test(label) || graphemes(label).length === 1;
}

function stackOf(/** @type {string} */ label) {
  const parts = graphemes(label.length > 1 ? label.replace(/^·/, "") : label);
  return parts.length <= LABEL_STACK ? parts : [...parts.slice(0, LABEL_STACK - 1), "…"];
}

// One label over (or, `below`, under) the middle `x` of its column; `edge` is the y nearest to the figure. With a
// `chip` {fill, stroke} the label stands on that, so that it covers its neighbours.
/** @param {Context2D} context @param {string} label @param {number} x @param {number} edge @param {any} _ */
export function drawColumnLabel(context, label, x, edge, { mode, size, room, below = false, chip = null }) {
  const stacked = mode === "stacked" && standsUpright(label);
  const turn = mode === "slanted" ? LABEL_SLANT : mode === "stacked" && !stacked ? Math.PI / 2 : 0;
  context.save();
  context.translate(x, below ? edge + 4 : edge - 4);
  context.rotate(turn);
  if (stacked) drawStack(context, stackOf(label), size, below, chip);
  else drawTurned(context, turn ? fitText(context, label, room) : label, labelSide(mode, below), size, below, chip);
  context.restore();
}

// Which end of a turned label touches the figure: a label that leans right begins there, one turned clockwise ends.
function labelSide(/** @type {string} */ mode, /** @type {boolean} */ below) {
  if (mode === "flat") return "center";
  return (mode === "slanted") === below ? "right" : "left";
}

/** @param {Context2D} context @param {string} text @param {"left" | "center" | "right"} side @param {number} size @param {boolean} below @param {any} chip */
function drawTurned(context, text, side, size, below, chip) {
  const y = side === "center" ? (below ? size * 0.6 : -size * 0.6) : 0;
  Object.assign(context, { textAlign: side, textBaseline: "middle" });
  if (chip) {
    const width = context.measureText(text).width;
    const x = { left: 0, center: -width / 2, right: -width }[side];
    drawLabelChip(context, x - 4, y - size * 0.72, width + 8, size * 1.44, chip);
  }
  context.fillText(text, 0, y);
}

/** @param {Context2D} context @param {string[]} parts @param {number} size @param {boolean} below @param {any} chip */
function drawStack(context, parts, size, below, chip) {
  const pitch = size * 1.12;
  const height = parts.length * pitch;
  const top = below ? 0 : -height;
  if (chip) drawLabelChip(context, -size * 0.75, top - 2, size * 1.5, height + 4, chip);
  Object.assign(context, { textAlign: "center", textBaseline: "middle" });
  parts.forEach((part, at) => context.fillText(part, 0, top + (at + 0.5) * pitch));
}

/** @param {Context2D} context @param {number} x @param {number} y @param {number} width @param {number} height @param {{fill: string, stroke: string}} _ */
export function drawLabelChip(context, x, y, width, height, { fill, stroke }) {
  const ink = context.fillStyle;
  roundedPath(context, x, y, width, height, 4);
  context.fillStyle = fill;
  context.fill();
  Object.assign(context, { strokeStyle: stroke, lineWidth: 1.2 });
  context.stroke();
  context.fillStyle = ink;
}

// Longest slanted or turned text that fits a label band of this height.
export function labelRoom(/** @type {string} */ mode, /** @type {number} */ height, /** @type {number} */ size) {
  if (mode === "slanted") return (height - size * 0.9 - 4) / Math.sin(-LABEL_SLANT);
  return height - 8;
}

// Which of n labels are drawn when each needs `least` pixels and they stand `pitch` apart: every k-th.
export function labelStride(/** @type {number} */ pitch, /** @type {number} */ least) {
  return Math.max(1, Math.ceil(least / pitch));
}

/**
 * Does a label stand too near to one that is shown in any case?
 * @param {number} place @param {number} stride @param {number[]} always
 */
export function labelCrowded(place, stride, always) {
  return always.some((one) => one >= 0 && one !== place && Math.abs(one - place) < stride);
}

// A hatch for what is masked or switched off, as a repeating pattern.
export function hatchPattern(/** @type {Context2D} */ context, /** @type {any} */ theme) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const paint = /** @type {CanvasRenderingContext2D} */ (tile.getContext("2d"));
  Object.assign(paint, { strokeStyle: theme.line, lineWidth: 1 });
  paint.beginPath();
  for (const shift of [-8, 0, 8]) {
    paint.moveTo(shift - 1, 9);
    paint.lineTo(shift + 9, -1);
  }
  paint.stroke();
  return context.createPattern(tile, "repeat");
}

// A rounded rectangle as a path.
/** @param {Context2D} context @param {number} x @param {number} y @param {number} width @param {number} height @param {number} radius */
export function roundedPath(context, x, y, width, height, radius) {
  context.beginPath();
  context.roundRect(x, y, Math.max(0, width), Math.max(0, height), Math.min(radius, width / 2, height / 2));
}
