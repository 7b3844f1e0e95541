"""The home page: one glance, the pages by chapter with real pictures, and the search over concepts."""

from __future__ import annotations

import itertools

import streamlit as st

from core import catalog
from core.catalog import LANGUAGES, Concept, Page
from core.catalog import search as find
from core.models import specs
from core.paths import ROOT
from pages.kit import permalink
from pages.kit.text import Words, table
from pages.kit.text import words as words_of
from pages.views.home import pictures

PAGES = ROOT / "pages"


def hero(words: Words) -> None:
    """Name, the promise in one sentence, and what makes it true."""
    st.title(words("hero.title"), anchor=False)
    st.markdown(words("hero.lead"))
    columns = st.columns(3, gap="medium")
    bundled = sum(spec.source == "bundled" and spec.is_here() for spec in specs.REGISTRY)
    for column, id in zip(columns, ("live", "you", "link"), strict=True):
        column.markdown(words(f"hero.{id}", count=bundled))


def pages(words: Words) -> None:
    """The gallery: a card for each page in the order of the chapters, as many in a row as there is room for."""
    order = sorted(catalog.PAGES, key=lambda page: catalog.CHAPTERS.index(page.chapter))
    with st.container(key="cards"):
        for page in order:
            with st.container(border=True, key=f"card_{page.stem}", height="stretch", gap="small"):
                _entry(words, page)


def _entry(words: Words, page: Page) -> None:
    own = words_of(words.language, page.stem)
    picture = pictures.of(page, dark=st.context.theme.type == "dark")
    st.image(picture, width="stretch", alt=own("page.picture"))
    with st.container(gap="xxsmall"):
        st.caption(words(f"chapters.{page.chapter}"))
        _link(page, f"**{own('page.title')}**", {}, icon=page.icon)
        st.markdown(own("page.question"))
        st.caption(own("page.picture"))


def concepts(words: Words) -> None:
    """The concepts by chapter, closed until one is opened or something is searched."""
    st.subheader(words("search.title"), anchor=False)
    query = st.text_input(
        words("search.label"), key="home_search", placeholder=words("search.placeholder"), max_chars=200,
        label_visibility="collapsed", persist_state="session",
    )  # fmt: skip
    entries = {c.id: [_word(lang, c, "name") for lang in LANGUAGES] + [_word(lang, c, "line") for lang in LANGUAGES]
               for c in catalog.concepts()}  # fmt: skip
    hits = find.search(query=query or "", entries=entries)
    if not hits:
        st.markdown(words("search.none", query=query or ""))
    by_id = {concept.id: concept for concept in catalog.concepts()}
    found = [by_id[id] for id in hits]
    if (query or "").strip():
        _concepts(words, found)
        return
    for chapter in catalog.CHAPTERS:
        own = [concept for concept in found if catalog.find(concept.page).chapter == chapter]
        if own:
            with st.expander(words("search.chapter", name=words(f"chapters.{chapter}"), count=len(own))):
                _concepts(words, own)


def _concepts(words: Words, found: list[Concept]) -> None:
    """The concepts in two columns, each a link to the page in the state that shows it."""
    columns = itertools.cycle(st.columns(2, gap="large"))
    for column, concept in zip(columns, found, strict=False):
        with column.container(gap="xxsmall"):
            state = concept.state["zh" if words.language == "zh" else "en"]
            page = catalog.find(concept.page)
            _link(page, _word(words.language, concept, "name"), permalink.query(page, state, words.language))
            st.caption(_word(words.language, concept, "line"))


def _link(page: Page, label: str, query: dict[str, str], icon: str | None = None) -> None:
    language = permalink.link(None).language
    st.page_link(
        str(PAGES / f"{page.stem}.py"), label=label, icon=icon, query_params={**query, "lang": language}
    )


def _word(language: str, concept: Concept, part: str) -> str:
    return str(table(language, concept.page)["concepts"][concept.id][part])
