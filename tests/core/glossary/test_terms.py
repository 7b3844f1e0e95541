"""The glossary: every concept of the interface has a term, and each is told in one sentence in both languages."""

from __future__ import annotations

import collections
import re
import tomllib

import pytest

from core import catalog
from core.bank.entries import bank
from core.bank.terms import FILE, Term, found_in, terms, written
from core.bank.writing import answer
from core.catalog import LANGUAGES, Language
from core.catalog.search import key
from tests.node import in_node

ORDER = """
import { inOrder } from "./assets/components/frame/entry_list/filter.js";
const main = ([names, language]) =>
  inOrder(names.map((title) => ({ title, group: "" })), language).map(({ title, group }) => [group, title]);
"""
each_language = pytest.mark.parametrize("language", LANGUAGES)


def test_every_concept_is_a_term_s() -> None:
    """What the interface shows has a name in the glossary."""
    seen = {id for one in terms("en").values() for id in one.see}
    assert seen == {concept.id for concept in catalog.concepts()}


def test_the_neutral_file_says_nothing_else() -> None:
    for id, one in tomllib.loads(FILE.read_text("utf-8")).items():
        assert re.fullmatch(r"[a-z][a-z0-9_]*", id)
        assert set(one) <= {"short", "see", "en", "zh", "apart"}, id
        assert all(value for value in one.values()), id


@each_language
def test_a_term_is_told_in_one_sentence(language: Language) -> None:
    most, end = (200, ".") if language == "en" else (70, "。")
    for one in terms(language).values():
        assert one.line.endswith(end), one.id
        assert len(one.line) <= most, (one.id, len(one.line))
        sentences = re.findall(r"[.!?](?=\s+[A-Z])" if language == "en" else r"[。！？](?=.)", one.line)
        assert not sentences, one.id


@each_language
def test_no_two_terms_are_written_the_same(language: Language) -> None:
    """A text must know which one is meant."""
    forms = [key(form) for one in terms(language).values() for form in {key(f) for f in _forms(one)}]
    assert not [form for form, count in collections.Counter(forms).items() if count > 1]


def _forms(one: Term) -> tuple[str, ...]:
    return (one.name, *one.short, *one.forms)


@each_language
def test_a_term_is_written_as_a_word(language: Language) -> None:
    loss = written(terms("en")["loss"])
    assert loss.search("Losses fall") is None
    assert loss.search("The loss, then")
    assert loss.search("lossless") is None
    assert all(written(one).search(f" {one.name} ") for one in terms(language).values() if len(one.name) > 1)


def test_a_word_that_means_something_else_is_no_term() -> None:
    known = set(bank("en"))
    for id, one in terms("en").items():
        assert set(one.apart) <= known, id
        for question in one.apart:
            for language in LANGUAGES:
                assert f"gl_entry={id}&" not in answer(question, language, "glossary")
                assert question not in {found.id for found in found_in(id, language)}
        assert not one.apart or any(
            written(terms(language)[id]).search(bank(language)[question].long)
            for question in one.apart
            for language in LANGUAGES
        ), id


def test_what_uses_a_term_is_found() -> None:
    for id in ("perplexity", "lora", "attention"):
        for language in LANGUAGES:
            pattern = written(terms(language)[id])
            found = found_in(id, language)
            assert found
            assert all(pattern.search("\n".join((one.title, one.ask, one.short, one.long))) for one in found)


@pytest.mark.parametrize(
    ("language", "names", "order"),
    [
        ("en", ["token", "Adam", "attention", "α"], [["#", "α"], ["A", "Adam"], ["A", "attention"], ["T", "token"]]),
        ("zh", ["温度", "词元", "注意力", "LoRA", "参数", "困惑度", "平滑", "熵"],
         [["C", "参数"], ["C", "词元"], ["K", "困惑度"], ["L", "LoRA"], ["P", "平滑"], ["S", "熵"], ["W", "温度"],
          ["Z", "注意力"]]),
    ],
)  # fmt: skip
def test_terms_stand_as_in_a_dictionary(language: str, names: list[str], order: list[list[str]]) -> None:
    assert in_node(ORDER, [names, language]) == order
