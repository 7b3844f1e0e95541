// How narrow the cone of token vectors is: mean cosine over the layers (the curve is the slider), and for the chosen
// layer the cosines of all pairs and the share of the strongest directions, before and after the mean is removed.

import {
  composePicture,
  fillWords,
  makeTooltip,
  onFrame,
  percent,
  pictureLink,
  savePng,
  screenRatio,
} from "../../shared/draw.js";
import { mounted } from "../../shared/mount.js";
import { readTheme, whiteTheme } from "../../shared/theme.js";
import { layerCanvas, listenLayers, rowsOf, sayLayers } from "../../shared/layers.js";
import { MessageView } from "../../shared/view.js";
import { coneBin, coneColours, coneFrame, paintCone, paintCosines, paintDirections } from "./picture.js";

import { decimal } from "../../shared/numbers.js";

class ConeView extends MessageView {
  constructor(root) {
    super(root, ".ls", "layer_spread");
    this.curve = this.find(".ls-curve canvas");
    this.histogram = this.find(".ls-histogram canvas");
    this.bars = this.find(".ls-shares canvas");
    this.tips = {
      histogram: makeTooltip(this.find(".ls-histogram div")),
      bars: makeTooltip(this.find(".ls-shares div")),
    };
    this.paint = onFrame(() => this.draw(), "layer_spread");
    this.watch = new ResizeObserver(() => this.ready && this.paint());
    this.watch.observe(this.box);
    this.listen();
    this.applyTheme();
  }

  take({ meta, arrays }) {
    const layers = arrays.cosine.shape[1];
    if (layers !== this.layers) this.version = undefined;
    this.layers = layers;
    const kinds = (values, size) =>
      [0, 1].map((kind) => rowsOf(values.subarray((kind * values.length) / 2, ((kind + 1) * values.length) / 2), size));
    this.values = {
      cosine: rowsOf(arrays.cosine, layers).map((row) => Array.from(row)),
      spread: kinds(arrays.spread, 2),
      histogram: kinds(arrays.histogram, arrays.histogram.shape[2]),
      shares: kinds(arrays.shares, arrays.shares.shape[2]),
      effective: rowsOf(arrays.effective, layers),
      top: arrays.top_dimension,
    };
    if (meta.state.version !== this.version || this.version === undefined) {
      this.version = meta.state.version;
      this.sent = this.layer = meta.state.layer < 0 || meta.state.layer >= layers ? layers - 1 : meta.state.layer;
    }
    this.ready = true;
    this.find(".ls-histogram figcaption").textContent = fillWords(this.words.histogram, { pairs: meta.pairs });
    this.bars.setAttribute("aria-label", this.words.aria_shares);
    this.tell();
    this.draw();
  }

  scrub(layer) {
    this.layer = Math.round(layer);
    this.tell();
    this.paint();
  }

  settle(layer) {
    this.scrub(layer);
    if (layer !== this.sent) this.send("layer", { layer });
    this.sent = layer;
  }

  named() {
    return fillWords(this.layer ? this.words.layer_of : this.words.layer_input, {
      layer: this.layer,
      layers: this.layers - 1,
    });
  }

  readout() {
    const { values, layer, words } = this;
    return fillWords(words.readout, {
      raw: decimal(values.cosine[0][layer]),
      centred: decimal(values.cosine[1][layer]),
      share_raw: percent(values.shares[0][layer][0]),
      share_centred: percent(values.shares[1][layer][0]),
      effective_raw: values.effective[0][layer],
      effective_centred: values.effective[1][layer],
    });
  }

  tell() {
    const { meta, words } = this;
    this.find(".ls-layer").textContent = this.named();
    this.find(".ls-readout").textContent = this.readout();
    const notes = [
      fillWords(words.one_number, { width: meta.width, share: percent(this.values.top[this.layer]) }),
      fillWords(words.tokens, meta),
    ];
    this.find(".ls-note").textContent = notes.join(meta.language === "zh" ? "" : " ");
    this.histogram.setAttribute("aria-label", fillWords(words.aria_histogram, { readout: this.readout() }));
    sayLayers(this.curve, {
      label: words.aria_curve,
      layer: this.layer,
      count: this.layers,
      text: `${this.named()} · ${this.readout()}`,
    });
  }

