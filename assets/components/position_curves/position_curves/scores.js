// One rotary head of a real model: the same query and key, placed anywhere, score by their distance alone, while the
// scores of the text mix what the tokens are with how far apart they stand.

import { fillWords, percent } from "../../shared/draw.js";
import { dotProduct, pairWaves, rotated, scoreApart } from "./formulas.js";
import {
  HeatSheet,
  axesBox,
  clamp,
  figureHeight,
  packedTable,
  say,
  short,
  spot,
  tiny,
  trace,
  upright,
} from "./plot.js";

import { decimal } from "../../shared/numbers.js";

const SCORES_MOST = 4000;

export const scoresView = {
  needs: true,

  controls: () => [{ name: "move", low: 0, high: SCORES_MOST, step: 1 }],

  height: (width, zoom) => figureHeight(width, zoom, 1130, 436),

  settle(state, data) {
    if (!data) return state;
    const { n, lively } = data.meta;
    const query = state.query < 0 || state.query >= n ? lively[0] : state.query;
    const key =
      state.key < 0 || state.key > query ? (query === lively[0] ? lively[1] : Math.max(0, query - 1)) : state.key;
    return { ...state, query, key };
  },

  vector: (values, at, d) => Float64Array.from(values.subarray(at * d, (at + 1) * d)),

  /** What the chosen pair says of itself, kept while it stays chosen. */
  pairOf({ data, settled: { query, key } }) {
    const name = `${data.serial} ${query} ${key}`;
    if (this.pair?.name === name) return this.pair;
    const { d, scale, factor } = data.meta;
    const [q, k] = [this.vector(data.arrays.q, query, d), this.vector(data.arrays.k, key, d)];
    const waves = pairWaves(q, k, "halves");
    const theta = Float64Array.from(data.arrays.turns);
    this.pair = { name, q, k, waves, theta, unit: scale * factor * factor };
    return this.pair;
  },

  /** The score of the pair with both moved on: turned one by one, not by the formula that must come out. */
  placed({ q, k, theta, unit }, m, n) {
    return unit * dotProduct(rotated(q, m, theta, "halves"), rotated(k, n, theta, "halves"));
  },

  /** Scaled scores of all pairs of the text, [query, key], and their mean at each distance. */
  all(host) {
    const { data } = host;
    if (this.every?.serial === data.serial) return this.every;
    const { n, d } = data.meta;
    const theta = Float64Array.from(data.arrays.turns);
    const turn = (values) =>
      Array.from({ length: n }, (_, p) => rotated(this.vector(values, p, d), p, theta, "halves"));
    const [q, k] = [turn(data.arrays.q), turn(data.arrays.k)];
    const unit = data.meta.scale * data.meta.factor ** 2;
    const scores = new Float64Array(n * n);
    const [sums, counts] = [new Float64Array(n), new Float64Array(n)];
    let [low, high] = [Infinity, -Infinity];
    for (let a = 0; a < n; a += 1) {
      for (let b = 0; b <= a; b += 1) {
        const score = unit * dotProduct(q[a], k[b]);
        scores[a * n + b] = score;
        [low, high] = [Math.min(low, score), Math.max(high, score)];
        sums[a - b] += score;
        counts[a - b] += 1;
      }
    }
    this.every = { serial: data.serial, scores, means: sums.map((sum, i) => sum / counts[i]), low, high };
    return this.every;
  },

  draw(host) {
    const { context, theme, width, height, data, settled } = host;
    const narrow = width < 700;
    const grid = narrow
      ? { x: 34, y: 24, w: Math.min(width - 44, 260), h: 250 }
      : { x: 34, y: 24, w: Math.min(230, width * 0.17), h: height - 24 - 34 };
    context.globalAlpha = settled.layer === data.meta.layer && settled.head === data.meta.head ? 1 : 0.4;
    this.drawMatrixAndPairs(host, grid, narrow);
    context.globalAlpha = 1;
    this.drawGrid(host, grid, theme);
  },

  drawMatrixAndPairs(host, grid, narrow) {
    const { width, height } = host;
    const left = narrow ? 34 : grid.x + grid.w + 44;
    const size = narrow ? Math.min(width - 44, 300) : Math.min(height - 24 - 62, width * 0.31);
    const map = { x: left, y: narrow ? grid.y + grid.h + 76 : 24, w: size, h: size };
    this.drawMatrix(host, map);
    const x = narrow ? 44 : map.x + map.w + 62;
    const top = narrow ? map.y + map.h + 84 : 24;
    const strip = { x, y: top, w: width - x - 12, h: narrow ? 56 : 44 };
    this.drawSlide(host, strip);
    const chart = { ...strip, y: strip.y + strip.h + 62, h: narrow ? 190 : height - strip.y - strip.h - 62 - 64 };
    this.drawCloud(host, chart);
  },

  // Every head as eight cells: how much attention it gives, on average, to a token so far away.
  drawGrid(host, box, theme) {
    const { context, words, data, state } = host;
    const { layers, heads, bins } = data.meta;
    const values = data.arrays.by_distance;
    const table = packedTable(theme.table);
    const key = `${theme.bg} ${data.serial}`;
    if (this.gridKey !== key) {
      this.grid ??= new HeatSheet();
      const gap = 2;
      const [cell, wide] = [bins.length + gap, heads * (bins.length + gap)];
      this.grid.paint(wide, layers, (pixels) => {
        pixels.fill(0);
        for (let i = 0; i < values.length; i += 1) {
          const [layer, head, bin] = [
            Math.floor(i / (heads * bins.length)),
            Math.floor(i / bins.length) % heads,
            i % bins.length,
          ];
          pixels[layer * wide + head * cell + bin] = table[Math.round(255 * Math.sqrt(clamp(values[i] || 0, 0, 1)))];
        }
      });
      this.gridKey = key;
    }
    say(context, theme, words.scores_grid, box.x, 15, { size: 13, weight: 600, colour: theme.fg, width: box.w });
    context.imageSmoothingEnabled = false;
    this.grid.drawTo(context, box);
    const [cw, ch] = [box.w / heads, box.h / layers];
    const part = bins.length / (bins.length + 2);
    for (const layer of [0, Math.floor(layers / 2), layers - 1])
      say(context, theme, String(layer), box.x - 6, box.y + (layer + 0.5) * ch, { align: "right", base: "middle" });
    for (const head of [0, heads - 1])
      say(context, theme, String(head), box.x + (head + part / 2) * cw, box.y + box.h + 5, {
        align: "center",
        base: "top",
      });
    say(context, theme, `${words.head_axis} →`, box.x + box.w / 2, box.y + box.h + 5, {
      align: "center",
      base: "top",
      width: box.w * 0.6,
    });
    const [layer, head] = [Math.min(state.layer, layers - 1), Math.min(state.head, heads - 1)];
    context.lineWidth = 2;
    context.strokeStyle = theme.accent;
    context.strokeRect(box.x + head * cw - 1.5, box.y + layer * ch - 1.5, cw * part + 3, ch + 3);
    const at = (x, y) => ({
      layer: clamp(Math.floor((y - box.y) / ch), 0, layers - 1),
      head: clamp(Math.floor((x - box.x) / cw), 0, heads - 1),
    });
    const tip = (x, y) => {
      const one = at(x, y);
      const rows = bins.map((from, i) => {
        const share = values[(one.layer * heads + one.head) * bins.length + i];
        const to = (bins[i + 1] ?? Infinity) - 1;
        const range = to === from ? String(from) : Number.isFinite(to) ? `${from}–${to}` : `≥ ${from}`;
        return [fillWords(words.tokens_back, { range }), Number.isNaN(share) ? "—" : percent(share)];
      });
      return [{ title: fillWords(words.layer_head, one) }, words.grid_tip, ...rows];
    };
    host.region({ ...box, cursor: "pointer", click: at, tip });
  },

  drawMatrix(host, box) {
    const { context, theme, colours, words, data, settled } = host;
    const { n, labels } = data.meta;
    const key = `${theme.bg} ${data.serial}`;
    if (this.mapKey !== key) {
      const table = packedTable(theme.table);
      this.map ??= new HeatSheet();
      this.map.paint(n, n, (pixels) => {
        pixels.fill(0);
        for (let q = 0; q < n; q += 1)
          for (let k = 0; k <= q; k += 1)
            pixels[q * n + k] = table[Math.round(255 * Math.sqrt(data.arrays.attention[q * n + k]))];
      });
      this.mapKey = key;
    }
    say(
      context,
      theme,
      fillWords(words.scores_map, { layer: data.meta.layer, head: data.meta.head }),
      box.x,
      box.y - 9,
      { size: 13, weight: 600, colour: theme.fg, width: box.w },
    );
    context.imageSmoothingEnabled = false;
    this.map.drawTo(context, box);
    context.strokeStyle = theme.border;
    context.lineWidth = 1;
    context.strokeRect(box.x + 0.5, box.y + 0.5, box.w - 1, box.h - 1);
    const cell = box.w / n;
    const { query, key: chosen } = settled;
    context.fillStyle = colours.first;
    context.fillRect(box.x - 5, box.y + query * cell, 4, Math.max(2, cell));
    context.fillStyle = colours.second;
    context.fillRect(box.x + chosen * cell, box.y + box.h + 1, Math.max(2, cell), 4);
    context.lineWidth = 2;
    context.strokeStyle = theme.accent;
    context.strokeRect(
      box.x + chosen * cell - 1,
      box.y + query * cell - 1,
      Math.max(4, cell) + 2,
      Math.max(4, cell) + 2,
    );
    const y = box.y + box.h + 8;
    say(context, theme, fillWords(words.query_is, { token: `\u2068${labels[query]}\u2069`, place: query }), box.x, y, {
      size: 13,
      base: "top",
      colour: colours.first,
      weight: 600,
      width: box.w,
    });
    say(
      context,
      theme,
      fillWords(words.key_is, { token: `\u2068${labels[chosen]}\u2069`, place: chosen }),
      box.x,
      y + 19 * theme.scale,
      { size: 13, base: "top", colour: colours.second, weight: 600, width: box.w },
    );
    const at = (px, py) => {
      const [q, k] = [
        clamp(Math.floor((py - box.y) / cell), 0, n - 1),
        clamp(Math.floor((px - box.x) / cell), 0, n - 1),
      ];
      return k <= q ? { query: q, key: k } : null;
    };
    const tip = (px, py) => {
      const one = at(px, py);
      if (!one) return [words.masked];
      const all = this.all(host);
      return [
        { title: `\u2068${labels[one.query]}\u2069 → \u2068${labels[one.key]}\u2069` },
        [words.distance, String(one.query - one.key)],
        [words.score, decimal(all.scores[one.query * n + one.key])],
        [words.weight, percent(data.arrays.attention[one.query * n + one.key])],
      ];
    };
    host.region({ ...box, cursor: "crosshair", drag: at, tip });
  },

  // Every pair of the text by distance, and the curve on which the chosen pair would lie if it stood elsewhere.
  drawCloud(host, box) {
    const { context, theme, colours, words, data, settled } = host;
    const { n } = data.meta;
    const all = this.all(host);
    const pair = this.pairOf(host);
    const far = Math.max(16, n - 1);
    const curve = Array.from({ length: far + 1 }, (_, i) => pair.unit * scoreApart(pair.waves, i, pair.theta));
    const [low, high] = [Math.min(all.low, ...curve), Math.max(all.high, ...curve)];
    const edge = 0.05 * (high - low || 1);
    const axis = axesBox(context, theme, box, {
      title: words.scores_cloud,
      x: { low: -0.5, high: far + 0.5 },
      y: { low: low - edge, high: high + edge },
    });
    context.fillStyle = theme.muted;
    context.save();
    context.globalAlpha *= 0.5;
    for (let q = 0; q < n; q += 1)
      for (let k = 0; k <= q; k += 1)
        context.fillRect(axis.px(q - k) - 1.5, axis.py(all.scores[q * n + k]) - 1.5, 3, 3);
    context.restore();
    trace(
      context,
      n,
      (i) => axis.px(i),
      (i) => axis.py(all.means[i]),
      { colour: theme.muted, width: 1.5, dash: [5, 3], alpha: context.globalAlpha },
    );
    trace(
      context,
      far + 1,
      (i) => axis.px(i),
      (i) => axis.py(curve[i]),
      { colour: theme.fg, width: 2.2, alpha: context.globalAlpha },
    );
    const distance = settled.query - settled.key;
    upright(context, axis.px(distance), box.y, box.y + box.h, colours.second, { width: 1 });
    spot(context, axis.px(distance), axis.py(curve[distance]), 5.5, colours.second, theme.bg);
    const y = box.y + box.h + 22 * theme.scale;
    let x = box.x - 10;
    say(context, theme, words.distance, box.x + box.w, y, { align: "right", base: "top", width: box.w * 0.4 });
    let row = 0;
    for (const [id, colour, dash] of [
      ["cloud_pairs", theme.muted, null],
      ["cloud_mean", theme.muted, [5, 3]],
      ["cloud_curve", theme.fg, []],
    ]) {
      if (id === "cloud_curve") [x, row] = [box.x - 10, 1];
      const line = y + row * 18 * theme.scale;
      context.fillStyle = colour;
      if (dash)
        trace(
          context,
          2,
          (i) => x + 18 * i,
          () => line + 7,
          { colour, width: 2, dash },
        );
      else context.fillRect(x + 8, line + 5, 4, 4);
      say(context, theme, words[id], x + 23, line, { base: "top", width: box.w - 20 });
      x += 34 + context.measureText(words[id]).width;
    }
    host.region({
      ...box,
      cursor: "col-resize",
      drag: (px) => ({ query: settled.query, key: clamp(settled.query - Math.round(axis.vx(px)), 0, settled.query) }),
    });
  },

  // Both moved on together: nothing changes. Drag along the strip.
  drawSlide(host, box) {
    const { context, theme, colours, words, settled } = host;
    const pair = this.pairOf(host);
    const { query, key, move } = settled;
    const start = this.placed(pair, query, key);
    const reach = pair.waves.strength.reduce((sum, one) => sum + one, 0) * pair.unit || 1;
    const px = (v) => box.x + (v / SCORES_MOST) * box.w;
    const py = (v) => box.y + box.h / 2 - (v / reach) * box.h * 0.5;
    say(context, theme, words.scores_slide, box.x, box.y - 8, {
      size: 13,
      weight: 600,
      colour: theme.fg,
      width: box.w,
    });
    context.fillStyle = theme.panel;
    context.fillRect(box.x, box.y, box.w, box.h);
    const steps = 160;
    const at = (i) => Math.round((i * SCORES_MOST) / (steps - 1));
    trace(
      context,
      steps,
      (i) => px(at(i)),
      (i) => py(pair.unit * scoreApart(pair.waves, query - key + at(i), pair.theta)),
      { colour: theme.muted, width: 1, alpha: 0.7 },
    );
    trace(
      context,
      steps,
      (i) => px(at(i)),
      (i) => py(this.placed(pair, query + at(i), key + at(i))),
      { colour: theme.fg, width: 2 },
    );
    const now = this.placed(pair, query + move, key + move);
    upright(context, px(move), box.y, box.y + box.h, colours.second, { width: 2 });
    spot(context, px(move), py(now), 6, colours.second, theme.bg);
    const said = fillWords(words.scores_moved, { move, now: decimal(now, 4), residual: tiny(Math.abs(now - start)) });
    say(context, theme, said, box.x, box.y + box.h + 6, { size: 12.5, base: "top", colour: theme.fg, width: box.w });
    host.region({
      ...box,
      y: box.y - 4,
      h: box.h + 8,
      cursor: "ew-resize",
      drag: (x) => ({ move: clamp(Math.round(((x - box.x) / box.w) * SCORES_MOST), 0, SCORES_MOST) }),
    });
  },

  says(host) {
    const { data, settled, words } = host;
    const pair = this.pairOf(host);
    const { query, key, move } = settled;
    const [start, now] = [this.placed(pair, query, key), this.placed(pair, query + move, key + move)];
    return fillWords(words.scores_says, {
      model: data.meta.model,
      query: data.meta.labels[query],
      key: data.meta.labels[key],
      distance: query - key,
      score: decimal(start),
      move,
      residual: tiny(Math.abs(now - start)),
      mean: short(this.all(host).means[query - key]),
    });
  },

  keys: (state, key) =>
    ({
      ArrowLeft: { move: Math.max(0, state.move - 50) },
      ArrowRight: { move: Math.min(SCORES_MOST, state.move + 50) },
      ArrowUp: { layer: Math.max(0, state.layer - 1) },
      ArrowDown: { layer: state.layer + 1 },
    })[key],
};
