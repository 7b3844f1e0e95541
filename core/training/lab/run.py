"""The loop: one training of a recipe, a step at a time, that can be put into a file and goes on bit for bit."""

from __future__ import annotations

import contextlib
import io
import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from core.compute.training_lab import network
from core.compute.training_lab.network import Shape
from core.data.lab_recipe import Recipe
from core.training.lab import losses, schedules, tasks
from core.training.lab.losses import Part
from core.training.lab.tasks import Task

if TYPE_CHECKING:
    import torch

MEASURED = 40
"""The held-out loss is measured about so many times."""
FRAMES = 24
"""So many moments of a training are kept, more of them at its beginning."""
HIGH = 30.0
"""What the rate is multiplied by where it is too high on purpose."""
BETTER = 1e-4
"""A held-out loss that is lower by less is no better."""
OFF = 1e6
"""A loss above is as good as none."""

Ended = Literal["", "steps", "patience", "diverged"]


@dataclass(frozen=True, slots=True)
class Record:
    """What one step did."""

    step: int  # steps done
    loss: float  # nats per token, of the step's tokens before the update, as it was minimised
    held_out: float | None  # nats per token, without smoothing, where it was measured after the update
    norm: float  # of all gradients, before clipping
    norms: tuple[float, ...]  # [group]
    ratio: float  # norm of the update by norm of the weights
    ratios: tuple[float, ...]  # [group]
    rate: float
    tokens: int  # asked for in this step
    seconds: float  # of processor time since the beginning


def moments(steps: int) -> tuple[int, ...]:
    """The steps that are kept, 0 and the last one among them.

    >>> moments(4), len(moments(1000))
    ((0, 1, 2, 3, 4), 24)
    """
    last = min(FRAMES - 1, steps)
    return tuple(sorted({max(at, round(steps * (at / last) ** 2)) for at in range(last + 1)}))


