// One head on two texts: all heads as points (a score on one text across, on the other up), a slider from the head that
// is most alike on both to the one that differs most, and the chosen head's curves on each text.

import { makeOption } from "../../shared/dom.js";
import { drawDot, drawLine, fillWords, fitCanvas, makeTooltip, percent } from "../../shared/draw.js";
import { FigureView } from "../../shared/figure.js";
import { mounted } from "../../shared/mount.js";
import { decimal, percentTo, rounded } from "../../shared/numbers.js";
import { spokenLabel } from "../../shared/token_columns.js";
import { listStrongest, paintRamp, panelPoint, panelRoom, savePanels, TokenArcs } from "../../shared/token_panels.js";

const PAIR_METRICS = ["previous", "first", "duplicate", "induction", "entropy", "distance"];
const PAIR_SHARES = new Set(PAIR_METRICS.slice(0, 4)); // the others are nats and tokens

/** @extends {FigureView<import("../payloads").HeadPair, import("../payloads").HeadPairArrays>} */
class HeadPairView extends FigureView {
  constructor(root) {
    super(root, ".hp", "head_pair");
    this.panels = ["first", "second"].map((side) => new TokenArcs(this.part(`.hp-${side}`)));
    this.plot = this.part(".hp-plot canvas");
    this.tip = makeTooltip(this.part(".hp-plot"));
    this.select = this.part(".hp-by select");
    this.slider = this.part(".hp-scrub input");
    this.over = null; // {side, panel, at}
    this.listen();
  }

  take({ meta, arrays } = this) {
    const key = JSON.stringify(meta.sides);
    if (key !== this.key || meta.state.version !== this.version) {
      this.key = key;
      Object.assign(this, { version: meta.state.version, over: null, by: meta.state.by });
      this.at = Math.min(meta.layers - 1, meta.state.layer) * meta.heads + Math.min(meta.heads - 1, meta.state.head);
    }
    this.count = meta.layers * meta.heads;
    this.values = [arrays.metrics_first, arrays.metrics_second];
    this.weights = [arrays.first, arrays.second];
    const options = PAIR_METRICS.map((name) => makeOption(name, this.words[`metric_${name}`]));
    for (const option of options) option.disabled = !this.order(option.value).length;
    paintRamp(this.part(".gb-ramp"), this.words.ramp, (layer) => this.depth(layer), "0", String(meta.layers - 1));
    this.select.replaceChildren(...options);
    this.select.value = this.by;
    this.sort();
    this.spell();
  }

  depth(layer) {
    return this.theme.sequential(0.3 + 0.6 * layer);
  }

  score(side, at, by = this.by) {
    return this.values[side][PAIR_METRICS.indexOf(by) * this.count + at];
  }

  /** Heads with a score on both texts, the most alike first: by |a − b| / (a + b + the mean score). */
  order(by) {
    const both = (at) => this.score(0, at, by) + this.score(1, at, by);
    const all = Array.from({ length: this.count }, (_, at) => at).filter((at) => Number.isFinite(both(at)));
    const mean = all.reduce((sum, at) => sum + both(at), 0) / (2 * all.length);
    const gap = (at) => Math.abs(this.score(0, at, by) - this.score(1, at, by)) / (both(at) + mean + 1e-9);
    return all.sort((p, q) => gap(p) - gap(q));
  }

  sort() {
    this.sorted = this.order(this.by);
    this.slider.max = String(Math.max(0, this.sorted.length - 1));
    this.slider.disabled = !this.sorted.length;
    this.slider.setAttribute("aria-label", `${this.words.alike} – ${this.words.unlike}`);
  }

  // ── choices ──

  get place() {
    return { layer: Math.floor(this.at / this.meta.heads), head: this.at % this.meta.heads };
  }

  goTo(at, commit = true) {
    this.at = at;
    this.spell();
    this.frame();
    if (commit) this.send("look", { ...this.place, by: this.by });
  }

