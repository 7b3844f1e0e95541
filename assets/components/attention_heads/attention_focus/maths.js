// The arithmetic of one attention head, on plain typed arrays.
//
// Shapes: a matrix is row-major [query, key] with n rows and n columns; vectors are row-major [token, d].
// Sums run in double precision and are stored as float32, so that softmax agrees with the model's own to about 1e-7.

// The order in which raw scores become weights.
export const FOCUS_STEPS = ["raw", "scaled", "masked", "softmax"];

// A key can be seen by a query: everywhere in an encoder, up to the query itself in a decoder.
export function isVisible(query, key, causal) {
  return !causal || key <= query;
}

// scores · scale, plus the model's own bias where it has one (T5), [query, key].
function scaleScores(scores, scale, bias = null) {
  const scaled = new Float32Array(scores.length);
  for (let cell = 0; cell < scores.length; cell += 1) scaled[cell] = scores[cell] * scale + (bias ? bias[cell] : 0);
  return scaled;
}

// The same scores with −Infinity where the mask hides the key.
function maskScores(scaled, n, causal) {
  const masked = Float32Array.from(scaled);
  if (!causal) return masked;
  for (let query = 0; query < n; query += 1) masked.fill(-Infinity, query * n + query + 1, (query + 1) * n);
  return masked;
}

// Each row e^(s − max) / Σ e^(s − max); a key at −Infinity gets exactly 0.
function softmaxRows(masked, n) {
  const weights = new Float32Array(masked.length);
  const row = new Float64Array(n);
  for (let query = 0; query < n; query += 1) {
    const start = query * n;
    let top = -Infinity;
    for (let key = 0; key < n; key += 1) top = Math.max(top, masked[start + key]);
    let sum = 0;
    for (let key = 0; key < n; key += 1) {
      row[key] = Math.exp(masked[start + key] - top);
      sum += row[key];
    }
    for (let key = 0; key < n; key += 1) weights[start + key] = row[key] / sum;
  }
  return weights;
}

// Largest absolute value, −Infinity left out.
export function largestSize(values) {
  let most = 0;
  for (const value of values) if (Number.isFinite(value)) most = Math.max(most, Math.abs(value));
  return most;
}

// Largest absolute difference of two arrays of one length.
function maxDifference(left, right) {
  let most = 0;
  for (let cell = 0; cell < left.length; cell += 1) most = Math.max(most, Math.abs(left[cell] - right[cell]));
  return most;
}

// Weights times ‖value‖ of their key, each row again summing to 1: how much each key really moves the output.
export function weightByValue(weights, valueNorm, n) {
  const moved = new Float32Array(weights.length);
  for (let query = 0; query < n; query += 1) {
    const start = query * n;
    let sum = 0;
    for (let key = 0; key < n; key += 1) sum += weights[start + key] * valueNorm[key];
    if (sum === 0) continue;
    for (let key = 0; key < n; key += 1) moved[start + key] = (weights[start + key] * valueNorm[key]) / sum;
  }
  return moved;
}

// One token's vector of [token, d], as a view.
export function vectorOf(vectors, token, d) {
  return vectors.subarray(token * d, (token + 1) * d);
}

// q_d · k_d of every dimension, and their sum: the raw score.
export function dimensionProducts(query, key) {
  const products = new Float64Array(query.length);
  let sum = 0;
  for (let d = 0; d < query.length; d += 1) {
    products[d] = query[d] * key[d];
    sum += products[d];
  }
  return { products, sum };
}

// The plane of rotary pair i: dimensions i and i + d/2 turn together.
/** @returns {[number, number]} */
function pairVector(vector, pair) {
  return [vector[pair], vector[pair + vector.length / 2]];
}

// The angle from one 2-D vector to another, the short way round, in (−π, π].
function turnBetween([x0, y0], [x1, y1]) {
  return Math.atan2(x0 * y1 - y0 * x1, x0 * x1 + y0 * y1);
}

// Every rotary pair of one query and key: its share of q·k before and after the rotation, and both turns in radians.
export function rotaryPairs(query, key, queryContent, keyContent) {
  return Array.from({ length: query.length / 2 }, (_, pair) => {
    const [q, k] = [pairVector(query, pair), pairVector(key, pair)];
    const [qBefore, kBefore] = [pairVector(queryContent, pair), pairVector(keyContent, pair)];
    const dot = (a, b) => a[0] * b[0] + a[1] * b[1];
    const turns = { qTurn: turnBetween(qBefore, q), kTurn: turnBetween(kBefore, k) };
    return { pair, qBefore, kBefore, before: dot(qBefore, kBefore), after: dot(q, k), ...turns };
  });
}

// The pairs that count most for the score, before or after the rotation or by what it changes, strongest first.
export function strongestPairs(pairs, count) {
  const strength = ({ before, after }) => Math.max(Math.abs(before), Math.abs(after)) + Math.abs(after - before);
  return [...pairs].sort((left, right) => strength(right) - strength(left)).slice(0, count);
}

/** A 2-D vector turned by an angle in radians. @returns {[number, number]} */
export function turned([x, y], angle) {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return [x * cos - y * sin, x * sin + y * cos];
}

// Row `query` (what it gives) of an [n, n] matrix, as a view.
export function rowOf(matrix, query, n) {
  return matrix.subarray(query * n, (query + 1) * n);
}

// Column `key` (what it gets) of an [n, n] matrix, as a copy.
export function columnOf(matrix, key, n) {
  return Float32Array.from({ length: n }, (_, query) => matrix[query * n + key]);
}

// Indices of the `count` largest finite values, largest first.
export function largest(values, count) {
  const finite = [];
  for (let at = 0; at < values.length; at += 1) if (Number.isFinite(values[at])) finite.push(at);
  return finite.sort((left, right) => values[right] - values[left] || left - right).slice(0, count);
}

// The strongest look at something else: not at itself, not at the first token, where heads rest, nor at a special one.
// The last query and its favourite where there is none.
export function liveliest(weights, n, isSpecial) {
  const found = { query: n - 1, key: largest(rowOf(weights, n - 1, n), 1)[0] ?? 0, weight: 0 };
  for (let query = 1; query < n; query += 1) {
    if (isSpecial(query)) continue;
    for (let key = 1; key < n; key += 1) {
      const weight = weights[query * n + key];
      if (weight > found.weight && key !== query && !isSpecial(key)) Object.assign(found, { query, key, weight });
    }
  }
  return found;
}

// An overview's bytes [size, size] (255 = 1.0, `pooled` tokens a cell) as weights [n, n]: good enough to look at.
export function expandPreview(bytes, size, pooled, n) {
  const weights = new Float32Array(n * n);
  for (let query = 0; query < n; query += 1) {
    const from = Math.min(size - 1, Math.floor(query / pooled)) * size;
    for (let key = 0; key < n; key += 1) {
      weights[query * n + key] = bytes[from + Math.min(size - 1, Math.floor(key / pooled))] / 255;
    }
  }
  return weights;
}

// Everything that the steps show, computed here from the raw scores; `difference` is against the model's own weights.
export function headSteps({ scores, attention, bias = null, scale, causal, n }) {
  const scaled = scaleScores(scores, scale, bias);
  const masked = maskScores(scaled, n, causal);
  const softmax = softmaxRows(masked, n);
  return { raw: scores, scaled, masked, softmax, difference: maxDifference(softmax, attention) };
}
