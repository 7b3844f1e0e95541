"""Ordinary charts (lines, bars, points, heat maps) as plotly's own JSON: plain data, no library needed to build them.

Colours are the placeholders that Streamlit replaces in the browser by those of the visitor's theme
(``streamlit.elements.lib.streamlit_plotly_theme``), so that a chart follows a change of theme without the server;
`themed` fills them in for a file that is taken away. All names and texts are escaped: plotly reads tags and links.
"""

from __future__ import annotations

import html
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from unicodedata import east_asian_width

import numpy.typing as npt

from core.figures.style import OKABE_ITO, PALETTES, Mode, ramp
from core.numbers import GAP
from core.scripts import has_han

Values = Sequence[Any] | npt.NDArray[Any]
Spec = dict[str, Any]
"""``data`` and ``layout`` of plotly.js."""

CATEGORY = tuple(f"#{number:06d}" for number in range(1, 11))
SEQUENTIAL = tuple(f"#{number:06d}" for number in range(11, 21))
DIVERGING = tuple(f"#{number:06d}" for number in range(21, 31))
MUTED = "#000036"
INK = "#000037"
"""Of names and numbers that stand among the marks."""
FRAME = 2
"""Of CATEGORY: around cells that are chosen; it stands out on both scales."""
LONGEST = 28
"""Most characters of a name on an axis or in a legend."""
IN_ORDER = {"traceorder": "normal"}  # also where areas are filled
PALE = 3
"""So many steps of the colours bear type: its contrast with them is 4.5 at least."""
PALE_DIVERGING = slice(2, -2)
"""The same of the colours around zero; of those below it, the first two thirds."""
MOST_NAMES = 40
"""Most names along an axis; of more, only every second or third stands there."""
WIDEST = 44
"""Columns of a label, or of a heading: as many fit a phone; a Chinese character takes two."""
THIRD = 28
"""Columns of a heading where three charts stand side by side."""
MOST_UPRIGHT = 12
"""Most names below a heat map on a phone."""
MOST_STEPS = 5
"""Most numbers along a logarithmic axis."""
SHORT = 4
"""Characters of a name that needs no more room below a heat map than a Chinese one."""
_WIDE = "\u3000-\u9fff\uf900-\ufaff\uff00-\uffef"
_UNITS = re.compile(
    rf"\n|[“（]*[{_WIDE}][，。：；？！、”）]* *|[^ \n{_WIDE}]{{1,{WIDEST}}}[，。：；？！、”）]* *| +"
)
"""What is not torn: words with their spaces, a number and its unit, a character with its punctuation; a new line."""


@dataclass(frozen=True, slots=True)
class Axis:
    """What an axis measures, and how its numbers are written (d3-format)."""

    title: str = ""
    form: str = ""
    span: tuple[float, float] | None = None
    log: bool = False
    ticks: Sequence[float] | None = None
    names: Sequence[str] | None = None  # what stands at the ticks

    def plotly(self) -> dict[str, Any]:
        """As plotly has it."""
        title = {"text": said(self.title), **({} if self.title else {"standoff": 0})}
        axis: dict[str, Any] = {"title": title, "automargin": True, "fixedrange": False}
        if self.form:
            axis["tickformat"] = self.form
        if self.span:
            axis["range"] = list(self.span)
        if self.log:
            axis["type"] = "log"
        if self.ticks is not None:
            axis |= {"tickmode": "array", "tickvals": list(self.ticks)}
        if self.names is not None:
            axis["ticktext"] = [brief(name) for name in self.names]
        return axis


@dataclass(frozen=True, slots=True)
class Series:
    """Values of one name; ``tips`` are what is said of each, by the pointer and by the keys."""

    name: str
    x: Values
    y: Values
    tips: Sequence[str]
    colour: int = 0  # of CATEGORY
    dash: str = ""  # of plotly: "dot", "dash" …
    hollow: bool | Sequence[bool] = False  # its marks are rings, or some of them
    written: Sequence[str] = ()  # beside its marks
    beside: str | Sequence[str] = "top center"  # where, of plotly; or where each of them
    symbol: str = "circle"  # of plotly


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of a chart that is played: its heading, and the traces with other values."""

    name: str
    title: str
    data: Sequence[Spec]


def said(text: str) -> str:
    """A text that plotly shows as it is: no tags, no links."""
    return html.escape(text, quote=False)


def brief(name: str) -> str:
    """A name that fits beside an axis."""
    return said(name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…")


def tip(text: str, wide: int = WIDEST) -> str:
    """What is said of a value, in lines that fit its label; a new line of the text starts a new one."""
    lines = [""]
    for unit in _UNITS.findall(text):
        if unit == "\n" or (lines[-1] and columns(lines[-1] + unit.rstrip(" ")) > wide):
            lines.append("")
        lines[-1] += unit if unit != "\n" else ""
    return "<br>".join(said(line.rstrip(" ")) for line in lines)


def columns(text: str) -> int:
    """Columns that a text takes: two for a Chinese character."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def numbers(values: Iterable[Any]) -> list[Any]:
    """Values of any array as plain numbers; what is no number is a gap."""
    found = []
    for value in values:
        plain = value.item() if hasattr(value, "item") else value
        found.append(None if isinstance(plain, float) and plain != plain else plain)
    return found


