"""The view of ``glossary``: the terms, and beside them the one that is open."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.bank.entries import STEM, Entry
from core.bank.terms import Term, found_in, terms, written
from core.catalog.glossary import LIST
from core.compute.glossary import calls
from core.figures import entry_list
from pages.kit import reading
from pages.kit.frame import Opened
from pages.kit.text import plain
from pages.kit.view import Canvas, Found, View

KEY = "gl_entry"
"""Key of the element in which the open term stands."""
MOST = 12  # questions that are listed
WIDTHS = (5, 4)


def head(page: Opened) -> None:
    """Nothing is chosen, and no text is read."""
    del page


def options(page: Opened, found: Found) -> dict[str, Any]:
    """What the list is told besides its words."""
    del found
    return {"language": page.link.page_language, "present": bool(page.link.shared("present")), "follow": KEY}


CANVAS = Canvas(
    "entry_list", LIST, entry_list.glossary, shows=("entry", "query"), options=options, caption=None
)


def draw(page: Opened, found: Found) -> None:
    """The list, and beside it the term; a lecture shows that alone."""
    if page.link.shared("present"):
        entry(page)
        return
    left, right = st.columns(WIDTHS, gap="large")
    with left:
        CANVAS.mount(page, found)
    with right, st.container(key="gb_side"):
        entry(page)


def entry(page: Opened) -> None:
    """The term that the link names, without one the first."""
    known, asked = terms(page.link.page_language), str(page.link.get("entry"))
    one = known.get(asked) if asked else next(iter(known.values()))
    with st.container(key=KEY, gap="small"):
        if one is None:
            st.info(page.words("entry.none"))
            return
        st.subheader(one.name, anchor=False)
        st.caption(plain(" · ".join((one.beside, *one.short))))
        st.markdown(plain(one.line))
        _see(page, one)
        _asked(page, one)


def _see(page: Opened, one: Term) -> None:
    if one.see:
        st.markdown(f"**{page.words('entry.see')}**")
        for concept in one.see:
            reading.lead(page.link.language, concept)


def _asked(page: Opened, one: Term) -> None:
    """The questions that have the term, those first that are about it."""
    pattern = written(one)
    found = sorted(
        found_in(one.id, page.link.page_language), key=lambda asked: not pattern.search(asked.title)
    )
    if found:
        st.markdown(f"**{page.words('entry.asked')}**")
        for asked in found[:MOST]:
            _question(page, asked)


def _question(page: Opened, one: Entry) -> None:
    reading.to_state(page.link.language, STEM, {"entry": one.id}, one.title)


def say(page: Opened, found: Found) -> None:
    """How many terms there are."""
    del found
    if not page.link.shared("present"):
        st.caption(page.words("notice.count", count=len(terms(page.link.page_language))))


VIEWS = {
    "terms": View(calls.calls, (CANVAS,), say, head=head, draw=draw, model=lambda _: "", sources=(written,))
}
