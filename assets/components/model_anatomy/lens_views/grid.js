// A grid of cells, rows by columns: where each cell lies, how it is drawn, and which one is under a pointer.

import { fitCanvas, fitText } from "../../shared/draw.js";
import { parseColour } from "../../shared/theme.js";

/** Rows that are drawn: all where they fit, else every second, third …; the first and the last always. */
export function lensRows(count, height, least) {
  const step = Math.max(1, Math.ceil((count * least) / height));
  const rows = [];
  for (let row = count - 1; row > 0; row -= step) rows.push(row);
  rows.push(0);
  return rows.reverse();
}

/** The places of a grid. `spec`: {rows, columns (labels), up, whole, text}. */
export function lensLayout(spec, { width, height, scale }) {
  const head = (spec.above ? 42 : 26) * scale;
  const least = (spec.whole ? 8 : 12) * scale;
  const shown = spec.whole ? spec.rows.map((_, row) => row) : lensRows(spec.rows.length, height - head, least);
  const cellHigh = Math.min((spec.tall ?? 26) * scale, (height - head) / shown.length);
  const few = (spec.least ?? (spec.text ? 52 : 30)) * scale;
  const cellWide = Math.max(few, Math.min((spec.most ?? 190) * scale, width / spec.columns.length));
  return {
    shown,
    head,
    cellHigh,
    cellWide,
    wide: cellWide * spec.columns.length,
    high: head + cellHigh * shown.length + 2,
    up: Boolean(spec.up),
    scale,
  };
}

/** Top of a drawn row (by its number among all). */
export function lensTop(layout, row) {
  let at = layout.shown.indexOf(row);
  if (at < 0) at = layout.shown.findIndex((other) => other >= row);
  return layout.head + (layout.up ? layout.shown.length - 1 - at : at) * layout.cellHigh;
}

/** The cell under a point, [row, column], or null. */
export function lensHit(layout, x, y) {
  const column = Math.floor(x / layout.cellWide);
  const line = Math.floor((y - layout.head) / layout.cellHigh);
  if (y < layout.head || line < 0 || line >= layout.shown.length || column < 0 || x >= layout.wide) return null;
  return [layout.shown[layout.up ? layout.shown.length - 1 - line : line], column];
}

/** How bright a colour is for reading (WCAG's relative luminance). */
function lensLuminance(colour) {
  const [r, g, b] = parseColour(colour)
    .slice(0, 3)
    .map((part) => (part <= 10 ? part / 3294.6 : ((part / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Ink that can be read on a colour: the one with more contrast; kept by colour, as a frame asks for thousands. */
export function lensInk(colour, theme) {
  theme.inks ??= new Map();
  if (theme.inks.has(colour)) return theme.inks.get(colour);
  const under = lensLuminance(colour);
  const contrast = (ink) => {
    const over = lensLuminance(ink);
    return (Math.max(over, under) + 0.05) / (Math.min(over, under) + 0.05);
  };
  const ink = contrast(theme.bg) > contrast(theme.fg) ? theme.bg : theme.fg;
  if (theme.inks.size > 4000) theme.inks.clear();
  theme.inks.set(colour, ink);
  return ink;
}

/** Paints the cells. `cell(row, column)` gives {fill, text, weak}. */
export function paintLens(context, layout, { spec, theme, cell, picked, hover, ring }) {
  const { cellHigh, cellWide, head, scale } = layout;
  const size = Math.min(12.5 * scale, cellHigh * 0.74);
  context.textBaseline = "middle";
  for (const row of layout.shown) {
    const top = lensTop(layout, row);
    for (let column = 0; column < spec.columns.length; column++) {
      const { fill, text, weak, strong } = cell(row, column);
      context.fillStyle = fill;
      context.fillRect(column * cellWide + 0.5, top + 0.5, cellWide - 1, cellHigh - 1);
      if (!text || size < 8.5) continue;
      Object.assign(context, {
        font: `${strong ? 700 : 500} ${size}px ${theme.mono}`,
        textAlign: "center",
        fillStyle: lensInk(fill, theme),
        globalAlpha: weak ? 0.75 : 1,
      });
      context.fillText(fitText(context, text, cellWide - 6), (column + 0.5) * cellWide, top + cellHigh / 2 + 0.5);
      context.globalAlpha = 1;
    }
  }
  Object.assign(context, { font: `500 ${12.5 * scale}px ${theme.mono}`, textAlign: "center" });
  spec.columns.forEach((label, column) => {
    const here = column === hover?.[1] || column === picked?.[1];
    context.fillStyle = here ? theme.fg : theme.muted;
    const above = spec.above?.[column];
    if (above) context.fillText(fitText(context, above, cellWide - 4), (column + 0.5) * cellWide, head * 0.3);
    context.fillText(
      fitText(context, label, cellWide - 4),
      (column + 0.5) * cellWide,
      spec.above ? head * 0.74 : head / 2,
    );
  });
  for (const [first, last, row] of ring ?? []) lensFrame(context, layout, row, first, last, theme.categories[5], 2);
  if (hover) lensFrame(context, layout, hover[0], hover[1], hover[1], theme.muted, 1.5);
  if (picked && picked[0] >= 0) lensFrame(context, layout, picked[0], picked[1], picked[1], theme.fg, 2);
}

function lensFrame(context, layout, row, first, last, colour, thick) {
  Object.assign(context, { strokeStyle: colour, lineWidth: thick });
  context.strokeRect(
    first * layout.cellWide + thick / 2,
    lensTop(layout, row) + thick / 2,
    (last - first + 1) * layout.cellWide - thick,
    layout.cellHigh - thick,
  );
}

/** How wide the names of the rows are. */
export function lensAxisWidth(context, spec, theme) {
  context.font = `400 ${12 * theme.scale}px ${theme.sans}`;
  return Math.ceil(Math.max(...spec.rows.map((label) => context.measureText(label).width))) + 12 * theme.scale;
}

/** The names of the rows; where rows are low, only some of them. */
export function paintLensAxis(context, layout, { spec, theme, width, picked, hover }) {
  Object.assign(context, { textAlign: "right", textBaseline: "middle" });
  const every = Math.max(1, Math.ceil((13 * theme.scale) / layout.cellHigh));
  layout.shown.forEach((row, at) => {
    const here = row === hover?.[0] || row === picked?.[0];
    const last = layout.shown.length - 1;
    if (!here && at !== last && (at % every || last - at < every)) return;
    context.font = `${here ? 600 : 400} ${12 * theme.scale}px ${theme.sans}`;
    context.fillStyle = here ? theme.fg : theme.muted;
    context.fillText(spec.rows[row], width - 8 * theme.scale, lensTop(layout, row) + layout.cellHigh / 2);
  });
}

/** A ramp for the legend. */
export function paintLensRamp(canvas, colour, low, scale) {
  const [width, height] = [110 * scale, 9 * scale];
  const context = fitCanvas(canvas, width, height);
  for (let x = 0; x < width; x++) {
    context.fillStyle = colour(low + ((1 - low) * x) / (width - 1));
    context.fillRect(x, 0, 1.5, height);
  }
}
