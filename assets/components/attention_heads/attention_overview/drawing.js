// How the heads are drawn: a sprite of thumbnails, a cached base of grid and scatter, and the marks over them.

import { composePicture, easeOut, fitCanvas, pictureLink, screenRatio } from "../../shared/draw.js";
import { whiteTheme } from "../../shared/theme.js";
import { barHeight } from "./layout.js";
import { OverviewModel } from "./model.js";
import { isShare, tickText } from "./scores.js";
import { paintSprite } from "./sprite.js";

const MOVE = 260; // milliseconds that cells take to a new order

export class OverviewDrawing extends OverviewModel {
  draw() {
    if (!this.ready || this.gone) return;
    if (this.stale.layout) this.arrange();
    if (this.stale.sheet) this.paintSheet();
    const part = this.progress();
    if (part < 1) {
      this.shown = this.between(this.move.before, this.target, part);
      this.stale.base = true;
      this.frame();
    } else if (this.move || this.stale.base) {
      this.move = null;
      this.shown = this.target;
    }
    if (this.stale.base) this.paintBase(part < 1);
    this.seek();
    this.paintOver(this.grid, (context) => this.gridMarks(context));
    this.paintOver(this.plot, (context) => this.plotMarks(context));
    this.hint();
    this.pan();
  }

  progress() {
    if (!this.move || this.theme.reducedMotion || !this.move.before) return 1;
    return easeOut((performance.now() - this.move.start) / MOVE);
  }

  between(from, to, part) {
    const blend = (p, q) => q.map((value, i) => (Number.isFinite(p[i]) ? p[i] + (value - p[i]) * part : value));
    const [x, y, px, py] = ["x", "y", "px", "py"].map((name) => blend(from[name], to[name]));
    return { x, y, cell: from.cell + (to.cell - from.cell) * part, px, py };
  }

  paintSheet() {
    const { meta, attention, theme, sheet } = this;
    const { layers, heads, size } = meta;
    /** @type {any} */ const image = paintSprite({
      attention,
      layers,
      heads,
      size,
      pixels: sheet.pixels,
      table: theme.table,
    });
    [sheet.width, sheet.height] = [image.width, image.height];
    sheet.getContext("2d").putImageData(new ImageData(image.data, image.width, image.height), 0, 0);
    Object.assign(this.stale, { sheet: false, base: true });
  }

  paintBase(moving) {
    const { layout, theme } = this;
    const grid = fitCanvas(this.grid.base, layout.width, layout.height, this.ratio);
    grid.fillStyle = theme.bg;
    grid.fillRect(0, 0, layout.width, layout.height);
    if (layout.kind === "layer" && !moving) this.paintHeaders(grid);
    this.paintCells(grid, moving);
    const { width, height } = this.plot.room;
    const plot = fitCanvas(this.plot.base, width, height, this.ratio);
    plot.fillStyle = theme.bg;
    plot.fillRect(0, 0, width, height);
    this.paintAxes(plot);
    this.paintPoints(plot);
    this.stale.base = moving;
  }

  font(size, weight = 400) {
    return `${weight} ${Math.round(size * this.theme.scale)}px ${this.theme.sans}`;
  }

  paintHeaders(context) {
    const { layout, theme } = this;
    Object.assign(context, { font: this.font(12), fillStyle: theme.muted, textBaseline: "middle" });
    context.textAlign = "right";
    const line = 12 * theme.scale + 3;
    const every = [1, 2, 5, 10].find((n) => n * layout.pitchY >= line) ?? 20;
    for (const { layer, x, y } of layout.rowLabels) if (layer % every === 0) context.fillText(`L${layer}`, x, y);
    this.paintHeads(context, 0);
  }

  /** The heads' numbers over their columns, from `top` downwards. */
  paintHeads(context, top) {
    const { layout, theme } = this;
    const line = 12 * theme.scale + 3;
    Object.assign(context, { font: this.font(12), fillStyle: theme.muted, textBaseline: "middle" });
    context.textAlign = "center";
    const wide = (layout.pitchX > 2.3 * 12 * theme.scale && "H") || "";
    const step = [1, 2, 4, 8].find((n) => n * layout.pitchX >= 20 * theme.scale) ?? 16;
    for (const { head, x } of layout.columnLabels)
      if (head % step === 0) context.fillText(`${wide}${head}`, x, top + line / 2);
  }

