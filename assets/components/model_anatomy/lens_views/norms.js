// How long the states grow, what each part adds, and what is left without the norms.

import { fillWords, percent } from "../../shared/draw.js";
import { lensElement, lensLine, lensNumber, paintLensCurves } from "./lists.js";

import { decimal } from "../../shared/numbers.js";

const NORM_MEASURES = ["stream", "attention", "mlp", "cosine"];

function normValues(v) {
  const name = v.state.measure === "stream" && v.meta.off && v.meta.off !== "none" ? "changed" : v.state.measure;
  const values = v.arrays[name];
  const key = `${name}`;
  if (v.normKey !== key || v.normBytes !== v.bytes) {
    const finite = Array.from(values).filter((value) => Number.isFinite(value) && value > 0);
    Object.assign(v, {
      normKey: key,
      normBytes: v.bytes,
      normLow: Math.log10(Math.min(...finite, 1e30)),
      normHigh: Math.log10(Math.max(...finite, 1e-9)),
    });
    if (v.normHigh - v.normLow < 0.7) v.normLow = v.normHigh - 0.7;
  }
  return { name, values, rows: values.shape[0] };
}

function normRow(v, row) {
  if (v.state.measure === "stream") return row === 0 ? v.words.embedding : String(row);
  return String(row);
}

