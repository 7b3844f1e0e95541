// How the senses are drawn: points with a shape and a colour per sense, a soft area around each sense, and the curve.

import { fillWords, percent } from "../../shared/draw.js";
import { mixColour } from "../../shared/theme.js";
import { betweenLayers, drawCurveAxes, drawCurveBand, drawCurveLine, drawCurveMark } from "../../shared/layers.js";

const SENSE_ORDER = { paper: [0, 5, 2, 3, 1, 4, 6], stage: [4, 1, 2, 3, 5, 0, 6] }; // of Okabe-Ito, by contrast

/** One colour per sense that can be told from the background. */
export function senseColours(theme) {
  return SENSE_ORDER[theme.dark ? "stage" : "paper"].map((at) => theme.categories[at]);
}

/** Traces a sense's shape around (x, y): circle, square, triangle, diamond, triangle down, pentagon, hexagon. */
function traceSense(context, sense, x, y, radius) {
  context.beginPath();
  if (sense % 7 === 0) return context.arc(x, y, radius, 0, 2 * Math.PI);
  const [corners, turn, size] = [
    [4, Math.PI / 4, 1.2],
    [3, -Math.PI / 2, 1.3],
    [4, 0, 1.28],
    [3, Math.PI / 2, 1.3],
    [5, -Math.PI / 2, 1.15],
    [6, 0, 1.1],
  ][(sense % 7) - 1];
  for (let at = 0; at < corners; at++) {
    const angle = turn + (2 * Math.PI * at) / corners;
    context[at ? "lineTo" : "moveTo"](x + radius * size * Math.cos(angle), y + radius * size * Math.sin(angle));
  }
  return context.closePath();
}

/** The shape of a sense as a small picture for the legend. */
export function senseMark(sense, colour) {
  const make = (name) => document.createElementNS("http://www.w3.org/2000/svg", name);
  const svg = make("svg");
  const path = make("path");
  const pen = {
    steps: [],
    beginPath() {},
    moveTo(x, y) {
      this.steps.push(`M${x} ${y}`);
    },
    lineTo(x, y) {
      this.steps.push(`L${x} ${y}`);
    },
    closePath() {
      this.steps.push("Z");
    },
    arc(x, y, r) {
      this.steps.push(`M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`);
    },
  };
  traceSense(pen, sense, 8, 8, 5.6);
  path.setAttribute("d", pen.steps.join(""));
  path.setAttribute("fill", colour);
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  svg.append(path);
  return svg;
}

/**
 * Half the width and height that each layer's points need. Each layer is drawn as large as fits, but a layer in which all
 * points lie close together stays small: none is enlarged beyond a third of the widest.
 */
export function layerExtents(positions) {
  const own = positions.map((row) =>
    [0, 1].map((axis) => row.reduce((most, value, i) => (i % 2 === axis ? Math.max(most, Math.abs(value)) : most), 0)),
  );
  const least = [0, 1].map((axis) => Math.max(1e-6, ...own.map((extent) => extent[axis])) / 3);
  return own.map((extent) => extent.map((value, axis) => Math.max(value, least[axis])));
}

/** Pixels per unit of a whole layer. */
function layerScale(view, layer, width, height) {
  const [wide, high] = view.extents[layer];
  return Math.min((width / 2 - 40) / wide, (height / 2 - 44) / high);
}

/** x and y of every sentence at `view.at`, between two layers too, in the pixels of a plot. */
export function placesAt(view, width, height) {
  const low = Math.floor(view.at);
  const next = Math.min(low + 1, view.layers - 1);
  const share = view.at - low;
  const [before, after] = [
    layerScale(view, low, width, height) * (1 - share),
    layerScale(view, next, width, height) * share,
  ];
  const places = new Float32Array(2 * view.count);
  for (let i = 0; i < places.length; i++) {
    const value = view.positions[low][i] * before + view.positions[next][i] * after;
    places[i] = i % 2 ? height / 2 - value : width / 2 + value;
  }
  return places;
}

/** The sentence under a pointer, −1 for none; nearest first. */
export function senseHit(places, x, y, reach, { only, sense }) {
  let [best, least] = [-1, reach * reach];
  for (let at = 0; at < places.length / 2; at++) {
    if (only >= 0 && sense[at] !== only) continue;
    const distance = (places[2 * at] - x) ** 2 + (places[2 * at + 1] - y) ** 2;
    if (distance < least) [best, least] = [at, distance];
  }
  return best;
}

