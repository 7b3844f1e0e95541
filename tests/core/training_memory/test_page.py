"""What the page says and draws: sentences that follow the result, charts whose values are the results'."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from core.catalog import LANGUAGES
from core.catalog.training_memory import PAGE
from core.compute.training_memory import calls, judged, shapes
from core.compute.training_memory.estimate import (
    BOUNDS,
    KEEPS,
    OPTIMIZERS,
    PARTS,
    PRECISIONS,
    Estimate,
    estimate,
)
from core.compute.training_memory.measured import KEPT, LAYERS, LENGTHS, Counted
from core.compute.training_memory.precision import KINDS, MOST_SCALE, cast, timed, trained
from core.figures.charts import Spec, alt_of
from core.figures.training_memory import memory
from core.figures.training_memory import precision as figures
from pages.kit.text import Words


def words(language: str) -> dict[str, str]:
    return dict(Words(language, "training_memory").get("charts"))


def valid(spec: Spec) -> Spec:
    go.Figure(spec)  # validates every property
    assert alt_of(spec)
    assert "{" not in alt_of(spec)
    return spec


def estimated(**more: Any) -> Estimate:
    """The page's first state with some values changed."""
    state = {param.name: param.default for param in PAGE.params} | more
    (asked,) = list(calls.estimated(state))
    assert asked.function is estimate
    found: Estimate = asked.run()
    return found


def some_count(*peaks: float) -> Counted:
    """A count of which only the peaks matter."""
    names = ("plain_estimate", "plain_count", "again_estimate", "again_count")
    return Counted(names, np.array([[0, 0, peak, 0] for peak in peaks], np.float64), 1)


