"""The tiny decoder in units, each of which is one flat vector of parameters: embedding, layers, output.

With the matrices of a layer divided among processes (Shoeybi et al. 2019, §3) each has some of the heads and some of
the neurons; `Divided` adds up what they give, four times a layer and step.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from core.compute.parallel_training.formulas import Shape
from core.training.parallel.ring import Ring

if TYPE_CHECKING:
    import torch

STARTS = 0.02
"""Standard deviation of fresh weights, as in GPT-2."""
CUT: Mapping[str, int] = {
    "query.weight": 0, "key.weight": 0, "value.weight": 0, "query.bias": 0, "key.bias": 0, "value.bias": 0,
    "output.weight": 1, "inner.weight": 0, "inner.bias": 0, "outer.weight": 1,
}  # fmt: skip
"""The axis along which a parameter of a layer is divided; those that are not named are held whole by everybody."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One part of the model and the parameters that it has."""

    kind: Literal["embedding", "layer", "head"]
    number: int  # in the model
    shapes: Mapping[str, tuple[int, ...]]

    def named(self, flat: torch.Tensor) -> dict[str, torch.Tensor]:
        """The parameters in their shapes: views of the vector."""
        sizes = [math.prod(shape) for shape in self.shapes.values()]
        vector: Any = flat  # `split` has no types
        parts = vector.split(sizes)
        return {
            name: part.view(shape) for (name, shape), part in zip(self.shapes.items(), parts, strict=True)
        }


def units(shape: Shape, tensor: int = 1) -> list[Unit]:
    """The units of the model, with as much of each matrix as one of ``tensor`` processes has."""
    wide, many = shape.width, shape.vocabulary
    norm = {"weight": (wide,), "bias": (wide,)}
    linear = {"query": (wide, wide), "key": (wide, wide), "value": (wide, wide), "output": (wide, wide),
              "inner": (4 * wide, wide), "outer": (wide, 4 * wide)}  # fmt: skip
    layer: dict[str, tuple[int, ...]] = {
        f"norm_{at}.{name}": size for at in (1, 2) for name, size in norm.items()
    }
    for name, size in linear.items():
        layer |= {f"{name}.weight": size, f"{name}.bias": size[:1]}
    cut = {name: _cut(size, CUT.get(name), tensor) for name, size in layer.items()}
    first = {"tokens": (many, wide), "places": (shape.length, wide)}
    last = {"norm.weight": (wide,), "norm.bias": (wide,), "output": (many, wide)}
    return [
        Unit("embedding", 0, first),
        *(Unit("layer", 1 + at, cut) for at in range(shape.layers)),
        Unit("head", shape.layers + 1, last),
    ]


