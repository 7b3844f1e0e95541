// Beam search as a tree: a column for each step, the texts that go on above, the candidates that were dropped below.

import { make, makeRuler, makeSvg, quoted } from "../../shared/dom.js";
import { fillWords, fitText, percent } from "../../shared/draw.js";
import { mounted } from "../../shared/mount.js";
import { makeDial, makeRunBar } from "../../shared/run_bar.js";
import { MessageView } from "../../shared/view.js";

/**
 * The row of each node in its column: kept ones first, each group by falling score.
 * @returns {Int32Array}
 */
function beamRowsOf(step, kept, score) {
  const rows = new Int32Array(step.length);
  for (let column = 0; column <= Math.max(-1, ...step); column++) {
    const nodes = [...step.keys()].filter((node) => step[node] === column);
    nodes.sort((a, b) => kept[b] - kept[a] || score[b] - score[a]);
    nodes.forEach((node, row) => (rows[node] = row));
  }
  return rows;
}

/** @extends {MessageView<import("../payloads").BeamTree, import("../payloads").BeamTreeArrays>} */
class BeamView extends MessageView {
  constructor(root) {
    super(root, ".beam", "beam_tree");
    this.scroll = this.find(".beam-scroll");
    this.bar = makeRunBar(this.find(".beam-bar"), (name, value) => this.ask(name, value));
    this.dials = {
      beams: makeDial(1, 8, (beams) => this.look({ beams })),
      depth: makeDial(1, 24, (depth) => this.look({ depth })),
    };
    this.find(".beam-controls").append(...Object.values(this.dials).map((dial) => dial.element));
    this.scroll.addEventListener("keydown", (event) => this.onKey(event));
    this.here = -1;
  }

  take({ meta } = this) {
    const fresh = this.isNew(meta.state);
    for (const [name, dial] of Object.entries(this.dials)) {
      if (fresh) dial.set(meta.state[name] ?? 1);
      dial.name(this.words[name]);
    }
    if (this.here >= meta.labels.length) this.here = -1;
    this.draw();
  }

  // Nodes from the first token to this one.
  branch(node) {
    const nodes = [];
    for (let at = node; at >= 0; at = this.arrays.parent[at]) nodes.unshift(at);
    return nodes;
  }

  draw() {
    const { meta, words } = this;
    const steps = this.arrays.step.length ? Math.max(...this.arrays.step) + 1 : 0;
    this.bar(meta.run, steps, words);
    this.find(".beam-key").textContent = words.key;
    this.rows = beamRowsOf(this.arrays.step, this.arrays.kept, this.arrays.score);
    this.scroll.replaceChildren(this.picture(steps));
    const results = [...this.arrays.results].map((node, at) => {
      // token by token: a text would lose the bytes of a character that is not finished
      const tokens = this.branch(node).map((one) => make("bdi", "beam-token", meta.labels[one]));
      const score = fillWords(words.result, { score: this.arrays.result_scores[at] });
      return make("li", "", make("b", "", score), make("span", "", ...tokens));
    });
    this.find(".beam-results").replaceChildren(...results);
    this.say();
  }

