"""What the masking rule must come to over many rolls: counts, their test, closed forms."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from core.arrays import Array
from core.compute.masked_words.rule import MASKED, REPLACED, SHARE, draw


def tally(
    special: npt.NDArray[np.bool_], seed: int, rolls: int, share: float = SHARE
) -> npt.NDArray[np.int64]:
    """How many tokens were left out, masked, replaced and kept [4] in so many rolls; special tokens do not count."""
    found = np.zeros(4, np.int64)
    for roll in range(rolls):
        found += np.bincount(draw(special, seed, roll, share)[0][~special], minlength=4)
    return found


def expected(share: float = SHARE) -> npt.NDArray[np.float64]:
    """The shares [4] that ``tally`` tends to."""
    return np.asarray([1 - share, share * MASKED, share * REPLACED, share * (1 - MASKED - REPLACED)])


def chi_square(counts: npt.ArrayLike, share: float = SHARE) -> tuple[float, float]:
    """Pearson's χ² of ``tally``'s counts against the rule, and P(χ²₃ ≥ it), which has a closed form.

    P = erfc(√(x/2)) + √(2x/π) e^(−x/2).

    >>> round(chi_square([850, 120, 15, 15])[1], 3)
    1.0
    """
    seen = np.asarray(counts, dtype=np.float64)
    wanted = expected(share) * seen.sum()
    x = float(((seen - wanted) ** 2 / wanted).sum())
    return x, math.erfc(math.sqrt(x / 2)) + math.sqrt(2 * x / math.pi) * math.exp(-x / 2)


def foreseen(share: float, epochs: int, copies: int) -> Array:
    """What ``seen`` is on average [epoch]: 1 − (1 − share)^min(epoch, copies)."""
    drawn = np.minimum(np.arange(1, epochs + 1), copies)
    return (1 - (1 - share) ** drawn).astype(np.float32)
