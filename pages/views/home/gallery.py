"""The home page: one glance, three doors, and the pages in the order of learning with real pictures."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core.catalog import Page
from core.figures import payloads
from core.figures.buffer import pack
from core.models import specs
from core.paths import ROOT
from core.teaching import path, walk
from pages.kit import canvas, frame, permalink
from pages.kit.session import own
from pages.kit.teach import shelf
from pages.kit.teach import walk as way
from pages.kit.text import Words
from pages.kit.text import words as words_of
from pages.views.home import pictures

PAGES = ROOT / "pages"
SEARCH, SENTENCE = "home_search", "home_sentence"


@dataclass(slots=True)
class Asked:
    """A sentence that shall be followed now."""

    sentence: str | None = None


def hero(words: Words) -> None:
    """Name, the promise, and the box for a sentence that is followed through a model."""
    st.title(words("hero.title"), anchor=False)
    st.markdown(words("hero.lead"))
    link = permalink.link(None)
    key = f"{SENTENCE}_{words.language}"
    if key not in st.session_state:
        st.session_state[key] = walk.sentence(link.page_language, link.text.strip("\0"))
    with st.form("home_walk", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(words("walk.label"), key=key, max_chars=2000, placeholder=words("walk.placeholder"))
        st.form_submit_button(
            words("walk.start"), key="home_follow", type="primary", icon=":material/arrow_forward:",
            on_click=_take, args=(key,),
        )  # fmt: skip
    asked, own(Asked).sentence = own(Asked).sentence, None
    if asked is not None:
        with frame.guard(words):
            _follow(words, walk.checked(asked))


def _take(key: str) -> None:
    own(Asked).sentence = str(st.session_state[key] or "")


def _follow(words: Words, sentence: str) -> None:
    """To the first stop of a sentence."""
    file, query = way.address(walk.stops(sentence)[0], 1, words.language)
    st.switch_page(file, query_params=query)


def doors(words: Words) -> None:
    """Five minutes, learning, teaching."""
    language = permalink.link(None).page_language
    five = way.address(walk.stops(walk.SENTENCE[language])[0], 1, language)
    with st.container(key="doors"):
        for id, icon in (("five", "timer"), ("learn", "school"), ("teach", "present_to_all")):
            with st.container(border=True, key=f"card_door_{id}", height="stretch", gap=None):
                label = f":material/{icon}: **{words(f'doors.{id}.title')}**"
                if id == "five":
                    st.page_link(five[0], label=label, query_params=five[1])
                elif id == "learn":
                    st.markdown(f"[{label}](#learn)")
                else:
                    st.button(label, key="home_lectures", type="tertiary", on_click=shelf.unfold)
                st.markdown(words(f"doors.{id}.line"))
    shelf.window(words, permalink.link(None))


def pages(words: Words) -> None:
    """A card for each page in the order of learning, as many in a row as there is room for."""
    st.subheader(words("learn.title"), anchor="learn")
    st.markdown(words("learn.line"))
    order = path.pages()
    meta: payloads.Seen = {"words": words.sub("seen"), "pages": [page.stem for page in order]}
    canvas.mount("seen", pack(meta, {}, compress=False), key="gb_seen")
    with st.container(key="cards"):
        for page in order:
            with st.container(border=True, key=f"card_{page.stem}", height="stretch", gap="small"):
                _entry(words, page)


def _entry(words: Words, page: Page) -> None:
    say = words_of(words.language, page.stem)
    picture = pictures.of(page, dark=st.context.theme.type == "dark")
    st.image(picture, width="stretch", alt=say("page.picture"))
    with st.container(gap="xxsmall"):
        about = {"chapter": words(f"chapters.{page.chapter}"), "level": words(f"levels.{path.level(page)}")}
        st.caption(words("learn.about", number=path.number(page), minutes=path.minutes(page), **about))
        page_link(page, f"**{say('page.title')}**", {}, icon=page.icon)
        st.markdown(say("page.question"))
        st.caption(say("page.picture"))


def promises(words: Words) -> None:
    """What makes it true."""
    columns = st.columns(3, gap="medium")
    bundled = sum(spec.source == "bundled" and spec.is_here() for spec in specs.REGISTRY)
    for column, id in zip(columns, ("live", "you", "link"), strict=True):
        column.markdown(words(f"hero.{id}", count=bundled))


def page_link(page: Page, label: str, query: dict[str, str], icon: str | None = None) -> None:
    """A link to a page in a state."""
    language = permalink.link(None).language
    st.page_link(
        str(PAGES / f"{page.stem}.py"), label=label, icon=icon, query_params={**query, "lang": language}
    )
