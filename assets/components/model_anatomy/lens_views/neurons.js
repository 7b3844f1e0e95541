// Neurons of the MLPs that fire on this text, and what they write.

import { fillWords } from "../../shared/draw.js";
import { lensChips, lensElement, lensNumber, paintLensBars } from "./lists.js";

function neuronAt(v) {
  const [layers, kept] = v.arrays.ids.shape;
  const layer = v.state.block < 0 ? layers - 1 : Math.min(v.state.block, layers - 1);
  const ids = v.arrays.ids.subarray(layer * kept, (layer + 1) * kept);
  const tokens = v.meta.labels.length;
  const column = v.place(v.state.pos);
  let chosen = ids.indexOf(v.state.neuron);
  if (chosen < 0) chosen = v.arrays.strongest[layer * tokens + column];
  return {
    layers,
    kept,
    layer,
    ids,
    tokens,
    column,
    chosen,
    value: (row, at) => v.arrays.activation[(layer * kept + row) * tokens + at],
  };
}

function neuronMost(v) {
  const { layer, kept, tokens } = neuronAt(v);
  const all = v.arrays.activation.subarray(layer * kept * tokens, (layer + 1) * kept * tokens);
  return all.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
}

export const neuronView = {
  spec(v) {
    const { ids } = neuronAt(v);
    return {
      rows: Array.from(ids, (id) => `#${id}`),
      columns: v.meta.labels,
      text: true,
      least: 46,
      whole: true,
      tall: 24,
    };
  },
  tools(v) {
    const { layers, layer } = neuronAt(v);
    return [
      {
        name: v.words.layer,
        range: [0, layers - 1],
        value: layer,
        move: (value) => v.local({ block: value, neuron: -1 }),
        set: (value) => v.look({ block: Number(value), neuron: -1 }),
      },
    ];
  },
  title: (v) => fillWords(v.words.title, { layer: neuronAt(v).layer, kept: neuronAt(v).kept, count: v.meta.count }),
  ramp(v) {
    const most = neuronMost(v);
    return {
      low: lensNumber(-most),
      high: lensNumber(most),
      means: v.words[v.meta.gated ? "means_gated" : "means"],
      colour: v.theme.diverging,
      from: -1,
    };
  },
  cell(v, row, column) {
    const value = neuronAt(v).value(row, column);
    const most = neuronMost(v);
    return {
      fill: v.theme.diverging(Math.sign(value) * Math.sqrt(Math.abs(value) / most)),
      text: Math.abs(value) > 0.08 * most ? lensNumber(value) : "",
    };
  },
  tip(v, row, column) {
    const { ids, value, layer } = neuronAt(v);
    return [
      { title: fillWords(v.words.neuron, { layer, neuron: ids[row] }) },
      [v.meta.labels[column], lensNumber(value(row, column))],
    ];
  },
  pick(v, row, column) {
    v.look({ neuron: neuronAt(v).ids[row], pos: column === v.meta.labels.length - 1 ? -1 : column });
  },
  picked: (v) => [neuronAt(v).chosen, v.place(v.state.pos)],
  side(v) {
    const { layer, ids, chosen, kept, column, value } = neuronAt(v);
    const names = (array, sign) => {
      const start = (layer * kept + chosen) * v.meta.pushed;
      return [
        lensElement("p", "lv-note", v.words[sign]),
        lensChips(
          Array.from(array.subarray(start, start + v.meta.pushed), (id) => v.meta.names[String(id)] ?? `#${id}`),
        ),
      ];
    };
    const now = value(chosen, column);
    const lines = [
      lensElement("p", "lv-head", fillWords(v.words.neuron, { layer, neuron: ids[chosen] })),
      lensElement("p", "lv-note", fillWords(v.words.fires, { token: v.meta.labels[column], value: lensNumber(now) })),
    ];
    if (!v.meta.pushed) return [...lines, lensElement("p", "lv-note", v.words.no_head)];
    return [
      ...lines,
      ...names(v.arrays.up, "up"),
      ...names(v.arrays.down, "down"),
      lensElement("p", "lv-note", v.words[now >= 0 ? "positive" : "negative"]),
    ];
  },
  plot(v, context, size) {
    const { chosen, tokens, value, ids } = neuronAt(v);
    const bars = Array.from({ length: tokens }, (_, at) => ({
      label: v.meta.labels[at],
      values: [{ value: value(chosen, at), colour: v.theme.diverging(value(chosen, at) < 0 ? -0.8 : 0.8) }],
    }));
    paintLensBars(context, {
      ...size,
      theme: v.theme,
      bars,
      title: fillWords(v.words.over, { neuron: ids[chosen] }),
      at: v.place(v.state.pos),
    });
  },
  say: (v) => v.words.honest,
};
