// Views of the residual stream: a grid, what stands beside it, and its controls. Each view says what it shows.

import { composePicture, fitCanvas, makeTooltip, pictureLink, savePng, screenRatio } from "../../shared/draw.js";
import { FigureView } from "../../shared/figure.js";
import { mounted } from "../../shared/mount.js";
import { canvasScale, whiteTheme } from "../../shared/theme.js";
import { partsView } from "./contributions.js";
import { lensAxisWidth, lensHit, lensLayout, paintLens, paintLensAxis, paintLensRamp } from "./grid.js";
import { lensElement } from "./lists.js";
import { lensView } from "./lens.js";
import { neuronView } from "./neurons.js";
import { normsView } from "./norms.js";
import { patchView } from "./patching.js";

const LENS_VIEWS = {
  lens: lensView,
  contributions: partsView,
  norms: normsView,
  patching: patchView,
  neurons: neuronView,
};

class StreamView extends FigureView {
  constructor(root) {
    super(root, ".lv", "lens_views");
    this.canvas = this.part(".lv-grid");
    this.axis = this.part(".lv-axis");
    this.tip = makeTooltip(this.part(".lv-left"));
    this.hover = null;
    this.listen();
    this.part(".lv-save").onclick = () => this.ready && savePng(this.picture(), `${this.meta.view}.png`);
  }

  typeScale(scale) {
    return canvasScale(scale);
  }

  wear(theme) {
    super.wear(theme);
    this.lecture = theme.scale > 1.2;
    this.box.classList.toggle("lv-lecture", this.lecture);
    this.box.style.setProperty("--gb-scale", String(this.theme.scale));
  }

  take({ meta, arrays }) {
    this.view = LENS_VIEWS[meta.view];
    if (this.version !== meta.state.version || this.shownView !== meta.view) {
      const { version, ...state } = meta.state;
      Object.assign(this, { version, state, shownView: meta.view });
    }
    Object.assign(this, { hover: null, widest: 0, lowest: 0 });
    if (arrays.entropy) for (const value of arrays.entropy) this.widest = Math.max(this.widest, value);
    if (arrays.rank) for (const value of arrays.rank) this.lowest = Math.max(this.lowest, value);
    this.tip.hide();
    this.spell();
  }

  // ── what the views ask ──

  place(at) {
    const last = this.meta.labels.length - 1;
    return at < 0 || at > last ? last : at;
  }

  span() {
    return this.widest || 1;
  }

  worst() {
    return Math.max(2, this.lowest);
  }

  picked() {
    return this.view.picked(this);
  }

  /** Shows a changed state, without telling the page. */
  local(changes) {
    Object.assign(this.state, changes);
    this.spell(false);
    this.frame();
  }

  /** Shows a changed state and commits it. */
  look(changes) {
    const before = JSON.stringify(this.state);
    Object.assign(this.state, changes);
    this.spell();
    this.frame();
    if (JSON.stringify(this.state) !== before || this.moved) this.send("look", this.state);
    this.moved = false;
  }

  // ── words ──

  spell(tools = true) {
    const { view } = this;
    if (tools) this.part(".lv-tools").replaceChildren(...view.tools(this).map((group) => this.group(group)));
    this.part(".lv-title").textContent = view.title(this);
    this.part(".lv-say").textContent = view.say(this);
    this.part(".lv-list").replaceChildren(...view.side(this));
    this.canvas.setAttribute("aria-label", `${view.title(this)} ${this.words.keys ?? ""}`);
    this.part(".lv-plot").setAttribute("aria-label", this.words.plot ?? "");
    const ramp = view.ramp(this);
    for (const id of ["low", "high", "means"]) this.part(`.lv-${id}`).textContent = ramp[id];
  }

  group(group) {
    const box = lensElement("div", "lv-group");
    if (group.button) {
      const button = Object.assign(lensElement("button", "lv-button", group.button), {
        type: "button",
        onclick: group.press,
      });
      box.append(button);
      return box;
    }
    const name = lensElement("span", "", group.name);
    box.append(name);
    if (group.options) box.append(this.buttons(group));
    if (group.list) box.append(this.list(group));
    if (group.range) box.append(...this.slider(group));
    return box;
  }

