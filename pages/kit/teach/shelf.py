"""The lectures that can be presented: those that come with the app, and the visitor's own, which is made here."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core.teaching import lectures
from core.teaching.kinds import Lecture
from pages.kit.permalink import Link
from pages.kit.session import own
from pages.kit.teach import draft, take
from pages.kit.text import Words, plain

LISTS = ("ours", "own")
CHOSEN = "gb_lecture_list"


@dataclass(slots=True)
class Shelf:
    """Whether the window is open: it stays so while the page below it is drawn anew; and what it has shown last."""

    is_open: bool = False
    shown: str = LISTS[0]


def button(words: Words, link: Link) -> None:
    """The button that opens them, over the page whose state can be put into one."""
    st.button(
        words("lectures.title"), key="gb_lectures", icon=":material/co_present:", help=words("lectures.help"),
        on_click=unfold,
    )  # fmt: skip
    window(words, link)


def window(words: Words, link: Link) -> None:
    """The window itself, where it is open; on the home page there is no state that could be put into a lecture."""
    if own(Shelf).is_open:
        st.dialog(words("lectures.title"), width="large", on_dismiss=_close)(_all)(words, link)


def unfold() -> None:
    """Open it with the run that follows."""
    own(Shelf).is_open = True


def _close() -> None:
    own(Shelf).is_open = False


def _all(words: Words, link: Link) -> None:
    if CHOSEN not in st.session_state:
        st.session_state[CHOSEN] = own(Shelf).shown
    shown = st.segmented_control(
        words("lectures.title"), LISTS, key=CHOSEN, required=True, label_visibility="collapsed",
        format_func=lambda id: words(f"lectures.{id}"),
    )  # fmt: skip
    own(Shelf).shown = shown or LISTS[0]
    if shown == "own":
        draft.draw(words, link, _close)
    else:
        for lecture in lectures.bundled(link.page_language):
            _one(words, link, lecture)


def _one(words: Words, link: Link, lecture: Lecture) -> None:
    """A lecture that comes with the app."""
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"gb_ours_{lecture.id}"):
        with st.container(width="stretch", gap=None):
            minutes = round(sum(step.minutes for step in lecture.steps))
            st.markdown(f"**{plain(lecture.title)}**")
            st.caption(words("lectures.size", count=len(lecture.steps), minutes=minutes))
            st.markdown(plain(lecture.about))
        draft.start(words, link, lecture, _close)
        take.offer(words, lecture)
