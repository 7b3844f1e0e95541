// Ways to tell a Transformer the order of its tokens, as formulas. The twin of core/compute/position_curves/formulas.py: a test
// runs both on the same numbers. d is an even number of dimensions, i a pair of dimensions, angles are radians.

const BETA_FAST = 32; // YaRN keeps pairs that turn more often than this within the trained length,
const BETA_SLOW = 1; // and stretches those that turn less often than this

/** ω_i = base^(−2i/d), [d / 2]. */
export function frequencies(d, base) {
  return Float64Array.from({ length: d / 2 }, (_, i) => base ** ((-2 * i) / d));
}

/** First and second dimension of pair i: (2i, 2i + 1), or (i, i + d/2). */
export function pairMembers(i, d, layout) {
  return layout === "interleaved" ? [2 * i, 2 * i + 1] : [i, i + d / 2];
}

/**
 * PE, [dimension, position]: sin(p·ω) and cos(p·ω) of every pair, and in the same pass Σ_i cos(k·ω_i) / (d/2), the dot
 * product of two positions k apart. Each step turns (sin, cos) on by ω; after 512 steps it is right to 1e-12.
 */
export function sinusoidalTable(
  span,
  d,
  base,
  layout,
  table = new Float32Array(d * span),
  dot = new Float64Array(span),
) {
  const half = d / 2;
  dot.fill(0);
  frequencies(d, base).forEach((omega, i) => {
    const [first, second] = pairMembers(i, d, layout);
    const [turnS, turnC] = [Math.sin(omega), Math.cos(omega)];
    let [s, c] = [0, 1];
    let [a, b] = [first * span, second * span];
    for (let p = 0; p < span; p += 1) {
      table[a] = s;
      table[b] = c;
      dot[p] += c;
      a += 1;
      b += 1;
      const next = s * turnC + c * turnS;
      c = c * turnC - s * turnS;
      s = next;
    }
  });
  for (let p = 0; p < span; p += 1) dot[p] /= half;
  return { table, dot };
}

/** PE(p), [d]. */
export function sinusoidalAt(p, d, base, layout) {
  const out = new Float64Array(d);
  frequencies(d, base).forEach((omega, i) => {
    const [first, second] = pairMembers(i, d, layout);
    out[first] = Math.sin(p * omega);
    out[second] = Math.cos(p * omega);
  });
  return out;
}

/** M_k · x: every pair turned by k·ω_i. */
export function shifted(x, k, base, layout) {
  const d = x.length;
  const out = new Float64Array(d);
  frequencies(d, base).forEach((omega, i) => {
    const [first, second] = pairMembers(i, d, layout);
    const [s, c] = [Math.sin(k * omega), Math.cos(k * omega)];
    out[first] = c * x[first] + s * x[second];
    out[second] = c * x[second] - s * x[first];
  });
  return out;
}

/** Largest |PE(p + k) − M_k PE(p)| over the dimensions. */
export function shiftResidual(p, k, d, base, layout) {
  const [moved, wanted] = [
    shifted(sinusoidalAt(p, d, base, layout), k, base, layout),
    sinusoidalAt(p + k, d, base, layout),
  ];
  return moved.reduce((most, value, j) => Math.max(most, Math.abs(value - wanted[j])), 0);
}

/** How much of the stretch each pair takes under YaRN, [d / 2], 0 (kept) … 1 (divided by the factor). */
export function yarnRamp(d, base, trained) {
  const turning = (turns) => (d * Math.log(trained / (turns * 2 * Math.PI))) / (2 * Math.log(base));
  const low = Math.max(Math.floor(turning(BETA_FAST)), 0);
  const high = Math.min(Math.ceil(turning(BETA_SLOW)), d - 1);
  const width = low === high ? 0.001 : high - low;
  return Float64Array.from({ length: d / 2 }, (_, i) => Math.min(1, Math.max(0, (i - low) / width)));
}

