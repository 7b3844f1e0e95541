// What stands beside the grid: lists with bars, and small plots over layers or tokens.

import { drawCurveAxes, drawCurveLine, curveFrame } from "../../shared/layers.js";
import { fitText } from "../../shared/draw.js";

import { decimal, figures, percentTo, ten, whole } from "../../shared/numbers.js";

/** An element with a class and a text; texts never become markup. */
export function lensElement(tag, name, text = "") {
  return Object.assign(document.createElement(tag), { className: name, textContent: text });
}

/** A line of a list: label, bar from `from` to `to` (0–1 of the bar's box), value, and something behind it. */
export function lensLine({ label, value, from = 0, to, colour, title, wide, strong, action, after }) {
  const line = lensElement(action ? "button" : "div", `lv-row${wide ? " lv-wide" : ""}${strong ? " lv-strong" : ""}`);
  if (action) Object.assign(line, { type: "button", onclick: action });
  const name = lensElement("b", "", label);
  name.title = title ?? label;
  const bar = lensElement("i", "");
  const fill = lensElement("u", "");
  const [low, high] = [Math.min(from, to), Math.max(from, to)].map(
    (share) => 100 * Math.min(1, Math.max(0, Number.isFinite(share) ? share : 0)),
  );
  Object.assign(fill.style, { left: `${low}%`, width: `${Math.max(high - low, 0.6)}%`, background: colour });
  bar.append(fill);
  line.append(name, bar, lensElement("em", "", value));
  if (after) line.append(after);
  return line;
}

/** A signed line of a list: the bar starts in the middle. */
export function lensSigned({ value, most, theme, ...more }) {
  const share = most > 0 ? value / most / 2 : 0;
  return lensLine({ ...more, from: 0.5, to: 0.5 + share, colour: theme.diverging(value < 0 ? -0.8 : 0.8) });
}

/** Tokens as small chips. */
export function lensChips(labels) {
  const box = lensElement("div", "lv-tokens");
  box.append(...labels.map((label) => lensElement("span", "", label)));
  return box;
}

/** Lines over layers; `series`: [{values, colour, dash, name}]. `log` draws powers of ten. */
export function paintLensCurves(
  context,
  { width, height, theme, series, low, high, label, title, at, log, share, ranks },
) {
  const change = ranks
    ? (value) => -Math.log10(Math.max(1, value))
    : log
      ? (value) => Math.log10(Math.max(value, 10 ** low))
      : (value) => value;
  const count = series[0].values.length;
  const frame = curveFrame({ width, height, count, low, high, scale: theme.scale, left: 42, top: 24 });
  context.fillStyle = theme.muted;
  drawCurveAxes(context, {
    frame,
    theme,
    low: log || share || ranks ? high + 1 : low,
    high,
    count,
    label: "",
    ticks: 3,
  });
  Object.assign(context, {
    font: `400 ${12 * theme.scale}px ${theme.sans}`,
    fillStyle: theme.muted,
    textBaseline: "middle",
    textAlign: "right",
    lineWidth: 1,
    strokeStyle: theme.line,
  });
  const marks =
    log || ranks
      ? Array.from({ length: Math.floor(high) - Math.ceil(low) + 1 }, (_, i) => Math.ceil(low) + i)
      : share
        ? [0, 0.5, 1]
        : [];
  for (const mark of marks) {
    const y = Math.round(frame.y(mark)) + 0.5;
    context.fillText(log || ranks ? lensPower(ranks ? -mark : mark) : percentTo(mark), frame.left - 8 * theme.scale, y);
    context.beginPath();
    context.moveTo(frame.left, y);
    context.lineTo(frame.right, y);
    context.stroke();
  }
  for (const { values, colour, dash } of series)
    drawCurveLine(context, frame, Array.from(values, change), colour, { dash: dash ?? [] });
  if (at >= 0) {
    Object.assign(context, { strokeStyle: theme.muted, lineWidth: 1 });
    context.beginPath();
    context.moveTo(frame.x(at), frame.top);
    context.lineTo(frame.x(at), frame.bottom);
    context.stroke();
  }
  Object.assign(context, {
    font: `400 ${12 * theme.scale}px ${theme.sans}`,
    fillStyle: theme.fg,
    textAlign: "left",
    textBaseline: "top",
  });
  context.fillText(fitText(context, title, width - 60 * theme.scale), 2, 2);
  Object.assign(context, { fillStyle: theme.muted, textAlign: "right" });
  context.fillText(label, frame.right, 2);
}

