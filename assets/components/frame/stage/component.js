// What the frame needs from the browser: Enter runs the prompt, keys step through a lecture, the document knows its
// language, and a text too long for the link survives a reload, as does a lecture that is being made.

import { unpack } from "../../shared/buffer.js";
import { keepSeen, readSeen } from "../../shared/seen.js";
import { beginTools, putToolsAway, uncover, useTool } from "./tools.js";
import { tellWindows } from "./windows.js";

const STAGES = new WeakMap();
const WATCHED = new WeakSet(); // sidebars
const FORWARD = new Set(["ArrowRight", "ArrowDown", "PageDown", " "]);
const BACKWARD = new Set(["ArrowLeft", "ArrowUp", "PageUp"]);
const WAYS = new Map([
  ["n", "on"],
  ["arrowright", "on"],
  ["b", "back"],
  ["arrowleft", "back"],
]); // of a walk
const BACK = "glassbox:back"; // where a lecture began: its end leads there
const KEEP = "glassbox:keep"; // a text too long for the link
const OWN = "glassbox:lecture"; // the visitor's own lecture, packed
const FROM_HERE = "own"; // what a link calls it that cannot hold it
const PRESENTING = ["present", "slide", "lecture", "presenter", "embed_options"];
const LOST = "glassbox:lost"; // when the page was last loaded again
const LOST_FOR = 20_000; // milliseconds between two such loads at least

function stageIsTyping(event) {
  const target = event.composedPath()[0];
  return Boolean(
    target?.closest?.(
      event.key === " "
        ? "input, textarea, select, button, a, [contenteditable]"
        : "input, textarea, select, [contenteditable]",
    ),
  );
}

/** Whether a box asks for lines on a device without Shift: there Enter begins a new line, and leaving the box runs it. */
function stageTakesLines(target) {
  return matchMedia("(pointer: coarse)").matches && !target.closest('[class*="st-key-prompt"]');
}

/** Enter (without Shift) runs a textarea, as Ctrl+Enter does; Enter that ends an input method's word runs nothing. */
function stageRunPrompt(event) {
  const target = event.target;
  if (event.key !== "Enter") return;
  if (event.isComposing || event.keyCode === 229) return event.stopPropagation();
  if (event.shiftKey || event.ctrlKey || event.metaKey) return;
  if (!(target instanceof HTMLTextAreaElement) || stageTakesLines(target)) return;
  event.preventDefault();
  event.stopPropagation();
  target.dispatchEvent(
    new KeyboardEvent("keydown", { key: "Enter", code: "Enter", ctrlKey: true, bubbles: true, cancelable: true }),
  );
}

/** A text too long for the link belongs to the state that is presented first; it is kept for the end, too. */
function stageFirst(/** @type {any} */ stage, /** @type {import("../payloads").Stage} */ meta) {
  const kept = window.sessionStorage.getItem(KEEP);
  if (meta.slide >= 0 || meta.keep || !kept || stage.kept) return;
  stage.kept = true;
  stage.trigger("restore", { text: kept });
}

/** A lecture is dark: Streamlit takes that from the link, at a load. */
function stageBegin(/** @type {any} */ stage, /** @type {import("../payloads").Stage} */ meta) {
  if (meta.back) window.sessionStorage.setItem(BACK, meta.back);
  const here = new URL(window.location.href);
  beginTools(meta.presenter);
  if (here.searchParams.getAll("embed_options").includes("dark_theme")) return stageFirst(stage, meta);
  if (meta.keep) window.sessionStorage.setItem(KEEP, meta.keep);
  here.searchParams.append("embed_options", "dark_theme");
  window.location.replace(here);
}

/** Back to where the lecture began, or to this page as it is. */
function stageEnd() {
  const back = window.sessionStorage.getItem(BACK);
  window.sessionStorage.removeItem(BACK);
  const there = new URL(back || window.location.href);
  if (!back) for (const name of PRESENTING) there.searchParams.delete(name);
  window.location.assign(there);
}

/** A walk's next or last step: a letter leads there where nothing is typed, an arrow where nothing else takes it. */
function stageWalk(/** @type {KeyboardEvent} */ event) {
  const way = event.repeat ? undefined : WAYS.get(event.key.toLowerCase());
  const link = way && document.querySelector(`.st-key-gb_walk_${way} a`);
  if (!(link instanceof HTMLElement)) return;
  if (event.key.length > 1 && event.composedPath()[0] !== document.body) return;
  event.preventDefault();
  event.stopPropagation();
  link.click();
}

function stageKey(/** @type {any} */ stage, /** @type {any} */ event) {
  stageRunPrompt(event);
  if (event.ctrlKey || event.metaKey || event.altKey || stageIsTyping(event)) return;
  if (!stage.present) return stageWalk(event);
  if (event.key === "Escape" ? uncover() : useTool(event.key, stage.words)) return event.preventDefault();
  const move = FORWARD.has(event.key) ? 1 : BACKWARD.has(event.key) ? -1 : 0;
  if (!move && event.key !== "Escape") return;
  event.preventDefault();
  event.stopPropagation();
  if (move) stage.trigger("step", { move, at: Date.now() });
  else stageEnd();
}

