"""A lecture survives being written, packed and read; what a stranger wrote is bounded."""

from __future__ import annotations

import base64
import time
import tomllib
import zlib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import catalog
from core.catalog import LANGUAGES, Language
from core.errors import GlassboxError
from core.numbers import fill
from core.paths import TEXT
from core.teaching import lectures, mistakes
from core.teaching.kinds import Asked, Lecture, Step
from core.teaching.lectures import parse

ASKED = '[steps.before]\ntext = "Which?"\noptions = ["one", "two"]\nanswer = "two"\n'
STEP = '[[steps]]\npage = "attention_heads"\n'
HEAD = 'title = "Mine"\nlanguage = "en"\n'

lines = st.text(st.characters(codec="utf-8"), max_size=40)
texts = lines.map(lectures._clean)
some = texts.filter(bool)


@st.composite
def asked(draw: st.DrawFn) -> Asked:
    options = tuple(draw(st.lists(some, min_size=2, max_size=4, unique=True)))
    return Asked(draw(some), options, draw(st.integers(0, len(options) - 1)), draw(texts))


@st.composite
def steps(draw: st.DrawFn) -> Step:
    page = draw(st.sampled_from(catalog.PAGES))
    named = {f"{page.short}_{param.name}": param for param in page.params}
    query = draw(st.dictionaries(st.sampled_from(["model", "text", *named]), lines.map(lectures._raw)))
    query = {
        name: named[name].format(named[name].parse(raw)) if name in named else raw
        for name, raw in query.items()
    }
    query |= {name: query.get(name, draw(lines.map(lectures._raw))) for name in ("model", "text")}
    maybe = st.none() | asked()
    minutes = draw(st.floats(0.1, 60.0))
    return Step(page.stem, query, draw(texts), draw(texts), minutes, draw(maybe), draw(maybe))


made = st.builds(
    Lecture,
    st.just(""),
    some,
    st.sampled_from(LANGUAGES),
    st.lists(steps(), min_size=1, max_size=4).map(tuple),
    texts,
)


@settings(suppress_health_check=[HealthCheck.too_slow])  # on a machine that has much else to do
@given(made)
def test_what_is_written_is_read_back(lecture: Lecture) -> None:
    assert parse(lectures.write(lecture)) == lecture
    code = lectures.pack(lecture)
    assert set(code) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert lectures.unpack(code) == lecture


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_text_is_quoted_as_toml_has_it(text: str) -> None:
    assert tomllib.loads(f"one = {lectures._quoted(text)}")["one"] == text


def test_half_a_character_is_left_out() -> None:
    lecture = parse(HEAD + STEP)
    broken = replace(lecture, title="a\ud83d", steps=(replace(lecture.steps[0], query={"text": "x\udc00"}),))
    read = lectures.unpack(lectures.pack(broken))
    assert (read.title, read.steps[0].query["text"]) == ("a", "x")


@pytest.mark.parametrize(("answer", "place"), [("0", 0), ("1", 1), ('"one"', 0), ('" two "', 1)])
def test_the_answer_is_named_by_its_place_or_its_words(answer: str, place: int) -> None:
    step = parse(HEAD + STEP + ASKED.replace('"two"\n', f"{answer}\n")).steps[0]
    assert step.before == Asked("Which?", ("one", "two"), place)


def test_a_query_keeps_what_the_page_declares_within_its_bounds() -> None:
    query = """[steps.query]
model = "gpt2"
text = "a\\u0000b"
lang = "zh"
present = "1"
slide = "9"
layer = "3"
nt_top_k = "5"
ah_layer = 999
ah_head = "5 OR 1=1"
ah_rotary = false
ah_part = "<script>"
ah_sort = "induction"
ah_ablate = "1.2,1.2,3.4"
ah_token = 0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff
"""
    assert parse(HEAD + STEP + query).steps[0].query == {
        "model": "gpt2", "text": "ab", "ah_layer": "255", "ah_head": "0", "ah_rotary": "0", "ah_part": "heads",
        "ah_sort": "induction", "ah_ablate": "1.2,3.4", "ah_token": "-1",
    }  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_step_without_model_and_text_has_those_of_its_language(language: Language) -> None:
    page = catalog.find("attention_heads")
    read = parse(HEAD.replace("en", language) + STEP)
    assert read.steps[0].query == {"model": page.model[language], "text": page.text[language]}


