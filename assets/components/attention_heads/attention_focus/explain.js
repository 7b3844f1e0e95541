// What the figure says of itself: one sentence for what is looked at, one for the step, one for a dimension.

import { fillWords, percent } from "../../shared/draw.js";
import { decimal } from "../../shared/numbers.js";
import { formatScore, spokenLabel } from "../../shared/token_columns.js";
import { columnOf, isVisible, largest, rowOf } from "./maths.js";

const EXPLAIN_LISTED = 4;

function listTokens(view, shares) {
  const { words, labels } = view;
  const strong = largest(shares, EXPLAIN_LISTED).filter((token, at) => shares[token] >= (at ? 0.01 : 1e-6));
  const item = (token) => ({ token: spokenLabel(labels[token]), percent: percent(shares[token]) });
  return strong.map((token) => fillWords(words.item, item(token))).join(words.separator);
}

function namedPair(view, token, key) {
  const { labels, layer, head } = view;
  return { query: spokenLabel(labels[token]), key: spokenLabel(labels[key]), layer, head };
}

function explainCell(view, token, key) {
  const { words, n, look, arrays } = view;
  const at = token * n + key;
  const names = namedPair(view, token, key);
  const step = view.step;
  if (step === "raw") return fillWords(words.cell_raw, { ...names, score: formatScore(view.steps.raw[at]) });
  if (step !== "scaled" && !isVisible(token, key, view.causal)) return fillWords(words.cell_hidden, names);
  if (step !== "softmax") return fillWords(words.cell_scaled, { ...names, score: formatScore(view.steps.scaled[at]) });
  if (view.preview || look.weight !== "value")
    return fillWords(words.cell, { ...names, percent: percent(view.weights[at]) });
  const norm = formatScore(arrays.value_norm[key]);
  const [weight, share] = [percent(arrays.attention[at]), percent(view.weights[at])];
  return fillWords(words.cell_value, { ...names, norm, percent: weight, share });
}

// The sentence under the figure: of a cell, a row, a column, or how to begin.
export function explainView(view) {
  const { words, weights, n, labels } = view;
  const { token, key } = view.view;
  const value = !view.preview && view.look.weight === "value";
  if (token >= 0 && key >= 0) return explainCell(view, token, key);
  if (token >= 0) {
    const list = listTokens(view, rowOf(weights, token, n));
    return fillWords(value ? words.row_value : words.row, { query: spokenLabel(labels[token]), list });
  }
  if (key < 0) return words.rest;
  const list = listTokens(view, columnOf(weights, key, n));
  if (!list) return words.rest;
  return fillWords(value ? words.column_value : words.column, { key: spokenLabel(labels[key]), list });
}

// "÷ √64" where the scale is 1/√d, as in most models; else the number itself.
function isRootScale(scale, d) {
  return Math.abs(scale * Math.sqrt(d) - 1) < 1e-4;
}

export function stepNames(view) {
  const { words, scale, d, look, arrays } = view;
  const root = isRootScale(scale, d);
  const scaled = fillWords(root ? words.step_scaled_root : words.step_scaled, { d, scale: formatScore(scale) });
  return {
    raw: words.step_raw,
    scaled: arrays.bias ? `${scaled} ${words.step_bias}` : scaled,
    masked: words.step_masked,
    softmax: look.weight === "value" ? `${words.step_softmax} ${words.step_value}` : words.step_softmax,
  };
}

// The number of each step for the pair looked at.
export function stepNumbers(view) {
  const { row, column, n, steps, words } = view;
  const at = row * n + column;
  const seen = isVisible(row, column, view.causal);
  return {
    raw: formatScore(steps.raw[at]),
    scaled: formatScore(steps.scaled[at]),
    masked: seen ? words.visible : "−∞",
    softmax: percent(view.weights[at]),
  };
}

export function explainStep(view) {
  const { words, labels, row, scale, d, look, arrays } = view;
  const name = {
    raw: "note_raw",
    scaled: arrays.bias ? "note_bias" : isRootScale(scale, d) ? "note_scaled_root" : "note_scaled",
    masked: view.causal ? "note_masked" : "note_unmasked",
    softmax: look.weight === "value" ? "note_value" : "note_softmax",
  }[view.step];
  return fillWords(words[name], { query: spokenLabel(labels[row]), d, scale: formatScore(scale) });
}

const EXPLAIN_DEGREES = 180 / Math.PI;

// The sentence of the dimension panel: of one dimension, or of the whole pair.
export function explainDimensions(view, panel) {
  const { words, labels, row, column, d, rotary } = view;
  const { planes } = panel.pair();
  const dim = panel.hovered;
  if (dim >= 0) {
    const half = d / 2;
    const values = {
      dim,
      q: formatScore(panel.q[dim]),
      k: formatScore(panel.k[dim]),
      product: formatScore(panel.products[dim]),
    };
    if (!rotary) return fillWords(words.dim, values);
    const plane = planes[dim % half];
    return fillWords(words.dim_pair, {
      ...values,
      partner: dim < half ? dim + half : dim - half,
      q_turn: decimal(plane.qTurn * EXPLAIN_DEGREES, 0),
      k_turn: decimal(plane.kTurn * EXPLAIN_DEGREES, 0),
      before: formatScore(plane.before),
      after: formatScore(plane.after),
    });
  }
  const total = (part) => planes.reduce((sum, plane) => sum + plane[part], 0);
  const after = rotary ? total("after") : view.steps.raw[row * view.n + column];
  const names = { query: spokenLabel(labels[row]), key: spokenLabel(labels[column]), half: d / 2, d };
  const words_ = rotary ? words.dims_rotary : words.dims_plain;
  return fillWords(words_, { ...names, before: formatScore(total("before")), after: formatScore(after) });
}