def _trace(one: Series, **given: Any) -> dict[str, Any]:
    return {
        "name": brief(one.name), "x": numbers(one.x), "y": numbers(one.y),
        "hovertext": [tip(text) for text in one.tips], "hoverinfo": "text", **given,
    }  # fmt: skip


def _chart(data: list[dict[str, Any]], x: Axis, y: Axis, **layout: Any) -> Spec:
    several = sum(bool(trace.get("showlegend", True)) for trace in data) > 1
    return {
        "data": data,
        "layout": {
            "xaxis": x.plotly(), "yaxis": y.plotly(), "showlegend": several, "hovermode": "closest",
            "legend": {"orientation": "h", "x": 0, "y": 0, "yanchor": "bottom", "yref": "container"} | IN_ORDER,
            **layout,
        },
    }  # fmt: skip


def lines(series: Sequence[Series], x: Axis, y: Axis, *, points: bool = False) -> Spec:
    """A line for each series with a mark at each value; with ``points`` the marks alone."""
    data = []
    for one in series:
        colour = CATEGORY[one.colour]
        mark = {"size": 9, "color": colour, "symbol": _symbols(one)}
        line = {"color": colour, "width": 2.5, **({"dash": one.dash} if one.dash else {})}
        mode = "+".join(["lines"] * (not points) + ["markers"] + ["text"] * bool(one.written))
        data.append(_trace(one, type="scatter", mode=mode, marker=mark, line=line, **_beside(one)))
    x, y = (_with_steps(axis, [trace[name] for trace in data]) for axis, name in ((x, "x"), (y, "y")))
    return _chart(data, x, y)


def _with_steps(axis: Axis, values: Iterable[Iterable[float | None]]) -> Axis:
    """A logarithmic axis with 1, 2 and 5 of each power of ten, or the powers alone: plotly's own names run together."""
    known = [one for some in values for one in some if one and 0 < one < math.inf]
    if not axis.log or axis.ticks is not None or not known:
        return axis
    low, high = min(known), max(known)
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks = [
        first * 10.0**power for power in powers for first in (1, 2, 5) if low <= first * 10.0**power <= high
    ]
    few = len(ticks) <= MOST_STEPS
    return replace(axis, ticks=ticks if few else [10.0**power for power in powers])


def _symbols(one: Series) -> Any:
    names = (one.symbol, f"{one.symbol}-open")
    return names[one.hollow] if isinstance(one.hollow, bool) else [names[bool(at)] for at in one.hollow]


def _beside(one: Series) -> dict[str, Any]:
    """What stands beside the marks of a series, where something does."""
    if not one.written:
        return {}
    texts = [brief(text) for text in one.written]
    beside = one.beside if isinstance(one.beside, str) else list(one.beside)
    return {"text": texts, "textposition": beside, "textfont": {"color": INK}, "cliponaxis": False}


def by_rows(spec: Spec) -> Spec:
    """The bars from left to right, of which the pointer finds one by its row, however short it is."""
    return {**spec, "layout": {**spec["layout"], "hovermode": "y"}}


def with_texts(spec: Spec, x: Values, y: Values, texts: Sequence[str]) -> Spec:
    """The chart with texts to the right of some places, such as the ends of bars."""
    given = {"type": "scatter", "mode": "text", "hoverinfo": "skip", "showlegend": False}
    given |= {"x": numbers(x), "y": numbers(y), "text": [GAP + said(text) for text in texts]}
    return {**spec, "data": [*spec["data"], given | {"textposition": "middle right", "cliponaxis": False}]}


