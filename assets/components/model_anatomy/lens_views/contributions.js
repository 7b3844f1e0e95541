// Direct logit attribution: which head or MLP pushed the answer.

import { fillWords, percent } from "../../shared/draw.js";
import { lensElement, lensNumber, lensSigned, paintLensBars } from "./lists.js";

import { decimal, ten } from "../../shared/numbers.js";

function partsOf(v) {
  const { arrays, meta } = v;
  const [, layers, heads] = arrays.heads.shape;
  const one = Math.max(0, meta.ids.indexOf(v.state.answer));
  const other = meta.ids.indexOf(v.state.against);
  const key = `${one}.${other}`;
  if (v.partsKey === key && v.parts && v.partsBytes === v.bytes) return v.parts;
  const side = (values, size) => {
    const found = Float64Array.from(values.subarray(one * size, (one + 1) * size));
    if (other >= 0 && other !== one)
      values.subarray(other * size, (other + 1) * size).forEach((value, i) => (found[i] -= value));
    return found;
  };
  const single = (name) => side(arrays[name], 1)[0];
  const [head, mlp, bias] = [
    side(arrays.heads, layers * heads),
    side(arrays.mlp, layers),
    side(arrays.attention_bias, layers),
  ];
  const sum = (values) => values.reduce((total, value) => total + value, 0);
  const magnitude = arrays.magnitude[one] + (other >= 0 && other !== one ? arrays.magnitude[other] : 0);
  v.parts = {
    one,
    other: other === one ? -1 : other,
    layers,
    heads,
    head,
    mlp,
    magnitude,
    logit: single("logits"),
    residual: single("residual"),
    ...partScale([...head, ...mlp].map(Math.abs)),
    ledger: [
      ["embedding", single("embedding")],
      ["position", single("position")],
      ["heads", sum(head)],
      ["mlps", sum(mlp)],
      ["attention_bias", sum(bias)],
      ["norm_bias", single("norm_bias")],
      ["head_bias", single("head_bias")],
    ].filter(([id, value]) => value !== 0 || id === "embedding"),
  };
  Object.assign(v, { partsKey: key, partsBytes: v.bytes });
  return v.parts;
}

/** The largest contribution, and the one from which on the colour grows no more: a single part may be ten times the rest. */
function partScale(sizes) {
  const falling = sizes.sort((a, b) => b - a);
  const most = falling[0];
  return { most, full: Math.max(falling[Math.floor(falling.length / 50)], most / 10) || 1 };
}

function partName(v, layer, column) {
  const { heads } = partsOf(v);
  return column < heads ? fillWords(v.words.head, { layer, head: column }) : fillWords(v.words.mlp, { layer });
}

function partValue(v, layer, column) {
  const { heads, head, mlp } = partsOf(v);
  return column < heads ? head[layer * heads + column] : mlp[layer];
}

function partTarget(v) {
  const { one, other } = partsOf(v);
  return other >= 0
    ? fillWords(v.words.difference, { token: v.meta.names[one], other: v.meta.names[other] })
    : fillWords(v.words.single, { token: v.meta.names[one] });
}

