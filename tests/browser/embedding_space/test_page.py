"""The page about word vectors in a real browser: views, a picked word, circled words, a long projection, its link."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from core import catalog
from tests.bench.servers import Server
from tests.browser.harness import visiting
from tests.browser.test_app import WAIT, go, parameters, settled, wait_for_parameter

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
    expect(page.locator(".st-key-gbchart_es_analogy").get_by_text("queen", exact=True).first).to_be_visible(
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
    with visiting(browser, language="zh-CN") as other:
        other.goto(page.url)
        expect(the_map(other).locator(".em-word")).to_contain_text("coffee", timeout=WAIT)
        line = other.get_by_text("Nearest to “coffee” in the whole table")
        expect(line).to_have_text(neighbours, timeout=WAIT)


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
    the_map(page)  # of the points so far
    expect(page.get_by_text("Still being computed")).to_be_visible()
    expect(stop).to_be_visible()
    stop.click()
    expect(page.get_by_role("button", name="Compute this map")).to_be_visible(timeout=WAIT)
    expect(page.get_by_role("button", name="Stop")).to_have_count(0, timeout=WAIT)


def test_a_small_projection_starts_by_itself_and_its_map_appears(page: Page, server: Server) -> None:
    go(page, server, STEM, lang="en", es_method="tsne", es_count="100")
    expect(page.locator(".st-key-es_map .em")).to_have_attribute("data-state", "full", timeout=4 * WAIT)
    expect(page.locator(".st-key-es_map .em-about")).to_contain_text("t-SNE")


def chart_of(page: Page, key: str) -> Locator:
    """The box of a chart, once the keys can walk through it."""
    box = page.locator(f".st-key-gbchart_{key}")
    expect(box.locator(".stPlotlyChart[tabindex]")).to_be_visible(timeout=WAIT)
    return box


def test_the_layer_moved_below_the_senses_is_in_the_link(page: Page, server: Server) -> None:
    go(page, server, STEM, lang="en", es_view="senses")
    title = chart_of(page, "es_senses").locator(".gtitle")
    expect(title).to_contain_text("layer 9")
    slider = page.get_by_role("slider")
    slider.focus()
    slider.press("ArrowLeft")
    wait_for_parameter(page, "es_layer", "8")
    expect(title).to_contain_text("layer 8", timeout=WAIT)


SEEN = """(box) => {
  window.seen = [];
  let last = box.querySelector(".gtitle").textContent;
  const look = () => {
    const title = box.querySelector(".gtitle")?.textContent;
    if (title && title !== last) window.seen.push([title, box.querySelector(".point").getAttribute("transform")]);
    last = title ?? last;
    requestAnimationFrame(look);
  };
  look();
}"""
"""Notes each heading that a chart shows, and where its first point stands then."""


def test_all_layers_are_played_without_the_server_and_end_where_they_began(
    page: Page, server: Server
) -> None:
    sent: list[object] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))  # noqa: PLW0108 — a builtin cannot listen
    go(page, server, STEM, lang="en", es_view="senses")
    box = chart_of(page, "es_senses")
    places = "all => all.map((one) => one.getAttribute('transform'))"
    first = box.locator(".point").evaluate_all(places)
    assert len(first) == 16
    page.wait_for_load_state("networkidle")
    assert sent, "the page spoke with the server"
    sent.clear()
    box.evaluate(SEEN)
    box.locator(".updatemenu-button").click()
    page.wait_for_function("window.seen.length >= 14", timeout=WAIT)
    titles, stood = zip(*page.evaluate("window.seen"), strict=True)
    assert [title.split(":")[0].split(" ")[-1] for title in titles] == [*map(str, range(13)), "9"]
    assert len(set(stood)) > 10, "the points moved"
    page.wait_for_function(
        """(first) => [...document.querySelectorAll(".st-key-gbchart_es_senses .point")]
             .every((one, at) => one.getAttribute("transform") === first[at])""",
        arg=first,
        timeout=WAIT,
    )
    assert not sent
    with page.expect_download() as waiting:
        box.get_by_role("button", name="Save as SVG").click()
    picture = Path(waiting.value.path()).read_text("utf-8")
    assert "layer 9" in picture
    assert "Play" not in picture, "its button is no part of the picture"
    expect(box.locator(".updatemenu-button")).to_be_visible()


def test_keys_read_the_senses_sentence_by_sentence(page: Page, server: Server) -> None:
    go(page, server, STEM, lang="en", es_view="senses")
    box = chart_of(page, "es_senses")
    box.locator(".stPlotlyChart").focus()
    said = box.locator("[role=status]")
    page.keyboard.press("ArrowRight")
    expect(said).to_have_text(re.compile(r"^money: To borrow money .* bank\. Tokens averaged: .*bank$"))
    page.keyboard.press("ArrowDown")
    expect(said).to_have_text(re.compile(r"^river: .* bank\. Tokens averaged: .*bank$"))


@pytest.mark.parametrize("key", ["es_onehot", "es_dense"])
def test_a_pair_is_said_with_both_cosines_in_either_matrix(page: Page, server: Server, key: str) -> None:
    go(page, server, STEM, lang="en", es_view="onehot")
    box = chart_of(page, key)
    box.locator(".stPlotlyChart").focus()
    said = box.locator("[role=status]")
    page.keyboard.press("ArrowRight")
    expect(said).to_have_text("cat with itself: 1 in both")
    page.keyboard.press("ArrowDown")
    expect(said).to_contain_text("dog and cat: one-hot 0.00, dense 0.92")


EDGES = """all => all.filter((one) => one.textContent).map((one) => {
  const { left, top, right, bottom } = one.getBoundingClientRect();
  return [left, top, right, bottom];
})"""
"""Where each text stands that is not empty."""


@pytest.mark.parametrize(("width", "present"), [(390, ""), (1280, ""), (1280, "1")])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_names_on_the_path_cover_no_other_and_are_all_in_sight(
    browser: Browser, server: Server, language: str, width: int, present: str
) -> None:
    with visiting(browser, width, 720) as page:
        lecture = {"present": present, "slide": "1"} if present else {}
        table = {"zh": "chinese", "en": "glove"}[language]
        go(page, server, STEM, lang=language, es_view="analogy", es_table=table, **lecture)
        box = chart_of(page, "es_analogy")
        boxes = box.locator(".textpoint text").evaluate_all(EDGES)
        assert len(boxes) >= (8 if present else 10)
        frame = box.locator(".main-svg").first.bounding_box()
        assert frame is not None
        for at, (left, top, right, bottom) in enumerate(boxes):
            assert frame["x"] <= left
            assert right <= frame["x"] + frame["width"]
            for other in boxes[:at]:
                over = min(right, other[2]) - max(left, other[0]), min(bottom, other[3]) - max(top, other[1])
                assert min(over) <= 4, "the lines of type touch at most with their empty edges"


def test_the_path_is_drawn_in_proportion(page: Page, server: Server) -> None:
    """Both arrows are parallel on the screen, as the steps are: the second is the first, taken again from c."""
    go(page, server, STEM, lang="en", es_view="analogy")
    paths = chart_of(page, "es_analogy").locator(".annotation-arrow-g > path:first-child")
    expect(paths).to_have_count(2)
    ends = paths.evaluate_all(
        """all => all.map((one) => { const [a, b] = [0, one.getTotalLength()].map((at) => one.getPointAtLength(at));
             return [b.x - a.x, b.y - a.y]; })"""
    )
    (x, y), (u, v) = ends
    assert abs(x * v - y * u) < 0.02 * math.hypot(x, y) * math.hypot(u, v)
    assert x * u + y * v > 0


def test_the_neighbours_of_an_answer_are_a_click_away_and_in_the_link(page: Page, server: Server) -> None:
    go(page, server, STEM, lang="en", es_view="analogy")
    chart_of(page, "es_answers")
    page.locator(".st-key-w_es_word").get_by_role("radio", name="princess").click()
    wait_for_parameter(page, "es_word", "princess")
    expect(page.get_by_text("Nearest to “princess” in the whole table")).to_be_visible(timeout=WAIT)


@pytest.mark.parametrize(("slide", "key"), [(1, "es_analogy"), (5, "es_senses")])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_in_a_lecture_the_question_and_the_charts_fit(
    browser: Browser, server: Server, language: str, slide: int, key: str
) -> None:
    with visiting(browser, 1280, 720) as page:
        view = {1: "analogy", 5: "senses"}[slide]
        go(page, server, STEM, lang=language, present="1", slide=str(slide), es_view=view)
        box = chart_of(page, key).locator(".main-svg").first.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 720


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_view_overflows_a_phone(browser: Browser, server: Server, language: str) -> None:
    """One after the other, as a visitor opens them."""
    with visiting(browser, 390, 844) as page:
        go(page, server, STEM, lang=language)
        for at, view in enumerate(catalog.find(STEM).param("view").options):
            if at:
                page.locator(".st-key-w_es_view [role=radio]").nth(at).click()
                wait_for_parameter(page, "es_view", view)
            settled(page)
            figure = page.locator("[class*=st-key-es_] :is(canvas, .js-plotly-plot)").first
            expect(figure).to_be_visible(timeout=WAIT)
            assert page.evaluate("document.documentElement.scrollWidth") <= 391, view


@pytest.mark.parametrize("width", [390, 1280])
def test_the_curve_of_smaller_vectors_reads_its_kinds_to_the_keys(
    browser: Browser, server: Server, width: int
) -> None:
    with visiting(browser, width, 800) as page:
        go(page, server, STEM, lang="en", es_view="compress")
        box = page.locator(".st-key-gbchart_es_curve")
        chart = box.locator(".stPlotlyChart[tabindex]")
        expect(chart).to_be_visible(timeout=WAIT)
        said = []
        chart.focus()
        for _ in range(4):
            page.keyboard.press("ArrowRight")
            said.append(box.locator("[role=status]").inner_text())
        assert all(
            name in text for name, text in zip(("1 bit", "int8", "float16", "float32"), said, strict=True)
        )
        assert "No other kind here is smaller" in said[0]
        assert page.evaluate("document.documentElement.scrollWidth") <= width


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


def test_a_click_on_a_cell_looks_at_its_pair_and_the_link_has_it(page: Page, server: Server) -> None:
    go(page, server, STEM, lang="en", es_view="sentences")
    box = page.locator(".st-key-gbchart_es_sentences")
    expect(box.locator(".stPlotlyChart[tabindex]")).to_be_visible(timeout=WAIT)
    area = box.locator(".nsewdrag").bounding_box()
    assert area is not None
    page.mouse.move(area["x"] + 0.7 * area["width"], area["y"] + 0.5 * area["height"])
    page.wait_for_timeout(300)  # plotly looks for what lies under a pointer that rests
    page.mouse.click(area["x"] + 0.7 * area["width"], area["y"] + 0.5 * area["height"])
    page.wait_for_function(
        "Math.abs(Number(new URLSearchParams(location.search).get('es_pair') ?? -9) - 64) <= 2", timeout=WAIT
    )
    expect(page.get_by_text("(translation)")).to_be_visible(timeout=WAIT)
    expect(box.locator(".shapelayer path")).to_have_count(1, timeout=WAIT)
