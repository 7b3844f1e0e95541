// Rows of tokens with what each is there for: markers, the template's own words, padding with its mask, new words.
// All labels go in as text.

import { mounted } from "../../shared/mount.js";
import { mixColour, readTheme } from "../../shared/theme.js";
import { makeTooltip, savePng } from "../../shared/draw.js";
import { MessageView } from "../../shared/view.js";
import { rowsPicture } from "./picture.js";

const ROWS_SHOW = ["text", "ids", "bytes"];

function rowsMake(tag, name, text = "") {
  const element = document.createElement(tag);
  element.className = name;
  if (text) element.textContent = text;
  return element;
}

class RowsView extends MessageView {
  constructor(root) {
    super(root, ".trows", "token_rows");
    this.tip = makeTooltip(this.box);
    this.bands = this.find(".trows-bands");
    this.wire();
    this.applyTheme();
  }

  take({ meta, arrays }) {
    if (meta.state.version !== this.version) {
      this.version = meta.state.version;
      this.show = meta.state.show;
    }
    const all = meta.bands.flatMap((band) => band.lines);
    this.lines = all.map((line, at) => ({ ...line, ids: arrays[`ids${at}`], kinds: arrays[`kinds${at}`] }));
    this.tip.hide();
    this.spell();
    this.draw();
  }

  spell() {
    const choice = this.find(".trows-choice");
    choice.setAttribute("aria-label", this.words.show);
    choice.replaceChildren(
      ...ROWS_SHOW.map((show) => {
        const button = rowsMake("button", "", this.words[`show_${show}`]);
        button.type = "button";
        button.dataset.show = show;
        button.setAttribute("aria-pressed", String(show === this.show));
        return button;
      }),
    );
    const used = new Set(this.lines.flatMap((line) => Array.from(line.kinds)));
    this.find(".trows-key").replaceChildren(
      ...[...used].sort().map((kind) => {
        const entry = rowsMake("span", "", "");
        entry.append(
          rowsMake("i", `trows-chip ${this.meta.kinds[kind]}`),
          document.createTextNode(this.words[`kind_${this.meta.kinds[kind]}`]),
        );
        return entry;
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
      const section = rowsMake("section", "trows-band");
      section.append(rowsMake("h3", "", band.title));
      if (band.note) section.append(rowsMake("p", "", band.note));
      for (const { name, note } of band.lines) {
        const line = rowsMake("div", `trows-line${name ? " named" : ""}`);
        if (name) {
          const head = rowsMake("div", "trows-name");
          head.append(rowsMake("bdi", "", name), rowsMake("small", "", note));
          line.append(head);
        }
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
    const row = rowsMake("div", "trows-row");
    row.setAttribute("role", "listbox");
    row.append(...Array.from(this.lines[number].labels, (_, at) => this.chip(number, at)));
    return row;
  }

  grid(number) {
    const scroll = rowsMake("div", "trows-scroll");
    const grid = rowsMake("div", "trows-grid");
    scroll.setAttribute("role", "listbox");
    Array.from(this.lines[number].labels, (_, at) => {
      const off = this.meta.kinds[this.lines[number].kinds[at]] === "pad";
      const cell = rowsMake("span", `trows-mask${off ? " off" : ""}`, off ? "0" : "1");
      cell.title = off ? this.words.mask_off : this.words.mask_on;
      grid.append(this.chip(number, at), cell);
    });
    scroll.append(grid);
    return scroll;
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
    const chip = rowsMake("bdi", `trows-chip ${kind}${small ? " small" : ""}`, face);
    chip.setAttribute("role", "option");
    chip.dataset.line = String(number);
    chip.dataset.at = String(at);
    chip.tabIndex = at === 0 ? 0 : -1;
    return chip;
  }

  wire() {
    this.find(".trows-choice").addEventListener("click", (event) => {
      const show = event.target.dataset?.show;
      if (!show || !this.meta) return;
      this.show = show;
      for (const button of event.currentTarget.children)
        button.setAttribute("aria-pressed", String(button.dataset.show === show));
      this.draw();
      this.send("look", { show });
    });
    this.bands.addEventListener("pointerover", (event) => this.hover(event));
    this.bands.addEventListener("pointerleave", () => this.tip.hide());
    this.bands.addEventListener("focusin", (event) => this.hover(event));
    this.bands.addEventListener("focusout", () => this.tip.hide());
    this.bands.addEventListener("keydown", (event) => {
      const chip = event.target.closest?.(".trows-chip");
      const moves = { ArrowLeft: -1, ArrowRight: 1, Home: -1e6, End: 1e6 };
      if (!chip || !(event.key in moves)) return;
      event.preventDefault();
      event.stopPropagation();
      const all = [...chip.parentElement.querySelectorAll(".trows-chip")];
      const to = all[Math.min(Math.max(all.indexOf(chip) + moves[event.key], 0), all.length - 1)];
      chip.tabIndex = -1;
      to.tabIndex = 0;
      to.focus();
    });
    this.find(".trows-save").addEventListener("click", () => {
      if (!this.meta) return;
      const picture = rowsPicture({
        meta: this.meta,
        lines: this.lines,
        face: (line, at) => this.face(line, at),
        theme: this.theme,
        width: this.box.clientWidth,
      });
      savePng(picture, "tokens.png");
    });
  }

  hover(event) {
    const chip = event.target.closest?.(".trows-chip[data-at]");
    if (!chip) {
      this.tip.hide();
      return;
    }
    const [line, at] = [this.lines[Number(chip.dataset.line)], Number(chip.dataset.at)];
    const rows = [
      { title: `\u2068${line.labels[at]}\u2069` },
      [this.words.id, line.ids[at] < 0 ? "—" : String(line.ids[at])],
      [this.words.bytes, line.hex[at]],
      this.words[`is_${this.meta.kinds[line.kinds[at]]}`],
    ];
    const box = this.box.getBoundingClientRect();
    const place = chip.getBoundingClientRect();
    this.tip.show(rows, place.right - box.left - 8, place.bottom - box.top + 12);
  }

  applyTheme() {
    const theme = readTheme(this.root);
    const key = JSON.stringify([theme.bg, theme.fg, theme.panel, theme.accent, theme.scale]);
    if (key === this.themeKey) return;
    this.themeKey = key;
    this.theme = theme;
    const values = {
      bg: theme.bg,
      panel: theme.panel,
      fg: theme.fg,
      muted: theme.muted,
      line: theme.line,
      border: theme.border,
      accent: theme.accent,
      sans: theme.sans,
      mono: theme.mono,
      scale: theme.scale,
      tip: theme.dark ? mixColour(theme.bg, theme.fg, 0.08) : theme.bg,
    };
    for (const [name, value] of Object.entries(values)) this.box.style.setProperty(`--gb-${name}`, String(value));
    const share = theme.dark ? 0.42 : 0.25;
    const tints = { content: [0, share], special: [1, theme.dark ? 0.5 : 0.4], new: [2, theme.dark ? 0.5 : 0.35] };
    for (const [kind, [at, much]] of Object.entries(tints))
      this.box.style.setProperty(`--trows-${kind}`, mixColour(theme.bg, theme.categories[at], much));
    this.box.style.setProperty("--trows-special-ink", mixColour(theme.categories[1], theme.fg, 0.45));
    this.box.style.colorScheme = theme.dark ? "dark" : "light";
    if (this.meta) this.draw();
  }
}

export default mounted((root) => new RowsView(root));