def with_level(spec: Spec, value: float, name: str, *, colour: int) -> Spec:
    """The lines with a level one across them: a baseline that does not depend on x."""
    places = [x for trace in spec["data"] for x in trace["x"]]
    level = Series(name, (min(places), max(places)), (value, value), (name, name), colour, "dash")
    over = lines([level], Axis(), Axis())["data"][0] | {"mode": "lines"}
    return {"data": [*spec["data"], over], "layout": {**spec["layout"], "showlegend": True}}


def with_band(
    spec: Spec,
    x: Sequence[Any],
    low: Sequence[Any],
    high: Sequence[Any],
    *,
    colour: int | None = None,
    name: str = "",
) -> Spec:
    """The lines over a band in a paler colour, where most of what they are means of lies; None: grey, no line's own.

    With a name the band stands in the legend.
    """
    tone = MUTED if colour is None else CATEGORY[colour]
    edge = {"type": "scatter", "mode": "lines", "hoverinfo": "skip", "showlegend": False, "x": numbers(x)}
    edge |= {"line": {"width": 0, "color": tone}, "opacity": 0.35}
    filled = edge | {"y": numbers(high), "fill": "tonexty"}
    filled |= {"name": brief(name), "showlegend": True} if name else {}
    layout = spec["layout"] | ({"showlegend": True} if name else {})
    return {**spec, "data": [edge | {"y": numbers(low)}, filled, *spec["data"]], "layout": layout}


def marked(spec: Spec, x: float) -> Spec:
    """The chart with an upright line at the value that is looked at."""
    line = {"type": "line", "x0": x, "x1": x, "yref": "paper", "y0": 0, "y1": 1}
    shapes = [
        *spec["layout"].get("shapes", ()),
        line | {"line": {"color": MUTED, "width": 1.5, "dash": "dot"}},
    ]
    return {**spec, "layout": {**spec["layout"], "shapes": shapes}}


def bars(
    series: Sequence[Series],
    x: Axis,
    y: Axis,
    *,
    across: bool = False,
    stacked: bool = False,
    names: Sequence[str] = (),
    over: bool = False,
) -> Spec:
    """Bars of each series side by side or stacked; ``across``: from left to right, the first one on top.

    With ``names`` the bars are placed by number, and the names are written beside them: names may repeat. ``over``:
    histograms one over the other, without gaps, on an axis of numbers.
    """
    turned = {"orientation": "h"} if across else {}
    data = [_trace(one, type="bar", marker={"color": CATEGORY[one.colour]}, **turned) for one in series]
    if over:
        return _chart([trace | {"opacity": 0.7} for trace in data], x, y, barmode="overlay", bargap=0)
    chart = _chart(data, x, y, barmode="stack" if stacked else "group", bargap=0.25)
    axis = chart["layout"]["yaxis" if across else "xaxis"]
    axis |= _named(names) if names else {"type": "category"}
    if across:
        axis["autorange"] = "reversed"
    return chart


def heat(
    values: Sequence[Sequence[float]] | npt.NDArray[Any],
    rows: Sequence[str],
    columns: Sequence[str],
    tips: Sequence[Sequence[str]],
    *,
    x: str = "",
    y: str = "",
    form: str = "",
    span: tuple[float, float] | None = None,
    diverging: bool = False,
    written: Sequence[Sequence[str]] | None = None,
    pale: bool = False,
) -> Spec:
    """A heat map with the first row on top; ``written`` is what stands in its cells.

    ``pale``: all values are written, on colours of which each is far enough from that of the type.

    Names may repeat (tokens do): cells are placed by number, and the names are written beside them.
    """
    colours = (
        (DIVERGING[PALE_DIVERGING] if pale else DIVERGING)
        if diverging
        else SEQUENTIAL[: PALE if pale else None]
    )
    scale = [[step / (len(colours) - 1), colour] for step, colour in enumerate(colours)]
    trace: dict[str, Any] = {
        "type": "heatmap", "z": [numbers(row) for row in values], "colorscale": scale, "hoverinfo": "text",
        "hovertext": [[tip(text) for text in row] for row in tips],
        "xgap": _gap(rows, columns), "ygap": _gap(rows, columns),
        "colorbar": {"thickness": 12, "outlinewidth": 0, **({"tickformat": form} if form else {})},
    }  # fmt: skip
    if span:
        trace |= {"zmin": span[0], "zmax": span[1]}
    if pale:
        trace["showscale"] = False
    if written is not None:
        trace |= {"text": [[said(cell) for cell in row] for row in written], "texttemplate": "%{text}"}
    chart = _chart([trace], Axis(x), Axis(y))
    chart["layout"]["xaxis"] |= _named(columns)
    chart["layout"]["yaxis"] |= _named(rows) | {"autorange": "reversed"}
    return chart


