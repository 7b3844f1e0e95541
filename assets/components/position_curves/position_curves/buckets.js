// T5: distances fall into buckets, narrow near by and ever wider; each bucket has one learned number per head.

import { fillWords } from "../../shared/draw.js";
import { mixColour, parseColour } from "../../shared/theme.js";
import { t5Bucket } from "./formulas.js";
import { HeatSheet, axesBox, clamp, figureHeight, say, spot, upright } from "./plot.js";

import { bare } from "../../shared/numbers.js";

export const bucketsView = {
  sheet: null,

  controls: (state) => [
    { name: "buckets", low: 4, high: 128, step: 2 },
    { name: "far", low: 8, high: 512, step: 1 },
    { name: "span", low: 16, high: 512, step: 1 },
    { name: "rel", low: 1 - state.span, high: state.span - 1, step: 1 },
    { name: "both", choice: ["1", "0"], flag: true },
  ],

  height: (width, zoom) => figureHeight(width, zoom, 720, 410),

  settle: (state) => ({
    ...state,
    buckets: state.buckets - (state.buckets % 2),
    rel: clamp(state.rel, 1 - state.span, state.span - 1),
  }),

  of: ({ buckets, far, both }, relative) => t5Bucket(relative, buckets, far, both),

  /** The colour of a bucket: one hue for keys before the query, the other for keys after it; neighbours differ. */
  colourOf(state, theme, bucket) {
    const half = state.both ? state.buckets / 2 : state.buckets;
    const after = state.both && bucket >= half;
    const at = after ? bucket - half : bucket;
    const value = 0.16 + (0.66 * at) / Math.max(1, half - 1);
    const ramp = after ? theme.score : theme.sequential;
    return mixColour(ramp(value), theme.bg, at % 2 ? 0.16 : 0);
  },

  draw(host) {
    const { context, theme, colours, words, width, height, settled } = host;
    const { span, rel, buckets } = settled;
    const narrow = width < 700;
    const left = 44 * theme.scale;
    const size = narrow ? Math.min(width - left - 8, 330) : Math.min(height - 24 - 46, width * 0.36);
    this.drawMatrix(host, { x: left, y: 24, w: size, h: size });
    const x = narrow ? left : left + size + 64 * theme.scale;
    const box = { x, y: narrow ? size + 104 : 24, w: width - x - 12, h: narrow ? 220 : height - 24 - 46 };
    const axis = axesBox(context, theme, box, {
      title: words.buckets_stairs,
      x: { low: -span + 0.5, high: span - 0.5, name: words.relative },
      y: { low: -0.6, high: buckets - 0.4 },
    });
    const step = box.h / buckets;
    let from = 1 - span;
    for (let r = 2 - span; r <= span; r += 1) {
      if (r < span && this.of(settled, r) === this.of(settled, from)) continue;
      const bucket = this.of(settled, from);
      const [a, b] = [axis.px(from - 0.5), axis.px(r - 0.5)];
      context.fillStyle = this.colourOf(settled, theme, bucket);
      const tall = Math.max(2.5, Math.min(step * 0.82, 12));
      context.fillRect(a, axis.py(bucket) - tall / 2, Math.max(1.5, b - a), tall);
      from = r;
    }
    upright(context, axis.px(0), box.y, box.y + box.h, theme.muted, { width: 1, dash: [2, 3] });
    upright(context, axis.px(rel), box.y, box.y + box.h, colours.second);
    spot(context, axis.px(rel), axis.py(this.of(settled, rel)), 6, colours.second, theme.bg);
    const say_ = fillWords(words.bucket, { bucket: this.of(settled, rel) });
    const right = axis.px(rel) > box.x + box.w * 0.7;
    say(
      context,
      theme,
      say_,
      axis.px(rel) + (right ? -11 : 11),
      clamp(axis.py(this.of(settled, rel)) - 12, box.y + 12, box.y + box.h - 6),
      { size: 13, weight: 600, colour: theme.fg, align: right ? "right" : "left" },
    );
    host.region({
      ...box,
      cursor: "col-resize",
      drag: (px) => ({ rel: clamp(Math.round(axis.vx(px)), 1 - span, span - 1) }),
    });
  },

  drawMatrix(host, box) {
    const { context, theme, colours, words, settled } = host;
    const size = Math.min(128, settled.span);
    const packed = new Map();
    const colour = (bucket) => {
      if (!packed.has(bucket)) {
        const [r, g, b] = parseColour(this.colourOf(settled, theme, bucket));
        packed.set(bucket, ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0);
      }
      return packed.get(bucket);
    };
    const byRelative = Uint32Array.from({ length: 2 * size - 1 }, (_, i) =>
      settled.both || i - size + 1 <= 0 ? colour(this.of(settled, i - size + 1)) : 0,
    );
    this.sheet ??= new HeatSheet();
    this.sheet.paint(size, size, (pixels) => {
      for (let q = 0; q < size; q += 1)
        for (let k = 0; k < size; k += 1) pixels[q * size + k] = byRelative[k - q + size - 1];
    });
    say(context, theme, words.buckets_matrix, box.x, 15, { size: 13, weight: 600, colour: theme.fg, width: box.w });
    context.imageSmoothingEnabled = false;
    this.sheet.drawTo(context, box);
    Object.assign(context, { strokeStyle: theme.border, lineWidth: 1 });
    context.strokeRect(box.x + 0.5, box.y + 0.5, box.w - 1, box.h - 1);
    const cell = box.w / size;
    const { rel } = settled;
    if (Math.abs(rel) < size) {
      const [x, y] = [Math.max(0, rel), Math.max(0, -rel)];
      const long = size - Math.abs(rel);
      for (const [strokeStyle, lineWidth] of [
        [theme.bg, 5],
        [colours.second, 2.5],
      ]) {
        Object.assign(context, { strokeStyle, lineWidth });
        context.beginPath();
        context.moveTo(box.x + x * cell, box.y + y * cell);
        context.lineTo(box.x + (x + long) * cell, box.y + (y + long) * cell);
        context.stroke();
      }
    }
    say(context, theme, `${words.key_axis} →`, box.x + box.w, box.y + box.h + 6, { align: "right", base: "top" });
    say(context, theme, `${words.query_axis} ↓`, box.x, box.y + box.h + 6, { base: "top" });
    const at = (x, y) => [
      clamp(Math.floor((y - box.y) / cell), 0, size - 1),
      clamp(Math.floor((x - box.x) / cell), 0, size - 1),
    ];
    const tip = (x, y) => {
      const [q, k] = at(x, y);
      if (!settled.both && k > q) return [words.masked];
      return [
        [words.query_axis, String(q)],
        [words.key_axis, String(k)],
        [words.bucket_name, String(this.of(settled, k - q))],
      ];
    };
    host.region({ ...box, cursor: "crosshair", drag: (x, y) => (([q, k]) => ({ rel: k - q }))(at(x, y)), tip });
  },

  says(host) {
    const { rel, span } = host.settled;
    const bucket = this.of(host.settled, rel);
    let [low, high] = [rel, rel];
    while (low > -4096 && this.of(host.settled, low - 1) === bucket) low -= 1;
    while (high < 4096 && this.of(host.settled, high + 1) === bucket) high += 1;
    const range = high === low ? bare(low) : `${low <= -4096 ? "−∞" : bare(low)} … ${high >= 4096 ? "∞" : bare(high)}`;
    const id = rel === 0 ? "buckets_says_self" : rel < 0 ? "buckets_says_before" : "buckets_says_after";
    return fillWords(host.words[id], { far: Math.abs(rel), bucket, range, span });
  },

  keys: (state, key) =>
    ({
      ArrowLeft: { rel: Math.max(1 - state.span, state.rel - 1) },
      ArrowRight: { rel: Math.min(state.span - 1, state.rel + 1) },
    })[key],
};
