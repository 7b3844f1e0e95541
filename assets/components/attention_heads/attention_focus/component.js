// One attention head looked at closely: curves between tokens, the exact matrix, the steps from q·k to softmax and the
// dimensions behind one score. All numbers are computed here from the head's own q, k and scores; Python hears of a
// choice once, when it is made.

import { unpack } from "../../shared/buffer.js";
import { easeOut, lectureRoom, onFrame, recordFrame, savePng, screenRatio } from "../../shared/draw.js";
import { mounted } from "../../shared/mount.js";
import { dressBox, readTheme, themeKey, whiteTheme } from "../../shared/theme.js";
import { ArcsPanel } from "./arcs.js";
import { headColours } from "./colours.js";
import { DimensionsPanel } from "./dimensions.js";
import { explainView } from "./explain.js";
import { FocusInput } from "./input.js";
import { LookState } from "./look.js";
import {
  columnOf,
  expandPreview,
  FOCUS_STEPS,
  headSteps,
  largest,
  largestSize,
  liveliest,
  rowOf,
  weightByValue,
} from "./maths.js";
import { MatrixPanel } from "./matrix.js";
import { composeHead } from "./picture.js";
import { spellAll, spellView } from "./spelling.js";
import { StepsPanel } from "./steps.js";

const FOCUS_WIDE = 900; // CSS pixels from which curves and matrix stand side by side
const LEAST_HIGH = 240; // pixels: with less left in the window of a lecture the figure is scrolled to
const FOCUS_MOVE = 280; // milliseconds from one step to the next
const FOCUS_REST = { token: -1, key: -1 };

class FocusView {
  constructor(root) {
    this.root = root;
    this.box = root.querySelector(".focus");
    this.state = new LookState();
    this.arcs = new ArcsPanel(this.box, this);
    this.matrix = new MatrixPanel(this.box, this);
    this.bars = new StepsPanel(this.box, this);
    this.dims = new DimensionsPanel(this.box, this);
    this.tab = "steps";
    this.hover = null;
    this.view = FOCUS_REST;
    this.preview = null;
    this.serial = 0;
    this.stale = { layout: true, curves: true, cells: true };
    this.move = null; // {kind, from, start}: a change of step or rotary on its way
    this.frame = onFrame((time) => this.draw(time), "attention_focus");
    this.watch = new ResizeObserver(() => this.resized());
    this.watch.observe(this.box);
    this.input = new FocusInput(this);
    this.applyTheme();
    this.reserve();
  }

  find(selector) {
    return this.box.querySelector(selector);
  }

  destroy() {
    this.gone = true;
    this.frame.cancel();
    this.watch.disconnect();
    this.input.destroy();
  }

  // ── data and state ──────────────────────────────────────────────────────────────────────────────────────────

  async update({ data, setStateValue }) {
    // A state that repeats its last value never reaches Python, so each commit carries its moment.
    this.send = (name, value) =>
      setStateValue(name, { ...(Array.isArray(value) ? { heads: value } : value), at: Date.now() });
    this.applyTheme();
    if (!data) return; // between two runs; what is on its way still counts
    this.turn = (this.turn ?? 0) + 1;
    const turn = this.turn;
    if (data === this.bytes) {
      if (this.ready) this.frame();
      return;
    }
    const message = await unpack(data);
    if (this.gone || turn !== this.turn) return;
    this.bytes = data;
    this.take(message);
  }

