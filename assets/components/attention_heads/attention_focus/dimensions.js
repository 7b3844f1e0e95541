// q·k of one query and one key, dimension by dimension: q, k and their product as bars. In a rotary model dimensions
// i and i + d/2 form a plane in which q and k turn by an angle that grows with their position: the planes that count
// most are drawn as dials, where the switch between "before" and "with" rotary turns the arrows.

import { drawLine, fitCanvas, fitText } from "../../shared/draw.js";
import { mixColour } from "../../shared/theme.js";
import { formatScore, labelFont } from "../../shared/token_columns.js";
import { dimensionProducts, rotaryPairs, strongestPairs, turned, vectorOf } from "./maths.js";

const DIAL_PADDING = 0.2; // of a dial's cell, left and right

export class DimensionsPanel {
  constructor(root, app) {
    this.app = app;
    this.canvas = root.querySelector(".focus-dims");
    this.hovered = -1; // dimension under the pointer
  }

  layout(width, height) {
    const { theme, rotary } = this.app;
    const size = 12.5 * theme.scale;
    fitCanvas(this.canvas, width, height);
    const beside = rotary && width >= 720 * Math.sqrt(theme.scale);
    const dialsWidth = !rotary ? 0 : beside ? Math.min(width * 0.42, 3 * 170 * theme.scale) : width;
    const barsHeight = rotary && !beside ? height * 0.52 : height;
    this.width = width;
    this.height = height;
    this.size = size;
    this.bars = {
      x: 6.2 * size,
      y: 2,
      width: (beside ? width - dialsWidth - 2.4 * size : width) - 6.2 * size - 4,
      height: barsHeight - 1.8 * size,
    };
    this.dials = {
      x: beside ? width - dialsWidth : 0,
      y: beside ? 0 : barsHeight + size,
      width: dialsWidth,
      height: beside ? height : height - barsHeight - size,
    };
    const rows = Math.max(1, Math.round(this.dials.height / (118 * theme.scale)));
    const columns = Math.max(1, Math.floor(this.dials.width / (112 * theme.scale)));
    this.grid = { rows, columns, count: rotary ? Math.min(rows * columns, this.app.d / 2) : 0 };
    this.pairKey = "";
  }

  // Vectors, planes and strongest planes of the pair looked at; kept while the pair stays.
  pair() {
    const { app } = this;
    const { row, column, d } = app;
    const key = `${app.serial}:${row}:${column}:${this.grid.count}`;
    if (key === this.pairKey) return this.current;
    const [q, k] = [vectorOf(app.arrays.q, row, d), vectorOf(app.arrays.k, column, d)];
    const qBefore = app.rotary ? vectorOf(app.arrays.q_content, row, d) : q;
    const kBefore = app.rotary ? vectorOf(app.arrays.k_content, column, d) : k;
    const planes = app.rotary ? rotaryPairs(q, k, qBefore, kBefore) : [];
    this.pairKey = key;
    this.current = { q, k, qBefore, kBefore, planes, strongest: strongestPairs(planes, this.grid.count) };
    return this.current;
  }

  // q and k turned by a share 0…1 of their rotation: 0 before rotary, 1 as the model uses them.
  vectors(turn) {
    const { q, k, qBefore, kBefore, planes } = this.pair();
    if (turn >= 1) return { q, k };
    if (turn <= 0) return { q: qBefore, k: kBefore };
    const half = q.length / 2;
    const [qNow, kNow] = [new Float64Array(q.length), new Float64Array(k.length)];
    for (const { pair, qBefore: qStart, kBefore: kStart, qTurn, kTurn } of planes) {
      [qNow[pair], qNow[pair + half]] = turned(qStart, qTurn * turn);
      [kNow[pair], kNow[pair + half]] = turned(kStart, kTurn * turn);
    }
    return { q: qNow, k: kNow };
  }

  draw(turn) {
    const context = fitCanvas(this.canvas, this.width, this.height);
    context.clearRect(0, 0, this.width, this.height);
    const { q, k } = this.vectors(turn);
    const { products, sum } = dimensionProducts(q, k);
    this.products = products;
    this.q = q;
    this.k = k;
    this.drawBars(context, q, k, products, sum);
    if (this.grid.count) this.drawDials(context, turn);
  }

  slot(d) {
    const half = this.app.d / 2;
    const gap = this.app.rotary ? this.size * 0.9 : 0;
    const pitch = (this.bars.width - gap) / this.app.d;
    return { x: this.bars.x + d * pitch + (this.app.rotary && d >= half ? gap : 0), pitch };
  }

