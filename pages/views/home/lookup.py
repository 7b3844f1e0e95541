"""The search at home, over concepts and short answers, and all concepts by chapter."""

from __future__ import annotations

import itertools

import streamlit as st

from core import catalog
from core.bank import searching
from core.bank.entries import STEM
from core.bank.entries import Entry as Asked
from core.catalog import LANGUAGES, Concept
from core.catalog import search as find
from core.catalog.search import Entry
from core.teaching import lookup, path
from pages.kit import permalink, reading
from pages.kit.text import Words, table
from pages.kit.text import words as words_of
from pages.views.home.gallery import page_link


@st.fragment
def box(words: Words) -> None:
    """The search box and, once something is searched, what was found; nothing else is drawn anew for it."""
    query = st.text_input(
        words("search.title"), key="home_search", placeholder=words("search.placeholder"), max_chars=200,
        persist_state="session",
    )  # fmt: skip
    if (query or "").strip():
        _found(words, query or "")


def _found(words: Words, query: str) -> None:
    hits = find.search(query=query, entries=entries())
    asked = searching.near(query, permalink.link(None).page_language)
    if not hits.nearest or not asked:
        _hits(words, query, hits)
    if asked:
        _asked(words, asked)


def _hits(words: Words, query: str, hits: find.Hits) -> None:
    """Concepts and short answers."""
    if hits.nearest:
        st.markdown(words("search.nearest", query=query))
    by_id = {concept.id: concept for concept in catalog.concepts()}
    columns = itertools.cycle(st.columns(2, gap="large"))
    for column, id in zip(columns, hits.ids, strict=False):
        with column.container(gap="xxsmall"):
            if id in by_id:
                _concept(words, by_id[id])
            else:
                _answer(words, id, by_id)


def _asked(words: Words, asked: list[Asked]) -> None:
    """Questions of interviews in which it stands."""
    st.markdown(f"**{words('search.asked')}**")
    columns = itertools.cycle(st.columns(2, gap="large"))
    for column, one in zip(columns, asked, strict=False):
        with column.container(gap="xxsmall"):
            reading.to_state(words.language, STEM, {"entry": one.id}, one.title)
            st.caption(one.ask)


def entries() -> dict[str, Entry]:
    """All that can be found: the concepts in the order of learning, then what has a short answer."""
    order = {page.stem: path.number(page) for page in catalog.PAGES}
    found = {}
    for concept in sorted(catalog.concepts(), key=lambda one: order[one.page]):
        names, lines = (tuple(_word(lang, concept, part) for lang in LANGUAGES) for part in ("name", "line"))
        found[concept.id] = Entry(names, lookup.everyday().get(concept.id, ()), lines)
    for id, answer in lookup.answers().items():
        said = [words_of(lang, "search") for lang in LANGUAGES]
        names, lines = (tuple(one(f"answers.{id}.{part}") for one in said) for part in ("name", "line"))
        found[id] = Entry(names, answer.words, lines)
    return found


def _answer(words: Words, id: str, concepts: dict[str, Concept]) -> None:
    """A subject that has no page yet: the short answer, and what comes near."""
    said = words_of(words.language, "search")
    st.markdown(f"**{said(f'answers.{id}.name')}**")
    st.markdown(said(f"answers.{id}.line"))
    see = lookup.answers()[id].see
    st.caption(words("search.see" if see else "search.none_yet"))
    for one in see:
        _link(words, concepts[one])


def concepts(words: Words) -> None:
    """All concepts by chapter, closed until one is opened."""
    st.subheader(words("search.all"), anchor=False)
    for chapter in path.CHAPTERS:
        own = [concept for concept in catalog.concepts() if catalog.find(concept.page).chapter == chapter]
        if own:
            with st.expander(words("search.chapter", name=words(f"chapters.{chapter}"), count=len(own))):
                columns = itertools.cycle(st.columns(2, gap="large"))
                for column, concept in zip(columns, own, strict=False):
                    with column.container(gap="xxsmall"):
                        _concept(words, concept)


def _concept(words: Words, concept: Concept) -> None:
    """A concept as a link to the page in the state that shows it."""
    _link(words, concept)
    st.caption(_word(words.language, concept, "line"))


def _link(words: Words, concept: Concept) -> None:
    state = concept.state["zh" if words.language == "zh" else "en"]
    page = catalog.find(concept.page)
    page_link(page, _word(words.language, concept, "name"), permalink.query(page, state, words.language))


def _word(language: str, concept: Concept, part: str) -> str:
    return str(table(language, concept.page)["concepts"][concept.id][part])
