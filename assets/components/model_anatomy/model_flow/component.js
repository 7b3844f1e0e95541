// A text on its way through a model, one canvas: network ⇄ block ⇄ head ⇄ vector ⇄ number. A place is a scene with
// boxes to open; going to one zooms its box up to the whole figure, and back. Python hears of a place once it is reached.

import { attributes, make, makeRuler } from "../../shared/dom.js";
import { easeOut, fillWords, fitCanvas, isStatic, makeTooltip, savePicture, wrapText } from "../../shared/draw.js";
import { FigureView } from "../../shared/figure.js";
import { mounted } from "../../shared/mount.js";
import { percent } from "../../shared/numbers.js";
import { canvasScale, whiteTheme } from "../../shared/theme.js";
import { blockScene } from "./block.js";
import { cellScene, headScene, vectorScene } from "./inside.js";
import { networkScene } from "./network.js";
import { flowNumber } from "./paint.js";

const FLOW_HOME = { layer: -1, head: -1, box: "", cell: -1, cross: false };
const FLOW_SCENES = { network: networkScene, block: blockScene, head: headScene, vector: vectorScene, cell: cellScene };
const FLOW_TRAVEL = 280; // milliseconds from one place to the next
const FLOW_OPENS = 2.6; // zoomed in so far, the box under the pointer opens …
const FLOW_OPENS_FINE = 6; // … and a matrix's own numbers, which are worth a closer look first
const FLOW_PINCHED = 0.65; // fingers brought together so far leave the place

/** @extends {FigureView<import("../payloads").ModelFlow>} */
class FlowFigure extends FigureView {
  constructor(root) {
    super(root, ".flow", "model_flow");
    this.figure = this.part(".flow-figure");
    this.canvas = this.part("canvas");
    this.tip = makeTooltip(this.figure);
    this.fingers = new Map();
    Object.assign(this, { camera: { k: 1, x: 0, y: 0 }, cursor: -1, state: null });
    this.listen();
  }

  // ── data and state ────────────────────────────────────────────────────────────────────────────────────────

  take({ meta, arrays } = this) {
    const { version, ...state } = meta.state;
    const other = this.model !== `${meta.title}:${meta.labels.join("")}`;
    this.model = `${meta.title}:${meta.labels.join("")}`;
    if (version !== this.version || other) this.adopt(state);
    this.version = version;
    this.shapes = Object.fromEntries(Object.entries(arrays).map(([name]) => [name, []]));
    for (const stack of meta.stacks) {
      for (const name of ["thumbs", "cross_thumbs"])
        this.shapes[`${name}_${stack.name}`] = this.thumbShape(stack, name);
    }
    this.spread(meta);
    this.scene = null;
    this.spell();
  }

  typeScale(scale) {
    return canvasScale(scale);
  }

  wear(theme) {
    super.wear(theme);
    this.box.classList.toggle("flow-stage", theme.scale > 1.2);
  }

  adopt(state) {
    this.state = { ...state };
    this.unzoom();
    this.cursor = -1;
  }

  /** Rows and columns of a head's small picture, from how many cells there are and how many tokens. */
  thumbShape(stack, name) {
    const cells = this.arrays[`${name}_${stack.name}`].length / Math.max(1, stack.layers * stack.heads);
    const queries = this.tokensOf(stack).length;
    const keys = name === "thumbs" ? queries : this.meta.labels.length;
    for (let size = 1; size <= queries + keys; size++) {
      const [rows, columns] = [Math.ceil(queries / size), Math.ceil(keys / size)];
      if (rows * columns <= cells) return [stack.layers, stack.heads, rows, columns];
    }
    return [stack.layers, stack.heads, 1, 1];
  }

  /** The scale of lengths: logarithmic between the smallest and largest of this text, but for the outermost 1 %. */
  spread(meta) {
    const all = meta.stacks
      .flatMap((stack) => Array.from(this.arrays[`lengths_${stack.name}`]))
      .filter((value) => value > 0);
    all.sort((a, b) => a - b);
    const pick = (share) => all[Math.floor(share * (all.length - 1))] ?? 1;
    this.low = pick(0.02);
    this.largest = pick(1);
    const usual = pick(0.9); // one token may be a hundred times as long as all others: it is drawn as the darkest
    this.high = Math.max(this.largest > 4 * usual ? usual * 2 : this.largest, this.low * 1.01);
  }

