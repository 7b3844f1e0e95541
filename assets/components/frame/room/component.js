// The presenter's side of a room: how phones join, how many are there and have answered, and what, once it is shown.
// Numbers come from the server as they change; no run of the page stands behind them.

import { unpack } from "../../shared/buffer.js";
import { attributes, make } from "../../shared/dom.js";
import { mounted } from "../../shared/mount.js";
import { percent, speak } from "../../shared/numbers.js";

const ROOM_KEPT = "glassbox:room"; // the room of this tab, for when it is loaded again
const ROOM_AGAIN = 3000; // milliseconds until a room that does not answer is asked again

class Room {
  constructor(/** @type {any} */ root) {
    this.box = root.querySelector(".room");
    /** @type {any} */ this.bytes = null;
    /** @type {any} */ this.component = null;
    /** @type {EventSource | null} */ this.events = null;
    this.source = "";
    /** @type {import("../payloads").RoomTally | null} */ this.tally = null;
    this.failed = "";
    this.large = false;
    /** @type {number | undefined} */ this.again = undefined;
  }

  destroy() {
    clearTimeout(this.again);
    this.events?.close();
    this.bytes = this.source = "";
  }

  async update(/** @type {any} */ component) {
    this.component = component;
    const { data } = component;
    if (!data || data === this.bytes) return;
    this.bytes = data;
    const { meta } = await unpack(data);
    if (this.bytes === data) this.take(meta);
  }

  take(/** @type {import("../payloads").Room} */ meta) {
    this.meta = meta;
    this.box.hidden = !meta.code;
    this.box.lang = meta.language;
    speak(meta.language);
    if (!meta.code) return this.rest(meta.resume);
    sessionStorage.setItem(ROOM_KEPT, JSON.stringify({ code: meta.code, key: meta.key }));
    const source = `${meta.path}/events?key=${meta.key}`;
    if (source !== this.source) this.listen(source);
    return this.draw();
  }

  /** No room is open: where a tab that was loaded again had one, it is asked for. */
  rest(/** @type {boolean} */ resume) {
    this.destroy();
    this.tally = null;
    const kept = sessionStorage.getItem(ROOM_KEPT);
    sessionStorage.removeItem(ROOM_KEPT);
    if (kept && resume) this.component.setTriggerValue("resume", { ...JSON.parse(kept), at: Date.now() });
  }

  listen(/** @type {string} */ source) {
    clearTimeout(this.again);
    this.events?.close();
    this.source = source;
    const events = (this.events = new EventSource(source));
    events.onmessage = (event) => {
      this.failed = "";
      this.tally = JSON.parse(event.data);
      this.draw();
    };
    events.onerror = () => {
      this.failed = events.readyState === EventSource.CLOSED && !this.tally ? "unreachable" : "away";
      events.close();
      this.again = setTimeout(() => this.listen(source), ROOM_AGAIN);
      this.draw();
    };
  }

  draw() {
    const { meta, tally, failed } = this;
    if (!meta) return;
    const parts = [this.door(meta)];
    const sides = tally?.sides ?? [];
    if (sides.length) parts.push(make("div", "room-sides", ...sides.map((side) => this.side(side, sides.length > 1))));
    parts.push(...this.warnings(meta, failed));
    const held = this.box.getRootNode().activeElement?.classList.contains("room-qr");
    this.box.classList.toggle("room-large", this.large);
    this.box.classList.toggle("room-told", sides.length > 0 && !this.large);
    this.box.replaceChildren(...parts);
    if (held) this.box.querySelector(".room-qr").focus();
  }

  door(/** @type {import("../payloads").Room} */ { words, code, qr, address }) {
    const picture = attributes(make("button", "room-qr"), { "aria-label": words.larger, "aria-expanded": this.large });
    const drawn = new DOMParser().parseFromString(qr, "text/html").querySelector("svg");
    const size = drawn?.getAttribute("width");
    if (drawn) picture.append(attributes(drawn, { viewBox: `0 0 ${size} ${size}` }));
    picture.addEventListener("click", () => {
      this.large = !this.large;
      this.draw();
    });
    const count = make("div", "room-count");
    const { phones = 0, votes = 0, asking = false } = this.tally ?? {};
    count.append(words.phones, make("b", "", String(phones)));
    if (asking || votes) count.append(words.votes, make("b", "", String(votes)));
    const where = make("div", "room-address", `${words.join} ${address}`);
    return make("div", "room-door", picture, make("div", "", make("div", "room-code", code), where, count));
  }

  /** @param {import("../payloads").Room} meta @param {string} failed @returns {Node[]} */
  warnings({ words, local }, failed) {
    const said = [local && !this.tally?.phones ? words.local : "", failed ? words[failed] : ""].filter(Boolean);
    return said.map((text) => attributes(make("p", "room-warning", text), { role: "status" }));
  }

  /** The answers to a question, the right one marked; of two, which was first. */
  side(/** @type {import("../payloads").RoomSide} */ { again, options, answer, counts }, /** @type {boolean} */ named) {
    const { words } = /** @type {import("../payloads").Room} */ (this.meta);
    const all = counts.reduce((sum, count) => sum + count, 0);
    const share = (/** @type {number} */ at) => (all ? counts[at] / all : 0);
    const rows = options.map((option, at) => {
      const bar = make("i");
      bar.style.setProperty("--share", String(share(at)));
      const name = at === answer ? `✓ ${option}` : option;
      return make(
        "div",
        `room-row ${at === answer ? "room-right" : ""}`,
        bar,
        make("span", "", name),
        make("span", "", `${counts[at]} · ${percent(share(at))}`),
      );
    });
    const title = `${named ? `${again ? words.after : words.before} · ` : ""}${words.right} ${percent(share(answer))}`;
    return make("figure", "room-side", make("figcaption", "", title), ...rows);
  }
}

export default mounted((root) => new Room(root));
