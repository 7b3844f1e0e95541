"""The question bank as visitors use it: links, filters, what is asked without its answer, what is taken home."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core import catalog
from core.bank import entries, searching
from core.catalog import Language
from core.figures.buffer import unpack
from core.figures.entry_list import questions
from pages.kit import permalink
from pages.kit.text import plain, table, words
from tests.core.question_bank.bank import BOTH, each_language
from tests.pages.app import components, healthy, shown, visit

STEM = "question_bank"
PAGE = catalog.find(STEM)
STATE = {"version": 0, "view": "read", "entry": "", "chapter": "all", "stars": 1, "live": False, "query": ""}


def sent(app: Any) -> dict[str, Any]:
    """The header of the list as its canvas gets it."""
    (found,) = [
        one.proto.bytes
        for one in app.get("bidi_component")
        if one.proto.component_name.endswith("entry_list")
    ]
    header: dict[str, Any] = unpack(found)[0]
    return header


def answers(one: entries.Entry) -> list[str]:
    """What would give an answer away."""
    return [plain(one.short), one.short, one.long[:60], *(pair.right for pair in one.wrong)]


@each_language
def test_a_link_opens_its_question_with_all_of_its_parts(language: Language) -> None:
    for id in list(BOTH[language])[::23]:
        one = BOTH[language][id]
        app = visit(STEM, {"lang": language, "qb_entry": id})
        healthy(app)
        assert not app.warning
        said, say = shown(app), words(language, STEM)
        assert one.title in [element.value for element in app.subheader]
        assert f"> {one.ask}" in said
        assert plain(one.short) in said
        assert all(f"{number.shown} = {number.calculation}" in said for number in one.numbers)
        assert all(wording in said for wording in one.also)
        links = [element.proto.label for element in app.get("page_link")]
        assert len([name for name in links if name]) >= len(one.show)
        assert bool(one.to_come) == (say("entry.to_come", names="\0").split("\0")[0][:8] in said)


@each_language
def test_what_is_asked_shows_no_answer(language: Language) -> None:
    """In the quiz, in a lecture's question, and before an experiment is answered."""
    for question in PAGE.questions:
        one = entries.chosen(str(question.ask.values(language)["entry"]), language)
        assert one is not None, question.id
        for presented in ("0", "1"):
            query = permalink.query(PAGE, question.ask.values(language), language)
            app = visit(STEM, query | {"lang": language, "present": presented})
            healthy(app)
            assert not [part for part in answers(one) if part in shown(app)]
            assert sent(app)["state"]["view"] == "quiz"
            assert sent(app)["state"]["entry"] == one.id
            assert sent(app)["present"] == (presented == "1")


@each_language
def test_what_answers_an_experiment_is_open_then(language: Language) -> None:
    for question in PAGE.questions:
        query = permalink.query(PAGE, question.reveal.values(language), language)
        app = visit(STEM, query | {"lang": language, "present": "1"})
        healthy(app)
        one = BOTH[language][str(question.reveal.values(language)["entry"])]
        assert plain(one.short) in shown(app)
        assert "glassbox_entry_list" not in components(app)


@pytest.mark.parametrize(
    "query",
    [
        {"qb_entry": "<script>alert(1)</script>"}, {"qb_entry": "x" * 20_000}, {"qb_chapter": "<b>"},
        {"qb_stars": "1e9"}, {"qb_stars": "nan"}, {"qb_live": "maybe"}, {"qb_query": "</script><b>"},
        {"qb_query": "好" * 5_000},
        {"qb_view": "quiz", "qb_entry": "no_such"}, {"qb_query": "zzzzz", "qb_chapter": "data"},
    ],
)  # fmt: skip
def test_values_of_a_link_are_bounded(query: dict[str, str]) -> None:
    app = visit(STEM, {"lang": "zh", **query})
    healthy(app)
    assert not app.warning
    assert "<script>" not in shown(app)
    assert "glassbox_entry_list" in components(app)


def test_a_question_that_is_not_there_is_told() -> None:
    app = visit(STEM, {"lang": "en", "qb_entry": "no_such"})
    healthy(app)
    assert table("en", STEM)["entry"]["none"] in [element.value for element in app.info]


@each_language
def test_neighbours_lead_through_the_bank(language: Language) -> None:
    ids = list(BOTH[language])
    app = visit(STEM, {"lang": language, "qb_entry": ids[1]})
    app.button(key="qb_on").click().run()
    healthy(app)
    assert app.query_params["qb_entry"] in (ids[2], [ids[2]])
    app.button(key="qb_back").click().run()
    app.button(key="qb_back").click().run()
    healthy(app)
    assert BOTH[language][ids[0]].title in [element.value for element in app.subheader]
    assert "qb_back" not in [button.key for button in app.button]


@each_language
def test_the_selection_is_what_is_taken_home(language: Language) -> None:
    app = visit(STEM, {"lang": language, "qb_chapter": "data", "qb_stars": "5"})
    healthy(app)
    count = len(searching.select(language, chapter="data", stars=5))
    assert 0 < count < len(BOTH[language])
    assert words(language, STEM)("export.selected", count=count) in [element.value for element in app.caption]


@each_language
def test_the_list_is_told_no_long_answer_and_is_small(language: Language) -> None:
    chapters = {id: id for id in PAGE.param("chapter").options[1:]}
    made = questions({}, STATE, language=language, present=False, chapters=chapters, follow="x")
    header = unpack(made)[0]
    assert [one["id"] for one in header["entries"]] == list(BOTH[language])
    assert {"id", "group", "title", "ask", "also", "beside", "short", "stars", "live"} == set(
        header["entries"][0]
    )
    text = json.dumps(header, ensure_ascii=False)
    assert not [one.id for one in BOTH[language].values() if one.long[:80] in text]
    assert len(made) < 120_000


@each_language
def test_home_finds_questions(language: Language) -> None:
    app = visit("", {"lang": language})
    app.text_input(key="home_search").set_value("LoRA").run()
    healthy(app)
    assert table(language, "home")["search"]["asked"] in shown(app)
    found = searching.near("LoRA", language)
    links = [element.proto.label for element in app.get("page_link")]
    assert found
    assert all(one.title in links for one in found)
    assert searching.near("<script>alert(1)</script>", language) == []
