"""The charts of the narrow cone: every layer's cosines, the shown layer's pairs and directions, and which it is."""

from __future__ import annotations

import numpy as np
import pytest
from plotly.graph_objects import Figure

from core.catalog import LANGUAGES
from core.figures.charts import Spec, alt_of
from core.figures.embedding_space import spread as figures
from pages.kit.text import Words
from tests.core.embedding_space import meaning_results

FOUND = meaning_results.cone()


def drawn(name: str, layer: int = -1, language: str = "en") -> Spec:
    words = Words(language, "embedding_space").get("chart_anisotropy")
    spec: Spec = getattr(figures, name)(FOUND, words, language=language, layer=layer)
    Figure(spec)
    return spec


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_curve_has_both_means_and_the_band_of_each(language: str) -> None:
    spec = drawn("curve", language=language)
    bands, (raw, centred, zero) = spec["data"][:4], spec["data"][4:]
    for at, trace in enumerate((raw, centred)):
        assert trace["y"] == pytest.approx(FOUND.cosine[at].tolist())
        assert trace["x"] == [0, 1, 2, 3, 4]
        edges = [one["y"] for one in bands if one["line"]["color"] == trace["line"]["color"]]
        assert np.array(edges) == pytest.approx(FOUND.spread[at].T)
        assert edges[0] < edges[1]
    assert set(zero["y"]) == {0}
    assert all(one["hoverinfo"] == "skip" and not one["showlegend"] for one in bands)
    assert [one.get("fill") for one in bands] == [None, "tonexty"] * 2
    assert "0.50" in raw["hovertext"][2]
    assert "0.40" in raw["hovertext"][2]
    assert "0.55" in raw["hovertext"][2]


@pytest.mark.parametrize(("layer", "shown"), [(-1, 4), (0, 0), (3, 3), (99, 4)])
def test_the_layer_that_is_looked_at_is_marked_and_taken_apart(layer: int, shown: int) -> None:
    (line,) = drawn("curve", layer)["layout"]["shapes"]
    assert line["x0"] == line["x1"] == shown
    for name, values in (("histogram", FOUND.histogram), ("directions", FOUND.shares)):
        spec = drawn(name, layer)
        assert np.array([trace["y"] for trace in spec["data"]]) == pytest.approx(values[:, shown])
        assert f"ayer {shown}" in spec["layout"]["title"]["text"]
        assert f"layer {shown}" in alt_of(spec)


def test_bins_and_directions_say_both_kinds() -> None:
    bins = drawn("histogram", 0)["data"][0]
    assert bins["x"][20] == pytest.approx(0.025)
    assert bins["hovertext"][20] == "0.00 … 0.05<br>as they are: 0\u202f%<br>mean removed: 100\u202f%"
    first = drawn("directions")["data"][0]
    assert first["x"] == list(range(1, 11))
    assert first["hovertext"][0] == "direction 1<br>as they are: 90\u202f%<br>mean removed: 5.0\u202f%"
