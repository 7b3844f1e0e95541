// The text written twice, queries left and keys right, joined by curves: the wider the curve, the larger the weight.
// Two canvases: curves of the whole head (drawn once, paled by CSS while one token is looked at) and, above them,
// labels with the curves of that one token. Long texts scroll inside; keys out of sight are named at the edge.

import { fitCanvas, fitText, percent } from "../../shared/draw.js";
import { mixColour } from "../../shared/theme.js";
import { labelFont, roundedPath } from "../../shared/token_columns.js";
import { columnOf, largest, rowOf } from "./maths.js";

const ARC_LEAST = 0.02; // weights below are not drawn for the whole head
const ARC_ROW_LEAST = 0.004; // … for one token
const ARC_LEVELS = 10;

export class ArcsPanel {
  constructor(root, app) {
    this.app = app;
    this.scroller = root.querySelector(".focus-scroll");
    this.spacer = root.querySelector(".focus-spacer");
    this.curves = root.querySelector(".focus-curves");
    this.labels = root.querySelector(".focus-labels");
  }

  // Sizes the panel; returns nothing, draws nothing.
  layout(width, height) {
    const { theme, labels, n } = this.app;
    const size = 13 * theme.scale;
    this.width = width;
    this.height = height;
    this.size = size;
    const least = n * size * 1.42 <= height ? 1.42 : 1.6; // closer where that spares scrolling
    this.pitch = Math.max(size * least, Math.min(size * 2.7, height / Math.max(1, n)));
    const context = fitCanvas(this.labels, width, height);
    fitCanvas(this.curves, width, height);
    context.font = labelFont(theme, size);
    const widest = labels.reduce((wide, label) => Math.max(wide, context.measureText(label).width), 0);
    this.labelWidth = Math.ceil(Math.min(Math.max(2.5 * size, widest + 4), width * 0.27, 11 * size));
    this.sideWidth = 4.1 * size;
    this.left = this.sideWidth + this.labelWidth;
    this.right = width - this.left;
    this.content = Math.max(height, n * this.pitch);
    this.top = Math.max(0, (height - n * this.pitch) / 2);
    this.spacer.style.height = `${this.content}px`;
    this.cut = labels.map((label) => fitText(context, label, this.labelWidth));
    this.pairs = null;
  }

  get scrolls() {
    return this.content > this.height + 1;
  }

  y(token) {
    return this.top + (token + 0.5) * this.pitch - this.scroller.scrollTop;
  }

  // Scrolls so that a token stands in the middle third, only where it is out of sight.
  reveal(token, instant = false) {
    if (!this.scrolls || token < 0) return;
    const y = this.y(token);
    if (y > this.pitch && y < this.height - this.pitch) return;
    const behavior = instant || this.app.theme.reducedMotion ? "instant" : "smooth";
    this.scroller.scrollTo({ top: this.top + token * this.pitch - this.height / 3, behavior });
  }

  // The token under the pointer: the left half speaks of queries, the right half of keys.
  at(clientX, clientY) {
    const box = this.labels.getBoundingClientRect();
    const token = Math.floor((clientY - box.top - this.top + this.scroller.scrollTop) / this.pitch);
    if (token < 0 || token >= this.app.n) return null;
    return clientX - box.left < this.width / 2 ? { side: "token", token } : { side: "key", token };
  }

  collect() {
    const { weights, n } = this.app;
    this.pairs = [];
    for (let cell = 0; cell < weights.length; cell += 1) {
      if (weights[cell] >= ARC_LEAST) this.pairs.push([Math.floor(cell / n), cell % n, weights[cell]]);
    }
  }

  curve(context, query, key) {
    const [from, to, middle] = [this.left + 12, this.right - 12, this.width / 2];
    const [y0, y1] = [this.y(query), this.y(key)];
    context.moveTo(from, y0);
    context.bezierCurveTo(middle, y0, middle, y1, to, y1);
  }

  lineWidth(weight) {
    return 0.6 + weight * Math.min(9 * this.app.theme.scale, this.pitch * 0.42);
  }

  // Curves of the whole head: one path and one stroke a level, so that crossings do not pile up to noise.
  drawCurves() {
    const context = fitCanvas(this.curves, this.width, this.height, this.app.ratio);
    context.clearRect(0, 0, this.width, this.height);
    if (!this.pairs) this.collect();
    const { theme } = this.app;
    const levels = Array.from({ length: ARC_LEVELS }, () => []);
    for (const pair of this.pairs) {
      const [y0, y1] = [this.y(pair[0]), this.y(pair[1])];
      if (Math.max(y0, y1) < 0 || Math.min(y0, y1) > this.height) continue;
      levels[Math.min(ARC_LEVELS - 1, Math.floor(pair[2] * ARC_LEVELS))].push(pair);
    }
    context.lineCap = "round";
    levels.forEach((pairs, level) => {
      const weight = (level + 0.5) / ARC_LEVELS;
      context.beginPath();
      for (const [query, key] of pairs) this.curve(context, query, key);
      Object.assign(context, { globalAlpha: 0.16 + 0.6 * weight, lineWidth: this.lineWidth(weight) * 0.7 });
      context.strokeStyle = theme.sequential(0.38 + 0.3 * weight);
      context.stroke();
    });
    context.globalAlpha = 1;
  }

