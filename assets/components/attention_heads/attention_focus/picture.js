// A picture of one head to take away: curves and matrix with their names and legend.

import { composePicture, drawDot, pictureLink } from "../../shared/draw.js";
import { explainView } from "./explain.js";

const HEAD_GAP = 36; // CSS pixels between curves and matrix

// Both panels as they are drawn now, side by side or one under the other as on the page.
export function composeHead(view) {
  const { arcs, matrix, theme, ratio, meta } = view;
  const band = 26 * theme.scale; // the names above a panel
  const top = 30 * theme.scale; // the figure's title
  const wide = view.find(".focus-figure").classList.contains("wide");
  const [x, y] = wide ? [arcs.width + HEAD_GAP, top] : [0, top + band + arcs.height + HEAD_GAP / 2];
  const resting = view.view.token < 0 && view.view.key < 0;
  return composePicture({
    width: Math.max(arcs.width, x + matrix.width),
    height: Math.max(top + band + arcs.height, y + band + matrix.height),
    texts: [resting ? "" : explainView(view), meta.caption, pictureLink()],
    theme,
    ratio,
    paint: (context) => {
      Object.assign(context, { textBaseline: "middle", fillStyle: theme.fg });
      context.font = `600 ${17 * theme.scale}px ${theme.sans}`;
      context.fillText(view.find(".focus-title").textContent, 0, 10 * theme.scale);
      context.font = `400 ${12.5 * theme.scale}px ${theme.sans}`;
      drawEnds(context, view, top + band / 2);
      drawLegend(context, view, x, y + band / 2);
      context.globalAlpha = arcs.curves.classList.contains("pale") ? 0.13 : 1;
      context.drawImage(arcs.curves, 0, top + band, arcs.width, arcs.height);
      context.globalAlpha = 1;
      context.drawImage(arcs.labels, 0, top + band, arcs.width, arcs.height);
      for (const part of [matrix.cells, matrix.marks])
        context.drawImage(part, x, y + band, matrix.width, matrix.height);
    },
  });
}

// Queries left and keys right, each with its dot.
function drawEnds(context, view, y) {
  const { words, theme, arcs, queryColour, keyColour } = view;
  const radius = 4 * theme.scale;
  for (const [at, side, colour, text] of [
    [0, "left", queryColour, words.query],
    [arcs.width, "right", keyColour, words.key],
  ]) {
    const step = side === "left" ? 1 : -1;
    context.fillStyle = colour;
    drawDot(context, at + step * radius, y, radius);
    Object.assign(context, { fillStyle: theme.muted, textAlign: side });
    context.fillText(text, at + step * 3.4 * radius, y);
  }
}

// What rows and columns are, and the scale of the colours.
function drawLegend(context, view, x, y) {
  const { words, theme, matrix, colours, shown } = view;
  const [low, high] = [".focus-low", ".focus-high"].map((name) => view.find(name).textContent);
  const [ramp, right] = [92 * theme.scale, x + matrix.width];
  Object.assign(context, { fillStyle: theme.muted, textAlign: "right" });
  context.fillText(high, right, y);
  const end = right - context.measureText(high).width - 7;
  context.fillText(low, end - ramp - 7, y);
  const taken = right - (end - ramp - 7 - context.measureText(low).width);
  for (let at = 0; at < ramp; at += 1) {
    const share = at / (ramp - 1);
    context.fillStyle = colours.css(shown, shown.kind === "weight" ? share : (2 * share - 1) * shown.most);
    context.fillRect(end - ramp + at, y - 4.5, 1.5, 9);
  }
  Object.assign(context, { strokeStyle: theme.line, lineWidth: 1 });
  context.strokeRect(end - ramp - 0.5, y - 5, ramp + 1, 10);
  if (context.measureText(words.axes).width + taken + 16 > matrix.width) return;
  Object.assign(context, { fillStyle: theme.muted, textAlign: "left" });
  context.fillText(words.axes, x, y);
}
