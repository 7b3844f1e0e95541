// One text cut by several vocabularies, side by side, following every keystroke. What moves under the pointer, the
// faces of the chips and the split by a token budget are computed here; Python hears of text, vocabularies and picks.

import { make, makeOption, showChoice } from "../../shared/dom.js";
import { fillWords, makeTooltip, percent } from "../../shared/draw.js";
import { mounted } from "../../shared/mount.js";
import { mixColour } from "../../shared/theme.js";
import { MessageView } from "../../shared/view.js";
import { Lane } from "./lanes.js";

const CHIPS_PAUSE = 150; // milliseconds without a key before the text is sent
const CHIPS_SHOW = ["text", "ids", "bytes"];
const CHIPS_HUB = "\0hub";

/** @extends {MessageView<import("../payloads").TokenChips>} */
class ChipsView extends MessageView {
  constructor(root) {
    super(root, ".chips", "token_chips");
    this.text = this.find(".chips-text");
    this.slider = this.find(".chips-limit input");
    this.tip = makeTooltip(this.box);
    /** @type {Lane[]} */ this.lanes = [];
    this.set = { show: "text", limit: 0, by: "", piece: "" };
    this.wire();
  }

  destroy() {
    super.destroy();
    clearTimeout(this.pause);
  }

  // ── data ────────────────────────────────────────────────────────────────────────────────────────────────────

  take({ meta, arrays } = this) {
    this.language = meta.language;
    this.text.placeholder = this.words.placeholder;
    if (this.isNew(meta.state)) this.follow(meta.state);
    Object.assign(this.set, meta.pick);
    this.characters = Array.from(meta.text);
    this.tip.hide();
    this.setLanes(meta.lanes, arrays);
    this.spell();
    this.spellTools();
  }

  // Python says something else than what is shown here: a link, an example, the back button.
  follow(state) {
    clearTimeout(this.pause);
    if (this.text.value !== state.text) this.text.value = state.text;
    Object.assign(this.set, { show: state.show, limit: state.limit });
  }

  setLanes(cuts, arrays) {
    const box = this.find(".chips-lanes");
    while (this.lanes.length > cuts.length) this.lanes.pop().element.remove();
    while (this.lanes.length < cuts.length) {
      this.lanes.push(new Lane(this, this.lanes.length));
      box.append(this.lanes.at(-1).element);
    }
    this.lanes.forEach((lane, at) => (lane.cut = cuts[at]));
    const most = Math.max(1, ...cuts.map((cut) => cut.labels.length));
    this.lanes.forEach((lane, at) => lane.take(cuts[at], arrays, most));
    box.style.opacity = "";
    this.find(".chips-key-lonely").hidden = !this.lanes.some((lane) => lane.own.lonely.some(Boolean));
    this.find(".chips-key-parts").hidden = !this.lanes.some((lane) =>
      lane.own.groups.some((group, at) => at && group === lane.own.groups[at - 1]),
    );
  }

  // ── words ───────────────────────────────────────────────────────────────────────────────────────────────────

  spell() {
    const sum = this.find(".chips-sum");
    const counts = this.lanes.map((lane) => lane.n);
    const [least, most] = [Math.min(...counts), Math.max(...counts)];
    const title = (count) => this.lanes[counts.indexOf(count)]?.cut.title;
    const [short, long, more] = [title(least), title(most), percent(most / least - 1)];
    const values = { characters: this.characters.length, short, long, least, most, more };
    sum.textContent = fillWords(this.words[this.sumOf(counts, least, most)], values);
  }

  /** The sentence that sums up the lanes. */
  sumOf(counts, least, most) {
    if (this.meta.failed) return "sum_failed";
    if (!this.characters.length) return "sum_none";
    if (!counts.length || !most) return "empty";
    return counts.length < 2 ? "sum_one" : least === most ? "sum_same" : "sum";
  }

  spellTools() {
    showChoice(this.find(".chips-choice"), CHIPS_SHOW, {
      kind: "show",
      label: this.words.show,
      pressed: this.set.show,
      say: (show) => this.words[`show_${show}`],
      choose: (show) => {
        this.setLook({ show });
        this.spellTools();
      },
    });
    this.slider.max = String(this.meta.most_limit);
    this.slider.value = String(this.set.limit);
    this.spellLimit();
    this.spellAdd();
  }

  spellLimit() {
    const { limit } = this.set;
    const counts = this.lanes.map((lane) => lane.pieces ?? 0);
    const text = !limit
      ? this.words.limit_off
      : fillWords(this.words.limit_on, { limit, pieces: counts.join(this.words.slash) });
    this.find(".chips-limit output").textContent = text;
    this.slider.setAttribute("aria-valuetext", text);
  }

  spellAdd() {
    const place = this.find(".chips-add");
    if (this.lanes.length >= this.meta.most_lanes || place.contains(this.root.activeElement)) {
      if (this.lanes.length >= this.meta.most_lanes) place.replaceChildren();
      return;
    }
    const taken = new Set(this.lanes.map((lane) => lane.cut.id));
    const free = this.meta.choices.filter((one) => !taken.has(one.id)).map((one) => makeOption(one.id, one.title));
    const select = make("select", "", makeOption("", this.words.add), ...free);
    select.setAttribute("aria-label", this.words.add);
    if (this.meta.hub) select.append(makeOption(CHIPS_HUB, this.words.hub));
    select.addEventListener("change", () => (select.value === CHIPS_HUB ? this.askHub(place) : this.add(select.value)));
    place.replaceChildren(select);
  }