/** The plot at `view.at`. */
export function paintSenses(context, view, { width, height, theme, colours, places }) {
  const { meta, words, sense } = view;
  const seen = (at) => view.only < 0 || sense[at] === view.only;
  const points = meta.senses.map((_, own) =>
    [...sense.keys()].filter((at) => sense[at] === own).map((at) => [places[2 * at], places[2 * at + 1]]),
  );
  context.save();
  context.globalCompositeOperation = theme.dark ? "lighten" : "darken";
  points.forEach(
    (group, own) =>
      (view.only < 0 || view.only === own) &&
      paintArea(context, group, mixColour(theme.bg, colours[own], theme.dark ? 0.2 : 0.13)),
  );
  context.restore();
  if (view.hover >= 0) paintTrail(context, view, { width, height, colour: colours[sense[view.hover]] });
  for (const at of drawOrder(view)) {
    traceSense(
      context,
      sense[at],
      places[2 * at],
      places[2 * at + 1],
      (at === view.hover ? 8 : 6) * theme.scale ** 0.5,
    );
    context.globalAlpha = seen(at) ? 1 : 0.16;
    Object.assign(context, {
      fillStyle: colours[sense[at]],
      strokeStyle: at === view.hover ? theme.fg : theme.bg,
      lineWidth: at === view.hover ? 2 : 1.5,
      lineJoin: "round",
    });
    context.fill();
    context.stroke();
  }
  context.globalAlpha = 1;
  paintNames(context, { meta, points, theme, colours, width, height, only: view.only });
  const share = betweenLayers(view.values.explained, view.at);
  if (share <= 0) return;
  Object.assign(context, {
    font: `400 ${12 * theme.scale}px ${theme.sans}`,
    fillStyle: theme.muted,
    textAlign: "left",
    textBaseline: "bottom",
  });
  context.fillText(fillWords(words.plane, { share: percent(share) }), 2, height - 2);
}

/** Sentences from back to front: the one pointed at last. */
function drawOrder(view) {
  const order = [...view.sense.keys()].filter((at) => at !== view.hover);
  return view.hover >= 0 ? [...order, view.hover] : order;
}

/** A soft area around the points of a sense: their convex hull with a wide round border. */
function paintArea(context, points, colour) {
  const hull = convexHull(points);
  context.beginPath();
  hull.forEach(([x, y], at) => context[at ? "lineTo" : "moveTo"](x, y));
  context.closePath();
  Object.assign(context, {
    fillStyle: colour,
    strokeStyle: colour,
    lineWidth: 34,
    lineJoin: "round",
    lineCap: "round",
  });
  context.stroke();
  context.fill();
}

/** Convex hull by Andrew's monotone chain. */
export function convexHull(points) {
  const sorted = [...points].sort((p, q) => p[0] - q[0] || p[1] - q[1]);
  const turn = (o, p, q) => (p[0] - o[0]) * (q[1] - o[1]) - (p[1] - o[1]) * (q[0] - o[0]);
  const half = (list) => {
    const chain = [];
    for (const point of list) {
      while (chain.length > 1 && turn(chain[chain.length - 2], chain[chain.length - 1], point) <= 0) chain.pop();
      chain.push(point);
    }
    return chain;
  };
  const [lower, upper] = [half(sorted), half(sorted.reverse())];
  return [...lower.slice(0, -1), ...upper.slice(0, -1)].concat(points.length === 1 ? points : []);
}

/** Where a sentence has been in the layers before. */
function paintTrail(context, view, { width, height, colour }) {
  const last = Math.floor(view.at);
  context.beginPath();
  for (let layer = 0; layer <= last; layer++) {
    const scale = layerScale(view, layer, width, height);
    const [x, y] = [view.positions[layer][2 * view.hover], view.positions[layer][2 * view.hover + 1]];
    context[layer ? "lineTo" : "moveTo"](width / 2 + x * scale, height / 2 - y * scale);
  }
  Object.assign(context, { strokeStyle: colour, lineWidth: 1.5, lineJoin: "round", globalAlpha: 0.55 });
  context.stroke();
  context.globalAlpha = 1;
}

