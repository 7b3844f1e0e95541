"""Tokenization, fourth part: new words for the vocabulary of the model in hand, and what they cost."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.calls import Call
from core.compute.token_splits import calls
from core.compute.token_splits.adding import add_words
from core.figures.token_splits import rows as figures
from pages.kit import controls, reading
from pages.kit.frame import Opened
from pages.kit.view import Canvas, Data, Found, Rows, View, spoken


def fields(page: Opened) -> None:
    """The new words."""
    if not page.link.shared("present"):
        controls.line(page, "words", most=controls.MOST_LISTED)


def empty(page: Opened) -> None:
    """That there are no words yet."""
    if not page.link.names("words"):
        st.info(page.words("add.none"), icon=":material/edit_note:")


def how(page: Opened, _: Found) -> Call[Any]:
    """The words added, be there none."""
    return page.call(add_words, words=page.link.names("words"))


def say(page: Opened, found: Found) -> None:
    """What the words save and what they cost."""
    made = found.of(add_words)
    before, after = len(made.before.ids), len(made.after.ids)
    unused = not any(uses for uses, known in zip(made.uses, made.known, strict=True) if not known)
    id = "notice.add" if after < before else "notice.add_unused" if unused else "notice.add_none"
    reading.line(
        page, id, found.badge, before=before, after=after,
        rows=made.new_rows, d_model=made.d_model, parameters=made.parameters, all=made.rows,
    )  # fmt: skip
    st.markdown(page.words("add.start"))


VIEW = View(
    calls.add,
    (
        Canvas(
            "token_rows", "ts_added", figures.added_payload, words="rows", shows=("show",), options=spoken,
            html=("export.rows", "added.html"),
        ),
    ),
    say,
    (
        Rows(
            lambda _, found: (figures.ADDED_COLUMNS, figures.added_rows(found.of(add_words))), "added.csv",
            "export.added_csv",
        ),
        Data(lambda found: found.of(add_words), "added.json"),
    ),
    fields=fields,
    how=how,
    read="reads.add",
    without=empty,
)  # fmt: skip
