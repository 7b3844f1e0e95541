// Inside a block: one head with all its matrices, the vectors of one box, and one number.

import { drawLine, percent } from "../../shared/draw.js";
import {
  flowArrow,
  flowExact,
  flowHeat,
  flowLevel,
  flowNumber,
  flowPicture,
  flowReach,
  flowRound,
  flowScene,
  flowSigned,
  flowText,
  flowTint,
  flowWrite,
} from "./paint.js";

function waitingScene(view, width, height) {
  const { theme, words } = view;
  const text = view.still ? words.still : words.wait;
  const look = { font: view.font(400, 14), fill: theme.muted };
  return flowScene(width, height, [], [(c) => view.lines(c, text, width * 0.15, height / 2 - 10, width * 0.7, look)]);
}

/** A matrix with a title; its cells say their number. */
function matrix(
  view,
  items,
  paints,
  {
    name,
    title,
    about,
    array,
    rows,
    columns,
    rect,
    signed,
    rowLabels,
    columnLabels,
    go,
    mask = null,
    from = 0,
    stride = columns,
    places = null,
  },
) {
  const { theme, words } = view;
  const s = theme.scale;
  const reach = signed ? flowReach(array) : 1;
  const paintCell = signed ? flowSigned(theme) : null;
  const body = { x: rect.x, y: rect.y + 34 * s, w: rect.w, h: rect.h - 34 * s };
  paints.push((c) => {
    flowWrite(c, view, "title", title, rect.x, rect.y + 12 * s, { most: rect.w });
    flowWrite(c, view, "about", about, rect.x, rect.y + 27 * s, { most: rect.w });
    const colour = (value, r, q) =>
      mask?.(r, q) ? flowMuted(theme) : signed ? paintCell(value / reach) : flowLevel(theme, value);
    flowPicture(c, flowHeat(array, rows, columns, colour, `${view.themeKey}${name}`, from, stride), body);
    Object.assign(c, { lineWidth: 1, strokeStyle: theme.border });
    c.strokeRect(body.x - 0.5, body.y - 0.5, body.w + 1, body.h + 1);
    const t = view.token - (places?.first ?? 0);
    const mine = rowLabels === view.tokensNow || rowLabels.includes?.(view.tokensNow[view.token]);
    if (mine && t >= 0 && t < rows) {
      Object.assign(c, { lineWidth: 2, strokeStyle: view.tokenColour });
      c.strokeRect(body.x - 1, body.y + (t * body.h) / rows - 0.5, body.w + 2, Math.max(3, body.h / rows));
    }
  });
  items.push({
    ...body,
    fine: true,
    at: (x, y) => {
      const r = Math.min(rows - 1, Math.max(0, Math.floor(((y - body.y) / body.h) * rows)));
      const q = Math.min(columns - 1, Math.max(0, Math.floor(((x - body.x) / body.w) * columns)));
      const value = array[from + r * stride + q];
      const token = rowLabels[r];
      const column = columnLabels ? columnLabels[q] : view.fill("dimension", { at: q });
      const number = mask?.(r, q) ? words.masked : signed ? flowNumber(value) : percent(value);
      return {
        title,
        rows: [[columnLabels ? `${token} → ${column}` : `${token} · ${column}`, number], ...(go ? [words.open] : [])],
        says: "",
        go: go?.(r, q),
        row: r,
        column: q,
      };
    },
  });
  return body;
}

function flowMuted(theme) {
  theme.flowHidden ??= (flowTint(theme, theme.fg, 0.07).match(/\d+/g) ?? [0, 0, 0]).slice(0, 3).map(Number).concat(255);
  return theme.flowHidden;
}

