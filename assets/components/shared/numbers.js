// Numbers as a sentence says them, in English and Chinese: the twin of core/numbers.py, which explains each of them.

const NO_NUMBER = "—";
/** @type {Record<string, [number, string][]>} */
const NUMBER_UNITS = {
  en: [
    [1e9, "B"],
    [1e6, "M"],
    [1e3, "k"],
  ],
  zh: [
    [1e8, "亿"],
    [1e4, "万"],
  ],
};
/** @type {[number, string][]} */
const BYTE_UNITS = [
  [1e9, "GB"],
  [1e6, "MB"],
  [1e3, "kB"],
  [1, "B"],
];
const SHORT_ENOUGH = 10000; // below it a short form would save nothing

let spoken = "en";

/** Sets the language of all numbers of a component; a page is in one language, which comes with each message. */
export function speak(/** @type {string} */ language) {
  spoken = language === "zh" ? "zh" : "en";
}

/** A written number with a real minus sign, and none before a zero. @param {string} text */
export function minus(text) {
  return (/[1-9]/.test(text) ? text : text.replace(/^-/, "")).replace(/-/g, "−");
}

/** A number as it is, ungrouped: an index, an id. @param {number} value */
export function bare(value) {
  return Number.isFinite(value) ? minus(String(value)) : NO_NUMBER;
}

/** So many digits after the point. @param {number} value */
export function decimal(value, digits = 2) {
  return Number.isFinite(value) ? minus(value.toFixed(digits)) : NO_NUMBER;
}

/** A change with its sign; a change of nothing has none. @param {number} value */
export function signed(value, digits = 2) {
  return withPlus(value, decimal(value, digits));
}

function withPlus(/** @type {number} */ value, /** @type {string} */ text) {
  return value > 0 && /[1-9]/.test(text) ? `+${text}` : text;
}

/** At most so many significant digits, but all of the whole part. @param {number} value */
export function figures(value, digits = 3) {
  if (!Number.isFinite(value)) return NO_NUMBER;
  const power = Number(value.toExponential().split("e")[1]);
  const text = decimal(value, Math.min(100, Math.max(0, digits - 1 - power)));
  return trimmed(text);
}

