// A map of word vectors: thousands of points to move about in, each telling its neighbours in the original space.
// Everything that moves is computed here; Python hears of a pick, a circled set and a view once, when they are made.

import { unpack } from "../../shared/buffer.js";
import { isStatic, makeTooltip, onFrame, recordFrame, savePng, screenRatio } from "../../shared/draw.js";
import { mounted } from "../../shared/mount.js";
import { dressBox, readTheme, themeKey } from "../../shared/theme.js";
import { default as contains } from "../../../vendor/d3-polygon/contains.js";
import { cameraFrom, cameraText, cameraWithin } from "./camera.js";
import { DotsCanvas, DotsCard } from "./dots.js";
import { MapPoints } from "./model.js";
import { MapPanel } from "./panel.js";

const MAP_NARROW = 640; // CSS pixels of width below which the list stands under the map
const MAP_REST = 320; // milliseconds without a turn of the wheel before a view is sent

class EmbeddingMap extends MapPanel {
  constructor(root) {
    super();
    this.root = root;
    this.box = root.querySelector(".em");
    this.stage = this.find(".em-stage");
    this.over = this.find(".em-over");
    this.input = this.find(".em-search input");
    this.live = this.find(".em-live");
    this.tip = makeTooltip(this.box);
    this.ratio = screenRatio();
    this.fingers = new Map();
    Object.assign(this, { picked: -1, hover: -1, isolated: -1, chosen: [], stale: true });
    Object.assign(this, { found: null, pointer: null, drag: null, move: null });
    this.makeDots();
    this.frame = onFrame(() => this.draw(), "embedding_map");
    this.watch = new ResizeObserver(() => this.resized());
    this.watch.observe(this.box);
    this.listen();
  }

  /** A fresh canvas for the points: one that lost its context, or had another kind of it, cannot be used again. */
  makeDots() {
    const old = this.find(".em-dots");
    const make = () => {
      const canvas = old.cloneNode();
      this.find(".em-dots").replaceWith(canvas);
      return canvas;
    };
    const canvas = make();
    this.dots = DotsCard.on(canvas) ?? new DotsCanvas(make());
    this.dots.canvas.addEventListener("webglcontextlost", () => this.gone || this.frame());
    this.box.dataset.renderer = this.dots.kind;
  }

  /** The graphics card was taken away: the same points on a plain canvas. */
  fall() {
    const canvas = this.dots.canvas.cloneNode();
    this.dots.canvas.replaceWith(canvas);
    this.dots = new DotsCanvas(canvas);
    this.box.dataset.renderer = this.dots.kind;
    this.stale = true;
  }

  destroy() {
    this.gone = true;
    clearTimeout(this.rest);
    this.frame.cancel();
    this.watch.disconnect();
    this.dots.destroy();
  }

  // ── data and state ────────────────────────────────────────────────────────────────────────────────────────

  async update({ data, setStateValue }) {
    this.send = (name, value) => setStateValue(name, { ...value, at: Date.now() });
    this.applyTheme();
    if (!data) return this.ready && this.frame(); // between two runs; what is on its way still counts
    const turn = (this.turn = (this.turn ?? 0) + 1);
    if (
      data === this.bytes ||
      (data.length === this.bytes?.length && data.every((value, i) => value === this.bytes[i]))
    ) {
      this.bytes = data;
      return this.ready && this.frame();
    }
    const message = await unpack(data);
    if (this.gone || turn !== this.turn) return undefined;
    this.bytes = data;
    const start = performance.now();
    this.take(message);
    recordFrame("embedding_map:data", performance.now() - start);
    return undefined;
  }

