// How small a vector can be before its neighbours change: bytes per vector, logarithmic, against recall of the ten
// nearest. Kinds of one family are joined; those that nothing beats are filled.

import { composePicture, fillWords, fitCanvas, percent, pictureLink, savePng } from "../../shared/draw.js";
import { FigureView } from "../../shared/figure.js";
import { mounted } from "../../shared/mount.js";
import { mixColour, whiteTheme } from "../../shared/theme.js";
import { labelLayout } from "../../shared/label_layout.js";

class CompressionCurve extends FigureView {
  constructor(root) {
    super(root, ".cc", "compression_curve");
    this.canvas = this.part("canvas");
    this.over = -1;
    this.canvas.onpointermove = (event) => this.point(this.hit(event.offsetX, event.offsetY));
    this.canvas.onpointerdown = (event) => this.point(this.hit(event.offsetX, event.offsetY, 30));
    this.canvas.onpointerleave = (event) => event.pointerType !== "touch" && this.point(-1);
    this.canvas.onblur = () => this.point(-1);
    this.canvas.onkeydown = (event) => this.key(event);
    this.part(".cc-save").onclick = () => this.ready && savePng(this.picture(), "compression.png");
  }

  take({ meta }) {
    this.count = meta.kinds.length;
    this.over = -1;
    this.order = Array.from({ length: this.count }, (_, i) => i).sort(
      (p, q) => meta.bytes[p] - meta.bytes[q] || meta.recall[p] - meta.recall[q],
    );
    const families = {};
    meta.kinds.forEach((kind, i) => kind.includes("-") && (families[kind.split("-")[0]] ??= []).push(i));
    this.families = Object.values(families).map((list) => list.sort((p, q) => meta.bytes[p] - meta.bytes[q]));
    this.part(".cc-about").textContent = fillWords(this.words.about, { queries: meta.queries, words: meta.vocabulary });
    this.box.style.setProperty("--cc-dot", this.colour());
    this.canvas.setAttribute("aria-label", fillWords(this.words.aria, { count: this.count }));
    this.say();
  }

  colour() {
    return this.theme.dark ? "#56b4e9" : "#0072b2";
  }

  /** A kind that is no larger and keeps more (or as many, smaller), the best of them; -1 where nothing beats this one. */
  better(i) {
    const { bytes, recall } = this.meta;
    const beats = (j) =>
      (bytes[j] <= bytes[i] && recall[j] > recall[i]) || (bytes[j] < bytes[i] && recall[j] === recall[i]);
    return this.order.filter(beats).sort((p, q) => recall[q] - recall[p])[0] ?? -1;
  }

  say() {
    const { words, meta, over } = this;
    const line = this.part(".cc-say");
    if (over < 0) return (line.textContent = words.idle);
    const largest = Math.max(...meta.bytes);
    const ratio = largest / meta.bytes[over];
    const times = ratio >= 9.95 ? Math.round(ratio) : Number(ratio.toFixed(1));
    const values = { name: meta.names[over], bytes: meta.bytes[over], times, recall: percent(meta.recall[over]) };
    const other = this.better(over);
    const judged = other < 0 ? words.best : fillWords(words.beaten, { other: meta.names[other] });
    const joint = meta.language === "zh" ? "。" : ". ";
    line.textContent =
      times === 1 && meta.recall[over] === 1
        ? fillWords(words.point_first, values)
        : `${fillWords(words.point, values)}${joint}${judged}`;
    return undefined;
  }

  point(at) {
    if (!this.ready || at === this.over) return;
    this.over = at;
    this.canvas.style.cursor = at >= 0 ? "pointer" : "crosshair";
    this.say();
    this.frame();
  }

  key(event) {
    const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (!this.ready || (!step && event.key !== "Escape")) return;
    event.preventDefault();
    event.stopPropagation();
    const at = this.order.indexOf(this.over);
    this.point(step ? this.order[Math.max(0, Math.min(this.count - 1, at < 0 ? 0 : at + step))] : -1);
  }

  hit(x, y, reach = 22) {
    let [best, least] = [-1, reach * reach];
    (this.places ?? []).forEach(([px, py], at) => {
      const distance = (px - x) ** 2 + (py - y) ** 2;
      if (distance < least) [best, least] = [at, distance];
    });
    return best;
  }

  // ── the picture ───────────────────────────────────────────────────────────────────────────────────────────

  room() {
    const stage = this.part(".cc-stage");
    return { width: stage.clientWidth, height: stage.clientHeight };
  }

  draw() {
    const room = this.room();
    const context = fitCanvas(this.canvas, room.width, room.height, this.ratio);
    context.clearRect(0, 0, room.width, room.height);
    this.paint(context, room);
  }

