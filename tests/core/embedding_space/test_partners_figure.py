"""The charts of sentences and their translations: every cosine, every point, the pair that is looked at."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from plotly.graph_objects import Figure

from core.catalog import LANGUAGES
from core.figures.charts import Spec
from core.figures.embedding_space import partners as figures
from pages.kit.text import Words
from tests.core.embedding_space import meaning_results

FOUND = meaning_results.sentences()


def words(language: str = "en") -> dict[str, str]:
    return dict(Words(language, "embedding_space").get("chart_sentences"))


def drawn(name: str, pair: int = -1, language: str = "en") -> Spec:
    spec: Spec = getattr(figures, name)(FOUND, words(language), language=language, pair=pair)
    Figure(spec)
    return spec


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_cosine_is_a_cell_between_two_sentences(language: str) -> None:
    spec = drawn("cosines", language=language)
    (trace,) = spec["data"]
    assert np.array(trace["z"]) == pytest.approx(FOUND.similarity)
    assert trace["y"][:2] == ["1. Sentence 0.", "2. Sentence 1."]
    assert trace["x"][5] == "6. 第5句。"
    assert trace["zmin"] < trace["zmax"] == pytest.approx(0.9)
    assert spec["layout"]["yaxis"]["autorange"] == "reversed", "the first sentence on top"
    assert "shapes" not in spec["layout"]


@pytest.mark.parametrize(("kind", "share"), [("raw", "30"), ("apart", "15")])
def test_every_sentence_is_a_point_and_is_joined_with_its_translation(kind: str, share: str) -> None:
    spec = drawn(kind)
    links, left, right = spec["data"]
    places = FOUND.positions[("raw", "apart").index(kind)].astype(float)
    for trace, half in ((left, places[:6]), (right, places[6:])):
        assert pytest.approx(half) == np.array([trace["x"], trace["y"]]).T
    for at in range(6):
        assert links["x"][3 * at : 3 * at + 2] == pytest.approx(places[[at, 6 + at], 0])
        assert links["y"][3 * at : 3 * at + 2] == pytest.approx(places[[at, 6 + at], 1])
        assert links["x"][3 * at + 2] is None
    assert (left["name"], right["name"]) == ("English", "Chinese")
    assert left["hovertext"][2] == "Sentence 2.<br>第2句。"
    assert right["hovertext"][2] == "第2句。<br>Sentence 2."
    assert f"{share}\u202f%" in spec["layout"]["title"]["text"]


def test_the_pair_is_framed_and_ringed() -> None:
    (frame,) = drawn("cosines", 2)["layout"]["shapes"]
    assert [frame[side] for side in ("x0", "x1", "y0", "y1")] == [-0.5, 5.5, 1.5, 2.5]
    rings = drawn("raw", 2)["data"][-1]
    assert rings["x"] == pytest.approx(FOUND.positions[0, [2, 8], 0])
    assert all(len(drawn("raw", out)["data"]) == 3 for out in (-1, 6, 999))


def test_what_is_nearest_and_the_translation_always() -> None:
    assert figures.nearest(FOUND, 1)[0] == 1
    far = figures.nearest(FOUND, 5)
    assert len(far) == 5
    assert far[-1] == 5, "place 6 of 6, and shown"
    row = FOUND.similarity[5]
    assert row[far[0]] == row.max()


def test_the_sides_are_called_by_their_languages_where_they_have_them() -> None:
    other = meaning_results.sentences(left="Ein Satz {}.", right="Une phrase {}.")
    assert figures.sides(other, words()) == ("left", "right")
    assert figures.sides(FOUND, words()) == ("English", "Chinese")


def test_whether_the_widest_direction_is_the_language() -> None:
    apart = FOUND.positions.copy()
    apart[0, :, 0] += np.repeat([-9, 9], 6)
    assert not figures.split_by_language(FOUND)
    assert figures.split_by_language(replace(FOUND, positions=apart))
    other = meaning_results.sentences(left="Ein Satz {}.", right="Une phrase {}.")
    assert not figures.split_by_language(replace(other, positions=apart)), "sides, not languages"


def test_hostile_sentences_stay_texts() -> None:
    hostile = meaning_results.sentences(left=meaning_results.HOSTILE + "{}", right="字{}")
    for name in ("cosines", "raw"):
        spec = getattr(figures, name)(hostile, words(), language="en", pair=0)
        assert "<img" not in str(spec)
