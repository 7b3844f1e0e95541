"""What is said about the results of the page: each judgement follows from the result in hand."""

from __future__ import annotations

import numpy as np

from core.compute.parallel_training.formulas import ROOM, Held, Traffic
from core.compute.parallel_training.measured import EXACT, NEAR, Measured
from core.compute.parallel_training.schedules import Schedule

CLOSE = 1e-4
"""Shares that differ by less are the same."""


def as_formula(found: Schedule) -> bool:
    """Whether the stages idle as long as the formula says."""
    return abs(found.idle - found.formula) < CLOSE


def first_that_fits(found: Held) -> str:
    """The first way with which the model has room in an accelerator's memory; "" where none does."""
    fits = found.bytes.sum(axis=1) <= ROOM
    return found.ways[int(fits.argmax())] if fits.any() else ""


def even(found: Traffic) -> float:
    """Tokens of a step at which dividing tensors sends as much as dividing the data does; it grows with the tokens."""
    data, tensor = (found.bytes[found.ways.index(name)] for name in ("data", "tensor"))
    return float(data[0] / (tensor[0] / found.tokens[0]))


def ratio(found: Measured, name: str) -> float:
    """How many times as much a way sent as plain data parallelism."""
    return float(found.sent[found.ways.index(name)] / found.sent[found.ways.index("data")])


def counted(found: Measured) -> bool:
    """Whether every way sent just as many bytes as its formula says."""
    return bool((found.sent == np.round(found.formula)).all())


def equal(found: Measured) -> bool:
    """Whether all ways come to what one process comes to: in weights for float64, in losses for float32."""
    return bool(found.apart.max() <= EXACT if found.precision == "float64" else found.off <= NEAR)


def held_as_computed(found: Measured) -> bool:
    """Whether in every way the fullest process held as much as the formulas say."""
    return bool((found.held == found.expected).all())
