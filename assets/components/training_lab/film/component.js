// A training as a film: where a head looks in one text and how the token vectors lie, moment by moment, over the loss
// as the axis of time. All moments are here; Python hears of the one that is looked at once it rests.

import { attributes, keyMeans, make, quoted, showChoice } from "../../shared/dom.js";
import { domSaver } from "../../shared/dom_picture.js";
import { fillWords, fitCanvas, lectureRoom, makeTooltip, onFrame } from "../../shared/draw.js";
import { FigureView } from "../../shared/figure.js";
import { mounted } from "../../shared/mount.js";
import { rounded } from "../../shared/numbers.js";
import { mixColour } from "../../shared/theme.js";
import { attentionLayout, drawAttention, drawMap, drawNow, drawTime, mapFit, timeAt, timePlace } from "./plots.js";

const [LEAST_HIGH, BELOW] = [200, 16]; // pixels of a half in a lecture, and between it and the axis of time
const FILM_LENGTH = 7000; // milliseconds that playing takes from the first moment to the last

/** @extends {FigureView<import("../payloads").Film, import("../payloads").FilmArrays>} */
class FilmView extends FigureView {
  constructor(/** @type {any} */ root) {
    super(root, ".film", "film");
    this.nameSaver = domSaver(this, "film.png", ".film-bar, .film-note");
    this.slider = this.find(".film-bar input");
    this.time = this.find(".film-time");
    this.tip = makeTooltip(this.box);
    this.reel = onFrame((time) => this.play(time));
    this.moment = this.layer = this.head = 0;
    this.picked = -1;
    this.wire();
  }

  destroy() {
    super.destroy();
    this.stop(false);
  }

  take({ meta, arrays } = this) {
    this.nameSaver();
    this.last = arrays.frames.length - 1;
    if (this.isNew(meta.state)) Object.assign(this, meta.state);
    const [, layers, heads] = arrays.attention.shape;
    this.layer = Math.min(this.layer, layers - 1);
    this.head = Math.min(this.head, heads - 1);
    this.moment = this.moment < 0 ? this.last : Math.min(this.moment, this.last);
    this.slider.max = String(this.last);
    for (const name of ["slider", "back", "on"])
      (name === "slider" ? this.slider : this.find(`.film-${name}`)).setAttribute("aria-label", this.words[name]);
    this.find(".film-plane").textContent = fillWords(this.words.map_note, {
      first: meta.explained[0],
      second: meta.explained[1],
    });
    /** @type {string} */
    this.laid = ""; // another text, other curves
    this.stop(false);
    this.spellHeads();
  }

  dress(/** @type {any} */ theme) {
    this.colours = theme.categories.map((/** @type {string} */ colour) =>
      mixColour(colour, theme.fg, theme.dark ? 0.35 : 0.2),
    );
  }

  spellHeads() {
    const [, layers, heads] = this.arrays.attention.shape;
    const names = Array.from({ length: layers * heads }, (_, at) => `${Math.floor(at / heads)}.${at % heads}`);
    const numbers = (/** @type {string} */ name) => {
      const [layer, head] = name.split(".").map(Number);
      return { layer, head };
    };
    showChoice(this.find(".film-heads"), names, {
      kind: "head",
      label: this.words.heads,
      pressed: `${this.layer}.${this.head}`,
      say: (name) => fillWords(this.words.head, { layer: numbers(name).layer + 1, head: numbers(name).head + 1 }),
      choose: (name) => {
        Object.assign(this, numbers(name));
        this.spellHeads();
        this.frame();
        this.send("look", numbers(name));
      },
    });
  }

  // ── moving ──────────────────────────────────────────────────────────────────────────────────────────────────

  go(/** @type {number} */ moment, commit = true) {
    if (!this.ready) return;
    this.moment = Math.min(Math.max(moment, 0), this.last);
    this.frame();
    if (commit) this.commit();
  }

  commit() {
    this.send("look", { moment: this.moment === this.last ? -1 : this.moment });
  }

  start() {
    if (this.moment >= this.last) this.go(0, false);
    this.playing = { from: this.moment, since: 0 };
    this.reel();
    this.frame();
  }

  play(/** @type {number} */ time) {
    if (!this.playing) return;
    this.playing.since ||= time;
    const place = this.playing.from + ((time - this.playing.since) / FILM_LENGTH) * Math.max(1, this.last);
    if (Math.floor(place) !== this.moment) this.go(Math.floor(place), false);
    if (place >= this.last) this.stop();
    else this.reel();
  }

  stop(commit = true) {
    if (!this.playing) return;
    this.playing = null;
    this.reel.cancel();
    this.frame();
    if (commit) this.commit();
  }