/** Angle per position of each pair, [d / 2], and what queries and keys are multiplied by. */
export function rotaryFrequencies(d, base, scaling = "none", factor = 1, trained = 2048) {
  const plain = frequencies(d, base);
  if (scaling === "linear") return { theta: plain.map((one) => one / factor), scale: 1 };
  if (scaling === "ntk") return { theta: frequencies(d, d > 2 ? base * factor ** (d / (d - 2)) : base), scale: 1 };
  if (scaling !== "yarn") return { theta: plain, scale: 1 };
  const ramp = yarnRamp(d, base, trained);
  const theta = plain.map((one, i) => (one / factor) * ramp[i] + one * (1 - ramp[i]));
  return { theta, scale: factor > 1 ? 0.1 * Math.log(factor) + 1 : 1 };
}

/** A query or key with pair i turned by position · θ_i. */
export function rotated(x, position, theta, layout) {
  const out = new Float64Array(x.length);
  theta.forEach((one, i) => {
    const [first, second] = pairMembers(i, x.length, layout);
    const [s, c] = [Math.sin(position * one), Math.cos(position * one)];
    out[first] = x[first] * c - x[second] * s;
    out[second] = x[second] * c + x[first] * s;
  });
  return out;
}

/** Mean over pairs of cos(distance · θ_i): the score of two equal vectors so far apart, 1 at 0. */
export function meanCosine(distance, theta) {
  let sum = 0;
  for (let i = 0; i < theta.length; i += 1) sum += Math.cos(distance * theta[i]);
  return sum / theta.length;
}

/**
 * Strength and phase of each pair of one query and one key before rotary: placed `distance` = m − n apart they score
 * Σ strength_i · cos(distance · θ_i + phase_i).
 */
export function pairWaves(q, k, layout) {
  const half = q.length / 2;
  const [strength, phase] = [new Float64Array(half), new Float64Array(half)];
  for (let i = 0; i < half; i += 1) {
    const [a, b] = pairMembers(i, q.length, layout);
    strength[i] = Math.hypot(q[a], q[b]) * Math.hypot(k[a], k[b]);
    phase[i] = Math.atan2(q[b], q[a]) - Math.atan2(k[b], k[a]);
  }
  return { strength, phase };
}

/** The score of a query and a key so far apart. */
export function scoreApart({ strength, phase }, distance, theta) {
  let sum = 0;
  for (let i = 0; i < theta.length; i += 1) sum += strength[i] * Math.cos(distance * theta[i] + phase[i]);
  return sum;
}

export function dotProduct(x, y) {
  let sum = 0;
  for (let j = 0; j < x.length; j += 1) sum += x[j] * y[j];
  return sum;
}

/** Slope of each head: 2^(−8/n), 2^(−16/n), …; of no power of two, then every other one of the next larger power. */
export function alibiSlopes(heads) {
  const power = 2 ** Math.floor(Math.log2(heads));
  return Float64Array.from({ length: heads }, (_, h) =>
    h < power ? 2 ** ((-8 / power) * (h + 1)) : 2 ** ((-4 / power) * (2 * (h - power) + 1)),
  );
}

/** The bucket of a relative position (key − query); logarithms in float32, as T5 takes them. */
export function t5Bucket(relative, buckets, far, both) {
  let distance = -relative;
  let [start, count] = [0, buckets];
  if (both) {
    count = Math.floor(buckets / 2);
    start = distance < 0 ? count : 0;
    distance = Math.abs(distance);
  }
  distance = Math.max(distance, 0);
  const exact = Math.max(1, Math.floor(count / 2));
  if (distance < exact) return start + Math.min(distance, count - 1);
  const f = Math.fround;
  const span = f(Math.log(Math.max(far, exact + 1) / exact));
  const steps = f(f(f(Math.log(f(distance / exact))) / span) * (count - exact));
  return start + Math.min(exact + Math.floor(steps), count - 1);
}
