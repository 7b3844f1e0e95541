// Encoder-only, decoder-only and encoder-decoder side by side: their stacks, and who may look at whom in each.

import { cutText, drawLine, fillWords, fitCanvas, makeTooltip, savePicture } from "../../shared/draw.js";
import { FigureView } from "../../shared/figure.js";
import { mounted } from "../../shared/mount.js";
import { canvasScale } from "../../shared/theme.js";

const MASKS_PADS = 3;

/** @extends {FigureView<import("../payloads").ModelMasks>} */
class MasksFigure extends FigureView {
  constructor(root) {
    super(root, ".masks", "model_masks");
    this.figure = this.part(".masks-figure");
    this.canvas = this.part("canvas");
    this.tip = makeTooltip(this.figure);
    this.figure.onpointermove = (event) => event.pointerType !== "touch" && this.hover(event);
    this.figure.onpointerdown = (event) => this.hover(event);
    this.figure.onpointerleave = () => this.leave();
    this.figure.onkeydown = (event) => this.key(event);
  }

  typeScale(scale) {
    return canvasScale(scale);
  }

  wear(theme) {
    super.wear(theme);
    this.box.classList.toggle("masks-stage", theme.scale > 1.2);
  }

  take({ meta } = this) {
    const { version, ...state } = meta.state;
    if (version !== this.version) this.state = { ...state };
    this.version = version;
    this.point = null;
    const box = this.part(".masks-pad input");
    box.checked = Boolean(this.state.padding);
    this.part(".masks-pad").title = this.words.padding_help;
    box.onchange = () => {
      this.state = { ...this.state, padding: box.checked };
      this.point = null;
      this.send("look", { padding: box.checked });
      this.frame();
    };
    const save = this.part(".masks-save");
    save.textContent = this.words.save;
    save.onclick = () => this.save();
    this.say();
  }

  get pads() {
    return this.state.padding ? MASKS_PADS : 0;
  }

  labels(list) {
    return [...list, ...Array(this.pads).fill(this.words.padded)];
  }

  mono(size, weight = 400) {
    return `${weight} ${Math.round(size * this.theme.scale)}px ${this.theme.mono}`;
  }

  // ── layout ────────────────────────────────────────────────────────────────────────────────────────────────

  /** Each model a card; each mask in it a square of cells. On a wide screen in the way that makes the cells largest. */
  layout(width) {
    const { models } = this.meta;
    const most = Math.max(...models.map((model) => model.masks.length));
    if (width < 700) return this.tall(width);
    let best = null;
    for (let across = 1; across <= most; across++) {
      for (const wide of [1, 1.7, 2.2, 2.8]) {
        const plan = this.wide(width, across, wide);
        const least = Math.min(...plan.panels.map((panel) => panel.cell));
        if (!best || least > best.least + 0.5) best = { ...plan, least };
      }
    }
    return best;
  }

  /** How high the figure may be, so that a screen shows all of it with the page's head above. */
  get room() {
    const stage = this.box.classList.contains("masks-stage");
    return Math.min(640, Math.max(250, window.innerHeight - (stage ? 428 : 348)));
  }

  /** Cards side by side: those with several masks `share` as wide as others, with `across` masks in a row. */
  wide(width, across, share) {
    const s = this.theme.scale;
    const units = this.meta.models.map((model) => (model.masks.length > 1 ? share : 1));
    const gap = 16 * s;
    const each = (width - gap * (units.length - 1)) / units.reduce((a, b) => a + b, 0);
    const [panels, cards] = [[], []];
    let x = 0;
    this.meta.models.forEach((model, at) => {
      const w = each * units[at];
      panels.push(...this.masks(model, at, { x, y: 0, w }, Math.min(across, model.masks.length), this.room - 74 * s));
      cards.push({ x, y: 0, w, model, at });
      x += w + gap;
    });
    const height = Math.max(...panels.map((panel) => panel.bottom)) + 8;
    return { panels, cards: cards.map((card) => ({ ...card, h: height })), width, height };
  }

  /** Cards one below the other. */
  tall(width) {
    const s = this.theme.scale;
    const [panels, cards] = [[], []];
    let y = 0;
    this.meta.models.forEach((model, at) => {
      const own = this.masks(model, at, { x: 0, y, w: width }, 1, 330 * s * model.masks.length);
      const h = Math.max(...own.map((panel) => panel.bottom)) + 14 - y;
      panels.push(...own);
      cards.push({ x: 0, y, w: width, h, model, at });
      y += h + 16 * s;
    });
    return { panels, cards, width, height: y };
  }