  buttons({ name, options, value, set }) {
    const box = lensElement("div", "lv-switch");
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", name);
    for (const [id, label] of options) {
      const button = Object.assign(lensElement("button", "", label), { type: "button", onclick: () => set(id) });
      button.setAttribute("aria-pressed", String(id === value));
      box.append(button);
    }
    return box;
  }

  list({ name, list, value, set }) {
    const select = lensElement("select", "");
    select.setAttribute("aria-label", name);
    select.append(
      ...list.map(([id, label]) =>
        Object.assign(document.createElement("option"), {
          value: String(id),
          textContent: label,
          selected: id === value,
        }),
      ),
    );
    select.onchange = () => set(select.value);
    return select;
  }

  slider({ name, range: [low, high], value, move, set }) {
    const input = Object.assign(lensElement("input", ""), { type: "range", min: low, max: high, value });
    const output = lensElement("output", "", String(value));
    input.setAttribute("aria-label", name);
    input.oninput = () => {
      output.textContent = input.value;
      this.moved = true;
      move(Number(input.value));
    };
    input.onchange = () => set(input.value);
    return [input, output];
  }

  // ── pointer and keys ──

  listen() {
    const { canvas } = this;
    const at = (event) => this.ready && this.layout && lensHit(this.layout, event.offsetX, event.offsetY);
    canvas.onpointermove = (event) => {
      const cell = at(event) || null;
      if (this.drag && cell && this.view.drags) Object.assign(this.drag, { last: cell[1] });
      this.point(this.drag && cell ? [this.drag.cell[0], cell[1]] : cell, event.pointerType === "touch" ? null : event);
    };
    canvas.onpointerdown = (event) => {
      if (event.button) return;
      const cell = at(event);
      if (cell) this.drag = { cell, last: cell[1] };
    };
    canvas.onpointerup = () => {
      const { drag } = this;
      this.drag = null;
      if (!drag) return;
      const [row, column] = drag.cell;
      this.view.pick(this, row, Math.min(column, drag.last), Math.max(column, drag.last));
    };
    canvas.onpointercancel = () => (this.drag = null);
    canvas.onpointerleave = () => {
      this.drag = null;
      this.point(null);
    };
    canvas.onblur = () => this.point(null);
    canvas.onkeydown = (event) => this.key(event);
  }

