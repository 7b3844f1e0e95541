// @ts-check
// A curve over a model's layers that is also the slider: shared by the canvases that go through layers.

import { attributes } from "./dom.js";
import { drawLine, fitCanvas } from "./draw.js";
import { decimal } from "./numbers.js";

/** Round numbers from `low` to `high`, about `count` of them. */
export function niceTicks(low, high, count) {
  const rough = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough || 1));
  const step = ([1, 2, 2.5, 5, 10].find((s) => s * power >= rough) ?? 10) * power;
  const ticks = [];
  for (let at = Math.ceil(low / step - 1e-9); at * step <= high + step * 1e-6; at++) ticks.push(at * step);
  return ticks;
}

/** Layers that are written under the axis: the first, the last, and round ones between with room of `gap` pixels. */
export function layerTicks(count, width, gap) {
  const last = count - 1;
  const step =
    [1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 48].find((s) => (width / Math.max(1, last)) * s >= gap) ?? last;
  const ticks = [];
  for (let at = 0; at <= last; at += step) ticks.push(at);
  if (ticks[ticks.length - 1] !== last) {
    if (last - ticks[ticks.length - 1] < step * 0.7 && ticks.length > 1) ticks.pop();
    ticks.push(last);
  }
  return ticks;
}

/** Where a curve's plot lies in its canvas, and how numbers become places in it. */
export function curveFrame({ width, height, count, low, high, scale, left = 44, bottom = 24, top = 10, right = 14 }) {
  const area = { left: left * scale, top: top * scale, right: width - right * scale, bottom: height - bottom * scale };
  const [wide, high_] = [area.right - area.left, area.bottom - area.top];
  return {
    ...area,
    x: (layer) => area.left + (wide * layer) / Math.max(1, count - 1),
    y: (value) => area.bottom - (high_ * (Math.min(high, Math.max(low, value)) - low)) / (high - low),
    layer: (x) => Math.min(count - 1, Math.max(0, ((x - area.left) / wide) * (count - 1))),
  };
}

/** The axes of a curve over layers: value ticks with fine lines, layer numbers below. */
export function drawCurveAxes(context, { frame, theme, low, high, count, label, ticks = 4 }) {
  const unit = theme.scale;
  Object.assign(context, { font: `400 ${12 * unit}px ${theme.sans}`, textBaseline: "middle", textAlign: "right" });
  context.lineWidth = 1;
  const marks = niceTicks(low, high, ticks);
  const digits = marks.every((tick) => Math.abs(tick * 10 - Math.round(tick * 10)) < 1e-6) ? 1 : 2;
  for (const tick of marks) {
    const y = Math.round(frame.y(tick)) + 0.5;
    context.strokeStyle = Math.abs(tick) < 1e-9 ? theme.faint : theme.line;
    drawLine(context, frame.left, y, frame.right, y);
    context.fillStyle = theme.muted;
    context.fillText(decimal(tick, digits), frame.left - 8 * unit, y);
  }
  Object.assign(context, { textBaseline: "top", textAlign: "center" });
  for (const layer of layerTicks(count, frame.right - frame.left, 26 * unit))
    context.fillText(String(layer), frame.x(layer), frame.bottom + 7 * unit);
  if (!label) return;
  context.textAlign = "right";
  context.fillText(label, frame.left - 8 * unit, frame.bottom + 7 * unit);
}

/** A line through one value per layer. */
export function drawCurveLine(context, frame, values, colour, { width = 2, dash = [] } = {}) {
  context.beginPath();
  values.forEach((value, layer) => context[layer ? "lineTo" : "moveTo"](frame.x(layer), frame.y(value)));
  Object.assign(context, { strokeStyle: colour, lineWidth: width, lineJoin: "round", lineCap: "round" });
  context.setLineDash(dash);
  context.stroke();
  context.setLineDash([]);
}

/** The area between two values per layer. */
export function drawCurveBand(context, frame, lows, highs, colour, alpha) {
  context.beginPath();
  highs.forEach((value, layer) => context[layer ? "lineTo" : "moveTo"](frame.x(layer), frame.y(value)));
  for (let layer = lows.length - 1; layer >= 0; layer--) context.lineTo(frame.x(layer), frame.y(lows[layer]));
  context.closePath();
  Object.assign(context, { globalAlpha: alpha, fillStyle: colour });
  context.fill();
  context.globalAlpha = 1;
}

/** The chosen layer: an upright line with a handle on the axis and a dot on each value. */
export function drawCurveMark(context, frame, layer, theme, dots) {
  const x = frame.x(layer);
  const unit = theme.scale;
  Object.assign(context, { strokeStyle: theme.fg, fillStyle: theme.fg, lineWidth: 1.25 });
  drawLine(context, x, frame.top - 4 * unit, x, frame.bottom);
  context.beginPath();
  context.roundRect(x - 5 * unit, frame.bottom - 5 * unit, 10 * unit, 10 * unit, 3 * unit);
  context.fill();
  for (const [value, colour] of dots) {
    context.beginPath();
    context.arc(x, frame.y(value), 5 * unit, 0, 2 * Math.PI);
    Object.assign(context, { fillStyle: colour, strokeStyle: theme.bg, lineWidth: 2 });
    context.fill();
    context.stroke();
  }
}

/** A number between two layers' numbers. */
export function betweenLayers(values, layer) {
  const low = Math.floor(layer);
  const share = layer - low;
  return share ? values[low] * (1 - share) + values[low + 1] * share : values[low];
}

/** A typed array as rows of `size`. */
export function rowsOf(values, size) {
  return Array.from({ length: values.length / size }, (_, at) => values.subarray(at * size, (at + 1) * size));
}

/**
 * Makes a canvas a slider over layers. `at()` tells the layer shown, `frame()` the plot's frame, `count()` the number of
 * layers; `move(layer)` follows a pointer (fractions too), `settle(layer)` takes a whole layer when it is let go.
 */
export function listenLayers(canvas, { at, frame, count, move, settle }) {
  let dragged = false;
  const place = (event) => frame().layer(event.offsetX);
  canvas.onpointerdown = (event) => {
    if (event.button) return;
    dragged = true;
    canvas.setPointerCapture(event.pointerId);
    move(place(event));
  };
  canvas.onpointermove = (event) => dragged && move(place(event));
  canvas.onpointerup = (event) => {
    if (dragged) settle(Math.round(place(event)));
    dragged = false;
  };
  canvas.onpointercancel = () => {
    if (dragged) settle(Math.round(at()));
    dragged = false;
  };
  canvas.onkeydown = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const last = count() - 1;
    const now = Math.round(at());
    const arrows = { ArrowLeft: now - 1, ArrowDown: now - 1, ArrowRight: now + 1, ArrowUp: now + 1 };
    const wanted = { ...arrows, Home: 0, End: last, PageUp: now + 5, PageDown: now - 5 }[event.key];
    if (wanted === undefined) return;
    event.preventDefault();
    settle(Math.min(last, Math.max(0, wanted)));
  };
}

/** Tells those who cannot see a slider where it stands. */
export function sayLayers(canvas, { label, layer, count, text }) {
  attributes(canvas, {
    role: "slider",
    "aria-label": label,
    "aria-valuemin": "0",
    "aria-valuemax": count - 1,
    "aria-valuenow": layer,
    "aria-valuetext": text,
  });
}

/** Sizes a canvas to its box's width and returns its context with that size. */
export function layerCanvas(canvas, width, height, ratio) {
  const context = fitCanvas(canvas, width, height, ratio);
  context.clearRect(0, 0, width, height);
  return context;
}