function trimmed(/** @type {string} */ text) {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/** At most so many digits after the point, none from a thousand on. @param {number} value */
export function rounded(value, digits = 0) {
  return Math.abs(value) < 999.5 ? trimmed(decimal(value, digits)) : whole(value);
}

/** Two significant digits, and below a thousandth a power of ten. @param {number} value */
export function tiny(value) {
  if (!Number.isFinite(value) || value === 0 || Math.abs(value) >= 0.001) return figures(value, 2);
  const [lead, power] = value.toExponential(1).split("e");
  return minus(`${lead.replace(".0", "")}\u00a0×\u00a0${ten(Number(power))}`);
}

/** A power of ten: 10⁻³. @param {number} power */
export function ten(power) {
  return `10${String(power)
    .replace("-", "⁻")
    .replace(/\d/g, (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)])}`;
}

/** A whole number, exact: in threes; in Chinese four digits stand together and full 万 are written so. */
export function whole(/** @type {number} */ value) {
  const text = decimal(value, 0);
  if (!Number.isFinite(value) || Math.abs(value) < 999.5) return text;
  const size = Number(text.replace("−", ""));
  if (spoken === "zh" && size < SHORT_ENOUGH) return text;
  if (spoken === "zh" && size % SHORT_ENOUGH === 0) return withUnit(Number(text.replace("−", "-")), 12);
  return text.replace(/\B(?=(\d{3})+$)/g, ",");
}

/** A large number in three digits and its unit (in Chinese whole 万 have up to four). @param {number} value */
export function brief(value) {
  return Number.isFinite(value) && Math.abs(value) >= SHORT_ENOUGH - 0.5 ? withUnit(value, 3) : whole(value);
}

function withUnit(/** @type {number} */ value, /** @type {number} */ digits) {
  const size = Math.abs(value);
  const units = NUMBER_UNITS[spoken];
  const edge = spoken === "zh" ? 0.99995 : 0.9995; // what rounds up to the next unit belongs to it
  const [unit, name] = units.find(([one]) => size >= edge * one) ?? units[units.length - 1];
  return `${figures(value / unit, digits)}\u00a0${name}`;
}

/** 0.4137 → "41 %": two to three digits, never "0 %" or "100 %" for what is not. @param {number} probability */
export function percent(probability) {
  const value = 100 * probability;
  if (!Number.isFinite(value)) return NO_NUMBER;
  if (value === 0) return "0\u202f%";
  if (value > 0 && value < 0.01) return "<\u202f0.01\u202f%";
  if (value >= 99.95 && value < 100) return ">\u202f99.9\u202f%";
  const size = Math.abs(value);
  const places = value >= 99.5 && value < 99.95 ? 1 : size >= 9.95 ? 0 : size < 0.1 ? 2 : 1;
  return `${decimal(value, places)}\u202f%`;
}

/** A share with so many digits after the point: a tick of an axis, a setting. @param {number} probability */
export function percentTo(probability, digits = 0) {
  return Number.isFinite(probability) ? `${decimal(100 * probability, digits)}\u202f%` : NO_NUMBER;
}

/** How many times: one digit after the point below ten. @param {number} value */
export function factor(value) {
  return Math.abs(value) < 9.95 ? decimal(value, 1) : brief(value);
}

/** Bytes in the unit that suits them, by thousands. @param {number} count */
function byteSize(count) {
  if (!Number.isFinite(count)) return NO_NUMBER;
  const [unit, name] = BYTE_UNITS.find(([one]) => count >= 0.99995 * one) ?? BYTE_UNITS[BYTE_UNITS.length - 1];
  return `${decimal(count / unit, 1).replace(/\.0$/, "")}\u00a0${name}`;
}

/** A place in an order: 2nd, 第 2. @param {number} place */
export function ordinal(place) {
  const size = Math.abs(place);
  if (!Number.isFinite(place)) return NO_NUMBER;
  if (spoken === "zh") return `第\u00a0${whole(place)}`;
  const teen = size % 100 > 10 && size % 100 < 14;
  return whole(place) + (teen ? "th" : (["th", "st", "nd", "rd"][size % 10] ?? "th"));
}

/** The form of a word that goes with a number as it is shown: 1 token, 1.0 tokens. */
export function plural(/** @type {string} */ shown, /** @type {string} */ one, /** @type {string} */ many) {
  return shown.replace(/^[+−]+/, "") === "1" ? one : many;
}

/** @type {Record<string, (value: number) => string>} */
const NUMBER_FORMATS = { n: whole, brief, p: percent, x: factor, o: ordinal, bytes: byteSize, tiny };

/** A number in one of the formats of the word files; see `say` in core/numbers.py. What is text already stays. */
export function sayNumber(/** @type {any} */ value, /** @type {string} */ format) {
  const [form, one, many] = format.split("|");
  const counts = one !== undefined;
  const shown = typeof value === "number" ? writtenNumber(value, counts ? form || ".9r" : form) : String(value);
  if (!counts) return shown;
  return form ? `${shown} ${plural(shown, one, many)}` : plural(shown, one, many);
}

function writtenNumber(/** @type {any} */ value, /** @type {string} */ form) {
  if (NUMBER_FORMATS[form]) return NUMBER_FORMATS[form](value);
  const [, plus, digits, kind] = /^(\+?)\.(\d)([fgr])$/.exec(form) ?? [];
  if (!kind) throw new Error(`no format for a number: ${form}`);
  if (kind === "r") return rounded(value, Number(digits));
  const text = (kind === "g" ? figures : decimal)(value, Number(digits));
  return plus ? withPlus(value, text) : text;
}

/** Fills "{name}" or "{name:format}" in a translated sentence; a name without a value stays as it is. */
export function fillWords(/** @type {string} */ sentence, /** @type {Record<string, any>} */ values) {
  const filled = String(sentence ?? "").replace(/\{(\w+)(?::([^{}]*))?\}/g, (all, name, format) => {
    if (!(name in values)) return all;
    const value = values[name];
    if (format) return sayNumber(value, format);
    return typeof value === "number" ? bare(value) : String(value);
  });
  return filled.replace(/(?<=\u00a0[万亿]) (?=[\u4e00-\u9fff])/g, ""); // 1710 万个
}
