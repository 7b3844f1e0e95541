"""Texts as pieces: words or characters of sentences, so cut that the pieces put together are the text again.

A word carries the space before it, as most vocabularies of language models have it; Chinese words are jieba's.
"""

from __future__ import annotations

import itertools
import math
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.arrays import Ints
from core.data.classic_corpora import sentences
from core.errors import BadParameter, OneWord
from core.models.tokens.vocabularies import jieba_words
from core.scripts import HAN, is_han

Unit = Literal["word", "character"]
UNITS = ("word", "character")
UNKNOWN, END = "<unk>", "</s>"
"""The first two pieces of every vocabulary: any piece that is too rare, and the end of a sentence."""
LEAST = 2
"""A piece that stands in the training text less often is unknown."""
SPELLING, SPELLED = 3, 20_000
"""Longest n-grams of bytes that unknown pieces are spelled with; so many pieces at most are counted for it."""
_WORD = re.compile(
    rf" ?(?:(?![{HAN}])[^\W\d_])+(?:['’](?:(?![{HAN}])[^\W\d_])+)*| ?[{HAN}]+| ?\d+| ?[^\w\s]| ?_| "
)


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """The pieces that a model knows; all others are ``<unk>``."""

    pieces: tuple[str, ...]  # <unk>, </s>, then the most frequent first
    places: dict[str, int]  # piece → its place

    @property
    def start(self) -> int:
        """The sign before a sentence: it is read and never predicted."""
        return len(self.pieces)

    def ids(self, pieces: Iterable[str]) -> list[int]:
        """The places of pieces; 0 for those that are not known."""
        return [self.places.get(piece, 0) for piece in pieces]


def cut(sentence: str, unit: Unit) -> list[str]:
    """The pieces of a sentence; white space is one space.

    >>> cut("Call me, 27 times", "word")
    [' Call', ' me', ',', ' 27', ' times']
    >>> cut("你好 ok", "character")
    ['你', '好', ' ', 'o', 'k']
    """
    if unit not in UNITS:
        raise BadParameter(name="unit")
    plain = " ".join(sentence.split())
    if unit == "character":
        return [sys.intern(char) for char in plain]
    if plain and not is_han(plain[0]):
        plain = " " + plain
    return [sys.intern(piece) for found in _WORD.findall(plain) for piece in _chinese(found)]


def _chinese(piece: str) -> Iterable[str]:
    """The words of a run of Chinese; any other piece as it is."""
    bare = piece.lstrip(" ")
    if len(bare) < 2 or not is_han(bare[0]):
        return (piece,)
    words = [bare[start:end] for start, end in jieba_words(bare)]
    return (piece[: len(piece) - len(bare)] + words[0], *words[1:])


def first_piece(text: str, unit: Unit) -> tuple[str, bool]:
    r"""The first piece of what a model writes, and whether more text might make it longer; a new line is "\n".

    >>> first_piece(" whale", "word"), first_piece(" whale,", "word"), first_piece(", and", "word")
    ((' whale', True), (' whale', False), (',', False))
    """
    if unit == "character" or not text.strip(" "):
        return text[:1], unit == "word" and bool(text)
    if text.lstrip(" ")[0] in "\r\n":
        return "\n", False
    found = _WORD.match(text)
    if not found:
        return "", False
    piece = found[0]
    bare = piece.strip(" ")
    return piece, found.end() == len(text) and not is_han(bare[:1]) and bare.isalnum()


def read_lines(documents: Iterable[str], unit: Unit) -> list[list[str]]:
    """The sentences of documents in pieces: words in sentences, characters in lines."""
    lines = (line for text in documents for line in text.split("\n"))
    if unit == "word":
        lines = (sentence for line in lines for sentence in sentences(line))
    return [found for line in lines if (found := cut(line, unit))]


def vocabulary(lines: Sequence[Sequence[str]]) -> Vocabulary:
    """The pieces that stand there at least ``LEAST`` times; if all do, the rarest is unknown all the same.

    So ``<unk>`` is counted as any other piece is, and has a probability. Errors: OneWord.
    """
    counts = Counter(piece for line in lines for piece in line)
    if len(counts) < 2:
        raise OneWord
    ranked = counts.most_common()
    known = [piece for piece, count in ranked if count >= LEAST]
    pieces = (UNKNOWN, END, *known[: len(ranked) - 1])
    return Vocabulary(pieces, {piece: at for at, piece in enumerate(pieces) if at > 1})


def padded(lines: Iterable[Sequence[str]], words: Vocabulary, pads: int) -> Ints:
    """All sentences one after the other, each with so many signs before it and its end behind."""
    before = [words.start] * pads
    flat = [id for line in lines for id in (*before, *words.ids(line), 1)]
    return np.array(flat, np.int32)


def shown(piece: str) -> str:
    """A piece without the space before it, "␣" for a space alone."""
    return piece.strip(" ") or "␣"


class Speller:
    """What it costs to write out an unknown piece, byte by byte, by the unknown pieces of the training text.

    Without it a model that calls everything unknown would be the best. Orders 1 to 3 of bytes, each
    p_n = (count + T p_n−1) / (total + T) with T different bytes after the context (Witten & Bell 1991, method C);
    p_0 = 1/257, so that every text can be spelled.
    """

    def __init__(self, pieces: Iterable[str]) -> None:
        self._counts: dict[bytes, Counter[int]] = defaultdict(Counter)
        for piece in itertools.islice(pieces, SPELLED):
            for context, byte in _spelled(piece):
                for length in range(SPELLING):
                    self._counts[context[len(context) - length :]][byte] += 1

    def cost(self, piece: str) -> float:
        """Bits of all bytes of a piece and of its end."""
        return -math.fsum(math.log2(self._probability(byte, context)) for context, byte in _spelled(piece))

    def _probability(self, byte: int, context: bytes) -> float:
        result = 1 / 257
        for length in range(SPELLING):
            found = self._counts.get(context[len(context) - length :])
            if found:
                result = (found[byte] + len(found) * result) / (found.total() + len(found))
        return result


def _spelled(piece: str) -> Iterable[tuple[bytes, int]]:
    """The bytes of a piece and its end (256), each with the two before it; a zero byte stands before the piece."""
    data = b"\0" * (SPELLING - 1) + piece.encode("utf-8", "replace")
    for at in range(SPELLING - 1, len(data)):
        yield data[at - SPELLING + 1 : at], data[at]
    yield data[len(data) - SPELLING + 1 :], 256


def unknown(lines: Iterable[Sequence[str]], words: Vocabulary) -> list[str]:
    """The pieces of a text that are not in a vocabulary, as often as they stand there."""
    return [piece for line in lines for piece in line if piece not in words.places]