class Run:
    """A training under way."""

    def __init__(self, recipe: Recipe, task: Task | None = None) -> None:
        import torch

        self.recipe, self.task = recipe, task or tasks.make(recipe)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.seed)
            self.model = network.make(shape_of(recipe, self.task))
            self._random = torch.get_rng_state()
        self.optimizer = optimizer(self.model, recipe)
        self.plateau = schedules.Plateau()
        self.done, self.ended = 0, _none()
        self.best, self.waited = math.inf, 0
        self._kept = held_out_parts(self.task, recipe)
        self._groups = groups(self.model)
        self._earlier, self._started = 0.0, time.process_time()

    @contextlib.contextmanager
    def random(self, *, on: bool) -> Iterator[None]:
        """Torch's random numbers are this run's own meanwhile; ``on``: they go on, else they stay where they were."""
        import torch

        with torch.random.fork_rng(devices=[]):
            torch.set_rng_state(self._random)
            yield
            if on:
                self._random = torch.get_rng_state()

    @property
    def seconds(self) -> float:
        """Processor time of the whole run."""
        return self._earlier + time.process_time() - self._started

    @property
    def group_names(self) -> tuple[str, ...]:
        """What ``norms`` and ``ratios`` are of."""
        return tuple(self._groups)

    @property
    def rate(self) -> float:
        """Of the next update."""
        plain = self.recipe.rate * (HIGH if self.recipe.fault == "rate" else 1.0)
        held = self.plateau.factor if self.recipe.schedule == "plateau" else 1.0
        return plain * held * schedules.factor(self.done, self.recipe)

    # --- a step -----------------------------------------------------------------------------------

    def micro_batches(self) -> list[list[Part]]:
        """[micro-batch][pass] of the next step."""
        ids, asked = tasks.step_rows(self.task.train, self.recipe, self.done)
        size, many = self.recipe.batch, len(self.task.vocabulary)
        return [
            losses.parts((ids[at : at + size], asked[at : at + size]), self.recipe, many,
                         (self.recipe.seed, 2, self.done, at))
            for at in range(0, len(ids), size)
        ]  # fmt: skip

    def _backward(self) -> tuple[float, int]:
        """Gradients of the step; the loss that is minimised, per token, and how many tokens that is."""
        batches = self.micro_batches()
        counts = [sum(part.count for part in one) for one in batches]
        total, loss = max(1, sum(counts)), 0.0
        for parts, count in zip(batches, counts, strict=True):
            by = len(batches) * max(1, count) if self.recipe.fault == "average" else total
            for part in parts:
                one = self._loss(part) / by
                one.backward()  # type: ignore[no-untyped-call]
                loss += float(one.detach())
        return loss, total

    def _loss(self, part: Part) -> torch.Tensor:
        smoothing, epsilon = self.recipe.smoothing, self.recipe.epsilon
        if epsilon:
            return losses.attacked(self.model, part, smoothing, epsilon)
        return losses.summed(self.model, part, smoothing)

    def advance(self) -> Record:
        """One update, and the held-out loss where it is time."""
        import torch

        self.model.train()
        with self.random(on=True):
            loss, tokens = self._backward()
        norms = {name: _norm([one.grad for one in group]) for name, group in self._groups.items()}
        if self.recipe.clip:
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.recipe.clip)
        rate = self.rate
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        before = {name: [one.detach().clone() for one in group] for name, group in self._groups.items()}
        self.optimizer.step()
        if self.recipe.fault != "zeroing":
            self.optimizer.zero_grad(set_to_none=True)
        self.done += 1
        moved = self._moved(before)
        held_out = self.measure() if self._due() else None
        self._judge(loss, held_out)
        return Record(
            self.done, loss, held_out, _total(norms.values()), tuple(norms.values()), moved[0], moved[1:], rate, tokens,
            self.seconds,
        )  # fmt: skip

    def _moved(self, before: dict[str, list[torch.Tensor]]) -> tuple[float, ...]:
        """Norm of the update by norm of the weights: of all, and of each group."""
        import torch

        olds = [_norm(group) for group in before.values()]
        moves = [
            _norm(torch._foreach_sub([one.detach() for one in group], before[name]))
            for name, group in self._groups.items()
        ]
        pairs = [(_total(moves), _total(olds)), *zip(moves, olds, strict=True)]
        return tuple(move / old if old else 0.0 for move, old in pairs)

    def _due(self) -> bool:
        return self.done % every(self.recipe) == 0 or self.done in (1, self.recipe.steps)

    def _judge(self, loss: float, held_out: float | None) -> None:
        """Whether it is over."""
        if held_out is not None:
            if math.isfinite(held_out):
                self.plateau.measured(held_out)
            better = held_out < self.best - BETTER
            self.best, self.waited = (held_out, 0) if better else (self.best, self.waited + 1)
        if not math.isfinite(loss) or loss > OFF:
            self.ended = "diverged"
        elif self.recipe.patience and self.waited >= self.recipe.patience:
            self.ended = "patience"
        elif self.done >= self.recipe.steps:
            self.ended = "steps"

    def measure(self, *, honest: bool = False) -> float:
        """Held-out loss, nats per token, without smoothing; as a faulty recipe measures it, unless ``honest``."""
        import torch

        self.model.train(self.recipe.fault == "evaluation" and not honest)
        parts = held_out_parts(self.task, self.recipe, honest=honest) if honest else self._kept
        with self.random(on=False), torch.inference_mode():
            found = sum(float(losses.summed(self.model, part)) for part in parts)
        self.model.train()
        return found / max(1, sum(part.count for part in parts))

    @contextlib.contextmanager
    def as_it_was(self, model: torch.nn.Module, done: int) -> Iterator[None]:
        """Meanwhile it stands where it stood after ``done`` steps, with this model."""
        now = self.model, self.done
        self.model, self.done = model, done
        try:
            yield
        finally:
            self.model, self.done = now

    # --- in a file --------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """All that ``restore`` needs: the place in the data is the number of the step."""
        grads = [one.grad for one in self.model.parameters()] if self.recipe.fault == "zeroing" else []
        return {
            "model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(), "grads": grads,
            "plateau": self.plateau.state(), "random": self._random, "done": self.done, "ended": self.ended,
            "best": self.best, "waited": self.waited, "seconds": self.seconds,
        }  # fmt: skip

    def restore(self, state: dict[str, Any], *, whole: bool = True) -> None:
        """Go on where ``state`` was asked for; not ``whole``: with a fresh optimizer, as another one than before."""
        self.model.load_state_dict(state["model"])
        for parameter, grad in zip(self.model.parameters(), state["grads"], strict=False):
            parameter.grad = grad
        if whole:
            self.optimizer.load_state_dict(state["optimizer"])
            self.plateau.restore(state["plateau"])
        self._random = state["random"]
        self.done = int(state["done"])
        goes_on = not whole or (state["ended"] == "steps" and self.done < self.recipe.steps)
        self.ended = _none() if goes_on else state["ended"]
        self.best, self.waited = float(state["best"]), int(state["waited"])
        self._earlier, self._started = float(state["seconds"]), time.process_time()

    def save(self, path: Path) -> None:
        """Write the state; who is killed meanwhile, or finds the disk full, leaves the older file whole."""
        import torch

        content = io.BytesIO()
        torch.save(self.state(), content)
        write(path, content.getvalue())

    def load(self, path: Path, *, whole: bool = True) -> None:
        """Go on where ``save`` was called."""
        import torch

        self.restore(torch.load(path, weights_only=True), whole=whole)

    def records(self) -> Iterator[Record]:
        """Every step until it is over."""
        while not self.ended:
            yield self.advance()