  wire() {
    const nudge = (/** @type {number} */ by) => {
      this.stop(false);
      this.go(this.moment + by);
    };
    this.slider.addEventListener("input", () => {
      this.stop(false);
      this.go(Number(this.slider.value), false);
    });
    this.slider.addEventListener("change", () => this.ready && this.commit());
    this.find(".film-back").addEventListener("click", () => nudge(-1));
    this.find(".film-on").addEventListener("click", () => nudge(1));
    this.find(".film-play").addEventListener("click", () => this.ready && (this.playing ? this.stop() : this.start()));
    this.box.addEventListener("keydown", (/** @type {any} */ event) => {
      if (event.target === this.slider) return;
      const by = keyMeans(event, { ArrowLeft: -1, ArrowRight: 1 });
      if (by) nudge(by);
    });
    this.time.addEventListener("pointerdown", (/** @type {any} */ event) => {
      this.held = this.ready;
      this.stop(false);
      this.time.setPointerCapture(event.pointerId);
      this.drag(event);
    });
    this.time.addEventListener("pointermove", (/** @type {any} */ event) => this.held && this.drag(event));
    for (const name of ["pointerup", "pointercancel"])
      this.time.addEventListener(name, () => {
        if (this.held) this.commit();
        this.held = false;
      });
    this.listen(".film-attention", (event) => this.sayCell(event));
    this.listen(".film-map", (event) => this.sayPiece(event));
  }

  listen(/** @type {string} */ name, /** @type {(event: any) => void} */ say) {
    const canvas = this.find(name);
    canvas.addEventListener("pointermove", (/** @type {any} */ event) => this.ready && say(event));
    canvas.addEventListener("pointerleave", () => {
      this.tip.hide();
      this.pick(-1);
    });
  }

  drag(/** @type {any} */ event) {
    if (!this.ready) return;
    const box = this.time.getBoundingClientRect();
    const place = timeAt(event.clientX - box.left, box.width, this.theme.scale);
    const { frames } = this.arrays;
    const far = (/** @type {number} */ at) => Math.abs(timePlace(frames[at], frames[this.last]) - place);
    let nearest = 0;
    for (let at = 1; at <= this.last; at++) if (far(at) < far(nearest)) nearest = at;
    if (nearest !== this.moment) this.go(nearest, false);
  }

  // ── what is pointed at ──────────────────────────────────────────────────────────────────────────────────────

  at(/** @type {any} */ event) {
    const [box, place] = [this.box.getBoundingClientRect(), event.currentTarget.getBoundingClientRect()];
    return {
      x: event.clientX - place.left,
      y: event.clientY - place.top,
      tip: [event.clientX - box.left, event.clientY - box.top],
    };
  }

  sayCell(/** @type {any} */ event) {
    const { x, y, tip } = this.at(event);
    const { room, cell } = this.layout;
    const [query, key] = [Math.floor((y - room) / cell), Math.floor((x - room) / cell)];
    const count = this.meta.labels.length;
    if (Math.min(query, key) < 0 || Math.max(query, key) >= count) return this.tip.hide();
    if (this.meta.causal && key > query) return this.tip.show([this.words.hidden], tip[0], tip[1]);
    const values = { ...this.pair(query, key), share: this.seen(query, key) };
    return this.tip.show([fillWords(this.words.tip_look, values)], tip[0], tip[1]);
  }

  sayPiece(/** @type {any} */ event) {
    const { x, y, tip } = this.at(event);
    const now = this.placed();
    let [nearest, best] = [-1, 18 * this.theme.scale];
    this.meta.pieces.forEach((_, at) => {
      const [left, top] = this.fit(now[2 * at], now[2 * at + 1]);
      const far = Math.hypot(left - x, top - y);
      if (far < best) [nearest, best] = [at, far];
    });
    this.pick(nearest);
    if (nearest < 0) return this.tip.hide();
    const kind = this.words[`kind_${this.meta.kinds[this.arrays.kind[nearest]]}`];
    return this.tip.show([{ title: quoted(this.meta.pieces[nearest]) }, kind], tip[0], tip[1]);
  }

  pick(/** @type {number} */ piece) {
    if (piece === this.picked) return;
    this.picked = piece;
    this.frame();
  }

  // ── showing ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** The weights of the chosen head at this moment, [query, key]. */
  looks() {
    const [, layers, heads, count] = this.arrays.attention.shape;
    const size = count * count;
    const start = ((this.moment * layers + this.layer) * heads + this.head) * size;
    return this.arrays.attention.subarray(start, start + size);
  }

  seen(/** @type {number} */ query, /** @type {number} */ key) {
    return this.looks()[query * this.meta.labels.length + key] / 255;
  }

  placed() {
    const size = 2 * this.meta.pieces.length;
    return this.arrays.positions.subarray(this.moment * size, (this.moment + 1) * size);
  }