  paintCells(context, moving) {
    const { layout, sheet, shown, theme, meta, state } = this;
    const ratio = context.getTransform().a;
    const snap = (value) => (moving ? value : Math.round(value * ratio) / ratio);
    const { top } = this.scale(state.colour);
    const scores = this.column(state.colour);
    const size = moving ? shown.cell : sheet.pixels / ratio;
    context.imageSmoothingEnabled = moving;
    Object.assign(context, { textAlign: "center", textBaseline: "middle", font: this.font(12) });
    for (let i = 0; i < shown.x.length; i++) {
      const [x, y] = [snap(shown.x[i]), snap(shown.y[i])];
      const [column, row] = [i % meta.heads, Math.floor(i / meta.heads)];
      context.drawImage(sheet, column * sheet.pixels, row * sheet.pixels, sheet.pixels, sheet.pixels, x, y, size, size);
      this.paintBar(context, i, x, y, size, scores[i] / top, layout.named?.[i] && !moving ? layout.label : 0);
    }
    Object.assign(context, { strokeStyle: theme.line, lineWidth: 1 / ratio });
    context.beginPath();
    for (let i = 0; i < shown.x.length; i++)
      context.rect(snap(shown.x[i]) - 0.5 / ratio, snap(shown.y[i]) - 0.5 / ratio, size + 1 / ratio, size + 1 / ratio);
    context.stroke();
    for (let i = 0; i < shown.x.length; i++)
      if (this.off.has(this.name(i))) this.hatch(context, snap(shown.x[i]), snap(shown.y[i]), size);
  }

  /** The score's bar under a cell and, in a row of its own below (`label` pixels high, or 0), the head's name. */
  paintBar(context, index, x, y, size, share, label) {
    const { theme } = this;
    const value = Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 0;
    const [top, high] = [y + size + 2, barHeight(size)];
    context.fillStyle = this.bar(value);
    if (size * value >= 1) context.fillRect(x, top, size * value, high);
    if (!label) return;
    context.fillStyle = value > 0.25 ? theme.fg : theme.muted;
    context.fillText(this.name(index), x + size / 2, top + high + label / 2 + 1);
  }

  /** Colour of a score, which its bar's length also tells. */
  bar(share) {
    return this.theme.score(this.theme.dark ? 0.48 + 0.2 * share : 0.28 + 0.27 * share);
  }

  hatch(context, x, y, size) {
    context.save();
    context.beginPath();
    context.rect(x, y, size, size);
    context.clip();
    Object.assign(context, { globalAlpha: 0.78, fillStyle: this.theme.panel });
    context.fillRect(x, y, size, size);
    Object.assign(context, { globalAlpha: 1, strokeStyle: this.theme.muted, lineWidth: 1 });
    context.beginPath();
    for (let d = -size; d < size; d += 5) {
      context.moveTo(x + d, y + size);
      context.lineTo(x + d + size, y);
    }
    context.stroke();
    context.restore();
  }

  paintAxes(context) {
    const { theme, state, words, axes } = this;
    const { left, top, width, height } = this.plotFrame();
    const unit = (metric) => (isShare(metric) ? "%" : metric === "entropy" ? words.unit_nats : words.unit_tokens);
    const label = (metric) => `${words[`metric_${metric}`]} (${unit(metric)})`;
    Object.assign(context, { lineWidth: 1, strokeStyle: theme.line, fillStyle: theme.muted, font: this.font(12) });
    context.textBaseline = "middle";
    context.beginPath();
    for (const tick of axes.y.ticks) {
      const y = Math.round(top + (1 - tick / axes.y.top) * height) + 0.5;
      context.moveTo(left, y);
      context.lineTo(left + width, y);
      context.textAlign = "right";
      context.fillText(tickText(tick, isShare(state.y)), left - 7, y);
    }
    for (const tick of axes.x.ticks) {
      const x = Math.round(left + (tick / axes.x.top) * width) + 0.5;
      context.moveTo(x, top);
      context.lineTo(x, top + height);
      context.textAlign = "center";
      context.fillText(tickText(tick, isShare(state.x)), x, top + height + 12 * theme.scale);
    }
    context.stroke();
    Object.assign(context, { fillStyle: theme.fg, textAlign: "left" });
    context.fillText(`↑ ${label(state.y)}`, 0, 8 * theme.scale);
    context.textAlign = "right";
    context.fillText(`${label(state.x)} →`, left + width, top + height + 31 * theme.scale);
    this.paintLayerKey(context, top + height + 31 * theme.scale, context.measureText(`${label(state.x)} →`).width);
  }

  /** The ramp from the first to the last layer, where it fits beside the axis label. */
  paintLayerKey(context, y, taken) {
    const { theme, meta, words } = this;
    const { scale } = theme;
    const [first, last] = [`${words.layer} 0`, String(meta.layers - 1)];
    const [wide, ramp] = [context.measureText(first).width, 40 * scale];
    if (wide + ramp + context.measureText(last).width + taken + 34 > this.plot.room.width) return;
    Object.assign(context, { textAlign: "left", fillStyle: theme.muted });
    context.fillText(first, 0, y);
    for (let i = 0; i < ramp; i++) {
      context.fillStyle = this.depth(i / (ramp - 1));
      context.fillRect(wide + 6 + i, y - 3.5, 1.5, 7);
    }
    context.fillStyle = theme.muted;
    context.fillText(last, wide + ramp + 12, y);
  }

  depth(share) {
    return this.theme.sequential(this.theme.dark ? 0.36 + 0.6 * share : 0.22 + 0.73 * share);
  }

