// One text, any word of it hidden: what a masked model (both sides), a causal model (left side) and a causal model that
// reads whole candidate sentences put into the gap. A click changes the gap at once; only the third waits for the server.

import { attributes, make } from "../../shared/dom.js";
import { domSaver } from "../../shared/dom_picture.js";
import { fillWords, percent } from "../../shared/draw.js";
import { FigureView } from "../../shared/figure.js";
import { mounted } from "../../shared/mount.js";

const GAP_FULL = 6; // nats at which the mark under a word has its full width
const GAP_MOST = 6; // gaps at once
const GAP_ROWS = 7; // guesses that are shown

/** @extends {FigureView<import("../payloads").GapFill, import("../payloads").GapFillArrays>} */
class GapView extends FigureView {
  constructor(root) {
    super(root, ".gap", "gap_fill");
    this.nameSaver = domSaver(this, "filled-gap.png", ".gap-toggle, .gap-hint");
    this.text = this.part(".gap-text");
    this.text.addEventListener("click", (event) => this.pick(event.target.closest(".gap-word")));
    this.text.addEventListener("keydown", (event) => this.walk(event));
    this.toggle = this.part(".gap-toggle");
    this.toggle.addEventListener("click", () => this.switchSeveral());
  }

  take({ meta } = this) {
    this.nameSaver();
    if (this.isNew(meta.state)) {
      this.hide = meta.state.hide.map(Number);
      this.several = Boolean(meta.state.several);
    }
    this.hide = this.hide.filter((at) => at < meta.text.length);
    if (!this.hide.length) this.hide = [meta.telling];
    this.paint();
  }

  draw() {}

  // --- the text ---

  paint() {
    this.toggle.setAttribute("aria-pressed", String(this.several));
    const focused = this.root.activeElement?.dataset?.at;
    this.text.setAttribute("aria-label", this.words.text);
    this.text.replaceChildren(...this.meta.text.map((word, at) => this.makeWord(word, at)));
    if (focused !== undefined) this.text.children[focused]?.focus();
    this.fillLanes();
  }

  makeWord(word, at) {
    const hidden = this.hide.includes(at);
    const button = make("button", `gap-word${/\s/.test(this.meta.between[at]) ? " spaced" : ""}`);
    const mark = this.hide.length > 1 ? `[${this.hide.indexOf(at) + 1}]` : "[MASK]";
    button.append(make("bdi", "", hidden ? mark : word), this.makeUnder(at));
    const [masked, causal] = [this.arrays.nats0[at], this.arrays.nats1[at]];
    const told = { word, masked: percent(Math.exp(-masked)), causal: percent(Math.exp(-causal)) };
    const title = masked < 0 || causal < 0 ? word : fillWords(this.words.chip, told);
    const tabindex = at === this.hide[0] ? 0 : -1;
    return attributes(button, { "aria-pressed": hidden, "aria-label": title, title, tabindex, "data-at": at });
  }

  makeUnder(at) {
    const [masked, causal] = [this.arrays.nats0[at], this.arrays.nats1[at]];
    if (masked < 0 || causal < 0) return make("span", "gap-under");
    const gain = causal - masked;
    const mark = make("i", `gap-mark ${gain > 0 ? "masked" : "causal"}`);
    mark.style.width = `${Math.max(12, Math.min(100, (100 * Math.abs(gain)) / GAP_FULL))}%`;
    return make("span", "gap-under", mark);
  }

  pick(button) {
    if (!button || !this.ready) return;
    const at = Number(button.dataset.at);
    if (!this.several) this.hide = [at];
    else if (!this.hide.includes(at)) this.hide = [...this.hide, at].sort((a, b) => a - b).slice(0, GAP_MOST);
    else if (this.hide.length > 1) this.hide = this.hide.filter((one) => one !== at);
    this.paint();
    this.commit();
  }

  switchSeveral() {
    if (!this.ready) return;
    this.several = !this.several;
    if (!this.several) this.hide = this.hide.slice(0, 1);
    this.paint();
    this.commit();
  }

  commit() {
    this.send?.("look", { hide: this.hide, several: this.several });
  }

  walk(event) {
    const from = Number(event.target.closest(".gap-word")?.dataset.at ?? NaN);
    const last = this.meta?.text.length - 1;
    const to = { ArrowRight: from + 1, ArrowLeft: from - 1, Home: 0, End: last }[event.key];
    if (!(to >= 0 && to <= last)) return;
    event.preventDefault();
    for (const button of this.text.children) button.tabIndex = -1;
    this.text.children[to].tabIndex = 0;
    this.text.children[to].focus();
  }

  // --- the guesses ---

  fillLanes() {
    const lanes = this.part(".gap-lanes");
    const many = this.hide.length > 1;
    lanes.classList.toggle("two", many);
    const [at] = this.hide;
    lanes.replaceChildren(
      ...(many ? this.severalLanes() : [this.sideLane(0, at), this.sideLane(1, at), this.wholeLane(at)]),
    );
    this.part(".gap-said").textContent = many
      ? fillWords(this.words.said_several, { count: this.hide.length })
      : this.sentence(at);
  }

  sentence(at) {
    const { arrays, words, meta } = this;
    const [masked, causal] = [arrays.nats0[at], arrays.nats1[at]];
    if (meta.blank[at]) return words.said_blank;
    if (masked < 0 || causal < 0) return fillWords(words.said_none, { word: meta.text[at] });
    const told = { word: meta.text[at], masked: percent(Math.exp(-masked)), causal: percent(Math.exp(-causal)) };
    told.times = Math.exp(Math.abs(causal - masked));
    return fillWords(causal > masked ? words.said_masked : words.said_causal, told);
  }