def _gap(rows: Sequence[str], columns: Sequence[str]) -> int:
    return int(max(len(rows), len(columns)) <= MOST_NAMES)


def matrix(
    values: Sequence[Sequence[float]] | npt.NDArray[Any],
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    form: str,
    x: str = "",
    y: str = "",
    span: tuple[float, float] | None = None,
) -> Spec:
    """A heat map of texts with texts, too many for a sentence of each cell: it is said by both texts and its value."""
    chart = heat(values, rows, columns, (), x=x, y=y, form=".2f", span=span)
    (trace,) = chart["data"]
    del trace["hovertext"], trace["hoverinfo"]
    trace |= {
        "x": _apart(columns),
        "y": _apart(rows),
        "hovertemplate": f"%{{z:{form}}}<br>%{{y}}<br>%{{x}}",
        "name": "",
    }
    for name in ("xaxis", "yaxis"):
        axis = chart["layout"][name]
        del axis["tickmode"], axis["tickvals"], axis["ticktext"]
        axis |= {"type": "category", "showticklabels": False}
    return chart


ROW, COLUMN, CELL = "%{y}", "%{x}", "%{customdata}"
"""What stands in a sentence of `told` for the row, the column and what is written of the cell."""
ASIDE = 2_000
"""A name stands beside its row by so small a part of the axis: at its very place plotly would say what is written
there, shortened, and not the row's whole name."""


def told(
    spec: Spec, rows: Sequence[str], columns: Sequence[str], sentence: str, cells: Sequence[Sequence[str]]
) -> Spec:
    """The heat map whose cells are told by one sentence, which the browser fills in for each; empty ones are silent.

    Sentences for all cells of a long text would be a megabyte.
    """
    trace = {
        **spec["data"][0],
        "hovertemplate": _in_lines(said(sentence), rows, columns),
        "hoverongaps": False,
    }
    trace |= {"customdata": [[said(cell) for cell in row] for row in cells], "name": ""}
    del trace["hovertext"], trace["hoverinfo"]
    layout = {**spec["layout"]}
    for axis, names in (("xaxis", columns), ("yaxis", rows)):
        places = [place + len(names) / ASIDE for place in layout[axis]["tickvals"]]
        aliases = {str(at): tip(name) for at, name in enumerate(names)}
        layout[axis] = {**layout[axis], "tickvals": places, "labelalias": aliases}
    return {**spec, "data": [trace, *spec["data"][1:]], "layout": layout}


def _in_lines(sentence: str, rows: Sequence[str], columns_: Sequence[str]) -> str:
    """The sentence in two lines where it may be too long for one."""
    row, column = (max(map(columns, names), default=0) for names in (rows, columns_))
    wide = columns(sentence.replace(CELL, ">99.9")) + row + column - len(ROW) - len(COLUMN)
    if wide <= WIDEST:
        return sentence
    start, end = sentence.split(CELL)
    unit, _, rest = end.partition(" ")
    return f"{start}{CELL}{unit}<br>{rest}"


def _apart(texts: Sequence[str]) -> list[str]:
    """Texts of which no two are the same, as the categories of an axis must be."""
    return [tip(f"{at}. {text}") for at, text in enumerate(texts, 1)]


def ringed(spec: Spec, places: Sequence[Sequence[float]]) -> Spec:
    """The points with a ring around those that are looked at."""
    mark = {"size": 20, "color": MUTED, "symbol": "circle-open", "line": {"width": 2.5, "color": MUTED}}
    rings = {"type": "scatter", "mode": "markers", "hoverinfo": "skip", "showlegend": False, "marker": mark}
    x, y = zip(*places, strict=True)
    return {**spec, "data": [*spec["data"], rings | {"x": numbers(x), "y": numbers(y)}]}


def with_links(spec: Spec, starts: Values, ends: Values) -> Spec:
    """The points with a thin line from each of some to each of others."""
    x, y = ([value for pair in zip(a, b, strict=True) for value in (*pair, None)]
            for a, b in zip(zip(*starts, strict=True), zip(*ends, strict=True), strict=True))  # fmt: skip
    line = {"type": "scatter", "mode": "lines", "hoverinfo": "skip", "showlegend": False, "opacity": 0.35}
    line |= {"x": numbers(x), "y": numbers(y), "line": {"color": MUTED, "width": 1}}
    return {**spec, "data": [line, *spec["data"]]}


