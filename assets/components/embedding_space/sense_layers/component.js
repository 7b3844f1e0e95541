// One word in several senses: each sentence is a point that moves from layer to layer. The curve below tells how far the
// senses are apart, and is the slider. Everything that moves is computed here; Python hears of a layer once.

import {
  composePicture,
  easeOut,
  fillWords,
  makeTooltip,
  onFrame,
  percent,
  pictureLink,
  savePng,
  screenRatio,
} from "../../shared/draw.js";
import { mounted } from "../../shared/mount.js";
import { readTheme, whiteTheme } from "../../shared/theme.js";
import { curveFrame, layerCanvas, listenLayers, rowsOf, sayLayers } from "../../shared/layers.js";
import { MessageView } from "../../shared/view.js";
import { layerExtents, paintCurve, paintSenses, placesAt, senseColours, senseHit, senseMark } from "./picture.js";

import { decimal } from "../../shared/numbers.js";

const SENSE_NARROW = 720; // CSS pixels of width below which the sentences stand under the plot
const SENSE_STEP = 260; // milliseconds that a layer takes

class SenseView extends MessageView {
  constructor(root) {
    super(root, ".sl", "sense_layers");
    this.plot = this.find(".sl-plot canvas");
    this.curve = this.find(".sl-curve canvas");
    this.tip = makeTooltip(this.find(".sl-plot"));
    this.hover = -1;
    this.only = -1;
    this.paint = onFrame((time) => this.draw(time), "sense_layers");
    this.watch = new ResizeObserver(() => this.ready && this.paint());
    this.watch.observe(this.box);
    this.listen();
    this.applyTheme();
  }

  // ── data and state ──

  take({ meta, arrays }) {
    const layers = arrays.silhouette.length;
    const before = this.key;
    this.key = JSON.stringify([meta.sentences, layers]);
    if (this.key !== before) Object.assign(this, { hover: -1, only: -1, version: undefined });
    Object.assign(this, { layers, count: meta.sentences.length, sense: arrays.sense });
    this.positions = rowsOf(arrays.positions, 2 * this.count);
    this.chance = rowsOf(arrays.chance_silhouette, 2);
    this.chanceRight = rowsOf(arrays.chance_accuracy, 2);
    this.values = { silhouette: Array.from(arrays.silhouette), accuracy: arrays.accuracy, explained: arrays.explained };
    this.extents = layerExtents(this.positions);
    const wanted = meta.state.layer < 0 || meta.state.layer >= layers ? meta.best : meta.state.layer;
    if (meta.state.version !== this.version || this.version === undefined) {
      this.version = meta.state.version;
      this.sent = wanted;
      if (!this.ready || this.key !== before) this.at = wanted;
      this.layer = wanted;
      this.go(wanted);
    }
    this.ready = true;
    this.spell();
    this.draw(performance.now());
  }

  /** Moves what is shown to a layer, eased. */
  go(layer) {
    this.layer = layer;
    if (this.at === undefined || this.theme.reducedMotion) this.at = layer;
    this.move = this.at === layer ? null : { from: this.at, to: layer, start: performance.now() };
    this.paint();
  }

  settle(layer, commit = true) {
    this.halt();
    this.go(layer);
    this.tell();
    if (commit && layer !== this.sent) this.send("layer", { layer });
    this.sent = layer;
  }

  /** Follows a pointer along the curve. */
  scrub(layer) {
    this.halt();
    this.move = null;
    this.at = this.theme.reducedMotion ? Math.round(layer) : layer;
    this.layer = Math.round(layer);
    this.tell();
    this.paint();
  }

  play() {
    if (this.film) return this.settle(this.layer);
    const first = this.layer >= this.layers - 1 ? 0 : this.layer;
    this.film = { first, start: performance.now() };
    this.move = null;
    this.at = this.layer = first;
    this.spellPlay();
    this.paint();
    return undefined;
  }

