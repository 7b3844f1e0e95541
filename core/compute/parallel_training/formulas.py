"""Who holds what and what travels when several processes train one model, in closed form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.arrays import read_only
from core.errors import BadParameter
from core.numerics import Doubles
from core.results import named

WEIGHT, GRADIENT, STATE = 2, 2, 12
"""Bytes per parameter in mixed precision: float16 weights and gradients; for Adam a float32 copy of the weights, the
mean and the mean square of the gradients (Rajbhandari et al. 2020, §3.1)."""
MOST_PROCESSES = 64
ROOM = 80e9
"""Bytes of a large accelerator (A100, H100)."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A decoder with biases and learned positions, as GPT-2 has it."""

    vocabulary: int
    length: int  # positions
    width: int
    layers: int
    heads: int
    tied: bool = True  # the output reads the embedding's matrix

    @property
    def embedding(self) -> int:
        """Parameters of tokens and positions."""
        return (self.vocabulary + self.length) * self.width

    @property
    def layer(self) -> int:
        """Parameters of a layer: four square matrices' worth of attention, eight of the MLP, biases and two norms."""
        return 12 * self.width**2 + 13 * self.width

    @property
    def head(self) -> int:
        """Parameters of the last norm and of the output, which a last stage of its own has to hold."""
        return (self.vocabulary + 2) * self.width

    @property
    def parameters(self) -> int:
        """Parameters of the whole model."""
        tied = self.vocabulary * self.width if self.tied else 0
        return self.embedding + self.layers * self.layer + self.head - tied


SHAPES = {
    "gpt2": Shape(50257, 1024, 768, 12, 12),
    "2b7": Shape(50257, 2048, 2560, 32, 32),
    "6b7": Shape(50257, 2048, 4096, 32, 32),
    "13b": Shape(50257, 2048, 5120, 40, 40),
    "175b": Shape(50257, 2048, 12288, 96, 96),
}
"""GPT-2 (Radford et al. 2019) and GPT-3 (Brown et al. 2020, table 2.1)."""
TINY = Shape(vocabulary=128, length=32, width=32, layers=4, heads=4, tied=False)
"""The model that the bundled runs train: characters of ASCII, and a step takes milliseconds."""
WAYS = ("data", "zero_1", "zero_2", "zero_3", "tensor", "pipeline")


@dataclass(frozen=True, slots=True)
class Way:
    """How processes share the work: data · tensor · stages of them; ``zero`` says what those of the data share, too."""

    data: int = 1
    tensor: int = 1
    stages: int = 1
    zero: int = 0  # 1: optimizer states, 2: gradients too, 3: weights too

    @property
    def processes(self) -> int:
        """How many there are."""
        return self.data * self.tensor * self.stages


