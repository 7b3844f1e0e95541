"""Schedules of a pipeline: rules that any must keep, closed forms of papers, and a table written by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.compute.parallel_training.schedules import (
    KINDS,
    MOST_CHUNKS,
    MOST_MICRO,
    MOST_STAGES,
    Kind,
    Schedule,
    bubble,
    most_kept,
    orders,
    schedule,
)
from core.errors import BadParameter

steps = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(KINDS),
        "stages": st.integers(2, MOST_STAGES),
        "micro": st.integers(1, MOST_MICRO),
        "chunks": st.integers(1, MOST_CHUNKS),
        "ratio": st.sampled_from((0.5, 1.0, 2.0, 3.5)),
    }
)


def passes(found: Schedule) -> dict[tuple[int, int, bool], tuple[int, float, float]]:
    """(place of the chunk in the model, micro-batch, backward) → stage, start, end."""
    place = found.chunk * found.stages + found.stage
    rows = zip(place, found.number, found.backward, found.stage, found.start, found.end, strict=True)
    return {(int(a), int(b), bool(c)): (int(d), float(e), float(f)) for a, b, c, d, e, f in rows}


@given(steps)
def test_all_is_done_once_and_nothing_before_what_it_needs(asked: dict[str, Any]) -> None:
    found = schedule(**asked)
    done, last = passes(found), found.stages * found.chunks - 1
    assert len(done) == len(found.stage) == 2 * (last + 1) * found.micro
    for (place, micro, backward), (_, start, end) in done.items():
        long = found.ratio if backward else 1.0
        assert end - start == pytest.approx(long / found.chunks, abs=1e-4)
        needed = (
            (place, micro, False)
            if backward and place == last
            else (place + (1 if backward else -1), micro, backward)
        )
        if place or backward:
            assert done[needed][2] <= start + 1e-4


@given(steps)
def test_a_stage_does_one_thing_at_a_time(asked: dict[str, Any]) -> None:
    found = schedule(**asked)
    for stage in range(found.stages):
        at = np.flatnonzero(found.stage == stage)
        order = at[np.argsort(found.start[at], kind="stable")]
        assert (found.end[order][:-1] <= found.start[order][1:] + 1e-4).all()


@given(steps)
def test_the_bubble_is_that_of_the_papers(asked: dict[str, Any]) -> None:
    """Narayanan et al. 2021, §2.2; also where a backward pass takes longer."""
    found = schedule(**asked)
    p, m, v = found.stages, found.micro, found.chunks
    assert found.idle == pytest.approx((p - 1) / (v * m + p - 1), abs=1e-4)
    assert found.formula == pytest.approx((p - 1) / (v * m + p - 1))
    assert found.length == pytest.approx((m + (p - 1) / v) * (1 + found.ratio), rel=1e-4)


@given(steps)
def test_what_is_kept_is_what_is_under_way(asked: dict[str, Any]) -> None:
    """Counted along the time, beside the count along the order."""
    found = schedule(**asked)
    for stage in range(found.stages):
        at = np.flatnonzero(found.stage == stage)
        events = sorted(
            (float(found.end[one]), -1) if found.backward[one] else (float(found.start[one]) + 1e-3, 1)
            for one in at
        )
        assert found.kept[stage] == pytest.approx(
            np.cumsum([step for _, step in events]).max() / found.chunks
        )


@pytest.mark.parametrize(("stages", "micro"), [(2, 1), (4, 2), (4, 8), (8, 32)])
def test_one_by_one_keeps_no_more_than_the_stages_and_gpipe_keeps_all(stages: int, micro: int) -> None:
    one = schedule(kind="one_f", stages=stages, micro=micro)
    assert one.kept.tolist() == [min(micro, stages - at) for at in range(stages)]
    assert schedule(kind="gpipe", stages=stages, micro=micro).kept.tolist() == [micro] * stages


def test_the_schedule_of_pipedream_s_figure() -> None:
    """Narayanan et al. 2019, figure 4 (with a flush): four stages, 1F1B; F and B of each micro-batch in order."""
    written = [
        "".join(f"{'B' if task.backward else 'F'}{task.micro + 1}" for task in tasks)
        for tasks in orders("one_f", 4, 4)
    ]
    assert written == ["F1F2F3F4B1B2B3B4", "F1F2F3B1F4B2B3B4", "F1F2B1F3B2F4B3B4", "F1B1F2B2F3B3F4B4"]


def test_the_schedule_of_megatron_s_figure() -> None:
    """Narayanan et al. 2021, figure 4 below: four stages of two chunks, eight micro-batches; what the first does."""
    first = orders("interleaved", 4, 8, 2)[0]
    forward = [(task.chunk, task.micro + 1) for task in first if not task.backward]
    assert forward == [(c, m + at) for m in (1, 5) for c in (0, 1) for at in range(4)]
    assert [task.backward for task in first].index(True) == 11  # 2 (p − 1) + (v − 1) p ahead, and one in turn
    assert most_kept(first) == 11


def test_experiment_bubble() -> None:
    found = schedule(kind="gpipe", stages=4, micro=4)
    assert 0.4 < found.idle < 0.5
    assert schedule(kind="gpipe", stages=4, micro=32).idle < 0.1


def test_experiment_in_turn() -> None:
    one, all_first = (schedule(kind=kind, stages=4, micro=8) for kind in ("one_f", "gpipe"))
    assert one.length == all_first.length
    assert (one.kept[0], all_first.kept[0]) == (4, 8)


@pytest.mark.parametrize(
    ("given_", "name"),
    [({"kind": "zigzag"}, "kind"), ({"stages": 1}, "stages"), ({"micro": 0}, "micro"), ({"chunks": 9}, "chunks"),
     ({"ratio": 0.0}, "ratio"), ({"ratio": float("nan")}, "ratio")],
)  # fmt: skip
def test_what_cannot_be_scheduled_is_refused(given_: dict[str, Any], name: str) -> None:
    with pytest.raises(BadParameter) as told:
        schedule(**{"kind": "gpipe", "stages": 2, "micro": 2, **given_})
    assert told.value.values["name"] == name


def test_micro_batches_that_do_not_come_out_even_are_not_interleaved() -> None:
    kind: Kind = "interleaved"
    with pytest.raises(BadParameter):
        orders(kind, 4, 6, 2)
    assert schedule(kind=kind, stages=4, micro=6, chunks=2).micro == 8
    assert bubble(4, 8, 2) == 3 / 19
