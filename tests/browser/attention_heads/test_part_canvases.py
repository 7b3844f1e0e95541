"""The further views of attention in a real browser: what they show, say and send."""

from __future__ import annotations

import base64
import dataclasses
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from core.compute.attention_heads.bertviz import Weights
from core.compute.attention_heads.cross import Translation
from core.compute.attention_heads.metrics import measure
from core.compute.attention_heads.pair import HeadPair
from core.figures.attention_heads import bertviz
from core.figures.attention_heads import parts as head_parts
from core.models.tokens.labels import Tokens
from pages.kit.text import Words
from tests.browser.harness import Theme, opened
from tests.browser.synthetic import attention_of, tokens_of

pytestmark = pytest.mark.browser

HOSTILE = "</script><img src=x onerror=alert(1)>"
ALERT = "Object.assign(window, { alert: () => console.error('a script ran') })"
WORDS = (HOSTILE, "·cat", "·sat", "·on", "猫", "坐在", "垫子", "上", ".")


def tokens(count: int = 9) -> Tokens:
    return tokens_of(tuple(WORDS[at % len(WORDS)] for at in range(count)))


def words(name: str, language: str = "en") -> Any:
    return Words(language, "attention_heads").sub(name)


def ready(page: Page, name: str) -> None:
    page.wait_for_function(f"window.__glassboxFrames?.['{name}:data']?.length >= 1")


def sent(page: Page) -> list[dict[str, Any]]:
    return [dict(value) for _, value in page.evaluate("window.sent")]


def drawn(page: Page, selector: str) -> bool:
    """Whether a canvas has pixels of more than one colour."""
    script = """(canvas) => { const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      return new Set(new Uint32Array(data.buffer)).size > 3; }"""
    return bool(page.locator(selector).evaluate(script))


# --- BertViz --------------------------------------------------------------------------------------


def weights() -> Weights:
    return Weights(tokens(), (1, 5), 8, attention_of(2, 3, 9))


@pytest.mark.parametrize("theme", ["paper", "stage"])
@pytest.mark.parametrize("view", ["head", "model"])
def test_bertviz_draws_without_a_network(browser: Browser, view: str, theme: Theme) -> None:
    state = {"bv": view, "layer": 5, "version": 1}
    message = bertviz.payload(weights(), words("bertviz"), state, "en")
    asked: list[str] = []
    failed: list[str] = []
    with opened(browser, "bertviz", theme=theme) as page:
        page.on("request", lambda request: asked.append(request.url))
        page.on("requestfailed", lambda request: failed.append(request.url))
        page.evaluate(ALERT)
        page.evaluate("mount", base64.b64encode(message).decode())
        frame = page.frame_locator(".bv-place iframe")
        expect(frame.locator("svg")).to_be_visible()
        lines = 3 * 9 * 9 * (1 if view == "head" else 2)
        expect(frame.locator("svg line")).to_have_count(lines)
        assert page.locator(".bv-place iframe").get_attribute("sandbox") == "allow-scripts"
        if view == "head":
            assert frame.locator("#layer").input_value() == "5"
            before = frame.locator("line").nth(40).get_attribute("stroke-opacity")
            frame.locator("#layer").select_option("1")
            expect(frame.locator("line").nth(40)).not_to_have_attribute("stroke-opacity", str(before))
            expect(frame.locator("text").first).to_have_text(HOSTILE)
        else:
            frame.locator(".attn_background").first.evaluate(
                "(one) => one.parentNode.lastChild.dispatchEvent(new MouseEvent('click'))"
            )
            expect(frame.locator("text.detail")).to_have_text("Layer 1, Head 0")
        other = "model" if view == "head" else "head"
        page.locator(f".bv-switch button[value={other}]").click()
        expect(frame.locator("svg line")).to_have_count(3 * 9 * 9 * (1 if other == "head" else 2))
        assert sent(page)[-1]["bv"] == other
    assert not failed
    assert not [url for url in asked if not url.startswith(("http://127.0.0.1", "about:", "data:"))]


def test_a_changed_result_is_drawn_anew(browser: Browser) -> None:
    found = dataclasses.replace(weights(), layers=(0, 2))
    message = bertviz.payload(found, words("bertviz", "zh"), {"bv": "head", "layer": 5, "version": 1}, "zh")
    with opened(browser, "bertviz", message) as page:
        frame = page.frame_locator(".bv-place iframe")
        expect(frame.locator("#layer option")).to_have_text(["0", "2"])
        expect(frame.locator("label")).to_contain_text("层")


# --- two texts, cross-attention --------------------------------------------------------------


def cells(attention: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    found: np.ndarray[Any, Any] = np.rint(attention * 255).astype(np.uint8)
    return found


def pair_message(language: str) -> bytes:
    one, other = attention_of(4, 3, 9, False), attention_of(4, 3, 9, False, seed=4)
    ids = tuple(range(9))
    found = HeadPair(tokens(), tokens(), cells(one), cells(other), measure(one, ids), measure(other, ids))
    state = {"layer": 1, "head": 2, "by": "previous", "version": 1}
    return head_parts.pair_payload(found, words("pair", language), state, language)


def cross_message(language: str, writing: int = 2) -> bytes:
    attention = attention_of(2, 3, 9, False)[:, :, :5]
    found = Translation(tokens(), tokens(5), attention, np.full(5, 0.9, np.float32), True)
    state = {"cl": -2, "ch": 0, "writing": writing, "version": 1}
    return head_parts.cross_payload(found, words("cross", language), state, language, [1, 2, 3])


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_head_on_two_texts(browser: Browser, language: str, width: int) -> None:
    with opened(browser, "head_pair", pair_message(language), width=width) as page:
        ready(page, "head_pair")
        for name in (".hp-plot canvas", ".hp-first", ".hp-second"):
            assert drawn(page, name)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        slider = page.locator(".hp-scrub input")
        slider.focus()
        slider.press("Home")
        look = sent(page)[-1]
        assert 0 <= look["layer"] < 4
        assert look["by"] == "previous"
        page.locator(".hp-by select").select_option("entropy")
        assert sent(page)[-1]["by"] == "entropy"
        assert words("pair", language)["unit_nats"] in page.locator(".hp-first-title").inner_text()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_cross_attention_step_by_step(browser: Browser, language: str, width: int) -> None:
    with opened(browser, "cross_attention", cross_message(language), width=width) as page:
        ready(page, "cross_attention")
        page.evaluate(ALERT)
        for name in (".cx-grid", ".cx-arcs", ".cx-matrix"):
            assert drawn(page, name)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        expect(page.locator(".cx-written .cx-later")).to_have_count(2)
        slider = page.locator(".cx-slider")
        slider.focus()
        slider.press("End")
        assert {"cl": 1, "ch": 2, "writing": 4}.items() <= sent(page)[-1].items()
        expect(page.locator(".cx-written .cx-later")).to_have_count(0)
        page.locator(".cx-grid").focus()
        page.keyboard.press("ArrowLeft")
        assert {"cl": 1, "ch": 1}.items() <= sent(page)[-1].items()
        assert HOSTILE in page.locator(".cx-source").inner_text()


def test_cross_attention_opens_on_the_step_to_notice(browser: Browser) -> None:
    with opened(browser, "cross_attention", cross_message("en", writing=-1)) as page:
        ready(page, "cross_attention")
        expect(page.locator(".cx-written .cx-later")).to_have_count(1)
