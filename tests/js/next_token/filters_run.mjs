// Run by node after filters.js: reads cases (a JSON file, process.argv[2]) and prints what the browser makes of them.

import { readFileSync } from "node:fs";

const told = JSON.parse(readFileSync(process.argv[2], "utf-8")).map(({ logits, history, settings, order, draws }) => {
  const result = applyFilters(sortLogits(logits, history), settings, order);
  const drawn = draws ? drawTokens(result, uniforms(7), draws) : [];
  const { left, entropy, cutMass } = result;
  return {
    probabilities: Array.from(result.probability),
    removedBy: Array.from(result.removedBy),
    left,
    entropy,
    cutMass,
    drawn,
  };
});
console.log(JSON.stringify(told));
