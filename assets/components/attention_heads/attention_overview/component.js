// All heads of a model on one canvas (rows are layers, columns are heads), beside a scatter of two of their scores.
// Everything that moves is computed here; Python hears of a choice once, when it is made.

import { unpack } from "../../shared/buffer.js";
import { make, makeOption } from "../../shared/dom.js";
import {
  fillWords,
  isStatic,
  lectureRoom,
  makeTooltip,
  onFrame,
  percent,
  recordFrame,
  savePng,
  screenRatio,
} from "../../shared/draw.js";
import { mounted } from "../../shared/mount.js";
import { dressBox, readTheme, themeKey } from "../../shared/theme.js";
import { OverviewDrawing } from "./drawing.js";
import { cellAt, flowLayout, layerLayout, neighbour, rankHeads } from "./layout.js";
import { VIEW_KEYS } from "./model.js";
import { METRICS, scoreText } from "./scores.js";
import { paintHead } from "./sprite.js";

const NARROW = 620; // CSS pixels of width below which the scatter stands under the grid

class Overview extends OverviewDrawing {
  constructor(root) {
    super();
    const find = (selector) => root.querySelector(selector);
    this.root = root;
    this.box = find(".ao");
    this.grid = { box: find(".ao-grid"), canvas: find(".ao-grid canvas"), base: make("canvas") };
    this.plot = { box: find(".ao-scatter"), canvas: find(".ao-scatter canvas"), base: make("canvas") };
    this.live = find("[aria-live]");
    this.tip = makeTooltip(this.box);
    this.thumb = make("canvas", "ao-thumb");
    this.sheet = make("canvas");
    this.hover = -1;
    this.pointer = null;
    this.stale = { sheet: true, layout: true, base: true };
    this.ratio = screenRatio();
    this.frame = onFrame(() => this.draw(), "overview");
    this.sizes = new ResizeObserver(() => this.resized());
    this.sizes.observe(this.box);
    this.onAblate = (event) => this.follow(event.detail);
    this.onPick = (event) => this.join(event.detail);
    window.addEventListener("glassbox:ablate", this.onAblate);
    window.addEventListener("glassbox:pick", this.onPick);
    this.listen();
  }

  destroy() {
    this.gone = true;
    this.frame.cancel();
    this.sizes.disconnect();
    window.removeEventListener("glassbox:ablate", this.onAblate);
    window.removeEventListener("glassbox:pick", this.onPick);
  }

  // ── data and state ────────────────────────────────────────────────────────────────────────────────────────

  async update({ data, setStateValue }) {
    this.setState = setStateValue;
    this.applyTheme();
    if (!data) return this.ready && this.frame(); // between two runs; what is on its way still counts
    const turn = (this.turn = (this.turn ?? 0) + 1);
    if (this.knows(data)) return this.ready && this.frame();
    const message = await unpack(data);
    if (this.gone || turn !== this.turn) return undefined;
    this.bytes = data;
    this.take(message);
    return undefined;
  }

  knows(data) {
    return (
      data === this.bytes || (data.length === this.bytes?.length && data.every((value, i) => value === this.bytes[i]))
    );
  }

  /** @param {{meta: import("../payloads").AttentionOverview, arrays: import("../payloads").AttentionOverviewArrays}} _ */
  take({ meta, arrays }) {
    const start = performance.now();
    this.meta = meta;
    this.words = meta.words;
    const before = this.ready ? this.name(this.picked) : "";
    this.full = meta.layers * meta.heads > 0 && meta.size > 0;
    const same =
      this.attention?.length === arrays.attention?.length && this.attention?.every((v, i) => v === arrays.attention[i]);
    Object.assign(this, {
      attention: arrays.attention,
      scores: { text: arrays.text, calibration: arrays.calibration ?? null },
    });
    this.box.dataset.state = this.full ? "full" : "empty";
    this.adopt(meta.state);
    this.spell();
    this.stale = { sheet: this.stale.sheet || !same, layout: true, base: true };
    if (!this.full) return;
    this.measure();
    const first = !this.ready;
    this.ready = true;
    if (before !== this.name(this.picked)) this.panTo = first ? "middle" : "sight";
    this.draw();
    recordFrame("overview:data", performance.now() - start);
  }

  follow(detail) {
    if (!this.ready || detail?.group !== this.meta.group || !Array.isArray(detail.heads)) return;
    this.off = new Set(detail.heads);
    this.stale.base = true;
    this.tell();
    this.frame();
  }