  key(event) {
    if (!this.ready || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = {
      ArrowRight: [0, 1],
      ArrowLeft: [0, -1],
      ArrowUp: [this.layout.up ? 1 : -1, 0],
      ArrowDown: [this.layout.up ? -1 : 1, 0],
    }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const now = this.hover ?? this.picked() ?? [0, 0];
    const { shown } = this.layout;
    const line = Math.max(
      0,
      shown.findIndex((row) => row >= now[0]),
    );
    const row = shown[Math.min(shown.length - 1, Math.max(0, line + step[0]))];
    const column = Math.min(this.layout.count - 1, Math.max(0, now[1] + step[1]));
    this.view.pick(this, row, column, column);
    if (!this.picked()) this.point([row, column]);
  }

  point(cell, event = null) {
    if (!this.ready) return;
    const same = JSON.stringify(cell) === JSON.stringify(this.hover);
    this.hover = cell;
    if (cell && event) {
      const box = this.part(".lv-left").getBoundingClientRect();
      this.tip.show(this.view.tip(this, ...cell), event.clientX - box.left, event.clientY - box.top);
    } else this.tip.hide();
    if (!same) this.frame();
  }

  // ── drawing ──

  draw() {
    const { theme, view } = this;
    const spec = view.spec(this);
    const room = this.part(".lv-left").clientWidth;
    const wide = lensAxisWidth(this.axis.getContext("2d"), spec, theme);
    const narrow = this.box.clientWidth < 780;
    const height = Math.min(720 * theme.scale, this.room(narrow));
    const layout = lensLayout(spec, { width: room - wide - 1, height, scale: theme.scale });
    layout.count = spec.columns.length;
    this.layout = layout;
    const axis = fitCanvas(this.axis, wide, layout.high, this.ratio);
    axis.clearRect(0, 0, wide, layout.high);
    const marks = { spec, theme, picked: this.picked(), hover: this.hover };
    paintLensAxis(axis, layout, { ...marks, width: wide });
    const context = fitCanvas(this.canvas, layout.wide, layout.high, this.ratio);
    context.clearRect(0, 0, layout.wide, layout.high);
    this.showColumn(layout);
    const ring =
      this.drag && view.drags
        ? [
            [
              Math.min(this.drag.cell[1], this.drag.last),
              Math.max(this.drag.cell[1], this.drag.last),
              this.drag.cell[0],
            ],
          ]
        : view.ring?.(this);
    paintLens(context, layout, { ...marks, ring, cell: (row, column) => view.cell(this, row, column) });
    this.part(".lv-stage").style.minHeight = `${layout.high}px`;
    const ramp = view.ramp(this);
    paintLensRamp(this.part(".lv-ramp"), ramp.colour, ramp.from ?? 0, theme.scale);
    const list = this.part(".lv-list");
    const least = (this.lecture ? 100 : 170) * theme.scale;
    const left = narrow ? 0 : layout.high - list.offsetHeight - 10; // as high as the grid beside, within reason
    const size = { width: list.clientWidth, height: Math.round(Math.min(300 * theme.scale, Math.max(least, left))) };
    const plot = fitCanvas(this.part(".lv-plot"), size.width, size.height, this.ratio);
    plot.clearRect(0, 0, size.width, size.height);
    view.plot(this, plot, size);
  }

  /** Scrolls a grid that is wider than its place to the column in hand: when that changes, and with another width. */
  showColumn(layout) {
    const pan = this.part(".lv-pan");
    const column = this.picked()?.[1] ?? this.place(this.state.pos ?? -1);
    const key = `${column} ${layout.wide} ${pan.clientWidth}`;
    if (key === this.columnShown) return;
    this.columnShown = key;
    const [left, right] = [column * layout.cellWide, (column + 1) * layout.cellWide];
    if (left < pan.scrollLeft || right > pan.scrollLeft + pan.clientWidth) pan.scrollLeft = right - pan.clientWidth / 2;
  }

  /** How high the grid may be, so that a screen shows all of it with the page's head above. */
  room(narrow) {
    if (narrow) return Math.max(460, window.innerHeight - 70);
    if (this.lecture) return Math.max(250, window.innerHeight - 440);
    const field = this.meta.view === "patching" ? 84 : 0; // its second text
    return Math.max(415 - field, window.innerHeight - 318 - field);
  }

  picture() {
    const { theme, view } = this;
    const spec = view.spec(this);
    this.theme = whiteTheme(theme);
    const probe = document.createElement("canvas").getContext("2d");
    const wide = lensAxisWidth(probe, spec, this.theme);
    const layout = lensLayout(spec, {
      width: Math.max(620, this.part(".lv-left").clientWidth) - wide,
      height: 640 * theme.scale,
      scale: theme.scale,
    });
    const plot = { width: Math.max(420, wide + layout.wide), height: 170 * theme.scale };
    const texts = [view.title(this), view.say(this), this.meta.caption, pictureLink()];
    const picked = this.picked();
    const out = composePicture({
      width: Math.max(plot.width, wide + layout.wide),
      height: layout.high + 20 + plot.height,
      texts,
      theme: this.theme,
      ratio: Math.max(2, screenRatio()),
      paint: (context) => {
        paintLensAxis(context, layout, { spec, theme: this.theme, picked, width: wide });
        context.save();
        context.translate(wide, 0);
        paintLens(context, layout, {
          spec,
          theme: this.theme,
          picked,
          ring: view.ring?.(this),
          cell: (row, column) => view.cell(this, row, column),
        });
        context.restore();
        context.translate(0, layout.high + 20);
        view.plot(this, context, plot);
      },
    });
    this.theme = theme;
    this.frame();
    return out;
  }
}

export default mounted((root) => new StreamView(root));
