"""The text that a vocabulary is trained on: bundled or the visitor's own, its held-out lines, words and alphabet."""

from __future__ import annotations

import gzip
import random
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache

from core.catalog.token_splits import CORPORA
from core.data import uploads
from core.errors import TextEmpty, TextTooLong, TextTooShort
from core.models.load.manifest import read_manifest
from core.paths import DATA
from core.scripts import HAN

MAX_CORPUS = 1_000_000
"""Longest corpus, in bytes of UTF-8."""
KEPT = MAX_CORPUS + 1
"""Characters that are kept of a visitor's text: enough to see that it is too long."""
LEAST_CORPUS = 200
"""Shortest corpus, in characters."""
HELD_OUT = 10
"""One line in so many is kept from training, to measure what the vocabulary does with new text."""
MOST_WORDS = 60_000
"""So many different words are looked at; the rest are rare."""
LONGEST_WORD = 32
"""Words (runs of Chinese without punctuation) are cut at so many characters."""
SPACE = "▁"
_HAN = re.compile(f"([{HAN}])")
_WORD = re.compile(r" ?[^\W\d_]+| ?\d| ?[^\w\s]|_|\s+(?!\S)|\s")


def read_corpus(corpus: str) -> str:
    """A bundled corpus by its name, or the text itself. Errors: TextEmpty, TextTooShort, TextTooLong."""
    if corpus in CORPORA:
        return _bundled(corpus)
    text = corpus.encode("utf-8", "replace").decode()
    if not text.strip():
        raise TextEmpty
    if len(text) < LEAST_CORPUS:
        raise TextTooShort(count=len(text), least=LEAST_CORPUS, unit="characters")
    length = len(text.encode())
    if length > MAX_CORPUS:
        raise TextTooLong(count=length, limit=MAX_CORPUS, unit="bytes")
    return text


@cache
def _bundled(corpus: str) -> str:
    if corpus == "both":
        return _bundled("english") + _bundled("chinese")
    content = read_manifest("corpora", DATA / "corpora").read_bytes(f"{corpus}.txt.gz")
    return gzip.decompress(content).decode()


def decoded(content: bytes, name: str) -> str:
    """A file's text: UTF-8, or UTF-16 with its mark. Errors: NotText, TextTooLong (in bytes)."""
    if len(content) > MAX_CORPUS:
        raise TextTooLong(count=len(content), limit=MAX_CORPUS, unit="bytes")
    return uploads.decoded(content, name)


def held_out(text: str, seed: int) -> tuple[list[str], list[str]]:
    """Lines to train on, and the one line in ten that is held out; a text of few lines is cut at sentences."""
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) < 2 * HELD_OUT:
        lines = [part for part in re.split(r"(?<=[.!?。！？])\s*", text) if part.strip()]
    if len(lines) < 2:
        middle = len(text) * (HELD_OUT - 1) // HELD_OUT
        lines = [text[:middle], text[middle:]]
    chosen = set(random.Random(seed).sample(range(len(lines)), max(1, len(lines) // HELD_OUT)))  # noqa: S311 — no secret
    return (
        [line for at, line in enumerate(lines) if at not in chosen],
        [line for at, line in enumerate(lines) if at in chosen],
    )


def cut_words(line: str) -> list[str]:
    """Words with their leading space written as ``▁``; single digits and signs; what merges never cross.

    >>> cut_words("Call me, 27 times")
    ['▁Call', '▁me', ',', '▁2', '7', '▁times']
    """
    words = (found.group().replace(" ", SPACE) for found in _WORD.finditer(" " + " ".join(line.split())))
    return [word[at : at + LONGEST_WORD] for word in words for at in range(0, len(word), LONGEST_WORD)]


def words_of(line: str, algorithm: str) -> list[str]:
    """The words of a line for an algorithm.

    As BERT does, WordPiece has no sign for spaces and takes every Chinese character for a word.
    """
    words = cut_words(line)
    if algorithm != "wordpiece":
        return words
    return [part for word in words for part in _HAN.split(word.replace(SPACE, "")) if part]


def count_words(lines: Iterable[str], algorithm: str) -> Counter[str]:
    """How often each word stands in the corpus; the most frequent ``MOST_WORDS``."""
    counts = Counter(word for line in lines for word in words_of(line, algorithm))
    return Counter(dict(counts.most_common(MOST_WORDS)))


def alphabet_of(words: Mapping[str, int], size: int) -> tuple[str, ...]:
    """The most frequent characters, half as many as the vocabulary has pieces: the rest are unknown."""
    counts = Counter[str]()
    for word, count in words.items():
        for char in word:
            counts[char] += count
    return tuple(char for char, _ in counts.most_common(size // 2))
