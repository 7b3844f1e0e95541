// The look of the map: colours of points, and all that lies over them (lines to neighbours, labels, axes, the lasso).

import {
  composePicture,
  drawLine,
  easeOut,
  fillWords,
  fitCanvas,
  percent,
  pictureLink,
  screenRatio,
} from "../../shared/draw.js";
import { labelLayout } from "../../shared/label_layout.js";
import { decimal } from "../../shared/numbers.js";
import { mixColour, parseColour, whiteTheme } from "../../shared/theme.js";
import { cameraBetween, cameraFit, cameraLens, cameraProject } from "./camera.js";
import { dotsPaint } from "./dots.js";
import { mapRadius } from "./model.js";

const MAP_TRAVEL = 280; // milliseconds of a change
const MAP_NIGHT_BLUE = "#8a8cff"; // as in core/figures/style.py
const MAP_ALL = 0.9995; // share of the variance that counts as all of it
const MAP_EDGE = 26; // CSS pixels kept free around the points

/** Its other fields are those of `EmbeddingMap`. */
export class MapDrawing extends /** @type {any} */ (Object) {
  /** @type {import("./model.js").MapPoints} */ points;

  // ── colours ───────────────────────────────────────────────────────────────────────────────────────────────

  groupColour(group) {
    const { theme } = this;
    if (!this.points.meta.groups.length) return theme.dark ? "#56b4e9" : theme.categories[0];
    if (group === 255) return theme.muted;
    const colour = theme.categories[this.points.meta.tones[group]];
    if (colour === "#f0e442" && !theme.dark) return mixColour(colour, theme.fg, 0.24);
    return colour === "#0072b2" && theme.dark ? MAP_NIGHT_BLUE : colour;
  }

  /** Points outside what is looked for stand back. */
  dress() {
    const { points, theme } = this;
    const count = points.count;
    const [colours, sizes] = [new Uint8Array(4 * count), new Uint8Array(count)];
    const base = Array.from({ length: 256 });
    for (let group = 0; group < 256; group++)
      base[group] = group < points.meta.groups.length || group === 255 ? parseColour(this.groupColour(group)) : null;
    const dim = parseColour(theme.muted);
    const radius = mapRadius(count) * theme.scale;
    const solid = points.dims === 3;
    const grouped = points.meta.groups.length > 0;
    const layers = [[], [], []];
    const marked = this.marked();
    for (let i = 0; i < count; i++) {
      const out = marked ? !marked[i] : false;
      const [red, green, blue] = out ? dim : (base[points.groups[i]] ?? base[255]);
      const rest = !out && points.groups[i] === 255;
      colours.set([red, green, blue, this.opacity(out, rest, marked)], 4 * i);
      layers[out ? 0 : rest ? 1 : 2].push(i);
      sizes[i] = Math.min(
        255,
        Math.round(16 * radius * (out ? 0.8 : marked ? 1.25 : solid && rest && grouped ? 0.72 : 1)),
      );
    }
    const order = Uint16Array.from(layers.flatMap((layer) => layer.reverse()));
    Object.assign(this, { colours, sizes, order, shown: marked });
    this.dots.dress(colours, sizes, order);
  }

  /** Of a point that is left out or belongs to the rest, 0–255: the rest stands back where there are groups. */
  opacity(out, rest, marked) {
    const { points } = this;
    const [solid, many, grouped] = [points.dims === 3, points.count > 3000, points.meta.groups.length > 0];
    if (out) return solid ? 60 : 50;
    if (solid) return rest && grouped ? 105 : 255;
    if (marked) return 235;
    if (rest && grouped) return many ? 80 : 115;
    return many ? 165 : 215;
  }

