// What the canvas of all heads knows: the message from Python, the visitor's choices, names and scores of heads.

import { fillWords, percent } from "../../shared/draw.js";
import { habitOf, largestOf, METRICS, niceScale, scoreText } from "./scores.js";

/** The choices that one commit of the controls carries. */
export const VIEW_KEYS = ["sort", "colour", "on", "x", "y"];

/** Its other fields are those of `Overview`. */
export class OverviewModel extends /** @type {any} */ (Object) {
  /** @type {import("../payloads").AttentionOverview} */ meta;

  constructor() {
    super();
    this.state = { layer: 0, head: 0, sort: "layer", colour: "induction", on: "text", x: "previous", y: "induction" };
    this.off = new Set(); // names of the heads that are switched off
    this.heard = {}; // what Python said last, by key
    this.sent = {}; // what was sent and has not come back yet, by key
  }

  /** Follows what Python says anew; an echo of what was sent from here changes nothing. */
  adopt(said) {
    const fresh = said.version !== this.heard.version;
    for (const key of ["layer", "head", ...VIEW_KEYS, "ablate"]) {
      const value = JSON.stringify(said[key]);
      const waiting = (this.sent[key] ??= []);
      const echo = waiting.indexOf(value);
      if (echo >= 0) waiting.splice(0, echo + 1);
      const changed = value !== this.heard[key] && value !== undefined;
      if ((fresh || changed) && !(echo >= 0 && waiting.length)) this.set(key, said[key]);
      this.heard[key] = value;
    }
    this.heard.version = said.version;
    this.clean();
  }

  set(key, value) {
    if (value === undefined || value === null) return;
    if (key === "ablate") this.off = new Set(value);
    else this.state[key] = value;
  }

  /** A value from a link may be anything: what is not possible here becomes the default. */
  clean() {
    const { state, meta } = this;
    const within = (value, count) => (Number.isInteger(value) && value >= 0 && value < count ? value : 0);
    [state.layer, state.head] = [within(state.layer, meta.layers), within(state.head, meta.heads)];
    if (state.sort !== "layer" && !METRICS.includes(state.sort)) state.sort = "layer";
    for (const [key, fallback] of [
      ["colour", "induction"],
      ["x", "previous"],
      ["y", "induction"],
    ]) {
      if (!METRICS.includes(state[key])) state[key] = fallback;
    }
    if (state.on !== "calibration" || !this.scores.calibration) state.on = "text";
  }

  get picked() {
    return this.state.layer * this.meta.heads + this.state.head;
  }

  name(index) {
    return `${Math.floor(index / this.meta.heads)}.${index % this.meta.heads}`;
  }

  title(index) {
    return fillWords(this.words.head, { layer: Math.floor(index / this.meta.heads), head: index % this.meta.heads });
  }

  score(metric, index, on = this.state.on) {
    const count = this.meta.layers * this.meta.heads;
    return this.scores[on] ? this.scores[on][METRICS.indexOf(metric) * count + index] : NaN;
  }

  column(metric, on = this.state.on) {
    const count = this.meta.layers * this.meta.heads;
    const start = METRICS.indexOf(metric) * count;
    return this.scores[on].subarray(start, start + count);
  }

  /** Upper end of a metric's bars and axis: a round number above the largest of the heads. */
  scale(metric) {
    return niceScale(largestOf(this.column(metric)));
  }

  /** Some metrics need a token that comes twice; a text without one leaves them unmeasured. */
  missing(metric) {
    return this.column(metric).every((value) => !Number.isFinite(value));
  }

  excuse(metric) {
    const advice = this.scores.calibration && this.state.on === "text" ? this.words.unmeasured_advice : "";
    return this.sentences(fillWords(this.words.unmeasured, { metric: this.words[`metric_${metric}`] }), advice);
  }

  sentences(...sentences) {
    return sentences.filter(Boolean).join(this.box.lang === "zh" ? "" : " ");
  }

  text(metric, index, on) {
    return scoreText(metric, this.score(metric, index, on), this.words, percent);
  }

  role(index) {
    const given = this.meta.state.roles?.[this.name(index)];
    if (given) return this.words[`role_${given}`] ?? given;
    return this.words[`role_${habitOf((metric) => this.score(metric, index))}`];
  }

  sharing(index) {
    const { heads, kv_heads: kvHeads } = this.meta;
    if (!kvHeads || kvHeads >= heads) return "";
    const [first, size] = [index - (index % heads), heads / kvHeads];
    const group = Math.floor((index % heads) / size);
    const names = Array.from({ length: size }, (_, i) => first + group * size + i).filter((i) => i !== index);
    return fillWords(this.words.shares, { heads: names.map((i) => this.name(i)).join(this.words.comma) });
  }

  /** Rows of the tooltip: name, habit, the six scores here and in calibration. */
  story(index) {
    const both = Boolean(this.scores.calibration);
    const rows = [{ title: this.title(index) }, this.role(index)];
    if (both) rows.push(["", this.words.on_text, this.words.on_calibration]);
    for (const metric of METRICS) {
      const values = both ? ["text", "calibration"] : ["text"];
      rows.push([this.words[`metric_${metric}`], ...values.map((on) => this.text(metric, index, on))]);
    }
    const sharing = this.sharing(index);
    if (sharing) rows.push(sharing);
    if (this.off.has(this.name(index))) rows.push(this.words.switched_off);
    return rows;
  }

  say(index) {
    const scores = METRICS.map((metric) => `${this.words[`metric_${metric}`]} ${this.text(metric, index)}`);
    const off = this.off.has(this.name(index)) ? [this.words.switched_off] : [];
    this.live.textContent = [this.title(index), this.role(index), ...off, ...scores].join(this.words.comma);
  }
}
