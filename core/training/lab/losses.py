"""What is minimised: the sum over the tokens that are asked for, and how many they are.

Sums are divided once, by the tokens of the whole step: a step of several micro-batches is then the step of one large
batch, however unequal they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core.data.lab_recipe import Recipe
from core.data.lab_tokens import MASK

if TYPE_CHECKING:
    import torch
    from torch import nn

SHARE, STAY, RANDOM = 0.15, 0.1, 0.1
"""Of the tokens so many are asked for by a masked objective; of these, so many stay or become others at random."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """What one pass of a micro-batch reads, and what it is asked."""

    ids: torch.Tensor  # [sequence, token]
    labels: torch.Tensor  # [sequence, token]; -100 where nothing is asked
    direction: str

    @property
    def count(self) -> int:
        """Labels."""
        return int((self.labels != -100).sum())


Rows = tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]


def parts(rows: Rows, recipe: Recipe, vocabulary: int, chance: Sequence[int]) -> list[Part]:
    """The passes of sequences [sequence, token]: one, or two where the tokens before are foretold as well.

    ``chance``: a seed, for what is masked. Errors: none; a fault of the recipe shifts the labels.
    """
    ids, asked = rows
    if recipe.objective == "masked":
        return [_masked(ids, asked, vocabulary, np.random.default_rng(chance))]
    later = 0 if recipe.fault == "shift" else 1  # 0: each token is its own label
    labels = np.where(asked, ids, -100)
    inputs = ids[:, :-1]
    found = [_part(inputs, labels[:, later : later + inputs.shape[1]], "forward")]
    if recipe.objective == "both":
        back = np.where(asked[:, :-1] | (np.arange(ids.shape[1] - 1) == 0), ids[:, :-1], -100)
        found.append(_part(ids[:, 1:], back, "backward"))
    return found


def _part(ids: Any, labels: Any, direction: str) -> Part:
    import torch

    return Part(
        torch.from_numpy(np.ascontiguousarray(ids)), torch.from_numpy(np.ascontiguousarray(labels)), direction
    )


def _masked(ids: Any, asked: Any, vocabulary: int, chance: np.random.Generator) -> Part:
    """Devlin et al. 2019: of 15 % of the tokens 80 % are masked, 10 % become others, 10 % stay; one at least a row."""
    ids, asked = ids[:, :-1], asked[:, :-1] | (np.arange(ids.shape[1] - 1) == 0)
    order = np.where(asked, chance.random(ids.shape), 2.0)
    chosen = asked & ((order < SHARE) | (order == order.min(1, keepdims=True)))
    labels = np.where(chosen, ids, -100)
    kind = chance.random(ids.shape)
    read = np.where(chosen & (kind >= STAY), MASK, ids)
    other = chosen & (kind >= STAY) & (kind < STAY + RANDOM)
    return _part(np.where(other, chance.integers(MASK + 1, vocabulary, ids.shape), read), labels, "both")


def summed(model: nn.Module, part: Part, smoothing: float = 0.0, vectors: Any = None) -> torch.Tensor:
    """Cross-entropy of the labels of a pass, added up, nats."""
    from torch.nn.functional import cross_entropy

    logits = model(part.ids, part.direction, vectors)
    return cross_entropy(
        logits.flatten(0, 1), part.labels.flatten(), reduction="sum", label_smoothing=smoothing
    )


def attacked(model: nn.Module, part: Part, smoothing: float, epsilon: float) -> torch.Tensor:
    """Half the loss, and half of that with each embedding moved by ε in the sign of its gradient.

    FGSM, Goodfellow et al. 2015, §3, on the embeddings as in Miyato et al. 2017.
    """
    import torch

    body: Any = model
    vectors = body.vectors(part.ids)
    plain = summed(model, part, smoothing, vectors)
    (slope,) = torch.autograd.grad(plain, vectors, retain_graph=True)
    return 0.5 * plain + 0.5 * summed(model, part, smoothing, vectors + epsilon * slope.sign())


def right(model: nn.Module, part: Part) -> tuple[float, float]:
    """Share of the labels that are the most probable token, and the mean of its probability, 0 … 1."""
    logits = model(part.ids, part.direction).flatten(0, 1)
    labels = part.labels.flatten()
    some = labels != -100
    top = logits[some].softmax(-1).max(-1)
    return float((top.indices == labels[some]).float().mean()), float(top.values.mean())
