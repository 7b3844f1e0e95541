// Cross-attention: what an encoder-decoder writes, step by step, and which source token each head looks at meanwhile.
// All heads as small matrices (and their mean), the chosen one as curves up to the present step and as exact numbers.

import { make } from "../../shared/dom.js";
import { fillWords, fitCanvas, percent } from "../../shared/draw.js";
import { FigureView } from "../../shared/figure.js";
import { mounted } from "../../shared/mount.js";
import { figures } from "../../shared/numbers.js";
import { spokenLabel } from "../../shared/token_columns.js";
import {
  listStrongest,
  paintRamp,
  panelPoint,
  panelRoom,
  savePanels,
  TokenArcs,
  TokenMatrix,
} from "../../shared/token_panels.js";

const CROSS_STEP = 700; // milliseconds of a token while it plays
const CROSS_MEAN = -1; // the place of "mean of all heads"

/** @extends {FigureView<import("../payloads").CrossAttention, import("../payloads").CrossAttentionArrays>} */
class CrossView extends FigureView {
  constructor(root) {
    super(root, ".cx", "cross_attention");
    this.arcs = new TokenArcs(this.part(".cx-arcs"));
    this.matrix = new TokenMatrix(this.part(".cx-matrix"));
    this.grid = this.part(".cx-grid");
    this.slider = this.part(".cx-slider");
    this.over = null; // {row, column}
    this.listen();
  }

  take({ meta, arrays } = this) {
    const { layers, heads } = meta;
    const [t, s] = [meta.written.labels.length, meta.source.labels.length];
    this.t = t;
    this.s = s;
    this.count = layers * heads;
    if (this.from !== arrays) {
      this.from = arrays;
      this.weights =
        meta.scale === 1 ? arrays.attention : Float32Array.from(arrays.attention, (cell) => cell / meta.scale);
      this.mean = new Float32Array(t * s);
      for (let at = 0; at < this.count; at += 1)
        for (let cell = 0; cell < t * s; cell += 1) this.mean[cell] += this.weights[at * t * s + cell] / this.count;
    }
    const key = JSON.stringify([meta.source.labels, meta.written.labels, layers, heads]);
    if (key !== this.key || meta.state.version !== this.version) {
      this.key = key;
      Object.assign(this, { version: meta.state.version, over: null });
      const { cl, ch, writing } = meta.state;
      const [surestLayer, surestHead, boldest] = meta.surest;
      const [layer, head] = cl < -1 ? [surestLayer, surestHead] : [cl, ch];
      this.at = layer < 0 || layer >= layers || head < 0 || head >= heads ? CROSS_MEAN : layer * heads + head;
      this.step = Math.min(t - 1, writing < 0 ? boldest : writing);
    }
    paintRamp(this.part(".gb-ramp"), this.words.ramp, (share) => this.theme.sequential(Math.sqrt(share)));
    this.slider.max = String(t - 1);
    this.slider.setAttribute("aria-label", this.words.step_name);
    this.grid.setAttribute("aria-label", fillWords(this.words.aria_grid, { layers, heads }));
    this.spell();
  }

  get values() {
    return this.at === CROSS_MEAN
      ? this.mean
      : this.weights.subarray(this.at * this.t * this.s, (this.at + 1) * this.t * this.s);
  }

  get place() {
    return this.at === CROSS_MEAN
      ? { cl: -1, ch: -1 }
      : { cl: Math.floor(this.at / this.meta.heads), ch: this.at % this.meta.heads };
  }

  named(at) {
    const { heads } = this.meta;
    return at === CROSS_MEAN
      ? this.words.mean
      : fillWords(this.words.head, { layer: Math.floor(at / heads), head: at % heads });
  }

  // ── choices ──

  commit() {
    this.send("look", { ...this.place, writing: this.step });
  }

  goTo(step, commit = true) {
    this.step = Math.min(this.t - 1, Math.max(0, step));
    this.over = null;
    this.spell();
    this.frame();
    if (commit) this.commit();
  }

  choose(at) {
    this.at = at;
    this.spell();
    this.frame();
    this.commit();
  }

  play() {
    if (this.film) return this.stop();
    let step = this.step >= this.t - 1 ? 0 : this.step;
    this.goTo(step, false);
    this.film = setInterval(() => {
      step += 1;
      if (step >= this.t || this.gone) return this.stop();
      return this.goTo(step, false);
    }, CROSS_STEP);
    this.spell();
    return undefined;
  }

