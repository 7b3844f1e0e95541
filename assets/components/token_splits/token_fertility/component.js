// One text in many languages: how many times as many tokens each needs as English, vocabulary by vocabulary. A table,
// so that it can be read aloud; bars start at zero and a dashed line stands at English.

import { unpack } from "../../shared/buffer.js";
import { fillWords, recordFrame } from "../../shared/draw.js";
import { readTheme } from "../../shared/theme.js";

function fertMake(tag, name, text = "") {
  const element = document.createElement(tag);
  element.className = name;
  if (text) element.textContent = text;
  return element;
}

function fertCell(meta, theme, values, row, column) {
  const times = values.times[row * meta.titles.length + column];
  const count = values.counts[row * meta.titles.length + column];
  const cell = fertMake("td", "");
  cell.role = "cell";
  const inner = fertMake("div", "fert-cell");
  const track = fertMake("div", "fert-track");
  const bar = fertMake("i", "");
  bar.style.width = `${(100 * times) / meta.most}%`;
  bar.style.background = theme.sequential(0.3 + (0.5 * times) / meta.most);
  track.style.setProperty("--one", `${100 / meta.most}%`);
  track.append(bar);
  const full = fillWords(meta.words.cell, {
    language: meta.languages[row].name,
    title: meta.titles[column],
    count,
    times,
  });
  const unknown = values.unknown[row * meta.titles.length + column];
  inner.append(
    fertMake("span", "fert-title", meta.titles[column]),
    track,
    fertMake("span", "fert-times", fillWords(meta.words.times, { times })),
  );
  if (unknown) inner.append(fertMake("span", "fert-lost", fillWords(meta.words.lost, { count: unknown })));
  bar.classList.toggle("lost", unknown > 0);
  const title = unknown ? `${full}. ${fillWords(meta.words.cell_lost, { count: unknown })}` : full;
  inner.title = title;
  cell.setAttribute("aria-label", title);
  cell.append(inner);
  return cell;
}

function fertDraw(box, { meta, arrays }, theme) {
  const head = fertMake("tr", "");
  head.role = "row";
  head.append(fertMake("th", "", meta.words.language), ...meta.titles.map((title) => fertMake("th", "", title)));
  for (const th of head.children) Object.assign(th, { scope: "col", role: "columnheader" });
  let worst = { times: 0 };
  const rows = meta.languages.map((language, row) => {
    const line = fertMake("tr", "");
    line.role = "row"; // named, since a narrow screen shows the table as blocks
    const name = fertMake("th", "", language.name);
    Object.assign(name, { scope: "row", role: "rowheader" });
    const own = fertMake("bdi", "fert-own", language.own === language.name ? "" : language.own);
    own.lang = language.code;
    own.title = language.text;
    name.append(own);
    line.append(name);
    meta.titles.forEach((title, column) => {
      const cell = fertCell(meta, theme, arrays, row, column);
      const times = arrays.times[row * meta.titles.length + column];
      if (times > worst.times) worst = { times, language: language.name, title };
      line.append(cell);
    });
    return line;
  });
  box.querySelector("thead").replaceChildren(head);
  box.querySelector("tbody").replaceChildren(...rows);
  box.querySelector(".fert-worst").textContent = fillWords(meta.words.worst, {
    language: worst.language,
    title: worst.title,
    times: worst.times,
  });
  box.querySelector(".fert-scroll").setAttribute("aria-label", meta.words.title);
}

export default function (component) {
  const box = component.parentElement.querySelector(".fert");
  if (!component.data) return;
  unpack(component.data).then((message) => {
    const start = performance.now();
    const theme = readTheme(component.parentElement);
    const style = {
      fg: theme.fg,
      bg: theme.bg,
      panel: theme.panel,
      muted: theme.muted,
      line: theme.line,
      accent: theme.accent,
      sans: theme.sans,
      mono: theme.mono,
      scale: theme.scale,
    };
    for (const [name, value] of Object.entries(style)) box.style.setProperty(`--gb-${name}`, String(value));
    box.lang = message.meta.language;
    box.setAttribute("aria-busy", "false");
    fertDraw(box, message, theme);
    recordFrame("token_fertility:data", performance.now() - start);
  });
}