def _cut(size: tuple[int, ...], axis: int | None, count: int) -> tuple[int, ...]:
    return tuple(one // count if at == axis else one for at, one in enumerate(size))


def fresh(unit: Unit, seed: int, dtype: torch.dtype, tensor: int = 1, place: int = 0) -> torch.Tensor:
    """A unit's first weights, or one process' part of them: the same numbers however they are divided."""
    import torch

    chance = torch.Generator().manual_seed(1000 * seed + unit.number)
    parts = []
    for name, shape in unit.shapes.items():
        axis = CUT.get(name) if unit.kind == "layer" and tensor > 1 else None
        size = tuple(one * tensor if at == axis else one for at, one in enumerate(shape))
        whole = torch.randn(size, generator=chance, dtype=torch.float64) * STARTS
        if len(size) == 1:
            whole = torch.full(size, float("norm" in name and name.endswith("weight")), dtype=torch.float64)
        parts.append((whole if axis is None else whole.chunk(tensor, axis)[place]).flatten())
    return torch.cat(parts).to(dtype)


def joined(unit: Unit, parts: list[torch.Tensor]) -> torch.Tensor:
    """A unit's whole vector from those of the processes that its matrices are divided among."""
    import torch

    named = [unit.named(part) for part in parts]
    found = []
    for name in unit.shapes:
        axis = CUT.get(name) if unit.kind == "layer" else None
        ones = [one[name] for one in named]
        found.append((ones[0] if axis is None else torch.cat(ones, axis)).flatten())
    return torch.cat(found)


class Divided:
    """The two places of a layer where processes that divide its matrices meet; alone they change nothing."""

    def __init__(self, ring: Ring) -> None:
        import torch

        class Into(torch.autograd.Function):
            """The same for all; on the way back everybody's gradients are added up."""

            @staticmethod
            def forward(_: Any, state: torch.Tensor) -> torch.Tensor:
                return state.view_as(state)

            @staticmethod
            def backward(_: Any, grad: torch.Tensor) -> torch.Tensor:
                return _summed(ring, grad)

        class Out(torch.autograd.Function):
            """Everybody's part added up; on the way back the same for all."""

            @staticmethod
            def forward(_: Any, state: torch.Tensor) -> torch.Tensor:
                return _summed(ring, state)

            @staticmethod
            def backward(_: Any, grad: torch.Tensor) -> torch.Tensor:
                return grad

        self._into, self._out = Into, Out

    def into(self, state: torch.Tensor) -> torch.Tensor:
        """Before the divided matrices."""
        found: torch.Tensor = self._into.apply(state)  # type: ignore[no-untyped-call]
        return found

    def out(self, state: torch.Tensor) -> torch.Tensor:
        """After them."""
        found: torch.Tensor = self._out.apply(state)  # type: ignore[no-untyped-call]
        return found


def _summed(ring: Ring, state: torch.Tensor) -> torch.Tensor:
    return ring.all_reduce(state.flatten().clone()).view_as(state)


def through(unit: Unit, flat: torch.Tensor, state: torch.Tensor, head: int, meet: Divided) -> torch.Tensor:
    """A unit's output: vectors from tokens, vectors from vectors, or logits; ``head``: width of one."""
    p = unit.named(flat)
    if unit.kind == "embedding":
        return p["tokens"][state] + p["places"][: state.shape[-1]]
    if unit.kind == "head":
        return _norm(state, p, "norm") @ p["output"].T
    state = state + meet.out(_mixed(meet.into(_norm(state, p, "norm_1")), p, head)) + p["output.bias"]
    return state + meet.out(_neurons(meet.into(_norm(state, p, "norm_2")), p)) + p["outer.bias"]


def _norm(state: torch.Tensor, p: Mapping[str, torch.Tensor], name: str) -> torch.Tensor:
    from torch.nn.functional import layer_norm

    return layer_norm(state, state.shape[-1:], p[f"{name}.weight"], p[f"{name}.bias"])


def _mixed(state: torch.Tensor, p: Mapping[str, torch.Tensor], head: int) -> torch.Tensor:
    """Causal attention of the heads that are here."""
    import torch

    wholes: list[Any] = [
        state @ p[f"{name}.weight"].T + p[f"{name}.bias"] for name in ("query", "key", "value")
    ]
    q, k, v = (one.unflatten(-1, (-1, head)).transpose(1, 2) for one in wholes)
    scores = q @ k.transpose(-1, -2) / math.sqrt(head)
    later = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
    mixed: torch.Tensor = scores.masked_fill(later, -torch.inf).softmax(-1) @ v
    return mixed.transpose(1, 2).flatten(-2) @ p["output.weight"].T


def _neurons(state: torch.Tensor, p: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """The MLP's neurons that are here."""
    from torch.nn.functional import gelu

    return gelu(state @ p["inner.weight"].T + p["inner.bias"]) @ p["outer.weight"].T


def of_stage(found: list[Unit], counts: list[int], stage: int) -> list[Unit]:
    """The units of one stage: its layers, with the embedding in the first one and the output in the last."""
    ends = [0, *itertools.accumulate(counts)]
    first, last = ends[stage] + 1, ends[stage + 1] + 1
    return found[0 if stage == 0 else first : last + (stage == len(counts) - 1)]
