"""The positions canvas in a real browser: every view draws, follows the finger, sends once, and keeps its speed."""

from __future__ import annotations

import base64
import functools
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from core import catalog, examples
from core.catalog.position_curves import DECODER, ENCODER, FORMULAS, VIEWS
from core.compute.position_curves import formulas
from core.compute.position_curves import views as compute
from core.figures.position_curves import views as figures
from core.models.tokens.labels import Tokens
from pages.kit.text import Words
from tests.browser.harness import opened

pytestmark = pytest.mark.browser

PAGE = catalog.find("position_curves")
NAME = "position_curves"
NARROW, WIDE = 390, 1280
HOSTILE = ("<img src=x onerror=alert(1)>", "</script>", "\u202eשלום", "👨‍👩‍👧‍👦")


def state(**values: object) -> dict[str, object]:
    start = {param.name: param.default for param in PAGE.params}
    return {**start, **values, "version": values.get("version", 1)}


@functools.cache
def bundled(name: str, model: str) -> Any:
    """A result that the page ships for this function and model."""
    for one in examples.wanted((NAME,)):
        if one.function.__name__ == name and one.model == model:
            return one.bundled()
    raise AssertionError(name)


def message(view: str, language: str = "en", labels: tuple[str, ...] = (), **values: object) -> bytes:
    found, titles = {
        "learned": ([bundled("learned", ENCODER)], ["E5"]),
        "scores": ([bundled("real", DECODER)], ["SmolLM2"]),
        "shuffle": ([bundled("shuffle", ENCODER), bundled("shuffle", DECODER)], ["E5", "SmolLM2"]),
        "beyond": ([bundled("beyond", "")], []),
    }.get(view, ([], []))
    if labels:
        found = [hostile(one, labels) for one in found]
    words = Words(language, NAME).sub("canvas")
    chosen = state(view=view, **values)
    return figures.payload(*found, words, chosen, view=view, language=language, titles=titles)


def hostile(one: Any, labels: tuple[str, ...]) -> Any:
    import dataclasses

    many = tuple(labels[at % len(labels)] for at in range(len(one.tokens.labels)))
    tokens = Tokens(
        **{f.name: getattr(one.tokens, f.name) for f in dataclasses.fields(Tokens)} | {"labels": many}
    )
    return dataclasses.replace(one, tokens=tokens)


def ready(page: Page, count: int = 1) -> None:
    page.wait_for_function(f"window.__glassboxFrames?.['{NAME}:data']?.length >= {count}")


def give(page: Page, data: bytes) -> None:
    count = page.evaluate(f"window.__glassboxFrames['{NAME}:data'].length")
    page.evaluate("mount", base64.b64encode(data).decode())
    ready(page, count + 1)


def sent(page: Page) -> list[dict[str, Any]]:
    values = [dict(value) for name, value in page.evaluate("window.sent") if name == "look"]
    assert all(value.pop("at") > 0 for value in values)
    return values


def frames(page: Page) -> int:
    return int(page.evaluate(f"(window.__glassboxFrames['{NAME}'] ?? []).length"))


def next_frame(page: Page) -> None:
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def colours(page: Page) -> int:
    """How many colours the figure shows."""
    return int(
        page.evaluate("""() => {
        const canvas = document.getElementById("host").shadowRoot.querySelector("canvas");
        const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
        return new Set(new Uint32Array(data.buffer)).size; }""")
    )


def says(page: Page) -> str:
    """The figure's sentence, once everything asked for is drawn."""
    next_frame(page)
    return page.locator(".pos-says").inner_text()


def drag(page: Page, start: tuple[float, float], end: tuple[float, float], steps: int = 8) -> None:
    box = page.locator(".pos-figure canvas").bounding_box()
    assert box
    page.mouse.move(box["x"] + start[0], box["y"] + start[1])
    page.mouse.down()
    page.mouse.move(box["x"] + end[0], box["y"] + end[1], steps=steps)
    next_frame(page)
    page.mouse.up()