  scales({ width, height }) {
    const { scale } = this.theme;
    const { bytes } = this.meta;
    const frame = { left: 58 * scale, top: 44 * scale, right: width - 24 * scale, bottom: height - 48 * scale };
    const low = 2 ** Math.floor(Math.log2(Math.min(...bytes)) - 0.2);
    const high = 2 ** Math.ceil(Math.log2(Math.max(...bytes)) + 0.2);
    const x = (value) => frame.left + ((frame.right - frame.left) * Math.log(value / low)) / Math.log(high / low);
    const y = (value) => frame.bottom - (frame.bottom - frame.top) * value;
    return { frame, low, high, x, y };
  }

  axes(context, { frame, low, high, x, y }) {
    const { theme, words } = this;
    context.font = this.font(400, 12);
    context.textBaseline = "middle";
    context.lineWidth = 1;
    context.textAlign = "right";
    for (const value of [0, 0.25, 0.5, 0.75, 1]) {
      context.strokeStyle = theme.line;
      context.beginPath();
      context.moveTo(frame.left, y(value));
      context.lineTo(frame.right, y(value));
      context.stroke();
      context.fillStyle = theme.muted;
      context.fillText(value === 0 ? "0" : percent(value), frame.left - 8, y(value));
    }
    context.textAlign = "center";
    const steps = Math.log2(high / low);
    const stride = (frame.right - frame.left) / steps < 46 * theme.scale ? 2 : 1;
    for (let k = 0; k <= steps; k += stride)
      context.fillText(String(low * 2 ** k), x(low * 2 ** k), frame.bottom + 14 * theme.scale);
    context.fillText(words.x, (frame.left + frame.right) / 2, frame.bottom + 34 * theme.scale);
    context.textAlign = "left";
    context.fillText(`↑ ${words.y}`, 2, 10 * theme.scale);
    this.axisEnd = context.measureText(`↑ ${words.y}`).width + 8;
  }

  paint(context, room) {
    const { theme, meta, over } = this;
    const scales = this.scales(room);
    this.axes(context, scales);
    this.places = meta.kinds.map((_, i) => [scales.x(meta.bytes[i]), scales.y(meta.recall[i])]);
    const colour = this.colour();
    context.strokeStyle = mixColour(colour, theme.bg, 0.45);
    context.lineWidth = 1.5 * theme.scale;
    for (const family of this.families) {
      context.beginPath();
      family.forEach((i) => context.lineTo(...this.places[i]));
      context.stroke();
    }
    this.places.forEach((place, i) => {
      context.beginPath();
      context.arc(...place, (i === over ? 8 : 6) * Math.sqrt(theme.scale), 0, 2 * Math.PI);
      context.fillStyle = this.better(i) < 0 ? colour : theme.bg;
      context.fill();
      context.strokeStyle = i === over ? theme.fg : colour;
      context.lineWidth = 2;
      context.stroke();
    });
    this.labels(context, room);
  }

  labels(context, { width, height }) {
    const { theme, meta, places, over } = this;
    context.font = this.font(500, 13);
    context.textAlign = "left";
    const size = (i) => [context.measureText(meta.names[i]).width + 1, 17 * theme.scale];
    const ranked = [...this.order].reverse();
    const taken = places.map(([x, y]) => [x - 7, y - 7, x + 7, y + 7]);
    taken.push([0, 0, this.axisEnd, 18 * theme.scale]);
    const boxes = labelLayout({
      must: over >= 0 ? [over] : [],
      order: ranked,
      px: places.map((p) => p[0]),
      py: places.map((p) => p[1]),
      width,
      height,
      size,
      gap: () => 12,
      most: this.count,
      pad: 2,
      taken,
    });
    context.lineWidth = 4;
    context.lineJoin = "round";
    for (const [i, [left, top, , bottom]] of boxes) {
      context.strokeStyle = theme.bg;
      context.fillStyle = over < 0 || i === over ? theme.fg : theme.muted;
      context.strokeText(meta.names[i], left, (top + bottom) / 2);
      context.fillText(meta.names[i], left, (top + bottom) / 2);
    }
  }

  picture() {
    const { theme, meta } = this;
    const room = this.room();
    const white = whiteTheme(theme);
    this.theme = white;
    const texts = [
      `● ${this.words.key_best} ○ ${this.words.key_beaten}`,
      this.part(".cc-about").textContent,
      meta.caption,
      pictureLink(),
    ].filter(Boolean);
    const out = composePicture({
      ...room,
      texts,
      theme: white,
      ratio: Math.max(2, this.ratio),
      paint: (context) => this.paint(context, room),
    });
    this.theme = theme;
    this.frame();
    return out;
  }
}

export default mounted((root) => new CompressionCurve(root));
