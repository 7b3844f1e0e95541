"""What the tokenization canvases are given: the same cuts, rings, trees and ratios that were computed."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from core import catalog
from core.catalog import LANGUAGES, Language
from core.compute.token_splits import picks as token_picks
from core.compute.token_splits.costs import budget
from core.compute.token_splits.cut import Cut, Splits, split
from core.compute.token_splits.reasons import explain_word
from core.figures.buffer import unpack
from core.figures.components import source
from core.figures.token_splits import cut as figures
from core.figures.token_splits.payloads import Offer
from core.models.tokens.labels import visible
from core.models.tokens.vocabularies import VOCABULARIES
from pages.kit.text import table
from tests.node import in_node

PAGE = catalog.find("token_splits")
WORDS: dict[str, str] = {}
OFFER: list[Offer] = [{"id": "one", "title": "One", "algorithm": "words", "size": 7}]


def cut_at(name: str, text: str, starts: list[int]) -> Cut:
    """A cut of ``text`` into pieces that start at the given characters."""
    ends = [*starts[1:], len(text)]
    n = len(starts)
    return Cut(
        vocabulary=name,
        ids=tuple(range(n)),
        labels=tuple(text[a:b] for a, b in zip(starts, ends, strict=True)),
        starts=tuple(starts),
        ends=tuple(ends),
        bytes_hex=tuple(text[a:b].encode().hex(" ").upper() for a, b in zip(starts, ends, strict=True)),
        groups=tuple(range(n)),
        special=(False,) * n,
        unknown=(False,) * n,
    )


def pair() -> Splits:
    text = "abcdef"
    return Splits(
        text=text,
        cuts=(cut_at("one", text, [0, 2, 4]), cut_at("two", text, [0, 3, 4])),
        lonely=((2,), (3,)),
        counts=(3, 3),
        characters_per_token=(2.0, 2.0),
        bytes_per_token=(2.0, 2.0),
        spread=0.0,
    )


def packed(splits: Splits | None, **state: object) -> tuple[dict[str, Any], dict[str, Any]]:
    return unpack(figures.payload(splits, WORDS, state, vocabularies=OFFER, language="en"))


def test_lanes_carry_the_cuts_and_rings_stand_where_nobody_else_cuts() -> None:
    meta, arrays = packed(pair(), text="abcdef")
    assert [lane["id"] for lane in meta["lanes"]] == ["one", "two"]
    assert meta["lanes"][0]["title"] == "One"
    assert meta["lanes"][1]["title"] == "two"  # not on offer: its id
    assert arrays["lonely0"].tolist() == [0, 1, 0]
    assert arrays["lonely1"].tolist() == [0, 1, 0]
    assert arrays["starts1"].tolist() == [0, 3, 4]
    assert arrays["ends1"].tolist() == [3, 4, 6]


def test_without_a_text_there_are_no_lanes_and_unknown_state_is_refused() -> None:
    meta, arrays = packed(None, text="")
    assert meta["lanes"] == []
    assert not arrays
    data = figures.payload(None, WORDS, {}, vocabularies=OFFER, language="en", asked=("one",), failed=True)
    meta, arrays = unpack(data)
    assert meta["failed"] is True
    assert [lane["labels"] for lane in meta["lanes"]] == [[]]
    assert arrays["ids0"].size == 0
    with pytest.raises(ValueError, match="colour"):
        packed(pair(), colour="red")


def test_rows_list_every_token_once() -> None:
    rows = list(figures.rows(pair()))
    assert len(rows) == 6
    assert rows[4] == ("two", 1, 1, "d", "64", 3, 4)
    assert all(len(row) == len(figures.COLUMNS) for row in rows)


@pytest.mark.parametrize("text", ["鱼在水里，鸟飞。", "👨‍👩‍👧‍👦 and é", "Tokenization isn't free"])
def test_pieces_follow_the_text(text: str) -> None:
    found = split(text=text, vocabularies=("gpt2", "bytes")).cuts
    for cut in found:
        pieces = token_picks.pieces(cut, text)
        assert sum(count for _, count in pieces) == len(cut.ids)
        assert "".join(piece for piece, _ in pieces) == text


def test_a_telling_piece_is_the_one_asked_for_while_it_is_there() -> None:
    splits = split(text="the 鱼 fish", vocabularies=("gpt2", "o200k"))
    assert token_picks.telling(splits, "o200k", " fish") == ("o200k", " fish")
    by, piece = token_picks.telling(splits, "o200k", "gone")
    assert (by, piece.strip()) == ("gpt2", "鱼")
    assert token_picks.telling(None, "gpt2", "x") == ("", "")
    position, count = token_picks.place(splits, by, piece)
    assert splits.cuts[0].groups[position : position + count] == (splits.cuts[0].groups[position],) * count
    assert count == 3


def explained(text: str, vocabulary: str, piece: str) -> dict[str, Any]:
    splits = split(text=text, vocabularies=(vocabulary,))
    position, count = token_picks.place(splits, vocabulary, piece)
    found = explain_word(vocabulary=vocabulary, text=text, position=position)
    data = figures.explain_payload(found, WORDS, {}, piece=piece, count=count, title="T", language="en")
    meta: dict[str, Any] = unpack(data)[0]
    return meta


def test_a_tree_is_whole_and_its_roots_are_the_tokens() -> None:
    meta = explained("so unbelievably rare", "gpt2", " unbelievably")
    nodes = meta["nodes"]
    assert meta["kind"] == "bpe"
    assert [nodes[root]["label"] for root in meta["roots"]] == meta["tokens"] == ["·unbelievably"]
    assert meta["chosen"] == meta["roots"][0]
    for at, node in enumerate(nodes):
        if node["left"] >= 0:
            assert nodes[node["left"]]["label"] + nodes[node["right"]]["label"] == node["label"]
            assert max(node["left"], node["right"]) < at
    assert sum(node["left"] < 0 for node in nodes) == len(" unbelievably")


def test_of_a_character_in_a_long_word_only_its_own_bytes_are_shown() -> None:
    meta = explained("人工智能正在改变世界", "gpt2", "智")
    assert meta["piece"] == "智"
    assert len(meta["roots"]) == 3
    assert sum(node["left"] < 0 for node in meta["nodes"]) == 3
    assert meta["characters"] == [{"glyph": "智", "code": "U+667A", "bytes": list("智".encode())}]


def test_lattice_attempts_and_plain_cuts_are_told_apart() -> None:
    lattice = explained("unbelievably", "xlm-r", token_picks.telling(
        split(text="unbelievably", vocabularies=("xlm-r",)), "", "")[1])  # fmt: skip
    assert lattice["kind"] == "unigram"
    best = [edge for edge in lattice["edges"] if edge["best"]]
    assert [edge["start"] for edge in best[1:]] == [edge["end"] for edge in best[:-1]]
    assert best[-1]["end"] == lattice["length"]
    attempts = explained("unbelievably", "bert", "bel")
    assert attempts["kind"] == "wordpiece"
    assert [step["found"] for step in attempts["steps"]] == attempts["tokens"]
    assert explained("a b", "words", "a")["kind"] == "plain"


# --- pieces by a token budget, in the browser's own code ---


def pieces_in_node(cases: list[dict[str, Any]]) -> list[list[int]]:
    program = """
