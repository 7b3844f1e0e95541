// The masking rule on the visitor's own tokens: one roll, many rolls against the closed form, and epochs with holes
// that stay or change. All of it is computed here; the server only cuts the text into tokens.

import { make } from "../../shared/dom.js";
import { domSaver } from "../../shared/dom_picture.js";
import { cutText, fillWords, fitCanvas, lectureRoom, makeTooltip, percent } from "../../shared/draw.js";
import { FigureView } from "../../shared/figure.js";
import { mounted } from "../../shared/mount.js";
import { makeDial } from "../../shared/run_bar.js";
import { mixColour } from "../../shared/theme.js";
import { ruleChiSquare, ruleDraw, ruleExpected, ruleTally } from "./draws.js";
import { stripCurves, stripGrid, stripLayout } from "./strip.js";

import { percentTo, whole } from "../../shared/numbers.js";

const RULE_NAMES = ["plain", "mask", "random", "same"];
const RULE_ROLLS = [1, 10, 100, 1000, 10000];

/** @extends {FigureView<import("../payloads").MaskRule>} */
class RuleView extends FigureView {
  constructor(root) {
    super(root, ".rule", "mask_rule");
    this.nameSaver = domSaver(this, "masking-rule.png", ".rule-roll");
    this.canvas = this.part(".rule-canvas");
    this.tip = makeTooltip(this.box);
    this.part(".rule-roll").addEventListener("click", () => this.change({ seed: (this.state.seed + 1) % 10000 }, true));
    this.dials = {
      share: this.makeDial(
        ".rule-dials",
        "share",
        { low: 5, high: 60, step: 5, shown: (n) => percentTo(n / 100) },
        (n) => n / 100,
      ),
      epochs: this.makeDial(".rule-epoch-dials", "epochs", { low: 1, high: 60 }),
      copies: this.makeDial(".rule-epoch-dials", "copies", { low: 1, high: 10 }),
    };
    this.canvas.addEventListener("pointermove", (event) => this.hover(event));
    this.canvas.addEventListener("pointerleave", () => this.tip.hide());
  }

  makeDial(place, name, { low, high, ...options }, value = (n) => n) {
    const dial = makeDial(low, high, (n) => this.change({ [name]: value(n) }, true), options);
    const input = dial.element.querySelector("input");
    input.addEventListener("input", () => this.change({ [name]: value(Number(input.value)) }, false));
    this.part(place).append(dial.element);
    return dial;
  }

  take({ meta } = this) {
    this.nameSaver();
    if (meta.state.version !== this.version) {
      this.version = meta.state.version;
      this.state = { ...meta.state };
    }
    this.special = meta.special;
    const { theme } = this;
    const warm = theme.dark ? "#f0883e" : "#d55e00";
    const colours = {
      faint: theme.faint,
      warm,
      cool: theme.dark ? "#56b4e9" : "#0072b2",
      random: mixColour(theme.bg, warm, theme.dark ? 0.3 : 0.16),
    };
    for (const [name, value] of Object.entries(colours)) this.box.style.setProperty(`--rule-${name}`, value);
    this.part(".rule-roll").textContent = this.words.roll;
    this.dials.share.name(this.words.share);
    this.dials.epochs.name(this.words.epochs);
    this.dials.copies.name(this.words.copies);
    this.canvas.setAttribute("aria-label", this.words.epochs_title);
    this.part(".rule-keys").replaceChildren(
      ...["mask", "random", "same", "plain"].map((name) => {
        const key = make("span");
        key.append(make("i", `${name}-face`), this.words[`key_${name}`]);
        return key;
      }),
    );
    this.paint();
  }

  change(values, release) {
    if (!this.ready) return;
    Object.assign(this.state, values);
    this.paint();
    this.draw();
    if (release) this.send?.("look", values);
  }

  paint() {
    this.dials.share.set(Math.round(100 * this.state.share));
    this.dials.epochs.set(this.state.epochs);
    this.dials.copies.set(this.state.copies);
    this.paintRoll();
    this.paintCounts();
  }

  // --- one roll ---

