"""Schedules of a pipeline: what each stage does when, how long it idles, and how much it has to keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.arrays import Array, Ints, read_only
from core.errors import BadParameter
from core.results import named

Kind = Literal["gpipe", "one_f", "interleaved"]
KINDS: tuple[Kind, ...] = ("gpipe", "one_f", "interleaved")
MOST_STAGES, MOST_MICRO, MOST_CHUNKS = 8, 32, 4
LONGEST = 4.0
"""A backward pass takes at most so many times as long as a forward pass."""


@dataclass(frozen=True, slots=True)
class Task:
    """A forward or a backward pass of one micro-batch through one chunk of layers."""

    chunk: int  # of its stage, 0 where a stage has one
    micro: int
    backward: bool


@dataclass(frozen=True, slots=True, eq=False)
class Schedule:
    """One training step of a pipeline; a unit of time is a forward pass through all layers of a stage."""

    kind: str
    stages: int
    micro: int  # micro-batches of the step: for interleaved stages a multiple of their number
    chunks: int  # of each stage
    ratio: float  # time of a backward pass, forward passes
    stage: Ints  # [task]
    chunk: Ints  # [task] 0 … chunks − 1
    number: Ints  # [task] micro-batch, 0 … micro − 1
    backward: Ints  # [task] 1 for a backward pass
    start: Array  # [task] units
    end: Array  # [task] units
    kept: Array  # [stage] most micro-batches whose activations it holds at once (a chunk counts 1 / chunks)

    @property
    def length(self) -> float:
        """Units from the first forward pass to the last backward pass."""
        return float(self.end.max())

    @property
    def idle(self) -> float:
        """The bubble: the share of all stages' time in which they wait."""
        busy = float((self.end - self.start).astype(np.float64).sum())
        return 1 - busy / (self.stages * self.length)

    @property
    def formula(self) -> float:
        """The same by (p − 1) / (v · m + p − 1)."""
        return bubble(self.stages, self.micro, self.chunks)


def bubble(stages: int, micro: int, chunks: int = 1) -> float:
    """Share of a step in which a stage waits: (p − 1) / (v · m + p − 1).

    Source: Huang et al. 2019, §2.3; Narayanan et al. 2021, §2.2.

    >>> bubble(4, 4), bubble(4, 9)
    (0.42857142857142855, 0.25)
    """
    return (stages - 1) / (chunks * micro + stages - 1)


def orders(kind: Kind, stages: int, micro: int, chunks: int = 1) -> list[list[Task]]:
    """What each stage does, in this order. Errors: BadParameter for micro-batches that stages cannot interleave."""
    if kind == "interleaved" and micro % stages:
        raise BadParameter(name="micro")
    if kind == "gpipe":
        return [_filled_and_drained(micro)] * stages
    if kind == "one_f":
        return [_one_by_one(micro, 1, 1, min(micro, stages - 1 - at)) for at in range(stages)]
    total = micro * chunks
    early = [2 * (stages - 1 - at) + (chunks - 1) * stages for at in range(stages)]
    return [_one_by_one(micro, chunks, stages, min(total, count)) for count in early]


def _filled_and_drained(micro: int) -> list[Task]:
    """All forward passes, then all backward passes, the last micro-batch first."""
    return [
        *(Task(0, at, False) for at in range(micro)),
        *(Task(0, at, True) for at in reversed(range(micro))),
    ]


def _one_by_one(micro: int, chunks: int, group: int, early: int) -> list[Task]:
    """Some forward passes ahead, then one forward and one backward pass in turn, then the backward passes left."""
    total = micro * chunks
    forward = [_nth(at, chunks, group, backward=False) for at in range(total)]
    backward = [_nth(at, chunks, group, backward=True) for at in range(total)]
    found = forward[:early]
    for one, other in zip(forward[early:], backward, strict=False):
        found += [one, other]
    return [*found, *backward[total - early :]]