import { breakQuality, pieceStarts } from "./assets/components/token_splits/token_chips/pieces.js";
const quality = (c) => c.text === undefined ? [] : breakQuality(Array.from(c.text), c.starts);
const main = (cases) => cases.map((c) => pieceStarts(c.groups, c.limit, quality(c)));"""
    found: list[list[int]] = in_node(program, cases)
    return found


@settings(max_examples=8, deadline=None)
@given(
    st.lists(st.tuples(st.lists(st.integers(1, 6), max_size=40), st.integers(1, 12)), min_size=1, max_size=20)
)
def test_pieces_keep_the_limit_and_never_cut_a_group(drawn: list[tuple[list[int], int]]) -> None:
    cases: list[dict[str, Any]] = [
        {"groups": [g for g, n in enumerate(sizes) for _ in range(n)], "limit": limit}
        for sizes, limit in drawn
    ]
    for case, starts in zip(cases, pieces_in_node(cases), strict=True):
        groups, limit = case["groups"], case["limit"]
        assert starts == sorted(set(starts))
        assert starts[:1] == ([0] if groups else [])
        for start, end in pairwise([*starts, len(groups)]):
            assert end == len(groups) or groups[end] != groups[end - 1]
            assert end - start <= limit or len(set(groups[start:end])) == 1


@pytest.mark.parametrize("vocabulary", ["gpt2", "o200k", "bert"])
def test_pieces_fit_the_budget_when_each_is_cut_by_itself(vocabulary: str) -> None:
    """Cut again alone, a piece needs no more tokens than it was given."""
    text = "One line here.\nA second sentence follows. And a third, with commas; then the end of it all comes. 字字 ok."
    cut = split(text=text, vocabularies=(vocabulary,)).cuts[0]
    case = {"groups": cut.groups, "limit": 7, "text": text, "starts": cut.starts}
    starts = pieces_in_node([case])[0]
    bounds = [*(cut.starts[at] for at in starts), len(text)]
    for start, end in pairwise(bounds):
        assert budget(text=text[start:end], vocabulary=vocabulary, limit=7).whole <= 7
    first = text[bounds[0] : bounds[1]]
    assert first.strip() == "One line here."


SIGNS = "🚀 👩‍🚀 你好世界 🇨🇳 é 각 नमस्ते 👨‍👩‍👧‍👦!"


@pytest.mark.parametrize("vocabulary", [one.id for one in VOCABULARIES])
def test_pieces_of_the_browser_are_whole_graphemes(vocabulary: str) -> None:
    """By the grapheme clusters of ``regex``: also where one is several code points, words or more tokens than fit."""
    cut = split(text=SIGNS, vocabularies=(vocabulary,)).cuts[0]
    cases = [
        {"groups": cut.groups, "limit": limit, "text": SIGNS, "starts": cut.starts} for limit in range(1, 9)
    ]
    whole = {0, *(found.end() for found in regex.finditer(r"\X", SIGNS))}
    for starts in pieces_in_node(cases):
        bounds = [*(cut.starts[at] for at in starts), len(SIGNS)]
        assert set(bounds) <= whole
        assert "".join(SIGNS[a:b] for a, b in pairwise(bounds)) == SIGNS


# --- each experiment shows what it says ---


def state(name: str, language: Language = "en") -> dict[str, Any]:
    question = next(question for question in PAGE.questions if question.id == name)
    return dict(question.reveal.values(language))


def cuts_of(name: str) -> dict[str, Cut]:
    wanted = state(name)
    found = split(text=wanted["text"], vocabularies=wanted["vocab"])
    return {cut.vocabulary: cut for cut in found.cuts}


def answer(name: str) -> str:
    return next(question.answer for question in PAGE.questions if question.id == name)


@pytest.mark.parametrize("language", LANGUAGES)
def test_questions_quote_the_text_that_is_cut(language: Language) -> None:
    experiments = table(language, "token_splits")["experiments"]
    for name in ("three", "numbers", "family"):
        assert state(name, language)["text"] in experiments[name]["question"]


def test_gpt2_needs_more_than_twelve_tokens_for_eight_chinese_characters() -> None:
    cuts = cuts_of("three")
    assert len(state("three")["text"]) == 8
    assert len(cuts["gpt2"].ids) > 12
    assert answer("three") == "more"
    assert len(cuts["o200k"].ids) == 8
    piece = state("three")["piece"]
    assert dict(token_picks.pieces(cuts["gpt2"], state("three")["text"]))[piece] == 3


def test_space_and_capitals_change_the_id_but_not_for_bert() -> None:
    cuts = cuts_of("space")
    ids = cuts["gpt2"].ids
    assert len(set(ids)) == len(ids) == 4
    assert answer("space") == "differs"
    assert len(set(cuts["bert"].ids)) == 1


def test_cl100k_cuts_numbers_in_threes_from_the_left() -> None:
    cuts = cuts_of("numbers")
    assert cuts["cl100k"].labels == ("123", "456", "789", "0")
    assert answer("numbers") == "three"
    assert cuts["qwen"].labels == tuple(state("numbers")["text"])


def test_a_family_is_one_character_of_more_than_ten_tokens() -> None:
    text = state("family")["text"]
    cuts = cuts_of("family")
    assert (len(text), len(text.encode())) == (7, 25)
    assert len(cuts["gpt2"].ids) > 10
    assert answer("family") == "many"
    assert len(set(cuts["gpt2"].groups)) == 1


@pytest.mark.parametrize(
    "concept", [c for c in PAGE.concepts if "piece" in c.state["en"]], ids=lambda c: str(c.id)
)
def test_a_concept_explains_a_piece_that_is_there(concept: catalog.Concept) -> None:
    found: dict[str, Any] = dict(concept.state["en"])
    vocab = found.get("vocab", PAGE.default("vocab", PAGE.model["en"]))
    splits = split(text=found["text"], vocabularies=vocab)
    assert token_picks.telling(splits, found["by"], found["piece"]) == (found["by"], found["piece"]), visible(
        str([token_picks.pieces(cut, splits.text) for cut in splits.cuts])
    )


@pytest.mark.parametrize("name", ["token_chips", "merge_tree"])
def test_components_are_whole_and_speak_no_language(name: str) -> None:
    html, _, script = source(name)
    assert "innerHTML" not in script
    assert "import {" not in script
    text = "".join(part.split(">")[-1] for part in html.split("<"))
    assert not text.strip(" \n‹›"), "words come with the data"
