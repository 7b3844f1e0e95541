"""What is said about the results of the page: each judgement follows from the result in hand."""

from __future__ import annotations

from collections.abc import Sequence

from core.catalog.classic_models import MODEL
from core.compute.classic_models.ngrams import Counted, Following, HeldOut, Written
from core.compute.classic_models.states import Training
from core.models import specs

VOWELS = tuple("aeiou")
SURE = 0.5
"""A state that gives vowels with more than this probability is called theirs."""


def best(found: HeldOut) -> tuple[str, int, float]:
    """The way of smoothing, the order and the bits per byte of the cheapest n-gram model."""
    row, column = divmod(int(found.bits.argmin()), found.bits.shape[1])
    return found.smoothings[row], column + 1, float(found.bits[row, column])


def apart(bits: float, other: float) -> float:
    """By what share one cost differs from the first."""
    return abs(1 - other / bits)


def added(found: HeldOut) -> tuple[int, float]:
    """With add-k: the best order, and by what share the highest one takes more than it."""
    bits = found.bits[found.smoothings.index("add")]
    at = int(bits.argmin())
    return at + 1, float(bits[-1] / bits[at] - 1)


def is_foreign(model: str, corpus: str) -> bool:
    """Whether a bundled model has not learned the language of a bundled corpus; of others that is not known."""
    spec = specs.find(model)
    return (
        spec.source == "bundled"
        and corpus in MODEL
        and not set(specs.find(MODEL[corpus]).languages) & set(spec.languages)
    )


def copied(found: Written, order: int) -> float:
    """The share of pieces that end an n-gram of the training text that is as long as the order."""
    return float((found.orders >= order).mean())


def vowels(found: Training) -> tuple[int, float] | None:
    """The state that gives vowels, by number, and with what probability; None where there is no such state.

    Only the pieces listed for a state are counted, so the true share is at least as high.
    """
    shares = [
        sum(float(p) for piece, p in zip(pieces, row, strict=True) if piece in VOWELS)
        for pieces, row in zip(found.given, found.probability, strict=True)
    ]
    at = max(range(len(shares)), key=shares.__getitem__)
    others = [share for place, share in enumerate(shares) if place != at]
    return (at + 1, shares[at]) if shares[at] > SURE and max(others) < shares[at] / 4 else None


def seen(found: Following) -> tuple[int, int, int]:
    """How many of the last pieces were seen together, how often, and before how many different ones."""
    return found.read, int(found.totals[found.read]), int(found.types[found.read])


def unseen(found: Counted, order: int) -> tuple[float, int, float]:
    """Of an order: the share of held-out n-grams that are new, the different ones, and the share seen once."""
    at = order - 1
    return float(found.unseen[at]), int(found.distinct[at]), float(found.once[at] / found.distinct[at])


def first_differs(pieces: Sequence[str], others: Sequence[str]) -> bool:
    """Whether two models expect different pieces first."""
    return pieces[0] != others[0]
