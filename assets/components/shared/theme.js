// Colours and type of every canvas, from Streamlit's --st-* variables. The numbers that are not the theme's own
// (hues, Okabe-Ito) are the same as in core/figures/style.py; a test keeps the two equal.

const THEME_HUE = 258; // OKLCH hue of attention and probability: ink blue
const THEME_SCORE_HUE = 62; // OKLCH hue of a head's score: amber
const THEME_BLUE = "#0072b2";
const THEME_ORANGE = "#d55e00";
const THEME_CATEGORIES = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442"];
const THEME_SANS =
  '"Inter", "Helvetica Neue", "Source Sans", "PingFang SC", "Microsoft YaHei", "Noto Sans SC", "Noto Sans CJK SC", sans-serif';
const THEME_MONO =
  '"JetBrains Mono", "SFMono-Regular", Menlo, Consolas, "DejaVu Sans Mono", "Sarasa Mono SC", "Noto Sans Mono CJK SC", "Noto Sans CJK SC", monospace';

/** "#abc", "#aabbcc", "#aabbccdd", "rgb(…)", "rgba(…)" → [r, g, b, alpha], the first three 0–255; else null. */
export function parseColour(/** @type {string} */ text) {
  const value = String(text ?? "")
    .trim()
    .toLowerCase();
  const hex = /^#([0-9a-f]{3,8})$/.exec(value)?.[1];
  if (hex && hex.length !== 5 && hex.length !== 7) {
    const wide = hex.length < 6 ? [...hex].map((c) => c + c).join("") : hex;
    const part = (/** @type {number} */ i) => parseInt(wide.slice(2 * i, 2 * i + 2), 16);
    return [part(0), part(1), part(2), wide.length === 8 ? part(3) / 255 : 1];
  }
  const call = /^rgba?\(([^)]+)\)$/.exec(value)?.[1];
  if (!call) return null;
  const numbers = call
    .split(/[\s,/]+/)
    .filter(Boolean)
    .map((n) => parseFloat(n));
  if (numbers.length < 3 || numbers.some(Number.isNaN)) return null;
  return [numbers[0], numbers[1], numbers[2], numbers[3] ?? 1];
}

function toLinear(/** @type {number} */ byte) {
  const c = byte / 255;
  return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
}

function fromLinear(/** @type {number} */ c) {
  const v = Math.min(1, Math.max(0, c));
  return 255 * (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055);
}

/** @returns {number[]} the parts of a colour that is one @param {string} text */
function knownColour(text) {
  return /** @type {number[]} */ (parseColour(text));
}

