"""Every question of every page at 1280 × 720, stepped through by the keys: its figure stands below it, in sight."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, expect

from core import catalog
from core.catalog import LANGUAGES, Language
from pages.kit import permalink
from tests.bench.servers import Server
from tests.browser.harness import visiting
from tests.browser.test_app import WAIT, settled, wait_for_parameter

pytestmark = pytest.mark.browser
HEIGHT = 720
DRAWN = """(key) => {
  const bottoms = [];
  const look = (root) => {
    for (const one of root.querySelectorAll("*")) {
      const box = one.matches("canvas, svg.main-svg") && one.getBoundingClientRect();
      if (box && box.height > 4) bottoms.push(Math.round(box.bottom));
      if (one.shadowRoot) look(one.shadowRoot);
    }
  };
  const figure = document.querySelector(`.st-key-${key}`);
  if (!figure) return null;
  look(figure);
  return { top: Math.round(figure.getBoundingClientRect().top), bottom: Math.max(0, ...bottoms) };
}"""
"""Where a figure begins, and where the lowest of its canvases or charts ends: 0 where it has neither, a text."""
RESTS = """() => {
  const waits = (root) =>
    [...root.querySelectorAll("*")].some(
      (one) => one.getAttribute("aria-busy") === "true" || (one.shadowRoot && waits(one.shadowRoot)));
  return !waits(document);
}"""
ROOM = 400
"""Pixels above which a figure begins that is a text or a list: its first rows are in sight."""


def opened(page: Page, server: Server, declared: catalog.Page, language: Language) -> None:
    """Open a page at its first question."""
    state = declared.questions[0].ask.values(language)
    query = permalink.query(declared, state, language)
    given = {name: value for name, value in query.items() if name not in ("model", "text") or name in state}
    given |= {"lang": language, "present": "1", "slide": "0", "embed_options": "dark_theme"}
    page.goto(f"{server.url}/{declared.stem}?{urlencode(given, doseq=True)}")
    expect(page.locator(".st-key-gb_slide h1")).to_be_visible(timeout=WAIT)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("stem", [page.stem for page in catalog.PAGES])
def test_the_figure_of_each_question_fits_below_it(
    browser: Browser, server: Server, stem: str, language: Language
) -> None:
    declared, seen = catalog.find(stem), 0
    with visiting(browser, 1280, HEIGHT) as page:
        opened(page, server, declared, language)
        for step in range(2 * len(declared.questions)):
            if step:
                page.keyboard.press("ArrowRight")
                wait_for_parameter(page, "slide", str(step))
            settled(page)
            page.wait_for_function(RESTS, timeout=WAIT)
            page.wait_for_timeout(300)
            question = declared.questions[step // 2]
            place = page.evaluate(DRAWN, question.figure)
            assert place or not step % 2, f"{question.id}: its figure shows its answer"
            if place:
                assert place["bottom"] or place["top"] <= ROOM, question.id
                assert place["bottom"] <= HEIGHT + 4, question.id
                seen += 1
    assert seen >= len(declared.questions)
