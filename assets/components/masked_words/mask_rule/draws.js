// The draws of the masking rule: the same numbers as core/compute/masked_words/rule.py, by mulberry32 as a function of its counter.

export const RULE_PLAIN = 0;
export const RULE_MASK = 1;
export const RULE_RANDOM = 2;
export const RULE_SAME = 3;
export const RULE_MASKED = 0.8;
export const RULE_REPLACED = 0.1;

/** The number from 0 to 1 at place `at` (from 0) of the row that a seed and a roll name. */
export function ruleUniform(seed, roll, at) {
  const first = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(roll + 1, 0x85ebca6b)) >>> 0;
  const t = (first + Math.imul(at + 1, 0x6d2b79f5)) >>> 0;
  let r = Math.imul(t ^ (t >>> 15), t | 1);
  r ^= r + Math.imul(r ^ (r >>> 7), r | 61);
  return ((r ^ (r >>> 14)) >>> 0) / 4294967296;
}

/** What happens to each token: `states` [token], and `others`, the number by which a replacement is drawn. */
export function ruleDraw(special, seed, roll, share) {
  const states = new Uint8Array(special.length);
  const others = new Float64Array(special.length);
  for (let at = 0; at < special.length; at += 1) {
    others[at] = ruleUniform(seed, roll, 3 * at + 2);
    if (special[at] || ruleUniform(seed, roll, 3 * at) >= share) continue;
    const how = ruleUniform(seed, roll, 3 * at + 1);
    states[at] = how < RULE_MASKED ? RULE_MASK : how < RULE_MASKED + RULE_REPLACED ? RULE_RANDOM : RULE_SAME;
  }
  return { states, others };
}

/** How many tokens were left out, masked, replaced and kept in `rolls` rolls. */
export function ruleTally(special, seed, rolls, share) {
  const counts = [0, 0, 0, 0];
  for (let roll = 0; roll < rolls; roll += 1) {
    for (let at = 0; at < special.length; at += 1) {
      if (special[at]) continue;
      if (ruleUniform(seed, roll, 3 * at) >= share) {
        counts[0] += 1;
        continue;
      }
      const how = ruleUniform(seed, roll, 3 * at + 1);
      counts[how < RULE_MASKED ? 1 : how < RULE_MASKED + RULE_REPLACED ? 2 : 3] += 1;
    }
  }
  return counts;
}

export function ruleExpected(share) {
  return [1 - share, share * RULE_MASKED, share * RULE_REPLACED, share * (1 - RULE_MASKED - RULE_REPLACED)];
}

/** Pearson's χ² with three degrees of freedom, and the probability of one at least as large. */
export function ruleChiSquare(counts, share) {
  const all = counts.reduce((a, b) => a + b, 0);
  const x = ruleExpected(share).reduce((sum, p, at) => sum + (counts[at] - p * all) ** 2 / (p * all || 1), 0);
  return { x, p: ruleErfc(Math.sqrt(x / 2)) + Math.sqrt((2 * x) / Math.PI) * Math.exp(-x / 2) };
}

/** erfc by the rational approximation of Numerical Recipes, error below 1.2e-7. */
function ruleErfc(z) {
  const t = 1 / (1 + 0.5 * z);
  const terms = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
    0.17087277,
  ];
  return t * Math.exp(-z * z + terms.reduceRight((sum, term) => sum * t + term, 0));
}

/** Share of tokens that were a target at least once after each epoch. */
export function ruleSeen(special, seed, share, epochs, copies) {
  const ever = new Uint8Array(special.length);
  const free = special.reduce((sum, one) => sum + !one, 0) || 1;
  return Array.from({ length: epochs }, (_, epoch) => {
    ruleDraw(special, seed, epoch % copies, share).states.forEach((state, at) => (ever[at] |= Number(state > 0)));
    return ever.reduce((sum, one) => sum + one, 0) / free;
  });
}