  /** Which points are meant by group, search and lasso; null: all. */
  marked() {
    const { points, isolated, found, chosen } = this;
    if (isolated < 0 && !found && !chosen.length) return null;
    const marked = new Uint8Array(points.count).fill(found || chosen.length ? 0 : 1);
    for (const i of found ?? chosen) marked[i] = 1;
    if (isolated >= 0) for (let i = 0; i < points.count; i++) if (points.groups[i] !== isolated) marked[i] = 0;
    return marked;
  }

  // ── frames ────────────────────────────────────────────────────────────────────────────────────────────────

  room() {
    return { width: this.stage.clientWidth, height: this.stage.clientHeight };
  }

  lens(camera = this.camera) {
    const { width, height } = this.room();
    const edge = MAP_EDGE * this.theme.scale;
    return cameraLens(camera, {
      width,
      height,
      fit: cameraFit(this.points.reach, this.points.dims, width, height, edge),
    });
  }

  grow() {
    return Math.min(2, Math.max(0.8, this.camera.zoom ** 0.22));
  }

  draw() {
    if (!this.ready || !this.stage.clientWidth) return;
    this.advance(performance.now());
    if (this.dots.lost()) this.fall();
    if (this.stale) this.dress();
    this.stale = false;
    const { points, px, py, near } = this;
    const lens = this.lens();
    cameraProject(lens, this.places, px, py, near);
    if (this.pointer && !this.drag && !this.move) this.seek();
    const ground = parseColour(this.theme.bg);
    this.dots.draw({ lens, dims: points.dims, ratio: this.ratio, ground, grow: this.grow(), px, py, near });
    const context = fitCanvas(this.over, lens.width, lens.height, this.ratio);
    context.clearRect(0, 0, lens.width, lens.height);
    this.drawOver(context, lens);
    this.hint();
    if (this.move) this.frame();
    else if (this.box.dataset.moving) delete this.box.dataset.moving;
  }

  /** Points and camera on their way from where they were. */
  advance(now) {
    const { move } = this;
    if (!move) return;
    const t = this.theme.reducedMotion ? 1 : easeOut((now - move.start) / MAP_TRAVEL);
    this.camera = cameraBetween(move.camera, move.goal, t);
    if (move.from) {
      const to = this.points.positions;
      for (let k = 0; k < to.length; k++) this.places[k] = move.from[k] + (to[k] - move.from[k]) * t;
      this.dots.place(this.places);
    }
    if (t >= 1) this.move = null;
  }

  travel(goal, from = null) {
    this.move = { camera: { ...this.camera }, goal, from, start: performance.now() };
    this.box.dataset.moving = "1";
    this.frame();
  }

  // ── what lies over the points ─────────────────────────────────────────────────────────────────────────────

  font(weight = 400, size = 13) {
    return `${weight} ${Math.round(size * this.theme.scale)}px ${this.theme.sans}`;
  }

  drawOver(context, lens) {
    const focus = this.focus();
    this.drawAxes(context, lens);
    const near = focus >= 0 ? this.points.neighbours(focus) : [];
    if (focus >= 0) this.drawLines(context, focus, near);
    this.drawLabels(context, lens, focus, near);
    if (this.ring?.length > 1) this.drawLasso(context);
  }

  drawLines(context, focus, near) {
    const { px, py, theme, points } = this;
    const strengths = near.map(([, value]) => value);
    const [low, high] = [Math.min(...strengths), Math.max(...strengths)];
    context.lineCap = "round";
    for (const [i, value] of near) {
      const share = high > low ? (value - low) / (high - low) : 1;
      Object.assign(context, { strokeStyle: theme.fg, globalAlpha: 0.3 + 0.5 * share });
      context.lineWidth = (0.8 + 1.6 * share) * theme.scale;
      drawLine(context, px[focus], py[focus], px[i], py[i]);
    }
    context.globalAlpha = 1;
    const radius = mapRadius(points.count) * theme.scale * this.grow() + 1;
    for (const [i, extra] of [...near.map(([other]) => [other, 0]), [focus, 2.5]]) {
      context.beginPath();
      context.arc(px[i], py[i], radius + extra, 0, 2 * Math.PI);
      context.fillStyle = this.groupColour(points.groups[i]);
      context.fill();
      Object.assign(context, { lineWidth: extra ? 2.5 : 1.5, strokeStyle: extra ? theme.fg : theme.bg });
      context.stroke();
    }
  }

