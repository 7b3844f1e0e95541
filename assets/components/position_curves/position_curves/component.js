// How a model knows the order: one figure at a time (sinusoidal, rotary, ALiBi, T5, learned, a real head, the shuffle
// test). All that moves under a finger is computed here, per frame; Python hears of a state once, when it is let go.

import { unpack } from "../../shared/buffer.js";
import { mounted } from "../../shared/mount.js";
import { readTheme, whiteTheme } from "../../shared/theme.js";
import {
  composePicture,
  fitCanvas,
  isStatic,
  lectureRoom,
  makeTooltip,
  onFrame,
  pictureLink,
  recordFrame,
  savePng,
} from "../../shared/draw.js";
import { beyondView } from "./beyond.js";
import { bucketsView } from "./buckets.js";
import { learnedView } from "./learned.js";
import { clamp, pageColours } from "./plot.js";
import { scoresView } from "./scores.js";
import { shuffleView } from "./shuffle.js";
import { slopesView } from "./slopes.js";
import { turningView } from "./turning.js";
import { wavesView } from "./waves.js";

import { bare, rounded } from "../../shared/numbers.js";

const POS_MAKERS = {
  sinusoidal: wavesView,
  rotary: turningView,
  alibi: slopesView,
  t5: bucketsView,
  learned: learnedView,
  scores: scoresView,
  shuffle: shuffleView,
  beyond: beyondView,
};
const POS_STEPS = 1000; // of a slider on a log scale

function posMake(tag, name = "", text = "") {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text) element.textContent = text;
  return element;
}

class PositionsFigure {
  constructor(root) {
    this.root = root;
    this.box = root.querySelector(".pos");
    this.figure = this.find(".pos-figure");
    this.canvas = this.find("canvas");
    this.tip = makeTooltip(this.figure);
    this.makers = Object.fromEntries(
      Object.entries(POS_MAKERS).map(([name, view]) => [
        name,
        Object.create(view, { cache: { value: {}, writable: true } }),
      ]),
    );
    this.kept = {}; // view → {meta, arrays, serial}: what Python has sent for it
    this.serial = 0;
    this.frame = onFrame(() => this.draw(), "position_curves");
    this.sizes = new ResizeObserver(() => this.ready && this.frame());
    this.sizes.observe(this.box);
    this.onResize = () => this.ready && this.frame();
    window.addEventListener("resize", this.onResize);
    this.listen();
    this.applyTheme();
  }

  find(selector) {
    return this.box.querySelector(selector);
  }

  destroy() {
    this.gone = true;
    this.frame.cancel();
    this.sizes.disconnect();
    window.removeEventListener("resize", this.onResize);
  }

  // ── data and state ────────────────────────────────────────────────────────────────────────────────────────

  async update({ data, setStateValue }) {
    this.send = (name, value) => setStateValue(name, { ...value, at: Date.now() });
    this.applyTheme();
    if (!data) return; // between two runs; what is on its way still counts
    this.turn = (this.turn ?? 0) + 1;
    const turn = this.turn;
    if (data === this.bytes) {
      if (this.ready) this.frame();
      return;
    }
    const message = await unpack(data);
    if (this.gone || turn !== this.turn) return;
    this.bytes = data;
    this.take(message);
  }

  /** @param {{meta: import("../payloads").PositionCurves, arrays: import("../payloads").PositionCurvesArrays}} _ */
  take({ meta, arrays }) {
    const start = performance.now();
    this.meta = meta;
    this.words = meta.words;
    this.box.lang = meta.language;
    this.box.setAttribute("aria-busy", "false");
    this.figure.classList.remove("gb-skeleton");
    this.serial += 1;
    if (!meta.failed) this.kept[meta.view] = { meta, arrays, serial: this.serial };
    this.failed = meta.failed ? meta.view : "";
    const { version, ...state } = meta.state;
    if (version !== this.version) this.state = state;
    this.version = version;
    this.ready = true;
    this.tip.hide();
    this.spellViews();
    this.spellControls();
    this.draw();
    recordFrame("position_curves:data", performance.now() - start);
  }

  /** What stands between two sentences. */
  get gap() {
    return this.meta.language === "zh" ? "" : " ";
  }

  get view() {
    return this.makers[this.state.view];
  }

