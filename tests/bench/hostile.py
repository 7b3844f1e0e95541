"""Texts that would be programs, links and formulas, in a real browser: every one of them, through every input.

``GLASSBOX_ADDRESSES`` is how many addresses made by chance are opened.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Browser, Error, Page

from core import catalog
from core.settings import setting
from tests.bench import servers
from tests.bench.report import Line
from tests.browser.exports import SHORT, alone, files, hostile, open_and_draw, views
from tests.browser.harness import Harm, chromium, watched_for_harm
from tests.hostile import HIT, INJECTIONS, OUTSIDE
from tests.pages.addresses import fuzzed

WAIT = 60_000  # milliseconds
ADDRESSES = 500
SAVED = (0, len(SHORT) // 2)
"""Where the texts of the downloads begin in the list of injections."""
TYPED = {"token_splits": ({"ts_part": "train", "ts_corpus": "own"}, "ts_corpus"),
         "classic_models": ({"cm_view": "counts", "cm_corpus": "own"}, "cm_corpus")}  # fmt: skip
"""Boxes for long texts of one's own: how they are opened, and their keys."""
DONE = "[data-testid=stApp][data-test-script-state=notRunning] [data-testid=stElementContainer]"
FAILED = "[data-testid=stException], [data-testid=stAlertContentError]"


@dataclass(slots=True)
class Seen:
    """What the visits came to."""

    visits: int = 0
    harm: list[Harm] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)  # what a page said where something unexpected happened


def settle(page: Page) -> None:
    """Until a page has run and stands."""
    page.locator(DONE).first.wait_for(state="attached", timeout=WAIT)
    page.wait_for_timeout(150)


@contextmanager
def visitor(browser: Browser, server: servers.Server, seen: Seen) -> Iterator[Page]:
    """A page of a new visitor, watched until the end."""
    context = browser.new_context(viewport={"width": 1000, "height": 900}, locale="en-US")
    page = context.new_page()
    with watched_for_harm(page, server.url) as harm:
        try:
            yield page
        except Error as error:
            seen.failed.append(f"{page.url}: {error}")
        seen.failed += page.locator(FAILED).all_text_contents()
    seen.visits += 1
    seen.harm += [harm] if harm else []
    context.close()


def go(page: Page, server: servers.Server, stem: str, query: Mapping[str, str] | str) -> None:
    """Open a link."""
    page.goto(f"{server.url}/{stem}?{query if isinstance(query, str) else urlencode(query)}")
    settle(page)


def linked(browser: Browser, server: servers.Server, seen: Seen, stems: tuple[str, ...] = ()) -> None:
    """Every text of every view by its link; of ``stems`` only the first view."""
    done: set[str] = set()
    for turn, (page, _, query) in enumerate(views()):
        if stems and (page.stem not in stems or page.stem in done):
            continue
        done.add(page.stem)
        with visitor(browser, server, seen) as opened:
            go(opened, server, page.stem, query | hostile(page, 7 * turn) | {"lang": "en"})


def typed(browser: Browser, server: servers.Server, seen: Seen, stems: tuple[str, ...] = ()) -> None:
    """All injections at once in each box that takes long texts, and in the prompt of each page."""
    text = "\n".join(INJECTIONS).replace("\0", "")
    for page in catalog.PAGES:
        if stems and page.stem not in stems:
            continue
        for query, key in (({}, "prompt_widget"), *([TYPED[page.stem]] if page.stem in TYPED else [])):
            with visitor(browser, server, seen) as opened:
                go(opened, server, page.stem, {**query, "lang": "en"})
                box = opened.locator(f".st-key-{key} textarea").first
                if box.count():
                    box.fill(text)
                    box.press("Control+Enter")
                    opened.wait_for_timeout(500)
                    settle(opened)


def named(browser: Browser, server: servers.Server, seen: Seen, step: int = 12) -> None:
    """Models of hostile names, and what is searched at home."""
    for text in INJECTIONS[::step]:
        with visitor(browser, server, seen) as opened:
            go(opened, server, "attention_heads", {"lang": "en", "model": text.replace("\0", "")})
    with visitor(browser, server, seen) as opened:
        go(opened, server, "", {"lang": "en"})
        box = opened.locator(".st-key-home_search input")
        for text in INJECTIONS[::step]:
            box.fill(text.replace("\0", "").replace("\n", " ")[:200])
            box.press("Enter")
            opened.wait_for_timeout(300)
            settle(opened)


def chance(browser: Browser, server: servers.Server, seen: Seen, count: int) -> None:
    """Addresses that nobody meant."""
    for page, address in fuzzed(count, seed=1):
        with visitor(browser, server, seen) as opened:
            go(opened, server, page.stem, address.replace("#", "%23"))


def saved(browser: Browser, seen: Seen) -> None:
    """The downloads of every view, opened from the disk."""
    for place in SAVED:
        with tempfile.TemporaryDirectory() as folder, alone(browser) as page:
            for file in (one for pages in files(Path(folder), str(place)).values() for one in pages):
                seen.visits += 1
                try:
                    open_and_draw(page, file)
                except (AssertionError, Error) as error:
                    seen.failed.append(f"{file.name}: {error}")


def measure() -> list[Line]:
    """Everything, on one server."""
    seen = Seen()
    with servers.start(servers.APP) as server, chromium() as browser:
        for act in (linked, typed, named):
            act(browser, server, seen)
        chance(browser, server, seen, int(setting("GLASSBOX_ADDRESSES", ADDRESSES)))
        log = server.log.read_text("utf-8", "replace")
        complaints = server.complaints()
        saved(browser, seen)
    note, texts = f"{seen.visits} visits, {len(INJECTIONS)} texts", log.count(HIT) + log.count(OUTSIDE)
    return [
        Line("texts that ran", sum(len(one.ran) for one in seen.harm), 0, "texts", note),
        Line("addresses elsewhere that were asked for", sum(len(one.asked) for one in seen.harm), 0, ""),
        Line(
            "links elsewhere", sum(len(one.links) for one in seen.harm), 0, "links", str(seen.harm[:2])[:200]
        ),
        Line("pages that failed", len(seen.failed), 0, "pages", str(seen.failed[:3])[:300]),
        Line("tracebacks in the log", complaints.count("Traceback"), 0, "", complaints[:200]),
        Line("texts of visitors in the log", texts, 0, "texts"),
    ]