/** One head: queries, keys and values; scores; weights; output. */
export function headScene(view, width, height) {
  const { theme, words, arrays, stack, state } = view;
  const one = view.detail("head");
  if (!one) return waitingScene(view, width, height);
  const s = theme.scale;
  const [items, paints] = [[], []];
  const queries = view.tokensOf(stack);
  const keys = one.cross ? view.meta.labels : queries;
  const d = arrays.head_q.length / queries.length;
  const mask = stack.causal && !one.cross ? (r, q) => q > r : null;
  const prefix = one.cross ? "cross_" : "";
  const open = (box) => (r) => ({ box: prefix + box, token: r, cell: -1, head: state.head });
  const put = (name, array, rect, rowLabels, signed, columnLabels, box, about) => {
    const size = { rows: rowLabels.length, columns: array.length / rowLabels.length, rect, rowLabels, columnLabels };
    const ways = { mask: columnLabels ? mask : null, go: box ? open(box) : null };
    matrix(view, items, paints, { name, title: words[`head_${name}`], about, array, signed, ...size, ...ways });
  };
  const shape = (rows, columns) => `${rows.length} × ${columns}`;
  const rotary = one.rotary ? ` · ${words.turned}` : "";
  const scoresAbout = one.bias ? words.scores_bias : view.fill("scores_about", { d });
  if (width < 640) {
    let y = 12;
    const w = width - 24;
    const step = (height0, ...given) => {
      put(given[0], given[1], { x: 12, y, w, h: height0 }, ...given.slice(2));
      y += height0 + 18 * s;
    };
    const tall = (rows) => 34 * s + Math.max(60, Math.min(220, rows.length * 14));
    step(tall(queries), "q", arrays.head_q, queries, true, null, "q", shape(queries, d) + rotary);
    step(tall(keys), "k", arrays.head_k, keys, true, null, "k", shape(keys, d) + rotary);
    step(34 * s + Math.min(w, 320), "scores", arrays.head_scores, queries, true, keys, "", scoresAbout);
    step(34 * s + Math.min(w, 320), "weights", arrays.head_weights, queries, false, keys, "", words.weights_about);
    step(tall(keys), "v", arrays.head_v, keys, true, null, "v", shape(keys, d));
    step(tall(queries), "output", arrays.head_output, queries, true, null, "z", words.output_about);
    return flowScene(width, y, items, paints);
  }
  const gap = 34 * s;
  const square = Math.min((height - 90 * s) * 0.92, (width - 24 - 3 * gap) * 0.29);
  const side = (width - 24 - 3 * gap - 2 * square) / 2;
  const each = (height - 16 - 2 * 10) / 3;
  const x = [12, 12 + side + gap, 12 + side + 2 * gap + square, 12 + side + 3 * gap + 2 * square];
  const top = (height - square - 34 * s) / 2 - 8;
  const column = (at, y) => ({ x: x[at], y, w: side, h: each });
  const large = (at) => ({ x: x[at], y: top, w: square, h: square + 34 * s });
  put("q", arrays.head_q, column(0, 8), queries, true, null, "q", shape(queries, d) + rotary);
  put("k", arrays.head_k, column(0, 8 + each + 10), keys, true, null, "k", shape(keys, d) + rotary);
  put("v", arrays.head_v, column(0, 8 + 2 * (each + 10)), keys, true, null, "v", shape(keys, d));
  put("scores", arrays.head_scores, large(1), queries, true, keys, "", scoresAbout);
  put("weights", arrays.head_weights, large(2), queries, false, keys, "", words.weights_about);
  const output = column(3, height / 2 - each / 2 - 8);
  put("output", arrays.head_output, output, queries, true, null, "z", words.output_about);
  paints.push((c) => {
    const middle = top + 34 * s + square / 2;
    const colour = theme.muted;
    const v = 8 + 2 * (each + 10) + each - 12;
    flowArrow(c, [x[0] + side + 4, 8 + each * 0.6, x[1] - 5, middle - 20], colour, 1.25);
    flowArrow(c, [x[0] + side + 4, 8 + each * 1.7 + 10, x[1] - 5, middle + 4], colour, 1.25);
    flowArrow(c, [x[1] + square + 3, middle, x[2] - 4, middle], colour, 1.25);
    flowArrow(c, [x[2] + square + 3, middle, x[3] - 4, middle], colour, 1.25);
    flowArrow(c, [x[0] + side + 4, v, x[3] - 14, v, x[3] + 24, height / 2 + each / 2], colour, 1.25);
  });
  return flowScene(width, height, items, paints);
}

