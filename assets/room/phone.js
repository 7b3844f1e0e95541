// A phone in a room: it types a code, sees the question in hand, and sends what it expects. Texts go in as text only.

const WINDOW = "glassbox-figure"; // in which the figure is opened
const RESTED = 1500; // milliseconds
const REFUSED = new Set(["gone", "often", "full"]); // what a sentence is said of

/** @typedef {{turn: number, phase: string, path: string, text?: string, options?: string[], mine?: number | null, answer?: number, why?: string}} State */

/** An element with a class and what stands in it. @returns {any} */
function make(/** @type {string} */ tag, name = "", /** @type {(string | Node)[]} */ ...content) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  element.append(...content);
  return element;
}

/** What is kept for this tab: who the phone is, and how it came in. */
function kept(/** @type {string} */ name, /** @type {string} */ value = "") {
  try {
    if (value) sessionStorage.setItem(`glassbox:${name}`, value);
    return value || sessionStorage.getItem(`glassbox:${name}`) || "";
  } catch {
    return value; // the browser keeps nothing
  }
}

/** 32 digits by which a room knows the phone, drawn anew for each tab. */
function whoami() {
  const drawn = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0"));
  return kept("phone") || kept("phone", drawn.join(""));
}

class Phone {
  constructor(/** @type {HTMLElement} */ body) {
    this.base = body.dataset.base ?? "";
    this.words = JSON.parse(body.dataset.words ?? "{}");
    this.main = /** @type {HTMLElement} */ (body.querySelector("main"));
    this.place = /** @type {HTMLElement} */ (body.querySelector(".code"));
    this.switch = /** @type {HTMLElement} */ (body.querySelector(".language"));
    this.code = (body.dataset.code ?? "").toUpperCase();
    this.ticket = new URLSearchParams(location.search).get("t") || kept("ticket");
    kept("ticket", this.ticket);
    this.id = whoami();
    this.failed = "";
    this.said = "";
    /** @type {State | null} */ this.state = null;
    /** @type {EventSource | null} */ this.events = null;
    /** @type {Window | null} */ this.figure = null;
    this.follows = true;
    /** @type {number | undefined} */ this.leading = undefined;
    this.wait = 1000; // milliseconds until it tries again
    this.switch.addEventListener("click", () => this.speak(document.documentElement.lang === "zh" ? "en" : "zh"));
    this.speak(kept("language") || document.documentElement.lang);
    if (this.code) this.join();
  }

  say(/** @type {string} */ id) {
    return this.words[document.documentElement.lang]?.[id] ?? "";
  }

  speak(/** @type {string} */ language) {
    document.documentElement.lang = kept("language", language === "zh" ? "zh" : "en");
    this.switch.textContent = language === "zh" ? "English" : "中文";
    this.switch.lang = language === "zh" ? "en" : "zh";
    this.draw();
  }

