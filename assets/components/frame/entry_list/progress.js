// What somebody knows already, in this browser alone: SM-2 (Woźniak 1990) and where it is kept.

const STORE = "glassbox:bank";
const MATURE = 21; // days: what comes back no sooner counts as known
const EASE = 2.5;
const LEAST_EASE = 1.3;
const MOST_CARDS = 5000;

/** @typedef {{due: number, interval: number, ease: number, reps: number, known: boolean}} Card days since 1970, days */

/** The qualities of SM-2 that the buttons stand for. @type {Record<string, number>} */
export const GRADES = { again: 1, hard: 3, good: 4, easy: 5 };

/** Today, as whole days of the visitor's own calendar. */
export function today(now = new Date()) {
  return Math.floor(Date.UTC(now.getFullYear(), now.getMonth(), now.getDate()) / 86_400_000);
}

/** A question after an answer of a quality 0…5. @param {Card | undefined} card @param {number} quality @param {number} day @returns {Card} */
export function graded(card, quality, day) {
  const { ease, interval, reps } = card ?? { ease: EASE, interval: 0, reps: 0 };
  if (quality < 3) return { due: day, interval: 0, ease, reps: 0, known: false };
  const next = reps === 0 ? 1 : reps === 1 ? 6 : Math.round((interval * Math.round(100 * ease)) / 100);
  const miss = 5 - quality;
  const easier = Math.max(LEAST_EASE, Math.round(100 * (ease + 0.1 - miss * (0.08 + miss * 0.02))) / 100); // no dust
  return { due: day + next, interval: next, ease: easier, reps: reps + 1, known: Boolean(card?.known) };
}

/** @param {Card | undefined} card */
export function isKnown(card) {
  return Boolean(card && (card.known || card.interval >= MATURE));
}

/**
 * What is asked today: first what is due, the longest first, then what is new, in the order given.
 * @param {string[]} ids @param {Record<string, Card>} cards @param {number} day
 */
export function asked(ids, cards, day) {
  const waiting = ids.filter((id) => !cards[id]?.known);
  const due = waiting.filter((id) => cards[id] && cards[id].due <= day);
  due.sort((p, q) => cards[p].due - cards[q].due);
  return { due, fresh: waiting.filter((id) => !cards[id]) };
}

/** What a file or the store holds, if it is progress at all: each number within its bounds. @returns {Record<string, Card> | null} */
export function readCards(/** @type {string | null} */ text) {
  /** @type {any} */ let found;
  try {
    found = JSON.parse(text ?? "");
  } catch {
    return null;
  }
  if (found?.glassbox !== "bank" || typeof found.cards !== "object" || !found.cards) return null;
  /** @type {Record<string, Card>} */ const cards = Object.create(null);
  for (const [id, card] of Object.entries(found.cards).slice(0, MOST_CARDS)) if (isCard(id, card)) cards[id] = card;
  return cards;
}

/** @param {string} id @param {any} card @returns {card is Card} */
function isCard(id, card) {
  const bounded = (/** @type {any} */ value, /** @type {number} */ low, /** @type {number} */ high) =>
    Number.isFinite(value) && value >= low && value <= high;
  return (
    /^[a-z0-9_]{1,60}$/.test(id) &&
    bounded(card?.due, 0, 1e6) &&
    bounded(card.interval, 0, 1e5) &&
    bounded(card.ease, LEAST_EASE, 10) &&
    bounded(card.reps, 0, 1e5) &&
    typeof card.known === "boolean"
  );
}

/** As `readCards` takes it. @param {Record<string, Card>} cards */
export function writtenCards(cards) {
  return JSON.stringify({ glassbox: "bank", version: 1, cards });
}

/** Progress as it is kept; a browser that keeps nothing has none. @returns {Record<string, Card>} */
export function loadCards() {
  try {
    return readCards(window.localStorage.getItem(STORE)) ?? Object.create(null);
  } catch {
    return Object.create(null);
  }
}

/** Keeps it, where the browser does. @param {Record<string, Card>} cards */
export function keepCards(cards) {
  try {
    window.localStorage.setItem(STORE, writtenCards(cards));
  } catch {
    // private windows keep nothing; the session goes on
  }
}
