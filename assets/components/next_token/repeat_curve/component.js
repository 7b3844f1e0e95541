// The loop that feeds itself: how probable each repetition of a phrase is to the model.

import { attributes, make, makeSvg } from "../../shared/dom.js";
import { fillWords, percent } from "../../shared/draw.js";
import { mounted } from "../../shared/mount.js";
import { percentTo } from "../../shared/numbers.js";
import { makeDial } from "../../shared/run_bar.js";
import { mixColour } from "../../shared/theme.js";
import { MessageView } from "../../shared/view.js";

class RepeatView extends MessageView {
  constructor(root) {
    super(root, ".rep", "repeat_curve");
    this.chart = this.find(".rep-chart");
    this.dial = makeDial(2, 16, (repeats) => this.look({ repeats }));
    this.find(".rep-controls").append(this.dial.element);
    this.watch = new ResizeObserver(() => this.meta && this.box.clientWidth !== this.width && this.draw());
    this.watch.observe(this.box);
    this.applyTheme();
  }

  take({ meta, arrays }) {
    Object.assign(this, arrays);
    if (meta.state.version !== this.version) this.dial.set(meta.state.repeats);
    this.version = meta.state.version;
    this.dial.name(this.words.repeats);
    this.here = meta.repeats - 1;
    this.draw();
  }

  draw() {
    const { meta, words, theme } = this;
    const { scale } = theme;
    this.width = this.box.clientWidth;
    const [wide, high] = [this.width, 270 * scale];
    const [left, right, top, bottom] = [58 * scale, 16 * scale, 16 * scale, 40 * scale];
    const x = (at) => left + ((wide - left - right) * at) / Math.max(1, meta.repeats - 1);
    const y = (share) => top + (high - top - bottom) * (1 - share);
    const svg = makeSvg("svg", {
      width: wide,
      height: high,
      tabindex: 0,
      role: "slider",
      "aria-label": words.chart,
      "aria-valuemin": 1,
      "aria-valuemax": meta.repeats,
    });
    for (const share of [0, 0.25, 0.5, 0.75, 1]) {
      svg.append(makeSvg("line", { x1: left, x2: wide - right, y1: y(share), y2: y(share) }));
      svg.append(makeSvg("text", { x: left - 8, y: y(share) + 4, "text-anchor": "end" }, percentTo(share)));
    }
    const every = Math.ceil((22 * scale * meta.repeats) / (wide - left - right));
    for (let at = 0; at < meta.repeats; at += every)
      svg.append(makeSvg("text", { x: x(at), y: high - bottom + 18 * scale, "text-anchor": "middle" }, String(at + 1)));
    const middle = { x: (left + wide - right) / 2, y: high - 4, "text-anchor": "middle", class: "rep-name" };
    svg.append(makeSvg("text", middle, words.axis));
    this.now = makeSvg("line", { class: "rep-now", y1: top, y2: high - bottom });
    svg.append(this.now);
    for (const name of ["whole", "mean"]) {
      const d = Array.from(this[name], (v, at) => `${at ? "L" : "M"}${x(at)},${y(v)}`).join("");
      svg.append(makeSvg("path", { class: `rep-${name}`, d }));
      const dot = (v, at) => makeSvg("circle", { class: `rep-${name}`, cx: x(at), cy: y(v), r: 4.5 * scale });
      svg.append(...Array.from(this[name], dot));
    }
    const near = (event) => {
      const place = (event.clientX - svg.getBoundingClientRect().left - left) / (wide - left - right);
      this.select(Math.round(place * (meta.repeats - 1)));
    };
    svg.addEventListener("pointermove", near);
    svg.addEventListener("pointerdown", near);
    svg.addEventListener("keydown", (event) => {
      const to = { ArrowLeft: this.here - 1, ArrowRight: this.here + 1, Home: 0, End: meta.repeats - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      this.select(to);
    });
    this.place = x;
    this.chart.replaceChildren(svg);
    this.select(this.here);
  }

  select(at) {
    const { meta, words, theme } = this;
    this.here = Math.min(Math.max(at, 0), meta.repeats - 1);
    attributes(this.now, { x1: this.place(this.here), x2: this.place(this.here) });
    const values = { count: this.here + 1, mean: percent(this.mean[this.here]), whole: percent(this.whole[this.here]) };
    const said = fillWords(words.said, values);
    this.find(".rep-said").textContent = said;
    attributes(this.chart.firstChild, { "aria-valuenow": this.here + 1, "aria-valuetext": said });
    const wide = meta.labels.length;
    const chips = meta.labels.map((label, n) => {
      const share = this.chance[this.here * wide + n];
      const chip = make("span", "rep-chip", label, make("small", "", share < 0 ? "—" : percent(share)));
      chip.style.setProperty("--chip", mixColour(theme.bg, theme.accent, 0.04 + 0.42 * Math.max(0, share)));
      return chip;
    });
    this.find(".rep-tokens").replaceChildren(...chips);
  }
}

export default mounted((root) => new RepeatView(root));
