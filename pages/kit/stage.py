"""What the frame does in the browser: keys, lecture mode, page style, theme switch."""

from __future__ import annotations

import functools
from typing import Any

import streamlit as st

from core import catalog
from core.figures import payloads
from core.figures.buffer import pack
from core.paths import COMPONENTS
from pages.kit import canvas, lecture, permalink
from pages.kit.session import own, session
from pages.kit.teach import mine
from pages.kit.text import Words

STYLE = COMPONENTS / "frame" / "stage" / "page.css"


@functools.cache
def _style(present: bool) -> str:
    """The page's own rules; large type comes with them, so that it stands before any canvas is drawn."""
    large = ":root { font-size: 160%; --gb-scale: 1.6; }" if present else ":root { --gb-scale: 1; }"
    phone = "@media (max-width: 640px) { :root { font-size: 115%; --gb-scale: 1.15; } }" if present else ""
    wall = "@media (min-width: 2500px) { :root { font-size: 240%; --gb-scale: 2.4; } }" if present else ""
    return f"<style>{STYLE.read_text('utf-8')}\n{large}\n{phone}\n{wall}</style>"


def draw(common: Words, page: str) -> None:
    """Page style and the invisible helper that listens for keys, and notes that this page was opened."""
    link = permalink.link(None)
    present = bool(link.shared("present"))
    with st.container(key="gb_stage"):
        st.html(_style(present))
        meta: payloads.Stage = {
            "words": common.sub("stage"),
            "present": present,
            "language": common.language,
            "back": session().back,
            "keep": permalink.kept_text(),
            "page": page,
            "lecture": str(link.shared("lecture")) if present else "",
            "slide": link.number("slide"),
            "presenter": bool(link.shared("presenter")),
            "draft": mine.code(),
            "touched": own(mine.Draft).touched,
        }
        canvas.mount(
            "stage", pack(meta, {}), key="gb_keys", step=_on_step, restore=_on_restore, draft=_on_draft
        )


def _on_step(value: Any) -> None:
    move, number = (value.get("move"), value.get("to")) if isinstance(value, dict) else (None, None)
    if move in (-1, 0, 1):
        lecture.step(move)
    elif isinstance(number, int):
        lecture.turn_to(number)


def _on_restore(value: Any) -> None:
    text = value.get("text") if isinstance(value, dict) else None
    if isinstance(text, str):
        permalink.link(session().page or None).set(text=text[: permalink.MAX_TEXT])


def _on_draft(value: Any) -> None:
    code = value.get("code") if isinstance(value, dict) else None
    if isinstance(code, str):
        mine.restore(code)


def theme_switch(common: Words) -> None:
    """The button that changes between paper and stage."""
    meta: payloads.ThemeSwitch = {
        "words": common.sub("theme"), "pages": [page.stem for page in catalog.PAGES],
    }  # fmt: skip
    canvas.mount("theme_switch", pack(meta, {}, compress=False), key="gb_theme")
