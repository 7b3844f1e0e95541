// How many pages were opened in this browser, and a tick on the card of each.

import { unpack } from "../../shared/buffer.js";
import { make } from "../../shared/dom.js";
import { keepSeen, readSeen } from "../../shared/seen.js";

/** @type {{sheet?: CSSStyleSheet}} */
const TICKS = {};

/** The page's style sheet of the ticks. */
function seenSheet() {
  const sheet = (TICKS.sheet ??= new CSSStyleSheet());
  if (!document.adoptedStyleSheets.includes(sheet)) document.adoptedStyleSheets.push(sheet);
  return sheet;
}

/** The rules that tick these cards. @param {string[]} pages @param {string} tick */
function seenRules(pages, tick) {
  const cards = pages.map((page) => `.st-key-cards .st-key-card_${CSS.escape(page)}::before`).join(", ");
  return cards && `${cards} { content: "✓" / ${JSON.stringify(tick)}; }`;
}

/** @param {HTMLElement} place @param {import("../payloads").Seen} meta */
function seenDraw(place, meta) {
  const seen = readSeen().filter((page) => meta.pages.includes(page));
  seenSheet().replaceSync(seenRules(seen, meta.words.tick));
  const said = meta.words.count.replace("{count}", String(seen.length)).replace("{all}", String(meta.pages.length));
  const forget = make("button", "", meta.words.forget);
  forget.addEventListener("click", () => {
    keepSeen([]);
    seenDraw(place, meta);
  });
  place.replaceChildren(...(seen.length ? [said, forget] : []));
}

/** @param {any} component */
export default function (component) {
  const place = component.parentElement.querySelector(".gb-seen");
  unpack(component.data).then((/** @type {{meta: import("../payloads").Seen}} */ { meta }) => seenDraw(place, meta));
}
