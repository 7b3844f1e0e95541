"""Sizes that are offered here, and the memory that a training's own process takes."""

from __future__ import annotations

from dataclasses import dataclass

from core import host
from core.data.lab_recipe import Recipe
from core.data.lab_tokens import CHARACTERS

BASE = 320_000_000
"""Bytes of Python with torch, before there is a model."""
COPIES = 6
"""Of the weights: gradients, two states of Adam, the weights before an update, and a state that is written."""
MOST_WORK = 3.0e13
"""Multiplications of a live training: some minutes of one core."""


@dataclass(frozen=True, slots=True)
class Size:
    """A size by its name."""

    id: str
    layers: int
    width: int
    heads: int
    batch: int  # sequences of a micro-batch that go with it


SIZES = (
    Size("tiny", 1, 32, 2, 32), Size("small", 2, 64, 4, 32), Size("medium", 3, 96, 4, 24), Size("large", 4, 128, 4, 16),
)  # fmt: skip


def need(recipe: Recipe) -> int:
    """Bytes that the process of a recipe takes at most, about."""
    tokens = recipe.batch * recipe.context
    activations = recipe.layers * (30 * recipe.width + 4 * recipe.heads * recipe.context)
    logits = 4 * CHARACTERS
    weights = recipe.parameters + (CHARACTERS + recipe.context) * recipe.width
    passes = (2 if recipe.epsilon else 1) * (2 if recipe.objective == "both" else 1)
    return BASE + 4 * (COPIES * weights + passes * tokens * (activations + logits))


def work(recipe: Recipe) -> float:
    """Multiplications of the whole training, about: three for each weight and token, two passes with FGSM."""
    weights = recipe.parameters + CHARACTERS * recipe.width
    tokens = recipe.batch * recipe.accumulation * recipe.context * recipe.steps
    passes = (2 if recipe.epsilon else 1) * (2 if recipe.objective == "both" else 1)
    return 3.0 * weights * tokens * passes


def offered() -> tuple[Size, ...]:
    """The sizes whose process fits beside the server on this host, with the batch that goes with it; one at least."""
    room = host.for_worker()
    found = tuple(one for one in SIZES if need(sized(one)) <= room)
    return found or SIZES[:1]


def sized(size: Size, task: str = "english") -> Recipe:
    """A recipe of a size, everything else its default."""
    return Recipe(task=task, layers=size.layers, width=size.width, heads=size.heads, batch=size.batch)
