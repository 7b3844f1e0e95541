"""The generation canvases in a real browser: what they show, say and commit while a text grows."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from core.compute.next_token.filters import Settings
from core.compute.next_token.requests import BeamRequest, Beams, Fork, Lanes, LanesRequest, Path, TextRequest
from core.compute.next_token.run import complete
from core.figures.next_token import generation as figures
from core.figures.next_token.generation import Running
from pages.kit.text import Words
from tests.browser.harness import opened
from tests.core.tiny import DECODERS, SAMPLE, tiny

pytestmark = pytest.mark.browser

LOADED = tiny(DECODERS[0])
ASK = TextRequest("m", SAMPLE, 64, count=12, seed=4, settings=Settings(top_k=5))
DONE = Running("done", 0, 0.0, 0.0, 12)
NARROW, WIDE = 390, 1280


def words(name: str, language: str = "en") -> dict[str, str]:
    words = Words(language, "next_token")
    return words.sub("run") | words.sub(name)


def grown(*forks: tuple[Fork, ...]) -> list[tuple[TextRequest, Path]]:
    requests = [replace(ASK, forks=one) for one in ((), *forks)]
    return [(request, complete(request, LOADED)) for request in requests]


def tree(
    texts: list[tuple[TextRequest, Path]], current: int = 0, run: Running = DONE, language: str = "en"
) -> bytes:
    state = {"version": 0, "temperature": 1.0, "length": 12, "seed": 4}
    return figures.tree_payload(texts, current, run, words("tree", language), state, language=language)


def ready(page: Page, name: str, count: int = 1) -> None:
    page.wait_for_function(f"window.__glassboxFrames?.['{name}:data']?.length >= {count}")


def give(page: Page, name: str, message: bytes) -> None:
    count = page.evaluate(f"window.__glassboxFrames['{name}:data'].length")
    page.evaluate("mount", base64.b64encode(message).decode())
    ready(page, name, count + 1)


def sent(page: Page, key: str) -> list[dict[str, Any]]:
    values = [dict(value) for name, value in page.evaluate("window.sent") if name == key]
    assert all(value.pop("at") > 0 for value in values)
    return values


@pytest.mark.parametrize(("theme", "width", "language"), [("paper", WIDE, "en"), ("stage", NARROW, "zh")])
def test_the_tree_shows_the_text_and_commits_a_branch(
    browser: Browser, theme: Any, width: int, language: str
) -> None:
    texts = grown()
    path = texts[0][1]
    with opened(browser, "generation_tree", tree(texts, language=language), theme=theme, width=width) as page:
        ready(page, "generation_tree")
        assert page.locator(".gtree-chip").all_text_contents() == list(path.tokens.labels)
        expect(page.locator(".gtree-prompt")).to_have_text(SAMPLE)
        expect(page.locator(".gtree-map")).to_be_hidden()
        page.locator(".gtree-chip").nth(3).click()
        labels = page.locator(".gtree-label").all_text_contents()
        assert labels == list(path.option_labels[3])
        cut = page.locator(".gtree-cut").count()
        assert cut == int((path.option_chance[3] == 0).sum()) > 0
        other = next(n for n, option in enumerate(path.options[3]) if option != path.tokens.ids[3])
        page.locator(".gtree-option").nth(other).click()
        assert sent(page, "look") == [{"forks": [f"3.{path.options[3][other]}"]}]
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_text_grows_under_the_visitors_focus(browser: Browser) -> None:
    texts = grown()
    part = complete(replace(ASK, count=5), LOADED)
    short = [(ASK, replace(part, ended=""))]
    running = Running("running", 0, 0.0, 3.5, 12)
    with opened(browser, "generation_tree", tree(short, run=running)) as page:
        ready(page, "generation_tree")
        expect(page.locator(".run-said")).to_have_text("5 of 12 steps, 3.5 per second")
        page.locator(".gtree-chip").nth(1).click()
        page.evaluate(
            "window.kept = document.getElementById('host').shadowRoot.querySelector('.gtree-chip.here')"
        )
        give(page, "generation_tree", tree(texts))
        assert page.locator(".gtree-chip").count() == len(texts[0][1].tokens)
        assert page.evaluate("window.kept.isConnected && window.kept.classList.contains('here')")
        assert page.evaluate("document.getElementById('host').shadowRoot.activeElement === window.kept")
        expect(page.locator(".gtree-bar .run-button")).to_be_hidden()


def test_keys_walk_the_text_and_reach_the_alternatives(browser: Browser) -> None:
    with opened(browser, "generation_tree", tree(grown())) as page:
        ready(page, "generation_tree")
        page.locator(".gtree-chip").first.focus()
        for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft"):
            page.keyboard.press(key)
        root = "document.getElementById('host').shadowRoot"
        chips = f"[...{root}.querySelectorAll('.gtree-chip')]"
        here = f"{chips}.findIndex((chip) => chip.classList.contains('here'))"
        assert page.evaluate(here) == 1
        page.keyboard.press("End")
        assert page.evaluate(here) == 11
        page.keyboard.press("ArrowDown")
        active = "document.getElementById('host').shadowRoot.activeElement.className"
        assert "gtree-option" in page.evaluate(active)
        page.locator(".gtree-chip").last.focus()
        page.keyboard.press("Escape")
        assert page.evaluate(here) == -1


def test_branches_are_rows_and_lead_back(browser: Browser) -> None:
    plain = grown()[0][1]
    other = next(int(o) for o in plain.options[4] if o != plain.tokens.ids[4])
    texts = grown((Fork(4, token=other),), (Fork(4, token=other), Fork(8, seed=9)))
    with opened(browser, "generation_tree", tree(texts, current=2)) as page:
        ready(page, "generation_tree")
        expect(page.locator(".gtree-row")).to_have_count(3)
        expect(page.locator(".gtree-row.now")).to_have_count(1)
        expect(page.locator(".gtree-chip.forced")).to_have_text(texts[2][1].tokens.labels[4])
        page.locator(".gtree-row").nth(1).click(force=True)
        page.locator(".gtree-row").nth(0).focus()
        page.keyboard.press("Enter")
        assert sent(page, "look") == [{"forks": [f"4.{other}"]}, {"forks": []}]
        page.locator(".gtree-chip").nth(4).click()
        first = [option.get_attribute("data-id") for option in page.locator(".gtree-option").all()]
        page.locator(".gtree-option").nth(first.index(str(plain.tokens.ids[4]))).click()
        assert sent(page, "look")[-1] == {"forks": []}, "the text that goes there is gone back to"
        page.locator(".gtree-redraw").click()
        assert sent(page, "look")[-1] == {"forks": ["4s5"]}


def test_waiting_stop_and_again(browser: Browser) -> None:
    none = complete(replace(ASK, count=1), LOADED)
    empty = [(ASK, replace(none, ended=""))]
    with opened(browser, "generation_tree", tree(empty, run=Running("waiting", 7, 11.2, 0.0, 12))) as page:
        ready(page, "generation_tree")
        said = "Place 7 in line: others are generating. Your turn comes in about 12 seconds, by itself."
        expect(page.locator(".run-said")).to_have_text(said)
        give(page, "generation_tree", tree(empty, run=Running("waiting", 6, 0.0, 0.0, 12)))
        said = "Place 6 in line: others are generating. Your turn comes by itself."
        expect(page.locator(".run-said")).to_have_text(said)
        page.locator(".run-button").click()
        assert sent(page, "stop") == [{}]
        expect(page.locator(".run-button")).to_be_disabled()
        give(page, "generation_tree", tree(empty, run=Running("stopped", 0, 0.0, 0.0, 12)))
        page.get_by_text("Start again").click()
        assert sent(page, "again") == [{}]


def test_labels_are_never_markup(browser: Browser) -> None:
    texts = grown()
    hostile = replace(texts[0][1].tokens, labels=("<img src=x onerror=alert(1)>",) * len(texts[0][1].tokens))
    request, path = texts[0]
    with opened(browser, "generation_tree", tree([(request, replace(path, tokens=hostile))])) as page:
        ready(page, "generation_tree")
        assert page.locator("img").count() == 0
        assert page.locator(".gtree-chip").first.text_content() == "<img src=x onerror=alert(1)>"


@pytest.mark.parametrize(("theme", "width"), [("paper", WIDE), ("stage", NARROW)])
def test_lanes_show_texts_and_measures(browser: Browser, theme: Any, width: int) -> None:
    lanes: Lanes = complete(LanesRequest("m", SAMPLE, 64, (0.0, 1.0, 2.0), 30, 3), LOADED)
    state = {"version": 0, "length": 30, "seed": 3}
    message = figures.lanes_payload(lanes, DONE, words("lanes"), state, language="en")
    with opened(browser, "lanes", message, theme=theme, width=width) as page:
        ready(page, "lanes")
        rows = page.locator(".lanes-row")
        assert rows.count() == 3
        for at, lane in enumerate(lanes.lanes):
            chips = rows.nth(at).locator(".lanes-chip")
            assert chips.all_text_contents() == list(lane.path.tokens.labels)
            grams = [lane.path.tokens.ids[n : n + 4] for n in range(len(lane.path.tokens) - 3)]
            repeats = sum(gram in grams[:n] for n, gram in enumerate(grams))
            assert rows.nth(at).locator(".lanes-chip.again").count() == repeats
            assert lane.repetition == pytest.approx(repeats / len(grams))
        dial = rows.nth(1).locator("input")
        dial.focus()
        page.keyboard.press("ArrowRight")
        assert sent(page, "look") == [{"lanes": ["0", "1.05", "2"]}]
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("theme", "width"), [("paper", WIDE), ("stage", NARROW)])
def test_the_beam_tree_shows_every_candidate(browser: Browser, theme: Any, width: int) -> None:
    found: Beams = complete(BeamRequest("m", SAMPLE, 64, 3, 5), LOADED)
    message = figures.beam_payload(
        found, DONE, words("beam"), {"version": 0, "beams": 3, "depth": 5}, language="en"
    )
    with opened(browser, "beam_tree", message, theme=theme, width=width) as page:
        ready(page, "beam_tree")
        assert page.locator(".beam-node").count() == len(found.ids)
        assert page.locator(".beam-node.pruned").count() == int((~found.kept).sum())
        assert page.locator("g.best").count() == 5
        scores = [f"{score:.2f} nats/token".replace("-", "−") for score in found.result_scores]
        assert page.locator(".beam-results b").all_text_contents() == scores
        page.locator("svg").focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowDown")
        first = np.flatnonzero((found.step == 0) & found.kept)
        second = first[np.argsort(-found.score[first])][1]
        said = page.locator(".beam-said").inner_text()
        assert f"{found.score[second]:.2f}".replace("-", "−") in said
        page.locator(".run-dial-input").first.focus()
        page.keyboard.press("ArrowRight")
        assert sent(page, "look") == [{"beams": 4}]
        assert page.evaluate("document.documentElement.scrollWidth") <= width
