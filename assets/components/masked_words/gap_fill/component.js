// One text, any word of it hidden: what a masked model (both sides), a causal model (left side) and a causal model that
// reads whole candidate sentences put into the gap. A click changes the gap at once; only the third waits for the server.

import { domSaver } from "../../shared/dom_picture.js";
import { fillWords, percent } from "../../shared/draw.js";
import { FigureView } from "../../shared/figure.js";
import { mounted } from "../../shared/mount.js";

const GAP_FULL = 6; // nats at which the mark under a word has its full width
const GAP_MOST = 6; // gaps at once
const GAP_ROWS = 7; // guesses that are shown

function gapMake(tag, name = "", text = "") {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text) element.textContent = text;
  return element;
}

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

  take({ meta }) {
    this.nameSaver();
    if (meta.state.version !== this.version) {
      this.version = meta.state.version;
      this.hide = meta.state.hide.map(Number);
      this.several = Boolean(meta.state.several);
    }
    this.hide = this.hide.filter((at) => at < meta.text.length);
    if (!this.hide.length) this.hide = [meta.telling];
    const { theme } = this;
    const colours = {
      cool: theme.dark ? "#56b4e9" : "#0072b2",
      warm: theme.dark ? "#f0883e" : "#d55e00",
      hatch: theme.faint,
    };
    for (const [name, value] of Object.entries(colours)) this.box.style.setProperty(`--gap-${name}`, value);
    this.box.style.setProperty("--gb-faint", theme.faint);
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
    const button = gapMake("button", `gap-word${/\s/.test(this.meta.between[at]) ? " spaced" : ""}`);
    Object.assign(button, { type: "button", tabIndex: at === this.hide[0] ? 0 : -1 });
    Object.assign(button.dataset, { at: String(at) });
    button.setAttribute("aria-pressed", String(hidden));
    button.append(
      gapMake("bdi", "", hidden && this.hide.length > 1 ? `${this.hide.indexOf(at) + 1}` : hidden ? word : word),
      this.makeUnder(at),
    );
    if (hidden) button.firstChild.textContent = this.hide.length > 1 ? `[${this.hide.indexOf(at) + 1}]` : "[MASK]";
    const [masked, causal] = [this.arrays.nats0[at], this.arrays.nats1[at]];
    const told = { word, masked: percent(Math.exp(-masked)), causal: percent(Math.exp(-causal)) };
    button.setAttribute("aria-label", masked < 0 || causal < 0 ? word : fillWords(this.words.chip, told));
    button.title = button.getAttribute("aria-label");
    return button;
  }

  makeUnder(at) {
    const under = gapMake("span", "gap-under");
    const [masked, causal] = [this.arrays.nats0[at], this.arrays.nats1[at]];
    if (masked < 0 || causal < 0) return under;
    const gain = causal - masked;
    const mark = gapMake("i", `gap-mark ${gain > 0 ? "masked" : "causal"}`);
    mark.style.width = `${Math.max(12, Math.min(100, (100 * Math.abs(gain)) / GAP_FULL))}%`;
    under.append(mark);
    return under;
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
    if (many) lanes.replaceChildren(...this.severalLanes());
    else
      lanes.replaceChildren(
        this.sideLane(0, this.hide[0]),
        this.sideLane(1, this.hide[0]),
        this.wholeLane(this.hide[0]),
      );
    this.part(".gap-said").textContent = many
      ? fillWords(this.words.said_several, { count: this.hide.length })
      : this.sentence(this.hide[0]);
  }

  sentence(at) {
    const { arrays, words, meta } = this;
    const [masked, causal] = [arrays.nats0[at], arrays.nats1[at]];
    if (masked < 0 || causal < 0) return fillWords(words.said_none, { word: meta.text[at] });
    const told = { word: meta.text[at], masked: percent(Math.exp(-masked)), causal: percent(Math.exp(-causal)) };
    told.times = Math.exp(Math.abs(causal - masked));
    return fillWords(causal > masked ? words.said_masked : words.said_causal, told);
  }

  lane(title, model, colour) {
    const lane = gapMake("div", "gap-lane");
    lane.style.setProperty("--gap-lane", colour);
    lane.append(gapMake("h4", "", title), gapMake("div", "gap-model", model));
    return lane;
  }

  /** The sentence as the model reads it: `seen` says whether the right side is. */
  reads(at, seen) {
    const line = gapMake("div", "gap-reads");
    const { text, between } = this.meta;
    const join = (from, to) =>
      text
        .slice(from, to)
        .map((word, n) => (from + n ? between[from + n] : "") + word)
        .join("");
    const shorten = (part, keep) =>
      part.length <= 80 ? part : keep === "end" ? `…${part.slice(-78)}` : `${part.slice(0, 78)}…`;
    line.append(
      gapMake("span", "", shorten(join(0, at) + (at ? between[at] : ""), "end")),
      gapMake("b", "", seen ? "[MASK]" : "?"),
    );
    line.append(
      gapMake(
        "span",
        seen ? "" : "unseen",
        shorten((between[at + 1] ?? "") + join(at + 1, text.length).replace(/^\s+/, ""), "start"),
      ),
    );
    return line;
  }

  row(label, share, top, { own = false, tick = -1 } = {}) {
    const row = gapMake("div", `gap-row${own ? " own" : ""}`);
    const track = gapMake("div", "gap-track");
    const bar = gapMake("i");
    bar.style.width = `${(100 * share) / top}%`;
    track.append(bar);
    if (tick >= 0) {
      const mark = gapMake("u");
      mark.style.left = `calc(${Math.min(100, (100 * tick) / top)}% - 1px)`;
      track.append(mark);
    }
    row.append(gapMake("bdi", "", label), track, gapMake("span", "", percent(share)));
    return row;
  }

  bars(labels, shares, { word, rank, share, count }, top) {
    const rows = Array.from(shares.slice(0, GAP_ROWS), (value, at) =>
      this.row(labels[at], value, top, { own: rank === at + 1 && count < 2 }),
    );
    const { words } = this;
    if (count < 2 && rank > rows.length)
      rows.push(
        gapMake("span", "gap-rest", fillWords(words.rank, { rank })),
        this.row(word, share, top, { own: true }),
      );
    if (count > 1 && share >= 0)
      rows.push(
        gapMake("span", "gap-rest", fillWords(words.pieces, { count })),
        this.row(word, share, top, { own: true }),
      );
    if (!(share >= 0)) rows.push(gapMake("span", "gap-rest", fillWords(words.untold, { word })));
    return rows;
  }

  /** The largest probability that either side gives at a word: both are drawn on one scale. */
  topAt(at) {
    const { meta, arrays } = this;
    const own = [0, 1].map((side) => Math.exp(-arrays[`nats${side}`][at])).filter((share) => share <= 1);
    return Math.max(...own, ...[0, 1].map((side) => arrays[`share${side}`][at * meta.top]));
  }

  sideLane(side, at) {
    const { meta, arrays, words, theme } = this;
    const colours = [theme.dark ? "#56b4e9" : "#0072b2", theme.dark ? "#f0883e" : "#d55e00"];
    const lane = this.lane(words[side ? "lane_causal" : "lane_masked"], meta.titles[side], colours[side]);
    const nats = arrays[`nats${side}`][at];
    const told = {
      word: meta.text[at],
      rank: arrays[`rank${side}`][at],
      share: nats < 0 ? NaN : Math.exp(-nats),
      count: arrays[`count${side}`][at],
    };
    const from = at * meta.top;
    lane.append(
      this.reads(at, !side),
      ...this.bars(
        meta.candidates[side].slice(from, from + meta.top),
        arrays[`share${side}`].subarray(from, from + meta.top),
        told,
        this.topAt(at),
      ),
    );
    return lane;
  }

  wholeLane(at) {
    const { meta, words, theme } = this;
    const colour = theme.dark ? "#cc79a7" : "#9c4f7c";
    const lane = this.lane(words.lane_whole, meta.titles[1], colour);
    const reads = gapMake("div", "gap-reads", words.whole_reads);
    lane.append(reads);
    const found = meta.whole;
    if (!found || found.place !== at) {
      lane.append(gapMake("p", "gap-wait", words.wait));
      return lane;
    }
    const top = Math.max(...found.share, ...found.left);
    found.candidates.forEach((name, n) => {
      if (n < GAP_ROWS || n === found.true)
        lane.append(this.row(name, found.share[n], top, { own: n === found.true, tick: found.left[n] }));
    });
    lane.append(gapMake("p", "gap-note", words.whole_note));
    return lane;
  }

  severalLanes() {
    const { meta, words, theme } = this;
    const colours = [theme.dark ? "#56b4e9" : "#0072b2", theme.dark ? "#f0883e" : "#d55e00"];
    const heads = [0, 1].map((side) => {
      const lane = this.lane(words[side ? "lane_causal" : "lane_masked"], meta.titles[side], colours[side]);
      lane.append(gapMake("p", "gap-note", words[side ? "several_causal" : "several_masked"]));
      return lane;
    });
    const found = meta.several;
    const same = found && found[1].map((one) => one.place).join() === this.hide.join();
    if (!same) return [...heads, gapMake("p", "gap-wait", words.wait)];
    return [
      ...heads,
      ...this.hide.map((place, number) => {
        const group = gapMake("div", "gap-gap");
        const both = found.map((side) => side.find((gap) => gap.place === place));
        const top = Math.max(
          ...both.flatMap((one) => (one ? [one.share[0], one.nats === null ? 0 : Math.exp(-one.nats)] : [])),
        );
        both.forEach((one, side) => {
          const lane = gapMake("div", "gap-lane");
          lane.style.setProperty("--gap-lane", colours[side]);
          const reads = gapMake("div", "gap-model", side && one ? `…${one.read.slice(-60)}` : `[${number + 1}]`);
          lane.append(reads);
          if (one)
            lane.append(
              ...this.bars(
                one.candidates.slice(0, 5),
                one.share.slice(0, 5),
                {
                  word: meta.text[place],
                  rank: one.rank,
                  share: one.nats === null ? NaN : Math.exp(-one.nats),
                  count: 1,
                },
                top,
              ),
            );
          group.append(lane);
        });
        return group;
      }),
    ];
  }
}

export default mounted((root) => new GapView(root));
