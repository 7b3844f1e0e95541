"""The contract of the question bank: whatever an entry lacks is named."""

from __future__ import annotations

import collections
import re
import tomllib

import pytest

from core import catalog
from core.bank import writing
from core.bank.entries import FOLDER
from core.bank.writing import prose
from core.catalog import Language
from core.catalog.question_bank import CHAPTERS
from core.catalog.search import key
from core.paths import TEXT
from pages.kit.text import table
from tests.core.question_bank.bank import (
    BOTH,
    IDS,
    bare,
    cites,
    each_entry,
    each_language,
    recalculated,
    shown,
    texts,
    value,
)
from tests.numerals import slips
from tests.test_text import HAN, SPACES, left_in_english, misplaced_punctuation

OUTLINE = {1: 20, 2: 8, 3: 14, 4: 6, 5: 18, 6: 19, 7: 18, 8: 18, 9: 10, 10: 5, 11: 6, 12: 4}
"""Questions of each chapter of the outline."""
BLOCKS = 72
CONCEPTS = {1: 20, 2: 8, 3: 14, 4: 12, 5: 20, 6: 15, 7: 7, 8: 9, 9: 10, 10: 5, 11: 6, 12: 6}
"""Concepts of each chapter of the concept map."""
STANDING = {page.stem for page in catalog.PAGES}
SHOWN_BY = collections.defaultdict(set)
for concept in catalog.concepts():
    SHOWN_BY[concept.number].add(concept.id)


def numbers(counts: dict[int, int]) -> set[str]:
    """1.1 … 12.4."""
    return {f"{chapter}.{at}" for chapter, count in counts.items() for at in range(1, count + 1)}


# --- the whole --------------------------------------------------------------------------------------------


def test_every_question_block_and_concept_is_covered() -> None:
    entries = BOTH["en"].values()
    assert not numbers(OUTLINE) - {one for entry in entries for one in entry.outline}
    assert not set(range(1, BLOCKS + 1)) - {one for entry in entries for one in entry.blocks}
    assert not numbers(CONCEPTS) - {one for entry in entries for one in entry.concepts}


def test_nothing_is_covered_that_there_is_not() -> None:
    entries = BOTH["en"].values()
    assert not {one for entry in entries for one in entry.outline} - numbers(OUTLINE)
    assert not {one for entry in entries for one in entry.blocks} - set(range(1, BLOCKS + 1))
    assert not {one for entry in entries for one in entry.concepts} - numbers(CONCEPTS)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_has_the_same_entries_in_the_same_order(chapter: str) -> None:
    places = [FOLDER, *(TEXT / language / "questions" for language in catalog.LANGUAGES)]
    files = [tomllib.loads((place / f"{chapter}.toml").read_text("utf-8")) for place in places]
    assert files[0]
    assert list(files[0]) == list(files[1]) == list(files[2])


def test_there_are_no_other_files() -> None:
    for place in (FOLDER, *(TEXT / language / "questions" for language in catalog.LANGUAGES)):
        assert {path.name for path in place.iterdir()} <= {f"{chapter}.toml" for chapter in CHAPTERS}


@each_language
def test_no_two_entries_are_asked_or_called_the_same(language: Language) -> None:
    wordings = collections.Counter(
        (key(wording)) for one in BOTH[language].values() for wording in (one.ask, *one.also)
    )
    assert not [wording for wording, count in wordings.items() if count > 1]
    titles = collections.Counter(key(one.title) for one in BOTH[language].values())
    assert not [title for title, count in titles.items() if count > 1]


# --- each entry -------------------------------------------------------------------------------------------


@each_entry
def test_an_entry_is_complete(id: str) -> None:
    one = BOTH["en"][id]
    assert re.fullmatch(r"[a-z][a-z0-9_]{1,39}", id)
    assert 1 <= one.stars <= 5
    assert one.sources
    assert one.numbers
    assert all(source.strip() for source in one.sources)
    assert len(set(one.sources)) == len(one.sources)


@each_entry
def test_its_numbers_are_recalculated_and_stand_in_both_answers(id: str) -> None:
    for number in BOTH["en"][id].numbers:
        said, half = shown(number.shown)
        assert abs(value(number.calculation) - said) <= half * 1.000001, number
        pattern = re.compile(rf"(?<![\d.]){re.escape(number.shown)}(?!\d|\.\d)")
        assert all(pattern.search(BOTH[language][id].long) for language in catalog.LANGUAGES), number
    assert recalculated(BOTH["en"][id])


