// Training a vocabulary, scrubbed: what step n did, how the visitor's sentence and the corpus' most frequent words are
// cut after n steps, and how many tokens that makes. Everything that moves is computed here; Python hears of the text
// and of the step once it rests.

import { keyMeans, make, quoted } from "../../shared/dom.js";
import { fillWords, fitCanvas, onFrame, savePicture } from "../../shared/draw.js";
import { mounted } from "../../shared/mount.js";
import { percent, rounded, whole } from "../../shared/numbers.js";
import { mixColour, whiteTheme } from "../../shared/theme.js";
import { MessageView } from "../../shared/view.js";
import { SCRUB_UNKNOWN, ScrubCutter, scrubWords } from "./cutting.js";
import { scrubAt, scrubDraw, scrubPlace, scrubSamples, scrubStep } from "./plot.js";

const SCRUB_PAUSE = 250; // milliseconds without a key before the text is sent
const SCRUB_FILM = 9000; // milliseconds that playing takes from the first step to the last
const SCRUB_LISTED = 9; // steps around the present one

/** @extends {MessageView<import("../payloads").MergeScrub, import("../payloads").MergeScrubArrays>} */
class ScrubView extends MessageView {
  constructor(root) {
    super(root, ".scrub", "merge_scrub");
    this.text = this.find(".scrub-text");
    this.slider = this.find(".scrub-bar input");
    this.canvas = this.find(".scrub-plot canvas");
    this.plot = this.find(".scrub-plot");
    this.paint = onFrame(() => this.draw(), "merge_scrub");
    this.film = onFrame((time) => this.play(time));
    this.watch = new ResizeObserver(() => this.meta && this.plot.clientWidth !== this.width && this.paint());
    this.watch.observe(this.plot);
    this.wire();
  }

  destroy() {
    super.destroy();
    clearTimeout(this.pause);
    this.stop(false);
  }

  // ── data ────────────────────────────────────────────────────────────────────────────────────────────────────

  take({ meta, arrays } = this) {
    this.find(".scrub-back").setAttribute("aria-label", this.words.back);
    this.find(".scrub-on").setAttribute("aria-label", this.words.on);
    this.find(".scrub-head").textContent = this.words[`list_${meta.algorithm}`];
    this.find(".scrub-honest").textContent = this.words[`honest_${meta.algorithm}`];
    this.slider.setAttribute("aria-label", this.words.slider);
    this.text.placeholder = this.words.placeholder;
    this.cutter = new ScrubCutter({ algorithm: meta.algorithm, pieces: meta.pieces, ...arrays });
    if (this.isNew(meta.state)) this.follow(meta.state);
    this.step = this.whole ? this.cutter.steps : Math.min(this.step, this.cutter.steps);
    this.stop(false);
    this.takeText();
  }

  // Python says something else than what is shown here: a link, another corpus, the back button.
  follow(state) {
    clearTimeout(this.pause);
    if (this.text.value !== state.text) this.text.value = state.text;
    this.whole = state.step < 0;
    this.step = this.whole ? this.cutter.steps : state.step;
  }

  takeText() {
    const shown = Array.from(this.text.value).slice(0, this.meta.most);
    this.characters = Math.max(1, shown.filter((char) => char.trim()).length);
    this.sentence = scrubWords(shown.join(""), this.meta.algorithm);
    const { steps } = this.cutter;
    const places = scrubSamples(steps, this.meta.algorithm === "bpe" ? 600 : 80);
    const counts = this.cutter.counts(this.sentence, places);
    this.total = Math.max(1, shown.length);
    this.curve = { steps: places, values: counts.map((count) => count / this.total) };
    this.paint();
  }

  // ── moving ──────────────────────────────────────────────────────────────────────────────────────────────────

  go(step, commit = true) {
    if (!this.meta) return;
    this.step = Math.min(Math.max(step, 0), this.cutter.steps);
    this.whole = this.step === this.cutter.steps;
    this.paint();
    if (commit) this.commit();
  }

  commit() {
    this.send("look", { step: this.whole ? -1 : this.step });
  }

  start() {
    if (this.step >= this.cutter.steps) this.go(0, false);
    this.playing = { from: scrubPlace(this.step, this.cutter.steps), since: 0 };
    this.spellPlay();
    this.film();
  }

  play(time) {
    if (!this.playing) return;
    this.playing.since ||= time;
    const place = this.playing.from + (time - this.playing.since) / SCRUB_FILM;
    this.go(scrubStep(place, this.cutter.steps), false);
    if (place >= 1) this.stop();
    else this.film();
  }

