"""The training loop: its schedule, and a run that was stopped ends as one that was not."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import get_cosine_schedule_with_warmup

from core.training import folders, tiny_gpt
from core.training.loop import Plan, Run, factor, measured, seed_all, train, write_line

SHAPE = tiny_gpt.Shape(vocabulary=50, length=12, width=16, layers=1, heads=2)
PLAN = Plan(steps=30, rate=3e-3, warmup=5)


def batch(step: int) -> dict[str, torch.Tensor]:
    ids = np.random.default_rng((3, step)).integers(0, SHAPE.vocabulary, (4, SHAPE.length + 1))
    return {"ids": torch.from_numpy(ids)}


def fresh(plan: Plan = PLAN) -> Run:
    """A model with dropout, so that torch's random state counts."""
    from transformers import GPT2Config, GPT2LMHeadModel

    seed_all(plan.seed)
    model = GPT2LMHeadModel(
        GPT2Config(
            vocab_size=50, n_positions=12, n_embd=16, n_layer=1, n_head=2, bos_token_id=0, eos_token_id=0
        )
    )
    return Run(model, batch, tiny_gpt.loss, plan)


def weights(run: Run) -> dict[str, Any]:
    return {name: one.detach().clone() for name, one in run.model.named_parameters()}


@pytest.mark.parametrize(("steps", "warmup"), [(100, 10), (37, 0), (20, 20)])
def test_the_schedule_is_the_one_of_transformers(steps: int, warmup: int) -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    theirs = get_cosine_schedule_with_warmup(optimizer, warmup, steps)
    for step in range(steps):
        assert factor(step, Plan(steps, 1.0, warmup)) == pytest.approx(theirs.get_last_lr()[0], abs=1e-12)
        optimizer.step()
        theirs.step()


def test_a_restored_run_ends_with_the_same_weights(tmp_path: Path) -> None:
    whole = fresh()
    losses = [step.loss for step in train(whole)]
    first = fresh()
    half = [step.loss for step in itertools.islice(train(first), 13)]
    first.save(tmp_path / "run.pt")
    second = fresh()
    torch.manual_seed(99)
    second.restore(tmp_path / "run.pt")
    rest = [step.loss for step in train(second)]
    assert half + rest == losses
    assert second.done == PLAN.steps
    found, wanted = weights(second), weights(whole)
    assert all(torch.equal(found[name], wanted[name]) for name in wanted)
    assert second.seconds > first.earlier


def test_measuring_changes_nothing() -> None:
    a = [step.loss for step in train(fresh())]
    b = list(train(fresh(), held_out=lambda model: float(tiny_gpt.loss(model, batch(999))), every=10))
    assert [step.loss for step in b] == a
    assert [step.step for step in b if step.held_out is not None] == [10, 20, 30]


def test_the_weights_move_and_only_as_far_as_the_rate_allows() -> None:
    run = fresh()
    before = weights(run)
    first = run.advance()
    assert first.rate == 0
    assert all(torch.equal(one, before[name]) for name, one in weights(run).items())  # warm-up starts at zero
    second = run.advance()
    moved = max(float((one - before[name]).abs().max()) for name, one in weights(run).items())
    assert 0 < moved <= 3 * second.rate  # Adam's updates are about as large as the rate


def test_training_stops_when_it_is_told_to() -> None:
    run = fresh()
    assert len(list(train(run, cancelled=lambda: run.done == 7))) == 7
    assert not list(train(run, seconds=0.0))
    assert run.done == 7


def test_the_log_has_a_line_a_step(tmp_path: Path) -> None:
    run = fresh(Plan(steps=3, rate=1e-3, warmup=1))
    for step in train(run, held_out=lambda _: 1.5, every=3):
        write_line(tmp_path / "log.jsonl", step, note="x")
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text("utf-8").splitlines()]
    assert [line["step"] for line in lines] == [1, 2, 3]
    assert [line.get("held_out") for line in lines] == [None, None, 1.5]


def test_halves_go_in_and_out() -> None:
    run = fresh()
    list(itertools.islice(train(run), 3))
    folders.round_weights(run.model)
    content = folders.bytes_of(run.model)
    other = fresh(Plan(steps=1, rate=1.0, warmup=0, seed=5))
    folders.take(other.model, content)
    assert all(torch.equal(one, weights(run)[name]) for name, one in weights(other).items())
    assert measured(other, lambda model: float(tiny_gpt.loss(model, batch(1)))) == measured(
        run, lambda model: float(tiny_gpt.loss(model, batch(1)))
    )