  /** Whether the view still waits for what Python computes. */
  get missing() {
    return Boolean(this.view.needs && !this.data);
  }

  get data() {
    return this.kept[this.state.view];
  }

  get settled() {
    return this.view.settle(this.state, this.data);
  }

  /** Something was moved: shown at once, sent when it is let go. */
  set(patch, { commit = false } = {}) {
    if (patch && Object.keys(patch).length) {
      Object.assign(this.state, patch);
      this.spellValues();
      this.frame();
    }
    if (commit) this.commit();
  }

  commit() {
    this.send("look", this.state);
    this.find(".pos-live").textContent = this.missing ? "" : this.view.says(this);
  }

  // ── words and controls ────────────────────────────────────────────────────────────────────────────────────

  spellViews() {
    const tabs = this.find(".pos-views");
    tabs.setAttribute("aria-label", this.words.views);
    const held = this.root.activeElement?.dataset?.view;
    const names = Object.keys(POS_MAKERS).filter((name) => !isStatic() || !this.makers[name].needs || this.kept[name]);
    tabs.replaceChildren(
      ...names.map((name) => {
        const button = posMake("button", "", this.words[`view_${name}`]);
        Object.assign(button, { type: "button", tabIndex: name === this.state.view ? 0 : -1 });
        button.dataset.view = name;
        button.setAttribute("role", "tab");
        button.setAttribute("aria-selected", String(name === this.state.view));
        return button;
      }),
    );
    const save = this.find(".pos-save");
    Object.assign(save, { textContent: this.words.save, hidden: false });
    if (held) tabs.querySelector(`[data-view="${held}"]`)?.focus();
    const chosen = tabs.querySelector("[aria-selected=true]");
    if (
      chosen.offsetLeft + chosen.offsetWidth > tabs.scrollLeft + tabs.clientWidth ||
      chosen.offsetLeft < tabs.scrollLeft
    )
      tabs.scrollLeft = chosen.offsetLeft - 24;
  }

  spellControls() {
    const held = this.root.activeElement?.dataset?.control;
    const specs = this.view.controls(this.state, this.data);
    this.specs = Object.fromEntries(specs.map((spec) => [spec.name, spec]));
    this.find(".pos-controls").replaceChildren(
      ...specs.map((spec) =>
        spec.again
          ? this.makeAgain(spec)
          : spec.toggles
            ? this.makeToggles(spec)
            : spec.choice
              ? this.makeChoice(spec)
              : this.makeRange(spec),
      ),
    );
    this.shape = JSON.stringify(specs.map((spec) => spec.name));
    this.spellValues();
    if (held) this.find(`[data-control="${CSS.escape(held)}"]`)?.focus();
  }

  makeRange(spec) {
    const label = posMake("label", "pos-range");
    const input = Object.assign(posMake("input"), {
      type: "range",
      min: spec.log ? 0 : spec.low,
      max: spec.log ? POS_STEPS : spec.high,
      step: spec.log ? 1 : spec.step,
    });
    input.dataset.control = spec.name;
    label.append(posMake("span", "", this.words[`control_${spec.name}`]), posMake("output"), input);
    label.title = this.words[`control_${spec.name}`];
    input.addEventListener("input", () =>
      this.set({ [spec.name]: this.fromSlider(this.specs[spec.name], Number(input.value)) }),
    );
    input.addEventListener("change", () => this.commit());
    return label;
  }

  makeChoice(spec) {
    const group = posMake("div", "pos-choice");
    const buttons = posMake("span");
    buttons.setAttribute("role", "group");
    buttons.setAttribute("aria-label", this.words[`control_${spec.name}`]);
    for (const value of spec.choice) {
      const button = Object.assign(posMake("button", "", this.words[`${spec.name}_${value}`]), { type: "button" });
      button.dataset.control = `${spec.name}:${value}`;
      button.addEventListener("click", () => {
        this.set({ [spec.name]: spec.flag ? value === "1" : value }, { commit: true });
      });
      buttons.append(button);
    }
    group.append(posMake("span", "", this.words[`control_${spec.name}`]), buttons);
    return group;
  }