  get place() {
    const { state } = this;
    if (!state || state.layer < 0) return "network";
    if (state.box) return state.cell >= 0 ? "cell" : "vector";
    return state.head >= 0 ? "head" : "block";
  }

  get stack() {
    return this.meta.stacks.find((one) => one.name === this.state.stack) ?? this.meta.stacks[0];
  }

  get lastStack() {
    return this.meta.stacks[this.meta.stacks.length - 1];
  }

  get still() {
    return isStatic();
  }

  get narrow() {
    return this.figure.clientWidth < 640;
  }

  /** The token in hand, of the stack in hand: what the pointer rests on, else the chosen one, else the last. */
  get token() {
    const count = this.tokensNow.length;
    const asked = this.hoverToken ?? this.state.token;
    return asked < 0 || asked >= count ? count - 1 : asked;
  }

  get tokensNow() {
    return this.state.box ? this.rows(this.stack, this.state.box) : this.tokensOf(this.stack);
  }

  tokensOf(stack) {
    return stack.name === "decoder" && this.meta.target ? this.meta.target : this.meta.labels;
  }

  rows(stack, box) {
    return box === "cross_k" || box === "cross_v" ? this.meta.labels : this.tokensOf(stack);
  }

  tokenIn(stack) {
    return stack.name === this.stack.name ? this.token : -1;
  }

  isToken(stack, t) {
    return this.tokenIn(stack) === t;
  }

  /** The token whose prediction is shown: the one in hand where its stack predicts, else the last. */
  outToken() {
    const last = this.tokensOf(this.lastStack).length - 1;
    return this.stack.name === this.lastStack.name ? Math.min(this.token, last) : last;
  }

  stackName(stack) {
    return this.words[`stack_${stack.name}`];
  }

  /** What Python has sent for the place in hand; null while it is on its way. */
  detail(level) {
    const { state } = this;
    const names = level === "head" ? ["head", "cross"] : level === "box" ? ["box"] : ["box", "cell"];
    const here = (one) => ["stack", "layer", ...names].every((name) => one[name] === state[name]);
    const fits = (one) => one.level === level && here(one) && (level !== "cell" || this.cellToken(one) === this.token);
    return this.meta.details.find(fits) ?? null;
  }

  cellToken(one) {
    return one.token < 0 ? this.tokensNow.length - 1 : one.token;
  }

  fill(name, values) {
    return fillWords(this.words[name], values);
  }

  // ── drawing ───────────────────────────────────────────────────────────────────────────────────────────────

  get tokenColour() {
    return this.theme.warm;
  }

  get lengthColour() {
    const [from, to] = [Math.log(this.low), Math.log(this.high)];
    return (value) => this.theme.sequential(value > 0 ? 0.04 + (0.96 * (Math.log(value) - from)) / (to - from) : 0);
  }

  mono(size = 13, weight = 400) {
    return `${weight} ${Math.round(size * this.theme.scale)}px ${this.theme.mono}`;
  }

  measure(text, font) {
    this.ruler = this.ruler ?? makeRuler();
    this.ruler.font = font;
    return this.ruler.measureText(text).width;
  }

  lines(context, text, x, y, width, { font, fill }) {
    Object.assign(context, { font, fillStyle: fill, textAlign: "left", textBaseline: "alphabetic" });
    const step = 20 * this.theme.scale;
    wrapText(context, text, width).forEach((line, i) => context.fillText(line, x, y + i * step));
  }

  build() {
    const width = this.figure.clientWidth;
    this.figure.style.height = "";
    const height = this.figure.clientHeight;
    const scene = FLOW_SCENES[this.place](this, width, height);
    if (scene.height > height + 1) this.figure.style.height = `${Math.ceil(scene.height)}px`;
    return scene;
  }

  draw(time = performance.now()) {
    if (!this.state) return;
    this.box.style.setProperty("--flow-token", this.tokenColour);
    const width = this.figure.clientWidth;
    this.scene = this.build();
    const height = this.figure.clientHeight;
    this.showChip();
    const context = fitCanvas(this.canvas, width, height, this.ratio);
    context.clearRect(0, 0, width, height);
    if (this.travel) this.drawTravel(context, width, height, time);
    else this.drawScene(context, this.scene, this.camera);
    this.drawCursor(context);
  }

  drawScene(context, scene, { k, x, y }) {
    context.save();
    context.translate(x, y);
    context.scale(k, k);
    scene.paint(context);
    context.restore();
  }

