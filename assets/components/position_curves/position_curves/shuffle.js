// The shuffle test: each token's hidden state in the shuffled text beside the same token's in the text, layer by layer,
// with positions and with all tokens at the same place.

import { fillWords } from "../../shared/draw.js";
import {
  HeatSheet,
  axesBox,
  clamp,
  figureHeight,
  fontOf,
  packedTable,
  say,
  spot,
  tiny,
  trace,
  upright,
} from "./plot.js";

import { ten } from "../../shared/numbers.js";

const SHUFFLE_LEAST = 1e-8;

export const shuffleView = {
  needs: true,

  controls: () => [
    { name: "seed", again: true },
    { name: "who", choice: ["encoder", "decoder", "both"] },
    { name: "off", choice: ["0", "1"], flag: true },
  ],

  height: (width, zoom) => figureHeight(width, zoom, 760, 416),

  settle: (state) => state,

  lines({ data, state }) {
    const out = [];
    for (const model of data.meta.models) {
      for (const told of [true, false])
        if (told || state.off)
          out.push({ model, told, values: data.arrays[`${told ? "told" : "untold"}_${model.role}`] });
    }
    return out;
  },

  mean(values, layer, n) {
    let sum = 0;
    for (let t = 0; t < n; t += 1) sum += values[layer * n + t];
    return sum / n;
  },

  /** The model whose tokens are shown as ribbons. */
  shown: ({ data }) => data.meta.models[0],

  draw(host) {
    const { theme, width, height, data } = host;
    const narrow = width < 700;
    const lecture = host.most > 1; // the answer comes first where the question takes half of the screen
    this.drawRibbons(host, { x: 8, y: lecture ? height - 100 : 26, w: width - 16, h: 96 });
    const left = 58 * theme.scale;
    const wide = narrow ? width - left - 10 : width * 0.52 - left;
    const top = lecture ? 24 : 26 + 96 + 44;
    const room = lecture ? height - top - 44 - 132 : height - top - 44;
    this.drawLayers(host, { x: left, y: top, w: wide, h: narrow ? 220 : room });
    const x = narrow ? left : left + wide + 66;
    const maps = { x, y: narrow ? top + 220 + 92 : top, w: width - x - 10, h: narrow ? 220 : room };
    const count = data.meta.models.length;
    const each = (maps.h - (count - 1) * 34) / count;
    data.meta.models.forEach((model, i) =>
      this.drawMap(host, model, { ...maps, y: maps.y + i * (each + 34), h: each }, i === count - 1),
    );
  },

  drawRibbons(host, box) {
    const { context, theme, words } = host;
    const model = this.shown(host);
    const n = model.labels.length;
    const order = host.data.arrays[`order_${model.role}`];
    const cell = box.w / n;
    context.font = fontOf(theme, 12.5, 400, true);
    const widths = model.labels.map((label) => context.measureText(label).width + 6);
    const spare = box.w - widths.reduce((sum, width) => sum + width, 0); // as wide as the label where all fit, else alike
    const lay = (tokens) =>
      tokens.reduce(
        (edges, token) => [...edges, edges.at(-1) + (spare < 0 ? cell : widths[token] + spare / n)],
        [box.x],
      );
    const rows = [lay(model.labels.map((_, i) => i)), lay([...order])];
    const mid = (i, lower = 0) => (rows[lower][i] + rows[lower][i + 1]) / 2;
    say(context, theme, fillWords(words.shuffle_ribbons, { model: model.title }), box.x, box.y - 11, {
      size: 13,
      weight: 600,
      colour: theme.fg,
      width: box.w,
    });
    const [top, bottom] = [box.y + 18, box.y + box.h - 18];
    order.forEach((token, place) => {
      context.strokeStyle = token === place ? theme.line : theme.categories[token % 5];
      context.globalAlpha = token === place ? 1 : 0.75;
      context.lineWidth = clamp(cell * 0.1, 1, 3);
      context.beginPath();
      context.moveTo(mid(token), top);
      context.bezierCurveTo(mid(token), (top + bottom) / 2, mid(place, 1), (top + bottom) / 2, mid(place, 1), bottom);
      context.stroke();
    });
    context.globalAlpha = 1;
    const fits = widths.map((width) => spare >= 0 || width - 5 <= cell);
    for (let i = 0; i < n; i += 1) {
      for (const [lower, token, y] of [
        [0, i, top - 6],
        [1, order[i], bottom + 15 * theme.scale],
      ]) {
        if (fits[token])
          say(context, theme, model.labels[token], mid(i, lower), y, {
            align: "center",
            colour: theme.fg,
            size: 12.5,
            mono: true,
          });
        else spot(context, mid(i, lower), y - 4, 2, theme.muted);
      }
    }
    const place = (x, lower) => clamp(rows[Number(lower)].filter((edge) => edge <= x).length - 1, 0, n - 1);
    host.region({
      ...box,
      cursor: "default",
      tip: (x, y) =>
        ((i, lower) => [
          { title: `\u2068${model.labels[lower ? order[i] : i]}\u2069` },
          [words.place, lower ? `${order[i]} → ${i}` : `${i} → ${order.indexOf(i)}`],
        ])(place(x, y > (top + bottom) / 2), y > (top + bottom) / 2),
    });
  },

  drawLayers(host, box) {
    const { context, theme, colours, words, state } = host;
    const power = (v) => (v === 1 ? "1" : ten(Math.round(Math.log10(v))));
    const axis = axesBox(context, theme, box, {
      title: words.shuffle_layers,
      x: { low: 0, high: 1, ticks: [0, 0.5, 1], format: (v) => words[`depth_${v * 2}`], name: "" },
      y: { low: SHUFFLE_LEAST, high: 1.6, log: true, ticks: [1, 1e-2, 1e-4, 1e-6, 1e-8], format: power },
    });
    const ends = [];
    for (const { model, told, values } of this.lines(host)) {
      const n = model.labels.length;
      const depth = values.length / n - 1;
      const colour = model.role === "encoder" ? colours.first : colours.second;
      const at = (i) => axis.py(Math.max(SHUFFLE_LEAST, this.mean(values, i, n)));
      trace(context, depth + 1, (i) => axis.px(i / depth), at, {
        colour,
        width: told ? 1.6 : 2.8,
        dash: told ? [5, 4] : [],
      });
      for (let i = 0; i <= depth && !told; i += 1) spot(context, axis.px(i / depth), at(i), 2.6, colour);
      const peak = Math.min(...Array.from({ length: depth + 1 }, (_, i) => (i > depth * 0.5 ? at(i) : Infinity)));
      ends.push({ y: peak - 4, text: words[`line_${model.role}_${told ? "told" : "untold"}`], colour });
    }
    ends.sort((a, b) => a.y - b.y);
    const [gap, foot] = [17 * theme.scale, box.y + box.h - 8];
    let last = -Infinity;
    const labels = ends.map((one) => {
      const free = one.y - 8 > last + gap ? one.y - 8 : last + gap;
      last = free;
      return { ...one, y: Math.min(free, foot) };
    });
    const crowded = labels.filter((one) => one.y < box.y + box.h * 0.45);
    crowded.forEach((one, i) => (one.y = box.y + box.h * 0.14 + 24 + i * gap));
    for (const one of labels)
      say(context, theme, one.text, box.x + box.w - 6, one.y, {
        align: "right",
        size: 12.5,
        weight: 600,
        colour: one.colour,
      });
    const model = this.shown(host);
    const depth = host.data.arrays[`told_${model.role}`].length / model.labels.length - 1;
    if (state.level >= 0)
      upright(context, axis.px(Math.min(1, state.level / depth)), box.y, box.y + box.h, theme.muted, {
        width: 1,
        dash: [3, 3],
      });
    host.region({
      ...box,
      cursor: "col-resize",
      drag: (x) => ({ level: clamp(Math.round(axis.vx(x) * depth), 0, depth) }),
    });
  },

  // Every token at every layer, on the same log scale.
  drawMap(host, model, box, last) {
    const { context, theme, words, state } = host;
    const n = model.labels.length;
    const values = host.data.arrays[`${state.off ? "untold" : "told"}_${model.role}`];
    const rows = values.length / n;
    const table = packedTable(theme.table);
    const share = (v) => clamp(1 + Math.log10(Math.max(v, SHUFFLE_LEAST)) / 8, 0, 1);
    this.cache.sheet ??= new HeatSheet();
    this.cache.sheet.paint(n, rows, (pixels) =>
      values.forEach((v, i) => (pixels[i] = table[Math.round(255 * share(v))])),
    );
    say(
      context,
      theme,
      fillWords(words[state.off ? "shuffle_map_untold" : "shuffle_map_told"], { model: model.title }),
      box.x,
      box.y - 9,
      { size: 13, weight: 600, colour: theme.fg, width: box.w },
    );
    context.imageSmoothingEnabled = false;
    this.cache.sheet.drawTo(context, box);
    context.strokeStyle = theme.border;
    context.lineWidth = 1;
    context.strokeRect(box.x + 0.5, box.y + 0.5, box.w - 1, box.h - 1);
    const tall = box.h / rows;
    for (const row of [0, Math.floor((rows - 1) / 2), rows - 1])
      say(context, theme, String(row), box.x - 6, clamp(box.y + (row + 0.5) * tall, box.y + 6, box.y + box.h - 6), {
        align: "right",
        base: "middle",
      });
    this.mapRegion(host, model, box, { n, rows, tall, values });
    if (!last) return;
    say(context, theme, `${words.layer_axis} ↓`, box.x, box.y + box.h + 6, { base: "top" });
    const w = 70;
    for (let i = 0; i < w; i += 1) {
      context.fillStyle = theme.sequential(i / w);
      context.fillRect(box.x + box.w - w - 16 + i, box.y + box.h + 9, 1.5, 8);
    }
    say(context, theme, "10⁻⁸", box.x + box.w - w - 22, box.y + box.h + 6, { align: "right", base: "top" });
    say(context, theme, "1", box.x + box.w, box.y + box.h + 6, { align: "right", base: "top" });
  },

  mapRegion(host, model, box, { n, rows, tall, values }) {
    const { words } = host;
    const at = (x, y) => [
      clamp(Math.floor((y - box.y) / tall), 0, rows - 1),
      clamp(Math.floor(((x - box.x) / box.w) * n), 0, n - 1),
    ];
    const tip = (x, y) =>
      (([row, t]) => [
        { title: `\u2068${model.labels[t]}\u2069` },
        [words.layer_axis, String(row)],
        [words.difference, tiny(values[row * n + t])],
      ])(at(x, y));
    host.region({ ...box, cursor: "crosshair", drag: (x, y) => ({ level: at(x, y)[0] }), tip });
  },

  says(host) {
    const { data, state, words } = host;
    const last = (model, kind) => {
      const values = data.arrays[`${kind}_${model.role}`];
      const n = model.labels.length;
      const depth = values.length / n - 1;
      return tiny(this.mean(values, state.level < 0 ? depth : Math.min(state.level, depth), n));
    };
    return data.meta.models
      .map((model) =>
        fillWords(words[`shuffle_says_${model.role}_${state.off ? "off" : "on"}`], {
          model: model.title,
          told: last(model, "told"),
          untold: last(model, "untold"),
        }),
      )
      .join(host.gap);
  },

  keys: (state, key) =>
    ({ ArrowLeft: { level: Math.max(0, state.level - 1) }, ArrowRight: { level: state.level + 1 } })[key],
};