  /** The width of a word in the font of labels, measured once. @returns {[number, number]} */
  labelSize(i, context) {
    const widths = (this.widths ??= new Map());
    let width = widths.get(i);
    if (width === undefined) widths.set(i, (width = context.measureText(this.labelText(i)).width));
    return [width + 1, 16 * this.theme.scale];
  }

  labelText(i) {
    const text = this.points.labels[i];
    return text.length > 24 ? `${Array.from(text).slice(0, 22).join("")}…` : text;
  }

  *labelOrder() {
    const { points, shown, near } = this;
    const solid = points.dims === 3;
    if (solid && this.held) for (const i of this.held) if (near[i] > 0.96) yield i;
    const order = this.found ?? (this.chosen.length ? this.chosen : null);
    if (order) for (const i of order) if (!shown || shown[i]) yield i;
    if (order) return;
    for (let i = 0; i < points.count; i++) if ((!shown || shown[i]) && (!solid || near[i] > 1)) yield i;
  }

  drawLabels(context, { width, height }, focus, near) {
    const { px, py, theme, points } = this;
    Object.assign(context, { font: this.font(), textAlign: "left", textBaseline: "middle" });
    const gap = mapRadius(points.count) * theme.scale * this.grow() + 3;
    const must = focus >= 0 ? [focus, ...near.map(([other]) => other)] : [];
    const picked = this.picked >= 0 && this.picked !== focus ? [this.picked] : [];
    const which = { must: [...must, ...picked], order: this.labelOrder(), taken: this.axisBoxes ?? [] };
    const much = { pad: 4, most: Math.round((width * height) / (9500 * theme.scale ** 1.5)) };
    const each = { gap: (i) => gap + (i === focus ? 4 : 0), size: (i) => this.labelSize(i, context) };
    const boxes = labelLayout({ ...which, px, py, width, height, ...much, ...each });
    this.held = [...boxes.keys()].filter((i) => !must.includes(i));
    Object.assign(context, { lineJoin: "round", lineWidth: 3.5, strokeStyle: theme.bg });
    const told = new Set([...must, ...picked]);
    for (const [i, [left, top, , bottom]] of [...boxes].reverse()) {
      const strong = i === focus || i === this.picked;
      if (strong) context.font = this.font(650);
      context.fillStyle = told.has(i) ? theme.fg : focus >= 0 ? theme.muted : theme.fg;
      context.globalAlpha = told.has(i) || focus < 0 ? 1 : this.hover >= 0 ? 0.55 : 0.8;
      context.strokeText(this.labelText(i), left, (top + bottom) / 2);
      context.fillText(this.labelText(i), left, (top + bottom) / 2);
      if (strong) context.font = this.font();
    }
    context.globalAlpha = 1;
    this.box.dataset.labels = String(boxes.size);
    this.labelBoxes = boxes;
  }

  // ── axes ──────────────────────────────────────────────────────────────────────────────────────────────────

  axisName(axis) {
    const { words, points } = this;
    const share = points.meta.explained[axis];
    return fillWords(share === undefined ? words.axis_plain : words.axis, {
      number: axis + 1,
      share: percent(share ?? 0),
    });
  }

