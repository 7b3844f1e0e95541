// The same words as one-hot and as dense vectors: the cosine of every pair, two matrices side by side. Pointing at a
// pair in one of them shows it in both.

import { fillWords, fitCanvas, fitText, savePicture } from "../../shared/draw.js";
import { FigureView } from "../../shared/figure.js";
import { mounted } from "../../shared/mount.js";
import { decimal } from "../../shared/numbers.js";
import { parseColour, toOklab } from "../../shared/theme.js";

const HOT_NARROW = 560; // CSS pixels of width below which the matrices stand over each other
const HOT_GAP = 28;

class OneHotView extends FigureView {
  constructor(root) {
    super(root, ".oh", "one_hot");
    this.canvas = this.part(".oh-stage canvas");
    this.at = null; // [row, column] under the pointer
    this.canvas.onpointermove = (event) => this.point(this.hit(event.offsetX, event.offsetY));
    this.canvas.onpointerdown = (event) => this.point(this.hit(event.offsetX, event.offsetY));
    this.canvas.onpointerleave = (event) => event.pointerType !== "touch" && this.point(null);
    this.canvas.onblur = () => this.point(null);
    this.canvas.onkeydown = (event) => this.key(event);
    this.part(".oh-save").onclick = () => this.ready && this.save();
  }

  take({ meta, arrays }) {
    const { words } = this;
    const { labels } = meta;
    Object.assign(this, { labels, count: labels.length, matrices: [arrays.sparse, arrays.dense], at: null });
    const say = (name, text) => (this.part(name).textContent = text);
    say(".oh-sparse", words.sparse);
    say(".oh-dense", fillWords(words.dense, { dim: meta.dim }));
    say(".oh-sparse-size", fillWords(words.sparse_size, { count: meta.vocabulary, bytes: meta.sparse_bytes }));
    say(".oh-dense-size", fillWords(words.dense_size, { count: meta.dim, bytes: meta.dense_bytes }));
    this.canvas.setAttribute("aria-label", words.aria);
    this.ramp();
    this.say();
  }

  ramp() {
    const [width, height] = [110 * this.theme.scale, 9 * this.theme.scale];
    const context = fitCanvas(this.part(".oh-ramp"), width, height);
    for (let i = 0; i < 55; i++) {
      context.fillStyle = this.theme.diverging((2 * i) / 54 - 1);
      context.fillRect((width * i) / 55, 0, width / 55 + 1, height);
    }
  }

  say() {
    const { words, at, count } = this;
    const line = this.part(".oh-say");
    if (!at) return (line.textContent = words.idle);
    const [row, column] = at;
    const values = { first: this.labels[row], second: this.labels[column] };
    const [sparse, dense] = this.matrices.map((matrix) => decimal(matrix[row * count + column]));
    const joint = this.meta.language === "zh" ? "。" : ". ";
    line.textContent =
      row === column
        ? fillWords(words.same, values)
        : `${fillWords(words.pair, { ...values, sparse, dense })}${joint}${fillWords(words.verdict_far, values)}`;
    return undefined;
  }

  point(at) {
    if (!this.ready || String(at) === String(this.at)) return;
    this.at = at;
    this.say();
    this.frame();
  }

