// Attention rollout: a layer's own attention beside the product of all layers up to it, and one token's row through all
// layers. The layer is scrubbed here; Python hears of a layer or a token once, when it is let go.

import { fillWords, lectureRoom, percent } from "../../shared/draw.js";
import { FigureView } from "../../shared/figure.js";
import { mounted } from "../../shared/mount.js";
import { paintRamp, panelPoint, savePanels, TokenMatrix } from "../../shared/token_panels.js";
import { spokenLabel } from "../../shared/token_columns.js";

const ROLL_STEP = 160; // milliseconds of a layer while it plays

class RolloutView extends FigureView {
  constructor(root) {
    super(root, ".ro", "attention_rollout");
    this.panels = Object.fromEntries(
      ["raw", "rolled", "path"].map((name) => [name, new TokenMatrix(this.part(`.ro-${name}`))]),
    );
    this.slider = this.part(".ro-slider");
    this.hover = null;
    this.listen();
    this.applyTheme();
  }

  take({ meta, arrays }) {
    const n = meta.labels.length;
    this.n = n;
    this.layers = meta.layers;
    const scale = meta.scale;
    const read = (array) => (scale === 1 ? array : Float32Array.from(array, (value) => value / scale));
    if (this.source !== arrays)
      Object.assign(this, { source: arrays, raw: read(arrays.raw), rolled: read(arrays.rolled), hover: null });
    if (meta.state.version !== this.version || this.key !== meta.key) {
      Object.assign(this, { version: meta.state.version, key: meta.key });
      const { level, token } = meta.state;
      this.level = level >= 0 && level < this.layers ? level : this.layers - 1;
      this.token = token >= 0 && token < n ? token : meta.last;
    }
    paintRamp(this.part(".gb-ramp"), this.words.ramp, (share) => this.theme.sequential(Math.sqrt(share)));
    this.slider.max = String(this.layers - 1);
    this.slider.setAttribute("aria-label", this.words.layer_name);
    for (const name of ["raw", "rolled"])
      this.part(`.ro-${name}`).setAttribute("aria-label", fillWords(this.words[`aria_${name}`], { count: n }));
    this.part(".ro-path").setAttribute("aria-label", this.words.aria_path);
    this.spell();
  }

  row(name, layer, token) {
    const from = (layer * this.n + token) * this.n;
    return this[name].subarray(from, from + this.n);
  }

  get shown() {
    return this.hover?.row ?? this.token;
  }

  // ── choices ──

  goTo(level, commit) {
    this.level = Math.min(this.layers - 1, Math.max(0, level));
    this.spell();
    this.frame();
    if (commit) this.send("look", { level: this.level, token: this.token });
  }

  play() {
    if (this.film) return this.stop();
    let level = this.level >= this.layers - 1 ? 0 : this.level;
    this.goTo(level, false);
    this.film = setInterval(
      () => {
        level += 1;
        if (level >= this.layers || this.gone) return this.stop();
        return this.goTo(level, false);
      },
      this.theme.reducedMotion ? 600 : ROLL_STEP,
    );
    this.spell();
    return undefined;
  }

  stop() {
    clearInterval(this.film);
    this.film = null;
    this.goTo(this.level, true);
  }

  destroy() {
    clearInterval(this.film);
    super.destroy();
  }

  keep(token) {
    this.token = token;
    this.hover = null;
    this.spell();
    this.frame();
    this.send("look", { level: this.level, token });
  }

  listen() {
    this.slider.oninput = () => this.ready && this.goTo(Number(this.slider.value), false);
    this.slider.onchange = () => this.ready && this.goTo(Number(this.slider.value), true);
    this.part(".ro-play").onclick = () => this.ready && this.play();
    this.part(".ro-save").onclick = () => this.ready && this.save();
    for (const [name, panel] of Object.entries(this.panels)) {
      const { canvas } = panel;
      const find = (event) => (this.ready && panel.rows ? panel.at(...panelPoint(event, canvas)) : null);
      canvas.onpointermove = (event) => this.point(name, find(event));
      canvas.onpointerdown = (event) => this.point(name, find(event));
      canvas.onpointerleave = () => this.point(name, null);
      canvas.onclick = (event) => {
        const found = find(event);
        if (!found) return;
        if (name === "path") this.goTo(found.row, true);
        else this.keep(found.row);
      };
      canvas.onkeydown = (event) => this.pressed(event);
    }
  }

