// Scores of heads: units, scales, ticks, and the habit that they speak of.

import { decimal, figures } from "../../shared/numbers.js";

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
export function niceScale(largest, share) {
  const top = Number.isFinite(largest) && largest > 0 ? largest : 1;
  if (share && top > 0.8) return { top: 1, ticks: [0, 0.25, 0.5, 0.75, 1] };
  const power = 10 ** Math.floor(Math.log10(top / 4));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((s) => s * 5 >= top * 0.999);
  const count = Math.max(1, Math.ceil(top / step - 1e-3));
  return { top: step * count, ticks: Array.from({ length: count + 1 }, (_, i) => i * step) };
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