  paintPoints(context) {
    const { shown, meta, theme } = this;
    const radius = this.radius();
    Object.assign(context, { lineWidth: 1, strokeStyle: theme.bg });
    for (let i = 0; i < shown.px.length; i++) {
      if (!Number.isFinite(shown.px[i]) || !Number.isFinite(shown.py[i])) continue;
      context.beginPath();
      context.arc(shown.px[i], shown.py[i], radius, 0, 2 * Math.PI);
      context.fillStyle = this.off.has(this.name(i))
        ? theme.faint
        : this.depth(Math.floor(i / meta.heads) / Math.max(1, meta.layers - 1));
      context.fill();
      context.stroke();
    }
  }

  radius() {
    return (this.meta.layers * this.meta.heads > 500 ? 3.4 : 4.4) * Math.sqrt(this.theme.scale);
  }

  paintOver(part, marks) {
    const [width, height] =
      part === this.grid ? [this.layout.width, this.layout.height] : [part.room.width, part.room.height];
    const context = fitCanvas(part.canvas, width, height);
    context.imageSmoothingEnabled = false;
    context.drawImage(part.base, 0, 0, width, height);
    marks(context);
  }

  ring(context, index, width, gap) {
    const { theme, shown, sheet } = this;
    const ratio = context.getTransform().a;
    const size = shown === this.target ? sheet.pixels / ratio : shown.cell;
    const [x, y] = [shown.x[index], shown.y[index]];
    const box = (pad) => context.strokeRect(x - pad, y - pad, size + 2 * pad, size + 2 * pad);
    Object.assign(context, { strokeStyle: theme.bg, lineWidth: gap + 1 });
    box(gap / 2);
    Object.assign(context, { strokeStyle: theme.fg, lineWidth: width });
    box(gap + width / 2);
  }

  gridMarks(context) {
    this.ring(context, this.picked, this.layout.cell < 16 ? 1.75 : 2.5, this.layout.cell < 16 ? 1 : 1.5);
    if (this.hover >= 0) this.ring(context, this.hover, 1.5, 0.5);
    const top = this.grid.box.scrollTop;
    if (!(top > 0) || !this.headRoom()) return;
    context.fillStyle = this.theme.bg;
    context.fillRect(0, 0, this.layout.width, top + this.headRoom());
    this.paintHeads(context, top);
  }

  /** Height of the heads' numbers, which stay in sight while the grid pans. */
  headRoom() {
    return this.layout?.kind === "layer" ? 12 * this.theme.scale + 6 : 0;
  }

  plotMarks(context) {
    this.spot(context, this.picked, 3, true);
    if (this.hover >= 0 && this.hover !== this.picked) this.spot(context, this.hover, 1.5, true);
  }

  spot(context, index, width, named) {
    const { shown, theme, meta } = this;
    const [x, y] = [shown.px[index], shown.py[index]];
    if (!Number.isFinite(x) || !Number.isFinite(y)) return;
    context.beginPath();
    context.arc(x, y, this.radius() + 1.5, 0, 2 * Math.PI);
    context.fillStyle = this.depth(Math.floor(index / meta.heads) / Math.max(1, meta.layers - 1));
    context.fill();
    Object.assign(context, { strokeStyle: theme.bg, lineWidth: width + 2 });
    context.stroke();
    Object.assign(context, { strokeStyle: theme.fg, lineWidth: width - 0.5 });
    context.stroke();
    if (!named) return;
    Object.assign(context, { font: this.font(12, 600), textBaseline: "middle" });
    const frame = this.plotFrame();
    const right = x + 40 * theme.scale < frame.left + frame.width;
    context.textAlign = right ? "left" : "right";
    const at = x + (right ? 1 : -1) * (this.radius() + 6);
    Object.assign(context, { lineWidth: 3, strokeStyle: theme.bg });
    context.strokeText(this.name(index), at, y);
    context.fillStyle = theme.fg;
    context.fillText(this.name(index), at, y);
  }

  // ── a picture to take away ────────────────────────────────────────────────────────────────────────────────

  /** Both parts as they are now, on white, at least two pixels per CSS pixel, with a caption. */
  picture() {
    const { theme } = this;
    this.theme = whiteTheme(theme);
    this.ratio = Math.max(2, screenRatio());
    this.finish();
    const out = this.compose();
    Object.assign(this, { theme, ratio: screenRatio() });
    this.finish();
    this.frame();
    return out;
  }

  finish() {
    this.move = null;
    this.arrange();
    this.shown = this.target;
    this.paintSheet();
    this.paintBase(false);
  }

  compose() {
    const { layout, plot, theme, words, state, ratio } = this;
    const below = plot.room.width + 28 > layout.width && this.grid.room.least;
    const [left, top] = below ? [0, layout.height + 28] : [layout.width + 28, 0];
    const most = this.root.querySelector(".ao-legend-top").textContent;
    const measured = `${words.bars}${words.colon}${words[`metric_${state.colour}`]} (0–${most})${words.comma}${words[`on_${state.on}`]}`;
    return composePicture({
      width: Math.max(layout.width, left + plot.room.width),
      height: Math.max(layout.height, top + plot.room.height),
      texts: [measured, this.meta.caption, pictureLink()],
      theme,
      ratio,
      paint: (context) => {
        context.drawImage(this.grid.base, 0, 0, layout.width, layout.height);
        context.drawImage(plot.base, left, top, plot.room.width, plot.room.height);
      },
    });
  }
}
