"""One of several processes that train one model together: what it holds, and what it does in a step."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.compute.parallel_training.formulas import Shape, Way, divided
from core.compute.parallel_training.schedules import Task, orders
from core.training.parallel import layers
from core.training.parallel.layers import Divided, Unit
from core.training.parallel.ring import Ring, Wire

if TYPE_CHECKING:
    import torch

RATE, BETAS, EPSILON = 3e-3, (0.9, 0.95), 1e-8
"""Of Adam."""
MEASURED = 1
"""Steps that are done when it is looked what a process holds: nothing is new any more."""
MICRO = 4
"""Micro-batches of a step where the layers are divided into stages."""


@dataclass(slots=True, eq=False)
class Part:
    """What a process holds of one unit."""

    unit: Unit
    weight: torch.Tensor  # the unit's vector, or this process' part of it
    mean: torch.Tensor  # Adam's, of the gradients
    square: torch.Tensor
    grad: torch.Tensor | None = None


Kept = tuple["torch.Tensor", "torch.Tensor | None"]
"""Of a unit: what came in, and what went out with its graph; None where it is computed again on the way back."""


@dataclass(slots=True, eq=False)
class Process:
    """One process: its place in each ring, its parts, and what it has sent."""

    shape: Shape
    way: Way
    rank: int
    seed: int
    dtype: torch.dtype
    wire: Wire = field(default_factory=Wire)
    parts: list[Part] = field(default_factory=list)
    steps: int = 0
    most_kept: int = 0  # micro-batches whose activations were held at once
    held: tuple[int, int, int] = (0, 0, 0)  # numbers of weights, gradients, optimizer states
    alive: int = 0  # numbers of all tensors that the process has while it holds these
    meet: Divided = field(init=False)

    def __post_init__(self) -> None:
        tensor, stages = self.way.tensor, self.way.stages
        if self.shape.heads % tensor or any(unit % self.way.data for unit in self._sizes()):
            raise ValueError(f"{self.way} does not divide {self.shape}")
        place = self.rank % tensor
        self.meet = Divided(Ring(range(self.rank - place, self.rank - place + tensor), place, self.wire))
        found = layers.units(self.shape, tensor)
        for unit in layers.of_stage(found, divided(self.shape.layers, stages), self.stage):
            self.parts.append(self._part(unit))

    def _sizes(self) -> tuple[int, int, int]:
        return self.shape.embedding, self.shape.layer, self.shape.head

    def _part(self, unit: Unit) -> Part:
        """A unit with fresh weights; with ZeRO this process has states of its part alone, or that part alone."""
        import torch

        whole = layers.fresh(unit, self.seed, self.dtype, self.way.tensor, self.rank % self.way.tensor)
        mine = whole.chunk(self.way.data)[self.place]
        shared = self.way.zero > 0
        states = (torch.zeros_like(mine if shared else whole) for _ in range(2))
        return Part(unit, mine.clone() if self.way.zero > 2 else whole, *states)

    @property
    def place(self) -> int:
        """Among those that divide the data."""
        return self.rank // self.way.tensor % self.way.data

    @property
    def stage(self) -> int:
        """Among those that divide the layers."""
        return self.rank // (self.way.tensor * self.way.data)

    @property
    def _data(self) -> Ring:
        start = self.rank - self.place * self.way.tensor
        ranks = [start + at * self.way.tensor for at in range(self.way.data)]
        return Ring(ranks, self.place, self.wire)

    # --- one step ---------------------------------------------------------------------------------------

    def step(self, ids: torch.Tensor) -> float:
        """Train on this process' share of a batch [sequence, token + 1]; its mean loss, nats (0 before the end)."""
        mine = ids.chunk(self.way.data)[self.place]
        loss = self._piped(mine.chunk(MICRO)) if self.way.stages > 1 else self._whole(mine)
        self._share()
        if self.steps == MEASURED:
            self._measure()
        self._update()
        return loss

    def _whole(self, ids: torch.Tensor) -> float:
        state, kept = self._forward(ids[:, :-1])
        loss, grad = _loss(state, ids[:, 1:])
        del state
        self._backward(kept, grad)
        return loss

    def _piped(self, micro: Sequence[torch.Tensor]) -> float:
        """One forward, one backward: each stage does its passes in the order of the schedule."""
        tasks = orders("one_f", self.way.stages, len(micro))[self.stage]
        waiting: dict[int, tuple[list[Kept], torch.Tensor]] = {}
        total = 0.0
        for task in tasks:
            if task.backward:
                kept, out = waiting.pop(task.micro)
                self._return(kept, self._gradient(out, task), task)
                continue
            state, kept = self._forward(self._arrived(micro[task.micro], task))
            if self.stage == self.way.stages - 1:
                loss, state = _loss(state, micro[task.micro][:, 1:], len(micro))
                total += loss
            else:
                self.wire.send(state, self.rank + self._far, tag=task.micro)
            waiting[task.micro] = kept, state.detach()
            self.most_kept = max(self.most_kept, len(waiting))
        self.wire.settle()
        return total

    @property
    def _far(self) -> int:
        """From a process to the same one of the next stage."""
        return self.way.tensor * self.way.data

    def _arrived(self, ids: torch.Tensor, task: Task) -> torch.Tensor:
        """What a stage begins with: tokens, or vectors of the stage before."""
        import torch

        if self.stage == 0:
            return ids[:, :-1]
        into = torch.empty(len(ids), ids.shape[1] - 1, self.shape.width, dtype=self.dtype)
        return self.wire.receive(into, self.rank - self._far, tag=task.micro)

    def _gradient(self, out: torch.Tensor, task: Task) -> torch.Tensor:
        """What a stage's backward pass begins with: at the last stage it was kept, else the next one sends it."""
        import torch

        if self.stage == self.way.stages - 1:
            return out
        return self.wire.receive(torch.empty_like(out), self.rank + self._far, tag=MICRO + task.micro)

    def _return(self, kept: list[Kept], grad: torch.Tensor, task: Task) -> None:
        found = self._backward(kept, grad)
        if self.stage > 0:
            assert found is not None
            self.wire.send(found, self.rank - self._far, tag=MICRO + task.micro)

    # --- through the units ------------------------------------------------------------------------------

    def _forward(self, state: torch.Tensor) -> tuple[torch.Tensor, list[Kept]]:
        """Through this process' units; what each needs on the way back is kept."""
        import torch

        kept: list[Kept] = []
        for part in self.parts:
            into = state.detach()
            into.requires_grad_(into.is_floating_point())
            with torch.set_grad_enabled(self.way.zero < 3):
                state = self._run(part, self._gathered(part), into)
            kept.append((into, None if self.way.zero > 2 else state))
        return state, kept

    def _run(self, part: Part, flat: torch.Tensor, state: torch.Tensor) -> torch.Tensor:
        return layers.through(part.unit, flat, state, self.shape.width // self.shape.heads, self.meet)

    def _gathered(self, part: Part) -> torch.Tensor:
        """A unit's weights: with ZeRO-3 they come from everybody for as long as they are needed."""
        flat = self._data.all_gather(part.weight) if self.way.zero > 2 else part.weight
        return flat.requires_grad_()

    def _backward(self, kept: list[Kept], grad: torch.Tensor | None) -> torch.Tensor | None:
        """Back through the units; the gradient of what came in, None for tokens."""
        for part in reversed(self.parts):
            into, out = kept.pop()
            flat = self._gathered(part)
            out = self._run(part, flat, into) if out is None else out
            out.backward(grad)  # type: ignore[no-untyped-call]
            grad = into.grad
            if self.way.zero > 1:
                assert flat.grad is not None
                part.grad, flat.grad = self._data.reduce_scatter(flat.grad).clone(), None
        return grad

    # --- gradients and weights --------------------------------------------------------------------------

    def _share(self) -> None:
        """The mean of everybody's gradients: all of it, or with ZeRO this process' part."""
        for part in self.parts:
            if self.way.zero < 2:
                assert part.weight.grad is not None
                use = self._data.reduce_scatter if self.way.zero else self._data.all_reduce
                part.grad, part.weight.grad = use(part.weight.grad), None
            assert part.grad is not None
            part.grad /= self.way.data

    def _measure(self) -> None:
        """What is held between gradients and update, and whether anything else is there."""
        import torch

        gc.collect()
        weights, grads = [part.weight for part in self.parts], [part.grad for part in self.parts]
        states = [one for part in self.parts for one in (part.mean, part.square)]
        self.held = (_numbers(weights), _numbers([one for one in grads if one is not None]), _numbers(states))
        there = [one for one in gc.get_objects() if issubclass(type(one), torch.Tensor)]
        self.alive = _numbers([one for one in there if one.is_floating_point()])

    def _update(self) -> None:
        """Adam, of what this process has states of; with ZeRO-1 and 2 the new weights come from everybody."""
        import torch

        self.steps += 1
        with torch.no_grad():
            for part in self.parts:
                _adam(part, self._own(part), self.steps)
                part.grad = None
                if self.way.zero in (1, 2):
                    part.weight = self._data.all_gather(self._own(part))

    def _own(self, part: Part) -> torch.Tensor:
        """The weights that this process changes."""
        shared = self.way.zero in (1, 2)
        return part.weight.detach().chunk(self.way.data)[self.place] if shared else part.weight.detach()


def _loss(logits: torch.Tensor, ids: torch.Tensor, parts: int = 1) -> tuple[float, torch.Tensor]:
    """Mean cross-entropy over one of so many parts of a batch, divided by their number, and its gradient."""
    from torch.nn.functional import cross_entropy

    leaf = logits.detach().requires_grad_()
    loss = cross_entropy(leaf.flatten(0, 1), ids.flatten()) / parts
    loss.backward()  # type: ignore[no-untyped-call]
    assert leaf.grad is not None
    return float(loss.detach()), leaf.grad


def _numbers(tensors: Sequence[torch.Tensor]) -> int:
    """How many numbers the memory of some tensors holds, views of the same memory counted once."""
    found = {}
    for one in tensors:
        memory = one.untyped_storage()
        found[memory.data_ptr()] = memory.nbytes() // one.element_size()
    return sum(found.values())


def _adam(part: Part, weight: torch.Tensor, steps: int) -> None:
    """One step of Adam (Kingma & Ba 2015) in place."""
    assert part.grad is not None
    part.mean.mul_(BETAS[0]).add_(part.grad, alpha=1 - BETAS[0])
    part.square.mul_(BETAS[1]).addcmul_(part.grad, part.grad, value=1 - BETAS[1])
    mean, square = part.mean / (1 - BETAS[0] ** steps), part.square / (1 - BETAS[1] ** steps)
    weight.sub_(RATE * mean / (square.sqrt() + EPSILON))
