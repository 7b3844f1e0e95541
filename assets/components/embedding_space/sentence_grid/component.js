// Sentences and their translations: the cosine of every left side with every right side, both sides as points of one
// plane, and beside them the pair that is pointed at with the right sides nearest to it.

import {
  composePicture,
  fillWords,
  fitCanvas,
  makeTooltip,
  onFrame,
  percent,
  pictureLink,
  savePng,
  screenRatio,
} from "../../shared/draw.js";
import { mounted } from "../../shared/mount.js";
import { readTheme, whiteTheme } from "../../shared/theme.js";
import { MessageView } from "../../shared/view.js";
import { cellImage, mapPlaces, nearestPair, paintMatrix, paintPairs, pairColours } from "./picture.js";

import { decimal } from "../../shared/numbers.js";

const PAIR_NEAREST = 5;

class PairView extends MessageView {
  constructor(root) {
    super(root, ".sg", "sentence_grid");
    this.matrix = this.find(".sg-matrix canvas");
    this.map = this.find(".sg-map canvas");
    this.tip = makeTooltip(this.find(".sg-matrix"));
    Object.assign(this, { hover: -1, cell: null, kind: 0, share: 0, pair: -1, listed: null });
    this.paint = onFrame(() => this.draw(), "sentence_grid");
    this.watch = new ResizeObserver(() => this.ready && this.paint());
    this.watch.observe(this.box);
    this.listen();
    this.applyTheme();
  }

  // ── data and state ──

  take({ meta }) {
    const key = JSON.stringify([meta.first, meta.second]);
    if (key !== this.key) Object.assign(this, { key, hover: -1, cell: null, pair: -1, version: undefined });
    this.count = meta.first.length;
    if (meta.state.version !== this.version || this.version === undefined) {
      this.version = meta.state.version;
      this.pair = meta.state.pair >= 0 && meta.state.pair < this.count ? meta.state.pair : -1;
    }
    this.image = cellImage(this);
    this.ready = true;
    this.listed = null;
    this.spell();
    this.draw();
  }

  keep(pair) {
    this.pair = pair;
    this.send("pick", { pair });
    this.tellPair();
    this.paint();
  }

  // ── words ──

  spell() {
    const { words, meta, count } = this;
    const [left, right] = meta.sides;
    const values = {
      left,
      right,
      count,
      first: meta.right[0],
      second: meta.right[1],
      partner: decimal(meta.partner),
      other: decimal(meta.other),
    };
    for (const element of this.box.querySelectorAll("[data-word]"))
      element.textContent = words[element.dataset.word] ?? "";
    this.find(".sg-summary").textContent = fillWords(words.summary, values);
    this.find(".sg-matrix-title").textContent = fillWords(words.matrix, values);
    this.find(".sg-averages").textContent = fillWords(words.averages, values);
    this.find(".sg-pick").textContent = words.pick;
    this.find(".sg-low").textContent = decimal(meta.low);
    this.find(".sg-high").textContent = decimal(meta.high);
    this.find(".sg-first").textContent = left;
    this.find(".sg-second").textContent = right;
    this.matrix.setAttribute("aria-label", fillWords(words.aria_matrix, values));
    this.map.setAttribute("aria-label", fillWords(words.aria_map, values));
    this.spellMap();
    this.tellPair();
  }

  spellMap() {
    for (const button of this.find(".sg-switch").children)
      button.setAttribute("aria-pressed", String(Number(button.value) === this.kind));
    const plane = fillWords(this.words.plane, { share: percent(this.arrays.explained[this.kind]) });
    this.find(".sg-plane").textContent = plane;
    this.find(".sg-axis").textContent = this.meta.axis && !this.kind ? this.words.axis : "";
  }

