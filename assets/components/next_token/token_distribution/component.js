// The whole next-token distribution of one text. Sliders, order, drawing and search work here, over the whole
// vocabulary at every frame; Python hears of settings when a move is over, and of a token that is forced.

import { attributes, make, quoted, showChoice } from "../../shared/dom.js";
import { fillWords, fitCanvas, fitText, onFrame, percent, savePicture } from "../../shared/draw.js";
import { mounted } from "../../shared/mount.js";
import { decimal, whole } from "../../shared/numbers.js";
import { whiteTheme } from "../../shared/theme.js";
import { MessageView } from "../../shared/view.js";
import { applyFilters, drawTokens, FILTER_ORDER, FILTERS_OFF, sortLogits, uniforms, wholeLogits } from "./filters.js";
import { BarRows } from "./rows.js";
import { StepList } from "./steps.js";
import { paintTail, tailScale } from "./tail.js";

const DIST_ROWS = 12; // most probable tokens shown
const DIST_FEW = 7; // where the screen is narrow
const DIST_NARROW = 520; // pixels
const DIST_MANY = 1000; // draws at once
const DIST_NAMES = Object.keys(FILTERS_OFF);

/** @extends {MessageView<import("../payloads").TokenDistribution, import("../payloads").TokenDistributionArrays>} */
class DistributionView extends MessageView {
  constructor(root) {
    super(root, ".nt", "token_distribution");
    this.settings = { ...FILTERS_OFF };
    this.order = [...FILTER_ORDER];
    this.view = "bars";
    this.seed = 0;
    this.pins = [];
    this.tailRank = 0;
    this.steps = new StepList(this.find(".nt-steps"), (final) => this.moved(final));
    this.bars = new BarRows(this.find(".nt-rows"), (id) => this.force(id));
    this.paint = onFrame(() => this.draw(), "token_distribution");
    this.size = new ResizeObserver(() => this.base && this.paint());
    this.size.observe(this.box);
    this.onLabels = () => this.base && this.paint();
    window.addEventListener("glassbox:labels", this.onLabels);
    this.wire();
  }

  destroy() {
    super.destroy();
    this.size.disconnect();
    window.removeEventListener("glassbox:labels", this.onLabels);
  }

  wire() {
    this.find(".nt-reset").addEventListener("click", () => this.reset());
    this.find(".nt-one").addEventListener("click", () => this.drawOne());
    this.find(".nt-many").addEventListener("click", () => this.drawMany());
    this.find(".nt-save").addEventListener("click", () => this.save());
    this.find(".nt-seed").addEventListener("change", (event) => this.reseed(event.target));
    const search = this.find(".nt-find input");
    search.addEventListener("input", () => this.search(search.value));
    const canvas = this.find(".nt-tail canvas");
    canvas.addEventListener("pointermove", (event) => this.probe(event));
    canvas.addEventListener("pointerleave", () => this.showRank(0));
    canvas.addEventListener("keydown", (event) => this.walk(event));
  }

  // ── data ────────────────────────────────────────────────────────────────────────────────────────────────────

  take({ meta, arrays } = this) {
    this.language = meta.language;
    this.box.classList.remove("waiting");
    this.base = sortLogits(wholeLogits(arrays), arrays.history);
    this.named = new Map(Array.from(arrays.label_ids, (id, at) => [id, meta.labels[at]]));
    this.steps.take({ words: this.words, language: this.language, vocabulary: this.base.n, off: FILTERS_OFF });
    if (this.isNew(meta.state)) this.follow(meta.state);
    this.hits = null;
    this.spell();
    this.spellContext();
    this.paint();
  }

  // Python says something else than what is shown here: a link, an experiment, the back button.
  follow(state) {
    for (const name of DIST_NAMES) this.settings[name] = Number(state[name]);
    this.order = [...state.order];
    this.view = state.view;
    this.seed = state.seed;
    this.pins = [];
    this.find(".nt-find input").value = "";
  }

  label(id) {
    const all = window.__glassboxLabels;
    return this.named.get(id) ?? (all?.model === this.meta.model ? all.labels[id] : undefined) ?? `#${id}`;
  }

