import assert from "node:assert/strict";
import test from "node:test";

import { cameraFrom, cameraText } from "../../../assets/components/embedding_space/embedding_map/camera.js";
import { labelLayout } from "../../../assets/components/shared/label_layout.js";

/** Numbers from 0 to 1, the same in each run. */
function chance(seed) {
  let state = (seed * 48271000) % 2147483647;
  return () => (state = (state * 16807) % 2147483647) / 2147483647;
}

test("labels never overlap, stand inside, and the first come first", () => {
  let stood = 0;
  for (let seed = 1; seed <= 40; seed++) {
    const random = chance(seed);
    const count = 2 + Math.floor(298 * random());
    const list = (low, high) => Array.from({ length: count }, () => low + (high - low) * random());
    const [px, py, wide] = [list(-40, 640), list(-40, 440), list(8, 120)];
    const must = seed % 2 ? [Math.floor(count * random())] : [];
    const size = (i) => [wide[i], 16];
    const room = { px, py, width: 600, height: 400, size, gap: () => 6, most: 40, pad: 4 };
    const boxes = [...labelLayout({ must, order: px.keys(), ...room })];
    stood += boxes.length;
    boxes.forEach(([i, [left, top, right, bottom]], at) => {
      assert.ok(left >= 0 && top >= 0 && right <= 600 && bottom <= 400);
      assert.ok(Math.abs(right - left - wide[i]) < 1e-9);
      for (const [, other] of boxes.slice(at + 1))
        assert.ok(right <= other[0] || other[2] <= left || bottom <= other[1] || other[3] <= top);
    });
    const free = px.findIndex((x, i) => x > 130 && x < 470 && py[i] > 30 && py[i] < 370);
    const found = boxes.map(([i]) => i);
    if (free >= 0 && !must.length && found.every((i) => i >= free)) assert.ok(found.includes(free));
  }
  assert.ok(stood > 500, `only ${stood} labels`);
});

test("a view from a link that makes no sense is home", () => {
  for (const text of ["", "x", "NaN_0_0", "1_2", "Infinity_0_0", "1_2_3_4_5", "<b>_1_2"])
    assert.equal(cameraText(cameraFrom(text, 2), 2), "");
  assert.equal(cameraText(cameraFrom("99999_0_0", 2), 2), "200_0_0");
  assert.equal(cameraText(cameraFrom("2_-900_0", 2), 2), "2_-4_0");
});