export const partsView = {
  spec(v) {
    const { layers, heads } = partsOf(v);
    return {
      rows: Array.from({ length: layers }, (_, layer) => String(layer)),
      columns: [...Array.from({ length: heads }, (_, head) => String(head)), v.words.mlp_short],
      up: true,
      whole: true,
      tall: 20,
      least: 24,
      most: 120,
    };
  },
  tools(v) {
    const names = v.meta.names.map((name, i) => [v.meta.ids[i], `${name} · ${percent(v.arrays.probability[i])}`]);
    const { one, other } = partsOf(v);
    const tokens = v.meta.labels.map((label, at) => [at === v.meta.labels.length - 1 ? -1 : at, `${at} ${label}`]);
    return [
      {
        name: v.words.after,
        list: tokens,
        value: v.meta.at === v.meta.labels.length - 1 ? -1 : v.meta.at,
        set: (id) => v.look({ pos: Number(id), answer: -1, against: -1 }),
      },
      {
        name: v.words.answer,
        list: names,
        value: v.meta.ids[one],
        set: (id) => v.look({ answer: Number(id) === v.meta.ids[0] ? -1 : Number(id) }),
      },
      {
        name: v.words.against,
        list: [[-1, v.words.nothing], ...names.filter(([id]) => id !== v.meta.ids[one])],
        value: other < 0 ? -1 : v.meta.ids[other],
        set: (id) => v.look({ against: Number(id) }),
      },
    ];
  },
  title: (v) => fillWords(v.words.title, { target: partTarget(v) }),
  ramp(v) {
    const { most, full } = partsOf(v);
    const [low, high] = most > full ? ["≤ ", "≥ "] : ["", ""];
    return {
      low: low + decimal(-full, 1),
      high: high + decimal(full, 1),
      means: v.words.means,
      colour: v.theme.diverging,
      from: -1,
    };
  },
  cell(v, row, column) {
    const { full } = partsOf(v);
    const value = partValue(v, row, column);
    return {
      fill: v.theme.diverging(Math.sign(value) * Math.sqrt(Math.min(1, Math.abs(value) / full))),
      text: Math.abs(value) >= 0.5 * full ? decimal(value, 1) : "",
    };
  },
  tip: (v, row, column) => [
    { title: partName(v, row, column) },
    [partTarget(v), decimal(partValue(v, row, column), 3)],
  ],
  pick() {},
  picked: () => null,
  side(v) {
    const { ledger, logit, residual, magnitude, layers, heads, other } = partsOf(v);
    const most = Math.max(...ledger.map(([, value]) => Math.abs(value)), Math.abs(logit));
    const lines = [lensElement("p", "lv-head", v.words.ledger)];
    for (const [id, value] of ledger)
      lines.push(lensSigned({ label: v.words[`part_${id}`], value, most, theme: v.theme, wide: true }));
    lines.forEach((line, i) => i && (line.querySelector("em").textContent = decimal(ledger[i - 1][1], 2)));
    const total = lensSigned({
      label: other >= 0 ? v.words.sum_difference : v.words.sum,
      value: logit,
      most,
      theme: v.theme,
      wide: true,
      strong: true,
    });
    total.querySelector("em").textContent = decimal(logit, 2);
    const share = Math.abs(residual) / (magnitude || 1);
    lines.push(
      total,
      lensElement(
        "p",
        "lv-note",
        fillWords(v.words.residual, { residual: lensScience(residual), share: lensScience(share) }),
      ),
    );
    const all = [];
    for (let layer = 0; layer < layers; layer++)
      for (let column = 0; column <= heads; column++) all.push([layer, column, partValue(v, layer, column)]);
    all.sort((p, q) => q[2] - p[2]);
    lines.push(lensElement("p", "lv-head", v.words.most));
    for (const [layer, column, value] of all.slice(0, v.lecture ? 2 : 5)) {
      const line = lensSigned({
        label: partName(v, layer, column),
        value,
        most: all[0][2],
        theme: v.theme,
        wide: true,
      });
      line.querySelector("em").textContent = decimal(value, 2);
      lines.push(line);
    }
    return lines;
  },
  plot(v, context, size) {
    const { layers, heads, head, mlp } = partsOf(v);
    const [warm, cool] = v.theme.dark ? ["#e69f00", "#56b4e9"] : ["#d55e00", "#0072b2"];
    const bars = Array.from({ length: layers }, (_, layer) => ({
      label: String(layer),
      values: [
        { value: head.subarray(layer * heads, (layer + 1) * heads).reduce((sum, one) => sum + one, 0), colour: cool },
        { value: mlp[layer], colour: warm },
      ],
    }));
    paintLensBars(context, { ...size, theme: v.theme, bars, title: v.words.by_layer, at: v.hover?.[0] ?? -1 });
    const names = [
      [v.words.part_heads, cool],
      [v.words.part_mlps, warm],
    ];
    let x = size.width;
    Object.assign(context, {
      font: `400 ${12 * v.theme.scale}px ${v.theme.sans}`,
      textAlign: "right",
      textBaseline: "top",
    });
    for (const [name, colour] of names.reverse()) {
      context.fillStyle = colour;
      context.fillText(`■ ${name}`, x, 2);
      x -= context.measureText(`■ ${name}`).width + 10 * v.theme.scale;
    }
  },
  say: (v) => v.words.honest,
};

/** 0.0000034 → "3·10⁻⁶". */
export function lensScience(value) {
  if (value === 0) return "0";
  const power = Math.floor(Math.log10(Math.abs(value)));
  if (power >= -2) return lensNumber(value);
  return `${decimal(value / 10 ** power, 0)}·${ten(power)}`;
}
