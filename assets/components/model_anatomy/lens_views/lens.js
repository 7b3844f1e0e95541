// The logit lens: what each layer would say already.

import { fillWords, percent } from "../../shared/draw.js";
import { lensElement, lensLine, paintLensCurves } from "./lists.js";

import { decimal, whole } from "../../shared/numbers.js";

const LENS_MOST = 6; // pinned tokens

/** Colours of pinned tokens; the model's own answer is the first. */
export function lensPinColours(theme) {
  return theme.dark
    ? [theme.fg, "#e69f00", "#56b4e9", "#cc79a7", "#009e73", "#f0e442", "#d55e00"]
    : [theme.fg, "#d55e00", "#0072b2", "#a8548a", "#00785a", "#8a6d00", "#3d7fa6"];
}

function lensName(v, id) {
  return v.meta.names[String(id)] ?? `#${id}`;
}

function lensRowName(v, row) {
  const layer = v.meta.layers[row];
  return layer === 0 ? v.words.embedding : layer === v.meta.depth ? v.words.output : String(layer);
}

function lensCell(v, row, column) {
  const { arrays, meta } = v;
  const at = row * meta.labels.length + column;
  const k = arrays.top_ids.shape[2];
  return {
    at,
    top: at * k,
    k,
    entropy: arrays.entropy[at],
    rank: arrays.rank[at],
    chance: arrays.top_probability[at * k],
    own: arrays.own[at],
  };
}

