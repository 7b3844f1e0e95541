"""Tokenization, fourth part: new words for the vocabulary of the model in hand, and what they cost."""

from __future__ import annotations

import streamlit as st

from core.compute.token_splits import adding as compute
from core.figures.token_splits import rows as figures
from pages.kit import canvas, code, controls, export, frame, prompt, reading
from pages.kit.cache import Outcome
from pages.kit.frame import Opened

STEM = "token_splits"


def figure(page: Opened) -> None:
    """The text, the model, the new words, and what they change."""
    prompt.strip(page)
    _rows(page)


def _added(page: Opened) -> Outcome[compute.Added]:
    return page.compute(compute.add_words, words=page.link.names("words"))


@frame.panel
def _rows(page: Opened) -> None:
    if not page.link.shared("present"):
        controls.items(page, "words")
    if not page.link.names("words"):
        st.info(page.words("add.none"), icon=":material/edit_note:")
        return
    result = _added(page)
    found = result.value
    data = canvas.packed(
        figures.added_payload, found, words=page.words.sub("rows"), language=page.link.language,
        caption=export.label(page), state=canvas.state_to_push("ts_added", {"show": page.link.get("show")}),
    )  # fmt: skip
    look = canvas.committer(STEM, "ts_added", ("show",))
    canvas.mount("token_rows", data, key="ts_added", look=look)
    before, after = len(found.before.ids), len(found.after.ids)
    reading.line(
        page, "notice.add" if after < before else "notice.add_none", result.badge, before=before, after=after,
        rows=found.new_rows, d_model=found.d_model, parameters=found.parameters, all=found.rows,
    )  # fmt: skip
    st.markdown(page.words("add.start"))
    if not page.link.shared("present"):
        reading.follow(page)


def how(page: Opened) -> None:
    """The source, and the snippet that computes it."""
    code.show(page, compute.add_words, {"words": page.link.names("words")})


def numbers(page: Opened) -> None:
    """The figure and its numbers to take home."""
    if not page.link.names("words"):
        st.info(page.words("add.none"), icon=":material/edit_note:")
        return
    found = _added(page).value
    rows = figures.added_payload(
        found, page.words.sub("rows"), {"show": page.link.get("show")}, language=page.link.language,
        caption=export.label(page),
    )  # fmt: skip
    html = export.standalone_of(page)
    export.buttons(page, [
        ("export.rows", "added.html", "text/html", lambda: html("token_rows", rows)),
        ("export.added_csv", "added.csv", "text/csv",
         lambda: export.table(figures.ADDED_COLUMNS, figures.added_rows(found))),
        ("export.data_json", "added.json", "application/json", lambda: export.as_json(found)),
    ])  # fmt: skip
