"""Every page × language × state worth a button opens from app.py without a fault and draws its canvases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from core import catalog, examples
from core.calls import complete, plan
from core.catalog import LANGUAGES, Language, Page, State
from pages.kit import lecture, permalink
from pages.kit.session import Session
from pages.kit.text import table, words
from tests.pages.app import components, guessed, healthy, questions, shown, visit

Key = tuple[tuple[str, object], ...]


@dataclass(frozen=True, slots=True)
class Visit:
    """A page opened in a language in a state; ``ready``: with results that come with the app, nothing is computed."""

    page: Page
    language: Language
    state: State
    name: str
    ready: bool


def key(page: Page, state: State, language: Language) -> Key:
    """What tells states apart: all that a page knows of one, whether a link says it or leaves it out."""
    return tuple(sorted(complete(page, {**state, "lang": language}).items()))


def declared(page: Page, language: Language) -> Iterator[tuple[str, State]]:
    """All states of a page that a button or a link of ours leads to, by name."""
    yield "default", {}
    for param in page.params:
        if param.name in (page.by, "view"):
            yield from ((shows, {param.name: shows}) for shows in param.options)
    for question in page.questions:
        for preset in (question.ask, question.reveal):
            yield preset.id, preset.values(language)
    for opening in page.openings:
        yield "-".join(map(str, opening.values())), opening
    for concept in page.concepts:
        yield f"concept-{concept.id}", concept.state[language]


def visits() -> Iterator[Visit]:
    """Each state once, however many ways lead to it."""
    for page in catalog.PAGES:
        ready = {key(page, state, "zh" if state["lang"] == "zh" else "en") for state in examples.states(page)}
        for language in LANGUAGES:
            once: dict[Key, tuple[str, State]] = {}
            for name, state in declared(page, language):
                once.setdefault(key(page, state, language), (name, state))
            for found, (name, state) in once.items():
                yield Visit(page, language, state, name, found in ready)


VISITS = [pytest.param(one, id=f"{one.page.stem}-{one.language}-{one.name}") for one in visits()]


def is_live(said: str, language: Language) -> bool:
    """Whether some result says that a model was run for it."""
    words = table(language, "common")["badge"]
    exact, live = (
        re.compile(r"-badge\[" + ".+?".join(map(re.escape, re.split(r"\{\w+\}", words[kind]))))
        for kind in ("exact", "live")
    )
    return bool(live.search(exact.sub("", said)))


@pytest.mark.parametrize("one", VISITS)
def test_a_state_opens(one: Visit) -> None:
    page, language = one.page, one.language
    app = visit(page.stem, permalink.query(page, one.state, language) | {"lang": language})
    healthy(app)
    assert not app.warning, [element.value for element in app.warning]
    assert app.title[0].value == table(language, page.stem)["page"]["title"]
    drawn = {f"glassbox_{name}" for name in page.canvases[page.shown(one.state, language)]}
    nothing = next(plan(page.stem, complete(page, {"lang": language, **one.state})), None) is None
    assert drawn or app.dataframe or app.get("plotly_chart") or nothing, (
        "there is a figure of what is computed"
    )
    assert set(components(app)) >= drawn
    assert "{" not in "".join(element.value for element in app.markdown if "$" not in element.value)
    if one.ready:  # else a model was run, or a bundled result is called live
        assert not is_live(shown(app), language)
    if one.state in page.openings:
        words = table(language, page.stem).get("badge", table(language, "common")["badge"])
        assert words["bundled"].split("{")[0] in shown(app)


def test_a_result_that_is_computed_is_called_live() -> None:
    app = visit("attention_heads", {"lang": "en", "text": "One two one two"})
    healthy(app)
    assert is_live(shown(app), "en")


def test_every_state_that_must_open_at_once_is_visited() -> None:
    for page in catalog.PAGES:
        states = [(state, "zh" if state["lang"] == "zh" else "en") for state in examples.states(page)]
        wanted = {key(page, state, "zh" if language == "zh" else "en") for state, language in states}
        found = [one for one in visits() if one.page is page and one.ready]
        assert {key(page, one.state, one.language) for one in found} == wanted


def test_another_model_keeps_the_part_and_another_page_s_question_leaves_it() -> None:
    app = visit("token_splits", {"lang": "en", "ts_part": "add", "ts_words": "Glassbox"})
    app.selectbox(key="model_widget").set_value("e5-small-enzh").run()
    healthy(app)
    assert app.query_params["ts_part"] in ("add", ["add"])
    assert app.query_params["ts_words"] in ("Glassbox", ["Glassbox"])
    (three,) = [one for one in catalog.find("token_splits").questions if one.id == "three"]
    guessed(app, three, "more", "en")
    healthy(app)
    assert "ts_part" not in app.query_params


def test_new_words_are_typed_between_commas_of_any_script() -> None:
    app = visit("token_splits", {"lang": "zh", "ts_part": "add"})
    app.text_input(key="w_ts_words").set_value(" 大模型，Glassbox、 词元,,").run()
    healthy(app)
    assert app.query_params["ts_words"] in ("大模型,Glassbox,词元", ["大模型,Glassbox,词元"])
    app.text_input(key="w_ts_words").set_value(" ，").run()
    healthy(app)
    assert table("zh", "token_splits")["add"]["none"] in [element.value for element in app.info]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_corpus_of_one_s_own(language: Language) -> None:
    say = words(language, "token_splits")
    app = visit("token_splits", {"lang": language, "ts_part": "train", "ts_corpus": "own"})
    healthy(app)
    assert say("own.empty") in [element.value for element in app.info]
    app.text_area(key="ts_corpus").set_value("short").run()
    healthy(app)
    assert app.warning[0].value.startswith(
        table(language, "common")["errors"]["text_too_short"].split("{")[0]
    )
    assert say("units.characters", count=5) in app.warning[0].value
    app.text_area(key="ts_corpus").set_value("好" * 400_000).run()
    healthy(app)
    assert say("units.bytes", count=1_200_000) in app.warning[0].value
    assert app.text_area(key="ts_corpus").value == "好" * 400_000
    app.text_area(key="ts_corpus").set_value("low lower newest widest 小猫 " * 60).run()
    healthy(app)
    assert not app.warning
    assert "glassbox_merge_scrub" in components(app)
    assert app.get("plotly_chart"), "the curve of sizes"
    assert "lower" not in str(app.query_params)  # nobody else's business


def test_a_file_is_text_or_a_sentence_with_the_remedy() -> None:
    from core.compute.token_splits.corpus import decoded
    from core.errors import NotText, TextTooLong

    assert decoded("\ufeff小猫".encode(), "a.txt") == "小猫"
    assert decoded("小猫".encode("utf-16"), "a.txt") == "小猫"
    for content in ("大模型把文字切成词元".encode("gb18030"), b"\x00\x01binary", b"\xff\xfe\x00"):
        with pytest.raises(NotText):
            decoded(content, "a.txt")
    with pytest.raises(TextTooLong):
        decoded(b"x" * 1_000_001, "a.txt")


def concept_name(language: Language, id: str) -> str:
    """A concept's name as its page has it."""
    page = next(concept.page for concept in catalog.concepts() if concept.id == id)
    return str(table(language, page)["concepts"][id]["name"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_home_shows_every_page_and_concept(language: Language) -> None:
    app = visit("", {"lang": language})
    healthy(app)
    links = [element.proto.label.strip("*") for element in app.get("page_link")]
    for page in catalog.PAGES:
        assert table(language, page.stem)["page"]["title"] in links
    for concept in catalog.concepts():
        assert concept_name(language, concept.id) in links


@pytest.mark.parametrize(
    ("query", "found"), [("掩码", "causal_mask"), ("INDUCTION", "induction_head"), ("ＲｏＰＥ", "rotary")]
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_concept_search_works_in_both_languages(language: Language, query: str, found: str) -> None:
    app = visit("", {"lang": language})
    app.text_input(key="home_search").set_value(query).run()
    healthy(app)
    links = [element.proto.label.strip("*") for element in app.get("page_link")]
    first = table(language, "token_splits")["page"][
        "title"
    ]  # of the gallery, which comes after what was found
    links = links[: links.index(first)]
    assert concept_name(language, found) in links
    assert concept_name(language, "grouped_query") not in links


def test_concept_search_without_a_hit_says_so_and_offers_what_is_nearest() -> None:
    app = visit("", {"lang": "en"})
    app.text_input(key="home_search").set_value("<script>alert(1)</script>").run()
    healthy(app)
    assert "These come nearest" in shown(app)
    assert "<script>" not in shown(app)


@pytest.mark.parametrize("page", catalog.PAGES, ids=lambda page: page.stem)
def test_present_mode_steps_through_questions_and_reveals(page: Page) -> None:
    for step in range(2 * len(page.questions)):
        question = page.questions[step // 2]
        preset = question.reveal if step % 2 else question.ask
        query = permalink.query(page, {**preset.values("en"), "slide": step, "present": True}, "en")
        app = visit(page.stem, query | {"lang": "en"})
        healthy(app)
        words = table("en", page.stem)["experiments"][question.id]
        text = shown(app)
        assert words["question"] in text
        assert (words["why"] in text) == bool(step % 2)
        assert "gb_present" not in [button.key for button in app.button]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_guess_reveals_the_answer(language: Language) -> None:
    page = catalog.find("attention_heads")
    for question in page.questions:
        part = str(question.reveal.values(language).get("part", "heads"))
        app = visit(page.stem, {"ah_part": part, "lang": language})
        assert not any(one[name] for one in questions(app) for name in ("guess", "answer", "said"))
        for option in question.options:
            guessed(app, question, option, language)
            healthy(app)
            (told,) = [one for one in questions(app) if one["id"] == question.id]
            verdict = "guess_right" if option == question.answer else "guess_wrong"
            assert told["said"].startswith(table(language, "common")[verdict].split("{")[0])
            assert (told["guess"], told["answer"]) == (option, question.answer)


@pytest.mark.parametrize(
    "value",
    [None, "induction", {}, {"question": "no"}, {"question": "induction", "option": "<b>"}, {"option": []}],
)
def test_an_answer_that_is_none_changes_nothing(value: object, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = Session(page="attention_heads")
    monkeypatch.setattr(lecture, "session", lambda: mine)
    lecture.guess(value)
    assert mine == Session(page="attention_heads")