  /** The masks of one model, `across` in a row, in at most `high`; a row begins where the longest above it ends. */
  masks(model, at, { x, y, w }, across, high) {
    const s = this.theme.scale;
    const most = high / Math.ceil(model.masks.length / across);
    const wide = (w - 24 - 14 * (across - 1)) / across;
    const found = [];
    let top = y + 66 * s;
    for (let number = 0; number < model.masks.length; number++) {
      if (number && number % across === 0) top = Math.max(...found.slice(-across).map((panel) => panel.bottom));
      const mask = model.masks[number];
      const place = this.place(mask, { x: x + 12 + (number % across) * (wide + 14), y: top, w: wide, h: most });
      found.push({ ...place, mask, array: this.arrays[`mask_${at}_${number}`], model });
    }
    return found;
  }

  place(mask, { x, y, w, h }) {
    const s = this.theme.scale;
    const [queries, keys] = [this.labels(mask.queries), this.labels(mask.keys)];
    const ruler = this.canvas.getContext("2d");
    ruler.font = this.mono(12);
    const labelW = Math.min(130 * s, w * 0.38, Math.max(...queries.map((one) => ruler.measureText(one).width)) + 16);
    const title = 22 * s;
    const cell = Math.min((w - labelW) / keys.length, (h - title - 26 * s) / queries.length, 46 * s);
    const left = x + labelW;
    const bottom = y + title + cell * queries.length + 22 * s;
    return { x: left, y: y + title, cell, queries, keys, labelW, titleX: x, titleY: y + 12 * s, room: w, bottom };
  }

  // ── drawing ───────────────────────────────────────────────────────────────────────────────────────────────

  draw() {
    const width = this.figure.clientWidth;
    this.plan = this.layout(width);
    this.figure.style.height = `${this.plan.height}px`;
    const context = fitCanvas(this.canvas, width, this.plan.height, this.ratio);
    context.clearRect(0, 0, width, this.plan.height);
    this.paint(context, this.plan);
  }

  paint(c, plan) {
    plan.cards.forEach((card) => this.paintCard(c, card));
    plan.panels.forEach((panel) => this.paintMask(c, panel));
  }

  /** A text at (x, y), in smaller type (down to 10 px) and then cut where it has not `most` of room. */
  text(c, text, x, y, { font = this.font(400, 12), fill = this.theme.muted, most = 0, align = "left" }) {
    c.font = font;
    const [wide, size] = [most ? c.measureText(text).width : 0, parseFloat(font.match(/([\d.]+)px/)[1])];
    if (wide > most) c.font = font.replace(/[\d.]+px/, `${Math.max(10, Math.floor((size * most) / wide))}px`);
    Object.assign(c, { fillStyle: fill, textAlign: align, textBaseline: "middle" });
    c.fillText(most ? cutText(text, most, (piece) => c.measureText(piece).width) : text, x, y);
  }

  paintCard(c, { x, y, w, h, model, at }) {
    const { theme, words } = this;
    const s = theme.scale;
    const mine = at === this.meta.asked;
    Object.assign(c, { lineWidth: mine ? 2 : 1, strokeStyle: mine ? theme.accent : theme.border });
    c.beginPath();
    c.roundRect(x + 1, y + 1, w - 2, h - 2, 9);
    c.stroke();
    const most = w - 24;
    this.text(c, words[`kind_${model.kind}`], x + 12, y + 16 * s, { font: this.font(650, 14), fill: theme.fg, most });
    this.text(c, model.title, x + 12, y + 34 * s, { font: this.font(400, 12.5), most });
    const blocks = model.stacks.map(({ name, layers, heads }) =>
      fillWords(words.blocks, { stack: words[`stack_${name}`], layers, heads }),
    );
    this.text(c, blocks.join(" → "), x + 12, y + 51 * s, { most });
  }

