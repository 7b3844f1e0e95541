"""The head line of a page on the way of one sentence: which step it is, what to look at, back and on."""

from __future__ import annotations

import streamlit as st

from core import catalog
from core.paths import ROOT
from core.teaching import walk
from core.teaching.walk import Stop
from pages.kit import permalink
from pages.kit.permalink import Link
from pages.kit.text import Words

HOME = str(ROOT / "pages" / "home.py")


def address(stop: Stop, number: int, language: str) -> tuple[str, dict[str, str]]:
    """The file of a stop's page, and its link's parameters."""
    state = {**stop.state, "walk": number}
    query = permalink.query(catalog.find(stop.page), state, language)
    return str(ROOT / "pages" / f"{stop.page}.py"), {**query, "lang": language}


def head(words: Words, link: Link) -> bool:
    """Where the visitor is on the way; False beside it, and while presenting: the page's own stands there then.

    With a text that no link holds there is no way on.
    """
    number = link.number("walk")
    here = walk.stop(number, link.page.stem if link.page else "", link.text)
    if here is None or link.shared("present") or permalink.too_long(link.text):
        return False
    with st.container(key="gb_walk", horizontal=True, vertical_alignment="center", gap="small"):
        place = words("walk.place", step=number, steps=walk.COUNT)
        with st.container(width="stretch", gap=None):
            title = words(f"walk.{here.id}.title")
            st.title(f"{place} · {title}", anchor=False)
            st.markdown(words(f"walk.{here.id}.look"))
        _ways(words, link, number)
    return True


def _ways(words: Words, link: Link, number: int) -> None:
    """Back, on, and out of it."""
    stops = walk.stops(link.text)
    if number > 1:
        _to(words("walk.back"), address(stops[number - 2], number - 1, words.language), "gb_walk_back")
    if number < walk.COUNT:
        _to(words("walk.on"), address(stops[number], number + 1, words.language), "gb_walk_on")
    else:
        _to(words("walk.finish"), (HOME, {"lang": words.language, "text": link.text}), "gb_walk_on")
    st.button(
        "", key="gb_walk_end", icon=":material/close:", help=words("walk.end"), type="tertiary",
        on_click=_end, args=(link,),
    )  # fmt: skip


def _to(label: str, there: tuple[str, dict[str, str]], key: str) -> None:
    with st.container(key=key, width="content"):
        st.page_link(there[0], label=label, query_params=there[1])


def _end(link: Link) -> None:
    link.set(walk=0)