def write(path: Path, content: bytes) -> None:
    """Put a file in place at once. Errors: OSError, the older file is whole then."""
    fresh = path.with_name(f".{path.name}.part")
    try:
        with fresh.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise


def every(recipe: Recipe) -> int:
    """Steps between two measurements of the held-out loss."""
    return max(1, recipe.steps // MEASURED)


def shape_of(recipe: Recipe, task: Task) -> Shape:
    """The network of a recipe."""
    length = max(task.train.length, task.held_out.length, len(task.shown) + 1)
    return Shape(
        len(task.vocabulary), recipe.layers, recipe.width, recipe.heads, max(recipe.context, length), recipe.dropout,
        ways=recipe.objective == "both", initialisation=recipe.initialisation,
    )  # fmt: skip


def held_out_parts(task: Task, recipe: Recipe, *, honest: bool = False) -> list[Part]:
    """The held-out sequences as the recipe asks for them; ``honest``: without its fault."""
    rows = task.held_out.take(np.arange(len(task.held_out)))
    if honest:
        recipe = sound(recipe)
    return losses.parts(rows, recipe, len(task.vocabulary), (0, 3))


def sound(recipe: Recipe) -> Recipe:
    """The recipe without its fault."""
    return replace(recipe, fault="none")


def optimizer(model: torch.nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """Torch's own; vectors have no weight decay."""
    import torch

    free = list(model.parameters())
    groups = [
        {"params": [p for p in free if p.ndim > 1], "weight_decay": recipe.decay},
        {"params": [p for p in free if p.ndim < 2], "weight_decay": 0.0},
    ]
    made: dict[str, Callable[[], Any]] = {
        "sgd": lambda: torch.optim.SGD(groups, lr=recipe.rate),
        "momentum": lambda: torch.optim.SGD(groups, lr=recipe.rate, momentum=0.9),
        "adagrad": lambda: torch.optim.Adagrad(groups, lr=recipe.rate),
        "adam": lambda: torch.optim.Adam(groups, lr=recipe.rate, betas=(0.9, 0.98)),
        "adamw": lambda: torch.optim.AdamW(groups, lr=recipe.rate, betas=(0.9, 0.98)),
    }
    found: torch.optim.Optimizer = made[recipe.optimizer]()
    return found


def groups(model: torch.nn.Module) -> dict[str, list[torch.nn.Parameter]]:
    """Parameters by what they belong to: the embeddings, each layer, the last norm with them."""
    found: dict[str, list[torch.nn.Parameter]] = {}
    for name, one in model.named_parameters():
        parts = name.split(".")
        found.setdefault(f"layer {parts[1]}" if parts[0] == "layers" else "embedding", []).append(one)
    return found


def _none() -> Ended:
    return ""


def _norm(tensors: Any) -> float:
    """Of all numbers together."""
    import torch

    there = [one for one in tensors if one is not None]
    return float(torch.nn.utils.get_total_norm(there)) if there else 0.0


def _total(norms: Any) -> float:
    return math.sqrt(sum(one * one for one in norms))
