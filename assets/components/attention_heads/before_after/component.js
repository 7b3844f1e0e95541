// What changed when heads were switched off: candidates before and after as paired bars, and every token's change.
// All words and labels go in as text.

import { unpack } from "../../shared/buffer.js";
import { fillWords, fitCanvas, percent, savePng } from "../../shared/draw.js";
import { readTheme } from "../../shared/theme.js";
import { composeChange } from "./picture.js";
import { changeColour, changeInk, changeKnown, changeReach, changeScale } from "./scale.js";

function changeMake(tag, name, text = "") {
  const element = document.createElement(tag);
  element.className = name;
  element.textContent = text;
  return element;
}

function changeRow(label, before, after, most) {
  const row = changeMake("div", "ba-row");
  row.setAttribute("role", "listitem");
  const track = changeMake("div", "ba-track");
  for (const [name, value] of [
    ["ba-before", before],
    ["ba-after", after],
  ]) {
    const bar = changeMake("div", `ba-bar ${name}`);
    bar.style.width = `${(100 * value) / most}%`;
    track.append(bar);
  }
  const value = changeMake("div", "ba-value", `${percent(before)} → `);
  value.append(changeMake("b", "", percent(after)));
  const name = changeMake("div", "ba-label", label);
  name.title = label;
  row.append(name, track, value);
  row.setAttribute("aria-label", `${label}: ${percent(before)} → ${percent(after)}`);
  return row;
}

function changeChips(box, meta, change, theme, reach) {
  const note = box.querySelector(".ba-note");
  const chips = meta.tokens.map((label, i) => {
    const chip = changeMake("span", "ba-chip", label);
    const known = changeKnown(change[i]);
    const colour = changeColour(theme, meta.measure, known ? change[i] / reach : 0);
    chip.style.background = colour;
    chip.style.color = changeInk(colour);
    chip.tabIndex = 0;
    const say = () => {
      const sentence = known ? meta.words[`${meta.measure}_token`] : meta.words.no_value;
      note.textContent = fillWords(sentence, {
        token: label,
        before: meta.before[i],
        after: meta.after[i],
        change: meta.change[i],
      });
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

export default function (component) {
  const box = component.parentElement.querySelector(".ba");
  if (!component.data) return;
  unpack(component.data).then(({ meta, arrays }) => {
    const theme = readTheme(component.parentElement);
    const style = {
      fg: theme.fg,
      bg: theme.bg,
      muted: theme.muted,
      line: theme.line,
      accent: theme.accent,
      sans: theme.sans,
      mono: theme.mono,
      scale: theme.scale,
    };
    for (const [name, value] of Object.entries(style)) box.style.setProperty(`--gb-${name}`, String(value));
    box.style.setProperty("--ba-before", theme.muted);
    box.style.setProperty("--ba-after", theme.accent);
    for (const element of box.querySelectorAll("[data-word]"))
      element.textContent = meta.words[element.dataset.word] ?? "";
    const { before, after, change } = arrays;
    const most = Math.max(1e-9, ...before, ...after);
    box
      .querySelector(".ba-rows")
      .replaceChildren(...meta.candidates.map((label, i) => changeRow(label, before[i], after[i], most)));
    box.querySelector(".ba-bars").hidden = meta.candidates.length === 0;
    box.classList.toggle("ba-single", meta.candidates.length === 0);
    box.querySelector(".ba-tokens-title").textContent = meta.words[`${meta.measure}_title`];
    const reach = changeReach(meta.measure, change);
    changeChips(box, meta, change, theme, reach);
    changeRamp(box, meta, theme, reach);
    box.querySelector(".ba-save").onclick = () =>
      savePng(composeChange({ meta, arrays, theme, reach, width: box.clientWidth }), "heads-switched-off.png");
    box.hidden = false;
  });
}
