// What is looked at, and who said so last: the pointer here, or Python. A commit of ours comes back as state and must
// change nothing; anything else that Python says anew (a preset, a link) is followed.

const LOOK_DEFAULTS = { token: -1, key: -1, step: "softmax", weight: "attention", rotary: true };
const LOOK_STEPS = ["raw", "scaled", "masked", "softmax"];

// Any value from a link, made possible for n tokens.
function cleanLook(said, n) {
  const token = (value) => (Number.isInteger(value) && value >= 0 && value < n ? value : -1);
  return {
    token: token(said.token),
    key: token(said.key),
    step: LOOK_STEPS.includes(said.step) ? said.step : LOOK_DEFAULTS.step,
    weight: said.weight === "value" ? "value" : "attention",
    rotary: said.rotary !== false,
  };
}

export class LookState {
  constructor() {
    this.look = { ...LOOK_DEFAULTS };
    this.ablate = [];
    this.heard = {}; // what Python said last
    this.sent = { look: [], ablate: [] }; // what was sent and has not come back yet
    this.committed = "";
  }

  // Follows Python's state where it is news; true when something changed here.
  follow(said, n) {
    const fresh = said.version !== this.heard.version;
    const look = this.news("look", cleanLook(said, n), fresh);
    const ablate = this.news("ablate", Array.isArray(said.ablate) ? said.ablate.map(String) : [], fresh);
    this.heard.version = said.version;
    if (look) {
      this.look = look;
      this.committed = JSON.stringify(look);
    }
    if (ablate) this.ablate = ablate;
    this.look = cleanLook(this.look, n);
    return Boolean(look || ablate);
  }

  news(kind, value, fresh) {
    const text = JSON.stringify(value);
    const waiting = this.sent[kind];
    const echo = waiting.indexOf(text);
    if (echo >= 0) waiting.splice(0, echo + 1);
    const changed = text !== this.heard[kind];
    this.heard[kind] = text;
    return fresh || (changed && echo < 0) ? value : null;
  }

  // Lets go of the tokens, as Python does when another head is chosen: nothing needs to be sent.
  rest() {
    this.look = { ...this.look, token: -1, key: -1 };
    this.committed = JSON.stringify(this.look);
  }

  // Sends the look once, and only if it differs from what was sent before.
  commit(send) {
    const text = JSON.stringify(this.look);
    if (text === this.committed) return;
    this.committed = text;
    this.sent.look.push(text);
    send("look", { ...this.look });
  }

  toggle(name, send) {
    const off = this.ablate.includes(name) ? this.ablate.filter((head) => head !== name) : [...this.ablate, name];
    const order = (head) => head.split(".").reduce((sum, part) => sum * 4096 + Number(part), 0);
    this.ablate = off.sort((left, right) => order(left) - order(right));
    this.sent.ablate.push(JSON.stringify(this.ablate));
    send("ablate", [...this.ablate]);
  }
}
