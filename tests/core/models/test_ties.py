"""Of equal numbers the first, also where a library leaves it open."""

from __future__ import annotations

import os

import numpy as np
import pytest
import torch

from core.compute.embedding_space.contextual import _plane
from core.models.read.ties import farthest, largest


@pytest.mark.parametrize("count", [1, 3, 8, 40])
def test_largest_is_a_stable_sort(count: int) -> None:
    draw = torch.Generator().manual_seed(0)
    scores = torch.randint(
        0, 12, (50, 40), generator=draw
    ).float()  # many are equal, also around the last place
    whole = scores.sort(dim=-1, descending=True, stable=True)
    values, places = largest(scores, count)
    assert torch.equal(values, whole.values[:, :count])
    assert torch.equal(places, whole.indices[:, :count])


def test_largest_of_different_numbers_is_topk() -> None:
    scores = torch.randn(20, 1000, generator=torch.Generator().manual_seed(1))
    values, places = largest(scores, 7)
    assert torch.equal(values, scores.topk(7).values)
    assert torch.equal(places, scores.topk(7).indices)


def test_farthest_is_the_first_of_two_ends() -> None:
    places = np.array([[0.5, 0.1], [-2.0, 3.0], [2.0 + 1e-12, -2.9]])
    assert farthest(places).tolist() == [1, 1]
    assert farthest(places * 1.1 + np.array([1e-5, 0])).tolist() == [2, 1]  # no longer equally far


def test_a_symmetric_space_is_drawn_the_same_way_round_whatever_is_rounded() -> None:
    ends = np.array([[1, 2, 0], [1, 2, 0], [-1, -2, 0], [-1, -2, 0]], np.float32)
    noise = np.random.default_rng(0).normal(0, 1e-8, (20, *ends.shape))
    for one in noise:
        places, _ = _plane((ends.astype(np.float64) + one).astype(np.float64))
        assert places[0, 0] > 0


@pytest.mark.numeric
def test_the_instructions_are_those_that_were_asked_for() -> None:
    """`make test-isa` would prove nothing if its settings had no effect."""
    asked = os.environ.get("ATEN_CPU_CAPABILITY", "")
    assert asked.upper() in ("", torch.backends.cpu.get_cpu_capability())
