// Colours and numbers of a token's change: of its loss (nats, either sign), or of its vector (1 − cosine, 0 or more).

import { fillWords } from "../../shared/draw.js";
import { parseColour, toOklab } from "../../shared/theme.js";

const CHANGE_LEAST = { loss: 0.02, turn: 1e-6 }; // smaller reaches would paint rounding as change

export function changeKnown(value) {
  return Number.isFinite(value) && Math.abs(value) < 1e30;
}

/** The largest change present: the scale's end. */
export function changeReach(measure, change) {
  return Math.max(CHANGE_LEAST[measure], ...Array.from(change, (value) => (changeKnown(value) ? Math.abs(value) : 0)));
}

export function changeColour(theme, measure, share) {
  return measure === "loss" ? theme.diverging(share) : theme.sequential(share);
}

/** Dark or light, whichever is read on a colour. */
export function changeInk(colour) {
  return toOklab(parseColour(colour))[0] > 0.6 ? "#1b1d22" : "#f4f3ef";
}

/** What stands at the two ends of the scale. */
export function changeScale(meta, reach) {
  return ["low", "high"].map((end) => fillWords(meta.words[`${meta.measure}_${end}`], { reach }));
}
