"""The view of the logit lens: what each layer would say already."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from core.compute.model_anatomy.lens import MOST_PINS, Lens, Tracks, lens_notice
from core.figures.model_anatomy import lens as figures
from core.figures.model_anatomy.stream import linked, names, rows
from pages.kit import controls, reading
from pages.kit.frame import Opened
from pages.kit.view import Found
from pages.views.model_anatomy import stream


def _cell(page: Opened, found: Found) -> dict[str, int]:
    """The chosen state: its row among those that were read, and its token."""
    lens: Lens = found.values[0]
    return {"row": figures.row_of(lens, page.link.number("row")), "at": stream.at(page, lens.tokens.labels)}


def _grid(page: Opened, found: Found) -> dict[str, Any]:
    return {**_cell(page, found), **stream.room(page), "by": page.link.get("by")}


def _tracks(page: Opened, found: Found) -> dict[str, Any]:
    return {"row": _cell(page, found)["row"], "by": page.link.get("by")}


def _picked(page: Opened, found: Found, row: int, column: int) -> dict[str, int]:
    lens: Lens = found.values[0]
    layer = int(lens.layers[rows(len(lens.layers), **stream.room(page))[row]])
    return {"row": linked(layer, lens.depth + 1), "pos": linked(column, len(lens.tokens.labels))}


_chart = partial(stream.chart, "lens")
GRID = _chart("lens", figures.grid, _grid, picks=_picked)
TOP = _chart("top", figures.top, _cell)
TRACKS = _chart("tracks", figures.tracks, _tracks)


def _above(page: Opened, found: Found) -> None:
    """The measure that colours the cells; the button that reads all layers, where not all are."""
    lens: Lens = found.values[0]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        controls.choice(page, "by")
        if found.whole and figures.step(lens) > 1:
            controls.setter(
                page, "dense", label=page.words("lens.every", step=figures.step(lens)), dense=True
            )


def _beside(page: Opened, found: Found) -> None:
    lens, tracks = found.values
    cell, words = _cell(page, found), page.words.sub("lens")
    named = [figures.layer_name(lens, words, row) for row in range(len(lens.layers))]
    with st.container(horizontal=True, gap="medium"):
        stream.token(page, lens.tokens.labels)
        if len(named) > 1:
            titles = dict(zip((*lens.layers.tolist()[:-1], -1), named, strict=True))
            controls.stops(page, "row", titles, list(titles)[cell["row"]])
    TOP.mount(page, found)
    label, own = names(lens), int(lens.answer[cell["at"]])
    rank, chance = (
        int(lens.rank[cell["row"], cell["at"]]),
        float(lens.answer_probability[cell["row"], cell["at"]]),
    )
    st.caption(page.words("lens.of_answer", token=label[own], rank=rank, chance=chance))
    TRACKS.mount(page, found)
    _pins(page, lens, tracks, cell)


def _pins(page: Opened, lens: Lens, tracks: Tracks, cell: dict[str, int]) -> None:
    """The tokens that can be followed: the most probable ones of the chosen state, and those that are followed."""
    label, own = names(lens), int(lens.answer[cell["at"]])
    followed = dict(zip(tracks.ids.tolist(), tracks.labels, strict=True))
    near = {id: label[id] for id in lens.top_ids[cell["row"], cell["at"]].tolist()}
    titles = {str(id): token for id, token in {**followed, **near}.items() if id != own}
    controls.picks(page, "pins", titles, most=MOST_PINS)


def _say(page: Opened, found: Found) -> None:
    """Where the answer comes up, in the rows that are drawn."""
    lens: Lens = found.values[0]
    told = lens_notice(lens, rows(len(lens.layers), **stream.room(page)))
    id = "said.lens_all" if not told.before else "said.lens_last" if told.stays == told.depth else "said.lens"
    reading.line(
        page, id, found.badge, token=told.token, probability=told.probability, stays=told.stays, depth=told.depth,
        before=told.before,
    )  # fmt: skip


VIEW = stream.view("lens", _say, GRID, _beside, above=_above)
