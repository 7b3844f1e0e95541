"""The text that a vocabulary is trained on: a bundled corpus, or what the visitor pastes or uploads.

A visitor's corpus stays in the session: it is too long for a link, and it is nobody else's business.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass

import streamlit as st

from core.compute.token_splits.training import MAX_CORPUS
from core.errors import NotText, TextTooLong
from pages.kit import frame
from pages.kit.frame import Opened
from pages.kit.session import own

OWN = "own"
SHOWN = 200  # characters
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(slots=True)
class Corpus:
    """The visitor's own text, and the id of the file that it was read from."""

    text: str = ""
    file: str = ""


def chosen(page: Opened) -> str:
    """A bundled corpus' name, or the visitor's own text ("" while there is none, which is said)."""
    if page.link.get("corpus") == OWN and not page.link.shared("present"):
        _fields(page)
    found = text(page)
    if not found:
        st.info(page.words("train.own_empty"), icon=":material/edit_note:")
    return found


def text(page: Opened) -> str:
    """A bundled corpus' name, or the visitor's own text; "" while there is none."""
    name = str(page.link.get("corpus"))
    return name if name != OWN else str(own(Corpus).text).strip()


def shown(page: Opened) -> str:
    """The same, short enough to be read in a snippet."""
    found = text(page)
    return found if len(found) <= SHOWN else found[:SHOWN] + "…"


def _fields(page: Opened) -> None:
    left, right = st.columns([3, 2], gap="medium")
    st.session_state["ts_corpus"] = own(Corpus).text
    left.text_area(
        page.words("train.own_label"), key="ts_corpus", height=130, on_change=_typed,
        placeholder=page.words("train.own_placeholder"),
    )  # fmt: skip
    with right:
        found = st.file_uploader(
            page.words("train.own_file"), type=["txt", "md", "csv", "json", "py"], key="ts_corpus_file"
        )
        st.caption(page.words("train.own_note"))
        if found is not None and found.file_id != own(Corpus).file:
            with frame.guard(page.words):
                own(Corpus).file = found.file_id
                own(Corpus).text = decoded(found.getvalue(), found.name)
                st.rerun()


def _typed() -> None:
    own(Corpus).text = str(st.session_state["ts_corpus"] or "")[: MAX_CORPUS + 1].replace("\0", "")


def decoded(content: bytes, name: str) -> str:
    """A file's text: UTF-8, or UTF-16 with its mark. Errors: NotText, TextTooLong (in bytes)."""
    if len(content) > MAX_CORPUS:
        raise TextTooLong(count=len(content), limit=MAX_CORPUS, unit="bytes")
    encoding = next((codec for mark, codec in MARKS if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeError as error:
        raise NotText(name=name) from error
    if "\0" in text:
        raise NotText(name=name)
    return text