  // ── words ───────────────────────────────────────────────────────────────────────────────────────────────────

  spell() {
    const { words } = this;
    this.find(".nt-find input").placeholder = words.find;
    this.find(".nt-one").textContent = words.draw_one;
    this.find(".nt-many").textContent = fillWords(words.draw_many, { count: DIST_MANY });
    this.find(".nt-seed").value = String(this.seed);
    showChoice(this.find(".nt-view"), ["bars", "tail"], {
      kind: "view",
      label: words.view,
      pressed: this.view,
      say: (id) => words[`view_${id}`],
      choose: (id) => {
        this.view = id;
        this.spell();
        this.paint();
        this.commit();
      },
    });
    const key = (id) => make("span", `nt-key nt-key-${id}`, make("i"), words[`key_${id}`]);
    this.find(".nt-legend").replaceChildren(...["before", "after", "removed", "drawn"].map(key));
    this.find(".nt-rows").hidden = this.view !== "bars";
    this.find(".nt-tail").hidden = this.view !== "tail";
    this.find(".nt-key-drawn").hidden = !this.hits;
  }

  /** The text that the model has read, its end with the forced tokens, and the place of the next one. */
  spellContext() {
    const { chips: told, forced, cut } = this.meta;
    const said = this.find(".nt-said");
    const chips = told.map(({ text, parts, special, by_hand: byHand }) => {
      const chip = make("bdi", `nt-chip${byHand ? " forced" : ""}${special ? " special" : ""}`, text);
      const title = fillWords(this.words.parts, { count: parts });
      if (parts > 1) chip.append(attributes(make("span", "nt-parts", `×${parts}`), { title }));
      return chip;
    });
    const next = attributes(make("span", "nt-chip next", "?"), { "aria-label": this.words.next });
    said.replaceChildren(...(cut ? ["… "] : []), ...chips, next);
    const undo = this.find(".nt-undo");
    const focused = this.root.activeElement?.dataset?.undo;
    const buttons = forced.length ? ["one", "all"] : [];
    undo.replaceChildren(
      ...buttons.map((id) => {
        const button = attributes(make("button", "", this.words[`undo_${id}`]), { "data-undo": id });
        button.addEventListener("click", () => this.sendForced(id === "one" ? forced.slice(0, -1) : []));
        return button;
      }),
    );
    if (focused) (undo.querySelector(`[data-undo="${focused}"]`) ?? this.find(".nt-one")).focus();
  }

  // ── drawing ─────────────────────────────────────────────────────────────────────────────────────────────────

  draw() {
    const result = (this.result = applyFilters(this.base, this.settings, this.order));
    this.steps.show(this.settings, this.order);
    this.steps.count(result.left);
    this.spellNumbers(result);
    if (this.view === "bars") this.drawBars(result);
    else this.drawTail(result);
  }

  spellNumbers(result) {
    const { words, language } = this;
    const kept = result.to - result.from;
    const values = {
      kept: fillWords(words.kept_of, { kept, all: this.base.n }),
      cut: percent(result.cutMass),
      entropy: fillWords(words.bits, { bits: result.entropy / Math.LN2 }),
      choices: Math.exp(result.entropy) < 100 ? decimal(Math.exp(result.entropy), 1) : whole(Math.exp(result.entropy)),
    };
    const list = this.find(".nt-numbers");
    if (list.children.length !== 4 || list.lang !== language) {
      list.lang = language;
      list.replaceChildren(
        ...Object.keys(values).map((id) => {
          const value = attributes(make("dd"), { "data-number": id });
          const title = words[`number_${id}_help`];
          return attributes(make("div", "", make("dt", "", words[`number_${id}`]), value), { title });
        }),
      );
    }
    for (const [id, text] of Object.entries(values)) {
      const place = list.querySelector(`[data-number="${id}"]`);
      if (place.textContent !== text) place.textContent = text;
    }
  }

  /** The tokens in view: the most probable ones before and after the steps, and those that were searched for. */
  shown(result) {
    const { base } = this;
    const ids = new Set(base.ids.subarray(0, this.box.clientWidth > DIST_NARROW ? DIST_ROWS : DIST_FEW));
    for (const id of result.ids.subarray(result.from, Math.min(result.to, result.from + 3))) ids.add(id);
    for (const id of this.pins) ids.add(id);
    return [...ids].sort((a, b) => base.rank[a] - base.rank[b]);
  }

