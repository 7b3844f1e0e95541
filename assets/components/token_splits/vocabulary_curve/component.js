// What a vocabulary's size changes: tokens per character and unknown characters of held-out text, and the numbers in
// the embedding for a chosen d_model. Size and d_model move here; Python hears of d_model once it rests.

import { mounted } from "../../shared/mount.js";
import { readTheme, whiteTheme } from "../../shared/theme.js";
import {
  composePicture,
  fillWords,
  fitCanvas,
  onFrame,
  percent,
  pictureLink,
  savePng,
  screenRatio,
} from "../../shared/draw.js";
import { MessageView } from "../../shared/view.js";
import { curveDigits, curveDraw, curveFrame, curvePanels, curvePlace } from "./panels.js";

import { rounded, whole } from "../../shared/numbers.js";

class CurveView extends MessageView {
  constructor(root) {
    super(root, ".vcurve", "vocabulary_curve");
    this.plot = this.find(".vcurve-plot");
    this.canvas = this.find("canvas");
    this.slider = this.find("input");
    this.paint = onFrame(() => this.draw(), "vocabulary_curve");
    this.watch = new ResizeObserver(() => this.meta && this.plot.clientWidth !== this.width && this.paint());
    this.watch.observe(this.plot);
    this.wire();
    this.applyTheme();
  }

  take({ meta, arrays }) {
    Object.assign(this, {
      sizes: Array.from(arrays.sizes),
      tokens: Array.from(arrays.tokens),
      unknown: Array.from(arrays.unknown),
    });
    if (meta.state.version !== this.version) {
      this.version = meta.state.version;
      this.width_ = this.nearest(meta.state.d_model);
      this.at = this.sizes.length - 1;
    }
    this.at = Math.min(this.at, this.sizes.length - 1);
    this.slider.max = String(meta.widths.length - 1);
    this.slider.value = String(this.width_);
    this.plot.setAttribute("aria-label", this.words.plot);
    this.plot.setAttribute("aria-valuemin", "0");
    this.plot.setAttribute("aria-valuemax", String(this.sizes.length - 1));
    this.paint();
  }

  nearest(value) {
    const far = this.meta.widths.map((one) => Math.abs(Math.log(one / value)));
    return far.indexOf(Math.min(...far));
  }

  wire() {
    this.slider.addEventListener("input", () => this.meta && this.widen(false));
    this.slider.addEventListener("change", () => this.meta && this.widen(true));
    this.plot.addEventListener("keydown", (event) => {
      const moves = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, Home: -99, End: 99 };
      if (!this.meta || !(event.key in moves)) return;
      event.preventDefault();
      event.stopPropagation();
      this.mark(this.at + moves[event.key]);
    });
    this.plot.addEventListener("pointerdown", (event) => this.point(event));
    this.plot.addEventListener(
      "pointermove",
      (event) => (event.pointerType === "mouse" || event.buttons) && this.point(event),
    );
    this.find(".vcurve-save").addEventListener("click", () => this.meta && this.save());
  }

  widen(commit) {
    this.width_ = Number(this.slider.value);
    this.paint();
    if (commit) this.send("look", { d_model: this.meta.widths[this.width_] });
  }

  mark(at) {
    this.at = Math.min(Math.max(at, 0), this.sizes.length - 1);
    this.paint();
  }

  point(event) {
    if (!this.meta) return;
    const box = this.plot.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const panels = curvePanels(this.width, this.theme.scale, 3);
    const panel = panels.find((one) => x <= one.x + one.width && y <= one.y + one.height) ?? panels.at(-1);
    const frame = curveFrame(panel, this.theme.scale);
    const place = (x - frame.left) / Math.max(1, frame.right - frame.left);
    const far = this.sizes.map((size) => Math.abs(curvePlace(size, this.sizes) - place));
    this.mark(far.indexOf(Math.min(...far)));
  }

  // Numbers in the embedding, in the unit that the language counts in.
  numbers(size) {
    return (size * this.meta.widths[this.width_]) / Number(this.words.unit_value);
  }

  picture(theme, width, height) {
    const { words, sizes } = this;
    const embedding = sizes.map((size) => this.numbers(size));
    return {
      width,
      height,
      theme,
      sizes,
      at: this.at,
      number: whole,
      panels: [
        { title: words.tokens, values: this.tokens, tick: (value) => rounded(value, 2) },
        { title: words.unknown, values: this.unknown, tick: (value) => percent(value) },
        {
          title: fillWords(words.parameters, { d_model: this.meta.widths[this.width_] }),
          values: embedding,
          tick: (value) => rounded(value, curveDigits(value)),
        },
      ],
    };
  }

  draw() {
    this.width = this.plot.clientWidth;
    const last = curvePanels(this.width, this.theme.scale, 3).at(-1);
    const height = last.y + last.height;
    curveDraw(fitCanvas(this.canvas, this.width, height), this.picture(this.theme, this.width, height));
    const text = this.sentence();
    this.find(".vcurve-said").textContent = text;
    this.plot.setAttribute("aria-valuenow", String(this.at));
    this.plot.setAttribute("aria-valuetext", text);
    const d = whole(this.meta.widths[this.width_]);
    this.find("output").textContent = d;
    this.slider.setAttribute("aria-valuetext", d);
  }

  sentence() {
    const { words, sizes, at } = this;
    const values = (i) => ({
      size: sizes[i],
      tokens: this.tokens[i],
      unknown: percent(this.unknown[i]),
      parameters: sizes[i] * this.meta.widths[this.width_],
      d_model: this.meta.widths[this.width_],
    });
    const here = fillWords(words.said, values(at));
    if (at === 0) return here;
    const before = this.tokens[at - 1];
    const change = this.tokens[at] / before - 1;
    const id = change < -0.0005 ? "said_fewer" : change > 0.0005 ? "said_more" : "said_same";
    const more = fillWords(words[id], {
      before: sizes[at - 1],
      change: percent(Math.abs(change)),
      factor: sizes[at] / sizes[at - 1],
    });
    return [here, more].join(this.meta.language === "zh" ? "" : " ");
  }

  save() {
    const theme = whiteTheme(this.theme);
    const width = Math.max(760, Math.min(1400, this.width)) * 1;
    const height = 230 * theme.scale;
    const paint = (context) =>
      curveDraw(context, this.picture(theme, width, curvePanels(width, theme.scale, 3).at(-1).y + height));
    const high = curvePanels(width, theme.scale, 3).at(-1).y + height;
    savePng(
      composePicture({
        width,
        height: high,
        texts: [this.sentence(), this.meta.caption, pictureLink()],
        theme,
        ratio: Math.max(2, screenRatio()),
        paint,
      }),
      "vocabulary-size.png",
    );
  }

  applyTheme() {
    const theme = readTheme(this.root);
    const key = JSON.stringify([theme.bg, theme.fg, theme.panel, theme.accent, theme.scale]);
    if (key === this.themeKey) return;
    this.themeKey = key;
    this.theme = theme;
    const values = {
      bg: theme.bg,
      panel: theme.panel,
      fg: theme.fg,
      muted: theme.muted,
      line: theme.line,
      border: theme.border,
      accent: theme.accent,
      sans: theme.sans,
      mono: theme.mono,
      scale: theme.scale,
    };
    for (const [name, value] of Object.entries(values)) this.box.style.setProperty(`--gb-${name}`, String(value));
    this.box.style.colorScheme = theme.dark ? "dark" : "light";
    if (this.meta) this.paint();
  }
}

export default mounted((root) => new CurveView(root));
