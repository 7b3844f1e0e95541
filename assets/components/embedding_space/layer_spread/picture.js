// The three drawings of a narrow cone: mean cosine over the layers, cosines of one layer, its strongest directions.

import { percent } from "../../shared/draw.js";
import {
  curveFrame,
  drawCurveAxes,
  drawCurveBand,
  drawCurveLine,
  drawCurveMark,
  niceTicks,
} from "../../shared/layers.js";

import { decimal } from "../../shared/numbers.js";

const CONE_EDGE = { left: 44, right: 8, bottom: 22, top: 6 };

/** Colours of "as they are" and "mean removed". */
export function coneColours(theme) {
  return theme.dark ? [theme.categories[4], theme.categories[1]] : [theme.categories[0], theme.categories[5]];
}

/** The frame of the curve, wide enough for every band and always with zero in it. */
export function coneFrame({ values, layers }, width, height, scale) {
  const all = [...values.cosine.flat(), ...values.spread.flat().flatMap((pair) => Array.from(pair)), 0];
  const [low, high] = [Math.max(-1, Math.min(...all) - 0.04), Math.min(1, Math.max(...all) + 0.04)];
  return { ...curveFrame({ width, height, count: layers, low, high, scale, top: 8 }), low, high };
}

/** Mean cosine with the middle 90 % of the pairs, both kinds. */
export function paintCone(context, { values, words, layer, layers }, { frame, theme, colours }) {
  drawCurveAxes(context, {
    frame,
    theme,
    low: frame.low,
    high: frame.high,
    count: layers,
    label: words.layer,
    ticks: 6,
  });
  for (const kind of [1, 0]) {
    const [lows, highs] = [0, 1].map((end) => values.spread[kind].map((pair) => pair[end]));
    drawCurveBand(context, frame, lows, highs, colours[kind], theme.dark ? 0.2 : 0.14);
  }
  for (const kind of [1, 0]) drawCurveLine(context, frame, values.cosine[kind], colours[kind], { width: 2.5 });
  Object.assign(context, {
    font: `400 ${12 * theme.scale}px ${theme.sans}`,
    textAlign: "right",
    textBaseline: "bottom",
    fillStyle: theme.muted,
    strokeStyle: theme.bg,
    lineWidth: 4,
    lineJoin: "round",
  });
  const y = frame.y(0) + 17 * theme.scale;
  context.strokeText(words.zero, frame.right - 6, y);
  context.fillText(words.zero, frame.right - 6, y);
  drawCurveMark(
    context,
    frame,
    layer,
    theme,
    [1, 0].map((kind) => [values.cosine[kind][layer], colours[kind]]),
  );
}

function coneArea(width, height, scale) {
  return {
    left: CONE_EDGE.left * scale,
    right: width - CONE_EDGE.right * scale,
    top: CONE_EDGE.top * scale,
    bottom: height - CONE_EDGE.bottom * scale,
  };
}

/** Which of `count` equal columns lies under x. */
export function coneBin(x, width, count, scale) {
  const area = coneArea(width, 0, scale);
  return Math.min(count - 1, Math.max(0, Math.floor(((x - area.left) / (area.right - area.left)) * count)));
}

function coneGrid(context, area, theme, most) {
  Object.assign(context, {
    font: `400 ${12 * theme.scale}px ${theme.sans}`,
    fillStyle: theme.muted,
    strokeStyle: theme.line,
    lineWidth: 1,
    textAlign: "right",
    textBaseline: "middle",
  });
  for (const tick of niceTicks(0, most, 2)) {
    const y = Math.round(area.bottom - ((area.bottom - area.top) * tick) / most) + 0.5;
    context.beginPath();
    context.moveTo(area.left, y);
    context.lineTo(area.right, y);
    context.stroke();
    context.fillText(percent(tick), area.left - 7, y);
  }
}

/** The cosines of all pairs of a layer as two areas of steps. */
export function paintCosines(context, { values, layer }, { width, height, theme, colours }) {
  const area = coneArea(width, height, theme.scale);
  const bins = values.histogram[0][0].length;
  const most = Math.max(...[0, 1].map((kind) => Math.max(...values.histogram[kind][layer]))) * 1.06;
  coneGrid(context, area, theme, most);
  const [wide, high] = [area.right - area.left, area.bottom - area.top];
  for (const kind of [1, 0]) {
    context.beginPath();
    context.moveTo(area.left, area.bottom);
    values.histogram[kind][layer].forEach((share, at) => {
      const y = area.bottom - (high * share) / most;
      context.lineTo(area.left + (wide * at) / bins, y);
      context.lineTo(area.left + (wide * (at + 1)) / bins, y);
    });
    context.lineTo(area.right, area.bottom);
    Object.assign(context, {
      fillStyle: colours[kind],
      strokeStyle: colours[kind],
      lineWidth: 1.5,
      lineJoin: "round",
      globalAlpha: 0.22,
    });
    context.fill();
    context.globalAlpha = 1;
    context.stroke();
  }
  Object.assign(context, { fillStyle: theme.muted, textAlign: "center", textBaseline: "top" });
  for (const tick of [-1, -0.5, 0, 0.5, 1])
    context.fillText(decimal(tick, 1), area.left + (wide * (tick + 1)) / 2 - (tick === 1 ? 6 : 0), area.bottom + 6);
}

/** Shares of the strongest directions as pairs of bars. */
export function paintDirections(context, { values, layer }, { width, height, theme, colours }) {
  const area = coneArea(width, height, theme.scale);
  const count = values.shares[0][0].length;
  const most = Math.max(0.1, ...[0, 1].map((kind) => values.shares[kind][layer][0])) * 1.06;
  coneGrid(context, area, theme, most);
  const step = (area.right - area.left) / count;
  for (const kind of [0, 1]) {
    context.fillStyle = colours[kind];
    values.shares[kind][layer].forEach((share, at) => {
      const tall = Math.max(share > 0 ? 1 : 0, ((area.bottom - area.top) * share) / most);
      context.fillRect(area.left + step * (at + 0.14 + 0.36 * kind), area.bottom - tall, step * 0.34, tall);
    });
  }
  Object.assign(context, { fillStyle: theme.muted, textAlign: "center", textBaseline: "top" });
  for (let at = 0; at < count; at++) context.fillText(String(at + 1), area.left + step * (at + 0.5), area.bottom + 6);
}
