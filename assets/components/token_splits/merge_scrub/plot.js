// Tokens per character against the steps of training, on a logarithmic axis: drawn on any 2-D context.

import { drawDot, drawLine } from "../../shared/draw.js";
import { default as ticks } from "../../../vendor/d3-array/ticks.js";

/** Step n of `steps` as a place 0 … 1: early steps matter most, so they get the room. */
export function scrubPlace(n, steps) {
  return steps ? Math.log1p(n) / Math.log1p(steps) : 0;
}

/** The step at a place. */
export function scrubStep(place, steps) {
  return Math.min(steps, Math.max(0, Math.round(Math.expm1(Math.min(1, Math.max(0, place)) * Math.log1p(steps)))));
}

/** The steps at which a curve is computed: all of them where they are few, else evenly along the axis. */
export function scrubSamples(steps, most) {
  if (steps <= most) return Array.from({ length: steps + 1 }, (_, n) => n);
  const found = new Set([0, steps]);
  for (let at = 0; at <= most; at += 1) found.add(scrubStep(at / most, steps));
  return [...found].sort((a, b) => a - b);
}

const SCRUB_LINE = 18; // of the key, where it takes more than one
const SCRUB_EDGE = { left: 46, right: 14, top: 30, bottom: 24 };

/** Pixels of a place in a plot so wide. */
function scrubX(place, width, scale) {
  return SCRUB_EDGE.left * scale + place * (width - (SCRUB_EDGE.left + SCRUB_EDGE.right) * scale);
}

/** The place at a pixel. */
export function scrubAt(x, width, scale) {
  return (x - SCRUB_EDGE.left * scale) / (width - (SCRUB_EDGE.left + SCRUB_EDGE.right) * scale);
}

/** Steps to write under the axis: 0, powers of ten and the last, where `clear(n, last)` says that both can be read. */
function scrubTicks(steps, clear) {
  const ticks = [0];
  for (let n = 1; n < steps; n *= 10) if (clear(n, steps)) ticks.push(n);
  if (steps) ticks.push(steps);
  return ticks;
}

/** The places of the lines of the key, below each other where they do not all fit in one. */
function scrubKeys(context, lines, width, scale) {
  const first = SCRUB_EDGE.left * scale;
  let [x, y] = [first, 0];
  return lines.map((line) => {
    const wide = 26 * scale + context.measureText(line.label).width;
    if (x > first && x + wide > width) [x, y] = [first, y + SCRUB_LINE * scale];
    const place = { ...line, x, y };
    x += wide + 20 * scale;
    return place;
  });
}

/**
 * Draws the curves. `curves`: [{steps, values, colour, dash, label, stairs}], values in tokens per character;
 * `level`: {value, label} a horizontal line; `now`: the present step and its value.
 */
export function scrubDraw(context, { width, height, theme, steps, curves, level, now, axis, number }) {
  const { scale } = theme;
  context.font = `400 ${12 * scale}px ${theme.sans}`;
  const keys = scrubKeys(context, [...curves, { ...level, colour: theme.muted, dash: [2, 3] }], width, scale);
  const [top, bottom] = [SCRUB_EDGE.top * scale + keys.at(-1).y, height - SCRUB_EDGE.bottom * scale];
  const most = Math.max(0.2, level.value, ...curves.flatMap((curve) => Array.from(curve.values))) * 1.05;
  const x = (n) => scrubX(scrubPlace(n, steps), width, scale);
  const y = (value) => bottom - ((bottom - top) * value) / most;
  context.clearRect(0, 0, width, height);
  Object.assign(context, { textBaseline: "middle", lineWidth: 1 });
  for (const value of ticks(0, most, 4)) {
    context.strokeStyle = theme.line;
    drawLine(context, x(0), Math.round(y(value)) + 0.5, x(steps), Math.round(y(value)) + 0.5);
    Object.assign(context, { fillStyle: theme.muted, textAlign: "right" });
    context.fillText(number(value, 2), x(0) - 7 * scale, y(value));
  }
  const wide = (n) => context.measureText(number(n)).width;
  for (const n of scrubTicks(steps, (n, last) => x(n) + wide(n) / 2 + 10 * scale < x(last) - wide(last))) {
    context.fillStyle = theme.muted;
    context.textAlign = n === steps && steps ? "right" : n ? "center" : "left";
    context.fillText(number(n), x(n), bottom + 13 * scale);
  }
  context.textAlign = "left";
  for (const { x: left, y: under, label, colour, dash } of keys) {
    const middle = 9 * scale + under;
    context.strokeStyle = colour;
    context.setLineDash(dash);
    context.lineWidth = 2 * scale;
    drawLine(context, left, middle, left + 20 * scale, middle);
    context.setLineDash([]);
    context.fillStyle = theme.fg;
    context.fillText(label, left + 26 * scale, middle);
  }
  context.strokeStyle = theme.muted;
  context.setLineDash([2, 3]);
  context.lineWidth = 1;
  drawLine(context, x(0), y(level.value), x(steps), y(level.value));
  for (const { steps: places, values, colour, dash } of curves) {
    Object.assign(context, { strokeStyle: colour, lineWidth: 2 * scale });
    context.setLineDash(dash);
    context.beginPath();
    places.forEach((n, i) => {
      if (i) context.lineTo(x(n), y(values[i - 1]));
      context.lineTo(x(n), y(values[i]));
    });
    context.stroke();
  }
  context.setLineDash([]);
  Object.assign(context, { strokeStyle: theme.accent, lineWidth: 1.5 * scale });
  drawLine(context, x(now.step), top - 4 * scale, x(now.step), bottom);
  context.fillStyle = theme.accent;
  drawDot(context, x(now.step), y(now.value), 5 * scale);
  Object.assign(context, { fillStyle: theme.muted, textAlign: "center" });
  context.fillText(axis, (x(0) + x(steps)) / 2, bottom + 13 * scale);
}
