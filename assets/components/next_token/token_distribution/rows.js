// The most probable tokens as rows: what the model gives, what is left after the steps, and what drawing them gave.

import { make, quoted } from "../../shared/dom.js";
import { fillWords, percent } from "../../shared/draw.js";

export class BarRows {
  constructor(list, chosen) {
    this.list = list;
    this.rows = [];
    list.addEventListener("click", (event) => {
      const id = event.target.closest?.(".nt-row")?.dataset.id;
      if (id) chosen(Number(id));
    });
    list.addEventListener("keydown", (event) => this.onKey(event));
  }

  makeRow() {
    const [before, after, drawn, note] = ["before", "after", "hits", "note"].map((name) => make("span", `nt-${name}`));
    const [name, hint, numbers] = ["word", "hint", "shares"].map((part) => make("span", `nt-${part}`));
    const label = make("bdi", "nt-token", name, hint);
    const track = make("span", "nt-track", before, after, drawn, note);
    const row = make("button", "nt-row", label, track, numbers);
    const item = make("li", "nt-item", row);
    return { item, row, label, name, hint, track, before, after, drawn, note, numbers };
  }

  /**
   * Draws the rows.
   * @param {{id: number, label: string, hint: string, before: number, after: number, removed: string, pinned: boolean, hits: number|null}[]} entries
   *   the last one, with id −1, stands for all other tokens
   * @param {{words: object, most: number, busy: boolean}} options `most` is the share at the right end
   */
  draw(entries, { words, most }) {
    while (this.rows.length < entries.length) this.rows.push(this.makeRow());
    if (this.list.children.length !== entries.length)
      this.list.replaceChildren(...this.rows.slice(0, entries.length).map((one) => one.item));
    entries.forEach((entry, at) => this.dress(this.rows[at], entry, words, most));
  }

  dress(one, { id, label, hint, before, after, removed, pinned, hits }, words, most) {
    const rest = id < 0;
    const wide = (share) => `${Math.min(100, (100 * share) / most).toFixed(2)}%`;
    one.row.dataset.id = rest ? "" : String(id);
    one.row.disabled = rest;
    one.row.className = `nt-row${removed && !rest ? " removed" : ""}${pinned ? " pinned" : ""}${rest ? " rest" : ""}`;
    if (one.name.textContent !== label) one.name.textContent = label;
    if (one.hint.textContent !== hint) one.hint.textContent = hint;
    one.before.style.width = wide(before);
    one.after.style.width = wide(after);
    one.drawn.hidden = hits === null;
    if (hits !== null) one.drawn.style.left = wide(hits);
    const note = removed && !rest ? removed : "";
    if (one.note.textContent !== note) one.note.textContent = note;
    const shares = `${percent(before)} → ${percent(after)}`;
    if (one.numbers.textContent !== shares) one.numbers.textContent = shares;
    const said = fillWords(rest ? words.row_rest : removed ? words.row_removed : words.row_kept, {
      token: quoted(label),
      before: percent(before),
      after: percent(after),
      step: removed,
    });
    if (one.row.getAttribute("aria-label") !== said) one.row.setAttribute("aria-label", said);
    one.row.title = rest ? "" : hint ? fillWords(words.hint_help, { characters: hint }) : words.force_help;
  }

  onKey(event) {
    const at = this.rows.findIndex((one) => one.row === event.target);
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (at < 0 || !by) return;
    event.preventDefault();
    const next = this.rows[at + by]?.row;
    if (next?.isConnected && !next.disabled) next.focus();
  }
}
