"""The text that a vocabulary is trained on: a bundled corpus, or what the visitor pastes or uploads.

A visitor's corpus stays in the session: it is too long for a link, and it is nobody else's business.
"""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core.catalog.token_splits import OWN
from core.compute.token_splits.corpus import KEPT, decoded
from pages.kit import controls, frame
from pages.kit.frame import Opened
from pages.kit.session import own

SHOWN = 200  # characters
TYPES = ("txt", "md", "csv", "json", "py")


@dataclass(slots=True)
class Corpus:
    """The visitor's own text, and the id of the file that it was read from."""

    text: str = ""
    file: str = ""


def typed() -> str:
    """The visitor's own text; "" while there is none."""
    return own(Corpus).text.strip()


def is_own(page: Opened) -> bool:
    """Whether the visitor's own text is what a vocabulary is trained on."""
    return page.link.get("corpus") == OWN


def shown(page: Opened) -> str:
    """A bundled corpus' name, or the visitor's own text, short enough to be read in a snippet."""
    if not is_own(page):
        return str(page.link.get("corpus"))
    found = typed()
    return found if len(found) <= SHOWN else f"{found[:SHOWN]}…"


def box(page: Opened) -> None:
    """Where the visitor's own text is typed or uploaded."""
    left, right = st.columns([3, 2], gap="medium")
    with left:
        controls.private(
            page.words("train.own_label"), "ts_corpus", own(Corpus).text, _take, height=130,
            placeholder=page.words("train.own_placeholder"),
        )  # fmt: skip
    with right:
        found = st.file_uploader(page.words("train.own_file"), type=list(TYPES), key="ts_corpus_file")
        st.caption(page.words("train.own_note"))
        if found is not None and found.file_id != own(Corpus).file:
            with frame.guard(page.words):
                own(Corpus).file = found.file_id
                own(Corpus).text = decoded(found.getvalue(), found.name)
                st.rerun()


def _take(text: str) -> None:
    own(Corpus).text = text[:KEPT]