@pytest.mark.parametrize("width", [NARROW, WIDE])
@pytest.mark.parametrize("theme", ["paper", "stage"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_view_draws_and_speaks(browser: Browser, theme: Any, width: int, language: str) -> None:
    words = Words(language, NAME).sub("canvas")
    with opened(browser, NAME, message(VIEWS[0], language), width=width, theme=theme) as page:
        ready(page)
        for version, view in enumerate(VIEWS, 1):
            if version > 1:
                give(page, message(view, language, version=version))
            expect(page.get_by_role("tab", selected=True)).to_have_text(words[f"view_{view}"])
            assert colours(page) > 40, view
            assert len(says(page)) > 20, view
            assert "{" not in says(page), view
            assert "undefined" not in page.locator(".pos").inner_text(), view
            assert "NaN" not in page.locator(".pos").inner_text(), view
            assert page.evaluate("document.documentElement.scrollWidth") <= width, view


def test_dragging_over_the_waves_moves_the_position_and_sends_once(browser: Browser) -> None:
    with opened(browser, NAME, message("sinusoidal")) as page:
        ready(page)
        before = says(page)
        drag(page, (120, 80), (420, 80))
        assert says(page) != before
        assert len(sent(page)) == 1
        one = sent(page)[0]
        assert one["pos"] > 60
        dot = formulas.dot_by_distance([one["shift"]], one["d"], one["base"])[0]
        assert f"{dot:.2f}".replace("-", "−") in says(page)
        assert f"{one['pos']} and {one['pos'] + one['shift']}" in says(page)


def test_the_dot_product_is_the_same_wherever_one_drags(browser: Browser) -> None:
    with opened(browser, NAME, message("sinusoidal", span=256)) as page:
        ready(page)
        said = []
        for x in (100, 200, 300, 400):
            drag(page, (x, 90), (x + 30, 90), steps=2)
            said.append(says(page).split("dot product ")[1])
        assert len(set(said)) == 1


def test_sliders_act_per_frame_and_are_sent_when_let_go(browser: Browser) -> None:
    with opened(browser, NAME, message("sinusoidal")) as page:
        ready(page)
        count = frames(page)
        page.locator("[data-control=d]").evaluate("""(input) => {
            for (const value of [64, 32, 16]) { input.value = value; input.dispatchEvent(new Event("input")); } }""")
        next_frame(page)
        assert frames(page) > count
        assert sent(page) == []
        page.locator("[data-control=d]").evaluate('(input) => input.dispatchEvent(new Event("change"))')
        assert [one["d"] for one in sent(page)] == [16]


def test_dragging_between_the_pins_moves_both_and_no_angle(browser: Browser) -> None:
    with opened(browser, NAME, message("rotary", m=40, n=10)) as page:
        ready(page)
        score = says(page).split("score ")[1].split(".")[0]
        box = page.locator(".pos-figure canvas").bounding_box()
        assert box
        wide = round(box["width"] * 0.54) - 16
        middle = 8 + 14 + (25 / 64) * (wide - 28)
        drag(page, (middle, 42), (middle + 100, 42))
        one = sent(page)[-1]
        assert one["m"] - one["n"] == 30
        assert one["m"] > 45
        assert says(page).split("score ")[1].split(".")[0] == score


def test_scaling_adds_its_controls_and_says_what_it_does(browser: Browser) -> None:
    with opened(browser, NAME, message("rotary")) as page:
        ready(page)
        assert page.locator("[data-control=factor]").count() == 0
        for scaling, word in (("linear", "Linear"), ("NTK", "NTK"), ("YaRN", "1.139")):
            page.get_by_role("button", name=scaling, exact=True).click()
            expect(page.locator(".pos-says")).to_contain_text(word)
            assert page.locator("[data-control=factor]").count() == 1
        assert [one["scaling"] for one in sent(page)] == ["linear", "ntk", "yarn"]


def test_dragging_in_the_other_views(browser: Browser) -> None:
    moves = {"alibi": ("reach", (700, 80), (900, 80)), "t5": ("rel", (800, 100), (1100, 100)),
             "learned": ("row", (200, 60), (200, 260)), "shuffle": ("level", (300, 260), (420, 260))}  # fmt: skip
    for view, (name, start, end) in moves.items():
        with opened(browser, NAME, message(view)) as page:
            ready(page)
            before = says(page)
            drag(page, start, end)
            assert len(sent(page)) == 1, view
            assert sent(page)[0][name] != PAGE.param(name).default, view
            assert says(page) != before, view


def test_a_real_pair_keeps_its_score_while_it_is_moved(browser: Browser) -> None:
    with opened(browser, NAME, message("scores")) as page:
        ready(page)
        slider = page.locator("[data-control=move]")
        for value in ("1", "500", "4000"):
            slider.fill(value)
            next_frame(page)
            change = says(page).rsplit("a change of ", 1)[1].rstrip(".")
            assert change == "0" or "10⁻¹" in change, change
        found = bundled("real", DECODER)
        query, key = figures.liveliest(found.attention)
        score = found.scale * (
            formulas.rotate(found.q[query], query, found.turns)
            @ formulas.rotate(found.k[key], key, found.turns)
        )
        assert f"score {score:.2f}".replace("-", "−") in says(page)


def test_a_click_on_a_head_asks_for_it(browser: Browser) -> None:
    with opened(browser, NAME, message("scores")) as page:
        ready(page)
        drag(page, (40, 30), (40, 30), steps=1)
        assert (sent(page)[-1]["layer"], sent(page)[-1]["head"]) == (0, 0)
        box = page.locator(".pos-figure canvas").bounding_box()
        assert box
        page.mouse.move(box["x"] + 40, box["y"] + 60)
        expect(page.locator(".gb-tip")).to_contain_text("1 back")


def test_tabs_switch_at_once_and_wait_for_what_must_be_computed(browser: Browser) -> None:
    with opened(browser, NAME, message("sinusoidal")) as page:
        ready(page)
        for view in FORMULAS:
            page.locator(f"[data-view={view}]").click()
            assert len(says(page)) > 20
        page.locator("[data-view=learned]").click()
        expect(page.locator(".pos-wait")).to_be_visible()
        assert [one["view"] for one in sent(page)] == ["rotary", "alibi", "t5", "learned"] or [
            one["view"] for one in sent(page)
        ][-1] == "learned"
        give(page, message("learned"))
        expect(page.locator(".pos-wait")).to_be_hidden()
        assert colours(page) > 40
        page.get_by_role("tab", selected=True).press("ArrowLeft")
        assert sent(page)[-1]["view"] == "t5"


def test_what_is_being_moved_is_not_undone_by_a_late_answer(browser: Browser) -> None:
    with opened(browser, NAME, message("sinusoidal")) as page:
        ready(page)
        drag(page, (120, 80), (420, 80))
        here = says(page)
        give(page, message("sinusoidal"))  # the same version: an answer to something earlier
        assert says(page) == here
        give(page, message("sinusoidal", version=2, pos=3))
        assert "Positions 3 and" in says(page)


def test_keyboard_moves_the_position(browser: Browser) -> None:
    with opened(browser, NAME, message("sinusoidal", pos=10)) as page:
        ready(page)
        page.locator(".pos-figure").focus()
        page.keyboard.press("ArrowRight")
        next_frame(page)
        assert "Positions 11 and" in says(page)
        assert sent(page)[-1]["pos"] == 11
        assert "Positions 11 and" in page.locator(".pos-live").inner_text()


def test_hostile_tokens_are_text(browser: Browser) -> None:
    for view in ("scores", "shuffle"):
        with opened(browser, NAME, message(view, labels=HOSTILE), width=NARROW) as page:
            ready(page)
            assert page.locator(".pos img, .pos script").count() == 0
            box = page.locator(".pos-figure canvas").bounding_box()
            assert box
            page.mouse.move(box["x"] + 150, box["y"] + (380 if view == "scores" else 40))
            assert page.locator(".gb-tip img").count() == 0
            assert page.evaluate("document.documentElement.scrollWidth") <= NARROW


def test_a_failed_view_says_so(browser: Browser) -> None:
    words = Words("en", NAME).sub("canvas")
    data = figures.payload(words, state(view="scores"), view="scores", language="en", failed=True)
    with opened(browser, NAME, data) as page:
        ready(page)
        expect(page.locator(".pos-wait")).to_have_text(words["failed"])
        page.locator("[data-view=alibi]").click()
        assert "slope" in says(page)


def test_losses_are_read_under_the_pointer_and_curves_hide(browser: Browser) -> None:
    found = bundled("beyond", "")
    loss = dict(zip(found.schemes, compute.smoothed(found), strict=True))
    with opened(browser, NAME, message("beyond", spot=200)) as page:
        ready(page)
        assert f"ALiBi {loss['alibi'][200]:.2f}" in says(page)
        assert "learned: no vector" in says(page)
        page.locator(".pos-figure canvas").hover(position={"x": 90, "y": 150})
        tip = page.locator(".gb-tip").inner_text()
        assert "no vector" not in tip
        assert "rotary" in tip
        page.locator("[data-control='hidden:alibi']").click()
        expect(page.locator("[data-control='hidden:alibi']")).to_have_attribute("aria-pressed", "false")
        assert "ALiBi" not in says(page)
        assert sent(page)[-1]["hidden"] == ["alibi"]
        page.locator(".pos-figure").focus()
        page.keyboard.press("ArrowLeft")
        next_frame(page)
        assert sent(page)[-1]["spot"] == 199
        for name in ("sinusoidal", "learned", "rotary", "none"):
            page.locator(f"[data-control='hidden:{name}']").click()
        assert says(page) == Words("en", NAME).sub("canvas")["beyond_nothing"]


def test_unknown_curves_in_a_link_change_nothing(browser: Browser) -> None:
    with opened(browser, NAME, message("beyond", hidden=["<b>", "nothing"], spot=4095)) as page:
        ready(page)
        assert "position 255" in says(page)
        assert page.locator(".pos b").count() == 0


def test_touch_drags(browser: Browser) -> None:
    with opened(browser, NAME, message("sinusoidal"), width=NARROW, has_touch=True) as page:
        ready(page)
        page.locator(".pos-figure canvas").tap(position={"x": 250, "y": 90})
        assert sent(page)[-1]["pos"] > 60


def test_the_largest_table_keeps_up_with_the_finger(browser: Browser) -> None:
    """512 dimensions × 512 positions, another base in each frame. (`make bench` holds p50 16 ms and p95 25 ms.)"""
    with opened(browser, NAME, message("sinusoidal", d=512, span=512)) as page:
        ready(page)
        times = page.evaluate("""async () => {
            const input = document.getElementById("host").shadowRoot.querySelector("[data-control=base]");
            window.__glassboxFrames.position_curves = [];
            for (let at = 300; at < 360; at += 1) {
                input.value = at;
                input.dispatchEvent(new Event("input"));
                await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
            }
            return window.__glassboxFrames.position_curves; }""")
        assert len(times) >= 50
