"""The corpora of the statistical models: what is held out, and what is no corpus."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data import classic_corpora as corpora
from core.data.uploads import decoded, is_binary
from core.errors import BinaryText, GlassboxError, NotText, TextEmpty, TextTooShort
from core.paths import MODELS

LINES = "".join(f"Line {at} of a text that somebody brought along.\n" for at in range(100))


def test_of_the_novel_every_twentieth_chapter_is_held_out() -> None:
    """As of the small GPT's training: the 11th and the 31st of 33."""
    found = corpora.read("english")
    assert [re.match(r"CHAPTER (\d+)", text)[1] for text in found.held_out] == ["11", "31"]  # type: ignore[index]
    assert len(found.train) == 31
    assert found.given == found.used > 300_000
    assert corpora.read("english", lower=True).held_out[0] == found.held_out[0].lower()


def test_no_held_out_poem_is_trained_on() -> None:
    found = corpora.read("tang")
    assert not {text.strip() for text in found.train} & {text.strip() for text in found.held_out}
    assert len(found.train) > 6000
    assert len(found.held_out) > 250
    known = json.loads((MODELS / "poem-gpt" / "tokenizer.json").read_text("utf-8"))["model"]["vocab"]
    for text in (*found.train, *found.held_out):
        lines = text.strip().split("\n")
        assert len({len(line) for line in lines}) == 1
        assert all(re.fullmatch(r"(.{5}|.{7})，(.{5}|.{7})。", line) for line in lines)
        assert set(text) <= known.keys()


def test_bytes_of_the_held_out_text_count_the_ends_of_lines() -> None:
    found = corpora.Corpus(("a",), ("ab\n\n春\n", "c"), 0, 0)
    assert found.held_out_bytes == 3 + 4 + 2


def test_of_an_own_text_every_tenth_line_is_held_out() -> None:
    found = corpora.read(LINES)
    assert len(found.held_out[0].split("\n")) == 10
    assert len(found.train[0].split("\n")) == 90
    assert found.given == found.used == len(LINES)


def test_a_long_text_is_cut_and_says_so() -> None:
    found = corpora.read(LINES * 1000)
    assert found.given == len(LINES) * 1000 > 4_000_000
    assert found.used <= corpora.MOST_BYTES
    assert found.used > corpora.MOST_BYTES - 10
    assert 8_000 < found.held_out_bytes < 2 * corpora.MOST_HELD_OUT
    assert corpora.read("春" * 400_000).used == corpora.MOST_BYTES // 3 * 3  # no half character


@pytest.mark.parametrize("text", ["春" * 250, "word " * 60, "One. Two. Three. " * 30, "我 and ты и 나 " * 40])
def test_few_lines_are_still_two_parts(text: str) -> None:
    found = corpora.read(text)
    assert found.train[0].strip()
    assert found.held_out[0].strip()


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", TextEmpty), (" \n" * 300, TextEmpty), ("word", TextTooShort), ("x\0" * 300, BinaryText),
        ("\x01\x02abc" * 100, BinaryText), ("\ud800" * 3, TextTooShort),
    ],
)  # fmt: skip
def test_what_is_no_corpus(text: str, error: type[GlassboxError]) -> None:
    with pytest.raises(error):
        corpora.read(text)


@settings(max_examples=50)
@given(st.text(max_size=400))
def test_a_text_is_read_or_refused(text: str) -> None:
    try:
        found = corpora.read(text)
    except (TextEmpty, TextTooShort, BinaryText):
        return
    assert found.used <= found.given


def test_sentences_keep_their_quotation_marks() -> None:
    assert corpora.sentences("He said “Go.” Then he went.") == ["He said “Go.”", "Then he went."]
    assert corpora.sentences("他说：“走吧。”然后走了。") == ["他说：“走吧。”", "然后走了。"]
    assert corpora.sentences("no end") == ["no end"]
    assert corpora.sentences("") == []


def test_files_in_two_encodings_are_read() -> None:
    assert decoded("春风".encode(), "a.txt") == decoded("春风".encode("utf-16"), "a.txt") == "春风"
    for content in (b"\xff\xd8\xff\xe0", "春风".encode("gb18030"), b"a\0b"):
        with pytest.raises(NotText):
            decoded(content, "a.txt")
    assert not is_binary("\tA text\r\nof two lines\f")