  askHub(place) {
    const input = make("input", "");
    input.placeholder = "hub:owner/name";
    input.setAttribute("aria-label", this.words.hub);
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && input.value.trim()) this.add(input.value.trim().replace(/^(?!hub:)/, "hub:"));
      if (event.key === "Escape") input.blur();
    });
    input.addEventListener("blur", () => this.spellAdd());
    place.replaceChildren(input);
    input.focus();
  }

  // ── choices ─────────────────────────────────────────────────────────────────────────────────────────────────

  choose(vocab) {
    this.find(".chips-lanes").style.opacity = "0.45";
    this.root.activeElement?.blur();
    this.send("chosen", { vocab });
  }

  ids() {
    return this.lanes.map((lane) => lane.cut.id);
  }

  replace(at, id) {
    this.choose(this.ids().map((one, i) => (i === at ? id : one)));
  }

  remove(at) {
    this.choose(this.ids().filter((_, i) => i !== at));
  }

  add(id) {
    if (id) this.choose([...this.ids(), id]);
  }

  setLook(look, commit = true) {
    Object.assign(this.set, look);
    for (const lane of this.lanes) lane.draw();
    this.spellLimit();
    if (commit) this.send("look", { show: this.set.show, limit: this.set.limit });
  }

  pick(lane, at) {
    const piece = lane.piece(at);
    if (!piece) return;
    Object.assign(this.set, { by: lane.cut.id, piece });
    for (const one of this.lanes) one.mark();
    this.send("pick", { by: lane.cut.id, piece });
  }

  // ── input ───────────────────────────────────────────────────────────────────────────────────────────────────

  wire() {
    this.text.addEventListener("input", (event) => !event.isComposing && this.typed());
    this.text.addEventListener("compositionend", () => this.typed());
    const limit = (commit) => this.meta && this.setLook({ limit: Number(this.slider.value) }, commit);
    this.slider.addEventListener("input", () => limit(false));
    this.slider.addEventListener("change", () => limit(true));
    const lanes = this.find(".chips-lanes");
    lanes.addEventListener("pointerover", (event) => this.hover(event));
    lanes.addEventListener("pointerleave", () => this.rest());
    lanes.addEventListener("click", (event) => this.onChip(event, (lane, at) => this.pick(lane, at)));
    lanes.addEventListener("focusin", (event) => this.hover(event));
    lanes.addEventListener("focusout", () => this.rest());
    lanes.addEventListener("keydown", (event) => this.onKey(event));
  }

  typed() {
    clearTimeout(this.pause);
    this.pause = setTimeout(() => this.send("typed", { text: this.text.value }), CHIPS_PAUSE);
  }

  onChip(event, act) {
    const chip = event.target.closest?.(".chips-chip");
    const lane = chip && this.lanes[Number(chip.parentElement.dataset.lane)];
    if (lane) act(lane, Number(chip.dataset.at), chip);
    return Boolean(lane);
  }

  hover(event) {
    const found = this.onChip(event, (lane, at, chip) => {
      const start = lane.own.starts[at];
      for (const other of this.lanes) other.light(start, Math.max(lane.own.ends[at], start + 1));
      this.tell(chip, lane.rows(at));
    });
    if (!found) this.rest();
  }

  rest() {
    this.tip.hide();
    for (const lane of this.lanes) lane.light(null, null);
  }

  onKey(event) {
    this.onChip(event, (lane, at) => {
      const moves = { ArrowLeft: -1, ArrowRight: 1, Home: -lane.n, End: lane.n };
      if (event.key in moves) lane.reach(at + moves[event.key]);
      else if (event.key === "ArrowUp" || event.key === "ArrowDown")
        this.cross(lane, at, event.key === "ArrowUp" ? -1 : 1);
      else if (event.key === "Enter" || event.key === " ") this.pick(lane, at);
      else return;
      event.preventDefault();
    });
  }

  // The token of the lane above or below that stands at the same place of the text.
  cross(lane, at, by) {
    const other = this.lanes[lane.at + by];
    if (!other) return;
    const found = other.own.ends.findIndex((end) => end > lane.own.starts[at]);
    other.reach(found < 0 ? other.n - 1 : found);
  }

  // ── theme ───────────────────────────────────────────────────────────────────────────────────────────────────

  dress(theme) {
    this.tints = [0, 1, 2, 3].map((i) => mixColour(theme.bg, theme.categories[i], theme.dark ? 0.42 : 0.25));
    this.box.style.setProperty("--chips-warn", theme.dark ? theme.warm : "#b04a00");
    this.box.style.setProperty("--chips-a", this.tints[0]);
  }

  draw() {
    for (const lane of this.lanes) lane.draw();
  }
}

export default mounted((root) => new ChipsView(root));
