"""Which source token an encoder-decoder looks at while it writes."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from core.catalog.attention_heads import SOURCES, TRANSLATOR
from core.compute.attention_heads import calls
from core.compute.attention_heads import cross as compute
from core.figures.attention_heads import parts as figures
from core.models import needs
from pages.kit import controls, export, models, permalink, prompt, reading
from pages.kit.frame import Opened
from pages.kit.view import Canvas, Data, Found, Rows, View, spoken
from pages.views.attention_heads.sentences import bare

LOOK = ("cl", "ch", "writing")


def source(page: Opened) -> str:
    """What it reads."""
    return str(page.link.get("source"))


def head(page: Opened) -> None:
    """The choice of the part; then the source with some to try, and the model."""
    controls.parts(page)
    if not page.link.shared("present"):
        asked(page)


def asked(page: Opened) -> None:
    """The source with some to try, and the model."""
    left, right = st.columns([5, 2], gap="medium")
    with left:
        controls.line(page, "source", clears=LOOK)
    with right:
        controls.model(page)
    pressed = next((one for one in SOURCES if one == source(page)), None)
    prompt.pills(page, {one: one for one in SOURCES}, pressed, partial(_take, page))


def _take(page: Opened, one: str) -> None:
    link = permalink.link(page.declared.stem)
    link.set(source=one, **{name: page.declared.param(name).default for name in LOOK})


def surest(page: Opened, found: Found) -> dict[str, Any]:
    """What the canvas takes besides the result."""
    seen = compute.notice(found.values[0])
    return spoken(page, found) | {"surest": [seen.layer, seen.head, seen.step]}


def say(page: Opened, found: Found) -> None:
    """Which head is sharpest, and how far it reaches."""
    written = found.values[0]
    seen = compute.notice(written)
    if seen.unknown == seen.count:
        reading.line(
            page, "notice.cross_unknown", found.badge, model=models.title(page.model), count=seen.count
        )
    else:
        _sharpest(page, found, seen)
    if 0 < seen.unknown < seen.count:
        st.caption(page.words("notice.cross_lost", unknown=seen.unknown, count=seen.count))
    if seen.unknown and page.model == TRANSLATOR:
        st.caption(page.words("notice.cross_dates"))
    if not written.ended:
        st.caption(page.words("cross_long", count=compute.MOST_WRITTEN))


def _sharpest(page: Opened, found: Found, seen: compute.TranslationNotice) -> None:
    reading.line(
        page, "notice.cross", found.badge, layer=seen.layer, head=seen.head, sure=seen.sure,
        written=bare(seen.written), source=bare(seen.source), share=seen.share,
    )  # fmt: skip


VIEW = View(
    calls.translated,
    (
        Canvas(
            "cross_attention", "ah_cross", figures.cross_payload, words="cross", shows=LOOK, options=surest,
            caption=lambda page, _: export.label(page, text=source(page)),
            html=("export.cross", "cross_attention.html"),
        ),
    ),
    say,
    (
        Rows(lambda _, found: figures.cross_table(found.values[0]), "cross_attention.csv", "export.cross_csv"),
        Data(lambda found: found.values[0], "cross_attention.json", "export.cross_json"),
    ),
    head=head,
    aside=asked,
    model=lambda page: calls.cross_model(page.link.model),
    need=needs.CROSS,
    read="reads.cross",
)  # fmt: skip