def test_what_a_link_may_hold_is_what_can_be_computed() -> None:
    for name, bounds in {**BOUNDS, **shapes.SIZES}.items():
        assert (PAGE.param(name).low, PAGE.param(name).high) == bounds
    for name, known in (("precision", PRECISIONS), ("optimizer", OPTIMIZERS), ("keep", KEEPS)):
        assert PAGE.param(name).options == known
    assert PAGE.param("shape").options == (*shapes.KNOWN, shapes.OWN)
    assert PAGE.param("scale").high == MOST_SCALE
    assert tuple(map(int, PAGE.param("depth").options)) == LAYERS
    assert tuple(map(int, PAGE.param("tokens").options)) == LENGTHS


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("shape", [*shapes.KNOWN, shapes.OWN])
def test_parts_are_drawn_as_they_are(shape: str, language: str) -> None:
    found = estimated(shape=shape, processes=4)
    spec = valid(memory.parts(found, words(language), language=language))
    for trace, sizes in zip(spec["data"], found.bytes.T, strict=True):
        assert trace["x"] == pytest.approx((sizes / 1e9).tolist())
    cards = [one["x0"] for one in spec["layout"].get("shapes", ())]
    assert cards == [card for card in (24, 80) if card < 1.2 * found.bytes.sum(axis=1).max() / 1e9]
    one = valid(memory.saved(found, words(language), language=language))
    assert sum(one["data"][0]["x"]) == pytest.approx(found.saved_bytes.sum() / 1e6)
    rows = list(memory.part_rows(found, words(language)))
    assert [row[-1] for row in rows] == pytest.approx(found.bytes.sum(axis=1).tolist())
    assert len(rows[0]) == len(memory.PART_COLUMNS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_counts_are_drawn_as_they_are(language: str) -> None:
    found = some_count(10e6, 11e6, 5e6, 4e6)
    spec = valid(memory.peaks(found, words(language), language=language))
    assert spec["data"][KEPT.index("held")]["x"] == [10, 11, 5, 4]
    assert [row[-1] for row in memory.count_rows(found, words(language))] == found.peaks.tolist()
    steps = timed()
    drawn = valid(memory.times(steps, words(language), language=language))["data"][0]
    assert sorted(drawn["x"]) == pytest.approx(sorted(steps.peak / 1e6))
    assert drawn["y"][-1] == 1  # without checkpoints the peak is highest
    assert len(list(memory.step_rows(steps))) == len(steps.every)


@pytest.mark.parametrize("language", LANGUAGES)
def test_precisions_are_drawn_as_they_are(language: str) -> None:
    found, runs = cast(scale=4), trained()
    spec = valid(figures.gradients(found, words(language), language=language))
    assert sum(np.array(trace["y"]) for trace in spec["data"]) == pytest.approx(found.share.sum(axis=0))
    edges = [one["x0"] + 0.5 for one in spec["layout"]["shapes"]]
    assert [int(found.power[int(edge)]) for edge in edges] == [-24, -14, 16]
    curves = valid(figures.curves(runs, words(language), language=language))
    for run, trace in zip(runs.runs, curves["data"], strict=True):
        assert trace["y"][-1] == pytest.approx(judged.last_losses(runs)[run], rel=1e-5)
    scales = valid(figures.by_scale(runs, words(language), language=language))
    assert scales["data"][0]["y"] == pytest.approx(runs.lost.tolist())
    assert sum(sum(row[1:]) for row in figures.cast_rows(found)) == pytest.approx(1, abs=1e-4)
    assert len(list(figures.run_rows(runs))) == runs.loss.shape[1]


def test_the_smallest_card_that_holds_it_is_named_or_none() -> None:
    assert judged.fits(estimated(shape="gpt2")) == 24
    assert judged.fits(estimated(optimizer="sgd")) == 80
    assert judged.fits(estimated()) == 0
    edge = Estimate(("chosen",), np.array([[24e9, 0, 0, 0, 0]]), (), np.array([]), 1, 1)
    assert judged.fits(edge) == 24
    assert judged.fits(replace(edge, bytes=np.array([[24e9, 1, 0, 0, 0]]))) == 80


def test_the_saver_that_saves_most_is_named_or_none() -> None:
    found = estimated()
    name, less = judged.best_saver(found)
    assert name == "lora"
    assert less == pytest.approx(1 - found.bytes.sum(axis=1).min() / found.bytes[0].sum())
    assert judged.best_saver(estimated(shape="gpt2", batch=64))[0] == "full"
    assert judged.best_saver(estimated(optimizer="sgd", keep="full", rank=8)) == ("", 0.0)
    assert judged.largest(found) == (PARTS[2], float(found.bytes[0, 2] / found.bytes[0].sum()))


def test_formulas_are_below_or_above_and_checkpoints_save_or_not() -> None:
    assert judged.off(some_count(9, 10, 5, 5), 0) == pytest.approx(-0.1)
    assert judged.off(some_count(11, 10, 5, 4), 0) == pytest.approx(0.1)
    assert judged.off(some_count(11, 10, 5, 4), 2) == pytest.approx(0.25)
    told, less = judged.saved(some_count(9, 10, 5, 4))
    assert told == "checkpoints"
    assert less == pytest.approx(0.6)
    assert judged.saved(some_count(9, 10, 5, 11))[0] == "checkpoints_none"


def test_what_float16_does_is_said_as_it_is() -> None:
    found = cast(scale=0)
    assert judged.lost(found)[0] == "underflows"
    assert judged.lost(cast(scale=24))[0] == "holds"
    over = replace(found, totals=np.array([0.5, 0.2, 0.1, 0.2], np.float32))
    assert judged.lost(over)[0] == "overflows"
    assert judged.lost(over)[1:] == pytest.approx((0.5, 0.2))
    assert KINDS[-1] == "infinite"


def test_a_training_suffers_or_not() -> None:
    found = trained()
    assert judged.suffers(found, "fp16")
    even = replace(found, loss=np.repeat(found.loss[:1], len(found.runs), axis=0))
    assert not judged.suffers(even, "fp16")