  halt() {
    if (!this.film) return;
    this.film = null;
    this.spellPlay();
  }

  // ── words ──

  spell() {
    const { words, meta } = this;
    for (const element of this.box.querySelectorAll("[data-word]"))
      element.textContent = words[element.dataset.word] ?? "";
    this.spellPlay();
    this.legend();
    this.listSentences();
    const notes = [meta.causal ? words.causal : words.both_ways];
    if (meta.skipped) notes.push(fillWords(words.skipped, { count: meta.skipped }));
    this.find(".sl-note").textContent = notes.join(meta.language === "zh" ? "" : " ");
    this.tell();
  }

  spellPlay() {
    this.find(".sl-play").textContent = this.film ? this.words.stop : this.words.play;
  }

  legend() {
    const box = this.find(".sl-legend");
    box.setAttribute("aria-label", this.words.legend);
    const kept = [...box.children];
    this.meta.senses.forEach((name, at) => {
      const button = kept[at] ?? box.appendChild(document.createElement("button"));
      button.type = "button";
      button.className = "sl-button sl-sense";
      button.title = this.words.legend;
      const count = this.sense.filter((sense) => sense === at).length;
      const label = document.createElement("span");
      label.textContent = `${name} · ${count}`;
      button.replaceChildren(senseMark(at, this.colours[at]), label);
      button.setAttribute("aria-pressed", String(this.only === at));
      button.onclick = () => this.isolate(at);
    });
    kept.slice(this.meta.senses.length).forEach((button) => button.remove());
  }

  isolate(sense) {
    this.only = this.only === sense ? -1 : sense;
    this.box.classList.toggle("sl-one", this.only >= 0);
    [...this.find(".sl-legend").children].forEach((button, at) =>
      button.setAttribute("aria-pressed", String(this.only === at)),
    );
    this.mark();
    this.paint();
  }

  marked(at) {
    const [sentence, [start, end]] = [this.meta.sentences[at], this.meta.spans[at]];
    const line = document.createElement("span");
    const word = document.createElement("mark");
    word.textContent = sentence.slice(start, end);
    word.style.setProperty("--sense", this.colours[this.sense[at]]);
    line.append(sentence.slice(0, start), word, sentence.slice(end));
    return line;
  }

  listSentences() {
    const list = this.find(".sl-list");
    list.setAttribute("aria-label", this.words.list);
    const parts = [];
    this.rows = [];
    this.meta.senses.forEach((name, sense) => {
      const head = document.createElement("h4");
      head.append(senseMark(sense, this.colours[sense]), name);
      parts.push(head);
      this.sense.forEach((own, at) => {
        if (own !== sense) return;
        const row = document.createElement("p");
        row.append(this.marked(at));
        row.onpointerenter = () => this.point(at, false);
        row.onpointerleave = () => this.point(-1, false);
        this.rows[at] = row;
        parts.push(row);
      });
    });
    list.replaceChildren(...parts);
    this.mark();
  }

  mark() {
    this.rows.forEach((row, at) => {
      row.classList.toggle("on", at === this.hover);
      row.classList.toggle("off", this.only >= 0 && this.sense[at] !== this.only);
    });
  }

  /** The layer in words: "Layer 9 of 30". */
  named(layer) {
    const sentence = layer ? this.words.layer_of : this.words.layer_input;
    return fillWords(sentence, { layer, layers: this.layers - 1 });
  }

  readout(layer) {
    const { words, values, count } = this;
    if (this.still(layer)) return fillWords(words.one_place, { count });
    const [low, high] = this.chance[layer];
    const [from, upto] = this.chanceRight[layer];
    return fillWords(words.readout, {
      silhouette: decimal(values.silhouette[layer]),
      low: decimal(low),
      high: decimal(high),
      count,
      right: values.accuracy[layer] * count,
      chance_low: percent(from),
      chance_high: percent(upto),
    });
  }

