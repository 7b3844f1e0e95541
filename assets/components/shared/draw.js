// Small helpers that every canvas shares: sizing, text, tooltip, frames and their timing.

import { fillWords, percent } from "./numbers.js";

export { fillWords, percent };

/** Canvas pixels per CSS pixel: the screen's, at most 3. */
export function screenRatio() {
  return Math.min(3, window.devicePixelRatio || 1);
}

/**
 * Sizes a canvas for the screen's pixels (or `ratio`) and returns its 2-D context in CSS units.
 * @param {any} canvas @param {number} cssWidth @param {number} cssHeight
 */
export function fitCanvas(canvas, cssWidth, cssHeight, ratio = screenRatio()) {
  const [width, height] = [Math.max(1, Math.round(cssWidth * ratio)), Math.max(1, Math.round(cssHeight * ratio))];
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  if (canvas.style) {
    canvas.style.width = `${cssWidth}px`;
    canvas.style.height = `${cssHeight}px`;
  }
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.setTransform(width / cssWidth, 0, 0, height / cssHeight, 0, 0);
  return context;
}

const GRAPHEMES =
  typeof Intl !== "undefined" && Intl.Segmenter ? new Intl.Segmenter(undefined, { granularity: "grapheme" }) : null;

/** What a reader calls the characters of a text: "é" or a flag is one. @param {string} text */
export function graphemes(text) {
  return GRAPHEMES ? Array.from(GRAPHEMES.segment(text), (piece) => piece.segment) : Array.from(text);
}

/**
 * The text, or its longest beginning of whole characters that fits with "…" in `width` (as `measure` tells).
 * @param {string} text @param {number} width @param {(text: string) => number} measure
 */
export function cutText(text, width, measure) {
  if (measure(text) <= width) return text;
  const pieces = graphemes(text);
  let [low, high] = [0, pieces.length];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (measure(`${pieces.slice(0, middle).join("")}…`) <= width) low = middle;
    else high = middle - 1;
  }
  return low ? `${pieces.slice(0, low).join("")}…` : measure("…") <= width ? "…" : "";
}

/** cutText with the context's current font. @param {Context2D} context @param {string} text @param {number} width */
export function fitText(context, text, width) {
  return cutText(text, width, (piece) => context.measureText(piece).width);
}

/** The text in lines of at most `width`: broken between words, and within one where it alone is too long. */
export function wrapText(/** @type {Context2D} */ context, /** @type {string} */ text, /** @type {number} */ width) {
  const fits = (/** @type {string} */ line) => context.measureText(line.trimEnd()).width <= width;
  const lines = [""];
  const add = (/** @type {string} */ piece) => {
    if (fits(lines[lines.length - 1] + piece)) lines[lines.length - 1] += piece;
    else lines.push(piece);
  };
  for (const word of String(text).match(/\S+\s*/g) ?? []) {
    if (fits(word)) add(word);
    else graphemes(word).forEach(add);
  }
  return lines.map((line) => line.trimEnd()).filter(Boolean);
}

/**
 * A tooltip over a positioned box. `show(rows, x, y)` takes strings or [label, value, …] rows (a row
 * `{title: "…"}` is a heading) and places them beside (x, y), inside the box; `hide()` takes it away. A row may also be an element (a small picture).
 * Words go in as text only, so a visitor's text can never become markup.
 */
export function makeTooltip(/** @type {any} */ box) {
  const tip = box.ownerDocument.createElement("div");
  tip.className = "gb-tip";
  tip.setAttribute("role", "presentation");
  tip.hidden = true;
  box.append(tip);
  const cell = (/** @type {string} */ text, /** @type {string} */ name) => {
    const span = box.ownerDocument.createElement("span");
    span.className = name;
    span.textContent = text;
    return span;
  };
  const row = (/** @type {any} */ content) => {
    if (content.nodeType) return content;
    const line = box.ownerDocument.createElement("div");
    if (Array.isArray(content)) {
      line.className = "gb-tip-row";
      line.append(...content.map((text, i) => cell(text, i ? "gb-tip-value" : "gb-tip-label")));
    } else {
      line.className = content.title ? "gb-tip-title" : "gb-tip-text";
      line.textContent = content.title ?? content;
    }
    return line;
  };
  let shown = "";
  return {
    element: tip,
    show(/** @type {any[]} */ rows, /** @type {number} */ x, /** @type {number} */ y) {
      const key = JSON.stringify(rows);
      if (key !== shown) tip.replaceChildren(...rows.map(row));
      shown = key;
      tip.hidden = false;
      const [width, height] = [tip.offsetWidth, tip.offsetHeight];
      const left = x + 14 + width <= box.clientWidth ? x + 14 : x - 14 - width;
      const top = Math.min(Math.max(0, y - height / 3), box.clientHeight - height);
      tip.style.transform = `translate(${Math.max(0, Math.round(left))}px, ${Math.round(Math.max(0, top))}px)`;
    },
    hide() {
      tip.hidden = true;
    },
  };
}

