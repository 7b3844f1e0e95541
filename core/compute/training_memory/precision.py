"""What 16 bits make of gradients: real ones, cast as they are and as a scaled loss makes them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.arrays import Array, Ints, read_only
from core.data.memory_runs import Precisions, Steps, read_precisions, read_steps
from core.errors import BadParameter
from core.results import named

MOST_SCALE = 30
LOW, HIGH = -48, 24
"""Powers of two that the bins reach over; what lies outside is in the first and the last one."""
KINDS = ("zero", "subnormal", "normal", "infinite")
SMALLEST_NORMAL = 2.0**-14
"""Of float16; below it the spacing no longer shrinks, down to 2⁻²⁴."""


@dataclass(frozen=True, slots=True, eq=False)
class Cast:
    """A sample of gradients by their size and by what float16 makes of them."""

    power: Ints  # [bin] each from 2^power to twice that
    share: Array  # [kind of KINDS, bin] of all gradients; sums to one
    totals: Array  # [kind] the same over all bins
    bfloat: float  # share that bfloat16 makes zero


@named("training_memory.cast")
def cast(*, scale: int) -> Cast:
    """Gradients of a real training step times 2^scale, cast to float16 and to bfloat16.

    float16 has 5 bits of exponent: below 2⁻²⁵ it rounds to zero, below 2⁻¹⁴ it loses digits, above 65,504 it is
    infinite. bfloat16 has the 8 of float32. Errors: BadParameter("scale"). Source: Micikevicius et al. 2018
    (arXiv 1710.03740) §3.2.

    >>> bool(cast(scale=0).totals[0] > cast(scale=10).totals[0])
    True
    """
    if not 0 <= scale <= MOST_SCALE:
        raise BadParameter(name="scale")
    given = read_precisions().gradients * np.float32(2.0**scale)
    kind = kinds(given)
    powers = np.clip(np.floor(np.log2(np.abs(given))), LOW, HIGH).astype(np.int64)
    share = np.zeros((len(KINDS), HIGH - LOW + 1))
    np.add.at(share, (kind, powers - LOW), 1 / len(given))
    return Cast(
        power=read_only(np.arange(LOW, HIGH + 1, dtype=np.int32)),
        share=read_only(share.astype(np.float32)),
        totals=read_only(share.sum(axis=1).astype(np.float32)),
        bfloat=float((to_bfloat16(given) == 0).mean()),
    )


def kinds(values: Array) -> npt.NDArray[np.int64]:
    """What float16 makes of each value: its place in ``KINDS``."""
    with np.errstate(over="ignore"):
        small = np.abs(values.astype(np.float16).astype(np.float32))
    found: npt.NDArray[np.int64] = np.select(
        [small == 0, small < SMALLEST_NORMAL, np.isfinite(small)], [0, 1, 2], 3
    )
    return found


def to_bfloat16(values: Array) -> Array:
    """Each float32 rounded to the nearest with 8 bits of mantissa, ties to even; the upper half of its bits is left."""
    bits = values.view(np.uint32)
    rounded = bits + 0x7FFF + ((bits >> 16) & 1)
    found: Array = (rounded & np.uint32(0xFFFF0000)).astype(np.uint32).view(np.float32)
    return found


@named("training_memory.trained")
def trained() -> Precisions:
    """One training in four precisions, as it was noted: losses, and gradients that float16 made zero.

    Errors: MissingWeights, DamagedModel.

    >>> trained().runs
    ('fp32', 'bf16', 'fp16', 'scaled')
    """
    return read_precisions()


@named("training_memory.timed")
def timed() -> Steps:
    """Training steps with checkpoints of different sizes, as they were noted: bytes and processor time.

    Errors: MissingWeights, DamagedModel.

    >>> timed().every[0]
    0
    """
    return read_steps()
