"""A real browser that says when a figure is painted, and what crossed the wire until then."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from playwright.sync_api import Browser, Page, sync_playwright

from tests.conftest import BROWSER_ARGS, find_browser

PAGE = "attention_heads"
OVERVIEW = ".st-key-ah_overview"  # the canvas of all heads
FOCUS = ".st-key-ah_focus"  # one head closely
OVERVIEW_DATA, FOCUS_DATA = "overview:data", "attention_focus:data"  # recorded when new data are drawn
PROMPT = ".st-key-prompt_widget textarea"
CHART = ".st-key-chart .scatterlayer path.js-line"  # the plain script's plotly line
WAIT = 60_000  # milliseconds
SIZE = {"width": 1280, "height": 800}

# Runs before the page's own scripts: notes each websocket message, and fingerprints canvases on every frame.
WATCHER = """
(() => {
  const log = (window.__benchMessages = []);
  const Native = window.WebSocket;
  window.WebSocket = class extends Native {
    constructor(...args) {
      super(...args);
      this.addEventListener("message", (event) => {
        const bytes = event.data.byteLength ?? event.data.size ?? event.data.length;
        log.push({ time: performance.now(), bytes, sent: false });
      });
    }
    send(data) {
      log.push({ time: performance.now(), bytes: data.byteLength ?? data.length, sent: true });
      super.send(data);
    }
  };
  const small = document.createElement("canvas");
  small.width = small.height = 48;
  const context = small.getContext("2d", { willReadFrequently: true });
  const canvases = (root, found = []) => {
    for (const node of root.querySelectorAll("*")) {
      if (node.tagName === "CANVAS") found.push(node);
      if (node.shadowRoot) canvases(node.shadowRoot, found);
    }
    return found;
  };
  /* A number for what the canvases under a selector show; 0 where there is none or each is of one colour. */
  window.__benchPrint = (selector) => {
    let hash = 0, drawn = false;
    for (const host of document.querySelectorAll(selector)) {
      for (const canvas of canvases(host)) {
        if (!canvas.width || !canvas.height) continue;
        context.clearRect(0, 0, 48, 48);
        context.drawImage(canvas, 0, 0, 48, 48);
        const pixels = new Uint32Array(context.getImageData(0, 0, 48, 48).data.buffer);
        drawn ||= new Set(pixels).size > 8;
        for (const pixel of pixels) hash = (Math.imul(hash, 31) + pixel) | 0;
      }
    }
    return drawn ? hash || 1 : 0;
  };
  /* Resolves with performance.now() of the frame after `test()` holds. It looks between frames, so that what watches
     asks for no frames of its own: they would take a core from the server beside it. */
  window.__benchWhen = (test, limit) => new Promise((done, fail) => {
    const end = performance.now() + limit;
    const look = () => {
      if (test()) requestAnimationFrame(() => done(performance.now()));
      else if (performance.now() > end) fail(new Error("not painted in time"));
      else setTimeout(look, 8);
    };
    look();
  });
})();
"""


@dataclass(frozen=True, slots=True)
class Message:
    """One websocket message: when (milliseconds since navigation), how large, which way."""

    time: float
    bytes: int
    sent: bool


@contextlib.contextmanager
def launched() -> Iterator[Browser]:
    path = find_browser()
    if path is None:
        raise RuntimeError("Chromium is not installed (apt install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(BROWSER_ARGS))
        try:
            yield browser
        finally:
            browser.close()


@contextlib.contextmanager
def opened(browser: Browser, url: str) -> Iterator[Page]:
    """A page of a new visitor (empty cache), with the watcher in place."""
    context = browser.new_context(viewport={"width": SIZE["width"], "height": SIZE["height"]}, locale="en-US")
    try:
        page = context.new_page()
        page.set_default_timeout(WAIT)
        page.add_init_script(WATCHER)
        page.goto(url, wait_until="commit")
        yield page
    finally:
        context.close()


def painted(page: Page, selector: str) -> float:
    """Milliseconds from navigation until a canvas under the selector shows something."""
    script = "([s, limit]) => window.__benchWhen(() => window.__benchPrint(s) !== 0, limit)"
    return float(page.evaluate(script, [selector, WAIT]))


def chart_painted(page: Page, selector: str) -> float:
    """Milliseconds from navigation until a drawn shape of a chart has a size."""
    script = """([s, limit]) => window.__benchWhen(
        () => [...document.querySelectorAll(s)].some((e) => e.getBoundingClientRect().width > 0), limit)"""
    return float(page.evaluate(script, [selector, WAIT]))


def painted_in(page: Page, host: str, inside: str) -> float:
    """Milliseconds from navigation until a component under ``host`` shows an element ``inside`` of its shadow root."""
    script = """([host, inside, limit]) => {
        const roots = (node) => [...node.querySelectorAll("*")].flatMap((e) => (e.shadowRoot ? [e.shadowRoot] : []));
        const shown = (e) => e.getBoundingClientRect().width > 0;
        const there = () => [...document.querySelectorAll(host)].some((box) =>
            [box, ...roots(box)].some((root) => [...root.querySelectorAll(inside)].some(shown)));
        return window.__benchWhen(there, limit);
    }"""
    return float(page.evaluate(script, [host, inside, WAIT]))


def fingerprint(page: Page, selector: str) -> int:
    return int(page.evaluate("(s) => window.__benchPrint(s)", selector))


def settled(page: Page, selector: str) -> int:
    """The fingerprint once it has stayed the same for half a second."""
    last, same = 0, 0
    for _ in range(100):
        page.wait_for_timeout(100)
        now = fingerprint(page, selector)
        last, same = now, same + 1 if now == last and now else 0
        if same >= 5:
            return now
    raise RuntimeError(f"{selector} does not come to rest")


def watch_for_change(page: Page, selector: str, before: int, data: str) -> None:
    """Begin to wait for another picture under the selector, drawn from data that have arrived since.

    ``data`` is the name under which the canvas records that it took new data, so that a preview drawn in the
    browser does not count. `changed` says when it was there.
    """
    page.evaluate(
        """([s, before, data, limit]) => {
            const taken = () => window.__glassboxFrames?.[data]?.length ?? 0;
            const had = taken();
            const other = () => taken() > had && ![0, before].includes(window.__benchPrint(s));
            window.__benchChange = window.__benchWhen(other, limit);
            window.__benchChange.catch(() => {});
        }""",
        [selector, before, data, WAIT],
    )


def changed(page: Page) -> float:
    """performance.now() of the first frame that showed another picture, milliseconds."""
    return float(page.evaluate("() => window.__benchChange"))


def now(page: Page) -> float:
    return float(page.evaluate("() => performance.now()"))


def messages(page: Page) -> list[Message]:
    return [Message(**entry) for entry in page.evaluate("() => window.__benchMessages")]


def frames(page: Page) -> dict[str, list[float]]:
    """Milliseconds of compute + draw that the canvases have recorded, by name."""
    found: dict[str, list[float]] = page.evaluate("() => window.__glassboxFrames ?? {}")
    return found