LONG = "x" * 5_000
BROKEN: list[tuple[str, type[GlassboxError], dict[str, object]]] = [
    ("title = ", mistakes.LectureUnreadable, {"line": 1}),
    (HEAD + "\n# fine\nfoo bar\n", mistakes.LectureUnreadable, {"line": 5}),
    ("#" * 1_000_001, mistakes.LectureTooLarge, {}),
    ("#" + "猫" * 333_334, mistakes.LectureTooLarge, {}),
    ("", mistakes.NoLecture, {}),
    (HEAD, mistakes.NoLecture, {}),
    (HEAD + "steps = [3]", mistakes.NoLecture, {}),
    (HEAD + 'steps = "all"', mistakes.NoLecture, {}),
    (HEAD.replace("en", "fr") + STEP, mistakes.NoLecture, {}),
    (HEAD.replace('"Mine"', "3") + STEP, mistakes.NoLecture, {}),
    (HEAD.replace("Mine", " \\u0007") + STEP, mistakes.NoLecture, {}),
    (HEAD + STEP + "say = 3", mistakes.NoLecture, {}),
    (HEAD + STEP + "query = 3", mistakes.NoLecture, {}),
    ("a = " + "[" * 100_000, mistakes.NoLecture, {}),
    ("a = " + "9" * 100_000, mistakes.NoLecture, {}),
    (HEAD + STEP.replace("attention_heads", "home"), mistakes.NoSuchPage, {"step": 1, "page": "home"}),
    (
        HEAD + STEP.replace('"attention_heads"', "0x" + "f" * 9_000),
        mistakes.NoSuchPage,
        {"step": 1, "page": ""},
    ),
    (HEAD + STEP * 2 + "[[steps]]\n", mistakes.NoSuchPage, {"step": 3}),
    (HEAD + STEP * 61, mistakes.TooManySteps, {"count": 61}),
    (HEAD.replace("Mine", LONG) + STEP, mistakes.LectureTextTooLong, {"count": 5_000, "limit": 200}),
    (HEAD + STEP + f"note = '{LONG}'", mistakes.LectureTextTooLong, {"count": 5_000, "limit": 4_000}),
    (HEAD + STEP + ASKED.replace("one", LONG), mistakes.LectureTextTooLong, {"limit": 200}),
    (HEAD + STEP + ASKED.replace("Which?", ""), mistakes.BadQuestion, {"step": 1}),
    (HEAD + STEP + ASKED.replace(', "two"', ""), mistakes.BadQuestion, {"step": 1}),
    (HEAD + STEP + ASKED.replace('"one"', '"1", "2", "3", "4"'), mistakes.BadQuestion, {}),
    (HEAD + STEP + ASKED.replace('"one"', '"two"'), mistakes.BadQuestion, {}),
    (HEAD + STEP + ASKED.replace('"one"', '""'), mistakes.BadQuestion, {}),
    (HEAD + STEP + ASKED.replace('r = "two"', 'r = "three"'), mistakes.BadQuestion, {}),
    (HEAD + STEP + ASKED.replace('answer = "two"', ""), mistakes.BadQuestion, {}),
    (HEAD + STEP + ASKED.replace('r = "two"', "r = 2"), mistakes.BadQuestion, {}),
    (HEAD + STEP + ASKED.replace('r = "two"', "r = -1"), mistakes.BadQuestion, {}),
    (HEAD + STEP + ASKED.replace('r = "two"', "r = true"), mistakes.BadQuestion, {}),
    (HEAD + STEP + "after = 3", mistakes.BadQuestion, {}),
]
MINUTES = ("0", "0.05", "60.5", "-1", "nan", "inf", '"2"', "true", "0x" + "f" * 9_000)
BROKEN += [(f"{HEAD}{STEP}minutes = {one}", mistakes.BadMinutes, {"step": 1}) for one in MINUTES]


@pytest.mark.parametrize(
    ("toml", "kind", "values"), BROKEN, ids=[f"{i}-{b[1].key}" for i, b in enumerate(BROKEN)]
)
def test_what_is_wrong_is_said(toml: str, kind: type[GlassboxError], values: dict[str, object]) -> None:
    with pytest.raises(kind) as told:
        parse(toml)
    assert values.items() <= told.value.values.items()
    for language in LANGUAGES:
        sentences: dict[str, Any] = tomllib.loads((TEXT / language / "common.toml").read_text("utf-8"))[
            "errors"
        ]
        said = fill(sentences[kind.key], language, **told.value.values)
        assert len(said) < 600


@pytest.mark.parametrize(
    "toml",
    ["a." * 300_000 + "a = 1", '["a".' + "'a' . " * 100_000 + "a]", "x = {" + "a." * 300_000 + "a = 1}"],
)
def test_keys_of_keys_do_not_stall_the_server(toml: str) -> None:
    begun = time.monotonic()
    with pytest.raises(mistakes.NoLecture):
        parse(toml)
    assert time.monotonic() - begun < 5  # it would be minutes


@pytest.mark.parametrize("text", ["a.b." * 100, "# \"'\n" + "1 . " * 100, "'''" + "x." * 30 + '"' * 5])
def test_dots_in_texts_are_no_keys(text: str) -> None:
    query = f"[steps.query] # it's {'c.' * 40}\ntext = {lectures._quoted(text)} # {'d.' * 40}\n"
    assert parse(HEAD + STEP + query).steps[0].query["text"] == text
    assert parse(f'{HEAD}{STEP}note = """{"a." * 50}\\"""b"" """\n').steps[0].note.startswith("a.a.")


@pytest.mark.parametrize("code", ["", "AAAA", "猫", "x", "====", lectures.pack(parse(HEAD + STEP))[:-9]])
def test_a_code_that_is_none_is_said(code: str) -> None:
    with pytest.raises(mistakes.LectureDamaged):
        lectures.unpack(code)


def test_a_code_does_not_unpack_to_more_than_a_lecture_has() -> None:
    bomb = base64.urlsafe_b64encode(zlib.compress(b"#" * 300_000_000, 9)).decode()
    begun = time.monotonic()
    with pytest.raises(mistakes.LectureTooLarge):
        lectures.unpack(bomb)
    assert time.monotonic() - begun < 1
    with pytest.raises(mistakes.LectureTooLarge):
        lectures.unpack("A" * 2_000_001)


def test_a_code_of_something_else_is_no_lecture() -> None:
    with pytest.raises(mistakes.LectureDamaged):
        lectures.unpack(base64.urlsafe_b64encode(zlib.compress(b"\xff\xfe")).decode())
    with pytest.raises(mistakes.NoLecture):
        lectures.unpack(base64.urlsafe_b64encode(zlib.compress(b"a = 1")).decode())
