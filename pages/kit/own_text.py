"""A text that a visitor brings along: pasted or uploaded, kept in the session, in no link.

It is too long for a link, and it is nobody else's business.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import streamlit as st

from core.data.uploads import MAX_MEGABYTES, decoded
from pages.kit import controls, frame
from pages.kit.frame import Opened
from pages.kit.session import emptied, own

SHOWN = 200  # characters
TYPES = ("txt", "md", "csv", "json", "py")


@dataclass(slots=True)
class Text:
    """What was pasted, and the id of the file that it was read from."""

    text: str = ""
    file: str = ""


@dataclass(slots=True)
class Texts:
    """The visitor's own text of each page."""

    by_page: dict[str, Text] = field(default_factory=dict)


def of(stem: str) -> Text:
    """The drawer of a page."""
    return own(Texts).by_page.setdefault(stem, Text())


def typed(stem: str) -> str:
    """The visitor's own text; "" while there is none."""
    return of(stem).text.strip()


def short(stem: str) -> str:
    """The same, short enough to be read in a snippet."""
    found = typed(stem)
    return found if len(found) <= SHOWN else f"{found[:SHOWN]}…"


def box(page: Opened, *, most: int, read: Callable[[bytes, str], str] = decoded) -> None:
    """Where it is typed or uploaded; ``most`` characters are kept, and ``read(content, name)`` is a file's text."""
    stem, short = page.declared.stem, page.declared.short
    mine = of(stem)

    def take(text: str) -> None:
        mine.text = text[:most]

    left, right = st.columns([3, 2], gap="medium")
    with left:
        controls.private(
            page.words("own.label"), f"{short}_corpus", mine.text, take, height=130,
            placeholder=page.words("own.placeholder"),
        )  # fmt: skip
    with right:
        key = f"{short}_corpus_file"
        found = st.file_uploader(
            page.words("own.file"), type=list(TYPES), key=key, max_upload_size=MAX_MEGABYTES
        )
        st.caption(page.words("own.note"))
        if found is not None and found.file_id != mine.file:
            with frame.guard(page.words):
                mine.file = found.file_id
                take(read(emptied(key), found.name))
                st.rerun()