  /** One place grows out of its box in the other, or shrinks into it. */
  drawTravel(context, width, height, time) {
    this.travel.start ??= time;
    const t = easeOut((time - this.travel.start) / FLOW_TRAVEL);
    const { picture, rect, inward } = this.travel;
    const grow = inward ? t : 1 - t; // 0: the outer place whole, 1: the inner place whole
    const [k, ky] = [1 + (width / rect.w - 1) * grow, 1 + (height / rect.h - 1) * grow];
    const [x, y] = [-rect.x * (width / rect.w) * grow, -rect.y * (height / rect.h) * grow];
    const placed = (alpha, left, top, wide, high, paint) => {
      context.save();
      context.globalAlpha = alpha;
      context.translate(left, top);
      context.scale(wide, high);
      paint();
      context.restore();
    };
    const outer = (paint) => placed(1 - grow, x, y, k, ky, paint);
    const inner = (paint) =>
      placed(grow, x + rect.x * k, y + rect.y * ky, (rect.w * k) / width, (rect.h * ky) / height, paint);
    const old = () => context.drawImage(picture, 0, 0, width, height);
    const fresh = () => this.scene.paint(context);
    if (inward) {
      outer(old);
      inner(fresh);
    } else {
      outer(fresh);
      inner(old);
    }
    if (t >= 1) this.travel = null;
    this.frame();
  }

  drawCursor(context) {
    const item = this.scene.items[this.cursor];
    if (!item || this.travel) return;
    const { k, x, y } = this.camera;
    Object.assign(context, { strokeStyle: this.theme.accent, lineWidth: 2.5 });
    context.strokeRect(x + item.x * k - 3, y + item.y * k - 3, item.w * k + 6, item.h * k + 6);
  }

  // ── going places ──────────────────────────────────────────────────────────────────────────────────────────

  go(change, { rect = null, inward = true } = {}) {
    const next = { ...change };
    const before = this.place;
    const picture = this.snapshot();
    const token = next.token ?? this.state.token;
    this.state = { ...this.state, ...next, token };
    this.hoverToken = null;
    this.hoverAt = null;
    this.tip.hide();
    this.cursor = -1;
    this.unzoom();
    const count = this.tokensNow.length;
    if (this.state.token >= count) this.state.token = count - 1;
    if (this.place === "cell") this.state.token = this.token;
    this.spell();
    const place = rect ?? (inward ? null : this.rectOf(before));
    if (place && !this.theme.reducedMotion && before !== this.place) this.travel = { picture, rect: place, inward };
    if (!this.still) this.send("look", this.plain());
    this.frame();
  }

  plain() {
    const { stack, layer, head, cross, box, token, cell } = this.state;
    return { stack, layer, head, cross, box, token, cell };
  }

  snapshot() {
    const copy = document.createElement("canvas");
    [copy.width, copy.height] = [this.canvas.width, this.canvas.height];
    copy.getContext("2d").drawImage(this.canvas, 0, 0);
    return copy;
  }

  /** Where the place that was left stands in the one gone back to. */
  rectOf(before) {
    const scene = this.build();
    const left = this.left;
    const same = ([name, value]) => left[name] === value || (name === "cell" && before !== "cell") || name === "cross";
    const item = scene.items.find((one) => one.go && left && Object.entries(one.go).every(same));
    const [w, h] = [this.figure.clientWidth, this.figure.clientHeight];
    return item ?? { x: w * 0.3, y: h * 0.3, w: w * 0.4, h: h * 0.4 };
  }

  up() {
    const { state } = this;
    this.left = { ...state };
    if (this.place === "cell") this.go({ cell: -1 }, { inward: false });
    else if (this.place === "vector") this.go({ box: "" }, { inward: false });
    else if (this.place === "head") this.go({ head: -1, cross: false }, { inward: false });
    else if (this.place === "block") this.go({ ...FLOW_HOME }, { inward: false });
  }

