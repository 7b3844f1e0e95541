"""The views of ``question_bank``: to read, and to be asked."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from core.bank import anki, searching, sheet
from core.bank.entries import Entry, bank
from core.catalog.question_bank import CHAPTERS, LIST
from core.compute.question_bank import calls
from core.figures import entry_list
from pages.kit import controls, export
from pages.kit.frame import Opened
from pages.kit.view import Canvas, Found, View
from pages.views.question_bank import entry

WIDTHS = (5, 7)


def head(page: Opened) -> None:
    """To read or to be asked; no text is read."""
    controls.parts(page, "view")


def options(page: Opened, found: Found) -> dict[str, Any]:
    """What the list is told besides its words."""
    del found
    return {
        "language": page.link.page_language, "present": bool(page.link.shared("present")), "follow": entry.KEY,
        "chapters": {id: page.words(f"chapters_of.{id}") for id in CHAPTERS},
    }  # fmt: skip


SHOWS = ("view", "entry", "chapter", "stars", "live", "query")
CANVAS = Canvas("entry_list", LIST, entry_list.questions, shows=SHOWS, options=options, caption=None)


def draw_read(page: Opened, found: Found) -> None:
    """The list, and beside it the question that is open; a lecture shows that alone."""
    if page.link.shared("present"):
        entry.draw(page)
        return
    left, right = st.columns(WIDTHS, gap="large")
    with left, st.container(key="gb_side"):
        CANVAS.mount(page, found)
    with right:
        entry.draw(page)


def draw_quiz(page: Opened, found: Found) -> None:
    """A question at a time; its answer comes when it is asked for, in the browser."""
    CANVAS.mount(page, found)


def selected(page: Opened) -> list[Entry]:
    """The questions that the link filters."""
    get = page.link.get
    return searching.select(
        page.link.page_language, chapter=str(get("chapter")), stars=int(page.link.number("stars")),
        live=bool(get("live")), query=str(get("query")),
    )  # fmt: skip


def say(page: Opened, found: Found) -> None:
    """How many questions there are, and how many of them a page shows."""
    del found
    if not page.link.shared("present"):
        every = bank(page.link.page_language).values()
        st.caption(page.words("notice.count", count=len(every), live=len([one for one in every if one.show])))


def foot(page: Opened) -> None:
    """The selection to take home: printed, and as cards."""
    if page.link.shared("present"):
        return
    found, language = selected(page), page.link.language
    words = {
        "title": page.words("page.title"),
        **{id: page.words(f"entry.{id}") for id in ("wrong", "numbers")},
    }
    chapters = {id: page.words(f"chapters_of.{id}") for id in CHAPTERS}
    about = page.words("export.about", count=len(found)) + f" · {page.link.url()}"
    printed = partial(sheet.sheet, found, language=language, words=words, chapters=chapters, about=about)
    deck = f"Glassbox {page.words('page.title')}"
    cards = partial(anki.cards, found, language=language, words=words, deck=deck)
    st.caption(page.words("export.selected", count=len(found)))
    export.buttons(page, [
        ("export.sheet", "questions.html", "text/html", printed),
        ("export.cards", "questions.txt", "text/plain", cards),
    ])  # fmt: skip


made = partial(
    View,
    calls.calls,
    (CANVAS,),
    say,
    head=head,
    foot=foot,
    model=lambda _: "",
    sources=(searching.rank, searching.select),
)
VIEWS = {"read": made(draw=draw_read), "quiz": made(draw=draw_quiz, read="page.quiz")}
