// A picture of the change to take away: bars of the candidates, chips of all tokens, drawn anew on white.

import { makeRuler } from "../../shared/dom.js";
import { fitText, percent } from "../../shared/draw.js";
import { whiteTheme } from "../../shared/theme.js";
import { changeColour, changeInk, changeKnown, changeScale } from "./scale.js";

/** A picture of both parts, side by side where the page is wide enough, with the caption. */
export function changePicture(view, reach) {
  const { meta, arrays } = view;
  const theme = whiteTheme(view.theme);
  const unit = theme.scale;
  const width = Math.max(340 * unit, Math.min(view.box.clientWidth, 1400 * unit));
  const beside = meta.candidates.length > 0 && width >= 720 * unit;
  const left = beside ? Math.round((width - 40) * 0.455) : width;
  const barsHeight = meta.candidates.length ? (58 + 26 * meta.candidates.length) * unit : 0;
  const [x, y] = beside ? [left + 40, 0] : [0, barsHeight && barsHeight + 16 * unit];
  const chips = placeChips(meta, theme, width - x);
  return {
    width,
    height: Math.max(barsHeight, y + chips.height + 64 * unit),
    texts: ["", meta.caption],
    theme,
    paint: (context) => {
      context.textBaseline = "middle";
      if (barsHeight) paintBars(context, { meta, arrays, theme, width: left });
      context.translate(x, y);
      paintChips(context, { meta, arrays, theme, reach, chips });
    },
  };
}

function changeFont(theme, size, { weight = 400, mono = false } = {}) {
  return `${weight} ${size * theme.scale}px ${mono ? theme.mono : theme.sans}`;
}

function paintTitle(context, theme, text) {
  Object.assign(context, { font: changeFont(theme, 14, { weight: 600 }), fillStyle: theme.fg, textAlign: "left" });
  context.fillText(text, 0, 9 * theme.scale);
}

function paintBars(context, { meta, arrays, theme, width }) {
  const unit = theme.scale;
  const colours = [theme.muted, theme.accent];
  paintTitle(context, theme, meta.words.candidates);
  let at = 0;
  context.font = changeFont(theme, 13);
  [meta.words.before, meta.words.after].forEach((word, side) => {
    context.fillStyle = colours[side];
    context.fillRect(at, 29 * unit, 15 * unit, 8 * unit);
    context.fillStyle = theme.muted;
    context.fillText(word, at + 21 * unit, 33 * unit);
    at += 39 * unit + context.measureText(word).width;
  });
  const most = Math.max(1e-9, ...arrays.before, ...arrays.after);
  const [label, value] = [96 * unit, 120 * unit];
  meta.candidates.forEach((candidate, row) => {
    const y = (50 + 26 * row) * unit;
    const shares = [arrays.before[row], arrays.after[row]];
    Object.assign(context, { font: changeFont(theme, 13, { mono: true }), fillStyle: theme.fg, textAlign: "right" });
    context.fillText(fitText(context, candidate, label), label, y + 11 * unit);
    shares.forEach((share, side) => {
      context.fillStyle = colours[side];
      const wide = Math.max(1, ((width - label - value - 20) * share) / most);
      context.fillRect(label + 10, y + (3 + 9 * side) * unit, wide, 7 * unit);
    });
    Object.assign(context, { font: changeFont(theme, 13), textAlign: "left", fillStyle: theme.fg });
    context.fillText(shares.map(percent).join(" → "), width - value, y + 11 * unit);
  });
}

/** Chips in lines, as the page flows them: [label, x, y, width] of each. */
function placeChips(meta, theme, width) {
  const unit = theme.scale;
  const [pitch, gap] = [26 * unit, 3 * unit];
  const context = makeRuler();
  context.font = changeFont(theme, 14, { mono: true });
  let [x, y] = [0, 0];
  const places = meta.tokens.map((token) => {
    const label = fitText(context, token, width - 12 * unit);
    const wide = context.measureText(label).width + 12 * unit;
    if (x && x + wide > width) [x, y] = [0, y + pitch];
    const place = [label, x, y, wide];
    x += wide + gap;
    return place;
  });
  return { places, height: y + pitch };
}

function paintChips(context, { meta, arrays, theme, reach, chips }) {
  const unit = theme.scale;
  paintTitle(context, theme, meta.words[`${meta.measure}_title`]);
  context.font = changeFont(theme, 14, { mono: true });
  chips.places.forEach(([label, x, y, wide], i) => {
    const share = changeKnown(arrays.change[i]) ? arrays.change[i] / reach : 0;
    const colour = changeColour(theme, meta.measure, share);
    context.fillStyle = colour;
    context.beginPath();
    context.roundRect(x, y + 28 * unit, wide, 23 * unit, 4);
    context.fill();
    context.strokeStyle = theme.line;
    context.stroke();
    context.fillStyle = changeInk(colour);
    context.fillText(label, x + 6 * unit, y + 40 * unit);
  });
  const [low, high] = changeScale(meta, reach);
  const y = chips.height + 44 * unit;
  Object.assign(context, { font: changeFont(theme, 13), fillStyle: theme.muted });
  context.fillText(low, 0, y);
  const from = context.measureText(low).width + 8 * unit;
  const ramp = 160 * unit;
  context.fillText(high, from + ramp + 8 * unit, y);
  for (let at = 0; at < ramp; at++) {
    const share = at / (ramp - 1);
    context.fillStyle = changeColour(theme, meta.measure, meta.measure === "loss" ? 2 * share - 1 : share);
    context.fillRect(from + at, y - 4 * unit, 1.5, 8 * unit);
  }
}
