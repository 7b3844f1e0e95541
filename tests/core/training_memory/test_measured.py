"""Counted bytes beside autograd's own, beside the formulas, and what was noted of time."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.compute.training_memory import judged, network
from core.compute.training_memory.measured import (
    BATCH,
    HEADS,
    KEPT,
    LAYERS,
    LENGTHS,
    VOCABULARY,
    WIDTH,
    counted,
    step_bytes,
)
from core.compute.training_memory.network import Small
from core.compute.training_memory.precision import timed
from core.errors import BadParameter


def test_counted_are_weights_states_and_what_autograd_keeps() -> None:
    small = Small(2, 64, 4, 100, 32)
    weights, states, held, rest = step_bytes(small, 2, 32)
    model = network.make(small)
    every = sum(one.nbytes for one in model.parameters())
    assert weights == every
    assert states == 2 * every + 4 * len(list(model.parameters()))  # Adam counts the steps of each
    own = {one.untyped_storage().data_ptr() for one in model.parameters()}
    found: dict[int, int] = {}

    def pack(one: torch.Tensor) -> torch.Tensor:
        if one.untyped_storage().data_ptr() not in own:
            found[one.untyped_storage().data_ptr()] = one.untyped_storage().nbytes()
        return one

    ids = torch.randint(0, 100, (2, 33))
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda one: one):
        loss = network.loss(model, ids)
    assert loss.requires_grad
    assert held == pytest.approx(sum(found.values()), rel=0.01)
    assert rest > 0


def test_a_count_is_the_same_each_time_and_draws_from_nobody_s_chance() -> None:
    small = Small(2, 64, 4, 100, 32, 0.1, 1)
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    first = step_bytes(small, 2, 32)
    assert torch.rand(1) == expected
    np.testing.assert_array_equal(first, step_bytes(small, 2, 32))


@pytest.mark.parametrize("layers", LAYERS)
@pytest.mark.parametrize("length", LENGTHS)
def test_the_difference_is_the_one_that_is_said(layers: int, length: int) -> None:
    """Weights and activations agree; the peak is within a fifth, and checkpoints save."""
    found = counted(layers=layers, length=length)
    for row in (0, 2):
        ours, theirs = found.bytes[row], found.bytes[row + 1]
        np.testing.assert_allclose(ours[:2], theirs[:2], rtol=0.001)
        assert ours[KEPT.index("held")] == pytest.approx(theirs[KEPT.index("held")], rel=0.1 if row else 0.01)
        assert abs(judged.off(found, row)) < 0.2
    assert judged.saved(found)[0] == "checkpoints"


def test_networks_that_are_not_offered_are_refused() -> None:
    for layers, length in ((3, 32), (2, 33), (10**6, 32)):
        with pytest.raises(BadParameter):
            counted(layers=layers, length=length)


def test_checkpoints_change_no_gradient() -> None:
    plain, again = (network.make(Small(2, 64, 4, 100, 16, every=every)) for every in (0, 1))
    again.load_state_dict(plain.state_dict())
    ids = torch.randint(0, 100, (2, 17))
    for model in (plain, again):
        network.loss(model, ids).backward()
    for one, other in zip(plain.parameters(), again.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad)


def test_the_noted_bytes_are_those_of_today() -> None:
    steps = timed()
    for every, peak in zip(steps.every, steps.peak, strict=True):
        small = Small(steps.layers, WIDTH, HEADS, VOCABULARY, steps.length, every=every)
        assert step_bytes(small, BATCH, steps.length).sum() == peak


def test_a_step_with_checkpoints_takes_about_a_third_longer() -> None:
    """The answer of an experiment."""
    assert 0.2 < judged.longer(timed()) < 0.5
