// The two drawings of sentence pairs: the matrix of cosines, and both sides as points joined by lines.

import { fitText } from "../../shared/draw.js";
import { parseColour } from "../../shared/theme.js";

/** Colours of the left and the right sides. */
export function pairColours(theme) {
  return theme.dark ? [theme.categories[4], theme.categories[1]] : [theme.categories[0], theme.categories[5]];
}

/** One pixel per cell, on a canvas of its own. */
export function cellImage({ meta, arrays, count, theme }) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = count;
  const context = canvas.getContext("2d");
  const image = context.createImageData(count, count);
  const ramp = Array.from({ length: 256 }, (_, at) => parseColour(theme.sequential(at / 255)));
  const reach = Math.max(1e-6, meta.high - meta.low);
  arrays.similarity.forEach((value, at) => {
    const share = Math.min(1, Math.max(0, (value - meta.low) / reach));
    const [red, green, blue] = ramp[Math.round(255 * share)];
    image.data.set([red, green, blue, 255], 4 * at);
  });
  context.putImageData(image, 0, 0);
  return canvas;
}

/** The matrix with a cross through the pair pointed at or kept. */
export function paintMatrix(context, view, { size, theme, colours, image }) {
  const { count, cell } = view;
  const step = size / count;
  context.imageSmoothingEnabled = false;
  context.drawImage(image, 0, 0, size, size);
  context.strokeStyle = theme.line;
  context.lineWidth = 1;
  context.strokeRect(0.5, 0.5, size - 1, size - 1);
  paintTopics(context, view, { size, step, theme });
  for (const pair of new Set([view.pair, view.hover])) {
    if (pair < 0) continue;
    const column = pair === view.hover && cell ? cell[1] : pair;
    const frame = (x, y, width, height, colour, thick) => {
      Object.assign(context, { strokeStyle: colour, lineWidth: thick });
      context.strokeRect(x, y, width, height);
    };
    context.globalAlpha = 0.85;
    frame(-2, pair * step - 0.5, size + 4, step + 1, colours[0], 1.25);
    frame(column * step - 0.5, -2, step + 1, size + 4, colours[1], 1.25);
    context.globalAlpha = 1;
    const edge = Math.max(3, 6 - step / 2);
    frame(pair * step - edge, pair * step - edge, step + 2 * edge, step + 2 * edge, theme.fg, 1.75);
  }
}

/** Fine ticks along the diagonal where a new topic starts. */
function paintTopics(context, { meta, count }, { size, step, theme }) {
  context.strokeStyle = theme.faint;
  context.globalAlpha = 0.5;
  for (let at = 1; at < count; at++) {
    if (meta.groups[at] === meta.groups[at - 1]) continue;
    const place = Math.round(at * step) + 0.5;
    context.beginPath();
    context.moveTo(0, place);
    context.lineTo(size, place);
    context.moveTo(place, 0);
    context.lineTo(place, size);
    context.stroke();
  }
  context.globalAlpha = 1;
}

/** x and y of all left sides, then all right sides; `view.share` goes from the raw map (0) to the other (1). */
export function mapPlaces(view, width, height) {
  const { arrays, count, share } = view;
  const length = 4 * count;
  const fits = [0, 1].map((kind) => {
    const own = arrays.positions.subarray(kind * length, (kind + 1) * length);
    const reach = [0, 1].map((axis) =>
      own.reduce((most, value, i) => (i % 2 === axis ? Math.max(most, Math.abs(value)) : most), 1e-6),
    );
    return [own, Math.min((width / 2 - 14) / reach[0], (height / 2 - 14) / reach[1])];
  });
  const places = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    const value = fits[0][0][i] * fits[0][1] * (1 - share) + fits[1][0][i] * fits[1][1] * share;
    places[i] = i % 2 ? height / 2 - value : width / 2 + value;
  }
  return places;
}

/** The pair of the point nearest to (x, y), −1 beyond `reach`. */
export function nearestPair(places, x, y, reach) {
  let [best, least] = [-1, reach * reach];
  for (let at = 0; at < places.length / 2; at++) {
    const distance = (places[2 * at] - x) ** 2 + (places[2 * at + 1] - y) ** 2;
    if (distance < least) [best, least] = [at, distance];
  }
  return best < 0 ? -1 : best % (places.length / 4);
}

/** Both sides as points; a thin line joins each sentence with its translation. */
export function paintPairs(context, view, { width, height, theme, colours, places }) {
  const { count, meta } = view;
  const chosen = [...new Set([view.pair, view.hover])].filter((pair) => pair >= 0);
  const at = (pair, side) => [places[2 * (pair + side * count)], places[2 * (pair + side * count) + 1]];
  const join = (pair, colour, thick) => {
    context.beginPath();
    context.moveTo(...at(pair, 0));
    context.lineTo(...at(pair, 1));
    Object.assign(context, { strokeStyle: colour, lineWidth: thick });
    context.stroke();
  };
  const mark = (pair, side, radius, alpha) => {
    const [x, y] = at(pair, side);
    context.beginPath();
    if (side) context.rect(x - radius * 0.9, y - radius * 0.9, radius * 1.8, radius * 1.8);
    else context.arc(x, y, radius, 0, 2 * Math.PI);
    Object.assign(context, { fillStyle: colours[side], strokeStyle: theme.bg, lineWidth: 1, globalAlpha: alpha });
    context.fill();
    context.stroke();
    context.globalAlpha = 1;
  };
  const pairs = Array.from({ length: count }, (_, pair) => pair);
  pairs.forEach((pair) => join(pair, theme.line, 1));
  for (const side of [0, 1]) pairs.forEach((pair) => mark(pair, side, 4, chosen.length ? 0.45 : 0.95));
  for (const pair of chosen) {
    join(pair, theme.fg, 1.75);
    for (const side of [0, 1]) mark(pair, side, 6.5, 1);
    [meta.first[pair], meta.second[pair]].forEach((text, side) =>
      paintName(context, { text, place: at(pair, side), other: at(pair, 1 - side), width, height, theme }),
    );
  }
}

/** A sentence at its point, on the side that is away from its partner and inside the drawing. */
function paintName(context, { text, place: [x, y], other, width, height, theme }) {
  const size = 13 * theme.scale;
  Object.assign(context, {
    font: `500 ${size}px ${theme.sans}`,
    textBaseline: "middle",
    textAlign: "left",
    lineJoin: "round",
  });
  const shown = fitText(context, text, Math.min(width - 12, 260 * theme.scale));
  const wide = context.measureText(shown).width;
  const left = Math.min(width - wide - 4, Math.max(4, x - wide / 2));
  const below = y > other[1] || (y === other[1] && x > other[0]);
  const top = Math.min(height - size, Math.max(size, y + (below ? 1 : -1) * (size + 5)));
  Object.assign(context, { strokeStyle: theme.bg, lineWidth: 5, fillStyle: theme.fg });
  context.strokeText(shown, left, top);
  context.fillText(shown, left, top);
}
