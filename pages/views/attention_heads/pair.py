"""The same heads on two texts, such as a sentence and its translation."""

from __future__ import annotations

import math
from typing import Any

import streamlit as st

from core.catalog.attention_heads import METRICS, SHARES
from core.compute.attention_heads import calls
from core.compute.attention_heads.pair import LEADERS, notice
from core.figures.attention_heads import parts as figures
from core.numbers import say as written
from pages.kit import controls, export, reading
from pages.kit.frame import Opened
from pages.kit.view import Canvas, Data, Found, Rows, View, spoken

PLACE = ("layer", "head")
TEXTS = ("first", "second")


def texts(page: Opened) -> dict[str, str]:
    """What is read."""
    return {name: str(page.link.get(name)) for name in TEXTS}


def model(page: Opened) -> str:
    """The model that reads it."""
    return calls.pair_model(page.link.model, **texts(page))


def head(page: Opened) -> None:
    """The choice of the part; then the two texts and the model."""
    controls.parts(page)
    if not page.link.shared("present"):
        asked(page)


def asked(page: Opened) -> None:
    """The two texts and the model."""
    left, middle, right = st.columns([5, 5, 4], gap="medium")
    for column, name in zip((left, middle), TEXTS, strict=True):
        with column:
            controls.line(page, name)
    with right:
        controls.model(page)


def shown(page: Opened, found: Found) -> dict[str, Any]:
    """The link's head, or where it names none the one that leads on the first text."""
    link = page.link
    state = {name: link.get(name) for name in PLACE}
    own = {name: page.declared.default(name, link.model, link.page_language) for name in PLACE}
    seen = notice(found.values[0], str(link.get("by"))) if state == own else None
    return {"layer": seen.layer, "head": seen.head} if seen else state


def say(page: Opened, found: Found) -> None:
    """How far the heads keep their habit."""
    metric = str(page.link.get("by"))
    name = page.words(f"pair.metric_{metric}")
    seen = notice(found.values[0], metric)
    if seen is None or math.isnan(seen.correlation):
        reading.line(page, "notice.pair_none", found.badge, metric=name)
        return
    form, language = "p" if metric in SHARES else ".2g", page.link.language
    id = "notice.pair" if not math.isnan(seen.rest) else "notice.pair_few"
    reading.line(
        page, id, found.badge, metric=name, heads=seen.heads, correlation=seen.correlation,
        leaders=LEADERS, rest=seen.rest,
        layer=seen.layer, head=seen.head, rank=seen.rank, first=written(seen.first, form, language),
        second=written(seen.second, form, language),
    )  # fmt: skip


VIEW = View(
    calls.both_texts,
    (
        Canvas(
            "head_pair", "ah_pair", figures.pair_payload, words="pair", shows=(*PLACE, "by"), state=shown,
            options=spoken, html=("export.pair", "two_texts.html"),
            caption=lambda page, _: export.label(page, text=" | ".join(texts(page).values())),
        ),
    ),
    say,
    (
        Rows(lambda _, found: figures.pair_table(found.values[0], METRICS), "two_texts.csv", "export.pair_csv"),
        Data(lambda found: found.values[0], "two_texts.json", "export.pair_json"),
    ),
    head=head,
    aside=asked,
    model=model,
    lacks="chinese",
    read="reads.pair",
)  # fmt: skip