/** 3 → "1,000"; 6 → "10⁶". */
export function lensPower(power) {
  if (power >= 0 && power <= 5) return whole(10 ** power);
  return power === -1 ? figures(0.1) : ten(power);
}

/** Signed bars side by side; `bars`: [{label, values: [{value, colour}]}], one or two values each. */
export function paintLensBars(context, { width, height, theme, bars, title, at, least = 1e-9 }) {
  const { scale } = theme;
  const all = bars.flatMap((bar) => bar.values.map((one) => one.value));
  const [low, high] = [Math.min(0, ...all), Math.max(least, ...all)];
  const area = { left: 42 * scale, right: width - 6 * scale, top: 26 * scale, bottom: height - 22 * scale };
  const y = (value) => area.bottom - ((area.bottom - area.top) * (value - low)) / (high - low);
  const step = (area.right - area.left) / bars.length;
  Object.assign(context, {
    font: `400 ${12 * scale}px ${theme.sans}`,
    textBaseline: "middle",
    textAlign: "right",
    fillStyle: theme.muted,
    strokeStyle: theme.line,
    lineWidth: 1,
  });
  for (const value of [...new Set([low, 0, high])]) {
    if (value && Math.abs(y(value) - y(0)) < 12 * scale) continue;
    context.fillText(lensNumber(value), area.left - 7 * scale, y(value));
    context.beginPath();
    context.moveTo(area.left, Math.round(y(value)) + 0.5);
    context.lineTo(area.right, Math.round(y(value)) + 0.5);
    context.stroke();
  }
  let free = -Infinity;
  bars.forEach((bar, i) => {
    const wide = Math.max(1, (step * 0.8) / bar.values.length);
    bar.values.forEach(({ value, colour }, k) => {
      const top = Math.min(y(0), y(value));
      context.fillStyle = colour;
      context.fillRect(
        area.left + i * step + step * 0.1 + k * wide,
        top,
        Math.max(1, wide - 0.5),
        Math.max(0.75, Math.abs(y(value) - y(0))),
      );
    });
    Object.assign(context, { fillStyle: i === at ? theme.fg : theme.muted, textAlign: "center" });
    const middle = area.left + (i + 0.5) * step;
    const text = fitText(context, bar.label, Math.max(step, 26 * scale) - 2);
    const half = context.measureText(text).width / 2;
    const chosen = area.left + (at + 0.5) * step;
    const near =
      at >= 0 &&
      i !== at &&
      Math.abs(middle - chosen) < half + context.measureText(bars[at].label).width / 2 + 5 * scale;
    if ((middle - half < free + 5 * scale && i !== at) || near) return;
    context.fillText(text, Math.min(middle, width - half - 1), height - 10 * scale);
    free = middle + half;
  });
  Object.assign(context, { fillStyle: theme.fg, textAlign: "left", textBaseline: "top" });
  context.fillText(fitText(context, title, width - 4), 2, 2);
}

/** Two to three digits, a real minus sign, powers of ten where it is large. */
export function lensNumber(value) {
  if (!Number.isFinite(value)) return "—";
  const size = Math.abs(value);
  if (size >= 1e6) {
    const power = Math.floor(Math.log10(size));
    return `${decimal(value / 10 ** power, 1)}·${lensPower(power).startsWith("10") ? lensPower(power) : `10${power}`}`;
  }
  return size >= 1000 ? whole(value) : decimal(value, size >= 100 ? 0 : size >= 10 ? 1 : 2);
}
