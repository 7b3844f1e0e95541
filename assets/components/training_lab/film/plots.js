// The three pictures of a moment: where a head looks, how the token vectors lie, and the loss as the axis of time.

import { default as ticks } from "../../../vendor/d3-array/ticks.js";
import { cutText, drawDot, drawLine } from "../../shared/draw.js";

const FILM_EDGE = { left: 44, right: 12, top: 24, bottom: 24 };
const FILM_HIGH = 4; // times the first loss: what lies above is cut off
const FILM_PAD = 22; // pixels kept free around the points

/**
 * The side of a cell and where the first one stands, in a square picture with names left and above.
 * @param {Context2D} context @param {string[]} labels @param {number} width @param {any} theme
 */
export function attentionLayout(context, labels, width, theme) {
  const type = Math.max(9, Math.min(14, (0.8 * width) / labels.length)) * theme.scale;
  context.font = `400 ${type}px ${theme.mono}`;
  const most = Math.max(...labels.map((label) => context.measureText(label).width));
  const room = Math.max(1.6 * type, Math.min(0.2 * width, most + 8 * theme.scale));
  const cell = Math.min((width - room) / labels.length, 34 * theme.scale);
  return { room, cell, type, height: room + cell * labels.length + 2 };
}

/**
 * Rows are the tokens that look, columns those that are looked at.
 * @param {Context2D} context
 * @param {{values: Uint8Array, labels: string[], layout: any, theme: any}} _ values [query, key], 255 is 1
 */
export function drawAttention(context, { values, labels, layout, theme }) {
  const { room, cell, type } = layout;
  const count = labels.length;
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
  for (let query = 0; query < count; query++) {
    for (let key = 0; key < count; key++) {
      const at = 4 * values[query * count + key];
      context.fillStyle = `rgb(${theme.table[at]},${theme.table[at + 1]},${theme.table[at + 2]})`;
      context.fillRect(room + key * cell, room + query * cell, cell - 1, cell - 1);
    }
  }
  Object.assign(context, { font: `400 ${type}px ${theme.mono}`, textBaseline: "middle" });
  const every = Math.ceil((1.15 * type) / cell); // so many tokens share the place of a name
  labels.forEach((label, at) => {
    if (at % every) return;
    const shown = cutText(label, room - 4, (text) => context.measureText(text).width);
    const middle = room + (at + 0.5) * cell;
    context.fillStyle = theme.muted;
    context.textAlign = "right";
    context.fillText(shown, room - 5, middle);
    context.save();
    context.translate(middle, room - 5);
    if (context.measureText(shown).width > cell) context.rotate(-Math.PI / 2);
    else context.textAlign = "center";
    if (context.textAlign === "right") context.textAlign = "left";
    else context.textBaseline = "bottom";
    context.fillText(shown, 0, 0);
    context.restore();
  });
  context.strokeStyle = theme.line;
  context.strokeRect(room - 0.5, room - 0.5, count * cell, count * cell);
}

/**
 * From positions to pixels: one scale for all moments and both axes, so that growing is seen. What matters is in sight;
 * other points that lie farther out stand at the edge.
 * @param {Float32Array} positions [moment, piece, 2] @param {boolean[]} matters of each piece
 * @param {number} width @param {number} height
 */
export function mapFit(positions, matters, width, height) {
  const low = [Infinity, Infinity];
  const high = [-Infinity, -Infinity];
  positions.forEach((value, at) => {
    if (!matters[(at >> 1) % matters.length]) return;
    low[at % 2] = Math.min(low[at % 2], value);
    high[at % 2] = Math.max(high[at % 2], value);
  });
  const span = [0, 1].map((axis) => Math.max(1e-6, high[axis] - low[axis]));
  const scale = Math.min((width - 2 * FILM_PAD) / span[0], (height - 2 * FILM_PAD) / span[1]);
  const middle = [0, 1].map((axis) => (low[axis] + high[axis]) / 2);
  const kept = (/** @type {number} */ at, /** @type {number} */ size) => Math.min(Math.max(at, 10), size - 10);
  return (/** @type {number} */ x, /** @type {number} */ y) => [
    kept(width / 2 + (x - middle[0]) * scale, width),
    kept(height / 2 - (y - middle[1]) * scale, height),
  ];
}

/** @param {Context2D} context @param {any} _ */
export function drawMap(context, { positions, pieces, kind, colours, fit, theme, width, height, picked }) {
  const type = (pieces.length > 60 ? 13 : 16) * theme.scale;
  context.clearRect(0, 0, width, height);
  Object.assign(context, { font: `500 ${type}px ${theme.mono}`, textAlign: "center", textBaseline: "middle" });
  Object.assign(context, { strokeStyle: theme.line, lineWidth: 1 });
  context.strokeRect(0.5, 0.5, width - 1, height - 1);
  pieces.forEach((/** @type {string} */ piece, /** @type {number} */ at) => {
    const [x, y] = fit(positions[2 * at], positions[2 * at + 1]);
    context.fillStyle = colours[kind[at]];
    if (at === picked) drawDot(context, x, y, 0.9 * type);
    if (at === picked) context.fillStyle = theme.bg;
    context.fillText(piece, x, y);
  });
}

