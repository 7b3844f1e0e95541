// The loop that feeds itself: how probable each repetition of a phrase is to the model.

import { fillWords, percent } from "../../shared/draw.js";
import { mounted } from "../../shared/mount.js";
import { mixColour, readTheme } from "../../shared/theme.js";
import { applyRunTheme, makeDial, runMake } from "../../shared/run_bar.js";
import { MessageView } from "../../shared/view.js";

import { percentTo } from "../../shared/numbers.js";

const REP_SVG = "http://www.w3.org/2000/svg";

function repSvg(tag, attributes = {}, text = "") {
  const element = document.createElementNS(REP_SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  if (text) element.textContent = text;
  return element;
}

class RepeatView extends MessageView {
  constructor(root) {
    super(root, ".rep", "repeat_curve");
    this.chart = this.find(".rep-chart");
    this.dial = makeDial("", {
      low: 2,
      high: 16,
      step: 1,
      shown: String,
      done: (n) => this.ask("look", { repeats: n, at: Date.now() }),
    });
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
    const svg = repSvg("svg", {
      width: wide,
      height: high,
      tabindex: 0,
      role: "slider",
      "aria-label": words.chart,
      "aria-valuemin": 1,
      "aria-valuemax": meta.repeats,
    });
    for (const share of [0, 0.25, 0.5, 0.75, 1]) {
      svg.append(repSvg("line", { x1: left, x2: wide - right, y1: y(share), y2: y(share) }));
      svg.append(repSvg("text", { x: left - 8, y: y(share) + 4, "text-anchor": "end" }, percentTo(share)));
    }
    const every = Math.ceil((22 * scale * meta.repeats) / (wide - left - right));
    for (let at = 0; at < meta.repeats; at += every)
      svg.append(repSvg("text", { x: x(at), y: high - bottom + 18 * scale, "text-anchor": "middle" }, String(at + 1)));
    svg.append(
      repSvg(
        "text",
        { x: (left + wide - right) / 2, y: high - 4, "text-anchor": "middle", class: "rep-name" },
        words.axis,
      ),
    );
    this.now = repSvg("line", { class: "rep-now", y1: top, y2: high - bottom });
    svg.append(this.now);
    for (const [name, values] of [
      ["whole", this.whole],
      ["mean", this.mean],
    ]) {
      svg.append(
        repSvg("path", {
          class: `rep-${name}`,
          d: [...values].map((v, at) => `${at ? "L" : "M"}${x(at)},${y(v)}`).join(""),
        }),
      );
      values.forEach((v, at) =>
        svg.append(repSvg("circle", { class: `rep-${name}`, cx: x(at), cy: y(v), r: 4.5 * scale })),
      );
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
    this.now.setAttribute("x1", this.place(this.here));
    this.now.setAttribute("x2", this.place(this.here));
    const values = { count: this.here + 1, mean: percent(this.mean[this.here]), whole: percent(this.whole[this.here]) };
    const said = fillWords(words.said, values);
    this.find(".rep-said").textContent = said;
    const svg = this.chart.firstChild;
    svg.setAttribute("aria-valuenow", String(this.here + 1));
    svg.setAttribute("aria-valuetext", said);
    const wide = meta.labels.length;
    const chips = meta.labels.map((label, n) => {
      const share = this.chance[this.here * wide + n];
      const chip = runMake("span", "rep-chip", label);
      chip.append(runMake("small", "", share < 0 ? "—" : percent(share)));
      chip.style.setProperty("--chip", mixColour(theme.bg, theme.accent, 0.04 + 0.42 * Math.max(0, share)));
      return chip;
    });
    this.find(".rep-tokens").replaceChildren(...chips);
  }

  applyTheme() {
    const theme = readTheme(this.root);
    const key = applyRunTheme(this.box, theme, this.themeKey);
    if (key === this.themeKey) return;
    Object.assign(this, { themeKey: key, theme });
    this.box.style.setProperty("--rep-warm", theme.dark ? "#f0883e" : "#d55e00");
    if (this.meta) this.draw();
  }
}

export default mounted((root) => new RepeatView(root));
