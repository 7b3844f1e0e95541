// Below a plotly chart: pictures to take home, the keys, and the cell of a heat map that is chosen. The arrows walk from value to value; plotly shows its own
// label there, and it is said aloud.

import { mounted } from "../../shared/mount.js";
import { FigureView } from "../../shared/figure.js";
import { decimal } from "../../shared/numbers.js";

const [CHART_LEAST, CHART_TEXT] = [7, 12]; // CSS pixels: the type in cells is no smaller, and is made no larger
const CHART_STEPS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
const CHART_TRIES = 300; // tenths of a second in which plotly is waited for

/** @returns {SVGSVGElement} */
function chartPicture(text) {
  const parsed = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  return /** @type {any} */ (document.importNode(parsed, true));
}

/** What plotly says of a cell of a heat map: a text of its own, or its sentence filled in. */
function chartCell({ hovertext, hovertemplate, customdata, x: columns, y: rows, z }, x, y, i, j) {
  if (!hovertemplate || z[i][j] == null) return hovertext?.[i]?.[j] ?? "";
  const names = {
    x: columns?.[j] ?? x.labelalias?.[j],
    y: rows?.[i] ?? y.labelalias?.[i],
    customdata: customdata?.[i]?.[j],
  };
  const value = (name, digits) => (name === "z" ? decimal(z[i][j], Number(digits)) : (names[name] ?? ""));
  return hovertemplate.replace(/%\{(\w+)(?::\.(\d)f)?\}/g, (_, name, digits) => value(name, digits));
}

/** The values of a chart in rows: a series, or a row of a heat map; [place on the page, what is said of it]. */
function chartRows(chart) {
  const [left, top] = [chart.getBoundingClientRect().left, chart.getBoundingClientRect().top];
  const { xaxis: x, yaxis: y } = chart._fullLayout;
  const at = (px, py, text) => ({ x: left + x._offset + px, y: top + y._offset + py, text });
  const shown = chart._fullData.filter((trace) => trace.visible === true && trace.hoverinfo !== "skip");
  if (shown[0]?.type === "heatmap") {
    const { z } = shown[0];
    const cell = (i, j) => ({ ...at(x.c2p(j), y.c2p(i), chartCell(shown[0], x, y, i, j)), cell: [i, j] });
    const rows = z.map((row, i) => Array.from(row, (_, j) => cell(i, j)));
    return y.c2p(0) > y.c2p(1) ? rows.reverse() : rows; // an arrow up goes up
  }
  return shown.map((trace) => {
    const values = chart.calcdata.find((one) => one[0]?.trace === trace) ?? [];
    const place = (value) => (value.ct ? [value.ct[0], value.ct[1]] : [x.c2p(value.x), y.c2p(value.y)]);
    return values
      .map((value, i) => at(place(value)[0], place(value)[1], [].concat(trace.hovertext)[i] ?? ""))
      .filter((one) => Number.isFinite(one.x + one.y));
  });
}

/**
 * Texts in cells as large as the cells let them be, which plotly reckons too small; none that nobody could read.
 * @param {HTMLElement & Record<string, any>} chart
 */
function chartTexts(chart) {
  const texts = /** @type {SVGTextElement[]} */ ([...chart.querySelectorAll(".heatmap-label text")]);
  if (!texts.length || chart._fullData?.[0].textfont?.size !== "auto") return;
  const { xaxis: x, yaxis: y } = chart._fullLayout;
  const [wide, high] = [x, y].map((axis) => Math.abs(axis.c2p(1) - axis.c2p(0)));
  const boxes = texts.map((text) => text.getBBox());
  const [widest, highest] = [Math.max(...boxes.map((one) => one.width)), Math.max(...boxes.map((one) => one.height))];
  const size = parseFloat(getComputedStyle(texts[0]).fontSize);
  const grown = Math.max(1, Math.min((0.92 * wide) / widest, high / highest, CHART_TEXT / size));
  for (const text of texts) {
    const display = size * grown < CHART_LEAST ? "none" : "";
    Object.assign(text.style, {
      display,
      transform: `scale(${grown})`,
      transformBox: "fill-box",
      transformOrigin: "center",
    });
  }
}

/** @extends {FigureView<import("../payloads").Chart>} */
class ChartTools extends FigureView {
  constructor(root) {
    super(root, ".gbc", "chart");
    this.find(".gbc-png").addEventListener("click", () => this.save("png"));
    this.find(".gbc-svg").addEventListener("click", () => this.save("svg"));
    this.onKey = (event) => this.key(event);
    this.onClick = (event) => {
      const cell = event.target.closest?.(".nsewdrag") && this.chart()?._hoverdata?.[0]?.pointNumber;
      if (Array.isArray(cell)) this.pick(cell);
    };
  }

