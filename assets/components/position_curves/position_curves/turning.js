// Rotary positions: every pair of dimensions is a hand that turns with the position; a score sees only the angle between
// the query's hand and the key's. With the ways to stretch a model beyond the length that it was trained on.

import { fillWords } from "../../shared/draw.js";
import { dotProduct, frequencies, meanCosine, pairMembers, rotaryFrequencies, rotated } from "./formulas.js";
import { axesBox, clamp, figureHeight, say, short, spot, tiny, trace, upright } from "./plot.js";
import { drawDial, someOf } from "./waves.js";

import { decimal } from "../../shared/numbers.js";

const TURN_MOST = 4095;
const TURN_DIALS = 24;
const TURN_FAR = 32768;

export const turningView = {
  grab: "",

  controls: (state) => [
    { name: "m", low: 0, high: TURN_MOST, step: 1 },
    { name: "n", low: 0, high: TURN_MOST, step: 1 },
    { name: "hd", low: 4, high: 256, step: 2 },
    { name: "theta", low: 100, high: 1e7, log: true, digits: 2 },
    { name: "scaling", choice: ["none", "linear", "ntk", "yarn"] },
    ...(state.scaling === "none" ? [] : [{ name: "factor", low: 1, high: 32, log: true, digits: 2 }]),
    { name: "trained", low: 128, high: 32768, log: true, digits: 2, whole: true },
    { name: "order", choice: ["halves", "interleaved"] },
  ],

  height: (width, zoom) => figureHeight(width, zoom, 900, 424),

  settle(state) {
    const hd = state.hd - (state.hd % 2);
    return { ...state, hd, pair: Math.min(state.pair, hd / 2 - 1) };
  },

  numbers({ hd, theta, scaling, factor, trained }) {
    return { plain: frequencies(hd, theta), ...rotaryFrequencies(hd, theta, scaling, factor, trained) };
  },

  draw(host) {
    const { width, height } = host;
    const narrow = width < 700;
    const found = this.numbers(host.settled);
    const wide = narrow ? width - 16 : Math.round(width * 0.54);
    this.drawTrack(host, { x: 8, y: 30, w: wide - 16, h: 34 });
    this.drawDials(host, { x: 8, y: 96, w: wide - 16, h: narrow ? 260 : height - 96 - 102 }, found);
    this.drawPairs(host, { x: 8, y: narrow ? 392 : height - 66, w: wide - 16, h: 54 });
    const x = (narrow ? 44 : wide + 56) * host.theme.scale ** (narrow ? 1 : 0.2);
    const top = narrow ? 480 : 24;
    const room = narrow ? 170 : (height - 24 - 76) / 2 - 20;
    this.drawLengths(host, { x, y: top, w: width - x - 10, h: room }, found);
    this.drawScore(host, { x, y: top + room + 64, w: width - x - 10, h: room }, found);
  },

  // Where the query and the key stand; either can be dragged, and what lies between drags both.
  drawTrack(host, box) {
    const { context, theme, colours, words, state } = host;
    const far = this.held ?? Math.max(64, 2 ** Math.ceil(Math.log2(1.25 * Math.max(state.m, state.n) + 1)));
    const most = Math.min(TURN_MOST, far);
    const px = (p) => box.x + 14 + (p / most) * (box.w - 28);
    const y = box.y + 12;
    say(context, theme, words.turn_track, box.x, 15, { size: 13, weight: 600, colour: theme.fg, width: box.w });
    context.fillStyle = theme.line;
    context.fillRect(px(0), y - 2, px(most) - px(0), 4);
    const [a, b] = [Math.min(state.m, state.n), Math.max(state.m, state.n)];
    context.fillStyle = theme.muted;
    context.fillRect(px(a), y - 3, px(b) - px(a), 6);
    say(context, theme, "0", px(0), y + 15, { align: "center", base: "top" });
    say(context, theme, String(most), px(most), y + 15, { align: "center", base: "top" });
    for (const [name, colour, letter] of [
      ["n", colours.second, words.letter_key],
      ["m", colours.first, words.letter_query],
    ]) {
      spot(context, px(state[name]), y, 11, colour, theme.bg);
      say(context, theme, letter, px(state[name]), y + 0.5, {
        size: 12,
        weight: 700,
        colour: theme.bg,
        align: "center",
        base: "middle",
      });
    }
    const drag = (x, _, start) => {
      const p = clamp(Math.round(((x - box.x - 14) / (box.w - 28)) * most), 0, most);
      if (start) {
        this.held = most;
        const [dm, dn] = [Math.abs(x - px(state.m)), Math.abs(x - px(state.n))];
        const near = 22;
        this.grab = Math.min(dm, dn) > near && p > a && p < b ? "both" : dm <= dn ? "m" : "n";
        this.from = { p, m: state.m, n: state.n };
      }
      if (this.grab !== "both") return { [this.grab]: p };
      const move = clamp(
        p - this.from.p,
        -Math.min(this.from.m, this.from.n),
        most - Math.max(this.from.m, this.from.n),
      );
      return { m: this.from.m + move, n: this.from.n + move };
    };
    const end = () => (this.held = undefined);
    host.region({ x: box.x, y: box.y - 6, w: box.w, h: box.h, cursor: "ew-resize", drag, end });
  },

  drawDials(host, box, { theta }) {
    const { context, theme, colours, words } = host;
    const { m, n, hd, pair } = host.settled;
    const shown = someOf(hd / 2, TURN_DIALS, pair);
    let columns = 1;
    const radiusAt = (c) => Math.min(box.w / c / 2 - 4, (box.h / Math.ceil(shown.length / c) - 20) / 2);
    for (let c = 2; c <= 12; c += 1) if (radiusAt(c) > radiusAt(columns)) columns = c;
    const rows = Math.ceil(shown.length / columns);
    const radius = Math.min(46, radiusAt(columns));
    const [cw, ch] = [box.w / columns, box.h / rows];
    say(context, theme, fillWords(words.turn_dials, { distance: m - n }), box.x, box.y - 8, {
      size: 13,
      weight: 600,
      colour: theme.fg,
      width: box.w,
    });
    shown.forEach((i, at) => {
      const [cx, cy] = [box.x + cw * ((at % columns) + 0.5), box.y + ch * Math.floor(at / columns) + radius + 4];
      drawDial(context, theme, colours, cx, cy, radius, m * theta[i], n * theta[i], i === pair);
      say(context, theme, String(i), cx, cy + radius + 3, {
        align: "center",
        base: "top",
        colour: i === pair ? theme.fg : theme.muted,
        weight: i === pair ? 700 : 400,
      });
      host.region({
        x: cx - cw / 2,
        y: cy - radius - 2,
        w: cw,
        h: 2 * radius + 18,
        cursor: "pointer",
        click: () => ({ pair: i }),
        tip: () => this.tip(host, i, theta[i]),
      });
    });
  },

  tip({ words, settled: { m, n, hd, order } }, i, theta) {
    const [a, b] = pairMembers(i, hd, order);
    return [
      { title: fillWords(words.pair, { pair: i }) },
      [words.dimensions, `${a}, ${b}`],
      [words.per_turn, short((2 * Math.PI) / theta)],
      [words.cosine, decimal(Math.cos((m - n) * theta))],
    ];
  },

  // Which two numbers of the vector turn together: side by side in the papers, half a vector apart in most code.
  drawPairs(host, box) {
    const { context, theme, words } = host;
    const { hd, order, pair } = host.settled;
    const cell = box.w / hd;
    const y = box.y + box.h - 12;
    say(context, theme, fillWords(words[`turn_pairs_${order}`], { half: hd / 2 }), box.x, box.y - 14, {
      size: 13,
      weight: 600,
      colour: theme.fg,
      width: box.w,
    });
    const arc = (i, colour, wide, alpha) => {
      const [a, b] = pairMembers(i, hd, order).map((j) => box.x + cell * (j + 0.5));
      const rise = order === "interleaved" ? 20 : Math.min(y - box.y, 6 + (b - a) * 0.16);
      Object.assign(context, { strokeStyle: colour, lineWidth: wide, globalAlpha: alpha });
      context.beginPath();
      context.moveTo(a, y - 1);
      context.bezierCurveTo(a, y - rise * 1.3, b, y - rise * 1.3, b, y - 1);
      context.stroke();
      context.globalAlpha = 1;
    };
    const every = Math.max(1, Math.round(hd / 2 / 64));
    for (let i = 0; i < hd / 2; i += every) arc(i, theme.muted, 1, 0.35);
    const members = pairMembers(pair, hd, order);
    for (let j = 0; j < hd; j += 1) {
      context.fillStyle = members.includes(j)
        ? theme.fg
        : j < hd / 2 || order === "interleaved"
          ? theme.faint
          : theme.border;
      context.fillRect(
        box.x + cell * j + Math.min(0.5, cell * 0.1),
        y,
        Math.max(0.6, cell - Math.min(1, cell * 0.2)),
        10,
      );
    }
    arc(pair, theme.fg, 2, 1);
    for (const j of members) {
      const x = box.x + cell * (j + 0.5);
      say(context, theme, String(j), clamp(x, box.x + 8, box.x + box.w - 8), y + 12, {
        align: order === "interleaved" ? (j === members[0] ? "right" : "left") : "center",
        base: "top",
        colour: theme.fg,
        weight: 600,
      });
    }
    const pick = (x) => {
      const j = clamp(Math.floor((x - box.x) / cell), 0, hd - 1);
      return { pair: order === "interleaved" ? j >> 1 : j % (hd / 2) };
    };
    host.region({ ...box, y: box.y - 6, h: box.h + 20, cursor: "pointer", drag: pick });
  },

  drawLengths(host, box, { plain, theta }) {
    const { context, theme, words } = host;
    const { hd, trained, scaling, pair } = host.settled;
    const turn = (one) => (2 * Math.PI) / one;
    const last = hd / 2 - 1;
    const most = Math.max(turn(theta[last]), turn(plain[last]), trained) * 1.6;
    const axis = axesBox(context, theme, box, {
      title: words.turn_lengths,
      x: { low: 0, high: Math.max(1, last), name: words.pair_axis },
      y: { low: 5, high: most, log: true },
    });
    context.save();
    context.globalAlpha = 0.07;
    context.fillStyle = theme.fg;
    context.fillRect(box.x, box.y, box.w, Math.max(0, axis.py(trained) - box.y));
    context.restore();
    trace(
      context,
      2,
      (i) => box.x + i * box.w,
      () => axis.py(trained),
      { colour: theme.muted, width: 1.2, dash: [3, 3] },
    );
    const label = fillWords(words.turn_trained, { trained });
    say(context, theme, label, box.x + 5, axis.py(trained) - 5, { width: box.w * 0.7 });
    if (scaling !== "none")
      trace(
        context,
        last + 1,
        (i) => axis.px(i),
        (i) => axis.py(turn(plain[i])),
        { colour: theme.muted, width: 1.4, dash: [4, 3] },
      );
    trace(
      context,
      last + 1,
      (i) => axis.px(i),
      (i) => axis.py(turn(theta[i])),
      { colour: theme.fg, width: 2 },
    );
    spot(context, axis.px(pair), axis.py(turn(theta[pair])), 5, theme.accent, theme.bg);
    host.region({ ...box, cursor: "pointer", drag: (x) => ({ pair: clamp(Math.round(axis.vx(x)), 0, last) }) });
  },

  drawScore(host, box, { plain, theta, scale }) {
    const { context, theme, colours, words } = host;
    const { m, n, scaling } = host.settled;
    const axis = axesBox(context, theme, box, {
      title: words.turn_score,
      x: { low: 1, high: TURN_FAR, log: true, name: words.distance },
      y: { low: -0.6, high: Math.max(1.05, scale ** 2 * 1.05), ticks: [-0.5, 0, 0.5, 1] },
    });
    const steps = 260;
    const far = (i) => Math.round(TURN_FAR ** (i / (steps - 1)));
    if (scaling !== "none")
      trace(
        context,
        steps,
        (i) => axis.px(far(i)),
        (i) => axis.py(meanCosine(far(i), plain)),
        { colour: theme.muted, width: 1.2, dash: [4, 3] },
      );
    trace(
      context,
      steps,
      (i) => axis.px(far(i)),
      (i) => axis.py(scale ** 2 * meanCosine(far(i), theta)),
      { colour: theme.fg, width: 1.7 },
    );
    const distance = Math.max(1, Math.abs(m - n));
    const value = scale ** 2 * meanCosine(distance, theta);
    upright(context, axis.px(distance), box.y, box.y + box.h, colours.second);
    spot(context, axis.px(distance), axis.py(value), 5, colours.second, theme.bg);
    host.region({
      ...box,
      cursor: "col-resize",
      drag: (x) => ({ n: clamp(m - Math.round(axis.vx(x)), 0, TURN_MOST) }),
    });
  },

  says(host) {
    const { m, n, scaling, trained, hd, order } = host.settled;
    const { plain, theta, scale } = this.numbers(host.settled);
    const slow = [...theta].filter((one) => (2 * Math.PI) / one > trained).length;
    const score = decimal(scale ** 2 * meanCosine(m - n, theta));
    const ones = new Float64Array(hd).fill(Math.SQRT1_2);
    const together = (by) =>
      dotProduct(rotated(ones, m + by, theta, order), rotated(ones, n + by, theta, order)) / (hd / 2);
    const moved = Math.max(...[1, 10, 100, 1000].map((by) => Math.abs(together(by) - together(0))));
    const id = scaling === "none" ? "turn_says" : `turn_says_${scaling}`;
    const values = {
      m,
      n,
      distance: Math.abs(m - n),
      score,
      slow,
      pairs: hd / 2,
      trained,
      moved: tiny(moved),
      ratio: short(plain[plain.length - 1] / theta[theta.length - 1]),
      first: short(plain[0] / theta[0]),
      scale: decimal(scale, 3),
    };
    return `${fillWords(host.words[id], values)}`;
  },

  keys: (state, key) =>
    ({
      ArrowLeft: { m: Math.max(0, state.m - 1) },
      ArrowRight: { m: Math.min(TURN_MOST, state.m + 1) },
      ArrowUp: { n: Math.min(TURN_MOST, state.n + 1) },
      ArrowDown: { n: Math.max(0, state.n - 1) },
    })[key],
};
