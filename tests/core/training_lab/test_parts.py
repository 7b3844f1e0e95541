"""Film, gradients and live: what is packed, what is said of gradients, and what a state asks to be trained."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core import catalog
from core.catalog import training_lab as declared
from core.compute.training_lab import parts, reach
from core.compute.training_lab.films import KINDS, film, kinds
from core.compute.training_lab.gradients import Gradients, flow
from core.data import lab_runs
from core.data.lab_recipe import BOUNDS, CHOICES
from core.errors import BadParameter
from core.figures.buffer import unpack
from core.figures.training_lab import film as figures
from core.figures.training_lab.gradients import reach as chart
from core.figures.training_lab.live import POINTS, thin
from core.training.lab import sizes

PAGE = catalog.find("training_lab")
FULL = {param.name: param.default for param in PAGE.params}


@pytest.fixture
def network() -> Gradients:
    return flow(depth=3, norm=True, residual=True)


def test_the_film_holds_what_the_run_left() -> None:
    found = film(run="sound")
    meta, arrays = unpack(figures.payload(found, {}, {}, language="en", caption=""))
    looked, run = lab_runs.attention_film("sound"), lab_runs.run("sound")
    assert arrays["frames"].tolist() == list(run.frames)
    assert len(arrays["frames"]) >= 20
    assert np.array_equal(arrays["attention"], np.rint(255 * looked.weights))
    assert np.abs(arrays["attention"].sum(-1) - 255.0).max() <= looked.weights.shape[-1] / 2
    assert [meta["kinds"][one] for one in arrays["kind"]] == list(found.kinds)
    assert np.array_equal(arrays["positions"], lab_runs.embedding_film("sound").positions)
    assert sum(1 for _ in figures.rows(found)) == len(run.frames) * len(found.pieces)


def test_pieces_are_grouped_and_characters_by_their_frequency() -> None:
    found = dict(zip("不山峨", kinds(("不", "山", "峨")), strict=True))
    assert found == {"不": "frequent", "山": "common", "峨": "rare"}
    assert set(kinds(("a", "B", "7", "\n", "the", "<", "不"))) <= set(KINDS)


def changed(found: Gradients, first: float, last: float) -> Gradients:
    gradient = found.gradient.copy()
    gradient[-1, found.stages.index("after_mlp")] = last
    return replace(found, embedding=first, gradient=gradient)


@pytest.mark.parametrize(
    ("first", "last", "said", "turn"),
    [
        (1e-6, 1.0, "vanishes", "smaller"), (50.0, 1.0, "explodes", "larger"), (2.0, 1.0, "arrives", "larger"),
        (0.5, 1.0, "arrives", "smaller"), (float("nan"), 1.0, "overflows", "larger"),
        (1.0, 0.0, "overflows", "larger"),
    ],
)  # fmt: skip
def test_what_becomes_of_a_gradient_is_said_as_it_is(
    network: Gradients, first: float, last: float, said: str, turn: str
) -> None:
    found = changed(network, first, last)
    assert reach.said(found) == said
    assert reach.turned(found)[0] == turn


def test_depth_without_residual_and_norm_loses_the_gradient_and_with_both_it_arrives() -> None:
    found = {
        name: flow(depth=8, norm=norm, residual=residual) for name, (norm, residual) in reach.WIRINGS.items()
    }
    assert {name: reach.said(one) for name, one in found.items()} == {
        "both": "arrives", "residual": "arrives", "norm": "arrives", "neither": "vanishes",
    }  # fmt: skip
    assert tuple(found) == declared.WIRINGS


def test_what_the_experiment_says_of_two_and_of_eight_layers_is_so() -> None:
    two, eight = (reach.factor(flow(depth=depth, norm=False, residual=False)) for depth in (2, 8))
    assert 0.003 < two < 0.03
    assert eight < 1e-6


def test_the_chart_has_a_place_for_what_enters_and_each_layer(network: Gradients) -> None:
    names = ("tip_reach", "tip_enters", "axis_layer", "axis_norm", "alt_reach", "title_reach", "enters")
    words = dict.fromkeys(names, "")
    spec = chart(network, words=words, names=["a"], chosen=0, language="en")
    assert spec["data"][0]["y"] == pytest.approx([network.embedding, *network.gradient[:, -1].tolist()])
    assert spec["layout"]["yaxis"]["type"] == "log"


def test_a_recipe_is_what_the_state_and_the_size_say() -> None:
    size = sizes.SIZES[0]
    made = parts.recipe(FULL, layers=size.layers, width=size.width, heads=size.heads)
    assert (made.task, made.layers, made.width, made.context) == ("addition", 1, 32, 16)
    assert made.rate == FULL["rate"]
    own = parts.recipe({**FULL, "task": "own"}, layers=1, width=32, heads=2, text="words")
    assert own.text == "words"
    with pytest.raises(BadParameter):
        parts.recipe({**FULL, "task": "own"}, layers=1, width=32, heads=2)


def test_what_can_be_set_is_what_the_lab_admits() -> None:
    for name in ("task", "optimizer", "schedule"):
        assert set(PAGE.param(name).options) == set(CHOICES[name])
    for name in ("rate", "steps", "batch", "warmup", "dropout", "decay", "clip"):
        assert (PAGE.param(name).low, PAGE.param(name).high) == BOUNDS[name]
    assert tuple(one.id for one in sizes.SIZES) == declared.SIZES
    assert set(declared.INITIAL) <= set(CHOICES["initialisation"])


def test_a_curve_that_grows_keeps_its_ends() -> None:
    for count in (0, 1, POINTS, 5000):
        places = thin(count).tolist()
        assert len(places) == min(count, POINTS)
        assert places[:1] + places[-1:] == ([0, count - 1] if count else [])
