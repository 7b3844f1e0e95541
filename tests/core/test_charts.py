"""Charts as plain data: valid for plotly, in Streamlit's colours, and no text of a visitor becomes markup."""

from __future__ import annotations

import json
import re

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as some
from streamlit.elements.lib import streamlit_plotly_theme as theme

from core.figures import charts
from core.figures.charts import Axis, Series, Spec
from core.figures.style import OKABE_ITO, PALETTES

HOSTILE = "<a href='http://evil.invalid'>x</a> <b>b</b> &amp; 字"
TWO = (
    Series("one", (1, 2, 3), np.array([0.5, np.nan, 2.0]), ("a", "b", "c")),
    Series(HOSTILE, (1, 2, 3), (1, 2, 3), (HOSTILE, "e", "f"), colour=2, dash="dot", hollow=True),
)
X, Y = Axis("x", ticks=(1, 2, 3)), Axis("y", ".1f", (0, 4), log=False)
FRAMES = [charts.Frame(str(at), HOSTILE, charts.lines(TWO, X, Y)["data"]) for at in range(2)]


def all_kinds() -> dict[str, Spec]:
    heat = charts.heat(
        np.eye(2), ("a", "a"), ("b", HOSTILE), (("1", "2"), ("3", HOSTILE)), x="x", y="y", form=".0%", span=(0, 1),
        diverging=True, written=(("1", ""), ("", HOSTILE)),
    )  # fmt: skip
    return {
        "lines": charts.lines(TWO, X, Y),
        "points": charts.lines(TWO, Axis("x", log=True), Y, points=True),
        "level": charts.with_level(charts.lines(TWO, X, Y), 1.5, "level", colour=5),
        "bars": charts.bars(TWO, X, Y, stacked=True),
        "across": charts.bars(TWO[:1], X, Y, across=True, names=("a", "a", HOSTILE)),
        "heat": heat,
        "band": charts.with_band(charts.lines(TWO, X, Y), (1, 2), (0, 1), (2, np.nan), colour=1),
        "histograms": charts.bars(TWO, X, Y, over=True),
        "matrix": charts.with_frame(
            charts.matrix(np.eye(2), ("a", "a"), ("b", HOSTILE), form=".2f"), (1, 1), (0, 1)
        ),
        "stacked": charts.stacked(heat, ("b", HOSTILE)),
        "named band": charts.with_band(charts.lines(TWO, X, Y), (1, 2), (0, 1), (2, 3), name=HOSTILE),
        "plane": charts.on_plane(
            charts.with_arrows(charts.lines(TWO, X, Y, points=True), ((1, 2),), ((3, 4),), colour=1),
            (0, 4),
            (0, 5),
        ),
        "played": charts.played(charts.lines(TWO, X, Y), FRAMES, HOSTILE, end="1"),
        "pairs": charts.ringed(
            charts.with_links(charts.lines(TWO, X, Y, points=True), ((1, 2),), ((3, 4),)), ((1, 2), (3, 4))
        ),
    }


@pytest.mark.parametrize("kind", all_kinds())
def test_a_chart_is_valid_for_plotly(kind: str) -> None:
    spec = charts.titled(all_kinds()[kind], "T", alt="told")
    assert go.Figure(spec).layout.title.text == "T"  # validates every property
    assert charts.alt_of(spec) == "told"
    json.dumps(spec, allow_nan=False)


@pytest.mark.parametrize("kind", all_kinds())
def test_no_text_becomes_markup(kind: str) -> None:
    spec = charts.titled(all_kinds()[kind], HOSTILE, alt=HOSTILE)
    shown = {**spec, "layout": {**spec["layout"], "meta": {}}}  # the alt text is no markup where it is used
    assert not re.search(r"<(?!br>)", json.dumps(shown))


@given(some.text())
def test_a_name_is_shown_as_it_is(name: str) -> None:
    import html

    assert html.unescape(charts.said(name)) == name
    assert len(html.unescape(charts.brief(name))) <= charts.LONGEST


def test_the_placeholders_are_streamlits() -> None:
    assert tuple(getattr(theme, f"CATEGORY_{at}") for at in range(10)) == charts.CATEGORY
    assert tuple(getattr(theme, f"SEQUENTIAL_{at}") for at in range(10)) == charts.SEQUENTIAL
    assert tuple(getattr(theme, f"DIVERGING_{at}") for at in range(10)) == charts.DIVERGING


def test_a_file_has_the_colours_of_a_theme() -> None:
    text = json.dumps(charts.themed(charts.titled(all_kinds()["lines"], "T", alt="a")))
    assert not re.search(r"#0000\d\d", text)
    assert OKABE_ITO[0] in text
    assert PALETTES["paper"].background in text
    ends = charts.colours("stage")
    assert ends[charts.DIVERGING[0]] == PALETTES["stage"].cool
    assert ends[charts.DIVERGING[-1]] == PALETTES["stage"].warm


def test_values_that_are_none_are_gaps() -> None:
    assert charts.lines(TWO, X, Y)["data"][0]["y"] == [0.5, None, 2.0]


def test_a_level_spans_the_lines() -> None:
    level = charts.with_level(charts.lines(TWO, X, Y), 1.5, "level", colour=5)["data"][-1]
    assert (level["x"], level["y"]) == ([1, 3], [1.5, 1.5])


def test_a_named_band_stands_in_the_legend_and_is_no_lines_colour() -> None:
    spec = charts.with_band(charts.lines(TWO[:1], X, Y), (1, 2), (0, 1), (2, 3), name="band")
    low, high, line = spec["data"]
    assert (low["showlegend"], high["showlegend"], high["name"]) == (False, True, "band")
    assert spec["layout"]["showlegend"]
    assert high["line"]["color"] not in (charts.CATEGORY, line["line"]["color"])


def test_arrows_begin_and_end_where_they_should() -> None:
    spec = charts.with_arrows(charts.lines(TWO, X, Y), ((0, 1), (2, 3)), ((4, 5), (6, 7)), colour=1)
    arrows = go.Figure(spec).layout.annotations
    assert [(one.ax, one.ay, one.x, one.y) for one in arrows] == [(0, 1, 4, 5), (2, 3, 6, 7)]
    assert all(one.axref == "x" and one.ayref == "y" for one in arrows), (
        "the tail is a place, no distance in pixels"
    )


def test_a_played_chart_shows_its_frames_in_order_and_ends_where_it_stood() -> None:
    spec = charts.played(charts.lines(TWO, X, Y), FRAMES, "go", end="1")
    figure = go.Figure(spec)
    (button,) = figure.layout.updatemenus[0].buttons
    assert [frame.name for frame in figure.frames] == ["0", "1"]
    assert list(button.args[0]) == ["0", "1", "1"]
    assert [len(frame.data) for frame in figure.frames] == [2, 2]
    assert list(figure.frames[0].data[1].x) == [1, 2, 3]


def test_chinese_names_of_columns_are_not_turned() -> None:
    heat = charts.heat(np.eye(2), ("a", "b"), ("国王", "a name"), (("", ""), ("", "")))
    assert charts.stacked(heat, ("国王", "a name"))["layout"]["xaxis"]["ticktext"] == ["国<br>王", "a name"]


def test_a_name_of_several_short_words_stands_word_by_word() -> None:
    axis = {"tickvals": [0, 1, 2], "ticktext": ["日本 → 英国", "国王", "is"]}
    found = charts.upright({"data": [], "layout": {"xaxis": axis}})
    assert found["layout"]["xaxis"]["ticktext"] == ["日本<br>→<br>英国", "国<br>王", "is"]