/**
 * A straight line in the present stroke.
 * @param {Context2D} context @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1
 */
export function drawLine(context, x0, y0, x1, y1) {
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}

/** A disc in the present fill. @param {Context2D} context @param {number} x @param {number} y @param {number} radius */
export function drawDot(context, x, y, radius) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}

/** Records the milliseconds of one compute + draw under a name, the last 2000, for benchmarks to read. */
export function recordFrame(/** @type {string} */ name, /** @type {number} */ milliseconds) {
  const host = /** @type {any} */ (window);
  const all = (host.__glassboxFrames ??= {});
  const ring = (all[name] ??= []);
  ring.push(milliseconds);
  if (ring.length > 2000) ring.splice(0, ring.length - 2000);
}

/**
 * Coalesces calls into one per animation frame: `const paint = onFrame(draw, "focus")`, then `paint()` as often as
 * wanted. `paint.cancel()` forgets a pending frame. With a name, each frame's duration is recorded.
 */
export function onFrame(/** @type {(time: number) => void} */ draw, name = "") {
  let pending = 0;
  const run = (/** @type {number} */ time) => {
    pending = 0;
    const start = performance.now();
    draw(time);
    if (name) recordFrame(name, performance.now() - start);
  };
  const request = () => {
    pending ||= requestAnimationFrame(run);
  };
  request.cancel = () => {
    if (pending) cancelAnimationFrame(pending);
    pending = 0;
  };
  return request;
}

/** While presenting: the height left in the window under an element's top, as if nothing were scrolled; else Infinity. */
export function lectureRoom(/** @type {any} */ element, below = 0) {
  if (!document.documentElement.classList.contains("gb-present")) return Infinity;
  const scrolled = document.querySelector('[data-testid="stMain"]')?.scrollTop ?? 0;
  return Math.max(0, window.innerHeight - element.getBoundingClientRect().top - scrolled - below);
}

/** Is this an exported page, with nobody to hear a choice that needs the model? */
export function isStatic() {
  return document.documentElement.dataset.static === "1";
}

/**
 * A picture to take away: a canvas of `width` × `height` plus a caption below, on the theme's background. `paint` draws
 * the figure in CSS pixels; the first line of the caption is the figure's own, the others stand back.
 * @param {{width: number, height: number, texts: string[], theme: any, paint: (context: Context2D) => void, ratio?: number}} _
 */
export function composePicture({ width, height, texts, theme, paint, ratio = Math.max(2, screenRatio()) }) {
  const [edge, line] = [20, 19 * theme.scale];
  const out = document.createElement("canvas");
  const font = `400 ${Math.round(12 * theme.scale)}px ${theme.sans}`;
  const measure = /** @type {CanvasRenderingContext2D} */ (out.getContext("2d"));
  measure.font = font;
  const lines = texts.flatMap((text, at) => (text ? wrapText(measure, text, width).map((part) => ({ part, at })) : []));
  const [wide, high] = [width + 2 * edge, height + 2 * edge + (lines.length + 0.5) * line];
  const context = fitCanvas(out, wide, high, ratio);
  context.fillStyle = theme.bg;
  context.fillRect(0, 0, wide, high);
  context.save();
  context.translate(edge, edge);
  paint(context);
  context.restore();
  Object.assign(context, { font, textAlign: "left", textBaseline: "middle" });
  lines.forEach(({ part, at }, row) => {
    context.fillStyle = at ? theme.muted : theme.fg;
    context.fillText(part, edge, edge + height + (row + 1) * line);
  });
  return out;
}

/** Where a picture was taken, for its caption; a page on a disk has no address worth keeping. */
export function pictureLink() {
  return isStatic() ? "" : location.href;
}

/** A picture with the page's address below, in the visitor's hands: `composePicture` says what it is made of. */
export function savePicture(/** @type {string} */ name, /** @type {any} */ picture) {
  savePng(composePicture({ ...picture, texts: [...picture.texts, pictureLink()] }), name);
}

/** Hands a canvas to the visitor as a PNG file. @param {any} canvas @param {string} name */
export function savePng(canvas, name) {
  canvas.toBlob((/** @type {any} */ blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }, "image/png");
}

/** Ease-out cubic, for changes of state of at most 300 ms. @param {number} t */
export function easeOut(t) {
  return 1 - (1 - Math.min(1, Math.max(0, t))) ** 3;
}
