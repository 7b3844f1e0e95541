"""Every question of every page at 1280 × 720, stepped through by the keys: its figure stands below it, in sight."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, expect

from core import catalog
from core.catalog import LANGUAGES, Language
from core.teaching import lectures
from core.teaching.kinds import Asked, Lecture, Step
from pages.kit import permalink
from pages.kit.teach import show
from tests.bench.servers import Server
from tests.browser.harness import visiting
from tests.browser.test_app import WAIT, press, settled, wait_for_parameter

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
FIGURE = """() => {
  const look = (root, bottoms) => {
    for (const one of root.querySelectorAll("*")) {
      const box = one.matches("canvas, svg.main-svg") && one.getBoundingClientRect();
      if (box && box.height > 30) bottoms.push(Math.round(box.bottom));
      if (one.shadowRoot) look(one.shadowRoot, bottoms);
    }
    return bottoms;
  };
  const figures = '[data-testid^="stBidi"], [data-testid="stPlotlyChart"], iframe, .st-key-qb_entry, .st-key-gl_entry';
  for (const one of document.querySelectorAll(figures)) {
    const box = one.getBoundingClientRect();
    if (box.height > 40)
      return { top: Math.round(box.top), bottom: Math.max(0, ...look(one.parentElement, [])) };
  }
  return null;
}"""
"""The same of the first figure that a page shows, whichever it is."""
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


ALONE = """() => {
  const find = (root) => {
    for (const one of root.querySelectorAll("*")) {
      const found = one.matches(".focus-plot") ? one : one.shadowRoot && find(one.shadowRoot);
      if (found) return found;
    }
    return null;
  };
  return Math.round(find(document).getBoundingClientRect().bottom);
}"""
"""Where curves and matrix of the one head that is shown end; what is told of a token comes below them."""


UNSTARTED = {"training_lab": ("live",)}
"""Parts that are nothing before they are started."""


def fits(page: Page, shown: str, *, alone: bool = False) -> None:
    """The first figure of a page is there, and ends in sight; one that is a text begins in sight."""
    page.wait_for_function(f"() => ({FIGURE})() !== null", timeout=WAIT)
    settled(page)
    page.wait_for_function(RESTS, timeout=WAIT)
    page.wait_for_timeout(300)
    place = page.evaluate(FIGURE)
    assert place["bottom"] or place["top"] <= ROOM, shown
    assert (page.evaluate(ALONE) if alone else place["bottom"]) <= HEIGHT + 4, shown


def each(names: Iterable[str]) -> list[tuple[str, Language]]:
    """Names with a language: one each in turn, and both in ``make test-all``."""
    if os.environ.get("GLASSBOX_ALL_RESULTS"):
        return [(name, language) for name in names for language in LANGUAGES]
    return [(name, LANGUAGES[at % len(LANGUAGES)]) for at, name in enumerate(names)]


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("stem", "language"), each(page.stem for page in catalog.PAGES))
def test_each_part_of_a_page_fits_as_the_state_that_is_presented_first(
    browser: Browser, server: Server, stem: str, language: Language
) -> None:
    declared = catalog.find(stem)
    by = declared.param(declared.by)
    with visiting(browser, 1280, HEIGHT) as page:
        for shown in (one for one in by.options if one not in UNSTARTED.get(stem, ())):
            how = {"lang": language, "present": "1", "slide": "-1", "embed_options": "dark_theme"}
            page.goto(f"{server.url}/{stem}?{urlencode({**how, f'{declared.short}_{by.name}': shown})}")
            fits(page, shown)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("id", "language"), each(lectures.BUNDLED))
def test_each_slide_of_a_lecture_fits(browser: Browser, server: Server, id: str, language: Language) -> None:
    lecture = lectures.find(id, language)
    with visiting(browser, 1280, HEIGHT) as page:
        first = {**show.query(lecture, 0), "embed_options": "dark_theme"}
        page.goto(f"{server.url}/{lecture.steps[0].page}?{urlencode(first)}")
        for number, (at, phase) in enumerate(lecture.slides()):
            if number:
                page.keyboard.press("ArrowRight")
                wait_for_parameter(page, "slide", str(number))
            if phase in show.ALONE:
                expect(page.locator(".st-key-gb_alone h1")).to_be_visible(timeout=WAIT)
                settled(page)
                box = page.locator(".st-key-gb_alone").bounding_box()
                assert box is not None
                assert box["y"] + box["height"] <= HEIGHT, f"slide {number}"
            else:
                step = lecture.steps[at]
                fits(page, f"slide {number} ({step.page})", alone="figure" in step.query)


def lecture_of_eight() -> Lecture:
    """Eight states of four pages, two of them with a question before, one with a second one."""
    asked = Asked("Which of them is it?", ("This one", "That one"), 1, "Because it is that one.")
    pages = (
        "token_splits",
        "attention_heads",
        "attention_heads",
        "next_token",
        "model_anatomy",
        "model_anatomy",
    )
    steps = [
        Step(stem, say=f"Look at {number}", note=f"Note {number}") for number, stem in enumerate(pages, 1)
    ]
    steps[1] = replace(steps[1], query={"ah_layer": "3", "ah_head": "6"}, before=asked)
    steps[2] = replace(steps[2], query={"ah_part": "rollout"}, before=asked, after=asked)
    last = (
        Step("next_token", {"nt_temperature": "2"}, say="Look at 7"),
        Step("token_splits", say="Look at 8"),
    )
    return Lecture("", "Eight states", "en", (*steps, *last))


@pytest.mark.timeout(300)
def test_a_lecture_goes_through_eight_states_of_four_pages_by_the_keys(
    browser: Browser, server: Server
) -> None:
    lecture = lecture_of_eight()
    address = (
        f"{server.url}/token_splits?{urlencode({**show.query(lecture, 0), 'embed_options': 'dark_theme'})}"
    )
    with visiting(browser, 1280, HEIGHT) as page:
        page.goto(address)
        for number, (at, phase) in enumerate(lecture.slides()):
            step = lecture.steps[at]
            expect(page.get_by_text(f"Slide {number + 1} of {len(lecture.slides())}")).to_be_visible(
                timeout=WAIT
            )
            assert f"/{step.page}?" in page.url
            alone = phase in show.ALONE
            expect(page.locator(".st-key-gb_alone" if alone else ".st-key-gb_slide")).to_be_visible(
                timeout=WAIT
            )
            if alone:
                settled(page)
                assert page.evaluate(FIGURE) is None, "the figure shows its answer"
                assert page.get_by_text("Because it is").count() == 0
            else:
                fits(page, f"slide {number}")
            page.keyboard.press("ArrowRight")
        expect(page.get_by_role("heading", name="The end")).to_be_visible(timeout=WAIT)
        expect(page.get_by_test_id("stPageLink")).to_have_count(len(lecture.steps), timeout=WAIT)
        page.keyboard.press("ArrowLeft")
        expect(page.get_by_text("Look at 8")).to_be_visible(timeout=WAIT)


def test_the_presenter_s_window_and_the_wall_s_go_together(browser: Browser, server: Server) -> None:
    lecture = lecture_of_eight()
    with visiting(browser, 1280, HEIGHT) as wall:
        dark = {"embed_options": "dark_theme"}
        wall.goto(f"{server.url}/token_splits?{urlencode({**show.query(lecture, 0), **dark})}")
        notes = wall.context.new_page()
        query = {**show.query(lecture, 0, presenter=True), **dark}
        notes.goto(f"{server.url}/token_splits?{urlencode(query)}")
        expect(notes.get_by_text("Note 1")).to_be_visible(timeout=WAIT)
        expect(wall.get_by_text("Slide 1 of")).to_be_visible(timeout=WAIT)
        assert wall.get_by_text("Note 1").count() == 0
        expect(notes.locator(".gb-over-clock")).to_have_text(re.compile(r"^0:\d\d · \d"))
        settled(wall)
        settled(notes)
        notes.keyboard.press("ArrowRight")
        for page in (notes, wall):  # a question about another page
            expect(page.get_by_text("Which of them is it?").first).to_be_visible(timeout=WAIT)
            wait_for_parameter(page, "slide", "1")
        settled(wall)
        wall.keyboard.press("ArrowRight")
        expect(notes.get_by_text("Note 2")).to_be_visible(timeout=WAIT)


def test_what_lies_over_a_lecture_comes_and_goes_with_its_keys(browser: Browser, server: Server) -> None:
    with visiting(browser, 1280, HEIGHT) as page:
        query = {"lang": "en", "present": "1", "slide": "-1", "embed_options": "dark_theme"}
        page.goto(f"{server.url}/model_anatomy?{urlencode(query)}")
        expect(page.locator(".st-key-gb_slide h1")).to_be_visible(timeout=WAIT)
        settled(page)
        for key, name in (("l", "dot"), ("b", "blank"), ("t", "clock"), ("?", "keys")):
            expect(page.locator(f".gb-over-{name}")).to_be_hidden()
            page.keyboard.press(key)
            expect(page.locator(f".gb-over-{name}")).to_be_visible()
            page.keyboard.press("Escape" if name == "keys" else key)
            expect(page.locator(f".gb-over-{name}")).to_be_hidden()
        page.keyboard.press("l")
        page.mouse.move(400, 300)
        dot = page.locator(".gb-over-dot").bounding_box()
        assert dot is not None
        assert (dot["x"] + dot["width"] / 2, dot["y"] + dot["height"] / 2) == pytest.approx((400, 300), abs=1)
        before = page.locator(".st-key-gb_slide h1").bounding_box()
        page.keyboard.press("z")
        closer = page.locator(".st-key-gb_slide h1").bounding_box()
        assert before is not None
        assert closer is not None
        assert closer["height"] == pytest.approx(2 * before["height"], rel=0.01)
        assert closer["x"] == pytest.approx(
            400 - 2 * (400 - before["x"]), abs=1
        )  # what is under the pointer stays
        page.keyboard.press("z")
        page.keyboard.press("Escape")
        expect(page.locator("[data-testid=stSidebar]")).to_be_visible(timeout=WAIT)
        assert page.locator(".gb-over").count() == 0


def test_a_lecture_that_is_being_made_outlives_the_session(browser: Browser, server: Server) -> None:
    with visiting(browser) as page:
        page.goto(f"{server.url}/model_anatomy?lang=en&ma_view=masks")
        press(page, "gb_lectures")
        page.get_by_role("dialog").get_by_text("My lecture").first.click()
        press(page, "gb_lecture_add")
        expect(page.get_by_text("1 state · 2 minutes")).to_be_visible(timeout=WAIT)
        page.get_by_role("dialog").get_by_role("button", name="Close").click()
        settled(page)
        page.reload()
        expect(page.locator("h1").first).to_be_visible(timeout=WAIT)
        settled(page)
        press(page, "gb_lectures")
        page.get_by_role("dialog").get_by_text("My lecture").first.click()
        expect(page.get_by_text("1 state · 2 minutes")).to_be_visible(timeout=WAIT)
        press(page, "gb_start_")
        expect(page.get_by_text("Slide 1 of 1")).to_be_visible(timeout=WAIT)
        wait_for_parameter(page, "ma_view", "masks")
        page.wait_for_function(
            "new URL(location.href).searchParams.getAll('embed_options').includes('dark_theme')"
        )
        expect(page.get_by_text("Slide 1 of 1")).to_be_visible(timeout=WAIT)
