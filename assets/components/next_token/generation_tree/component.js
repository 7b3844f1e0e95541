// A text that grows token by token, and the tree of all texts that were tried: click a token to go back to it, take
// another one of its alternatives to branch. What is chosen is committed as the list of forks that leads there.

import { attributes, make, quoted } from "../../shared/dom.js";
import { fillWords, makeTooltip, percent } from "../../shared/draw.js";
import { mounted } from "../../shared/mount.js";
import { decimal } from "../../shared/numbers.js";
import { makeDial, makeRunBar } from "../../shared/run_bar.js";
import { mixColour } from "../../shared/theme.js";
import { MessageView } from "../../shared/view.js";
import { drawBranches, forksTo } from "./branches.js";

/** @extends {MessageView<import("../payloads").GenerationTree, import("../payloads").GenerationTreeArrays>} */
class GrowthView extends MessageView {
  constructor(root) {
    super(root, ".gtree", "generation_tree");
    this.text = this.find(".gtree-text");
    this.tip = makeTooltip(this.box);
    this.bar = makeRunBar(this.find(".gtree-bar"), (name, value) => this.ask(name, value));
    const tenths = { step: 0.05, shown: (n) => decimal(n) };
    this.dials = {
      temperature: makeDial(0, 2, (temperature) => this.look({ temperature, forks: [] }), tenths),
      length: makeDial(1, 256, (length) => this.look({ length })),
      seed: makeDial(0, 99, (seed) => this.look({ seed, forks: [] })),
    };
    this.find(".gtree-controls").append(...Object.values(this.dials).map((dial) => dial.element));
    this.text.addEventListener("click", (event) => this.pick(event.target.closest?.(".gtree-chip")));
    this.text.addEventListener("keydown", (event) => this.onKey(event));
    this.text.addEventListener("pointerover", (event) => this.hover(event.target.closest?.(".gtree-chip")));
    this.text.addEventListener("pointerleave", () => this.tip.hide());
    this.watch = new ResizeObserver(() => this.meta && this.box.clientWidth !== this.width && this.draw());
    this.watch.observe(this.box);
    this.here = -1; // place on the current text that is looked at; −1: none
  }

  accept(message) {
    this.before = this.line().slice(0, this.here + 1); // what was looked at, in the older tree
    super.accept(message);
  }

  take({ meta } = this) {
    const stays = this.before.every((node, at) => at >= this.line().length || this.line()[at] === node);
    if (!stays || this.wanted !== undefined) this.here = this.wanted ?? -1;
    this.wanted = undefined;
    if (this.isNew(meta.state)) {
      for (const [name, dial] of Object.entries(this.dials)) dial.set(meta.state[name] ?? 0);
    }
    for (const [name, dial] of Object.entries(this.dials)) dial.name(this.words[name]);
    this.draw();
  }

  line() {
    return this.meta?.texts[this.meta.current]?.nodes ?? [];
  }

  draw() {
    this.width = this.box.clientWidth;
    const { meta, words } = this;
    this.bar(meta.run, this.line().length, words);
    this.drawText();
    this.drawPick();
    const map = this.find(".gtree-map");
    map.hidden = meta.texts.length < 2;
    this.find(".gtree-map-title").textContent = words.map;
    if (!map.hidden)
      this.find(".gtree-scroll").replaceChildren(drawBranches(this, (text) => this.go(meta.texts[text].forks)));
  }

  // Chips that stand already are kept, so that focus and selection survive each new token.
  drawText() {
    const { meta, arrays, words, theme } = this;
    const line = this.line();
    this.text.setAttribute("aria-label", words.text);
    const prompt = this.text.querySelector(".gtree-prompt") ?? make("span", "gtree-prompt");
    const said = meta.prompt;
    if (prompt.textContent !== said) prompt.textContent = said;
    const chips = [...this.text.querySelectorAll(".gtree-chip")];
    const made = line.map((node, at) => {
      const chip = chips[at] ?? make("button", "gtree-chip");
      const label = meta.labels[node];
      if (chip.textContent !== label) chip.textContent = label;
      chip.dataset.at = String(at);
      const told = fillWords(words.chip, { token: quoted(label), share: percent(arrays.chance[node]) });
      attributes(chip, { role: "option", "aria-label": told, "aria-selected": at === this.here });
      chip.tabIndex = at === Math.max(0, this.here) ? 0 : -1;
      chip.classList.toggle("here", at === this.here);
      chip.classList.toggle("forced", Boolean(arrays.forced[node]));
      chip.classList.toggle("branched", this.siblings(node).length > 0);
      chip.style.setProperty("--chip", mixColour(theme.bg, theme.accent, 0.04 + 0.42 * arrays.chance[node]));
      return chip;
    });
    const end = this.text.querySelector(".gtree-end") ?? make("span", "gtree-end");
    end.textContent = meta.run.state === "done" ? (words[`ended_${meta.texts[meta.current]?.ended}`] ?? "") : "";
    const wanted = [prompt, ...made, end];
    if (wanted.length !== this.text.childNodes.length || wanted.some((one, at) => this.text.childNodes[at] !== one)) {
      chips.slice(line.length).forEach((chip) => chip.remove());
      wanted.forEach(
        (one, at) => this.text.childNodes[at] !== one && this.text.insertBefore(one, this.text.childNodes[at] ?? null),
      );
    }
  }

