"""What the pages say of models, which a page's list offers, and what choosing one does."""

from __future__ import annotations

import functools
from collections.abc import Callable

import streamlit as st

from core.errors import NOT_HAD, GlassboxError
from core.models import specs
from core.models.load import here
from core.models.needs import ANY, DECODER, Need
from pages.kit import frame, permalink
from pages.kit.frame import Opened
from pages.kit.session import session
from pages.kit.text import Words


def title(model: str) -> str:
    """A model's title, or its id where it is not known."""
    try:
        return specs.find(model).title
    except GlassboxError:
        return model


def name(page: Opened, id: str) -> str:
    """A model's title and, where it does not come with the app, its source."""
    try:
        spec = specs.find(id)
    except GlassboxError:  # any id of a link may stand here; the page below says what is wrong with it
        return id
    return spec.title if spec.source == "bundled" else f"{spec.title} · {page.words(f'source.{spec.source}')}"


def entry(page: Opened, id: str) -> str:
    """A model as a list has it: title, languages, size in this machine's memory, and whether it is here, or can be."""
    try:
        spec = specs.find(id)
    except GlassboxError:  # as above
        return id
    size = round(here.need(spec) / 1e6) if spec.parameters else 0
    return _entry(page.words, spec.title, spec.languages, size, here.where(spec))


@functools.lru_cache(maxsize=256)
def _entry(words: Words, title: str, languages: tuple[str, ...], size: int, where: here.Where) -> str:
    """The same of what is known of it; ``size`` in MB, 0 where it is not known."""
    spoken = words("list_separator").join(words(f"languages.{one}") for one in languages)
    needs = words("entry.size", size=size) if size else ""
    return " · ".join(part for part in (title, spoken, needs, words(f"entry.{where}")) if part)


def offered(stem: str, current: str, need: Need = ANY) -> list[str]:
    """What a page's list offers: the models that its figure can show and visitors may have, and the present one."""
    listed = (spec for spec in specs.REGISTRY if spec.offered_on(stem) and specs.is_allowed(spec))
    fit = [spec.id for spec in (*listed, *specs.folder_specs()) if need.fits(spec)]
    return list(dict.fromkeys((*fit, current)))


def decoders(page: Opened) -> dict[str, str]:
    """Models that read from left to right, by id with their entries, of those that a page offers."""
    return {
        spec.id: entry(page, spec.id)
        for spec in specs.REGISTRY
        if DECODER.fits(spec) and spec.offered_on(page.declared.stem) and specs.is_allowed(spec)
    }


# --- choosing one -----------------------------------------------------------------------------------------


def picker(page: Opened, chosen: Callable[[Opened], None], *, label: bool = True) -> None:
    """The list of models, at the one that the figure is of; any id can be typed where nobody else comes."""
    titles = {id: entry(page, id) for id in offered(page.declared.stem, page.model, page.need)}
    st.session_state["model_widget"] = page.model
    st.selectbox(
        page.words("prompt.model"), list(titles), key="model_widget", on_change=chosen, args=(page,),
        format_func=lambda id: titles.get(id, id), label_visibility="visible" if label else "collapsed",
        accept_new_options=specs.open_to_all(),
    )  # fmt: skip


def choose(take: Callable[[str], None]) -> None:
    """Take the model that the list is at; what stands there now comes back if it cannot be had."""
    id = str(st.session_state["model_widget"] or "")
    session().tried = id, dict(session().state)
    take(id)


def taken() -> None:
    """The model that was chosen is there."""
    session().tried = None


def take_back(page: Opened, error: GlassboxError) -> None:
    """Where a model that was just chosen cannot be had: the page as it was before, which says so above its figure."""
    tried, session().tried = session().tried, None
    if tried is None or not isinstance(error, NOT_HAD) or error.values.get("model") != tried[0]:
        return
    session().state, session().told = tried[1], error
    permalink.write(page.link.page)
    st.rerun()


def told(page: Opened) -> None:
    """Say once why a model that was chosen could not be had."""
    error, session().told = session().told, None
    if error is not None:
        frame.tell(page.words, error)
