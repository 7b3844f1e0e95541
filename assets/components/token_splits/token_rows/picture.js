// The bands of rows as a picture to take away, drawn anew on white.

import { makeRuler } from "../../shared/dom.js";
import { fitText } from "../../shared/draw.js";
import { mixColour, whiteTheme } from "../../shared/theme.js";

/** A picture of all bands of a view. */
export function rowsPicture(view) {
  const { meta, lines } = view;
  const theme = whiteTheme(view.theme);
  const unit = theme.scale;
  const width = Math.max(420 * unit, Math.min(view.box.clientWidth, 1400 * unit));
  const measure = makeRuler();
  const mono = `400 ${14 * unit}px ${theme.mono}`;
  const sans = (size, weight = 400) => `${weight} ${size * unit}px ${theme.sans}`;
  const tasks = [];
  let y = 4 * unit;
  let number = 0;
  for (const band of meta.bands) {
    tasks.push({ kind: "text", text: band.title, x: 0, y: y + 10 * unit, font: sans(16, 600), fill: theme.fg });
    y += 28 * unit;
    for (const { name, labels } of band.lines) {
      const line = lines[number];
      number += 1;
      if (name) {
        tasks.push({ kind: "text", text: name, x: 0, y: y + 8 * unit, font: sans(13, 600), fill: theme.muted });
        y += 22 * unit;
      }
      let x = 0;
      labels.forEach((_, at) => {
        measure.font = mono;
        const label = fitText(measure, view.face(line, at), width - 14 * unit);
        const wide = measure.measureText(label).width + 12 * unit;
        if (x && x + wide > width) {
          x = 0;
          y += (band.aligned ? 46 : 30) * unit;
        }
        tasks.push({ kind: "chip", text: label, x, y, wide, what: meta.kinds[line.kinds[at]], mask: band.aligned });
        x += wide + 4 * unit;
      });
      y += (band.aligned ? 54 : 38) * unit;
    }
    y += 8 * unit;
  }
  const fills = {
    content: mixColour(theme.bg, theme.categories[0], 0.25),
    special: mixColour(theme.bg, theme.categories[1], 0.4),
    typed: mixColour(theme.bg, theme.categories[1], 0.4),
    frame: theme.bg,
    pad: theme.panel,
    new: mixColour(theme.bg, theme.categories[2], 0.35),
    known: theme.bg,
  };
  const paint = (context) => {
    context.textBaseline = "middle";
    for (const task of tasks) {
      if (task.kind === "text") {
        Object.assign(context, { font: task.font, fillStyle: task.fill, textAlign: "left" });
        context.fillText(task.text, task.x, task.y);
        continue;
      }
      context.beginPath();
      context.roundRect(task.x, task.y, task.wide, 26 * unit, 4);
      context.fillStyle = fills[task.what];
      context.fill();
      context.strokeStyle = task.what === "content" ? theme.line : theme.muted;
      context.stroke();
      Object.assign(context, {
        font: mono,
        fillStyle: task.what === "pad" ? theme.muted : theme.fg,
        textAlign: "left",
      });
      context.fillText(task.text, task.x + 6 * unit, task.y + 14 * unit);
      if (task.mask) {
        Object.assign(context, { font: sans(12), textAlign: "center" });
        context.fillText(task.what === "pad" ? "0" : "1", task.x + task.wide / 2, task.y + 36 * unit);
      }
    }
  };
  return { width, height: y, texts: ["", meta.caption], theme, paint };
}
