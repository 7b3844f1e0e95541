"""The canvases of the next-token page in a real browser: what they show is what Python computes."""

from __future__ import annotations

import base64
import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from core.compute.next_token.distribution import RIVALS, Distribution, Surprise
from core.compute.next_token.filters import Settings, apply_filters, ordered
from core.figures.components import folder_of, source
from core.figures.next_token.distribution import payload, surprise_payload
from pages.kit.text import Words
from tests.browser.attention_heads.focus_data import tokens_of
from tests.browser.harness import HOSTILE, opened

pytestmark = pytest.mark.browser

NAME = "token_distribution"
VOCABULARY = 49_152


def texts(table: str, language: str = "en") -> dict[str, str]:
    return Words(language, "next_token").sub(table)


def made(*, forced: int = 0, labels: tuple[str, ...] = (), seed: int = 5) -> Distribution:
    """A distribution over a vocabulary as large as SmolLM2's, with a clear favourite and a long tail."""
    rng = np.random.default_rng(seed)
    logits = rng.gumbel(0, 1.6, VOCABULARY).astype(np.float32)
    logits[:3] = logits.max() + np.asarray([3, 2, 1], np.float32)
    named = np.argsort(-logits)[:2000].astype(np.int32)
    tokens = tokens_of(8, labels) if labels else tokens_of(8)
    names = [*labels, *(f"w{id}" for id in named[len(labels) :].tolist())]
    return Distribution(tokens, forced, logits, named, tuple(names))


def message(result: Distribution | None = None, language: str = "en", **state: Any) -> bytes:
    return payload(result or made(), texts("canvas", language), state, model="m", language=language)


def slider(page: Page, step: str) -> Locator:
    return page.locator(f'.nt-step[data-step="{step}"] input')


def slide(page: Page, step: str, place: int, *, final: bool = True) -> None:
    """Move a slider to a place of 0 … 1000, as a hand would."""
    slider(page, step).evaluate(
        """(input, [place, final]) => {
            input.value = String(place);
            input.dispatchEvent(new Event("input", { bubbles: true }));
            if (final) input.dispatchEvent(new Event("change", { bubbles: true }));
        }""",
        [place, final],
    )


def ready(page: Page) -> None:
    expect(page.locator('.nt[aria-busy="false"]')).to_be_visible()
    expect(page.locator(".nt-row").first).to_be_visible()


def number(page: Page, name: str) -> Locator:
    return page.locator(f'[data-number="{name}"]')


