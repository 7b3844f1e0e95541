// Every first sentence with every second one, by each score; the pairs as they were written stand on the diagonal.

import { domSaver } from "../../shared/dom_picture.js";
import { fillWords, percent } from "../../shared/draw.js";
import { FigureView } from "../../shared/figure.js";
import { mounted } from "../../shared/mount.js";
import { parseColour, toOklab } from "../../shared/theme.js";

import { decimal } from "../../shared/numbers.js";

function pairMake(tag, name = "", text = "") {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text) element.textContent = text;
  return element;
}

class PairView extends FigureView {
  constructor(root) {
    super(root, ".pair", "pair_scores");
    this.nameSaver = domSaver(this, "sentence-pairs.png");
    this.tables = this.part(".pair-tables");
    this.tables.addEventListener("click", (event) => this.pick(event.target.closest(".pair-cell"), true));
    this.tables.addEventListener("pointerover", (event) =>
      this.tell(Number(event.target.closest(".pair-cell")?.dataset.at ?? this.cell)),
    );
    this.tables.addEventListener("pointerleave", () => this.ready && this.tell(this.cell));
    this.tables.addEventListener("keydown", (event) => this.walk(event));
  }

  take({ meta }) {
    this.nameSaver();
    const count = meta.second.length;
    if (meta.state.version !== this.version) {
      this.version = meta.state.version;
      this.cell = meta.state.cell;
    }
    if (!(this.cell >= 0 && this.cell < meta.first.length * count)) this.cell = 0;
    this.tables.replaceChildren(...meta.scores.map((score, at) => this.makeTable(score, at)));
    this.part(".pair-list").replaceChildren(
      ...meta.first.map((first, at) => {
        const line = pairMake("li");
        line.append(pairMake("b", "", `A${at + 1} `), first, " ", pairMake("b", "", `B${at + 1} `), meta.second[at]);
        return line;
      }),
    );
    this.tell(this.cell);
  }

  draw() {}

  spell(kind, value) {
    if (kind === "follows") return percent(value);
    return decimal(value, kind === "cosine" ? 3 : 2);
  }

  short(kind, value) {
    if (kind === "follows") return String(Math.round(100 * value));
    return decimal(value, kind === "cosine" ? 2 : 1).replace(/^(−?)0\./, "$1.");
  }

  makeTable(score, at) {
    const { meta, words, theme } = this;
    const [rows, count] = [meta.first.length, meta.second.length];
    const values = this.arrays[`score${at}`];
    const [low, high] = score.kind === "follows" ? [0, 1] : [Math.min(...values), Math.max(...values)];
    const table = pairMake("div", "pair-table");
    table.append(
      pairMake("h4", "", words[`title_${score.kind}`]),
      pairMake("div", "pair-model", `${score.model} · ${words[`unit_${score.kind}`]}`),
    );
    const grid = pairMake("div", "pair-grid");
    grid.style.gridTemplateColumns = `2.2em repeat(${count}, minmax(0, 1fr))`;
    grid.style.maxWidth = `calc(${Math.min(400, 36 + 96 * count)}px * var(--gb-scale, 1))`;
    grid.setAttribute("role", "group");
    grid.setAttribute("aria-label", words[`title_${score.kind}`]);
    grid.append(pairMake("b"), ...meta.second.map((_, n) => pairMake("b", "", `B${n + 1}`)));
    for (let first = 0; first < rows; first += 1) {
      grid.append(pairMake("b", "", `A${first + 1}`));
      for (let second = 0; second < count; second += 1) {
        const place = first * count + second;
        const cell = pairMake(
          "button",
          `pair-cell${first === second ? " own" : ""}`,
          this.short(score.kind, values[place]),
        );
        Object.assign(cell, { type: "button", tabIndex: place === this.cell ? 0 : -1 });
        cell.dataset.at = String(place);
        const colour = theme.sequential(0.04 + 0.78 * ((values[place] - low) / (high - low || 1)));
        const light = toOklab(parseColour(colour))[0] > 0.62;
        cell.style.setProperty("--cell", colour);
        cell.style.setProperty("--ink", light ? "#16181d" : "#ffffff");
        cell.setAttribute("aria-pressed", String(place === this.cell));
        cell.setAttribute(
          "aria-label",
          fillWords(words.cell, { first: first + 1, second: second + 1, value: this.spell(score.kind, values[place]) }),
        );
        grid.append(cell);
      }
    }
    table.append(grid, pairMake("p", "pair-right", fillWords(words.right, { right: score.right, count })));
    return table;
  }

  pick(cell, focus) {
    if (!cell) return;
    this.cell = Number(cell.dataset.at);
    for (const one of this.tables.querySelectorAll(".pair-cell")) {
      const on = Number(one.dataset.at) === this.cell;
      one.setAttribute("aria-pressed", String(on));
      one.tabIndex = on ? 0 : -1;
    }
    if (focus) cell.focus();
    this.tell(this.cell);
    this.send?.("look", { cell: this.cell });
  }

  walk(event) {
    const cell = event.target.closest(".pair-cell");
    const step = {
      ArrowRight: 1,
      ArrowLeft: -1,
      ArrowDown: this.meta?.second.length,
      ArrowUp: -this.meta?.second.length,
    }[event.key];
    if (!cell || !step) return;
    event.preventDefault();
    this.pick(cell.parentElement.querySelector(`[data-at="${Number(cell.dataset.at) + step}"]`), true);
  }

  tell(place) {
    if (!this.ready && !this.meta) return;
    const { meta, words } = this;
    const count = meta.second.length;
    const [first, second] = [Math.floor(place / count), place % count];
    const box = this.part(".pair-picked");
    const sentence = (letter, number, text) => {
      const line = pairMake("div");
      line.append(pairMake("small", "", `${letter}${number + 1}`), pairMake("bdi", "", text));
      return line;
    };
    const scores = meta.scores.map((score, at) => {
      const values = this.arrays[`score${at}`];
      const own = values[place];
      let rank = 1;
      for (let row = 0; row < meta.first.length; row += 1) rank += values[row * count + second] > own;
      return fillWords(words.told, {
        name: words[`title_${score.kind}`],
        value: this.spell(score.kind, own),
        rank,
        count: meta.first.length,
      });
    });
    box.replaceChildren(
      sentence("A", first, meta.first[first]),
      sentence("B", second, meta.second[second]),
      pairMake("p", "", scores.join(words.join)),
    );
  }
}

export default mounted((root) => new PairView(root));