function stageOf(component) {
  const known = STAGES.get(component.parentElement);
  if (known) return known;
  const stage = { present: false, words: {}, trigger: () => {} };
  stage.onKey = (event) => stageKey(stage, event);
  document.addEventListener("keydown", stage.onKey, true);
  for (const name of ["error", "unhandledrejection"]) window.addEventListener(name, stageFindBack);
  STAGES.set(component.parentElement, stage);
  return stage;
}

/** Streamlit's navigation has sections between a list and its items: its links are told as what they are, without one. */
function stageNavigation() {
  const list = '[data-testid="stSidebarNavItems"]';
  for (const one of document.querySelectorAll(`${list}, ${list} li`)) one.setAttribute("role", "none");
}

/** The same whenever the navigation is drawn anew. */
function stageWatchNavigation() {
  const side = document.querySelector('[data-testid="stSidebar"]');
  if (!side || WATCHED.has(side)) return;
  WATCHED.add(side);
  new MutationObserver(stageNavigation).observe(side, { childList: true, subtree: true });
  stageNavigation();
}

/** Streamlit's question marks are called "Help for …" in any language: they are called so in the page's. */
function stageHelp(/** @type {{help: string, help_alone: string}} */ words) {
  for (const one of document.querySelectorAll('[aria-label^="Help"]')) {
    const found = /^Help(?: for (.+))?$/s.exec(one.getAttribute("aria-label") ?? "");
    if (found)
      one.setAttribute("aria-label", found[1] ? words.help.replace("{label}", () => found[1]) : words.help_alone);
  }
}

/** The same whenever some are drawn anew. */
function stageWatchHelp(/** @type {any} */ stage, /** @type {any} */ words) {
  stage.help?.disconnect();
  if (document.documentElement.lang === "en") return;
  let asked = 0;
  const look = () => {
    asked ||= requestAnimationFrame(() => {
      asked = 0;
      stageHelp(words);
    });
  };
  stage.help = new MutationObserver(look);
  stage.help.observe(document.body, { childList: true, subtree: true });
  look();
}

/**
 * Where two runs cross, Streamlit can lose its place in the page, and draws nothing any more (its issue 15084). The
 * address has all of the state: the page is loaded again.
 */
function stageFindBack(/** @type {any} */ event) {
  const said = String(event.error?.message ?? event.reason?.message ?? event.message ?? "");
  if (!/ElementNode|delta path/.test(said)) return;
  const last = Number(window.sessionStorage.getItem(LOST) ?? 0);
  if (Date.now() - last < LOST_FOR) return;
  window.sessionStorage.setItem(LOST, String(Date.now()));
  if (window.__glassboxKeep) window.sessionStorage.setItem(KEEP, window.__glassboxKeep);
  window.location.reload();
}

/** The visitor's own lecture outlives the session: what was changed in this one is kept, else what is kept comes back. */
function stageKeepLecture(/** @type {any} */ stage, /** @type {import("../payloads").Stage} */ meta) {
  if (meta.touched && meta.draft) return window.localStorage.setItem(OWN, meta.draft);
  if (meta.touched) return window.localStorage.removeItem(OWN);
  if (meta.present && meta.lecture !== FROM_HERE) return;
  const kept = window.localStorage.getItem(OWN);
  if ((kept || meta.present) && !stage.asked) stage.trigger("draft", { code: kept ?? "" });
  stage.asked = true;
}

/** @param {any} stage @param {import("../payloads").Stage} meta */
function stageUpdate(stage, meta) {
  const ended = stage.present && !meta.present;
  stage.present = meta.present;
  stage.words = meta.words;
  tellWindows(meta, (slide) => stage.trigger("step", { to: slide, at: Date.now() }));
  document.documentElement.lang = meta.language === "zh" ? "zh-CN" : "en";
  document.documentElement.classList.toggle("gb-present", meta.present);
  window.__glassboxKeep = meta.keep;
  if (meta.page) keepSeen([...readSeen(), meta.page]);
  stageWatchNavigation();
  stageWatchHelp(stage, meta.words);
  stageKeepLecture(stage, meta);
  if (meta.present) return stageBegin(stage, meta);
  putToolsAway();
  if (ended) return stageEnd();
  const kept = window.sessionStorage.getItem(KEEP);
  window.sessionStorage.removeItem(KEEP);
  return kept ? stage.trigger("restore", { text: kept }) : undefined;
}

export default function (component) {
  const stage = stageOf(component);
  stage.trigger = component.setTriggerValue;
  const run = (stage.run = (stage.run ?? 0) + 1);
  unpack(component.data).then(({ meta }) => stageUpdate(stage, meta));
  return () => {
    if (stage.run !== run || component.parentElement.isConnected) return; // a clean-up that comes late
    document.removeEventListener("keydown", stage.onKey, true);
    stage.help?.disconnect();
    STAGES.delete(component.parentElement);
  };
}