  picture(steps) {
    const { meta, theme, words } = this;
    const { scale } = theme;
    const [wide, high, gap] = [112 * scale, 26 * scale, 34 * scale];
    const start = 16 * scale;
    const most = Math.max(1, ...this.rows.map((row) => row + 1));
    const line = 33 * scale;
    const x = (node) => start + this.arrays.step[node] * (wide + gap) + gap;
    const y = (node) => line * (this.rows[node] + 0.6);
    const size = { width: start + Math.max(1, steps) * (wide + gap) + 8, height: line * (most + 0.2) };
    const svg = makeSvg("svg", { ...size, tabindex: 0, role: "application", "aria-label": words.tree });
    svg.append(makeSvg("circle", { cx: start, cy: line * 0.6, r: 5 * scale, fill: theme.muted }));
    const best = new Set(this.arrays.results.length ? this.branch(this.arrays.results[0]) : []);
    const greedy = new Set(this.arrays.greedy);
    const measure = makeRuler();
    measure.font = `${13 * scale}px ${theme.mono}`;
    const [edges, nodes] = [[], []];
    for (let node = 0; node < meta.labels.length; node++) {
      const up = this.arrays.parent[node];
      const [fromX, fromY] = up < 0 ? [start + 5 * scale, line * 0.6] : [x(up) + wide, y(up)];
      const [toX, toY] = [x(node), y(node)];
      const kind = this.arrays.kept[node] ? (best.has(node) ? "best" : "") : "pruned";
      const curve = `M${fromX},${fromY} C${fromX + gap / 2},${fromY} ${toX - gap / 2},${toY} ${toX},${toY}`;
      const edge = (d, name, width) => edges.push(makeSvg("path", { d, class: name, "stroke-width": width * scale }));
      edge(curve, kind, 0.8 + 3.2 * Math.exp(this.arrays.log_chance[node]));
      if (greedy.has(node)) edge(curve.replace(/M[^ ]+/, `M${fromX},${fromY + 3}`), "greedy", 1.6);
      const group = makeSvg("g", {
        class: `beam-node ${kind} ${this.arrays.closed[node] ? "closed" : ""} ${node === this.here ? "here" : ""}`,
        "data-node": node,
      });
      const share = percent(Math.exp(this.arrays.log_chance[node]));
      const room = wide - 16 * scale - measure.measureText(share).width;
      group.append(makeSvg("rect", { x: toX, y: toY - high / 2, width: wide, height: high, rx: 6 }));
      group.append(makeSvg("text", { x: toX + 7 * scale, y: toY }, fitText(measure, meta.labels[node], room)));
      group.append(makeSvg("text", { x: toX + wide - 6 * scale, y: toY, class: "beam-small" }, share));
      group.addEventListener("click", () => this.select(node));
      group.addEventListener("pointerenter", () => this.say(node));
      nodes.push(group);
    }
    const pruned = (edge) => Number(edge.classList.contains("pruned"));
    svg.append(...edges.sort((a, b) => pruned(b) - pruned(a)), ...nodes);
    svg.addEventListener("pointerleave", () => this.say());
    return svg;
  }

  say(node = this.here) {
    const { words, meta } = this;
    let text = words.hint;
    if (node >= 0) {
      const said = this.branch(node)
        .map((at) => meta.labels[at])
        .join("");
      const kind = this.arrays.closed[node] ? "said_closed" : this.arrays.kept[node] ? "said_kept" : "said_pruned";
      text = fillWords(words[kind], {
        text: quoted(said),
        share: percent(Math.exp(this.arrays.log_chance[node])),
        score: this.arrays.score[node],
        mean: this.arrays.score[node] / (this.arrays.step[node] + 1),
      });
    }
    this.find(".beam-said").textContent = text;
  }

  select(node) {
    this.here = node;
    for (const group of this.scroll.querySelectorAll(".beam-node"))
      group.classList.toggle("here", Number(group.dataset.node) === node);
    this.scroll.querySelector(".here")?.scrollIntoView({ block: "nearest", inline: "nearest" });
    this.say();
  }

  onKey(event) {
    const at = this.here;
    const nodes = [...this.arrays.step.keys()];
    const byRow = (a, b) => this.rows[a] - this.rows[b];
    const column = (step) => nodes.filter((node) => this.arrays.step[node] === step).sort(byRow);
    let to;
    if (event.key === "ArrowRight")
      to = at < 0 ? column(0)[0] : nodes.filter((node) => this.arrays.parent[node] === at).sort(byRow)[0];
    else if (event.key === "ArrowLeft") to = at < 0 ? undefined : this.arrays.parent[at];
    else if (event.key === "ArrowDown" || event.key === "ArrowUp")
      to = column(at < 0 ? 0 : this.arrays.step[at])[
        (at < 0 ? -1 : this.rows[at]) + (event.key === "ArrowDown" ? 1 : -1)
      ];
    else return;
    event.preventDefault();
    if (to !== undefined) this.select(to);
  }
}

export default mounted((root) => new BeamView(root));