  paintMask(c, panel) {
    const { theme, words } = this;
    const s = theme.scale;
    const { mask, cell, queries, keys, array } = panel;
    const stride = mask.keys.length + MASKS_PADS;
    const name =
      panel.model.masks.length > 1 && mask.rule !== "cross"
        ? fillWords(words.stack_rule, { stack: words[`stack_${mask.stack}`], rule: words[`rule_${mask.rule}`] })
        : words[`rule_${mask.rule}`];
    const title = { font: this.font(600, 12.5), fill: theme.fg, most: panel.room };
    this.text(c, name, panel.titleX, panel.titleY, title);
    const [on, off] = [theme.sequential(0.62), theme.sequential(0.06)];
    queries.forEach((query, r) => {
      const padded = r >= mask.queries.length;
      const row = padded ? mask.queries.length + (r - mask.queries.length) : r;
      const lit = this.point?.panel === panel.mask && this.point.row === r;
      keys.forEach((key, k) => {
        const allowed = array[row * stride + k];
        c.fillStyle = allowed ? (lit ? theme.accent : on) : off;
        c.fillRect(panel.x + k * cell, panel.y + r * cell, cell - (cell > 6 ? 1.5 : 0), cell - (cell > 6 ? 1.5 : 0));
        if (padded || k >= mask.keys.length) this.hatch(c, panel.x + k * cell, panel.y + r * cell, cell - 1.5);
      });
      const font = this.mono(Math.min(12.5, Math.max(10, cell * 0.75)), lit ? 700 : 400);
      const look = { font, fill: padded ? theme.muted : theme.fg, most: panel.labelW - 6, align: "right" };
      if (cell >= 10 || lit) this.text(c, query, panel.x - 6, panel.y + (r + 0.5) * cell, look);
    });
    const column = this.point?.panel === panel.mask ? this.point.column : -1;
    const below = panel.y + queries.length * cell + 10 * s;
    if (column >= 0) {
      Object.assign(c, { strokeStyle: theme.fg, lineWidth: 1.5 });
      c.strokeRect(panel.x + column * cell - 1, panel.y + this.point.row * cell - 1, cell + 0.5, cell + 0.5);
      const align = column * cell > panel.room / 2 ? "right" : "center";
      const x = Math.min(panel.titleX + panel.room - 4, panel.x + (column + 0.5) * cell);
      this.text(c, keys[column], x, below, { font: this.mono(12, 600), fill: theme.fg, most: panel.room, align });
    } else {
      const look = { font: this.font(400, 11), most: panel.titleX + panel.room - panel.x };
      this.text(c, `${words.queries} ↓   ${words.keys} →`, panel.x, below, look);
    }
  }

  hatch(c, x, y, size) {
    c.save();
    c.beginPath();
    c.rect(x, y, size, size);
    c.clip();
    Object.assign(c, { strokeStyle: this.theme.muted, lineWidth: 0.8 });
    for (let at = -size; at < size; at += 5) {
      drawLine(c, x + at, y + size, x + at + size, y);
    }
    c.restore();
  }

  // ── pointer and keys ──────────────────────────────────────────────────────────────────────────────────────

  hover(event) {
    if (!this.ready || !this.plan) return;
    const { left, top } = this.figure.getBoundingClientRect();
    const [x, y] = [event.clientX - left, event.clientY - top];
    const inRows = (one) => y >= one.y && y < one.y + one.cell * one.queries.length;
    const inColumns = (one) => x >= one.x - one.labelW && x < one.x + one.cell * one.keys.length;
    const panel = this.plan.panels.find((one) => inRows(one) && inColumns(one));
    if (!panel) return this.leave();
    const row = Math.floor((y - panel.y) / panel.cell);
    const column = x < panel.x ? -1 : Math.floor((x - panel.x) / panel.cell);
    this.point = { panel: panel.mask, row, column };
    this.say(panel);
    this.frame();
    return undefined;
  }

  leave() {
    if (!this.point) return;
    this.point = null;
    this.say();
    this.frame();
  }

  say(panel = null) {
    const says = this.part(".masks-says");
    says.textContent = this.words.hint;
    if (!panel) return;
    const { mask, array, queries, keys } = panel;
    const { row, column } = this.point;
    const stride = mask.keys.length + MASKS_PADS;
    const seen = mask.keys.filter((_, k) => array[row * stride + k]);
    const query = queries[row];
    const listed = seen.slice(0, 24).join(" ") + (seen.length > 24 ? " …" : "");
    const values = { query, key: keys[column] ?? "", count: seen.length, all: mask.keys.length, keys: listed };
    const parts = [];
    if (row >= mask.queries.length) parts.push(this.words.pad_row);
    if (column >= 0) parts.push(fillWords(array[row * stride + column] ? this.words.yes : this.words.no, values));
    parts.push(fillWords(mask.rule === "both" ? this.words.sees_all : this.words.sees, values));
    says.textContent = parts.join(this.meta.language === "zh" ? "" : " ");
  }

  key(event) {
    const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    if (!this.ready || !this.plan || !moves[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    const found = this.plan.panels.findIndex((one) => one.mask === this.point?.panel);
    const at = Math.max(0, found);
    const panel = this.plan.panels[at];
    const [down, right] = moves[event.key];
    const old = this.point ?? { row: -1, column: -1 };
    let column = old.column + right;
    let chosen = panel;
    if (right && (column >= panel.keys.length || column < -1)) {
      chosen = this.plan.panels[(at + right + this.plan.panels.length) % this.plan.panels.length];
      column = right > 0 ? 0 : chosen.keys.length - 1;
    }
    const row = Math.min(chosen.queries.length - 1, Math.max(0, old.row + down));
    this.point = { panel: chosen.mask, row, column };
    this.say(chosen);
    this.frame();
  }

  save() {
    const texts = [this.part(".masks-says").textContent, this.meta.caption];
    this.onPaper((theme) => {
      const plan = this.layout(this.figure.clientWidth);
      const { width, height } = plan;
      savePicture("masks.png", { width, height, texts, theme, paint: (context) => this.paint(context, plan) });
    });
  }
}

export default mounted((root) => new MasksFigure(root));
