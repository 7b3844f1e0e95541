// The whole vocabulary as a curve: probability by rank, both logarithmic, before and after the steps.

import { drawDot, drawLine, percent } from "../../shared/draw.js";
import { ten, whole } from "../../shared/numbers.js";

const TAIL_EDGE = { left: 58, right: 14, top: 12, bottom: 34 };

/** The scales of the curve: rank 1 … n, probability down to `least`. */
export function tailScale(width, height, n, least, size) {
  const [left, bottom] = [TAIL_EDGE.left * size, TAIL_EDGE.bottom * size];
  const [wide, high] = [width - left - TAIL_EDGE.right, height - TAIL_EDGE.top - bottom];
  const depth = Math.log10(1 / least);
  return {
    x: (rank) => left + (wide * Math.log(rank)) / Math.log(Math.max(2, n)),
    y: (share) => TAIL_EDGE.top + (high * Math.min(depth, Math.max(0, -Math.log10(Math.max(share, 1e-300))))) / depth,
    rankAt: (x) => Math.min(n, Math.max(1, Math.round(Math.max(2, n) ** Math.min(1, Math.max(0, (x - left) / wide))))),
    left,
    right: left + wide,
    top: TAIL_EDGE.top,
    bottom: TAIL_EDGE.top + high,
    depth,
  };
}

/** Ranks at which a curve over n ranks is drawn: all of the first hundred, then evenly on the logarithmic axis. */
function tailRanks(n, steps = 320) {
  const ranks = new Set();
  for (let rank = 1; rank <= Math.min(n, 100); rank += 1) ranks.add(rank);
  for (let step = 0; step <= steps; step += 1) ranks.add(Math.round(n ** (step / steps)));
  return [...ranks].sort((a, b) => a - b);
}

/** Paints the curves; `base` is sortLogits' and `result` applyFilters' answer. */
export function paintTail(paint, { width, height, base, result, theme, words, at = 0, label = "" }) {
  const scale = tailScale(width, height, base.n, 1e-9, theme.scale);
  tailAxes(paint, scale, base.n, theme, words);
  const ranks = tailRanks(base.n);
  const line = (shareOf, colour, wide) => {
    Object.assign(paint, { strokeStyle: colour, fillStyle: colour, lineWidth: wide, lineJoin: "round" });
    paint.beginPath();
    const points = ranks.map((rank) => [scale.x(rank), shareOf(rank)]).filter((point) => point[1] > 0);
    points.forEach(([x, share], place) => paint[place ? "lineTo" : "moveTo"](x, scale.y(share)));
    paint.stroke();
    if (points.length !== 1) return;
    drawDot(paint, points[0][0], scale.y(points[0][1]), 5);
  };
  const [first, last] = keptRanks(base, result);
  tailHatch(paint, scale, scale.left, scale.x(Math.max(1, first - 0.5)), theme, words);
  tailHatch(paint, scale, scale.x(Math.min(base.n, last + 0.5)), scale.right, theme, words);
  line((rank) => base.model[rank - 1], theme.muted, 1.5);
  line((rank) => result.probability[base.ids[rank - 1]], theme.accent, 2.5);
  if (at) tailMark(paint, scale, at, base, label, theme);
}

function tailAxes(paint, scale, n, theme, words) {
  const font = `400 ${Math.round(12 * theme.scale)}px ${theme.sans}`;
  Object.assign(paint, { font, fillStyle: theme.muted, strokeStyle: theme.line, lineWidth: 1 });
  Object.assign(paint, { textBaseline: "middle", textAlign: "right" });
  for (let power = 0; power <= scale.depth; power += 3) {
    const y = scale.y(10 ** -power);
    drawLine(paint, scale.left, y, scale.right, y);
    paint.fillText(power ? ten(-power) : "1", scale.left - 8, y);
  }
  Object.assign(paint, { textAlign: "center", textBaseline: "top" });
  for (let rank = 1; rank <= n; rank *= 10) paint.fillText(whole(rank), scale.x(rank), scale.bottom + 5);
  Object.assign(paint, { textAlign: "right" });
  paint.fillText(words.axis_rank, scale.right, scale.bottom + 5 + 14 * theme.scale);
  Object.assign(paint, { textAlign: "left", textBaseline: "top" });
  paint.fillText(words.axis_share, scale.left + 6, scale.top + 2);
}

/** The first and the last rank, in the model's own order, of what is kept. */
function keptRanks(base, result) {
  let [first, last] = [base.n, 1];
  for (let at = result.from; at < result.to; at += 1) {
    const rank = base.rank[result.ids[at]] + 1;
    if (rank < first) first = rank;
    if (rank > last) last = rank;
  }
  return [first, last];
}

/** A stretch of ranks that the steps removed. */
function tailHatch(paint, scale, from, to, theme, words) {
  if (to - from < 1) return;
  const high = scale.bottom - scale.top;
  paint.save();
  paint.beginPath();
  paint.rect(from, scale.top, to - from, high);
  paint.clip();
  Object.assign(paint, { strokeStyle: theme.faint, lineWidth: 1 });
  paint.beginPath();
  for (let x = from - high; x < to; x += 8) {
    paint.moveTo(x, scale.bottom);
    paint.lineTo(x + high, scale.top);
  }
  paint.stroke();
  paint.restore();
  const font = `400 ${Math.round(12 * theme.scale)}px ${theme.sans}`;
  Object.assign(paint, { font, fillStyle: theme.muted, textAlign: "right", textBaseline: "top" });
  if (to - from > 90 * theme.scale) paint.fillText(words.removed, to - 6, scale.top + 2 + 18 * theme.scale);
}

function tailMark(paint, scale, rank, base, label, theme) {
  const [x, y] = [scale.x(rank), scale.y(base.model[rank - 1])];
  Object.assign(paint, { strokeStyle: theme.fg, fillStyle: theme.fg, lineWidth: 1 });
  drawDot(paint, x, y, 4);
  const text = `${label} · #${rank} · ${percent(base.model[rank - 1])}`;
  const textAlign = x > (scale.left + scale.right) / 2 ? "right" : "left";
  Object.assign(paint, {
    font: `500 ${Math.round(13 * theme.scale)}px ${theme.mono}`,
    textAlign,
    textBaseline: "bottom",
  });
  paint.fillText(text, x, Math.max(scale.top + 18 * theme.scale, y - 8));
}
