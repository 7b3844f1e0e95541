"""The loop beside torch's own pieces used by hand; faults; a run that goes on bit for bit."""

from __future__ import annotations

import errno
import math
import os
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from core.data.lab_recipe import CHOICES, Recipe
from core.training.lab import losses, tasks
from core.training.lab.run import HIGH, Record, Run, every, held_out_parts, moments, write

SMALL = Recipe(
    task="reverse", layers=1, width=16, heads=2, context=24, batch=8, rate=1e-2, warmup=3, steps=12, part=0.02
)


@cache
def task(name: str = "reverse", part: float = 0.02) -> tasks.Task:
    return tasks.make(replace(SMALL, task=name, part=part))


def fresh(**changes: Any) -> Run:
    recipe = replace(SMALL, **changes)
    return Run(recipe, task(recipe.task, recipe.part))


def weights(run: Run) -> dict[str, Any]:
    return {name: one.detach().clone() for name, one in run.model.named_parameters()}


def same(first: Run, second: Run) -> bool:
    return all(torch.equal(one, weights(second)[name]) for name, one in weights(first).items())


def without_time(records: list[Record]) -> list[Record]:
    return [replace(one, seconds=0.0) for one in records]


def gradients(run: Run) -> torch.Tensor:
    return torch.cat([one.grad.flatten() for one in run.model.parameters() if one.grad is not None])


# --- accumulation ---------------------------------------------------------------------------------


