"""Fields made from declared parameters, controlled by the page's state: numbers, lines, boxes, lists, the model.

``controls`` has the rows of buttons; here is what a page needs whose views have many settings. A field can set other
parameters back when it changes (``clears``): what the visitor has zoomed into is gone when the points are others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from core.catalog.kinds import MAX_TEXT, Value
from pages.kit import models, permalink
from pages.kit.frame import Opened
from pages.kit.permalink import Link

SHORT = 200  # characters of a line


def _key(page: Opened, name: str) -> str:
    return f"w_{page.declared.short}_{name}"


def choice(
    page: Opened,
    name: str,
    *,
    options: Sequence[str] = (),
    clears: tuple[str, ...] = (),
    sets: Mapping[str, Mapping[str, Value]] | None = None,
    label: bool = True,
) -> str:
    """A row of buttons for a choice parameter (only those of ``options`` if given); its value.

    ``sets`` names the values that other parameters take with a choice.
    """
    words, value = page.words, str(page.link.get(name))
    key = _key(page, name)
    offered = tuple(options) or page.declared.param(name).options
    st.session_state[key] = value if value in offered else offered[0]
    st.segmented_control(
        words(f"params.{name}.label"), offered, key=key, required=True, on_change=_changed,
        args=(page, name, clears, sets), label_visibility="visible" if label else "collapsed",
        format_func=lambda id: words(f"params.{name}.{id}"),
    )  # fmt: skip
    return value


def select(
    page: Opened, name: str, titles: Mapping[str, str], *, clears: tuple[str, ...] = (), label: bool = True,
    help: bool = False,
) -> str:  # fmt: skip
    """A list to choose one id from, by its title; an id that is not offered is shown as it is."""
    value, key = str(page.link.get(name)), _key(page, name)
    st.session_state[key] = value
    st.selectbox(
        page.words(f"params.{name}.label"), list(dict.fromkeys((*titles, value))), key=key, on_change=_changed,
        args=(page, name, clears), format_func=lambda id: titles.get(id, id),
        label_visibility="visible" if label else "collapsed", help=page.words(f"params.{name}.help") if help else None,
    )  # fmt: skip
    return value


def number(
    page: Opened, name: str, *, step: float = 1, high: float | None = None, clears: tuple[str, ...] = ()
) -> None:
    """A slider for a number between its declared bounds (or a lower upper bound)."""
    param, key = page.declared.param(name), _key(page, name)
    kind: Callable[[Any], Any] = int if param.kind == "int" else float
    top = kind(param.high if high is None else min(high, param.high))
    st.session_state[key] = kind(min(max(kind(page.link.get(name)), param.low), top))
    st.slider(
        page.words(f"params.{name}.label"), kind(param.low), top, key=key, step=kind(step), on_change=_changed,
        args=(page, name, clears), help=page.words(f"params.{name}.help"),
    )  # fmt: skip


def line(page: Opened, name: str, *, clears: tuple[str, ...] = (), value: Value | None = None) -> None:
    """One line of text; Enter takes it. ``value`` is shown in place of the parameter's own."""
    key = _key(page, name)
    value = page.link.get(name) if value is None else value
    joined = page.words("list_separator").join(value) if isinstance(value, tuple) else str(value)
    st.session_state[key] = joined
    st.text_input(
        page.words(f"params.{name}.label"), key=key, max_chars=SHORT, on_change=_changed, args=(page, name, clears),
        placeholder=page.words(f"params.{name}.placeholder"),
    )  # fmt: skip


def box(page: Opened, name: str, *, height: int = 110, clears: tuple[str, ...] = ()) -> None:
    """Several lines of text; Enter takes them, Shift+Enter starts a new line."""
    key = _key(page, name)
    st.session_state[key] = str(page.link.get(name))
    st.text_area(
        page.words(f"params.{name}.label"), key=key, height=height, on_change=_changed, args=(page, name, clears),
        placeholder=page.words(f"params.{name}.placeholder"),
    )  # fmt: skip


def private(
    label: str, key: str, value: str, take: Callable[[str], None], *, placeholder: str, height: int = 110
) -> None:
    """A box for a text that is in no link; ``take`` gets what was typed."""
    st.session_state[key] = value
    st.text_area(
        label, key=key, height=height, placeholder=placeholder,
        on_change=lambda: take(str(st.session_state[key] or "").replace("\0", "")),
    )  # fmt: skip


def model(page: Opened) -> None:
    """The model; unlike the prompt strip's, it leaves the page's own parameters as they are."""
    st.session_state["model_widget"] = page.link.model
    st.selectbox(
        page.words("prompt.model"), models.offered(page.declared.stem, page.link.model), key="model_widget",
        on_change=_chosen, args=(page,), format_func=lambda id: models.name(page, id),
        accept_new_options=models.open_to_all(),
    )  # fmt: skip


def text(page: Opened) -> None:
    """The shared text as a field of its own."""
    st.session_state["prompt_widget"] = page.link.text
    st.text_area(
        page.words("prompt.label"), key="prompt_widget", height=110, placeholder=page.words("params.text.placeholder"),
        on_change=_typed, args=(page,),
    )  # fmt: skip


def _link(page: Opened) -> Link:
    return permalink.link(page.declared.stem)


def _changed(
    page: Opened, name: str, clears: tuple[str, ...], sets: Mapping[str, Mapping[str, Value]] | None = None
) -> None:
    param, link = page.declared.param(name), _link(page)
    raw = str(st.session_state[_key(page, name)] or "").replace("\0", "")[:MAX_TEXT]
    value = param.parse(_listed(raw) if param.kind == "list" else raw)
    back = {one: page.declared.default(one, link.model, link.page_language) for one in clears}
    link.set(**{name: value}, **back, **(sets or {}).get(str(value), {}))


def _listed(raw: str) -> str:
    return ",".join(part.strip() for part in raw.replace("，", ",").replace("、", ",").split(","))


def _chosen(page: Opened) -> None:
    _link(page).set(model=str(st.session_state["model_widget"] or ""))


def _typed(page: Opened) -> None:
    _link(page).set(text=str(st.session_state["prompt_widget"] or "")[:MAX_TEXT])