  /** Whether all vectors of a layer are the same. */
  still(layer) {
    return this.positions[layer].every((value) => Math.abs(value) < 1e-6);
  }

  tell() {
    const { words, layer, meta } = this;
    this.find(".sl-layer").textContent = this.named(layer);
    this.find(".sl-readout").textContent = this.readout(layer);
    this.plot.setAttribute(
      "aria-label",
      fillWords(words.aria_plot, { word: meta.word, layer: this.named(layer), readout: this.readout(layer) }),
    );
    const label = fillWords(words.aria_curve, { best: decimal(this.values.silhouette[meta.best]), at: meta.best });
    sayLayers(this.curve, { label, layer, count: this.layers, text: `${this.named(layer)} · ${this.readout(layer)}` });
  }

  /** The list fades out where it goes on. */
  fade() {
    const list = this.find(".sl-list");
    const more = list.scrollHeight - list.clientHeight - list.scrollTop;
    list.style.setProperty("--sl-more", `${Math.round(Math.min(Math.max(0, more), 44))}px`);
  }

  // ── pointer and keys ──

  listen() {
    listenLayers(this.curve, {
      at: () => this.layer,
      frame: () => this.frame,
      count: () => this.layers,
      move: (layer) => this.ready && this.scrub(layer),
      settle: (layer) => this.ready && this.settle(layer),
    });
    this.find(".sl-best").onclick = () => this.settle(this.meta.best);
    this.find(".sl-play").onclick = () => this.play();
    this.find(".sl-list").onscroll = () => this.fade();
    this.find(".sl-save").onclick = () => savePng(this.picture(), "senses.png");
    const seek = (event) =>
      this.ready &&
      this.point(
        senseHit(this.places, event.offsetX, event.offsetY, event.pointerType === "touch" ? 26 : 16, this),
        event.pointerType !== "touch",
      );
    this.plot.onpointermove = (event) => event.pointerType !== "touch" && seek(event);
    this.plot.onpointerdown = seek;
    this.plot.onpointerleave = (event) => event.pointerType !== "touch" && this.point(-1);
    this.plot.onblur = () => this.point(-1);
    this.plot.onkeydown = (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (event.key === "Escape") this.point(-1);
      if (!step || !this.ready) return;
      event.preventDefault();
      const order = this.meta.sentences
        .map((_, at) => at)
        .filter((at) => this.only < 0 || this.sense[at] === this.only);
      const now = order.indexOf(this.hover);
      this.point(order[(now + step + order.length + (now < 0 && step < 0 ? 1 : 0)) % order.length]);
      this.find("[aria-live]").textContent = fillWords(this.words.said, {
        sense: this.meta.senses[this.sense[this.hover]],
        sentence: this.meta.sentences[this.hover],
      });
    };
  }

  /** Points at a sentence, in the plot (with its card) or in the list. */
  point(at, card = true) {
    if (!this.ready || at === this.hover) return;
    this.hover = at;
    this.mark();
    this.tip.hide();
    if (at >= 0 && card) {
      const line = Object.assign(this.marked(at), { className: "sl-tip-sentence" });
      line.toJSON = () => this.meta.sentences[at];
      const rows = [
        { title: this.meta.senses[this.sense[at]] },
        line,
        fillWords(this.words.pieces, { pieces: this.meta.pieces[at] }),
      ];
      this.tip.show(rows, this.places[2 * at], this.places[2 * at + 1]);
    }
    if (at >= 0 && card) this.reveal(this.rows[at]);
    this.paint();
  }

  reveal(row) {
    const list = this.find(".sl-list");
    const [top, room] = [row.offsetTop - list.offsetTop, list.clientHeight];
    if (top < list.scrollTop + 28 || top + row.offsetHeight > list.scrollTop + room) list.scrollTop = top - room / 2;
  }

  // ── drawing ──

