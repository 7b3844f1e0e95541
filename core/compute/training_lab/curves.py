"""The bundled trainings as the page draws them: curves thinned to what a screen shows, moments whole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.arrays import Array, Ints, read_only
from core.catalog.training_lab import CASES
from core.data import lab_runs
from core.data.lab_recipe import Recipe
from core.data.lab_runs import Induction
from core.errors import BadParameter
from core.results import named

MOST = 160
"""Points of a curve; each is the mean of as many steps as fit."""
AXES = ("rate", "width", "layers", "batch", "warmup")
"""What the search tries."""


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """One bundled training."""

    name: str
    recipe: Recipe
    command: str
    ended: str  # "steps", "patience", "diverged"
    steps: int  # that were done
    window: int  # steps of a point
    step: Ints  # [point] the last step of its window
    loss: Array  # [point] nats per token, as it was minimised; means, as are the next three
    norm: Array  # [point] of all gradients, before clipping
    ratio: Array  # [point] norm of the update by norm of the weights
    rate: Array  # [point]
    measured: Ints  # [measurement] steps
    held_out: Array  # [measurement] nats per token, as the run measured it
    frames: Ints  # [moment] steps
    accuracy: Array  # [moment] share of right answers, of poems of the right form, of known words
    honest: Array  # [moment] held-out loss without a fault, nats per token
    right: Array  # [moment] share of held-out tokens foretold first
    sure: Array  # [moment] mean probability of the first
    questions: tuple[str, ...]
    answers: tuple[str, ...]  # () for texts
    samples: tuple[tuple[str, ...], ...]  # [moment][question]


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A training with one fault, and the same without."""

    fault: str
    faulty: Curves
    sound: Curves


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """Short trainings, of a grid and at random."""

    by: tuple[str, ...]  # [trial] "grid" or "random"
    values: Array  # [trial, axis of AXES]
    held_out: Array  # [trial] best, nats per token
    accuracy: Array  # [trial] at the end
    parameters: Ints  # [trial]


@named("training_lab.curves")
def curves(*, run: str) -> Curves:
    """A bundled training: ``MOST`` points of each curve, every moment with what the model wrote.

    Errors: BadParameter("run"), MissingWeights, DamagedModel. Source: our own runs,
    ``python -m core.training.lab --write``.

    >>> found = curves(run="sound")
    >>> int(found.step[-1]) == found.steps, len(found.frames) >= 20
    (True, True)
    """
    found, told = lab_runs.run(run), lab_runs.about()[run]
    window = -(-len(found.step) // MOST)
    seen = np.isfinite(found.held_out)
    return Curves(
        found.name, found.recipe, found.command, found.ended, told.steps, window,
        step=_ints(found.step[window - 1 :: window], int(found.step[-1])),
        loss=_means(found.loss, window), norm=_means(found.norm, window), ratio=_means(found.ratio, window),
        rate=_means(found.rate, window), measured=_whole(found.step[seen]), held_out=read_only(found.held_out[seen]),
        frames=_whole(found.frames), accuracy=found.accuracy, honest=found.honest, right=found.right, sure=found.sure,
        questions=found.questions, answers=found.answers, samples=found.samples,
    )  # fmt: skip


def _whole(values: object) -> Ints:
    return read_only(np.asarray(values).astype(np.int32))


def _ints(values: Array, last: int) -> Ints:
    """Ends of windows, the last of which may be shorter."""
    ends = values.astype(np.int32)
    return read_only(ends if len(ends) and ends[-1] == last else np.append(ends, np.int32(last)))


def _means(values: Array, window: int) -> Array:
    """Means of windows; what was not finite is left out, a window without numbers is nan."""
    count = -(-len(values) // window)
    padded = np.full(count * window, np.nan)
    padded[: len(values)] = values
    rows = padded.reshape(count, window)
    there = np.isfinite(rows)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.where(there, rows, 0).sum(axis=1) / there.sum(axis=1)
    return read_only(means.astype(np.float32))


@named("training_lab.case")
def case(*, number: int) -> Case:
    """A training with a fault, by its number in ``CASES`` from 1, beside its sound twin.

    Errors: BadParameter("case"), and those of ``curves``.

    >>> found = case(number=1)
    >>> found.faulty.recipe.fault != found.sound.recipe.fault
    True
    """
    if not 1 <= number <= len(CASES):
        raise BadParameter(name="case")
    faulty = curves(run=CASES[number - 1])
    return Case(faulty.recipe.fault, faulty, curves(run=lab_runs.about()[faulty.name].twin))


@named("training_lab.searched")
def searched() -> Search:
    """The trials of the small search. Errors: MissingWeights, DamagedModel."""
    trials = lab_runs.search()
    return Search(
        tuple(one.by for one in trials),
        read_only(np.array([[getattr(one.recipe, axis) for axis in AXES] for one in trials], np.float32)),
        read_only(np.array([one.held_out for one in trials], np.float32)),
        read_only(np.array([one.accuracy for one in trials], np.float32)),
        _whole([one.parameters for one in trials]),
    )


@named("training_lab.induction")
def induction() -> Induction:
    """Loss and induction score along the training of tiny-gpt. Errors: MissingWeights, DamagedModel.

    The score of a head: its mean attention, in repeated random tokens, to what followed the token last time (Olsson
    et al. 2022).

    >>> found = induction()
    >>> len(found.steps) == len(found.held_out)
    True
    """
    return lab_runs.induction()
