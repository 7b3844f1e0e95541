// Run by node after formulas.js and a list of `calls`: prints what the canvas computes for each.

const plain = (value) =>
  ArrayBuffer.isView(value)
    ? Array.from(value)
    : Array.isArray(value)
      ? value.map(plain)
      : value && typeof value === "object"
        ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, plain(v)]))
        : value;
const known = {
  frequencies,
  pairMembers,
  sinusoidalTable,
  sinusoidalAt,
  shifted,
  shiftResidual,
  rotaryFrequencies,
  alibiSlopes,
  t5Bucket,
  meanCosine,
  rotated: (x, position, theta, layout) => rotated(Float64Array.from(x), position, Float64Array.from(theta), layout),
  scoreApart: (q, k, distance, theta, layout) => scoreApart(pairWaves(q, k, layout), distance, theta),
};
console.log(JSON.stringify(calls.map(([name, ...given]) => plain(known[name](...given)))));