  /** Another canvas of the group chose a head and committed it; here it is shown and its matrix handed on. */
  join(detail) {
    const index = detail?.layer * this.meta?.heads + detail?.head;
    if (!this.ready || detail.group !== this.meta.group || !(index >= 0 && index < this.meta.layers * this.meta.heads))
      return;
    this.panTo = "sight";
    this.choose(index);
  }

  send(key, value) {
    (this.sent[key] ??= []).push(JSON.stringify(value));
  }

  /**
   * One commit to Python. A state that equals the last one would go unheard (a preset may have changed Python's mind
   * in between), so every choice carries its time, and a repeated list is withdrawn first.
   */
  commit(key, value) {
    if (!Array.isArray(value)) return this.setState(key, { ...value, at: Date.now() });
    const again = JSON.stringify(value) === this.committed;
    this.committed = JSON.stringify(value);
    if (!again) return this.setState(key, value);
    this.setState(key, null);
    setTimeout(() => this.gone || this.setState(key, value), 60);
    return undefined;
  }

  commitView() {
    const view = Object.fromEntries(VIEW_KEYS.map((key) => [key, this.state[key]]));
    VIEW_KEYS.forEach((key) => this.send(key, view[key]));
    this.commit("view", view);
  }

  pick(index) {
    const fresh = index !== this.picked;
    const { layer, head } = this.choose(index);
    if (!fresh) return;
    this.send("layer", layer);
    this.send("head", head);
    this.commit("pick", { layer, head });
  }

  /** Shows a head as the picked one and lets the other canvases have its matrix at once. */
  choose(index) {
    const [layer, head] = [Math.floor(index / this.meta.heads), index % this.meta.heads];
    const { group, size, pooled, tokens, causal } = this.meta;
    const matrix = this.attention.slice(index * size * size, (index + 1) * size * size);
    Object.assign(this.state, { layer, head });
    const detail = { group, layer, head, matrix, size, pooled, tokens, causal };
    window.dispatchEvent(new CustomEvent("glassbox:head", { detail }));
    this.tell();
    this.frame();
    return { layer, head };
  }

  toggle(index) {
    if (isStatic()) return;
    const name = this.name(index);
    if (!this.off.delete(name)) this.off.add(name);
    const order = (text) => text.split(".").reduce((sum, part) => sum * 4096 + Number(part), 0);
    const heads = [...this.off].sort((p, q) => order(p) - order(q));
    this.send("ablate", heads);
    window.dispatchEvent(new CustomEvent("glassbox:ablate", { detail: { group: this.meta.group, heads } }));
    this.commit("ablate", heads);
    this.say(index);
  }

  // ── words and controls ────────────────────────────────────────────────────────────────────────────────────

  spell() {
    const { words, state, meta } = this;
    this.box.lang = meta.language;
    for (const element of this.root.querySelectorAll("[data-word]")) element.textContent = words[element.dataset.word];
    const fill = (select, values) => {
      const options = values.map(([value, label]) => makeOption(value, label));
      if ([...select.options].map((o) => o.textContent).join() !== options.map((o) => o.textContent).join())
        select.replaceChildren(...options);
      select.value = state[select.name];
    };
    const metrics = METRICS.map((metric) => [metric, words[`metric_${metric}`]]);
    for (const select of this.root.querySelectorAll("select")) {
      const orders = [["layer", words.order_layer], ...metrics.map(([id, label]) => [id, `${label} ↓`])];
      fill(select, select.name === "sort" ? orders : metrics);
    }
    for (const button of this.root.querySelectorAll(".ao-switch button")) {
      button.textContent = words[`on_${button.value}`];
      button.title = fillWords(words[`help_on_${button.value}`], { length: meta.calibration_length });
      button.setAttribute("aria-checked", String(button.value === state.on));
      button.tabIndex = button.value === state.on ? 0 : -1;
    }
    const choice = this.root.querySelector(".ao-switch");
    choice.hidden = !this.scores.calibration;
    choice.setAttribute("aria-label", words.measured);
    this.root.querySelector(".ao-empty").textContent = words.empty;
    this.grid.canvas.setAttribute("aria-label", fillWords(words.aria_grid, { layers: meta.layers, heads: meta.heads }));
    const axes = { x: words[`metric_${state.x}`], y: words[`metric_${state.y}`] };
    this.plot.canvas.setAttribute("aria-label", fillWords(words.aria_scatter, axes));
    if (this.full) this.tell();
  }

