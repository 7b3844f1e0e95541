"""Plotly's charts in a real browser: what any of them must do, tried on one page that needs no model."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from core.figures.buffer import pack
from pages.kit.text import Words, table
from tests.bench.servers import Server
from tests.browser.harness import opened as component
from tests.browser.harness import visiting

pytestmark = pytest.mark.browser
WAIT = 60_000
CHART = ".st-key-gbchart_cm_unseen"
TABLE = ".st-key-gbchart_cm_table"
COUNTS = "classic_models?cm_view=counts"


def show(page: Page, server: Server, address: str) -> None:
    page.goto(f"{server.url}/{address}")
    page.locator(f"{CHART} .scatterlayer path.js-line").first.wait_for(timeout=WAIT)
    page.locator(f"{CHART} .stPlotlyChart[tabindex='0']").wait_for(timeout=WAIT)


def words(language: str) -> Words:
    return Words(language, "classic_models")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_chart_speaks_the_visitors_language(page: Page, server: Server, language: str) -> None:
    show(page, server, f"{COUNTS}&lang={language}")
    chart = page.locator(CHART)
    assert words(language)("charts.title_unseen") in chart.inner_text()
    dictionary = table(language, "common")["plotly"]
    titles = chart.locator(".modebar-btn").evaluate_all(
        "all => all.map((one) => one.dataset.title ?? one.ariaLabel)"
    )
    assert {dictionary["Zoom"], dictionary["Reset axes"]} <= set(titles)
    assert chart.get_by_role("button", name=words(language).sub("chart")["save_svg"]).is_visible()
    alt = words(language).get("charts.alt_unseen").split("{share")[0].replace("{order}", "5")
    assert chart.locator(f"[aria-label*='{alt}']").count() == 1


def test_arrow_keys_walk_through_the_values(page: Page, server: Server) -> None:
    show(page, server, f"{COUNTS}&lang=en")
    chart, said = page.locator(f"{CHART} .stPlotlyChart"), page.locator(f"{CHART} [role=status]")
    chart.focus()
    page.keyboard.press("ArrowRight")
    expect(said).to_contain_text("Order 1")
    page.keyboard.press("ArrowRight")
    expect(said).to_contain_text("Order 2")
    expect(page.locator(f"{CHART} .hoverlayer .hovertext")).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(said).to_contain_text("context")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(said).to_contain_text("Order 1")
    heat, cell = page.locator(f"{TABLE} .stPlotlyChart"), page.locator(f"{TABLE} [role=status]")
    heat.focus()
    page.keyboard.press("ArrowRight")
    first = cell.inner_text()
    page.keyboard.press("ArrowDown")
    expect(cell).not_to_have_text(first)


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_a_picture_can_be_taken_home(page: Page, server: Server, kind: str) -> None:
    show(page, server, f"{COUNTS}&lang=en")
    name = {"png": words("en").sub("chart")["save"], "svg": words("en").sub("chart")["save_svg"]}[kind]
    with page.expect_download() as waiting:
        page.locator(CHART).get_by_role("button", name=name).click()
    assert waiting.value.suggested_filename == f"cm_unseen.{kind}"
    content = Path(waiting.value.path()).read_bytes()
    assert content.startswith(b"\x89PNG" if kind == "png" else b"<svg")


def test_the_pointer_shows_a_value_and_asks_the_server_nothing(page: Page, server: Server) -> None:
    sent: list[object] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))  # noqa: PLW0108 — a builtin cannot listen
    show(page, server, f"{COUNTS}&lang=en")
    page.wait_for_load_state("networkidle")
    assert sent, "the page spoke with the server"
    sent.clear()
    box = page.locator(f"{CHART} .nsewdrag").bounding_box()
    assert box is not None
    point = page.locator(f"{CHART} .scatterlayer path.point").nth(2).bounding_box()
    assert point is not None
    page.mouse.move(point["x"] + point["width"] / 2, point["y"] + point["height"] / 2)
    label = page.locator(f"{CHART} .hoverlayer .hovertext")
    expect(label).to_be_visible()
    assert re.search(
        r"Order \d: \d+ %", (label.text_content() or "").replace("\u202f", " ").replace("\u00a0", " ")
    )
    assert not sent


@pytest.mark.parametrize("width", [390, 1280])
def test_a_chart_fits_its_page(browser: Browser, server: Server, width: int) -> None:
    with visiting(browser, width, 844) as page:
        show(page, server, f"{COUNTS}&lang=zh")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator(f"{CHART} .xtick").count() >= 5


def test_in_a_lecture_the_chart_and_the_question_fit(browser: Browser, server: Server) -> None:
    with visiting(browser, 1280, 720) as page:
        show(page, server, f"{COUNTS}&lang=en&present=1&slide=1")
        box = page.locator(f"{CHART} .main-svg").first.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 720


def test_its_tools_wait_for_a_chart_that_is_not_there(browser: Browser) -> None:

    data = pack(
        {"words": words("en").sub("chart"), "key": "nowhere", "file": "x", "language": "en"},
        {},
        compress=False,
    )
    with component(browser, "chart", data) as page:
        page.get_by_role("button", name="Save as SVG").click()
        assert page.locator("[role=status]").inner_text() == ""
        assert page.locator("a[download]").count() == 0


def test_a_picture_of_the_chart_stands_there_until_plotly_is_loaded(page: Page, server: Server) -> None:
    """Both say the same, and when plotly has drawn the chart the picture is gone."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/PlotlyChart*", hold)
    page.goto(f"{server.url}/{COUNTS}&lang=en")
    picture = page.locator(f"{CHART} .gbc-poster svg")
    picture.wait_for(timeout=WAIT)
    assert page.locator(f"{CHART} .js-plotly-plot").count() == 0
    texts = "all => all.map((one) => one.textContent).filter(Boolean).sort()"
    shown = picture.locator("text").evaluate_all(texts)
    where = (
        "one => { const box = one.getBoundingClientRect(); return [box.top, box.height].map(Math.round); }"
    )
    place = picture.evaluate(where)
    for route in held:
        route.continue_()
    page.locator(f"{CHART} .scatterlayer path.js-line").first.wait_for(timeout=WAIT)
    expect(picture).to_have_count(0)
    drawn = page.locator(f"{CHART} .stPlotlyChart")
    assert drawn.locator(".main-svg text").evaluate_all(texts) == shown
    assert drawn.evaluate(where) == place
