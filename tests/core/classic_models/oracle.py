"""NLTK's n-gram models of the same counts as ours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from nltk.lm import KneserNeyInterpolated, Lidstone
from nltk.lm.api import LanguageModel
from nltk.lm.counter import NgramCounter
from nltk.lm.vocabulary import Vocabulary

from core.compute.classic_models.counts import HIGHEST, Counts
from core.compute.classic_models.smoothing import DISCOUNT, Strength

START = "<s>"


def grams(counts: Counts, lines: Sequence[Sequence[str]]) -> Iterator[list[tuple[str, ...]]]:
    """The n-grams of orders 1 to 5 that end with a piece or with the end of a sentence."""
    names = counts.words.pieces
    for line in lines:
        full = [START] * (HIGHEST - 1) + [names[id] for id in (*counts.words.ids(line), 1)]
        ends = range(HIGHEST, len(full) + 1)
        yield [tuple(full[end - order : end]) for end in ends for order in range(1, HIGHEST + 1)]


def counter(counts: Counts, lines: Sequence[Sequence[str]]) -> NgramCounter:
    return NgramCounter(grams(counts, lines))


def models(
    counts: Counts, counted: NgramCounter, order: int, added: float, discount: float
) -> dict[str, LanguageModel]:
    """Our smoothing → the same of NLTK; of its vocabulary the sign before a sentence is no part.

    It counts <unk> itself.
    """
    words = Vocabulary(counts.words.pieces[1:], unk_cutoff=1, unk_label="<unk>")
    given = {"vocabulary": words, "counter": counted}
    return {
        "add": Lidstone(added, order, **given),
        "kneser_ney": KneserNeyInterpolated(order, discount, **given),
    }


class Formulas:
    """Interpolation and back-off as their papers write them, one probability at a time."""

    def __init__(self, counts: Counts, lines: Sequence[Sequence[str]], strength: Strength) -> None:
        self.names, self.strength = counts.words.pieces, strength
        self.found = Counter(gram for line in grams(counts, lines) for gram in line)

    def total(self, context: tuple[str, ...]) -> int:
        return sum(self.found[(*context, name)] for name in self.names)

    def interpolated(self, context: tuple[str, ...], piece: str) -> float:
        if not context:
            return self.found[(piece,)] / self.total(())
        lower = self.interpolated(context[1:], piece)
        if not self.total(context):
            return lower
        share = self.found[(*context, piece)] / self.total(context)
        return self.strength.weight * share + (1 - self.strength.weight) * lower

    def discount(self, order: int) -> float:
        numbers = [count for gram, count in self.found.items() if len(gram) == order]
        once, twice = numbers.count(1), numbers.count(2)
        return self.strength.discount or (once / (once + 2 * twice) if once and twice else DISCOUNT)

    def backoff(self, context: tuple[str, ...], piece: str) -> float:
        if not context:
            return self.found[(piece,)] / self.total(())
        if not self.total(context):
            return self.backoff(context[1:], piece)
        seen = [name for name in self.names if self.found[(*context, name)]]
        discount, total = self.discount(len(context) + 1), self.total(context)
        if len(seen) == len(self.names):
            return (self.found[(*context, piece)] - discount) / (total - discount * len(seen))
        if piece in seen:
            return (self.found[(*context, piece)] - discount) / total
        left = sum(self.backoff(context[1:], name) for name in self.names if name not in seen)
        return discount * len(seen) / total * self.backoff(context[1:], piece) / left
