"""The charts of a repeated phrase: what was computed, and nothing for the token that has nothing before it."""

from __future__ import annotations

import numpy as np
import pytest
from plotly.graph_objects import Figure

from core.arrays import read_only
from core.catalog import LANGUAGES
from core.compute.next_token.repetition import RepeatCurve
from core.figures.charts import alt_of
from core.figures.next_token import repetition as figures
from core.models.tokens.labels import Tokens
from pages.kit.text import Words

CHANCE = np.array([[np.nan, 0.1, 0.04], [0.2, 0.5, 0.35], [0.9, 0.96, 0.999]], np.float32)
FOUND = RepeatCurve(
    tokens=Tokens((1, 2, 1), ("<b>a", "·猫", "<b>a"), (b"<b>a", b" ", b"<b>a"), (False,) * 3, (0, 1, 2)),
    repeats=3,
    chance=read_only(CHANCE),
    mean=read_only(np.nanmean(CHANCE, 1)),
    whole=read_only(np.exp(np.nanmean(np.log(CHANCE), 1))),
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_curve_has_both_means_of_each_repetition(language: str) -> None:
    spec = figures.curve(FOUND, Words(language, "next_token").get("loop"), language=language)
    Figure(spec)
    mean, whole = spec["data"]
    assert mean["x"] == whole["x"] == [1, 2, 3]
    assert mean["y"] == pytest.approx([0.07, 0.35, 0.953], abs=1e-4)
    assert whole["y"] == pytest.approx([0.0632, 0.327, 0.952], abs=1e-3)
    assert "7.0\u202f%" in mean["hovertext"][0]
    assert "33\u202f%" in mean["hovertext"][1].replace("<br>", "")
    assert "95\u202f%" in alt_of(spec)


def test_every_token_of_every_repetition_is_a_cell() -> None:
    spec = figures.cells(FOUND, Words("en", "next_token").get("loop"), language="en")
    Figure(spec)
    (trace,) = spec["data"]
    assert trace["z"][0][0] is None
    assert np.array(trace["z"][1:]) == pytest.approx(CHANCE[1:])
    assert spec["layout"]["xaxis"]["ticktext"] == [
        "&lt;b&gt;a",
        "·<br>猫",
        "&lt;b&gt;a",
    ]
    assert spec["layout"]["yaxis"]["ticktext"] == ["1", "2", "3"]
    assert "nothing stands before" in trace["hovertext"][0][0]
    assert "%" not in trace["hovertext"][0][0]
    assert trace["hovertext"][1][1] == "Repetition 2, “·猫”: 50\u202f%"


def test_a_long_phrase_names_some_of_its_tokens_only() -> None:
    count = 100
    tokens = Tokens(
        tuple(range(count)),
        tuple(map(str, range(count))),
        (b"",) * count,
        (False,) * count,
        tuple(range(count)),
    )
    chance = np.full((2, count), 0.5, np.float32)
    found = RepeatCurve(tokens=tokens, repeats=2, chance=chance, mean=chance[:, 0], whole=chance[:, 0])
    axis = figures.cells(found, Words("en", "next_token").get("loop"), language="en")["layout"]["xaxis"]
    assert axis["ticktext"] == [str(at) for at in axis["tickvals"]]
    assert 6 < len(axis["ticktext"]) <= 12
