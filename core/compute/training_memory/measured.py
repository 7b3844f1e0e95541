"""Real training steps whose bytes are counted: every tensor from the moment it is made to the moment it is let go."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from core.arrays import read_only
from core.compute.training_memory import network
from core.compute.training_memory.estimate import Setting, layer_bytes, parts
from core.compute.training_memory.network import Small
from core.compute.training_memory.shapes import Shape
from core.errors import BadParameter
from core.jobs.lines import TRAININGS
from core.numerics import Doubles
from core.results import named

if TYPE_CHECKING:
    from torch.utils._python_dispatch import TorchDispatchMode

WIDTH, HEADS, VOCABULARY = 128, 4, 1024
"""Of the network that is trained: tiny-gpt's."""
DROPOUT = 0.1
BATCH = 4
KEPT = ("weights", "states", "held", "rest")
"""Weights, states of Adam, what the forward pass leaves for the backward pass, and what comes on top at the peak."""
LAYERS, LENGTHS = (2, 4, 8), (32, 64, 128, 256)


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """Bytes of a training step, estimated and counted, each layer kept and each layer computed again."""

    rows: tuple[str, ...]  # estimate and count without checkpoints, then with
    bytes: Doubles  # [row, part of KEPT]; they add up to the peak
    parameters: int

    @property
    def peaks(self) -> Doubles:
        """[row] bytes."""
        total: Doubles = self.bytes.sum(axis=1)
        return total


@cache
def _live() -> type[TorchDispatchMode]:
    """The class of the counter, made once torch is there."""
    import torch
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils._pytree import tree_leaves

    class Live(TorchDispatchMode):  # type: ignore[no-untyped-call]
        """Counts the bytes of all tensors that operations make while it is on, forward and backward."""

        def __init__(self) -> None:
            super().__init__()  # type: ignore[no-untyped-call]
            self.now, self.most = 0, 0
            self._known: set[int] = set()

        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            made = func(*args, **(kwargs or {}))
            for one in tree_leaves(made):
                if isinstance(one, torch.Tensor):
                    self._add(one.untyped_storage())
            return made

        def _add(self, storage: Any) -> None:
            place, size = storage._cdata, storage.nbytes()
            if place not in self._known:  # a view has the storage of another
                self._known.add(place)
                self.now += size
                self.most = max(self.most, self.now)
                weakref.finalize(storage, self._drop, place, size)

        def _drop(self, place: int, size: int) -> None:
            self._known.discard(place)
            self.now -= size

    return Live


def step_bytes(small: Small, batch: int, length: int) -> Doubles:
    """Bytes of one training step with Adam, [part of KEPT], counted; the seed is fixed, and the state of torch kept."""
    import torch

    live: Any = _live()()
    with torch.random.fork_rng(devices=[]), live:
        torch.manual_seed(0)
        model = network.make(small)
        weights = live.now
        ids = torch.randint(0, small.vocabulary, (batch, length + 1))
        optimizer = torch.optim.Adam(model.parameters())
        network.loss(model, ids[:1, :3]).backward()  # a first step makes the states
        optimizer.step()
        optimizer.zero_grad()
        start = live.now
        live.most = start
        loss = network.loss(model, ids)
        held = live.now - start
        loss.backward()
        optimizer.step()
        return np.array([weights, start - weights - ids.nbytes, held, live.most - start - held], np.float64)


def shape_of(small: Small) -> Shape:
    """The network's shape, as the formulas read it."""
    return Shape(
        small.layers, small.width, small.heads, small.vocabulary, small.heads, 4 * small.width, small.length
    )


def estimated(small: Small, batch: int, length: int) -> Doubles:
    """The same by the formulas, [part of KEPT]: on top come the gradients, and with checkpoints one whole layer."""
    shape, setting = shape_of(small), Setting(batch, length, keep="full" if small.every else "none")
    weights, gradients, states, *held = parts(shape, setting)
    again = sum(layer_bytes(shape, setting)) if small.every else 0.0
    return np.array([weights, states, sum(held) - again, gradients + again])


@named("training_memory.counted")
def counted(*, layers: int, length: int) -> Counted:
    """Peak bytes of a small GPT's training step, by the formulas and counted, without and with checkpoints.

    Counted are the bytes of every tensor's storage from its first to its last reference; what an operation needs inside
    itself is not seen. Errors: BadParameter. Source: Chen et al. 2016 (arXiv 1604.06174) for checkpoints.

    >>> found = counted(layers=2, length=32)
    >>> bool(found.peaks[3] < found.peaks[1])
    True
    """
    if layers not in LAYERS or length not in LENGTHS:
        raise BadParameter(name="layers" if layers not in LAYERS else "length")
    rows = []
    with TRAININGS.turn():
        for every in (0, 1):
            small = Small(layers, WIDTH, HEADS, VOCABULARY, length, DROPOUT, every)
            rows += [estimated(small, BATCH, length), step_bytes(small, BATCH, length)]
    names = ("plain_estimate", "plain_count", "again_estimate", "again_count")
    return Counted(names, read_only(np.stack(rows)), round(rows[0][0] / 4))
