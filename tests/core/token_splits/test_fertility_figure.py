"""The chart of one text in many languages: English is one, a row a language, a star where something is lost."""

from __future__ import annotations

import functools
import html

import numpy as np
import pytest
from plotly.graph_objects import Figure

from core.catalog import LANGUAGES
from core.compute.token_splits.costs import Fertility, fertility
from core.figures.charts import Spec
from core.figures.token_splits import fertility as figures
from pages.kit.text import Words


@functools.cache
def measured() -> Fertility:
    """What three vocabularies need for the texts."""
    return fertility(vocabularies=("gpt2", "o200k", "bert"))


def drawn(language: str = "en") -> Spec:
    words = Words(language, "token_splits")
    spec = figures.figure(
        measured(),
        words.get("fertility"),
        titles=["A", "B", "C"],
        languages=words.get("languages"),
        language=language,
    )
    Figure(spec)
    return spec


@pytest.mark.parametrize("language", LANGUAGES)
def test_english_is_one_and_the_others_follow_by_their_mean(language: str) -> None:
    spec = drawn(language)
    (trace,) = spec["data"]
    times = np.array(trace["z"])
    assert times.shape == (len(measured().languages), 3)
    assert len(measured().languages) >= 12
    np.testing.assert_allclose(times[0], 1)
    english = measured().languages.index("en")
    np.testing.assert_allclose(
        np.sort(times, 0), np.sort(measured().tokens / measured().tokens[:, [english]], 1).T, rtol=1e-6
    )
    assert np.all(np.diff(times.mean(1)[1:]) >= -1e-6)
    names = spec["layout"]["yaxis"]["ticktext"]
    assert names[0] == ("English" if language == "en" else "英语")
    assert len(set(names)) == len(measured().languages)
    assert spec["layout"]["xaxis"]["ticktext"] == ["A", "B", "C"]


def test_a_cell_says_its_numbers_and_what_is_lost() -> None:
    (trace,) = drawn()["data"]
    rows = figures.order(measured())
    starred = np.array([["*" in cell for cell in row] for row in trace["text"]])
    np.testing.assert_array_equal(starred, (measured().unknown.T > 0)[rows])
    assert starred[:, 2].any()
    assert not starred[:, :2].any()
    for row, at in enumerate(rows):
        for vocabulary in range(3):
            tip = trace["hovertext"][row][vocabulary].replace("<br>", " ")
            assert f"{measured().tokens[vocabulary, at]:,} tokens" in tip
            assert ("unknown" in tip) is bool(starred[row, vocabulary])
            assert "times English" in tip
            assert html.escape(measured().texts[at], quote=False).replace(" ", "") in tip.replace(" ", "")


def test_the_most_uneven_is_the_largest_ratio() -> None:
    assert measured().ratio[figures.worst(measured())] == measured().ratio.max()