/** All vectors of a box, and the one in hand as bars. */
export function vectorScene(view, width, height) {
  const { theme, words, arrays, state, stack } = view;
  const one = view.detail("box");
  if (!one) return waitingScene(view, width, height);
  const s = theme.scale;
  const [items, paints] = [[], []];
  const labels = view.rows(stack, state.box);
  const whole = stack.widths[stack.boxes.indexOf(state.box)];
  const rows = arrays.box_values.length / whole;
  const { from, columns } = headSlice(view, whole);
  const shown = labels.slice(one.first, one.first + rows);
  const narrow = width < 640;
  const full = narrow ? Math.max(height, 420) : height;
  const labelW = narrow
    ? 0
    : Math.min(110 * s, Math.max(...shown.map((label) => view.measure(label, view.mono(12)))) + 12);
  const heatH = Math.min(full * 0.5, 34 * s + Math.max(60, shown.length * 22 * s));
  const x = 12 + labelW;
  const w = width - x - 12;
  const reach = flowReach(arrays.box_values);
  const title = view.fill("vectors_title", { box: words[`box_${state.box}`], rows: labels.length, columns });
  const open = (r, q) => ({ token: r + one.first, cell: from + q });
  const about = words[`about_${state.box.replace("cross_", "")}`] ?? "";
  const size = { rows, columns, from, stride: whole, rect: { x, y: 10, w, h: heatH } };
  const ways = { signed: true, rowLabels: shown, columnLabels: null, places: one, go: open };
  const said = { name: `box${state.box}`, title, about };
  const body = matrix(view, items, paints, { ...said, array: arrays.box_values, ...size, ...ways });
  const heat = items[items.length - 1];
  const at0 = heat.at;
  heat.at = (px, py) => {
    const found = at0(px, py);
    const dimension = view.fill("dimension", { at: from + found.column });
    const value = arrays.box_values[found.row * whole + from + found.column];
    found.rows[0] = [`${shown[found.row]} · ${dimension}`, flowExact(value)];
    return found;
  };
  paints.push((c) => {
    if (!labelW) return;
    const each = body.h / shown.length;
    shown.forEach((label, r) => {
      const on = r + one.first === view.token;
      if (each < 10 && !on) return;
      const ink = { font: view.mono(12, on ? 700 : 400), fill: on ? view.tokenColour : theme.fg };
      const place = { align: "right", base: "middle", most: labelW - 8 };
      flowText(c, label, x - 7, body.y + (r + 0.5) * each, { ...ink, ...place });
    });
  });
  const r = view.token - one.first;
  const bars = { x, y: 10 + heatH + 44 * s, w, h: full - heatH - 44 * s - 34 * s };
  const vector = r >= 0 && r < rows ? arrays.box_values.subarray(r * whole + from, r * whole + from + columns) : null;
  const middle = bars.y + bars.h / 2;
  paints.push((c) => {
    const heading = view.fill("vector_title", { token: labels[view.token] ?? "", columns });
    flowWrite(c, view, "title", heading, x, bars.y - 16 * s, { most: w });
    Object.assign(c, { strokeStyle: theme.line, lineWidth: 1 });
    drawLine(c, x, middle, x + w, middle);
    if (!vector) return;
    const most = vector.reduce((top, value) => Math.max(top, Math.abs(value)), 1e-12);
    const step = w / columns;
    vector.forEach((value, i) => {
      const high = (Math.abs(value) / most) * (bars.h / 2);
      const strength = 0.45 + 0.55 * Math.min(1, Math.abs(value) / reach);
      c.fillStyle = view.hoverAt?.column === i ? view.tokenColour : theme.diverging(Math.sign(value) * strength);
      const wide = Math.max(0.7, step - (step > 4 ? 1 : 0));
      c.fillRect(x + i * step, value > 0 ? middle - high : middle, wide, Math.max(0.5, high));
    });
    const beside = narrow ? { x: x + 2, align: "left" } : { x: x - 6, align: "right" }; // a phone has no room beside
    for (const [value, y] of [
      [most, bars.y + 4],
      [-most, bars.y + bars.h - 4],
    ])
      flowWrite(c, view, "small", flowNumber(value), beside.x, y, { align: beside.align, base: "middle" });
    flowWrite(c, view, "small", view.fill("dimension", { at: from }), x, bars.y + bars.h + 16 * s);
    flowWrite(c, view, "small", view.fill("dimension", { at: from + columns - 1 }), x + w, bars.y + bars.h + 16 * s, {
      align: "right",
    });
  });
  if (vector) {
    items.push({
      ...bars,
      fine: true,
      at: (px) => {
        const column = Math.min(columns - 1, Math.max(0, Math.floor(((px - bars.x) / bars.w) * columns)));
        const found = [[labels[view.token], flowExact(vector[column])], words.open];
        const go = { token: view.token, cell: from + column };
        return { title: view.fill("dimension", { at: from + column }), rows: found, says: "", go, column };
      },
    });
  }
  return flowScene(width, full, items, paints);
}

/** Where the head in hand has its numbers in a box; the whole box without one. */
function headSlice(view, whole) {
  const { stack, state } = view;
  const box = state.box.replace("cross_", "");
  if (state.head < 0 || !["q", "k", "v", "z"].includes(box)) return { from: 0, columns: whole };
  const shared = ["k", "v"].includes(box) && !state.cross;
  const head = shared ? Math.floor(state.head / (stack.heads / stack.kv_heads)) : state.head;
  return { from: head * stack.head_dim, columns: stack.head_dim };
}

