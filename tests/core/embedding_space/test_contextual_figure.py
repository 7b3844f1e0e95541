"""Messages of the model-derived canvases, and their arithmetic in the browser against scipy and numpy."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.spatial import ConvexHull

from core.figures.buffer import unpack
from core.figures.components import source
from core.figures.embedding_space import contextual as figures
from pages.kit.text import Words, table
from tests.core.embedding_space import meaning_results
from tests.node import in_node

CANVASES = {
    "sense_layers": "canvas_senses",
}
STATE = {"layer": 2, "version": 4}


def test_senses_travel_whole() -> None:
    found = meaning_results.senses()
    message = figures.senses_payload(
        found, {"a": "b"}, STATE, language="en", titles={"money": "银行"}, caption="C"
    )
    meta, arrays = unpack(message)
    assert meta["state"] == STATE
    assert meta["words"] == {"a": "b"}
    assert meta["senses"] == ["银行", "river"]
    assert meta["sentences"] == list(found.sentences)
    assert (meta["best"], meta["causal"], meta["skipped"]) == (5, True, 1)
    np.testing.assert_array_equal(arrays["positions"], found.positions)
    np.testing.assert_array_equal(arrays["sense"], found.sense)
    np.testing.assert_allclose(arrays["explained"], 0.75)
    for name in ("silhouette", "accuracy", "chance_silhouette", "chance_accuracy"):
        np.testing.assert_array_equal(arrays[name], getattr(found, name))


def test_the_word_is_found_where_a_browser_counts() -> None:
    found = meaning_results.senses()
    meta, _ = unpack(figures.senses_payload(found, {}, STATE, language="en"))
    for sentence, (start, end) in zip(found.sentences, meta["spans"], strict=True):
        units = sentence.encode("utf-16-le")
        assert units[2 * start : 2 * end].decode("utf-16-le") == "bank"
        assert start == sentence.index("bank") + 1  # the fish takes two units


@pytest.mark.parametrize(
    "make",
    [
        lambda: figures.senses_payload(meaning_results.senses(), {}, STATE, language="en"),
    ],
)
def test_equal_results_give_equal_bytes(make: Callable[[], bytes]) -> None:
    assert make() == make()


@pytest.mark.parametrize("name", CANVASES)
def test_components_are_whole_and_speak_no_language(name: str) -> None:
    html, _, script = source(name)
    assert "innerHTML" not in script
    assert "import {" not in script
    text = "".join(part.split(">")[-1] for part in html.split("<"))
    assert not text.strip(), "words come with the data"


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", CANVASES)
def test_every_word_that_a_canvas_asks_for_is_there_and_used(name: str, language: str) -> None:
    html, _, script = source(name)
    asked = set(re.findall(r"words\.([a-z_]+)", script)) | set(re.findall(r'data-word="([a-z_]+)"', html))
    own = set(table(language, "embedding_space")[CANVASES[name]])
    assert own <= asked <= set(Words(language, "embedding_space").sub(CANVASES[name]))


# --- what the browser computes ---


MODULES = """
import { convexHull, layerExtents, placesAt } from "./assets/components/embedding_space/sense_layers/picture.js";
import { layerTicks, niceTicks } from "./assets/components/shared/layers.js";
import { decimal } from "./assets/components/shared/numbers.js";
"""


def computed(expression: str, value: Any) -> Any:
    """The value of a JavaScript expression of ``given``."""
    return in_node(f"{MODULES}const main = (given) => {expression};", value)


def test_areas_are_convex_hulls() -> None:
    points = np.random.default_rng(0).normal(size=(40, 2))
    found = np.array(computed("convexHull(given)", points.tolist()))
    wanted = points[ConvexHull(points).vertices]
    assert {tuple(one) for one in found.round(9)} == {tuple(one) for one in wanted.round(9)}
    assert len(computed("convexHull(given)", [[1, 1]])) == 1
    assert computed("convexHull(given)", [[1, 1], [1, 1], [1, 1]])


def test_points_between_two_layers_lie_between_and_keep_their_shape() -> None:
    found = meaning_results.senses()
    layers, count, _ = found.positions.shape
    given = {"positions": found.positions.reshape(layers, -1).tolist(), "layers": layers, "count": count}
    view = "{ ...given, at: AT, extents: layerExtents(given.positions) }"
    places = {
        at: np.array(computed(f"Array.from(placesAt({view.replace('AT', str(at))}, 400, 300))", given))
        for at in (3, 3.5, 4)
    }
    np.testing.assert_allclose(places[3.5], (places[3] + places[4]) / 2, atol=1e-3)
    drawn = places[4].reshape(count, 2) - [200, 150]
    scale = drawn[:, 0] / found.positions[4, :, 0]
    np.testing.assert_allclose(drawn[:, 0], found.positions[4, :, 0] * scale[0], atol=1e-3)
    np.testing.assert_allclose(drawn[:, 1], -found.positions[4, :, 1] * scale[0], atol=1e-3)
    assert np.abs(drawn).max(0)[0] <= 200
    assert np.abs(drawn).max(0)[1] <= 150


@pytest.mark.parametrize(
    ("low", "high", "count", "wanted"),
    [
        (0, 1, 4, [0, 0.25, 0.5, 0.75, 1]),
        (-0.2, 0.6, 4, [-0.2, 0, 0.2, 0.4, 0.6]),
        (0, 0.05, 2, [0, 0.025, 0.05]),
    ],
)
def test_ticks_are_round(low: float, high: float, count: int, wanted: list[float]) -> None:
    found = computed("niceTicks(...given)", [low, high, count])
    np.testing.assert_allclose(found, wanted, atol=1e-9)


@pytest.mark.parametrize("layers", [2, 3, 7, 13, 25, 31, 81])
@pytest.mark.parametrize("width", [230, 700, 1600])
def test_layers_under_the_axis_never_touch(layers: int, width: int) -> None:
    ticks = computed("layerTicks(...given)", [layers, width, 26])
    assert ticks[0] == 0
    assert ticks[-1] == layers - 1
    assert all(step * width / (layers - 1) >= 26 * 0.65 for step in np.diff(ticks))


def test_a_minus_sign_is_one_and_nothing_is_minus_zero() -> None:
    found = computed("given.map((v) => decimal(v))", [-0.123, -0.001, 0.5])
    assert found == ["−0.12", "0.00", "0.50"]
