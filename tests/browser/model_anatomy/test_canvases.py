"""The network in a real browser: going from the whole down to one number, by every way there is."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from core.catalog.model_anatomy import ENCODER
from core.compute.model_anatomy import flow as model_flow
from core.compute.model_anatomy.flow import Cell
from tests.browser.harness import HOSTILE, Theme, opened
from tests.browser.model_anatomy.anatomy_data import (
    START,
    TEXT,
    Asked,
    drawn,
    flow_message,
    network,
    pixels,
    place_of,
    ready,
    renamed,
    sent,
    words,
)

pytestmark = pytest.mark.browser

FLOW = words("flow")
CALM: dict[str, Any] = {"reduced_motion": "reduce"}


def path(page: Page) -> list[str]:
    return [one.strip() for one in page.locator(".flow-path button").all_inner_texts()]


def click(page: Page, title: str) -> None:
    page.mouse.click(*place_of(page, title))


# --- from the network to one number ---------------------------------------------------------------------


@pytest.mark.parametrize("name", ["gpt2", "qwen3", "bert"])
def test_clicks_lead_down_to_one_number_and_escape_back(browser: Browser, name: str) -> None:
    asked = Asked(name)
    kind = FLOW[f"stack_{asked.found.stacks[0].name}"]
    start = {**START, "stack": asked.found.stacks[0].name}
    with opened(browser, "model_flow", asked.message(), **CALM) as page:
        ready(page, "model_flow")
        assert path(page) == [name]
        click(page, f"{kind}, block 1")
        assert sent(page) == [{**start, "layer": 1}]
        asked.answer(page)
        click(page, "Head 1")
        assert sent(page)[1:] == [{**start, "layer": 1, "head": 1}]
        assert path(page) == [name, "Block 1", "Head 1"]
        asked.answer(page)
        expect(page.locator(".flow-says")).to_contain_text("gives most of its attention")
        click(page, FLOW["head_q"])
        at = sent(page)[2]
        assert len(sent(page)) == 3
        assert (at["layer"], at["head"], at["box"], at["cell"]) == (1, 1, "q", -1)
        asked.answer(page)
        expect(page.locator(".flow-says")).to_contain_text("each bar is one number")
        box = page.locator(".flow-figure").bounding_box()
        assert box
        page.mouse.click(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.75)
        at = sent(page)[3]
        stack = asked.found.anatomy.stacks[0]
        assert stack.head_dim <= at["cell"] < 2 * stack.head_dim, "a head shows its own slice of the box"
        asked.answer(page)
        assert path(page)[-1] == f"dimension {at['cell']}"
        assert shown_value(page) == pytest.approx(number_of(asked, at).value, rel=1e-6)
        page.locator(".flow-figure").focus()
        for length in (4, 3, 2, 1):
            page.keyboard.press("Escape")
            assert len(path(page)) == length
        assert sent(page)[-1] == {**start, "token": at["token"]}
        assert len(sent(page)) == 8


def number_of(asked: Asked, at: dict[str, Any]) -> Cell:
    where = {name: at[name] for name in ("stack", "layer", "box", "token")}
    return model_flow.cell(loaded=asked.loaded, text=TEXT, at=at["cell"], **where)


def shown_value(page: Page) -> float:
    """The sum at the bottom of the terms, as the tooltip says it."""
    page.mouse.move(*place_of(page, FLOW["total"]))
    return float(page.locator(".gb-tip-value").first.inner_text().replace("−", "-"))


def test_the_terms_of_a_number_add_up_on_screen(browser: Browser) -> None:
    asked = Asked("gpt2", layer=1, box="down", token=2, cell=5)
    with opened(browser, "model_flow", asked.message(), **CALM) as page:
        ready(page, "model_flow")
        cell = number_of(asked, asked.state)
        products = cell.inputs * cell.weights
        largest = int(np.abs(products).argmax())
        page.mouse.move(*place_of(page, f"dimension {largest}"))
        value = float(page.locator(".gb-tip-value").first.inner_text().replace("−", "-"))
        assert value == pytest.approx(products[largest], rel=1e-5)
        assert shown_value(page) == pytest.approx(products.sum() + cell.bias, rel=1e-4)


def test_the_wheel_opens_what_is_brought_close_and_leaves_it(browser: Browser) -> None:
    asked = Asked("qwen3")
    with opened(browser, "model_flow", asked.message(), **CALM) as page:
        ready(page, "model_flow")
        page.mouse.move(*place_of(page, "Decoder, block 0"))
        for length in (2, 3, 4):
            if length > 2:
                page.mouse.move(*(place_of(page, FLOW["box_q"]) if length == 3 else vector_spot(page)))
            assert wheel_until(page, length) > 1
            assert len(sent(page)) == length - 1, "nothing is sent before the place is reached"
            asked.answer(page)
            page.wait_for_timeout(400)  # the rest of the same turn of the wheel
        assert (sent(page)[-1]["box"], sent(page)[-1]["cell"] >= 0) == ("q", True)
        for length in (3, 2, 1):
            page.mouse.wheel(0, 120)
            expect(page.locator(".flow-path button")).to_have_count(length)
            page.wait_for_timeout(400)
        assert sent(page)[-1]["layer"] == -1
        assert len(sent(page)) == 6


def vector_spot(page: Page) -> tuple[float, float]:
    box = page.locator(".flow-figure").bounding_box()
    assert box
    return box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.75


def wheel_until(page: Page, length: int) -> int:
    for turn in range(1, 40):
        page.mouse.wheel(0, -100)
        page.evaluate("() => new Promise(requestAnimationFrame)")
        if len(path(page)) == length:
            return turn
    raise AssertionError(f"nothing opened: {path(page)}")


def test_the_keyboard_alone_goes_everywhere(browser: Browser) -> None:
    asked = Asked("gpt2")
    count = len(asked.found.tokens.labels)
    with opened(browser, "model_flow", asked.message(), **CALM) as page:
        ready(page, "model_flow")
        page.locator(".flow-figure").focus()
        page.keyboard.press("Escape")
        assert not sent(page)
        page.keyboard.press("ArrowRight")
        while "Block 0" not in page.locator(".flow-live").inner_text():
            page.keyboard.press("ArrowRight")
        assert not sent(page), "pointing at a box is nobody's business"
        page.keyboard.press("Enter")
        page.keyboard.press("PageDown")
        assert [one["layer"] for one in sent(page)] == [0, 1]
        page.keyboard.press("ArrowUp")
        assert sent(page)[-1]["token"] == count - 2
        page.keyboard.press("ArrowRight")
        while not page.locator(".flow-live").inner_text().startswith("Head 0"):
            page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        asked.answer(page)
        page.keyboard.press("ArrowLeft")  # in a head: the one beside
        heads = asked.found.anatomy.stacks[0].heads
        assert [one["head"] for one in sent(page)[-2:]] == [0, heads - 1]
        page.keyboard.press("Backspace")
        assert path(page) == ["gpt2", "Block 1"]
        assert page.locator('.flow-tokens [aria-selected="true"]').count() == 1


# --- two fingers, panning --------------------------------------------------------------------------------


def fingers(page: Page, spot: tuple[float, float], distances: list[float]) -> None:
    """Two fingers on either side of a spot, from the first distance to the last."""
    session = page.context.new_cdp_session(page)

    def touch(kind: str, distance: float) -> None:
        points = [
            {"x": spot[0] + side * distance / 2, "y": spot[1], "id": at} for at, side in enumerate((-1, 1))
        ]
        session.send(
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": points if kind != "touchEnd" else []}
        )

    touch("touchStart", distances[0])
    for distance in distances[1:]:
        touch("touchMove", distance)
    moving = len(sent(page))
    page.evaluate("window.while_moving = window.sent.length")
    touch("touchEnd", 0)
    session.detach()
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert page.evaluate("window.while_moving") == moving


@pytest.mark.parametrize("width", [390, 1280])
def test_two_fingers_open_and_leave_a_block(browser: Browser, width: int) -> None:
    asked = Asked("llama")
    touch: dict[str, Any] = {"has_touch": True, **CALM}
    with opened(browser, "model_flow", asked.message(), width=width, height=844, **touch) as page:
        ready(page, "model_flow")
        spot = place_of(page, "Decoder, block 1")
        fingers(page, spot, [60, 80, 100])
        assert not sent(page), "a small pinch only brings it closer"
        expect(page.locator(".flow-figure")).to_have_class("flow-figure flow-zoomed")
        page.locator('[data-zoom="fit"]').click()
        fingers(page, spot, [40, 80, 120, 160])
        assert [one["layer"] for one in sent(page)] == [1]
        assert path(page) == ["llama", "Block 1"]
        expect(page.locator(".flow-figure")).to_have_class("flow-figure")  # one finger scrolls the page again
        box = page.locator(".flow-figure").bounding_box()
        assert box
        fingers(page, (width / 2, box["y"] + 150), [160, 120, 80, 40])
        assert [one["layer"] for one in sent(page)] == [1, -1]
        assert path(page) == ["llama"]


def test_dragging_pans_and_sends_nothing(browser: Browser) -> None:
    with opened(browser, "model_flow", flow_message(network()), **CALM) as page:
        ready(page, "model_flow")
        whole = pixels(page, "canvas")
        page.locator('[data-zoom="in"]').click()
        page.locator('[data-zoom="in"]').click()
        closer = pixels(page, "canvas")
        assert closer != whole
        box = page.locator(".flow-figure").bounding_box()
        assert box
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        for step in range(1, 13):
            page.mouse.move(x - 12 * step, y - 3 * step)
        page.mouse.up()
        assert pixels(page, "canvas") not in (closer, whole)
        page.locator(".flow-figure").press("0")
        page.mouse.move(2, 2)
        assert not sent(page)
        assert path(page) == ["A <i>model</i>"]
        frames = page.evaluate("window.__glassboxFrames.model_flow")
        assert len(frames) > 5
        assert 0 <= np.percentile(frames, 95) < 5000


def test_numbers_of_a_vector_stand_on_a_phone(browser: Browser) -> None:
    """The scale of the bars is written inside them where there is no room beside."""
    asked = Asked("gpt2", layer=1, box="down")
    with opened(browser, "model_flow", asked.message(), width=390, height=844, **CALM) as page:
        ready(page, "model_flow")
        edge = """(canvas) => { const { data } = canvas.getContext('2d').getImageData(0, 200, 10, canvas.height - 200);
          return new Set(new Uint32Array(data.buffer)).size; }"""
        assert page.locator("canvas").evaluate(edge) == 1, "nothing is cut off at the left edge"
        assert drawn(page, "canvas")


def test_a_journey_is_sent_once_and_ends_sharp(browser: Browser) -> None:
    """With motion: the box grows into the figure; one commit, and the last frame is the place itself."""
    asked = Asked("gpt2")
    with opened(browser, "model_flow", asked.message()) as page:
        ready(page, "model_flow")
        click(page, "Decoder, block 0")
        page.wait_for_timeout(700)
        arrived = pixels(page, "canvas")
        assert len(sent(page)) == 1
    at = Asked("gpt2", layer=0)
    with opened(browser, "model_flow", at.message(), **CALM) as page:
        ready(page, "model_flow")
        page.mouse.move(2, 2)
        assert pixels(page, "canvas") == arrived


# --- what is on screen -----------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", ["paper", "stage"])
@pytest.mark.parametrize("name", ["smollm", "qwen", "e5", "t5", "marian"])
def test_a_phone_shows_all_of_it(browser: Browser, name: str, theme: Theme) -> None:
    known = {
        "smollm": ("en", flow_message(network())),
        "qwen": ("zh", flow_message(network("zh"), "zh")),
        "e5": ("zh", flow_message(network("zh", ENCODER), "zh")),
    }
    language, message = known.get(name) or ("zh", Asked(name, "zh", layer=1).message())
    with opened(browser, "model_flow", message, theme=theme, width=390, height=844, has_touch=True) as page:
        ready(page, "model_flow")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert drawn(page, "canvas")
        sizes = page.locator(".flow button:visible").evaluate_all(
            "(all) => all.map((one) => one.getBoundingClientRect()).map(({ width, height }) => Math.min(width, height))"
        )
        assert min(sizes) >= 44
        assert page.locator(".gb-box").get_attribute("lang") == language
        colours = page.locator("canvas").evaluate(
            "(one) => one.getContext('2d').getImageData(3, 3, 1, 1).data[0]"
        )
        assert colours < 60 or theme == "paper"


@pytest.mark.parametrize("width", [390, 1280])
def test_words_of_a_text_never_become_markup(browser: Browser, width: int) -> None:
    found = network()
    labels = tuple(tuple(HOSTILE[: len(row)]) for row in found.labels)
    found = dataclasses.replace(found, tokens=renamed(found.tokens), labels=labels)
    with opened(browser, "model_flow", flow_message(found), width=width, **CALM) as page:
        ready(page, "model_flow")
        assert page.locator(".flow-tokens button").all_inner_texts() == list(found.tokens.labels)
        page.locator(".flow-tokens button").first.click()
        page.mouse.move(*place_of(page, "Decoder, block 5"))
        assert HOSTILE[0] in page.locator(".gb-tip").inner_text()
        assert HOSTILE[0] in page.locator(".flow-says").inner_text()
        assert page.evaluate("window.hacked") is None
        assert page.locator(".flow img, .flow script, .flow-path i").count() == 0
        assert [one["token"] for one in sent(page)] == [0]


def test_the_token_in_hand_is_seen_in_a_narrow_row(browser: Browser) -> None:
    with opened(browser, "model_flow", flow_message(network("zh"), "zh"), width=390, **CALM) as page:
        ready(page, "model_flow")
        inside = """(chip) => { const [a, b] = [chip, chip.parentElement].map((one) => one.getBoundingClientRect());
          return a.left >= b.left - 1 && a.right <= b.right + 1; }"""
        chosen = page.locator('.flow-tokens [aria-selected="true"]')
        assert chosen.evaluate(inside)
        page.locator(".flow-figure").press("ArrowDown")
        assert page.locator('.flow-tokens [aria-selected="true"]').evaluate(inside)


def test_a_head_of_the_cross_attention_opens(browser: Browser) -> None:
    asked = Asked("marian", stack="decoder", layer=1)
    with opened(browser, "model_flow", asked.message(), **CALM) as page:
        ready(page, "model_flow")
        page.locator(".flow-figure").focus()
        seen = 0
        for _ in range(60):
            page.keyboard.press("ArrowRight")
            seen += page.locator(".flow-live").inner_text().startswith("Head 0")
            if seen == 2:  # the first is that of the self-attention
                break
        page.keyboard.press("Enter")
        assert (sent(page)[-1]["cross"], sent(page)[-1]["head"]) == (True, 0)
        asked.answer(page)
        assert path(page)[-1].endswith("cross-attention")
        expect(page.locator(".flow-says")).to_contain_text("gives most of its attention")
