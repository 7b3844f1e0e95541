"""The ways of a visitor: back and forward, a reload, two tabs, half a minute without a network, a page at 200 %."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from core import catalog
from tests.bench.servers import Server
from tests.browser.harness import visiting
from tests.browser.test_app import WAIT, go, overflow, settled, wait_for_parameter

pytestmark = pytest.mark.browser
STEMS = ("attention_heads", "embedding_space", "token_splits")
BREAK_S = 30.0
LARGE: ViewportSize = {"width": 640, "height": 360}
"""A window of 1280 × 720 at 200 %."""
FOCUSED = "() => document.activeElement?.closest('[class*=st-key-w_]')?.className ?? ''"


class Network:
    """What lies between a browser and the server: it can be cut, with all that goes through it."""

    def __init__(self, to: int) -> None:
        self._to, self._whole = to, True
        self._ends: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self, *, whole: bool = False) -> None:
        """Break all connections, and refuse others until it is whole again."""
        self._whole = whole
        while self._ends:
            with suppress(OSError):
                self._ends.pop().shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End."""
        self._listener.shutdown(socket.SHUT_RDWR)  # who waits for a connection waits no longer
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                one, _ = self._listener.accept()
                if not self._whole:
                    one.close()
                    continue
                other = socket.create_connection(("127.0.0.1", self._to))
                self._ends += [one, other]
                for source, sink in ((one, other), (other, one)):
                    threading.Thread(target=_pass_on, args=(source, sink), daemon=True).start()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
    for one in (source, sink):
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()


@contextmanager
def network(server: Server) -> Iterator[tuple[Network, Server]]:
    """The server behind a network."""
    between = Network(server.port)
    try:
        yield between, Server(between.port, server.process, server.log, server.base)
    finally:
        between.close()


def views(stem: str) -> tuple[str, tuple[str, ...]]:
    """The parameter of a page that chooses its view, as a link has it, and the views."""
    page = catalog.find(stem)
    return f"{page.short}_{page.by}", page.param(page.by).options


def buttons(page: Page, stem: str) -> Locator:
    """Those that choose the view."""
    return page.locator(f".st-key-w_{views(stem)[0]} [role=radio]")


def choose(page: Page, stem: str, at: int) -> None:
    """Choose a view; it is in the link and on the page."""
    name, options = views(stem)
    buttons(page, stem).nth(at).click()
    wait_for_parameter(page, name, options[at])
    shows(page, stem, at)


def shows(page: Page, stem: str, at: int) -> None:
    """The view that is chosen, and the rest of the page with it."""
    settled(page)
    expect(buttons(page, stem).nth(at)).to_have_attribute("aria-checked", "true", timeout=WAIT)
    assert page.locator("[data-testid=stException]").count() == 0


@pytest.mark.parametrize("stem", STEMS)
def test_back_forward_a_reload_and_a_second_tab(browser: Browser, server: Server, stem: str) -> None:
    name, options = views(stem)
    with visiting(browser, language="zh-CN") as page:
        go(page, server, stem, lang="zh")
        settled(page)
        choose(page, stem, 1)
        choose(page, stem, 2)
        page.go_back()
        wait_for_parameter(page, name, options[1])
        shows(page, stem, 1)
        page.go_forward()
        wait_for_parameter(page, name, options[2])
        shows(page, stem, 2)
        link = page.url
        other = page.context.new_page()
        other.goto(link)
        shows(other, stem, 2)
        choose(other, stem, 1)
        shows(page, stem, 2)
        assert page.url == link
        page.reload()
        shows(page, stem, 2)
        assert page.url == link


LOSE = """message => {
  window.before = 1;
  window.dispatchEvent(new ErrorEvent("error", { error: new Error(message) }));
}"""


@pytest.mark.parametrize("stem", STEMS)
def test_a_page_that_streamlit_has_lost_is_loaded_again_as_it_was(
    browser: Browser, server: Server, stem: str
) -> None:
    with visiting(browser, language="zh-CN") as page:
        go(page, server, stem, lang="zh")
        settled(page)
        choose(page, stem, 2)
        link = page.url
        page.evaluate(LOSE, "something else")
        page.wait_for_timeout(300)
        assert page.evaluate("window.before")
        with page.expect_navigation():
            page.evaluate(LOSE, "'setIn' cannot be called on an ElementNode")
        shows(page, stem, 2)
        assert page.url == link
        page.evaluate(LOSE, "'setIn' cannot be called on an ElementNode")
        page.wait_for_timeout(300)
        assert page.evaluate("window.before"), "not again and again"


@pytest.mark.timeout(4 * WAIT / 1000)
def test_half_a_minute_without_a_network_changes_nothing(browser: Browser, server: Server) -> None:
    with network(server) as (between, behind), ExitStack() as stack:
        pages = {stem: stack.enter_context(visiting(browser, language="zh-CN")) for stem in STEMS}
        for stem, page in pages.items():
            go(page, behind, stem, lang="zh")
            settled(page)
            choose(page, stem, 1)
        links = {stem: page.url for stem, page in pages.items()}
        between.cut()
        page.wait_for_timeout(BREAK_S * 1000)
        between.cut(whole=True)
        for stem, page in pages.items():
            page.bring_to_front()
            page.wait_for_selector("[data-testid=stApp][data-test-connection-state=CONNECTED]", timeout=WAIT)
            shows(page, stem, 1)
            assert page.url == links[stem]
            choose(page, stem, 2)


@pytest.mark.parametrize("stem", STEMS)
def test_a_page_at_200_percent_is_used_by_the_keyboard_alone(
    browser: Browser, server: Server, stem: str
) -> None:
    name, options = views(stem)
    with visiting(browser, **LARGE, device_scale_factor=2) as page:
        go(page, server, stem, lang="en")
        settled(page)
        assert overflow(page) <= 1
        for _ in range(60):
            page.keyboard.press("Tab")
            if f"st-key-w_{name}" in page.evaluate(FOCUSED):
                break
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        wait_for_parameter(page, name, options[1])
        shows(page, stem, 1)
        focused = page.evaluate("() => document.activeElement.getBoundingClientRect().toJSON()")
        assert focused["top"] >= 0
        assert focused["bottom"] <= LARGE["height"]
        assert overflow(page) <= 1


@pytest.mark.parametrize("stem", ["attention_heads", "token_splits", "next_token"])
def test_a_soft_keyboard_leaves_room_for_the_text_and_its_button(
    browser: Browser, server: Server, stem: str
) -> None:
    """A keyboard on the screen takes the lower half of a phone's."""
    with visiting(browser, 390, 800, language="zh-CN", has_touch=True) as page:
        go(page, server, stem, lang="zh")
        settled(page)
        box = page.locator("textarea").first
        box.tap()
        page.set_viewport_size({"width": 390, "height": 420})
        box.fill("猫喜欢鱼")
        box.scroll_into_view_if_needed()
        expect(box).to_be_in_viewport(ratio=0.9)
        assert overflow(page) <= 1
