"""The charts of the further views of attention in a real browser: every width, a lecture, a cell that is clicked."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from core.catalog.attention_heads import DECODER, INDUCTION, REPEAT_EN, SENTENCE_EN
from pages.kit.text import Words
from tests.bench.servers import Server
from tests.browser.harness import visiting

pytestmark = pytest.mark.browser
WAIT = 60_000  # milliseconds; the first visitor waits for the imports
LAST = {"heads": "ah_change_tokens", "wake": "ah_waking_there", "rollout": "ah_rollout_path"}
"""The chart of each view that is drawn last."""
REVEALED = {"model": DECODER, "text": REPEAT_EN, "ah_ablate": ",".join(INDUCTION["en"])}


def go(page: Page, server: Server, part: str, **query: str) -> None:
    page.goto(f"{server.url}/attention_heads?{urlencode({'ah_part': part, **query})}")
    expect(drag(page, LAST[part])).to_be_attached(timeout=WAIT)
    page.wait_for_timeout(1500)


def drag(page: Page, key: str) -> Locator:
    return page.locator(f".st-key-gbchart_{key} .nsewdrag").first


def point(page: Page, key: str, across: float, down: float) -> tuple[float, float]:
    box = drag(page, key).bounding_box()
    assert box
    return box["x"] + box["width"] * across, box["y"] + box["height"] * down


def wait_for(page: Page, name: str, value: str | None) -> None:
    page.wait_for_function(
        "([name, value]) => new URLSearchParams(location.search).get(name) === value",
        arg=[name, value],
        timeout=WAIT,
    )


def title(page: Page, key: str) -> Locator:
    return page.locator(f".st-key-gbchart_{key} .gtitle").first


@pytest.mark.parametrize(
    ("part", "language"),
    [("wake", "en"), ("wake", "zh"), ("rollout", "en"), ("rollout", "zh"), ("heads", "zh")],
)
def test_a_part_fits_a_phone(browser: Browser, server: Server, part: str, language: str) -> None:
    with visiting(browser, 390, 844, has_touch=True) as page:
        go(page, server, part, lang=language, **REVEALED)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        box = title(page, LAST[part]).bounding_box()
        assert box
        assert box["x"] + box["width"] <= 390


@pytest.mark.parametrize(
    ("part", "slide", "query", "keys"),
    [
        ("heads", "2", REVEALED, ("ah_change", "ah_change_tokens")),
        ("wake", "11", {"model": DECODER, "text": SENTENCE_EN}, ("ah_waking", "ah_waking_texts")),
        ("rollout", "9", {"model": DECODER, "text": SENTENCE_EN}, ("ah_rollout_raw", "ah_rollout")),
    ],
)
def test_a_lecture_sees_the_question_and_the_answer(
    browser: Browser, server: Server, part: str, slide: str, query: dict[str, str], keys: tuple[str, ...]
) -> None:
    with visiting(browser, 1280, 720) as page:
        go(page, server, part, lang="en", slide=slide, present="1", **query)
        for key in keys:
            box = drag(page, key).bounding_box()
            assert box
            assert box["y"] + box["height"] <= 720
            assert box["height"] > 100


def test_the_pointer_finds_a_short_bar_by_its_row(page: Page, server: Server) -> None:
    go(page, server, "heads", lang="en", **REVEALED)
    drag(page, "ah_change_tokens").scroll_into_view_if_needed()
    page.mouse.move(*point(page, "ah_change_tokens", 0.1, 0.02))
    label = page.locator(".st-key-gbchart_ah_change_tokens .hovertext").first
    expect(label).to_contain_text("Nothing comes before the first token")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_cell_of_the_rollout_is_told_alike_by_the_pointer_and_the_keys(
    page: Page, server: Server, language: str
) -> None:
    go(page, server, "rollout", lang=language, model=DECODER, text=SENTENCE_EN)
    home, sentence = (
        ".st-key-gbchart_ah_rollout",
        Words(language, "attention_heads").get("rollout.tip_rolled"),
    )
    drag(page, "ah_rollout").scroll_into_view_if_needed()
    page.mouse.move(*point(page, "ah_rollout", 0.5 / 11, 4.5 / 11))
    label = page.locator(f"{home} .hoverlayer .hovertext")
    expect(label).to_have_count(1)
    told = label.text_content() or ""
    share = r"[<>]?\u202f?[\d.]+\u202f%"
    names = {"query": "·[a-z]+", "share:p": share, "key": "[A-Za-z]+"}
    wanted = re.sub(r"\{([a-z:]+)\}", lambda found: names[found[1]], sentence).replace(" ", " ?")
    assert re.fullmatch(wanted, told), told
    chart = page.locator(f"{home} .stPlotlyChart")
    chart.focus()
    page.keyboard.press("ArrowRight")
    for _ in range(10):
        page.keyboard.press("ArrowUp")
    for _ in range(4):
        page.keyboard.press("ArrowDown")
    expect(page.locator(f"{home} [role=status]")).to_have_text(re.compile(re.escape(told).replace(" ", " ?")))
    page.mouse.move(*point(page, "ah_rollout", 8.5 / 11, 4.5 / 11))  # a later token: nothing is drawn there
    expect(label).to_have_count(0)


def test_a_head_is_chosen_by_a_click_and_so_is_that_of_a_bare_link(page: Page, server: Server) -> None:
    go(page, server, "wake", lang="en")  # opens on the head that wakes most
    here = title(page, "ah_waking_here")
    expect(here).not_to_contain_text("layer 18, head 6")
    page.mouse.click(*point(page, "ah_waking", 4.5 / 9, 12.5 / 30))
    wait_for(page, "ah_layer", "12")
    wait_for(page, "ah_head", "4")
    expect(here).to_contain_text("layer 12, head 4", timeout=WAIT)
    page.mouse.click(*point(page, "ah_waking", 6.5 / 9, 18.5 / 30))
    wait_for(page, "ah_layer", None)
    expect(here).to_contain_text("layer 18, head 6", timeout=WAIT)


def test_a_row_of_a_matrix_chooses_a_token_and_one_of_the_path_a_layer(page: Page, server: Server) -> None:
    go(page, server, "rollout", lang="en", model=DECODER, text=SENTENCE_EN)
    page.mouse.click(*point(page, "ah_rollout", 0.05, 4.5 / 11))  # a cell that the causal mask leaves
    wait_for(page, "ah_token", "4")
    path = title(page, "ah_rollout_path")
    expect(path).to_contain_text("“·the”", timeout=WAIT)
    path.scroll_into_view_if_needed()
    page.mouse.click(*point(page, "ah_rollout_path", 0.05, 20.5 / 30))
    wait_for(page, "ah_level", "20")
    expect(title(page, "ah_rollout")).to_contain_text("layers 0 to 20", timeout=WAIT)
