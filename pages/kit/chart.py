"""An ordinary chart on a page: a figure of ``core.figures`` drawn by plotly, in the visitor's theme and language.

Hover, legend and zoom are plotly's own, in the browser. Below it stand pictures to take home; the arrow keys walk
through its values. A control that belongs to a link is a widget beside it (plotly tells Streamlit nothing of its own).
"""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from core.figures import payloads, posters
from core.figures.buffer import pack
from core.figures.charts import Spec, alt_of, themed
from core.jobs.shelf import Shelf
from pages.kit import canvas, frame
from pages.kit.frame import Opened
from pages.kit.session import session
from pages.kit.text import Words

DESK, LECTURE = 15, 22
"""Size of the type, in pixels."""
HIGHEST_LECTURE = 360
"""So high is a chart at most where all must fit 1280 × 720; where there is more room, half of it."""
TOP = {"y": 1, "yref": "container", "yanchor": "top"}
"""Where the title of a heat map stands that has little room above."""
ABOVE, RISE = 8, 0.7
"""Pixels above it, and by how many of its letters plotly lifts a title of several rows."""
LOCALE = {"en": "en", "zh": "zh-CN"}
_CHARTS = Shelf.dealt("charts")  # ready to be sent, each with the results that it is known by
IDLE = ("select2d", "lasso2d", "autoScale2d")
"""Buttons of plotly that do nothing here."""

PAGE = """<!doctype html>
<html lang="{language}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>body{{margin:2rem;font-family:sans-serif;background:#fbfaf7;color:#22242a}}
figcaption{{margin-top:1rem;color:#555;overflow-wrap:anywhere}}</style>
<figure role="img" aria-label="{alt}">{body}<figcaption>{alt}<br>{caption}</figcaption></figure></html>
"""


def config(words: Words) -> dict[str, Any]:
    """Plotly's settings: its words in the visitor's language, and no link to anywhere."""
    locale = LOCALE[words.language]
    return {
        "displaylogo": False, "responsive": True, "modeBarButtonsToRemove": list(IDLE), "locale": locale,
        "locales": {locale: {"dictionary": dict(words.get("plotly")), "format": {"decimal": ".", "thousands": ","}}},
    }  # fmt: skip


def sized(spec: Spec, *, present: bool) -> Spec:
    """The chart for a desk or for a lecture: the theme's small type is overruled everywhere."""
    size = LECTURE if present else DESK
    type_, layout = {"size": size}, {**spec["layout"]}
    lying = any(trace.get("colorbar", {}).get("orientation") == "h" for trace in spec["data"])
    rows = 1 + layout["title"]["text"].count("<br>")
    layout["font"] = type_
    layout["margin"] = {
        "l": 8, "r": 2 * size if lying else 8, "t": round((1.6 + 1.4 * rows + (lying and present)) * size), "b": 8,
    }  # fmt: skip
    layout["legend"] = {**layout["legend"], "font": type_}
    layout["title"] = {**layout["title"], "font": {"size": size + 2}}
    if lying and present:
        layout["title"] |= TOP | {"pad": {"t": ABOVE + round(RISE * (size + 2) * (rows > 1))}}
    for axis in ("xaxis", "yaxis"):
        layout[axis] = {**layout[axis], "tickfont": type_, "title": {**layout[axis]["title"], "font": type_}}
    if present:
        layout["height"] = min(int(layout["height"] * LECTURE / DESK), HIGHEST_LECTURE)
    around = (10 if lying else 6) * size
    layout["yaxis"] |= _sparse(layout["yaxis"], int((layout["height"] - around) / (1.25 * size)))
    if "updatemenus" in layout:
        layout["updatemenus"] = [
            {**menu, "font": {**menu["font"], **type_}} for menu in layout["updatemenus"]
        ]
    data = [_scale_sized(trace, type_, present=present) for trace in spec["data"]]
    return {**spec, "data": data or [NOTHING], "layout": layout}