  drawBars(context, q, k, products, sum) {
    const { app, size } = this;
    const { y, height } = this.bars;
    const unit = height / 4.3;
    const [query, key, total] = [app.labels[app.row], app.labels[app.column], `Σ ${formatScore(sum)}`];
    const rows = [
      { values: q, y, height: unit, name: "q", label: query, colour: app.queryColour },
      { values: k, y: y + unit * 1.15, height: unit, name: "k", label: key, colour: app.keyColour },
      { values: products, y: y + unit * 2.3, height: unit * 2, name: "q × k", label: total, colour: null },
    ];
    this.drawLit(context, y, height);
    for (const row of rows) this.drawRow(context, row);
    Object.assign(context, { font: labelFont(app.theme, size * 0.96), fillStyle: app.theme.muted });
    context.textBaseline = "top";
    const half = app.d / 2;
    for (const d of app.rotary ? [0, half - 1, half, app.d - 1] : [0, app.d - 1]) {
      const { x, pitch } = this.slot(d);
      const first = d === 0 || (app.rotary && d === half);
      context.textAlign = first ? "left" : "right";
      context.fillText(String(d), first ? x : x + pitch, y + height + 3);
    }
  }

  // The dimension under the pointer, with the one it turns with.
  drawLit(context, y, height) {
    const half = this.app.d / 2;
    const lit =
      this.hovered < 0 ? [] : this.app.rotary ? [this.hovered % half, (this.hovered % half) + half] : [this.hovered];
    context.fillStyle = this.app.theme.line;
    for (const d of lit) {
      const { x, pitch } = this.slot(d);
      context.fillRect(x, y, pitch, height);
    }
  }

  drawRow(context, { values, y, height, name, label, colour }) {
    const { theme, colours, d } = this.app;
    const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
    const [most, unit] = [Math.max(high, -low), high > low ? (height - 2) / (high - low) : 0];
    const zero = y + 1 + high * unit;
    Object.assign(context, { strokeStyle: theme.line, lineWidth: 1 });
    drawLine(context, this.bars.x, zero, this.bars.x + this.bars.width, zero);
    for (let at = 0; at < d; at += 1) {
      const { x, pitch } = this.slot(at);
      const length = values[at] * unit;
      context.fillStyle = colours.signed(values[at], most);
      const gap = pitch > 4 ? 1 : 0.3;
      context.fillRect(x + gap / 2, Math.min(zero, zero - length), pitch - gap, Math.max(0.6, Math.abs(length)));
    }
    this.drawRowName(context, y + height / 2, name, label, colour);
  }

  drawRowName(context, middle, name, label, colour) {
    const { theme } = this.app;
    Object.assign(context, { textAlign: "left", textBaseline: "middle", font: labelFont(theme, this.size, 600) });
    context.fillStyle = theme.fg;
    context.fillText(name, colour ? this.size : 0, middle - this.size * 0.75);
    if (colour) this.drawDot(context, this.size * 0.35, middle - this.size * 0.75, colour);
    context.font = labelFont(theme, this.size * (colour ? 1 : 1.12), colour ? 400 : 600);
    context.fillStyle = colour ? theme.muted : theme.fg;
    context.fillText(fitText(context, label, this.bars.x - 8), 0, middle + this.size * 0.75);
  }

  drawDot(context, x, y, colour) {
    context.beginPath();
    context.arc(x, y, this.size * 0.3, 0, 2 * Math.PI);
    context.fillStyle = colour;
    context.fill();
  }

  // The planes that count most, as dials; the sweep is the way that rotary turned each arrow.
  drawDials(context, turn) {
    const { strongest } = this.pair();
    const longest = (side) => Math.max(1e-9, ...strongest.map((plane) => Math.hypot(...plane[side])));
    const [qMost, kMost] = [longest("qBefore"), longest("kBefore")];
    strongest.forEach((plane, at) => {
      const [x, y, width, height] = this.dialBox(at);
      const radius = Math.min(width * (0.5 - DIAL_PADDING / 2), (height - 3.4 * this.size) / 2);
      const middle = [x + width / 2, y + this.size * 1.5 + radius];
      this.drawDial(context, plane, middle, radius, turn, qMost, kMost);
    });
  }

  dialBox(at) {
    const { rows, columns } = this.grid;
    const [width, height] = [this.dials.width / columns, this.dials.height / rows];
    return [this.dials.x + (at % columns) * width, this.dials.y + Math.floor(at / columns) * height, width, height];
  }

