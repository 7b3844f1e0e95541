// One lane: a vocabulary's name, what the text costs in it, and its tokens as chips.

import { attributes, make, makeOption, quoted } from "../../shared/dom.js";
import { fillWords } from "../../shared/draw.js";
import { whole } from "../../shared/numbers.js";
import { breakQuality, pieceStarts } from "./pieces.js";

const LANE_DRAWN = 3000; // chips at most; the rest is named by its number
const LANE_TINTS = 4;

export class Lane {
  constructor(view, at) {
    this.view = view;
    this.at = at;
    this.chips = [];
    /** @type {Record<string, Int32Array | Uint8Array>} */ this.own = {};
    this.select = make("select");
    this.drop = make("button", "chips-drop", "×");
    this.kind = make("div", "chips-kind");
    this.number = make("b");
    this.rate = make("span");
    this.bar = make("i");
    const name = make("div", "chips-name", this.select, this.drop);
    const count = make("div", "chips-count", this.number, this.rate);
    const head = make("div", "chips-head", name, this.kind, count, make("div", "chips-bar", this.bar));
    this.row = attributes(make("div", "chips-row"), { role: "listbox", "data-lane": at });
    this.element = make("div", "chips-lane", head, this.row);
    this.select.addEventListener("change", () => view.replace(at, this.select.value));
    this.drop.addEventListener("click", () => view.remove(at));
  }

  take(cut, arrays, most) {
    this.cut = cut;
    for (const name of ["ids", "starts", "ends", "groups", "lonely", "special", "unknown"])
      this.own[name] = arrays[`${name}${this.at}`];
    this.n = cut.labels.length;
    this.quality = null;
    this.most = most;
    this.head();
    this.draw();
  }

  head() {
    const { words } = this.view;
    const { choices } = this.view.meta;
    const taken = new Set(this.view.lanes.map((lane) => lane.cut?.id));
    const options = choices.filter((one) => one.id === this.cut.id || !taken.has(one.id));
    if (!options.some((one) => one.id === this.cut.id)) options.push({ id: this.cut.id, title: this.cut.title });
    this.select.replaceChildren(...options.map((one) => makeOption(one.id, one.title)));
    this.select.value = this.cut.id;
    this.select.setAttribute("aria-label", words.choose);
    this.drop.setAttribute("aria-label", fillWords(words.remove, { title: this.cut.title }));
    this.drop.title = fillWords(words.remove, { title: this.cut.title });
    this.drop.hidden = this.view.lanes.length < 2;
    const algorithm = words[`algorithm_${this.cut.algorithm}`];
    this.kind.textContent = this.cut.size ? fillWords(words.kind, { algorithm, size: this.cut.size }) : algorithm;
    this.number.textContent = this.view.meta.failed ? "—" : whole(this.n);
    this.rate.hidden = !this.n;
    this.rate.textContent = fillWords(words.rate, { count: this.n, rate: this.cut.rate });
    this.bar.style.width = `${(100 * this.n) / Math.max(1, this.most)}%`;
    this.row.setAttribute("aria-label", fillWords(words.lane, { title: this.cut.title, count: this.n }));
  }

  /** What stands on a chip. */
  face(at) {
    const { show } = this.view.set;
    if (show === "ids") return this.own.ids[at] < 0 ? "—" : String(this.own.ids[at]);
    return show === "bytes" ? this.cut.hex[at] : this.cut.labels[at];
  }

  draw() {
    const shown = Math.min(this.n, LANE_DRAWN);
    while (this.chips.length < shown) this.chips.push(this.makeChip(this.chips.length));
    this.chips.length = shown;
    let group = 0;
    for (let at = 0; at < shown; at += 1) {
      const inside = at > 0 && this.own.groups[at] === this.own.groups[at - 1];
      if (at > 0 && !inside) group += 1;
      this.dress(at, inside, group);
    }
    const children = this.withCuts(shown);
    if (this.n > shown)
      children.push(make("span", "chips-cut", fillWords(this.view.words.more, { count: this.n - shown })));
    if (children.length !== this.row.childNodes.length || this.broken || this.view.set.limit)
      this.row.replaceChildren(...children);
    this.broken = this.view.set.limit > 0 || this.n > shown;
    this.mark();
  }

