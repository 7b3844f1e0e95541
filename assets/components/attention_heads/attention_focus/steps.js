// One query's row as bars, one bar a key, at the chosen step: raw q·k, scaled, masked, softmax. Between two steps every
// bar moves to its new height.

import { drawLine, fitCanvas, percent } from "../../shared/draw.js";
import { mixColour } from "../../shared/theme.js";
import {
  columnHeight,
  columnMode,
  drawColumnLabel,
  formatScore,
  hatchPattern,
  labelFont,
  labelRoom,
  labelStride,
  roundedPath,
} from "../../shared/token_columns.js";
import { isVisible, largest } from "./maths.js";

// Keys whose numbers are drawn, the most important first: all where there is room, else the one looked at and the
// largest.
function narrowFirst(top, chosen, n, narrow) {
  if (!narrow) return Array.from({ length: n }, (_, key) => key);
  return chosen < 0 ? top : [chosen, ...top.filter((key) => key !== chosen)];
}

export class StepsPanel {
  constructor(root, app) {
    this.app = app;
    this.canvas = root.querySelector(".focus-bars");
  }

  layout(width, height) {
    const { theme, labels, n } = this.app;
    const size = 12.5 * theme.scale;
    this.width = width;
    this.height = height;
    this.size = size;
    const context = fitCanvas(this.canvas, width, height);
    context.font = labelFont(theme, size);
    this.left = Math.ceil(4.4 * size);
    this.pitch = Math.min(10 * size, (width - this.left - 6) / n);
    this.mode = columnMode(context, labels, this.pitch);
    this.band = Math.ceil(columnHeight(context, labels, this.mode, size, Math.min(6.5 * size, height * 0.34)));
    this.room = labelRoom(this.mode, this.band, size);
    this.top = Math.ceil(1.7 * size);
    this.plot = height - this.top - this.band;
  }

  at(clientX) {
    const box = this.canvas.getBoundingClientRect();
    const key = Math.floor((clientX - box.left - this.left) / this.pitch);
    return key >= 0 && key < this.app.n ? key : -1;
  }

