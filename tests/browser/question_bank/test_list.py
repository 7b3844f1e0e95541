"""The list of questions and terms, and the quiz, in a real browser."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from core.bank import searching
from core.bank.terms import terms
from core.catalog import LANGUAGES, Language
from core.catalog.question_bank import CHAPTERS
from core.figures.entry_list import glossary, questions
from pages.kit.text import Words
from tests.browser.harness import opened
from tests.core.question_bank.bank import BOTH

pytestmark = pytest.mark.browser

START = {"version": 0, "view": "read", "entry": "", "chapter": "all", "stars": 1, "live": False, "query": ""}
FRAME = 16  # milliseconds in which a search answers
TYPED = {"en": "why is attention scaled by the root", "zh": "为什么注意力要除以根号"}
TIMES = """(text) => {
  const root = document.getElementById("host").shadowRoot;
  const [box, list] = [root.querySelector(".entry-search"), root.querySelector(".entry-rows")];
  const times = [];
  for (let at = 0; at <= text.length; at += 1) {
    box.value = text.slice(0, at);
    const start = performance.now();
    box.dispatchEvent(new Event("input"));
    list.getBoundingClientRect();
    list.querySelector(".entry-row:last-child")?.getBoundingClientRect();
    times.push(performance.now() - start);
  }
  return times;
}"""


def bank(language: Language = "en", *, present: bool = False, **state: Any) -> bytes:
    say = Words(language, "question_bank")
    chapters = {id: say(f"chapters_of.{id}") for id in CHAPTERS}
    return questions(
        say.sub("canvas"),
        {**START, **state},
        language=language,
        present=present,
        chapters=chapters,
        follow="qb_entry",
    )


def dictionary(language: Language = "en", **state: Any) -> bytes:
    words, shows = (
        Words(language, "glossary").sub("canvas"),
        {"version": 0, "entry": "", "query": "", **state},
    )
    return glossary(words, shows, language=language, present=False, follow="gl_entry")


def looks(page: Page) -> list[dict[str, Any]]:
    """What was committed."""
    found: list[Any] = page.evaluate("window.sent")
    return [
        {name: one for name, one in value.items() if name != "at"} for key, value in found if key == "look"
    ]


def titles(page: Page, count: int | None = None) -> list[str]:
    """The titles of all rows, once there are so many."""
    if count is not None:
        expect(page.locator(".entry-row")).to_have_count(count)
    return page.locator(".entry-row .entry-title").all_text_contents()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_search_answers_within_a_frame(browser: Browser, language: Language) -> None:
    """From the key to a list that is laid out, over the whole bank."""
    with opened(browser, "entry_list", bank(language)) as page:
        expect(page.locator(".entry-row").first).to_be_visible()
        rounds = [page.evaluate(TIMES, TYPED[language]) for _ in range(8)]
        best = [min(times) for times in zip(*rounds, strict=True)]  # whatever else the machine does
        assert sorted(best)[int(0.9 * len(best))] <= FRAME, best


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_list_is_what_python_selects(browser: Browser, language: Language) -> None:
    with opened(browser, "entry_list", bank(language)) as page:
        wanted = [one.title for one in BOTH[language].values()]
        assert titles(page, len(wanted)) == wanted
        box = page.locator(".entry-search")
        for query in ("LoRA", "注意力", "KV cache", "zzzz"):
            box.fill(query)
            wanted = [one.title for one in searching.select(language, query=query)]
            assert titles(page, len(wanted)) == wanted
        box.fill("")
        page.locator(".entry-group").select_option("data")
        page.locator(".entry-weight").select_option("5")
        page.locator(".entry-live input").check()
        wanted = [one.title for one in searching.select(language, chapter="data", stars=5, live=True)]
        assert titles(page, len(wanted)) == wanted
        assert looks(page)[-1] == {"chapter": "data", "stars": 5, "live": True}


def test_a_search_is_committed_once_it_rests(browser: Browser) -> None:
    with opened(browser, "entry_list", bank()) as page:
        page.locator(".entry-search").press_sequentially("lora")
        page.wait_for_function("window.sent.length")
        assert looks(page) == [{"query": "lora"}]
        page.locator(".entry-row").first.click()
        assert looks(page)[1:] == [{"entry": searching.select("en", query="lora")[0].id}]
        expect(page.locator('.entry-row[aria-current="true"]')).to_have_count(1)


def test_a_wording_that_found_an_entry_is_shown(browser: Browser) -> None:
    one = next(one for one in BOTH["en"].values() if one.also[0] not in one.ask)
    with opened(browser, "entry_list", bank(query=one.also[0])) as page:
        expect(page.locator(f'[data-id="{one.id}"] .entry-other')).to_have_text(one.also[0])


def test_keys_walk_through_the_list(browser: Browser) -> None:
    with opened(browser, "entry_list", bank()) as page:
        rows = page.locator(".entry-row")
        rows.first.focus()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowUp")
        page.keyboard.press("Enter")
        assert looks(page) == [{"entry": list(BOTH["en"])[1]}]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_quiz_hides_the_answer_until_it_is_asked_for(browser: Browser, language: Language) -> None:
    one = BOTH[language]["attention_qkv"]
    with opened(browser, "entry_list", bank(language, view="quiz", entry=one.id)) as page:
        expect(page.locator(".entry-card h3")).to_have_text(one.ask)
        assert one.short not in page.locator(".entry").inner_text()
        page.locator(".entry-first").click()
        expect(page.locator(".entry-answer")).to_have_text(one.short)
        page.keyboard.press("3")
        expect(page.locator(".entry-card h3")).not_to_have_text(one.ask)
        kept = json.loads(page.evaluate("localStorage.getItem('glassbox:bank')"))["cards"]
        assert kept[one.id]["interval"] == 1
        page.evaluate("localStorage.clear()")


def test_a_lecture_asks_and_has_no_answer_in_sight(browser: Browser) -> None:
    one = BOTH["zh"]["full_tuning"]
    with opened(browser, "entry_list", bank("zh", view="quiz", entry=one.id, present=True)) as page:
        expect(page.locator(".entry-card h3")).to_have_text(one.ask)
        expect(page.locator("button:visible")).to_have_count(0)
        assert one.short not in page.locator(".entry").inner_text()


def test_what_is_known_is_ticked_filtered_saved_and_forgotten(browser: Browser, tmp_path: Path) -> None:
    words = Words("en", "question_bank").sub("canvas")
    first = next(iter(BOTH["en"]))
    with opened(browser, "entry_list", bank(view="quiz", entry=first)) as page:
        page.get_by_role("button", name=words["mark"]).click()
        with page.expect_download() as told:
            page.get_by_role("button", name=words["export"]).click()
        told.value.save_as(tmp_path / "p.json")
        page.evaluate("localStorage.clear()")
    cards = json.loads((tmp_path / "p.json").read_text("utf-8"))["cards"]
    assert cards[first]["known"]
    with opened(browser, "entry_list", bank(view="quiz")) as page:
        page.locator("input[type=file]").set_input_files(tmp_path / "p.json")
        expect(page.locator(".entry-due")).to_contain_text("known 1")
        page.evaluate("mount", "")
    with opened(browser, "entry_list", bank()) as page:
        expect(page.locator(f'[data-id="{first}"] .entry-tick')).to_be_visible()
        page.locator(".entry-known").select_option("only_known")
        assert titles(page) == [BOTH["en"][first].title]
        page.locator(".entry-known").select_option("only_unknown")
        titles(page, len(BOTH["en"]) - 1)
    with opened(browser, "entry_list", bank(view="quiz")) as page:
        page.get_by_role("button", name=words["forget"]).click()
        page.get_by_role("button", name=words["forget_sure"]).click()
        expect(page.locator(".entry-due")).to_contain_text("known 0")
        page.locator("input[type=file]").set_input_files(
            {"name": "x.json", "mimeType": "application/json", "buffer": b"<script>"}
        )
        expect(page.get_by_role("alert")).to_have_text(words["bad_file"])
        page.evaluate("localStorage.clear()")


@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_runs_out_of_a_narrow_window(browser: Browser, language: Language, width: int) -> None:
    made = (bank(language), bank(language, view="quiz"), dictionary(language))
    for payload in made:
        with opened(browser, "entry_list", payload, width=width) as page:
            expect(page.locator(".entry-count")).not_to_be_empty()
            assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_terms_stand_by_letter_and_by_pinyin(browser: Browser) -> None:
    for language in LANGUAGES:
        with opened(browser, "entry_list", dictionary(language)) as page:
            titles(page, len(terms(language)))
            heads = page.locator(".entry-head").all_text_contents()
            assert heads == sorted(set(heads))
            page.locator(".entry-search").fill("困惑度")
            assert titles(page)[0] == terms(language)["perplexity"].name
            page.locator(".entry-search").fill("perplexity")
            assert titles(page)[0] == terms(language)["perplexity"].name
