"""What the results come to, as sentences say it."""

from __future__ import annotations

import numpy as np

from core.compute.training_memory.estimate import PARTS, Estimate
from core.compute.training_memory.measured import Counted
from core.compute.training_memory.precision import KINDS, Cast
from core.data.memory_runs import Precisions, Steps

CARDS = (24, 80)
"""Memory of common cards, GB."""
GB = 1e9
LEAST = 0.001
"""Smaller shares are none."""
CLOSE = 0.01
"""Losses that differ by less, as a share, are alike."""


def fits(found: Estimate) -> int:
    """The smallest of ``CARDS`` that what was chosen fits on; 0: none."""
    total = float(found.bytes[0].sum())
    return next((card for card in CARDS if total <= card * GB), 0)


def by_part(found: Estimate) -> dict[str, float]:
    """Bytes of each part as chosen."""
    return dict(zip(PARTS, map(float, found.bytes[0]), strict=True))


def largest(found: Estimate) -> tuple[str, float]:
    """The part that takes most, and its share."""
    at = int(found.bytes[0].argmax())
    return PARTS[at], float(found.bytes[0, at] / found.bytes[0].sum())


def best_saver(found: Estimate) -> tuple[str, float]:
    """The single saver that saves most, and its share of the whole; "" where none saves anything."""
    totals = found.bytes.sum(axis=1)
    at = int(totals.argmin())
    return (found.rows[at], float(1 - totals[at] / totals[0])) if at else ("", 0.0)


def off(found: Counted, row: int) -> float:
    """How far the estimate in a row is above the count in the next, as a share of the count; negative: below."""
    return float(found.peaks[row] / found.peaks[row + 1] - 1)


def saved(found: Counted) -> tuple[str, float]:
    """Whether checkpoints lower the counted peak, and the share that they save of it."""
    less = float(1 - found.peaks[3] / found.peaks[1])
    return "checkpoints" if less > 0 else "checkpoints_none", less


def longer(found: Steps) -> float:
    """Processor time of a step with a checkpoint for each layer, as a share of that without, less one."""
    return float(found.seconds[found.every.index(1)] / found.seconds[found.every.index(0)] - 1)


def lost(found: Cast) -> tuple[str, float, float]:
    """Whether float16 loses gradients, and the shares that become zero and infinite."""
    zero, over = (float(found.totals[KINDS.index(name)]) for name in ("zero", "infinite"))
    id = "overflows" if over >= LEAST else "underflows" if zero >= LEAST else "holds"
    return id, zero, over


def last_losses(found: Precisions) -> dict[str, float]:
    """Mean loss over the last steps of each run."""
    means = np.nanmean(found.loss[:, -found.window :], axis=1)
    return dict(zip(found.runs, map(float, means), strict=True))


def suffers(found: Precisions, run: str) -> bool:
    """Whether a run ends with a higher loss than float32."""
    losses = last_losses(found)
    return losses[run] > losses["fp32"] * (1 + CLOSE)