  listen() {
    this.select.onchange = () => {
      this.by = this.select.value;
      this.sort();
      this.goTo(this.at);
    };
    const scrubbed = () => this.sorted[Number(this.slider.value)] ?? this.at;
    this.slider.oninput = () => this.ready && this.goTo(scrubbed(), false);
    this.slider.onchange = () => this.ready && this.goTo(scrubbed());
    this.part(".hp-button").onclick = () => this.ready && this.save();
    this.panels.forEach((panel, side) => {
      const { canvas } = panel;
      const find = (event) => (this.ready && panel.left ? panel.at(...panelPoint(event, canvas)) : null);
      const over = (event) => this.point(find(event), side);
      Object.assign(canvas, { onpointermove: over, onpointerdown: over, onpointerleave: () => this.point(null, side) });
    });
    this.plot.onpointermove = (event) => this.ready && this.hint(event);
    this.plot.onpointerleave = () => this.tip.hide();
    this.plot.onclick = (event) => {
      const at = this.ready ? this.nearest(event) : -1;
      if (at >= 0) this.goTo(at);
    };
    this.plot.onkeydown = (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!step || !this.sorted?.length) return;
      event.preventDefault();
      const next = this.sorted.indexOf(this.at) + step;
      this.goTo(this.sorted[Math.min(this.sorted.length - 1, Math.max(0, next))]);
    };
  }

  point(found, panel) {
    const over = found && { panel, ...found };
    if (JSON.stringify(over) === JSON.stringify(this.over)) return;
    this.over = over;
    this.spell();
    this.frame();
  }

  nearest(event) {
    const [x, y] = panelPoint(event, this.plot);
    let [best, least] = [-1, 18 * this.theme.scale];
    for (const at of this.sorted) {
      const far = Math.hypot(this.axis.x(this.score(0, at)) - x, this.axis.y(this.score(1, at)) - y);
      if (far < least) [best, least] = [at, far];
    }
    return best;
  }

  hint(event) {
    const at = this.nearest(event);
    if (at < 0) return this.tip.hide();
    const { heads } = this.meta;
    const title = fillWords(this.words.head, { layer: Math.floor(at / heads), head: at % heads });
    const rows = [0, 1].map((side) => [this.words[`text_${side + 1}`], this.shown(this.score(side, at))]);
    return this.tip.show([{ title }, ...rows], ...panelPoint(event, this.plot));
  }

  // ── words ──

  shown(value) {
    if (!Number.isFinite(value)) return "—";
    if (PAIR_SHARES.has(this.by)) return percent(value);
    return `${decimal(value)}\u202f${this.words[this.by === "entropy" ? "unit_nats" : "unit_tokens"]}`;
  }

  spell() {
    const { words, meta } = this;
    const values = { ...this.place, metric: words[`metric_${this.by}`] };
    this.part(".hp-plot-title").textContent = fillWords(words.plot, { ...values, count: this.sorted.length });
    ["first", "second"].forEach((name, side) => {
      const [text, value] = [words[`text_${side + 1}`], this.shown(this.score(side, this.at))];
      const title = fillWords(words.side, { ...values, text, value });
      this.part(`.hp-${name}-title`).textContent = title;
      this.part(`.hp-${name}`).setAttribute("aria-label", `${title}. ${meta.sides[side].labels.join(" ")}`);
    });
    this.plot.setAttribute("aria-label", fillWords(words.aria_plot, { ...values, count: this.sorted.length }));
    const rank = this.sorted.indexOf(this.at);
    if (rank >= 0) this.slider.value = String(rank);
    this.slider.setAttribute("aria-valuetext", fillWords(words.head, values));
    this.part(".hp-said").textContent = this.sentence(rank);
  }

  sentence(rank) {
    const { words, over, meta } = this;
    if (over) {
      const { labels } = meta.sides[over.panel];
      const panel = this.panels[over.panel];
      const n = labels.length;
      const shares = labels.map(
        (_, other) => panel.values[over.side === "left" ? over.at * n + other : other * n + over.at],
      );
      const told = { token: spokenLabel(labels[over.at]), list: listStrongest(words, labels, shares) };
      return fillWords(over.side === "left" ? words.row : words.column, told);
    }
    if (rank < 0) return fillWords(words.unmeasured, { metric: words[`metric_${this.by}`] });
    const values = { ...this.place, metric: words[`metric_${this.by}`], rank: rank + 1, count: this.sorted.length };
    const [first, second] = [0, 1].map((side) => this.shown(this.score(side, this.at)));
    return fillWords(words.said, { ...values, first, second });
  }

  // ── drawing ──

  draw() {
    const { meta, theme, ratio } = this;
    const size = { low: 320, high: 520, share: 0.44, least: 140 };
    const { across, high } = panelRoom(this, this.part(".hp-main"), size);
    this.panels.forEach((panel, side) => {
      const { labels, special } = meta.sides[side];
      const n = labels.length;
      const cells = this.weights[side].subarray(this.at * n * n, (this.at + 1) * n * n);
      const values = Float32Array.from(cells, (cell) => cell / 255);
      panel.set({ left: labels, right: labels, values, pale: { left: special, right: special } });
      panel.layout(theme, panel.canvas.parentElement.clientWidth, high, { ratio });
      panel.paint(this.over?.panel === side ? this.over : null);
    });
    const wide = Math.min(this.plot.parentElement.parentElement.clientWidth, across === 3 ? 460 : 420);
    this.drawPlot(wide, across === 1 ? 260 : Math.min(high, 340 * theme.scale));
  }

  drawPlot(width, height) {
    const { theme, sorted, meta } = this;
    const unit = theme.scale;
    const context = fitCanvas(this.plot, width, height, this.ratio);
    context.clearRect(0, 0, width, height);
    const all = sorted.flatMap((at) => [this.score(0, at), this.score(1, at)]);
    const top = Math.max(...all, 1e-6) * 1.04;
    const area = { left: 44 * unit, right: width - 10, top: 8, bottom: height - 40 * unit };
    const x = (value) => area.left + ((area.right - area.left) * value) / top;
    const y = (value) => area.bottom - ((area.bottom - area.top) * value) / top;
    this.axis = { x, y };
    Object.assign(context, { font: `400 ${12 * unit}px ${theme.sans}`, lineWidth: 1 });
    const share = PAIR_SHARES.has(this.by);
    const step = [0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1, 2, 5, 10, 20].find((one) => top / one <= 5) ?? 50;
    for (let tick = 0; tick <= top; tick += step) {
      context.strokeStyle = theme.line;
      drawLine(context, area.left, y(tick), area.right, y(tick));
      drawLine(context, x(tick), area.top, x(tick), area.bottom);
      context.fillStyle = theme.muted;
      const label = share ? percentTo(tick) : rounded(tick, 2);
      Object.assign(context, { textAlign: "right", textBaseline: "middle" });
      context.fillText(label, area.left - 6, y(tick));
      Object.assign(context, { textAlign: "center", textBaseline: "top" });
      if (tick) context.fillText(label, x(tick), area.bottom + 5);
    }
    context.setLineDash([4, 4]);
    context.strokeStyle = theme.muted;
    drawLine(context, x(0), y(0), x(top), y(top));
    context.setLineDash([]);
    Object.assign(context, { textAlign: "right", textBaseline: "top", fillStyle: theme.muted });
    context.fillText(`${this.words.text_1} →`, area.right, area.bottom + 21 * unit);
    Object.assign(context, { textAlign: "left" });
    context.fillText(`↑ ${this.words.text_2}`, area.left + 4, area.top);
    for (const at of [...sorted].reverse()) {
      const layer = Math.floor(at / meta.heads) / Math.max(1, meta.layers - 1);
      Object.assign(context, { globalAlpha: 0.85, fillStyle: this.depth(layer) });
      drawDot(context, x(this.score(0, at)), y(this.score(1, at)), 3.6 * unit);
    }
    context.globalAlpha = 1;
    if (!sorted.includes(this.at)) return;
    Object.assign(context, { strokeStyle: theme.fg, lineWidth: 2.2 });
    context.beginPath();
    context.arc(x(this.score(0, this.at)), y(this.score(1, this.at)), 7 * unit, 0, 2 * Math.PI);
    context.stroke();
  }

  save() {
    const title = (name) => this.part(`.hp-${name}-title`).textContent;
    const canvases = [
      [this.plot, title("plot")],
      [this.panels[0].canvas, title("first")],
      [this.panels[1].canvas, title("second")],
    ];
    const said = this.sentence(this.sorted.indexOf(this.at));
    savePanels(this, canvases, "head-on-two-texts.png", [said, this.meta.caption]);
  }
}

export default mounted((root) => new HeadPairView(root));