@pytest.mark.parametrize("at", ["first", "last"])
@pytest.mark.parametrize("objective", ["causal", "both"])
def test_accumulated_micro_batches_are_one_large_batch(at: str, objective: str) -> None:
    """Words of one to ten letters; the last step of an epoch has fewer and shorter micro-batches."""
    small, large = fresh(batch=4, accumulation=10, objective=objective), fresh(batch=40, objective=objective)
    each = -(-len(small.task.train) // 40)
    assert len(small.task.train) % 40, "the last window is a part of one"
    assert len(small.task.train) % 4
    step = 0 if at == "first" else each - 1
    small.done = large.done = step
    counts = {sum(part.count for part in one) for one in small.micro_batches()}
    assert len(counts) > 1, "they are unequal"
    assert (len(small.micro_batches()) < 10) is (at == "last")
    found = [run._backward() for run in (small, large)]
    assert found[0] == pytest.approx(found[1], abs=1e-5)
    torch.testing.assert_close(gradients(small), gradients(large), atol=1e-5, rtol=1e-5)


def test_the_loss_is_the_mean_over_tokens_and_not_over_micro_batches() -> None:
    run = fresh(batch=2, accumulation=8, seed=3)
    for _ in range(6):
        run.advance()
    batches = run.micro_batches()
    with torch.no_grad():
        sums = [float(losses.summed(run.model, one[0])) for one in batches]
    counts = [one[0].count for one in batches]
    whole = sum(sums) / sum(counts)
    means = np.mean([total / count for total, count in zip(sums, counts, strict=True)])
    assert run._backward()[0] == pytest.approx(whole, abs=1e-6)
    run.recipe = replace(run.recipe, fault="average")
    assert run._backward()[0] == pytest.approx(means, abs=1e-6)
    assert abs(whole - means) > 1e-3


# --- torch's own pieces by hand -------------------------------------------------------------------


def by_hand(run: Run, optimizer: torch.optim.Optimizer, rates: list[float]) -> None:
    for step, rate in enumerate(rates):
        ids, asked = tasks.step_rows(run.task.train, run.recipe, step)
        inputs = torch.from_numpy(ids[:, :-1].copy())
        labels = torch.from_numpy(np.where(asked, ids, -100)[:, 1:].copy())
        optimizer.zero_grad()
        loss = cross_entropy(run.model(inputs).flatten(0, 1), labels.flatten())
        loss.backward()  # type: ignore[no-untyped-call]
        norm = math.sqrt(
            sum(float(one.grad.square().sum()) for one in run.model.parameters() if one.grad is not None)
        )
        for one in run.model.parameters():
            if one.grad is not None:
                one.grad.mul_(min(1.0, run.recipe.clip / (norm + 1e-6)))
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()


def made(name: str, groups: Any) -> torch.optim.Optimizer:
    makers: dict[str, Any] = {
        "sgd": lambda: torch.optim.SGD(groups),
        "momentum": lambda: torch.optim.SGD(groups, momentum=0.9),
        "adagrad": lambda: torch.optim.Adagrad(groups),
        "adam": lambda: torch.optim.Adam(groups, betas=(0.9, 0.98)),
        "adamw": lambda: torch.optim.AdamW(groups, betas=(0.9, 0.98)),
    }
    found: torch.optim.Optimizer = makers[name]()
    return found


@pytest.mark.parametrize("optimizer", CHOICES["optimizer"])
def test_a_run_is_torch_s_optimizer_with_clipping_by_hand(optimizer: str) -> None:
    run, other = fresh(optimizer=optimizer, decay=0.1, clip=0.3), fresh()
    other.recipe = run.recipe
    for one in (run, other):
        one.model.double()  # a gradient of 0 stays one, which Adam would make as large as any other
    free = list(other.model.parameters())
    groups = [
        {"params": [p for p in free if p.ndim > 1], "weight_decay": 0.1},
        {"params": [p for p in free if p.ndim < 2], "weight_decay": 0.0},
    ]
    records = [run.advance() for _ in range(6)]
    by_hand(other, made(optimizer, groups), [one.rate for one in records])
    assert any(one.norm > 0.3 for one in records), "something is clipped"
    for name, one in weights(run).items():
        torch.testing.assert_close(one, weights(other)[name], atol=1e-7, rtol=1e-6)


def test_fgsm_moves_embeddings_by_the_sign_of_their_gradient() -> None:
    """The gradient of the loss by small differences, for a few numbers of the embeddings."""
    run = fresh()
    model: Any = run.model.double()
    (part,) = run.micro_batches()[0]
    vectors = model.vectors(part.ids).detach()
    where = [(0, 1, 3), (1, 2, 0), (2, 0, 7), (3, 1, 12)]
    slopes = []
    for at in where:
        moved = torch.zeros_like(vectors)
        moved[at] = 1e-5
        with torch.no_grad():
            up, down = (float(losses.summed(model, part, 0.0, vectors + sign * moved)) for sign in (1, -1))
        slopes.append((up - down) / 2e-5)
    asked: list[Any] = []

    def keep(_: Any, given: Any, __: Any) -> None:
        asked.append(given[2].detach() if given[2] is not None else None)

    hook = model.register_forward_hook(keep)
    loss = losses.attacked(model, part, 0.0, 0.05)
    hook.remove()
    shift = asked[1] - vectors
    assert torch.allclose(shift.abs()[shift != 0], torch.tensor(0.05, dtype=torch.float64))
    for at, slope in zip(where, slopes, strict=True):
        assert float(shift[at]) == pytest.approx(
            0.05 * np.sign(slope) if abs(slope) > 1e-9 else 0.0, abs=1e-9
        )
    with torch.no_grad():
        plain = float(losses.summed(model, part))
        worse = float(losses.summed(model, part, 0.0, vectors + shift))
    assert worse > plain
    assert float(loss.detach()) == pytest.approx(0.5 * (plain + worse), rel=1e-9)


def test_smoothing_is_the_mean_over_all_pieces_in_part() -> None:
    run = fresh()
    (part,) = run.micro_batches()[0]
    with torch.no_grad():
        logs = run.model(part.ids).log_softmax(-1)
        there = part.labels != -100
        right = -logs.gather(-1, part.labels.clamp(min=0)[..., None])[..., 0][there]
        expected = (0.9 * right - 0.1 * logs.mean(-1)[there]).sum()
        assert float(losses.summed(run.model, part, 0.1)) == pytest.approx(float(expected), rel=1e-5)


def test_norms_and_ratios_are_of_all_and_of_each_group() -> None:
    run = fresh(clip=0.0)
    before = weights(run)
    record = run.advance()
    run.optimizer.zero_grad()
    run.model.load_state_dict(before)
    run.done = 0
    run._backward()
    assert record.norm == pytest.approx(float(gradients(run).norm()), rel=1e-4)
    assert record.norm == pytest.approx(math.hypot(*record.norms), rel=1e-6)
    again = fresh(clip=0.0)
    again.advance()
    old, new = (torch.cat([one.flatten() for one in some.values()]) for some in (before, weights(again)))
    assert record.ratio == pytest.approx(float((new - old).norm() / old.norm()), rel=1e-4)
    assert run.group_names == ("embedding", "layer 0")


# --- it goes on -----------------------------------------------------------------------------------

VARIANTS: list[dict[str, Any]] = [
    *({"optimizer": name, "dropout": 0.2} for name in CHOICES["optimizer"]),
    *({"schedule": name, "steps": 40} for name in ("plateau", "cosine")),
    {"fault": "zeroing"}, {"fault": "evaluation", "dropout": 0.5}, {"objective": "masked"}, {"patience": 2},
    {"epsilon": 0.1, "accumulation": 2},
]  # fmt: skip


@pytest.mark.parametrize("changes", VARIANTS, ids=str)
def test_a_run_that_goes_on_is_the_same_bit_for_bit(changes: dict[str, Any], tmp_path: Path) -> None:
    whole, first = fresh(**changes), fresh(**changes)
    expected = list(whole.records())
    found = [first.advance() for _ in range(5)]
    first.save(tmp_path / "state.pt")
    torch.rand(7)
    second = fresh(**changes)
    second.load(tmp_path / "state.pt")
    found += list(second.records())
    assert without_time(found) == without_time(expected)
    assert second.ended == whole.ended
    assert same(second, whole)


def test_a_run_that_has_ended_goes_on_where_its_recipe_has_more_steps(tmp_path: Path) -> None:
    short = fresh(schedule="constant")
    list(short.records())
    short.save(tmp_path / "state.pt")
    for steps, count in ((12, 0), (15, 3)):
        again = fresh(schedule="constant", steps=steps)
        again.load(tmp_path / "state.pt")
        assert len(list(again.records())) == count


def test_a_full_disk_leaves_the_older_state_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "state.pt"
    run = fresh()
    run.save(path)
    older = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    run.advance()
    with pytest.raises(OSError, match="No space"):
        run.save(path)
    assert path.read_bytes() == older
    assert [one.name for one in tmp_path.iterdir()] == ["state.pt"]
    again = fresh()
    again.load(path)
    assert again.done == 0


def test_what_is_written_takes_the_place_of_the_older_at_once(tmp_path: Path) -> None:
    write(tmp_path / "a", b"old")
    write(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_measurement_changes_nothing() -> None:
    plain, measured = fresh(dropout=0.3), fresh(dropout=0.3)
    plain.advance()
    measured.advance()
    measured.measure()
    plain.advance()
    measured.advance()
    assert same(plain, measured)


# --- faults ---------------------------------------------------------------------------------------


def test_faults_do_what_they_say() -> None:
    assert fresh(fault="rate").rate == HIGH * fresh().rate
    part = fresh(fault="shift").micro_batches()[0][0]
    there = part.labels != -100
    assert torch.equal(part.labels[there], part.ids[there])
    right = fresh().micro_batches()[0][0]
    assert torch.equal(
        right.labels[:, :-1][right.labels[:, :-1] != -100], right.ids[:, 1:][right.labels[:, :-1] != -100]
    )
    ordered = fresh(fault="order").micro_batches()[0][0].ids.numpy()
    assert (ordered == fresh().task.train.ids[: len(ordered), :-1]).all()


def test_gradients_that_are_never_zeroed_add_up() -> None:
    faulty = fresh(fault="zeroing", rate=1e-6, clip=0.0, optimizer="sgd")
    norms = [faulty.advance().norm for _ in range(6)]
    sound = fresh(rate=1e-6, clip=0.0, optimizer="sgd")
    others = [sound.advance().norm for _ in range(6)]
    assert norms[0] == others[0]
    assert norms[5] > 3 * others[5]


def test_dropout_in_evaluation_makes_held_out_loss_noise_and_an_honest_look_does_not() -> None:
    run, sound = fresh(fault="evaluation", dropout=0.5), fresh(dropout=0.5)
    for one in (run, sound):
        one.advance()
    assert run.measure() == run.measure(), "the run's own random numbers stay where they are"
    assert run.measure(honest=True) == sound.measure() == sound.measure(honest=True)
    assert abs(run.measure() - sound.measure()) > 1e-3
    before = run.measure()
    with run.random(on=True):
        torch.rand(1)
    assert run.measure() != before


def test_a_run_ends_where_the_held_out_loss_is_no_better_or_there_is_none() -> None:
    tired = fresh(rate=1e-6, patience=2, steps=100, warmup=0)
    list(tired.records())
    assert tired.ended == "patience"
    assert tired.done <= 4 * every(tired.recipe)
    wild = fresh(optimizer="sgd", rate=100.0, clip=0.0, warmup=0, steps=100)
    list(wild.records())
    assert wild.ended == "diverged"
    assert wild.done < 100


def test_moments_begin_close_together_and_end_with_the_last_step() -> None:
    for steps in (1, 5, 23, 24, 100, 5000):
        found = moments(steps)
        assert found[0] == 0
        assert found[-1] == steps
        assert len(found) == min(24, steps + 1)
        assert sorted(set(found)) == list(found)


def test_the_held_out_loss_is_without_smoothing_and_on_what_is_held_out() -> None:
    run = fresh(smoothing=0.3)
    (part,) = held_out_parts(run.task, run.recipe)
    with torch.no_grad():
        expected = cross_entropy(run.model(part.ids).flatten(0, 1), part.labels.flatten())
    assert run.measure() == pytest.approx(float(expected), rel=1e-5)