  pressed(event) {
    if (!this.ready || event.ctrlKey || event.metaKey || event.altKey) return;
    const token = { ArrowUp: this.token - 1, ArrowDown: this.token + 1, Home: 0, End: this.n - 1 }[event.key];
    const level = { ArrowLeft: this.level - 1, ArrowRight: this.level + 1 }[event.key];
    if (token === undefined && level === undefined) return;
    event.preventDefault();
    if (level !== undefined) this.goTo(level, true);
    else this.keep(Math.min(this.n - 1, Math.max(0, token)));
  }

  point(panel, found) {
    const hover = found && { panel, ...found };
    if (JSON.stringify(hover) === JSON.stringify(this.hover)) return;
    this.hover = hover;
    this.spell();
    this.frame();
  }

  // ── words ──

  spell() {
    const { words, meta, level } = this;
    const token = this.hover?.panel === "path" ? this.token : this.shown;
    const values = { layer: level, layers: this.layers, last: this.layers - 1, token: spokenLabel(meta.labels[token]) };
    this.part(".ro-layer").textContent = fillWords(words.layer, values);
    this.slider.value = String(level);
    this.slider.setAttribute("aria-valuetext", fillWords(words.layer, values));
    this.part(".ro-play").textContent = this.film ? words.stop : words.play;
    this.part(".ro-raw-title").textContent = fillWords(words.raw, values);
    this.part(".ro-rolled-title").textContent = fillWords(words.rolled, values);
    this.part(".ro-path-title").textContent = fillWords(words.path, values);
    this.part(".ro-said").textContent = this.sentence();
  }

  sentence() {
    const { words, meta, hover, level } = this;
    const named = (at) => spokenLabel(meta.labels[at]);
    if (hover && hover.column >= 0) {
      const layer = hover.panel === "path" ? hover.row : level;
      const query = hover.panel === "path" ? this.token : hover.row;
      return fillWords(words.cell, {
        query: named(query),
        key: named(hover.column),
        layer,
        rolled: percent(this.row("rolled", layer, query)[hover.column]),
        raw: percent(this.row("raw", layer, query)[hover.column]),
      });
    }
    const query = hover && hover.panel !== "path" ? hover.row : this.token;
    const list = (name) => {
      const row = this.row(name, level, query);
      const order = [...row.keys()]
        .sort((p, q) => row[q] - row[p])
        .slice(0, 3)
        .filter((at) => row[at] >= 0.005);
      return order
        .map((at) => fillWords(words.item, { token: named(at), percent: percent(row[at]) }))
        .join(words.separator);
    };
    return fillWords(words.row, { query: named(query), layer: level, rolled: list("rolled"), raw: list("raw") });
  }

  // ── drawing ──

  draw() {
    const { meta, theme, level, n } = this;
    const width = this.box.clientWidth;
    const across = width >= 900 ? 3 : width >= 620 ? 2 : 1;
    const wide = Math.floor((width - 26 * (across - 1)) / across);
    const main = this.part(".ro-main");
    const room = across === 3 ? lectureRoom(main, 52 * theme.scale) : Infinity; // a lecture's figure fits under its question
    if (room < Infinity) main.style.minHeight = "0";
    const high = Math.round(
      Math.min(
        Math.min(560 * theme.scale, Math.max(320 * theme.scale, window.innerHeight * 0.46)),
        Math.max(190 * theme.scale, room),
      ),
    );
    const { ratio } = this;
    const token = this.hover && this.hover.panel !== "path" ? this.hover.row : this.token;
    const slice = (name) => this[name].subarray(level * n * n, (level + 1) * n * n);
    for (const name of ["raw", "rolled"]) {
      const panel = this.panels[name];
      panel.set({ rows: meta.labels, columns: meta.labels, values: slice(name), hatched: meta.causal });
      panel.layout(theme, wide, high, { ratio });
      const hover = this.hover?.panel !== "path" ? this.hover : null;
      panel.paint({ row: hover?.row ?? -1, column: hover?.column ?? -1, kept: this.token });
    }
    const { path } = this.panels;
    const values = new Float32Array(this.layers * n);
    for (let layer = 0; layer < this.layers; layer += 1) values.set(this.row("rolled", layer, token), layer * n);
    path.set({ rows: Array.from({ length: this.layers }, (_, layer) => String(layer)), columns: meta.labels, values });
    path.layout(theme, wide, high, { ratio, flat: true });
    path.paint({
      row: this.hover?.panel === "path" ? this.hover.row : -1,
      column: this.hover?.column ?? -1,
      kept: level,
    });
  }

  save() {
    const title = (name) => this.part(`.ro-${name}-title`).textContent;
    const panels = ["raw", "rolled", "path"].map((name) => [this.part(`.ro-${name}`), title(name)]);
    savePanels(this, panels, "attention-rollout.png", [this.sentence(), this.meta.caption]);
  }
}

export default mounted((root) => new RolloutView(root));
