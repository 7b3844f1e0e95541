"""The charts of what wakes a head: made-up attention drawn as it is, the order of the heads, what is said of each."""

from __future__ import annotations

import html

import numpy as np
import pytest
from plotly.graph_objects import Figure

from core.arrays import read_only
from core.catalog import LANGUAGES
from core.compute.attention_heads.waking import RESTS, Resting, Waking
from core.figures.attention_heads import waking as figures
from core.figures.charts import Spec, alt_of
from pages.kit.text import Words
from tests.browser.synthetic import tokens_of

HOSTILE = "</script><img src=x onerror=alert(1)>"
AWAKE = np.array([[0.1, 0.9, 0.2], [0.25, 0.26, 0.05]], np.float32)  # [layer, head]
SHARES = np.array(  # [layer, head, text]
    [
        [[0.2, 0.3, np.nan], [0.9, 0.1, np.nan], [0.9, 0.2, np.nan]],
        [[0.3, 0.2, np.nan], [0.1, 0.2, np.nan], [0.1, 0.8, np.nan]],
    ],
    np.float32,
)
BEST = np.nanargmax(SHARES, axis=-1).astype(np.int32)


def cells(count: int, seed: int) -> np.ndarray:
    weights = np.random.default_rng(seed).dirichlet(np.ones(count), (2, 3, count))
    return np.asarray(read_only(np.rint(weights * 255).astype(np.uint8)))


HERE = Resting(tokens_of((HOSTILE, "·猫", "·sat")), read_only(AWAKE), cells(3, 1))
BANK = Waking(
    kinds=("code", "repeat", "code"),
    texts=(HOSTILE, "x y x y", "too long"),
    awake=read_only(SHARES),
    best=read_only(BEST),
    labels=((HOSTILE, "b"), ("x", "·y", "·x", "·y"), ()),
    special=((False,) * 2, (False,) * 4, ()),
    attention=cells(4, 2),
)


def drawn(figure: str, language: str = "en", layer: int = 1, head: int = 2) -> Spec:
    words = Words(language, "attention_heads").get("waking")
    spec: Spec = getattr(figures, figure)(HERE, BANK, words, language=language, layer=layer, head=head)
    Figure(spec)
    return spec


def test_the_head_that_wakes_most_comes_first_and_those_awake_not_at_all() -> None:
    ranked = figures.ranked(HERE, BANK)
    assert ranked == [(1, 2), (0, 2), (0, 0), (1, 0)]  # gains of 0.75, 0.7, 0.2 and 0.05
    assert {(int(one), int(other)) for one, other in np.argwhere(AWAKE <= 1 - RESTS)} == set(ranked)


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_heads_are_shaded_and_those_that_rest_bear_a_dot(language: str) -> None:
    spec = drawn("heads", language)
    (trace,) = spec["data"]
    assert np.array(trace["z"]) == pytest.approx(AWAKE)
    assert [[bool(cell) for cell in row] for row in trace["text"]] == (AWAKE <= 1 - RESTS).tolist()
    assert (trace["zmin"], trace["zmax"]) == (0, 1)
    (frame,) = spec["layout"]["shapes"]
    assert (frame["x0"], frame["x1"], frame["y0"], frame["y1"]) == (1.5, 2.5, 0.5, 1.5)
    said = trace["hovertext"][1][2].replace("<br>", "")
    assert "5.0\u202f%" in said
    assert "80\u202f%" in said
    assert "4" in spec["layout"]["title"]["text"]
    assert "5.0\u202f%" in alt_of(spec)


def test_a_head_looks_as_it_was_computed() -> None:
    here = drawn("on_this")
    (trace,) = here["data"]
    assert np.array(trace["z"]) == pytest.approx(HERE.attention[1, 2] / 255)
    assert trace["hovertext"][2][1].startswith("“·sat” gives ")
    assert html.unescape(trace["hovertext"][0][0].replace("<br>", "")).count(HOSTILE) == 2
    there = drawn("on_best")  # on the text that wakes it most, of four tokens
    assert np.array(there["data"][0]["z"]) == pytest.approx(BANK.attention[1, 2] / 255)
    assert there["layout"]["yaxis"]["ticktext"] == ["x", "·y", "·x", "·y"]
    assert "80\u202f%" in there["layout"]["title"]["text"]
    short = drawn("on_best", layer=0, head=1)  # nothing beyond its two tokens
    assert np.array(short["data"][0]["z"]) == pytest.approx(BANK.attention[0, 1, :2, :2] / 255)


def test_every_text_that_fits_is_a_point_of_its_kind_and_the_best_one_is_ringed() -> None:
    spec = drawn("texts")
    points, ring = spec["data"]
    assert points["x"] == pytest.approx([0.1, 0.8])
    assert points["y"] == [0, 1]
    assert spec["layout"]["yaxis"]["ticktext"] == ["Code", "Repeated words"]
    assert (ring["x"], ring["y"]) == ([pytest.approx(0.8)], [1])
    assert points["hovertext"][1] == "x y x y<br>Repeated words: 80\u202f% awake"
    assert "80\u202f%" in alt_of(spec)


@pytest.mark.parametrize("figure", ["heads", "on_this", "on_best", "texts"])
def test_hostile_labels_stay_text(figure: str) -> None:
    spec = drawn(figure, layer=0, head=2)
    del spec["layout"]["meta"]  # an attribute, which the browser writes
    assert "<img" not in str(spec)
    assert "</script" not in str(spec)
