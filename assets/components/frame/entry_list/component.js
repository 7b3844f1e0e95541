// The list of questions or terms: searched while somebody types, filtered, and one of them opened; and the quiz.

import { attributes, keyMeans, make, makeOption } from "../../shared/dom.js";
import { recordFrame } from "../../shared/draw.js";
import { mounted } from "../../shared/mount.js";
import { fillWords } from "../../shared/numbers.js";
import { MessageView } from "../../shared/view.js";
import { foundBy, inOrder, queryPieces, searchRank, searchTexts } from "./filter.js";
import { Quiz } from "./quiz.js";

/** @typedef {import("../payloads").Entry} Entry */
/** @typedef {{entry: Entry, row: any, other: any, tick: any, texts: [string, string, string]}} Row */

const FIRST = 16; // rows that are drawn at once
const REST = 40; // milliseconds until more of them are
const PAUSE = 900; // milliseconds without a key until a search is in the link
const STEPS = { ArrowDown: 1, ArrowUp: -1 };

/** @extends {MessageView<import("../payloads").EntryList>} */
class EntryList extends MessageView {
  /** @type {Row[]} */ rows = [];
  /** @type {Map<string, HTMLElement>} */ heads = new Map();
  /** @type {any} */ state = null;
  known = "every_known";
  told = ""; // the search that the link has
  /** @type {number | undefined} */ timer = undefined;
  /** @type {number | undefined} */ later = undefined;

  constructor(/** @type {any} */ root) {
    super(root, ".entry", "entry_list");
    const place = (/** @type {string} */ name) => this.find(`.entry-${name}`);
    this.filters = place("filters");
    this.search = place("search");
    this.list = place("rows");
    this.count = place("count");
    this.selects = { chapter: place("group"), stars: place("weight"), known: place("known") };
    this.live = place("live").querySelector("input");
    this.quiz = new Quiz(place("quiz"), {
      open: (id) => this.commit({ view: "read", entry: id }),
      changed: () => this.ticks(),
      chose: (id) => (this.state.entry = id),
    });
    this.search.addEventListener("input", () => this.typed());
    this.search.addEventListener("change", () => this.commitSearch());
    for (const select of Object.values(this.selects)) select.addEventListener("change", () => this.chosen());
    this.live.addEventListener("change", () => this.chosen());
    this.list.addEventListener("click", (/** @type {any} */ event) => this.clicked(event));
    this.list.addEventListener("keydown", (/** @type {any} */ event) => this.stepped(event));
  }

  destroy() {
    clearTimeout(this.timer);
    clearTimeout(this.later);
    super.destroy();
  }

  take() {
    const { meta } = this;
    if (this.isNew(meta.state) || !this.state) this.state = { ...meta.state };
    this.told = this.state.query;
    const entries = meta.kind === "terms" ? inOrder(meta.entries, meta.language) : meta.entries;
    this.box.classList.toggle("entry-presented", meta.present);
    Object.assign(this.quiz, { words: this.words, present: meta.present });
    this.rows = entries.map((entry) => this.made(entry));
    this.heads = new Map(this.groups(entries).map(([id, name]) => [id, make("h4", "entry-head", name)]));
    this.fields();
    this.show();
    this.reveal();
  }

  /** @param {Entry[]} entries @returns {string[][]} */
  groups(entries) {
    if (this.meta.kind === "bank") return this.meta.groups;
    return [...new Set(entries.map((entry) => entry.group))].map((letter) => [letter, letter]);
  }

  // --- elements ---

  /** @param {Entry} entry @returns {Row} */
  made(entry) {
    const title = make("span", "entry-title", entry.title);
    const tick = attributes(make("span", "entry-tick", "✓"), { role: "img", "aria-label": this.words.is_known ?? "" });
    const other = make("span", "entry-other");
    tick.hidden = !this.quiz.isKnown(entry.id);
    const row = make("button", "entry-row", title, tick);
    if (entry.stars) row.append(this.starred(entry.stars));
    row.append(make("span", "entry-ask", entry.ask), other);
    attributes(row, { "data-id": entry.id });
    return { entry, row, other, tick, texts: searchTexts(entry) };
  }

  starred(/** @type {number} */ stars) {
    const label = fillWords(this.words.star_label, { count: stars });
    const shown = make("span", "entry-stars", "★".repeat(stars) + "☆".repeat(5 - stars));
    return attributes(shown, { role: "img", "aria-label": label, title: label });
  }

  fields() {
    const { words, state, meta } = this;
    this.filters.hidden = meta.present;
    attributes(this.search, { "aria-label": words.search, placeholder: words.search_hint });
    if (this.search.getRootNode().activeElement !== this.search) this.search.value = state.query;
    const bank = meta.kind === "bank";
    for (const select of [...Object.values(this.selects), this.live.parentElement]) select.hidden = !bank;
    if (!bank) return;
    const { chapter, stars, known } = this.selects;
    attributes(chapter, { "aria-label": words.group });
    attributes(stars, { "aria-label": words.stars });
    attributes(known, { "aria-label": words.known });
    chapter.replaceChildren(
      makeOption("all", words.every_group),
      ...meta.groups.map(([id, name]) => makeOption(id, name)),
    );
    const weights = [2, 3, 4, 5].map((count) => makeOption(count, fillWords(words.stars_one, { count })));
    stars.replaceChildren(makeOption(1, words.every_stars), ...weights);
    known.replaceChildren(...["every_known", "only_known", "only_unknown"].map((id) => makeOption(id, words[id])));
    Object.assign(chapter, { value: state.chapter });
    Object.assign(stars, { value: String(state.stars) });
    Object.assign(known, { value: this.known });
    this.live.checked = state.live;
  }

