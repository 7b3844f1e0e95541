"""What came of training one tiny model by one, two and four real processes; nothing is run for it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from core.models.load.manifest import read_manifest
from core.paths import DATA

FOLDER = DATA / "parallel"


@dataclass(frozen=True, slots=True)
class Run:
    """One training by several processes."""

    way: str
    losses: tuple[float, ...]  # [step] nats per token
    apart: float  # largest difference of any weight from the training by one process
    sent: tuple[int, ...]  # [process] bytes in a step
    held: tuple[tuple[int, int, int], ...]  # [process] numbers of weights, gradients, optimizer states
    alive: tuple[int, ...]  # [process] numbers of all tensors that it had at that time
    kept: tuple[
        int, ...
    ]  # [process] most micro-batches under way at once, where layers are divided into stages


@dataclass(frozen=True, slots=True)
class Runs:
    """All trainings by so many processes in one kind of numbers, and the one that they are compared with."""

    steps: int
    tokens: int  # of a step
    parameters: int
    alone: tuple[float, ...]  # [step] loss of one process, nats per token
    runs: tuple[Run, ...]


def read_runs(processes: int, precision: str) -> Runs:
    """The bundled trainings. Raises: MissingWeights, DamagedModel."""
    found = json.loads(read_manifest("parallel", FOLDER).read_bytes("runs.json"))
    runs = tuple(
        Run(
            way=str(one["way"]),
            losses=tuple(map(float, one["losses"])),
            apart=float(one["apart"]),
            sent=tuple(map(int, one["sent"])),
            held=tuple((int(a), int(b), int(c)) for a, b, c in one["held"]),
            alive=tuple(map(int, one["alive"])),
            kept=tuple(map(int, one["kept"])),
        )
        for one in found["runs"]
        if one["processes"] == processes and one["precision"] == precision
    )
    alone = tuple(map(float, found["alone"][precision]))
    return Runs(int(found["steps"]), int(found["tokens"]), int(found["parameters"]), alone, runs)
