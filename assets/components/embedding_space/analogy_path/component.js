// a − b + c as a path in a plane: the step from b to a, taken again from c, and the words that lie where it ends.

import { make } from "../../shared/dom.js";
import { drawLine, fillWords, fitCanvas, isStatic, percent, savePicture } from "../../shared/draw.js";
import { FigureView } from "../../shared/figure.js";
import { labelLayout } from "../../shared/label_layout.js";
import { mounted } from "../../shared/mount.js";
import { decimal } from "../../shared/numbers.js";

/** Small squares along an arrow, to keep labels off it. */
function pathBoxes([x0, y0], [x1, y1]) {
  const steps = Math.floor(Math.hypot(x1 - x0, y1 - y0) / 9);
  const at = (k) => [x0 + ((x1 - x0) * k) / steps, y0 + ((y1 - y0) * k) / steps];
  const inner = Array.from({ length: Math.max(0, steps - 3) }, (_, k) => at(k + 2));
  return inner.map(([x, y]) => [x - 3, y - 3, x + 3, y + 3]);
}

/** A thin line from a point to its label, where the label found no room beside it. */
function pathLead(context, [x, y], [left, top, right, bottom], theme) {
  const [dx, dy] = [Math.min(right, Math.max(left, x)) - x, Math.min(bottom - 2, Math.max(top + 2, y)) - y];
  const far = Math.hypot(dx, dy);
  if (far < 20) return;
  context.save();
  Object.assign(context, { strokeStyle: theme.muted, lineWidth: 1 });
  drawLine(context, x + (9 * dx) / far, y + (9 * dy) / far, x + dx, y + dy);
  context.restore();
}

class AnalogyPath extends FigureView {
  constructor(root) {
    super(root, ".ap", "analogy_path");
    this.canvas = this.part("canvas");
    this.over = -1;
    this.canvas.onpointermove = (event) => this.point(this.hit(event.offsetX, event.offsetY));
    this.canvas.onpointerleave = () => this.point(-1);
    this.canvas.onclick = (event) => this.pick(this.hit(event.offsetX, event.offsetY));
    this.canvas.onkeydown = (event) => this.key(event);
    this.canvas.onblur = () => this.point(-1);
    this.part(".ap-save").onclick = () => this.ready && this.save();
  }

  take({ meta }) {
    const { words } = this;
    const [a, b, c] = meta.given;
    this.names = { a, b, c, answer: meta.answers[0] ?? "" };
    this.labels = [a, b, c, fillWords(words.target, this.names), ...meta.answers];
    this.over = -1;
    this.box.style.setProperty("--ap-best", this.colours().answer);
    this.part(".ap-title").textContent = fillWords(words.answers, this.names);
    const rows = meta.answers.map((word, at) => this.row(word, at));
    this.part(".ap-list").replaceChildren(...rows);
    const listed = meta.excluded.join(words.separator);
    const sentence = meta.excluded.length > 1 ? words.excluded_more : words.excluded;
    this.part(".ap-excluded").textContent = listed ? fillWords(sentence, { words: listed }) : "";
    this.part(".ap-plane").textContent = this.planeText();
    this.canvas.setAttribute("aria-label", fillWords(words.aria, this.names));
    this.say();
  }

  planeText() {
    const share = this.meta.explained.reduce((sum, value) => sum + value, 0);
    return fillWords(this.words.plane, { share: percent(share) });
  }

  row(word, at) {
    const value = this.meta.similarity[at];
    const bar = make("i");
    bar.style.setProperty("--ap-share", `${100 * Math.max(0, Math.min(1, value))}%`);
    const number = make("span", "", String(at + 1));
    const button = make("button", "", number, make("b", "", word), bar, make("span", "", decimal(value)));
    button.title = fillWords(this.words.pick, { word });
    button.onclick = () => this.pick(4 + at);
    button.onpointerenter = () => this.point(4 + at);
    button.onpointerleave = () => this.point(-1);
    return make("li", "", button);
  }

