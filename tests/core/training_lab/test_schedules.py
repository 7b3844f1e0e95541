"""Schedules beside torch's schedulers and those of transformers."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
from torch.optim import lr_scheduler as theirs
from transformers import get_cosine_schedule_with_warmup, get_linear_schedule_with_warmup

from core.data.lab_recipe import Recipe
from core.training.lab.schedules import DROP, LAST, PATIENCE, STAIR, STAIRS, Plateau, factor


def rates(make: Any, steps: int) -> list[float]:
    """What a scheduler makes of rate 1, step by step."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))], lr=1.0)
    scheduler = make(optimizer)
    found = []
    for _ in range(steps):
        found.append(float(optimizer.param_groups[0]["lr"]))
        optimizer.step()
        scheduler.step()
    return found


def ours(schedule: str, steps: int, warmup: int, count: int) -> list[float]:
    recipe = Recipe(schedule=schedule, steps=steps, warmup=warmup)
    return [factor(step, recipe) for step in range(count)]


def rise(optimizer: Any, warmup: int) -> Any:
    return theirs.LinearLR(optimizer, start_factor=1 / warmup, total_iters=warmup - 1)


AFTER: dict[str, Any] = {
    "constant": lambda optimizer, _: theirs.ConstantLR(optimizer, factor=1.0),
    "linear": lambda optimizer, long: theirs.LinearLR(optimizer, 1.0, 0.0, total_iters=long),
    "cosine": theirs.CosineAnnealingLR,
    "step": lambda optimizer, long: theirs.StepLR(optimizer, -(-long // STAIRS), STAIR),
    "exponential": lambda optimizer, long: theirs.ExponentialLR(optimizer, LAST ** (1 / long)),
}


@pytest.mark.parametrize("schedule", AFTER)
@pytest.mark.parametrize(("steps", "warmup"), [(100, 10), (37, 2), (240, 60)])
def test_they_are_torch_s_with_torch_s_warm_up(schedule: str, steps: int, warmup: int) -> None:
    long = steps - warmup

    def make(optimizer: Any) -> Any:
        parts = [rise(optimizer, warmup), AFTER[schedule](optimizer, long)]
        return theirs.SequentialLR(optimizer, parts, milestones=[warmup])

    assert ours(schedule, steps, warmup, steps) == pytest.approx(rates(make, steps), abs=1e-7)


@pytest.mark.parametrize("schedule", AFTER)
def test_without_warm_up_they_are_torch_s_too(schedule: str) -> None:
    found = rates(lambda optimizer: AFTER[schedule](optimizer, 50), 50)
    assert ours(schedule, 50, 0, 50) == pytest.approx(found, abs=1e-7)


@pytest.mark.parametrize(
    ("schedule", "make"),
    [("cosine", get_cosine_schedule_with_warmup), ("linear", get_linear_schedule_with_warmup)],
)
def test_they_are_those_of_transformers_whose_warm_up_begins_a_step_later(schedule: str, make: Any) -> None:
    found = rates(lambda optimizer: make(optimizer, 10, 80), 80)
    assert found[0] == 0.0, "theirs loses its first step"
    mine = ours(schedule, 80, 10, 80)
    assert mine[:10] == pytest.approx(found[1:11], abs=1e-7)
    assert mine[10:] == pytest.approx(found[10:], abs=1e-7)


@pytest.mark.parametrize("schedule", ["linear", "cosine", "exponential", "step"])
def test_none_rises_after_its_end(schedule: str) -> None:
    found = ours(schedule, 60, 10, 400)
    assert all(b <= a for a, b in itertools.pairwise(found[9:]))
    if schedule in ("linear", "cosine"):
        assert found[60:] == [0.0] * 340
        annealed = rates(lambda optimizer: theirs.CosineAnnealingLR(optimizer, 50), 120)
        assert max(annealed[60:]) > 0.5, "torch's own rises again"


def test_warm_up_is_left_out_by_its_fault() -> None:
    assert factor(0, Recipe(warmup=100)) == 0.01
    assert factor(0, Recipe(warmup=100, fault="warmup")) == 1.0


def test_a_plateau_drops_and_goes_on_where_it_was() -> None:
    losses = [3.0, 2.0, 1.0, *[1.0] * (3 * PATIENCE + 3)]
    whole, first = Plateau(), Plateau()
    found = []
    for loss in losses:
        whole.measured(loss)
        found.append(whole.factor)
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    scheduler = theirs.ReduceLROnPlateau(optimizer, factor=DROP, patience=PATIENCE)
    for loss, factor_ in zip(losses, found, strict=True):
        scheduler.step(loss)
        assert factor_ == optimizer.param_groups[0]["lr"]
    for loss in losses[:5]:
        first.measured(loss)
    second = Plateau()
    second.restore(first.state())
    for loss, factor_ in zip(losses[5:], found[5:], strict=True):
        second.measured(loss)
        assert second.factor == factor_
    assert found[-1] < found[0] == 1.0
