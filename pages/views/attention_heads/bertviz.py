"""BertViz's own head and model views of a few layers, drawn without a network."""

from __future__ import annotations

import streamlit as st

from core.compute.attention_heads import bertviz as compute
from core.compute.attention_heads import calls
from core.figures.attention_heads import bertviz as figures
from pages.kit import controls, reading
from pages.kit.frame import Opened
from pages.kit.view import Canvas, Data, Found, Rows, View, spoken

CANVAS = Canvas(
    "bertviz", "ah_bertviz", figures.payload, words="bertviz", shows=("bv",),
    state=lambda page, _: {"layer": page.link.number("layer")}, options=spoken, html=("export.bertviz", "bertviz.html"),
)  # fmt: skip


def draw(page: Opened, found: Found) -> None:
    """The choice of the layers, and BertViz."""
    if not page.link.shared("present"):
        choices(page, found)
    CANVAS.mount(page, found)


def choices(page: Opened, found: Found) -> None:
    """The layers."""
    weights = found.values[0]
    layers = tuple(map(str, weights.layers))
    controls.several(page, "layers", layers, weights.count, most=compute.MOST_LAYERS)


def say(page: Opened, found: Found) -> None:
    """How much of the model this is."""
    seen = compute.notice(found.values[0])
    reading.line(
        page, "notice.bertviz", found.badge, layers=seen.layers, count=seen.count, heads=seen.heads,
        shown=seen.shown, all=seen.all,
    )  # fmt: skip
    st.caption(page.words("bertviz_note"))


VIEW = View(
    calls.few_layers,
    (CANVAS,),
    say,
    (
        Rows(lambda _, found: figures.table(found.values[0]), "bertviz.csv", "export.bertviz_csv"),
        Data(lambda found: found.values[0], "bertviz.json", "export.bertviz_json"),
    ),
    draw=draw,
    choices=choices,
    read="reads.bertviz",
    programs=(("bertviz_snippet", compute.NOTEBOOK),),
)