def _nth(at: int, chunks: int, group: int, *, backward: bool) -> Task:
    """The n-th pass of a stage: a group of micro-batches goes through each chunk before the next group comes."""
    chunk, place = divmod(at % (group * chunks), group)
    micro = at // (group * chunks) * group + place
    return Task(chunks - 1 - chunk if backward else chunk, micro, backward)


@named("parallel_training.schedule")
def schedule(*, kind: Kind, stages: int, micro: int, chunks: int = 1, ratio: float = 2.0) -> Schedule:
    """One step of a pipeline, each pass as early as its order and what it needs allow.

    A forward pass needs that of the chunk before it, a backward pass that of the chunk after it (at the end: its own
    forward pass). Sending takes no time. Interleaved stages take the next multiple of their number of micro-batches.
    Errors: BadParameter. Source: Huang et al. 2019 (GPipe); Narayanan et al. 2019, 2021 (1F1B, interleaved).

    >>> found = schedule(kind="gpipe", stages=4, micro=4, ratio=1.0)
    >>> found.length, round(found.idle, 3), found.kept.tolist()
    (14.0, 0.429, [4.0, 4.0, 4.0, 4.0])
    """
    _checked(kind, stages, micro, chunks, ratio)
    many = chunks if kind == "interleaved" else 1
    whole = -(-micro // stages) * stages if kind == "interleaved" else micro
    order = orders(kind, stages, whole, many)
    times = _times(order, many, ratio)
    rows = [(at, task, *times[at, task]) for at, tasks in enumerate(order) for task in tasks]
    return Schedule(
        kind, stages, whole, many, ratio,
        stage=_ints([at for at, *_ in rows]), chunk=_ints([task.chunk for _, task, *_ in rows]),
        number=_ints([task.micro for _, task, *_ in rows]),
        backward=_ints([task.backward for _, task, *_ in rows]),
        start=_floats([start for *_, start, _ in rows]), end=_floats([end for *_, end in rows]),
        kept=_floats([most_kept(tasks) / many for tasks in order]),
    )  # fmt: skip


def _checked(kind: Kind, stages: int, micro: int, chunks: int, ratio: float) -> None:
    good = {
        "kind": kind in KINDS,
        "stages": 2 <= stages <= MOST_STAGES,
        "micro": 1 <= micro <= MOST_MICRO,
        "chunks": 1 <= chunks <= MOST_CHUNKS,
        "ratio": 0 < ratio <= LONGEST,
    }
    for name, fits in good.items():
        if not fits:
            raise BadParameter(name=name)


def _ints(values: Sequence[int]) -> Ints:
    return read_only(np.array(values, np.int32))


def _floats(values: Sequence[float]) -> Array:
    return read_only(np.array(values, np.float32))


Times = dict[tuple[int, Task], tuple[float, float]]


def _times(order: Sequence[Sequence[Task]], chunks: int, ratio: float) -> Times:
    """Start and end of each stage's tasks."""
    stages, done = len(order), Times()
    free, ahead = [0.0] * stages, [list(tasks) for tasks in order]
    while any(ahead):
        before = len(done)
        for at, tasks in enumerate(ahead):
            while tasks and (ready := _ready(done, at, tasks[0], stages, chunks)) is not None:
                task = tasks.pop(0)
                start = max(free[at], ready)
                free[at] = start + (ratio if task.backward else 1.0) / chunks
                done[at, task] = (start, free[at])
        assert len(done) > before, "stages that wait for each other"
    return done


def _ready(done: Times, at: int, task: Task, stages: int, chunks: int) -> float | None:
    """When what a task needs is there; None while that is not known."""
    place, last = task.chunk * stages + at, stages * chunks - 1
    if not task.backward and place == 0:
        return 0.0
    needed = place if task.backward and place == last else place + (1 if task.backward else -1)
    chunk, stage = divmod(needed, stages)
    backward = task.backward and place != last
    found = done.get((stage, Task(chunk, task.micro, backward)))
    return found[1] if found else None


def most_kept(tasks: Sequence[Task]) -> int:
    """Most forward passes whose backward pass is still to come."""
    now = most = 0
    for task in tasks:
        now += -1 if task.backward else 1
        most = max(most, now)
    return most