  drawBars(result) {
    const { base, words } = this;
    const ids = this.shown(result);
    const removedBy = (id) => words[this.order[result.removedBy[id] - 1]];
    const entries = ids.map((id) => ({
      id,
      label: this.label(id),
      hint: this.meta.hints[id] ?? "",
      before: base.model[base.rank[id]],
      after: result.probability[id],
      removed: result.removedBy[id] ? fillWords(words.removed_by, { step: removedBy(id) }) : "",
      pinned: this.pins.includes(id),
      hits: this.hits ? (this.hits.get(id) ?? 0) / DIST_MANY : null,
    }));
    const sum = (name) => entries.reduce((total, entry) => total + entry[name], 0);
    const others = fillWords(words.others, { count: base.n - ids.length });
    const most = Math.max(...entries.map((entry) => Math.max(entry.before, entry.after, entry.hits ?? 0)));
    const least = (share) => Math.max(0, 1 - share);
    const [before, after, hits] = [sum("before"), sum("after"), sum("hits")].map(least);
    const shares = { before, after: after < 1e-9 ? 0 : after, hits: this.hits ? hits : null };
    entries.push({ id: -1, label: others, hint: "", removed: "", pinned: false, ...shares });
    this.bars.draw(entries, { words, most: Math.max(most, 1e-6), busy: false });
  }

  drawTail(result) {
    const canvas = this.find(".nt-tail canvas");
    const width = this.find(".nt-tail").clientWidth;
    if (!width) return;
    const height = Math.round(Math.min(400, Math.max(260, width * 0.5)));
    const id = this.tailRank ? this.base.ids[this.tailRank - 1] : -1;
    const { base, theme, words, tailRank: at } = this;
    const context = fitCanvas(canvas, width, height);
    context.clearRect(0, 0, width, height);
    paintTail(context, {
      ...{ width, height, base, result, theme, words, at },
      label: id < 0 ? "" : this.label(id),
    });
    canvas.setAttribute("aria-label", this.words.tail_label);
  }

  probe(event) {
    const canvas = event.currentTarget;
    const scale = tailScale(canvas.clientWidth, canvas.clientHeight, this.base.n, 1e-9, this.theme.scale);
    this.showRank(scale.rankAt(event.clientX - canvas.getBoundingClientRect().left));
  }

  walk(event) {
    const by = { ArrowRight: 1.25, ArrowLeft: 0.8 }[event.key];
    if (!by) return;
    event.preventDefault();
    const rank = this.tailRank || 1;
    const next = Math.round(rank * by) || 1;
    this.showRank(Math.min(this.base.n, Math.max(1, next === rank ? rank + (by > 1 ? 1 : -1) : next)));
    const id = this.base.ids[this.tailRank - 1];
    this.say(`${this.label(id)}, ${whole(this.tailRank)}, ${percent(this.base.model[this.tailRank - 1])}`);
  }

  showRank(rank) {
    if (!this.base || rank === this.tailRank) return;
    this.tailRank = rank;
    this.paint();
  }

  say(text) {
    this.find(".nt-live").textContent = text;
  }

  // ── what the visitor does ───────────────────────────────────────────────────────────────────────────────────

  moved(final) {
    this.hits = null;
    this.find(".nt-key-drawn").hidden = true;
    this.find(".nt-drawn").textContent = "";
    this.paint();
    if (final) this.commit();
  }

  commit() {
    this.send("look", { ...this.settings, order: [...this.order], view: this.view, seed: this.seed });
  }

  reset() {
    Object.assign(this.settings, FILTERS_OFF);
    this.order = [...FILTER_ORDER];
    this.moved(true);
  }

  reseed(input) {
    const seed = Math.round(Number(input.value));
    this.seed = Number.isFinite(seed) ? Math.min(9999, Math.max(0, seed)) : 0;
    input.value = String(this.seed);
    this.moved(true);
  }

