// One text in many languages: how many times as many tokens each needs as English, vocabulary by vocabulary. A table,
// so that it can be read aloud; bars start at zero and a dashed line stands at English.

import { attributes, make } from "../../shared/dom.js";
import { fillWords } from "../../shared/draw.js";
import { mounted } from "../../shared/mount.js";
import { MessageView } from "../../shared/view.js";

function fertCell(meta, theme, values, row, column) {
  const times = values.times[row * meta.titles.length + column];
  const count = values.counts[row * meta.titles.length + column];
  const bar = make("i");
  const track = make("div", "fert-track", bar);
  bar.style.width = `${(100 * times) / meta.most}%`;
  bar.style.background = theme.sequential(0.3 + (0.5 * times) / meta.most);
  track.style.setProperty("--one", `${100 / meta.most}%`);
  const [language, name] = [meta.languages[row].name, meta.titles[column]];
  const full = fillWords(meta.words.cell, { language, title: name, count, times });
  const unknown = values.unknown[row * meta.titles.length + column];
  const said = make("span", "fert-times", fillWords(meta.words.times, { times }));
  const inner = make("div", "fert-cell", make("span", "fert-title", name), track, said);
  if (unknown) inner.append(make("span", "fert-lost", fillWords(meta.words.lost, { count: unknown })));
  bar.classList.toggle("lost", unknown > 0);
  const title = unknown ? `${full}. ${fillWords(meta.words.cell_lost, { count: unknown })}` : full;
  inner.title = title;
  return attributes(make("td", "", inner), { role: "cell", "aria-label": title });
}

function fertDraw(box, { meta, arrays }, theme) {
  const row = (...cells) => attributes(make("tr", "", ...cells), { role: "row" }); // a narrow screen shows blocks
  const titles = [meta.words.language, ...meta.titles].map((title) => make("th", "", title));
  for (const title of titles) attributes(title, { scope: "col", role: "columnheader" });
  let worst = { times: 0 };
  const rows = meta.languages.map((language, at) => {
    const own = make("bdi", "fert-own", language.own === language.name ? "" : language.own);
    own.lang = language.code;
    own.title = language.text;
    const name = attributes(make("th", "", language.name, own), { scope: "row", role: "rowheader" });
    const cells = meta.titles.map((title, column) => {
      const times = arrays.times[at * meta.titles.length + column];
      if (times > worst.times) worst = { times, language: language.name, title };
      return fertCell(meta, theme, arrays, at, column);
    });
    return row(name, ...cells);
  });
  box.querySelector("thead").replaceChildren(row(...titles));
  box.querySelector("tbody").replaceChildren(...rows);
  box.querySelector(".fert-worst").textContent = fillWords(meta.words.worst, worst);
  box.querySelector(".fert-scroll").setAttribute("aria-label", meta.words.title);
}

class FertilityView extends MessageView {
  constructor(root) {
    super(root, ".fert", "token_fertility");
    this.applyTheme();
  }

  take() {
    this.draw();
  }

  draw() {
    fertDraw(this.box, this, this.theme);
  }
}

export default mounted((root) => new FertilityView(root));