  stop(commit = true) {
    if (!this.playing) return;
    this.playing = null;
    this.film.cancel();
    this.spellPlay();
    if (commit) this.commit();
  }

  wire() {
    this.text.addEventListener("input", (event) => !event.isComposing && this.typed());
    this.text.addEventListener("compositionend", () => this.typed());
    this.slider.addEventListener("input", () => this.meta && this.slid(false));
    this.slider.addEventListener("change", () => this.meta && this.slid(true));
    this.slider.addEventListener("keydown", (event) => this.onKey(event));
    this.find(".scrub-back").addEventListener("click", () => this.nudge(-1));
    this.find(".scrub-on").addEventListener("click", () => this.nudge(1));
    this.find(".scrub-play").addEventListener("click", () => this.meta && (this.playing ? this.stop() : this.start()));
    this.find(".scrub-save").addEventListener("click", () => this.meta && this.save());
    this.find(".scrub-list").addEventListener("click", (event) => {
      const line = event.target.closest?.("li");
      if (line) this.nudge(Number(line.dataset.step) - this.step);
    });
    this.plot.addEventListener("pointerdown", (event) => this.grab(event));
    this.plot.addEventListener("pointermove", (event) => this.held && this.drag(event));
    for (const name of ["pointerup", "pointercancel"]) this.plot.addEventListener(name, () => this.release());
  }

  typed() {
    if (!this.meta) return;
    this.takeText();
    clearTimeout(this.pause);
    this.pause = setTimeout(() => this.send("typed", { text: this.text.value }), SCRUB_PAUSE);
  }

  slid(commit) {
    if (this.playing) this.stop(false);
    this.go(scrubStep(Number(this.slider.value) / 1000, this.cutter.steps), commit);
  }

  nudge(by) {
    if (!this.meta) return;
    this.stop(false);
    this.go(this.step + by);
  }

