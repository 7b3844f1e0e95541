"""What is said of the bundled trainings: each judgement follows from the result in hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.compute.training_lab.curves import AXES, Case, Curves, Search
from core.data.lab_runs import Induction

CLOSE = 0.02
"""Nats per token below which two losses are as good as one."""
ROSE = 0.05
"""Nats per token above its best that a held-out loss ends at, to be said to have risen."""
PEAK = 0.3
"""A score of induction from which on a head is one."""
TAIL = 8
"""Points at the end that a loss is a mean of."""


def moment(count: int, at: int) -> int:
    """The place of a moment among ``count``: the last one for −1 and for what is beyond it."""
    return at if 0 <= at < count else count - 1


def end_loss(found: Curves) -> float:
    """The mean loss of the last points, nats per token."""
    return float(np.nanmean(found.loss[-TAIL:]))


def best(found: Curves) -> tuple[int, float]:
    """Step and value of the lowest held-out loss."""
    place = int(np.nanargmin(found.held_out))
    return int(found.measured[place]), float(found.held_out[place])


def rose(found: Curves) -> bool:
    """Whether the held-out loss ends above its best."""
    return float(found.held_out[-1]) > best(found)[1] + ROSE


def ranked(runs: Sequence[Curves]) -> list[Curves]:
    """Runs by their held-out loss at the end, without a fault's error in measuring it; the lowest first."""
    return sorted(runs, key=lambda one: float(one.honest[-1]))


def apart(runs: Sequence[Curves]) -> float:
    """How far the highest held-out loss at the end is above the lowest, nats per token."""
    ends = [float(one.honest[-1]) for one in runs]
    return max(ends) - min(ends)


def close(runs: Sequence[Curves]) -> bool:
    """Whether all end as good as equal."""
    return apart(runs) < CLOSE


def overconfident(found: Curves) -> bool:
    """Whether the model is surer of its first choice at the end than it is right."""
    return float(found.sure[-1]) > float(found.right[-1]) + CLOSE


def norm_ratio(found: Case) -> float:
    """How many times as large the faulty run's gradients are as its twin's, by their medians."""
    return float(np.nanmedian(found.faulty.norm) / np.nanmedian(found.sound.norm))


def best_trial(found: Search, by: str = "") -> int:
    """The trial with the lowest held-out loss, of one kind or of all."""
    known = [at for at, kind in enumerate(found.by) if by in ("", kind)]
    return min(known, key=lambda at: float(found.held_out[at]))


def better(found: Search) -> str:
    """Which kind of search found the lower loss: "grid", "random", or "even"."""
    grid, chance = (float(found.held_out[best_trial(found, by)]) for by in ("grid", "random"))
    if abs(grid - chance) < CLOSE:
        return "even"
    return "grid" if grid < chance else "random"


def spread(found: Search, axis: str) -> float:
    """On the grid: how far the mean losses of the values of an axis are apart, nats per token."""
    grid = np.array([kind == "grid" for kind in found.by])
    values, losses = found.values[grid, AXES.index(axis)], found.held_out[grid]
    means = [float(losses[values == one].mean()) for one in np.unique(values)]
    return max(means) - min(means)


def decides(found: Search) -> str:
    """Which of rate and width makes more of a difference on the grid; "" where both make the same."""
    rate, width = spread(found, "rate"), spread(found, "width")
    if abs(rate - width) < CLOSE:
        return ""
    return "rate" if rate > width else "width"


def strongest(found: Induction) -> tuple[int, int]:
    """Layer and head of the highest score at the last checkpoint."""
    layer, head = np.unravel_index(int(found.score[-1].argmax()), found.score[-1].shape)
    return int(layer), int(head)


def forms(found: Induction) -> tuple[int, int] | None:
    """Between which two checkpoints the strongest head passes half of its last score; None where it is no such head."""
    layer, head = strongest(found)
    scores = found.score[:, layer, head]
    if float(scores[-1]) < PEAK:
        return None
    at = max(1, int((scores >= scores[-1] / 2).argmax()))
    return found.steps[at - 1], found.steps[at]