  /** @param {{meta: import("../payloads").AttentionFocus, arrays: import("../payloads").AttentionFocusArrays}} _ */
  take({ meta, arrays }) {
    const start = performance.now();
    this.meta = meta;
    this.words = meta.words;
    this.box.lang = meta.language;
    this.box.setAttribute("aria-busy", "false");
    const n = meta.labels.length;
    this.box.classList.toggle("empty", !n);
    for (const part of this.box.querySelectorAll(".gb-skeleton")) part.classList.remove("gb-skeleton");
    if (!n) {
      this.ready = false;
      this.exact = null;
      this.text(".focus-sentence", meta.words.empty).classList.add("quiet");
      return;
    }
    const sameHead = this.exact && this.exact.layer === meta.layer && this.exact.head === meta.head && this.n === n;
    const { causal, scale, kv_head: kvHead, shared, heads, rotary, d } = meta;
    this.exact = { layer: meta.layer, head: meta.head };
    const { labels, special } = meta;
    this.n = n;
    this.causal = causal;
    this.rotary = rotary;
    Object.assign(this, { d, scale, kvHead, shared, heads, labels, special });
    this.arrays = arrays;
    this.steps = headSteps({ ...arrays, scale, causal, n });
    this.valueWeights = weightByValue(arrays.attention, arrays.value_norm, n);
    this.most = { raw: largestSize(arrays.scores), scaled: largestSize(this.steps.scaled) };
    this.lively = liveliest(arrays.attention, n, (key) => meta.special[key]);
    this.serial += 1;
    if (!sameHead) this.last = null;
    if (!sameHead) this.preview = null;
    const before = this.look.step;
    this.state.follow(meta.state, n);
    this.ready = true;
    if (sameHead && before !== this.look.step) this.startMove("step", before);
    this.fresh();
    this.draw(start);
    this.arcs.reveal(Math.max(this.look.token, this.look.key), !sameHead);
    recordFrame("attention_focus:data", performance.now() - start);
  }

  // Everything that depends on the head, its numbers or the theme is drawn anew.
  fresh() {
    this.matrix.forget();
    this.stale = { layout: true, curves: true, cells: true };
    this.setView();
    this.spell();
  }

  get look() {
    return this.state.look;
  }

  get layer() {
    return this.preview?.layer ?? this.exact.layer;
  }

  get head() {
    return this.preview?.head ?? this.exact.head;
  }

  // While only the overview's bytes are here, weights are all that can be shown.
  get step() {
    return this.preview ? "softmax" : this.look.step;
  }

  // Weights as curves and in the last step, [query, key].
  get weights() {
    if (this.preview) return this.preview.weights;
    return this.look.weight === "value" ? this.valueWeights : this.arrays.attention;
  }

  // What the matrix shows.
  get shown() {
    const step = this.step;
    if (step === "softmax") {
      const name = this.preview ? "preview" : `softmax ${this.look.weight}`;
      return { name, kind: "weight", values: this.weights, hatched: this.causal, most: 1 };
    }
    const most = this.most[step] ?? this.most.scaled;
    return { name: step, kind: "score", values: this.steps[step], hatched: this.causal && step === "masked", most };
  }

  rowValues(step, row) {
    return rowOf(step === "softmax" ? this.weights : this.steps[step], row, this.n);
  }

  // The row and the pair that the lower panels speak of: what is or was last looked at, else the last token.
  get row() {
    if (this.view.token >= 0) return this.view.token;
    if (this.view.key >= 0) return this.admirer(this.view.key);
    return this.last?.token ?? this.lively.query;
  }

  // The query that looks most at a key, other than the key's own token.
  admirer(key) {
    const looks = columnOf(this.weights, key, this.n);
    if (this.n > 1) looks[key] = -Infinity;
    return largest(looks, 1)[0] ?? key;
  }

  get column() {
    if (this.view.key >= 0) return this.view.key;
    if (this.last?.key >= 0 && this.last.token === this.row) return this.last.key;
    if (!this.last && !this.preview) return this.lively.key;
    return largest(rowOf(this.weights, this.row, this.n), 1)[0] ?? 0;
  }

  setView() {
    this.view = this.hover ?? { token: this.look.token, key: this.look.key };
    if (this.view.token >= 0) this.last = { ...this.view };
  }

  hovering(hover) {
    const same = (a, b) => a === b || (a && b && a.token === b.token && a.key === b.key);
    if (!this.ready || same(hover, this.hover)) return;
    this.hover = hover;
    this.setView();
    this.frame();
  }

  // Keeps what is looked at; `commit` false while a key is held down.
  pin(look, commit = true) {
    Object.assign(this.look, look);
    this.hover = null;
    this.setView();
    if (commit) this.state.commit(this.send);
    this.say();
    this.frame();
  }

  // ── choices ─────────────────────────────────────────────────────────────────────────────────────────────────

  startMove(kind, from) {
    this.move = this.theme.reducedMotion ? null : { kind, from, start: 0 };
  }

