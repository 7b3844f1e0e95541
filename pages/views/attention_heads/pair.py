"""Attention heads: the same heads on two texts, such as a sentence and its translation."""

from __future__ import annotations

import math
from typing import Any

import streamlit as st

from core.catalog.attention_heads import ENCODER
from core.compute.attention_heads import pair as compute
from core.compute.attention_heads.metrics import METRICS
from core.errors import GlassboxError
from core.figures.attention_heads import parts as figures
from core.models import specs
from core.numbers import say
from pages.kit import canvas, code, export, fields, frame, reading
from pages.kit.cache import Outcome
from pages.kit.frame import Opened

STEM = "attention_heads"
KEY = "ah_pair"
LOOK = ("layer", "head", "by")


def model(page: Opened) -> str:
    """The page's model, or the bundled encoder where a text is Chinese and the model reads none."""
    asked = page.link.model
    try:
        spec = specs.find(asked)
    except GlassboxError:  # the computation says what is wrong with it
        return asked
    chinese = any(reading.HAN.search(text) for text in _texts(page).values())
    return ENCODER if chinese and spec.source == "bundled" and "zh" not in spec.languages else asked


def _texts(page: Opened) -> dict[str, str]:
    return {name: str(page.link.get(name)) for name in ("first", "second")}


def _found(page: Opened) -> Outcome[compute.HeadPair]:
    return page.compute(compute.pair, model=model(page), **_texts(page))


def _state(page: Opened, found: compute.HeadPair) -> dict[str, Any]:
    """What the canvas shows: the link's head, or where it names none the one that leads on the first text."""
    state = {name: page.link.get(name) for name in LOOK}
    place = {
        name: page.declared.default(name, page.link.model, page.link.page_language)
        for name in ("layer", "head")
    }
    if place.items() <= state.items() and (seen := compute.notice(found, str(state["by"]))):
        state |= {"layer": seen.layer, "head": seen.head}
    return state


def _picture(page: Opened, found: compute.HeadPair) -> bytes:
    state = canvas.state_to_push(KEY, _state(page, found))
    return canvas.packed(
        figures.pair_payload, found, words=page.words.sub("pair"), state=state, language=page.link.language,
        caption=export.label(page, model=model(page), text=" | ".join(_texts(page).values())),
    )  # fmt: skip


def figure(page: Opened) -> None:
    """The two texts and the model, and the heads on both."""
    if not page.link.shared("present"):
        left, middle, right = st.columns([5, 5, 4], gap="medium")
        with left:
            fields.line(page, "first")
        with middle:
            fields.line(page, "second")
        with right:
            fields.model(page)
    _panel(page)


@frame.panel
def _panel(page: Opened) -> None:
    reading.instead(page, "notice.pair_instead", model(page))
    found = _found(page)
    look = canvas.committer(STEM, KEY, LOOK)
    canvas.mount("head_pair", _picture(page, found.value), key=KEY, look=look)
    metric = str(page.link.get("by"))
    seen = compute.notice(found.value, metric)
    if seen is None or math.isnan(seen.correlation):
        reading.line(page, "notice.pair_none", found.badge, metric=page.words(f"pair.metric_{metric}"))
    else:
        form, language = "p" if metric in METRICS[:4] else ".2g", page.link.language
        reading.line(
            page, "notice.pair", found.badge, metric=page.words(f"pair.metric_{metric}"), heads=seen.heads,
            correlation=seen.correlation, layer=seen.layer, head=seen.head, rank=seen.rank,
            first=say(seen.first, form, language), second=say(seen.second, form, language),
        )  # fmt: skip
    reading.follow(page)


def how(page: Opened) -> None:
    """The source, and the snippet that computes it."""
    code.show(page, compute.pair, _texts(page), model=model(page))


def numbers(page: Opened) -> None:
    """The figure and its numbers to take home."""
    found = _found(page).value
    data, html = _picture(page, found), export.standalone_of(page)
    columns, rows = figures.pair_table(found, METRICS)
    export.buttons(page, [
        ("export.pair", "two_texts.html", "text/html", lambda: html("head_pair", data)),
        ("export.pair_csv", "two_texts.csv", "text/csv", lambda: export.table(columns, rows)),
        ("export.pair_json", "two_texts.json", "application/json", lambda: export.as_json(found)),
    ])  # fmt: skip
