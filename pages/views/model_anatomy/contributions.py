"""The view of direct logit attribution: which part pushed the answer."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from core.compute.model_anatomy.lens import Contributions, parts_notice
from core.figures.model_anatomy import contributions as figures
from pages.kit import controls, reading
from pages.kit.frame import Opened
from pages.kit.view import Found
from pages.views.model_anatomy import stream


def _last(found: Found) -> tuple[Any, ...]:
    """The result that has the tokens asked for by id."""
    return found.values[-1:]


def _asked(page: Opened, _: Found) -> dict[str, int]:
    return {name: page.link.number(name) for name in ("answer", "against")}


_chart = partial(stream.chart, "contributions", options=_asked, takes=_last)
GRID = _chart("contributions", figures.grid)
LEDGER = _chart("ledger", figures.ledger)
BY_LAYER = _chart("by_layer", figures.by_layer)


def _titles(page: Opened, found: Contributions) -> dict[str, str]:
    """The candidates by id, the most probable one first."""
    named = zip(found.candidate_ids.tolist(), found.candidates, found.probability.tolist(), strict=True)
    titles = {
        str(id): page.words("contributions.candidate", token=token, chance=chance)
        for id, token, chance in named
    }
    first = next(iter(titles))
    return {"-1": titles[first]} | {id: title for id, title in titles.items() if id != first}


def _above(page: Opened, found: Found) -> None:
    """After which token, which answer, and against which other."""
    one: Contributions = found.values[-1]
    titles, answer = _titles(page, one), str(page.link.get("answer"))
    first = next(iter(titles))
    named = {
        "-1" if id == first != answer else id: title for id, title in titles.items()
    }  # −1: the most probable
    others = {id: title for id, title in titles.items() if id != (first if answer == "-1" else answer)}
    with st.container(horizontal=True, gap="medium"):
        stream.token(page, one.tokens.labels, clears=("answer", "against"))
        controls.select(page, "answer", named)
        controls.select(page, "against", {"-1": page.words("params.against.none")} | others)


def _beside(page: Opened, found: Found) -> None:
    LEDGER.mount(page, found)
    one, asked = found.values[-1], _asked(page, found)
    if not page.link.shared("present"):
        sums = figures.parts(one, **asked)
        st.caption(page.words("contributions.residual", residual=sums.residual, share=sums.share))
    BY_LAYER.mount(page, found)
    pairs = figures.strongest(one, page.words.sub("contributions"), language=page.link.language, **asked)
    parts = [page.words("contributions.one", part=part, value=value) for part, value in pairs]
    st.markdown(page.words.join(page.words("contributions.most"), page.words("list_separator").join(parts)))


def _say(page: Opened, found: Found) -> None:
    """Which part pushes most, and how well the parts add up."""
    told = parts_notice(found.values[-1], page.link.number("answer"), page.link.number("against"))
    reading.line(
        page, f"said.parts_{told.part}", found.badge, token=told.token, layer=told.layer, head=told.head,
        value=told.value, attention=told.attention, mlp=told.mlp, logit=told.logit,
    )  # fmt: skip


VIEW = stream.view("contributions", _say, GRID, _beside, above=_above, takes=_last)
