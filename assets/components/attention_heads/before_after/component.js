// What changed when heads were switched off: candidates before and after as paired bars, and every token's change.
// All words and labels go in as text.

import { attributes, make } from "../../shared/dom.js";
import { fillWords, fitCanvas, percent, savePicture } from "../../shared/draw.js";
import { mounted } from "../../shared/mount.js";
import { MessageView } from "../../shared/view.js";
import { changePicture } from "./picture.js";
import { changeColour, changeInk, changeKnown, changeReach, changeScale } from "./scale.js";

function changeRow(label, before, after, most) {
  const bars = Object.entries({ before, after }).map(([name, value]) => {
    const bar = make("div", `ba-bar ba-${name}`);
    bar.style.width = `${(100 * value) / most}%`;
    return bar;
  });
  const value = make("div", "ba-value", `${percent(before)} → `, make("b", "", percent(after)));
  const name = make("div", "ba-label", label);
  name.title = label;
  const row = make("div", "ba-row", name, make("div", "ba-track", ...bars), value);
  return attributes(row, { role: "listitem", "aria-label": `${label}: ${percent(before)} → ${percent(after)}` });
}

function changeChips(box, meta, change, theme, reach) {
  const note = box.querySelector(".ba-note");
  const chips = meta.tokens.map((label, i) => {
    const chip = make("span", "ba-chip", label);
    const known = changeKnown(change[i]);
    const colour = changeColour(theme, meta.measure, known ? change[i] / reach : 0);
    chip.style.background = colour;
    chip.style.color = changeInk(colour);
    chip.tabIndex = 0;
    const say = () => {
      const sentence = known ? meta.words[`${meta.measure}_token`] : meta.words.no_value;
      const [before, after] = [meta.before[i], meta.after[i]];
      note.textContent = fillWords(sentence, { token: label, before, after, change: meta.change[i] });
    };
    chip.onpointerenter = say;
    chip.onfocus = say;
    return chip;
  });
  box.querySelector(".ba-chips").replaceChildren(...chips);
}

function changeRamp(box, meta, theme, reach) {
  const canvas = box.querySelector(".ba-ramp");
  const context = fitCanvas(canvas, 160 * theme.scale, 8 * theme.scale);
  const steps = 64;
  for (let i = 0; i < steps; i++) {
    const t = i / (steps - 1);
    context.fillStyle = changeColour(theme, meta.measure, meta.measure === "loss" ? 2 * t - 1 : t);
    context.fillRect((160 * theme.scale * i) / steps, 0, (160 * theme.scale) / steps + 1, 8 * theme.scale);
  }
  const [low, high] = changeScale(meta, reach);
  box.querySelector(".ba-low").textContent = low;
  box.querySelector(".ba-high").textContent = high;
}

class ChangeView extends MessageView {
  constructor(root) {
    super(root, ".ba", "before_after");
  }

  take() {
    this.draw();
  }

  draw() {
    const { box, meta, theme } = this;
    const { before, after, change } = this.arrays;
    const most = Math.max(1e-9, ...before, ...after);
    const rows = meta.candidates.map((label, i) => changeRow(label, before[i], after[i], most));
    this.find(".ba-rows").replaceChildren(...rows);
    this.find(".ba-bars").hidden = meta.candidates.length === 0;
    box.classList.toggle("ba-single", meta.candidates.length === 0);
    this.find(".ba-tokens-title").textContent = meta.words[`${meta.measure}_title`];
    const reach = changeReach(meta.measure, change);
    changeChips(box, meta, change, theme, reach);
    changeRamp(box, meta, theme, reach);
    this.find(".ba-save").onclick = () => savePicture("heads-switched-off.png", changePicture(this, reach));
    box.hidden = false;
  }
}

export default mounted((root) => new ChangeView(root));
