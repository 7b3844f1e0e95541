"""One question as it is read: the short and the long answer, what is said wrong, its number, and where it is seen."""

from __future__ import annotations

import streamlit as st

from core.bank import entries, writing
from core.bank.entries import STEM, Entry
from core.bank.sheet import stars
from pages.kit import permalink, reading
from pages.kit.frame import Opened
from pages.kit.text import plain

GLOSSARY = "glossary"
KEY = "qb_entry"
"""Key of the element that it stands in."""


def draw(page: Opened) -> None:
    """The question that the link names; in a lecture without what is for reading alone."""
    with st.container(key=KEY, gap="small"):
        one = entries.chosen(str(page.link.get("entry")), page.link.page_language)
        if one is None:
            st.info(page.words("entry.none"))
            return
        _answers(page, one)
        if not page.link.shared("present"):
            _numbers(page, one)
            _see(page, one)
            _also(page, one)
            _sources(page, one)
            _neighbours(page, one)


def _answers(page: Opened, one: Entry) -> None:
    st.caption(f"{page.words(f'chapters_of.{one.chapter}')} · {stars(one.stars)}")
    st.subheader(one.title, anchor=False)
    st.markdown(f"> {one.ask}")
    with st.container(border=True, gap="xxsmall"):
        st.caption(page.words("entry.short"))
        st.markdown(plain(one.short))
    with st.container(key="qb_long"):
        st.markdown(writing.answer(one.id, page.link.page_language, GLOSSARY))
    st.markdown(f"**{page.words('entry.wrong')}**")
    for pair in one.wrong:
        with st.container(border=True, gap="xxsmall"):
            st.markdown(f":material/close: {writing.cited(pair.said, one.sources)}")
            st.markdown(f":material/check: {writing.cited(pair.right, one.sources)}")


def _numbers(page: Opened, one: Entry) -> None:
    """Each number with the expression that a test evaluates."""
    st.markdown(f"**{page.words('entry.numbers')}**")
    st.code("\n".join(f"{number.shown} = {number.calculation}" for number in one.numbers), wrap_lines=True)


def _see(page: Opened, one: Entry) -> None:
    """The states that show it, or that the page is to come."""
    st.markdown(f"**{page.words('entry.see')}**")
    for concept in one.show:
        reading.lead(page.link.language, concept)
    if one.to_come:
        names = page.words("list_separator").join(page.words(f"to_come.{stem}") for stem in one.to_come)
        st.caption(page.words("entry.to_come", names=names))


def _also(page: Opened, one: Entry) -> None:
    with st.expander(page.words("entry.also")):
        st.markdown("\n".join(f"- {wording}" for wording in one.also))


def _sources(page: Opened, one: Entry) -> None:
    with st.expander(page.words("entry.sources")):
        st.markdown("\n".join(f"{at}. {_source(line)}" for at, line in enumerate(one.sources, 1)))


def _source(line: str) -> str:
    place = writing.address(line)
    return f"[{plain(line)}]({place})" if place else plain(line)


def _neighbours(page: Opened, one: Entry) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        for id, other in zip(
            ("back", "on"), entries.neighbours(one.id, page.link.page_language), strict=True
        ):
            if other is not None:
                icon = ":material/arrow_back:" if id == "back" else ":material/arrow_forward:"
                st.button(
                    other.title, key=f"qb_{id}", icon=icon, type="tertiary", on_click=_go, args=(other.id,),
                    help=page.words(f"entry.{id}"),
                )  # fmt: skip


def _go(id: str) -> None:
    permalink.link(STEM).set(entry=id)