  // Where zero lies and how tall one unit is, for a row of values; the scores of all steps share one shape.
  range(values) {
    let [low, high] = [0, 0];
    for (const value of values) {
      if (!Number.isFinite(value)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    const unit = high - low > 0 ? (this.plot - (low < 0 ? this.size * 1.5 : 0)) / (high - low) : 0;
    return { low, high, unit, zero: this.top + high * unit };
  }

  geometry(step) {
    const { row, n, causal } = this.app;
    const values = this.app.rowValues(step, row);
    const shape = this.range(step === "masked" ? this.app.rowValues("scaled", row) : values);
    const hides = step === "masked" || step === "softmax";
    const bars = Array.from({ length: n }, (_, key) => {
      const hidden = hides && !isVisible(row, key, causal);
      const value = hidden ? 0 : values[key];
      return { value: values[key], hidden, zero: shape.zero, end: shape.zero - value * shape.unit };
    });
    return { step, values, bars, ...shape };
  }

  draw(from, to, progress) {
    const context = fitCanvas(this.canvas, this.width, this.height);
    context.clearRect(0, 0, this.width, this.height);
    const now = this.geometry(to);
    const past = progress < 1 ? this.geometry(from) : now;
    this.drawAxis(context, now);
    this.drawHidden(context, past, now, progress);
    const top = largest(now.values, 4);
    for (let key = 0; key < this.app.n; key += 1)
      this.drawBar(context, key, past.bars[key], now.bars[key], progress, now);
    this.taken = [];
    const keys = narrowFirst(top, this.app.view.key, this.app.n, this.pitch < 3.6 * this.size);
    if (progress >= 1) for (const key of keys) this.drawNumber(context, key, now.bars[key], now.step);
    this.drawNames(context);
  }

  drawAxis(context, { low, high, unit, zero, step }) {
    const { theme } = this.app;
    const say = step === "softmax" ? percent : formatScore;
    Object.assign(context, { font: labelFont(theme, this.size), textAlign: "right", textBaseline: "middle" });
    Object.assign(context, { strokeStyle: theme.faint, lineWidth: 1 });
    drawLine(context, this.left, Math.round(zero) + 0.5, this.left + this.pitch * this.app.n, Math.round(zero) + 0.5);
    const ticks = [high, 0, low].filter((value, at, all) => all.indexOf(value) === at);
    for (const value of ticks) {
      const y = zero - value * unit;
      context.fillStyle = theme.muted;
      if (value === 0 || Math.abs(y - zero) > this.size) context.fillText(say(value), this.left - 7, y);
    }
  }

  drawHidden(context, past, now, progress) {
    const hidden = (bars) => bars.bars.findIndex((bar) => bar.hidden);
    const [before, after] = [hidden(past), hidden(now)];
    const first = Math.max(before, after);
    if (first < 0) return;
    context.globalAlpha = (before >= 0 ? 1 - progress : 0) + (after >= 0 ? progress : 0);
    const x = this.left + first * this.pitch;
    context.fillStyle = this.app.theme.panel;
    context.fillRect(x, this.top, this.pitch * this.app.n - first * this.pitch, this.plot);
    context.fillStyle = hatchPattern(context, this.app.theme);
    context.fillRect(x, this.top, this.pitch * this.app.n - first * this.pitch, this.plot);
    context.globalAlpha = 1;
    if (now.step !== "masked" || this.pitch < 2.2 * this.size || progress < 1) return;
    Object.assign(context, { fillStyle: this.app.theme.muted, textAlign: "center" });
    for (let key = first; key < this.app.n; key += 1) {
      context.fillText("−∞", this.left + (key + 0.5) * this.pitch, this.top + this.plot / 2);
    }
  }

  drawBar(context, key, past, now, progress, { step, high, low }) {
    const { theme, view, colours } = this.app;
    const mix = (a, b) => a + (b - a) * progress;
    const most = Math.max(high, -low);
    const [zero, end] = [mix(past.zero, now.zero), mix(past.end, now.end)];
    const gap = this.pitch > 5 ? Math.min(6, this.pitch * 0.18) : 0.5;
    const x = this.left + key * this.pitch + gap / 2;
    if (key === view.key) {
      roundedPath(context, x - 1, this.top - 2, this.pitch - gap + 2, this.plot + 4, 4);
      context.fillStyle = mixColour(theme.bg, this.app.keyColour, 0.16);
      context.fill();
    }
    const kept = !now.hidden && Number.isFinite(now.value);
    context.fillStyle = kept ? colours.bar(step === "softmax", now.value, most) : theme.line;
    const [y, height] = [Math.min(zero, end), Math.max(Math.abs(end - zero), kept ? 1 : 0)];
    roundedPath(context, x, y, this.pitch - gap, height, 3);
    context.fill();
  }

  // The value at a bar's end: of every bar where there is room, else of the key looked at, else of the largest three.
  drawNumber(context, key, { value, hidden, zero, end }, step) {
    const { theme, view } = this.app;
    const chosen = key === view.key;
    if (hidden || !Number.isFinite(value) || (step === "softmax" && value < 0.001 && !chosen)) return;
    const narrow = this.pitch < 3.6 * this.size;
    Object.assign(context, { font: labelFont(theme, this.size, chosen ? 600 : 400), textAlign: "center" });
    context.textBaseline = "middle";
    const text = step === "softmax" ? percent(value) : formatScore(value);
    const half = context.measureText(text).width / 2;
    const middle = Math.min(this.width - half - 2, Math.max(this.left + half, this.left + (key + 0.5) * this.pitch));
    const y = end + (end > zero + 0.5 ? 0.75 : -0.75) * this.size;
    if (this.taken.some(([from, to]) => middle + half > from && middle - half < to)) return;
    if (narrow) {
      this.taken.push([middle - half - 6, middle + half + 6]);
      Object.assign(context, { strokeStyle: theme.bg, lineWidth: 4, lineJoin: "round" });
      context.strokeText(text, middle, y);
    }
    context.fillStyle = chosen ? theme.fg : theme.muted;
    context.fillText(text, middle, y);
  }

  drawNames(context) {
    const { theme, labels, view, n, keyColour } = this.app;
    const { mode, size, room } = this;
    const stride = labelStride(this.pitch, size * 1.22);
    const edge = this.top + this.plot;
    const name = (key, chip) => {
      context.fillStyle = chip ? theme.fg : theme.muted;
      context.font = labelFont(theme, size, chip ? 600 : 400);
      const middle = this.left + (key + 0.5) * this.pitch;
      drawColumnLabel(context, labels[key], middle, edge, { mode, size, room, below: true, chip });
    };
    for (let key = 0; key < n; key += stride) if (key !== view.key) name(key, null);
    if (view.key >= 0) name(view.key, { fill: mixColour(theme.bg, keyColour, 0.26), stroke: keyColour });
  }
}
