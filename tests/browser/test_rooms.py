"""A presenter and three phones in one browser: they join, answer, see what was right, and are asked again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from pages.kit.text import table, words
from tests.bench.servers import COUNTED, Server, start
from tests.browser.harness import tripwire, visiting
from tests.browser.test_axe import GRAVE
from tests.pages.room_asked import AFTER, BEFORE
from tests.pages.test_rooms import SCRIPT

pytestmark = pytest.mark.browser
WAIT = 30_000  # milliseconds


@pytest.fixture(scope="module")
def served() -> Iterator[Server]:
    with start(SCRIPT, COUNTED) as server:
        yield server
        assert server.complaints() == ""


def opened(page: Page, server: Server) -> str:
    """Open a room on the presenter's page; its code."""
    page.goto(server.url)
    page.locator(".st-key-gb_room_button button").first.click(timeout=WAIT)
    page.locator(".room-qr svg").wait_for(timeout=WAIT)
    return page.locator(".room-code").inner_text()


def go(page: Page, phase: str) -> None:
    page.get_by_test_id("stRadio").get_by_text(phase, exact=True).click()


def texts(page: Page, selector: str) -> list[str]:
    return [" ".join(one.split()) for one in page.locator(selector).all_inner_texts()]


def test_three_phones_vote_see_the_answer_and_are_asked_again(browser: Browser, served: Server) -> None:
    with ExitStack() as stack:
        presenter = stack.enter_context(visiting(browser))
        code = opened(presenter, served)
        phones = [
            stack.enter_context(visiting(browser, 320, 640, one)) for one in ("en-US", "en-US", "zh-CN")
        ]
        runs = served.reruns("whole")
        stack.enter_context(tripwire(phones[0], served.url))
        phones[0].goto(f"{served.url}/room")
        phones[0].get_by_role("textbox").fill(code.lower())
        phones[0].keyboard.press("Enter")
        for phone in phones[1:]:
            phone.goto(f"{served.url}/room/{code}")
        for phone, option in zip(phones, BEFORE.options[:1] * 2 + BEFORE.options[1:], strict=True):
            expect(phone.get_by_role("heading")).to_have_text(BEFORE.text, timeout=WAIT)
            button = phone.get_by_role("button", name=option, exact=True)
            button.click()
            expect(button).to_have_attribute("aria-pressed", "true")
            assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
        expect(phones[2].locator(".said")).to_have_text(table("zh", "room")["phone"]["sent"])
        expect(presenter.locator(".room-count b")).to_have_text(["3", "3"], timeout=WAIT)
        assert texts(presenter, ".room-row") == []
        assert served.reruns("whole") == runs, "no phone runs a page"
        go(presenter, "show")
        expect(presenter.locator(".room-row")).to_have_count(2, timeout=WAIT)
        assert texts(presenter, ".room-row") == ["one 2 · 67 %", "✓ <b>two</b> 1 · 33 %"]
        expect(phones[0].locator(".said")).to_have_text(table("en", "room")["phone"]["wrong"], timeout=WAIT)
        expect(phones[2].locator(".said")).to_have_text(table("zh", "room")["phone"]["right"])
        expect(phones[0].locator(".options .right")).to_have_text(BEFORE.options[1])
        go(presenter, "again")
        for phone in phones:
            expect(phone.get_by_role("heading")).to_have_text(AFTER.text, timeout=WAIT)
            phone.get_by_role("button", name=AFTER.options[0], exact=True).click()
        expect(presenter.locator(".room-count b")).to_have_text(["3", "3"], timeout=WAIT)
        go(presenter, "settled")
        expect(presenter.locator(".room-row")).to_have_count(5, timeout=WAIT)
        said = words("en", "room").sub("strip")
        shares = {said["before"]: "33 %", said["after"]: "100 %"}
        captions = [f"{when} · {said['right']} {share}" for when, share in shares.items()]
        assert texts(presenter, ".room-side figcaption") == captions
        # A presenter who loads the page again has the room still; closed, the phones are told.
        presenter.reload()
        expect(presenter.locator(".room-code")).to_have_text(code, timeout=WAIT)
        expect(presenter.locator(".room-count b").first).to_have_text("3", timeout=WAIT)
        presenter.locator(".st-key-gb_room_button button").first.click()
        expect(phones[0].locator(".failed")).to_have_text(table("en", "room")["phone"]["gone"], timeout=WAIT)
        expect(presenter.locator(".room")).to_be_hidden()
        presenter.reload()
        presenter.get_by_test_id("stRadio").wait_for(timeout=WAIT)
        presenter.wait_for_timeout(500)
        assert presenter.locator(".room-code").count() == 0


def test_a_phone_follows_the_figure_until_it_wanders_off(browser: Browser, served: Server) -> None:
    with visiting(browser) as presenter, visiting(browser, 390, 700) as phone:
        code = opened(presenter, served)
        phone.goto(f"{served.url}/room/{code}")
        link = phone.locator(".open")
        expect(link).to_have_attribute("href", "/", timeout=WAIT)
        with phone.context.expect_page() as waiting:
            link.click()
        figure = waiting.value
        presenter.goto(f"{served.url}/?lang=zh&present=1")
        presenter.locator(".room-qr svg").wait_for(timeout=WAIT)
        figure.wait_for_url("**/?lang=zh", timeout=WAIT)
        phone.locator(".follow input").uncheck()
        presenter.goto(f"{served.url}/?lang=en")
        expect(link).to_have_attribute("href", "/?lang=en", timeout=WAIT)
        figure.wait_for_timeout(4_000)  # longer than what is shown must have rested
        assert figure.url.endswith("/?lang=zh")
        figure.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_grave_on_a_phone_or_beside_a_lecture(
    browser: Browser, served: Server, scheme: Literal["light", "dark"]
) -> None:
    def findings(page: Page, within: str) -> list[str]:
        found: dict[str, Any] = Axe().run(page, context=within).response
        return [f"{rule['id']}: {rule['nodes']}" for rule in found["violations"] if rule["impact"] in GRAVE]

    with visiting(browser) as presenter, visiting(browser, 320, 640, color_scheme=scheme) as phone:
        code = opened(presenter, served)
        phone.goto(f"{served.url}/room")
        assert findings(phone, "body") == []
        phone.goto(f"{served.url}/room/{code}")
        phone.locator(".options button").first.click(timeout=WAIT)
        expect(phone.locator("[aria-pressed=true]")).to_have_count(1)
        assert findings(phone, "body") == []
        go(presenter, "show")
        phone.locator(".options .right").wait_for(timeout=WAIT)
        presenter.locator(".room-row").first.wait_for(timeout=WAIT)
        assert findings(phone, "body") == []
        assert findings(presenter, ".st-key-gb_room") == []
        presenter.locator(".st-key-gb_room_button button").first.click()


def test_a_wrong_code_is_told_in_a_sentence_and_the_language_can_be_changed(
    browser: Browser, served: Server
) -> None:
    with visiting(browser, 320, 640) as phone:
        phone.goto(f"{served.url}/room/ZZZZ")
        expect(phone.locator(".failed")).to_have_text(table("en", "room")["phone"]["gone"], timeout=WAIT)
        phone.get_by_role("button", name="中文").click()
        expect(phone.locator(".failed")).to_have_text(table("zh", "room")["phone"]["gone"])
        phone.get_by_role("textbox").fill("<img src=x>")
        phone.keyboard.press("Enter")
        expect(phone.locator(".failed")).to_have_text(table("zh", "room")["phone"]["gone"])
