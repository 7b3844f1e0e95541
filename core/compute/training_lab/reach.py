"""How much of the loss's gradient reaches the first layer, as sentences say it."""

from __future__ import annotations

import math

import numpy as np

from core.arrays import Array, read_only
from core.compute.training_lab.gradients import Gradients

WIRINGS = {"both": (True, True), "residual": (False, True), "norm": (True, False), "neither": (False, False)}
"""Whether there are norms, and a residual stream: those of the catalogue, in its order."""
MUCH = 10.0
"""From so large a factor on a gradient explodes; from its inverse on it vanishes."""


def states(found: Gradients) -> Array:
    """[layer + 1] Norms of the gradient at what enters the first layer, and at what leaves each layer."""
    last = found.stages.index("after_mlp")
    return read_only(np.array([found.embedding, *found.gradient[:, last]], np.float32))


def factor(found: Gradients) -> float:
    """How many times as large the gradient is at what enters the first layer as at what leaves the last; may be nan."""
    first, last = float(states(found)[0]), float(states(found)[-1])
    return first / last if last else math.nan


def said(found: Gradients) -> str:
    """What becomes of the gradient: it "overflows", "vanishes", "explodes" or "arrives"."""
    one = factor(found)
    if not math.isfinite(one) or not math.isfinite(found.loss):
        return "overflows"
    return "vanishes" if one < 1 / MUCH else "explodes" if one > MUCH else "arrives"


def turned(found: Gradients) -> tuple[str, float]:
    """The word for a factor below or above 1, and how many times it is: 0.2 is 5 times smaller."""
    one = factor(found)
    return ("smaller", 1 / one if one else math.inf) if one < 1 else ("larger", one)


def largest(found: Gradients) -> tuple[str, float]:
    """The parameter with the largest gradient, and its share of the squared norm of all.

    A share of squares sums to 1 over the parameters.
    """
    squares = np.square(found.parameter.astype(np.float64))
    at, whole = int(squares.argmax()), float(squares.sum())
    return found.parameters[at], float(squares[at] / whole) if whole else math.nan
