"""The charts of the residual stream in a real browser: every width, a lecture, and a cell that is clicked."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.bench.servers import Server
from tests.browser.harness import visiting

pytestmark = pytest.mark.browser
WAIT = 60_000  # milliseconds; the first visitor waits for the imports


def go(page: Page, server: Server, view: str, **query: str) -> None:
    page.goto(f"{server.url}/model_anatomy?{urlencode({'ma_view': view, **query})}")
    expect(page.locator(f".st-key-gbchart_ma_{view} .nsewdrag").first).to_be_attached(timeout=WAIT)


COUNTING = {"model": "smollm2-135m", "text": "1、2、3、4、"}
"""On this many neurons are strong; on the opening text three outdo all others."""
READABLE = """([selector, most]) => {
  const texts = [...document.querySelectorAll(selector)].filter((one) => one.textContent.trim());
  const shown = texts.filter((one) => getComputedStyle(one).display !== "none");
  const size = (one) => parseFloat(getComputedStyle(one).fontSize) * (one.getCTM().a / one.ownerSVGElement.getCTM().a);
  return texts.length > 20 && (shown.length === texts.length || !most) && shown.every((one) => size(one) >= 7);
}"""
"""Whether what stands in the cells of a heat map is type of 7 pixels at least, and whether nothing is left out."""


def own(page: Page) -> dict[str, str]:
    found = parse_qs(urlsplit(page.url).query)
    return {name[3:]: values[-1] for name, values in found.items() if name.startswith("ma_")}


def wait_for(page: Page, name: str, value: str | None) -> None:
    page.wait_for_function(
        "([name, value]) => new URLSearchParams(location.search).get(name) === value",
        arg=[f"ma_{name}", value],
        timeout=WAIT,
    )


def point(page: Page, view: str, across: float, down: float) -> tuple[float, float]:
    box = page.locator(f".st-key-gbchart_ma_{view} .nsewdrag").first.bounding_box()
    assert box
    return box["x"] + box["width"] * across, box["y"] + box["height"] * down


@pytest.mark.parametrize(
    ("view", "language"),
    [("lens", "en"), ("contributions", "zh"), ("norms", "en"), ("patching", "zh"), ("neurons", "zh")],
)
def test_a_view_fits_a_phone(browser: Browser, server: Server, view: str, language: str) -> None:
    with visiting(browser, 390, 844, has_touch=True) as page:
        go(page, server, view, lang=language, **(COUNTING if view == "neurons" else {}))
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        title = page.locator(f".st-key-gbchart_ma_{view} .gtitle").first.bounding_box()
        assert title
        assert title["x"] + title["width"] <= 390
        if view in ("lens", "norms", "neurons"):
            written = [f".st-key-gbchart_ma_{view} .heatmap-label text", view != "neurons"]
            page.wait_for_function(READABLE, arg=written, timeout=WAIT)


@pytest.mark.parametrize("view", ["lens", "patching", "norms"])
def test_a_lecture_sees_the_question_and_the_whole_heat_map(
    browser: Browser, server: Server, view: str
) -> None:
    slide = {"lens": "7", "patching": "9", "norms": "11"}[view]
    with visiting(browser, 1280, 720) as page:
        go(page, server, view, lang="en", slide=slide, present="1")
        page.wait_for_timeout(1500)
        map_ = page.locator(f".st-key-gbchart_ma_{view} .nsewdrag").first.bounding_box()
        assert map_
        assert map_["y"] + map_["height"] <= 720
        assert map_["height"] > 100


def test_a_click_on_a_cell_chooses_it_and_so_does_enter(page: Page, server: Server) -> None:
    go(page, server, "lens", lang="en")
    page.wait_for_timeout(1500)
    page.mouse.move(*point(page, "lens", 0.7, 0.25))
    expect(page.locator(".st-key-gbchart_ma_lens .hovertext").first).to_be_visible()
    page.mouse.click(*point(page, "lens", 0.7, 0.25))
    wait_for(page, "pos", "3")
    row = int(own(page)["row"])
    assert 21 <= row <= 24
    title = page.locator(".st-key-gbchart_ma_lens_top .gtitle").first
    expect(title).to_have_text(f"“·France”, layers passed: {row}", timeout=WAIT)
    chart = page.locator(".st-key-gbchart_ma_lens .stPlotlyChart")
    expect(chart).to_have_attribute("tabindex", "0", timeout=WAIT)
    chart.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    wait_for(page, "row", None)
    assert own(page)["pos"] == "0", "the keys begin in the upper left cell: the output of the first token"


def test_a_zoom_by_dragging_chooses_nothing(page: Page, server: Server) -> None:
    go(page, server, "norms", lang="en")
    page.wait_for_timeout(1500)
    page.mouse.move(*point(page, "norms", 0.3, 0.3))
    page.mouse.down()
    page.mouse.move(*point(page, "norms", 0.7, 0.7), steps=5)
    page.mouse.up()
    page.wait_for_timeout(1500)
    assert own(page) == {"view": "norms"}