  makeChip(at) {
    const chip = make("span", "chips-chip", make("bdi"));
    return attributes(chip, { role: "option", tabindex: at === 0 ? 0 : -1, "data-at": at });
  }

  dress(at, inside, group) {
    const chip = this.chips[at];
    const face = this.face(at);
    const next = at + 1 < this.n && this.own.groups[at + 1] === this.own.groups[at];
    const small = this.view.set.show !== "text" || /^\|?[0-9A-F]{2}( [0-9A-F]{2})*\|?$/.test(face);
    const kinds = { inside, opens: next, lonely: this.own.lonely[at], lost: this.own.unknown[at], small };
    kinds.special = this.own.special[at] && !kinds.lost;
    const name = ["chips-chip", ...Object.keys(kinds).filter((kind) => kinds[kind])].join(" ");
    if (chip.className !== name) chip.className = name;
    const label = chip.firstChild;
    if (label.textContent !== face) label.textContent = face;
    chip.style.setProperty("--chip", this.view.tints[group % LANE_TINTS]);
  }

  withCuts(shown) {
    const { set, words } = this.view;
    if (!set.limit) return [...this.chips];
    this.quality ??= breakQuality(this.view.characters, this.own.starts);
    const starts = pieceStarts(this.own.groups, set.limit, this.quality);
    this.pieces = starts.length;
    const children = [];
    starts.forEach((from, piece) => {
      if (from >= shown) return;
      const to = starts[piece + 1] ?? this.n;
      const line = make("span", "chips-cut", fillWords(words.piece, { piece: piece + 1, count: to - from }));
      line.classList.toggle("long", to - from > set.limit);
      children.push(line, ...this.chips.slice(from, Math.min(to, shown)));
    });
    return children;
  }

  /** Which chip is picked. */
  mark() {
    const { by, piece } = this.view.set;
    const mine = piece && by === this.cut.id;
    let focusable = false;
    this.chips.forEach((chip, at) => {
      const picked = Boolean(mine && this.piece(at) === piece);
      chip.setAttribute("aria-selected", String(picked));
      focusable ||= chip.tabIndex === 0;
    });
    if (!focusable && this.chips.length) this.chips[0].tabIndex = 0;
  }

  /** The characters that a token and those that share its characters stand for. */
  piece(at) {
    const [from, to] = this.groupOf(at);
    return this.view.characters.slice(this.own.starts[from], this.own.ends[to - 1]).join("");
  }

  groupOf(at) {
    let [from, to] = [at, at + 1];
    while (from > 0 && this.own.groups[from - 1] === this.own.groups[at]) from -= 1;
    while (to < this.n && this.own.groups[to] === this.own.groups[at]) to += 1;
    return [from, to];
  }

  rows(at) {
    const { words } = this.view;
    const [from, to] = this.groupOf(at);
    /** @type {any[]} */ const rows = [
      { title: quoted(this.cut.labels[at]) },
      [words.id, this.own.ids[at] < 0 ? words.no_id : String(this.own.ids[at])],
    ];
    if (this.cut.hex[at]) rows.push([words.bytes, this.cut.hex[at]]);
    const [first, last] = [this.own.starts[at] + 1, this.own.ends[at]];
    rows.push([words.place, last > first ? `${first}–${last}` : String(first)]);
    const piece = quoted(this.piece(at));
    if (this.own.unknown[at]) rows.push(fillWords(words.is_unknown, { piece }));
    else if (this.own.special[at]) rows.push(words.is_special);
    if (to - from > 1) rows.push(fillWords(words.is_part, { number: at - from + 1, count: to - from, piece }));
    if (this.own.lonely[at]) rows.push(words.is_lonely);
    return rows;
  }

  light(start, end) {
    this.chips.forEach((chip, at) => {
      chip.classList.toggle("over", start !== null && this.own.starts[at] < end && this.own.ends[at] > start);
    });
  }

  reach(at) {
    const to = Math.min(Math.max(at, 0), this.chips.length - 1);
    if (to < 0) return;
    for (const chip of this.chips) if (chip.tabIndex === 0) chip.tabIndex = -1;
    this.chips[to].tabIndex = 0;
    this.chips[to].focus();
  }
}
