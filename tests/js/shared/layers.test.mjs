import assert from "node:assert/strict";
import test from "node:test";

import { betweenLayers, curveFrame, layerTicks, niceTicks, rowsOf } from "../../../assets/components/shared/layers.js";

test("ticks are round numbers inside their range, and there are some", () => {
  for (const [low, high] of [
    [0, 1],
    [-3.2, 7.9],
    [0.001, 0.0034],
    [-1500, 40],
  ]) {
    const ticks = niceTicks(low, high, 4);
    const step = (ticks[1] - ticks[0]) / 10 ** Math.floor(Math.log10(ticks[1] - ticks[0]) + 1e-9);
    assert.ok(ticks.length >= 2 && ticks.length <= 10, String(ticks));
    assert.ok(
      [1, 2, 2.5, 5, 10].some((one) => Math.abs(one - step) < 1e-6),
      String(step),
    );
    assert.ok(ticks[0] >= low - 1e-9 && ticks.at(-1) <= high + 1e-9 * Math.abs(high) + 1e-9);
  }
});

test("the first and the last layer are always named, and names keep their distance", () => {
  for (let count = 2; count < 100; count++) {
    for (const width of [200, 640, 1200]) {
      const ticks = layerTicks(count, width, 26);
      assert.deepEqual([ticks[0], ticks.at(-1)], [0, count - 1]);
      const gaps = ticks.slice(1).map((tick, at) => ((tick - ticks[at]) * width) / (count - 1));
      assert.ok(Math.min(...gaps) >= 26 * 0.7 || ticks.length === 2, `${count} ${width}: ${ticks}`);
    }
  }
});

test("a place in a curve's frame is that of its layer and value", () => {
  const frame = curveFrame({ width: 400, height: 200, count: 9, low: -1, high: 3, scale: 1 });
  for (const layer of [0, 3, 8]) assert.ok(Math.abs(frame.layer(frame.x(layer)) - layer) < 1e-9);
  assert.deepEqual([frame.y(3), frame.y(-1), frame.y(99)], [frame.top, frame.bottom, frame.top]);
});

test("between two layers lies what is between their numbers", () => {
  assert.equal(betweenLayers([2, 4, 8], 1), 4);
  assert.equal(betweenLayers([2, 4, 8], 1.25), 5);
  assert.deepEqual(rowsOf(Float32Array.from([1, 2, 3, 4]), 2), [Float32Array.of(1, 2), Float32Array.of(3, 4)]);
});
