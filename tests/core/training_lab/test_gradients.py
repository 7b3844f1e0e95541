"""Gradients at every tensor beside small differences; how they vanish and explode."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from core.compute.training_lab import gradients as module
from core.compute.training_lab.gradients import DEPTHS, flow
from core.compute.training_lab.network import STAGES, Shape, make
from core.errors import BadParameter

STREAM = STAGES.index("after_mlp")


def test_a_gradient_is_how_the_loss_changes() -> None:
    """Each tensor of a layer is moved a little along its gradient: the loss rises by the gradient's norm."""
    torch.manual_seed(0)
    model: Any = make(Shape(11, 2, 8, 2, 6)).double()
    ids = torch.randint(1, 11, (3, 6))
    found = module._looked(model, ids, 2, ())

    def loss(moved: tuple[int, str], by: torch.Tensor | None, keep: list[torch.Tensor]) -> torch.Tensor:
        def see(layer: int, name: str, state: torch.Tensor) -> torch.Tensor:
            if (layer, name) != moved:
                return state
            keep.append(state)
            return state if by is None else state + by

        logits = model(ids[:, :-1], "forward", None, see)
        return cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())

    for layer in range(2):
        for at, name in enumerate(STAGES):
            kept: list[torch.Tensor] = []
            (slope,) = torch.autograd.grad(loss((layer, name), None, kept), kept)
            assert float(slope.norm()) == pytest.approx(float(found.gradient[layer, at]), rel=1e-5)
            with torch.no_grad():
                step = 1e-6 * slope / slope.norm()
                up, down = (float(loss((layer, name), sign * step, [])) for sign in (1, -1))
            assert (up - down) / 2e-6 == pytest.approx(float(found.gradient[layer, at]), rel=1e-3)


def test_gradients_vanish_in_a_deep_network_without_norm_and_residual() -> None:
    deep, helped = flow(depth=12, norm=False, residual=False), flow(depth=12, norm=True, residual=True)
    assert deep.gradient[0, STREAM] < 1e-6 * deep.gradient[-1, STREAM]
    assert helped.gradient[0, STREAM] > helped.gradient[-1, STREAM] > 0
    assert helped.gradient[0, STREAM] < 10 * helped.gradient[-1, STREAM]
    shallow = flow(depth=2, norm=False, residual=False)
    assert shallow.embedding > 1e6 * deep.embedding


def test_states_and_gradients_explode_where_weights_start_too_large() -> None:
    found = flow(depth=4, norm=False, residual=True, initialisation="xavier")
    large = flow(depth=2, norm=False, residual=True, initialisation="large")
    assert large.size[-1, STREAM] > 100 * found.size[1, STREAM]
    assert large.embedding > 100 * found.embedding


@pytest.mark.parametrize("residual", [True, False])
@pytest.mark.parametrize("norm", [True, False])
@pytest.mark.parametrize("depth", DEPTHS)
def test_a_table_is_whole_repeats_and_is_closed(depth: int, norm: bool, residual: bool) -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first, second = (flow(depth=depth, norm=norm, residual=residual) for _ in range(2))
    assert torch.equal(torch.get_rng_state(), before)
    assert first.gradient.shape == first.size.shape == (depth, len(STAGES))
    assert np.array_equal(first.gradient, second.gradient)
    assert not first.gradient.flags.writeable
    assert len(first.parameters) == len(first.parameter)


@pytest.mark.parametrize("wrong", [{"depth": 1}, {"depth": 13}, {"initialisation": "<b>"}])
def test_what_is_out_of_bounds_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadParameter, match=next(iter(wrong))):
        flow(**{"depth": 4, "norm": True, "residual": True, **wrong})
