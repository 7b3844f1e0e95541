// Scores of heads: units, scales, ticks, and the habit that they speak of.

import { decimal, figures } from "../../shared/numbers.js";
import { default as nice } from "../../../vendor/d3-array/nice.js";
import { default as ticks } from "../../../vendor/d3-array/ticks.js";

export const METRICS = ["previous", "first", "duplicate", "induction", "entropy", "distance"];
const SHARES = new Set(["previous", "first", "duplicate", "induction"]);

/** Does the metric count a share of the attention (0…1, shown in per cent)? */
export function isShare(metric) {
  return SHARES.has(metric);
}

/** "84 %", "1.24 nats", "7.3 tokens"; "—" for what was not measured. */
export function scoreText(metric, value, words, asPercent) {
  if (!Number.isFinite(value)) return "—";
  if (isShare(metric)) return asPercent(value);
  const number = decimal(value, value >= 100 ? 0 : value >= 10 ? 1 : 2);
  return `${number}\u202f${metric === "entropy" ? words.unit_nats : words.unit_tokens}`;
}

/** A round number at or above the largest value, and ticks from 0 to it. */
export function niceScale(largest) {
  const [, top] = nice(0, largest || 1, 5);
  return { top, ticks: ticks(0, top, 5) };
}

/** Largest finite value, 0 when there is none. */
export function largestOf(values) {
  let most = 0;
  for (const value of values) if (Number.isFinite(value) && value > most) most = value;
  return most;
}

/** A tick's text without its unit (the axis names that), "25" for 0.25 of a share. */
export function tickText(value, share) {
  const number = share ? value * 100 : value;
  return figures(number);
}

/** What the head does, when it does one thing at least half of the time; broad: as an even look at e² ≈ 7 tokens. */
export function habitOf(read) {
  const habit = ["induction", "duplicate", "previous", "first"].find((metric) => read(metric) >= 0.5);
  return habit ?? (read("entropy") >= 2 ? "broad" : "mixed");
}
