// The experiments of a page: predict, then reveal. One canvas for all of them: as widgets of Streamlit they would be
// half of what a browser draws anew at each run. A right answer comes only with a visitor's own.

import { unpack } from "../../shared/buffer.js";
import { attributes, make } from "../../shared/dom.js";
import { mounted } from "../../shared/mount.js";

/** A sentence with what is *stressed* or **bold** in it. */
function questionsText(/** @type {string} */ sentence) {
  return sentence.split(/(\*{1,2}[^*]+\*{1,2})/).map((part, at) => {
    if (at % 2 === 0) return part;
    return make(part.startsWith("**") ? "strong" : "em", "", part.replaceAll("*", ""));
  });
}

/** Brings the figure that shows an answer into view. */
function questionsLook(/** @type {string} */ figure) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  document.querySelector(`.st-key-${figure}`)?.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" });
}

class Questions {
  constructor(/** @type {any} */ root) {
    this.root = root;
    this.box = root.querySelector(".questions");
    /** @type {any} */ this.component = null;
    /** @type {any} */ this.bytes = null;
  }

  destroy() {
    this.bytes = null;
  }

  async update(/** @type {any} */ component) {
    this.component = component;
    const { data } = component;
    if (!data || data === this.bytes) return;
    this.bytes = data;
    const { meta } = await unpack(data);
    if (this.bytes === data) this.draw(meta);
  }

  draw(/** @type {import("../payloads").Questions} */ meta) {
    const focused = this.box.getRootNode().activeElement?.dataset?.option;
    this.box.lang = meta.language;
    this.box.style.setProperty("--wide", String(meta.wide));
    this.box.replaceChildren(...meta.questions.map((question) => this.card(question, meta.words)));
    for (const button of this.box.querySelectorAll("button")) if (button.dataset.option === focused) button.focus();
  }

  /** @param {import("../payloads").Question} question @param {Record<string, string>} words */
  card(question, words) {
    const title = make("h4", "", ...questionsText(question.text));
    title.id = `questions-${question.id}`;
    const card = attributes(make("section", "questions-card", title), { "aria-labelledby": title.id });
    for (const [option, text] of question.options) {
      const button = attributes(make("button", option === question.answer ? "questions-right" : "", text), {
        "aria-pressed": option === question.guess,
        "data-option": `${question.id} ${option}`,
      });
      button.addEventListener("click", () => this.guess(question.id, option));
      card.append(button);
    }
    if (question.guess) {
      const look = make("button", "questions-look", `↑ ${words.look_above}`);
      look.addEventListener("click", () => questionsLook(question.figure));
      card.append(attributes(make("p", "questions-said", ...questionsText(question.said)), { role: "status" }), look);
    }
    return card;
  }

  guess(/** @type {string} */ question, /** @type {string} */ option) {
    this.component.setTriggerValue("guess", { question, option, at: Date.now() });
  }
}

export default mounted((root) => new Questions(root));