  colours(theme = this.theme) {
    return { step: theme.cool, answer: theme.warm };
  }

  // ── what is said and sent ─────────────────────────────────────────────────────────────────────────────────

  say() {
    const { words, meta, over, names } = this;
    const target = this.labels[3];
    const roles = [words.given_a, words.given_b, words.given_c, words.place];
    const parallel = meta.answers.length ? fillWords(words.parallel, { ...names, value: decimal(meta.parallel) }) : "";
    const about = (at) =>
      at < 4
        ? `${this.labels[at]}${words.colon}${roles[at]}`
        : fillWords(words.point, { word: this.labels[at], value: decimal(meta.similarity[at - 4]), target });
    this.part(".ap-say").textContent = over < 0 ? parallel : about(over);
  }

  point(at) {
    if (!this.ready || at === this.over) return;
    this.over = at;
    this.part(".ap-list").childNodes.forEach((item, i) => item.firstChild.classList.toggle("over", i + 4 === at));
    this.canvas.style.cursor = at >= 4 ? "pointer" : "default";
    this.say();
    this.frame();
  }

  pick(at) {
    if (at >= 4 && !isStatic()) this.send("answer", { word: this.labels[at] });
  }

  key(event) {
    if (!this.ready) return;
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const count = this.labels.length;
    if (step) this.point((this.over + step + (this.over < 0 && step < 0 ? 1 : 0) + count) % count);
    else if (event.key === "Enter" || event.key === " ") this.pick(this.over);
    else if (event.key === "Escape") this.point(-1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  hit(x, y) {
    let [best, least] = [-1, 16 * 16];
    (this.places ?? []).forEach(([px, py], at) => {
      const distance = (px - x) ** 2 + (py - y) ** 2;
      if (distance < least) [best, least] = [at, distance];
    });
    return best;
  }

  // ── the picture ───────────────────────────────────────────────────────────────────────────────────────────

  room() {
    const stage = this.part(".ap-stage");
    return { width: stage.clientWidth, height: stage.clientHeight };
  }

  /** Screen places of all points, one scale for both axes. */
  fit({ width, height }) {
    const p = this.arrays.positions;
    const xs = Array.from({ length: this.labels.length }, (_, i) => p[2 * i]);
    const ys = xs.map((_, i) => p[2 * i + 1]);
    const [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    const [edgeX, edgeY] = [Math.min(110 * this.theme.scale, width * 0.2), 40 * this.theme.scale];
    const [wide, high] = [Math.max(1e-9, x1 - x0), Math.max(1e-9, y1 - y0)];
    const scale = Math.min((width - 2 * edgeX) / wide, (height - 2 * edgeY) / high);
    return xs.map((x, i) => [width / 2 + scale * (x - (x0 + x1) / 2), height / 2 - scale * (ys[i] - (y0 + y1) / 2)]);
  }

  draw() {
    const room = this.room();
    this.places = this.fit(room);
    const context = fitCanvas(this.canvas, room.width, room.height, this.ratio);
    context.clearRect(0, 0, room.width, room.height);
    this.paint(context, room);
  }

  arrow(context, from, to, colour) {
    const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
    const long = Math.hypot(dx, dy);
    if (long < 18) return;
    const [ux, uy] = [dx / long, dy / long];
    const end = [to[0] - ux * 10, to[1] - uy * 10];
    Object.assign(context, { strokeStyle: colour, fillStyle: colour, lineWidth: 2.5 * this.theme.scale });
    drawLine(context, from[0] + ux * 9, from[1] + uy * 9, end[0] - ux * 8, end[1] - uy * 8);
    context.beginPath();
    context.moveTo(...end);
    context.lineTo(end[0] - ux * 13 - uy * 6, end[1] - uy * 13 + ux * 6);
    context.lineTo(end[0] - ux * 13 + uy * 6, end[1] - uy * 13 - ux * 6);
    context.fill();
  }

  paint(context, { width, height }) {
    const { places, theme, over } = this;
    const colours = this.colours();
    if (places.length > 4) {
      context.setLineDash([2, 5]);
      Object.assign(context, { strokeStyle: theme.muted, lineWidth: 1.5 });
      drawLine(context, ...places[1], ...places[2]);
      drawLine(context, ...places[0], ...places[3]);
      context.setLineDash([]);
    }
    this.arrow(context, places[1], places[0], colours.step);
    this.arrow(context, places[2], places[3], colours.step);
    Object.assign(context, { font: this.font(600, 14), textBaseline: "middle", textAlign: "left" });
    const size = (at) => [context.measureText(this.labels[at]).width + 1, 18 * theme.scale];
    const must = [...new Set([over, 4, 0, 1, 2, 3])].filter((at) => at >= 0 && at < places.length);
    const order = Array.from(places, (_, at) => at).slice(5);
    const taken = [...pathBoxes(places[1], places[0]), ...pathBoxes(places[2], places[3])];
    for (const [x, y] of places) taken.push([x - 4, y - 4, x + 4, y + 4]);
    const [px, py] = [places.map((p) => p[0]), places.map((p) => p[1])];
    const how = { size, gap: () => 11, most: 20, pad: 3, far: [1, 1.5, 2, 2.5, 3, 3.5, 4, 5] };
    const boxes = labelLayout({ must, sure: must.length, taken, order, px, py, width, height, ...how });
    const write = (how, [at, [left, top, , bottom]]) => {
      context.font = this.font(at < 5 || at === over ? 650 : 400, 14);
      context[how](this.labels[at], left, (top + bottom) / 2);
    };
    Object.assign(context, { lineWidth: 4, lineJoin: "round", strokeStyle: theme.bg });
    for (const entry of boxes) {
      write("strokeText", entry);
      pathLead(context, places[entry[0]], entry[1], theme);
    }
    for (let at = places.length - 1; at >= 0; at--) this.dot(context, at, colours);
    for (const entry of boxes) {
      const [at] = entry;
      const plain = at < 3 || (at > 4 && at === over) ? theme.fg : theme.muted;
      context.fillStyle = at === 4 ? (theme.dark ? colours.answer : "#b04a00") : plain;
      write("fillText", entry);
    }
  }

  dot(context, at, colours) {
    const { theme, places, over } = this;
    const radius = (at < 3 ? 6 : at === 3 ? 8 : at === 4 ? 6.5 : 4) * Math.sqrt(theme.scale);
    context.beginPath();
    context.arc(...places[at], radius, 0, 2 * Math.PI);
    if (at === 3) {
      context.setLineDash([3, 2.5]);
      Object.assign(context, { strokeStyle: colours.step, lineWidth: 2 });
      context.stroke();
      context.setLineDash([]);
    } else {
      context.fillStyle = at < 3 ? theme.fg : at === 4 ? colours.answer : theme.muted;
      context.fill();
    }
    if (at !== over) return;
    context.beginPath();
    context.arc(...places[at], radius + 4, 0, 2 * Math.PI);
    Object.assign(context, { lineWidth: 2, strokeStyle: theme.fg });
    context.stroke();
  }

  /** The path on white with what stands beside it. */
  save() {
    const { words, meta } = this;
    const room = this.room();
    const answers = meta.answers.map((word, at) => `${word} ${decimal(meta.similarity[at])}`).join(words.separator);
    const title = `${this.part(".ap-title").textContent}${words.colon}${answers}`;
    const texts = [title, this.planeText(), meta.caption].filter(Boolean);
    this.onPaper((theme) => {
      this.places = this.fit(room);
      savePicture("analogy.png", { ...room, texts, theme, paint: (context) => this.paint(context, room) });
    });
  }
}

export default mounted((root) => new AnalogyPath(root));