  /** Buttons of which any may be pressed; the state lists those that are not. */
  makeToggles(spec) {
    const group = posMake("div", "pos-choice pos-toggles");
    const buttons = posMake("span");
    buttons.setAttribute("role", "group");
    buttons.setAttribute("aria-label", this.words[`control_${spec.name}`]);
    for (const value of spec.toggles) {
      const button = Object.assign(posMake("button"), { type: "button" });
      button.append(posMake("i"), this.words[`${spec.names}_${value}`]);
      button.dataset.control = `${spec.name}:${value}`;
      button.addEventListener("click", () => {
        const off = this.state[spec.name];
        this.set(
          { [spec.name]: off.includes(value) ? off.filter((one) => one !== value) : [...off, value] },
          { commit: true },
        );
      });
      buttons.append(button);
    }
    group.append(posMake("span", "", this.words[`control_${spec.name}`]), buttons);
    return group;
  }

  makeAgain(spec) {
    const button = Object.assign(posMake("button", "pos-again", this.words.again), { type: "button" });
    button.dataset.control = spec.name;
    button.addEventListener("click", () =>
      this.set({ [spec.name]: (this.state[spec.name] % 999) + 1 }, { commit: true }),
    );
    return button;
  }

  fromSlider(spec, at) {
    if (!spec.log) return at;
    const value = spec.low * (spec.high / spec.low) ** (at / POS_STEPS);
    const rounded = Number(value.toPrecision(spec.digits));
    return clamp(spec.whole ? Math.round(rounded) : rounded, spec.low, spec.high);
  }

  /** Sliders, numbers beside them and pressed buttons follow the state. */
  spellValues() {
    const specs = this.view.controls(this.state, this.data);
    if (this.shape !== JSON.stringify(specs.map((spec) => spec.name))) return this.spellControls();
    for (const spec of specs) {
      this.specs[spec.name] = spec;
      const value = this.settled[spec.name] ?? this.state[spec.name];
      if (spec.toggles) {
        for (const one of spec.toggles) {
          const button = this.find(`[data-control="${spec.name}:${one}"]`);
          button.setAttribute("aria-pressed", String(!value.includes(one)));
          button.firstChild.style.background = spec.colours(this.theme)[one];
        }
      } else if (spec.choice) {
        const now = spec.flag ? (value ? "1" : "0") : value;
        for (const one of spec.choice)
          this.find(`[data-control="${spec.name}:${one}"]`).setAttribute("aria-pressed", String(one === now));
      } else if (!spec.again) {
        const input = this.find(`[data-control="${spec.name}"]`);
        if (!spec.log) Object.assign(input, { min: spec.low, max: spec.high });
        const at = spec.log
          ? Math.round((POS_STEPS * Math.log(value / spec.low)) / Math.log(spec.high / spec.low))
          : value;
        if (Number(input.value) !== at) input.value = String(at);
        const said = spec.log ? rounded(value, 3) : bare(value);
        input.previousElementSibling.textContent = said;
        input.setAttribute("aria-valuetext", said);
      }
    }
    return undefined;
  }

  // ── drawing ───────────────────────────────────────────────────────────────────────────────────────────────

  applyTheme() {
    const theme = readTheme(this.root);
    const style = {
      fg: theme.fg,
      bg: theme.bg,
      panel: theme.panel,
      muted: theme.muted,
      line: theme.line,
      border: theme.border,
      accent: theme.accent,
      sans: theme.sans,
      mono: theme.mono,
      scale: theme.scale,
    };
    for (const [name, value] of Object.entries(style)) this.box.style.setProperty(`--gb-${name}`, String(value));
    this.most = theme.scale >= 1.3 ? 1.3 : 1; // in a lecture the figure is enlarged, and its type a little more
    this.theme = { ...theme, scale: theme.scale / this.most };
    this.box.classList.toggle("lecture", this.most > 1);
    this.colours = pageColours(theme);
    if (this.ready) this.frame();
  }

  region(one) {
    this.regions.push(one);
  }

