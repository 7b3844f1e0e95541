"""The page about word vectors in a real browser: views, a picked word, circled words, a long projection, its link."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.bench.servers import Server
from tests.browser.test_app import WAIT, go, parameters, wait_for_parameter

pytestmark = pytest.mark.browser
STEM = "embedding_space"


def the_map(page: Page) -> Locator:
    """The map's box, once its points are there."""
    box = page.locator(".st-key-es_map .em")
    expect(box).to_have_attribute("data-state", "full", timeout=WAIT)
    return box


def pick(page: Page, word: str) -> None:
    """Find a word in the map's own search and keep it."""
    field = the_map(page).locator(".em-search input")
    field.fill(word)
    field.press("Enter")


def test_views_are_one_click_apart_and_in_the_link(page: Page, server: Server) -> None:
    go(page, server, STEM, lang="en")
    the_map(page)
    page.get_by_role("radio", name="Analogy").or_(page.get_by_role("button", name="Analogy")).first.click()
    wait_for_parameter(page, "es_view", "analogy")
    expect(page.locator(".st-key-es_analogy").get_by_text("queen", exact=True).first).to_be_visible(
        timeout=WAIT
    )
    assert page.locator(".st-key-es_map").count() == 0


def test_a_picked_word_shows_its_neighbours_and_the_link_opens_with_it(
    browser: Browser, page: Page, server: Server
) -> None:
    go(page, server, STEM, lang="en")
    pick(page, "coffee")
    wait_for_parameter(page, "es_word", "coffee")
    line = page.get_by_text("Nearest to “coffee” in the whole table")
    expect(line).to_be_visible(timeout=WAIT)
    neighbours = line.inner_text()
    assert "tea" in neighbours
    context = browser.new_context(locale="zh-CN")
    other = context.new_page()
    other.goto(page.url)
    expect(the_map(other).locator(".em-word")).to_contain_text("coffee", timeout=WAIT)
    expect(other.get_by_text("Nearest to “coffee” in the whole table")).to_have_text(neighbours, timeout=WAIT)
    context.close()


def test_circled_words_can_be_mapped_alone(page: Page, server: Server) -> None:
    go(page, server, STEM, lang="en")
    box = the_map(page)
    box.locator(".em-lasso").click()
    stage = box.locator(".em-over").bounding_box()
    assert stage
    corners = [(0.05, 0.05), (0.95, 0.05), (0.95, 0.95), (0.05, 0.95), (0.05, 0.06)]
    points = [(stage["x"] + x * stage["width"], stage["y"] + y * stage["height"]) for x, y in corners]
    page.mouse.move(*points[0])
    page.mouse.down()
    for x, y in points[1:]:
        page.mouse.move(x, y, steps=8)
    page.mouse.up()
    button = page.get_by_role("button", name=re.compile("Map only these"))
    expect(button).to_be_visible(timeout=WAIT)
    button.click()
    wait_for_parameter(page, "es_source", "list")
    the_map(page)
    assert parameters(page)["es_method"] == "pca"


def test_a_long_projection_shows_its_progress_and_can_be_stopped(page: Page, server: Server) -> None:
    go(page, server, STEM, lang="en", es_method="tsne", es_count="5000")
    page.get_by_role("button", name="Compute this map").click(timeout=WAIT)
    stop = page.get_by_role("button", name="Stop")
    expect(stop).to_be_visible(timeout=WAIT)
    expect(page.get_by_role("progressbar").first).to_be_visible(timeout=WAIT)
    stop.click()
    expect(page.get_by_role("button", name="Compute this map")).to_be_visible(timeout=WAIT)
    expect(page.get_by_role("button", name="Stop")).to_have_count(0, timeout=WAIT)


def test_a_small_projection_starts_by_itself_and_its_map_appears(page: Page, server: Server) -> None:
    go(page, server, STEM, lang="en", es_method="tsne", es_count="100")
    expect(page.locator(".st-key-es_map .em")).to_have_attribute("data-state", "full", timeout=4 * WAIT)
    expect(page.locator(".st-key-es_map .em-about")).to_contain_text("t-SNE")


def test_the_layer_moved_in_the_canvas_is_in_the_link(page: Page, server: Server) -> None:
    go(page, server, STEM, lang="en", es_view="senses")
    curve = page.locator(".st-key-es_senses canvas").nth(1)
    expect(curve).to_be_visible(timeout=WAIT)
    curve.focus()
    curve.press("ArrowLeft")
    page.wait_for_function(
        "Number(new URLSearchParams(location.search).get('es_layer') ?? -1) > 0", timeout=WAIT
    )


@pytest.mark.parametrize(
    "view", ["map", "analogy", "onehot", "senses", "sentences", "anisotropy", "compress"]
)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_view_overflows_a_phone(browser: Browser, server: Server, view: str, language: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="en-US")
    page = context.new_page()
    go(page, server, STEM, lang=language, es_view=view)
    expect(page.locator("[class*=st-key-es_] :is(canvas, .js-plotly-plot)").first).to_be_visible(timeout=WAIT)
    assert page.evaluate("document.documentElement.scrollWidth") <= 391
    context.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_the_curve_of_smaller_vectors_reads_its_kinds_to_the_keys(
    browser: Browser, server: Server, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, locale="en-US")
    page = context.new_page()
    go(page, server, STEM, lang="en", es_view="compress")
    box = page.locator(".st-key-gbchart_es_curve")
    chart = box.locator(".stPlotlyChart[tabindex]")
    expect(chart).to_be_visible(timeout=WAIT)
    said = []
    chart.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
        said.append(box.locator("[role=status]").inner_text())
    assert all(name in text for name, text in zip(("1 bit", "int8", "float16", "float32"), said, strict=True))
    assert "No other kind here is smaller" in said[0]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()


def test_a_cell_of_many_sentences_names_both_to_the_keys(page: Page, server: Server) -> None:
    """No sentence is sent with each of the sixteen thousand cells: both sides and the cosine are put together here."""
    go(page, server, STEM, lang="en", es_view="sentences")
    box = page.locator(".st-key-gbchart_es_sentences")
    chart = box.locator(".stPlotlyChart[tabindex]")
    expect(chart).to_be_visible(timeout=WAIT)
    chart.focus()
    page.keyboard.press("ArrowRight")
    expect(box.locator("[role=status]")).to_have_text(
        re.compile(r"^0\.\d{3} 1\. The kitchen tap has been dripping all\s+night\. 1\. .*。$"), timeout=WAIT
    )
