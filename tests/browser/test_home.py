"""Home in a browser: a sentence followed by keys, cards that are links all over, ticks that outlive a reload."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from core.catalog import LANGUAGES, Language
from core.teaching import path, walk
from pages.kit.text import table, words
from tests.bench.servers import Server
from tests.browser.harness import until

pytestmark = pytest.mark.browser
WAIT = 90_000  # milliseconds, on a busy machine
OWN = {"en": "My neighbour's dog never barks because", "zh": "我家的猫每天早上都要"}
TICK = """(stem) =>
  getComputedStyle(document.querySelector(`.st-key-cards .st-key-card_${stem}`), "::before").content"""


def at_home(page: Page, server: Server, language: Language) -> None:
    """Home, with all its cards."""
    page.goto(f"{server.url}/?lang={language}")
    expect(page.locator(".st-key-cards img")).to_have_count(len(path.pages()), timeout=WAIT)


def press(page: Page, place: Locator) -> None:
    """Click where something is, whatever lies over it."""
    place.scroll_into_view_if_needed()
    box = place.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def arrived(page: Page, number: int, sentence: str) -> None:
    """A step is there, and its text is the sentence."""
    page.wait_for_url(f"**walk={number}*", timeout=WAIT)
    expect(page.locator(".st-key-gb_walk_on a")).to_be_visible(timeout=WAIT)
    place = words(parse_qs(urlsplit(page.url).query)["lang"][0])("walk.place", step=number, steps=walk.COUNT)
    expect(page.locator(".st-key-gb_walk h1")).to_contain_text(place, timeout=WAIT)
    expect(page.locator(".stMain textarea").first).to_have_value(sentence, timeout=WAIT)


@pytest.mark.timeout(6 * WAIT / 1000)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_is_followed_by_keys_and_leaves_ticks(
    page: Page, server: Server, language: Language
) -> None:
    at_home(page, server, language)
    box = page.locator(f".st-key-home_sentence_{language} input")
    box.fill(OWN[language])
    box.press("Enter")
    for number in range(1, walk.COUNT + 1):
        arrived(page, number, OWN[language])
        page.keyboard.press("n" if number % 2 else "ArrowRight")
    expect(box).to_have_value(OWN[language], timeout=WAIT)
    stems = [page.stem for page in path.pages()]
    opened = {stop.page for stop in walk.stops(OWN[language])}
    for load in range(2):
        seen = table(language, "home")["seen"]
        said = seen["count"].replace("{count}", str(len(opened))).replace("{all}", str(len(stems)))
        expect(page.locator(".gb-seen")).to_contain_text(said, timeout=WAIT)
        expect(page.locator(f".st-key-card_{stems[-1]}")).to_be_visible(timeout=WAIT)  # it is drawn last
        assert {stem for stem in stems if "✓" in page.evaluate(TICK, stem)} == opened
        if not load:
            page.reload()
    page.get_by_role("button", name=seen["forget"]).click()
    expect(page.locator(".gb-seen")).to_be_empty()
    assert not [stem for stem in stems if "✓" in page.evaluate(TICK, stem)]


@pytest.mark.timeout(4 * WAIT / 1000)
def test_keys_lead_nowhere_while_one_types_and_back_otherwise(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/next_token?lang=en&walk=5&text=The+cat+sat")
    arrived(page, 5, "The cat sat")
    field = page.locator(".stMain textarea").first
    field.focus()
    page.keyboard.type("bn")
    expect(field).to_have_value("The cat satbn")
    assert "walk=5" in page.url
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**The+cat+satbn**", timeout=WAIT)
    until(
        page, "() => document.querySelector('.st-key-gb_walk_back a')?.href.includes('satbn')", timeout=WAIT
    )
    page.locator(".st-key-gb_walk h1").click()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("b")
    arrived(page, 4, "The cat satbn")


@pytest.mark.timeout(3 * WAIT / 1000)
def test_a_card_is_a_link_all_over(page: Page, server: Server) -> None:
    at_home(page, server, "en")
    last = path.pages()[-1].stem
    press(page, page.locator(f".st-key-card_{last} img"))
    page.wait_for_url(f"**/{last}?*", timeout=WAIT)
    at_home(page, server, "en")
    press(page, page.get_by_text(table("en", "home")["doors"]["learn"]["line"]))
    until(page, "() => document.getElementById('learn').getBoundingClientRect().top < 120", timeout=WAIT)
    press(page, page.get_by_text(table("en", "home")["doors"]["five"]["line"]))
    arrived(page, 1, walk.SENTENCE["en"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_screen_has_the_box_the_doors_and_the_search(
    page: Page, server: Server, language: Language
) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    at_home(page, server, language)
    for key in (f"home_sentence_{language}", "doors", "home_search"):
        place = page.locator(f".st-key-{key}").bounding_box()
        assert place
        assert place["y"] + place["height"] <= 720


def test_a_search_finds_while_the_gallery_stays(page: Page, server: Server) -> None:
    at_home(page, server, "en")
    page.evaluate("document.querySelector('.st-key-cards img').dataset.same = '1'")
    field = page.locator(".st-key-home_search input")
    field.fill("幻觉")
    field.press("Enter")
    expect(page.get_by_text(table("en", "search")["answers"]["hallucination"]["line"])).to_be_visible(
        timeout=WAIT
    )
    assert page.evaluate("document.querySelector('.st-key-cards img').dataset.same") == "1"
