// The map of all texts of one tree: a row for each, joined where they part.

import { makeRuler, makeSvg } from "../../shared/dom.js";
import { fitText } from "../../shared/draw.js";

/** The forks that lead to a new one: those of the text before its place, and it. */
export function forksTo(forks, at, fork) {
  return [...forks.filter((one) => parseInt(one, 10) < at), fork];
}

/**
 * Where each text leaves the tree that the texts before it make.
 * @param {{nodes: number[]}[]} texts
 * @returns {{from: number, row: number}[]} first place of its own, and the row of the text that it leaves (−1: none)
 */
function branchRows(texts) {
  const owner = new Map();
  return texts.map(({ nodes }, row) => {
    let from = 0;
    while (from < nodes.length && owner.has(nodes[from])) from += 1;
    const left = from ? owner.get(nodes[from - 1]) : -1;
    nodes.slice(from).forEach((node) => owner.set(node, row));
    return { from, row: left };
  });
}

/** The drawing; `choose(row)` hears which text was chosen. */
export function drawBranches(view, choose) {
  const { meta, theme, words } = view;
  const { scale } = theme;
  const rows = branchRows(meta.texts);
  const most = Math.max(1, ...meta.texts.map((text) => text.nodes.length));
  const [left, line, label] = [14 * scale, 28 * scale, 150 * scale];
  const pitch = Math.max(6 * scale, (view.width - left - label - 24) / most);
  const x = (at) => left + at * pitch;
  const y = (row) => line * (row + 0.6);
  const svg = makeSvg("svg", {
    width: Math.max(view.width - 4, x(most) + label),
    height: line * (rows.length + 0.2),
    role: "group",
    "aria-label": words.map,
  });
  const measure = makeRuler();
  measure.font = `${12 * scale}px ${theme.mono}`;
  meta.texts.forEach((text, row) => {
    const { from, row: up } = rows[row];
    const now = row === meta.current;
    const said = { role: "button", tabindex: 0, "aria-label": text.text, "aria-pressed": now };
    const group = makeSvg("g", { class: now ? "gtree-row now" : "gtree-row", ...said });
    const end = Math.max(text.nodes.length, from);
    const start =
      up < 0 || !from
        ? `M${x(0)},${y(row)}`
        : `M${x(from)},${y(up)} C${x(from) + 0.3 * line},${y(up)} ${x(from)},${y(row)} ${x(from) + 0.6 * line},${y(row)}`;
    const stop = Math.max(x(end), x(from) + 0.6 * line);
    group.append(makeSvg("path", { d: `${start} L${stop},${y(row)}` }));
    group.append(makeSvg("circle", { cx: stop, cy: y(row), r: 4 * scale }));
    const own = text.nodes.slice(from).map((node) => meta.labels[node]);
    const shown = fitText(measure, own.join(""), label - 18 * scale);
    group.append(makeSvg("text", { x: stop + 9 * scale, y: y(row) }, shown));
    const left = x(Math.max(0, from - 1));
    const room = { x: left, y: y(row) - line / 2, width: Math.max(24, stop - left + label), height: line };
    group.append(makeSvg("rect", { class: "gtree-hit", ...room }));
    group.addEventListener("click", () => !now && choose(row));
    group.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      if (!now) choose(row);
    });
    svg.append(group);
  });
  return svg;
}