  stop() {
    clearInterval(this.film);
    this.film = null;
    if (!this.gone) this.goTo(this.step);
  }

  destroy() {
    clearInterval(this.film);
    super.destroy();
  }

  listen() {
    this.slider.oninput = () => this.ready && this.goTo(Number(this.slider.value), false);
    this.slider.onchange = () => this.ready && this.goTo(Number(this.slider.value));
    this.part(".cx-play").onclick = () => this.ready && this.play();
    this.part(".cx-save").onclick = () => this.ready && this.save();
    const overArcs = (event) => {
      const found = this.ready && this.arcs.left ? this.arcs.at(...panelPoint(event, this.arcs.canvas)) : null;
      this.point(found && (found.side === "left" ? { row: found.at, column: -1 } : { row: -1, column: found.at }));
    };
    const overMatrix = (event) =>
      this.point(this.ready && this.matrix.rows ? this.matrix.at(...panelPoint(event, this.matrix.canvas)) : null);
    for (const [canvas, over] of [
      [this.arcs.canvas, overArcs],
      [this.matrix.canvas, overMatrix],
    ]) {
      Object.assign(canvas, { onpointermove: over, onpointerdown: over, onpointerleave: () => this.point(null) });
      canvas.onclick = () => this.over?.row >= 0 && this.goTo(this.over.row);
    }
    this.grid.onclick = (event) => {
      const at = this.ready ? this.cell(...panelPoint(event, this.grid)) : null;
      if (at !== null) this.choose(at);
    };
    this.grid.onkeydown = (event) => {
      const { heads } = this.meta ?? {};
      const move = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: heads, ArrowUp: -heads }[event.key];
      if (!move) return;
      event.preventDefault();
      const next = this.at === CROSS_MEAN ? (move > 0 ? 0 : CROSS_MEAN) : this.at + move;
      this.choose(next < 0 ? CROSS_MEAN : Math.min(this.count - 1, next));
    };
  }

  point(over) {
    if (JSON.stringify(over) === JSON.stringify(this.over)) return;
    this.over = over;
    this.spell();
    this.frame();
  }

  // ── words ──

  spell() {
    const { words, meta, step, t } = this;
    const row = this.over?.row >= 0 ? this.over.row : step;
    const written = meta.written.labels;
    const piece = (label, name) => make("span", name, label.replace(/^·(?=.)/, " "));
    this.part(".cx-source").replaceChildren(
      ...meta.source.labels.filter((_, at) => !meta.source.special[at]).map((label) => piece(label, "")),
    );
    this.part(".cx-written").replaceChildren(
      ...written.map((label, at) => piece(label, at === step ? "cx-now" : at > step ? "cx-later" : "")),
    );
    this.slider.value = String(step);
    const [token, chance] = [spokenLabel(written[step]), percent(this.arrays.probability[step])];
    const values = { step: step + 1, steps: t, token, chance };
    this.part(".cx-step").textContent = fillWords(words.step, values);
    this.slider.setAttribute("aria-valuetext", fillWords(words.step, values));
    this.part(".cx-play").textContent = this.film ? words.stop : words.play;
    const name = this.named(this.at);
    this.part(".cx-arcs-title").textContent = fillWords(words.arcs, { head: name });
    this.part(".cx-matrix-title").textContent = fillWords(words.matrix, { head: name });
    for (const id of ["arcs", "matrix"])
      this.part(`.cx-${id}`).setAttribute("aria-label", this.part(`.cx-${id}-title`).textContent);
    this.part(".cx-said").textContent = this.sentence(row);
  }

  sentence(row) {
    const { words, meta, s, t, over, values } = this;
    const head = this.named(this.at);
    if (over?.row >= 0 && over.column >= 0) {
      const exact = values[over.row * s + over.column];
      const share = meta.scale === 1 ? `${figures(100 * exact, 4)}\u202f%` : percent(exact);
      const [token, source] = [meta.written.labels[over.row], meta.source.labels[over.column]].map(spokenLabel);
      return fillWords(words.cell, { head, token, source, share });
    }
    if (over?.column >= 0) {
      const shares = Array.from({ length: t }, (_, at) => values[at * s + over.column]);
      const list = listStrongest(words, meta.written.labels, shares);
      return fillWords(words.column, { head, source: spokenLabel(meta.source.labels[over.column]), list });
    }
    const list = listStrongest(words, meta.source.labels, values.subarray(row * s, (row + 1) * s));
    return fillWords(words.row, { head, token: spokenLabel(meta.written.labels[row]), list });
  }

  // ── drawing ──

  draw() {
    const { meta, theme, ratio, t, s, step } = this;
    const size = { low: 300, high: 480, share: 0.42, least: 168 };
    const { high } = panelRoom(this, this.part(".cx-main"), size);
    const values = this.values.slice();
    values.fill(0, (step + 1) * s); // what is not written yet looks nowhere
    const pale = { left: meta.written.labels.map((_, at) => at > step), right: meta.source.special };
    this.arcs.set({ left: meta.written.labels, right: meta.source.labels, values, pale });
    this.arcs.layout(theme, this.arcs.canvas.parentElement.clientWidth, high, { ratio });
    const chosen =
      this.over?.row >= 0
        ? { side: "left", at: this.over.row }
        : this.over?.column >= 0
          ? { side: "right", at: this.over.column }
          : { side: "left", at: step };
    this.arcs.paint(chosen);
    this.matrix.set({ rows: meta.written.labels, columns: meta.source.labels, values });
    this.matrix.layout(theme, this.matrix.canvas.parentElement.clientWidth, high, { ratio });
    this.matrix.paint({ row: this.over?.row ?? -1, column: this.over?.column ?? -1, kept: step });
    this.drawGrid(this.grid.parentElement.clientWidth, t, s);
  }

  cell(x, y) {
    const { left, top, size, head } = this.cells;
    if (y >= 0 && y < head && x >= left && x < left + size) return CROSS_MEAN;
    const [column, row] = [Math.floor((x - left) / size), Math.floor((y - top) / size)];
    const { layers, heads } = this.meta;
    return column >= 0 && column < heads && row >= 0 && row < layers ? row * heads + column : null;
  }

  drawGrid(width, t, s) {
    const { meta, theme } = this;
    const unit = theme.scale;
    const left = 34 * unit;
    const size = Math.min(76 * unit, (width - left) / meta.heads);
    const head = size;
    const top = head + 20 * unit;
    this.cells = { left, top, size, head };
    const context = fitCanvas(this.grid, width, top + size * meta.layers + 4, this.ratio);
    context.clearRect(0, 0, width, top + size * meta.layers + 4);
    Object.assign(context, {
      font: `400 ${12 * unit}px ${theme.sans}`,
      textBaseline: "middle",
      textAlign: "left",
      fillStyle: theme.muted,
    });
    context.fillText(this.words.mean, left + size + 8 * unit, head / 2);
    Object.assign(context, { textAlign: "center" });
    for (let column = 0; column < meta.heads; column += 1)
      context.fillText(String(column), left + (column + 0.5) * size, top - 9 * unit);
    Object.assign(context, { textAlign: "right" });
    for (let row = 0; row < meta.layers; row += 1)
      context.fillText(`L${row}`, left - 8 * unit, top + (row + 0.5) * size);
    const inner = size - 6;
    const paint = (at, x, y) => {
      const values = at === CROSS_MEAN ? this.mean : this.weights.subarray(at * t * s, (at + 1) * t * s);
      const [wide, tall] = [inner / s, inner / t];
      for (let row = 0; row < t; row += 1) {
        for (let column = 0; column < s; column += 1) {
          context.fillStyle = theme.sequential(Math.sqrt(values[row * s + column]));
          context.fillRect(x + column * wide, y + row * tall, wide + 0.4, tall + 0.4);
        }
      }
      context.strokeStyle = at === this.at ? theme.fg : theme.border;
      context.lineWidth = at === this.at ? 2.6 : 1;
      context.strokeRect(x - 1, y - 1, inner + 2, inner + 2);
    };
    paint(CROSS_MEAN, left + 3, 3);
    for (let at = 0; at < this.count; at += 1)
      paint(at, left + (at % meta.heads) * size + 3, top + Math.floor(at / meta.heads) * size + 3);
  }

  save() {
    const canvases = [
      [this.grid, this.words.grid],
      [this.arcs.canvas, this.part(".cx-arcs-title").textContent],
      [this.matrix.canvas, this.part(".cx-matrix-title").textContent],
    ];
    savePanels(this, canvases, "cross-attention.png", [this.sentence(this.step), this.meta.caption]);
  }
}

export default mounted((root) => new CrossView(root));
