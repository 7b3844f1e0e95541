"""The tokenization canvases in a real browser: what they show, say and send, and that typing is never disturbed."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from core.compute.token_splits import picks as token_picks
from core.compute.token_splits.cut import split
from core.compute.token_splits.reasons import explain_word
from core.figures.token_splits import cut as figures
from core.figures.token_splits.payloads import Offer
from core.models.tokens.vocabularies import VOCABULARIES
from pages.kit.text import Words
from tests.browser.harness import opened

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=alert(1)> </script> שלום 👨‍👩‍👧‍👦 字\u202e\u0000".replace("\0", "")
OFFER: list[Offer] = [
    {"id": v.id, "title": v.title, "algorithm": v.algorithm, "size": v.size} for v in VOCABULARIES
]
NARROW, WIDE = 390, 1280


def chips(
    text: str, *vocabularies: str, language: str = "en", pick: tuple[str, str] = ("", ""), **state: object
) -> bytes:
    splits = split(text=text, vocabularies=vocabularies) if text.strip() else None
    said = {"text": text, "version": 1, **state}
    words = Words(language, "token_splits").sub("chips")
    return figures.payload(splits, words, said, vocabularies=OFFER, language=language, pick=pick, hub=True)


def tree(text: str, vocabulary: str, piece: str, language: str = "en") -> bytes:
    splits = split(text=text, vocabularies=(vocabulary,))
    by, piece = token_picks.telling(splits, vocabulary, piece)
    position, count = token_picks.place(splits, by, piece)
    found = explain_word(vocabulary=vocabulary, text=text, position=position)
    words = Words(language, "token_splits").sub("tree")
    return figures.explain_payload(found, words, {}, piece=piece, count=count, title="T", language=language)


def ready(page: Page, name: str = "token_chips", count: int = 1) -> None:
    page.wait_for_function(f"window.__glassboxFrames?.['{name}:data']?.length >= {count}")


def give(page: Page, message: bytes, name: str = "token_chips") -> None:
    count = page.evaluate(f"window.__glassboxFrames['{name}:data'].length")
    page.evaluate("mount", base64.b64encode(message).decode())
    ready(page, name, count + 1)


def sent(page: Page, key: str) -> list[dict[str, Any]]:
    values = [dict(value) for name, value in page.evaluate("window.sent") if name == key]
    assert all(value.pop("at") > 0 for value in values)
    return values


def faces(page: Page, lane: int = 0) -> list[str]:
    return page.locator(".chips-row").nth(lane).locator(".chips-chip").all_inner_texts()


@pytest.mark.parametrize("width", [NARROW, WIDE])
@pytest.mark.parametrize("theme", ["paper", "stage"])
def test_lanes_show_labels_ids_and_bytes(browser: Browser, width: int, theme: Any) -> None:
    with opened(browser, "token_chips", chips("the The", "gpt2", "bytes"), width=width, theme=theme) as page:
        ready(page)
        assert faces(page) == ["the", "·The"]
        page.get_by_role("button", name="Ids").click()
        assert faces(page) == ["1169", "383"]
        page.get_by_role("button", name="Bytes", exact=True).click()
        assert faces(page) == ["74 68 65", "20 54 68 65"]
        assert sent(page, "look") == [{"show": "ids", "limit": 0}, {"show": "bytes", "limit": 0}]
        assert "2 tokens with GPT-2" in page.locator(".chips-sum").inner_text()
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_typing_is_sent_once_after_a_pause_and_late_answers_leave_the_box_alone(browser: Browser) -> None:
    with opened(browser, "token_chips", chips("a", "gpt2")) as page:
        ready(page)
        box = page.get_by_label("Text to cut")
        box.focus()
        page.evaluate(
            "[...'bcd'].forEach((key) => document.execCommand('insertText', false, key))"
        )  # no pause between
        page.wait_for_function("window.sent.some(([key]) => key === 'typed')")
        page.wait_for_timeout(400)
        assert sent(page, "typed") in ([{"text": "bcda"}], [{"text": "abcd"}])
        typed = box.input_value()
        give(page, chips("ab", "gpt2"))  # an answer to an earlier key: same version
        expect(box).to_have_value(typed)
        expect(box).to_be_focused()
        assert faces(page) == ["ab"]
        give(page, chips("other", "gpt2", version=2))  # an example was clicked
        expect(box).to_have_value("other")


def test_no_text_keeps_the_box_and_says_so(browser: Browser) -> None:
    with opened(browser, "token_chips", chips("", "gpt2")) as page:
        ready(page)
        expect(page.locator(".chips-sum")).to_have_text(Words("en", "token_splits").sub("chips")["sum_none"])
        page.get_by_label("Text to cut").fill("x")
        page.wait_for_function("window.sent.some(([key]) => key === 'typed')")
        assert sent(page, "typed") == [{"text": "x"}]


def test_rings_groups_and_what_a_chip_says(browser: Browser) -> None:
    with opened(browser, "token_chips", chips("unbelievably 智", "gpt2", "bert")) as page:
        ready(page)
        lonely = page.locator(".chips-row").nth(1).locator(".chips-chip.lonely")
        assert lonely.count() >= 1
        parts = page.locator(".chips-row").nth(0).locator(".chips-chip.inside")
        assert parts.count() >= 2
        parts.last.hover()
        tip = page.locator(".gb-tip")
        expect(tip).to_be_visible()
        expect(tip).to_contain_text("runs through a character")
        assert page.locator(".chips-row").nth(1).locator(".chips-chip.over").count() == 1
        page.mouse.move(2, 2)
        expect(tip).to_be_hidden()


def test_a_click_and_the_keyboard_pick_a_piece(browser: Browser) -> None:
    with opened(browser, "token_chips", chips("智 the cat", "gpt2", "o200k")) as page:
        ready(page)
        page.locator(".chips-chip").nth(1).click()
        assert sent(page, "pick") == [{"by": "gpt2", "piece": "智"}]
        assert page.locator(".chips-chip[aria-selected=true]").count() == 3
        page.keyboard.press("End")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        assert sent(page, "pick")[-1] == {"by": "o200k", "piece": " cat"}
        page.keyboard.press("ArrowLeft")
        page.keyboard.press(" ")
        assert sent(page, "pick")[-1]["piece"] == " the"


def test_a_budget_splits_every_lane_while_the_slider_moves(browser: Browser) -> None:
    with opened(browser, "token_chips", chips("One. Two. Three. Four.", "gpt2", "characters")) as page:
        ready(page)
        slider = page.locator(".chips-limit input")
        slider.focus()
        for _ in range(4):
            page.keyboard.press("ArrowRight")
        assert page.locator(".chips-row").nth(0).locator(".chips-cut").count() == 2
        assert page.locator(".chips-limit output").inner_text().startswith("4 tokens → 2 / ")
        assert sent(page, "look")[-1] == {"show": "text", "limit": 4}
        slider.fill("0")
        assert page.locator(".chips-cut").count() == 0
        assert len(faces(page)) == 8


def test_vocabularies_are_replaced_removed_and_added(browser: Browser) -> None:
    with opened(browser, "token_chips", chips("a b", "gpt2", "bert")) as page:
        ready(page)
        page.get_by_label("Vocabulary of this row").first.select_option("o200k")
        page.get_by_role("button", name="Remove GPT-2").click()
        page.get_by_label("Add a vocabulary …").select_option("xlm-r")
        assert sent(page, "chosen") == [
            {"vocab": ["o200k", "bert"]},
            {"vocab": ["bert"]},
            {"vocab": ["gpt2", "bert", "xlm-r"]},
        ]
        assert page.get_by_label("Vocabulary of this row").first.locator("option[value=bert]").count() == 0
        page.get_by_label("Add a vocabulary …").select_option(
            index=page.locator(".chips-add option").count() - 1
        )
        page.keyboard.type("owner/name")
        page.keyboard.press("Enter")
        assert sent(page, "chosen")[-1] == {"vocab": ["gpt2", "bert", "hub:owner/name"]}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_hostile_text_stays_text(browser: Browser, language: str) -> None:
    message = chips(HOSTILE, "gpt2", "words", "bert", language=language, limit=5)
    with opened(browser, "token_chips", message, width=NARROW) as page:
        ready(page)
        assert page.locator(".chips img, .chips script").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW
    with opened(browser, "merge_tree", tree(HOSTILE, "words", "<img", language), width=NARROW) as page:
        ready(page, "merge_tree")
        assert page.locator(".tree img").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW


SCRIPTS = "👨‍👩‍👧‍👦 שלום عليكم\r\nＡ１ 👩‍🚀"


@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_chips_of_any_script_stand_in_the_order_of_the_text(browser: Browser, width: int) -> None:
    """Row by row from left to right, whatever direction the letters have; no sign is broken, none is invisible."""
    vocabularies = ("gpt2", "o200k", "words", "characters")
    with opened(browser, "token_chips", chips(SCRIPTS, *vocabularies), width=width) as page:
        ready(page)
        for lane, cut in enumerate(split(text=SCRIPTS, vocabularies=vocabularies).cuts):
            row = page.locator(".chips-row").nth(lane)
            shown = row.locator(".chips-chip").all_inner_texts()
            assert [one.strip() for one in shown] == [label.strip() for label in cut.labels]
            assert "\ufffd" not in "".join(shown)
            assert all(any(char.isprintable() and not char.isspace() for char in one) for one in shown)
            assert ("␍" in "".join(shown)) == (cut.vocabulary != "words")  # which leaves white space out
            boxes = row.locator(".chips-chip").evaluate_all(
                "(all) => all.map((one) => one.getBoundingClientRect()).map(({top, left}) => [Math.round(top), left])"
            )
            assert boxes == sorted(boxes)


def test_two_thousand_characters_repaint_quickly(browser: Browser) -> None:
    text = ("The quick brown fox. 敏捷的棕色狐狸跳过了懒狗。" * 60)[:2000]
    with opened(browser, "token_chips", chips(text, "gpt2", "o200k", "bert", "xlm-r")) as page:
        ready(page)
        for n in range(4):
            give(page, chips(f"{text}{n}", "gpt2", "o200k", "bert", "xlm-r"))
        times = sorted(page.evaluate("window.__glassboxFrames['token_chips:data']")[1:])
        assert times[len(times) // 2] < 250


def test_merges_can_be_walked_with_buttons_and_slider(browser: Browser) -> None:
    with opened(browser, "merge_tree", tree("so unbelievably", "gpt2", " unbelievably")) as page:
        ready(page, "merge_tree")
        assert page.locator(".tree-node.later").count() == 0
        page.get_by_role("button", name="One merge back").click()
        assert page.locator(".tree-node.later").count() == 1
        slider = page.get_by_label("Merges so far")
        slider.fill("0")
        leaves = len(" unbelievably")
        assert page.locator(".tree-node:not(.later)").count() == leaves
        expect(page.locator(".tree-said")).to_contain_text("Before any merge")
        slider.fill("1")
        expect(page.locator(".tree-said")).to_contain_text("Merge 1 of")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("vocabulary", "piece", "part"),
    [("gpt2", "智", ".tree-byte"), ("xlm-r", "世界", ".tree-node.best"), ("bert", "世", ".tree-try.found")],
)
def test_every_algorithm_is_explained(
    browser: Browser, language: str, vocabulary: str, piece: str, part: str
) -> None:
    with opened(
        browser, "merge_tree", tree("人工智能正在改变世界", vocabulary, piece, language), width=NARROW
    ) as page:
        ready(page, "merge_tree")
        assert page.locator(part).count() >= 1
        assert "{" not in page.locator(".tree-why").inner_text()
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW


def test_a_text_that_could_not_be_cut_leaves_the_vocabularies_to_change(browser: Browser) -> None:
    words = Words("en", "token_splits").sub("chips")
    message = figures.payload(
        None, words, {"text": "x", "version": 1}, vocabularies=OFFER, language="en",
        asked=("gpt2", "hub:no/one"), failed=True,
    )  # fmt: skip
    with opened(browser, "token_chips", message) as page:
        ready(page)
        expect(page.locator(".chips-sum")).to_have_text(words["sum_failed"])
        page.get_by_role("button", name="Remove hub:no/one").click()
        assert sent(page, "chosen") == [{"vocab": ["gpt2"]}]