  /** The lines under the figure: the picked head, and what the bars mean. */
  tell() {
    const { words, state, picked } = this;
    const measured = `${words[`metric_${state.colour}`]} ${this.text(state.colour, picked)}`;
    const rest = `${words.colon}${this.role(picked)}${words.comma}${measured}`;
    this.root.querySelector(".ao-readout").replaceChildren(make("b", "", this.title(picked)), rest);
    const button = this.root.querySelector(".ao-toggle");
    const off = this.off.has(this.name(picked));
    button.hidden = isStatic();
    button.textContent = fillWords(off ? words.switch_on : words.switch_off, { head: this.name(picked) });
    button.setAttribute("aria-pressed", String(off));
    this.root.querySelector(".ao-legend-score").textContent = words[`metric_${state.colour}`];
    const { top } = this.scale(state.colour);
    this.root.querySelector(".ao-legend-top").textContent = scoreText(state.colour, top, words, percent);
    const pooled = this.meta.pooled > 1 ? fillWords(words.pooled, { count: this.meta.pooled }) : "";
    const unplotted = [state.y, state.x].find((metric) => this.missing(metric));
    const excuse = this.missing(state.colour) && unplotted !== state.colour ? this.excuse(state.colour) : "";
    this.root.querySelector(".ao-meaning").textContent = this.sentences(words[`help_${state.colour}`], excuse, pooled);
    const note = this.root.querySelector(".ao-none");
    note.hidden = !unplotted;
    note.textContent = unplotted ? this.excuse(unplotted) : "";
  }

  change(key, value) {
    if (this.state[key] === value) return;
    const before = this.positions();
    this.state[key] = value;
    this.stale.base = true;
    this.stale.layout = true;
    this.hover = -1;
    this.tip.hide();
    this.spell();
    if (key === "sort") this.panTo = value === "layer" ? "middle" : "start";
    this.move = { before, start: performance.now() };
    this.commitView();
    this.frame();
  }

  listen() {
    for (const select of this.root.querySelectorAll("select"))
      select.onchange = () => this.change(select.name, select.value);
    for (const form of this.root.querySelectorAll("form")) form.onsubmit = (event) => event.preventDefault();
    const buttons = [...this.root.querySelectorAll(".ao-switch button")];
    for (const button of buttons) {
      button.onclick = () => this.change("on", button.value);
      button.onkeydown = (event) => {
        if (!event.key.startsWith("Arrow")) return;
        event.preventDefault();
        const other = buttons.find((b) => b !== button);
        other.focus();
        this.change("on", other.value);
      };
    }
    this.root.querySelector(".ao-toggle").onclick = () => this.toggle(this.picked);
    this.root.querySelector(".ao-save").onclick = () => savePng(this.picture(), "attention-heads.png");
    for (const part of [this.grid, this.plot]) this.listenPointer(part);
    this.grid.canvas.onkeydown = (event) => this.key(event);
    this.grid.canvas.onblur = () => this.leave();
    this.grid.box.onscroll = () => {
      this.markEdges();
      this.frame();
    };
  }

  /** A finger chooses and leaves no card behind: the line below says what it chose. */
  listenPointer(part) {
    const { canvas } = part;
    let touch = false;
    canvas.onpointerdown = (event) => {
      touch = event.pointerType === "touch";
    };
    canvas.onpointermove = (event) => {
      if (event.pointerType === "touch") return;
      this.pointer = { part, x: event.offsetX, y: event.offsetY };
      this.frame();
    };
    canvas.onpointerleave = (event) => event.pointerType !== "touch" && this.leave();
    canvas.onclick = (event) => {
      if (!this.ready) return;
      const index = this.hit(part, event.offsetX, event.offsetY, touch ? 24 : 14);
      if (index < 0 || touch) this.leave();
      if (index < 0) return undefined;
      if (!touch) this.pointer = { part, x: event.offsetX, y: event.offsetY };
      if (event.shiftKey) return this.toggle(index);
      return this.pick(index);
    };
  }

  leave() {
    this.pointer = null;
    this.hover = -1;
    this.frame();
  }

  key(event) {
    if (!this.ready || event.ctrlKey || event.metaKey || event.altKey) return;
    const at = this.hover >= 0 ? this.hover : this.picked;
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const step = steps[event.key];
    if (step) this.point(neighbour(this.layout, at, ...step));
    else if (event.key === "Home" || event.key === "End") this.point(this.ends()[event.key]);
    else if (event.key === "Enter" || event.key === " ") this.pick(at);
    else if (event.key === "x" || event.key === "X") this.toggle(at);
    else if (event.key === "Escape") this.leave();
    else return;
    event.preventDefault();
  }

