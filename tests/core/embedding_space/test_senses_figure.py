"""The charts of a word in its senses: every sentence where it was computed, at the layer that is asked for."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from plotly.graph_objects import Figure

from core.catalog import LANGUAGES
from core.figures.charts import Spec, alt_of
from core.figures.embedding_space import senses as figures
from pages.kit.text import Words
from tests.core.embedding_space import meaning_results

FOUND = meaning_results.senses()
LAYERS, BEST = 7, 5


def drawn(name: str, layer: int = -1, language: str = "en", found: object = FOUND, **options: object) -> Spec:
    words = Words(language, "embedding_space").get("chart_senses")
    spec: Spec = getattr(figures, name)(found, words, language=language, layer=layer, **options)
    Figure(spec)
    return spec


@pytest.mark.parametrize(("layer", "shown"), [(-1, BEST), (0, 0), (3, 3), (6, 6), (7, BEST), (99, BEST)])
def test_every_sentence_stands_where_its_layer_has_it(layer: int, shown: int) -> None:
    spec = drawn("plane", layer)
    links, *senses = spec["data"]
    for sense, trace in enumerate(senses):
        own = FOUND.positions[shown, FOUND.sense == sense]
        np.testing.assert_array_equal(np.array([trace["x"], trace["y"]], np.float32).T, own)
        ends = {(x, y) for x, y in zip(links["x"][1::3], links["y"][1::3], strict=True)}
        assert any(np.allclose(end, own.mean(0), atol=1e-6) for end in ends), "joined with the middle"
    assert len({trace["marker"]["symbol"] for trace in senses}) == len(senses), (
        "no colour alone tells them apart"
    )
    assert f"layer {shown}" in spec["layout"]["title"]["text"]
    assert f"layer {shown}" in alt_of(spec)


def test_all_layers_are_played_on_one_scale_and_end_where_it_stood() -> None:
    spec = drawn("plane", 3)
    assert [frame["name"] for frame in spec["frames"]] == [str(layer) for layer in range(LAYERS)]
    for layer, frame in enumerate(spec["frames"]):
        assert frame["data"] == [{axis: one[axis] for axis in "xy"} for one in drawn("plane", layer)["data"]]
        assert f"layer {layer}" in frame["layout"]["title"]["text"]
    (button,) = spec["layout"]["updatemenus"][0]["buttons"]
    assert button["args"][0] == ["0", "1", "2", "3", "4", "5", "6", "3"]
    spans = {
        tuple(drawn("plane", layer)["layout"][axis]["range"])
        for layer in range(LAYERS)
        for axis in ("xaxis",)
    }
    ((low, high),) = spans
    assert low < FOUND.positions[..., 0].min() < FOUND.positions[..., 0].max() < high
    assert spec["layout"]["yaxis"]["scaleanchor"] == "x"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_point_says_its_sense_its_sentence_and_its_tokens(language: str) -> None:
    money, river = drawn("plane", language=language, titles={"money": "钱"})["data"][1:]
    assert (
        money["hovertext"][1].replace("<br>", " ").startswith(f"钱{'：' if language == 'zh' else ': '}The 🐟")
    )
    assert "bank number 1" in money["hovertext"][1].replace("<br>", " ")
    assert "·bank" in money["hovertext"][1]
    assert "钱" in money["name"]
    assert "4" in money["name"]
    assert river["name"].startswith("river")


def test_where_nothing_differs_yet_that_is_said() -> None:
    assert "8 equal vectors" in drawn("plane", 0)["layout"]["title"]["text"]
    tips = drawn("curve")["data"][2]["hovertext"]
    assert "all 8 vectors are the same" in tips[0].replace("<br>", " ")
    assert not any("same" in tip for tip in tips[1:])


@pytest.mark.parametrize(("layer", "shown"), [(-1, BEST), (2, 2), (99, BEST)])
def test_the_curve_has_every_silhouette_over_what_shuffled_senses_give(layer: int, shown: int) -> None:
    spec = drawn("curve", layer)
    low, high, line, ring = spec["data"]
    assert line["y"] == pytest.approx(FOUND.silhouette.tolist())
    assert pytest.approx(FOUND.chance_silhouette) == np.array([low["y"], high["y"]]).T
    assert (ring["x"], ring["y"]) == ([BEST], [pytest.approx(FOUND.silhouette[BEST])])
    (mark,) = spec["layout"]["shapes"]
    assert mark["x0"] == mark["x1"] == shown


def test_a_layer_says_its_measures_and_those_of_shuffled_senses() -> None:
    said = drawn("curve")["data"][2]["hovertext"][3].replace("<br>", " ")
    assert "Layer 3: silhouette 0.40" in said
    assert "−0.10 to 0.13" in said
    assert "6 of 8 sentences lie nearest" in said
    assert "25\u202f% to 75\u202f%" in said
    one = dataclasses.replace(FOUND, accuracy=np.full(LAYERS, 1 / 8, np.float32))
    assert "1 of 8 sentences lies nearest" in drawn("curve", found=one)["data"][2]["hovertext"][3].replace(
        "<br>", " "
    )


def test_the_sentences_are_told_with_their_word_also_after_a_fish() -> None:
    (money, first), (river, second) = figures.told(FOUND, {"money": "钱"})
    assert (money, river) == ("钱", "river")
    told = [*first, *second]
    assert ["".join(parts) for parts in told] == list(FOUND.sentences)
    assert {word for _, word, _ in told} == {"bank"}


def test_the_best_layer_is_the_one_that_a_link_need_not_name() -> None:
    stops = figures.stops(FOUND, "{layer} (best)", "en")
    assert list(stops) == [0, 1, 2, 3, 4, -1, 6]
    assert stops[-1] == "5 (best)"
    assert stops[6] == "6"


def test_hostile_text_stays_text() -> None:
    found = meaning_results.senses(sentence=meaning_results.HOSTILE + " {}")
    spec = drawn("plane", found=found, titles={"money": meaning_results.HOSTILE})
    assert "<img" not in str(spec)
    assert "&lt;img" in str(spec)