  siblings(node) {
    const { parent } = this.arrays;
    this.childrenOf ??= new Map();
    if (this.childrenFor !== this.arrays) {
      this.childrenFor = this.arrays;
      this.childrenOf = new Map();
      parent.forEach((up, at) => this.childrenOf.set(up, [...(this.childrenOf.get(up) ?? []), at]));
    }
    return this.childrenOf.get(parent[node]).filter((other) => other !== node);
  }

  drawPick() {
    const { meta, arrays, words } = this;
    const node = this.line()[this.here];
    const where = this.find(".gtree-where");
    const list = this.find(".gtree-options");
    if (node === undefined) {
      where.textContent = words.hint;
      list.replaceChildren();
      return;
    }
    const label = quoted(meta.labels[node]);
    const [share, own] = [percent(arrays.chance[node]), percent(arrays.own[node])];
    const told = { token: label, place: this.here + 1, share, own, bits: arrays.entropy[node] };
    where.textContent = fillWords(arrays.forced[node] ? words.where_forced : words.where, told);
    const wide = arrays.options.shape[1];
    const ids = Array.from({ length: wide }, (_, at) => arrays.options[node * wide + at]);
    const known = new Map([node, ...this.siblings(node)].map((one) => [arrays.token[one], one]));
    const focused = this.root.activeElement?.dataset?.id;
    const buttons = ids.map((id, at) => {
      const [after, own] = [arrays.option_chance[node * wide + at], arrays.option_own[node * wide + at]];
      return this.optionButton(id, after, own, id === arrays.token[node], known.get(id));
    });
    const redraw = make("button", "run-button gtree-redraw", words.redraw);
    redraw.addEventListener("click", () => this.branch(`${this.here}s${this.freshSeed()}`));
    list.replaceChildren(...buttons, redraw);
    if (focused) buttons.find((button) => button.dataset.id === focused)?.focus();
  }

  optionButton(id, after, own, taken, seen) {
    const { words } = this;
    const name = this.meta.names[id] ?? "";
    const button = make("button", "gtree-option");
    button.dataset.id = String(id);
    button.classList.toggle("taken", taken);
    button.classList.toggle("seen", !taken && seen !== undefined);
    const rail = make("span", "gtree-rail");
    for (const [kind, size] of Object.entries({ own, after })) {
      if (!(size > 0)) continue;
      rail.append(make("i", kind));
      rail.lastChild.style.width = `${100 * size}%`;
    }
    const share =
      after > 0 ? make("span", "gtree-share", percent(after)) : make("span", "gtree-share gtree-cut", words.cut);
    button.append(make("span", "gtree-label", name), rail, share);
    const values = { token: quoted(name), share: percent(after), own: percent(own) };
    button.setAttribute("aria-label", fillWords(taken ? words.option_taken : words.option, values));
    button.title = fillWords(words.option_help, values);
    if (!taken)
      button.addEventListener("click", () =>
        seen === undefined ? this.branch(`${this.here}.${id}`) : this.go(this.textThrough(seen).forks),
      );
    return button;
  }

  textThrough(node) {
    return this.meta.texts.find((text) => text.nodes.includes(node));
  }

  freshSeed() {
    const used = new Set(
      this.meta.texts
        .flatMap((text) => text.forks)
        .filter((fork) => fork.includes("s"))
        .map((fork) => Number(fork.split("s")[1])),
    );
    let seed = Number(this.meta.state.seed ?? 0) + 1;
    while (used.has(seed)) seed += 1;
    return seed;
  }

  branch(fork) {
    this.wanted = this.here;
    this.go(forksTo(this.meta.texts[this.meta.current].forks, this.here, fork));
  }

  go(forks) {
    this.wanted ??= this.here;
    this.look({ forks });
  }

  pick(chip) {
    if (!chip) return;
    const at = Number(chip.dataset.at);
    this.select(at === this.here ? -1 : at);
  }

  select(at) {
    this.here = at;
    this.tip.hide();
    this.drawText();
    this.drawPick();
  }

  onKey(event) {
    const last = this.line().length - 1;
    const from = this.here < 0 ? Number(this.root.activeElement?.dataset?.at ?? 0) : this.here;
    const to = { ArrowLeft: from - 1, ArrowRight: this.here < 0 ? from : from + 1, Home: 0, End: last }[event.key];
    if (event.key === "Escape") this.select(-1);
    if (event.key === "ArrowDown") this.find(".gtree-option")?.focus();
    if (to === undefined && event.key !== "ArrowDown") return;
    event.preventDefault();
    if (to === undefined || last < 0) return;
    this.select(Math.min(Math.max(to, 0), last));
    this.text.querySelector(".gtree-chip.here")?.focus();
  }

  hover(chip) {
    if (!chip) return this.tip.hide();
    const node = this.line()[Number(chip.dataset.at)];
    const { arrays, words } = this;
    const rows = [
      { title: quoted(this.meta.labels[node]) },
      [words.after, percent(arrays.chance[node])],
      [words.own, percent(arrays.own[node])],
      [words.entropy, fillWords(words.bits, { bits: arrays.entropy[node] })],
    ];
    this.tell(chip, rows, 30);
  }
}

export default mounted((root) => new GrowthView(root));