/** The name of each sense beside its area: above, below, left or right, where it hides least and cannot be mistaken. */
function paintNames(context, { meta, points, theme, colours, width, height, only }) {
  const size = 14 * theme.scale;
  Object.assign(context, {
    font: `600 ${size}px ${theme.sans}`,
    textAlign: "center",
    textBaseline: "middle",
    lineJoin: "round",
  });
  const taken = [];
  points.forEach((group, own) => {
    if ((only >= 0 && only !== own) || !group.length) return;
    const half = context.measureText(meta.senses[own]).width / 2;
    const room = { left: half + 4, right: width - half - 4, top: size / 2 + 4, bottom: height - 1.5 * size - 8 };
    const cost = nameCost({ group, others: points.filter((_, at) => at !== own).flat(), taken, half, size });
    const places = namePlaces(group, half, size).map(([x, y]) => [
      Math.min(room.right, Math.max(room.left, x)),
      Math.min(room.bottom, Math.max(room.top, y)),
    ]);
    const [x, y] = places.reduce((best, place) => (cost(place) < cost(best) ? place : best));
    taken.push([x, y, half]);
    Object.assign(context, { strokeStyle: theme.bg, lineWidth: 5, fillStyle: mixColour(colours[own], theme.fg, 0.45) });
    context.strokeText(meta.senses[own], x, y);
    context.fillText(meta.senses[own], x, y);
  });
}

/** Where a name may stand beside its points, the best liked first. */
function namePlaces(group, half, size) {
  const [xs, ys] = [0, 1].map((axis) => group.map((point) => point[axis]));
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const [x, y] = [xs, ys].map((values) => values.reduce((sum, value) => sum + value, 0) / group.length);
  const away = 17 + size * 0.55;
  return [
    [x, top - away],
    [x, bottom + away],
    [left - 25 - half, y],
    [right + 25 + half, y],
    [x, top - away - 1.3 * size],
    [x, bottom + away + 1.3 * size],
  ];
}

/** How bad a place is: names on one another, points under it, points of another sense nearer than its own. */
export function nameCost({ group, others, taken, half, size }) {
  const gap = ([px, py], [x, y]) =>
    Math.hypot(Math.max(0, Math.abs(px - x) - half), Math.max(0, Math.abs(py - y) - size / 2));
  const nearest = (list, place) => Math.min(Infinity, ...list.map((point) => gap(point, place)));
  return (place) => {
    const over = taken.filter(
      ([x, y, other]) => Math.abs(x - place[0]) < half + other + 6 && Math.abs(y - place[1]) < size * 1.15,
    ).length;
    const under = [...group, ...others].filter((point) => gap(point, place) < 9).length;
    const foreign = Math.max(0, nearest(group, place) + 12 - nearest(others, place));
    return 100 * over + 10 * under + foreign;
  };
}

/** The curve of separation with what shuffled senses give. */
export function paintCurve(context, view, { frame, theme, at }) {
  const { words, values, chance, layers, meta } = view;
  const lows = chance.map((pair) => pair[0]);
  const highs = chance.map((pair) => pair[1]);
  drawCurveAxes(context, {
    frame,
    theme,
    low: frame.low,
    high: frame.high,
    count: layers,
    label: words.layer,
    ticks: 4,
  });
  drawCurveBand(context, frame, lows, highs, theme.muted, theme.dark ? 0.32 : 0.22);
  drawCurveLine(context, frame, values.silhouette, theme.accent, { width: 2.25 });
  context.beginPath();
  context.arc(frame.x(meta.best), frame.y(values.silhouette[meta.best]), 3.5 * theme.scale, 0, 2 * Math.PI);
  context.fillStyle = theme.accent;
  context.fill();
  drawCurveMark(context, frame, at, theme, [[betweenLayers(values.silhouette, at), theme.accent]]);
  Object.assign(context, {
    font: `400 ${12 * theme.scale}px ${theme.sans}`,
    textAlign: "left",
    textBaseline: "top",
    fillStyle: theme.fg,
  });
  const line = 4 * theme.scale; // Chinese letters stand higher than the line they are set on
  context.fillText(words.curve, frame.left, line);
  const swatch = 14 * theme.scale;
  const band = context.measureText(words.band).width;
  const x = frame.right - band;
  context.fillStyle = theme.muted;
  if (x - swatch - 30 < frame.left + context.measureText(words.curve).width) return;
  context.fillText(words.band, x, line);
  context.globalAlpha = theme.dark ? 0.5 : 0.4;
  context.fillRect(x - swatch - 6, line + 2 * theme.scale, swatch, 9 * theme.scale);
  context.globalAlpha = 1;
}
