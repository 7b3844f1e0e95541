// What wakes a head that rests: all heads by how much of their attention leaves the first token on this text, the
// chosen head's curves on it, and on the text of the bank that wakes it most; below, the head on every text of the bank.

import { fillWords, fitCanvas, lectureRoom, makeTooltip, percent } from "../../shared/draw.js";
import { FigureView } from "../../shared/figure.js";
import { mounted } from "../../shared/mount.js";
import { paintRamp, panelPoint, savePanels, TokenArcs } from "../../shared/token_panels.js";
import { spokenLabel } from "../../shared/token_columns.js";

import { percentTo } from "../../shared/numbers.js";

class WakingView extends FigureView {
  constructor(root) {
    super(root, ".wh", "waking_head");
    this.panels = ["here", "there"].map((side) => new TokenArcs(this.part(`.wh-${side}`)));
    this.grid = this.part(".wh-grid canvas");
    this.bank = this.part(".wh-bank canvas");
    this.tips = { grid: makeTooltip(this.part(".wh-grid")), bank: makeTooltip(this.part(".wh-bank")) };
    this.slider = this.part(".wh-scrub input");
    this.over = null; // {panel, side, at}
    this.listen();
    this.applyTheme();
  }

  take({ meta, arrays }) {
    this.count = meta.layers * meta.heads;
    const gain = (at) => this.share(at, arrays.best[at]) - arrays.here_awake[at];
    this.resting = Array.from({ length: this.count }, (_, at) => at).filter(
      (at) => arrays.here_awake[at] <= 1 - meta.rests,
    );
    this.resting.sort((p, q) => gain(q) - gain(p));
    const key = JSON.stringify([meta.here.labels, meta.layers]);
    if (key !== this.key || meta.state.version !== this.version) {
      Object.assign(this, { key, version: meta.state.version, over: null });
      this.at = Math.min(meta.layers - 1, meta.state.layer) * meta.heads + Math.min(meta.heads - 1, meta.state.head);
    }
    paintRamp(this.part(".gb-ramp"), this.words.ramp, (share) => this.shade(share));
    this.slider.max = String(Math.max(0, this.resting.length - 1));
    this.slider.disabled = !this.resting.length;
    this.slider.setAttribute("aria-label", `${this.words.most} – ${this.words.least}`);
    this.kinds = [...new Set(meta.kinds)];
    this.grid.setAttribute("aria-label", fillWords(this.words.aria_grid, { layers: meta.layers, heads: meta.heads }));
    this.spell();
  }

  shade(awake) {
    return this.theme.sequential(0.06 + 0.9 * awake);
  }

  share(at, text) {
    return this.arrays.awake[at * this.meta.texts.length + text];
  }

  get best() {
    return this.arrays.best[this.at];
  }

  named(at) {
    return { layer: Math.floor(at / this.meta.heads), head: at % this.meta.heads };
  }

  // ── choices ──

  goTo(at, commit = true) {
    this.at = at;
    this.over = null;
    this.spell();
    this.frame();
    if (commit) this.send("look", this.named(at));
  }