  // --- what is shown ---

  /** Whether the filters beside the search let an entry through. @param {Entry} entry */
  admits(entry) {
    const { state } = this;
    if (this.meta.kind === "terms") return true;
    const known = this.known === "every_known" || this.quiz.isKnown(entry.id) === (this.known === "only_known");
    return (
      known &&
      (state.chapter === "all" || state.chapter === entry.group) &&
      entry.stars >= state.stars &&
      (entry.live || !state.live)
    );
  }

  /** The rows that are meant, best first, and the words that were searched. */
  selection() {
    const pieces = queryPieces(this.state.query);
    const ranked = this.rows
      .filter(({ entry }) => this.admits(entry))
      .map((row) => ({ row, rank: searchRank(row.texts, pieces) }));
    const found = ranked.filter(({ rank }) => rank < 3);
    if (pieces.length) found.sort((p, q) => p.rank - q.rank);
    return { found: found.map(({ row }) => row), pieces };
  }

  show() {
    const start = performance.now();
    const { found, pieces } = this.selection();
    const quiz = this.state.view === "quiz";
    this.quiz.place.hidden = !quiz;
    this.list.hidden = quiz || this.meta.present;
    this.list.classList.toggle("entry-ranked", pieces.length > 0);
    if (!quiz) this.fill(found, pieces);
    this.count.hidden = this.meta.present;
    this.count.textContent = fillWords(found.length ? this.words.found : this.words.none, { count: found.length });
    if (quiz) {
      const entries = found.map(({ entry }) => entry);
      this.quiz.set(entries, this.state.entry);
    }
    recordFrame("entry_list:search", performance.now() - start);
  }

  /** The first rows at once, so that a key is answered within a frame; the others as soon as nobody types. @param {Row[]} found @param {string[]} pieces */
  fill(found, pieces) {
    clearTimeout(this.later);
    this.list.replaceChildren(...this.placed(found.slice(0, FIRST), pieces, ""));
    this.more(found, pieces, FIRST);
  }

  /** @param {Row[]} found @param {string[]} pieces @param {number} from */
  more(found, pieces, from) {
    if (from >= found.length) return;
    this.later = window.setTimeout(() => {
      this.list.append(...this.placed(found.slice(from, from + FIRST), pieces, found[from - 1].entry.group));
      this.more(found, pieces, from + FIRST);
    }, REST);
  }

  /** Rows with the names of their groups; `group` is that of the row before. @param {Row[]} rows @param {string[]} pieces @param {string} group */
  placed(rows, pieces, group) {
    /** @type {HTMLElement[]} */ const shown = [];
    for (const { entry, row, other } of rows) {
      if (!pieces.length && entry.group !== group) shown.push(/** @type {HTMLElement} */ (this.heads.get(entry.group)));
      group = entry.group;
      other.textContent = pieces.length && this.meta.kind === "bank" ? foundBy(entry, pieces) : "";
      row.setAttribute("aria-current", String(entry.id === this.state.entry));
      shown.push(row);
    }
    return shown;
  }

  ticks() {
    for (const { entry, tick } of this.rows) tick.hidden = !this.quiz.isKnown(entry.id);
  }

  /** The open entry stands in the visible part of the list, once its row is there. */
  reveal(times = 60) {
    const open = this.rows.find(({ entry }) => entry.id === this.state.entry);
    if (!open || this.gone || !times) return;
    if (!open.row.isConnected) {
      requestAnimationFrame(() => this.reveal(times - 1));
      return;
    }
    const [place, box] = [open.row.getBoundingClientRect(), this.list.getBoundingClientRect()];
    const head = box.top + (this.heads.get(open.entry.group)?.offsetHeight ?? 0);
    if (place.top < head - 1 || place.bottom > box.bottom + 1) this.list.scrollTop += place.top - head;
  }

  // --- what somebody does ---

  typed() {
    this.state.query = this.search.value;
    this.show();
    this.list.scrollTop = 0;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.commitSearch(), PAUSE);
  }

  commitSearch() {
    clearTimeout(this.timer);
    if (this.state.query !== this.told) this.commit({ query: this.state.query });
    this.told = this.state.query;
  }

  chosen() {
    const { chapter, stars, known } = this.selects;
    this.known = known.value;
    const now = { chapter: chapter.value, stars: Number(stars.value), live: this.live.checked };
    const changed = Object.entries(now).some(([name, value]) => this.state[name] !== value);
    Object.assign(this.state, now);
    this.show();
    if (changed) this.commit(now);
  }

  clicked(/** @type {any} */ event) {
    const id = event.target.closest?.(".entry-row")?.dataset.id;
    if (!id) return;
    for (const { entry, row } of this.rows) row.setAttribute("aria-current", String(entry.id === id));
    this.commit({ entry: id });
    if (matchMedia("(max-width: 640px)").matches)
      document.querySelector(`.st-key-${this.meta.follow}`)?.scrollIntoView({ block: "start" });
  }

  stepped(/** @type {any} */ event) {
    const step = keyMeans(event, STEPS);
    if (!step) return;
    const rows = [...this.list.querySelectorAll(".entry-row")];
    rows[rows.indexOf(this.list.getRootNode().activeElement) + step]?.focus();
  }

  /** @param {object} values */
  commit(values) {
    Object.assign(this.state, values);
    this.look(values);
  }
}

export default mounted((root) => new EntryList(root));
