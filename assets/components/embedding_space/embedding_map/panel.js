// The words beside the map: neighbours of a word, the words that were circled, the legend.

import { attributes, make } from "../../shared/dom.js";
import { fillWords } from "../../shared/draw.js";
import { decimal } from "../../shared/numbers.js";
import { MapDrawing } from "./drawing.js";

const PANEL_MOST = 400; // circled words that are listed

export class MapPanel extends MapDrawing {
  find(selector) {
    return this.box.querySelector(selector);
  }

  say(text) {
    this.find(".em-live").textContent = text;
  }

  spell() {
    const { words, points } = this;
    this.box.lang = points.meta.language;
    for (const element of this.box.querySelectorAll("[data-word]"))
      element.textContent = words[element.dataset.word] ?? "";
    this.input.placeholder = words.search_placeholder;
    this.find(".em-empty").textContent = words.empty;
    for (const name of ["in", "out"]) {
      const title = words[`zoom_${name}`];
      attributes(this.find(`.em-${name}`), { "aria-label": title, title });
    }
    this.find(".em-lasso").title = words.lasso_help;
    this.find(".em-hint").textContent = points.dims === 3 ? words.hint_solid : words.hint_flat;
    this.find(".em-about").textContent = this.about();
    const values = { count: points.count, title: points.meta.title, dims: points.dims };
    this.over.setAttribute("aria-label", fillWords(words.aria, values));
    this.spellLegend();
    this.spellSide(true);
  }

  spellLegend() {
    const { words, points } = this;
    const legend = this.find(".em-legend");
    const { groups, counts } = points.meta;
    legend.hidden = groups.length === 0;
    legend.setAttribute("aria-label", words.legend);
    const button = (name, group, count) => {
      const dot = make("i");
      dot.style.setProperty("--em-colour", this.groupColour(group));
      const label = make("b", "", name);
      label.style.fontWeight = "inherit";
      const made = make("button", "", dot, label, make("span", "", String(count)));
      made.onclick = () => this.isolate(group);
      return attributes(made, { "aria-pressed": this.isolated === group });
    };
    const buttons = groups.map((name, group) =>
      attributes(button(name, group, counts[group]), { title: words.isolate }),
    );
    const rest = points.count - counts.reduce((sum, count) => sum + count, 0);
    if (groups.length && rest) buttons.push(button(words.other, 255, rest));
    const focused = [...legend.children].indexOf(this.root.activeElement);
    legend.replaceChildren(...buttons);
    if (focused >= 0) buttons[focused]?.focus();
  }

  /** The panel follows the word under the pointer, else the picked one; circled words stay until they are let go. */
  spellSide(anew = false) {
    const focus = this.chosen.length ? this.picked : this.focus();
    const key = `${focus}|${this.chosen.length}|${this.chosen[0]}`;
    if (key === this.sideKey && !anew) return;
    this.sideKey = key;
    const [near, chosen, hint] = [".em-near", ".em-chosen", ".em-hint"].map((name) => this.find(name));
    near.hidden = focus < 0;
    chosen.hidden = !this.chosen.length;
    hint.hidden = focus >= 0 || this.chosen.length > 0 || !this.points.each; // unfinished: nobody's neighbours are known
    if (focus >= 0) this.spellNear(focus);
    if (this.chosen.length) this.spellChosen(focus >= 0);
  }

  spellNear(i) {
    const { points } = this;
    const title = this.find(".em-word");
    title.replaceChildren(document.createTextNode(points.labels[i]));
    const group = points.meta.groups[points.groups[i]];
    if (group) title.append(make("span", "", group));
    const sentence = points.meta.sentences[i] ?? "";
    this.find(".em-sentence").textContent = sentence === points.labels[i] ? "" : sentence;
    const near = points.neighbours(i);
    this.find(".em-title").textContent = near.length ? this.nearTitle() : "";
    const list = this.find(".em-list");
    const long = near.some(([other]) => points.labels[other].length > 18);
    list.classList.toggle("em-long", long);
    list.replaceChildren(...near.map(([other, value]) => this.nearRow(other, value)));
    this.find(".em-kept").textContent = near.length ? this.keptText(i, near.length) : "";
  }

  nearTitle() {
    const { words, points } = this;
    return points.meta.dimensions ? fillWords(words.nearest_in, { dimensions: points.meta.dimensions }) : words.nearest;
  }

  nearRow(other, value) {
    const bar = make("i");
    bar.style.setProperty("--em-share", `${Math.max(0, Math.min(1, value)) * 100}%`);
    const word = make("b", "", this.points.labels[other]);
    word.title = this.points.meta.sentences[other] ?? this.points.labels[other];
    const button = make("button", "", word, bar, make("span", "", decimal(value)));
    button.onclick = () => this.pick(other, true);
    return make("li", "", button);
  }

  keptText(i, count) {
    return fillWords(this.words.kept, { kept: this.points.kept(i), count });
  }

  spellChosen(folded) {
    const { words, points, chosen } = this;
    this.find(".em-count").textContent = fillWords(words.chosen, { count: chosen.length });
    const list = this.find(".em-picked");
    list.hidden = folded;
    const items = chosen.slice(0, PANEL_MOST).map((i) => {
      const button = make("button", "", points.labels[i]);
      button.onclick = () => this.pick(i);
      return make("li", "", button);
    });
    if (chosen.length > PANEL_MOST)
      items.push(make("li", "", fillWords(words.more, { count: chosen.length - PANEL_MOST })));
    if (!folded) list.replaceChildren(...items);
    this.find(".em-copy").textContent = words.copy;
  }

  async copy() {
    const text = this.chosen.map((i) => this.points.labels[i]).join("\n");
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = Object.assign(document.createElement("textarea"), { value: text });
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    this.find(".em-copy").textContent = this.words.copied;
    this.say(this.words.copied);
  }

  // ── the card at the pointer ───────────────────────────────────────────────────────────────────────────────

  hint() {
    this.spellSide();
    const at = this.pointer;
    if (this.hover < 0 || !at || this.drag || this.move) return this.tip.hide();
    const { points } = this;
    const near = points.neighbours(this.hover);
    /** @type {any[]} */ const rows = [{ title: points.labels[this.hover] }];
    const sentence = points.meta.sentences[this.hover];
    if (sentence && sentence !== points.labels[this.hover]) rows.push(sentence);
    if (near.length) rows.push(this.nearText(near));
    if (near.length && (this.chosen.length || this.box.classList.contains("em-narrow")))
      rows.push(this.keptText(this.hover, near.length));
    this.tip.show(rows, this.stage.offsetLeft + at.x, this.stage.offsetTop + at.y);
    return undefined;
  }

  nearText(near) {
    const { words, points } = this;
    const listed = this.chosen.length || this.box.classList.contains("em-narrow") ? near : near.slice(0, 3);
    const names = listed.map(([other, value]) => `${points.labels[other]} ${decimal(value)}`);
    return fillWords(words.tip, { words: names.join(words.separator) });
  }
}