/** One number, and the sum that it is. */
export function cellScene(view, width, height) {
  const { theme, words, state } = view;
  const one = view.detail("cell");
  if (!one) return waitingScene(view, width, height);
  const s = theme.scale;
  const [items, paints] = [[], []];
  const narrow = width < 640;
  const full = narrow ? Math.max(height, 560) : height;
  const labels = view.rows(view.stack, state.box);
  const half = narrow ? width - 24 : Math.min(420 * s, width * 0.4);
  const name = words[`box_${state.box}`];
  paints.push((c) => {
    const y = narrow ? 30 : full / 2 - 78 * s;
    flowText(c, `${name} · “${labels[view.token]}” · ${view.fill("dimension", { at: state.cell })}`, 24, y, {
      font: view.font(500, 14),
      fill: theme.muted,
      most: half,
    });
    flowText(c, flowExact(one.value), 24, y + 52 * s, {
      font: view.mono(narrow ? 34 : 42, 600),
      fill: theme.fg,
      most: half,
    });
    view.lines(c, cellMade(view, one), 24, y + 88 * s, half, { font: view.font(400, 14), fill: theme.fg });
  });
  const terms = cellTerms(view, one);
  const box = narrow
    ? { x: 12, y: 230 * s, w: width - 24, h: full - 244 * s }
    : { x: half + 60, y: 14, w: width - half - 84, h: full - 28 };
  if (terms.length) termBars(view, items, paints, terms, box, one);
  return flowScene(width, full, items, paints);
}

/** How a number was made, in words. */
function cellMade(view, one) {
  const { words } = view;
  const [first, second] = (one.names ?? []).map((name) => words[`box_${name}`]);
  if (one.kind === "sum") return view.fill("cell_sum", { first, second });
  if (one.kind !== "linear") return words[`cell_${view.state.box.replace("cross_", "")}`] ?? words.cell_given;
  const bias = one.bias ? view.fill("cell_bias", { bias: flowNumber(one.bias) }) : "";
  return view.fill("cell_linear", { count: view.arrays.cell_inputs.length, from: first, bias });
}

/** The largest terms, then all others together. */
function cellTerms(view, one) {
  const { arrays, words } = view;
  if (one.kind === "sum")
    return one.names.map((name, i) => ({ label: words[`box_${name}`], value: arrays.cell_inputs[i], about: "" }));
  if (one.kind !== "linear") return [];
  const all = Array.from(arrays.cell_inputs, (input, i) => ({
    i,
    value: input * arrays.cell_weights[i],
    about: `${flowNumber(input)} × ${flowNumber(arrays.cell_weights[i])}`,
  }));
  const sorted = [...all].sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  const top = sorted.slice(0, 10).map((term) => ({ ...term, label: view.fill("dimension", { at: term.i }) }));
  const rest = sorted.slice(10).reduce((sum, term) => sum + term.value, 0);
  const whole = { i: -1, about: "", all: true };
  if (sorted.length > 10)
    top.push({ label: view.fill("others", { count: sorted.length - 10 }), value: rest, ...whole });
  if (one.bias) top.push({ label: words.bias, value: one.bias, ...whole });
  return top;
}

function termBars(view, items, paints, terms, { x, y, w, h }, one) {
  const { theme, words } = view;
  const s = theme.scale;
  const most = Math.max(...terms.map((term) => Math.abs(term.value)), 1e-12);
  const each = Math.min(34 * s, (h - 26 * s) / (terms.length + 1));
  const [zero, side] = [x + w * 0.66, w * 0.17];
  paints.push((c) =>
    flowWrite(c, view, "title", one.kind === "linear" ? words.terms : words.terms_sum, x, y + 12 * s, { most: w }),
  );
  const row = (term, i, bold) => {
    const top = y + 24 * s + i * each;
    const rows = [[words.value, flowExact(term.value)], ...(term.about ? [[words.product, term.about]] : [])];
    items.push({ x, y: top, w, h: each, title: term.label, rows, says: "" });
    paints.push((c) => {
      const long = (Math.abs(term.value) / most) * side;
      flowText(c, term.label, x, top + each / 2, {
        font: view.font(bold ? 650 : 400, 12.5),
        fill: theme.fg,
        base: "middle",
        most: w * 0.24,
      });
      if (!view.narrow)
        flowWrite(c, view, "about", term.about, x + w * 0.25, top + each / 2, { base: "middle", most: w * 0.23 });
      c.fillStyle = bold ? theme.fg : theme.diverging(term.value < 0 ? -0.8 : 0.8);
      flowRound(c, term.value < 0 ? zero - long : zero, top + each * 0.2, Math.max(1, long), each * 0.6, 2);
      c.fill();
      flowText(c, flowNumber(term.value), x + w, top + each / 2, {
        font: view.font(bold ? 650 : 400, 12.5),
        fill: theme.fg,
        align: "right",
        base: "middle",
      });
    });
  };
  terms.forEach((term, i) => row(term, i, false));
  row({ label: words.total, value: one.value, about: "" }, terms.length, true);
  paints.push((c) => {
    c.strokeStyle = theme.border;
    drawLine(c, zero, y + 24 * s, zero, y + 24 * s + (terms.length + 1) * each);
  });
}
