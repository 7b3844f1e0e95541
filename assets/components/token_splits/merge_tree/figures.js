// The drawings of one explanation: a tree of merges, a lattice of pieces, a list of attempts, the bits of a character.

import { make, makeSvg } from "../../shared/dom.js";

const TREE_PITCH = 46; // pixels between leaves, at least
const TREE_LEVEL = 58;

/** A label at most `most` characters wide, its end replaced. */
function treeCut(label, most) {
  const parts = Array.from(label);
  return parts.length <= most ? label : `${parts.slice(0, most - 1).join("")}…`;
}

/**
 * Where each node of a merge forest stands.
 * @param {{left: number, right: number}[]} nodes children come before parents; −1 marks a leaf
 * @param {number[]} roots in the order of the text
 * @returns {{x: number, level: number}[]} x in leaves, level 0 for leaves
 */
function treePlaces(nodes, roots) {
  const places = nodes.map(() => ({ x: 0, level: 0 }));
  let leaf = 0;
  const walk = (at) => {
    const { left, right } = nodes[at];
    if (left < 0) {
      places[at] = { x: leaf, level: 0 };
      leaf += 1;
      return;
    }
    walk(left);
    walk(right);
    const [one, other] = [places[left], places[right]];
    places[at] = { x: (one.x + other.x) / 2, level: 1 + Math.max(one.level, other.level) };
  };
  for (const root of roots) walk(root);
  return places;
}

function treeBox(group, { x, y, width, height }, label, size) {
  group.append(makeSvg("rect", { x: x - width / 2, y: y - height / 2, width, height, rx: 6 }));
  group.append(makeSvg("text", { x, y, "font-size": size }, label));
}

/** The forest of merges that made the tokens; groups carry `order`, the number of the merge (0: there from the start). */
export function drawForest(meta, width, scale, describe) {
  const { nodes, roots } = meta;
  const places = treePlaces(nodes, roots);
  const leaves = nodes.filter((node) => node.left < 0).length;
  const levels = Math.max(...places.map((place) => place.level));
  const pitch = Math.max(TREE_PITCH * scale, Math.min(96 * scale, (width - 24) / Math.max(1, leaves)));
  const [level, size] = [TREE_LEVEL * scale, 14 * scale];
  const total = leaves * pitch + 24;
  const height = (levels + 1) * level + 6;
  const svg = makeSvg("svg", { width: total, height, viewBox: `0 0 ${total} ${height}`, role: "img" });
  const x = (at) => 12 + (places[at].x + 0.5) * pitch;
  const y = (at) => height - 26 * scale - places[at].level * level;
  const order = mergeOrder(nodes);
  const groups = nodes.map((node, at) => {
    const name = `tree-node${roots.includes(at) ? " root" : ""}${at === meta.chosen ? " chosen" : ""}`;
    const group = makeSvg("g", { class: name, "data-order": order[at] });
    for (const child of node.left < 0 ? [] : [node.left, node.right]) {
      const [x1, y1, x2, y2] = [x(at), y(at) + 14 * scale, x(child), y(child) - 14 * scale];
      group.append(makeSvg("path", { d: `M${x1} ${y1}C${x1} ${(y1 + y2) / 2} ${x2} ${(y1 + y2) / 2} ${x2} ${y2}` }));
    }
    const most = Math.max(3, Math.floor((pitch * Math.max(1, countLeaves(nodes, at)) - 12) / (size * 0.62)));
    const label = treeCut(node.label, most);
    const wide = Array.from(label).reduce((sum, char) => sum + (char.charCodeAt(0) > 0x2e7f ? 1 : 0.62), 0);
    const box = Math.max(30 * scale, wide * size + 14 * scale);
    treeBox(group, { x: x(at), y: y(at), width: box, height: 28 * scale }, label, size);
    const above = { class: "tree-rank", x: x(at), y: y(at) - 21 * scale, "font-size": 11.5 * scale };
    if (node.left >= 0) group.append(makeSvg("text", above, describe(node.rank)));
    group.append(makeSvg("title", {}, node.label));
    return group;
  });
  svg.append(...groups.slice().reverse());
  return svg;
}

