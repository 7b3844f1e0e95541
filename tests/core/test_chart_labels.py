"""What stands in a chart beside its marks: labels in lines, harmless; rings; texts."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plotly.graph_objects import Figure

from core.figures.charts import (
    WIDEST,
    Axis,
    Series,
    around,
    bars,
    by_rows,
    colours,
    heat,
    lines,
    tip,
    upright,
    with_texts,
)
from core.figures.style import Mode
from tests.test_project import contrast


def test_a_label_breaks_between_words_and_where_it_is_told_to() -> None:
    text = "One byte instead of four per number keeps nearly all.\nAnother is no larger."
    assert tip(text).split("<br>") == [
        "One byte instead of four per number keeps", "nearly all.", "Another is no larger.",
    ]  # fmt: skip


def test_a_number_and_its_unit_stay_together() -> None:
    found = tip("share " * 7 + "0\u202f% of 12\u00a0k")
    assert found.split("<br>")[-1] == "0\u202f% of 12\u00a0k"


def test_no_chinese_line_begins_with_a_full_stop() -> None:
    text = "每个向量四百字节，是原来的四分之一，保住最近十个词里的九成。" * 2 + "“另一种”更好。"
    found = tip(text).split("<br>")
    assert "".join(found) == text
    assert len(found) > 2
    assert not any(line[0] in "，。”" or line[-1] == "“" for line in found)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_a_label_loses_nothing_but_spaces_and_has_no_tags(text: str) -> None:
    found = tip(text)
    shown = "".join(html.unescape(line) for line in found.split("<br>"))
    assert "".join(shown.split()) == "".join(text.split())
    assert "<" not in found.replace("<br>", "")


@pytest.mark.parametrize("text", ["x" * 500, "字" * 300, "a b " * 200])
def test_no_line_is_wider_than_a_phone(text: str) -> None:
    assert all(len(line.encode("gb18030")) <= WIDEST for line in tip(text).split("<br>"))


def test_rings_and_texts_belong_to_single_marks() -> None:
    one = Series("a", [1, 2], [3, 4], ["p", "q"], hollow=[True, False], written=["<b>", "y"])
    (trace,) = lines([one], Axis(), Axis())["data"]
    assert trace["marker"]["symbol"] == ["circle-open", "circle"]
    assert (trace["mode"], trace["text"]) == ("lines+markers+text", ["&lt;b&gt;", "y"])
    (bare,) = lines([Series("a", [1], [3], ["p"])], Axis(), Axis(), points=True)["data"]
    assert (bare["mode"], bare["marker"]["symbol"]) == ("markers", "circle")
    Figure(lines([one], Axis(), Axis()))


@pytest.mark.parametrize("mode", ["paper", "stage"])
def test_what_is_written_in_pale_cells_can_be_read(mode: Mode) -> None:
    """Plotly writes in #444 on light colours and in white on dark ones."""
    (trace,) = heat([[0, 1]], ["a"], ["b", "c"], [["", ""]], written=[["0", "1"]], pale=True)["data"]
    for _, placeholder in trace["colorscale"]:
        colour = colours(mode)[placeholder]
        assert max(contrast(colour, "#444444"), contrast(colour, "#ffffff")) >= 4.5


def below(names: Sequence[str]) -> tuple[list[str], Any]:
    """What stands below a heat map of these columns, and how far it is turned."""
    spec = upright(heat([[0.0] * len(names)], ["row"], names, [["tip"] * len(names)]))
    Figure(spec)
    axis = spec["layout"]["xaxis"]
    assert len(axis["ticktext"]) == len(axis["tickvals"])
    return axis["ticktext"], axis.get("tickangle")


def test_chinese_below_a_heat_map_is_not_turned() -> None:
    assert below(["因为它", "<s>", "·小", "Professor"]) == (
        ["因<br>为<br>它", "&lt;s&gt;", "·<br>小", "P<br>r<br>o<br>f<br>e<br>s<br>s<br>o<br>r"], 0,
    )  # fmt: skip
    assert below(["Professor", "<s>"]) == (["Professor", "&lt;s&gt;"], None)


@pytest.mark.parametrize("count", [1, 19, 20, 21, 40, 41, 48, 128])
def test_names_below_a_heat_map_have_room(count: int) -> None:
    names, _ = below([str(at) for at in range(count)])
    assert min(count, 10) <= len(names) <= 12
    assert names[0] == "0"


def test_numbers_along_a_logarithmic_axis_do_not_run_together() -> None:
    """Plotly's own are 1 to 9 of each power where there is room for five."""

    def ticks(*values: float) -> list[float]:
        one = Series("a", list(values), [1.0] * len(values), ["p"] * len(values))
        axis = lines([one], Axis(log=True), Axis())["layout"]["xaxis"]
        return [float(f"{tick:.6g}") for tick in axis["tickvals"]]

    assert ticks(18_750, 37_500, 75_000, 150_000, 300_000) == [20_000, 50_000, 100_000, 200_000]
    assert ticks(0.6, math.nan, 700) == [0.1, 1, 10, 100, 1000]
    assert "tickvals" not in lines([Series("a", [], [], [])], Axis(log=True), Axis())["layout"]["xaxis"]


def test_below_a_heat_map_that_is_open_in_part_all_names_of_the_part_stand() -> None:
    names = [str(at) for at in range(40)]
    spec = around(heat([[0.0] * 40], ["row"], names, [["tip"] * 40]), 30, most=12)
    assert upright(spec)["layout"]["xaxis"]["ticktext"] == names


def test_texts_stand_beside_bars_and_the_pointer_finds_a_row() -> None:
    chart = bars([Series("a", [1, 3], [0, 1], ["p", "q"])], Axis(), Axis(), across=True, names=["x", "y"])
    spec = by_rows(with_texts(chart, [1, 3], [0, 1], ["<b>", "3"]))
    Figure(spec)
    assert spec["data"][0] == chart["data"][0]
    assert [text.strip() for text in spec["data"][1]["text"]] == ["&lt;b&gt;", "3"]
    assert (spec["data"][1]["x"], spec["data"][1]["y"]) == ([1, 3], [0, 1])
    assert (spec["layout"]["hovermode"], chart["layout"]["hovermode"]) == ("y", "closest")


@pytest.mark.parametrize("mode", ["paper", "stage"])
@pytest.mark.parametrize("value", np.linspace(-0.7, 1, 18).tolist())
def test_what_is_written_on_pale_colours_around_zero_can_be_read(mode: Mode, value: float) -> None:
    """Between two colours of the scale too; plotly takes white where a cell is dark, as its brightness says."""
    (trace,) = heat([[0]], "a", "b", [[""]], diverging=True, pale=True, span=(-1, 1))["data"]
    places, names = zip(*trace["colorscale"], strict=True)
    steps = np.array([[int(colours(mode)[name][at : at + 2], 16) for at in (1, 3, 5)] for name in names])
    cell = [round(float(np.interp((value + 1) / 2, places, steps[:, part]))) for part in range(3)]
    dark = np.dot(cell, (0.299, 0.587, 0.114)) < 128
    assert contrast("#{:02x}{:02x}{:02x}".format(*cell), "#ffffff" if dark else "#444444") >= 4.5