  /** @param {{meta: import("../payloads").EmbeddingMap, arrays: import("../payloads").EmbeddingMapArrays}} message */
  take(message) {
    const was = this.points;
    const same = was && this.sameAs(message, was);
    const word = was?.labels[this.picked] ?? "";
    const points = new MapPoints(message);
    Object.assign(this, { points, words: message.meta.words, widths: null, stale: true });
    this.box.dataset.state = points.count ? "full" : "empty";
    this.box.dataset.count = String(points.count);
    if (!same) Object.assign(this, { hover: -1, found: null, chosen: [], isolated: -1, held: null, ring: null });
    const { state } = message.meta;
    const follows = state.version !== this.version;
    this.version = state.version;
    this.picked = points.find(follows ? String(state.word ?? "") : word);
    const goal = follows ? cameraFrom(state.view, points.dims) : same ? this.camera : points.home();
    this.applySize();
    this.enter(was, same, goal);
    if (follows) this.told = cameraText(goal, points.dims);
    this.ready = points.count > 0;
    if (!same && this.input.value) this.searchAgain(was);
    this.spell();
    this.draw();
    if (!follows && !same) this.commitView(goal);
  }

  sameAs({ meta, arrays }, was) {
    const raw = this.raw;
    this.raw = arrays.positions;
    const equal =
      raw && raw.length === arrays.positions.length && arrays.positions.every((value, i) => value === raw[i]);
    return equal && meta.labels.length === was.count && meta.labels.every((label, i) => label === was.labels[i]);
  }

  /** Points travel from where the same words were. */
  enter(was, same, goal) {
    const { points } = this;
    for (const name of ["px", "py", "near"]) this[name] = new Float32Array(points.count);
    this.places = points.positions.slice();
    this.camera ??= goal;
    this.move = null;
    const still = this.theme.reducedMotion || !was?.count || !points.count || !this.box.clientWidth;
    const from = same || still ? null : points.before(was, 1);
    if (from) this.places.set(from);
    this.dots.place(this.places);
    if (still || (!from && !same)) this.camera = goal;
    else if (from || cameraText(this.camera, points.dims) !== cameraText(goal, points.dims)) this.travel(goal, from);
  }

  commitView(camera = this.move?.goal ?? this.camera) {
    const view = cameraText(camera, this.points.dims);
    if (view === this.told || isStatic()) return;
    this.told = view;
    this.send("view", { view });
  }

  focus() {
    return this.hover >= 0 ? this.hover : this.picked;
  }

  /** Takes a word as the one whose neighbours are shown; "fly" brings it into sight. -1 lets go. */
  pick(i, fly = false) {
    const fresh = i !== this.picked;
    this.picked = i;
    this.hover = -1;
    this.pointer = null;
    if (i >= 0) this.announce(i);
    if (fly && i >= 0) this.fly(i);
    this.frame();
    if (fresh && !isStatic()) this.send("pick", { word: i >= 0 ? this.points.labels[i] : "" });
  }

  announce(i) {
    const { points, words } = this;
    const near = points.neighbours(i);
    const names = near.map(([other]) => points.labels[other]).join(words.separator);
    this.say(`${points.labels[i]}${words.colon}${names ? `${this.nearTitle()}${words.colon}${names}` : ""}`);
  }

  fly(i) {
    const lens = this.lens();
    const [x, y] = [this.px[i], this.py[i]];
    const inside = x > lens.width * 0.1 && x < lens.width * 0.9 && y > lens.height * 0.1 && y < lens.height * 0.9;
    if (inside) return;
    const goal = cameraWithin({
      ...this.camera,
      x: this.camera.x + (x - lens.width / 2) / lens.scale,
      y: this.camera.y - (y - lens.height / 2) / lens.scale,
    });
    this.travel(goal);
    this.commitView(goal);
  }

  isolate(group) {
    this.isolated = this.isolated === group ? -1 : group;
    this.stale = true;
    this.spellLegend();
    this.frame();
  }

  // ── search and lasso ──────────────────────────────────────────────────────────────────────────────────────

  search(text, draw = true) {
    const found = text.trim() ? this.points.search(text) : null;
    this.found = found;
    this.stale = true;
    const output = this.find(".em-search output");
    output.textContent = found ? String(found.length) : "";
    output.setAttribute("aria-label", found ? this.words.matches : "");
    if (draw) this.frame();
  }

  /** What was searched is searched again where the words are the same; other words begin without a search. */
  searchAgain(was) {
    const { labels } = this.points;
    const alike = was?.count === labels.length && labels.every((label, i) => label === was.labels[i]);
    if (!alike) this.input.value = "";
    this.search(this.input.value, false);
  }