/** sRGB bytes → OKLab [L, a, b] (Ottosson 2020). @param {number[]} bytes */
export function toOklab(bytes) {
  const [red, green, blue] = bytes;
  const [r, g, b] = [toLinear(red), toLinear(green), toLinear(blue)];
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

/** OKLab → sRGB bytes, clipped to the gamut. @param {number[]} lab */
export function fromOklab(lab) {
  const [L, a, b] = lab;
  const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    fromLinear(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    fromLinear(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    fromLinear(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ].map(Math.round);
}

function polar(/** @type {number} */ L, /** @type {number} */ chroma, /** @type {number} */ hue) {
  const angle = (hue * Math.PI) / 180;
  return [L, chroma * Math.cos(angle), chroma * Math.sin(angle)];
}

/**
 * A ramp of one hue from the background to ink, 256 RGBA entries. Lightness is linear in OKLab, so equal steps of
 * the value look equally far apart; chroma swells in the middle (a quadratic curve through the two ends).
 */
export function rampTable(/** @type {number[]} */ background, /** @type {boolean} */ dark, /** @type {number} */ hue) {
  const start = toOklab(background);
  const end = dark ? polar(0.96, 0.035, hue) : polar(0.27, 0.085, hue);
  const pull = polar(0, dark ? 0.25 : 0.22, hue);
  const table = new Uint8ClampedArray(256 * 4);
  for (let i = 0; i < 256; i++) {
    const t = i / 255;
    const curve = (/** @type {number} */ k) => (1 - t) ** 2 * start[k] + 2 * t * (1 - t) * pull[k] + t * t * end[k];
    const rgb = fromOklab([start[0] + (end[0] - start[0]) * t, curve(1), curve(2)]);
    table.set([rgb[0], rgb[1], rgb[2], 255], 4 * i);
  }
  return table;
}

function tableColour(/** @type {Uint8ClampedArray | Uint8Array} */ table) {
  return (/** @type {number} */ value) => {
    const i = 4 * Math.round(255 * Math.min(1, Math.max(0, Number.isFinite(value) ? value : 0)));
    return `rgb(${table[i]}, ${table[i + 1]}, ${table[i + 2]})`;
  };
}

/** Mixes two colours (any form parseColour reads) in OKLab; 0 gives the first. */
export function mixColour(/** @type {string} */ first, /** @type {string} */ second, /** @type {number} */ share) {
  const [p, q] = [toOklab(knownColour(first)), toOklab(knownColour(second))];
  const rgb = fromOklab(p.map((v, k) => v + (q[k] - v) * share));
  return `rgb(${rgb[0]}, ${rgb[1]}, ${rgb[2]})`;
}

function themeNumber(/** @type {string} */ text, /** @type {number} */ fallback) {
  const value = parseFloat(text);
  return Number.isFinite(value) && value > 0 ? value : fallback;
}

/**
 * The theme from a function that answers CSS variables by name (so that it runs without a document).
 * @param {(name: string) => string} get @param {{reducedMotion?: boolean}} _
 */
export function themeFrom(get, { reducedMotion = false } = {}) {
  const colour = (/** @type {string} */ name, /** @type {string} */ fallback) => {
    const found = parseColour(get(name));
    return found && found[3] > 0 ? get(name).trim() : fallback;
  };
  const bg = colour("--st-background-color", "#fbfaf7");
  const dark = toOklab(knownColour(bg))[0] < 0.5;
  const fg = colour("--st-text-color", dark ? "#e8e6e1" : "#22242a");
  const table = rampTable(knownColour(bg), dark, THEME_HUE);
  const scoreTable = rampTable(knownColour(bg), dark, THEME_SCORE_HUE);
  const [cool, warm] = dark ? ["#56b4e9", "#f0883e"] : [THEME_BLUE, THEME_ORANGE];
  const neutral = dark ? bg : "#ffffff";
  const fonts = (/** @type {string} */ name, /** @type {string} */ fallback) => {
    const found = String(get(name) ?? "").trim();
    return found && found !== "unset" ? `${found}, ${fallback}` : fallback;
  };
  return {
    dark,
    bg,
    panel: colour("--st-secondary-background-color", dark ? "#1b1e24" : "#f2efe8"),
    fg,
    muted: mixColour(fg, bg, dark ? 0.34 : 0.36),
    faint: mixColour(fg, bg, 0.72),
    line: mixColour(fg, bg, dark ? 0.8 : 0.86),
    border: colour("--st-border-color", mixColour(fg, bg, 0.86)),
    accent: colour("--st-primary-color", THEME_BLUE),
    cool,
    warm,
    table,
    sequential: tableColour(table),
    scoreTable,
    score: tableColour(scoreTable),
    diverging: (/** @type {number} */ value) => {
      const t = Math.min(1, Math.max(-1, Number.isFinite(value) ? value : 0));
      return mixColour(neutral, t < 0 ? cool : warm, Math.abs(t));
    },
    categories: THEME_CATEGORIES,
    sans: fonts("--st-font", THEME_SANS),
    mono: fonts("--st-code-font", THEME_MONO),
    scale: themeNumber(get("--gb-scale"), 1),
    reducedMotion,
  };
}

/** The scale of the type in a canvas: a lecture's 1.6 would leave no room for the figure on a small screen. */
export function canvasScale(/** @type {number} */ scale) {
  return window.innerWidth >= 1600 && window.innerHeight >= 900 ? scale : Math.min(scale, 1.28);
}

/** The same type on white, for pictures that leave the page. @param {{sans: string, mono: string, scale: number}} _ */
export function whiteTheme({ sans, mono, scale }) {
  /** @type {Words} */ const white = {
    "--st-background-color": "#ffffff",
    "--st-secondary-background-color": "#f4f2ec",
    "--st-text-color": "#22242a",
  };
  return { ...themeFrom((name) => white[name] ?? ""), sans, mono, scale };
}

/** A box wears a theme: its colours and type as --gb-*, and controls that the browser draws as dark as it is. */
export function dressBox(/** @type {any} */ box, /** @type {any} */ theme) {
  for (const name of "bg panel fg muted faint line border accent cool warm sans mono scale".split(" "))
    box.style.setProperty(`--gb-${name}`, String(theme[name]));
  box.style.setProperty("--gb-tip", theme.dark ? theme.panel : theme.bg);
  box.style.setProperty("--gb-bar", mixColour(theme.fg, theme.bg, 0.35));
  box.style.colorScheme = theme.dark ? "dark" : "light";
  box.classList.toggle("lecture", theme.scale >= 1.3);
}

/**
 * What tells one theme from another.
 * @param {Record<string, any>} theme
 */
export function themeKey({ bg, fg, panel, accent, sans, mono, scale, reducedMotion }) {
  return JSON.stringify([bg, fg, panel, accent, sans, mono, scale, reducedMotion]);
}

/** The theme around an element or shadow root; `--gb-scale` on the document's element is 1.6 in lecture mode. */
export function readTheme(/** @type {any} */ element) {
  const styles = getComputedStyle(element.host ?? element);
  const root = getComputedStyle(document.documentElement);
  const get = (/** @type {string} */ name) => (name === "--gb-scale" ? root : styles).getPropertyValue(name);
  const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)").matches;
  return themeFrom(get, { reducedMotion });
}
