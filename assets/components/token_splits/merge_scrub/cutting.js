// Cutting words with a trained vocabulary of which only the first n steps are known: the browser's twin of
// core/compute/token_splits/training.py (words) and of the library `tokenizers` (cuts); a test compares all three.

const SCRUB_SPACE = "▁";
const SCRUB_LONGEST = 32; // characters of a word
const SCRUB_PENALTY = 10; // an unknown character is that much less probable than the rarest piece (logarithm)
// eslint-disable-next-line no-control-regex -- the separators that Python counts as white space
const SCRUB_BLANKS = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/u;
const SCRUB_WORD = / ?[\p{L}\p{Nl}\p{No}]+| ?\p{Nd}| ?[^\p{L}\p{N}_ ]|_| /gu;
const SCRUB_HAN = /([\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{2fa1f}\u{30000}-\u{323af}])/u;
export const SCRUB_UNKNOWN = -1;

/** The words of a text for an algorithm: what no piece of the vocabulary crosses. */
export function scrubWords(text, algorithm) {
  const line = text.split(SCRUB_BLANKS).filter(Boolean).join(" ");
  if (!line) return [];
  const words = [];
  for (const found of ` ${line}`.match(SCRUB_WORD) ?? []) {
    const characters = Array.from(found.replaceAll(" ", SCRUB_SPACE));
    for (let at = 0; at < characters.length; at += SCRUB_LONGEST)
      words.push(characters.slice(at, at + SCRUB_LONGEST).join(""));
  }
  if (algorithm !== "wordpiece") return words;
  return words.flatMap((word) => word.replaceAll(SCRUB_SPACE, "").split(SCRUB_HAN).filter(Boolean));
}

/**
 * A trained vocabulary that can be cut off after any step.
 * `pieces` in order of id; `order[n - 1]` is the id that step n adds (single characters are there from the start);
 * BPE: `left`, `right` ids of each merge; Unigram: `scores`, natural logarithms.
 */
export class ScrubCutter {
  constructor({ algorithm, pieces, order, left, right, scores }) {
    this.algorithm = algorithm;
    this.pieces = pieces;
    this.order = order;
    this.scores = scores;
    this.steps = order.length;
    this.ids = new Map(pieces.map((piece, id) => [piece, id]));
    this.since = new Int32Array(pieces.length); // the step from which a piece is known
    for (let step = order.length; step > 0; step -= 1) this.since[order[step - 1]] = step;
    this.longest = pieces.reduce((most, piece) => Math.max(most, Array.from(piece).length), 1);
    this.ranks = new Map();
    if (algorithm === "bpe")
      for (let at = left.length - 1; at >= 0; at -= 1) this.ranks.set(left[at] * pieces.length + right[at], at);
    if (algorithm === "unigram")
      this.unknownScore = scores.reduce((least, score) => Math.min(least, score), 0) - SCRUB_PENALTY;
    this.picks = new Map();
  }

  /** A word's tokens after n steps: [{id, text}], id SCRUB_UNKNOWN for what cannot be written. */
  cut(word, n) {
    if (this.algorithm === "bpe") return this.joined(word, n);
    return this.algorithm === "wordpiece" ? this.greedy(word, n) : this.likely(word, n);
  }

  // The merges that BPE does in a word, in the order in which it does them: [rank + 1] each.
  // After n merges exactly the first of these are done, up to the first one that is not among the n.
  mergesOf(word) {
    const known = this.picks.get(word);
    if (known) return known;
    let parts = Array.from(word, (text) => ({ id: this.ids.get(text) ?? SCRUB_UNKNOWN, text }));
    const done = [];
    for (;;) {
      let best = Infinity;
      for (let at = 0; at + 1 < parts.length; at += 1) best = Math.min(best, this.rank(parts[at], parts[at + 1]));
      if (best === Infinity) break;
      parts = this.merged(parts, best);
      done.push(best + 1);
    }
    this.picks.set(word, done);
    return done;
  }

  rank(one, other) {
    if (one.id < 0 || other.id < 0) return Infinity;
    return this.ranks.get(one.id * this.pieces.length + other.id) ?? Infinity;
  }

  merged(parts, rank) {
    const out = [];
    for (let at = 0; at < parts.length; at += 1) {
      const next = parts[at + 1];
      if (next && this.rank(parts[at], next) === rank) {
        out.push({ id: this.order[rank], text: parts[at].text + next.text });
        at += 1;
      } else out.push(parts[at]);
    }
    return out;
  }

  joined(word, n) {
    let parts = Array.from(word, (text) => ({ id: this.ids.get(text) ?? SCRUB_UNKNOWN, text }));
    for (const step of this.mergesOf(word)) {
      if (step > n) break;
      parts = this.merged(parts, step - 1);
    }
    return parts;
  }

  greedy(word, n) {
    const characters = Array.from(word);
    const out = [];
    let at = 0;
    while (at < characters.length) {
      let end = characters.length;
      let found = null;
      for (; end > at; end -= 1) {
        const text = characters.slice(at, end).join("");
        const id = this.ids.get(at ? `##${text}` : text);
        if (id !== undefined && this.since[id] <= n) {
          found = { id, text };
          break;
        }
      }
      if (!found) return [{ id: SCRUB_UNKNOWN, text: word }]; // one part that does not fit loses the whole word
      out.push(found);
      at = end;
    }
    return out;
  }

  // Viterbi: the cut whose log probabilities have the largest sum.
  likely(word, n) {
    const characters = Array.from(word);
    const best = characters.map(() => null);
    best.push(null);
    best[0] = { score: 0 };
    const offer = (end, from, id, score) => {
      if (!best[end] || score > best[end].score) best[end] = { score, from, id };
    };
    for (let at = 0; at < characters.length; at += 1) {
      let single = false;
      let text = "";
      for (let end = at + 1; end <= characters.length && end - at <= this.longest; end += 1) {
        text += characters[end - 1];
        const id = this.ids.get(text);
        if (id === undefined || this.since[id] > n) continue;
        offer(end, at, id, best[at].score + this.scores[id]);
        single ||= end === at + 1;
      }
      if (!single) offer(at + 1, at, SCRUB_UNKNOWN, best[at].score + this.unknownScore);
    }
    const out = [];
    for (let end = characters.length; end > 0; end = best[end].from) {
      const { from, id } = best[end];
      const text = characters.slice(from, end).join("");
      if (id < 0 && out[0]?.id === SCRUB_UNKNOWN)
        out[0].text = text + out[0].text; // one token for a run of unknowns
      else out.unshift({ id, text });
    }
    return out;
  }

  /** Tokens of all words after each of `steps` (ascending numbers of steps). */
  counts(words, steps) {
    if (this.algorithm !== "bpe")
      return steps.map((n) => words.reduce((sum, word) => sum + this.cut(word, n).length, 0));
    const lost = new Int32Array(this.steps + 2); // tokens that each step takes away
    let all = 0;
    for (const word of words) {
      let parts = Array.from(word, (text) => ({ id: this.ids.get(text) ?? SCRUB_UNKNOWN, text }));
      all += parts.length;
      let latest = 0;
      for (const step of this.mergesOf(word)) {
        const before = parts.length;
        parts = this.merged(parts, step - 1);
        latest = Math.max(latest, step);
        lost[latest] += before - parts.length;
      }
    }
    const after = new Int32Array(this.steps + 1);
    for (let n = 0; n <= this.steps; n += 1) {
      all -= lost[n];
      after[n] = all;
    }
    return steps.map((n) => after[n]);
  }
}
