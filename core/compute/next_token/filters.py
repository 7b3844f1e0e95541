"""From logits to the distribution that is sampled: temperature, filters and penalties, one after the other.

The same arithmetic runs in the browser (``assets/components/next_token/token_distribution/filters.js``); both are
tested against the processors of transformers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.catalog.next_token import STEPS
from core.errors import BadParameter
from core.numerics import log_softmax, softmax

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

ORDER = STEPS
"""The steps as transformers applies them (frequency and presence, which it lacks, stand with the penalties)."""
GREEDY = 1e-5
"""A temperature below this one keeps the most probable token alone."""
BOUNDS = {
    "temperature": (0.0, math.inf), "top_k": (0.0, math.inf), "top_p": (0.0, 1.0), "min_p": (0.0, 1.0),
    "typical": (0.0, 1.0), "repetition": (1e-3, 1e3), "frequency": (-1e3, 1e3), "presence": (-1e3, 1e3),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settings:
    """How the next token is drawn; the defaults change nothing."""

    temperature: float = 1.0  # logits are divided by it; 0: the most probable token alone
    top_k: int = 0  # most tokens kept; 0: all
    top_p: float = 1.0  # least probability of what is kept; 1: all
    min_p: float = 0.0  # least probability of a kept token, as a share of the largest one
    typical: float = 1.0  # least probability of what is kept, the most typical tokens first; 1: all
    repetition: float = (
        1.0  # logits of tokens in the text: positive ones divided by it, negative ones multiplied
    )
    frequency: float = 0.0  # taken off a token's logit for each time it stands in the text
    presence: float = 0.0  # taken off a token's logit where it stands in the text
    order: tuple[str, ...] = ORDER  # of the steps


_OFF = Settings()


@dataclass(frozen=True, slots=True, eq=False)
class Filtered:
    """The distribution that is sampled."""

    kept: Bools  # [vocab]
    probabilities: Floats  # [vocab], 0 where not kept, sums to 1
    removed_by: npt.NDArray[np.uint8]  # [vocab], number of the step (from 1) that removed the token; 0: kept
    left: tuple[int, ...]  # tokens left after each step of the order
    entropy: float  # of `probabilities`, nats; its exponential is the effective number of choices
    cut_mass: float  # probability that the model itself, without any step, gives to the removed tokens


def ordered(names: Iterable[str]) -> tuple[str, ...]:
    """A complete order of steps: the known names in the order given, each once, then the missing ones.

    >>> ordered(("top_p", "nonsense", "temperature"))[:3]
    ('top_p', 'temperature', 'repetition')
    """
    known = tuple(dict.fromkeys(name for name in names if name in ORDER))
    return known + tuple(name for name in ORDER if name not in known)


def apply_filters(logits: npt.ArrayLike, history: Sequence[int], settings: Settings) -> Filtered:
    """Apply all steps to the logits [vocab] of the next token, in float64; ``history`` are the ids of the text so far.

    p = softmax(logits after all steps), 0 for removed tokens. At least one token is always kept.
    Errors: BadParameter (NaN, negative temperature, a share outside 0..1). Sources: Keskar et al. 2019
    (repetition), Fan et al. 2018 (top-k), Holtzman et al. 2020 (top-p), Nguyen et al. 2024 (min-p), Meister et al.
    2023 (typical).

    >>> apply_filters([2.0, 1.0, 0.0], [], Settings(top_k=2)).probabilities.round(3).tolist()
    [0.731, 0.269, 0.0]
    """
    _check(settings)
    model = np.array(logits, dtype=np.float64)
    ids, scores = np.arange(len(model)), model.copy()
    removed = np.zeros(len(model), dtype=np.uint8)
    counts = np.bincount([id for id in history if 0 <= id < len(model)], minlength=len(model))
    left = []
    for number, name in enumerate(settings.order, 1):
        # A step that is off would go through a whole vocabulary for nothing.
        on = getattr(settings, name) != getattr(_OFF, name)
        scores = _CHANGES[name](scores, counts[ids], settings) if on and name in _CHANGES else scores
        keep = _CUTS[name](scores, settings) if on and name in _CUTS else None
        if keep is not None:
            removed[ids[~keep]] = number
            ids, scores = ids[keep], scores[keep]
        left.append(len(ids))
    return _filtered(model, ids, softmax(scores), removed, tuple(left))


def removers(found: Filtered, order: Sequence[str]) -> list[str]:
    """The name of the step that removed each token of the vocabulary; "" where it is kept."""
    names = ("", *order)
    return [names[number] for number in found.removed_by.tolist()]


def draw(probability: Floats, uniform: float) -> int:
    """The id that a uniform number in [0, 1) picks: the first whose cumulated probability is larger."""
    total = np.cumsum(probability)
    last = int(np.flatnonzero(probability)[-1])
    return min(int(np.searchsorted(total, uniform * total[-1], side="right")), last)


def _filtered(
    model: Floats,
    ids: npt.NDArray[np.intp],
    shares: Floats,
    removed: npt.NDArray[np.uint8],
    left: tuple[int, ...],
) -> Filtered:
    probability = np.zeros(len(model))
    probability[ids] = shares
    kept = removed == 0
    for array in (kept, probability, removed):
        array.flags.writeable = False
    some = shares[shares > 0]
    entropy = float(-(some * np.log(some)).sum()) + 0.0
    return Filtered(kept, probability, removed, left, entropy, float(softmax(model)[~kept].sum()))


def _check(settings: Settings) -> None:
    if sorted(settings.order) != sorted(ORDER):
        raise BadParameter(name="order")
    for name, (low, high) in BOUNDS.items():
        value = float(getattr(settings, name))
        if not (low <= value <= high and math.isfinite(value)):
            raise BadParameter(name=name)


# --- steps that change scores -----------------------------------------------------------------------------


def _temperature(scores: Floats, _counts: npt.NDArray[np.intp], settings: Settings) -> Floats:
    return scores if settings.temperature < GREEDY else scores / settings.temperature


def _repetition(scores: Floats, counts: npt.NDArray[np.intp], settings: Settings) -> Floats:
    changed = np.where(scores < 0, scores * settings.repetition, scores / settings.repetition)
    return np.where(counts > 0, changed, scores)


def _frequency(scores: Floats, counts: npt.NDArray[np.intp], settings: Settings) -> Floats:
    return scores - settings.frequency * counts


def _presence(scores: Floats, counts: npt.NDArray[np.intp], settings: Settings) -> Floats:
    return scores - settings.presence * (counts > 0)


# --- steps that remove tokens: True where a token stays; None: all stay ----------------------------------------


def _greedy(scores: Floats, settings: Settings) -> Bools | None:
    return np.arange(len(scores)) == scores.argmax() if settings.temperature < GREEDY else None


def _top_k(scores: Floats, settings: Settings) -> Bools | None:
    if not 0 < settings.top_k < len(scores):
        return None
    keep: Bools = scores >= np.partition(scores, -settings.top_k)[-settings.top_k]
    return keep


def _top_p(scores: Floats, settings: Settings) -> Bools | None:
    """Removed: the least probable tokens, as many as together have at most 1 − top_p."""
    if settings.top_p >= 1:
        return None
    rising = np.argsort(scores, kind="stable")
    keep = np.ones(len(scores), dtype=np.bool_)
    keep[rising] = np.cumsum(softmax(scores)[rising]) > 1 - settings.top_p
    keep[rising[-1]] = True
    return keep


def _min_p(scores: Floats, settings: Settings) -> Bools | None:
    if settings.min_p <= 0:
        return None
    probability = softmax(scores)
    keep: Bools = probability >= settings.min_p * probability.max()
    return keep


def _typical(scores: Floats, settings: Settings) -> Bools | None:
    """Kept: those whose surprise −log p is nearest to its mean, the entropy, until they have the mass."""
    if settings.typical >= 1:
        return None
    log_p = log_softmax(scores)
    probability = np.exp(log_p)
    distance = np.abs(-log_p + (probability * log_p).sum())
    nearest = np.argsort(distance, kind="stable")
    last = int((np.cumsum(probability[nearest]) < settings.typical).sum())
    result: Bools = distance <= distance[nearest[min(last, len(nearest) - 1)]]
    return result


_CHANGES: dict[str, Callable[[Floats, npt.NDArray[np.intp], Settings], Floats]] = {
    "temperature": _temperature, "repetition": _repetition, "frequency": _frequency, "presence": _presence,
}  # fmt: skip
_CUTS: dict[str, Callable[[Floats, Settings], Bools | None]] = {
    "temperature": _greedy, "top_k": _top_k, "top_p": _top_p, "min_p": _min_p, "typical": _typical,
}  # fmt: skip