  listen() {
    const scrubbed = () => this.resting[Number(this.slider.value)] ?? this.at;
    this.slider.oninput = () => this.ready && this.goTo(scrubbed(), false);
    this.slider.onchange = () => this.ready && this.goTo(scrubbed());
    this.part(".wh-save").onclick = () => this.ready && this.save();
    this.part(".wh-use").onclick = () => this.ready && this.send("use", { text: this.best });
    this.panels.forEach((panel, number) => {
      const { canvas } = panel;
      const over = (event) =>
        this.point(this.ready && panel.left ? panel.at(...panelPoint(event, canvas)) : null, number);
      Object.assign(canvas, {
        onpointermove: over,
        onpointerdown: over,
        onpointerleave: () => this.point(null, number),
      });
    });
    const cell = (event) => {
      const [x, y] = panelPoint(event, this.grid);
      const { left, top, wide, high } = this.cells;
      const [head, layer] = [Math.floor((x - left) / wide), Math.floor((y - top) / high)];
      return head >= 0 && head < this.meta.heads && layer >= 0 && layer < this.meta.layers
        ? layer * this.meta.heads + head
        : -1;
    };
    this.grid.onclick = (event) => {
      const at = this.ready ? cell(event) : -1;
      if (at >= 0) this.goTo(at);
    };
    this.grid.onpointermove = (event) => {
      const at = this.ready ? cell(event) : -1;
      if (at < 0) return this.tips.grid.hide();
      const rows = [
        [this.words.on_here, percent(this.arrays.here_awake[at])],
        [this.words.on_there, percent(this.share(at, this.arrays.best[at]))],
      ];
      return this.tips.grid.show(
        [{ title: fillWords(this.words.head, this.named(at)) }, ...rows],
        ...panelPoint(event, this.grid),
      );
    };
    this.grid.onpointerleave = () => this.tips.grid.hide();
    this.grid.onkeydown = (event) => {
      const { heads } = this.meta ?? {};
      const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: heads, ArrowUp: -heads }[event.key];
      if (!step) return;
      event.preventDefault();
      if (this.at + step >= 0 && this.at + step < this.count) this.goTo(this.at + step);
    };
    this.bank.onpointermove = (event) => this.ready && this.hintBank(event);
    this.bank.onpointerleave = () => this.tips.bank.hide();
  }

  point(found, panel) {
    const over = found && { panel, ...found };
    if (JSON.stringify(over) === JSON.stringify(this.over)) return;
    this.over = over;
    this.spell();
    this.frame();
  }

  hintBank(event) {
    const [x, y] = panelPoint(event, this.bank);
    let [best, least] = [-1, 14 * this.theme.scale];
    this.dots.forEach(([px, py], text) => {
      const far = Math.hypot(px - x, py - y);
      if (far < least) [best, least] = [text, far];
    });
    if (best < 0) return this.tips.bank.hide();
    const { meta, words } = this;
    return this.tips.bank.show(
      [{ title: meta.texts[best] }, [words[`kind_${meta.kinds[best]}`], percent(this.share(this.at, best))]],
      x,
      y,
    );
  }

  // ── words ──

  spell() {
    const { words, meta, arrays, at, best } = this;
    const values = {
      ...this.named(at),
      here: percent(arrays.here_awake[at]),
      there: percent(this.share(at, best)),
      kind: words[`kind_${meta.kinds[best]}`],
      count: meta.texts.length,
      resting: this.resting.length,
      heads: this.count,
    };
    this.part(".wh-grid-title").textContent = fillWords(words.grid, values);
    this.part(".wh-here-title").textContent = fillWords(words.here, values);
    this.part(".wh-there-title").textContent = fillWords(words.there, values);
    this.part(".wh-bank-title").textContent = fillWords(words.bank, values);
    for (const name of ["here", "there"])
      this.part(`.wh-${name}`).setAttribute("aria-label", this.part(`.wh-${name}-title`).textContent);
    this.bank.setAttribute("aria-label", fillWords(words.bank, values));
    this.part(".wh-text code").textContent = meta.texts[best];
    const rank = this.resting.indexOf(at);
    if (rank >= 0) this.slider.value = String(rank);
    this.slider.setAttribute("aria-valuetext", fillWords(words.head, values));
    this.part(".wh-said").textContent = this.over
      ? this.looked()
      : fillWords(rank >= 0 ? words.said : words.said_awake, values);
  }

  looked() {
    const { words, over } = this;
    const panel = this.panels[over.panel];
    const labels = panel.left;
    const n = labels.length;
    const shares = labels.map(
      (_, other) => panel.values[over.side === "left" ? over.at * n + other : other * n + over.at],
    );
    const order = [...shares.keys()]
      .sort((p, q) => shares[q] - shares[p])
      .slice(0, 3)
      .filter((at) => shares[at] >= 0.01);
    const list = order
      .map((at) => fillWords(words.item, { token: spokenLabel(labels[at]), percent: percent(shares[at]) }))
      .join(words.separator);
    return fillWords(over.side === "left" ? words.row : words.column, {
      token: spokenLabel(labels[over.at]),
      list: list || "—",
    });
  }

  // ── drawing ──

  draw() {
    const { meta, arrays, theme, ratio, at } = this;
    const width = this.box.clientWidth;
    const across = width >= 900 ? 3 : width >= 560 ? 2 : 1;
    const main = this.part(".wh-main");
    const room = across === 3 ? lectureRoom(main, 64 * theme.scale) : Infinity; // a lecture's figure fits under its question
    if (room < Infinity) main.style.minHeight = "0";
    const high = Math.round(
      Math.min(
        Math.min(500, Math.max(320, window.innerHeight * 0.42)) * (across === 3 ? theme.scale : 1),
        Math.max(190 * theme.scale, room),
      ),
    );
    const n = meta.here.labels.length;
    const { size } = meta;
    const other = meta.bank[this.best];
    const m = other.labels.length;
    const there = new Float32Array(m * m);
    for (let row = 0; row < m; row += 1) {
      for (let column = 0; column < m; column += 1)
        there[row * m + column] = arrays.there[at * size * size + row * size + column] / 255;
    }
    const here = Float32Array.from(arrays.here.subarray(at * n * n, (at + 1) * n * n), (cell) => cell / 255);
    [
      [meta.here, here],
      [other, there],
    ].forEach(([side, values], number) => {
      const panel = this.panels[number];
      panel.set({ left: side.labels, right: side.labels, values, pale: { left: side.special, right: side.special } });
      panel.layout(theme, panel.canvas.parentElement.clientWidth, high, { ratio });
      panel.paint(this.over?.panel === number ? this.over : null);
    });
    this.drawGrid(this.grid.parentElement.parentElement.clientWidth, across === 1 ? 300 : high);
    this.drawBank(width, theme.scale);
  }

  drawGrid(width, height) {
    const { meta, arrays, theme, at } = this;
    const unit = theme.scale;
    const [left, top] = [30 * unit, 20 * unit];
    const wide = Math.min(26 * unit, (width - left - 4) / meta.heads);
    const high = Math.min(26 * unit, (height - top - 4) / meta.layers);
    this.cells = { left, top, wide, high };
    const context = fitCanvas(this.grid, width, top + high * meta.layers + 4, this.ratio);
    context.clearRect(0, 0, width, height);
    Object.assign(context, {
      font: `400 ${12 * unit}px ${theme.sans}`,
      fillStyle: theme.muted,
      textAlign: "center",
      textBaseline: "alphabetic",
    });
    for (let head = 0; head < meta.heads; head += 1)
      context.fillText(String(head), left + (head + 0.5) * wide, top - 6);
    Object.assign(context, { textAlign: "right", textBaseline: "middle" });
    const step = Math.max(1, Math.ceil((14 * unit) / high));
    for (let layer = 0; layer < meta.layers; layer += step)
      context.fillText(String(layer), left - 6, top + (layer + 0.5) * high);
    for (let one = 0; one < this.count; one += 1) {
      const { layer, head } = this.named(one);
      context.fillStyle = this.shade(arrays.here_awake[one]);
      context.fillRect(left + head * wide + 0.5, top + layer * high + 0.5, wide - 1.5, high - 1.5);
    }
    context.strokeStyle = theme.score(0.62);
    context.lineWidth = 1.6;
    for (const one of this.resting) {
      const { layer, head } = this.named(one);
      context.strokeRect(left + head * wide + 1.2, top + layer * high + 1.2, wide - 3, high - 3);
    }
    const { layer, head } = this.named(at);
    context.strokeStyle = theme.fg;
    context.lineWidth = 2.6;
    context.strokeRect(left + head * wide - 0.5, top + layer * high - 0.5, wide + 0.5, high + 0.5);
  }

  drawBank(width, unit) {
    const { meta, theme, kinds, at, words } = this;
    const row = 21 * unit;
    const height = row * kinds.length + 26 * unit;
    const context = fitCanvas(this.bank, width, height, this.ratio);
    context.clearRect(0, 0, width, height);
    context.font = `400 ${12.5 * unit}px ${theme.sans}`;
    const left = Math.max(...kinds.map((kind) => context.measureText(words[`kind_${kind}`]).width)) + 14 * unit;
    const x = (share) => left + (width - left - 14) * Math.max(0, share);
    Object.assign(context, { lineWidth: 1, textBaseline: "middle" });
    [0, 0.25, 0.5, 0.75, 1].forEach((tick) => {
      context.strokeStyle = theme.line;
      context.beginPath();
      context.moveTo(x(tick), 2);
      context.lineTo(x(tick), row * kinds.length);
      context.stroke();
      context.fillStyle = theme.muted;
      context.textAlign = tick === 1 ? "right" : tick ? "center" : "left";
      context.fillText(percentTo(tick), x(tick), row * kinds.length + 13 * unit);
    });
    this.dots = meta.kinds.map((kind, text) => [x(this.share(at, text)), (kinds.indexOf(kind) + 0.5) * row]);
    kinds.forEach((kind, number) => {
      Object.assign(context, { textAlign: "right", fillStyle: theme.fg });
      context.fillText(words[`kind_${kind}`], left - 10 * unit, (number + 0.5) * row);
    });
    this.dots.forEach(([px, py], text) => {
      if (this.share(at, text) < 0) return;
      const chosen = text === this.best;
      context.globalAlpha = chosen ? 1 : 0.6;
      context.fillStyle = chosen ? theme.score(0.62) : theme.sequential(0.6);
      context.beginPath();
      context.arc(px, py, (chosen ? 6.5 : 4.2) * unit, 0, 2 * Math.PI);
      context.fill();
    });
    context.globalAlpha = 1;
  }

  save() {
    const title = (name) => this.part(`.wh-${name}-title`).textContent;
    const canvases = [
      [this.grid, title("grid")],
      [this.panels[0].canvas, title("here")],
      [this.panels[1].canvas, title("there")],
    ];
    savePanels(this, canvases, "waking-head.png", [
      this.part(".wh-said").textContent,
      this.meta.texts[this.best],
      this.meta.caption,
    ]);
  }
}

export default mounted((root) => new WakingView(root));
