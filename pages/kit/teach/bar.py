"""The row above what is presented: where one is, what can be set, the code for phones, and the ways on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.kit import permalink, share
from pages.kit.permalink import Link
from pages.kit.session import own
from pages.kit.teach import room
from pages.kit.text import Words


@dataclass(slots=True)
class Bar:
    """Where the fields of what is presented are put in this run; None where nobody asks for them."""

    place: DeltaGenerator | None = None


PARTS, FIGURES = "gb_slide_parts", "gb_slide_figures"
"""Keys of the buttons that choose what a page shows, and which of its figures stands alone."""
FIELDS = 640
"""Pixels beside each other for fields, where there is room."""


def draw(
    words: Words, link: Link, place: str, step: Callable[[int], None], *, figure: bool = True, notes: str = ""
) -> None:  # fmt: skip
    """The row; without a figure there is nothing that could be set. ``notes``: the link of the presenter's window."""
    own(Bar).place = None
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="gb_bar"):
        st.caption(place, width="stretch")
        if figure:
            _parts(words, link)
        _code(words, link)
        room.button(words)
        if notes:
            st.link_button(
                "", notes, icon=":material/speaker_notes:", type="tertiary", help=words("lecture.notes")
            )
        for id, move, icon in (("back", -1, "chevron_left"), ("on", 1, "chevron_right"), ("end", 0, "close")):
            st.button(
                "", key=f"gb_slide_{id}", icon=f":material/{icon}:", help=words(f"lecture.{id}"),
                type="tertiary", on_click=step, args=(move,),
            )  # fmt: skip


def _parts(words: Words, link: Link) -> None:
    """The parts of the page, its figures, and what can be set for them, behind a button."""
    assert link.page is not None
    named = words.find(f"params.{link.page.by}.label") is not None  # else it is chosen in the figure
    figures = link.page.canvases.get(str(link.get(link.page.by)), ())
    if not named and len(figures) < 2:
        return
    with st.popover("", icon=":material/tune:", type="tertiary", help=words("lecture.parts"), key="gb_parts",
                    on_change="rerun") as opened:  # fmt: skip
        if opened.open and named:
            _part(words, link)
        if opened.open and len(figures) > 1:
            _alone(words, link, len(figures))
        if opened.open:
            own(Bar).place = st.container(width=FIELDS)


def _part(words: Words, link: Link) -> None:
    """The part that is shown, as the page itself has it above its figure."""
    assert link.page is not None
    by = link.page.by
    st.session_state[PARTS] = link.get(by)
    st.segmented_control(
        words(f"params.{by}.label"), link.page.param(by).options, key=PARTS, required=True,
        on_change=_show, args=(link,), format_func=lambda id: words(f"params.{by}.{id}"),
    )  # fmt: skip


def _alone(words: Words, link: Link, count: int) -> None:
    """All figures, or one of them large: one head of hundreds, one row of many."""
    chosen = link.number("figure")
    st.session_state[FIGURES] = chosen if chosen <= count else 0
    st.segmented_control(
        words("lecture.figures"), range(count + 1), key=FIGURES, required=True, on_change=_choose, args=(link,),
        format_func=lambda number: words("lecture.figure", number=number) if number else words("lecture.all_figures"),
    )  # fmt: skip


def _choose(link: Link) -> None:
    permalink.link(link.page.stem if link.page else None).set(figure=st.session_state[FIGURES])


def _show(link: Link) -> None:
    assert link.page is not None
    permalink.link(link.page.stem).set(**{link.page.by: st.session_state[PARTS], "figure": 0})


def _code(words: Words, link: Link) -> None:
    """The code that opens this state on the phones of those who listen."""
    with st.popover("", icon=":material/qr_code_2:", type="tertiary", help=words("lecture.code"), key="gb_code",
                    on_change="rerun") as opened:  # fmt: skip
        if opened.open:
            share.code(words, link.plain_url(), size=320)
