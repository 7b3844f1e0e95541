"""Texts that would be links, pictures, formulas or programs, read by Streamlit's own Markdown in a real browser."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from pages.kit.text import table
from tests.bench.hostile import Seen, linked, served, typed, visitor
from tests.bench.hostile_lectures import doored, followed, lectured
from tests.bench.servers import HERE, Server, start
from tests.browser.harness import tripwire
from tests.hostile import INJECTIONS, OUTSIDE

pytestmark = pytest.mark.browser
ALL = pytest.mark.skipif(
    not os.environ.get("GLASSBOX_ALL_RESULTS"), reason="make test-all, and make hostile whole"
)
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


@ALL
@pytest.mark.timeout(600)
def test_pages_full_of_them_do_nothing_but_show_them(browser: Browser) -> None:
    """By their links, and in their boxes, once in each view; every page, view and text: ``make hostile``."""
    seen, stems = Seen(), ("attention_heads", "token_splits")
    with served(seen) as server:
        linked(browser, server, seen, stems, 1)
        typed(browser, server, seen, stems, 1)
    assert not seen.harm
    assert not seen.failed
    assert not seen.logged
    assert not seen.tracebacks
    assert seen.visits > 10


@ALL
@pytest.mark.timeout(600)
def test_a_lecture_full_of_them_is_presented_voted_on_and_handed_out(browser: Browser) -> None:
    """One, and some sentences at home; all of them: ``make hostile``."""
    seen = Seen()
    with served(seen) as server:
        followed(browser, server, seen, 2)
        doored(browser, server, seen, 3)
        lectured(browser, server, seen, 1)
    assert not seen.harm
    assert not seen.failed
    assert not seen.logged
    assert not seen.tracebacks
    assert seen.visits > 15


@pytest.mark.parametrize(
    ("markup", "kind"),
    [
        ("<img src=x onerror=window.__hit=1>", "ran"),  # the policy alone holds it back
        (f"<img src=//{OUTSIDE}/a.png>", "ran"),
        (f"<a href=//{OUTSIDE}>x</a>", "links"),
    ],
)
def test_a_text_that_became_markup_would_be_seen(
    browser: Browser, server: Server, markup: str, kind: str
) -> None:
    seen = Seen()
    with visitor(browser, server, seen) as one:
        one.open("", {"lang": "en"})
        one.page.evaluate("markup => document.body.insertAdjacentHTML('beforeend', markup)", markup)
        one.settle()
    (harm,) = seen.harm
    assert getattr(harm, kind)
    assert not seen.failed
