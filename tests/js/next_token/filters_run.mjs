// What the browser makes of cases of logits and settings.

import {
  applyFilters,
  drawTokens,
  sortLogits,
  uniforms,
} from "../../../assets/components/next_token/token_distribution/filters.js";

function run({ logits, history, settings, order, draws }) {
  const { probability, removedBy, ...rest } = applyFilters(sortLogits(logits, history), settings, order);
  const { left, entropy, cutMass } = rest;
  const drawn = draws ? drawTokens({ probability, removedBy, ...rest }, uniforms(7), draws) : [];
  return { probabilities: Array.from(probability), removedBy: Array.from(removedBy), left, entropy, cutMass, drawn };
}

export const main = (cases) => cases.map(run);