@each_entry
def test_what_can_be_shown_is_shown(id: str) -> None:
    """A page that lands is linked by the entries that it answers, and none of them calls it to come."""
    one = BOTH["en"][id]
    known = {concept.id for concept in catalog.concepts()}
    assert not set(one.show) - known
    assert len(set(one.show)) == len(one.show)
    assert one.show or one.to_come
    assert not set(one.to_come) & STANDING, "it stands: link it in `show`"
    for language in catalog.LANGUAGES:
        assert set(one.to_come) <= set(table(language, "question_bank")["to_come"])
    if not one.show:
        could = {id for number in one.concepts for id in SHOWN_BY[number]}
        assert not could, "a page shows it"


@each_language
@each_entry
def test_every_claim_has_its_source(id: str, language: Language) -> None:
    one = BOTH[language][id]
    assert cites(one) == set(range(1, len(one.sources) + 1))
    assert not re.search(r"\[\d+\]", one.short + one.title + one.ask)


@each_entry
def test_sources_can_be_found(id: str) -> None:
    """Each is a link, or names its authors or organisation, and the year or the page."""
    for line in BOTH["en"][id].sources:
        assert writing.address(line) or re.search(r"\b(?:19|20)\d\d\b|,|documentation|[Mm]odel card", line), (
            line
        )


@each_entry
def test_english_is_as_long_as_it_may_be(id: str) -> None:
    one = BOTH["en"][id]
    assert len(one.title) <= 40
    assert len(one.short.split()) <= 70
    assert 110 <= len(bare(one.long).split()) <= 330
    assert 1 <= len(one.also) <= 6
    assert 1 <= len(one.wrong) <= 3


@each_entry
def test_chinese_is_as_long_as_it_may_be(id: str) -> None:
    one = BOTH["zh"][id]
    assert len(one.title) <= 16
    assert len(re.sub(r"\s", "", one.short)) <= 130
    assert 200 <= len(re.sub(r"\s", "", bare(one.long))) <= 650
    assert len(one.also) >= 1
    assert len(one.wrong) == len(BOTH["en"][id].wrong)


@each_language
@each_entry
def test_markdown_says_what_is_meant(id: str, language: Language) -> None:
    """No headings, links or HTML; none of the signs that Streamlit turns into icons, arrows or crossed-out text."""
    for name, text in texts(BOTH[language][id]):
        plain = bare(text)
        assert text.strip(), name
        assert not re.search(r"^#{1,6} |\]\(|<[a-zA-Z/]|~\S|:[a-z_]+:|->|<-|\$|`", plain, re.MULTILINE), (
            name,
            plain,
        )
        assert name == "long" or name.startswith("wrong") or text == plain, f"{name}: no formula, no code"
        assert plain.count("**") % 2 == 0, name
        assert not slips([text]), (name, "as code or between quotation marks")


# --- the languages ----------------------------------------------------------------------------------------


SUM = re.compile(rf"[{SPACES}]?\((?:[^()A-Za-z{HAN}]|(?<![A-Za-z])[A-Za-z](?![A-Za-z]))*\)")
"""Brackets of arithmetic: (1 − α), (4, 2, 0)."""


@each_entry
def test_chinese_is_chinese(id: str) -> None:
    for name, text in texts(BOTH["zh"][id]):
        plain = bare(text)
        assert not misplaced_punctuation(SUM.sub("", plain)), (name, plain)
        assert name == "title" or re.search(f"[{HAN}]", plain), name


LATIN_RUN = re.compile(r"[A-Za-z][a-z']+(?:[ ,]+[a-z']+){3,}")
"""Four words or more of running English; terms and names are shorter, or begin with capitals."""


@each_entry
def test_no_english_sentence_stands_in_chinese(id: str) -> None:
    for name, text in texts(BOTH["zh"][id]):
        plain = re.sub(r"“[^”]*”|《[^》]*》", " ", bare(text))
        assert not LATIN_RUN.search(plain), (name, LATIN_RUN.search(plain))


@each_entry
def test_english_is_english(id: str) -> None:
    """Chinese stands there as an example alone: short in a question, a small part of an answer."""
    for name, text in texts(BOTH["en"][id]):
        han = len(re.findall(f"[{HAN}，。；：？！]", bare(text)))
        assert han <= (0.1 * len(text) if name == "long" else 16), (name, text)


def test_the_rules_can_fail() -> None:
    assert LATIN_RUN.search("这里 the model is not trained 了")
    assert not LATIN_RUN.search("GPT 用 next token prediction 训练")
    assert left_in_english("模型 looks at 词元") == ["looks", "at"]
    with pytest.raises(ValueError, match="Lambda"):
        value("(lambda: 1)()")
    with pytest.raises(ValueError, match="__class__"):
        value("().__class__")
    assert shown("1,024") == (1024.0, 0.5)
    assert prose("a `a`", str.upper) == "A `a`"
    assert len(IDS) == len(set(IDS))
