// The pointer and the keys of one figure: which token or cell is meant, and what is done with it. Nothing leaves the
// browser while the pointer moves; a click, or a key let go, is sent once.

const INPUT_REST = { token: -1, key: -1 };

export class FocusInput {
  constructor(view) {
    this.view = view;
    this.ears = new AbortController();
    this.listen();
  }

  destroy() {
    this.ears.abort();
  }

  on(target, type, handler, options = {}) {
    target.addEventListener(type, handler, { signal: this.ears.signal, ...options });
  }

  listen() {
    const [scroll, plot, bars, dims] = [
      this.view.arcs.scroller,
      this.view.find(".focus-plot"),
      this.view.bars.canvas,
      this.view.dims.canvas,
    ];
    this.on(scroll, "scroll", () => this.scrolled(), { passive: true });
    this.on(scroll, "pointermove", (event) => this.view.hovering(this.arcView(event)));
    this.on(scroll, "click", (event) => this.pinArc(this.view.arcs.at(event.clientX, event.clientY)));
    this.on(plot, "pointermove", (event) => this.view.hovering(this.view.matrix.at(event.clientX, event.clientY)));
    this.on(plot, "click", (event) => this.pinCell(this.view.matrix.at(event.clientX, event.clientY)));
    this.on(bars, "pointermove", (event) => this.view.hovering(this.barView(event)));
    this.on(bars, "click", (event) => this.pinBar(this.view.bars.at(event.clientX)));
    for (const part of [scroll, plot, bars]) this.on(part, "pointerleave", () => this.view.hovering(null));
    this.on(dims, "pointermove", (event) =>
      this.hoverDimension(this.view.ready ? this.view.dims.at(event.clientX, event.clientY) : -1),
    );
    this.on(dims, "pointerleave", () => this.hoverDimension(-1));
    this.on(this.view.box, "click", (event) => this.clicked(event));
    this.on(this.view.box, "keydown", (event) => this.pressed(event));
    this.on(
      this.view.box,
      "keyup",
      (event) => this.view.ready && event.key.startsWith("Arrow") && this.view.state.commit(this.view.send),
    );
    this.on(window, "glassbox:head", (event) => this.view.foresee(event.detail));
    this.on(window, "glassbox:ablate", (event) => this.view.followAblate(event.detail));
  }

  scrolled() {
    this.view.stale.curves = true;
    this.view.frame();
  }

  // A key under the pointer belongs to the pinned query, and a query to the pinned key: then it is the pair.
  arcView(event) {
    if (!this.view.ready) return null;
    const hit = this.view.arcs.at(event.clientX, event.clientY);
    if (!hit) return null;
    if (hit.side === "key") return { token: this.view.look.token, key: hit.token };
    return { token: hit.token, key: this.view.look.token < 0 ? this.view.look.key : -1 };
  }

  barView(event) {
    if (!this.view.ready) return null;
    const key = this.view.bars.at(event.clientX);
    return key < 0 ? null : { token: this.view.row, key };
  }

  pinArc(hit) {
    if (!hit || !this.view.ready) return;
    const { token, key } = this.view.look;
    if (hit.side === "key") this.view.pin({ key: key === hit.token ? -1 : hit.token });
    else this.view.pin({ token: token === hit.token ? -1 : hit.token, key: token < 0 ? key : -1 });
  }

  pinCell(hit) {
    if (!hit || !this.view.ready) return;
    const same = hit.token === this.view.look.token && hit.key === this.view.look.key;
    this.view.pin(same ? INPUT_REST : hit);
    this.view.arcs.reveal(this.view.look.token);
  }

  pinBar(key) {
    if (key < 0 || !this.view.ready) return;
    const same = this.view.look.token === this.view.row && this.view.look.key === key;
    this.view.pin({ token: this.view.row, key: same ? -1 : key });
  }

  hoverDimension(dimension) {
    if (dimension === this.view.dims.hovered) return;
    this.view.dims.hovered = dimension;
    this.view.frame();
  }

  clicked(event) {
    const button = event.target.closest("button");
    if (!button || !this.view.ready) return;
    const { step, tab, value, head } = button.dataset;
    if (step) this.view.chooseStep(step);
    else if (tab) this.view.chooseTab(tab);
    else if (head) this.view.pickHead(Number(head));
    else if (value === "attention" || value === "value") this.view.chooseWeight(value);
    else if (value) this.view.chooseRotary(value === "with");
    else if (button.classList.contains("focus-ablate")) this.view.switchHead();
    else if (button.classList.contains("focus-save")) this.view.save();
  }

  pressed(event) {
    if (!this.view.ready || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!this.pressedKey(event.key, event.target)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  pressedKey(key, target) {
    if (key === "n" || key === "p") return this.view.stepBy(key === "n" ? 1 : -1) ?? true;
    if (key === "Escape")
      return this.view.look.token >= 0 || this.view.look.key >= 0 ? (this.view.pin(INPUT_REST), true) : false;
    const arrow = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[key];
    if (!arrow) return false;
    if (target === this.view.arcs.scroller) return this.arrowArcs(...arrow);
    if (target.classList.contains("focus-plot")) return this.arrowMatrix(...arrow);
    if (target.closest?.(".focus-cards")) return this.arrowCards(arrow[1] || arrow[0]);
    if (target.closest?.(".focus-tablist")) return this.arrowTabs();
    return false;
  }

  clamp(token) {
    return Math.min(this.view.n - 1, Math.max(0, token));
  }

  arrowArcs(down, right) {
    const { token, key } = this.view.look;
    const onKeys = token < 0 && key >= 0;
    if (right)
      this.view.pin(
        right > 0 ? { token: -1, key: Math.max(token, key, 0) } : { token: Math.max(token, key, 0), key: -1 },
        false,
      );
    else if (onKeys) this.view.pin({ key: this.clamp(key + down) }, false);
    else this.view.pin({ token: token < 0 ? 0 : this.clamp(token + down), key: -1 }, false);
    this.view.arcs.reveal(Math.max(this.view.look.token, this.view.look.key));
    return true;
  }

  arrowMatrix(down, right) {
    const { row, column } = this.view;
    const begun = this.view.look.token >= 0 && this.view.look.key >= 0;
    this.view.pin(
      begun ? { token: this.clamp(row + down), key: this.clamp(column + right) } : { token: row, key: column },
      false,
    );
    this.view.arcs.reveal(this.view.look.token);
    return true;
  }

  arrowCards(by) {
    this.view.stepBy(by);
    this.view.find(`.focus-cards [data-step="${this.view.look.step}"]`).focus();
    return true;
  }

  arrowTabs() {
    this.view.chooseTab(this.view.tab === "steps" ? "dims" : "steps");
    this.view.find(`[data-tab="${this.view.tab}"]`).focus();
    return true;
  }
}
