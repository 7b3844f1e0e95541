"""The part ``gradients`` of ``training_lab``: how much of the loss's gradient reaches which layer."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.catalog.training_lab import WIRINGS
from core.compute.training_lab import parts, reach
from core.compute.training_lab.gradients import Gradients
from core.data import lab_runs
from core.figures.training_lab import gradients as figures
from pages.kit import controls, reading
from pages.kit.frame import Opened
from pages.kit.view import Chart, Found, Rows, Table, View
from pages.views.training_lab.film import bundle


def _fresh(page: Opened) -> bool:
    return page.link.get("network") == "fresh"


def fields(page: Opened) -> None:
    """A fresh network's depth and wiring; or a run, its checkpoint, and a text."""
    if page.link.shared("present"):
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        controls.choice(page, "network")
        if not _fresh(page):
            bundle(page)
            _checkpoint(page)
            with st.container(width=300):
                controls.line(page, "passage")
            return
        with st.container(width=220):
            controls.number(page, "depth")
        controls.choice(page, "initial")
        controls.choice(page, "wiring")


def _checkpoint(page: Opened) -> None:
    stored = lab_runs.run(str(page.link.get("bundle"))).stored
    titles = {step: page.words("gradients.step", step=step) for step in stored}
    with st.container(width=260):
        controls.stops(page, "checkpoint", titles, parts.checkpoint(page.state()))


def names(page: Opened, found: Found) -> list[str]:
    """What each network is called."""
    if _fresh(page):
        return [page.words(f"params.wiring.{one}") for one in WIRINGS]
    return [page.words("gradients.step", step=asked.arguments["step"]) for asked in found.calls]


def at(page: Opened, found: Found) -> int:
    """The number of the network that is looked into."""
    return WIRINGS.index(str(page.link.get("wiring"))) if _fresh(page) else len(found.calls) - 1


def draw(page: Opened, found: Found) -> None:
    """The lines, and beside them all stages of one network."""
    for column, one in zip(st.columns(2, gap="medium"), (REACH, STAGES), strict=True):
        with column:
            one.mount(page, found)


def say(page: Opened, found: Found) -> None:
    """What becomes of the gradient in the network that is looked into, and in the others."""
    one: Gradients = found.values[at(page, found)]
    name, layers = names(page, found)[at(page, found)], one.gradient.shape[0]
    if not _fresh(page):
        ends = zip(("before_first", "before_last"), figures.ends(found.values[0]), strict=True)
        first, last = figures.ends(one)
        reading.line(
            page,
            "notice.gradient_run",
            found.badge,
            name=name,
            layers=layers,
            first=first,
            last=last,
            **dict(ends),
        )
        parameter, share = reach.largest(one)
        st.markdown(page.words("notice.gradient_largest", parameter=parameter, share=share, loss=one.loss))
        return
    turn, times = reach.turned(one)
    reading.line(
        page, f"notice.gradient_{reach.said(one)}", found.badge, name=name, times=figures.short(times),
        turn=page.words(f"gradients.{turn}"), layers=layers,
    )  # fmt: skip
    shares = [figures.short(reach.factor(each)) for each in found.values]
    st.markdown(page.words("notice.gradient_factors", **dict(zip(WIRINGS, shares, strict=True))))


def rows(page: Opened, found: Found) -> Table:
    """Every network, layer and stage."""
    columns = [page.words(f"columns.{name}") for name in figures.COLUMNS]
    return columns, figures.rows(found.values, names(page, found))


def _reach_options(page: Opened, found: Found) -> dict[str, Any]:
    return {"names": names(page, found), "chosen": at(page, found)}


def _reach(*given: Any, **options: Any) -> Any:
    return figures.reach(*given[:-1], words=given[-1], **options)


def _stages(*given: Any, names: list[str], chosen: int, language: str) -> Any:
    return figures.stages(given[chosen], given[-1], language=language, name=names[chosen])


REACH = Chart("tl_reach", _reach, words="gradients", options=_reach_options)
STAGES = Chart("tl_stages", _stages, words="gradients", options=_reach_options)
VIEW = View(
    parts.gradients, (REACH, STAGES), say, (Rows(rows, "gradients.csv"),), fields=fields, draw=draw,
    model=lambda _: "", sources=(reach.states, reach.factor),
)  # fmt: skip