/** The number of each merge in the order in which they happened: lowest rank first, then from the left. */
export function mergeOrder(nodes) {
  const order = nodes.map(() => 0);
  nodes
    .map((node, at) => [node, at])
    .filter(([node]) => node.left >= 0)
    .sort((a, b) => a[0].rank - b[0].rank || a[1] - b[1])
    .forEach(([, at], i) => (order[at] = i + 1));
  return order;
}

function countLeaves(nodes, at) {
  return nodes[at].left < 0 ? 1 : countLeaves(nodes, nodes[at].left) + countLeaves(nodes, nodes[at].right);
}

/** Pieces over the characters that they cover, each on the lowest row that is free; the best path is filled. */
export function drawLattice(meta, width, scale, describe) {
  const n = meta.length;
  const pitch = Math.max(TREE_PITCH * scale, Math.min(110 * scale, (width - 24) / Math.max(1, n)));
  const rows = [];
  const sorted = meta.edges
    .slice()
    .sort((a, b) => b.best - a.best || b.end - b.start - (a.end - a.start) || b.score - a.score);
  const placed = sorted.map((edge) => {
    let row = 0;
    while (rows[row]?.some((other) => other.start < edge.end && other.end > edge.start)) row += 1;
    (rows[row] ??= []).push(edge);
    return { edge, row };
  });
  const line = 40 * scale;
  const total = n * pitch + 24;
  const height = rows.length * line + 8 * scale;
  const svg = makeSvg("svg", { width: total, height, viewBox: `0 0 ${total} ${height}`, role: "img" });
  for (const { edge, row } of placed) {
    const group = makeSvg("g", { class: `tree-node ${edge.best ? "best" : "other"}` });
    const [x, y] = [12 + ((edge.start + edge.end) / 2) * pitch, height - 4 * scale - (row + 0.5) * line];
    const box = (edge.end - edge.start) * pitch - 6;
    group.append(makeSvg("rect", { x: x - box / 2, y: y - 17.5 * scale, width: box, height: 35 * scale, rx: 6 }));
    const label = treeCut(edge.label, Math.max(2, Math.floor(box / (8.4 * scale))));
    group.append(makeSvg("text", { x, y: y - 6 * scale, "font-size": 13.5 * scale }, label));
    const below = { class: "tree-rank", x, y: y + 10 * scale, "font-size": 11.5 * scale };
    group.append(makeSvg("text", below, describe(edge.score)));
    group.append(makeSvg("title", {}, `${edge.label} ${describe(edge.score)}`));
    svg.append(group);
  }
  return svg;
}

/** One line for each token: the pieces that were tried, longest first, and the one that was found. */
export function listTries(steps, words) {
  const lines = steps.map((step, at) => {
    const tried = step.tried.length > 7 ? [...step.tried.slice(0, 3), null, ...step.tried.slice(-3)] : step.tried;
    const marks = tried.map((label) => (label === null ? make("span", "", "…") : make("bdi", "tree-try", label)));
    const found = make("bdi", "tree-try found", step.found || words.unknown);
    return make("li", "", make("span", "tree-number", String(at + 1)), ...marks, found);
  });
  return make("ol", "tree-tries", ...lines);
}

/** A character with its code point and the bits of its UTF-8 bytes; those that carry the code point stand out. */
export function listBytes(characters) {
  return characters.map(({ glyph, code, bytes }) => {
    const boxes = bytes.map((byte) => {
      const bits = byte.toString(2).padStart(8, "0");
      const marks = bytes.length === 1 ? 1 : byte === bytes[0] ? bytes.length + 1 : 2;
      const row = make("span", "", make("i", "", bits.slice(0, marks)), make("em", "", bits.slice(marks)));
      return make("span", "tree-byte", make("b", "", byte.toString(16).toUpperCase().padStart(2, "0")), row);
    });
    const set = make("span", "tree-byteset", ...boxes);
    return make("div", "tree-character", make("bdi", "tree-glyph", glyph), make("span", "tree-code", code), set);
  });
}