  takeFound() {
    const best = this.found?.[0] ?? -1;
    if (best >= 0) this.pick(best, true);
    else if (this.found) this.say(this.words.none);
  }

  armLasso(armed) {
    this.armed = armed;
    this.find(".em-lasso").setAttribute("aria-pressed", String(Boolean(armed)));
    this.cursor();
  }

  closeLasso() {
    const { ring, points, px, py } = this;
    this.ring = null;
    const chosen = [];
    if (ring.length >= 3)
      for (let i = 0; i < points.count; i++)
        if ((this.isolated < 0 || points.groups[i] === this.isolated) && contains(ring, [px[i], py[i]])) chosen.push(i);
    this.armLasso(false);
    this.choose(chosen);
  }

  choose(chosen) {
    const before = this.chosen.length;
    this.chosen = chosen;
    if (chosen.length) this.picked = -1;
    this.stale = true;
    this.spellSide(true);
    this.frame();
    if (chosen.length) this.say(this.find(".em-count").textContent);
    if ((before || chosen.length) && !isStatic())
      this.send("lasso", { words: chosen.slice(0, this.points.meta.most_chosen).map((i) => this.points.labels[i]) });
  }

  // ── pointer ───────────────────────────────────────────────────────────────────────────────────────────────

  seek(reach = 12) {
    this.hover = this.hit(this.pointer.x, this.pointer.y, reach);
    this.cursor();
  }

  hit(x, y, reach) {
    let [best, least] = [-1, reach * reach];
    const { px, py, near, points, shown } = this;
    for (let i = 0; i < px.length; i++) {
      const [dx, dy] = [px[i] - x, py[i] - y];
      const distance = (dx * dx + dy * dy) * (points.dims === 3 ? 1.6 - near[i] * 0.5 : 1);
      if (distance < least && (!shown || shown[i])) [best, least] = [i, distance];
    }
    if (best >= 0) return best;
    for (const [i, box] of this.labelBoxes ?? [])
      if (x >= box[0] && x <= box[2] && y >= box[1] && y <= box[3]) return i;
    return -1;
  }

  cursor() {
    const free = this.hover >= 0 ? "pointer" : "grab";
    const circles = this.drag?.kind === "lasso" || this.armed;
    const name = circles ? "crosshair" : this.drag?.moved ? "grabbing" : free;
    this.over.dataset.cursor = name;
  }

  zoomAt(x, y, factor) {
    const lens = this.lens();
    const before = this.move?.goal ?? this.camera;
    const after = cameraWithin({ ...before, zoom: before.zoom * factor });
    const real = after.zoom / before.zoom;
    const [dx, dy] = [(x - lens.width / 2) / lens.scale, -(y - lens.height / 2) / lens.scale];
    if (this.points.dims === 2)
      Object.assign(after, { x: before.x + dx * (1 - 1 / real), y: before.y + dy * (1 - 1 / real) });
    return cameraWithin(after);
  }

  pan(dx, dy) {
    const { scale } = this.lens();
    this.camera = cameraWithin({ ...this.camera, x: this.camera.x - dx / scale, y: this.camera.y + dy / scale });
  }

  turn3(dx, dy) {
    const { camera } = this;
    const yaw = ((((camera.yaw + dx * 0.008 + Math.PI) % (2 * Math.PI)) + 2 * Math.PI) % (2 * Math.PI)) - Math.PI;
    this.camera = cameraWithin({ ...camera, yaw, pitch: camera.pitch + dy * 0.008 });
  }

  /** The view is sent when it has come to rest. */
  settle() {
    clearTimeout(this.rest);
    this.rest = setTimeout(() => this.gone || this.commitView(), MAP_REST);
  }

