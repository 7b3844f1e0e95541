// What is searched while somebody types: the twin of core/bank/searching.py, over the same texts.

const MOST_READ = 80; // characters of a query

/** Text as it is compared: compatibility forms unified, case and accents gone. The twin of fold in core/catalog/search.py. */
export function fold(/** @type {string} */ text) {
  return text
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll("ß", "ss")
    .replace(/\p{Mn}/gu, "");
}

/** The parts of a query, all of which must be found. @returns {string[]} */
export function queryPieces(/** @type {string} */ query) {
  return fold(query.slice(0, MOST_READ)).split(/\s+/u).filter(Boolean);
}

/**
 * What is searched of an entry, folded once: its title, its wordings, and all.
 * @param {{title: string, ask: string, also: string[], beside: string, short: string}} entry @returns {[string, string, string]}
 */
export function searchTexts({ title, ask, also, beside, short }) {
  const asked = [ask, ...also, beside].join("\n");
  return [fold(title), fold(asked), fold([title, asked, short].join("\n"))];
}

/** 0: the title has all pieces, 1: a wording, 2: they stand anywhere; 3: not found. @param {[string, string, string]} texts @param {string[]} pieces */
export function searchRank(texts, pieces) {
  if (!pieces.every((piece) => texts[2].includes(piece))) return 3;
  for (const at of [0, 1]) if (pieces.every((piece) => texts[at].includes(piece))) return at;
  return 2;
}

/**
 * The wording by which an entry was found, where neither its title nor its question has it; "" without one.
 * @param {{title: string, ask: string, also: string[]}} entry @param {string[]} pieces
 */
export function foundBy({ title, ask, also }, pieces) {
  const has = (/** @type {string} */ text) => pieces.every((piece) => fold(text).includes(piece));
  return !pieces.length || has(`${title}\n${ask}`) ? "" : (also.find(has) ?? "");
}

// --- the order of a dictionary ---

const PINYIN = "阿芭擦搭蛾发噶哈击喀垃妈拿哦啪期然撒塌挖昔压匝"; // the first character of each letter
const LETTERS = "ABCDEFGHJKLMNOPQRSTWXYZ";

/** Under which letter a name stands: its own, or the first of its pinyin. @param {string} name @param {Intl.Collator} collator */
export function initial(name, collator) {
  const first = name.trim()[0] ?? "";
  if (/[a-z]/i.test(first)) return first.toUpperCase();
  if (!/\p{Script=Han}/u.test(first)) return "#";
  let letter = "A";
  for (const [at, bound] of Array.from(PINYIN).entries()) if (collator.compare(bound, first) <= 0) letter = LETTERS[at];
  return letter;
}

/**
 * Terms in the order of their language: letters, Chinese names by pinyin. Each gets its letter as group.
 * @template {{title: string, group: string}} T
 * @param {T[]} entries @param {string} language @returns {T[]}
 */
export function inOrder(entries, language) {
  const collator = new Intl.Collator(language === "zh" ? "zh-u-co-pinyin" : "en", { sensitivity: "base" });
  const grouped = entries.map((entry) => ({ ...entry, group: initial(entry.title, collator) }));
  const order = (/** @type {T} */ p, /** @type {T} */ q) =>
    p.group === q.group ? collator.compare(p.title, q.title) : p.group < q.group ? -1 : 1;
  return grouped.sort(order);
}
