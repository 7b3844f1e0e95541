// One text at several temperatures, with the same random numbers: what the temperature alone changes.

import { fillWords, makeTooltip, percent } from "../../shared/draw.js";
import { mounted } from "../../shared/mount.js";
import { mixColour, readTheme } from "../../shared/theme.js";
import { applyRunTheme, makeDial, makeRunBar, runMake, runQuoted } from "../../shared/run_bar.js";
import { MessageView } from "../../shared/view.js";

import { decimal } from "../../shared/numbers.js";

class LanesView extends MessageView {
  constructor(root) {
    super(root, ".lanes", "lanes");
    this.rows = this.find(".lanes-rows");
    this.tip = makeTooltip(this.box);
    this.bar = makeRunBar(this.find(".lanes-bar"), (name, value) => this.ask(name, value));
    this.dials = {
      length: makeDial("", { low: 1, high: 256, step: 1, shown: String, done: (n) => this.look({ length: n }) }),
      seed: makeDial("", { low: 0, high: 99, step: 1, shown: String, done: (n) => this.look({ seed: n }) }),
    };
    this.find(".lanes-controls").append(...Object.values(this.dials).map((dial) => dial.element));
    this.made = [];
    this.rows.addEventListener("pointerover", (event) => this.hover(event.target.closest?.(".lanes-chip")));
    this.rows.addEventListener("pointerleave", () => this.tip.hide());
    this.applyTheme();
  }

  look(values) {
    this.ask("look", { ...values, at: Date.now() });
  }

  take({ meta }) {
    for (const [name, dial] of Object.entries(this.dials)) {
      if (meta.state.version !== this.version) dial.set(meta.state[name] ?? 0);
      dial.name(this.words[name]);
    }
    this.version = meta.state.version;
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
    const row = runMake("section", "lanes-row");
    const side = runMake("div", "lanes-side");
    const dial = makeDial("", {
      low: 0,
      high: 2,
      step: 0.05,
      shown: (n) => decimal(n),
      done: (n) => this.retune(at, n),
    });
    const measures = ["distinct_1", "distinct_2", "repetition"].map((name) => {
      const element = runMake("div", name === "repetition" ? "lanes-measure repeats" : "lanes-measure");
      const [title, value, rail, fill] = [
        runMake("span", ""),
        runMake("b", ""),
        runMake("span", "lanes-rail"),
        runMake("i", ""),
      ];
      rail.append(fill);
      element.append(title, value, rail);
      return { name, element, title, value, fill };
    });
    const text = runMake("div", "lanes-text");
    side.append(dial.element, ...measures.map((one) => one.element));
    row.append(side, text);
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
    const end = made.text.querySelector(".lanes-end") ?? made.text.appendChild(runMake("span", "lanes-end"));
    lane.labels.forEach((label, n) => {
      const chip = chips[n] ?? made.text.insertBefore(runMake("span", "lanes-chip"), end);
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
    const [box, place] = [this.box.getBoundingClientRect(), chip.getBoundingClientRect()];
    const rows = [
      { title: runQuoted(meta.lanes[lane].labels[at]) },
      [words.after, percent(arrays[`chance${lane}`][at])],
      [words.own, percent(arrays[`own${lane}`][at])],
    ];
    if (meta.lanes[lane].again[at]) rows.push(words.again);
    this.tip.show(rows, place.right - box.left, place.bottom - box.top + 24);
  }

  applyTheme() {
    const theme = readTheme(this.root);
    const key = applyRunTheme(this.box, theme, this.themeKey);
    if (key === this.themeKey) return;
    Object.assign(this, { themeKey: key, theme });
    this.box.style.setProperty("--lanes-warm", theme.dark ? "#f0883e" : "#d55e00");
    if (this.meta) this.draw();
  }
}

export default mounted((root) => new LanesView(root));
