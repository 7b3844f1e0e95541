import assert from "node:assert/strict";
import test from "node:test";

import { niceScale } from "../../../assets/components/attention_heads/attention_overview/scores.js";

test("an axis ends at a round number at or above the largest value, at 100 % at most for a share", () => {
  for (let at = 1; at <= 2000; at += 1) {
    const largest = at / 1000;
    const { top, ticks } = niceScale(largest);
    assert.ok(top >= largest && top < 1.7 * largest, `${largest}: ${top}`);
    if (largest <= 1) assert.ok(top <= 1);
    assert.equal(ticks[0], 0);
    assert.equal(ticks.at(-1), top);
    assert.ok(ticks.length >= 3 && ticks.length <= 9, `${largest}: ${ticks}`);
  }
  assert.deepEqual(niceScale(0), niceScale(1), "nothing measured");
});
