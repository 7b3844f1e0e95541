// ALiBi: no position vector at all, but every score loses slope · distance; each head has its own slope.

import { fillWords, percent } from "../../shared/draw.js";
import { alibiSlopes } from "./formulas.js";
import { HeatSheet, axesBox, clamp, figureHeight, packedTable, say, short, spot, trace, upright } from "./plot.js";

import { figures } from "../../shared/numbers.js";

/** 0.125 → "1/8"; others as they are. */
function slopeText(slope) {
  const turned = 1 / slope;
  return Math.abs(turned - Math.round(turned)) < 1e-9 ? `1/${Math.round(turned)}` : figures(slope);
}

export const slopesView = {
  sheet: null,

  controls: (state) => [
    { name: "heads", low: 1, high: 64, step: 1 },
    { name: "slope", low: 0, high: Math.max(0, state.heads - 1), step: 1 },
    { name: "span", low: 16, high: 512, step: 1 },
    { name: "reach", low: 0, high: state.span - 1, step: 1 },
  ],

  height: (width, zoom) => figureHeight(width, zoom, 880, 410),

  settle: (state) => ({
    ...state,
    slope: Math.min(state.slope, state.heads - 1),
    reach: Math.min(state.reach, state.span - 1),
  }),

  draw(host) {
    const { context, theme, colours, words, width, height, settled } = host;
    const { heads, slope, span, reach } = settled;
    const slopes = alibiSlopes(heads);
    const narrow = width < 700;
    const left = 44 * theme.scale;
    const size = narrow ? Math.min(width - left - 8, 330) : Math.min(height - 24 - 46, width * 0.34);
    this.drawMatrix(host, { x: left, y: 24, w: size, h: size }, slopes[slope]);

    const x = narrow ? left : left + size + 64 * theme.scale;
    const fan = { x, y: narrow ? size + 100 : 24, w: width - x - 12, h: narrow ? 190 : height * 0.44 - 40 };
    const low = -Math.min(slopes[0] * (span - 1), 12);
    const axis = axesBox(context, theme, fan, {
      title: words.slopes_fan,
      x: { low: 0, high: span - 1 },
      y: { low, high: 0 },
    });
    context.save();
    context.beginPath();
    context.rect(fan.x, fan.y - 2, fan.w, fan.h + 4);
    context.clip();
    slopes.forEach((one, h) => {
      const chosen = h === slope;
      trace(
        context,
        2,
        (i) => axis.px(i * (span - 1)),
        (i) => axis.py(-one * i * (span - 1)),
        { colour: chosen ? theme.fg : theme.muted, width: chosen ? 2.6 : 1.1, alpha: chosen ? 1 : 0.6 },
      );
    });
    upright(context, axis.px(reach), fan.y, fan.y + fan.h, colours.second);
    if (-slopes[slope] * reach >= low)
      spot(context, axis.px(reach), axis.py(-slopes[slope] * reach), 5, colours.second, theme.bg);
    context.restore();
    const nearest = (px, py) => {
      const [far, bias] = [Math.max(1, axis.vx(px)), axis.vy(py)];
      const gaps = [...slopes].map((one) => Math.abs(-one * far - bias));
      return { slope: gaps.indexOf(Math.min(...gaps)) };
    };
    host.region({
      ...fan,
      cursor: "col-resize",
      drag: (px, py, start) => ({
        reach: clamp(Math.round(axis.vx(px)), 0, span - 1),
        ...(start ? nearest(px, py) : {}),
      }),
    });

    const even = { x, y: fan.y + fan.h + 66, w: fan.w, h: narrow ? 190 : height - fan.y - fan.h - 66 - 42 };
    this.drawEven(host, even, slopes);
  },

  // −slope · distance for each query and key; what a decoder may not see stays empty.
  drawMatrix(host, box, slope) {
    const { context, theme, colours, words, settled } = host;
    const { span, reach } = settled;
    const size = Math.min(64, span);
    const table = packedTable(theme.table);
    this.sheet ??= new HeatSheet();
    this.sheet.paint(size, size, (pixels) => {
      pixels.fill(0);
      for (let q = 0; q < size; q += 1)
        for (let k = 0; k <= q; k += 1) pixels[q * size + k] = table[Math.round(240 * Math.exp(-slope * (q - k)))];
    });
    say(context, theme, fillWords(words.slopes_matrix, { head: settled.slope }), box.x, 15, {
      size: 13,
      weight: 600,
      colour: theme.fg,
      width: box.w,
    });
    context.imageSmoothingEnabled = false;
    this.sheet.drawTo(context, box);
    Object.assign(context, { strokeStyle: theme.border, lineWidth: 1 });
    context.strokeRect(box.x + 0.5, box.y + 0.5, box.w - 1, box.h - 1);
    const cell = box.w / size;
    if (reach < size) {
      Object.assign(context, { strokeStyle: colours.second, lineWidth: 2 });
      context.beginPath();
      context.moveTo(box.x, box.y + reach * cell);
      context.lineTo(box.x + (size - reach) * cell, box.y + box.h);
      context.stroke();
    }
    say(context, theme, `${words.key_axis} →`, box.x + box.w, box.y + box.h + 6, { align: "right", base: "top" });
    say(context, theme, `${words.query_axis} ↓`, box.x, box.y + box.h + 6, { base: "top" });
    const at = (x, y) => [
      clamp(Math.floor((y - box.y) / cell), 0, size - 1),
      clamp(Math.floor((x - box.x) / cell), 0, size - 1),
    ];
    const drag = (x, y) => {
      const [q, k] = at(x, y);
      return q >= k ? { reach: q - k } : null;
    };
    const tip = (x, y) => {
      const [q, k] = at(x, y);
      if (k > q) return [words.masked];
      return [
        [words.query_axis, String(q)],
        [words.key_axis, String(k)],
        [words.bias, figures(-slope * (q - k))],
      ];
    };
    host.region({ ...box, cursor: "crosshair", drag, tip });
  },

  // Weight of a key so far away, beside the query's own, when the contents match equally well.
  drawEven(host, box, slopes) {
    const { context, theme, colours, words, settled } = host;
    const { slope, span, reach } = settled;
    const axis = axesBox(context, theme, box, {
      title: words.slopes_even,
      x: { low: 0, high: span - 1, name: words.distance },
      y: { low: 0, high: 1, ticks: [0, 0.5, 1], format: percent },
    });
    const steps = Math.min(span, 256);
    const far = (i) => (i / (steps - 1)) * (span - 1);
    slopes.forEach((one, h) => {
      const chosen = h === slope;
      trace(
        context,
        steps,
        (i) => axis.px(far(i)),
        (i) => axis.py(Math.exp(-one * far(i))),
        { colour: chosen ? theme.fg : theme.muted, width: chosen ? 2.6 : 1.1, alpha: chosen ? 1 : 0.6 },
      );
    });
    const value = Math.exp(-slopes[slope] * reach);
    upright(context, axis.px(reach), box.y, box.y + box.h, colours.second);
    spot(context, axis.px(reach), axis.py(value), 5, colours.second, theme.bg);
    host.region({ ...box, cursor: "col-resize", drag: (x) => ({ reach: clamp(Math.round(axis.vx(x)), 0, span - 1) }) });
  },

  says(host) {
    const { heads, slope, reach } = host.settled;
    const one = alibiSlopes(heads)[slope];
    return fillWords(host.words.slopes_says, {
      head: slope,
      slope: slopeText(one),
      reach,
      loss: short(one * reach),
      share: percent(Math.exp(-one * reach)),
      half: short(Math.LN2 / one),
    });
  },

  keys: (state, key) =>
    ({
      ArrowLeft: { reach: Math.max(0, state.reach - 1) },
      ArrowRight: { reach: Math.min(state.span - 1, state.reach + 1) },
      ArrowUp: { slope: Math.max(0, state.slope - 1) },
      ArrowDown: { slope: Math.min(state.heads - 1, state.slope + 1) },
    })[key],
};