def way(name: str, processes: int) -> Way:
    """One way alone, or mixed: two processes for each part of the tensors. Errors: BadParameter."""
    found = {
        "data": Way(data=processes),
        "zero_1": Way(data=processes, zero=1),
        "zero_2": Way(data=processes, zero=2),
        "zero_3": Way(data=processes, zero=3),
        "tensor": Way(tensor=processes),
        "pipeline": Way(stages=processes),
        "mixed": Way(data=2, tensor=processes // 2),
    }
    if name not in found or not 1 <= processes <= MOST_PROCESSES:
        raise BadParameter(name="way")
    return found[name]


# --- who holds what ---------------------------------------------------------------------------------------


def divided(layers: int, stages: int) -> list[int]:
    """Layers of each stage, the first ones one more where they do not come out even."""
    return [layers // stages + (at < layers % stages) for at in range(stages)]


def part(shape: Shape, tensor: int = 1, stages: int = 1) -> int:
    """Parameters of the fullest process: the matrices of its layers by ``tensor``; all else is held whole."""
    norms = 6 * shape.width  # two norms, and the biases that are added after the processes' sums
    layer = -(-(shape.layer - norms) // tensor) + norms
    sizes = [count * layer for count in divided(shape.layers, stages)]
    sizes[0] += shape.embedding
    sizes[-1] += shape.head if stages > 1 or not shape.tied else 2 * shape.width
    return max(sizes)


def held(shape: Shape, used: Way) -> tuple[int, int, int]:
    """Parameters of which the fullest process keeps weights, gradients, and the optimizer's states."""
    whole = part(shape, used.tensor, used.stages)
    share = -(-whole // used.data)
    return share if used.zero > 2 else whole, share if used.zero > 1 else whole, share if used.zero else whole


def most(shape: Shape, name: str, processes: int) -> int:
    """How many of the processes a way can use: no more parts than the heads divide into, no more stages than layers."""
    if name == "tensor":
        return max(at for at in range(1, processes + 1) if shape.heads % at == 0)
    return min(processes, shape.layers) if name == "pipeline" else processes


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """What the fullest process holds of a model."""

    ways: tuple[str, ...]
    used: tuple[int, ...]  # [way] processes that it can use
    parameters: int
    bytes: Doubles  # [way, (weights, gradients, optimizer states)]


@named("parallel_training.memory")
def memory(*, size: str, processes: int) -> Held:
    """Bytes that the fullest of some processes holds in mixed precision, for each way to share a model.

    2 + 2 + 12 bytes per parameter; ZeRO divides the 12, then the gradients' 2, then the weights' 2. Activations and
    buffers are not counted. Errors: BadParameter. Source: Rajbhandari et al. 2020, §3 and figure 1.

    >>> memory(size="6b7", processes=64).bytes.sum(axis=1).round(-8)[:4].tolist()
    [106500000000.0, 27900000000.0, 14800000000.0, 1700000000.0]
    """
    if size not in SHAPES:
        raise BadParameter(name="size")
    shape = SHAPES[size]
    used = tuple(most(shape, name, processes) for name in WAYS)
    rows = [held(shape, way(name, count)) for name, count in zip(WAYS, used, strict=True)]
    found = np.array(rows, np.float64) * (WEIGHT, GRADIENT, STATE)
    return Held(WAYS, used, shape.parameters, read_only(found))


# --- what travels -----------------------------------------------------------------------------------------


def ring(processes: int, count: float) -> float:
    """Numbers that each process sends to sum up ``count`` of them around a ring: 2 (n − 1) / n each.

    The sum of a part each (reduce-scatter) is half of it, and so is passing the parts round (all-gather).

    >>> ring(4, 100.0)
    150.0
    """
    return 2 * (processes - 1) / processes * count


def sent(shape: Shape, used: Way, tokens: int) -> float:
    """Numbers that the busiest process sends in a step of ``tokens`` tokens.

    Gradients around the ring of the data (with ZeRO-3 half as much again, for weights that come twice), four sums of
    activations a layer around the ring of the tensors, activations and their gradients from stage to stage.
    """
    passes = {3: 1.5}.get(used.zero, 1.0)
    of_data = passes * ring(used.data, part(shape, used.tensor, used.stages))
    stream = tokens / used.data * shape.width  # numbers of the residual stream
    of_tensors = 4 * max(divided(shape.layers, used.stages)) * ring(used.tensor, stream)
    return of_data + of_tensors + min(used.stages - 1, 2) * stream


TOKENS = tuple(2**power for power in range(10, 25, 2))
"""Tokens of a step, along the axis."""


@dataclass(frozen=True, slots=True, eq=False)
class Traffic:
    """What the busiest process sends in a step, by the formulas."""

    ways: tuple[str, ...]
    used: tuple[int, ...]  # [way] processes that it can use
    parameters: int
    tokens: tuple[int, ...]
    bytes: Doubles  # [way, tokens]


SHOWN = ("data", "zero_3", "tensor", "pipeline")
"""ZeRO-1 and ZeRO-2 send as much as plain data parallelism does."""


@named("parallel_training.traffic")
def traffic(*, size: str, processes: int) -> Traffic:
    """Bytes that the busiest of some processes sends in a step, two a number, against the tokens of the step.

    Errors: BadParameter. Source: Rajbhandari et al. 2020, §7; Shoeybi et al. 2019, §3; Narayanan et al. 2021, §3.

    >>> int(traffic(size="gpt2", processes=2).bytes[0, 0]) == 2 * SHAPES["gpt2"].parameters
    True
    """
    if size not in SHAPES:
        raise BadParameter(name="size")
    shape = SHAPES[size]
    used = tuple(most(shape, name, processes) for name in SHOWN)
    rows = [
        [WEIGHT * sent(shape, way(name, count), tokens) for tokens in TOKENS]
        for name, count in zip(SHOWN, used, strict=True)
    ]
    return Traffic(SHOWN, used, shape.parameters, TOKENS, read_only(np.array(rows, np.float64)))
