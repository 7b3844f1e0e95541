// How improbable each token of a text was to the model, one lane per reading of it; the chosen token tells what the
// model had expected in its place.

import { attributes, make, showChoice } from "../../shared/dom.js";
import { fillWords, percent } from "../../shared/draw.js";
import { mounted } from "../../shared/mount.js";
import { decimal, whole } from "../../shared/numbers.js";
import { MessageView } from "../../shared/view.js";

const STRIP_UNITS = { bits: 1 / Math.LN2, nats: 1 };
const STRIP_REACH = 12; // nats at the upper end of the colour scale
const STRIP_HIGH = 46; // pixels of the tallest bar

/** @extends {MessageView<import("../payloads").SurpriseStrip>} */
class SurpriseView extends MessageView {
  constructor(root) {
    super(root, ".ss", "surprise_strip");
    this.lanes = this.box.querySelector(".ss-lanes");
    this.picked = [];
    this.lanes.addEventListener("click", (event) => this.onPick(event));
    this.lanes.addEventListener("keydown", (event) => this.onKey(event));
  }

  take({ meta, arrays } = this) {
    if (this.isNew(meta.state)) {
      this.unit = meta.state.unit;
    }
    this.picked = meta.lanes.map((_, lane) => arrays[`nats${lane}`].indexOf(Math.max(...arrays[`nats${lane}`])));
    this.draw();
  }

  draw() {
    this.spellUnits();
    this.lanes.replaceChildren(...this.meta.lanes.map((lane, at) => this.makeLane(lane, at)));
  }

  spellUnits() {
    showChoice(this.box.querySelector(".ss-unit"), Object.keys(STRIP_UNITS), {
      kind: "unit",
      label: this.words.unit,
      pressed: this.unit,
      say: (unit) => this.words[`unit_${unit}`],
      choose: (unit) => {
        this.unit = unit;
        this.draw();
        this.send("look", { unit });
      },
    });
  }

  say(nats, digits = 1) {
    return decimal(nats * STRIP_UNITS[this.unit], digits);
  }

  makeLane(lane, at) {
    const { words } = this;
    const unit = words[`unit_${this.unit}`];
    const name = fillWords(words[lane.reading], { model: lane.model });
    const title = make(
      "div",
      "ss-title",
      make("b", "", name),
      make("span", "", fillWords(words.per_token, { value: this.say(lane.mean, 2), unit })),
      make("span", "", fillWords(words.perplexity, { value: Math.exp(lane.mean) })),
      make("span", "", fillWords(words[lane.per_byte], { value: lane.bits_per_byte })),
    );
    const row = attributes(make("div", "ss-row"), { role: "listbox", "aria-label": name });
    row.append(...lane.labels.map((_, token) => this.makeChip(lane, at, token)));
    const box = make("div", "ss-lane", title, row, this.makeMore(lane, at));
    box.dataset.lane = String(at);
    return box;
  }

  makeChip(lane, at, token) {
    const nats = this.arrays[`nats${at}`][token];
    const known = nats >= 0;
    const chip = make("button", `ss-chip${lane.special[token] ? " special" : ""}`);
    chip.tabIndex = this.picked[at] === token ? 0 : -1;
    chip.dataset.token = String(token);
    const bar = make("span", "ss-bar");
    const level = known ? Math.min(1, nats / STRIP_REACH) : 0;
    bar.style.height = `${1 + STRIP_HIGH * level * this.theme.scale}px`;
    bar.style.setProperty("--ss-level", this.theme.score(0.18 + 0.72 * level));
    chip.append(
      make("span", "ss-number", known ? this.say(nats) : "—"),
      bar,
      make("bdi", "ss-face", lane.labels[token]),
    );
    const told = {
      token: lane.labels[token],
      value: this.say(nats, 2),
      unit: this.words[`unit_${this.unit}`],
      share: percent(Math.exp(-nats)),
    };
    const label = known ? fillWords(this.words.chip, told) : `${lane.labels[token]}: ${this.words.first}`;
    return attributes(chip, { role: "option", "aria-selected": this.picked[at] === token, "aria-label": label });
  }

  /** What the model had expected in the place of the chosen token. */
  makeMore(lane, at) {
    const { words } = this;
    const more = attributes(make("div", "ss-more"), { "aria-live": "polite" });
    const token = this.picked[at];
    const nats = this.arrays[`nats${at}`][token];
    if (!(nats >= 0)) {
      more.append(make("p", "ss-none", words.first));
      return more;
    }
    const facts = make("dl", "ss-facts", make("bdi", "ss-own", lane.labels[token]));
    const values = [
      ["surprise", `${this.say(nats, 2)} ${words[`unit_${this.unit}`]}`],
      ["probability", percent(Math.exp(-nats))],
      ["rank", whole(this.arrays[`rank${at}`][token])],
    ];
    for (const [id, value] of values) facts.append(make("dt", "", words[id]), make("dd", "", value));
    const shares = this.arrays[`shares${at}`];
    const wide = shares.shape[1];
    const rivals = make("div", "ss-rivals", make("span", "", words.instead));
    for (let rival = 0; rival < wide; rival += 1) {
      const [label, share] = [lane.rivals[token * wide + rival], shares[token * wide + rival]];
      const line = make("div", `ss-rival${label === lane.labels[token] ? " own" : ""}`);
      const bar = make("i");
      bar.style.width = `${100 * share}%`;
      line.append(make("bdi", "", label), bar, make("span", "", percent(share)));
      rivals.append(line);
    }
    more.append(facts, rivals);
    return more;
  }

  pick(at, token, focus) {
    this.picked[at] = token;
    const box = this.lanes.children[at];
    for (const chip of box.querySelectorAll(".ss-chip")) {
      const on = chip.dataset.token === String(token);
      chip.setAttribute("aria-selected", String(on));
      chip.tabIndex = on ? 0 : -1;
      if (on && focus) chip.focus();
    }
    box.querySelector(".ss-more").replaceWith(this.makeMore(this.meta.lanes[at], at));
  }

  onPick(event) {
    const chip = event.target.closest(".ss-chip");
    if (chip) this.pick(Number(chip.closest(".ss-lane").dataset.lane), Number(chip.dataset.token), true);
  }

  onKey(event) {
    const chip = event.target.closest(".ss-chip");
    if (!chip) return;
    const at = Number(chip.closest(".ss-lane").dataset.lane);
    const [from, last] = [Number(chip.dataset.token), this.meta.lanes[at].labels.length - 1];
    const to = { ArrowRight: from + 1, ArrowLeft: from - 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.pick(at, Math.min(last, Math.max(0, to)), true);
  }

  dress(theme) {
    const stops = [0, 0.25, 0.5, 0.75, 1].map((share) => theme.score(0.18 + 0.72 * share));
    this.box.style.setProperty("--ss-ramp", `linear-gradient(90deg, ${stops.join(", ")})`);
  }
}

export default mounted((root) => new SurpriseView(root));
