"""The same forward pass on a card and on the CPU: how long it takes, and how far the numbers differ."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.arrays import Array, read_only
from core.errors import BadParameter
from core.models.load.loading import on_processor
from core.models.read.trace import Trace, make_trace
from core.models.tokens.labels import label_each
from core.numerics import Doubles, highest, log_softmax
from core.results import named

if TYPE_CHECKING:
    from core.models.load.residency import LoadedModel

RUNS, TOP = 5, 5
"""Forward passes on each, of which the median counts; candidates for the next token."""
NEAR = 1.1
"""Times that differ by less are called equal."""


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """What one of the two made of it."""

    device: str
    dtype: str  # of the weights
    bytes: int  # of the weights
    milliseconds: float  # of one forward pass, the median of RUNS
    tokens: tuple[
        str, ...
    ]  # [TOP], labels of the most probable next tokens; empty where the model foretells none
    probability: Array  # [TOP], or empty


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
    """The two, and how far apart they are."""

    card: Side
    processor: Side
    count: int  # tokens of the text
    difference: float  # of the last hidden states: largest |card − CPU| ÷ largest |CPU|
    divergence: float  # of the next token, KL(CPU ‖ card) in nats; NaN where the model foretells none

    @property
    def times(self) -> float:
        """How many times as long the CPU takes."""
        return self.processor.milliseconds / self.card.milliseconds

    @property
    def sooner(self) -> str:
        """Which of the two is sooner: "card", "processor", or "neither" where a tenth lies between them."""
        if 1 / NEAR < self.times < NEAR:
            return "neither"
        return "card" if self.times > 1 else "processor"


@named("devices.beside")
def beside(*, loaded: LoadedModel, text: str, most: int) -> Beside:
    """Run the model over a text of ``most`` tokens at most, on its card and, loaded once more in float32, on the CPU.

    Errors: BadParameter("device") where the model runs on the CPU anyway; ModelTooLarge, TextTooLong, OutOfMemory.
    """
    if loaded.device == "cpu":
        raise BadParameter(name="device")
    card, traced = _side(loaded, text, most)
    with on_processor(loaded.spec) as other:
        processor, expected = _side(other, text, most)
    there, here = (np.asarray(one.hidden[-1], np.float64) for one in (traced, expected))
    ln, others = _next(loaded, expected), _next(loaded, traced)
    apart = math.nan if ln is None or others is None else float((np.exp(ln) * (ln - others)).sum())
    return Beside(
        card, processor, len(expected.tokens), float(np.abs(there - here).max() / np.abs(here).max()), apart
    )


def _side(loaded: LoadedModel, text: str, limit: int) -> tuple[Side, Trace]:
    make_trace(loaded, text, limit=limit)  # the first is slower: memory is taken
    runs = [make_trace(loaded, text, limit=limit) for _ in range(RUNS)]
    ln = _next(loaded, runs[-1])
    ids = [] if ln is None else [int(id) for id in highest(ln, TOP)]
    probability = np.exp(ln[ids]) if ln is not None else np.zeros(0)
    return Side(
        loaded.device, loaded.dtype, loaded.bytes, statistics.median(one.milliseconds for one in runs),
        label_each(loaded.tokenizer, ids), read_only(probability.astype(np.float32)),
    ), runs[-1]  # fmt: skip


def _next(loaded: LoadedModel, trace: Trace) -> Doubles | None:
    """Logarithms of the probabilities of the next token, [vocab]; None for a model that foretells none."""
    if trace.logits is None or trace.kind == "encoder":
        return None
    return log_softmax(np.asarray(trace.logits[-1], np.float64)[: len(loaded.tokenizer)])
