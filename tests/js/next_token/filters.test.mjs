import assert from "node:assert/strict";
import test from "node:test";

import { sortLogits } from "../../../assets/components/next_token/token_distribution/filters.js";

const SCORES = [3, -2.5, 0, 3, -0, -Infinity, 1e-40, -1e-40, 88.5, -2.5, 3.0000002, -1e30, 1e30];

test("scores of 32 bits fall in the same order as any others, equal ones by id", () => {
  let state = 7;
  const random = Array.from({ length: 5000 }, () => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return Math.round(state / 2 ** 21 - 512) / 8; // about one value for each token
  });
  for (const scores of [SCORES, random]) {
    const exact = Float32Array.from(scores);
    const ids = Array.from(sortLogits(exact, []).ids);
    assert.deepEqual(ids, Array.from(sortLogits(Array.from(exact), []).ids));
    assert.equal(new Set(ids).size, scores.length);
    for (let at = 1; at < ids.length; at += 1) {
      const [before, after] = [exact[ids[at - 1]], exact[ids[at]]];
      assert.ok(before > after || (before === after && ids[at - 1] < ids[at]));
    }
  }
});