  /** To the place beside: the next block, head, dimension. */
  beside(step) {
    const { state, stack } = this;
    if (this.place === "cell") {
      const width = stack.widths[stack.boxes.indexOf(state.box)];
      return this.go({ cell: (state.cell + step + width) % width });
    }
    if (state.head >= 0) return this.go({ head: (state.head + step + stack.heads) % stack.heads });
    if (state.layer >= 0) {
      const layer = state.layer + step;
      if (layer >= 0 && layer < stack.layers) return this.go({ layer });
      const other = this.meta.stacks[this.meta.stacks.indexOf(stack) + step];
      if (other && (!state.box || other.boxes.includes(state.box)))
        return this.go({ stack: other.name, layer: step > 0 ? 0 : other.layers - 1, token: -1 });
    }
    return undefined;
  }

  choose(token) {
    if (token === this.state.token) return;
    this.state.token = token;
    this.hoverToken = null;
    this.markTokens();
    this.frame();
    if (!this.still) this.send("look", this.plain());
  }

  // ── words around the canvas ───────────────────────────────────────────────────────────────────────────────

  spell() {
    this.spellPath();
    this.spellTokens();
    const { words } = this;
    const save = this.part(".flow-save");
    save.textContent = words.save;
    save.onclick = () => this.save();
    this.part('[data-zoom="fit"]').textContent = words.fit;
    for (const [name, title] of Object.entries({ in: words.zoom_in, out: words.zoom_out, fit: words.fit_help })) {
      const button = attributes(this.part(`[data-zoom="${name}"]`), { title, "aria-label": title });
      button.onclick = () => (name === "fit" ? this.fit() : this.zoomBy(name === "in" ? 1.4 : 1 / 1.4));
    }
    this.part(".flow-legend").hidden = !["network", "block"].includes(this.place);
    this.part(".flow-low").textContent = `${words.length} ≤ ${flowNumber(this.low)}`;
    this.part(".flow-high").textContent = `${this.largest > this.high ? "≥ " : ""}${flowNumber(this.high)}`;
    const stops = [0, 0.25, 0.5, 0.75, 1].map((at) => this.theme.sequential(0.04 + 0.96 * at));
    this.part(".flow-legend i").style.background = `linear-gradient(90deg, ${stops.join(", ")})`;
    this.part(".flow-legend").title = words.legend;
    this.figure.setAttribute("aria-label", `${this.part(".flow-path").textContent}. ${words.keys}`);
    this.say("");
  }

  spellPath() {
    const { state, meta, words, stack } = this;
    /** @type {[string, object][]} */ const path = [[meta.title, { ...FLOW_HOME }]];
    if (state.layer >= 0)
      path.push([
        meta.stacks.length > 1
          ? `${this.stackName(stack)} · ${this.fill("block", { layer: state.layer })}`
          : this.fill("block", { layer: state.layer }),
        { head: -1, box: "", cell: -1, cross: false },
      ]);
    if (state.head >= 0)
      path.push([this.fill(state.cross ? "cross_head" : "head", { head: state.head }), { box: "", cell: -1 }]);
    if (state.box) path.push([words[`box_${state.box}`], { cell: -1 }]);
    if (state.cell >= 0) path.push([this.fill("dimension", { at: state.cell }), {}]);
    const parts = path.flatMap(([text, go], i) => {
      const button = make("button", "", text);
      if (i === path.length - 1) button.setAttribute("aria-current", "location");
      button.onclick = () => {
        if (i === path.length - 1) return;
        this.left = { ...this.state };
        this.go(go, { inward: false });
      };
      return i ? [make("span", "", "›"), button] : [button];
    });
    this.part(".flow-path").replaceChildren(...parts);
    const step = this.part(".flow-step");
    step.hidden = this.place === "network";
    for (const button of step.children) {
      const way = Number(button.dataset.step);
      const kind = this.place === "cell" ? "dimension" : state.head >= 0 ? "head" : "block";
      button.title = words[`${way < 0 ? "previous" : "following"}_${kind}`];
      button.setAttribute("aria-label", button.title);
      button.onclick = () => this.beside(way);
    }
  }

  spellTokens() {
    const row = this.part(".flow-tokens");
    const key = `${this.stack.name}:${this.tokensNow.join("\0")}:${this.words.token}`;
    if (key !== this.tokenKey) {
      this.tokenKey = key;
      row.setAttribute("aria-label", this.words.token);
      const side = this.tokensNow === this.meta.labels ? this.words.source : this.words.written;
      const name = this.meta.stacks.length > 1 ? `${this.words.token} (${side})` : this.words.token;
      const chips = this.tokensNow.map((label, at) => {
        const button = attributes(make("button", "", label), { role: "option" });
        button.onclick = () => this.choose(at);
        button.onpointerenter = (event) => event.pointerType === "mouse" && this.place !== "cell" && this.rest(at);
        button.onpointerleave = () => this.rest(null);
        return button;
      });
      row.replaceChildren(make("i", "", name), ...chips);
    }
    this.markTokens();
  }

