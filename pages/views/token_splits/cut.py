"""Tokenization, first part: the text in several vocabularies, why a piece is cut as it is, other languages."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.compute.token_splits import cut as compute
from core.compute.token_splits import picks as token_picks
from core.figures.token_splits import cut as figures
from pages.kit import canvas, code, export, frame, permalink, prompt, reading
from pages.kit.frame import Opened
from pages.views.token_splits import vocabularies

STEM = "token_splits"
CHIPS = ("ts_chips",)
LOOK = ("show", "limit")


def figure(page: Opened) -> None:
    """The example texts, and everything that follows the text."""
    prompt.examples(page)
    _cut(page)


def _on_typed(value: Any) -> None:
    """The text was changed in the canvas."""
    prompt.take(permalink.link(STEM), CHIPS, value)


def _on_look(value: Any) -> None:
    """The canvas's own controls were changed."""
    canvas.commit(permalink.link(STEM), CHIPS, LOOK, value)


def _on_chosen(value: Any) -> None:
    """A vocabulary was added, taken away or replaced."""
    canvas.commit(permalink.link(STEM), CHIPS, ("vocab",), value)


def _on_pick(value: Any) -> None:
    """A token was clicked: the text that it stands for, in its vocabulary."""
    canvas.commit(permalink.link(STEM), CHIPS, ("by", "piece"), value)


@frame.panel
def _cut(page: Opened) -> None:
    """The text in all chosen vocabularies, the piece that is explained, and other languages."""
    ids = vocabularies.chosen(page)
    result = page.attempt(compute.split, vocabularies=ids)
    splits = result.value if result else None
    pick = token_picks.telling(splits, str(page.link.get("by")), str(page.link.get("piece")))
    state = {"text": page.link.text} | {name: page.link.get(name) for name in LOOK}
    data = figures.payload(
        splits, page.words.sub("chips"), canvas.state_to_push("ts_chips", state), pick=pick,
        vocabularies=vocabularies.offered(page), language=page.link.language, hub=vocabularies.hub_open(),
        asked=ids, failed=splits is None and bool(page.link.text.strip()),
    )  # fmt: skip
    canvas.mount(
        "token_chips", data, key="ts_chips", typed=_on_typed, look=_on_look, chosen=_on_chosen, pick=_on_pick
    )
    if result is None:
        return
    reading.line(page, "notice.cut", result.badge)
    _why(page, result.value, *pick)
    if not page.link.shared("present"):
        with frame.guard(page.words):
            _languages(page, ids)
        reading.follow(page)


def _why(page: Opened, splits: compute.Splits, by: str, piece: str) -> None:
    """How the vocabulary came to cut one piece of the text as it does."""
    with frame.guard(page.words):
        position, count = token_picks.place(splits, by, piece)
        found = page.compute(compute.explain_word, vocabulary=by, position=position).value
        data = canvas.packed(
            figures.explain_payload, found, words=page.words.sub("tree"), state={}, piece=piece, count=count,
            title=vocabularies.title(page, by), language=page.link.language,
        )  # fmt: skip
        canvas.mount("merge_tree", data, key="ts_tree")


def _languages(page: Opened, ids: tuple[str, ...]) -> None:
    """One text in many languages: how many times as many tokens as English."""
    st.subheader(page.words("fertility.title"), anchor=False)
    st.markdown(page.words("fertility.lead"))
    found = page.compute(compute.fertility, vocabularies=ids).value
    data = canvas.packed(
        figures.fertility_payload, found, words=page.words.sub("fertility"), state={},
        titles=[vocabularies.title(page, id) for id in ids], languages=page.words.sub("languages"),
        language=page.link.language,
    )  # fmt: skip
    canvas.mount("token_fertility", data, key="ts_fertility")


def how(page: Opened) -> None:
    """The source of the cut, and the snippet that computes it."""
    code.show(page, compute.split, {"vocabularies": vocabularies.chosen(page)})


def numbers(page: Opened) -> None:
    """The figure and its numbers to take home."""
    ids = vocabularies.chosen(page)
    splits = page.compute(compute.split, vocabularies=ids).value
    pick = token_picks.telling(splits, str(page.link.get("by")), str(page.link.get("piece")))
    state = {"text": page.link.text} | {name: page.link.get(name) for name in LOOK}
    chips = figures.payload(
        splits, page.words.sub("chips"), state, pick=pick, vocabularies=vocabularies.offered(page),
        language=page.link.language, hub=False, asked=ids, failed=False,
    )  # fmt: skip
    html = export.standalone_of(page)
    export.buttons(page, [
        ("export.chips", "tokens.html", "text/html", lambda: html("token_chips", chips)),
        ("export.tokens_csv", "tokens.csv", "text/csv",
         lambda: export.table(figures.COLUMNS, figures.rows(splits))),
        ("export.data_json", "tokens.json", "application/json", lambda: export.as_json(splits)),
    ])  # fmt: skip