def sent(page: Page, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.evaluate(
        "(name) => window.sent.filter((one) => one[0] === name).map((one) => one[1])", name
    )
    return found


def test_moving_sliders_shows_what_python_computes(browser: Browser) -> None:
    result = made()
    with opened(browser, NAME, message(result)) as page:
        ready(page)
        expect(number(page, "kept")).to_have_text("49,152 of 49,152")
        slide(page, "temperature", 500)
        slide(page, "top_p", 900)
        wanted = apply_filters(result.logits, result.tokens.ids, Settings(temperature=1.5, top_p=0.9))
        expect(number(page, "kept")).to_have_text(f"{wanted.kept.sum():,} of 49,152")
        expect(number(page, "entropy")).to_have_text(f"{wanted.entropy / np.log(2):.2f} bits")
        best = int(wanted.probabilities.argmax())
        share = round(100 * float(wanted.probabilities[best]), 1)
        assert re.search(
            rf"→ {share:.1f}|→ {share:.0f}", page.locator(f'.nt-row[data-id="{best}"]').inner_text()
        )
        look = sent(page, "look")[-1]
        assert (look["temperature"], look["top_p"]) == (1.5, 0.9)
        assert look["at"] > 0


def test_a_move_is_committed_once_when_it_ends(browser: Browser) -> None:
    with opened(browser, NAME, message()) as page:
        ready(page)
        for place in range(0, 1000, 100):
            slide(page, "temperature", place, final=False)
        assert sent(page, "look") == []
        slide(page, "temperature", 700)
        assert len(sent(page, "look")) == 1


def test_the_keyboard_changes_the_order_and_the_result(browser: Browser) -> None:
    result = made()
    with opened(browser, NAME, message(result, temperature=2.0, top_p=0.9)) as page:
        ready(page)
        slider(page, "top_p").focus()
        for _ in range(5):
            page.keyboard.press("Alt+ArrowUp")
        order = ordered(("top_p",))
        assert sent(page, "look")[-1]["order"] == list(order)
        shown = page.locator(".nt-step").evaluate_all("(all) => all.map((one) => one.dataset.step)")
        assert shown == list(order)
        wanted = apply_filters(
            result.logits, result.tokens.ids, Settings(temperature=2.0, top_p=0.9, order=order)
        )
        expect(number(page, "kept")).to_have_text(f"{wanted.kept.sum():,} of 49,152")
        assert page.evaluate("document.getElementById('host').shadowRoot.activeElement.type") == "range"


def test_a_step_is_dragged_to_another_place(browser: Browser) -> None:
    with opened(browser, NAME, message()) as page:
        ready(page)
        grip = page.locator('.nt-step[data-step="typical"] .nt-grip').bounding_box()
        goal = page.locator('.nt-step[data-step="repetition"]').bounding_box()
        assert grip
        assert goal
        page.mouse.move(grip["x"] + 5, grip["y"] + 5)
        page.mouse.down()
        page.mouse.move(goal["x"] + 5, goal["y"] + 5, steps=12)
        page.mouse.up()
        assert sent(page, "look")[-1]["order"][0] == "typical"


def test_removed_tokens_stay_and_say_who_removed_them(browser: Browser) -> None:
    with opened(browser, NAME, message(top_k=2)) as page:
        ready(page)
        expect(page.locator(".nt-row.removed")).to_have_count(10)
        assert page.locator(".nt-note").nth(5).inner_text() == "cut by Top-k"
        page.locator(".nt-reset").click()
        expect(page.locator(".nt-row.removed")).to_have_count(0)


def test_a_clicked_token_is_forced_and_can_be_taken_back(browser: Browser) -> None:
    result = made(forced=2)
    with opened(browser, NAME, message(result)) as page:
        ready(page)
        page.locator('.nt-row[data-id="0"]').click()
        tail = list(result.tokens.ids[-2:])
        assert sent(page, "force")[-1]["forced"] == [*tail, 0]
        assert page.locator(".nt").get_attribute("aria-busy") == "true"
        page.locator('[data-undo="one"]').click()
        assert sent(page, "force")[-1]["forced"] == tail[:1]
        page.locator('[data-undo="all"]').click()
        assert sent(page, "force")[-1]["forced"] == []


def test_draws_repeat_with_their_seed_and_take_what_is_left(browser: Browser) -> None:
    with opened(browser, NAME, message(top_k=2, seed=3)) as page:
        ready(page)
        page.locator(".nt-many").click()
        first = page.locator(".nt-drawn").inner_text()
        assert first.startswith("2 different tokens")
        page.locator(".nt-many").click()
        assert page.locator(".nt-drawn").inner_text() == first
        page.locator(".nt-seed").fill("4")
        page.locator(".nt-seed").press("Enter")
        assert sent(page, "look")[-1]["seed"] == 4
        page.locator(".nt-many").click()
        assert page.locator(".nt-drawn").inner_text() != first


def test_a_token_is_found_among_the_named_and_in_the_table_of_all(browser: Browser) -> None:
    result = made()
    with opened(browser, NAME, message(result)) as page:
        ready(page)
        last = int(result.label_ids[-1])
        page.locator(".nt-find input").fill(f"w{last}")
        expect(page.locator(f'.nt-row.pinned[data-id="{last}"]')).to_be_visible()
        rare = int(np.argmin(result.logits))
        page.evaluate(
            """(rare) => {
                const labels = Array.from({ length: 49152 }, (_, id) => `x${id}`);
                labels[rare] = "·hapax";
                window.__glassboxLabels = { model: "m", labels };
                window.dispatchEvent(new CustomEvent("glassbox:labels"));
            }""",
            rare,
        )
        page.locator(".nt-find input").fill("hapax")
        expect(page.locator(f'.nt-row.pinned[data-id="{rare}"]')).to_be_visible()


def test_the_whole_vocabulary_as_a_curve(browser: Browser) -> None:
    with opened(browser, NAME, message(view="tail", top_k=100)) as page:
        canvas = page.locator(".nt-tail canvas")
        expect(canvas).to_be_visible()
        before = canvas.evaluate("(one) => one.toDataURL()")
        canvas.focus()
        page.keyboard.press("ArrowRight")
        expect(page.locator(".nt-live")).not_to_be_empty()
        now = "() => document.getElementById('host').shadowRoot.querySelector('canvas').toDataURL()"
        page.wait_for_function(f"(old) => ({now})() !== old", arg=before)


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("theme", ["paper", "stage"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_overflows(browser: Browser, width: int, theme: Any, language: str) -> None:
    with opened(browser, NAME, message(language=language, top_p=0.8), width=width, theme=theme) as page:
        ready(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        sizes = page.locator(".nt *").evaluate_all(
            """(all) => all
                .filter((one) => one.checkVisibility())
                .filter((one) => [...one.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
                .map((one) => parseFloat(getComputedStyle(one).fontSize))"""
        )
        assert min(sizes) >= 12
        for name in texts("canvas", language):
            assert f"{{{name}}}" not in page.locator(".nt").inner_text()


def test_hostile_labels_stay_text(browser: Browser) -> None:
    with opened(browser, NAME, message(made(labels=HOSTILE))) as page:
        ready(page)
        assert "<img src=x onerror=" in page.locator(".nt").inner_text()
        assert page.locator(".nt img, .nt script").count() == 0
        assert page.evaluate("window.hacked") is None


def test_a_second_text_replaces_the_first(browser: Browser) -> None:
    with opened(browser, NAME, message()) as page:
        ready(page)
        other = message(made(seed=9), temperature=0.0, version=7)
        page.evaluate("mount", base64.b64encode(other).decode())
        expect(number(page, "kept")).to_have_text("1 of 49,152")
        expect(page.locator('.nt-step[data-step="temperature"] .nt-value')).to_have_text("0 (greedy)")


# --- surprise -------------------------------------------------------------------------------------------------


def surprising() -> Surprise:
    n = 6
    nats = np.asarray([np.nan, 0.1, 2.0, 9.0, 0.5, 1.0], np.float32)
    shares = np.tile(np.asarray([0.5, 0.2, 0.1, 0.05, 0.01], np.float32), (n, 1))
    ids = np.arange(n * RIVALS, dtype=np.int32).reshape(n, RIVALS)
    return Surprise(
        tokens=tokens_of(n), nats=nats, rank=np.arange(n, dtype=np.int32), rival_ids=ids, rival_probability=shares,
        rivals=tuple(f"r{id}" for id in ids.ravel()), sizes=np.full(n, 3, np.int32), mean=2.52,
        perplexity=float(np.exp(2.52)), bits_per_byte=1.21,
    )  # fmt: skip


def strip(language: str = "en") -> bytes:
    titles = [("lane_raw", "<b>m</b>"), ("lane_chat", "m")]
    one = surprising()
    return surprise_payload(
        one, one, texts("strip", language), {"unit": "bits"}, titles=titles, language=language
    )


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_most_surprising_token_is_told(browser: Browser, width: int, language: str) -> None:
    with opened(browser, "surprise_strip", strip(language), width=width, theme="stage") as page:
        expect(page.locator(".ss-lane")).to_have_count(2)
        lane = page.locator(".ss-lane").first
        assert "<b>m</b>" in lane.inner_text()
        assert lane.locator('[aria-selected="true"]').get_attribute("data-token") == "3"
        assert f"{9 / np.log(2):.2f}" in lane.locator(".ss-facts").inner_text()
        assert "r15" in lane.locator(".ss-rivals").inner_text()
        lane.locator('[data-token="3"]').focus()
        page.keyboard.press("ArrowLeft")
        assert "r10" in lane.locator(".ss-rivals").inner_text()
        page.keyboard.press("Home")
        expect(lane.locator(".ss-none")).to_have_text(texts("strip", language)["first"])
        page.locator('[data-unit="nats"]').click()
        assert sent(page, "look")[-1]["unit"] == "nats"
        assert page.locator('.ss-lane [data-token="2"] .ss-number').first.inner_text() == "2.0"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("name", ["token_distribution", "surprise_strip", "token_labels"])
def test_components_are_whole_and_speak_no_language(name: str) -> None:
    html, _, script = source(name)
    assert "innerHTML" not in script
    text = "".join(part.split(">")[-1] for part in html.split("<"))
    assert not text.strip(" \n")


@pytest.mark.parametrize(("name", "table"), [("token_distribution", "canvas"), ("surprise_strip", "strip")])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_word_that_a_canvas_says_is_there(name: str, table: str, language: str) -> None:
    folder = folder_of(name)
    script = "".join(path.read_text("utf-8") for path in folder.glob("*.js"))
    html = (folder / "component.html").read_text("utf-8")
    said = set(re.findall(r"\bwords\.(\w+)", script)) | set(re.findall(r'data-word="(\w+)"', html))
    assert said <= texts(table, language).keys()
