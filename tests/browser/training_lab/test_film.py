"""The canvas ``film`` in a real browser: scrubbed quickly, without a word to the server; it says what it shows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from core.compute.training_lab.films import film
from core.figures.training_lab.film import payload
from pages.kit.text import Words
from tests.browser.harness import opened

pytestmark = pytest.mark.browser

RUN = "reverse"
LATE = 8.0  # milliseconds of a frame, p95


def message(language: str = "en", **state: object) -> bytes:
    words = Words(language, "training_lab").sub("film_canvas")
    return payload(film(run=RUN), words, {"version": 1, **state}, language=language, caption="c")


def ready(page: Page) -> None:
    page.wait_for_function("window.__glassboxFrames?.['film:data']?.length >= 1")


def sent(page: Page) -> list[dict[str, Any]]:
    values = [dict(value) for name, value in page.evaluate("window.sent") if name == "look"]
    assert all(value.pop("at") > 0 for value in values)
    return values


@pytest.mark.parametrize(("width", "theme"), [(390, "stage"), (1280, "paper")])
def test_a_drag_goes_through_all_moments_quickly_and_is_sent_once(
    browser: Browser, width: int, theme: Any
) -> None:
    with opened(browser, "film", message(), width=width, height=1600, theme=theme) as page:
        ready(page)
        plot = page.locator(".film-time").bounding_box()
        assert plot is not None
        y = plot["y"] + 60
        page.mouse.move(plot["x"] + plot["width"] - 12, y)
        page.mouse.down()
        page.evaluate("window.__glassboxFrames.film = []")
        for share in np.linspace(1, 0, 60):
            page.mouse.move(plot["x"] + 44 + (plot["width"] - 56) * float(share), y)
            page.evaluate("() => new Promise(requestAnimationFrame)")
        expect(page.locator(".film-said")).to_contain_text("After 0 steps")
        assert sent(page) == []
        page.mouse.up()
        assert sent(page) == [{"moment": 0}]
        times = np.array(page.evaluate("window.__glassboxFrames.film"))
        assert len(times) >= 15
        assert np.percentile(times, 95) <= LATE, np.percentile(times, [50, 95])
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_keys_take_one_moment_and_the_sentence_follows_the_numbers(browser: Browser) -> None:
    found = film(run=RUN)
    with opened(browser, "film", message(moment=3), height=1100) as page:
        ready(page)
        page.get_by_label("Moment", exact=True).focus()
        page.keyboard.press("ArrowRight")
        assert sent(page) == [{"moment": 4}]
        said = page.locator(".film-said")
        expect(said).to_contain_text(f"After {found.frames[4]} steps: {found.held_out[4]:.2f} nats")
        weights = found.weights[4, 0, 0].copy()
        np.fill_diagonal(weights, 0)
        query, key = np.unravel_index(int(np.rint(255 * weights).argmax()), weights.shape)
        expect(said).to_contain_text(f"“{chr(0x2068)}{found.text[query]}{chr(0x2069)}” (place {query + 1})")
        expect(said).to_contain_text(f"(place {key + 1})")
        page.keyboard.press("End")
        assert sent(page)[-1] == {"moment": -1}
        expect(page.get_by_role("button", name="One moment on")).to_be_disabled()


def test_another_head_is_drawn_and_sent(browser: Browser) -> None:
    with opened(browser, "film", message(), height=1100) as page:
        ready(page)
        page.get_by_role("button", name="Layer 2, head 3", exact=True).click()
        assert sent(page) == [{"layer": 1, "head": 2}]
        expect(page.locator(".film-said")).to_contain_text("Layer 2, head 3")


def test_playing_goes_on_by_itself_and_stops(browser: Browser) -> None:
    with opened(browser, "film", message("zh", moment=0), height=1100) as page:
        ready(page)
        words = Words("zh", "training_lab").sub("film_canvas")
        page.get_by_role("button", name=words["play"]).click()
        page.wait_for_function(
            "() => Number(document.getElementById('host').shadowRoot.querySelector('.film-bar input').value) > 3"
        )
        page.get_by_role("button", name=words["pause"]).click()
        (stopped,) = sent(page)
        assert stopped["moment"] > 3
