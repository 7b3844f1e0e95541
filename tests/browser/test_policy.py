"""The app under its policy in a real browser: every page draws, in one language or the other; nothing is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from core import catalog
from pages.kit.text import Words
from tests.bench.servers import APP, Server, start
from tests.browser.harness import until, visiting

pytestmark = pytest.mark.browser
WAIT = 60_000  # milliseconds
# A tab that comes back has it already.
LISTEN = """
if (!window.refused) {
  window.refused = [];
  document.addEventListener("securitypolicyviolation", (event) =>
    window.refused.push([event.effectiveDirective, event.blockedURI, event.sourceFile, event.sample]));
}
"""
PROBES = re.compile(r"/\w+/_stcore/(health|host-config)$")
"""Where Streamlit's own script looks for its server first, below the page's address; 404 is what it expects there."""
QUIET = "!document.querySelector('[data-testid=stSpinner], [data-testid=stStatusWidget], [data-stale=true]')"
DRAWN = ".stMain :is([data-testid^=stBidiComponent], .js-plotly-plot, [data-testid=stImage] img):visible"
VIEWS = (
    "attention_heads?ah_part=bertviz",
    "token_splits?ts_part=train",
    "embedding_space?es_view=senses",
    "model_anatomy?ma_view=lens",
    "classic_models?cm_view=cost",
)
"""Views that draw otherwise than their page's first: a frame, a job, a table of senses, heat maps, curves."""


@contextmanager
def visited(browser: Browser, address: str, language: str) -> Iterator[Page]:
    """A page of a new visitor; fails where anything was refused or anything complains meanwhile."""
    complaints: list[str] = []

    def complained(message: ConsoleMessage) -> None:
        if message.type == "error" and not PROBES.search(message.location["url"]):
            complaints.append(f"{message.text} {message.location}")

    with visiting(browser, language=language) as page:
        page.add_init_script(LISTEN)
        page.on("console", complained)
        page.goto(address)
        yield page
        refused = [one for frame in page.frames for one in frame.evaluate("window.refused")]
        page.remove_listener("console", complained)
    assert not refused
    assert not complaints


@pytest.mark.parametrize(
    ("stem", "language"),
    list(zip(["", *(page.stem for page in catalog.PAGES)], cycle(["en-US", "zh-CN"]), strict=False)),
)
def test_a_page_draws_under_the_policy(browser: Browser, server: Server, stem: str, language: str) -> None:
    with visited(browser, f"{server.url}/{stem}", language) as page:
        expect(page.locator("h1").first).to_be_visible(timeout=WAIT)
        page.locator(DRAWN).first.wait_for(timeout=WAIT)
        until(page, QUIET, timeout=WAIT)


def test_the_first_page_after_a_start_asks_nobody_else(browser: Browser) -> None:
    """Streamlit runs it without the frame: without an icon it would fetch one from a host of Google's."""
    with start(APP) as fresh, visited(browser, f"{fresh.url}/attention_heads", "en-US") as page:
        page.locator(DRAWN).first.wait_for(timeout=WAIT)
        until(page, QUIET, timeout=WAIT)


@pytest.mark.parametrize("address", VIEWS)
def test_a_view_draws_under_the_policy(browser: Browser, server: Server, address: str) -> None:
    with visited(browser, f"{server.url}/{address}", "en-US") as page:
        expect(page.locator("h1").first).to_be_visible(timeout=WAIT)
        page.locator(DRAWN).first.wait_for(timeout=WAIT)
        until(page, QUIET, timeout=WAIT)
        if "bertviz" in address:
            frame = page.frame_locator("iframe[title]")
            expect(frame.locator("#bertviz svg").first).to_be_visible(timeout=WAIT)
            frame.locator("#layer").select_option(index=1)
            expect(frame.locator("#bertviz svg line, #bertviz svg path").first).to_be_attached()


def test_pictures_and_files_to_take_home_are_admitted(browser: Browser, server: Server) -> None:
    words = Words("en", "classic_models")
    with visited(browser, f"{server.url}/classic_models?cm_view=counts&lang=en", "en-US") as page:
        chart = page.locator(".st-key-gbchart_cm_unseen")
        chart.locator(".scatterlayer path.js-line").first.wait_for(timeout=WAIT)
        for kind in ("save", "save_svg"):
            with page.expect_download(timeout=WAIT):
                chart.get_by_role("button", name=words.sub("chart")[kind], exact=True).click()
        page.get_by_role("tab", name=words("tabs.data"), exact=True).click()
        buttons = page.get_by_test_id("stDownloadButton").get_by_role("button")
        buttons.first.wait_for(timeout=WAIT)
        kinds = set()
        for button in buttons.all():
            with page.expect_download(timeout=WAIT) as waiting:
                button.click()
            kinds.add(waiting.value.suggested_filename.rpartition(".")[2])
        assert {"html", "csv"} <= kinds


def test_a_file_of_the_visitor_s_own_is_admitted(browser: Browser, server: Server) -> None:
    with visited(browser, f"{server.url}/embedding_space?es_source=list&lang=en", "en-US") as page:
        field = page.locator(".st-key-w_es_upload input[type=file]")
        field.wait_for(state="attached", timeout=WAIT)
        rows = "\n".join(f"word{one},{one % 7},{one % 5},{one}" for one in range(40))
        field.set_input_files({"name": "own.csv", "mimeType": "text/csv", "buffer": rows.encode()})
        told = Words("en", "embedding_space")("upload.instead")
        expect(page.get_by_text(told).first).to_be_visible(timeout=WAIT)
        until(page, QUIET, timeout=WAIT)


def test_what_is_not_ours_is_refused(browser: Browser, server: Server) -> None:
    """That the tests above can fail: scripts in line, texts as code, other hosts, frames and forms."""
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script(LISTEN)
    page.goto(server.url)
    expect(page.locator("h1").first).to_be_visible(timeout=WAIT)
    page.evaluate("""() => {
      const put = (name, values) =>
        document.body.appendChild(Object.assign(document.createElement(name), values));
      put("script", { textContent: "window.ran = 1" });
      put("script", { src: "http://127.0.0.1:9/x.js" });
      put("img", { src: "http://127.0.0.1:9/x.png" });
      put("iframe", { src: "http://127.0.0.1:9/" });
      put("a", { textContent: "x" }).setAttribute("onclick", "window.ran = 2");
      setTimeout("window.ran = 3");
      fetch("http://127.0.0.1:9/").catch(() => 0);
      try { new WebSocket("ws://127.0.0.1:9/"); } catch {}
    }""")
    until(page, "window.refused.length >= 8")
    refused = {one[0] for one in page.evaluate("window.refused")}
    assert {
        "script-src-elem",
        "img-src",
        "connect-src",
        "frame-src",
        "script-src",
        "script-src-attr",
    } <= refused
    assert page.evaluate("window.ran") is None
    context.close()


def test_another_site_cannot_frame_it(browser: Browser, server: Server) -> None:
    context = browser.new_context()
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.set_content(f"<iframe src='{server.url}/healthz'></iframe><iframe src='{server.url}/'></iframe>")
    page.wait_for_timeout(3000)
    assert len([one for one in said if "frame-ancestors 'self'" in one]) == 2
    assert page.frame_locator("iframe").nth(1).locator("#root").count() == 0
    context.close()