  key(event) {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!this.ready || (!step && event.key !== "Escape")) return;
    event.preventDefault();
    event.stopPropagation();
    const hold = (value) => Math.max(0, Math.min(this.count - 1, value));
    this.point(step ? (this.at ? [hold(this.at[0] + step[0]), hold(this.at[1] + step[1])] : [0, 0]) : null);
  }

  hit(x, y) {
    for (const { left, top } of this.plan?.places ?? []) {
      const [row, column] = [Math.floor((y - top) / this.plan.cell), Math.floor((x - left) / this.plan.cell)];
      if (row >= 0 && column >= 0 && row < this.count && column < this.count) return [row, column];
    }
    return null;
  }

  /** Where the two matrices stand: beside each other, or one over the other with `gap` pixels between them. */
  arrange(context, width, gap) {
    const { theme, count, labels } = this;
    const narrow = width < HOT_NARROW;
    context.font = this.font();
    const wide =
      Math.min(120 * theme.scale, Math.max(...labels.map((label) => context.measureText(label).width), 10)) + 10;
    const each = narrow ? width : (width - HOT_GAP) / 2;
    const cell = Math.max(12, Math.floor(Math.min((each - wide) / count, 44 * theme.scale, 420 / count)));
    const upright = labels.every((label) => context.measureText(label).width <= cell - 4);
    const han = labels.some((label) => /\p{Script=Han}/u.test(label));
    const longest = Math.max(
      ...labels.map((label) => (han ? Array.from(label).length * 15 * theme.scale : context.measureText(label).width)),
    );
    const head = upright ? 22 * theme.scale : Math.min(110 * theme.scale, longest) + 8;
    const block = head + cell * count;
    const places = [0, 1].map((at) =>
      narrow ? { left: wide, top: at * (block + gap) + head } : { left: at * (each + HOT_GAP) + wide, top: head },
    );
    const height = (narrow ? 2 * block + gap : block) + 2;
    return { narrow, cell, wide, head, upright, han, places, width, height, second: block + HOT_GAP };
  }

  draw() {
    const width = this.part(".oh-stage").clientWidth;
    const narrow = width < HOT_NARROW;
    this.box.classList.toggle("oh-narrow", narrow);
    const head = this.part(".oh-second");
    const home = this.part(narrow ? ".oh-stage" : ".oh-heads");
    if (head.parentNode !== home) home.append(head);
    this.plan = this.arrange(this.canvas.getContext("2d"), width, narrow ? HOT_GAP + head.offsetHeight + 8 : HOT_GAP);
    head.style.top = narrow ? `${this.plan.second}px` : "";
    const context = fitCanvas(this.canvas, width, this.plan.height, this.ratio);
    context.clearRect(0, 0, width, this.plan.height);
    this.paint(context);
  }

  paint(context) {
    this.plan.places.forEach((place, at) => this.matrix(context, place, this.matrices[at]));
  }

  matrix(context, { left, top }, values) {
    const { theme, plan, count, at } = this;
    const { cell } = plan;
    context.textBaseline = "middle";
    for (let row = 0; row < count; row++) {
      for (let column = 0; column < count; column++) {
        const value = values[row * count + column];
        const colour = theme.diverging(value);
        const [x, y] = [left + column * cell, top + row * cell];
        context.fillStyle = colour;
        context.fillRect(x, y, cell - 1, cell - 1);
        if (cell < 32 * theme.scale) continue;
        Object.assign(context, { font: this.font(400, 12), textAlign: "center" });
        context.fillStyle = toOklab(parseColour(colour))[0] > 0.62 ? "#17191d" : "#ffffff";
        context.fillText(decimal(value).replace(/\.00$/, ""), x + cell / 2, y + cell / 2);
      }
    }
    Object.assign(context, { strokeStyle: theme.line, lineWidth: 1 });
    context.strokeRect(left - 0.5, top - 0.5, cell * count, cell * count);
    this.names(context, left, top);
    if (!at) return;
    Object.assign(context, { strokeStyle: theme.fg, lineWidth: 2 });
    context.strokeRect(left + at[1] * cell - 1, top + at[0] * cell - 1, cell + 1, cell + 1);
  }

  names(context, left, top) {
    const { plan, labels, at, theme } = this;
    labels.forEach((label, i) => {
      const [inRow, inColumn] = [at?.[0] === i, at?.[1] === i];
      const middle = (i + 0.5) * plan.cell;
      context.fillStyle = inRow || !at ? theme.fg : theme.muted;
      Object.assign(context, { font: this.font(inRow ? 650 : 400), textAlign: "right" });
      context.fillText(fitText(context, label, plan.wide - 8), left - 6, top + middle);
      context.fillStyle = inColumn || !at ? theme.fg : theme.muted;
      context.font = this.font(inColumn ? 650 : 400);
      this.above(context, label, left + middle, top - 6);
    });
  }

  /** A column's name: level where it fits, Chinese one character under another, else turned. */
  above(context, label, x, y) {
    const { plan, theme } = this;
    const line = 15 * theme.scale;
    if (plan.upright) {
      context.textAlign = "center";
      context.fillText(label, x, y - line / 2);
    } else if (/\p{Script=Han}/u.test(label)) {
      context.textAlign = "center";
      const letters = Array.from(label).slice(0, Math.max(1, Math.floor((plan.head - 6) / line)));
      letters.forEach((letter, i) => context.fillText(letter, x, y - (letters.length - i - 0.5) * line));
    } else {
      context.save();
      context.translate(x, y);
      context.rotate(-Math.PI / 2);
      context.textAlign = "left";
      context.fillText(fitText(context, label, plan.head - 8), 0, 0);
      context.restore();
    }
  }

  save() {
    const [sparse, dense] = [this.part(".oh-sparse").textContent, this.part(".oh-dense").textContent];
    const texts = [`${sparse}; ${dense} (${this.words.scale})`, this.meta.caption].filter(Boolean);
    this.onPaper((theme) => {
      this.plan = this.arrange(this.canvas.getContext("2d"), this.plan.width, HOT_GAP);
      const { width, height } = this.plan;
      savePicture("one-hot.png", { width, height, texts, theme, paint: (context) => this.paint(context) });
    });
  }
}

export default mounted((root) => new OneHotView(root));