  down(event) {
    if (!this.ready || (event.pointerType === "mouse" && event.button > 1)) return;
    this.over.setPointerCapture?.(event.pointerId);
    this.fingers.set(event.pointerId, [event.offsetX, event.offsetY]);
    if (this.move && !this.move.from) this.move = null;
    const lasso = this.armed || (event.shiftKey && this.points.dims === 2);
    if (this.fingers.size === 2) this.drag = { kind: "pinch", moved: true };
    else {
      const { offsetX: x, offsetY: y, pointerType } = event;
      const aside = event.shiftKey || event.button === 1;
      const kind = lasso ? "lasso" : "move";
      this.drag = { kind, x, y, moved: false, touch: pointerType === "touch", aside };
    }
    if (this.drag.kind === "lasso") this.ring = [[event.offsetX, event.offsetY]];
    this.cursor();
  }

  moved(event) {
    if (!this.ready) return;
    const [x, y] = [event.offsetX, event.offsetY];
    const { drag } = this;
    if (!drag) {
      if (event.pointerType === "touch") return;
      this.pointer = { x, y };
      return this.frame();
    }
    const old = this.fingers.get(event.pointerId);
    if (!old) return;
    if (drag.kind === "pinch") this.pinch(event.pointerId, [x, y]);
    else if (drag.kind === "lasso") {
      drag.moved = true;
      this.follow(event);
    } else {
      drag.moved ||= Math.hypot(x - drag.x, y - drag.y) > (drag.touch ? 8 : 3);
      if (drag.moved && this.points.dims === 3 && !drag.aside) this.turn3(x - old[0], y - old[1]);
      else if (drag.moved) this.pan(x - old[0], y - old[1]);
      if (!drag.moved) return;
    }
    this.fingers.set(event.pointerId, [x, y]);
    this.hover = -1;
    this.cursor();
    this.frame();
  }

  /** All places that a fast pointer went through since the last frame belong to the lasso. */
  follow(event) {
    const { left, top } = this.over.getBoundingClientRect();
    const passed = event.getCoalescedEvents?.() ?? [];
    for (const one of passed.length ? passed : [event]) this.ring.push([one.clientX - left, one.clientY - top]);
  }

  pinch(id, place) {
    const other = [...this.fingers].find(([key]) => key !== id)?.[1];
    if (!other) return;
    const old = this.fingers.get(id);
    const apart = (p) => Math.max(12, Math.hypot(p[0] - other[0], p[1] - other[1]));
    const middle = [(place[0] + other[0]) / 2, (place[1] + other[1]) / 2];
    this.camera = this.zoomAt(middle[0], middle[1], apart(place) / apart(old));
    this.pan((place[0] - old[0]) / 2, (place[1] - old[1]) / 2);
  }

  up(event) {
    if (!this.fingers.delete(event.pointerId) || this.fingers.size) return;
    const { drag } = this;
    this.drag = null;
    if (drag?.kind === "lasso") {
      this.ring.push([event.offsetX, event.offsetY]);
      this.closeLasso();
    } else if (drag?.moved) this.settle();
    else if (drag && event.type === "pointerup")
      this.pick(this.hit(event.offsetX, event.offsetY, drag.touch ? 24 : 12));
    if (event.pointerType !== "touch" && event.type === "pointerup")
      this.pointer = { x: event.offsetX, y: event.offsetY };
    this.cursor();
    this.frame();
  }

  wheel(event) {
    if (!this.ready) return;
    event.preventDefault();
    const step = event.deltaY * (event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1);
    if (this.move && !this.move.from) this.move = null;
    this.camera = this.zoomAt(
      event.offsetX,
      event.offsetY,
      Math.exp(-Math.max(-150, Math.min(150, step)) * (event.ctrlKey ? 0.01 : 0.0022)),
    );
    this.settle();
    this.frame();
  }

  leave() {
    this.pointer = null;
    this.hover = -1;
    if (this.ready) this.frame();
  }

  reset() {
    const goal = this.points.home();
    this.travel(goal);
    this.commitView(goal);
  }

  zoom(factor) {
    const { width, height } = this.room();
    const goal = this.zoomAt(width / 2, height / 2, factor);
    this.travel(goal);
    this.settle();
  }