  draw() {
    if (!this.ready || this.gone) return;
    const across = Math.max(280, this.figure.clientWidth);
    const whole = this.view.height(across / this.most, this.most);
    this.zoom = this.most > 1 && across > 900 ? clamp(lectureRoom(this.figure) / whole, 0.84, this.most) : this.most;
    this.width = across / this.zoom;
    this.height = Math.round(this.view.height(this.width, this.zoom));
    this.regions = [];
    const { missing } = this;
    const wait = this.find(".pos-wait");
    wait.hidden = !missing;
    wait.textContent = this.failed === this.state.view ? this.words.failed : this.words.wait;
    this.find(".pos-save").hidden = missing;
    this.context = fitCanvas(this.canvas, this.width * this.zoom, this.height * this.zoom);
    this.context.scale(this.zoom, this.zoom);
    this.context.clearRect(0, 0, this.width, this.height);
    if (!missing) this.view.draw(this);
    const said = missing ? "" : this.view.says(this);
    const line = this.find(".pos-says");
    if (line.textContent !== said) line.textContent = said;
    this.figure.setAttribute("aria-label", `${this.words[`view_${this.state.view}`]}. ${said}`);
  }

  save() {
    const theme = whiteTheme(this.theme);
    const paint = (context) => {
      const print = Object.create(this, {
        theme: { value: theme },
        colours: { value: pageColours(theme) },
        context: { value: context },
        regions: { value: [] },
      });
      this.view.draw(print);
    };
    const texts = [this.view.says(this), this.meta.caption, pictureLink()];
    savePng(
      composePicture({ width: this.width, height: this.height, texts, theme, ratio: 2, paint }),
      `positions_${this.state.view}.png`,
    );
    this.frame();
  }

  // ── pointer and keys ──────────────────────────────────────────────────────────────────────────────────────

  listen() {
    this.find(".pos-views").addEventListener("click", (event) => this.choose(event.target.dataset?.view));
    this.find(".pos-views").addEventListener("keydown", (event) => this.tabKey(event));
    this.find(".pos-save").addEventListener("click", () => this.save());
    this.canvas.addEventListener("pointerdown", (event) => this.press(event));
    this.canvas.addEventListener("pointermove", (event) => this.move(event));
    this.canvas.addEventListener("pointerup", () => this.release());
    this.canvas.addEventListener("pointercancel", () => this.release());
    this.canvas.addEventListener("pointerleave", () => this.held || this.tip.hide());
    this.figure.addEventListener("keydown", (event) => this.key(event));
    this.figure.addEventListener("keyup", () => this.keyed && this.letGo());
  }

  choose(name) {
    if (!this.ready || !this.makers[name] || name === this.state.view) return;
    this.state.view = name;
    this.tip.hide();
    this.spellViews();
    this.spellControls();
    this.draw();
    this.commit();
  }

  tabKey(event) {
    const names = Object.keys(POS_MAKERS);
    const move = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!this.ready || !move) return;
    event.preventDefault();
    event.stopPropagation();
    this.choose(names[(names.indexOf(this.state.view) + move + names.length) % names.length]);
    this.find(`[data-view="${this.state.view}"]`).focus();
  }

  at(event) {
    const frame = this.canvas.getBoundingClientRect();
    const [x, y] = [(event.clientX - frame.left) / this.zoom, (event.clientY - frame.top) / this.zoom];
    const inside = (one) => x >= one.x && x <= one.x + one.w && y >= one.y && y <= one.y + one.h;
    return { x, y, region: (this.regions ?? []).findLast(inside) };
  }

  press(event) {
    const { x, y, region } = this.at(event);
    if (!region || event.button) return;
    this.held = region;
    this.before = JSON.stringify(this.state);
    this.canvas.setPointerCapture(event.pointerId);
    const patch = region.drag ? region.drag(x, y, true) : region.click?.(x, y);
    this.set(patch);
    this.figure.focus({ preventScroll: true });
  }

  move(event) {
    const { x, y, region } = this.at(event);
    if (this.held) {
      if (this.held.drag) this.set(this.held.drag(x, y, false));
      return;
    }
    this.canvas.style.cursor = region?.cursor ?? "default";
    const rows = region?.tip?.(x, y);
    if (rows) this.tip.show(rows, x * this.zoom, y * this.zoom);
    else this.tip.hide();
  }

  release() {
    if (!this.held) return;
    this.held.end?.();
    this.held = null;
    if (JSON.stringify(this.state) !== this.before) this.commit();
    this.frame();
  }

  key(event) {
    const patch = this.ready && !this.missing ? this.view.keys(this.settled, event.key) : null;
    if (!patch || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.keyed = true;
    this.set(patch);
  }

  letGo() {
    this.keyed = false;
    this.commit();
  }
}

export default mounted((root) => new PositionsFigure(root));