  listen() {
    listenLayers(this.curve, {
      at: () => this.layer,
      frame: () => this.frame,
      count: () => this.layers,
      move: (layer) => this.ready && this.scrub(layer),
      settle: (layer) => this.ready && this.settle(layer),
    });
    this.find(".ls-save").onclick = () => savePng(this.picture(), "anisotropy.png");
    const rows = (name, at) =>
      [this.words.raw, this.words.centred].map((word, kind) => [
        word,
        percent(this.values[name][kind][this.layer][at]),
      ]);
    this.histogram.onpointermove = (event) => {
      if (!this.ready) return;
      const bins = this.values.histogram[0][0].length;
      const at = coneBin(event.offsetX, this.histogram.clientWidth, bins, this.theme.scale);
      const edges = [at, at + 1].map((edge) => decimal((2 * edge) / bins - 1));
      this.tips.histogram.show([{ title: edges.join(" … ") }, ...rows("histogram", at)], event.offsetX, event.offsetY);
    };
    this.bars.onpointermove = (event) => {
      if (!this.ready) return;
      const count = this.values.shares[0][0].length;
      const at = coneBin(event.offsetX, this.bars.clientWidth, count, this.theme.scale);
      this.tips.bars.show(
        [{ title: fillWords(this.words.direction, { number: at + 1 }) }, ...rows("shares", at)],
        event.offsetX,
        event.offsetY,
      );
    };
    this.histogram.onpointerleave = () => this.tips.histogram.hide();
    this.bars.onpointerleave = () => this.tips.bars.hide();
  }

  draw() {
    if (!this.ready) return;
    const unit = this.theme.scale;
    const narrow = this.box.clientWidth < 720;
    const tall = narrow ? 230 : Math.min(460, Math.max(320, window.innerHeight * 0.45));
    const small = (narrow ? 130 : (tall - 46) / 2) * (narrow ? unit : 1);
    const width = this.curve.parentElement.clientWidth;
    this.frame = coneFrame(this, width, tall, unit);
    paintCone(layerCanvas(this.curve, width, tall, screenRatio()), this, {
      frame: this.frame,
      theme: this.theme,
      colours: this.colours,
    });
    for (const [canvas, paint] of [
      [this.histogram, paintCosines],
      [this.bars, paintDirections],
    ]) {
      const wide = canvas.parentElement.clientWidth;
      paint(layerCanvas(canvas, wide, small, screenRatio()), this, {
        width: wide,
        height: small,
        theme: this.theme,
        colours: this.colours,
      });
    }
  }

  picture() {
    const theme = whiteTheme(this.theme);
    const colours = coneColours(theme);
    const unit = theme.scale;
    const [width, height, side, line] = [620 * unit, 380 * unit, 420 * unit, 24 * unit];
    const { words } = this;
    const texts = [
      `${this.named()} · ${this.readout()}`,
      this.find(".ls-note").textContent,
      this.meta.caption,
      pictureLink(),
    ];
    const small = (height - 2 * line) / 2;
    const title = (context, text) => {
      Object.assign(context, {
        font: `600 ${13 * unit}px ${theme.sans}`,
        fillStyle: theme.fg,
        textAlign: "left",
        textBaseline: "top",
      });
      context.fillText(text, 0, 0);
      context.translate(0, line);
    };
    return composePicture({
      width: width + 36 + side,
      height,
      texts,
      theme,
      ratio: Math.max(2, screenRatio()),
      paint: (context) => {
        context.save();
        title(context, words.curve);
        const frame = coneFrame(this, width, height - line, unit);
        paintCone(context, this, { frame, theme, colours });
        context.restore();
        context.translate(width + 36, 0);
        title(context, this.find(".ls-histogram figcaption").textContent);
        paintCosines(context, this, { width: side, height: small, theme, colours });
        context.translate(0, small);
        title(context, words.shares);
        paintDirections(context, this, { width: side, height: small, theme, colours });
      },
    });
  }

  applyTheme() {
    const theme = readTheme(this.root);
    const key = JSON.stringify([theme.bg, theme.fg, theme.panel, theme.accent, theme.scale]);
    if (key === this.themeKey) return;
    this.themeKey = key;
    this.theme = theme;
    this.colours = coneColours(theme);
    const style = {
      bg: theme.bg,
      panel: theme.panel,
      fg: theme.fg,
      muted: theme.muted,
      line: theme.line,
      accent: theme.accent,
      sans: theme.sans,
      mono: theme.mono,
      scale: theme.scale,
    };
    for (const [name, value] of Object.entries(style)) this.box.style.setProperty(`--gb-${name}`, String(value));
    this.box.style.setProperty("--ls-raw", this.colours[0]);
    this.box.style.setProperty("--ls-centred", this.colours[1]);
    this.box.style.colorScheme = theme.dark ? "dark" : "light";
    if (this.ready) this.paint();
  }
}

export default mounted((root) => new ConeView(root));
