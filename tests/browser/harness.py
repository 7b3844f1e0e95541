"""A page around one component, as Streamlit mounts it: shadow root, theme variables, a recorder."""

from __future__ import annotations

import atexit
import base64
import functools
import json
import shutil
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial, wraps
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Literal
from unittest.mock import patch

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Error,
    Keyboard,
    Locator,
    Mouse,
    Page,
    Request,
    sync_playwright,
)
from playwright.sync_api import (
    TimeoutError as PlaywrightTimeout,
)

from core.figures.components import source
from tests.numerals import slips

Theme = Literal["paper", "stage"]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
OFF = (
    "AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable", "LensOverlay", "MediaRouter", "PaintHolding", "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect", "OptimizationHints", "NetworkTimeServiceQuerying", "AimEnabled",
    "PreconnectToSearch", "WebUIOmniboxPopup", "WebUIOmniboxAimPopup",
)  # fmt: skip
"""What Playwright switches off (a second list replaces its own), and the two pages behind each window's address bar."""
QUIET = (
    f"--disable-features={','.join(OFF)}",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
)
HOSTILE = (
    '<img src=x onerror="window.hacked=1">',
    "</script><script>window.hacked=1</script>",
    "\u2068مرحبا\u2069",
    "👩‍👩‍👧",
    "{query}",
    "e\u0301",
    "U+202E",
    "E4 B8|",
)
"""What a visitor or a vocabulary may hold: markup, other scripts, a name in braces."""
THEMES: dict[Theme, dict[str, str]] = {
    "paper": {
        "background-color": "#fbfaf7",
        "secondary-background-color": "#f2efe8",
        "text-color": "#22242a",
        "primary-color": "#1f5fa8",
        "border-color": "#ddd8cc",
    },
    "stage": {
        "background-color": "#101216",
        "secondary-background-color": "#1b1e24",
        "text-color": "#e8e6e1",
        "primary-color": "#7ab8f5",
        "border-color": "#33373f",
    },
}

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>component</title><link rel="icon" href="data:,">
<style>html {{ --gb-scale: {scale}; }} body {{ margin: 0; background: {background}; color: {text}; }}
#host {{ display: block; margin: {margin}px; }}</style><div id="host"></div>
<script type="module">
const host = document.getElementById("host");
const root = host.attachShadow({{ mode: "open" }});
const style = Object.assign(document.createElement("style"), {{ textContent: {css} }});
const content = document.createElement("div");
content.innerHTML = {html};
root.append(style, ...content.childNodes);
const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const module = await import("./component.js");
const component = {{ data: null, key: "k", name: "n", parentElement: root,
  setStateValue: (key, value) => window.sent.push([key, value]),
  setTriggerValue: (key, value) => window.sent.push([key, value]) }};
window.sent = [];
window.heard = [];
for (const name of ["glassbox:head", "glassbox:ablate"])
  window.addEventListener(name, (event) => window.heard.push([name, event.detail]));
window.theme = (values) => {{
  for (const [name, value] of Object.entries(values)) host.style.setProperty("--st-" + name, value);
}};
window.mount = (text) => {{
  if (text) component.data = bytes(text);
  window.cleanup = module.default(component);
}};
window.theme({theme});
window.mount("");
window.mounted = true;
</script></html>"""


def page_html(name: str, theme: Theme = "paper", scale: float = 1.0, margin: int = 16) -> str:
    """The harness page of one component; call ``mount(base64 of the payload)`` in it."""
    html, css, _ = source(name)
    literal = partial(json.dumps, ensure_ascii=False)
    return PAGE.format(
        scale=scale,
        margin=margin,
        background=THEMES[theme]["background-color"],
        text=THEMES[theme]["text-color"],
        css=literal(css),
        html=literal(html),
        theme=literal(THEMES[theme]),
    )


class _Answer(BaseHTTPRequestHandler):
    """``/<component>/<theme>/<scale>/`` is the harness page; the script lies beside it."""

    def do_GET(self) -> None:
        """Answer from the sources as they are now."""
        _, name, theme, scale, file = self.path.split("/")
        body = (
            source(name)[2]
            if file
            else page_html(name, "stage" if theme == "stage" else "paper", float(scale))
        )
        self.send_response(200)
        self.send_header("Content-Type", f"text/{'javascript' if file else 'html'}; charset=utf-8")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing of requests."""


