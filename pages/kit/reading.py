"""The words around a figure: what to notice in this result, the reading text, the model's card."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import streamlit as st

from core import catalog
from core.catalog import State
from core.errors import GlassboxError
from core.models import specs
from core.paths import ROOT
from core.scripts import has_han
from pages.kit import frame, permalink
from pages.kit.cache import Badge
from pages.kit.frame import Opened
from pages.kit.session import session
from pages.kit.text import table


def line(page: Opened, id: str, badge: Badge, **values: object) -> None:
    """One sentence computed from this result, with the badge that says where the result came from."""
    st.markdown(f"{page.words(id, **values)} {page.badge(badge)}")


Draw = Callable[[Opened], None]


TABS = ("read", "compute", "data")


def tabs(page: Opened, read: Draw, compute: Draw, data: Draw) -> None:
    """The tabs under the page; only the open one is drawn, and it follows the figure (see ``follow``)."""
    session().below = None
    entries = st.tabs([page.words(f"tabs.{id}") for id in TABS], key="gb_tabs", on_change="rerun")
    for id, entry, draw in zip(TABS, entries, (read, compute, data), strict=True):
        if entry.open:
            session().below = None if id == "read" else page.link.url()
            with entry, frame.guard(page.words):
                draw(page)


def follow(page: Opened) -> None:
    """Last line of a panel: where an open tab below shows the state before this one, draw the whole page again."""
    drawn = session().below
    if drawn and drawn != page.link.url() and not session().up:
        st.rerun()


def weakness(page: Opened) -> None:
    """Where the text is Chinese and the bundled model knows none: say so, and what to load instead."""
    try:
        spec = specs.find(page.model)
    except GlassboxError:  # said above, where the figure would stand
        return
    if spec.source == "bundled" and "zh" not in spec.languages and has_han(page.link.text):
        st.caption(page.words("notice.weak"))


def control(page: Opened, key: str, names: Iterable[str], **values: object) -> None:
    """Where the text itself has special tokens: their names, and what that means."""
    if listed := page.words("list_separator").join(dict.fromkeys(names)):
        st.caption(page.words(key, names=listed, **values))


def instead(page: Opened, lacks: str) -> None:
    """Where another model stands in for the one asked for: which one, and what that lacks.

    It takes the same place on the page either way, so that the figure below is not mounted anew.
    """
    with st.container():
        if page.model != page.link.model:
            asked, model = specs.find(page.link.model).title, specs.find(page.model).title
            st.caption(f":material/info: {page.words(f'instead.{lacks}', asked=asked, model=model)}")


def text(page: Opened, *, model: bool = True, id: str = "page.read", used: str = "") -> None:
    """The page's short paragraphs with the formula, its sources, and the card of the model where there is one.

    ``used``: that model, where it is another than the page's.
    """
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.markdown("\n\n".join(page.words.get(id)))
        st.caption(" · ".join(page.declared.papers))
    if model:
        with right.container(border=True):
            card(page, used or page.model)


def card(page: Opened, model: str) -> None:
    """Facts about a model, and its weakness where that matters."""
    try:
        spec = specs.find(model)
    except GlassboxError:  # said above, where the figure would stand
        return
    facts = page.words(
        "card.facts", title=spec.title, parameters=spec.parameters, licence=spec.licence or "—",
        languages=page.words("list_separator").join(page.words(f"languages.{id}") for id in spec.languages) or "—",
    )  # fmt: skip
    weak = spec.source == "bundled" and "zh" not in spec.languages
    st.markdown(f"**{page.words('card.title')}**\n\n{facts}")
    st.caption(
        "\n\n".join([*([page.words("card.weak_chinese")] if weak else []), page.words("prompt.model_help")])
    )


def lead(language: str, concept: str) -> None:
    """A link to the state that shows a concept, by its name."""
    (found,) = [one for one in catalog.concepts() if one.id == concept]
    name = str(table(language, found.page)["concepts"][concept]["name"])
    state = found.state["zh" if language == "zh" else "en"]
    to_state(language, found.page, state, name, icon=catalog.find(found.page).icon)


def to_state(language: str, stem: str, state: State, label: str, icon: str | None = None) -> None:
    """A link to a page in a state."""
    query = permalink.query(catalog.find(stem), state, language) | {"lang": language}
    st.page_link(str(ROOT / "pages" / f"{stem}.py"), label=label, icon=icon, query_params=query)