  pair(/** @type {number} */ query, /** @type {number} */ key) {
    const { labels } = this.meta;
    return { query: quoted(labels[query]), key: quoted(labels[key]), from: query + 1, to: key + 1 };
  }

  /** What is measured once for a width and a theme: the sizes, and the curves below the line that moves. */
  lay() {
    const [half, wide] = [this.find(".film-half").clientWidth, this.time.clientWidth];
    const { theme, arrays, words, meta } = this;
    const room = lectureRoom(this.find(".film-attention"));
    const long = (room < Infinity ? 60 : 150) * theme.scale; // of the axis of time
    const left = Math.max(LEAST_HIGH, room - long - BELOW * theme.scale);
    const key = `${half} ${wide} ${left} ${this.ratio} ${this.themeKey}`;
    if (key === this.laid) return;
    const square = Math.min(half, 460 * theme.scale, left);
    const ruler = /** @type {Context2D} */ (document.createElement("canvas").getContext("2d"));
    this.layout = attentionLayout(ruler, meta.labels, square, theme);
    const high = Math.min(Math.max(this.layout.height, 240 * theme.scale), left);
    this.attention = fitCanvas(this.find(".film-attention"), square, this.layout.height, this.ratio);
    this.map = { context: fitCanvas(this.find(".film-map"), half, high, this.ratio), width: half, height: high };
    const sign = meta.kinds.indexOf("sign");
    const matters = Array.from(arrays.kind, (kind) => kind !== sign || meta.kinds.length === 1);
    this.fit = mapFit(arrays.positions, matters, half, high);
    const size = { width: wide, height: long };
    this.curves = document.createElement("canvas");
    const context = fitCanvas(this.curves, size.width, size.height, this.ratio);
    const { frames, step, loss, held } = arrays;
    this.y = drawTime(context, { ...size, theme, frames, step, loss, held, words, number: rounded });
    this.now = { ...size, context: fitCanvas(this.find(".film-time canvas"), size.width, size.height, this.ratio) };
    this.find(".film-keys").replaceChildren(
      ...meta.kinds.map((kind, at) => {
        const face = make("i");
        face.style.setProperty("--key", this.colours[meta.tones[at]]);
        return make("span", "", face, words[`kind_${kind}`]);
      }),
    );
    this.laid = key;
  }

  draw() {
    this.lay();
    const { theme, meta, arrays } = this;
    drawAttention(this.attention, { values: this.looks(), labels: meta.labels, layout: this.layout, theme });
    const colours = meta.tones.map((tone) => this.colours[tone]);
    const { context, width, height } = this.map;
    const { pieces } = meta;
    const points = { positions: this.placed(), pieces, kind: arrays.kind, colours, fit: this.fit };
    drawMap(context, { ...points, theme, width, height, picked: this.picked });
    const { now } = this;
    now.context.clearRect(0, 0, now.width, now.height);
    now.context.drawImage(/** @type {any} */ (this.curves), 0, 0, now.width, now.height);
    const place = timePlace(arrays.frames[this.moment], arrays.frames[this.last]);
    drawNow(now.context, { ...now, theme, place, value: arrays.held[this.moment], y: this.y });
    this.spell();
  }

  spell() {
    const { words, arrays, moment, meta } = this;
    const looks = this.looks();
    const count = meta.labels.length;
    let most = count; // of the looks at other tokens
    for (let at = count; at < looks.length; at++)
      if (looks[at] > looks[most] && Math.floor(at / count) !== at % count) most = at;
    const values = { step: arrays.frames[moment], held: arrays.held[moment], accuracy: arrays.accuracy[moment] };
    const told = [fillWords(words[Number.isFinite(values.accuracy) ? `now_${meta.measure}` : "now"], values)];
    if (count > 1) {
      const named = { layer: this.layer + 1, head: this.head + 1, share: looks[most] / 255 };
      told.push(fillWords(words.sharpest, { ...named, ...this.pair(Math.floor(most / count), most % count) }));
    }
    const text = told.join(meta.language === "zh" ? "" : " ");
    const said = this.find(".film-said");
    said.setAttribute("aria-live", this.playing || this.held ? "off" : "polite");
    said.textContent = text;
    this.slider.value = String(moment);
    attributes(this.slider, { "aria-valuetext": fillWords(words.valuetext, { step: arrays.frames[moment] }) });
    this.find(".film-attention").setAttribute("aria-label", told[told.length - 1]);
    this.find(".film-map").setAttribute("aria-label", fillWords(words.map_alt, { count: meta.pieces.length }));
    this.find(".film-back").disabled = moment === 0;
    this.find(".film-on").disabled = moment === this.last;
    this.find(".film-play").textContent = this.playing ? `❚❚ ${words.pause}` : `▶ ${words.play}`;
  }
}

export default mounted((root) => new FilmView(root));