  rest(token) {
    this.hoverToken = token;
    this.markTokens();
    this.frame();
  }

  markTokens() {
    const chips = this.part(".flow-tokens").querySelectorAll("button");
    chips.forEach((chip, at) => chip.setAttribute("aria-selected", String(at === this.token)));
    if (this.hoverToken == null) this.chipShown = "";
    this.say(this.said ?? "");
  }

  /** Scrolls the row of tokens to the one in hand: when that changes, and when the row gets another width. */
  showChip() {
    const row = this.part(".flow-tokens");
    const key = `${this.token}:${row.clientWidth}`;
    const mine = row.querySelectorAll("button")[this.token];
    if (this.hoverToken != null || key === this.chipShown || !mine) return;
    this.chipShown = key;
    const [left, right] = [mine.offsetLeft - row.offsetLeft, mine.offsetLeft - row.offsetLeft + mine.offsetWidth];
    if (left < row.scrollLeft || right > row.scrollLeft + row.clientWidth) row.scrollLeft = left - row.clientWidth / 2;
  }

  say(text) {
    this.said = text;
    const shown = text || this.about();
    const says = this.part(".flow-says");
    if (says.textContent !== shown) says.textContent = shown;
  }

  /** What to notice in the place in hand. */
  about() {
    const { state, stack, words } = this;
    const label = this.tokensNow[this.token];
    if (this.place === "network") {
      const [still, live] = this.narrow ? ["says_turned_still", "says_turned"] : ["says_still", "says_network"];
      return this.fill(this.still ? still : live, { layers: stack.layers });
    }
    if (this.place === "block") return this.blockSays(label);
    if (this.place === "head") return this.headSays(label);
    if (this.place === "vector") return this.fill("says_vector", { box: words[`box_${state.box}`], token: label });
    return words.says_cell;
  }

  blockSays(label) {
    const { state, stack } = this;
    const length = (box) => {
      const count = this.tokensOf(stack).length;
      const table = this.arrays[`lengths_${stack.name}`];
      const most = table.length / (stack.layers * stack.boxes.length);
      return count ? table[(state.layer * stack.boxes.length + stack.boxes.indexOf(box)) * most + this.token] : NaN;
    };
    const boxes = { before: "in", attention: "o", mlp: "down", after: stack.pre_norm ? "add_2" : "norm_2" };
    const values = { layer: state.layer, token: label };
    for (const [name, box] of Object.entries(boxes)) values[name] = flowNumber(length(box));
    return this.fill(stack.pre_norm ? "says_block" : "says_block_post", values);
  }

  headSays(label) {
    const one = this.detail("head");
    if (!one) return "";
    const keys = one.cross ? this.meta.labels : this.tokensOf(this.stack);
    const row = Array.from(this.arrays.head_weights.subarray(this.token * keys.length, (this.token + 1) * keys.length));
    const best = row.indexOf(Math.max(...row));
    const [weight, scale] = [percent(row[best]), flowNumber(one.scale)];
    return this.fill("says_head", { head: one.head, token: label, key: keys[best], weight, scale });
  }

  // ── pointer, wheel, keys ──────────────────────────────────────────────────────────────────────────────────

  listen() {
    const { figure } = this;
    figure.onpointerdown = (event) => this.down(event);
    figure.onpointermove = (event) => this.moved(event);
    figure.onpointerup = (event) => this.lifted(event);
    figure.onpointercancel = (event) => {
      this.fingers.delete(event.pointerId);
      this.pinch = null;
    };
    for (const name of ["touchstart", "touchmove"])
      figure.addEventListener(name, (event) => event.touches.length > 1 && event.preventDefault(), { passive: false });
    figure.onpointerleave = () => this.leave();
    figure.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    figure.onkeydown = (event) => this.key(event);
    figure.ondblclick = () => this.fit();
  }

  /** @returns {[number, number]} */
  spot(event) {
    const { left, top } = this.figure.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  }

  inScene([px, py]) {
    return [(px - this.camera.x) / this.camera.k, (py - this.camera.y) / this.camera.k];
  }