  /** The sentences of the pair that is shown, and the right sides nearest to its left side. */
  tellPair() {
    const at = this.hover >= 0 ? this.hover : this.pair;
    const key = `${at}`;
    this.find(".sg-pick").hidden = at >= 0;
    if (key === this.listed) return;
    this.listed = key;
    const box = this.find(".sg-pair");
    if (at < 0) return box.replaceChildren();
    const { words, meta, arrays, count } = this;
    const make = (tag, name, text) =>
      Object.assign(document.createElement(tag), { className: name, textContent: text });
    const head = make("div", "sg-head", "");
    head.append(make("span", "", fillWords(words.pair, { pair: at + 1, count })), make("span", "", meta.groups[at]));
    const sides = [meta.first[at], meta.second[at]].map((text, side) => {
      const line = make("p", "sg-sentence", text);
      line.style.setProperty("--side", this.colours[side]);
      return line;
    });
    const rank = arrays.rank_first[at];
    const sentence = fillWords(rank === 1 ? words.rank_first : words.rank_other, { right: meta.sides[1], rank });
    const cosine = fillWords(words.cell, { cosine: decimal(arrays.similarity[at * count + at], 3) });
    const row = arrays.similarity.subarray(at * count, (at + 1) * count);
    const order = [...row.keys()].sort((p, q) => row[q] - row[p]).slice(0, PAIR_NEAREST);
    if (!order.includes(at)) order[PAIR_NEAREST - 1] = at;
    const near = order.map((other) => {
      const line = make("div", other === at ? "sg-near sg-true" : "sg-near", "");
      const bar = make("i", "", "");
      bar.style.width = `${100 * Math.max(0.02, (row[other] - meta.low) / Math.max(1e-6, meta.high - meta.low))}%`;
      const text = make("span", "", meta.second[other]);
      if (other === at) text.title = words.partner;
      line.append(text, make("b", "", decimal(row[other], 3)), bar);
      return line;
    });
    box.replaceChildren(
      head,
      ...sides,
      make("p", "sg-rank", `${cosine} · ${sentence}`),
      make("div", "sg-head", fillWords(words.nearest, { right: meta.sides[1] })),
      ...near,
    );
    const detail = this.find(".sg-detail"); // on a narrow screen it keeps its largest height, so that the page moves once
    if (this.box.clientWidth < 980) detail.style.setProperty("--sg-held", `${detail.offsetHeight}px`);
    return undefined;
  }

  // ── pointer and keys ──

  listen() {
    for (const button of this.find(".sg-switch").children) button.onclick = () => this.turnTo(Number(button.value));
    this.find(".sg-save").onclick = () => savePng(this.picture(), "sentences.png");
    const cellAt = (event) => {
      const size = this.matrix.clientWidth / this.count;
      const [row, column] = [Math.floor(event.offsetY / size), Math.floor(event.offsetX / size)];
      return row >= 0 && column >= 0 && row < this.count && column < this.count ? [row, column] : null;
    };
    const overMatrix = (event) =>
      this.ready && this.point(cellAt(event)?.[0] ?? -1, cellAt(event), event.pointerType === "touch" ? null : event);
    const overMap = (event) =>
      this.ready &&
      this.point(nearestPair(this.places, event.offsetX, event.offsetY, event.pointerType === "touch" ? 26 : 16));
    for (const [canvas, over] of [
      [this.matrix, overMatrix],
      [this.map, overMap],
    ]) {
      canvas.onpointermove = (event) => event.pointerType !== "touch" && over(event);
      canvas.onpointerdown = over;
      canvas.onpointerleave = () => this.point(-1);
      canvas.onclick = () => this.clicked();
      canvas.onkeydown = (event) => this.pressedKey(event);
    }
    this.matrix.addEventListener("pointerdown", (event) => (this.pressed = event.pointerType));
    this.map.addEventListener("pointerdown", (event) => (this.pressed = event.pointerType));
  }

  clicked() {
    if (!this.ready) return;
    const at = this.hover >= 0 ? this.hover : (this.touched ?? -1);
    if (at >= 0 && at !== this.pair) this.keep(at);
    else if (this.pair >= 0) this.keep(-1);
  }

