"""The views of the residual stream in a real browser: cells, lists, curves, and what each sends."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from core.compute.model_anatomy import lens as model_lens
from core.compute.model_anatomy import norms as model_lens_norms
from core.compute.model_anatomy import patching as model_lens_patching
from core.models.read.trace import make_trace
from tests.browser.harness import HOSTILE, Theme, opened
from tests.browser.model_anatomy.anatomy_data import (
    LENS,
    answer,
    drawn,
    lens_message,
    lens_results,
    pixels,
    ready,
    renamed,
    sent,
    words,
)
from tests.core.tiny import tiny

pytestmark = pytest.mark.browser

VIEWS = tuple(LENS)
ONE, TWO = "The cat and the dog", "The dog and the cat"


def tiny_run() -> dict[str, Any]:
    return {"loaded": tiny("gpt2"), "trace": make_trace(tiny("gpt2"), ONE, limit=60)}


def head(page: Page) -> str:
    return page.locator(".lv-head").first.inner_text()


def names(page: Page) -> list[str]:
    return page.locator(".lv-list .lv-row b").all_inner_texts()


def move(page: Page, across: float, down: float) -> tuple[float, float]:
    """The pointer on the grid, at shares of its width and height."""
    box = page.locator(".lv-grid").bounding_box()
    assert box
    x, y = box["x"] + box["width"] * across, box["y"] + box["height"] * down
    page.mouse.move(x, y)
    return x, y


# --- every view -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("view", VIEWS)
def test_a_view_is_drawn_at_every_width(browser: Browser, view: str, language: str, width: int) -> None:
    theme: Theme = "stage" if width == 390 else "paper"
    touch: dict[str, Any] = {"has_touch": width == 390}
    height = 844 if width == 390 else 720
    message = lens_message(view, language=language)
    with opened(browser, "lens_views", message, width=width, height=height, theme=theme, **touch) as page:
        ready(page, "lens_views")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for name in (".lv-grid", ".lv-plot", ".lv-axis", ".lv-ramp"):
            assert drawn(page, name), name
        assert page.locator(".lv-title").inner_text()
        assert "{" not in page.locator(".lv").inner_text()
        move(page, 0.5, 0.5)
        expect(page.locator(".gb-tip")).to_be_visible()
        assert "{" not in page.locator(".gb-tip").inner_text()
        assert not sent(page), "pointing sends nothing"
        if width == 390:
            sizes = page.locator(".lv button:visible, .lv select:visible").evaluate_all(
                "(all) => all.map((one) => one.getBoundingClientRect().height)"
            )
            assert min(sizes) >= 44
        else:
            assert page.locator(".lv-grid").bounding_box()["height"] <= 420  # type: ignore[index]


@pytest.mark.parametrize("view", VIEWS)
def test_a_lecture_sees_the_whole_grid(browser: Browser, view: str) -> None:
    with opened(browser, "lens_views", lens_message(view), scale=1.6, theme="stage") as page:
        ready(page, "lens_views")
        assert page.locator(".lv-grid").bounding_box()["height"] <= 290  # type: ignore[index]
        assert drawn(page, ".lv-grid")
        expect(page.locator(".lv-save")).to_be_hidden()


def test_the_type_of_a_lecture_follows_the_window(browser: Browser) -> None:
    with opened(browser, "lens_views", lens_message("lens"), scale=1.6, width=1920, height=1080) as page:
        ready(page, "lens_views")
        for size, scale in (((1920, 1080), 1.6), ((1280, 720), 1.28), ((1920, 1080), 1.6)):
            page.set_viewport_size({"width": size[0], "height": size[1]})
            expect(page.locator(".lv")).to_have_css("--gb-scale", str(scale))


@pytest.mark.parametrize("view", VIEWS)
def test_words_of_a_text_never_become_markup(browser: Browser, view: str) -> None:
    found = [hostile(one) for one in lens_results(view)]
    with opened(browser, "lens_views", lens_message(view, *found)) as page:
        ready(page, "lens_views")
        for share in (0.1, 0.5, 0.9):
            page.mouse.click(*move(page, share, 0.4))
        move(page, 0.1, 0.4)
        shown = page.locator(".lv").inner_text() + str(page.locator("option").all_inner_texts())
        assert "onerror" in shown or "window.hacked" in shown
        assert page.evaluate("window.hacked") is None
        assert page.locator(".lv img, .lv script").count() == 0


def hostile(one: Any) -> Any:
    changes: dict[str, Any] = {}
    for field in dataclasses.fields(one):
        value = getattr(one, field.name)
        if field.name in ("tokens", "giver", "taker"):
            changes[field.name] = renamed(value)
        elif field.name in ("labels", "candidates", "answers"):
            changes[field.name] = tuple(HOSTILE[at % len(HOSTILE)] for at in range(len(value)))
    return dataclasses.replace(one, **changes)


# --- the logit lens ---------------------------------------------------------------------------------------


def test_a_cell_lists_its_tokens_and_arrow_keys_go_on(browser: Browser) -> None:
    lens, tracks = lens_results("lens")
    label = dict(zip(lens.label_ids.tolist(), lens.labels, strict=True))
    with opened(browser, "lens_views", lens_message("lens")) as page:
        ready(page, "lens_views")
        assert names(page)[0] == label[int(lens.top_ids[-1, -1, 0])] == "·Paris"
        page.locator(".lv-grid").focus()
        page.keyboard.press("ArrowDown")
        assert sent(page) == [{**LENS["lens"], "row": 29}]
        assert names(page) == [label[one] for one in lens.top_ids[29, -1].tolist()]
        page.keyboard.press("ArrowLeft")
        assert sent(page)[-1] == {**LENS["lens"], "row": 29, "pos": 3}
        assert names(page) == [label[one] for one in lens.top_ids[29, 3].tolist()]
        page.mouse.click(*move(page, 0.01, 0.99))
        at = sent(page)[-1]
        assert (at["row"], at["pos"]) == (0, 0)
        assert len(sent(page)) == 3
        assert np.isfinite(tracks.probability).all()


def test_pins_are_followed_and_taken_out_again(browser: Browser) -> None:
    found = model_lens.lens(**tiny_run()), model_lens.tracks(**tiny_run())
    with opened(browser, "lens_views", lens_message("lens", *found)) as page:
        ready(page, "lens_views")
        alone = pixels(page, ".lv-plot")
        page.locator(".lv-pin:enabled").first.click()
        pins = sent(page)[-1]["pins"]
        assert [int(pin) for pin in pins] == [int(found[0].top_ids[-1, -1, 1])]
        followed = found[0], model_lens.tracks(**tiny_run(), pins=tuple(pins))
        answer(page, "lens_views", lens_message("lens", *followed))
        assert pixels(page, ".lv-plot") != alone, "the pinned token has its own curve"
        page.locator(".lv-switch button").nth(2).click()
        assert sent(page)[-1] == {**LENS["lens"], "pins": pins, "by": "rank"}
        for _ in range(7):
            free = page.locator('.lv-pin[aria-pressed="false"]:enabled')
            if free.count():
                free.first.click()
        assert len(sent(page)[-1]["pins"]) == 6
        assert page.locator('.lv-pin[aria-pressed="false"]:enabled').count() == 0, "six are enough"
        while page.locator('.lv-pin[aria-pressed="true"]:enabled').count():
            page.locator('.lv-pin[aria-pressed="true"]:enabled').first.click()
        assert sent(page)[-1]["pins"] == []


def test_entropy_and_rank_have_their_own_ramp(browser: Browser) -> None:
    lens, _ = lens_results("lens")
    with opened(browser, "lens_views", lens_message("lens")) as page:
        ready(page, "lens_views")
        page.locator(".lv-switch button").nth(1).click()
        assert page.locator(".lv-high").inner_text() == f"{lens.entropy.max():.1f} nats"
        page.locator(".lv-switch button").nth(2).click()
        assert page.locator(".lv-low").inner_text() == f"{int(lens.rank.max()):,}"
        assert [one["by"] for one in sent(page)] == ["entropy", "rank"]


# --- contributions, norms, neurons ----------------------------------------------------------------------


def test_contributions_add_up_in_the_ledger(browser: Browser) -> None:
    (found,) = lens_results("contributions")
    text = words("contributions")
    with opened(browser, "lens_views", lens_message("contributions")) as page:
        ready(page, "lens_views")
        rows = dict(zip(names(page), page.locator(".lv-list .lv-row em").all_inner_texts(), strict=True))
        numbers = {name: float(value.replace("−", "-")) for name, value in rows.items()}
        assert numbers[text["sum"]] == pytest.approx(found.logits[0], abs=0.006)
        parts = [
            value for name, value in numbers.items() if name in {v for k, v in text.items() if "part_" in k}
        ]
        assert sum(parts) == pytest.approx(found.logits[0], abs=0.03)
        against = page.locator(".lv-group select").nth(2)
        against.select_option(index=1)
        assert sent(page) == [{**LENS["contributions"], "against": int(found.candidate_ids[1])}]
        expect(page.locator(".lv-list")).to_contain_text(text["sum_difference"])
        value = page.locator(".lv-strong em").inner_text().replace("−", "-")
        assert float(value) == pytest.approx(found.logits[0] - found.logits[1], abs=0.006)
        page.locator(".lv-grid").focus()
        page.keyboard.press("ArrowUp")
        assert len(sent(page)) == 1, "there is no cell to choose"


def test_norms_left_out_are_asked_for_and_shown(browser: Browser) -> None:
    norms = model_lens_norms.norms(**tiny_run())
    with opened(browser, "lens_views", lens_message("norms", norms)) as page:
        ready(page, "lens_views")
        before = pixels(page, ".lv-grid")
        page.locator(".lv-switch").nth(1).locator("button").last.click()
        assert sent(page) == [{**LENS["norms"], "off": "all"}]
        removed = model_lens_norms.without_norms(**tiny_run(), off="all")
        answer(page, "lens_views", lens_message("norms", norms, removed))
        assert page.locator(".lv-title").inner_text() == words("norms")["title_changed"]
        assert pixels(page, ".lv-grid") != before
        assert "→" in page.locator(".lv-list").inner_text()
        page.locator(".lv-switch").first.locator("button").last.click()
        assert sent(page)[-1]["measure"] == "cosine"
        page.mouse.click(*move(page, 0.05, 0.5))
        assert sent(page)[-1]["pos"] == 0


def test_the_slider_of_layers_sends_once_it_rests(browser: Browser) -> None:
    (found,) = lens_results("neurons")
    with opened(browser, "lens_views", lens_message("neurons")) as page:
        ready(page, "lens_views")
        slider = page.locator(".lv-group input")
        last = slider.evaluate("(one) => Number(one.max)")
        assert last == found.ids.shape[0] - 1
        slider.evaluate(
            "(one) => { for (const v of [3, 5, 9]) { one.value = v; one.dispatchEvent(new Event('input')); } }"
        )
        assert not sent(page)
        assert "9" in page.locator(".lv-title").inner_text()
        slider.evaluate("(one) => one.dispatchEvent(new Event('change'))")
        assert sent(page) == [{**LENS["neurons"], "block": 9}]
        page.mouse.click(*move(page, 0.99, 0.5))
        at = sent(page)[-1]
        assert at["neuron"] in found.ids[9]
        assert f"neuron {at['neuron']}" in head(page)


# --- patching --------------------------------------------------------------------------------------------


def test_a_row_is_dragged_and_its_effect_arrives(browser: Browser) -> None:
    run = tiny_run()
    map = model_lens_patching.patching(**run, other=TWO)
    count = len(map.giver.labels)
    with opened(browser, "lens_views", lens_message("patching", map)) as page:
        ready(page, "lens_views")
        page.mouse.click(*move(page, 0.5 / count, 0.9))
        assert sent(page)[-1] == {**LENS["patching"], "row": 0, "pos": 0}
        page.mouse.move(*move(page, 0.5 / count, 0.4))
        page.mouse.down()
        for column in range(1, 4):
            move(page, (column + 0.5) / count, 0.4)
        assert len(sent(page)) == 1, "nothing is sent while the pointer is dragged"
        page.mouse.up()
        at = sent(page)[-1]
        assert (at["pos"], at["upto"]) == (0, 3)
        assert words("patching")["computing"] in page.locator(".lv-list").inner_text()
        span = model_lens_patching.patch_span(**run, other=TWO, layer=at["row"], first=0, last=3)
        answer(page, "lens_views", lens_message("patching", map, span))
        expect(page.locator(".lv-list")).not_to_contain_text(words("patching")["computing"])
        page.locator(".lv-button").first.click()
        assert (sent(page)[-1]["pos"], sent(page)[-1]["upto"]) == (0, count - 1)
        page.locator(".lv-switch button").nth(1).click()
        assert sent(page)[-1]["part"] == "attention"


def test_a_patch_names_both_tokens_and_its_effect(browser: Browser) -> None:
    (map,) = lens_results("patching")
    differs = int(np.flatnonzero(map.differs)[0])
    with opened(browser, "lens_views", lens_message("patching")) as page:
        ready(page, "lens_views")
        move(page, (differs + 0.5) / len(map.giver.labels), 0.99)
        tip = page.locator(".gb-tip").inner_text()
        assert map.giver.labels[differs] in tip
        shown = tip.split(words("patching")["effect"])[1].split()[0].replace("−", "-")
        assert float(shown) == pytest.approx(map.effect[0, differs], abs=6e-4)
