// BertViz's own head and model views in a frame of their own: sandboxed (no origin), closed to any network, with the
// libraries that they need in the same document. The frame tells its height and nothing else.

import { attributes, make } from "../../shared/dom.js";
import { FigureView } from "../../shared/figure.js";
import { mounted } from "../../shared/mount.js";

const VIZ_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'";
// BertViz takes its colours from d3.schemeCategory10; what it gets here has more of them, and lighter ones on the stage.
const VIZ_LIGHT =
  "#1f77b4 #ff7f0e #2ca02c #d62728 #9467bd #8c564b #e377c2 #7f7f7f #bcbd22 #17becf #1a237e #00695c " +
  "#c2006b #e0b000 #4e2a12 #7cb518";
const VIZ_DARK =
  "#5fb3f0 #ffa45c #62d26f #ff7b7b #c3a0ec #cf9f92 #f3a3dd #bdbdbd #dfe05a #4fdcec #8f9bff #5fe0b0 " +
  "#ff5fae #ffd83d #e8c9a8 #a6f03c";
const VIZ_MODEL = 970; // CSS pixels that the model view takes
const VIZ_HEAD = 335; // … that the head view takes, 20 per head where there are many
const VIZ_EDGE = 24; // … and the frame's own edges
const VIZ_ROW = 22.5; // … that each of its tokens takes
const VIZ_LARGEST = 1.6; // times that a head view grows where there is room
const VIZ_TALLEST = 4000; // CSS pixels

/** JSON that may stand inside a script element: a token may be called "</script>". */
function scriptJson(value) {
  return JSON.stringify(value).replace(
    /[<>\u2028\u2029]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function escapeMarkup(text) {
  return String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
}

/** [layer][head][query][key] of numbers from thousandths. */
function nestedWeights(flat, shape) {
  if (!shape.length) return flat[0] / 1000;
  const size = flat.length / shape[0];
  return Array.from({ length: shape[0] }, (_, at) =>
    nestedWeights(flat.subarray(at * size, (at + 1) * size), shape.slice(1)),
  );
}

/** The document of the frame. */
function vizDocument({ view, scripts, parameters, theme, language, words, zoom }) {
  const order = ["jquery", "d3", "before", `${view}_view`, "after"];
  const ink = theme.dark ? "#d7d5d0" : "#22242a";
  const wide = Math.max(VIZ_HEAD, 20 * parameters.attention[0].attn[0].length);
  const placed =
    view === "head"
      ? `#bertviz{width:${wide}px;max-width:100%;margin:0 auto}`
      : `#bertviz{width:${VIZ_MODEL}px;margin:0 auto}`;
  const ground = theme.dark && view === "model" ? "#000" : theme.bg;
  const style = `html{background:${ground};color-scheme:${theme.dark ? "dark" : "light"}}body{margin:0;padding:10px 12px;zoom:${zoom};color:${ink};overflow-x:auto}
#bertviz,#bertviz *{font-family:${theme.sans.replace(/</g, "")}!important}#bertviz text:not([fill]),#bertviz text[fill="black"]{fill:${ink}}
#bertviz .background{fill:${theme.dark ? "#3a3f48" : "lightgray"}}#bertviz select{font-size:15px;margin:0 0 8px 4px}svg{display:block}${placed}${theme.dark ? "" : `#bertviz [fill="white"]{fill:${ground}}`}`;
  const choice =
    view === "head"
      ? `<label style="user-select:none">${escapeMarkup(words.layer)} <select id="layer"></select></label>`
      : "";
  const given = {
    parameters,
    colours: (theme.dark ? VIZ_DARK : VIZ_LIGHT).split(" "),
    named: { Heads: words.heads, Layers: words.layers },
  };
  return `<!doctype html><html lang="${language}"><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${VIZ_POLICY}"><title>BertViz</title>
<style>${style}</style><div id="bertviz">${choice}<div id="vis"></div></div>
<script type="application/json" id="given">${scriptJson(given)}</script>
${order.map((name) => `<script>${scripts[name]}</script>`).join("")}</html>`;
}

/** @extends {FigureView<import("../payloads").Bertviz, import("../payloads").BertvizArrays>} */
class VizView extends FigureView {
  constructor(root) {
    super(root, ".bv", "bertviz");
    this.heard = (event) => this.hear(event);
    window.addEventListener("message", this.heard);
    for (const button of this.part(".bv-switch").children)
      button.onclick = () => this.ready && this.choose(button.value);
  }

  destroy() {
    window.removeEventListener("message", this.heard);
    super.destroy();
  }

  hear({ source, data }) {
    const height = Number(data?.bertviz);
    if (!this.page || source !== this.page.contentWindow || !(height > 0)) return;
    this.page.style.height = `${Math.min(VIZ_TALLEST, Math.ceil(height) + 14)}px`;
  }

  choose(view) {
    if (view === this.view) return;
    this.view = view;
    this.show();
    this.send("look", { bv: view });
  }

  take({ meta, arrays } = this) {
    if (this.isNew(meta.state)) {
      this.view = meta.state.bv;
    }
    if (this.source !== arrays) {
      this.source = arrays;
      this.weights = nestedWeights(arrays.thousandths, [...arrays.thousandths.shape]);
    }
    this.show();
  }

  show() {
    const { meta, words, theme, view } = this;
    for (const button of this.part(".bv-switch").children)
      button.setAttribute("aria-pressed", String(button.value === view));
    this.part(".bv-hint").textContent = words[`hint_${view}`];
    const [one] = meta.parameters.attention;
    const layer = meta.parameters.include_layers.includes(meta.state.layer) ? meta.state.layer : null;
    const room = this.box.clientWidth - 2;
    const zoom =
      view === "head"
        ? this.headZoom(room)
        : room > 700
          ? Math.min(theme.scale, room / (VIZ_MODEL + VIZ_EDGE))
          : theme.scale;
    const parameters = {
      ...meta.parameters,
      layer,
      attention: [{ ...one, attn: this.weights }],
      display_mode: theme.dark ? "dark" : "light",
    };
    const page = attributes(make("iframe"), { sandbox: "allow-scripts", title: words[`title_${view}`] });
    page.style.height = this.page?.style.height || "420px";
    page.srcdoc = vizDocument({ view, scripts: meta.scripts, parameters, theme, language: meta.language, words, zoom });
    this.page = page;
    this.part(".bv-place").replaceChildren(page);
  }

  /** A head view fills the room that there is, as long as all its tokens stay in sight. */
  headZoom(room) {
    const { theme, weights, meta } = this;
    const wide = Math.max(VIZ_HEAD, 20 * weights[0].length) + VIZ_EDGE;
    const tall = meta.parameters.attention[0].left_text.length * VIZ_ROW + 90;
    return Math.max(theme.scale, Math.min(VIZ_LARGEST, room / wide, (0.72 * window.innerHeight) / tall));
  }

  draw() {} // the frame draws itself
}

export default mounted((root) => new VizView(root));
