"""The view of how long the states grow, and of what is left without the norms."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from core.compute.model_anatomy.norms import OFF, NormsNotice, norms_notice, without_norms
from core.compute.model_anatomy.norms import norms as norms_of
from core.figures.model_anatomy import norms as figures
from core.figures.model_anatomy.stream import linked
from pages.kit import controls, reading
from pages.kit.frame import Opened
from pages.kit.view import Found
from pages.views.model_anatomy import stream

STATES = {off: {"measure": "stream"} for off in OFF if off != "none"}
"""What is left out is seen in the states."""


def _taken(found: Found) -> tuple[Any, ...]:
    return found.of(norms_of), found.of(without_norms)


def _at(page: Opened, found: Found) -> dict[str, Any]:
    return {"at": stream.at(page, found.values[0].tokens.labels)}


def _measured(page: Opened, found: Found) -> dict[str, Any]:
    return {**_at(page, found), **stream.room(page), "measure": page.link.get("measure")}


def _picked(_: Opened, found: Found, __: int, column: int) -> dict[str, int]:
    return {"pos": linked(column, len(found.values[0].tokens.labels))}


_chart = partial(stream.chart, "norms", takes=_taken, words=("params.measure",))
GRID = _chart("norms", figures.grid, _measured, picks=_picked)
ALONG = _chart("along", figures.along, _at)
NEXT = _chart("next", figures.following)


def _above(page: Opened, found: Found) -> None:
    """What is shown, and which norms are left out: a post-norm model has no last one."""
    with st.container(horizontal=True, gap="medium"):
        controls.choice(page, "measure")
        controls.choice(page, "off", sets=STATES, without=("final",) if found.values[0].post else ())


def _beside(page: Opened, found: Found) -> None:
    norms, removed = _taken(found)
    stream.token(page, norms.tokens.labels)
    ALONG.mount(page, found)
    if removed is None:
        _kind(page, norms_notice(norms))
        return
    st.markdown(page.words("norms.without", what=page.words(f"params.off.{removed.off}")))
    if not removed.candidates:
        st.caption(page.words("norms.no_head"))
        return
    NEXT.mount(page, found)
    if figures.overflows(removed):
        st.caption(page.words("norms.overflow"))


def _kind(page: Opened, told: NormsNotice) -> None:
    """Where the norms stand in this model, and what comes of it on this text."""
    kind = "post" if told.post else "pre"
    if page.link.shared("present"):
        return
    st.markdown(f"**{page.words(f'norms.{kind}')}**")
    why = page.words(f"norms.{kind}_why")
    massive = [page.words("norms.massive", token=told.token, times=told.times)] if told.massive else []
    st.caption(page.words.join(why, *massive))


def _say(page: Opened, found: Found) -> None:
    """How the states grow, or that they are reset; and what replacing the norms is."""
    told = norms_notice(found.values[0])
    reading.line(
        page, "said.norms_post" if told.post else "said.norms", found.badge, token=told.token, layer=told.layer,
        largest=told.largest, times=told.times, start=told.start, end=told.end,
    )  # fmt: skip


def _honest(page: Opened) -> str:
    return page.words("norms.honest" if page.link.get("off") == "none" else "norms.honest_off")


VIEW = stream.view("norms", _say, GRID, _beside, above=_above, honest=_honest)