@functools.cache
def _server() -> str:
    """One server of this process for all harness pages, until it ends; its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answer)
    Thread(target=server.serve_forever, daemon=True).start()
    atexit.register(server.server_close)
    return f"http://127.0.0.1:{server.server_port}"


def address(name: str, theme: Theme = "paper", scale: float = 1.0) -> str:
    """Where the harness page of a component is."""
    return f"{_server()}/{name}/{theme}/{scale}/"


def until(page: Page, expression: str, *, arg: Any = None, timeout: float = 30_000) -> None:
    """Wait for what a page computes, asking it again and again from outside; ``timeout``: milliseconds.

    Playwright's own way evaluates a text inside the page, which the app's policy forbids.
    """
    deadline = time.monotonic() + timeout / 1000
    while True:
        with suppress(Error):  # it is being loaded
            if page.evaluate(expression, arg):
                return
        if time.monotonic() > deadline:
            raise PlaywrightTimeout(f"not within {timeout / 1000:.0f} s: {expression}")
        page.wait_for_timeout(50)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium without a GPU."""
    executable = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    with patch.object(Page, "wait_for_function", until), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(QUIET))
        yield browser
        browser.close()


# What a component says in our words: its text and what is read aloud, without the texts and tokens that it is given.
SAID = """() => {
  const said = [];
  const look = (node) => {
    if (node.nodeType === 3) return said.push(node.data);
    if (node.matches?.("style, script, bdi, code, textarea, [hidden]")) return 0;
    for (const name of ["aria-label", "aria-valuetext", "title"]) said.push(node.getAttribute?.(name) ?? "");
    said.push("\\n");
    node.childNodes.forEach(look);
    return said.push("\\n");
  };
  look(document.getElementById("host").shadowRoot);
  return said.join(" ");
}"""
TRANSLATED = """() =>
  [...document.getElementById("host").shadowRoot.querySelectorAll("bdi")].filter((one) => one.translate).length"""
"""How many texts of visitors, and tokens, a browser may put into another language."""
DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
INPUTS = (
    (Locator, ("click", "focus", "hover", "press", "tap")),
    (Keyboard, ("press",)),
    (Mouse, ("click", "up")),
)


@contextmanager
def drawn_after_input(page: Page) -> Iterator[None]:
    """Clicks, keys and pointers return once the frame after them is drawn: canvases draw on animation frames."""

    def patient(function: Any) -> Any:
        @wraps(function)
        def act(*given: Any, **named: Any) -> Any:
            found = function(*given, **named)
            page.evaluate(DRAWN)
            return found

        return act

    with ExitStack() as stack:
        for kind, names in INPUTS:
            for name in names:
                stack.enter_context(patch.object(kind, name, patient(getattr(kind, name))))
        yield


def without(text: str, parts: Iterable[str]) -> str:
    """A text without some of its parts: those that a test has put there as a visitor's."""
    for part in parts:
        text = text.replace(part, "")
    return text


@contextmanager
def watched(page: Page) -> Iterator[None]:
    """What is done with a page meanwhile; fails on any script error, and on a number in wrong words at the end."""
    errors: list[str] = []

    def failed(error: Error) -> None:
        errors.append(str(error))

    def complained(message: ConsoleMessage) -> None:
        if message.type == "error":
            errors.append(message.text)

    page.on("pageerror", failed)
    page.on("console", complained)
    with drawn_after_input(page):
        yield
    said, foreign = ("", 0) if page.is_closed() else (str(page.evaluate(SAID)), page.evaluate(TRANSLATED))
    page.remove_listener("pageerror", failed)
    page.remove_listener("console", complained)
    assert not errors, errors
    assert not foreign, f"{foreign} texts of visitors or tokens that a browser may translate"
    assert not slips([said if HOSTILE[0] not in said else without(said, HOSTILE)])


_left: defaultdict[tuple[Browser, str], list[Page]] = defaultdict(list)
"""The tabs that nobody uses, by their browser and options."""


@contextmanager
def visiting(
    browser: Browser, width: int = 1280, height: int = 900, language: str = "en-US", **options: Any
) -> Iterator[Page]:
    """The page of a visitor who was never here; fails on any script error. ``options``: of Playwright's context.

    The tab is another's before: its scripts are compiled, which takes a new one longer than all that a test does.
    Nothing else is left of them: no address, nothing stored, no second tab. One whose test failed is not used again.
    """
    options |= {"locale": language}
    left = _left[browser, json.dumps(options, sort_keys=True)]
    page = left.pop() if left else browser.new_context(**options).new_page()
    page.set_viewport_size({"width": width, "height": height})
    errors: list[str] = []

    def failed(error: Error) -> None:
        errors.append(str(error))

    page.on("pageerror", failed)
    try:
        yield page
        _forget(page, options.get("color_scheme", "light"))
        left.append(page)
    finally:
        if page not in left:
            page.context.close()
    page.remove_listener("pageerror", failed)
    assert not errors, errors