def _sparse(axis: dict[str, Any], most: int) -> dict[str, Any]:
    """Names beside the rows of an axis, only every second, third … where they would stand one over the other."""
    if len(axis.get("ticktext", ())) <= most:
        return {}
    step = -(-len(axis["ticktext"]) // max(most, 1))
    return {name: list(axis[name])[::step] for name in ("tickvals", "ticktext")}


def _scale_sized(trace: dict[str, Any], type_: dict[str, int], *, present: bool) -> dict[str, Any]:
    """The scale of a heat map's colours; in a lecture without its title, as there is room for the chart's alone."""
    if "colorbar" not in trace:
        return trace
    bar = {**trace["colorbar"], "tickfont": type_}
    if "title" in bar:
        bar["title"] = {**bar["title"], "font": type_, **({"text": ""} if present else {})}
    return {**trace, "colorbar": bar}


NOTHING = {"type": "scatter", "x": [], "y": []}
"""A chart without a trace is refused by plotly, in an error of its own."""
Pick = Callable[[int, int], None]
"""What is done with the row and the column of a cell that the visitor chooses."""


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """A chart as it is sent to the browser."""

    spec: Spec
    shown: Spec  # with the sizes of a desk or a lecture
    poster: posters.Poster | None


def made(
    figure: Callable[..., Spec], results: tuple[Any, ...], words: Words, tables: Sequence[str], *, present: bool,
    **options: Any,
) -> Made:  # fmt: skip
    """The chart ``figure(*results, words, **options)``, made once for all visitors who see the same.

    Results are frozen and told apart by identity, as in ``canvas.packed``; with options that JSON does not know, or
    results that can change, it is made anew.
    """

    def make() -> Spec:
        return figure(
            *results, {id: word for table in tables for id, word in words.get(table).items()}, **options
        )

    def complete() -> tuple[Made, tuple[Any, ...]]:
        spec = make()
        shown = sized(spec, present=present)
        return Made(spec, shown, posters.of(shown)), results

    key = _key(figure, results, words, [tables, options], present)
    found: Made = (complete() if key is None else _CHARTS.get(key, complete))[0]
    return found


def _key(*parts: Any) -> tuple[Any, ...] | None:
    """What a chart is kept under; None where a part can change, or is unknown to JSON."""
    try:
        key = tuple(json.dumps(one, sort_keys=True) if isinstance(one, list) else one for one in parts)
        hash(key)
    except TypeError:
        return None
    return key


def _checked(made: Made) -> Any:
    """Plotly's own figure of a chart: that all in it is known to plotly is looked at once."""
    import plotly.graph_objects

    def look() -> tuple[Any, Spec]:
        return plotly.graph_objects.Figure(made.shown), made.shown  # which is as large

    found, _ = _CHARTS.get(("checked", made), look)
    return found


def draw(page: Opened, made: Made, *, key: str, file: str, pick: Pick | None = None) -> None:
    """Draw a chart with what belongs to it; ``key`` is unique on all pages. ``pick`` takes the cells of a heat map."""
    if session().fresh:  # a canvas above it is painted before plotly is loaded
        session().fresh = False
        frame.let_it_be_drawn()
    place = f"gbchart_{key}"
    tall = bool(page.link.shared("present")) and made.shown["layout"]["height"] == HIGHEST_LECTURE
    with st.container(key=place, gap=None):
        above = st.container(key=f"gbtall_{key}" if tall else None)
        about: payloads.Chart = {
            "words": page.words.sub("chart"), "key": place, "file": file, "language": page.link.language,
        }  # fmt: skip
        if made.poster:
            about["poster"] = made.poster
        if pick:
            about["picks"] = True
        data = pack(about, {}, compress=False)
        on = {"pick": partial(picked, made.spec, pick)} if pick else {}
        canvas.mount("chart", data, key=f"{key}_tools", on=on)
        if made.poster and not session().charted:  # so is its own picture, with the rest of the frame
            frame.let_it_be_drawn(2)
        session().charted = True
        above.plotly_chart(
            _checked(made), key=key, config=config(page.words), alt=alt_of(made.spec),
            height="stretch" if tall else "content",
        )  # fmt: skip


def picked(spec: Spec, pick: Pick, value: Any) -> None:
    """Take a cell that was chosen, where there is one."""
    cells = spec["data"][0]["z"]
    found = canvas.numbers(value, ("row", "column"))
    if found and found["row"] < len(cells) and found["column"] < len(cells[0]):
        pick(found["row"], found["column"])


def standalone(spec: Spec, *, title: str, caption: str, language: str) -> str:
    """One HTML file that shows the chart, working with no network."""
    import plotly.io

    body = plotly.io.to_html(
        themed(sized(spec, present=False)), include_plotlyjs=True, full_html=False, validate=False, auto_play=False,
        config={"displaylogo": False, "responsive": True},
    )  # fmt: skip
    told = html.escape(alt_of(spec))
    return PAGE.format(
        language=language, title=html.escape(title), alt=told, caption=html.escape(caption), body=body
    )