export const normsView = {
  spec(v) {
    const { rows } = normValues(v);
    return {
      rows: Array.from({ length: rows }, (_, row) => normRow(v, row)),
      columns: v.meta.labels,
      up: true,
      text: true,
      least: 46,
    };
  },
  tools(v) {
    const offs = (v.meta.post ? ["none", "attention", "mlp", "all"] : ["none", "final", "attention", "mlp", "all"]).map(
      (id) => [id, v.words[`off_${id}`]],
    );
    return [
      {
        name: v.words.measure,
        value: v.state.measure,
        options: NORM_MEASURES.map((id) => [id, v.words[`measure_${id}`]]),
        set: (id) => v.look({ measure: id }),
      },
      {
        name: v.words.off,
        value: v.state.off,
        options: offs,
        set: (id) => v.look({ off: id, ...(id === "none" ? {} : { measure: "stream" }) }),
      },
    ];
  },
  title: (v) =>
    v.words[
      v.state.measure === "stream" && v.meta.off && v.meta.off !== "none" ? "title_changed" : `title_${v.state.measure}`
    ],
  ramp(v) {
    if (v.state.measure === "cosine")
      return { low: "−1", high: "1", means: v.words.means_cosine, colour: v.theme.diverging, from: -1 };
    normValues(v);
    return {
      low: lensNumber(10 ** v.normLow),
      high: lensNumber(10 ** v.normHigh),
      means: v.words.means,
      colour: v.theme.score,
    };
  },
  cell(v, row, column) {
    const { values } = normValues(v);
    const value = values[row * v.meta.labels.length + column];
    if (v.state.measure === "cosine") return { fill: v.theme.diverging(value), text: decimal(value) };
    if (!Number.isFinite(value)) return { fill: v.theme.panel, text: "∞", weak: true };
    const share = (Math.log10(Math.max(value, 1e-9)) - v.normLow) / (v.normHigh - v.normLow);
    return { fill: v.theme.score(0.04 + 0.9 * share), text: lensNumber(value) };
  },
  tip(v, row, column) {
    const count = v.meta.labels.length;
    const stream = v.state.measure === "stream";
    const of = (name, at) =>
      at < 0 || at >= v.arrays[name].shape[0] ? "—" : lensNumber(v.arrays[name][at * count + column]);
    const rows = [
      {
        title: fillWords(stream ? v.words.cell : v.words.cell_layer, {
          layer: row || !stream ? String(row) : v.words.embedding,
          token: v.meta.labels[column],
        }),
      },
      [v.words.measure_stream, of("stream", row)],
    ];
    if (v.arrays.changed && v.meta.off !== "none") rows.push([v.words.changed, of("changed", row)]);
    if (row < v.arrays.mlp.shape[0])
      rows.push(
        [fillWords(v.words.next_attention, { layer: row }), of("attention", row)],
        [fillWords(v.words.next_mlp, { layer: row }), of("mlp", row)],
      );
    return rows;
  },
  pick: (v, row, column) => v.look({ pos: column === v.meta.labels.length - 1 ? -1 : column }),
  picked: (v) => [-1, v.place(v.state.pos)],
  side(v) {
    if (!v.meta.off || v.meta.off === "none")
      return [
        lensElement("p", "lv-head", v.words[v.meta.post ? "post" : "pre"]),
        ...(v.lecture ? [] : [lensElement("p", "lv-note", v.words[v.meta.post ? "post_why" : "pre_why"])]),
      ];
    const lines = [lensElement("p", "lv-head", fillWords(v.words.without, { what: v.words[`off_${v.meta.off}`] }))];
    if (!v.meta.names.length) return [...lines, lensElement("p", "lv-note", v.words.no_head)];
    const broken = !Number.isFinite(v.arrays.after[0]);
    lines.push(lensElement("p", "lv-note", broken ? v.words.overflow : v.words.next));
    const most = (values) => [...v.meta.names.keys()].sort((p, q) => values[q] - values[p]).slice(0, 5);
    for (const i of new Set([...most(v.arrays.before), ...(broken ? [] : most(v.arrays.after))])) {
      const [name, before, after] = [v.meta.names[i], v.arrays.before[i], v.arrays.after[i]];
      lines.push(
        lensLine({
          label: name,
          value: `${percent(before)} → ${percent(after)}`,
          to: Number.isFinite(after) ? after : 0,
          colour: v.theme.dark ? "#f0883e" : "#d55e00",
        }),
      );
    }
    return lines;
  },
  plot(v, context, size) {
    const at = v.place(v.state.pos);
    const count = v.meta.labels.length;
    const column = (name, shift = 0) => {
      const [rows] = v.arrays[name].shape;
      return Array.from({ length: rows + shift }, (_, row) =>
        row < shift ? v.arrays[name][at] : v.arrays[name][(row - shift) * count + at],
      ).map((value) => (Number.isFinite(value) ? value : 1e38));
    };
    const colours = v.theme.dark
      ? [v.theme.fg, "#56b4e9", "#e69f00", "#cc79a7"]
      : [v.theme.fg, "#0072b2", "#b35900", "#a8548a"];
    const changed = v.arrays.changed && v.meta.off !== "none";
    const series = [
      { values: column("stream"), colour: colours[0], name: v.words.measure_stream },
      { values: column("attention", 1), colour: colours[1], name: v.words.measure_attention },
      { values: column("mlp", 1), colour: colours[2], name: v.words.measure_mlp },
    ];
    if (changed) series.push({ values: column("changed"), colour: colours[3], dash: [5, 4], name: v.words.changed });
    const all = series.flatMap((one) => one.values).filter((value) => value > 0);
    const low = Math.floor(Math.log10(Math.max(1e-3, Math.min(...all))));
    const high = Math.min(low + 9, Math.ceil(Math.log10(Math.max(...all)) + 0.01));
    paintLensCurves(context, {
      ...size,
      height: size.height - 34 * v.theme.scale,
      theme: v.theme,
      series,
      low,
      high: Math.max(low + 1, high),
      log: true,
      label: v.words.layer,
      title: fillWords(v.words.along, { token: v.meta.labels[at] }),
      at: -1,
    });
    let [x, y] = [2, size.height - 17 * v.theme.scale];
    Object.assign(context, {
      font: `400 ${12 * v.theme.scale}px ${v.theme.sans}`,
      textAlign: "left",
      textBaseline: "bottom",
    });
    for (const { name, colour } of series) {
      if (x + context.measureText(`■ ${name}`).width > size.width) [x, y] = [2, size.height - 1];
      context.fillStyle = colour;
      context.fillText(`■ ${name}`, x, y);
      x += context.measureText(`■ ${name}`).width + 10 * v.theme.scale;
    }
  },
  say: (v) => v.words[v.meta.off && v.meta.off !== "none" ? "honest_off" : "honest"],
};
