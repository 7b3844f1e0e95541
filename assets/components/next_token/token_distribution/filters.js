// From logits to the distribution that is sampled, recomputed over the whole vocabulary whenever a slider moves. The
// twin of core/compute/next_token/filters.py; both are tested against the processors of transformers.
//
// Tokens are kept in falling order of their score. Temperature keeps that order, filters cut off its end (typical: also
// its beginning), and a penalty moves the few tokens of the text: so the vocabulary is sorted once per text.

export const FILTER_ORDER = [
  "repetition",
  "frequency",
  "presence",
  "temperature",
  "top_k",
  "top_p",
  "min_p",
  "typical",
];
export const FILTERS_OFF = {
  temperature: 1,
  top_k: 0,
  top_p: 1,
  min_p: 0,
  typical: 1,
  repetition: 1,
  frequency: 0,
  presence: 0,
};
const HALF = 2 ** 16; // what half of the bits of a score can be
const FILTER_GREEDY = 1e-5; // a temperature below this keeps the most probable token alone

/**
 * Sorts a text's logits, once.
 * @param {ArrayLike<number>} logits [vocab]
 * @param {Iterable<number>} history ids of the tokens of the text
 */
export function sortLogits(logits, history) {
  const n = logits.length;
  const scores = new Float64Array(logits);
  const ids = falling(logits);
  const counts = new Map();
  for (const id of history) if (id >= 0 && id < n) counts.set(id, (counts.get(id) ?? 0) + 1);
  const seen = new Uint8Array(n);
  for (const id of counts.keys()) seen[id] = 1;
  const [sorted, model, rank] = [new Float64Array(n), new Float64Array(n), new Int32Array(n)];
  for (let at = 0; at < n; at += 1) {
    sorted[at] = scores[ids[at]];
    rank[ids[at]] = at;
  }
  softmaxOf(sorted, 0, n, model);
  const work = { ids: new Int32Array(n), spare: new Int32Array(n), removedBy: new Uint8Array(n) };
  for (const name of ["scores", "merged", "shares", "probability"]) work[name] = new Float64Array(n);
  return { n, ids, sorted, model, rank, counts, seen, work };
}

/**
 * The logits of a whole vocabulary. Of a wide one those without a name come in steps of one 256th, the others beside
 * them.
 * @param {{logits: Float32Array, steps: Int16Array, label_ids: Int32Array}} _
 */
export function wholeLogits({ logits, steps, label_ids }) {
  if (!steps.length) return logits;
  const whole = new Float32Array(steps.length);
  for (let id = 0; id < steps.length; id += 1) whole[id] = steps[id] / 256;
  for (let at = 0; at < label_ids.length; at += 1) whole[label_ids[at]] = logits[at];
  return whole;
}

/**
 * Ids by falling score, equal ones by id. Scores of 32 bits are put in the order of their bits, first by the lower half,
 * then by the upper one: two passes instead of many comparisons.
 * @param {ArrayLike<number>} scores
 */
function falling(scores) {
  const n = scores.length;
  let ids = Int32Array.from({ length: n }, (_, id) => id);
  if (!(scores instanceof Float32Array)) return ids.sort((a, b) => scores[b] - scores[a] || a - b);
  const keys = new Int32Array(scores.slice().buffer); // as numbers without a sign they rise where the scores fall
  for (let id = 0; id < n; id += 1)
    if (scores[id] >= 0) keys[id] = scores[id] === 0 ? 0x7fffffff : keys[id] ^ 0x7fffffff;
  let sorted = new Int32Array(n);
  for (const shift of [0, 16]) {
    const places = new Int32Array(HALF + 1);
    for (let id = 0; id < n; id += 1) places[((keys[id] >>> shift) & (HALF - 1)) + 1] += 1;
    for (let half = 1; half < HALF; half += 1) places[half] += places[half - 1];
    for (let at = 0; at < n; at += 1) sorted[places[(keys[ids[at]] >>> shift) & (HALF - 1)]++] = ids[at];
    [ids, sorted] = [sorted, ids];
  }
  return ids;
}

/** Softmax of scores[from … to), falling, into out[from … to). */
function softmaxOf(scores, from, to, out) {
  let [total, most] = [0, -Infinity];
  for (let at = from; at < to; at += 1) if (scores[at] > most) most = scores[at];
  for (let at = from; at < to; at += 1) total += out[at] = Math.exp(scores[at] - most);
  for (let at = from; at < to; at += 1) out[at] /= total;
}

/**
 * All steps in their order.
 * @returns {{ids: Int32Array, from: number, to: number, shares: Float64Array, probability: Float64Array, removedBy: Uint8Array, left: number[], entropy: number, cutMass: number}}
 *   ids[from … to) are the kept tokens in falling order and shares their probabilities; probability [vocab] has them by
 *   id, 0 where removed; removedBy [vocab] is the number of the step (from 1) that removed a token; all arrays are
 *   overwritten by the next call.
 */
export function applyFilters(base, settings, order = FILTER_ORDER) {
  const { work } = base;
  work.ids.set(base.ids);
  work.scores.set(base.sorted);
  work.removedBy.fill(0);
  const run = { ...work, base, from: 0, to: base.n };
  const left = order.map((name, at) => {
    FILTER_STEPS[name](run, settings, at + 1);
    return run.to - run.from;
  });
  softmaxOf(run.scores, run.from, run.to, run.shares);
  work.probability.fill(0);
  let [entropy, kept] = [0, 0];
  for (let at = run.from; at < run.to; at += 1) {
    const share = run.shares[at];
    work.probability[run.ids[at]] = share;
    kept += base.model[base.rank[run.ids[at]]];
    if (share > 0) entropy -= share * Math.log(share);
  }
  const { ids, from, to, shares } = run;
  const { probability, removedBy } = work;
  const cutMass = to - from === base.n ? 0 : Math.max(0, 1 - kept);
  return { ids, from, to, shares, probability, removedBy, left, entropy: Math.max(0, entropy), cutMass };
}