  onKey(event) {
    const arrows = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 };
    const move = keyMeans(event, { ...arrows, PageDown: -50, PageUp: 50, Home: -Infinity, End: Infinity });
    if (move) this.nudge(move * (event.shiftKey ? 10 : 1));
  }

  grab(event) {
    if (!this.meta) return;
    this.held = true;
    this.stop(false);
    this.plot.setPointerCapture(event.pointerId);
    this.drag(event);
  }

  drag(event) {
    const box = this.plot.getBoundingClientRect();
    this.go(scrubStep(scrubAt(event.clientX - box.left, box.width, this.theme.scale), this.cutter.steps), false);
  }

  release() {
    if (this.held) this.commit();
    this.held = false;
  }

  // ── showing ─────────────────────────────────────────────────────────────────────────────────────────────────

  label(id) {
    return quoted(this.meta.labels[id]);
  }

  draw() {
    const { cutter, step } = this;
    this.width = this.plot.clientWidth;
    const cuts = this.sentence.map((word) => cutter.cut(word, step));
    const added = step ? cutter.order[step - 1] : -2;
    this.find(".scrub-chips").replaceChildren(...this.chips(cuts, added));
    const samples = this.meta.samples.map((word) => cutter.cut(word, step));
    this.find(".scrub-samples").replaceChildren(...this.chips(samples, added));
    const tokens = cuts.reduce((sum, cut) => sum + cut.length, 0);
    this.spell(tokens, cuts);
    this.list();
    const height = 210 * this.theme.scale;
    const context = fitCanvas(this.canvas, this.width, height);
    scrubDraw(context, this.picture(this.theme, this.width, height, tokens));
    this.slider.value = String(Math.round(1000 * scrubPlace(step, cutter.steps)));
    this.find(".scrub-back").disabled = step === 0;
    this.find(".scrub-on").disabled = step === cutter.steps;
    this.spellPlay();
  }

  picture(theme, width, height, tokens) {
    const { meta, words, curve, arrays, cutter } = this;
    const curves = [{ ...curve, colour: theme.cool, dash: [], label: words.curve_sentence }];
    if (arrays.length.length > 1) {
      const values = curve.steps.map((n) => arrays.length[n] / meta.characters);
      curves.push({ steps: curve.steps, values, colour: theme.warm, dash: [6, 4], label: words.curve_corpus });
    }
    const level = { value: meta.held_out, label: words.level };
    const now = { step: this.step, value: tokens / this.total };
    const axis = words[`axis_${meta.algorithm}`];
    return { width, height, theme, curves, steps: cutter.steps, axis, level, now, number: rounded };
  }

  chips(cuts, added) {
    let at = 0;
    return cuts.map((cut) => {
      const word = make("span", "scrub-word");
      for (const { id, text } of cut) {
        const lost = id === SCRUB_UNKNOWN;
        const chip = make("bdi", `scrub-chip${lost ? " lost" : id === added ? " now" : ""}`, this.written(id, text));
        chip.style.setProperty("--chip", this.tints[at % this.tints.length]);
        if (lost) chip.title = this.words.unknown;
        word.append(chip);
        at += 1;
      }
      return word;
    });
  }

  written(id, text) {
    if (id !== SCRUB_UNKNOWN) return this.meta.labels[id];
    return Array.from(text, (char) =>
      /[\p{C}\p{Z}\p{M}]/u.test(char) ? `U+${char.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}` : char,
    )
      .join("")
      .replaceAll("▁", "·");
  }

  spell(tokens, cuts) {
    const { meta, words, arrays, step, cutter } = this;
    const kind = meta.algorithm;
    const values = { step, steps: cutter.steps, tokens, rate: this.characters / Math.max(1, tokens) };
    const sentence = fillWords(this.sentence.length ? words.said_sentence : words.said_nothing, values);
    let did = fillWords(words[`start_${kind}`], values);
    if (step) {
      const id = cutter.order[step - 1];
      Object.assign(values, { piece: this.label(id) });
      if (kind === "bpe")
        Object.assign(values, {
          left: this.label(arrays.left[step - 1]),
          right: this.label(arrays.right[step - 1]),
          count: arrays.count[step - 1],
          length: arrays.length[step],
        });
      if (kind === "unigram") values.share = Math.exp(arrays.scores[id]);
      did = fillWords(words[`did_${kind}`], values);
    }
    const lost = cuts.flat().filter((one) => one.id === SCRUB_UNKNOWN).length;
    const gone = lost ? fillWords(words.said_lost, { count: lost }) : "";
    const text = [did, sentence, gone].filter(Boolean).join(meta.language === "zh" ? "" : " ");
    this.find(".scrub-said").setAttribute("aria-live", this.playing ? "off" : "polite");
    this.find(".scrub-said").textContent = text;
    this.find(".scrub-chips").setAttribute("aria-label", sentence);
    this.slider.setAttribute("aria-valuetext", text);
  }

  spellPlay() {
    this.find(".scrub-play").textContent = this.playing ? `❚❚ ${this.words.pause}` : `▶ ${this.words.play}`;
  }

  list() {
    const { arrays, meta, cutter, step } = this;
    const { steps } = cutter;
    const first = Math.min(Math.max(1, step - Math.floor(SCRUB_LISTED / 2)), Math.max(1, steps - SCRUB_LISTED + 1));
    const lines = [];
    for (let n = first; n < first + SCRUB_LISTED && n <= steps; n += 1) {
      const line = make("li", n === step ? "now" : n > step ? "later" : "");
      line.dataset.step = String(n);
      const id = cutter.order[n - 1];
      const bpe = meta.algorithm === "bpe";
      const pair = bpe ? `${this.label(arrays.left[n - 1])} + ${this.label(arrays.right[n - 1])}` : this.label(id);
      const times = bpe
        ? `${whole(arrays.count[n - 1])} ×`
        : meta.algorithm === "unigram"
          ? percent(Math.exp(arrays.scores[id]))
          : "";
      line.append(make("span", "scrub-number", whole(n)), make("span", "scrub-pair", pair));
      line.append(make("span", "scrub-times", times));
      if (n === step) line.setAttribute("aria-current", "step");
      lines.push(line);
    }
    this.find(".scrub-list").replaceChildren(...lines);
  }

  save() {
    const theme = whiteTheme(this.theme);
    const [width, height] = [Math.max(640, Math.min(1200, this.width)) * theme.scale, 260 * theme.scale];
    const tokens = this.sentence.reduce((sum, word) => sum + this.cutter.cut(word, this.step).length, 0);
    const pieces = (word) => this.cutter.cut(word, this.step).map(({ id, text }) => this.written(id, text));
    const cut = this.sentence.map((word) => pieces(word).join("|")).join(" ");
    const texts = [this.find(".scrub-said").textContent, cut, this.meta.caption];
    const paint = (context) => scrubDraw(context, this.picture(theme, width, height, tokens));
    savePicture("merges.png", { width, height, texts, theme, paint });
  }

  dress(theme) {
    this.tints = [0, 1, 2, 3].map((i) => mixColour(theme.bg, theme.categories[i], theme.dark ? 0.42 : 0.25));
  }

  dressed() {
    this.paint();
  }
}

export default mounted((root) => new ScrubView(root));
