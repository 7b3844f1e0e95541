"""The prompt strip, below the parts of a page: example texts as pills, then the text and the model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import streamlit as st

from pages.kit import canvas, models, permalink
from pages.kit.frame import Opened
from pages.kit.permalink import MAX_TEXT, Link
from pages.kit.text import plain

EXAMPLES = "gb_examples"
"""Key of the row of example texts."""


def any_text(_: str) -> bool:
    """Where a view can read all example texts."""
    return True


def strip(page: Opened, *, reads: Callable[[str], bool] = any_text) -> None:
    """Text box, examples and model picker, controlled by the page's state. Enter runs (Shift+Enter: a new line).

    ``reads``: whether an example is one that the view can read; others are not offered.
    """
    link = page.link
    st.session_state["prompt_widget"] = link.text
    if link.shared("present"):
        _presented(page)
        return
    with st.container(key="prompt", gap="xsmall"):
        examples(page, reads=reads)
        _fields(page)


def examples(page: Opened, *, reads: Callable[[str], bool] = any_text) -> None:
    """The example texts as pills; all that a page needs whose canvas has its own text box."""
    link = page.link
    if link.shared("present"):
        return
    texts = {label: text for label, text, _ in page.declared.examples[link.page_language] if reads(text)}
    pressed = next((label for label, text in texts.items() if text == link.text), None)
    pills(page, {label: page.words(f"examples.{label}") for label in texts}, pressed, partial(_example, page))


def pills(page: Opened, titles: Mapping[str, str], pressed: str | None, take: Callable[[str], None]) -> None:
    """A row of things to try by their titles, one or none of them pressed; ``take`` gets the one that is clicked."""

    def clicked() -> None:
        if one := st.session_state[EXAMPLES]:  # None: the one that was pressed; it stays
            take(one)

    st.session_state[EXAMPLES] = pressed
    st.pills(
        page.words("prompt.examples"), list(titles), key=EXAMPLES, label_visibility="collapsed",
        format_func=lambda id: titles.get(id, id), on_change=clicked,
    )  # fmt: skip


def _presented(page: Opened) -> None:
    """While presenting: the text large, and the fields behind a button."""
    with st.container(horizontal=True, vertical_alignment="center", key="prompt_said"):
        shown = page.link.text if len(page.link.text) <= 160 else page.link.text[:160] + "…"
        st.markdown(f"> {plain(shown)}", width="stretch")
        with st.popover(page.words("prompt.change"), icon=":material/edit:", width="content"):
            _fields(page)


def _fields(page: Opened) -> None:
    words = page.words
    left, right = st.columns([5, 2], gap="medium", vertical_alignment="top")
    left.text_area(
        words("prompt.label"), key="prompt_widget", height=68, placeholder=words("prompt.placeholder"),
        on_change=_typed, args=(page,), label_visibility="collapsed",
    )  # fmt: skip
    with right:
        models.picker(page, _chosen, label=False)


def _typed(page: Opened) -> None:
    permalink.link(page.declared.stem).set(text=str(st.session_state["prompt_widget"] or "")[:MAX_TEXT])


def _chosen(page: Opened) -> None:
    models.choose(permalink.link(page.declared.stem).choose_model)


def _example(page: Opened, chosen: str) -> None:
    link = permalink.link(page.declared.stem)
    for label, text, model in page.declared.examples[link.page_language]:
        if label == chosen:
            if model and model != link.model:
                link.choose_model(model)
            link.set(text=text)


def take(link: Link, keys: tuple[str, ...], value: Any) -> None:
    """Take over a text that was typed inside a canvas (visitor input); the canvases ``keys`` show it already."""
    text = value.get("text") if isinstance(value, Mapping) else None
    if isinstance(text, str):
        text = text[:MAX_TEXT].replace("\0", "").encode("utf-8", "replace").decode()  # half an emoji: "?"
        link.set(text=text)
        canvas.shows(keys, {"text": text})
