"""Attention heads: which source token an encoder-decoder looks at while it writes."""

from __future__ import annotations

import streamlit as st

from core.catalog.attention_heads import SOURCES, TRANSLATOR
from core.compute.attention_heads import cross as compute
from core.errors import GlassboxError
from core.figures.attention_heads import parts as figures
from core.models import specs
from pages.kit import canvas, code, export, fields, frame, permalink, reading
from pages.kit.cache import Outcome
from pages.kit.frame import Opened

STEM = "attention_heads"
KEY = "ah_cross"
LOOK = ("cl", "ch", "writing")


def translator() -> str:
    """The id of the small translator that comes with the app or lies in the operator's folder; "" where it does not."""
    known = {spec.id for spec in (*specs.REGISTRY, *specs.folder_specs())}
    return next((id for id in (TRANSLATOR, f"folder:{TRANSLATOR}") if id in known), "")


def model(page: Opened) -> str:
    """The page's model where it has cross-attention (or may have), else the translator."""
    asked = page.link.model
    if asked == TRANSLATOR:
        return translator() or asked
    try:
        kind = specs.find(asked).kind
    except GlassboxError:  # the computation says what is wrong with it
        return asked
    return asked if kind in ("encoder-decoder", "") else translator() or asked


def _source(page: Opened) -> str:
    return str(page.link.get("source"))


def _found(page: Opened) -> Outcome[compute.Translation]:
    return page.compute(compute.translate, model=model(page), source=_source(page))


def _picture(page: Opened, found: compute.Translation) -> bytes:
    seen = compute.notice(found)
    return canvas.packed(
        figures.cross_payload, found, words=page.words.sub("cross"),
        state=canvas.state_to_push(KEY, {name: page.link.get(name) for name in LOOK}),
        language=page.link.language, surest=[seen.layer, seen.head, seen.step],
        caption=export.label(page, model=model(page), text=_source(page)),
    )  # fmt: skip


def figure(page: Opened) -> None:
    """The source and the model, and what it looks at while it writes."""
    if not page.link.shared("present"):
        left, right = st.columns([5, 2], gap="medium")
        with left:
            fields.line(page, "source", clears=LOOK)
        with right:
            fields.model(page)
        with st.container(horizontal=True, gap="xsmall", key="prompt_examples"):
            for at, source in enumerate(SOURCES):
                st.button(
                    source, key=f"ah_source_{at}", on_click=_take, args=(source,),
                    type="primary" if source == _source(page) else "tertiary",
                )  # fmt: skip
    _panel(page)


def _take(source: str) -> None:
    link = permalink.link(STEM)
    assert link.page is not None
    link.set(source=source, **{name: link.page.param(name).default for name in LOOK})


@frame.panel
def _panel(page: Opened) -> None:
    reading.instead(page, "notice.cross_instead", model(page))
    found = _found(page)
    data = _picture(page, found.value)
    canvas.mount("cross_attention", data, key=KEY, look=canvas.committer(STEM, KEY, LOOK))
    seen = compute.notice(found.value)
    reading.line(
        page, "notice.cross", found.badge, layer=seen.layer, head=seen.head, sure=seen.sure,
        written=seen.written.strip("·") or seen.written, source=seen.source.strip("·") or seen.source,
        share=seen.share,
    )  # fmt: skip
    if not found.value.ended:
        st.caption(page.words("cross_long", count=compute.MOST_WRITTEN))
    reading.follow(page)


def how(page: Opened) -> None:
    """The source, and the snippet that computes it."""
    code.show(page, compute.translate, {"source": _source(page)}, model=model(page))


def numbers(page: Opened) -> None:
    """The figure and its numbers to take home."""
    found = _found(page).value
    data, html = _picture(page, found), export.standalone_of(page)
    columns, rows = figures.cross_table(found)
    export.buttons(page, [
        ("export.cross", "cross_attention.html", "text/html", lambda: html("cross_attention", data)),
        ("export.cross_csv", "cross_attention.csv", "text/csv", lambda: export.table(columns, rows)),
        ("export.cross_json", "cross_attention.json", "application/json", lambda: export.as_json(found)),
    ])  # fmt: skip