  pressedKey(event) {
    if (!this.ready || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape" && this.pair >= 0) this.keep(-1);
    else if (event.key === "Home") this.keep(0);
    else if (event.key === "End") this.keep(this.count - 1);
    else if (step)
      this.keep(this.pair < 0 ? (step > 0 ? 0 : this.count - 1) : (this.pair + step + this.count) % this.count);
    else return;
    event.preventDefault();
  }

  point(pair, cell = null, event = null) {
    const key = JSON.stringify([pair, cell]);
    if (pair >= 0) this.touched = pair;
    else if (this.pressed !== "touch") this.touched = -1;
    if (key === this.pointed) return;
    this.pointed = key;
    Object.assign(this, { hover: pair, cell });
    if (cell && event) {
      const [row, column] = cell;
      const cosine = decimal(this.arrays.similarity[row * this.count + column], 3);
      this.tip.show(
        [{ title: fillWords(this.words.cell, { cosine }) }, this.meta.first[row], this.meta.second[column]],
        event.offsetX,
        event.offsetY,
      );
    } else this.tip.hide();
    this.tellPair();
    this.paint();
  }

  turnTo(kind) {
    if (kind === this.kind || !this.ready) return;
    this.kind = kind;
    this.spellMap();
    this.turning = this.theme.reducedMotion ? null : { from: this.share, start: performance.now() };
    if (!this.turning) this.share = kind;
    this.paint();
  }

  // ── drawing ──

  draw() {
    if (!this.ready) return;
    if (this.turning) {
      const passed = Math.min(1, (performance.now() - this.turning.start) / 300);
      this.share = this.turning.from + (this.kind - this.turning.from) * (1 - (1 - passed) ** 3);
      if (passed < 1) this.paint();
      else this.turning = null;
    }
    const wide = this.box.clientWidth;
    const unit = this.theme.scale;
    const tall = Math.min(520, Math.max(300, window.innerHeight * 0.47));
    const size = wide < 680 ? wide : Math.round(Math.min(tall, wide * (wide < 980 ? 0.48 : 0.36)));
    paintMatrix(fitCanvas(this.matrix, size, size), this, {
      size,
      theme: this.theme,
      colours: this.colours,
      image: this.image,
    });
    this.find(".sg-map").style.height = "";
    const width = this.find(".sg-map").clientWidth;
    const height = wide < 680 ? Math.round(wide * 0.8) : size;
    const context = fitCanvas(this.map, width, height);
    context.clearRect(0, 0, width, height);
    this.places = mapPlaces(this, width, height);
    paintPairs(context, this, { width, height, theme: this.theme, colours: this.colours, places: this.places });
    this.drawRamp(unit);
  }

  drawRamp(unit) {
    const [width, height] = [110 * unit, 8 * unit];
    const context = fitCanvas(this.find(".sg-ramp"), width, height);
    for (let at = 0; at < width; at++) {
      context.fillStyle = this.theme.sequential(at / (width - 1));
      context.fillRect(at, 0, 1.5, height);
    }
  }

  picture() {
    const theme = whiteTheme(this.theme);
    const colours = pairColours(theme);
    const view = {
      meta: this.meta,
      words: this.words,
      arrays: this.arrays,
      count: this.count,
      theme,
      pair: this.pair,
      hover: -1,
      cell: null,
      share: this.kind,
    };
    const [size, gap] = [460, 40];
    const wide = 560;
    const texts = [
      this.find(".sg-summary").textContent,
      `${this.find(".sg-averages").textContent} ${this.find(".sg-plane").textContent}`,
      this.meta.caption,
      pictureLink(),
    ];
    return composePicture({
      width: size + gap + wide,
      height: size,
      texts,
      theme,
      ratio: Math.max(2, screenRatio()),
      paint: (context) => {
        paintMatrix(context, view, { size, theme, colours, image: cellImage(view) });
        context.translate(size + gap, 0);
        paintPairs(context, view, { width: wide, height: size, theme, colours, places: mapPlaces(view, wide, size) });
      },
    });
  }

  applyTheme() {
    const theme = readTheme(this.root);
    const key = JSON.stringify([theme.bg, theme.fg, theme.panel, theme.accent, theme.scale]);
    if (key === this.themeKey) return;
    this.themeKey = key;
    this.theme = theme;
    this.colours = pairColours(theme);
    const style = {
      bg: theme.bg,
      panel: theme.panel,
      fg: theme.fg,
      muted: theme.muted,
      line: theme.line,
      accent: theme.accent,
      sans: theme.sans,
      mono: theme.mono,
      scale: theme.scale,
    };
    for (const [name, value] of Object.entries(style)) this.box.style.setProperty(`--gb-${name}`, String(value));
    this.box.style.setProperty("--sg-first", this.colours[0]);
    this.box.style.setProperty("--sg-second", this.colours[1]);
    this.box.style.colorScheme = theme.dark ? "dark" : "light";
    if (!this.ready) return;
    this.image = cellImage(this);
    this.listed = null;
    this.tellPair();
    this.paint();
  }
}

export default mounted((root) => new PairView(root));