/** A step as a place 0 … 1: moments lie closer together at the beginning, so the beginning gets the room. */
export function timePlace(/** @type {number} */ step, /** @type {number} */ last) {
  return last ? Math.sqrt(step / last) : 0;
}

/** Pixels of a place. */
export function timeX(/** @type {number} */ place, /** @type {number} */ width, /** @type {number} */ scale) {
  return FILM_EDGE.left * scale + place * (width - (FILM_EDGE.left + FILM_EDGE.right) * scale);
}

/** The place at a pixel. */
export function timeAt(/** @type {number} */ x, /** @type {number} */ width, /** @type {number} */ scale) {
  return (x - FILM_EDGE.left * scale) / (width - (FILM_EDGE.left + FILM_EDGE.right) * scale);
}

/**
 * The curves as they stand for all moments.
 * @param {Context2D} context @param {any} _
 * @returns {(value: number) => number} pixels of a loss
 */
export function drawTime(context, { width, height, theme, frames, step, loss, held, words, number }) {
  const { scale } = theme;
  const last = frames[frames.length - 1];
  const [top, bottom] = [FILM_EDGE.top * scale, height - FILM_EDGE.bottom * scale];
  const known = Array.from(loss).concat(Array.from(held)).filter(Number.isFinite);
  const most = 1.05 * Math.min(Math.max(0.1, ...known), FILM_HIGH * (held[0] || 1)); // of one that diverges, the rest
  const x = (/** @type {number} */ at) => timeX(timePlace(at, last), width, scale);
  const y = (/** @type {number} */ value) => bottom - ((bottom - top) * Math.min(value, most)) / most;
  context.clearRect(0, 0, width, height);
  Object.assign(context, { font: `400 ${12 * scale}px ${theme.sans}`, textBaseline: "middle", lineWidth: 1 });
  for (const value of ticks(0, most, bottom - top > 60 * scale ? 3 : 1)) {
    Object.assign(context, { strokeStyle: theme.line, fillStyle: theme.muted, textAlign: "right" });
    drawLine(context, x(0), Math.round(y(value)) + 0.5, x(last), Math.round(y(value)) + 0.5);
    context.fillText(number(value, 2), x(0) - 7 * scale, y(value));
  }
  let free = -Infinity;
  for (const at of [0, ...frames]) {
    const wide = context.measureText(number(at)).width;
    if (x(at) - wide / 2 < free || (at !== last && x(at) + wide > x(last) - wide)) continue;
    context.textAlign = at === last ? "right" : "center";
    context.fillText(number(at), x(at), bottom + 13 * scale);
    free = x(at) + wide / 2 + 12 * scale;
  }
  const line = (/** @type {any} */ xs, /** @type {any} */ ys, /** @type {string} */ colour, wide = 1.5) => {
    Object.assign(context, { strokeStyle: colour, lineWidth: wide * scale });
    context.beginPath();
    xs.forEach((/** @type {number} */ at, /** @type {number} */ i) => {
      if (Number.isFinite(ys[i])) context.lineTo(x(at), y(ys[i]));
    });
    context.stroke();
  };
  line(step, loss, theme.faint);
  line(frames, held, theme.cool, 2);
  context.textAlign = "left";
  let left = x(0);
  for (const [word, colour] of [
    [words.key_loss, theme.faint],
    [words.key_held, theme.cool],
  ]) {
    Object.assign(context, { strokeStyle: colour, lineWidth: 2.5 * scale, fillStyle: theme.fg });
    drawLine(context, left, 9 * scale, left + 20 * scale, 9 * scale);
    context.fillText(word, left + 26 * scale, 9 * scale);
    left += 46 * scale + context.measureText(word).width;
  }
  return y;
}

/** The moment that is looked at, over the curves. @param {Context2D} context @param {any} _ */
export function drawNow(context, { width, height, theme, place, value, y }) {
  const x = timeX(place, width, theme.scale);
  Object.assign(context, { strokeStyle: theme.accent, fillStyle: theme.accent, lineWidth: 1.5 * theme.scale });
  drawLine(context, x, FILM_EDGE.top * theme.scale - 4, x, height - FILM_EDGE.bottom * theme.scale);
  if (Number.isFinite(value)) drawDot(context, x, y(value), 5 * theme.scale);
}
