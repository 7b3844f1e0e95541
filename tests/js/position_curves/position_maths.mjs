// What the canvas computes for each of a list of calls [name, …arguments].

import * as formulas from "../../../assets/components/position_curves/position_curves/formulas.js";

const plain = (value) =>
  ArrayBuffer.isView(value)
    ? Array.from(value)
    : Array.isArray(value)
      ? value.map(plain)
      : value && typeof value === "object"
        ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, plain(v)]))
        : value;
const known = {
  ...formulas,
  rotated: (x, position, theta, layout) =>
    formulas.rotated(Float64Array.from(x), position, Float64Array.from(theta), layout),
  scoreApart: (q, k, distance, theta, layout) => formulas.scoreApart(formulas.pairWaves(q, k, layout), distance, theta),
};
export const main = (calls) => calls.map(([name, ...given]) => plain(known[name](...given)));
