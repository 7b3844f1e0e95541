"""The canvases of what a model means, in a real browser: what they show, say and send."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from core.figures.embedding_space import contextual as figures
from pages.kit.text import Words
from tests.browser.harness import THEMES, opened
from tests.core.embedding_space import meaning_results

pytestmark = pytest.mark.browser

NAMES = {"sense_layers": "canvas_senses"}
WIDTHS = (390, 768, 1280, 1920)
ALERT = "Object.assign(window, { alert: () => console.error('a script ran') })"


def words(name: str, language: str) -> Any:
    return Words(language, "embedding_space").sub(NAMES[name])


def message(name: str, language: str = "en", **state: object) -> bytes:
    said = {"version": 1, **state}
    found = meaning_results.senses()
    return figures.senses_payload(found, words(name, language), {"layer": -1, **said}, language=language)


def ready(page: Page, name: str, count: int = 1) -> None:
    page.wait_for_function(f"window.__glassboxFrames?.['{name}:data']?.length >= {count}")


def give(page: Page, name: str, payload: bytes) -> None:
    count = page.evaluate(f"window.__glassboxFrames['{name}:data'].length")
    page.evaluate("mount", base64.b64encode(payload).decode())
    ready(page, name, count + 1)


def sent(page: Page, key: str) -> list[dict[str, Any]]:
    values = [dict(value) for name, value in page.evaluate("window.sent") if name == key]
    assert all(value.pop("at") > 0 for value in values)
    return values


def ink(canvas: Locator) -> int:
    """How many different colours a canvas shows."""
    script = """(canvas) => { const { width, height } = canvas;
      const data = canvas.getContext("2d").getImageData(0, 0, width, height).data, seen = new Set();
      for (let i = 0; i < data.length; i += 4) seen.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
      return seen.size; }"""
    return int(canvas.evaluate(script))


def centre(locator: Locator) -> tuple[float, float]:
    box = locator.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def place_of(canvas: Locator, layer: int, layers: int) -> tuple[float, float]:
    """Where a layer lies on a curve: the plot begins 44 pixels from the left and ends 14 before the right."""
    box = canvas.bounding_box()
    assert box
    return box["x"] + 44 + (box["width"] - 58) * layer / (layers - 1), box["y"] + box["height"] / 2


# --- all of them ---


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("theme", ["paper", "stage"])
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", NAMES)
def test_nothing_runs_over_and_everything_is_drawn(
    browser: Browser, name: str, language: str, theme: Any, width: int
) -> None:
    with opened(browser, name, message(name, language), theme=theme, width=width) as page:
        ready(page, name)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for canvas in page.locator("canvas").all():
            assert ink(canvas) > 8
            box = canvas.bounding_box()
            assert box
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width + 0.5
        section = page.locator("section")
        assert section.get_attribute("aria-busy") == "false"
        assert section.get_attribute("lang") == language
        assert "{" not in section.inner_text()
        sizes = section.evaluate(
            """(box) => [...box.querySelectorAll("*")].filter((e) => e.textContent && e.getClientRects().length)
                 .map((e) => parseFloat(getComputedStyle(e).fontSize))"""
        )
        assert min(sizes) >= 12


@pytest.mark.parametrize("name", NAMES)
def test_another_theme_is_followed(browser: Browser, name: str) -> None:
    with opened(browser, name, message(name)) as page:
        ready(page, name)
        page.evaluate("theme", THEMES["stage"])
        page.evaluate("mount", "")
        page.wait_for_function(
            """() => { const box = document.querySelector("#host").shadowRoot.querySelector("section");
                 return getComputedStyle(box).getPropertyValue("--gb-bg") === "#101216"; }"""
        )
        assert page.locator("section").get_attribute("aria-busy") == "false"


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_is_saved(browser: Browser, name: str) -> None:
    with opened(browser, name, message(name)) as page:
        ready(page, name)
        with page.expect_download() as download:
            page.get_by_role("button", name="Save as PNG").click()
        assert download.value.suggested_filename.endswith(".png")
        assert download.value.path().read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize("name", NAMES)
def test_a_late_clean_up_leaves_a_newer_run_alone(browser: Browser, name: str) -> None:
    with opened(browser, name, message(name)) as page:
        ready(page, name)
        page.evaluate("() => { window.late = window.cleanup; mount(''); window.late(); }")
        give(page, name, message(name, "zh", version=2))
        expect(page.locator("section")).to_have_attribute("lang", "zh")


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("sense_layers", lambda: figures.senses_payload(
            meaning_results.senses(sentence=meaning_results.HOSTILE + " {}"), words("sense_layers", "en"),
            {"layer": -1, "version": 1}, language="en", titles={"money": meaning_results.HOSTILE})),
    ],
)  # fmt: skip
def test_hostile_text_stays_text(browser: Browser, name: str, payload: Callable[[], bytes]) -> None:
    with opened(browser, name, payload()) as page:
        page.evaluate(ALERT)
        ready(page, name)
        assert page.locator("section img").count() == 0
        assert "<img src=x" in page.locator("section").inner_text()


# --- one word in its senses ---


def test_it_opens_on_the_best_layer(browser: Browser) -> None:
    with opened(browser, "sense_layers", message("sense_layers")) as page:
        ready(page, "sense_layers")
        expect(page.locator(".sl-layer")).to_have_text("Layer 5 of 6")
        expect(page.locator(".sl-readout")).to_contain_text("silhouette 0.67")
        assert "only what stands before it" in page.locator(".sl-note").inner_text()
        assert "Left out (1)" in page.locator(".sl-note").inner_text()
        assert sent(page, "layer") == []


def test_dragging_along_the_curve_moves_the_points_and_is_sent_once(browser: Browser) -> None:
    with opened(browser, "sense_layers", message("sense_layers")) as page:
        ready(page, "sense_layers")
        curve = page.locator(".sl-curve canvas")
        page.mouse.move(*place_of(curve, 5, 7))
        page.mouse.down()
        for layer in (4, 3, 2):
            page.mouse.move(*place_of(curve, layer, 7), steps=3)
        expect(page.locator(".sl-layer")).to_have_text("Layer 2 of 6")
        assert sent(page, "layer") == []
        page.mouse.up()
        expect(page.locator(".sl-layer")).to_have_text("Layer 2 of 6")
        assert sent(page, "layer") == [{"layer": 2}]
        expect(curve).to_have_attribute("aria-valuenow", "2")


def test_the_curve_is_a_slider_for_the_keyboard(browser: Browser) -> None:
    with opened(browser, "sense_layers", message("sense_layers", layer=3)) as page:
        ready(page, "sense_layers")
        curve = page.get_by_role("slider")
        curve.focus()
        for key in ("ArrowRight", "Home", "ArrowLeft", "End"):
            page.keyboard.press(key)
        assert sent(page, "layer") == [{"layer": 4}, {"layer": 0}, {"layer": 6}]
        expect(page.locator(".sl-layer")).to_have_text("Layer 6 of 6")
        page.get_by_role("button", name="Best layer").click()
        expect(page.locator(".sl-layer")).to_have_text("Layer 5 of 6")


def test_the_first_layer_says_that_all_vectors_are_the_same(browser: Browser) -> None:
    with opened(browser, "sense_layers", message("sense_layers", layer=0)) as page:
        ready(page, "sense_layers")
        expect(page.locator(".sl-layer")).to_have_text("Layer 0 of 6: what goes in")
        expect(page.locator(".sl-readout")).to_contain_text("All 8 vectors are the same here")


def test_pointing_at_a_sentence_shows_it_with_the_word_marked(browser: Browser) -> None:
    with opened(browser, "sense_layers", message("sense_layers")) as page:
        ready(page, "sense_layers")
        assert page.locator(".sl-list mark").all_inner_texts() == ["bank"] * 8
        page.locator(".sl-list p").nth(2).hover()
        expect(page.locator(".sl-list p").nth(2)).to_have_class("on")
        plot = page.locator(".sl-plot canvas")
        plot.focus()
        page.keyboard.press("ArrowRight")
        tip = page.locator(".sl-plot .gb-tip")
        expect(tip).to_be_visible()
        expect(tip.locator("mark")).to_have_text("bank")
        expect(tip).to_contain_text("Tokens averaged: ·bank")
        expect(page.locator("[aria-live]")).to_contain_text("bank number")
        before = tip.inner_text()
        page.keyboard.press("ArrowRight")
        assert tip.inner_text() != before
        page.keyboard.press("Escape")
        expect(tip).to_be_hidden()


def test_one_sense_can_be_seen_alone(browser: Browser) -> None:
    with opened(browser, "sense_layers", message("sense_layers")) as page:
        ready(page, "sense_layers")
        river = page.get_by_role("button", name="river")
        river.click()
        expect(river).to_have_attribute("aria-pressed", "true")
        assert page.locator(".sl-list p.off").count() == 4
        river.click()
        expect(river).to_have_attribute("aria-pressed", "false")
        assert page.locator(".sl-list p.off").count() == 0


def test_playing_goes_through_all_layers_and_is_sent_once(browser: Browser) -> None:
    with opened(browser, "sense_layers", message("sense_layers", layer=3)) as page:
        ready(page, "sense_layers")
        play = page.locator(".sl-play")
        play.click()
        expect(play).to_have_text("Stop")
        expect(play).to_have_text("Play all layers", timeout=8000)
        expect(page.locator(".sl-layer")).to_have_text("Layer 6 of 6")
        assert sent(page, "layer") == [{"layer": 6}]


def test_the_page_s_layer_is_taken_over_and_an_old_one_is_not(browser: Browser) -> None:
    with opened(browser, "sense_layers", message("sense_layers", layer=3)) as page:
        ready(page, "sense_layers")
        page.get_by_role("slider").press("ArrowRight")
        give(
            page, "sense_layers", message("sense_layers", "zh", layer=3)
        )  # same version: it shows what is wanted
        expect(page.locator(".sl-layer")).to_have_text("第 4 层，共 6 层")
        give(page, "sense_layers", message("sense_layers", "zh", layer=1, version=2))
        expect(page.locator(".sl-layer")).to_have_text("第 1 层，共 6 层")