  hit(spot) {
    if (!this.scene || this.travel) return null;
    const [x, y] = this.inScene(spot);
    for (let i = this.scene.items.length - 1; i >= 0; i--) {
      const item = this.scene.items[i];
      if (x >= item.x && x <= item.x + item.w && y >= item.y && y <= item.y + item.h)
        return item.at ? { ...item, ...item.at(x, y) } : item;
    }
    return null;
  }

  down(event) {
    if (!this.ready || (event.pointerType === "mouse" && event.button)) return;
    const spot = this.spot(event);
    this.fingers.set(event.pointerId, spot);
    this.drag = { spot, moved: this.fingers.size > 1, touch: event.pointerType === "touch" };
    this.pinch = this.fingers.size === 2 ? { reach: this.camera.k } : null;
    this.tip.hide();
    if (event.pointerType !== "touch") this.figure.setPointerCapture?.(event.pointerId);
  }

  moved(event) {
    if (!this.ready) return;
    const spot = this.spot(event);
    const old = this.fingers.get(event.pointerId);
    if (!old) return event.pointerType !== "touch" && this.hover(spot);
    if (this.fingers.size === 2) {
      const other = [...this.fingers].find(([id]) => id !== event.pointerId)[1];
      const distance = (a) => Math.hypot(a[0] - other[0], a[1] - other[1]) || 1;
      const factor = distance(spot) / distance(old);
      const middle = [(spot[0] + other[0]) / 2, (spot[1] + other[1]) / 2];
      this.fingers.set(event.pointerId, spot);
      if (this.pinch) Object.assign(this.pinch, { middle, reach: this.pinch.reach * factor });
      return this.zoomAt(...middle, factor);
    }
    this.drag.moved ||=
      Math.hypot(spot[0] - this.drag.spot[0], spot[1] - this.drag.spot[1]) > (this.drag.touch ? 9 : 4);
    if (this.drag.moved && this.camera.k > 1)
      this.moveTo({ ...this.camera, x: this.camera.x + spot[0] - old[0], y: this.camera.y + spot[1] - old[1] });
    this.fingers.set(event.pointerId, spot);
    return undefined;
  }

  lifted(event) {
    if (!this.fingers.delete(event.pointerId)) return;
    if (this.pinch) return this.pinched();
    if (!this.drag || this.drag.moved || this.fingers.size) return;
    const spot = this.spot(event);
    const item = this.hit(spot);
    if (!item) return this.tip.hide();
    if (this.opens(item)) return this.open(item);
    this.hover(spot);
    return undefined;
  }

  /** Two fingers have let go: what they have brought up close opens, and brought together they lead back. */
  pinched() {
    const { middle, reach } = this.pinch;
    this.pinch = null;
    if (!middle || this.travel) return;
    if (reach < FLOW_PINCHED) this.up();
    else this.openClose(middle);
  }

  /** Opens the box that has been brought up close. */
  openClose(spot) {
    const item = this.hit(spot);
    const close = this.camera.k > (item?.fine ? FLOW_OPENS_FINE : FLOW_OPENS) && this.opens(item);
    if (close) this.open(item);
    return close;
  }

  opens(item) {
    return Boolean(item?.go) && !(this.still && !this.reachable(item.go));
  }

  /** A page on a disk has only what was sent. */
  reachable(go) {
    const next = { ...this.state, ...go };
    if (!next.box && next.head < 0) return true;
    const level = next.cell >= 0 ? "cell" : next.box ? "box" : "head";
    const same = (one) => level === "cell" || one[level] === next[level];
    return this.meta.details.some((one) => one.level === level && same(one) && one.layer === next.layer);
  }

  open(item) {
    const { k, x, y } = this.camera;
    this.go(item.go, { rect: { x: x + item.x * k, y: y + item.y * k, w: item.w * k, h: item.h * k } });
  }

  hover(/** @type {[number, number]} */ spot) {
    const item = this.hit(spot);
    this.figure.classList.toggle("flow-hand", Boolean(item?.go));
    const column = item?.column ?? null;
    if ((this.hoverAt?.column ?? null) !== column) {
      this.hoverAt = item ? { column } : null;
      this.frame();
    }
    if (!item) {
      this.tip.hide();
      return this.say("");
    }
    this.tip.show([{ title: item.title }, ...item.rows], ...spot);
    return this.say(item.says ?? "");
  }

