"""Counted n-grams of orders 1 to 5, each order one sorted array, each n-gram joined to the shorter ones inside it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.arrays import Ints
from core.compute.classic_models.pieces import (
    Speller,
    Unit,
    Vocabulary,
    padded,
    read_lines,
    unknown,
    vocabulary,
)
from core.data.classic_corpora import Corpus, read
from core.jobs.lines import TRAININGS
from core.jobs.permit import Report, quiet
from core.jobs.remembered import Remembered

HIGHEST = 5
"""Longest n-grams."""
Longs = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """All n-grams of one order that stand in a text, by context and then by their last piece.

    Some have count 0: those that end before a sentence, kept because others have them as context.
    """

    key: Longs  # [gram] place of the context among the n-grams one order lower · (V + 1) + last piece, rising
    count: Longs  # [gram]
    lower: Ints  # [gram] place of the gram without its first piece, one order lower
    context: Ints  # [gram] place of the gram without its last piece, one order lower
    contexts: int  # n-grams one order lower

    @property
    def total(self) -> npt.NDArray[np.float64]:
        """[context] how often something was seen after it."""
        return np.bincount(self.context, self.count, self.contexts).astype(np.float64)

    @property
    def types(self) -> Longs:
        """[context] how many different pieces were seen after it."""
        return np.bincount(self.context, self.count > 0, self.contexts).astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """A training text, counted."""

    words: Vocabulary
    levels: tuple[Level, ...]  # orders 1 to 5
    pieces: int  # with the ends of sentences
    sentences: int
    speller: Speller

    def followers(self, context: int, order: int) -> slice:
        """The n-grams of an order that have a context (its place one order lower)."""
        width = self.words.start + 1
        ends = np.searchsorted(self.levels[order - 1].key, (context * width, (context + 1) * width))
        return slice(int(ends[0]), int(ends[1]))

    def contexts(self, ids: Sequence[int]) -> list[int]:
        """For each order the place of the context that the last pieces make, −1 where nothing followed it.

        ``ids``: four pieces or signs before the sentence.
        """
        found = []
        for order in range(1, HIGHEST + 1):
            place = 0
            for at, id in enumerate(ids[len(ids) - order + 1 :], 1):
                place = self._find(at, place, id) if place >= 0 else -1
            found.append(place if place >= 0 and self._seen(place, order) else -1)
        return found

    def _seen(self, context: int, order: int) -> bool:
        return bool(self.levels[order - 1].count[self.followers(context, order)].any())

    def _find(self, order: int, context: int, id: int) -> int:
        level = self.levels[order - 1]
        key = context * (self.words.start + 1) + id
        at = int(np.searchsorted(level.key, key))
        return at if at < len(level.key) and level.key[at] == key else -1


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """The predicted places of a text in the counts of another."""

    ids: Ints  # [place] the piece
    gram: npt.NDArray[np.int64]  # [order, place] the n-gram that ends here, −1 where it was never seen
    context: npt.NDArray[np.int64]  # [order, place] its context one order lower, −1 where it was never seen


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """A corpus in pieces."""

    corpus: Corpus
    train: list[list[str]]  # [sentence][piece]
    held_out: list[list[str]]


_CUT: Remembered[Cut] = Remembered(TRAININGS, 2, "pieces")  # some 10 MB each
_COUNTED: Remembered[Counts] = Remembered(TRAININGS, 2, "counts")  # some 30 MB each
CUTTING = 0.3
"""Share of the time of counting that is taken by cutting the text, about."""


def cut_corpus(corpus: str, unit: Unit, lower: bool, progress: Report = quiet) -> Cut:
    """A corpus by its name, or a visitor's own text, in pieces. Errors: those of ``read``."""

    def make() -> Cut:
        progress("counting", 0.0)
        found = read(corpus, lower=lower)
        return Cut(found, read_lines(found.train, unit), read_lines(found.held_out, unit))

    return _CUT.get((corpus, unit, lower), make)


def count_corpus(corpus: str, unit: Unit, lower: bool, progress: Report = quiet) -> Counts:
    """Its training text, counted. Errors: those of ``read``, OneWord."""

    def make() -> Counts:
        return count_lines(cut_corpus(corpus, unit, lower, progress).train, progress)

    return _COUNTED.get((corpus, unit, lower), make)


def count_lines(lines: Sequence[Sequence[str]], progress: Report = quiet) -> Counts:
    """Sentences, counted. Errors: OneWord."""
    progress("counting", CUTTING)
    words = vocabulary(lines)
    flat = padded(lines, words, HIGHEST - 1)
    predicted = flat != words.start
    speller = Speller(unknown(lines, words))
    levels = _levels(flat, predicted, words.start + 1, progress)
    return Counts(words, levels, int(predicted.sum()), len(lines), speller)


def _levels(flat: Ints, predicted: npt.NDArray[np.bool_], width: int, progress: Report) -> tuple[Level, ...]:
    levels: list[Level] = []
    before = np.zeros(len(flat), np.int64)  # the context: of order 1 none
    lower, contexts = before, 1
    for done in range(HIGHEST):
        progress("counting", CUTTING + (1 - CUTTING) * done / HIGHEST)
        key, gram = np.unique(before * width + flat, return_inverse=True)
        joined = np.zeros(len(key), np.int32)
        joined[gram] = lower
        count = np.bincount(gram[predicted], minlength=len(key))
        levels.append(Level(key, count, joined, (key // width).astype(np.int32), contexts))
        lower, contexts = gram, len(key)
        before = np.concatenate([[0], gram[:-1]])
    return tuple(levels)


def places(counts: Counts, lines: Sequence[Sequence[str]]) -> Places:
    """Where a text's n-grams are among the counted ones."""
    width = counts.words.start + 1
    flat = padded(lines, counts.words, HIGHEST - 1)
    before, rows = np.zeros(len(flat), np.int64), []
    for level in counts.levels:
        key = before * width + flat
        at = np.minimum(np.searchsorted(level.key, key), len(level.key) - 1)
        gram = np.where((before >= 0) & (level.key[at] == key), at, -1)
        rows.append((np.where((gram >= 0) & (level.count[gram] > 0), gram, -1), before))
        before = np.concatenate([[-1], gram[:-1]])
    predicted = flat != counts.words.start
    found, context = (np.stack(some)[:, predicted] for some in zip(*rows, strict=True))
    seen = [
        np.where((row >= 0) & (level.total[row] > 0), row, -1)
        for row, level in zip(context, counts.levels, strict=True)
    ]
    return Places(flat[predicted], found, np.stack(seen))


def share_of(lines: Sequence[Sequence[str]], share: float) -> list[Sequence[str]]:
    """The first sentences of a text, together about a share of its pieces."""
    ends = list(itertools.accumulate(map(len, lines)))
    return [line for line, end in zip(lines, ends, strict=True) if end - len(line) < share * ends[-1]]
