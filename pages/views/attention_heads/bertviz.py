"""Attention heads: BertViz's own head and model views of a few layers, drawn without a network."""

from __future__ import annotations

import streamlit as st

from core.compute.attention_heads import bertviz as compute
from core.figures.attention_heads import bertviz as figures
from pages.kit import canvas, code, controls, export, frame, prompt, reading
from pages.kit.cache import Outcome
from pages.kit.frame import Opened

STEM = "attention_heads"
KEY = "ah_bertviz"
LOOK = ("bv",)


def figure(page: Opened) -> None:
    """The text and the model, and BertViz."""
    prompt.strip(page)
    _panel(page)


def _found(page: Opened) -> Outcome[compute.Weights]:
    return page.compute(compute.weights, layers=page.link.names("layers"))


def _picture(page: Opened, found: compute.Weights) -> bytes:
    state = canvas.state_to_push(KEY, {name: page.link.get(name) for name in (*LOOK, "layer")})
    return canvas.packed(
        figures.payload, found, words=page.words.sub("bertviz"), state=state, language=page.link.language,
        caption=export.label(page),
    )  # fmt: skip


@frame.panel
def _panel(page: Opened) -> None:
    found = _found(page)
    if not page.link.shared("present"):
        layers = tuple(str(layer) for layer in found.value.layers)
        controls.several(page, "layers", layers, found.value.count, most=compute.MOST_LAYERS)
    data = _picture(page, found.value)
    canvas.mount("bertviz", data, key=KEY, look=canvas.committer(STEM, KEY, LOOK))
    heads = found.value.attention.shape[1]
    reading.line(
        page, "notice.bertviz", found.badge, layers=len(found.value.layers), count=found.value.count,
        heads=heads, shown=heads * len(found.value.layers), all=heads * found.value.count,
    )  # fmt: skip
    st.caption(page.words("bertviz_note"))
    reading.follow(page)


def how(page: Opened) -> None:
    """The source, and the snippet that computes it."""
    code.show(page, compute.weights, {"layers": page.link.names("layers")})
    st.markdown(page.words("bertviz_snippet"))
    st.code(SNIPPET)


SNIPPET = """\
# in a notebook, with a network (BertViz fetches d3 and jQuery there)
import torch
from bertviz import head_view, model_view

layers = [torch.from_numpy(layer.copy())[None] for layer in trace.attention]
head_view(layers, list(trace.tokens.labels))
model_view(layers, list(trace.tokens.labels), include_layers=list(result.layers))
"""


def numbers(page: Opened) -> None:
    """The figure and its numbers to take home."""
    found = _found(page).value
    data, html = _picture(page, found), export.standalone_of(page)
    columns, rows = figures.table(found)
    export.buttons(page, [
        ("export.bertviz", "bertviz.html", "text/html", lambda: html("bertviz", data)),
        ("export.bertviz_csv", "bertviz.csv", "text/csv", lambda: export.table(columns, rows)),
        ("export.bertviz_json", "bertviz.json", "application/json", lambda: export.as_json(found)),
    ])  # fmt: skip