  /** Only the axes of PCA mean something: directions of the original space, with their share of the variance. */
  drawAxes(context, lens) {
    this.axisBoxes = [];
    if (this.points.meta.method !== "pca") return;
    const { theme } = this;
    Object.assign(context, { font: this.font(400, 12), fillStyle: theme.muted, strokeStyle: theme.faint });
    context.textBaseline = "middle";
    if (this.points.dims === 3) return this.drawTripod(context, lens);
    const line = 16 * theme.scale;
    const [right, up] = [`${this.axisName(0)} →`, `↑ ${this.axisName(1)}`];
    const wide = context.measureText(right).width;
    Object.assign(context, { textAlign: "left", strokeStyle: theme.bg, lineWidth: 4, lineJoin: "round" });
    for (const [text, x, y] of [
      [right, lens.width - wide - 10, lens.height - line / 2 - 5],
      [up, 10, line / 2 + 6],
    ]) {
      context.strokeText(text, x, y);
      context.fillText(text, x, y);
    }
    this.axisBoxes.push(
      [lens.width - wide - 14, lens.height - line - 8, lens.width, lens.height],
      [0, 0, context.measureText(up).width + 14, line + 10],
    );
    return undefined;
  }

  drawTripod(context, lens) {
    const { theme, places } = this;
    const [x, y, long] = [46 * theme.scale, lens.height - 42 * theme.scale, 26 * theme.scale];
    Object.assign(context, { lineWidth: 1.5, textAlign: "center" });
    [0, 1, 2].forEach((axis) => {
      const [dx, dy] = [lens.right[axis] * long, -lens.up[axis] * long];
      context.strokeStyle = theme.muted;
      drawLine(context, x, y, x + dx, y + dy);
      context.fillText(String(axis + 1), x + dx * 1.4, y + dy * 1.4);
    });
    this.axisBoxes.push([0, lens.height - 92 * theme.scale, 94 * theme.scale, lens.height]);
    return places;
  }

  drawLasso(context) {
    const { ring, theme } = this;
    context.beginPath();
    for (const [x, y] of ring) context.lineTo(x, y);
    context.closePath();
    Object.assign(context, { globalAlpha: 0.1, fillStyle: theme.accent });
    context.fill();
    context.globalAlpha = 1;
    context.setLineDash([5, 4]);
    Object.assign(context, { lineWidth: 1.5, strokeStyle: theme.accent });
    context.stroke();
    context.setLineDash([]);
  }

  // ── a picture to take away ────────────────────────────────────────────────────────────────────────────────

  /** The map as it is now, on white, at least two pixels per CSS pixel, with a caption. */
  picture() {
    const { theme, points } = this;
    const { width, height } = this.room();
    const ratio = Math.max(2, screenRatio());
    this.theme = whiteTheme(theme);
    this.dress();
    const lens = this.lens();
    const { px, py, near, colours, sizes, order } = this;
    cameraProject(lens, this.places, px, py, near);
    const paint = (context) => {
      context.beginPath();
      context.rect(0, 0, width, height);
      context.clip();
      const look = { dims: points.dims, ground: [255, 255, 255], grow: this.grow() };
      dotsPaint(context, { px, py, near, colours, sizes, order, ...look, width, height, ratio });
      this.drawOver(context, lens);
    };
    const names = points.meta.groups.length ? this.legendText() : "";
    const texts = [points.meta.title, this.about(), names, points.meta.caption, pictureLink()];
    const out = composePicture({ width, height, texts: texts.filter(Boolean), theme: this.theme, ratio, paint });
    this.theme = theme;
    this.stale = true;
    this.frame();
    return out;
  }

  legendText() {
    const { words, points } = this;
    return `${words.legend}${words.colon}${points.meta.groups.join(words.separator)}`;
  }

  about() {
    const { words, points } = this;
    const { method, trustworthiness, real } = points.meta;
    const total = points.meta.explained.reduce((sum, share) => sum + share, 0);
    const name = total > MAP_ALL ? `about_${method}_all` : `about_${method}`;
    const first = fillWords(words[name] ?? "", { share: percent(total), dims: points.dims });
    const trust = { value: decimal(trustworthiness), real: percent(real) };
    const second = trustworthiness >= 0 ? fillWords(words.trust, trust) : "";
    return [first, second].filter(Boolean).join(points.meta.language === "zh" ? "" : " ");
  }
}
