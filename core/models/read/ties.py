"""Of equal numbers the first: orders that neither a library's choice nor the last digit of a sum decides.

Values that a model computes from a text differ in their last digits between processors, and no rule can hide that
two which are almost equal may change places (rounding first only moves where). What a rule can settle is here: numbers
that are equal, and those that are equal in exact arithmetic, the two ends of a symmetric picture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import torch

ROUNDING = 1e-6
"""Sizes that differ by a smaller share are the same but for rounding."""


def largest(scores: torch.Tensor, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The ``count`` largest of each row [row, n], falling, and their places; of equal ones the first.

    What ``torch.topk`` gives, which leaves open which of equal ones it takes and in what order; a model in half
    precision has many.

    >>> largest(torch.tensor([[1.0, 3.0, 2.0, 3.0, 2.0]]), 3)
    (tensor([[3., 3., 2.]]), tensor([[1, 3, 2]]))
    """
    import torch

    values, places = scores.topk(count)
    least = values[:, -1:]
    for row in torch.nonzero((scores >= least).sum(-1) > count)[
        :, 0
    ]:  # more than fit are as large as the last
        found = torch.nonzero(scores[row] >= least[row])[:, 0]
        places[row] = found[scores[row, found].sort(descending=True, stable=True).indices[:count]]
    places = places.sort(-1).values
    order = scores.gather(-1, places).sort(dim=-1, descending=True, stable=True)
    return order.values, places.gather(-1, order.indices)


def farthest(places: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
    """The point [point, axis] that lies farthest from 0 along each axis; of those equally far the first.

    >>> farthest(np.array([[1.0, -2.0], [-1.0000000001, 1.0]]))
    array([0, 0])
    """
    far = np.abs(places)
    return np.asarray((far >= far.max(axis=0) * (1 - ROUNDING)).argmax(axis=0))
