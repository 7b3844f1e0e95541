"""One training loop for all our small models: seeded, logged, resumable, cancellable.

A batch is a pure function of the step's number, so a run that was stopped and restored meets the same batches; model,
optimizer and random state are kept in a checkpoint, so it also ends with the same weights on the same machine.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from torch import nn

    Batch = Mapping[str, torch.Tensor]
    Batches = Callable[[int], Batch]
    Loss = Callable[[nn.Module, Batch], torch.Tensor]
    Score = Callable[[nn.Module], float]


@dataclass(frozen=True, slots=True)
class Plan:
    """How a model is trained: AdamW, linear warm-up, then a half cosine to zero."""

    steps: int
    rate: float  # highest learning rate
    warmup: int  # steps
    seed: int = 0
    decay: float = 0.01  # weight decay of matrices; vectors have none
    clip: float = 1.0  # largest norm of all gradients together
    betas: tuple[float, float] = (0.9, 0.98)
    half: bool = False  # matrices are multiplied in bfloat16; weights and their updates stay float32


@dataclass(frozen=True, slots=True)
class Step:
    """What one step did; a line of the log."""

    step: int  # steps done
    loss: float  # nats, of the batch before the update
    norm: float  # of all gradients, before clipping
    rate: float  # learning rate of the update
    seconds: float  # of CPU time since the start of the run
    held_out: float | None = None  # nats, where it was measured at this step


def factor(step: int, plan: Plan) -> float:
    """What the learning rate is multiplied by at update ``step`` (from 0): warm-up, then half a cosine.

    >>> [round(factor(step, Plan(steps=4, rate=1.0, warmup=2)), 2) for step in range(5)]
    [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    if step < plan.warmup:
        return step / max(1, plan.warmup)
    done = (step - plan.warmup) / max(1, plan.steps - plan.warmup)
    return max(0.0, 0.5 * (1 + math.cos(math.pi * done)))


def seed_all(seed: int) -> None:
    """Seed torch's generator; call it before the model is made."""
    import torch

    torch.manual_seed(seed)


class Run:
    """A training that goes on one step at a time and can be put into a file and taken out again.

    ``batches(step)`` makes the batch of a step, ``loss(model, batch)`` its mean loss in nats.
    """

    def __init__(self, model: nn.Module, batches: Batches, loss: Loss, plan: Plan) -> None:
        import torch

        self.model, self.batches, self.loss, self.plan = model, batches, loss, plan
        self.done = 0
        self.earlier = 0.0  # CPU seconds of the run before it was restored
        self.started = time.process_time()
        free = [p for p in model.parameters() if p.requires_grad]
        groups = [
            {"params": [p for p in free if p.ndim > 1], "weight_decay": plan.decay},
            {"params": [p for p in free if p.ndim < 2], "weight_decay": 0.0},
        ]
        self.optimizer = torch.optim.AdamW(groups, lr=plan.rate, betas=plan.betas, eps=1e-8, fused=True)

    @property
    def seconds(self) -> float:
        """CPU seconds of the whole run."""
        return self.earlier + time.process_time() - self.started

    def advance(self) -> Step:
        """One update."""
        import torch

        rate = self.plan.rate * factor(self.done, self.plan)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.model.train()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.plan.half):
            loss = self.loss(self.model, self.batches(self.done))
        loss.backward()  # type: ignore[no-untyped-call]
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.plan.clip)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.done += 1
        return Step(self.done, float(loss.detach()), float(norm), rate, self.seconds)

    def save(self, path: Path) -> None:
        """Write all that ``restore`` needs; a run that is killed meanwhile leaves the older file whole."""
        import torch

        state = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "random": torch.get_rng_state(),
            "done": self.done,
            "seconds": self.seconds,
        }
        fresh = path.with_suffix(".part")
        torch.save(state, fresh)
        fresh.replace(path)

    def restore(self, path: Path) -> None:
        """Go on where ``save`` was called."""
        import torch

        state: dict[str, Any] = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["random"])
        self.done, self.earlier, self.started = state["done"], state["seconds"], time.process_time()


def train(
    run: Run,
    *,
    seconds: float = math.inf,
    held_out: Score | None = None,
    every: int = 100,
    checkpoint: Path | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[Step]:
    """Go on until the plan's steps are done, ``seconds`` of CPU are used or ``cancelled()`` says so.

    Yields every step; whoever iterates looks at the model, draws, or stops. ``held_out`` is measured, and
    ``checkpoint`` written, after each ``every`` steps and after the last one.
    """
    while run.done < run.plan.steps and run.seconds < seconds and not cancelled():
        step = run.advance()
        last = step.step == run.plan.steps or run.seconds >= seconds
        if last or step.step % every == 0:
            if held_out is not None:
                step = Step(step.step, step.loss, step.norm, step.rate, step.seconds, measured(run, held_out))
            if checkpoint is not None:
                run.save(checkpoint)
        yield step


def measured(run: Run, score: Score) -> float:
    """A score of the model as it stands, without dropout and gradients; the random state stays as it was."""
    import torch

    random = torch.get_rng_state()
    run.model.eval()
    with torch.inference_mode():
        value = score(run.model)
    run.model.train()
    torch.set_rng_state(random)
    return value


def write_line(path: Path, step: Step, **more: object) -> None:
    """Append a step to a log of JSON lines."""
    line = {
        name: round(value, 5) if isinstance(value, float) else value for name, value in asdict(step).items()
    }
    with path.open("a", encoding="utf-8") as file:
        file.write(
            json.dumps({**{name: value for name, value in line.items() if value is not None}, **more}) + "\n"
        )
