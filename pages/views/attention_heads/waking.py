"""Attention heads: which of many texts makes a resting head look away from the first token."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.compute.attention_heads import waking as compute
from core.data.waking_texts import bank
from core.figures.attention_heads import parts as figures
from pages.kit import canvas, code, export, frame, permalink, prompt, reading
from pages.kit.cache import Outcome
from pages.kit.frame import Opened

STEM = "attention_heads"
KEY = "ah_waking"
LOOK = ("layer", "head")


def figure(page: Opened) -> None:
    """The text and the model, and the heads that rest on it."""
    prompt.strip(page)
    _panel(page)


def _found(page: Opened) -> tuple[Outcome[compute.Resting], Outcome[compute.Waking]]:
    return page.compute(compute.resting), page.compute(compute.waking)


def _state(page: Opened, here: compute.Resting, found: compute.Waking) -> dict[str, Any]:
    """The link's head, or the one that wakes most: on the page's own text, and where the page's own head is awake."""
    state = {name: page.link.get(name) for name in LOOK}
    own = {name: page.declared.default(name, page.link.model, page.link.page_language) for name in LOOK}
    layers, heads = here.awake.shape
    layer, head = page.link.number("layer"), page.link.number("head")
    rests = layer < layers and head < heads and here.awake[layer, head] <= 1 - compute.RESTS
    opening = page.link.text == page.declared.text[page.link.page_language]
    if state == own and (opening or not rests) and (seen := compute.notice(here, found)):
        state |= {"layer": seen.layer, "head": seen.head}
    return state


def _picture(page: Opened, here: compute.Resting, found: compute.Waking) -> bytes:
    return canvas.packed(
        figures.waking_payload, here, found, words=page.words.sub("waking"),
        state=canvas.state_to_push(KEY, _state(page, here, found)), language=page.link.language,
        rests=compute.RESTS, caption=export.label(page),
    )  # fmt: skip


def on_use(value: Any) -> None:
    """The waking text becomes the prompt."""
    found = canvas.numbers(value, ("text",))
    texts = bank()
    if found and found["text"] < len(texts):
        permalink.link(STEM).set(text=texts[found["text"]].text)


@frame.panel
def _panel(page: Opened) -> None:
    here, found = _found(page)
    look = canvas.committer(STEM, KEY, LOOK)
    canvas.mount("waking_head", _picture(page, here.value, found.value), key=KEY, look=look, use=on_use)
    seen = compute.notice(here.value, found.value)
    badge = here.badge if here.badge.kind == "live" else found.badge
    if seen is None:
        reading.line(page, "notice.wake_none", badge, heads=here.value.awake.size)
    else:
        reading.line(
            page, "notice.wake", badge, resting=seen.resting, heads=seen.heads, layer=seen.layer, head=seen.head,
            here=seen.here, there=seen.there, text=seen.text, kind=page.words(f"waking.kind_{seen.kind}"),
        )  # fmt: skip
    st.caption(page.words("wake_note", count=len(found.value.texts)))
    reading.follow(page)


def how(page: Opened) -> None:
    """The source, and the snippet that computes it."""
    code.show(page, compute.waking, {})
    code.source(compute.awake_share)


def numbers(page: Opened) -> None:
    """The figure and its numbers to take home."""
    here, found = _found(page)[0].value, _found(page)[1].value
    data, html = _picture(page, here, found), export.standalone_of(page)
    columns, rows = figures.waking_table(here, found)
    export.buttons(page, [
        ("export.wake", "waking.html", "text/html", lambda: html("waking_head", data)),
        ("export.wake_csv", "waking.csv", "text/csv", lambda: export.table(columns, rows)),
        ("export.wake_json", "waking.json", "application/json", lambda: export.as_json(found)),
    ])  # fmt: skip
