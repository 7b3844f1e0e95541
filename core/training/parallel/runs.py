"""Several processes train the tiny model, each in a Python of its own; their parts are put together and compared."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from core.compute.parallel_training import formulas
from core.compute.parallel_training.formulas import TINY as SHAPE
from core.compute.parallel_training.formulas import Shape, Way
from core.data import classic_corpora
from core.paths import ROOT
from core.training.parallel import layers
from core.training.parallel.process import Process

if TYPE_CHECKING:
    import torch

Precision = Literal["float64", "float32"]
PRECISIONS: tuple[Precision, ...] = ("float64", "float32")
SEQUENCES = 8
"""Of a batch."""
SEED = 0
PATIENCE = 300.0
"""Seconds that processes may take altogether."""


@dataclass(frozen=True, slots=True)
class Job:
    """One training to be done: how the work is shared, and in which numbers."""

    name: str
    precision: Precision


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a training."""

    losses: tuple[float, ...]  # [step] of the whole batch, nats
    apart: float  # largest difference of any weight, in any process, from the same training by one process
    sent: tuple[int, ...]  # [process] bytes in a step
    held: tuple[tuple[int, int, int], ...]  # [process] numbers of weights, gradients, optimizer states
    alive: tuple[int, ...]  # [process] numbers of all its tensors at that time
    kept: tuple[int, ...]  # [process] most micro-batches at once, where layers are divided into stages


@cache
def _text() -> torch.Tensor:
    """The beginning of the novel, a number below 128 for each character."""
    import torch

    text = classic_corpora.read("english").train[0].encode("ascii", "replace")
    return torch.frombuffer(bytearray(text), dtype=torch.uint8).long()


def batch(step: int) -> torch.Tensor:
    """The sequences of a step, [sequence, token + 1], the same for every process."""
    import torch

    text, length = _text(), SHAPE.length + 1
    chance = torch.Generator().manual_seed(7919 * SEED + step)
    starts = torch.randint(len(text) - length, (SEQUENCES,), generator=chance)
    return torch.stack([text[at : at + length] for at in starts.tolist()])


def trained(process: Process, steps: int) -> list[float]:
    """The losses of some steps."""
    return [process.step(batch(at)) for at in range(steps)]


# --- in each process --------------------------------------------------------------------------------------


def work(folder: Path, rank: int, processes: int, jobs: Sequence[Job], steps: int) -> None:
    """Do all jobs as one of several processes; what came of each lies in the folder."""
    import torch
    import torch.distributed as dist

    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder / 'meet'}", rank=rank, world_size=processes)
    for number, job in enumerate(jobs):
        process = Process(SHAPE, formulas.way(job.name, processes), rank, SEED, getattr(torch, job.precision))
        losses = trained(process, steps)
        found: dict[str, Any] = {
            "losses": losses, "sent": process.wire.sent, "held": process.held, "alive": process.alive,
            "kept": process.most_kept, "weights": {part.unit.number: part.weight.detach() for part in process.parts},
        }  # fmt: skip
        torch.save(found, folder / f"{number}.{rank}.pt")
        del process, found
    dist.destroy_process_group()


# --- in the one that started them -------------------------------------------------------------------------


def train(processes: int, jobs: Sequence[Job], steps: int) -> list[Done]:
    """Start some processes, wait until they have done all jobs, and put together what they hold.

    Errors: RuntimeError where one of them failed, subprocess.TimeoutExpired.
    """
    import torch

    with tempfile.TemporaryDirectory(prefix="glassbox-") as name:
        folder = Path(name)
        with _started(folder, processes, jobs, steps) as started:
            for one in started:
                _, errors = one.communicate(timeout=PATIENCE)
                if one.returncode:
                    raise RuntimeError(errors)
        return [
            _done(
                job, processes, [torch.load(folder / f"{at}.{rank}.pt") for rank in range(processes)], steps
            )
            for at, job in enumerate(jobs)
        ]


@contextmanager
def _started(
    folder: Path, processes: int, jobs: Sequence[Job], steps: int
) -> Iterator[list[subprocess.Popen[str]]]:
    """The processes, which find each other by a file and talk over the loopback; none outlives this."""
    environment = {**os.environ, "GLOO_SOCKET_IFNAME": "lo", "OMP_NUM_THREADS": "1"}
    given = [f"{job.name}:{job.precision}" for job in jobs]
    started = [
        subprocess.Popen(  # noqa: S603 — our own module
            [sys.executable, "-m", "core.training.parallel", "--work", str(folder), "--rank", str(rank),
             "--processes", str(processes), "--steps", str(steps), *given],
            cwd=ROOT, env=environment, text=True, stderr=subprocess.PIPE,
        )
        for rank in range(processes)
    ]  # fmt: skip
    try:
        yield started
    finally:
        for one in started:
            one.kill()
            one.wait()


@cache
def alone(precision: Precision, steps: int) -> tuple[tuple[float, ...], dict[int, torch.Tensor]]:
    """The losses and the last weights of one process that does everything."""
    import torch

    process = Process(SHAPE, Way(), 0, SEED, getattr(torch, precision))
    losses = trained(process, steps)
    return tuple(losses), {part.unit.number: part.weight.detach() for part in process.parts}


def _done(job: Job, processes: int, found: Sequence[dict[str, Any]], steps: int) -> Done:
    used = formulas.way(job.name, processes)
    _, expected = alone(job.precision, steps)
    apart = max(
        float((weights[unit] - expected[unit]).abs().max())
        for weights in _wholes(used, SHAPE, [one["weights"] for one in found])
        for unit in weights
    )
    of_last = found[-used.data * used.tensor :: used.tensor]
    losses = tuple(
        sum(losses) / used.data for losses in zip(*(one["losses"] for one in of_last), strict=True)
    )
    return Done(
        losses, apart, tuple(one["sent"] // steps for one in found), tuple(tuple(one["held"]) for one in found),
        tuple(one["alive"] for one in found), tuple(one["kept"] for one in found),
    )  # fmt: skip


def _wholes(
    used: Way, shape: Shape, found: Sequence[dict[int, torch.Tensor]]
) -> Iterator[dict[int, torch.Tensor]]:
    """The whole model, or all of a stage, from every group of processes that has it between them."""
    import torch

    units = layers.units(shape, used.tensor)
    if used.zero > 2:
        yield {unit: torch.cat([one[unit] for one in found]) for unit in found[0]}
        return
    for start in range(0, used.processes, used.tensor):
        group = found[start : start + used.tensor]
        yield {unit: layers.joined(units[unit], [one[unit] for one in group]) for unit in group[0]}