/** Keeps [from, to) of what is left. */
function cutTo(run, from, to, number) {
  for (let at = run.from; at < from; at += 1) run.removedBy[run.ids[at]] = number;
  for (let at = to; at < run.to; at += 1) run.removedBy[run.ids[at]] = number;
  [run.from, run.to] = [from, to];
}

/** Changes the scores of the text's tokens that are left, and puts them back in order. */
function penalize(run, change) {
  const { base, ids, scores, spare, merged } = run;
  if (!base.counts.size) return;
  const moved = [];
  let rest = run.from;
  for (let at = run.from; at < run.to; at += 1) {
    const id = ids[at];
    if (base.seen[id]) moved.push([id, change(scores[at], base.counts.get(id))]);
    else [spare[rest], merged[rest], rest] = [id, scores[at], rest + 1];
  }
  moved.sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  let [from, next] = [run.from, 0];
  for (let at = run.from; at < run.to; at += 1) {
    const take =
      next < moved.length &&
      (from >= rest ||
        moved[next][1] > merged[from] ||
        (moved[next][1] === merged[from] && moved[next][0] < spare[from]));
    [ids[at], scores[at]] = take ? moved[next] : [spare[from], merged[from]];
    if (take) next += 1;
    else from += 1;
  }
}

const FILTER_STEPS = {
  temperature(run, { temperature }, number) {
    if (temperature < FILTER_GREEDY) return cutTo(run, run.from, run.from + 1, number);
    if (temperature !== 1) for (let at = run.from; at < run.to; at += 1) run.scores[at] /= temperature;
  },

  top_k(run, { top_k: k }, number) {
    if (k < 1 || k >= run.to - run.from) return;
    let to = run.from + k;
    while (to < run.to && run.scores[to] === run.scores[to - 1]) to += 1; // equal ones stay together
    cutTo(run, run.from, to, number);
  },

  // Removed: the least probable tokens, as many as together have at most 1 − top_p.
  top_p(run, { top_p: p }, number) {
    if (p >= 1) return;
    softmaxOf(run.scores, run.from, run.to, run.shares);
    let [to, mass] = [run.to, 0];
    while (to > run.from + 1 && (mass += run.shares[to - 1]) <= 1 - p) to -= 1;
    cutTo(run, run.from, to, number);
  },

  min_p(run, { min_p: share }, number) {
    if (share <= 0) return;
    softmaxOf(run.scores, run.from, run.to, run.shares);
    const least = share * run.shares[run.from];
    let to = run.to;
    while (to > run.from + 1 && run.shares[to - 1] < least) to -= 1;
    cutTo(run, run.from, to, number);
  },

  // Kept: those whose surprise −ln p is nearest to the entropy, until they have the mass: a stretch of the order.
  typical(run, { typical: mass }, number) {
    if (mass >= 1) return;
    const { scores, shares } = run;
    softmaxOf(scores, run.from, run.to, shares);
    const level = Math.log(shares[run.from]) - scores[run.from]; // ln p = score + level
    const told = (at) => -(scores[at] + level);
    let entropy = 0;
    for (let at = run.from; at < run.to; at += 1) entropy += shares[at] * told(at);
    const distance = (at) => Math.abs(told(at) - entropy);
    let after = run.from;
    while (after < run.to && told(after) < entropy) after += 1;
    let [before, sum, reach] = [after - 1, 0, 0];
    while (before >= run.from || after < run.to) {
      const down = before < run.from || (after < run.to && distance(after) < distance(before));
      const at = down ? after++ : before--;
      reach = distance(at);
      sum += shares[at];
      if (sum >= mass) break;
    }
    while (before >= run.from && distance(before) <= reach) before -= 1;
    while (after < run.to && distance(after) <= reach) after += 1;
    cutTo(run, before + 1, after, number);
  },

  repetition(run, { repetition }) {
    if (repetition !== 1) penalize(run, (score) => (score < 0 ? score * repetition : score / repetition));
  },

  frequency(run, { frequency }) {
    if (frequency) penalize(run, (score, count) => score - frequency * count);
  },

  presence(run, { presence }) {
    if (presence) penalize(run, (score) => score - presence);
  },
};

// ── drawing tokens ────────────────────────────────────────────────────────────────────────────────────────────

/** Uniform numbers in [0, 1) from a seed (mulberry32, a 32-bit generator of public domain). */
export function uniforms(seed) {
  let state = (seed | 0) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Draws `count` ids from a result of applyFilters: for each uniform number the token into whose share it falls. */
export function drawTokens(result, uniform, count) {
  const { ids, from, to, shares } = result;
  const total = new Float64Array(to - from);
  let sum = 0;
  for (let at = from; at < to; at += 1) total[at - from] = sum += shares[at];
  return Array.from({ length: count }, () => {
    const mark = uniform() * sum;
    let [low, high] = [0, to - from - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (total[middle] > mark) high = middle;
      else low = middle + 1;
    }
    return ids[from + low];
  });
}
