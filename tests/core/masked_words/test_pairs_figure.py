"""The charts of sentence pairs: every score of every two, its rank, and the cell that is looked at."""

from __future__ import annotations

import numpy as np
import pytest
from plotly.graph_objects import Figure

from core.catalog import LANGUAGES
from core.compute.masked_words.pairs import Pairs
from core.figures.charts import Spec, alt_of
from core.figures.masked_words import pairs as figures
from pages.kit.text import Words

SCORE = np.asarray([[0.9, 0.2], [0.95, 0.1], [0.3, 0.6]], np.float32)


def made(kind: str = "cosine") -> Pairs:
    return Pairs("m", kind, ("a1", "<b>a2", "a3"), ("b1", "b2"), SCORE, 1)


def words(language: str = "en") -> dict[str, str]:
    return dict(Words(language, "masked_words").get("chart_pairs"))


def drawn(kind: str = "cosine", cell: int = -1, language: str = "en") -> Spec:
    spec = figures.figure(made(kind), words(language), language=language, model="M", cell=cell)
    Figure(spec)
    return spec


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("kind", "written"),
    [("cosine", ["0.90", "0.20"]), ("gain", ["0.9", "0.2"]), ("follows", ["90", "20"])],
)
def test_every_score_is_a_cell(kind: str, written: list[str], language: str) -> None:
    spec = drawn(kind, language=language)
    (trace,) = spec["data"]
    assert np.array(trace["z"]) == pytest.approx(SCORE)
    assert trace["text"][0] == written
    assert spec["layout"]["yaxis"]["ticktext"] == ["A1", "A2", "A3"]
    assert spec["layout"]["xaxis"]["ticktext"] == ["B1", "B2"]
    assert (trace["zmin"], trace["zmax"]) == ((0, 1) if kind == "follows" else pytest.approx((0.1, 0.95)))
    assert words(language)[f"title_{kind}"] in alt_of(spec)
    assert "&lt;b&gt;a2" in trace["hovertext"][1][0]


def test_a_cell_tells_its_rank_among_the_first_sentences() -> None:
    assert "Cosine 0.900 (rank 2 of 3" in figures.told([made()], 0, words(), "en")
    assert "Cosine 0.950 (rank 1 of 3" in figures.told([made()], 2, words(), "en")
    assert figures.told([made(), made("follows")], 5, words(), "en").count("rank 1 of 3") == 2


@pytest.mark.parametrize(
    ("cell", "place"), [(-1, (0, 0)), (0, (0, 0)), (3, (1, 1)), (5, (2, 1)), (6, (0, 0))]
)
def test_the_cell_that_is_looked_at_is_framed(cell: int, place: tuple[int, int]) -> None:
    assert figures.shown(made(), cell) == place
    (frame,) = drawn(cell=cell)["layout"]["shapes"]
    assert (frame["y0"] + 0.5, frame["x0"] + 0.5) == place
    assert (frame["y1"] - 0.5, frame["x1"] - 0.5) == place


def test_every_cell_has_a_name() -> None:
    names = figures.cells(made(), 3, words(), "en")
    assert list(names) == [str(at) for at in range(6)]
    asked = figures.cells(made(), -1, words(), "en")
    assert list(asked) == ["-1", "1", "2", "3", "4", "5"], "what the link has is on offer, once"
    assert list(asked.values()) == list(names.values())
    assert names["3"] == "A2 with B2"


def test_a_cell_that_is_pointed_at_is_the_one_that_is_shown() -> None:
    for first in range(3):
        for second in range(2):
            assert figures.shown(made(), figures.number(made(), first, second)) == (first, second)