  ends() {
    const order = this.state.sort === "layer" ? this.column("first").map((_, i) => -i) : this.column(this.state.sort);
    const ranked = rankHeads(order);
    return { Home: ranked[0], End: ranked[ranked.length - 1] };
  }

  /** Moves the keyboard's cursor to a head. */
  point(index) {
    this.pointer = null;
    this.hover = index;
    this.reveal(index);
    this.say(index);
    this.frame();
  }

  /** Pans the grid's box until a head is in sight. */
  reveal(index) {
    const { x, y, cell } = this.layout;
    const { box } = this.grid;
    const reach = (from, at, room, edge = 8) =>
      at < from + edge ? at - edge : at + cell + 24 > from + room ? at + cell + 24 - room : from;
    box.scrollTo(
      reach(box.scrollLeft, x[index], box.clientWidth),
      reach(box.scrollTop, y[index], box.clientHeight, 8 + this.headRoom()),
    );
  }

  /** After drawing: pans to the picked head where that was asked for, and shows where the grid goes on. */
  pan() {
    const { box } = this.grid;
    if (this.panTo && box.clientWidth) {
      const { x, y, cell } = this.layout;
      const middle = (from, room) => from + cell / 2 - room / 2;
      if (this.panTo === "start") box.scrollTo(0, 0);
      else if (this.panTo === "middle")
        box.scrollTo(middle(x[this.picked], box.clientWidth), middle(y[this.picked], box.clientHeight));
      else this.reveal(this.picked);
      this.panTo = "";
    }
    if (this.stale.edges) this.markEdges();
  }

  /** A soft fade at every edge where the grid is cut. */
  markEdges() {
    this.stale.edges = false;
    const { box } = this.grid;
    const [down, right] = [box.scrollHeight - box.clientHeight, box.scrollWidth - box.clientWidth];
    const left = {
      top: this.headRoom() ? 0 : box.scrollTop,
      bottom: down - box.scrollTop,
      left: box.scrollLeft,
      right: right - box.scrollLeft,
    };
    for (const [edge, hidden] of Object.entries(left))
      box.style.setProperty(`--ao-${edge}`, `${Math.min(44, Math.max(0, hidden - 2))}px`);
    box.toggleAttribute("data-cut", down > 2 || right > 2);
  }

  // ── size and theme ────────────────────────────────────────────────────────────────────────────────────────

  applyTheme() {
    const theme = readTheme(this.root);
    const key = themeKey(theme);
    if (key === this.themeKey) return;
    Object.assign(this, { theme, themeKey: key });
    this.stale = { sheet: true, layout: true, base: true };
    const ramp = (colour) => `linear-gradient(90deg, ${[0, 1, 2, 3, 4, 5, 6].map((i) => colour(i / 6)).join(", ")})`;
    dressBox(this.box, theme);
    this.box.style.setProperty("--gb-score", this.bar(0.8));
    this.root.querySelector(".ao-ramp-attention").style.background = ramp((t) => theme.sequential(Math.sqrt(t)));
    this.root.querySelector(".ao-ramp-score").style.background = ramp((t) => this.bar(t));
    if (this.ready) this.measure();
  }

  resized() {
    if (!this.full || this.box.clientWidth === this.width) return;
    this.ratio = screenRatio();
    this.measure();
    this.stale = { sheet: true, layout: true, base: true };
    this.move = null;
    this.panTo ||= "middle";
    this.frame();
  }

  /** Room for the two canvases: side by side, or one under the other on a phone. */
  measure() {
    const { scale } = this.theme;
    this.width = this.box.clientWidth;
    const narrow = this.width < NARROW * Math.min(scale, 1.3);
    this.box.classList.toggle("ao-narrow", narrow);
    this.box.classList.toggle("ao-tight", !narrow && this.width < 1000 * scale);
    this.box.classList.toggle("ao-large", scale > 1.2);
    const most = Math.round(Math.max(360, Math.min(0.42 * this.width, 0.51 * window.innerHeight)));
    this.grid.room = { width: this.grid.box.clientWidth - 6, height: most, least: narrow ? 26 : 0, bar: 5 };
    const height = narrow
      ? Math.min(340, this.width * 0.86)
      : Math.min(Math.max(300 * scale, Math.min(most, this.byLayer().height)), this.lectureRoom());
    this.plot.room = { width: this.plot.box.clientWidth, height: Math.round(height) };
    if (!narrow) this.grid.room.height = this.plot.room.height;
    this.grid.box.style.maxHeight = narrow ? "min(520px, 68vh)" : `${this.plot.room.height}px`;
  }