  // Labels, and the curves, bars and per cents of the token looked at.
  drawLabels() {
    const context = fitCanvas(this.labels, this.width, this.height, this.app.ratio);
    context.clearRect(0, 0, this.width, this.height);
    const { view, n, weights } = this.app;
    const active = view.token >= 0 || view.key >= 0;
    this.curves.classList.toggle("pale", active);
    this.given = view.token >= 0 ? rowOf(weights, view.token, n) : null;
    this.got = view.token < 0 && view.key >= 0 ? columnOf(weights, view.key, n) : null;
    if (this.given) this.drawActive(context, this.given, (key) => [view.token, key], view.key);
    if (this.got) this.drawActive(context, this.got, (query) => [query, view.key], -1);
    this.drawSide(context, "token", this.got, view.token);
    this.drawSide(context, "key", this.given, view.key);
    if (this.scrolls) this.drawEdges(context);
  }

  drawActive(context, shares, ends, chosen) {
    const { theme } = this.app;
    context.lineCap = "round";
    for (let other = 0; other < shares.length; other += 1) {
      const weight = shares[other];
      if (weight < ARC_ROW_LEAST && other !== chosen) continue;
      context.beginPath();
      this.curve(context, ...ends(other));
      context.globalAlpha = chosen >= 0 && other !== chosen ? 0.28 : 1;
      context.lineWidth = this.lineWidth(weight) + 0.5;
      context.strokeStyle = theme.sequential(0.34 + 0.5 * Math.sqrt(weight));
      context.stroke();
    }
    context.globalAlpha = 1;
  }

  // One column of labels; `shares` (or null) are its weights for the token looked at on the other side.
  drawSide(context, side, shares, chosen) {
    const first = Math.max(0, Math.floor((this.scroller.scrollTop - this.top) / this.pitch));
    const last = Math.min(this.app.n - 1, first + Math.ceil(this.height / this.pitch));
    context.textBaseline = "middle";
    for (let token = first; token <= last; token += 1) this.drawToken(context, side, token, shares, chosen);
  }

  drawToken(context, side, token, shares, chosen) {
    const { theme, special, view } = this.app;
    const y = this.y(token);
    const left = side === "token";
    const share = shares ? shares[token] : 0;
    context.font = labelFont(theme, this.size, token === chosen ? 600 : 400);
    if (token === chosen) this.drawChip(context, left, token, y);
    else if (shares) this.drawBar(context, left, y, share);
    const active = view.token >= 0 || view.key >= 0;
    const strong = token === chosen || (shares ? share >= 0.02 : !active);
    context.fillStyle = strong ? (special[token] ? theme.muted : theme.fg) : theme.faint;
    context.textAlign = left ? "right" : "left";
    context.fillText(this.cut[token], left ? this.left : this.right, y);
    if (!shares || (share < 0.005 && token !== chosen)) return;
    context.font = labelFont(theme, this.size * 0.93, share >= 0.1 ? 600 : 400);
    context.textAlign = left ? "left" : "right";
    context.fillStyle = share >= 0.02 || token === chosen ? theme.fg : theme.muted;
    context.fillText(percent(share), left ? 2 : this.width - 2, y);
  }

  // The chosen token's label stands on its own colour: query or key.
  drawChip(context, left, token, y) {
    const { theme } = this.app;
    const width = Math.min(this.labelWidth, context.measureText(this.cut[token]).width) + 12;
    const colour = left ? this.app.queryColour : this.app.keyColour;
    const x = left ? this.left + 6 - width : this.right - 6;
    roundedPath(context, x, y - this.pitch * 0.42, width, this.pitch * 0.84, 5);
    context.fillStyle = mixColour(theme.bg, colour, 0.26);
    context.fill();
    Object.assign(context, { strokeStyle: colour, lineWidth: 1.2 });
    context.stroke();
  }

  drawBar(context, left, y, share) {
    const { theme } = this.app;
    const width = share * (this.labelWidth + this.sideWidth - 2);
    if (width < 0.5) return;
    const x = left ? this.left + 5 - width : this.right - 5;
    roundedPath(context, x, y - this.pitch * 0.38, width, this.pitch * 0.76, 3);
    Object.assign(context, { globalAlpha: theme.dark ? 0.34 : 0.2, fillStyle: theme.sequential(0.55) });
    context.fill();
    context.globalAlpha = 1;
  }

  // Keys (or queries) that matter but are scrolled away: the strongest above and below, by name and per cent.
  drawEdges(context) {
    const shares = this.given ?? this.got;
    if (!shares) return;
    const strong = largest(shares, 6).filter((token) => shares[token] >= 0.03);
    const above = strong.filter((token) => this.y(token) < 0).slice(0, 2);
    const below = strong.filter((token) => this.y(token) > this.height).slice(0, 2);
    const rowHeight = this.size * 1.7;
    above.forEach((token, at) => this.drawEdge(context, token, shares[token], "↑", (at + 0.5) * rowHeight));
    below.forEach((token, at) =>
      this.drawEdge(context, token, shares[token], "↓", this.height - (at + 0.5) * rowHeight),
    );
  }

  drawEdge(context, token, share, arrow, y) {
    const { theme } = this.app;
    const left = Boolean(this.got);
    const width = this.labelWidth + this.sideWidth + 6;
    const x = left ? 1 : this.width - width - 1;
    context.font = labelFont(theme, this.size * 0.93, 600);
    roundedPath(context, x, y - this.size * 0.8, width, this.size * 1.6, 5);
    context.fillStyle = theme.panel;
    context.fill();
    Object.assign(context, { strokeStyle: theme.border, lineWidth: 1 });
    context.stroke();
    context.fillStyle = theme.fg;
    const number = percent(share);
    const room = width - context.measureText(number).width - 2.6 * this.size;
    context.textAlign = "left";
    context.fillText(`${arrow} ${fitText(context, this.app.labels[token], room)}`, x + 7, y);
    context.textAlign = "right";
    context.fillText(number, x + width - 7, y);
  }
}
