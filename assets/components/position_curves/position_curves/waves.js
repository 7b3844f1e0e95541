// Sinusoidal positions: the table as a heat map, two of its curves, the dot product by distance, and the shift as a turn.

import { fillWords } from "../../shared/draw.js";
import { frequencies, pairMembers, shiftResidual, sinusoidalTable } from "./formulas.js";
import { HeatSheet, axesBox, clamp, figureHeight, say, short, spot, tiny, trace, upright } from "./plot.js";

import { decimal } from "../../shared/numbers.js";

export const wavesView = {
  sheet: null,
  cache: {},

  controls: (state) => [
    { name: "d", low: 8, high: 512, step: 2 },
    { name: "base", low: 2, high: 1e6, log: true, digits: 2 },
    { name: "span", low: 16, high: 512, step: 1 },
    { name: "shift", low: -Math.min(128, state.span - 1), high: Math.min(128, state.span - 1), step: 1 },
    { name: "layout", choice: ["interleaved", "halves"] },
  ],

  height: (width, zoom) => figureHeight(width, zoom, 760, 416),

  /** The state with what must hold between its parts. */
  settle(state) {
    const d = state.d - (state.d % 2);
    const pos = Math.min(state.pos, state.span - 1);
    return {
      ...state,
      d,
      pos,
      pair: Math.min(state.pair, d / 2 - 1),
      shift: clamp(state.shift, -pos, state.span - 1 - pos),
    };
  },

  numbers(state, { theme, colours }) {
    const { d, base, span, layout } = state;
    const key = `${d} ${base} ${span} ${layout} ${theme.bg}`;
    if (key === this.cache.key) return this.cache;
    const same = this.cache.table?.length === d * span ? this.cache : {};
    const { table, dot } = sinusoidalTable(
      span,
      d,
      base,
      layout,
      same.table,
      same.dot?.length === span ? same.dot : undefined,
    );
    const sheet = this.cache.sheet ?? new HeatSheet();
    sheet.paint(span, d, (pixels) => {
      const colour = colours.diverging;
      for (let i = 0; i < table.length; i += 1) pixels[i] = colour[(table[i] * 127.5 + 128) | 0] ?? colour[255];
    });
    this.cache = { key, table, dot, sheet };
    return this.cache;
  },

  draw(host) {
    const { context, theme, colours, words, width, height } = host;
    const state = host.settled;
    const { d, base, span, pos, shift, pair, layout } = state;
    const { dot, sheet } = this.numbers(state, host);
    const narrow = width < 700;
    const left = 44 * theme.scale;
    const wide = narrow ? width - left - 4 : Math.round(width * 0.58) - left;
    const map = { x: left, y: 24, w: wide, h: narrow ? 210 : Math.round(height * 0.5) - 24 };
    say(context, theme, words.waves_map, map.x, 15, { size: 13, weight: 600, colour: theme.fg, width: map.w * 0.62 });
    this.legend(host, map);
    sheet.drawTo(context, map);
    const px = (p) => map.x + ((p + 0.5) / span) * map.w;
    const [first, second] = pairMembers(pair, d, layout);
    const py = (row) => map.y + ((row + 0.5) / d) * map.h;
    for (const row of [0, d / 4, d / 2, (3 * d) / 4, d - 1])
      say(
        context,
        theme,
        String(Math.floor(row)),
        map.x - 6,
        clamp(py(Math.floor(row)), map.y + 5, map.y + map.h - 5),
        { align: "right", base: "middle" },
      );
    context.fillStyle = theme.fg;
    for (const row of [first, second])
      for (const x of [map.x - 5, map.x + map.w]) context.fillRect(x, py(row) - 1.5, 5, 3);
    context.save();
    context.beginPath();
    context.rect(map.x, map.y, map.w, map.h);
    context.clip();
    Object.assign(context, { strokeStyle: theme.fg, lineWidth: 1 });
    const frames =
      layout === "interleaved"
        ? [[first, second]]
        : [
            [first, first],
            [second, second],
          ];
    for (const [from, to] of frames)
      context.strokeRect(
        map.x - 2,
        py(from) - Math.max(2, map.h / d / 2) - 0.5,
        map.w + 4,
        py(to) - py(from) + Math.max(4, map.h / d) + 1,
      );
    context.restore();

    const curve = { x: left, y: map.y + map.h + 36, w: wide, h: narrow ? 110 : height - map.y - map.h - 36 - 38 };
    const omega = frequencies(d, base)[pair];
    const axis = axesBox(context, theme, curve, {
      title: fillWords(words.waves_curves, { first, second, turn: short((2 * Math.PI) / omega) }),
      x: { low: -0.5, high: span - 0.5, name: words.position },
      y: { low: -1.1, high: 1.1, ticks: [-1, 0, 1] },
    });
    const steps = Math.min(4 * Math.round(curve.w), 1600);
    const at = (i) => -0.5 + (i / (steps - 1)) * span;
    trace(
      context,
      steps,
      (i) => axis.px(at(i)),
      (i) => axis.py(Math.sin(at(i) * omega)),
      { colour: theme.fg, width: 1.8 },
    );
    trace(
      context,
      steps,
      (i) => axis.px(at(i)),
      (i) => axis.py(Math.cos(at(i) * omega)),
      { colour: colours.grey, width: 1.6, dash: [5, 3] },
    );
    for (const [p, colour] of [
      [pos, colours.first],
      [pos + shift, colours.second],
    ]) {
      upright(context, px(p), map.y, map.y + map.h, colour, { width: 2 });
      upright(context, px(p), curve.y, curve.y + curve.h, colour, { width: 1.5 });
      spot(context, px(p), axis.py(Math.sin(p * omega)), 4.5, colour, theme.bg);
      spot(context, px(p), axis.py(Math.cos(p * omega)), 4.5, colour, theme.bg);
    }
    host.region({
      ...map,
      h: curve.y + curve.h - map.y,
      cursor: "col-resize",
      drag: (x, y) => this.point(host, x, y, { map }),
      tip: (x, y) => this.tip(host, x, y, { map, d, span }),
    });

    const side = narrow
      ? { x: left, w: wide, y: curve.y + curve.h + 66 }
      : { x: left + wide + 62 * theme.scale, w: width - (left + wide + 62 * theme.scale) - 8, y: map.y };
    const dots = { x: side.x, y: side.y, w: side.w, h: narrow ? 130 : map.h };
    this.drawDot(host, dots, dot, state);
    this.drawHands(
      host,
      { x: side.x, y: dots.y + dots.h + (narrow ? 62 : 58), w: side.w, h: height - dots.y - dots.h - 66 },
      state,
    );
  },

  legend({ context, theme, colours }, map) {
    const [w, x] = [56, map.x + map.w - 56 - 22];
    for (let i = 0; i < w; i += 1) {
      const colour = colours.diverging[Math.round((255 * i) / (w - 1))];
      context.fillStyle = `rgb(${colour & 255}, ${(colour >> 8) & 255}, ${(colour >> 16) & 255})`;
      context.fillRect(x + i, 6, 1, 9);
    }
    context.strokeStyle = theme.line;
    context.strokeRect(x - 0.5, 5.5, w + 1, 10);
    say(context, theme, "−1", x - 5, 15, { align: "right" });
    say(context, theme, "+1", x + w + 5, 15);
  },

  drawDot(host, box, dot, { span, shift, pos }) {
    const { context, theme, colours, words } = host;
    const reach = span - 1;
    const low = Math.min(0, ...dot) - 0.06;
    const axis = axesBox(context, theme, box, {
      title: words.waves_dot,
      x: { low: -reach, high: reach, name: words.distance },
      y: { low, high: 1.08 },
    });
    trace(
      context,
      2 * reach + 1,
      (i) => axis.px(i - reach),
      (i) => axis.py(dot[Math.abs(i - reach)]),
      { colour: theme.fg, width: 1.7 },
    );
    upright(context, axis.px(0), box.y, box.y + box.h, colours.first, { dash: [2, 3] });
    upright(context, axis.px(shift), box.y, box.y + box.h, colours.second);
    spot(context, axis.px(shift), axis.py(dot[Math.abs(shift)]), 5, colours.second, theme.bg);
    const on = axis.px(shift) > box.x + box.w * 0.7 ? "right" : "left";
    say(
      context,
      theme,
      decimal(dot[Math.abs(shift)]),
      axis.px(shift) + (on === "left" ? 9 : -9),
      axis.py(dot[Math.abs(shift)]) - 8,
      { size: 13, weight: 600, colour: theme.fg, align: on },
    );
    host.region({
      ...box,
      cursor: "col-resize",
      drag: (x) => ({ shift: clamp(Math.round(axis.vx(x)), -pos, span - 1 - pos) }),
    });
  },

  // PE(p) and PE(p + k) of six pairs as hands of a clock: the same angle lies between them wherever p is.
  drawHands(host, box, { d, base, pos, shift, pair }) {
    const { context, theme, colours, words } = host;
    const omega = frequencies(d, base);
    const count = Math.min(box.w < 380 ? 4 : 6, d / 2);
    const shown = someOf(d / 2, count, pair);
    say(context, theme, fillWords(words.waves_hands, { k: shift }), box.x, box.y - 8, {
      size: 13,
      weight: 600,
      colour: theme.fg,
      width: box.w,
    });
    const cell = box.w / count;
    const radius = Math.min(cell / 2 - 5, (box.h - 46) / 2);
    shown.forEach((i, at) => {
      const [cx, cy] = [box.x + cell * (at + 0.5), box.y + radius + 6];
      drawDial(
        context,
        theme,
        colours,
        cx,
        cy,
        radius,
        Math.PI / 2 - pos * omega[i],
        Math.PI / 2 - (pos + shift) * omega[i],
        i === pair,
      );
      say(context, theme, fillWords(words.pair, { pair: i }), cx, cy + radius + 8, {
        align: "center",
        base: "top",
        colour: i === pair ? theme.fg : theme.muted,
        weight: i === pair ? 600 : 400,
      });
      host.region({
        x: cx - cell / 2,
        y: cy - radius,
        w: cell,
        h: 2 * radius + 22,
        cursor: "pointer",
        click: () => ({ pair: i }),
      });
    });
    const residual = shiftResidual(pos, shift, d, base, "halves");
    say(context, theme, fillWords(words.waves_residual, { residual: tiny(residual) }), box.x, box.y + 2 * radius + 50, {
      size: 12.5,
      width: box.w,
    });
  },

  point(host, x, y, { map }) {
    const { span, d, layout } = host.settled;
    const pos = clamp(Math.floor(((x - map.x) / map.w) * span), 0, span - 1);
    const room = clamp(host.state.shift, -pos, span - 1 - pos);
    if (y > map.y + map.h) return { pos, shift: room };
    const row = clamp(Math.floor(((y - map.y) / map.h) * d), 0, d - 1);
    return { pos, shift: room, pair: layout === "interleaved" ? row >> 1 : row % (d / 2) };
  },

  tip(host, x, y, { map, d, span }) {
    if (y > map.y + map.h) return null;
    const p = clamp(Math.floor(((x - map.x) / map.w) * span), 0, span - 1);
    const row = clamp(Math.floor(((y - map.y) / map.h) * d), 0, d - 1);
    return [
      [host.words.position, String(p)],
      [host.words.dimension, String(row)],
      [host.words.value, decimal(this.cache.table[row * span + p], 3)],
    ];
  },

  says(host) {
    const { pos, shift, d, base, layout } = host.settled;
    const { dot } = this.numbers(host.settled, host);
    const omega = frequencies(d, base);
    const said = fillWords(host.words.waves_says, {
      p: pos,
      q: pos + shift,
      dot: decimal(dot[Math.abs(shift)]),
      k: Math.abs(shift),
      slow: short((2 * Math.PI) / omega[omega.length - 1]),
    });
    return layout === "halves" ? `${said}${host.gap}${host.words.waves_halves}` : said;
  },

  keys: (state, key) =>
    ({
      ArrowLeft: { pos: Math.max(0, state.pos - 1) },
      ArrowRight: { pos: Math.min(state.span - 1, state.pos + 1) },
      ArrowUp: { pair: Math.max(0, state.pair - 1) },
      ArrowDown: { pair: Math.min(state.d / 2 - 1, state.pair + 1) },
    })[key],
};

