// Rows of tokens with what each is there for: markers, the template's own words, padding with its mask, new words.
// All labels go in as text.

import { attributes, keyMeans, make, quoted, showChoice } from "../../shared/dom.js";
import { makeTooltip, savePicture } from "../../shared/draw.js";
import { mounted } from "../../shared/mount.js";
import { mixColour } from "../../shared/theme.js";
import { MessageView } from "../../shared/view.js";
import { rowsPicture } from "./picture.js";

const ROWS_SHOW = ["text", "ids", "bytes"];

/** @extends {MessageView<import("../payloads").TokenRows>} */
class RowsView extends MessageView {
  constructor(root) {
    super(root, ".trows", "token_rows");
    this.tip = makeTooltip(this.box);
    this.bands = this.find(".trows-bands");
    this.wire();
  }

  take({ meta, arrays } = this) {
    if (this.isNew(meta.state)) {
      this.show = meta.state.show;
    }
    const all = meta.bands.flatMap((band) => band.lines);
    this.lines = all.map((line, at) => ({ ...line, ids: arrays[`ids${at}`], kinds: arrays[`kinds${at}`] }));
    this.tip.hide();
    this.spell();
    this.draw();
  }

  spell() {
    showChoice(this.find(".trows-choice"), ROWS_SHOW, {
      kind: "show",
      label: this.words.show,
      pressed: this.show,
      say: (show) => this.words[`show_${show}`],
      choose: (show) => {
        this.show = show;
        this.spell();
        this.draw();
        this.send("look", { show });
      },
    });
    const used = new Set(this.lines.flatMap((line) => Array.from(line.kinds)));
    this.find(".trows-key").replaceChildren(
      ...[...used].sort().map((kind) => {
        const name = this.meta.kinds[kind];
        return make("span", "", make("i", `trows-chip ${name}`), this.words[`kind_${name}`]);
      }),
    );
  }

  face(line, at) {
    if (this.show === "ids") return line.ids[at] < 0 ? "—" : String(line.ids[at]);
    return this.show === "bytes" ? line.hex[at] : line.labels[at];
  }

  draw() {
    let number = 0;
    const bands = this.meta.bands.map((band) => {
      const section = make("section", "trows-band", make("h3", "", band.title));
      if (band.note) section.append(make("p", "", band.note));
      for (const { name, note } of band.lines) {
        const line = make("div", `trows-line${name ? " named" : ""}`);
        if (name) line.append(make("div", "trows-name", make("bdi", "", name), make("small", "", note)));
        const row = band.aligned ? this.grid(number) : this.row(number);
        row.setAttribute("aria-label", [band.title, name].filter(Boolean).join(" · "));
        line.append(row);
        section.append(line);
        number += 1;
      }
      return section;
    });
    this.bands.replaceChildren(...bands);
    this.align();
  }

  row(number) {
    const chips = Array.from(this.lines[number].labels, (_, at) => this.chip(number, at));
    return attributes(make("div", "trows-row", ...chips), { role: "listbox" });
  }

  grid(number) {
    const grid = make("div", "trows-grid");
    Array.from(this.lines[number].labels, (_, at) => {
      const off = this.meta.kinds[this.lines[number].kinds[at]] === "pad";
      const cell = make("span", `trows-mask${off ? " off" : ""}`, off ? "0" : "1");
      cell.title = off ? this.words.mask_off : this.words.mask_on;
      grid.append(this.chip(number, at), cell);
    });
    return attributes(make("div", "trows-scroll", grid), { role: "listbox" });
  }

  // Columns of all rows of a batch are equally wide, so that it is one rectangle.
  align() {
    const grids = [...this.bands.querySelectorAll(".trows-grid")];
    if (!grids.length) return;
    const count = Math.max(...grids.map((grid) => grid.children.length / 2));
    const widths = Array.from({ length: count }, (_, at) =>
      Math.max(...grids.map((grid) => Math.ceil(grid.children[2 * at]?.getBoundingClientRect().width ?? 0))),
    );
    for (const grid of grids) grid.style.gridTemplateColumns = widths.map((width) => `${width}px`).join(" ");
  }

  chip(number, at) {
    const line = this.lines[number];
    const kind = this.meta.kinds[line.kinds[at]];
    const face = this.face(line, at);
    const small = this.show !== "text" || /^\|?[0-9A-F]{2}( [0-9A-F]{2})*\|?$/.test(face);
    const chip = make("bdi", `trows-chip ${kind}${small ? " small" : ""}`, face);
    return attributes(chip, { role: "option", tabindex: at === 0 ? 0 : -1, "data-line": number, "data-at": at });
  }

  wire() {
    this.bands.addEventListener("pointerover", (event) => this.hover(event));
    this.bands.addEventListener("pointerleave", () => this.tip.hide());
    this.bands.addEventListener("focusin", (event) => this.hover(event));
    this.bands.addEventListener("focusout", () => this.tip.hide());
    this.bands.addEventListener("keydown", (event) => {
      const chip = event.target.closest?.(".trows-chip");
      const move = chip && keyMeans(event, { ArrowLeft: -1, ArrowRight: 1, Home: -1e6, End: 1e6 });
      if (!move) return;
      const all = [...chip.parentElement.querySelectorAll(".trows-chip")];
      const to = all[Math.min(Math.max(all.indexOf(chip) + move, 0), all.length - 1)];
      chip.tabIndex = -1;
      to.tabIndex = 0;
      to.focus();
    });
    this.find(".trows-save").addEventListener("click", () => {
      if (this.meta) savePicture("tokens.png", rowsPicture(this));
    });
  }

  hover(event) {
    const chip = event.target.closest?.(".trows-chip[data-at]");
    if (!chip) return this.tip.hide();
    const [line, at] = [this.lines[Number(chip.dataset.line)], Number(chip.dataset.at)];
    const rows = [
      { title: quoted(line.labels[at]) },
      [this.words.id, line.ids[at] < 0 ? "—" : String(line.ids[at])],
      [this.words.bytes, line.hex[at]],
      this.words[`is_${this.meta.kinds[line.kinds[at]]}`],
    ];
    this.tell(chip, rows);
  }

  dress(theme) {
    const share = theme.dark ? 0.42 : 0.25;
    const tints = { content: [0, share], special: [1, theme.dark ? 0.5 : 0.4], new: [2, theme.dark ? 0.5 : 0.35] };
    for (const [kind, [at, much]] of Object.entries(tints))
      this.box.style.setProperty(`--trows-${kind}`, mixColour(theme.bg, theme.categories[at], much));
    this.box.style.setProperty("--trows-special-ink", mixColour(theme.categories[1], theme.fg, 0.45));
  }
}

export default mounted((root) => new RowsView(root));