def with_arrows(spec: Spec, starts: Values, ends: Values, *, colour: int) -> Spec:
    """The points with an arrow from each of some to each of others, which leaves their marks free."""
    look = {
        "text": "", "showarrow": True, "arrowhead": 2, "arrowwidth": 2.5, "arrowcolor": CATEGORY[colour],
        "axref": "x", "ayref": "y", "standoff": 9, "startstandoff": 9,
    }  # fmt: skip
    ways = (numbers((*end, *start)) for start, end in zip(starts, ends, strict=True))
    arrows = [look | dict(zip(("x", "y", "ax", "ay"), way, strict=True)) for way in ways]
    return {**spec, "layout": {**spec["layout"], "annotations": arrows}}


def on_plane(spec: Spec, x: tuple[float, float], y: tuple[float, float]) -> Spec:
    """Points of which only the distances mean something: no axes, one scale both ways, at least these in sight."""
    layout, hidden = spec["layout"], {"visible": False}
    axes = {
        "xaxis": layout["xaxis"] | hidden | {"range": list(x)},
        "yaxis": layout["yaxis"] | hidden | {"range": list(y), "scaleanchor": "x"},
    }
    return {**spec, "layout": {**layout, **axes}}


def _named(names: Sequence[str]) -> dict[str, Any]:
    places = range(0, len(names), 1 + max(0, len(names) - 1) // MOST_NAMES)
    texts = [brief(names[at]) for at in places]
    return {"tickmode": "array", "tickvals": list(places), "ticktext": texts, "showgrid": False}


def upright(spec: Spec) -> Spec:
    """The heat map with fewer names below it; Chinese ones are not turned: their characters stand one over another."""
    axis = spec["layout"]["xaxis"]
    low, high = axis.get("range", (-1, math.inf))
    seen = sum(low < place < high for place in axis["tickvals"])
    step = 1 + max(0, seen - 1) // MOST_UPRIGHT
    places, names = axis["tickvals"][::step], axis["ticktext"][::step]
    found = {**axis, "tickvals": places, "ticktext": names, "autotickangles": [0, 90]}
    if any(columns(name) > len(name) for name in names):
        found |= {"ticktext": [_stacked(name) for name in names], "tickangle": 0}
    return {**spec, "layout": {**spec["layout"], "xaxis": found}}


def _stacked(name: str) -> str:
    """A name by characters where one is Chinese or the name is long; of several short words, word by word."""
    plain = html.unescape(name)
    narrow = columns(plain) == len(plain) <= SHORT
    words = plain.split()
    if not narrow and len(words) > 1 and max(map(columns, words)) <= SHORT:
        return "<br>".join(map(said, words))
    return name if narrow else "<br>".join(map(said, plain))


def upward(spec: Spec) -> Spec:
    """The heat map with its first row at the bottom: layers, from the embedding up."""
    layout = spec["layout"]
    return {**spec, "layout": {**layout, "yaxis": {**layout["yaxis"], "autorange": True}}}


def stacked(spec: Spec, columns: Sequence[str]) -> Spec:
    """The heat map with Chinese names of columns one character under the other: they are not turned."""
    places, layout = spec["layout"]["xaxis"]["tickvals"], spec["layout"]
    texts = [
        "<br>".join(map(said, columns[at])) if has_han(columns[at]) else brief(columns[at]) for at in places
    ]
    return {**spec, "layout": {**layout, "xaxis": {**layout["xaxis"], "ticktext": texts}}}


def with_scale(spec: Spec, title: str, ticks: Mapping[float, str] | None = None) -> Spec:
    """The heat map with what its colours mean beside their bar, and what is written along it."""
    found = ticks or {}
    bar = spec["data"][0]["colorbar"] | {
        "title": {"text": said(title), "side": "top"}, "orientation": "h", "x": 0, "xanchor": "left", "y": 1,
        "yanchor": "bottom", "len": 1, "thickness": 9, "ticklabeloverflow": "allow",
    }  # fmt: skip
    bar |= {"tickmode": "array", "tickvals": list(found), "ticktext": list(found.values())} if found else {}
    return {**spec, "data": [spec["data"][0] | {"colorbar": bar}, *spec["data"][1:]]}


def with_frame(spec: Spec, rows: tuple[int, int], columns: tuple[int, int]) -> Spec:
    """The heat map with a frame around the cells from the first to the last of these rows and columns."""
    frame = {
        "type": "rect", "x0": columns[0] - 0.5, "x1": columns[1] + 0.5, "y0": rows[0] - 0.5, "y1": rows[1] + 0.5,
        "line": {"color": CATEGORY[FRAME], "width": 3},
    }  # fmt: skip
    return {**spec, "layout": {**spec["layout"], "shapes": [*spec["layout"].get("shapes", ()), frame]}}


def around(spec: Spec, column: int, *, most: int = 24) -> Spec:
    """A wide heat map, opened on the columns around one; the rest is dragged or zoomed into sight."""
    count = len(spec["data"][0]["z"][0])
    if count <= most:
        return spec
    start = min(max(column - most // 2, 0), count - most)
    axis = {**spec["layout"]["xaxis"], "range": [start - 0.5, start + most - 0.5]}
    return {**spec, "layout": {**spec["layout"], "xaxis": axis, "dragmode": "pan"}}


def titled(spec: Spec, title: str, *, alt: str, height: int = 380, wide: int = WIDEST) -> Spec:
    """The chart with its heading, and with the sentence that stands for it where it cannot be seen."""
    layout = {**spec["layout"], "title": {"text": tip(title, wide)}, "meta": {"alt": alt}, "height": height}
    return {**spec, "layout": layout}


PLACE = ("x", "y")


def played(spec: Spec, frames: Sequence[Frame], word: str, *, end: str, milliseconds: int = 350) -> Spec:
    """The chart with a button that shows some frames one after the other, and last the one that stood there."""
    pictures = [
        {
            "name": frame.name,
            "data": [{axis: trace[axis] for axis in PLACE} for trace in frame.data],
            "traces": list(range(len(frame.data))),
            "layout": {"title": {"text": tip(frame.title), "font": {"weight": "bold"}}},  # as on the page
        }
        for frame in frames
    ]
    pace = {
        "frame": {"duration": milliseconds, "redraw": True},
        "mode": "immediate",
        "transition": {"duration": milliseconds * 2 // 3},
    }
    order = [*(frame.name for frame in frames), end]
    button = {"label": said(word), "method": "animate", "args": [order, pace]}
    menu = {
        "type": "buttons", "buttons": [button], "showactive": False, "x": 1, "xanchor": "right", "y": 0,
        "yanchor": "bottom", "bgcolor": "rgba(0,0,0,0)", "bordercolor": MUTED, "font": {"color": INK},
    }  # fmt: skip
    return {**spec, "layout": {**spec["layout"], "updatemenus": [menu]}, "frames": pictures}


def alt_of(spec: Spec) -> str:
    """The sentence that stands for a chart."""
    return str(spec["layout"]["meta"]["alt"])


def colours(mode: Mode) -> Mapping[str, str]:
    """Placeholder → colour of a theme."""
    steps, palette = ramp(mode), PALETTES[mode]
    found = dict(zip(CATEGORY, OKABE_ITO, strict=False))
    found |= {one: steps[round(at * 255 / 9)] for at, one in enumerate(SEQUENTIAL)}
    for at, one in enumerate(DIVERGING):
        end, part = (palette.cool, 1 - at / 4.5) if at < 5 else (palette.warm, at / 4.5 - 1)
        found[one] = _between(palette.neutral, end, part)
    return found | {MUTED: palette.text}


def _between(start: str, end: str, part: float) -> str:
    mixed = (
        round(int(start[at : at + 2], 16) * (1 - part) + int(end[at : at + 2], 16) * part) for at in (1, 3, 5)
    )
    return "#" + "".join(f"{value:02x}" for value in mixed)


def themed(spec: Spec, mode: Mode = "paper") -> Spec:
    """The chart in the colours of a theme, for a file."""
    known, palette = colours(mode), PALETTES[mode]
    plain = re.sub(
        r'"(#0000\d\d)"',
        lambda found: f'"{known.get(found[1], palette.text)}"',
        json.dumps(spec, ensure_ascii=False),
    )
    made: Spec = json.loads(plain)
    made["layout"] |= {
        "paper_bgcolor": palette.background, "plot_bgcolor": palette.background, "font": {"color": palette.text},
    }  # fmt: skip
    return made