  drawDial(context, plane, middle, radius, turn, qMost, kMost) {
    const { theme, d, queryColour, keyColour } = this.app;
    const lit = this.hovered >= 0 && this.hovered % (d / 2) === plane.pair;
    context.beginPath();
    context.arc(...middle, radius, 0, 2 * Math.PI);
    context.fillStyle = lit ? theme.panel : theme.bg;
    context.fill();
    Object.assign(context, { strokeStyle: lit ? theme.muted : theme.line, lineWidth: 1 });
    context.stroke();
    this.drawHand(context, middle, radius, plane.kBefore, plane.kTurn, turn, kMost, keyColour);
    this.drawHand(context, middle, radius, plane.qBefore, plane.qTurn, turn, qMost, queryColour);
    Object.assign(context, { textAlign: "center", textBaseline: "middle", font: labelFont(theme, this.size * 0.96) });
    context.fillStyle = theme.muted;
    context.fillText(`${plane.pair} · ${plane.pair + d / 2}`, middle[0], middle[1] - radius - this.size * 0.8);
    this.drawShare(context, plane, turn, middle[0], middle[1] + radius + this.size * 0.95);
  }

  // "before → after": what the plane adds to q·k; the one that is shown stands out, and counts while the arrows turn.
  drawShare(context, { before, after }, turn, x, y) {
    const { theme, look } = this.app;
    const now = before + (after - before) * turn;
    const texts = [formatScore(look.rotary ? before : now), " → ", formatScore(look.rotary ? now : after)];
    const bold = look.rotary ? 2 : 0;
    const fonts = texts.map((_, at) => labelFont(theme, this.size, at === bold ? 600 : 400));
    const widths = texts.map((text, at) => ((context.font = fonts[at]), context.measureText(text).width));
    let left = x - (widths[0] + widths[1] + widths[2]) / 2;
    context.textAlign = "left";
    texts.forEach((text, at) => {
      Object.assign(context, { font: fonts[at], fillStyle: at === bold ? theme.fg : theme.muted });
      context.fillText(text, left, y);
      left += widths[at];
    });
  }

  // One arrow, its length by the root of the vector's: a pale ghost where it began, the sweep of its turn, and the arrow itself at its present angle.
  drawHand(context, middle, radius, before, angle, turn, most, colour) {
    const length = Math.sqrt(Math.hypot(...before) / most) * radius * 0.92;
    const start = Math.atan2(before[1], before[0]);
    const [now, end] = [start + angle * turn, start + angle];
    context.globalAlpha = 0.5;
    this.drawArrow(context, middle, length, turn > 0.5 ? start : end, mixColour(this.app.theme.bg, colour, 0.8), 1.2);
    context.globalAlpha = 0.16;
    context.beginPath();
    context.moveTo(...middle);
    context.arc(...middle, length * 0.62, -start, -end, angle > 0);
    context.closePath();
    context.fillStyle = colour;
    context.fill();
    context.globalAlpha = 1;
    this.drawArrow(context, middle, length, now, colour, 2.2);
  }

  // Angles are mathematical (counter-clockwise), the canvas's y grows downwards.
  drawArrow(context, [x, y], length, angle, colour, width) {
    const scale = this.app.theme.scale;
    const head = Math.min(7 * scale, length * 0.5);
    const tip = [x + length * Math.cos(angle), y - length * Math.sin(angle)];
    Object.assign(context, { strokeStyle: colour, fillStyle: colour, lineWidth: width * Math.sqrt(scale) });
    context.lineCap = "round";
    drawLine(context, x, y, x + (length - head * 0.7) * Math.cos(angle), y - (length - head * 0.7) * Math.sin(angle));
    context.beginPath();
    context.moveTo(...tip);
    for (const side of [-0.45, 0.45]) {
      context.lineTo(tip[0] - head * Math.cos(angle + side), tip[1] + head * Math.sin(angle + side));
    }
    context.closePath();
    context.fill();
  }

  // The dimension under the pointer, over a bar or (its first) over a dial; −1 elsewhere.
  at(clientX, clientY) {
    const box = this.canvas.getBoundingClientRect();
    const [x, y] = [clientX - box.left, clientY - box.top];
    const { bars, app } = this;
    if (x >= bars.x && x <= bars.x + bars.width && y <= bars.y + bars.height) {
      for (let d = app.d - 1; d >= 0; d -= 1) if (x >= this.slot(d).x) return d;
    }
    const found = this.pair().strongest.findIndex((_, at) => {
      const [left, top, width, height] = this.dialBox(at);
      return x >= left && x < left + width && y >= top && y < top + height;
    });
    return found < 0 ? -1 : this.pair().strongest[found].pair;
  }
}
