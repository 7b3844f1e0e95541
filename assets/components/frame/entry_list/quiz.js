// Being asked: one question at a time, its answer only when it is asked for, and when it comes back.

import { attributes, keyMeans, make } from "../../shared/dom.js";
import { fillWords } from "../../shared/numbers.js";
import { asked, GRADES, graded, isKnown, keepCards, loadCards, readCards, today, writtenCards } from "./progress.js";

/** @typedef {import("../payloads").Entry} Entry */
/** @typedef {import("./progress.js").Card} Card */

const KEYS = { 1: "again", 2: "hard", 3: "good", 4: "easy" };

/** @param {string} text @param {string} type */
function saveFile(text, type) {
  const link = /** @type {HTMLAnchorElement} */ (document.createElement("a"));
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = "glassbox-progress.json";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export class Quiz {
  /** @type {Record<string, Card>} */ cards = loadCards();
  /** @type {Record<string, string>} */ words = {};
  /** @type {Entry[]} */ entries = [];
  id = "";
  told = false; // the answer is shown
  present = false;
  /** @type {Set<string>} */ skipped = new Set();

  /** @param {HTMLElement} place @param {{open: (id: string) => void, changed: () => void, chose: (id: string) => void}} on */
  constructor(place, on) {
    this.place = place;
    this.on = on;
    place.addEventListener("keydown", (event) => this.pressed(event));
  }

  /** What may be asked: the questions of a selection; `first` is asked first. @param {Entry[]} entries @param {string} first */
  set(entries, first) {
    this.entries = entries;
    const there = (/** @type {string} */ id) => entries.some((entry) => entry.id === id);
    if (first && there(first) && first !== this.id) this.ask(first);
    else if (!there(this.id)) this.ask(this.next());
    else this.draw();
  }

  /** The question that comes next; "" where nothing is due. */
  next() {
    const { due, fresh } = this.queue();
    const waiting = [...due, ...fresh].filter((id) => id !== this.id || due.length + fresh.length === 1);
    return waiting.find((id) => !this.skipped.has(id)) ?? waiting[0] ?? "";
  }

  queue() {
    return asked(
      this.entries.map((entry) => entry.id),
      this.cards,
      today(),
    );
  }

  ask(/** @type {string} */ id) {
    Object.assign(this, { id, told: false });
    this.draw();
  }

  isKnown(/** @type {string} */ id) {
    return isKnown(this.cards[id]);
  }

  draw() {
    if (this.place.hidden) return;
    const entry = this.entries.find((one) => one.id === this.id);
    const parts = entry ? [this.card(entry)] : [make("p", "entry-over", this.words.over)];
    this.place.replaceChildren(...(this.present ? parts : [this.counts(), ...parts, this.tools()]));
  }

  counts() {
    const { due, fresh } = this.queue();
    const known = this.entries.filter((entry) => this.isKnown(entry.id)).length;
    const counted = { due: due.length, fresh: fresh.length, known };
    return make("p", "entry-due", fillWords(this.words.due, counted));
  }

  /** @param {Entry} entry */
  card(entry) {
    const card = make("article", "entry-card", make("h3", "", entry.ask));
    if (!this.told) {
      if (!this.present) card.append(this.row([this.button("reveal", () => this.tell(), true), ...this.others(entry)]));
      return card;
    }
    const answer = attributes(make("p", "entry-answer", entry.short), { tabindex: -1 });
    const grades = Object.keys(GRADES).map((grade) => this.grade(grade));
    card.append(answer, this.row(grades), this.row(this.others(entry)));
    return card;
  }

  /** @param {Entry} entry */
  others(entry) {
    const skip = () => {
      this.skipped.add(this.id);
      this.move();
    };
    const whole = this.button("whole", () => this.on.open(entry.id));
    return [...(this.told ? [whole] : []), this.button("mark", () => this.mark()), this.button("skip", skip)];
  }

  /** @param {HTMLElement[]} buttons */
  row(buttons) {
    return make("div", "entry-buttons", ...buttons);
  }

  /** @param {string} word @param {() => void} act */
  button(word, act, first = false) {
    const button = make("button", first ? "entry-first" : "", this.words[word]);
    button.addEventListener("click", act);
    return button;
  }

  /** @param {string} grade */
  grade(grade) {
    const { interval } = graded(this.cards[this.id], GRADES[grade], today());
    const when = interval ? fillWords(this.words.days, { count: interval }) : this.words.soon;
    const button = make("button", "entry-grade", make("span", "", this.words[grade]), make("small", "", when));
    button.addEventListener("click", () => this.take(grade));
    return button;
  }

  tell() {
    this.told = true;
    this.draw();
    const answer = /** @type {HTMLElement | null} */ (this.place.querySelector(".entry-answer"));
    answer?.focus();
  }

  take(/** @type {string} */ grade) {
    this.cards[this.id] = graded(this.cards[this.id], GRADES[grade], today());
    if (grade === "again") this.skipped.add(this.id);
    this.kept();
  }

  mark() {
    const card = this.cards[this.id] ?? graded(undefined, GRADES.good, today());
    this.cards[this.id] = { ...card, known: true };
    this.kept();
  }

  kept() {
    keepCards(this.cards);
    this.on.changed();
    this.move();
  }

  move() {
    this.ask(this.next());
    this.on.chose(this.id);
    const first = /** @type {HTMLElement | null} */ (this.place.querySelector("button"));
    first?.focus();
  }

  pressed(/** @type {KeyboardEvent} */ event) {
    const grade = this.told ? keyMeans(event, KEYS) : undefined;
    if (grade) this.take(grade);
  }

  // --- the file ---

  tools() {
    const save = this.button("export", () => saveFile(writtenCards(this.cards), "application/json"));
    const file = attributes(make("input", ""), { type: "file", accept: ".json,application/json", hidden: "" });
    file.addEventListener("change", () => this.load(file.files?.[0]));
    const forget = this.button("forget", () => this.forget(forget));
    const load = this.button("import", () => file.click());
    return make("div", "entry-tools", save, load, file, forget);
  }

  async load(/** @type {File | undefined} */ file) {
    if (!file) return;
    const cards = file.size < 2e6 ? readCards(await file.text()) : null;
    if (cards) {
      this.cards = cards;
      this.kept();
    } else this.place.append(attributes(make("p", "entry-bad", this.words.bad_file), { role: "alert" }));
  }

  /** Everything, at the second click. @param {HTMLElement} button */
  forget(button) {
    if (button.textContent !== this.words.forget_sure) {
      button.textContent = this.words.forget_sure;
      return;
    }
    this.cards = Object.create(null);
    this.skipped.clear();
    this.kept();
  }
}