  leave() {
    this.tip.hide();
    if (!this.ready) return;
    this.hoverAt = null;
    this.say("");
    this.frame();
  }

  wheel(event) {
    if (!this.ready) return;
    const inward = event.deltaY < 0;
    const now = performance.now();
    const since = now - (this.wheeled ?? -1000);
    const busy = this.travel || since < 350; // on the way, what is left of the same turn of the wheel counts no more
    if (!busy && !inward && this.camera.k <= 1.001 && this.place === "network") return; // the page scrolls on
    event.preventDefault();
    if (busy) return;
    const spot = this.spot(event);
    if (!inward && this.camera.k <= 1.001) {
      this.wheeled = now;
      return this.up();
    }
    const step = event.deltaY * (event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1);
    this.zoomAt(...spot, Math.exp(-Math.max(-150, Math.min(150, step)) * (event.ctrlKey ? 0.01 : 0.0022)));
    if (inward && this.openClose(spot)) this.wheeled = now;
    return undefined;
  }

  zoomAt(x, y, factor) {
    const k = Math.min(8, Math.max(1, this.camera.k * factor));
    const ratio = k / this.camera.k;
    this.moveTo({ k, x: x - (x - this.camera.x) * ratio, y: y - (y - this.camera.y) * ratio });
  }

  zoomBy(factor) {
    this.zoomAt(this.figure.clientWidth / 2, this.figure.clientHeight / 2, factor);
  }

  moveTo({ k, x, y }) {
    const [w, h] = [this.figure.clientWidth, this.figure.clientHeight];
    this.camera = { k, x: Math.min(0, Math.max(w - w * k, x)), y: Math.min(0, Math.max(h - h * k, y)) };
    this.figure.classList.toggle("flow-zoomed", k > 1.001);
    this.frame();
  }

  fit() {
    this.moveTo({ k: 1, x: 0, y: 0 });
  }

  /** A new place is seen whole, and one finger scrolls the page again. */
  unzoom() {
    this.camera = { k: 1, x: 0, y: 0 };
    this.figure.classList.remove("flow-zoomed");
  }

  key(event) {
    if (!this.ready || event.altKey || event.metaKey || event.ctrlKey) return;
    const count = this.tokensNow.length;
    const acts = {
      "+": () => this.zoomBy(1.4),
      "=": () => this.zoomBy(1.4),
      "-": () => this.zoomBy(1 / 1.4),
      0: () => this.fit(),
      ArrowUp: () => this.choose((this.token - 1 + count) % count),
      ArrowDown: () => this.choose((this.token + 1) % count),
      ArrowLeft: () => this.point(-1),
      ArrowRight: () => this.point(1),
      PageUp: () => this.beside(-1),
      PageDown: () => this.beside(1),
      Enter: () => this.openCursor(),
      Escape: () => this.up(),
      Backspace: () => this.up(),
    };
    if (!acts[event.key] || (event.key === "Escape" && this.place === "network")) return;
    event.preventDefault();
    event.stopPropagation();
    acts[event.key]();
  }

  /** The keyboard's place among the boxes; in a head, a vector or a number: the one beside. */
  point(step) {
    const open = this.scene.items.flatMap((item, at) => (item.at ? [] : [at]));
    if (this.place === "cell" || !open.length) return this.beside(step);
    const now = open.indexOf(this.cursor);
    this.cursor = open[(now < 0 ? (step > 0 ? 0 : open.length - 1) : now + step + open.length) % open.length];
    const item = this.scene.items[this.cursor];
    this.part(".flow-live").textContent = item.says || item.title;
    this.say(item.says);
    this.frame();
    return undefined;
  }

  openCursor() {
    const item = this.scene.items[this.cursor];
    if (this.opens(item)) this.open(item);
  }

  // ── picture ───────────────────────────────────────────────────────────────────────────────────────────────

  save() {
    const { theme, themeKey } = this;
    Object.assign(this, { theme: whiteTheme(theme), themeKey: "white" });
    const scene = FLOW_SCENES[this.place](this, this.figure.clientWidth, this.figure.clientHeight);
    const path = this.part(".flow-path").textContent.replaceAll("›", " › ");
    const texts = [`${path} · ${this.part(".flow-says").textContent}`, this.meta.caption];
    savePicture("anatomy.png", { ...scene, texts, theme: this.theme });
    Object.assign(this, { theme, themeKey });
  }
}

export default mounted((root) => new FlowFigure(root));
