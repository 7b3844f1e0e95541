"""The view of activation patching: which state carries the answer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st

from core.compute.model_anatomy import calls
from core.compute.model_anatomy.patching import Patching, patch_notice, patch_span
from core.compute.model_anatomy.patching import patching as patching_of
from core.figures.model_anatomy import patching as figures
from core.figures.model_anatomy.stream import linked, rows
from core.numbers import percent
from pages.kit import controls, reading
from pages.kit.frame import Opened
from pages.kit.view import Found
from pages.views.model_anatomy import stream


def _map(found: Found) -> tuple[Any, ...]:
    return (found.of(patching_of),)


def _both(found: Found) -> tuple[Any, ...]:
    return found.of(patching_of), found.of(patch_span)


def _cell(page: Opened, found: Found) -> dict[str, int]:
    """The chosen layer and token."""
    map = found.values[0]
    layers = len(map.effect)
    asked = page.link.number("row")
    return {"row": asked if 0 <= asked < layers else layers - 1, "at": stream.at(page, map.giver.labels)}


def _row(page: Opened, found: Found) -> dict[str, int]:
    """The chosen layer and the tokens that are patched at once."""
    cell = _cell(page, found)
    span = calls.span(page.state(), *found.values[0].effect.shape)
    ends = (span["first"], span["last"]) if span else (cell["at"], cell["at"])
    return {"row": cell["row"], "first": ends[0], "last": ends[1], **stream.room(page)}


def _picked(page: Opened, found: Found, row: int, column: int) -> dict[str, int]:
    layers, tokens = found.values[0].effect.shape
    layer = rows(layers, **stream.room(page))[row]
    return {"row": linked(layer, layers), "pos": linked(column, tokens), "upto": -1}


_chart = partial(stream.chart, "patching")
GRID = _chart("patching", figures.grid, _row, takes=_map, picks=_picked)
THROUGH = _chart("through", figures.through, _cell, takes=_map)
AFTER = _chart("after", figures.after, _cell, takes=_both)


def _fields(page: Opened) -> None:
    """The text that receives the states, filled with the one that goes with the first text."""
    partner = calls.second(page.state())
    if not page.link.shared("present"):
        controls.line(page, "other", clears=("row", "pos", "upto"), value=partner)


def _above(page: Opened, _: Found) -> None:
    controls.choice(page, "part")


def _alone(page: Opened) -> None:
    """That there is no second text yet."""
    if not calls.second(page.state()):
        st.info(page.words("said.no_partner"), icon=":material/info:")


def _beside(page: Opened, found: Found) -> None:
    map, cell = found.values[0], _cell(page, found)
    with st.container(horizontal=True, gap="medium"):
        stream.token(page, map.giver.labels, clears=("upto",))
        controls.along(page, "row", [str(layer) for layer in range(len(map.effect))], cell["row"])
    present = bool(page.link.shared("present"))
    if not present:
        _told(page, found)
    AFTER.mount(page, found)
    if present:  # the figure comes first
        _told(page, found)
    _on(page, map.giver.labels, cell["at"])
    THROUGH.mount(page, found)
    if not present:
        for side, tokens, at in (("giver", map.giver, 0), ("taker", map.taker, 1)):
            st.caption(
                page.words(f"patching.{side}", text="".join(tokens.labels), answers=_answers(page, map, at))
            )


def _on(page: Opened, labels: Sequence[str], first: int) -> None:
    """The tokens behind the chosen one that are patched with it."""
    span = page.link.number("upto")
    titles = {-1: page.words("params.upto.none")} | stream.titles(page, labels, first + 1)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        if len(titles) > 1:
            controls.stops(page, "upto", titles, min(span, len(labels) - 1) if span > first else -1)
        controls.setter(page, "upto", label=page.words("params.upto.row"), pos=0, upto=len(labels) - 1)


def _answers(page: Opened, map: Patching, at: int) -> str:
    """The most probable next tokens of one of the two texts."""
    pairs = figures.own(map, at)
    return page.words("list_separator").join(f"{token} {percent(chance)}" for token, chance in pairs)


def _told(page: Opened, found: Found) -> None:
    """What the chosen patch restores."""
    map, cell, span = found.values[0], _cell(page, found), found.of(patch_span)
    labels = map.giver.labels
    if span is None:
        effect = float(map.effect[cell["row"], cell["at"]])
        st.markdown(
            page.words("patching.restored", effect=effect, layer=cell["row"], token=labels[cell["at"]])
        )
        return
    whole = span.first == 0 and span.last == len(labels) - 1 and map.part == "stream"
    st.markdown(
        page.words(
            "patching.whole" if whole else "patching.span", effect=span.effect, layer=span.layer,
            first=labels[span.first], last=labels[span.last],
        )
    )  # fmt: skip


def _say(page: Opened, found: Found) -> None:
    """Which token carries the answer where."""
    told = patch_notice(found.values[0])
    whole = page.link.get("part") == "stream" and told.hands_over
    reading.line(
        page, "said.patching" if whole else "said.patching_part", found.badge, giver=told.giver, taker=told.taker,
        early=told.early, late=told.late, early_effect=told.early_effect, late_effect=told.late_effect,
        moves=told.moves,
    )  # fmt: skip


VIEW = stream.view("patching", _say, GRID, _beside, above=_above, fields=_fields, takes=_map, without=_alone)
