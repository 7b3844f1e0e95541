"""The search of the list in Python and in the browser, and that every wording leads to its entry."""

from __future__ import annotations

import pytest

from core.bank import searching
from core.bank.entries import chosen, neighbours
from core.bank.searching import rank, select
from core.catalog import Language
from core.catalog.question_bank import CHAPTERS
from core.catalog.search import fold
from tests.core.question_bank.bank import BOTH, each_language
from tests.node import in_node

PROGRAM = """
import { queryPieces, searchRank, searchTexts } from "./assets/components/frame/entry_list/filter.js";
const main = ({ entries, queries }) => {
  const told = entries.map(searchTexts);
  return queries.map((query) => told.map((texts) => searchRank(texts, queryPieces(query))));
};
"""
QUERIES = (
    "",
    "lora",
    "LoRA  rank",
    "ＬｏＲＡ",
    "位置编码",
    "why softmax",
    "Adam 显存",
    "caf\u00e9",
    "naïve",
    "注意力 head",
    "KV",
    "zzz",
)


def sent(language: Language) -> list[dict[str, object]]:
    """The texts of the entries as a canvas gets them."""
    other = BOTH["en" if language == "zh" else "zh"]
    return [
        {"title": one.title, "ask": one.ask, "also": one.also, "short": one.short,
         "beside": f"{other[one.id].title}\n{other[one.id].ask}"}
        for one in BOTH[language].values()
    ]  # fmt: skip


@each_language
def test_the_browser_finds_what_python_finds(language: Language) -> None:
    found = in_node(PROGRAM, {"entries": sent(language), "queries": QUERIES})
    told = list(searching.texts(language).values())
    for query, ranks in zip(QUERIES, found, strict=True):
        assert ranks == [rank(one, fold(query).split()) for one in told], query


@each_language
def test_every_wording_leads_to_its_entry(language: Language) -> None:
    for one in BOTH[language].values():
        for wording in (one.title, one.ask, *one.also):
            assert one in select(language, query=wording)[:4], (one.id, wording)


def test_both_languages_are_searched() -> None:
    for one in BOTH["zh"].values():
        assert one.id in [found.id for found in select("en", query=one.title)]


@each_language
def test_filters_are_what_they_say(language: Language) -> None:
    entries = list(BOTH[language].values())
    assert select(language) == entries
    assert select(language, chapter="data") == [one for one in entries if one.chapter == "data"]
    assert {one.stars for one in select(language, stars=5)} == {5}
    assert all(one.show for one in select(language, live=True))
    assert sum(len(select(language, chapter=chapter)) for chapter in CHAPTERS) == len(entries)
    assert select(language, query="\0" * 200) == []


def test_a_title_comes_before_a_wording() -> None:
    told = ("scaled attention", "how is attention scaled", "scaled attention how is attention scaled root")
    assert [rank(told, words.split()) for words in ("attention", "how", "root", "other")] == [0, 1, 2, 3]
    assert [rank(told, words.split()) for words in ("scaled attention", "how root")] == [0, 2]


def test_what_is_not_there_has_no_neighbours() -> None:
    ids = list(BOTH["en"])
    assert chosen("", "en") == BOTH["en"][ids[0]]
    assert chosen("<b>", "en") is None
    assert neighbours(ids[0], "en") == (None, BOTH["en"][ids[1]])
    assert neighbours(ids[-1], "en") == (BOTH["en"][ids[-2]], None)


@pytest.mark.parametrize("query", ["", " ", "\u3000", "a" * 10_000])
def test_any_query_is_answered(query: str) -> None:
    assert isinstance(select("zh", query=query), list)
