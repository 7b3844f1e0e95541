"""Casts beside numpy's and torch's own, and what was noted of training in 16 bits."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.compute.training_memory import judged
from core.compute.training_memory.precision import KINDS, MOST_SCALE, cast, kinds, to_bfloat16, trained
from core.data.memory_runs import read_precisions
from core.errors import BadParameter


@pytest.mark.parametrize("scale", [0, 7, 12, 24, MOST_SCALE])
def test_shares_are_those_of_torch_s_cast(scale: int) -> None:
    given = torch.from_numpy(read_precisions().gradients.copy()) * 2.0**scale
    half, found = given.half(), cast(scale=scale)
    assert found.totals[KINDS.index("zero")] == pytest.approx(float((half == 0).double().mean()), abs=1e-6)
    assert found.totals[KINDS.index("infinite")] == pytest.approx(
        float(half.isinf().double().mean()), abs=1e-6
    )
    small = (half != 0) & (half.abs() < torch.finfo(torch.float16).smallest_normal)
    assert found.totals[KINDS.index("subnormal")] == pytest.approx(float(small.double().mean()), abs=1e-6)
    assert found.bfloat == float((given.bfloat16() == 0).double().mean()) == 0
    assert found.share.sum() == pytest.approx(1, abs=1e-5)


def test_bins_are_powers_of_two() -> None:
    found = cast(scale=3)
    given = np.abs(read_precisions().gradients * 8)
    at = int(found.share.sum(axis=0).argmax())
    low = 2.0 ** int(found.power[at])
    assert found.share[:, at].sum() == pytest.approx(((given >= low) & (given < 2 * low)).mean(), abs=1e-5)


def test_the_bounds_of_float16() -> None:
    values = np.array([2.0**-25, 2.0**-25 * 1.01, 2.0**-14, 65_504, 65_520, 1e-30], np.float32)
    assert [KINDS[one] for one in kinds(values)] == [
        "zero",
        "subnormal",
        "normal",
        "normal",
        "infinite",
        "zero",
    ]


def test_bfloat16_is_torch_s() -> None:
    powers = np.arange(-120, 120, 0.05)
    values = (np.random.default_rng(0).normal(size=len(powers)) * 2.0**powers).astype(np.float32)
    theirs = torch.from_numpy(values.copy()).bfloat16().float().numpy()
    np.testing.assert_array_equal(to_bfloat16(values), theirs)


@pytest.mark.parametrize("scale", [-1, MOST_SCALE + 1])
def test_scales_without_bounds_are_refused(scale: int) -> None:
    with pytest.raises(BadParameter):
        cast(scale=scale)


def test_without_a_scale_more_than_half_becomes_zero_and_a_scale_rescues_them() -> None:
    """The answer of an experiment."""
    none, some = cast(scale=0), cast(scale=12)
    assert none.totals[0] > 0.5
    assert some.totals[0] < 0.05
    assert judged.lost(none)[0] == "underflows"
    assert judged.lost(cast(scale=24))[0] == "holds"


def test_training_suffers_without_a_scale_and_not_with_one() -> None:
    found = trained()
    losses = judged.last_losses(found)
    assert losses["fp16"] > 1.05 * losses["fp32"]
    assert losses["scaled"] == pytest.approx(losses["fp32"], rel=0.005)
    assert losses["bf16"] == pytest.approx(losses["fp32"], rel=0.01)
    assert judged.suffers(found, "fp16")
    assert not judged.suffers(found, "scaled")


def test_a_whole_backward_pass_loses_less_and_less_until_it_is_too_much() -> None:
    found = trained()
    assert np.all(np.diff(found.lost) <= 1e-6)
    assert found.lost[0] > 0.3
    assert found.over[0] == 0 < found.over[-1]
