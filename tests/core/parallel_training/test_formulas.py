"""Who holds what and what travels, beside the numbers of papers and of released models."""

from __future__ import annotations

import numpy as np
import pytest

from core.compute.parallel_training import judged
from core.compute.parallel_training.formulas import (
    SHAPES,
    TINY,
    TOKENS,
    WAYS,
    Shape,
    Way,
    divided,
    held,
    memory,
    most,
    part,
    ring,
    sent,
    traffic,
    way,
)
from core.errors import BadParameter

PSI = 7.5e9


def one_layer(parameters: float) -> Shape:
    """A shape of about so many parameters, almost all of them in matrices of layers."""
    return Shape(vocabulary=1, length=1, width=round((parameters / 12 / 64) ** 0.5), layers=64, heads=64)


def test_parameters_are_those_of_the_released_gpt_2() -> None:
    """124,439,808: the size of the weights that were released."""
    assert SHAPES["gpt2"].parameters == 124_439_808


@pytest.mark.parametrize(("size", "billions"), [("2b7", 2.7), ("6b7", 6.7), ("13b", 13.0), ("175b", 175.0)])
def test_parameters_are_those_of_gpt_3(size: str, billions: float) -> None:
    """Brown et al. 2020, table 2.1."""
    assert SHAPES[size].parameters / 1e9 == pytest.approx(billions, rel=0.02)


@pytest.mark.parametrize(("zero", "gigabytes"), [(0, 120), (1, 31.4), (2, 16.6), (3, 1.9)])
def test_memory_is_that_of_the_zero_paper(zero: int, gigabytes: float) -> None:
    """Rajbhandari et al. 2020, figure 1: 7.5 billion parameters, 64 processes, 12 bytes of states."""
    counts = held(one_layer(PSI), Way(data=64, zero=zero))
    assert np.dot(counts, (2, 2, 12)) / 1e9 == pytest.approx(gigabytes, rel=0.02)


def test_tensors_and_stages_divide_the_layers() -> None:
    shape = SHAPES["6b7"]
    whole = shape.layers * shape.layer
    assert part(shape, tensor=8) == pytest.approx(whole / 8 + shape.embedding, rel=0.01)
    assert part(shape, stages=32) >= shape.layer + shape.embedding
    assert divided(10, 4) == [3, 3, 2, 2]
    assert sum(part(shape, stages=1) for _ in range(1)) == shape.parameters


def test_no_more_processes_are_used_than_there_are_heads_or_layers() -> None:
    assert most(SHAPES["gpt2"], "tensor", 8) == 6
    assert most(SHAPES["gpt2"], "pipeline", 64) == 12
    assert most(SHAPES["gpt2"], "zero_3", 64) == 64


@pytest.mark.parametrize("processes", [2, 4, 8, 64])
def test_bytes_are_those_of_the_papers(processes: int) -> None:
    """Ring all-reduce (Patarasuk & Yuan 2009), ZeRO (§7): 2 (n − 1) / n and 3 (n − 1) / n of the parameters."""
    psi, n = SHAPES["13b"].parameters, processes
    share = (n - 1) / n
    for name, times in (("data", 2), ("zero_1", 2), ("zero_2", 2), ("zero_3", 3)):
        assert sent(SHAPES["13b"], way(name, n), 1024) == pytest.approx(times * share * psi)
    activations = 1024 * SHAPES["13b"].width
    tensor = sent(SHAPES["13b"], way("tensor", n), 1024)
    assert tensor == pytest.approx(4 * 40 * 2 * share * activations)
    assert sent(SHAPES["13b"], way("pipeline", n), 1024) == activations * (1 if n == 2 else 2)
    assert ring(1, 5.0) == 0


def test_experiment_shared() -> None:
    found = memory(size="6b7", processes=64)
    total = found.bytes.sum(axis=1) / 1e9
    assert total[0] == pytest.approx(107, abs=1)
    assert total[found.ways.index("zero_3")] == pytest.approx(1.7, abs=0.1)


def test_the_first_way_that_fits_is_named_and_none_where_none_does() -> None:
    assert judged.first_that_fits(memory(size="gpt2", processes=2)) == "data"
    assert judged.first_that_fits(memory(size="6b7", processes=8)) == "zero_1"
    assert judged.first_that_fits(memory(size="175b", processes=64)) == "zero_3"
    assert judged.first_that_fits(memory(size="175b", processes=8)) == ""


def test_tensors_send_as_much_as_data_where_it_is_said() -> None:
    found = traffic(size="6b7", processes=8)
    tokens = judged.even(found)
    data, tensor = (found.bytes[found.ways.index(name)] for name in ("data", "tensor"))
    assert np.interp(np.log(tokens), np.log(TOKENS), np.log(tensor)) == pytest.approx(np.log(data[0]))
    assert (tensor[np.array(TOKENS) < tokens] < data[0]).all()
    assert (tensor[np.array(TOKENS) > tokens] > data[0]).all()


def test_what_there_is_not_is_refused() -> None:
    for asked in (
        {"size": "9b", "processes": 2},
        {"size": "6b7", "processes": 65},
        {"size": "6b7", "processes": 0},
    ):
        for function in (memory, traffic):
            with pytest.raises((BadParameter, ValueError)):
                function(**asked)  # type: ignore[arg-type] # one row names both
    with pytest.raises(BadParameter):
        way("magic", 2)
    assert {way(name, 4).processes for name in (*WAYS, "mixed")} == {4}
    assert TINY.parameters == 60_096