  home() {
    const scope = this.root.getRootNode();
    const host = scope instanceof ShadowRoot ? scope.host : this.root;
    return host.closest(`.st-key-${this.meta?.key}`);
  }

  /** The chart of the same place on the page; it comes later than this, and again when its data do. */
  chart() {
    return this.home()?.querySelector(".js-plotly-plot");
  }

  destroy() {
    super.destroy();
    this.leave();
  }

  /** Listens at the place of the chart, which stays when a chart with other data is put there. */
  enter(home) {
    this.leave();
    this.heard = home;
    if (this.meta.picks) home.addEventListener("click", this.onClick);
    this.change = new MutationObserver(() => {
      if (this.chart()) this.serve(this.chart());
      if (this.find(".gbc-poster").firstChild) this.poster();
    });
    this.change.observe(home, { childList: true, subtree: true });
  }

  leave() {
    this.heard?.removeEventListener("click", this.onClick);
    this.change?.disconnect();
  }

  take() {
    const [home, place] = [this.home(), this.chart()];
    if (home && home !== this.heard) this.enter(home);
    if (place) this.serve(place);
    else if (!this.gone) setTimeout(() => this.meta && !this.gone && this.take(), 100);
  }

  draw() {
    this.take();
    this.poster();
  }

  /** Until plotly is there and has drawn the chart, its picture of the nearest width stands in its place. */
  poster() {
    const place = this.find(".gbc-poster");
    const pictures = Object.values(this.meta.poster?.[this.theme.dark ? "dark" : "light"] ?? {}).map(chartPicture);
    if (!pictures.length || this.home()?.querySelector(".main-svg")) return place.replaceChildren();
    const away = (picture) => Math.abs(picture.viewBox.baseVal.width - this.box.clientWidth);
    const picture = pictures.reduce((one, other) => (away(other) < away(one) ? other : one));
    picture.setAttribute("height", `${picture.viewBox.baseVal.height}`);
    picture.setAttribute("preserveAspectRatio", "xMinYMin meet");
    place.replaceChildren(picture);
    const chart = this.home()?.querySelector('[data-testid="stSkeleton"], .stPlotlyChart');
    place.classList.toggle("gbc-over", Boolean(chart));
  }

  serve(chart) {
    if (chart._fullLayout) chartTexts(chart);
    const box = chart.closest(".stPlotlyChart") ?? chart;
    if (this.served === box) return;
    this.served?.removeEventListener("keydown", this.onKey);
    this.served = box;
    box.tabIndex = 0;
    box.addEventListener("keydown", this.onKey);
  }

  /** Chooses a cell of a heat map: a click, or Enter where the arrows have led. */
  pick(cell) {
    const [row, column] = cell;
    this.send("pick", { row, column });
  }

  key(event) {
    const step = CHART_STEPS[event.key] ?? (event.key === "Enter" && this.meta.picks && this.place ? [0, 0] : null);
    const chart = this.chart();
    if (!step || !chart?.calcdata || event.target !== this.served) return;
    event.preventDefault();
    event.stopPropagation();
    const rows = chartRows(chart).filter((row) => row.length);
    const { row = 0, column = -step[0] } = this.place ?? {};
    const next = Math.min(Math.max(row + step[1], 0), rows.length - 1);
    this.place = { row: next, column: Math.min(Math.max(column + step[0], 0), rows[next].length - 1) };
    const value = rows[next][this.place.column];
    this.show(chart, value);
    if (event.key === "Enter") this.pick(value.cell);
  }

  show(chart, value) {
    const layer = chart.querySelector(".nsewdrag");
    const there = { bubbles: true, clientX: value.x, clientY: value.y };
    layer?.dispatchEvent(new MouseEvent("mousemove", there));
    const plain = new DOMParser().parseFromString(value.text.replaceAll("<br>", " "), "text/html"); // as plotly reads it
    this.find("[role=status]").textContent = plain.body.textContent;
  }

  /** Saves a picture; where plotly has not drawn the chart yet, as soon as it has. */
  save(format, tries = CHART_TRIES) {
    const chart = this.chart();
    const button = chart?._fullLayout?._modeBar?.buttons.flat().find((one) => one.name === "toImage");
    if (!button) {
      if (tries && !this.gone) setTimeout(() => this.save(format, tries - 1), 100);
      return;
    }
    const { width, height } = chart._fullLayout;
    chart._context.toImageButtonOptions = { format, filename: this.meta.file, width, height, scale: 2 };
    const { layout } = chart;
    chart.layout = { ...layout, updatemenus: [] }; // what plays a chart is no part of its picture
    button.click(chart);
    chart.layout = layout;
  }
}

export default mounted((root) => new ChartTools(root));
