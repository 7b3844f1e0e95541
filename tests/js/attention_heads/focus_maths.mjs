// What the canvas computes from a head's message (base64), for a query and a key.

import {
  columnOf,
  dimensionProducts,
  expandPreview,
  headSteps,
  largest,
  liveliest,
  rotaryPairs,
  rowOf,
  strongestPairs,
  turned,
  vectorOf,
  weightByValue,
} from "../../../assets/components/attention_heads/attention_focus/maths.js";
import { unpack } from "../../../assets/components/shared/buffer.js";

export async function main({ payload, query, key }) {
  const { meta, arrays } = await unpack(Uint8Array.from(Buffer.from(payload, "base64")));
  const n = meta.labels.length;
  const { causal, scale, d, rotary } = meta;
  const steps = headSteps({ ...arrays, scale, causal, n });
  const [q, k] = [vectorOf(arrays.q, query, d), vectorOf(arrays.k, key, d)];
  const planes = rotary
    ? rotaryPairs(q, k, vectorOf(arrays.q_content, query, d), vectorOf(arrays.k_content, key, d))
    : [];
  const plain = (values) => Array.from(values, (value) => (Number.isFinite(value) ? value : String(value)));
  const half = planes.map(({ qBefore, qTurn }) => turned(qBefore, qTurn));

  return {
    scaled: plain(steps.scaled),
    masked: plain(steps.masked),
    softmax: plain(steps.softmax),
    difference: steps.difference,
    moved: plain(weightByValue(arrays.attention, arrays.value_norm, n)),
    row: plain(rowOf(arrays.attention, query, n)),
    column: plain(columnOf(arrays.attention, key, n)),
    products: plain(dimensionProducts(q, k).products),
    sum: dimensionProducts(q, k).sum,
    before: planes.map((plane) => plane.before),
    after: planes.map((plane) => plane.after),
    turns: planes.map((plane) => [plane.qTurn, plane.kTurn]),
    turned: half,
    strongest: strongestPairs(planes, 3).map((plane) => plane.pair),
    largest: largest(rowOf(arrays.attention, query, n), 3),
    lively: liveliest(arrays.attention, n, (token) => meta.special[token]),
    preview: plain(
      expandPreview(
        Uint8Array.from(arrays.attention, (weight) => Math.round(weight * 255)),
        n,
        1,
        n,
      ),
    ),
    pooled: plain(expandPreview(Uint8Array.from([0, 51, 102, 255]), 2, 2, 3)),
  };
}
