// Activation patching: a state of one run put into another, and what it changes.

import { fillWords, percent } from "../../shared/draw.js";
import { lensElement, lensLine, paintLensBars } from "./lists.js";

import { decimal } from "../../shared/numbers.js";

function patchLines(v, ids, chances) {
  return Array.from(ids, (id, i) =>
    lensLine({
      label: v.meta.names[String(id)] ?? `#${id}`,
      value: percent(chances[i]),
      to: chances[i],
      colour: v.theme.sequential(0.62),
      strong: v.meta.answers.includes(v.meta.names[String(id)]),
    }),
  );
}

function patchAt(v) {
  const [row, column] = v.picked();
  return { row, column, last: v.state.upto > column ? Math.min(v.state.upto, v.meta.labels.length - 1) : column };
}

export const patchView = {
  spec(v) {
    const rows = Array.from({ length: v.arrays.effect.shape[0] }, (_, row) => String(row));
    return {
      rows,
      above: v.meta.others.map((label, i) => (v.arrays.differs[i] ? label : "")),
      columns: v.meta.labels.map((label, i) => (v.arrays.differs[i] ? `← ${label}` : label)),
      up: true,
      text: true,
      least: 62,
      most: 190,
    };
  },
  tools(v) {
    return [
      {
        name: v.words.part,
        value: v.meta.part,
        options: ["stream", "attention", "mlp"].map((id) => [id, v.words[`part_${id}`]]),
        set: (id) => v.look({ part: id }),
      },
      { button: v.words.row, press: () => v.look({ pos: 0, upto: v.meta.labels.length - 1 }) },
    ];
  },
  title: (v) => fillWords(v.words.title, { giver: v.meta.answers[0], taker: v.meta.answers[1] }),
  ramp: (v) => ({ low: "−1", high: "1", means: v.words.means, colour: v.theme.diverging, from: -1 }),
  cell(v, row, column) {
    const value = v.arrays.effect[row * v.meta.labels.length + column];
    return { fill: v.theme.diverging(value), text: Math.abs(value) >= 0.045 ? decimal(value, 2) : "" };
  },
  tip(v, row, column) {
    const at = row * v.meta.labels.length + column;
    const k = v.arrays.top_ids.shape[2];
    return [
      { title: fillWords(v.words.cell, { layer: row, token: v.meta.labels[column] }) },
      [v.words.effect, decimal(v.arrays.effect[at], 3)],
      ...[0, 1, 2].map((i) => [
        v.meta.names[String(v.arrays.top_ids[at * k + i])],
        percent(v.arrays.top_probability[at * k + i]),
      ]),
    ];
  },
  drags: true,
  pick: (v, row, column, last) => v.look({ row, pos: column, upto: last > column ? last : -1 }),
  picked: (v) => [
    v.state.row < 0 ? v.arrays.effect.shape[0] - 1 : Math.min(v.state.row, v.arrays.effect.shape[0] - 1),
    v.place(v.state.pos),
  ],
  ring(v) {
    const { row, column, last } = patchAt(v);
    return last > column ? [[column, last, row]] : [];
  },
  side(v) {
    const { row, column, last } = patchAt(v);
    const count = v.meta.labels.length;
    const k = v.arrays.top_ids.shape[2];
    const own = (i) =>
      patchLines(v, v.arrays.own_ids.subarray(i * k, i * k + 2), v.arrays.own_probability.subarray(i * k, i * k + 2));
    const lines = [];
    if (last > column) {
      const { span } = v.meta;
      const ready = span && span.layer === row && span.first === column && span.last === last;
      lines.push(
        lensElement(
          "p",
          "lv-head",
          fillWords(v.words.span, { layer: row, first: v.meta.labels[column], last: v.meta.labels[last] }),
        ),
      );
      if (ready) {
        lines.push(
          lensElement(
            "p",
            "lv-note",
            fillWords(
              column === 0 && last === count - 1 && v.meta.part === "stream" ? v.words.whole : v.words.restored,
              { effect: decimal(span.effect, 2) },
            ),
          ),
        );
        lines.push(
          ...span.labels.map((label, i) =>
            lensLine({
              label,
              value: percent(span.probability[i]),
              to: span.probability[i],
              colour: v.theme.sequential(0.62),
              strong: v.meta.answers.includes(label),
            }),
          ),
        );
      } else lines.push(lensElement("p", "lv-note", v.words.computing));
    } else {
      const at = row * count + column;
      lines.push(lensElement("p", "lv-head", fillWords(v.words.cell, { layer: row, token: v.meta.labels[column] })));
      lines.push(lensElement("p", "lv-note", fillWords(v.words.restored, { effect: decimal(v.arrays.effect[at], 2) })));
      lines.push(
        ...patchLines(
          v,
          v.arrays.top_ids.subarray(at * k, (at + 1) * k),
          v.arrays.top_probability.subarray(at * k, (at + 1) * k),
        ),
      );
    }
    if (v.lecture) return lines.slice(0, 5);
    lines.push(
      lensElement("p", "lv-head", v.words.giver),
      lensElement("p", "lv-note", v.meta.labels.join("")),
      ...own(0),
    );
    lines.push(
      lensElement("p", "lv-head", v.words.taker),
      lensElement("p", "lv-note", v.meta.others.join("")),
      ...own(1),
    );
    return lines;
  },
  plot(v, context, size) {
    const { column, row } = patchAt(v);
    const count = v.meta.labels.length;
    const colour = v.theme.dark ? "#f0883e" : "#d55e00";
    const bars = Array.from({ length: v.arrays.effect.shape[0] }, (_, layer) => ({
      label: String(layer),
      values: [{ value: v.arrays.effect[layer * count + column], colour }],
    }));
    paintLensBars(context, {
      ...size,
      theme: v.theme,
      bars,
      title: fillWords(v.words.through, { token: v.meta.labels[column] }),
      at: row,
      least: 1,
    });
  },
  say: (v) => v.words.honest,
};
