"""Learning rates by the step, as factors of the highest one.

Closed forms of the number of the step alone, so that a run that goes on cannot begin its schedule anew, and none rises
again after its end. Only "plateau" depends on what was measured; it is torch's own.
"""

from __future__ import annotations

import math
from typing import Any

from core.data.lab_recipe import Recipe

STAIRS, STAIR = 4, 0.5
"""The step schedule goes down so many times less one, by this factor."""
LAST = 0.01
"""What the exponential schedule ends with."""
PATIENCE, DROP = 2, 0.5
"""A plateau lasts longer than so many measurements; then the rate is multiplied by this."""


def warmup(recipe: Recipe) -> int:
    """Steps of warm-up."""
    return 0 if recipe.fault == "warmup" else recipe.warmup


def factor(step: int, recipe: Recipe) -> float:
    """What the highest rate is multiplied by at update ``step`` (from 0); 0 after the end of linear and cosine.

    Warm-up goes from 1/n in the first step to 1 in the n-th: no step is lost at rate 0.

    >>> [round(factor(step, Recipe(schedule="cosine", warmup=2, steps=6)), 3) for step in range(8)]
    [0.5, 1.0, 1.0, 0.854, 0.5, 0.146, 0.0, 0.0]
    """
    first = warmup(recipe)
    if step < first:
        return (step + 1) / first
    long = max(1, recipe.steps - first)
    at = step - first
    done = min(1.0, at / long)
    found: float = {
        "linear": 1 - done,
        "cosine": 0.5 * (1 + math.cos(math.pi * done)),
        "step": STAIR ** (at // max(1, -(-long // STAIRS))),
        "exponential": LAST**done,
    }.get(recipe.schedule, 1.0)
    return found


class Plateau:
    """The factor of torch's ReduceLROnPlateau, which looks at the held-out loss."""

    def __init__(self) -> None:
        import torch

        self._optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
        self._scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
            self._optimizer, factor=DROP, patience=PATIENCE
        )

    @property
    def factor(self) -> float:
        """Now."""
        return float(self._optimizer.param_groups[0]["lr"])

    def measured(self, held_out: float) -> None:
        """The held-out loss was measured."""
        self._scheduler.step(held_out)

    def state(self) -> dict[str, Any]:
        """All that ``restore`` needs."""
        return {"factor": self.factor, "scheduler": self._scheduler.state_dict()}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on where ``state`` was asked for."""
        self._optimizer.param_groups[0]["lr"] = state["factor"]
        self._scheduler.load_state_dict(state["scheduler"])
