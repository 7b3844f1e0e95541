"""The bundled trainings by real processes, beside what the formulas say of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.arrays import Ints, read_only
from core.compute.parallel_training.formulas import TINY, held, sent, way
from core.data.parallel_runs import Run, read_runs
from core.errors import BadParameter
from core.numerics import Doubles
from core.results import named

BYTES = {"float64": 8, "float32": 4}
"""Of a number."""
PROCESSES = (2, 4)
EXACT, NEAR = 1e-9, 1e-4
"""What must hold: weights of float64 differ by less than the first, losses of float32 by less than the second."""


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """One training in every way by so many processes."""

    ways: tuple[str, ...]
    processes: int
    precision: str
    tokens: int  # of a step
    parameters: int
    alone: Doubles  # [step] loss of one process, nats per token
    loss: Doubles  # [way, step] nats per token
    apart: Doubles  # [way] largest difference of any weight from one process' after the last step
    sent: Doubles  # [way] bytes that the busiest process sent in a step, counted
    formula: Doubles  # [way] the same, computed
    held: Ints  # [way, (weights, gradients, optimizer states)] numbers that the fullest process held, counted
    expected: Ints  # [way, 3] the same, computed

    @property
    def off(self) -> float:
        """The largest difference of a loss from that of one process, nats."""
        return float(np.abs(self.loss - self.alone).max())


@named("parallel_training.measured")
def measured(*, processes: int, precision: str) -> Measured:
    """The bundled runs of two or four processes (gloo) in float64 or float32: losses, weights, bytes, what was held.

    Bytes: 8 or 4 for each number by ``formulas.sent``. For optimizer states two numbers a parameter are held. Errors:
    BadParameter, MissingWeights, DamagedModel. Source: our own runs, ``python -m core.training.parallel --write``.

    >>> found = measured(processes=2, precision="float64")
    >>> found.ways[0], int(found.sent[0]) == 8 * found.parameters
    ('data', True)
    """
    if processes not in PROCESSES or precision not in BYTES:
        raise BadParameter(name="processes" if precision in BYTES else "precision")
    found = read_runs(processes, precision)
    ways = [way(one.way, processes) for one in found.runs]
    formula = [BYTES[precision] * sent(TINY, used, found.tokens) for used in ways]
    expected = [np.multiply(held(TINY, used), (1, 1, 2)) for used in ways]
    return Measured(
        tuple(one.way for one in found.runs), processes, precision, found.tokens, found.parameters,
        alone=_doubles(found.alone), loss=_doubles([one.losses for one in found.runs]),
        apart=_doubles([one.apart for one in found.runs]), sent=_doubles([max(one.sent) for one in found.runs]),
        formula=_doubles(formula), held=_ints([_fullest(one) for one in found.runs]), expected=_ints(expected),
    )  # fmt: skip


def _fullest(run: Run) -> tuple[int, int, int]:
    return max(run.held, key=sum)


def _doubles(values: object) -> Doubles:
    return read_only(np.asarray(values, np.float64))


def _ints(values: object) -> Ints:
    return read_only(np.asarray(values, np.int32))
