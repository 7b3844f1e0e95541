// Why a piece of text became these tokens: the merges of BPE step by step, the lattice of Unigram with its best path,
// the attempts of WordPiece, and the bits of a character in UTF-8. All labels go in as text.

import { attributes, quoted } from "../../shared/dom.js";
import { fillWords } from "../../shared/draw.js";
import { mounted } from "../../shared/mount.js";
import { decimal } from "../../shared/numbers.js";
import { mixColour } from "../../shared/theme.js";
import { MessageView } from "../../shared/view.js";
import { drawForest, drawLattice, listBytes, listTries, mergeOrder } from "./figures.js";

/** @extends {MessageView<import("../payloads").MergeTree>} */
class TreeView extends MessageView {
  constructor(root) {
    super(root, ".tree", "merge_tree");
    this.body = this.find(".tree-body");
    this.slider = this.find(".tree-step input");
    this.slider.addEventListener("input", () => this.step(Number(this.slider.value)));
    this.find(".tree-back").addEventListener("click", () => this.step(this.at - 1));
    this.find(".tree-on").addEventListener("click", () => this.step(this.at + 1));
    this.watch = new ResizeObserver(() => this.meta && this.box.clientWidth !== this.width && this.draw());
    this.watch.observe(this.box);
  }

  take({ meta } = this) {
    this.merges = meta.kind === "bpe" ? mergeOrder(meta.nodes).filter(Boolean).length : 0;
    this.at = this.merges;
    this.spell();
    this.fresh = true;
    this.draw();
  }

  /** Where the forest is wider than its room, it is seen from the first whole token at first. */
  seek() {
    if (!this.fresh || !this.width) return;
    this.fresh = false;
    const root = this.body.querySelector(".tree-node.root")?.getBoundingClientRect();
    const room = this.body.getBoundingClientRect();
    if (root) this.body.scrollLeft += (root.left + root.right - room.left - room.right) / 2;
  }

  spell() {
    const { meta, words } = this;
    const { title, tokens, score, second } = meta;
    const values = {
      title,
      score,
      second,
      tokens: tokens.length,
      merges: this.merges,
      pieces: meta.edges?.length ?? 0,
    };
    Object.assign(values, { piece: quoted(meta.piece), list: tokens.join(words.separator) });
    this.find(".tree-title").textContent = fillWords(words.title, values);
    const none = meta.kind === "bpe" && !this.merges;
    const many = meta.tokens.length < 2 ? "one" : none ? "none" : "many";
    this.find(".tree-why").textContent = fillWords(words[`why_${meta.kind}_${many}`], values);
    this.find(".tree-step").hidden = this.merges < 1;
    this.find(".tree-back").setAttribute("aria-label", words.back);
    this.find(".tree-on").setAttribute("aria-label", words.on);
    this.slider.setAttribute("aria-label", words.steps);
    this.find(".tree-bytes").hidden = !meta.characters.length;
    this.find(".tree-characters").replaceChildren(...listBytes(meta.characters));
  }

  draw() {
    const { meta, words } = this;
    this.width = this.box.clientWidth;
    const { scale } = this.theme;
    const show = (svg) =>
      this.body.replaceChildren(attributes(svg, { "aria-label": this.find(".tree-why").textContent }));
    if (meta.kind === "bpe") {
      show(drawForest(meta, this.width, scale, (rank) => fillWords(words.rank, { rank: rank + 1 })));
      this.step(this.at);
    } else if (meta.kind === "unigram") show(drawLattice(meta, this.width, scale, (score) => decimal(score, 1)));
    else if (meta.kind === "wordpiece") this.body.replaceChildren(listTries(meta.steps, words));
    else this.body.replaceChildren();
    this.seek();
  }

  // Shows the forest after so many merges.
  step(to) {
    this.at = Math.min(Math.max(to, 0), this.merges);
    this.slider.max = String(this.merges);
    this.slider.value = String(this.at);
    this.find(".tree-back").disabled = this.at === 0;
    this.find(".tree-on").disabled = this.at === this.merges;
    for (const group of this.body.querySelectorAll(".tree-node")) {
      const order = Number(group.dataset.order);
      group.classList.toggle("later", order > this.at);
      group.classList.toggle("now", order > 0 && order === this.at);
    }
    this.say();
  }

  say() {
    const { words, meta } = this;
    const order = mergeOrder(meta.nodes);
    const node = meta.nodes[order.indexOf(this.at)];
    let text = words.said_start;
    if (this.at > 0) {
      const [left, right, label] = [meta.nodes[node.left], meta.nodes[node.right], node].map((one) =>
        quoted(one.label),
      );
      const values = { step: this.at, steps: this.merges, rank: node.rank + 1 };
      text = fillWords(words.said_step, { ...values, left, right, label });
    }
    this.find(".tree-said").textContent = text;
    this.slider.setAttribute("aria-valuetext", text);
  }

  dress(theme) {
    this.box.style.setProperty("--tree-root", mixColour(theme.bg, theme.categories[0], theme.dark ? 0.42 : 0.25));
  }
}

export default mounted((root) => new TreeView(root));
