"""The bundled runs of real processes, and every judgement about them where it would be false."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.compute.parallel_training import judged
from core.compute.parallel_training.formulas import TINY, WAYS, memory
from core.compute.parallel_training.measured import BYTES, EXACT, NEAR, PROCESSES, measured
from core.compute.parallel_training.schedules import schedule
from core.data.parallel_runs import FOLDER, read_runs
from core.errors import BadParameter
from core.models.load.manifest import read_manifest

every_run = pytest.mark.parametrize(
    ("processes", "precision"), [(count, precision) for count in PROCESSES for precision in BYTES]
)


def test_every_file_is_the_one_that_was_made() -> None:
    manifest = read_manifest("parallel", FOLDER)
    assert {path.name for path in FOLDER.iterdir()} == {*manifest.sha256, "manifest.json"}
    card = manifest.read_bytes("README.md").decode()
    assert "python -m core.training.parallel --write" in card
    assert f"{TINY.parameters:,} parameters" in card
    assert manifest.read_bytes("runs.json")


@every_run
def test_every_way_comes_to_what_one_process_comes_to(processes: int, precision: str) -> None:
    found = measured(processes=processes, precision=precision)
    assert set(WAYS) <= set(found.ways)
    assert found.loss.shape == (len(found.ways), 20)
    assert found.alone[0] == pytest.approx(np.log(TINY.vocabulary), abs=0.05)  # nothing is known yet
    assert found.alone[-1] < found.alone[0] - 1
    assert found.off <= NEAR
    if precision == "float64":
        assert found.apart.max() <= EXACT
    assert judged.equal(found)


@every_run
def test_bytes_are_counted_as_computed_and_each_holds_its_part_and_nothing_else(
    processes: int, precision: str
) -> None:
    found = measured(processes=processes, precision=precision)
    assert found.sent.tolist() == found.formula.tolist()
    assert found.held.tolist() == found.expected.tolist()
    for run in read_runs(processes, precision).runs:
        assert len(run.sent) == processes
        assert run.alive == tuple(map(sum, run.held))
    data, zero = found.ways.index("data"), found.ways.index("zero_3")
    assert found.held[data].tolist() == [TINY.parameters, TINY.parameters, 2 * TINY.parameters]
    assert (found.held[zero] * processes).tolist() == found.held[data].tolist()


def test_stages_kept_as_many_activations_as_the_schedule_says() -> None:
    runs = {run.way: run for run in read_runs(4, "float64").runs}
    assert list(runs["pipeline"].kept) == schedule(kind="one_f", stages=4, micro=4).kept.tolist()


def test_experiment_price() -> None:
    for processes in PROCESSES:
        assert judged.ratio(measured(processes=processes, precision="float64"), "zero_3") == 1.5


def test_experiment_same() -> None:
    found = measured(processes=4, precision="float64")
    assert len(found.ways) == 7
    assert found.apart.max() < 1e-12


def test_judgements_follow_the_results() -> None:
    found = measured(processes=2, precision="float64")
    assert judged.counted(found)
    assert not judged.counted(replace(found, sent=found.sent + 8))
    assert not judged.equal(replace(found, apart=found.apart + 1e-8))
    single = measured(processes=2, precision="float32")
    assert judged.equal(replace(single, apart=single.apart + 1e-8))
    assert not judged.equal(replace(single, loss=single.loss + 2e-4))
    assert judged.held_as_computed(found)
    assert not judged.held_as_computed(replace(found, held=found.held + 1))
    step = schedule(kind="gpipe", stages=2, micro=2)
    assert judged.as_formula(step)
    assert not judged.as_formula(replace(step, end=step.end + 1))
    assert judged.first_that_fits(memory(size="175b", processes=2)) == ""


def test_other_runs_are_refused() -> None:
    with pytest.raises(BadParameter):
        measured(processes=3, precision="float64")
    with pytest.raises(BadParameter):
        measured(processes=2, precision="int8")
