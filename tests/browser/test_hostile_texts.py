"""Texts that would be links, pictures, formulas or programs, read by Streamlit's own Markdown in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from pages.kit.text import table
from tests.bench.hostile import Seen, linked, typed
from tests.bench.servers import HERE, Server, start
from tests.browser.harness import tripwire
from tests.hostile import HIT, INJECTIONS, OUTSIDE

pytestmark = pytest.mark.browser
WAIT = 60_000
UNSEEN = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069]")
ELEMENTS = """key => [...document.querySelectorAll(`.st-key-${key} [data-testid=stMarkdownContainer] *,
.st-key-${key} [data-testid=stCaptionContainer] *`)].map((one) => one.tagName.toLowerCase())"""


def squeezed(text: str) -> str:
    """A text without what cannot be seen, each gap one space wide."""
    return " ".join(UNSEEN.sub("", text.replace("\r", " ").replace("\n", " ")).split())


@pytest.fixture(scope="module")
def sentences(browser: Browser) -> Iterator[Page]:
    """The page with all of them; fails where one of them ran or asked for anything elsewhere."""
    with start(HERE.parent / "browser" / "sentences_app.py") as server:
        page = browser.new_page()
        with tripwire(page, server.url):
            page.goto(server.url)
            page.locator(".st-key-labels [data-testid=stSlider]").nth(len(INJECTIONS[::7]) - 1).wait_for(
                timeout=WAIT
            )
            yield page
        page.close()


@pytest.mark.parametrize("key", ["text", "small", "warned"])
def test_a_text_in_a_sentence_is_read_as_it_was_written(sentences: Page, key: str) -> None:
    before, after = table("en", "common")["errors"]["unknown_model"].split("{model}")
    shown = sentences.locator(f".st-key-{key} p").all_text_contents()
    wanted = [f"{before}{text}{after}" for text in INJECTIONS]
    assert list(map(squeezed, shown)) == list(map(squeezed, wanted))
    assert set(sentences.evaluate(ELEMENTS, key)) == {"p"}


def test_labels_and_choices_are_texts_too(sentences: Page) -> None:
    found = sentences.evaluate(ELEMENTS, "labels")
    assert set(found) == {"p"}
    assert len(found) > 4 * len(INJECTIONS) // 7


@pytest.mark.parametrize("stem", ["attention_heads", "token_splits", "next_token"])
def test_a_page_full_of_them_does_nothing_but_show_them(browser: Browser, server: Server, stem: str) -> None:
    """By its link, and all of them at once through its boxes; every page and view: ``make hostile``."""
    seen = Seen()
    linked(browser, server, seen, (stem,))
    typed(browser, server, seen, (stem,))
    assert not seen.harm
    assert not seen.failed
    log = server.log.read_text("utf-8", "replace")
    assert HIT not in log
    assert OUTSIDE not in log