  advance() {
    const now = performance.now();
    if (this.film) {
      const passed = (now - this.film.start) / SENSE_STEP;
      const at = Math.min(this.layers - 1, this.film.first + passed);
      this.at = this.theme.reducedMotion ? Math.floor(at) : at;
      if (Math.round(at) !== this.layer) {
        this.layer = Math.round(at);
        this.tell();
      }
      if (at >= this.layers - 1) this.settle(this.layers - 1);
      else this.paint();
    } else if (this.move) {
      const share = (now - this.move.start) / SENSE_STEP;
      this.at = share >= 1 ? this.move.to : this.move.from + (this.move.to - this.move.from) * easeOut(share);
      if (share >= 1) this.move = null;
      else this.paint();
    }
  }

  draw() {
    if (!this.ready) return;
    this.advance();
    const unit = this.theme.scale;
    const narrow = this.box.clientWidth < SENSE_NARROW;
    const height = Math.round(
      Math.min(560, Math.max(narrow ? 280 : 264, window.innerHeight * 0.4)) * (narrow ? 1 : unit ** 0.5),
    );
    const list = this.find(".sl-list");
    list.style.maxHeight = narrow ? "" : `${height}px`;
    this.fade();
    const width = this.find(".sl-plot").clientWidth;
    const context = layerCanvas(this.plot, width, height, screenRatio());
    this.places = placesAt(this, width, height);
    paintSenses(context, this, { width, height, theme: this.theme, colours: this.colours, places: this.places });
    const wide = this.find(".sl-curve").clientWidth;
    const tall = 117 * unit;
    this.frame = this.framed(wide, tall, unit);
    paintCurve(layerCanvas(this.curve, wide, tall, screenRatio()), this, {
      frame: this.frame,
      theme: this.theme,
      at: this.at,
      width: wide,
    });
  }

  framed(width, height, scale) {
    const all = [...this.values.silhouette, ...this.chance.flatMap((pair) => Array.from(pair))];
    const [low, high] = [Math.min(-0.1, ...all) - 0.03, Math.max(0.3, ...all) + 0.06];
    return { ...curveFrame({ width, height, count: this.layers, low, high, scale, top: 27 }), low, high };
  }

  picture() {
    const theme = whiteTheme(this.theme);
    const colours = senseColours(theme);
    const width = Math.max(560, Math.min(1200, this.box.clientWidth));
    const [plot, curve] = [400 * theme.scale, 125 * theme.scale];
    const texts = [
      `${this.named(this.layer)} · ${this.readout(this.layer)}`,
      fillWords(this.words.title, { word: this.meta.word, count: this.count }),
      this.meta.caption,
      pictureLink(),
    ];
    return composePicture({
      width,
      height: plot + curve,
      texts,
      theme,
      ratio: Math.max(2, screenRatio()),
      paint: (context) => {
        const view = { ...this.bare(), at: this.layer };
        paintSenses(context, view, { width, height: plot, theme, colours, places: placesAt(view, width, plot) });
        context.translate(0, plot);
        const frame = this.framed(width, curve, theme.scale);
        paintCurve(context, view, { frame, theme, at: this.layer, width });
      },
    });
  }

  /** What a picture needs of the view, with nothing pointed at. */
  bare() {
    const { meta, words, positions, sense, extents, values, chance, layers, count, only } = this;
    return { meta, words, positions, sense, extents, values, chance, layers, count, only, hover: -1 };
  }

  applyTheme() {
    const theme = readTheme(this.root);
    const key = JSON.stringify([theme.bg, theme.fg, theme.panel, theme.accent, theme.scale]);
    if (key === this.themeKey) return;
    this.themeKey = key;
    this.theme = theme;
    this.colours = senseColours(theme);
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
    this.box.style.colorScheme = theme.dark ? "dark" : "light";
    if (!this.ready) return;
    this.legend();
    this.listSentences();
    this.paint();
  }
}

export default mounted((root) => new SenseView(root));