  paintRoll() {
    const { meta, words } = this;
    const { states, others } = ruleDraw(this.special, this.state.seed, 0, this.state.share);
    this.part(".rule-text").replaceChildren(
      ...meta.labels.map((label, at) => {
        const name = RULE_NAMES[states[at]];
        const chip = make("span", `rule-chip ${this.special[at] ? "special" : name}`);
        const given = {
          plain: label,
          same: label,
          mask: meta.mask,
          random: meta.others[Math.floor(others[at] * meta.others.length)],
        }[name];
        chip.append(
          make("small", "", name === "plain" ? "" : name === "same" ? "✓" : label),
          make("bdi", this.special[at] ? "" : `${name}-face`, given),
        );
        chip.title = this.special[at] ? words.tip_special : fillWords(words[`tip_${name}`], { token: label, given });
        return chip;
      }),
    );
    const counts = [0, 0, 0, 0];
    states.forEach((state, at) => (counts[state] += this.special[at] ? 0 : 1));
    const count = this.special.filter((one) => !one).length;
    this.part(".rule-said").textContent = fillWords(words.said, {
      chosen: count - counts[0],
      count,
      mask: counts[1],
      random: counts[2],
      same: counts[3],
      seed: this.state.seed,
    });
  }

  // --- many rolls ---

  paintCounts() {
    const { words } = this;
    const { seed, share, rolls } = this.state;
    const counts = ruleTally(this.special, seed, rolls, share);
    const all = counts.reduce((a, b) => a + b, 0);
    const chosen = all - counts[0];
    const buttons = this.part(".rule-buttons");
    buttons.setAttribute("aria-label", words.many);
    const focused = this.root.activeElement?.dataset?.rolls;
    buttons.replaceChildren(
      ...RULE_ROLLS.map((many) => {
        const button = make("button", "", `×\u202f${whole(many)}`);
        button.type = "button";
        button.dataset.rolls = String(many);
        button.setAttribute("aria-pressed", String(many === rolls));
        button.addEventListener("click", () => this.change({ rolls: many }, true));
        return button;
      }),
    );
    if (focused) buttons.querySelector(`[data-rolls="${focused}"]`)?.focus();
    const wanted = [share, 0.8, 0.1, 0.1];
    const seen = [chosen / (all || 1), ...[1, 2, 3].map((at) => counts[at] / (chosen || 1))];
    this.part(".rule-counts").replaceChildren(
      ...["chosen", "mask", "random", "same"].map((name, at) => {
        const row = make("div", "rule-count");
        const track = make("div", "rule-track");
        const [bar, mark] = [make("i"), make("u")];
        bar.style.width = `${100 * seen[at]}%`;
        mark.style.left = `calc(${100 * wanted[at]}% - 1px)`;
        track.append(bar, mark);
        const value = (share1) => (share1 >= 0.0995 ? percentTo(share1, 1) : percent(share1));
        row.append(
          make("div", "", words[`count_${name}`]),
          track,
          make("span", "", value(seen[at])),
          make("span", "rule-wanted", fillWords(words.wanted, { share: percent(wanted[at]) })),
        );
        return row;
      }),
    );
    const { x, p } = ruleChiSquare(counts, share);
    const least = Math.min(...ruleExpected(share)) * all;
    this.part(".rule-chi").textContent = fillWords(least < 5 ? words.chi_few : words.chi, { count: all, x, p });
  }

  // --- epochs ---

  draw() {
    const { theme, words, canvas } = this;
    const width = canvas.parentElement.clientWidth;
    if (!width) return;
    this.layout = stripLayout(width, theme.scale, lectureRoom(canvas));
    const context = fitCanvas(canvas, width, this.layout.height, this.ratio);
    context.clearRect(0, 0, width, this.layout.height);
    const { seed, share, epochs, copies } = this.state;
    const colours = [theme.dark ? "#f0883e" : "#d55e00", theme.dark ? "#56b4e9" : "#0072b2"];
    const say = (
      text,
      x,
      y,
      { colour = theme.muted, align = "left", weight = 400, size = 12, base = "alphabetic", room = 0 } = {},
    ) => {
      Object.assign(context, {
        font: this.font(weight, size),
        fillStyle: colour,
        textAlign: align,
        textBaseline: base,
      });
      context.fillText(room ? cutText(text, room, (part) => context.measureText(part).width) : text, x, y);
    };
    this.grids = [copies, epochs].map((many) => stripGrid(this.special, seed, share, epochs, many));
    this.layout.grids.forEach((box, side) => {
      say(words[side ? "dynamic" : "static"], box.x, box.y - 8 * theme.scale, {
        weight: 650,
        size: 13,
        colour: theme.fg,
        room: box.w,
      });
      const [w, h] = [box.w / (this.grids[side][0].length || 1), box.h / epochs];
      context.fillStyle = theme.panel;
      context.fillRect(box.x, box.y, box.w, box.h);
      this.grids[side].forEach((row, epoch) =>
        row.forEach((state, at) => {
          if (!state) return;
          context.fillStyle = state === 1 ? colours[side] : mixColour(theme.bg, colours[side], 0.45);
          context.fillRect(
            box.x + at * w + (w > 5 ? 0.5 : 0),
            box.y + epoch * h + (h > 5 ? 0.5 : 0),
            Math.max(1, w - (w > 5 ? 1 : 0)),
            Math.max(1, h - (h > 5 ? 1 : 0)),
          );
        }),
      );
    });
    const [grid] = this.layout.grids;
    say("1", grid.x - 6, grid.y, { align: "right", base: "top" });
    say(String(epochs), grid.x - 6, grid.y + grid.h, { align: "right", base: "bottom" });
    say(words.tokens_axis, grid.x, grid.y + grid.h + 15 * theme.scale, { room: grid.w });
    this.drawCurves(context, say, colours);
  }

