"""The four canvases of masked words in a real browser: what a click changes and commits, hostile words."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from core.compute.masked_words import rule as masking_rule
from core.compute.masked_words.gaps import TOP, Causal, Masked, Reranked, totals
from core.compute.masked_words.rule import Sheet
from core.figures.masked_words import views as figures
from pages.kit.text import Words
from tests.browser.attention_heads.focus_data import tokens_of
from tests.browser.harness import HOSTILE, opened

pytestmark = pytest.mark.browser

WORDS = ("The", "cat", "<b>sat</b>", "on", "it", ".")
TEXT = " ".join(WORDS[:-1]) + "."
SPECIAL = [True, *[False] * 30, True]


def texts(language: str = "en") -> dict[str, str]:
    return Words(language, "masked_words").sub("canvas")


def side(kind: Any, seed: int, count: int = len(WORDS)) -> Any:
    """Made-up guesses of one side: word 1 has two pieces, word 4 none of its own."""
    rng = np.random.default_rng(seed)
    owners = [0, 1, 1, 2, 3, 5]
    nats = rng.uniform(0.1, 6, len(owners)).astype(np.float32)
    words = np.asarray(
        [nats[[at for at, one in enumerate(owners) if one == word]].sum() for word in range(count)]
    )
    words[4] = np.nan
    share = np.sort(rng.dirichlet(np.full(TOP, 0.6), count))[:, ::-1].astype(np.float32)
    starts, at = [], 0
    for word in WORDS:
        at = TEXT.index(word, at)
        starts.append(at)
    return kind(
        model="m", words=WORDS, starts=np.asarray(starts, np.int32),
        pieces=tokens_of(len(owners), HOSTILE[: len(owners)]),
        word_of=np.asarray(owners, np.int32), nats=nats, word_nats=words.astype(np.float32),
        count=np.asarray([1, 2, 1, 1, 0, 1], np.int32), rank=np.asarray([3, 0, 1, 200, 0, 1], np.int32),
        candidates=tuple(f"w{n}" for n in range(count * TOP)), share=share,
    )  # fmt: skip


TOLD, FORESEEN = side(Masked, 1), side(Causal, 2)


def gap(more: Any = None, **state: Any) -> bytes:
    return figures.gap_payload(
        TOLD, FORESEEN, more, texts(), state, text=TEXT, titles=["A", "B"], language="en"
    )


def sent(page: Page) -> list[Any]:
    found: list[Any] = page.evaluate("window.sent")
    return [[key, {name: one for name, one in value.items() if name != "at"}] for key, value in found]


def test_a_click_hides_a_word_and_commits_once(browser: Browser) -> None:
    with opened(browser, "gap_fill", gap(hide=["3"])) as page:
        expect(page.locator(".gap-word").nth(3)).to_have_attribute("aria-pressed", "true")
        assert "rank 200" in page.locator(".gap-lanes").inner_text()
        page.locator(".gap-word").nth(2).click()
        expect(page.locator(".gap-word").nth(2)).to_contain_text("[MASK]")
        expect(page.locator(".gap-word").nth(3)).to_have_text("on")
        assert sent(page) == [["look", {"hide": [2], "several": False}]]
        assert page.locator(".gap-lane").nth(2).inner_text().endswith(texts()["wait"])
        assert "<b>sat</b>" in page.locator(".gap-said").inner_text()
        page.locator(".gap-word").nth(1).click()
        assert "in 2 pieces" in page.locator(".gap-lanes").inner_text()
        page.locator(".gap-word").nth(4).click()
        assert page.locator(".gap-said").inner_text().startswith("“it” is no token of its own")


def telling(sentence: str) -> str:
    """The last words of a sentence that are more than a unit."""
    return [part for part in re.split(r"\{[^}]*\}", sentence) if len(part) > 4][-1]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_sentence_follows_which_side_gives_more(browser: Browser, language: str) -> None:
    words = texts(language)
    blank = replace(TOLD, words=(*WORDS[:4], "[MASK]", "."))
    payload = figures.gap_payload(
        blank, FORESEEN, None, words, {}, text=TEXT, titles=["A", "B"], language=language
    )
    with opened(browser, "gap_fill", payload) as page:
        for at in (0, 1, 2, 3, 5):
            page.locator(".gap-word").nth(at).click()
            better = TOLD.word_nats[at] < FORESEEN.word_nats[at]
            told = page.locator(".gap-said").inner_text()
            masked, causal = (telling(words[id]) in told for id in ("said_masked", "said_causal"))
            assert (masked, causal) == (better, not better)
        page.locator(".gap-word").nth(4).click()
        assert page.locator(".gap-said").inner_text() == words["said_blank"]
        assert "[MASK]" not in page.locator(".gap-row.own").all_inner_texts()


@pytest.mark.parametrize("together", [0.5, 9.0])
def test_a_piece_is_given_away_only_where_it_is(browser: Browser, together: float) -> None:
    nats = TOLD.word_nats.copy()
    nats[1] = together * TOLD.nats[1:3].sum()
    message = figures.pseudo_payload(
        replace(TOLD, word_nats=nats),
        FORESEEN,
        texts(),
        {"word": 1},
        text=TEXT,
        titles=["A", "B"],
        language="en",
    )
    with opened(browser, "pseudo_strip", message) as page:
        end = texts()["together" if together > 1 else "together_even"].rsplit(". ", 1)[1]
        expect(page.locator(".psd")).to_contain_text(end)


def test_several_gaps_and_the_keyboard(browser: Browser) -> None:
    with opened(browser, "gap_fill", gap(hide=["0"])) as page:
        page.locator(".gap-toggle").click()
        page.locator(".gap-word").nth(0).focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        expect(page.locator(".gap-word").nth(1)).to_contain_text("[2]")
        assert sent(page)[-1] == ["look", {"hide": [0, 1], "several": True}]


def test_whole_texts_mark_the_true_word(browser: Browser) -> None:
    shares = np.asarray([0.2, 0.7, 0.1], np.float32)
    more = Reranked("m", 0, ("The", "A", "<i>x</i>"), shares, shares, shares, shares[::-1].copy())
    with opened(browser, "gap_fill", gap(more, hide=["0"])) as page:
        rows = page.locator(".gap-lane").nth(2).locator(".gap-row")
        assert [row.split("\n")[0] for row in rows.all_inner_texts()] == ["A", "The", "<i>x</i>"]
        expect(rows.nth(1)).to_have_class("gap-row own")


def rule(**state: Any) -> bytes:
    labels = tuple(HOSTILE[n % len(HOSTILE)] for n in range(32))
    tokens = tokens_of(32, labels)
    tokens = type(tokens)(tokens.ids, labels, tokens.bytes, tuple(SPECIAL), tokens.groups)
    sheet = Sheet("m", tokens, "[MASK]", ("<u>other</u>",), 100)
    return figures.rule_payload(sheet, texts(), state, language="en")


def test_the_roll_on_screen_is_the_one_that_is_computed(browser: Browser) -> None:
    with opened(browser, "mask_rule", rule(seed=32)) as page:
        expect(page.locator(".rule-chip").first).to_be_visible()
        for seed in (32, 33):
            wanted = masking_rule.draw(np.asarray(SPECIAL), seed, 0)[0]
            counts = [int((wanted == state).sum()) for state in (1, 2, 3)]
            shown = [page.locator(f".rule-chip.{name}").count() for name in ("mask", "random", "same")]
            assert shown == counts
            page.locator(".rule-roll").click()
        assert sent(page) == [["look", {"seed": 33}], ["look", {"seed": 34}]]
        page.locator(".rule-buttons button").last.click()
        assert "300,000 tokens drawn" in page.locator(".rule-chi").inner_text()


def test_a_dial_keeps_its_bounds_says_its_value_and_commits_it(browser: Browser) -> None:
    with opened(browser, "mask_rule", rule(share=0.15, epochs=40)) as page:
        share, epochs = page.locator(".rule-dials input").first, page.locator(".rule-epoch-dials input").first
        expect(share).to_have_attribute("aria-valuetext", "15\u202f%")
        share.press("ArrowRight")
        expect(share).to_have_attribute("aria-valuetext", "20\u202f%")
        share.press("End")
        epochs.press("Home")
        assert sent(page) == [["look", {"share": 0.2}], ["look", {"share": 0.6}], ["look", {"epochs": 1}]]


def payloads() -> dict[str, bytes]:
    """One message for each of the three canvases."""
    return {
        "gap_fill": gap(),
        "mask_rule": rule(),
        "pseudo_strip": figures.pseudo_payload(
            TOLD, FORESEEN, texts(), {}, text=TEXT, titles=["A", "B"], language="en"
        ),
    }  # fmt: skip


@pytest.mark.parametrize("name", ["gap_fill", "mask_rule", "pseudo_strip"])
def test_a_saved_picture_is_on_white_whatever_the_theme(browser: Browser, name: str) -> None:
    with opened(browser, name, payloads()[name], theme="stage") as page:
        expect(page.locator(".gb-box")).to_have_attribute("aria-busy", "false")
        before = page.locator(".gb-box").screenshot()
        with page.expect_download() as saved:
            page.locator(".dom-save").click()
        picture = np.asarray(Image.open(saved.value.path()).convert("L"))
        assert (picture[:8] == 255).all(), "the edge is white"
        assert np.mean(picture > 200) > 0.6, "so is most of it"
        assert np.mean(picture < 110) > 0.003, "with ink on it"
        page.locator(".dom-save").evaluate("(button) => button.blur()")
        page.mouse.move(0, 0)
        assert np.mean(pixels(page.locator(".gb-box").screenshot()) != pixels(before)) < 0.01, (
            "the figure has its own colours again"
        )


def pixels(png: bytes) -> np.ndarray[Any, Any]:
    return np.asarray(Image.open(io.BytesIO(png)).convert("L"))


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_overflows(browser: Browser, width: int) -> None:
    for name, data in payloads().items():
        with opened(browser, name, data, width=width) as page:
            expect(page.locator(".gb-box")).to_have_attribute("aria-busy", "false")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name


def test_totals_and_pieces_of_the_strip(browser: Browser) -> None:
    data = figures.pseudo_payload(
        TOLD, FORESEEN, texts(), {"word": 1}, text=TEXT, titles=["A", "B"], language="en"
    )
    with opened(browser, "pseudo_strip", data) as page:
        table = page.locator(".psd-totals").inner_text()
        assert f"{totals(TOLD).bits_per_character:.2f}" in table
        assert "In 2 pieces" in page.locator(".psd-more").inner_text()
        page.locator(".psd-word").nth(5).click()
        assert sent(page) == [["look", {"word": 5}]]