def _forget(page: Page, color_scheme: Literal["light", "dark"]) -> None:
    for other in page.context.pages:
        if other != page:
            other.close()
    page.unroute_all()
    page.mouse.move(-10, -10)
    page.evaluate("window.localStorage.clear(), window.sessionStorage.clear()")
    page.goto("about:blank")
    page.context.clear_cookies()
    page.emulate_media(color_scheme=color_scheme)


@dataclass(slots=True)
class Harm:
    """What texts have done that should have stayed texts."""

    ran: list[str] = field(
        default_factory=list
    )  # where one ran (``tests.hostile.HIT``), spoke in a dialog, or would have but for the policy
    asked: list[str] = field(default_factory=list)  # addresses elsewhere that were asked for
    links: list[str] = field(default_factory=list)  # links that a visitor could click

    def __bool__(self) -> bool:
        return bool(self.ran or self.asked or self.links)

    def look(self, page: Page) -> None:
        """Note what a page holds now."""
        for frame in page.frames:
            self.ran += [frame.url] if frame.evaluate("window.__hit") else []
            self.links += frame.evaluate(LINKS)


POLICY = "Content Security Policy"
"""What a browser's complaint says where a page's policy has held something back."""
LINKS = """() => {
  const found = [];
  const look = (root) => {
    for (const one of root.querySelectorAll("*")) {
      const goal = one.getAttribute("href") ?? one.getAttribute("xlink:href") ?? one.getAttribute("action") ?? "";
      if (/evil\\.invalid|javascript:/i.test(decodeURIComponent(goal.split("?")[0]))) found.push(goal);
      if (one.shadowRoot) look(one.shadowRoot);
    }
  };
  look(document);
  return found;
}"""


@contextmanager
def watched_for_harm(page: Page, *ours: str) -> Iterator[Harm]:
    """What the texts in a page do meanwhile; what is not at ``ours`` is elsewhere."""
    harm = Harm()
    near = (*ours, *(one.replace("http", "ws", 1) for one in ours), "data:", "blob:", "about:")

    def asked(request: Request) -> None:
        if not request.url.startswith(near):
            harm.asked.append(request.url)

    def spoke(dialog: Dialog) -> None:
        harm.ran.append(dialog.message)
        dialog.dismiss()

    def refused(message: ConsoleMessage) -> None:
        if POLICY in message.text:
            harm.ran.append(message.text)

    page.on("request", asked)
    page.on("dialog", spoke)
    page.on("console", refused)
    yield harm
    harm.look(page)
    page.remove_listener("request", asked)
    page.remove_listener("dialog", spoke)
    page.remove_listener("console", refused)


@contextmanager
def tripwire(page: Page, *ours: str) -> Iterator[None]:
    """Fails where a text in a page does any harm meanwhile."""
    with watched_for_harm(page, *ours) as harm:
        yield
    assert not harm, harm


@functools.cache
def window(browser: Browser, **options: Any) -> BrowserContext:
    """A window that stays, one for each set of options: to open one costs more than most of what a page of it does."""
    context = browser.new_context(**options)
    context.new_page()
    return context


def _load(page: Page, place: str, payload: bytes) -> None:
    page.goto(place)
    page.wait_for_function("window.mounted")
    if payload:
        page.evaluate("mount", base64.b64encode(payload).decode())


@contextmanager
def opened(
    browser: Browser,
    name: str,
    payload: bytes = b"",
    *,
    theme: Theme = "paper",
    width: int = 1280,
    height: int = 720,
    scale: float = 1.0,
    **context: Any,
) -> Iterator[Page]:
    """A page with the component mounted, and with the payload if there is one (see ``watched``)."""
    page = window(browser, **context).new_page()
    page.set_viewport_size({"width": width, "height": height})
    with closing(page), watched(page):
        _load(page, address(name, theme, scale), payload)
        yield page


@dataclass(frozen=True, slots=True)
class Kept:
    """A page that many tests of a component use one after the other."""

    page: Page
    name: str

    @contextmanager
    def anew(self, payload: bytes) -> Iterator[Page]:
        """The page loaded once more, with the payload, and no pointer over it (see ``watched``)."""
        self.page.mouse.move(0, 0)
        with watched(self.page):
            _load(self.page, address(self.name, "paper", 1.0), payload)
            yield self.page


@contextmanager
def kept(browser: Browser, name: str, *, width: int = 1280, height: int = 720) -> Iterator[Kept]:
    """A page for tests that leave nothing behind that loading it once more would not undo."""
    with closing(browser.new_page(viewport={"width": width, "height": height})) as page:
        yield Kept(page, name)
