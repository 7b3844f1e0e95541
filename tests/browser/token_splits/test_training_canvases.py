"""The canvases of training, markers and added words in a real browser: drags, keys, what they show, say and send."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from core.compute.token_splits import adding as token_adding
from core.compute.token_splits import markers as token_markers
from core.compute.token_splits import training as token_training
from core.figures.token_splits import rows as token_rows
from core.figures.token_splits import training as figures
from pages.kit.text import Words
from tests.browser.harness import opened

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=alert(1)> </script> שלום 👨‍👩‍👧‍👦 字\u202e"
NARROW, WIDE = 390, 1280
DECODER, ENCODER = "smollm2-135m", "e5-small-enzh"


def scrub(algorithm: str = "bpe", corpus: str = "english", language: str = "en", **state: object) -> bytes:
    found = token_training.train(algorithm=algorithm, corpus=corpus, size=500)
    words = Words(language, "token_splits").sub("scrub")
    said = {"text": "the theme of this", "version": 1, **state}
    return figures.scrub_payload(found, words, said, language=language, caption="c")


def template(text: str, model: str = DECODER, language: str = "en", **state: object) -> bytes:
    chat, batch = token_markers.chat(model=model, text=text), token_markers.batch(model=model, text=text)
    words = Words(language, "token_splits").sub("rows")
    return token_rows.chat_payload(
        chat, batch, words, {"version": 1, **state}, language=language, caption="c"
    )


def ready(page: Page, name: str, count: int = 1) -> None:
    page.wait_for_function(f"window.__glassboxFrames?.['{name}:data']?.length >= {count}")
    if name == "merge_scrub":
        page.wait_for_function(f"window.__glassboxFrames?.['{name}']?.length >= 1")


def give(page: Page, message: bytes, name: str) -> None:
    count = page.evaluate(f"window.__glassboxFrames['{name}:data'].length")
    page.evaluate("mount", base64.b64encode(message).decode())
    ready(page, name, count + 1)


def sent(page: Page, key: str) -> list[dict[str, Any]]:
    values = [dict(value) for name, value in page.evaluate("window.sent") if name == key]
    assert all(value.pop("at") > 0 for value in values)
    return values


def chips(page: Page) -> str:
    return "|".join(page.locator(".scrub-chips .scrub-chip").all_inner_texts())


@pytest.mark.parametrize("width", [NARROW, WIDE])
@pytest.mark.parametrize("theme", ["paper", "stage"])
def test_a_drag_in_the_plot_walks_the_merges_and_is_sent_once(
    browser: Browser, width: int, theme: Any
) -> None:
    with opened(browser, "merge_scrub", scrub(), width=width, height=1100, theme=theme) as page:
        ready(page, "merge_scrub")
        said = page.locator(".scrub-said")
        whole = chips(page)
        plot = page.locator(".scrub-plot").bounding_box()
        assert plot is not None
        y = plot["y"] + plot["height"] / 2
        page.mouse.move(plot["x"] + plot["width"] - 20, y)
        page.mouse.down()
        for share in (0.8, 0.6, 0.4, 0.2):
            page.mouse.move(plot["x"] + plot["width"] * share, y)
        page.mouse.move(plot["x"] + 2, y)
        expect(said).to_contain_text("Before the first of")
        assert sent(page, "look") == []
        page.mouse.up()
        assert sent(page, "look") == [{"step": 0}]
        assert chips(page) == "·|t|h|e|·|t|h|e|m|e|·|o|f|·|t|h|i|s"
        assert len(whole.split("|")) < 10
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_arrow_keys_take_one_merge_and_ring_what_it_made(browser: Browser) -> None:
    with opened(browser, "merge_scrub", scrub(step=0)) as page:
        ready(page, "merge_scrub")
        slider = page.get_by_label("Step", exact=True)
        slider.focus()
        page.keyboard.press("ArrowRight")
        expect(page.locator(".scrub-said")).to_contain_text("Merge 1 of")
        assert chips(page).startswith("·t|h|e|·t|h|e|m")
        assert page.locator(".scrub-chips .scrub-chip.now").all_inner_texts() == ["·t", "·t", "·t"]
        page.keyboard.press("ArrowRight")
        expect(page.locator(".scrub-said")).to_contain_text("Merge 2 of")
        assert chips(page).startswith("·t|he|·t|he|m")
        page.keyboard.press("PageUp")
        expect(page.locator(".scrub-list [aria-current=step] .scrub-number")).to_have_text("52")
        page.keyboard.press("End")
        expect(page.get_by_role("button", name="One step on")).to_be_disabled()
        assert sent(page, "look") == [{"step": 1}, {"step": 2}, {"step": 52}, {"step": -1}]
        assert "Merge" in str(slider.get_attribute("aria-valuetext"))


def test_playing_goes_on_by_itself_and_stops_where_it_is_stopped(browser: Browser) -> None:
    with opened(browser, "merge_scrub", scrub(step=0)) as page:
        ready(page, "merge_scrub")
        page.get_by_role("button", name="Play").click()
        page.wait_for_function(
            "() => Number(document.getElementById('host').shadowRoot.querySelector('.scrub-bar input').value) > 150"
        )
        page.get_by_role("button", name="Pause").click()
        (stopped,) = sent(page, "look")
        assert stopped["step"] > 0
        expect(page.get_by_role("button", name="Play")).to_be_visible()


def test_typing_is_cut_at_once_and_sent_after_a_pause(browser: Browser) -> None:
    with opened(browser, "merge_scrub", scrub(step=2)) as page:
        ready(page, "merge_scrub")
        box = page.get_by_label("A sentence to cut")
        box.fill("he 字")
        expect(page.locator(".scrub-chips .scrub-chip.lost")).to_have_text(["字"])
        expect(page.locator(".scrub-said")).to_contain_text("1 of them is unknown")
        page.wait_for_function("window.sent.some(([name]) => name === 'typed')")
        assert sent(page, "typed") == [{"text": "he 字"}]
        give(page, scrub(step=2), "merge_scrub")  # the same version: an answer to an earlier key
        expect(box).to_have_value("he 字")
        give(page, scrub(step=1, text="other", version=2), "merge_scrub")
        expect(box).to_have_value("other")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("algorithm", ["wordpiece", "unigram"])
def test_the_other_algorithms_have_their_own_view(browser: Browser, algorithm: str, language: str) -> None:
    with opened(browser, "merge_scrub", scrub(algorithm, "both", language), width=NARROW) as page:
        ready(page, "merge_scrub")
        words = Words(language, "token_splits").sub("scrub")
        expect(page.locator(".scrub-honest")).to_have_text(words[f"honest_{algorithm}"])
        assert "{" not in page.locator(".scrub-said").inner_text()
        tokens = len(chips(page).split("|"))
        page.get_by_label(words["slider"], exact=True).focus()
        page.keyboard.press("Home")
        page.wait_for_function("window.sent.length > 0")
        page.wait_for_function(
            f"() => document.getElementById('host').shadowRoot.querySelectorAll('.scrub-chips bdi').length > {tokens}"
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW


@pytest.mark.parametrize("language", ["en", "zh"])
def test_markers_padding_and_mask_are_drawn(browser: Browser, language: str) -> None:
    with opened(browser, "token_rows", template("Hi there, you\nBye", language=language)) as page:
        ready(page, "token_rows")
        row = page.locator(".trows-row").first
        assert row.locator(".trows-chip.special").first.inner_text() == "<|im_start|>"
        assert "".join(row.locator(".trows-chip.content").all_inner_texts()) == "Hi·there,·youBye"
        grids = page.locator(".trows-grid")
        masks = [grids.nth(at).locator(".trows-mask").all_inner_texts() for at in range(2)]
        assert [set(mask) for mask in masks] == [{"1"}, {"1", "0"}]
        assert grids.nth(1).locator(".trows-chip.pad").count() == masks[1].count("0")
        widths = [
            grids.nth(at).evaluate("e => [...e.children].map((c) => c.getBoundingClientRect().left)")
            for at in (0, 1)
        ]
        assert widths[0] == pytest.approx(widths[1], abs=0.6)  # one rectangle
        page.get_by_role("button", name=Words(language, "token_splits").sub("rows")["show_ids"]).click()
        assert row.locator(".trows-chip").first.inner_text() == "1"
        assert sent(page, "look") == [{"show": "ids"}]
        row.locator(".trows-chip").first.focus()
        page.keyboard.press("ArrowRight")
        expect(page.locator(".gb-tip")).to_contain_text("system")


def test_pieces_of_a_batch_are_whole_on_a_narrow_screen(browser: Browser) -> None:
    with opened(browser, "token_rows", template("Hi there, you\nBye"), width=390) as page:
        ready(page, "token_rows")
        cut = page.locator(".trows-grid .trows-chip").evaluate_all(
            "(chips) => chips.filter((chip) => chip.scrollWidth > chip.clientWidth + 1).length"
        )
        assert cut == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_hostile_text_stays_text(browser: Browser) -> None:
    with opened(browser, "merge_scrub", scrub(text=HOSTILE, corpus="both"), width=NARROW) as page:
        ready(page, "merge_scrub")
        assert page.locator(".scrub img, .scrub script").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW
    for model in (DECODER, ENCODER):
        with opened(browser, "token_rows", template(HOSTILE, model), width=NARROW) as page:
            ready(page, "token_rows")
            assert page.locator(".trows img, .trows script").count() == 0
            assert page.evaluate("document.documentElement.scrollWidth") <= NARROW


def test_added_words_stand_out(browser: Browser) -> None:
    added = token_adding.add_words(model=DECODER, text="大模型 Glassbox", words=("大模型", "Glassbox"))
    message = token_rows.added_payload(
        added, Words("zh", "token_splits").sub("rows"), {"version": 1}, language="zh", caption="c"
    )
    with opened(browser, "token_rows", message, width=NARROW) as page:
        ready(page, "token_rows")
        assert page.locator(".trows-row").nth(1).locator(".trows-chip.new").all_inner_texts() == [
            "大模型",
            "Glassbox",
        ]
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW


@pytest.mark.parametrize("name", ["merge_scrub", "token_rows"])
def test_a_picture_can_be_taken_away(browser: Browser, name: str) -> None:
    messages = {"merge_scrub": scrub(), "token_rows": template("Hi\nyou there")}
    message = messages[name]
    with opened(browser, name, message) as page:
        ready(page, name)
        with page.expect_download() as waiting:
            page.get_by_role("button", name="Save as PNG").click()
        assert waiting.value.path().read_bytes()[:4] == b"\x89PNG"


def test_eight_thousand_pieces_can_be_stepped_through(browser: Browser) -> None:
    found = token_training.train(algorithm="bpe", corpus="english", size=8000)
    words = Words("en", "token_splits").sub("scrub")
    text = "Some years ago, never mind how long precisely, having little or no money in my purse. " * 6
    message = figures.scrub_payload(found, words, {"text": text, "version": 1}, language="en", caption="c")
    assert len(message) < 2_000_000
    with opened(browser, "merge_scrub", message) as page:
        ready(page, "merge_scrub")
        slider = page.get_by_label("Step", exact=True)
        slider.focus()
        for _ in range(20):
            page.keyboard.press("ArrowLeft")
        last = len(found.merges)
        expect(slider).to_have_attribute("aria-valuetext", re.compile(f"^Merge {last - 20:,} of {last:,}"))
        page.wait_for_function("window.__glassboxFrames['merge_scrub'].length >= 2")
