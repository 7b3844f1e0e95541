"""What small training runs took and lost, as the command that made them noted it: time, losses, gradients."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.arrays import Array, read_only
from core.models.load.manifest import read_manifest
from core.paths import DATA

FOLDER = DATA / "memory"


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """Training steps with checkpoints of different sizes."""

    every: tuple[int, ...]  # [run] so many layers are one checkpoint; 0: none
    peak: Array  # [run] bytes
    seconds: Array  # [run] processor time of a step, median
    repeats: int
    layers: int
    length: int  # tokens


@dataclass(frozen=True, slots=True, eq=False)
class Precisions:
    """One training in several precisions, and what 16 bits make of gradients."""

    runs: tuple[str, ...]
    loss: Array  # [run, step], nats
    window: int  # steps that a mean is over
    divisor: int  # that every loss is divided by
    scale: int  # of the run with scaling, a power of two
    scales: Array  # [scale] powers of two
    lost: Array  # [scale] share of the weights' gradients that a backward pass in float16 made zero
    over: Array  # [scale] share of them that is no finite number
    gradients: Array  # a sample of the gradients at the layers' outputs, in float32


def read_steps() -> Steps:
    """The bundled times. Raises: MissingWeights, DamagedModel."""
    found = _read("steps.json")
    every = tuple(int(one) for one in found["every"])
    peak, seconds = _array(found["peak"]), _array(found["seconds"])
    return Steps(every, peak, seconds, int(found["repeats"]), int(found["layers"]), int(found["length"]))


def read_precisions() -> Precisions:
    """The bundled runs. Raises: MissingWeights, DamagedModel."""
    found = _read("precisions.json")
    content = read_manifest("memory", FOLDER).read_bytes("gradients.f32")
    return Precisions(
        runs=tuple(str(one) for one in found["runs"]),
        loss=_array(found["loss"]),
        window=int(found["window"]),
        divisor=int(found["divisor"]),
        scale=int(found["scale"]),
        scales=_array(found["scales"]),
        lost=_array(found["lost"]),
        over=_array(found["over"]),
        gradients=_array(np.frombuffer(content, "<f4")),
    )


def _array(values: Any) -> Array:
    return read_only(np.array(values, np.float32))


def _read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(read_manifest("memory", FOLDER).read_bytes(name))
    return found
