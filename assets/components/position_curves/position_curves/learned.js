// Learned positions of a real model: how alike its position vectors are, and their main directions.

import { fillWords, percent } from "../../shared/draw.js";
import { HeatSheet, axesBox, clamp, figureHeight, packedTable, say, spot, trace, upright } from "./plot.js";

import { decimal } from "../../shared/numbers.js";

export const learnedView = {
  needs: true,

  controls: (state, data) => [{ name: "row", low: 0, high: (data?.meta.count ?? 512) - 1, step: 1 }],

  height: (width, zoom) => figureHeight(width, zoom, 1070, 416),

  settle: (state, data) => ({ ...state, row: Math.min(state.row, (data?.meta.count ?? 512) - 1) }),

  cosine: ({ meta, arrays }, a, b) => meta.lowest + ((1 - meta.lowest) * arrays.similarity[a * meta.count + b]) / 255,

  draw(host) {
    const { context, theme, colours, words, width, height, data, settled } = host;
    const { count } = data.meta;
    const { row } = settled;
    const narrow = width < 700;
    const left = 44 * theme.scale;
    const size = narrow ? Math.min(width - left - 8, 330) : Math.min(height - 24 - 34, width * 0.34);
    const map = { x: left, y: 24, w: size, h: size };
    const key = `${theme.bg} ${data.serial}`;
    if (this.key !== key) {
      const table = packedTable(theme.table);
      this.sheet ??= new HeatSheet();
      this.sheet.paint(count, count, (pixels) =>
        data.arrays.similarity.forEach((value, i) => (pixels[i] = table[value])),
      );
      this.key = key;
    }
    say(context, theme, words.learned_map, map.x, 15, { size: 13, weight: 600, colour: theme.fg, width: map.w });
    this.sheet.drawTo(context, map);
    const at = (p) => map.x + ((p + 0.5) / count) * map.w;
    const down = (p) => map.y + ((p + 0.5) / count) * map.h;
    for (const p of [0, Math.floor(count / 2), count - 1]) {
      say(context, theme, String(p), at(p), map.y + map.h + 5, {
        align: p ? (p === count - 1 ? "right" : "center") : "left",
        base: "top",
      });
      say(context, theme, String(p), map.x - 6, clamp(down(p), map.y + 6, map.y + map.h - 4), {
        align: "right",
        base: "middle",
      });
    }
    context.fillStyle = colours.first;
    context.fillRect(map.x, down(row) - 1, map.w, 2);
    const place = (x, y) => [
      clamp(Math.floor(((y - map.y) / map.h) * count), 0, count - 1),
      clamp(Math.floor(((x - map.x) / map.w) * count), 0, count - 1),
    ];
    const tip = (x, y) => {
      const [a, b] = place(x, y);
      return [
        [words.positions, `${a}, ${b}`],
        [words.cosine, decimal(this.cosine(data, a, b))],
      ];
    };
    host.region({ ...map, cursor: "row-resize", drag: (x, y) => ({ row: place(x, y)[0] }), tip });

    const x = narrow ? left : left + size + 62 * theme.scale;
    const wide = narrow ? width - x - 10 : (width - x) * 0.56 - 30;
    const line = { x, y: narrow ? size + 88 : 24, w: wide, h: narrow ? 130 : (height - 24 - 76) / 2 - 18 };
    this.drawRow(host, line);
    this.drawWaves(host, { ...line, y: line.y + line.h + 62 });
    const cloud = narrow
      ? { x, y: line.y + 2 * line.h + 62 + 70, w: Math.min(wide, 220) }
      : { x: x + wide + 44, y: 24, w: width - x - wide - 54 };
    this.drawCloud(host, { ...cloud, h: narrow ? cloud.w : Math.min(cloud.w, height - 24 - 60) });
  },

  drawRow(host, box) {
    const { context, theme, colours, words, data, settled } = host;
    const { count, lowest } = data.meta;
    const { row } = settled;
    const axis = axesBox(context, theme, box, {
      title: fillWords(words.learned_row, { row }),
      x: { low: 0, high: count - 1 },
      y: { low: Math.min(-0.2, lowest), high: 1.05 },
    });
    trace(
      context,
      count,
      (i) => axis.px(i),
      (i) => axis.py(this.cosine(data, row, i)),
      { colour: theme.fg, width: 1.3 },
    );
    upright(context, axis.px(row), box.y, box.y + box.h, colours.first);
    const drag = (x) => ({ row: clamp(Math.round(axis.vx(x)), 0, count - 1) });
    host.region({ ...box, cursor: "col-resize", drag });
  },

  drawWaves(host, box) {
    const { context, theme, colours, words, data, settled } = host;
    const { count } = data.meta;
    const { components } = data.arrays;
    const most = Math.max(...components.subarray(0, 2 * count).map(Math.abs)) * 1.1;
    const axis = axesBox(context, theme, box, {
      title: words.learned_waves,
      x: { low: 0, high: count - 1, name: words.position },
      y: { low: -most, high: most },
    });
    for (const [c, colour, dash] of [
      [1, colours.grey, [5, 3]],
      [0, theme.fg, []],
    ])
      trace(
        context,
        count,
        (i) => axis.px(i),
        (i) => axis.py(components[c * count + i]),
        { colour, width: 1.4, dash },
      );
    upright(context, axis.px(settled.row), box.y, box.y + box.h, colours.first);
    host.region({ ...box, cursor: "col-resize", drag: (x) => ({ row: clamp(Math.round(axis.vx(x)), 0, count - 1) }) });
  },

  // The vectors seen from the two directions in which they differ most, joined in the order of the positions.
  drawCloud(host, box) {
    const { context, theme, colours, words, data, settled } = host;
    const { count } = data.meta;
    const { components, share } = data.arrays;
    const point = (i) => [components[i], components[count + i]];
    const most = Math.max(...components.subarray(0, 2 * count).map(Math.abs)) * 1.08;
    const px = (v) => box.x + ((v + most) / (2 * most)) * box.w;
    const py = (v) => box.y + box.h - ((v + most) / (2 * most)) * box.h;
    say(context, theme, fillWords(words.learned_cloud, { share: percent(share[0] + share[1]) }), box.x, box.y - 9, {
      size: 13,
      weight: 600,
      colour: theme.fg,
      width: box.w + 8,
    });
    context.strokeStyle = theme.border;
    context.lineWidth = 1;
    context.strokeRect(box.x + 0.5, box.y + 0.5, box.w - 1, box.h - 1);
    for (let i = 1; i < count; i += 1) {
      const [[a, b], [c, d]] = [point(i - 1), point(i)];
      context.strokeStyle = theme.sequential(0.15 + (0.8 * i) / count);
      context.lineWidth = 1.3;
      context.beginPath();
      context.moveTo(px(a), py(b));
      context.lineTo(px(c), py(d));
      context.stroke();
    }
    const [a, b] = point(settled.row);
    spot(context, px(a), py(b), 6, colours.first, theme.bg);
    const near = (x, y) => {
      let [best, gap] = [0, Infinity];
      for (let i = 0; i < count; i += 1) {
        const [u, v] = point(i);
        const distance = Math.hypot(px(u) - x, py(v) - y);
        if (distance < gap) [best, gap] = [i, distance];
      }
      return best;
    };
    host.region({
      ...box,
      cursor: "pointer",
      drag: (x, y) => ({ row: near(x, y) }),
      tip: (x, y) => [[words.position, String(near(x, y))]],
    });
    const y = box.y + box.h + 8;
    const w = Math.min(90, box.w * 0.4);
    for (let i = 0; i < w; i += 1) {
      context.fillStyle = theme.sequential(0.15 + (0.8 * i) / w);
      context.fillRect(box.x + 16 + i, y + 2, 1.5, 8);
    }
    say(context, theme, "0", box.x, y, { base: "top" });
    say(context, theme, `${count - 1} (${words.position})`, box.x + w + 22, y, { base: "top", width: box.w - w - 22 });
  },

  says(host) {
    const { data, settled, words } = host;
    const nearest = data.arrays.nearest[settled.row];
    return fillWords(words.learned_says, {
      row: settled.row,
      nearest,
      cosine: decimal(this.cosine(data, settled.row, nearest)),
      count: data.meta.count,
      d: data.meta.d_model,
      model: data.meta.model,
    });
  },

  keys: (state, key) =>
    ({
      ArrowLeft: { row: Math.max(0, state.row - 1) },
      ArrowRight: { row: state.row + 1 },
      ArrowUp: { row: Math.max(0, state.row - 1) },
      ArrowDown: { row: state.row + 1 },
    })[key],
};