/** `count` of the numbers 0 … n − 1, evenly spread, the wanted one among them. */
export function someOf(n, count, wanted) {
  const out = Array.from({ length: Math.min(count, n) }, (_, i) =>
    Math.round((i * (n - 1)) / Math.max(1, Math.min(count, n) - 1)),
  );
  if (!out.includes(wanted)) {
    const gaps = out.map((one) => Math.abs(one - wanted));
    out[gaps.indexOf(Math.min(...gaps))] = wanted;
  }
  return out.sort((a, b) => a - b);
}

/** Two hands of a clock, the angle between them filled; angles counter-clockwise from the right. */
export function drawDial(context, theme, colours, cx, cy, radius, first, second, strong = false) {
  context.lineWidth = strong ? 1.5 : 1;
  context.strokeStyle = strong ? theme.fg : theme.border;
  context.beginPath();
  context.arc(cx, cy, radius, 0, 2 * Math.PI);
  context.stroke();
  let between = (second - first) % (2 * Math.PI);
  if (between > Math.PI) between -= 2 * Math.PI;
  if (between < -Math.PI) between += 2 * Math.PI;
  context.beginPath();
  context.moveTo(cx, cy);
  context.arc(cx, cy, radius * 0.62, -first, -(first + between), between > 0);
  context.closePath();
  context.fillStyle = theme.fg;
  context.globalAlpha = 0.12;
  context.fill();
  context.globalAlpha = 1;
  for (const [angle, colour, wide] of [
    [second, colours.second, 2.4],
    [first, colours.first, 2.4],
  ]) {
    context.strokeStyle = colour;
    context.lineWidth = wide;
    context.lineCap = "round";
    context.beginPath();
    context.moveTo(cx, cy);
    context.lineTo(cx + radius * 0.94 * Math.cos(angle), cy - radius * 0.94 * Math.sin(angle));
    context.stroke();
  }
  context.lineCap = "butt";
}
