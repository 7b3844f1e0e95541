// A picture of a figure that is made of elements rather than drawn: its boxes, lines, words and canvases, as they stand.

import { composePicture, pictureLink, savePng } from "./draw.js";
import { whiteTheme } from "./theme.js";

/** @param {Context2D} context @param {any} element @param {number} x @param {number} y @param {any} _ its size */
function domBox(context, element, x, y, { width, height }) {
  /** @type {any} */ const style = getComputedStyle(element);
  const radius = Math.min(parseFloat(style.borderTopLeftRadius) || 0, width / 2, height / 2);
  const shape = (/** @type {number} */ inset) => {
    context.beginPath();
    context.roundRect(
      x + inset,
      y + inset,
      Math.max(0, width - 2 * inset),
      Math.max(0, height - 2 * inset),
      Math.max(0, radius - inset),
    );
  };
  const stroke = (/** @type {any} */ colour, /** @type {number} */ wide) => {
    Object.assign(context, { strokeStyle: colour, lineWidth: wide });
    shape(wide / 2);
    context.stroke();
  };
  context.fillStyle = style.backgroundColor;
  shape(0);
  context.fill();
  if (style.backgroundImage.includes("repeating-linear-gradient")) {
    // hatched: hidden or taken away
    const colour = style.backgroundImage.match(/rgba?\([^)]*\)|color\([^)]*\)/)?.[0];
    context.save();
    context.clip();
    Object.assign(context, { strokeStyle: colour, lineWidth: 1.6 });
    context.beginPath();
    for (let at = -height; at < width; at += 6) {
      context.moveTo(x + at, y + height);
      context.lineTo(x + at + height, y);
    }
    context.stroke();
    context.restore();
  }
  const ring = style.boxShadow.match(/^(rgba?\([^)]*\)|color\([^)]*\)) 0px 0px 0px ([\d.]+)px/);
  if (ring) stroke(ring[1], parseFloat(ring[2]));
  const sides = ["Top", "Right", "Bottom", "Left"].map((side) => [
    parseFloat(style[`border${side}Width`]),
    style[`border${side}Color`],
  ]);
  if (sides.every(([wide]) => wide > 0)) stroke(sides[0][1], sides[0][0]);
  else if (sides[0][0] > 0 || sides[2][0] > 0) {
    const [wide, colour] = sides[0][0] > 0 ? sides[0] : sides[2];
    context.fillStyle = colour;
    context.fillRect(x, sides[0][0] > 0 ? y : y + height - wide, width, wide);
  }
}

/** @param {Context2D} context @param {any} node @param {DOMRect} origin */
function domText(context, node, origin) {
  const style = getComputedStyle(node.parentElement);
  const size = parseFloat(style.fontSize);
  Object.assign(context, {
    font: `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`,
    fillStyle: style.color,
    textAlign: "left",
    textBaseline: "middle",
    direction: "ltr",
  });
  const range = document.createRange();
  /** @type {any} */
  let line = null; // the characters that stand on one line are written in one go
  const write = () => {
    if (!line) return;
    const [x, y] = [line.left - origin.left, (line.top + line.bottom) / 2 - origin.top];
    context.fillText(line.text, x, y);
    if (!style.textDecorationLine.includes("line-through")) return;
    context.fillRect(x, y, line.right - line.left, Math.max(1, size / 16));
  };
  let at = 0;
  for (const letter of node.data) {
    range.setStart(node, at);
    range.setEnd(node, (at += letter.length));
    const [place] = range.getClientRects();
    if (!place || !place.width) continue;
    if (line && Math.abs(place.top - line.top) < size / 2)
      Object.assign(line, { text: line.text + letter, right: place.right });
    else {
      write();
      line = { text: letter, left: place.left, right: place.right, top: place.top, bottom: place.bottom };
    }
  }
  write();
}

/** @param {Context2D} context @param {any} element @param {DOMRect} origin @param {any} left */
function domPaint(context, element, origin, left) {
  const style = getComputedStyle(element);
  if (left(element) || style.display === "none" || style.visibility === "hidden" || Number(style.opacity) === 0) return;
  const box = element.getBoundingClientRect();
  const [x, y] = [box.left - origin.left, box.top - origin.top];
  context.save();
  context.globalAlpha *= Number(style.opacity);
  if (box.width && box.height) domBox(context, element, x, y, box);
  if (element.tagName === "CANVAS") context.drawImage(element, x, y, box.width, box.height);
  if (style.overflowX !== "visible" && box.width) {
    context.beginPath();
    context.rect(x, y, box.width, box.height);
    context.clip();
  }
  for (const child of element.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) {
      if (child.data.trim()) domText(context, child, origin);
    } else if (child.nodeType === Node.ELEMENT_NODE) domPaint(context, child, origin, left);
  }
  context.restore();
}

/**
 * The elements of a figure as a canvas, on white, with a caption; what matches `without` stays out.
 * @param {any} view @param {{texts?: string[], without?: string}} _
 */
function domPicture(view, { texts = /** @type {string[]} */ ([]), without = "" } = {}) {
  const [shown, theme] = [view.theme, whiteTheme(view.theme)];
  view.wear(theme); // back again before the browser draws
  view.draw();
  const box = view.box.getBoundingClientRect();
  const left = (/** @type {any} */ element) =>
    element.matches(`.dom-foot, .gb-tip, .gb-sr, input${without ? `, ${without}` : ""}`);
  const paint = (/** @type {Context2D} */ context) => domPaint(context, view.box, box, left);
  const { width, height } = box;
  const made = composePicture({ width, height, texts: [...texts, pictureLink()], theme, paint });
  view.wear(shown);
  view.draw();
  return made;
}

/** Puts a button under a figure that saves it as it stands; what it returns names the button in the figure's language. */
export function domSaver(/** @type {any} */ view, /** @type {string} */ name, without = "") {
  const foot = document.createElement("div");
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "dom-save" });
  foot.className = "dom-foot";
  foot.append(button);
  view.box.append(foot);
  button.addEventListener("click", () => {
    if (view.ready) savePng(domPicture(view, { texts: [view.meta.caption], without }), name);
  });
  return () => {
    button.textContent = view.words.save;
  };
}