  chooseStep(step, commit = true) {
    if (this.preview || step === this.look.step) return;
    this.matrix.hold();
    this.startMove("step", this.look.step);
    this.stale.cells = true;
    this.spell(step);
    this.pin({ step }, commit);
  }

  stepBy(by) {
    const at = FOCUS_STEPS.indexOf(this.look.step) + by;
    if (at >= 0 && at < FOCUS_STEPS.length) this.chooseStep(FOCUS_STEPS[at]);
  }

  chooseWeight(weight) {
    if (this.preview || weight === this.look.weight) return;
    if (this.step === "softmax") this.matrix.hold();
    this.startMove("weight", this.look.step);
    Object.assign(this.stale, { curves: true, cells: true });
    this.arcs.pairs = null;
    this.pin({ weight });
    this.spell();
  }

  chooseRotary(rotary) {
    if (rotary === this.look.rotary) return;
    this.startMove("rotary", this.look.rotary);
    this.pin({ rotary });
    this.spell();
  }

  chooseTab(tab) {
    this.tab = tab;
    for (const pane of this.box.querySelectorAll(".focus-pane")) pane.hidden = pane.dataset.pane !== tab;
    this.spell();
    this.stale.layout = true;
    this.frame();
  }

  switchHead() {
    this.state.toggle(`${this.layer}.${this.head}`, this.send);
    this.tell("glassbox:ablate", { heads: [...this.state.ablate] });
    this.spell();
  }

  save() {
    savePng(this.picture(), `attention-head-${this.layer}.${this.head}.png`);
  }

  // Curves and matrix as they are now, on white, at least two pixels per CSS pixel, with a caption.
  picture() {
    const { theme, colours } = this;
    this.move = null;
    this.theme = whiteTheme(theme);
    this.ratio = Math.max(2, screenRatio());
    this.redraw(headColours(this.theme));
    const out = composeHead(this);
    Object.assign(this, { theme, ratio: undefined });
    this.redraw(colours);
    return out;
  }

  redraw(colours) {
    this.colours = colours;
    this.matrix.forget();
    this.matrix.drawCells();
    this.matrix.drawMarks();
    this.arcs.drawCurves();
    this.arcs.drawLabels();
  }

  // Other canvases of the group hear of it at once.
  tell(name, detail) {
    window.dispatchEvent(new CustomEvent(name, { detail: { group: this.meta.group, ...detail } }));
  }

  pickHead(head) {
    if (head === this.head) return;
    this.send("pick", { layer: this.layer, head });
    this.tell("glassbox:pick", { layer: this.layer, head });
    this.wait({ layer: this.layer, head });
  }

  // Another head of this layer was chosen here: its numbers are on their way, the old ones pale.
  wait({ layer, head }) {
    this.expect({ layer, head, weights: this.weights, blank: true });
  }

  // The overview chose a head: show its bytes until the exact numbers are here.
  foresee(detail) {
    if (!this.ready || !detail || detail.group !== this.meta.group) return;
    const { layer, head, matrix, size, pooled } = detail;
    const fits = matrix && size * size === matrix.length && Math.ceil(this.n / pooled) === size;
    if (!fits) return;
    this.expect({ layer, head, weights: expandPreview(matrix, size, pooled, this.n) });
  }

  // Shows a stand-in until the head's exact numbers come; tokens that were kept belong to the head before.
  expect(preview) {
    const back = preview.layer === this.exact.layer && preview.head === this.exact.head;
    if (preview.layer !== this.layer || preview.head !== this.head) this.state.rest();
    this.preview = back ? null : preview;
    this.hover = null;
    this.fresh();
    this.frame();
  }

  followAblate(detail) {
    if (!this.ready || detail?.group !== this.meta.group || !Array.isArray(detail.heads)) return;
    this.state.ablate = [...detail.heads];
    this.spell();
  }

  // ── words ───────────────────────────────────────────────────────────────────────────────────────────────────

  text(selector, text) {
    const element = this.find(selector);
    if (element.textContent !== text) element.textContent = text;
    return element;
  }

  say() {
    this.text(".focus-live", explainView(this));
  }

  spell(step = this.step) {
    spellAll(this, step);
  }

  // ── theme, layout, drawing ──────────────────────────────────────────────────────────────────────────────────

