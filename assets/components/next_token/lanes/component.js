// One text at several temperatures, with the same random numbers: what the temperature alone changes.

import { make, quoted } from "../../shared/dom.js";
import { fillWords, makeTooltip, percent } from "../../shared/draw.js";
import { mounted } from "../../shared/mount.js";
import { decimal } from "../../shared/numbers.js";
import { makeDial, makeRunBar } from "../../shared/run_bar.js";
import { mixColour } from "../../shared/theme.js";
import { MessageView } from "../../shared/view.js";

/** @extends {MessageView<import("../payloads").Lanes>} */
class LanesView extends MessageView {
  constructor(root) {
    super(root, ".lanes", "lanes");
    this.rows = this.find(".lanes-rows");
    this.tip = makeTooltip(this.box);
    this.bar = makeRunBar(this.find(".lanes-bar"), (name, value) => this.ask(name, value));
    this.dials = {
      length: makeDial(1, 256, (length) => this.look({ length })),
      seed: makeDial(0, 99, (seed) => this.look({ seed })),
    };
    this.find(".lanes-controls").append(...Object.values(this.dials).map((dial) => dial.element));
    this.made = [];
    this.rows.addEventListener("pointerover", (event) => this.hover(event.target.closest?.(".lanes-chip")));
    this.rows.addEventListener("pointerleave", () => this.tip.hide());
  }

  take({ meta } = this) {
    const fresh = this.isNew(meta.state);
    for (const [name, dial] of Object.entries(this.dials)) {
      if (fresh) dial.set(meta.state[name] ?? 0);
      dial.name(this.words[name]);
    }
    this.draw();
  }

  draw() {
    const { meta, words } = this;
    this.bar(meta.run, Math.max(0, ...meta.lanes.map((lane) => lane.labels.length)), words);
    this.find(".lanes-prompt").textContent = meta.prompt;
    this.find(".lanes-key").textContent = words.key;
    while (this.made.length > meta.lanes.length) this.made.pop().row.remove();
    meta.lanes.forEach((lane, at) => this.drawLane(lane, at));
  }

  makeLane(at) {
    const dial = makeDial(0, 2, (n) => this.retune(at, n), { step: 0.05, shown: (n) => decimal(n) });
    const measures = ["distinct_1", "distinct_2", "repetition"].map((name) => {
      const [title, value, fill] = [make("span"), make("b"), make("i")];
      const style = name === "repetition" ? "lanes-measure repeats" : "lanes-measure";
      const element = make("div", style, title, value, make("span", "lanes-rail", fill));
      return { name, element, title, value, fill };
    });
    const text = make("div", "lanes-text");
    const side = make("div", "lanes-side", dial.element, ...measures.map((one) => one.element));
    const row = make("section", "lanes-row", side, text);
    this.rows.append(row);
    return { row, dial, measures, text };
  }

  drawLane(lane, at) {
    const { words, theme, arrays } = this;
    const made = (this.made[at] ??= this.makeLane(at));
    made.dial.name(words.temperature);
    if (made.temperature !== lane.temperature) made.dial.set(lane.temperature);
    made.temperature = lane.temperature;
    made.row.setAttribute("aria-label", fillWords(words.lane, { temperature: lane.temperature }));
    const shares = [lane.distinct[0], lane.distinct[1], lane.repetition];
    made.measures.forEach(({ name, element, title, value, fill }, n) => {
      title.textContent = words[name];
      element.title = words[`${name}_help`];
      value.textContent = lane.labels.length ? percent(shares[n]) : "—";
      fill.style.width = `${100 * (lane.labels.length ? shares[n] : 0)}%`;
    });
    const chances = arrays[`chance${at}`];
    const chips = [...made.text.querySelectorAll(".lanes-chip")];
    chips.slice(lane.labels.length).forEach((chip) => chip.remove());
    const end = made.text.querySelector(".lanes-end") ?? made.text.appendChild(make("span", "lanes-end"));
    lane.labels.forEach((label, n) => {
      const chip = chips[n] ?? made.text.insertBefore(make("span", "lanes-chip"), end);
      if (chip.textContent !== label) chip.textContent = label;
      Object.assign(chip.dataset, { lane: at, at: n });
      chip.classList.toggle("again", Boolean(lane.again[n]));
      chip.style.setProperty("--chip", mixColour(theme.bg, theme.accent, 0.04 + 0.42 * chances[n]));
    });
    end.textContent = words[`ended_${lane.ended}`] ?? "";
  }

  retune(at, temperature) {
    const others = this.meta.lanes.map((lane) => lane.temperature).filter((_, n) => n !== at);
    let free = temperature;
    while (others.includes(free)) free = Math.round(100 * free + 1) / 100; // a link names each temperature once
    const temperatures = this.meta.lanes.map((lane, n) => String(n === at ? free : lane.temperature));
    this.look({ lanes: temperatures });
  }

  hover(chip) {
    if (!chip) return this.tip.hide();
    const [lane, at] = [Number(chip.dataset.lane), Number(chip.dataset.at)];
    const { words, arrays, meta } = this;
    const rows = [
      { title: quoted(meta.lanes[lane].labels[at]) },
      [words.after, percent(arrays[`chance${lane}`][at])],
      [words.own, percent(arrays[`own${lane}`][at])],
    ];
    if (meta.lanes[lane].again[at]) rows.push(words.again);
    this.tell(chip, rows, 24);
  }
}

export default mounted((root) => new LanesView(root));