/** Tools, grid, list and plot of the view. */
export const lensView = {
  spec(v) {
    return {
      rows: v.meta.layers.map((_, row) => lensRowName(v, row)),
      columns: v.meta.labels,
      up: true,
      text: true,
      tall: v.meta.depth > 4 * v.meta.layers.length ? 88 : 26,
    };
  },
  tools(v) {
    const by = ["probability", "entropy", "rank"].map((id) => [id, v.words[`by_${id}`]]);
    const groups = [{ name: v.words.by, value: v.state.by, options: by, set: (id) => v.look({ by: id }) }];
    if (v.meta.layers.length < v.meta.depth + 1)
      groups.push({
        button: fillWords(v.words.every, { step: v.meta.layers.at(-1) - v.meta.layers.at(-2) }),
        press: () => v.look({ dense: true }),
      });
    return groups;
  },
  title: (v) => v.words.title,
  ramp(v) {
    const named = {
      probability: ["0", "100\u202f%"],
      entropy: ["0", fillWords(v.words.nats, { n: decimal(v.span(), 1) })],
      rank: [whole(v.worst()), "1"],
    }[v.state.by];
    return {
      low: named[0],
      high: named[1],
      means: v.words[`means_${v.state.by}`],
      colour: v.state.by === "entropy" ? v.theme.score : v.theme.sequential,
    };
  },
  cell(v, row, column) {
    const one = lensCell(v, row, column);
    const text = lensName(v, v.arrays.top_ids[one.top]);
    const strong = v.arrays.top_ids[one.top] === v.arrays.answer[column];
    if (v.state.by === "entropy") return { fill: v.theme.score(one.entropy / v.span()), text, strong };
    if (v.state.by === "rank")
      return { fill: v.theme.sequential(1 - Math.log(one.rank) / Math.log(v.worst())), text, strong };
    return { fill: v.theme.sequential(one.chance), text, strong };
  },
  tip(v, row, column) {
    const one = lensCell(v, row, column);
    const rows = [{ title: fillWords(v.words.cell, { layer: lensRowName(v, row), token: v.meta.labels[column] }) }];
    for (let i = 0; i < Math.min(4, one.k); i++)
      rows.push([lensName(v, v.arrays.top_ids[one.top + i]), percent(v.arrays.top_probability[one.top + i])]);
    rows.push(
      [fillWords(v.words.rank_of, { token: lensName(v, v.arrays.answer[column]) }), whole(one.rank)],
      [v.words.entropy, fillWords(v.words.nats, { n: one.entropy })],
    );
    return rows;
  },
  pick: (v, row, column) =>
    v.look({
      row: row === v.meta.layers.length - 1 ? -1 : v.meta.layers[row],
      pos: column === v.meta.labels.length - 1 ? -1 : column,
    }),
  picked(v) {
    const row = v.state.row < 0 ? -1 : v.meta.layers.findIndex((layer) => layer >= v.state.row);
    return [row < 0 ? v.meta.layers.length - 1 : row, v.place(v.state.pos)];
  },
  side(v) {
    const [row, column] = v.picked();
    const one = lensCell(v, row, column);
    const colours = lensPinColours(v.theme);
    const pins = v.state.pins.map(Number);
    const own = v.arrays.answer[column];
    const colourOf = (id) => (id === own ? colours[0] : colours[1 + pins.filter((pin) => pin !== own).indexOf(id)]);
    const pin = (id) => {
      const on = id === own || pins.includes(id);
      const button = lensElement("button", "lv-pin", on ? "●" : "○");
      Object.assign(button, {
        type: "button",
        title: id === own ? v.words.own : v.words.pin,
        disabled: id === own || (!on && pins.length >= LENS_MOST),
      });
      button.setAttribute("aria-pressed", String(on));
      button.setAttribute("aria-label", `${id === own ? v.words.own : v.words.pin}: ${lensName(v, id)}`);
      if (on) button.style.setProperty("--pin", colourOf(id));
      button.onclick = () => v.look({ pins: (on ? pins.filter((other) => other !== id) : [...pins, id]).map(String) });
      return button;
    };
    const lines = [
      lensElement(
        "p",
        "lv-head",
        fillWords(v.words.cell, { layer: lensRowName(v, row), token: v.meta.labels[column] }),
      ),
      lensElement(
        "p",
        "lv-note",
        fillWords(v.words.of_answer, { token: lensName(v, own), rank: one.rank, chance: percent(one.own) }),
      ),
    ];
    const most = v.lecture ? Math.min(4, one.k) : one.k;
    for (let i = 0; i < most; i++) {
      const [id, chance] = [v.arrays.top_ids[one.top + i], v.arrays.top_probability[one.top + i]];
      lines.push(
        lensLine({
          label: lensName(v, id),
          value: percent(chance),
          to: chance,
          colour: v.theme.sequential(0.62),
          strong: id === own,
          after: pin(id),
        }),
      );
    }
    for (const id of pins) {
      if (id === own || [...v.arrays.top_ids.subarray(one.top, one.top + most)].includes(id)) continue;
      const known = v.meta.at === v.place(v.state.pos) ? v.meta.pins.indexOf(id) : -1;
      const place = known * (v.meta.depth + 1) + v.meta.layers[row];
      const value = known < 0 ? "…" : fillWords(v.words.ranked, { rank: v.arrays.pin_rank[place] });
      lines.push(
        lensLine({
          label: lensName(v, id),
          value,
          title: known < 0 ? "" : percent(v.arrays.pin_probability[place]),
          to: known < 0 ? 0 : v.arrays.pin_probability[place],
          colour: colourOf(id),
          after: pin(id),
        }),
      );
    }
    return lines;
  },
  plot(v, context, size) {
    const ready = v.meta.at === v.place(v.state.pos);
    const own = v.arrays.answer[v.place(v.state.pos)];
    const pins = v.state.pins.map(Number).filter((id) => id !== own);
    const colours = lensPinColours(v.theme);
    const count = v.meta.depth + 1;
    const ranks = v.state.by === "rank";
    const taken = ranks ? v.arrays.pin_rank : v.arrays.pin_probability;
    const series = v.meta.pins
      .map((id, i) => ({
        id,
        values: taken.subarray(i * count, (i + 1) * count),
        colour: id === own ? colours[0] : colours[1 + pins.indexOf(id)],
      }))
      .filter((one) => ready && one.colour);
    if (!series.length) series.push({ values: new Float32Array(count), colour: v.theme.line });
    const [row] = v.picked();
    paintLensCurves(context, {
      ...size,
      theme: v.theme,
      series,
      ...(ranks
        ? { low: -Math.ceil(Math.log10(Math.max(10, ...taken))), high: 0, ranks }
        : { low: 0, high: 1, share: true }),
      label: v.words.layer,
      title: fillWords(v.words[ranks ? "tracks_rank" : "tracks"], { token: v.meta.labels[v.place(v.state.pos)] }),
      at: v.meta.layers[row],
    });
  },
  say: (v) => v.words.honest,
};
