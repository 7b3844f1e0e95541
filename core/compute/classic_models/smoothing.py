"""Four ways to turn counts into probabilities for what was never seen, in one form: a table per order.

    p_n(w | c) = seen[c w]                    where c w was seen
               = back[c] · p_n−1(w | c')      where it was not, c' = c without its first piece
               = p_n−1(w | c')                where c itself was never seen

``add``: (count + k) / (total + k V), with 1/V in the place of p_n−1 (Lidstone 1920). ``backoff``: Katz's scheme (1987)
with absolute discounting (Ney, Essen & Kneser 1994): (count − d) / total, and what that saves goes to the unseen.
``interpolated``: λ count/total + (1 − λ) p_n−1 (Jelinek & Mercer 1980). ``kneser_ney``: (count − d) / total + what that
saves · p_n−1, where lower orders count in how many different contexts a piece stood (Kneser & Ney 1995; interpolated:
Chen & Goodman 1999). Of order 1 all but ``add`` are the relative frequencies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.compute.classic_models.counts import Counts, Level, Longs, Places
from core.errors import BadParameter
from core.numerics import Doubles

SMOOTHINGS = ("add", "backoff", "interpolated", "kneser_ney")
ADDED, DISCOUNT, WEIGHT = 0.1, 0.75, 0.5
"""k, d and λ where none is given; a d of 0 is estimated from the counts of each order."""


@dataclass(frozen=True, slots=True)
class Strength:
    """How strongly is smoothed."""

    added: float = ADDED
    discount: float = DISCOUNT
    weight: float = WEIGHT

    def __post_init__(self) -> None:
        if not (0 < self.added <= 10 and 0 <= self.discount < 1 and 0 < self.weight < 1):
            raise BadParameter(name="strength")


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """The probabilities of one order."""

    order: int
    seen: Doubles  # [gram]
    back: Doubles  # [context]


@dataclass(frozen=True, slots=True, eq=False)
class Smoothed:
    """A model: a distribution over the vocabulary without context, and tables of rising orders."""

    counts: Counts
    smoothing: str
    base: Doubles  # [piece]
    tables: tuple[Table, ...]

    def probabilities(self, found: Places) -> Doubles:
        """[place] the probability of each piece of a text."""
        result = self.base[found.ids]
        for table in self.tables:
            gram, context = found.gram[table.order - 1], found.context[table.order - 1]
            lower = np.where(context >= 0, table.back[context], 1.0) * result
            result = np.where(gram >= 0, table.seen[gram], lower)
        return result

    def shares(self, ids: Sequence[int]) -> Doubles:
        """[order, piece] what each order adds to the probability after a context; row 0: what needs no count.

        ``ids``: the last four pieces, or signs before the sentence. The sum over rows is the distribution.
        """
        contexts = self.counts.contexts(ids)
        result = np.zeros((len(self.counts.levels) + 1, len(self.base)))
        result[0 if self.smoothing == "add" else 1] = self.base
        for table in self.tables:
            context = contexts[table.order - 1]
            if context < 0:
                continue
            lower = result.sum(axis=0) * table.back[context]
            result *= table.back[context]
            words, seen = self._row(table, context)
            if self.smoothing == "backoff":  # what was seen needs nothing of the lower orders
                result[:, words] = 0
                lower[words] = 0
            result[table.order, words] = seen - lower[words]
        return result

    def _row(self, table: Table, context: int) -> tuple[npt.NDArray[np.int64], Doubles]:
        level, rows = self.counts.levels[table.order - 1], self.counts.followers(context, table.order)
        found = np.flatnonzero(level.count[rows] > 0) + rows.start
        return level.key[found] - context * (self.counts.words.start + 1), table.seen[found]


def smoothed(counts: Counts, smoothing: str, order: int, strength: Strength | None = None) -> Smoothed:
    """The model of an order. Errors: BadParameter."""
    strong = strength or Strength()
    if smoothing not in SMOOTHINGS or not 1 <= order <= len(counts.levels):
        raise BadParameter(name="smoothing" if smoothing not in SMOOTHINGS else "order")
    size = counts.words.start
    if smoothing == "add":
        even = np.full(size, 1.0 / size)
        return Smoothed(
            counts, smoothing, even, (_added(counts.levels[order - 1], order, size, strong.added),)
        )
    base = np.zeros(size + 1)
    base[counts.levels[0].key] = _numbers(counts, smoothing, 1, order)
    base /= base.sum()
    tables: list[Table] = []
    below = base[counts.levels[0].key]
    for at in range(2, order + 1):
        numbers = _numbers(counts, smoothing, at, order)
        tables.append(_table(counts.levels[at - 1], numbers, below, at, smoothing, strong))
        below = tables[-1].seen
    return Smoothed(counts, smoothing, base[:size], tuple(tables))


def _numbers(counts: Counts, smoothing: str, at: int, order: int) -> Longs:
    """[gram] the counts of an order; for Kneser–Ney below the highest: before how many different pieces it stood."""
    level = counts.levels[at - 1]
    if smoothing != "kneser_ney" or at == order:
        return level.count
    longer = counts.levels[at]
    return np.bincount(longer.lower[longer.count > 0], minlength=len(level.key))


def _added(level: Level, order: int, size: int, added: float) -> Table:
    total = level.total + added * size
    return Table(order, (level.count + added) / total[level.context], added * size / total)


def _table(
    level: Level, numbers: Longs, below: Doubles, order: int, smoothing: str, strong: Strength
) -> Table:
    total = np.bincount(level.context, numbers, level.contexts)
    types = np.bincount(level.context, numbers > 0, level.contexts)
    some = np.maximum(total, 1)  # a context that nothing followed is not asked for
    if smoothing == "interpolated":
        back = np.full(level.contexts, 1 - strong.weight)
        seen = strong.weight * numbers / some[level.context] + back[level.context] * below[level.lower]
        return Table(order, seen, back)
    discount = strong.discount or estimated(numbers)
    saved = discount * types / some
    seen = np.maximum(numbers - discount, 0) / some[level.context]
    if smoothing == "kneser_ney":
        return Table(order, seen + saved[level.context] * below[level.lower], saved)
    return _backing(level, numbers, below, order, seen, saved)


def _backing(
    level: Level, numbers: Longs, below: Doubles, order: int, seen: Doubles, saved: Doubles
) -> Table:
    """Back-off: what is saved goes to the unseen alone; where nothing is unseen, nothing is saved."""
    used = np.bincount(level.context, np.where(numbers > 0, below[level.lower], 0), level.contexts)
    rest = 1 - used
    all_seen = rest < 1e-12
    seen = np.where(all_seen[level.context], seen / np.maximum(1 - saved, 1e-300)[level.context], seen)
    return Table(order, seen, np.where(all_seen, 0, saved / np.where(all_seen, 1, rest)))


def estimated(numbers: Longs) -> float:
    """The discount n₁ / (n₁ + 2 n₂) of n-grams seen once and twice (Ney, Essen & Kneser 1994)."""
    once, twice = (int((numbers == number).sum()) for number in (1, 2))
    return once / (once + 2 * twice) if once and twice else DISCOUNT
