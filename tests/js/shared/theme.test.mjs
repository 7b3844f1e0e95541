import assert from "node:assert/strict";
import test from "node:test";

import {
  fromOklab,
  mixColour,
  parseColour,
  rampTable,
  themeFrom,
  toOklab,
} from "../../../assets/components/shared/theme.js";

const near = (found, wanted, most) =>
  found.forEach((value, at) => assert.ok(Math.abs(value - wanted[at]) <= most, `${found} is not ${wanted}`));

test("colours of every notation are read, and nothing else", () => {
  assert.deepEqual(parseColour("#abc"), [170, 187, 204, 1]);
  assert.deepEqual(parseColour(" #AABBCC80 "), [170, 187, 204, 128 / 255]);
  assert.deepEqual(parseColour("rgb(1, 2, 3)"), [1, 2, 3, 1]);
  assert.deepEqual(parseColour("rgba(1 2 3 / 0.5)"), [1, 2, 3, 0.5]);
  for (const text of ["", null, "#12345", "red", "rgb(1, 2)", "rgb(a, b, c)"]) assert.equal(parseColour(text), null);
});

test("OKLab has the values that CSS Color 4 gives", () => {
  near(toOklab([255, 255, 255]), [1, 0, 0], 1e-4);
  near(toOklab([255, 0, 0]), [0.62796, 0.22486, 0.12585], 1e-4);
  near(toOklab([0, 128, 0]), [0.51975, -0.1403, 0.10768], 1e-4);
});

test("every colour comes back from OKLab", () => {
  for (let red = 0; red < 256; red += 51)
    for (let green = 0; green < 256; green += 51)
      for (let blue = 0; blue < 256; blue += 51)
        assert.deepEqual(fromOklab(toOklab([red, green, blue])), [red, green, blue]);
});

test("a mixture begins at one colour and ends at the other", () => {
  assert.equal(mixColour("#123456", "#fedcba", 0), "rgb(18, 52, 86)");
  assert.equal(mixColour("#123456", "#fedcba", 1), "rgb(254, 220, 186)");
});

test("a ramp begins at the background, and each step is nearer to the ink", () => {
  for (const [ground, dark] of [
    [[255, 255, 255], false],
    [[16, 18, 22], true],
  ]) {
    const table = rampTable(ground, dark, 258);
    assert.deepEqual([...table.subarray(0, 3)], ground);
    const light = Array.from({ length: 256 }, (_, at) => toOklab([...table.subarray(4 * at, 4 * at + 3)])[0]);
    for (let at = 16; at < 256; at += 16) assert.ok(dark ? light[at] > light[at - 16] : light[at] < light[at - 16]);
  }
});

test("a theme without its variables is paper; a dark background makes a dark one", () => {
  assert.equal(themeFrom(() => "").dark, false);
  const theme = themeFrom((name) => ({ "--st-background-color": "#101216", "--gb-scale": "1.6" })[name] ?? "");
  assert.deepEqual([theme.dark, theme.scale, theme.bg], [true, 1.6, "#101216"]);
});
