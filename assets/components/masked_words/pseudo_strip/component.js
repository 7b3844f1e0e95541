// A text's surprise, word by word: upwards what a masked model finds with both sides in view, one piece hidden at a
// time; downwards what a causal model finds with the left side alone. Pieces of a word are stacked.

import { attributes, make } from "../../shared/dom.js";
import { domSaver } from "../../shared/dom_picture.js";
import { fillWords } from "../../shared/draw.js";
import { FigureView } from "../../shared/figure.js";
import { mounted } from "../../shared/mount.js";
import { decimal, figures, whole } from "../../shared/numbers.js";

const PSD_HIGH = 54; // pixels of the tallest bar

/** @extends {FigureView<import("../payloads").PseudoStrip, import("../payloads").PseudoStripArrays>} */
class PseudoView extends FigureView {
  constructor(root) {
    super(root, ".psd", "pseudo_strip");
    this.nameSaver = domSaver(this, "pseudo-perplexity.png");
    this.row = this.part(".psd-row");
    this.row.addEventListener("click", (event) => this.pick(event.target.closest(".psd-word")));
    this.row.addEventListener("keydown", (event) => this.walk(event));
  }

  take({ meta } = this) {
    this.nameSaver();
    if (this.isNew(meta.state)) {
      this.word = meta.state.word;
    }
    this.row.setAttribute("aria-label", this.words.strip);
    [0, 1].forEach((side) => {
      this.part(`.psd-name${side}`).textContent = fillWords(this.words[`side${side}`], { model: meta.titles[side] });
    });
    this.group();
    if (!(this.word >= 0 && this.word < meta.text.length)) this.word = this.heaviest();
    const focused = this.root.activeElement?.classList?.contains("psd-word");
    this.row.replaceChildren(...meta.text.map((_, at) => this.makeWord(at)));
    if (focused) this.row.children[this.word]?.focus();
    this.detail();
    this.fillTotals();
  }

  draw() {}

  /** Bits of each piece of each word, on both sides. */
  group() {
    this.bits = [0, 1].map((side) => {
      const lists = this.meta.text.map(() => []);
      this.arrays[`word${side}`].forEach((word, piece) => {
        const nats = this.arrays[`nats${side}`][piece];
        if (word >= 0)
          lists[word].push({ label: this.meta.pieces[side][piece], bits: nats < 0 ? NaN : nats / Math.LN2 });
      });
      return lists;
    });
    this.top = Math.max(4, ...this.bits.flat().map((list) => this.sum(list) || 0));
  }

  sum(list) {
    return list.length ? list.reduce((all, piece) => all + piece.bits, 0) : NaN;
  }

  heaviest() {
    const several = this.bits[0].map((list, at) => [list.length, at]).filter(([count]) => count > 1);
    if (several.length) return several.sort((a, b) => b[0] - a[0])[0][1];
    const apart = this.bits[0].map((list, at) => Math.abs(this.sum(list) - this.sum(this.bits[1][at])) || 0);
    return apart.indexOf(Math.max(...apart));
  }

  makeWord(at) {
    const { meta, theme } = this;
    const bar = (side) => {
      const list = this.bits[side][at];
      const parts = list.map((piece) => {
        const part = make("i");
        part.style.height = `${(PSD_HIGH * theme.scale * (piece.bits || 0)) / this.top}px`;
        return part;
      });
      return make("span", `psd-bar${side ? " down" : ""}`, make("small", "", this.spell(this.sum(list))), ...parts);
    };
    const word = make("button", "psd-word", bar(0), make("bdi", "psd-face", meta.text[at]), bar(1));
    const room = `${(PSD_HIGH + 18) * theme.scale}px`;
    word.style.setProperty("--psd-up", room);
    word.style.setProperty("--psd-down", room);
    const told = {
      word: meta.text[at],
      masked: this.spell(this.sum(this.bits[0][at])),
      causal: this.spell(this.sum(this.bits[1][at])),
    };
    const [on, label] = [at === this.word, fillWords(this.words.chip, told)];
    const said = { role: "option", "aria-selected": on, "aria-label": label };
    return attributes(word, { ...said, tabindex: on ? 0 : -1, "data-at": at });
  }

  spell(bits) {
    return decimal(bits, 1);
  }

  pick(word) {
    if (!word) return;
    this.word = Number(word.dataset.at);
    for (const one of this.row.children) {
      const on = one === word;
      one.setAttribute("aria-selected", String(on));
      one.tabIndex = on ? 0 : -1;
    }
    word.focus();
    this.detail();
    this.send?.("look", { word: this.word });
  }

  walk(event) {
    const last = this.meta?.text.length - 1;
    const to = { ArrowRight: this.word + 1, ArrowLeft: this.word - 1, Home: 0, End: last }[event.key];
    if (!(to >= 0 && to <= last)) return;
    event.preventDefault();
    this.pick(this.row.children[to]);
  }

  detail() {
    const { meta, words, word } = this;
    const more = this.part(".psd-more");
    const lines = [0, 1].map((side) => {
      const line = make("div", "", make("em", "", `${words[`pieces${side}`]} `));
      this.bits[side][word].forEach((piece, at) => {
        line.append(at ? " · " : "", make("bdi", "", piece.label), ` ${this.spell(piece.bits)}`);
      });
      if (!this.bits[side][word].length) line.append(words.none);
      return line;
    });
    more.replaceChildren(make("b", "", meta.text[word]), ...lines);
    const list = this.bits[0][word];
    const together = this.arrays.together0[word] / Math.LN2;
    if (list.length > 1 && together >= 0) {
      const told = { alone: this.sum(list), together, count: list.length };
      const id = told.alone < together ? "together" : "together_even";
      const line = make("div", "", fillWords(words[id], told));
      line.style.gridColumn = "1 / -1";
      more.append(line);
    }
  }

  fillTotals() {
    const { meta, words } = this;
    const number = (value) => (value >= 1000 ? whole(value) : figures(value));
    /** @type {[string, (one: import("../payloads").Total) => string, boolean?][]} */
    const rows = [
      ["pieces", (one) => whole(one.pieces)],
      ["bits", (one) => decimal(one.nats / Math.LN2, 1)],
      ["per_piece", (one) => number(one.per_piece)],
      ["per_word", (one) => number(one.per_word), true],
      ["per_character", (one) => decimal(one.bits_per_character), true],
    ];
    const line = (cells, tag, name = "") =>
      make("tr", name, ...cells.map((cell, at) => make(at ? tag : "th", "", cell)));
    const lines = rows.map(([id, spell, fair]) =>
      line([words[`total_${id}`], ...meta.totals.map(spell)], "td", fair ? "fair" : ""),
    );
    const head = make("thead", "", line(["", ...meta.titles], "th"));
    this.part(".psd-totals").replaceChildren(head, make("tbody", "", ...lines));
  }
}

export default mounted((root) => new PseudoView(root));
