"""The charts of a vocabulary's size: what was measured, in the language's own unit, and the step between two sizes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from plotly.graph_objects import Figure

from core.calls import call
from core.catalog import LANGUAGES
from core.compute.token_splits.training import curve, gain_said
from core.figures.charts import Spec, alt_of
from core.figures.token_splits import sizes as figures
from pages.kit.text import Words
from tests.core.token_splits import trained

CHARTS = (figures.tokens, figures.unknown, figures.parameters)


def drawn(language: str = "en", d_model: int = 512) -> list[Spec]:
    words = Words(language, "token_splits").get("curve")
    found = trained.sizes("wordpiece")
    return [figure(found, words, language=language, d_model=d_model) for figure in CHARTS]


@pytest.mark.parametrize(("language", "unit"), [("en", 1e6), ("zh", 1e4)])
def test_the_charts_show_what_was_measured(language: str, unit: float) -> None:
    found, specs = trained.sizes("wordpiece"), drawn(language, 576)
    sizes = found.sizes.tolist()
    shown = [spec["data"][0] for spec in specs]
    assert all(trace["x"] == sizes for trace in shown)
    assert shown[0]["y"] == pytest.approx((found.length / found.characters).tolist())
    assert shown[1]["y"] == pytest.approx(found.unknown_rate.tolist())
    assert shown[2]["y"] == pytest.approx([size * 576 / unit for size in sizes])
    assert "576" in specs[2]["layout"]["title"]["text"]
    for spec in specs:
        Figure(spec)
        assert spec["layout"]["xaxis"]["type"] == "log"
        assert set(spec["layout"]["xaxis"]["tickvals"]) <= set(sizes)


def test_what_is_said_of_larger_vocabularies_follows_what_they_change() -> None:
    found = trained.sizes("wordpiece")
    made = {
        "curve": replace(found, length=np.array([9, 8, 7])),
        "curve_flat": replace(
            found, length=np.array([7, 8, 9]), unknown_rate=np.array([0.3, 0.2, 0.1], np.float32)
        ),
        "curve_same": replace(found, length=np.array([7, 7, 7]), unknown_rate=np.zeros(3, np.float32)),
    }
    for id, one in made.items():
        assert gain_said(replace(one, sizes=np.array([100, 200, 400]))) == id
    tiny = curve(algorithm="bpe", corpus="abab cdcd abcd " * 30, d_model=8)
    assert not tiny.unknown_rate.any()
    assert gain_said(tiny) == ("curve" if tiny.length[-1] < tiny.length[0] else "curve_same")
    words = Words("en", "token_splits").get("curve")
    for rates, said in (((0.2, 0.1), "written out"), ((0.0, 0.0), "left")):
        grown = replace(
            found, sizes=np.array([100, 200]), length=np.array([10, 20]), unknown_rate=np.array(rates, np.float32),
            parameters=np.array([800, 1600]),
        )  # fmt: skip
        tip = figures.tokens(grown, words, language="en", d_model=8)["data"][0]["hovertext"][1]
        assert ("written out" in tip) == (said == "written out")


def test_a_size_says_all_that_it_changes_and_what_the_step_to_it_brings() -> None:
    found = call(curve, algorithm="bpe", corpus="english").bundled()
    assert found is not None
    words = Words("en", "token_splits").get("curve")
    spec = figures.tokens(found, words, language="en", d_model=512)
    tips = [tip.replace("<br>", " ") for tip in spec["data"][0]["hovertext"]]
    assert tips[0].startswith("200 pieces: ")
    assert "102\u00a0k numbers in the embedding (d_model = 512)" in tips[0]
    assert "That is" not in tips[0]
    length = found.length.tolist()
    saved = 100 * (1 - length[-1] / length[-2])
    assert f"{saved:.1f}\u202f% fewer tokens than with 3,200 pieces, for 2 times the rows" in tips[-1]
    assert "6,400 pieces" in alt_of(spec)


@pytest.mark.parametrize("language", LANGUAGES)
def test_as_many_tokens_are_neither_fewer_nor_more(language: str) -> None:
    found = trained.sizes("wordpiece")
    words = Words(language, "token_splits").get("curve")
    flat = [figures._step(found, 1, rates, words, language) for rates in ((1, 1.0004), (1, 0.9), (1, 1.1))]
    starts = [words[id].partition("{")[0] for id in ("said_same", "said_fewer", "said_more")]
    assert [one.startswith(start) for one, start in zip(flat, starts, strict=True)] == [True] * 3
    assert len(set(flat)) == 3
