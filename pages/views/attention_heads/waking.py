"""Which of many texts makes a resting head look away from the first token."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.compute.attention_heads import calls
from core.compute.attention_heads import waking as compute
from core.data.waking_texts import bank
from core.figures.attention_heads import parts as figures
from pages.kit import canvas, permalink, reading
from pages.kit.frame import Opened
from pages.kit.view import Canvas, Data, Found, Rows, View, spoken

STEM = "attention_heads"
LOOK = ("layer", "head")


def shown(page: Opened, found: Found) -> dict[str, Any]:
    """The link's head, or the one that wakes most: on the page's own text, and where the page's own head is awake."""
    here, texts = found.values
    link, declared = page.link, page.declared
    state = {name: link.number(name) for name in LOOK}
    own = {name: declared.default(name, link.model, link.page_language) for name in LOOK}
    opening = link.text == declared.text[link.page_language]
    if (
        state == own
        and (opening or not compute.rests(here, **state))
        and (seen := compute.notice(here, texts))
    ):
        state = {"layer": seen.layer, "head": seen.head}
    return state


def on_use(value: Any) -> None:
    """The waking text becomes the prompt."""
    found = canvas.numbers(value, ("text",))
    texts = bank()
    if found and found["text"] < len(texts):
        permalink.link(STEM).set(text=texts[found["text"]].text)


def say(page: Opened, found: Found) -> None:
    """Which resting head wakes most, and on what."""
    here, texts = found.values
    seen = compute.notice(here, texts)
    if seen is None:
        reading.line(page, "notice.wake_none", found.badge, heads=here.awake.size)
    else:
        reading.line(
            page, "notice.wake", found.badge, resting=seen.resting, heads=seen.heads, layer=seen.layer,
            head=seen.head, here=seen.here, there=seen.there, text=seen.text,
            kind=page.words(f"waking.kind_{seen.kind}"),
        )  # fmt: skip
    st.caption(page.words("wake_note", count=len(texts.texts)))


VIEW = View(
    calls.wake,
    (
        Canvas(
            "waking_head", "ah_waking", figures.waking_payload, words="waking", shows=LOOK, state=shown,
            options=lambda page, found: spoken(page, found) | {"rests": compute.RESTS}, on={"use": on_use},
            html=("export.wake", "waking.html"),
        ),
    ),
    say,
    (
        Rows(lambda _, found: figures.waking_table(*found.values), "waking.csv", "export.wake_csv"),
        Data(lambda found: found.values[1], "waking.json", "export.wake_json"),
    ),
    how=lambda _, found: found.call(compute.waking),
    sources=(compute.awake_share,),
    read="reads.wake",
)  # fmt: skip
