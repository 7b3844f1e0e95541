// Run by node after buffer.js and maths.js: reads a focus message (base64 in process.argv) and prints what the canvas
// would compute from it.

const message = Uint8Array.from(Buffer.from(process.argv[2], "base64"));
const [query, key] = process.argv.slice(3).map(Number);
const { meta, arrays } = await unpack(message);
const n = meta.labels.length;
const { causal, scale, d, rotary } = meta;
const steps = headSteps({ ...arrays, scale, causal, n });
const [q, k] = [vectorOf(arrays.q, query, d), vectorOf(arrays.k, key, d)];
const planes = rotary
  ? rotaryPairs(q, k, vectorOf(arrays.q_content, query, d), vectorOf(arrays.k_content, key, d))
  : [];
const plain = (values) => Array.from(values, (value) => (Number.isFinite(value) ? value : String(value)));
const half = planes.map(({ qBefore, qTurn }) => turned(qBefore, qTurn));

console.log(
  JSON.stringify({
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
  }),
);