  /** @param {string} what @param {object} value @returns {Promise<string>} what became of it */
  async send(what, value) {
    try {
      const answer = await fetch(`${this.base}/room/${this.code}/${what}`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ phone: this.id, ...value }),
      });
      return (await answer.json()).verdict;
    } catch {
      return "away";
    }
  }

  async join() {
    this.events?.close();
    const verdict = await this.send("join", { ticket: this.ticket });
    if (verdict === "ok") return this.listen();
    if (verdict === "away") return this.later();
    this.state = null;
    this.failed = REFUSED.has(verdict) ? verdict : "gone";
    return this.draw();
  }

  later() {
    this.said = "away";
    this.draw();
    setTimeout(() => this.join(), this.wait * (0.5 + Math.random()));
    this.wait = Math.min(2 * this.wait, 15_000);
  }

  listen() {
    this.failed = "";
    const events = (this.events = new EventSource(`${this.base}/room/${this.code}/events?phone=${this.id}`));
    events.onmessage = (event) => {
      this.wait = 1000;
      this.take(JSON.parse(event.data));
    };
    events.addEventListener("end", () => {
      events.close();
      setTimeout(() => this.join(), this.wait * (0.5 + Math.random())); // a room that has ended, or one tab too many
    });
    events.onerror = () => {
      events.close();
      this.later();
    };
    this.draw();
  }

  take(/** @type {State} */ state) {
    if (state.turn !== this.state?.turn || this.said === "away") this.said = "";
    if (state.path !== this.state?.path) this.lead(state.path);
    this.state = state;
    this.draw();
  }

  /** Leads the figure on, once what is shown has rested: not all phones at once, and not at each move of a slider. */
  lead(/** @type {string} */ path) {
    clearTimeout(this.leading);
    this.leading = setTimeout(
      () => {
        if (this.follows && this.figure && !this.figure.closed) this.figure.location.replace(path);
      },
      RESTED * (1 + Math.random()),
    );
  }

  /** @param {number} option @returns {Promise<void>} */
  async vote(option) {
    const state = this.state;
    if (!state) return;
    const verdict = await this.send("vote", { turn: state.turn, option });
    if (verdict === "stranger") return this.join();
    if (state.turn !== this.state?.turn) return;
    if (verdict === "ok") this.state = { ...this.state, mine: option };
    this.said = { ok: "sent", often: "slower", late: "late" }[verdict] ?? "away";
    this.draw();
  }

  draw() {
    this.place.textContent = this.state ? this.code : "";
    const held = document.activeElement?.getAttribute("data-at");
    if (this.state) this.main.replaceChildren(...this.question(this.state), this.foot(this.state));
    else if (this.code && !this.failed) this.main.replaceChildren(make("p", "said", this.say(this.said || "joining")));
    else if (!this.main.querySelector("form input:focus")) this.main.replaceChildren(...this.door());
    if (held) /** @type {HTMLElement | null} */ (this.main.querySelector(`[data-at="${held}"]`))?.focus();
  }

  /** Where a code is typed, and why the last one did not do. */
  door() {
    const input = Object.assign(make("input"), { name: "code", maxLength: 8, autocomplete: "off", spellcheck: false });
    input.setAttribute("autocapitalize", "characters");
    const form = make("form", "", make("label", "", this.say("code"), " "), make("button", "go", this.say("join")));
    form.querySelector("label").htmlFor = input.id = "code";
    form.querySelector("label").after(input);
    form.addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      this.code = input.value.replace(/[^a-z]/gi, "").toUpperCase();
      this.failed = this.said = "";
      input.blur();
      if (this.code) this.join();
    });
    const parts = [make("h1", "", this.say("title")), form, make("p", "said", this.say("private"))];
    return this.failed ? [make("p", "failed", this.say(this.failed)), ...parts] : parts;
  }

  question(/** @type {State} */ { phase, text, options, mine, answer, why }) {
    if (phase === "wait" || !options) return [make("h1", "", this.say("wait"))];
    const asks = phase === "ask";
    const buttons = options.map((option, at) => {
      const button = make("button", at === answer ? "right" : "", option);
      button.setAttribute("aria-pressed", String(at === mine));
      Object.assign(button, { type: "button", disabled: !asks });
      button.dataset.at = String(at);
      button.addEventListener("click", () => this.vote(at));
      return button;
    });
    const closed = mine === null ? "missed" : mine === answer ? "right" : "wrong";
    const said = this.say(asks ? this.said || (mine === null ? "choose" : "sent") : closed);
    const parts = [make("h1", "", text ?? ""), make("div", "options", ...buttons), make("p", "said", said)];
    return why ? [...parts, make("p", "", why)] : parts;
  }

  /** The way to the figure. A phone may wander off in it; the next step leads it back where it follows. */
  foot(/** @type {State} */ { path }) {
    if (!path) return "";
    const open = Object.assign(make("a", "open", this.say("open")), { href: path, target: WINDOW });
    open.addEventListener("click", (/** @type {Event} */ event) => {
      event.preventDefault();
      this.figure = window.open(path, WINDOW);
    });
    const box = Object.assign(make("input"), { type: "checkbox", checked: this.follows });
    box.dataset.at = "follow";
    box.addEventListener("change", () => (this.follows = box.checked));
    return make("footer", "", open, make("label", "follow", box, this.say("follow")));
  }
}

new Phone(document.body);