  applyTheme() {
    const theme = readTheme(this.root);
    const key = themeKey(theme);
    if (key === this.themeKey) return;
    this.themeKey = key;
    this.theme = theme;
    this.colours = headColours(theme);
    this.queryColour = theme.categories[2];
    this.keyColour = theme.categories[3];
    dressBox(this.box, theme);
    this.box.style.setProperty("--focus-query", this.queryColour);
    this.box.style.setProperty("--focus-key", this.keyColour);
    if (this.ready) this.fresh();
  }

  resized() {
    if (this.box.clientWidth === this.width) return;
    if (!this.ready) {
      if (!this.meta) this.reserve();
      return;
    }
    this.stale = { layout: true, curves: true, cells: true };
    this.frame();
  }

  // The sizes that follow from the width alone.
  sizes() {
    const width = this.box.clientWidth;
    const { scale } = this.theme;
    const wide = width >= FOCUS_WIDE;
    const wish = wide ? Math.min(660, Math.max(400, width * 0.35)) : 400 * Math.sqrt(scale);
    const left = lectureRoom(this.find(".focus-plot"), 16);
    const height = Math.round(wide && left >= LEAST_HIGH ? Math.min(wish, left) : wish);
    const matrixWidth = wide ? Math.round(Math.min(width * 0.48, height * 1.22)) : Math.min(width, 640);
    const matrixHeight = wide ? height : Math.min(matrixWidth, 520);
    return { width, wide, height, matrixWidth, matrixHeight, lower: Math.round(210 * scale) };
  }

  // Room for the figure before its data is here.
  reserve() {
    const { wide, height, matrixWidth, matrixHeight, lower } = this.sizes();
    this.find(".focus-figure").classList.toggle("wide", wide);
    this.setPlot(matrixWidth, matrixHeight);
    this.setScroll(height);
    this.bars.canvas.style.height = `${lower}px`;
    for (const part of [this.arcs.scroller, this.find(".focus-plot")]) part.classList.add("gb-skeleton");
  }

  setPlot(width, height) {
    Object.assign(this.find(".focus-plot").style, { width: `${width}px`, height: `${height}px` });
  }

  setScroll(height) {
    this.arcs.scroller.style.height = `${height}px`;
    this.find(".focus-stick").style.height = `${height}px`;
  }

  layout() {
    const { width, wide, height, matrixWidth, matrixHeight, lower } = this.sizes();
    const { scale } = this.theme;
    this.width = width;
    this.find(".focus-figure").classList.toggle("wide", wide);
    this.matrix.layout(matrixWidth, matrixHeight, wide);
    this.setPlot(this.matrix.width, this.matrix.height);
    this.setScroll(height);
    this.arcs.layout(this.arcs.scroller.clientWidth, height);
    this.bars.layout(width, lower);
    this.dims.layout(width, Math.round((width < 720 * Math.sqrt(scale) && this.rotary ? 470 : 258) * scale));
    this.stale = { layout: false, curves: true, cells: true };
  }

  // Progress 0…1 of the change on its way.
  progress(time) {
    if (!this.move) return 1;
    this.move.start ||= time;
    const share = (time - this.move.start) / FOCUS_MOVE;
    return share >= 1 ? 1 : easeOut(share);
  }

  draw(time) {
    if (!this.ready || this.gone || !this.box.clientWidth) return;
    const progress = this.progress(time);
    const { kind, from } = this.move ?? {};
    if (this.stale.layout) this.layout();
    if (this.stale.curves) this.arcs.drawCurves();
    if (this.stale.cells || kind === "step" || kind === "weight") this.matrix.drawCells(progress);
    this.stale = { layout: false, curves: false, cells: false };
    this.arcs.drawLabels();
    this.matrix.drawMarks();
    if (this.tab === "steps")
      this.bars.draw(kind === "step" ? from : this.step, this.step, kind === "step" ? progress : 1);
    else this.dims.draw(this.turnShare(kind === "rotary" ? progress : 1));
    spellView(this);
    if (progress >= 1) this.move = null;
    else this.frame();
  }

  // How much of the rotary turn is shown, 0…1.
  turnShare(progress) {
    if (!this.rotary || this.look.rotary) return progress;
    return 1 - progress;
  }
}

export default mounted((root) => new FocusView(root));