  lane(title, model, colour) {
    const lane = make("div", "gap-lane", make("h4", "", title), make("div", "gap-model", model));
    lane.style.setProperty("--gap-lane", colour);
    return lane;
  }

  /** The sentence as the model reads it: `seen` says whether the right side is. */
  reads(at, seen) {
    const { text, between } = this.meta;
    const part = (from, to) => text.slice(from, to).map((word, n) => (from + n ? between[from + n] : "") + word);
    const left = part(0, at).join("") + (at ? between[at] : "");
    const right =
      (between[at + 1] ?? "") +
      part(at + 1, text.length)
        .join("")
        .replace(/^\s+/, "");
    return make(
      "div",
      "gap-reads",
      make("span", "", left.length <= 80 ? left : `…${left.slice(-78)}`),
      make("b", "", seen ? "[MASK]" : "?"),
      make("span", seen ? "" : "unseen", right.length <= 80 ? right : `${right.slice(0, 78)}…`),
    );
  }

  row(label, share, top, { own = false, tick = -1 } = {}) {
    const bar = make("i");
    bar.style.width = `${(100 * share) / top}%`;
    const track = make("div", "gap-track", bar);
    if (tick >= 0) {
      const mark = make("u");
      mark.style.left = `calc(${Math.min(100, (100 * tick) / top)}% - 1px)`;
      track.append(mark);
    }
    const value = make("span", "", percent(share));
    return make("div", `gap-row${own ? " own" : ""}`, make("bdi", "", label), track, value);
  }

  bars(labels, shares, { word, rank, share, count, blank }, top) {
    const rows = Array.from(shares.slice(0, GAP_ROWS), (value, at) =>
      this.row(labels[at], value, top, { own: rank === at + 1 && count < 2 }),
    );
    const { words } = this;
    const rest = (text) => rows.push(make("span", "gap-rest", text));
    const own = (text) => rest(text) && rows.push(this.row(word, share, top, { own: true }));
    if (blank) return rows;
    if (count < 2 && rank > rows.length) own(fillWords(words.rank, { rank }));
    if (count > 1 && share >= 0) own(fillWords(words.pieces, { count }));
    if (!(share >= 0)) rest(fillWords(words.untold, { word }));
    return rows;
  }

  /** The largest probability that either side gives at a word: both are drawn on one scale. */
  topAt(at) {
    const { meta, arrays } = this;
    const own = [0, 1].map((side) => Math.exp(-arrays[`nats${side}`][at])).filter((share) => share <= 1);
    return Math.max(...own, ...[0, 1].map((side) => arrays[`share${side}`][at * meta.top]));
  }

  /** The lane of the masked (0) or of the causal model (1). */
  sideOf(side) {
    const { meta, words, theme } = this;
    return this.lane(words[side ? "lane_causal" : "lane_masked"], meta.titles[side], side ? theme.warm : theme.cool);
  }

  sideLane(side, at) {
    const { meta, arrays } = this;
    const lane = this.sideOf(side);
    const nats = arrays[`nats${side}`][at];
    const told = {
      word: meta.text[at],
      rank: arrays[`rank${side}`][at],
      share: nats < 0 ? NaN : Math.exp(-nats),
      count: arrays[`count${side}`][at],
      blank: meta.blank[at],
    };
    const from = at * meta.top;
    const labels = meta.candidates[side].slice(from, from + meta.top);
    const shares = arrays[`share${side}`].subarray(from, from + meta.top);
    lane.append(this.reads(at, !side), ...this.bars(labels, shares, told, this.topAt(at)));
    return lane;
  }

  wholeLane(at) {
    const { meta, words, theme } = this;
    const colour = theme.dark ? "#cc79a7" : "#9c4f7c";
    const lane = this.lane(words.lane_whole, meta.titles[1], colour);
    lane.append(make("div", "gap-reads", words.whole_reads));
    const found = meta.whole;
    if (!found || found.place !== at) {
      lane.append(make("p", "gap-wait", words.wait));
      return lane;
    }
    const top = Math.max(...found.share, ...found.left);
    found.candidates.forEach((name, n) => {
      if (n < GAP_ROWS || n === found.true)
        lane.append(this.row(name, found.share[n], top, { own: n === found.true, tick: found.left[n] }));
    });
    lane.append(make("p", "gap-note", meta.blank[at] ? words.whole_note_blank : words.whole_note));
    return lane;
  }

  severalLanes() {
    const { meta, words, theme } = this;
    const heads = [0, 1].map((side) => {
      const lane = this.sideOf(side);
      lane.append(make("p", "gap-note", words[side ? "several_causal" : "several_masked"]));
      return lane;
    });
    const found = meta.several;
    const same = found && found[1].map((one) => one.place).join() === this.hide.join();
    if (!same) return [...heads, make("p", "gap-wait", words.wait)];
    const groups = this.hide.map((place, number) => {
      const both = found.map((side) => side.find((gap) => gap.place === place));
      const own = (one) => (one.nats === null ? NaN : Math.exp(-one.nats));
      const top = Math.max(...both.filter(Boolean).flatMap((one) => [one.share[0], own(one) || 0]));
      const lanes = both.map((one, side) => {
        const reads = make("div", "gap-model", side && one ? `…${one.read.slice(-60)}` : `[${number + 1}]`);
        const lane = make("div", "gap-lane", reads);
        lane.style.setProperty("--gap-lane", side ? theme.warm : theme.cool);
        const told = one && {
          word: meta.text[place],
          rank: one.rank,
          share: own(one),
          count: 1,
          blank: meta.blank[place],
        };
        if (one) lane.append(...this.bars(one.candidates.slice(0, 5), one.share.slice(0, 5), told, top));
        return lane;
      });
      return make("div", "gap-gap", ...lanes);
    });
    return [...heads, ...groups];
  }
}

export default mounted((root) => new GapView(root));