  listen() {
    const { over, input } = this;
    over.onpointerdown = (event) => this.down(event);
    over.onpointermove = (event) => this.moved(event);
    over.onpointerup = (event) => this.up(event);
    over.onpointercancel = (event) => this.up(event);
    over.onpointerleave = (event) => event.pointerType !== "touch" && !this.drag && this.leave();
    over.ondblclick = () => this.ready && this.reset();
    over.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    over.onkeydown = (event) => this.key(event);
    over.onblur = () => this.leave();
    this.find(".em-tools").onsubmit = (event) => event.preventDefault();
    input.oninput = () => this.ready && this.search(input.value);
    input.onkeydown = (event) => {
      event.stopPropagation(); // the page around has keys of its own
      if (event.isComposing) return;
      if (event.key === "Enter") this.takeFound();
      if (event.key === "Escape") this.search((input.value = ""));
    };
    const act = (name, run) => (this.find(name).onclick = () => this.ready && run());
    act(".em-lasso", () => this.armLasso(!this.armed));
    act(".em-in", () => this.zoom(1.6));
    act(".em-out", () => this.zoom(1 / 1.6));
    act(".em-reset", () => this.reset());
    act(".em-save", () => savePng(this.picture(), "embedding-map.png"));
    act(".em-copy", () => this.copy());
    act(".em-clear", () => this.choose([]));
  }

  // ── keyboard ──────────────────────────────────────────────────────────────────────────────────────────────

  key(event) {
    if (!this.ready || event.ctrlKey || event.metaKey || event.altKey) return;
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const step = steps[event.key];
    if (step && event.shiftKey) this.nudge(...step);
    else if (step) this.walk(...step);
    else if (event.key === "+" || event.key === "=") this.zoom(1.6);
    else if (event.key === "-") this.zoom(1 / 1.6);
    else if (event.key === "0" || event.key === "Home") this.reset();
    else if (event.key === "Enter" || event.key === " ") this.pick(this.focus());
    else if (event.key === "/") this.input.focus();
    else if (event.key === "Escape") this.escape();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  escape() {
    this.ring = this.drag = null;
    if (this.armed) this.armLasso(false);
    else if (this.hover >= 0) this.leave();
    else if (this.chosen.length) this.choose([]);
    else if (this.picked >= 0) this.pick(-1);
    this.frame();
  }

  nudge(dx, dy) {
    if (this.points.dims === 3) this.turn3(dx * 12, dy * 12);
    else this.pan(-dx * 40, -dy * 40);
    this.settle();
    this.frame();
  }

  /** To the nearest point in sight in a direction; from the middle where none is taken. */
  walk(dx, dy) {
    const { px, py, shown } = this;
    const { width, height } = this.room();
    const at = this.focus();
    const [x, y] = at >= 0 ? [px[at], py[at]] : [width / 2, height / 2];
    let [best, least] = [-1, Infinity];
    for (let i = 0; i < px.length; i++) {
      if (i === at || (shown && !shown[i]) || px[i] < 0 || py[i] < 0 || px[i] > width || py[i] > height) continue;
      const along = (px[i] - x) * dx + (py[i] - y) * dy;
      const aside = Math.abs((px[i] - x) * dy) + Math.abs((py[i] - y) * dx);
      const cost = along + 2.5 * aside;
      if (along > 0.5 && cost < least) [best, least] = [i, cost];
    }
    if (best < 0) return;
    this.pointer = null;
    this.hover = best;
    this.announce(best);
    this.frame();
  }

  // ── theme and size ────────────────────────────────────────────────────────────────────────────────────────

  resized() {
    this.ratio = screenRatio();
    this.applySize();
    if (this.ready) this.frame();
  }

  applySize() {
    this.box.classList.toggle("em-narrow", this.box.clientWidth < MAP_NARROW * Math.min(1.4, this.theme?.scale ?? 1));
  }

  applyTheme() {
    const theme = readTheme(this.root);
    const key = themeKey(theme);
    if (key === this.themeKey) return;
    Object.assign(this, { theme, themeKey: key, stale: true, widths: null });
    dressBox(this.box, theme);
    if (!this.ready) return;
    this.spellLegend();
    this.frame();
  }
}

export default mounted((root) => new EmbeddingMap(root));
