"""Cutting texts into pieces, and spelling what is unknown."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.compute.classic_models.pieces import (
    END,
    UNKNOWN,
    Speller,
    cut,
    first_piece,
    padded,
    read_lines,
    shown,
    vocabulary,
)
from core.errors import BadParameter, OneWord

MIXED = "我用 Python 3.11 写了一个 tokenizer，效果 not bad！ It's “fine” — naïve_x 👍🏽"


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
@example(MIXED)
@example("한국어 ¿qué? ٣٤ e\u0301 \u200b x")
def test_pieces_put_together_are_the_text(text: str) -> None:
    plain = " ".join(text.split())
    assert "".join(cut(text, "character")) == plain
    words = cut(text, "word")
    assert "".join(words).removeprefix(" ") == plain.removeprefix(" ")
    assert all(words)


def test_words_are_whole_words() -> None:
    assert cut("Don't stop: 27 ships!", "word") == [" Don't", " stop", ":", " 27", " ships", "!"]
    assert cut("他来到北京大学。", "word") == ["他", "来到", "北京大学", "。"]
    assert [shown(piece) for piece in cut(MIXED, "word")][:4] == ["我用", "Python", "3", "."]
    assert cut("", "word") == cut("  ", "character") == []


def test_what_a_model_writes_ends_a_word_or_not() -> None:
    assert first_piece(" wh", "word") == (" wh", True)
    assert first_piece(" whale's", "word") == (" whale's", False)
    assert first_piece("\n\nThe", "word") == ("\n", False)
    assert first_piece(".", "word") == (".", False)
    assert first_piece("春风", "word")[1] is False
    assert first_piece(" the", "character") == (" ", False)
    assert first_piece("", "word") == ("", False)


def test_sentences_are_cut_for_words_and_lines_for_characters() -> None:
    text = ["One two. Three!\n\nFour\n"]
    assert [len(line) for line in read_lines(text, "word")] == [3, 2, 1]
    assert ["".join(line) for line in read_lines(text, "character")] == ["One two. Three!", "Four"]


def test_rare_pieces_are_unknown_and_something_always_is() -> None:
    assert vocabulary([["a", "b", "a"], ["c", "b", "b"]]).pieces == (UNKNOWN, END, "b", "a")
    assert vocabulary([["a", "b", "a", "b", "b"]]).pieces == (UNKNOWN, END, "b")
    with pytest.raises(OneWord):
        vocabulary([["a", "a"]])


def test_each_sentence_has_signs_before_it_and_an_end() -> None:
    words = vocabulary([["b", "a", "b", "a"], ["c"]])
    assert padded([["a", "x"], ["b"]], words, 2).tolist() == [4, 4, 3, 0, 1, 4, 4, 2, 1]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(max_size=6), max_size=8), st.binary(max_size=2).map(bytes))
def test_a_speller_gives_every_byte_its_share(pieces: list[str], before: bytes) -> None:
    speller = Speller(pieces)
    context = (b"\0\0" + before)[-2:]
    total = sum(speller._probability(byte, context) for byte in range(257))
    assert total == pytest.approx(1, abs=1e-9)


def test_what_was_often_spelled_is_cheap() -> None:
    speller = Speller(["whale", "whaler", "whaling"] * 5)
    assert speller.cost("whale") < speller.cost("zebra")
    assert 0 < speller.cost("鲸") < 8 * 8 + 20
    assert Speller([]).cost("a") == pytest.approx(2 * 8.0056, abs=1e-3)  # log2 257, for the byte and the end


def test_other_units_are_refused() -> None:
    with pytest.raises(BadParameter):
        cut("a", "syllable")  # type: ignore[arg-type]
