"""Who may look at whom, in a real browser: three models side by side, padding, a lecture, a phone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from core.catalog import Language
from tests.browser.harness import HOSTILE, Theme, opened
from tests.browser.model_anatomy.anatomy_data import drawn, masks_message, pixels, ready, sent, words

pytestmark = pytest.mark.browser


MASKS = words("masks")


def masks_said(page: Page) -> str:
    return page.locator(".masks-says").inner_text()


@pytest.mark.parametrize("width", [390, 1280, 1920])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_masks_fit_and_say_who_sees_whom(browser: Browser, language: Language, width: int) -> None:
    height = {390: 844, 1280: 720, 1920: 1080}[width]
    with opened(browser, "model_masks", masks_message(language), width=width, height=height) as page:
        ready(page, "model_masks")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert drawn(page, "canvas")
        assert masks_said(page) == words("masks", language)["hint"]
        figure = page.locator(".masks-figure")
        assert width == 390 or figure.bounding_box()["height"] <= height - 300  # type: ignore[index]
        figure.focus()
        page.keyboard.press("ArrowDown")
        assert "<s>" in masks_said(page)
        assert not sent(page)


def test_arrow_keys_go_through_all_masks_of_all_models(browser: Browser) -> None:
    with opened(browser, "model_masks", masks_message()) as page:
        ready(page, "model_masks")
        page.locator(".masks-figure").focus()
        page.keyboard.press("ArrowDown")
        counts = set()
        allowed = forbidden = 0
        for _ in range(40):
            page.keyboard.press("ArrowRight")
            text = masks_said(page)
            allowed += " may look at “" in text
            forbidden += " may not look at “" in text
            counts.add(text.split(" may look at all ")[-1].split(" ")[0] if " all " in text else "some")
        assert allowed + forbidden == 40
        assert allowed > forbidden > 3, "the first row of the causal masks sees itself only"
        assert len(counts) >= 2
        assert not sent(page)


def test_pointing_tells_the_cell_and_padding_is_sent_once(browser: Browser) -> None:
    with opened(browser, "model_masks", masks_message()) as page:
        ready(page, "model_masks")
        box = page.locator(".masks-figure").bounding_box()
        assert box
        seen = set()
        for share in np.linspace(0.3, 0.52, 24):
            page.mouse.move(box["x"] + box["width"] * share, box["y"] + box["height"] * 0.5)
            seen.add("may not look at" in masks_said(page))
        assert seen == {True, False}, "the causal mask hides what comes after"
        before = pixels(page, "canvas")
        page.locator(".masks-pad input").check()
        assert sent(page) == [{"padding": True}]
        page.mouse.move(2, 2)
        assert pixels(page, "canvas") != before
        page.locator(".masks-figure").focus()
        for _ in range(30):
            page.keyboard.press("ArrowDown")
        assert masks_said(page).startswith(MASKS["pad_row"])
        page.locator(".masks-pad input").uncheck()
        assert sent(page) == [{"padding": True}, {"padding": False}]


@pytest.mark.parametrize("theme", ["paper", "stage"])
@pytest.mark.parametrize("width", [390, 1280])
def test_masks_of_a_hostile_text(browser: Browser, width: int, theme: Theme) -> None:
    touch: dict[str, Any] = {"has_touch": width == 390}
    message = masks_message(hostile=True, padding=True)
    with opened(browser, "model_masks", message, width=width, theme=theme, **touch) as page:
        ready(page, "model_masks")
        page.locator(".masks-figure").focus()
        page.keyboard.press("ArrowDown")
        assert HOSTILE[0] in masks_said(page)
        assert page.evaluate("window.hacked") is None
        assert page.locator(".masks img, .masks script, .masks b").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if width == 390:
            for name in (".masks-pad", ".masks-save"):
                assert page.locator(name).bounding_box()["height"] >= 44  # type: ignore[index]


def test_masks_of_a_lecture_end_on_the_screen(browser: Browser) -> None:
    with opened(browser, "model_masks", masks_message(), scale=1.6, theme="stage") as page:
        ready(page, "model_masks")
        assert page.locator(".masks-figure").bounding_box()["height"] <= 720 - 425  # type: ignore[index]
        expect(page.locator(".masks-save")).to_be_hidden()