  /** The source of chance: another for each seed and each length of the text. */
  chance(kind) {
    return uniforms(this.seed * 7919 + this.meta.length * 131 + kind);
  }

  force(id) {
    this.say(fillWords(this.words.forced, { token: this.label(id) }));
    this.sendForced([...this.meta.forced, id]);
  }

  sendForced(ids) {
    if (ids.length > this.meta.most_forced) return;
    this.box.setAttribute("aria-busy", "true");
    this.box.classList.add("waiting");
    this.send("force", { forced: ids });
  }

  drawOne() {
    if (this.result) this.force(drawTokens(this.result, this.chance(1), 1)[0]);
  }

  drawMany() {
    if (!this.result) return;
    const drawn = drawTokens(this.result, this.chance(2), DIST_MANY);
    this.hits = new Map();
    for (const id of drawn) this.hits.set(id, (this.hits.get(id) ?? 0) + 1);
    const [best, count] = [...this.hits].reduce((a, b) => (b[1] > a[1] ? b : a));
    const expected = DIST_MANY * this.result.probability[best];
    this.find(".nt-drawn").textContent = fillWords(this.words.drawn, {
      token: quoted(this.label(best)),
      count,
      expected,
      kinds: this.hits.size,
    });
    this.find(".nt-key-drawn").hidden = false;
    this.paint();
  }

  /** The most probable token with that text, with or without a space before it, is pinned. */
  search(text) {
    const wanted = text.trim().toLowerCase();
    if (!this.base) return;
    if (!wanted) this.pins = [];
    const fit = (id, whole) => {
      const label = this.label(id).replace(/^·/, "").toLowerCase();
      return whole ? label === wanted : label.startsWith(wanted);
    };
    for (const whole of wanted ? [true, false] : []) {
      const id = this.base.ids.find((one) => fit(one, whole));
      if (id === undefined) continue;
      this.pins = [id];
      this.say(`${this.label(id)} ${percent(this.base.model[this.base.rank[id]])}`);
      this.tailRank = this.base.rank[id] + 1;
      break;
    }
    this.paint();
  }

  // ── taking it away ──────────────────────────────────────────────────────────────────────────────────────────

  save() {
    if (!this.result) return;
    const theme = whiteTheme(this.theme);
    const [width, line] = [760, 26 * theme.scale];
    const ids = this.shown(this.result);
    const height = this.view === "tail" ? 380 : ids.length * line;
    const paint = (context) =>
      this.view === "tail"
        ? paintTail(context, { width, height, base: this.base, result: this.result, theme, words: this.words })
        : this.paintBars(context, ids, { width, line, theme });
    const settings = this.order
      .filter((name) => this.settings[name] !== FILTERS_OFF[name])
      .map((name) => `${this.words[name]} ${this.settings[name]}`);
    const texts = [[this.words.picture, ...settings].join(" · "), this.meta.caption];
    savePicture("next_token.png", { width, height, texts, theme, paint });
  }

  paintBars(context, ids, { width, line, theme }) {
    const { base, result } = this;
    const most = Math.max(...ids.map((id) => Math.max(base.model[base.rank[id]], result.probability[id])), 1e-6);
    const [left, right] = [150, 130];
    const reach = (share) => ((width - left - right) * share) / most;
    ids.forEach((id, at) => {
      const [y, before, after] = [at * line, base.model[base.rank[id]], result.probability[id]];
      context.fillStyle = theme.line;
      context.fillRect(left, y + 4, reach(before), line - 8);
      context.fillStyle = theme.accent;
      context.fillRect(left, y + 8, reach(after), line - 16);
      Object.assign(context, {
        fillStyle: theme.fg,
        textBaseline: "middle",
        font: `500 13px ${theme.mono}`,
        textAlign: "right",
      });
      context.fillText(fitText(context, this.label(id), left - 14), left - 10, y + line / 2);
      context.textAlign = "left";
      context.fillText(`${percent(before)} → ${percent(after)}`, width - right + 12, y + line / 2);
    });
  }

  dressed() {
    if (this.base && this.view === "tail") this.paint();
  }
}

export default mounted((root) => new DistributionView(root));