  drawCurves(context, say, colours) {
    const { theme, words, layout } = this;
    const { share, epochs, copies } = this.state;
    const box = layout.plot;
    const [x, y] = [(epoch) => box.x + (box.w * epoch) / Math.max(1, epochs - 1), (part) => box.y + box.h * (1 - part)];
    context.lineWidth = 1;
    for (const part of [0, 0.5, 1]) {
      context.strokeStyle = theme.line;
      context.beginPath();
      context.moveTo(box.x, y(part));
      context.lineTo(box.x + box.w, y(part));
      context.stroke();
      say(percentTo(part), box.x - 6, y(part), { align: "right", base: "middle" });
    }
    say(words.seen_axis, box.x, box.y - 9 * theme.scale, { weight: 650, size: 13, colour: theme.fg, room: box.w });
    for (const epoch of [...new Set([0, Math.floor((epochs - 1) / 2), epochs - 1])])
      say(String(epoch + 1), x(epoch), box.y + box.h + 6, { align: "center", base: "top" });
    say(words.epoch_axis, box.x + box.w, box.y + box.h + 21 * theme.scale, {
      align: "right",
      base: "top",
      room: box.w,
    });
    this.curves = stripCurves(this.special, this.state);
    this.curves.forEach(({ seen, closed }, side) => {
      for (const { values, dash, wide } of [
        { values: closed, dash: [4, 4], wide: 1.5 },
        { values: seen, dash: [], wide: 2.4 },
      ]) {
        context.save();
        Object.assign(context, { strokeStyle: colours[side], lineWidth: wide });
        context.setLineDash(dash);
        context.beginPath();
        values.forEach((value, epoch) => context.lineTo(x(epoch), y(value)));
        context.stroke();
        context.restore();
      }
      if (epochs === 1) context.fillRect(x(0) - 2, y(seen[0]) - 2, 4, 4);
    });
    const last = this.curves.map(({ seen, closed }) => [seen[epochs - 1], closed[epochs - 1]]);
    const told = {
      epochs,
      copies,
      static: percent(last[0][0]),
      static_closed: percent(last[0][1]),
      dynamic: percent(last[1][0]),
      dynamic_closed: percent(last[1][1]),
      share: percent(share),
    };
    this.part(".rule-epoch-said").textContent = fillWords(words.epoch_said, told);
  }

  hover(event) {
    if (!this.layout || !this.grids) return;
    const at = this.canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - at.left, event.clientY - at.top];
    const side = this.layout.grids.findIndex(
      (box) => x >= box.x && x < box.x + box.w && y >= box.y && y < box.y + box.h,
    );
    if (side < 0) return this.tip.hide();
    const box = this.layout.grids[side];
    const epoch = Math.floor(((y - box.y) / box.h) * this.state.epochs);
    const column = Math.floor(((x - box.x) / box.w) * this.grids[side][0].length);
    const free = [...this.special.keys()].filter((one) => !this.special[one]);
    const state = ["none", "first", "again"][this.grids[side][epoch][column]];
    const outer = this.box.getBoundingClientRect();
    this.tip.show(
      [{ title: this.meta.labels[free[column]] }, fillWords(this.words[`strip_${state}`], { epoch: epoch + 1 })],
      event.clientX - outer.left,
      event.clientY - outer.top,
    );
    return undefined;
  }
}

export default mounted((root) => new RuleView(root));