  /** Under the question, and with a line of words under it; so small that it must be scrolled to on a low screen. */
  lectureRoom() {
    return Math.max(240, lectureRoom(this.grid.box, 12));
  }

  byLayer() {
    const { meta, theme } = this;
    const small = Math.round(12 * theme.scale);
    const size = { layers: meta.layers, heads: meta.heads, kvHeads: meta.kv_heads };
    return layerLayout({ ...this.grid.room, ...size, gutter: Math.round(small * 2.35), header: small + 8 });
  }

  arrange() {
    const { state, theme } = this;
    const room = this.grid.room;
    const small = Math.round(12 * theme.scale);
    const labels = { label: small + 2, labelWidth: small * 2.15 };
    const sorted = () => flowLayout({ ...room, order: rankHeads(this.column(state.sort)), ...labels });
    const layout = state.sort === "layer" ? this.byLayer() : sorted();
    this.layout = {
      ...layout,
      height: Math.max(layout.height, room.least ? 0 : room.height),
      width: this.breadth(layout),
    };
    const pixels = Math.max(2, Math.round(layout.cell * this.ratio));
    this.stale.sheet ||= pixels !== this.sheet.pixels;
    Object.assign(this.sheet, { pixels });
    this.axes = { x: this.scale(state.x), y: this.scale(state.y) };
    this.target = this.positions(true);
    Object.assign(this.stale, { layout: false, base: true, edges: true });
  }

  /** Width of the grid's canvas; beside a panning grid there is room for the scroll bar. */
  breadth(layout) {
    const { width, height, least } = this.grid.room;
    const pans = !least && layout.height > height;
    return pans ? width - 8 : Math.max(layout.width, width) + 6;
  }

  /** Where every cell and point stands now (or, with `final`, will stand). */
  positions(final = false) {
    if (!this.layout) return null;
    if (!final && this.shown) return this.shown;
    const count = this.meta.layers * this.meta.heads;
    const frame = this.plotFrame();
    const px = Float32Array.from(
      { length: count },
      (_, i) => frame.left + (this.score(this.state.x, i) / this.axes.x.top) * frame.width,
    );
    const py = Float32Array.from(
      { length: count },
      (_, i) => frame.top + (1 - this.score(this.state.y, i) / this.axes.y.top) * frame.height,
    );
    return { x: this.layout.x, y: this.layout.y, cell: this.layout.cell, px, py };
  }

  plotFrame() {
    const { width, height } = this.plot.room;
    const { scale } = this.theme;
    const [left, right, top, bottom] = [34 * scale, 13 * scale, 30 * scale, 44 * scale];
    return { left, top, width: width - left - right, height: height - top - bottom };
  }

  // ── hover ─────────────────────────────────────────────────────────────────────────────────────────────────

  hit(part, x, y, reach = 14) {
    if (part === this.grid) return cellAt({ ...this.layout }, x, y);
    let [best, least] = [-1, reach * reach];
    for (let i = 0; i < this.target.px.length; i++) {
      const distance = (this.target.px[i] - x) ** 2 + (this.target.py[i] - y) ** 2;
      if (distance < least) [best, least] = [i, distance];
    }
    return best;
  }

  seek() {
    if (!this.pointer || this.move) return;
    this.hover = this.hit(this.pointer.part, this.pointer.x, this.pointer.y);
    this.pointer.part.canvas.style.cursor = this.hover >= 0 ? "pointer" : "default";
  }

  hint() {
    if (this.hover < 0 || this.move) return this.tip.hide();
    const part = this.pointer?.part ?? this.grid;
    const local = this.pointer ?? { x: this.layout.x[this.hover] + this.layout.cell, y: this.layout.y[this.hover] };
    const x = part.box.offsetLeft + local.x - part.box.scrollLeft;
    const y = part.box.offsetTop + local.y - part.box.scrollTop;
    if (this.hinted !== this.hover || this.thumbOf !== this.attention || this.thumbTheme !== this.theme)
      this.paintThumb(this.hover);
    this.tip.show([this.thumb, ...this.story(this.hover)], x, y);
    return undefined;
  }

  paintThumb(index) {
    const { size } = this.meta;
    if (this.thumb.width !== size) [this.thumb.width, this.thumb.height] = [size, size];
    const pixels = paintHead({ attention: this.attention, index, size, table: this.theme.table });
    this.thumb.getContext("2d").putImageData(new ImageData(pixels, size, size), 0, 0);
    Object.assign(this, { hinted: index, thumbOf: this.attention, thumbTheme: this.theme });
  }
}

export default mounted((root) => new Overview(root));
