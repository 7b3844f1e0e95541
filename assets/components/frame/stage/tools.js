// What is done at the projector without the server: a dot that points, a closer look, a blank screen, a clock, and the list
// of keys. All of it lies over the page, in the document itself.

import { make } from "../../shared/dom.js";

const SINCE = "glassbox:since"; // when the clock was started, milliseconds
const CLOSEST = 4; // times as large
const HALF = 0.5;
const KEYS = ["step", "end", "laser", "zoom", "blank", "timer", "keys"];

/** @typedef {{zoom: number, x: number, y: number, ticks: number, over: HTMLElement | null}} Tools */
/** @type {Tools} */
const tools = { zoom: 1, x: 0, y: 0, ticks: 0, over: null };

/** @param {string} name @returns {HTMLElement} */
function part(name) {
  if (!tools.over) {
    const parts = ["blank", "clock", "keys", "dot"].map((one) => make("div", `gb-over-${one}`));
    for (const one of parts) one.hidden = true;
    tools.over = make("div", "gb-over", ...parts);
    document.body.append(tools.over);
    document.addEventListener("pointermove", followPointer, true);
  }
  return /** @type {HTMLElement} */ (tools.over.querySelector(`.gb-over-${name}`));
}

/** @param {PointerEvent} event */
function followPointer(event) {
  tools.x = event.clientX;
  tools.y = event.clientY;
  part("dot").style.translate = `${tools.x}px ${tools.y}px`;
  if (tools.zoom > 1) magnify();
}

/** What lies under the pointer stays there, and all else is larger around it. */
function magnify() {
  const page = document.querySelector(".stMain");
  if (!(page instanceof HTMLElement)) return;
  page.style.transformOrigin = `${tools.x - page.offsetLeft}px ${tools.y - page.offsetTop}px`;
  page.style.transform = tools.zoom > 1 ? `scale(${tools.zoom})` : "";
  document.documentElement.classList.toggle("gb-zoomed", tools.zoom > 1);
}

/** @param {number} times */
function zoomTo(times) {
  tools.zoom = Math.min(Math.max(times, 1), CLOSEST);
  magnify();
}

/** @param {number} milliseconds */
function clockText(milliseconds) {
  const seconds = Math.floor(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function tick() {
  const now = new Date();
  const since = Number(window.sessionStorage.getItem(SINCE)) || now.getTime();
  const day = `${now.getHours()}:${String(now.getMinutes()).padStart(2, "0")}`;
  part("clock").textContent = `${clockText(now.getTime() - since)} · ${day}`;
}

/** The clock runs from when it was first asked for. @param {boolean} shown */
function showClock(shown) {
  if (shown && !window.sessionStorage.getItem(SINCE)) window.sessionStorage.setItem(SINCE, String(Date.now()));
  window.clearInterval(tools.ticks);
  part("clock").hidden = !shown;
  if (!shown) return;
  tick();
  tools.ticks = window.setInterval(tick, 1000);
}

/** @param {string} name @param {boolean} [shown] */
function toggle(name, shown = Boolean(part(name).hidden)) {
  part(name).hidden = !shown;
}

/** @param {Record<string, string>} words */
function toggleKeys(words) {
  const rows = KEYS.map((id) => make("p", "", make("kbd", "", words[`${id}_key`] ?? ""), words[id] ?? ""));
  part("keys").replaceChildren(...rows);
  toggle("keys");
}

/**
 * What a key does here; false where it does nothing.
 *
 * @param {string} key @param {Record<string, string>} words
 */
export function useTool(key, words) {
  const acts = {
    l: () => toggle("dot"),
    b: () => toggle("blank"),
    ".": () => toggle("blank"),
    t: () => showClock(Boolean(part("clock").hidden)),
    z: () => zoomTo(tools.zoom > 1 ? 1 : 2),
    "+": () => zoomTo(tools.zoom + HALF),
    "=": () => zoomTo(tools.zoom + HALF),
    "-": () => zoomTo(tools.zoom - HALF),
    "?": () => toggleKeys(words),
  };
  const act = new Map(Object.entries(acts)).get(key.toLowerCase());
  if (act) act();
  return Boolean(act);
}

/** Takes away what lies over the page: true where there was something that hid it. */
export function uncover() {
  const hidden = ["blank", "keys"].filter((name) => tools.over && !part(name).hidden);
  for (const name of hidden) toggle(name, false);
  return hidden.length > 0;
}

/** From now on the pointer is followed; the clock stands beside the notes from the beginning. @param {boolean} clock */
export function beginTools(clock) {
  part("dot");
  if (clock) showClock(true);
}

/** Nothing of it is left where nothing is presented. */
export function putToolsAway() {
  window.sessionStorage.removeItem(SINCE);
  if (!tools.over) return;
  zoomTo(1);
  showClock(false);
  document.removeEventListener("pointermove", followPointer, true);
  tools.over.remove();
  tools.over = null;
}
