"""Widgets made from declared parameters, controlled by the page's state; and those of the shared text and model.

Labels, and help and placeholders where there are any, are the page's words under ``params.<name>``. A widget can set
other parameters back when it changes (``clears``): what the visitor has zoomed into is gone when the points are others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from core.catalog.kinds import MAX_TEXT, Value
from core.numbers import whole
from pages.kit import models, permalink
from pages.kit.frame import Opened
from pages.kit.permalink import Link
from pages.kit.text import plain

COMMAS = re.compile(r"[,，、;；\n]")
SHORT = 200  # characters of a line
MOST_LISTED = 2000  # characters of a list that are read
Sets = Mapping[str, Mapping[str, Value]]
"""The values that other parameters take with a choice."""


# --- rows of buttons --------------------------------------------------------------------------------------


def row(page: Opened, *, choices: tuple[str, ...] = (), resets: tuple[str, ...] = ()) -> None:
    """Choices, and buttons that set a parameter back, side by side; the page wraps them where it is narrow."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        for name in choices:
            choice(page, name)
        for name in resets:
            reset(page, name, label=f"params.{name}.reset")


def choice(
    page: Opened, name: str, *, clears: tuple[str, ...] = (), sets: Sets | None = None, label: bool = True,
    without: tuple[str, ...] = (),
) -> None:  # fmt: skip
    """A row of buttons for a choice parameter; ``without``: options that mean nothing here, unless the link asks."""
    words, key, value = page.words, _key(page, name), page.link.get(name)
    st.session_state[key] = value
    options = [one for one in page.declared.param(name).options if one == value or one not in without]
    st.segmented_control(
        words(f"params.{name}.label"), options, key=key, required=True, on_change=_changed,
        args=(page, name, clears, sets), format_func=lambda id: words(f"params.{name}.{id}"),
        help=_told(page, name, "help"), label_visibility="visible" if label else "collapsed",
    )  # fmt: skip


def parts(page: Opened, name: str = "part", *, clears: tuple[str, ...] = ()) -> None:
    """The parts of a page, of which one is shown; while presenting the experiments lead, and they are not drawn."""
    if not page.link.shared("present"):
        choice(page, name, clears=clears, label=False)


def reset(page: Opened, name: str, *, label: str) -> None:
    """A button that sets a parameter back to its default."""
    st.button(
        page.words(label), key=f"{_key(page, name)}_reset", on_click=_reset, args=(page, name),
        icon=":material/restart_alt:",
    )  # fmt: skip


def setter(page: Opened, name: str, *, label: str, **values: Value) -> None:
    """A button that sets parameters, beside the widget of one of them."""
    st.button(
        label, key=f"{_key(page, name)}_set", on_click=lambda: _link(page).set(**values),
    )  # fmt: skip


# --- lists ------------------------------------------------------------------------------------------------


def select(page: Opened, name: str, titles: Mapping[str, str], *, clears: tuple[str, ...] = ()) -> None:
    """A list to choose one id from, by its title; an id that is not offered is shown as it is."""
    value, key = str(page.link.get(name)), _key(page, name)
    st.session_state[key] = value
    st.selectbox(
        page.words(f"params.{name}.label"), list(dict.fromkeys((*titles, value))), key=key, on_change=_changed,
        args=(page, name, clears), format_func=lambda id: titles.get(id, id), help=_told(page, name, "help"),
    )  # fmt: skip


def offered(page: Opened, name: str, values: Sequence[str], *, label: str) -> None:
    """Some values of a text parameter as a row of buttons, of which one or none is pressed."""
    key, value = _key(page, name), page.link.get(name)
    st.session_state[key] = value if value in values else None
    st.pills(page.words(label), values, key=key, on_change=_changed, args=(page, name), format_func=plain)


def several(page: Opened, name: str, chosen: tuple[str, ...], count: int, *, most: int) -> None:
    """At most ``most`` of ``count`` numbered things for a list parameter, those in ``chosen`` now."""
    words, key = page.words, _key(page, name)
    st.session_state[key] = list(chosen)
    st.multiselect(
        words(f"params.{name}.label"), [str(at) for at in range(count)], key=key, max_selections=most,
        on_change=_changed, args=(page, name), format_func=lambda at: words(f"params.{name}.one", number=int(at)),
        help=_told(page, name, "help"), placeholder=_told(page, name, "placeholder"),
    )  # fmt: skip


def picks(page: Opened, name: str, titles: Mapping[str, str], *, most: int) -> None:
    """At most ``most`` ids for a list parameter, by their titles; of those in the link, the ones that have a title."""
    key = _key(page, name)
    st.session_state[key] = [one for one in page.link.names(name) if one in titles]
    st.multiselect(
        page.words(f"params.{name}.label"), list(titles), key=key, max_selections=most, on_change=_changed,
        args=(page, name), format_func=lambda id: titles.get(id, id), placeholder=_told(page, name, "placeholder"),
    )  # fmt: skip


def model(page: Opened) -> None:
    """The model; unlike the prompt strip's, it leaves the page's own parameters as they are."""
    models.picker(page, _chosen)


# --- sliders ----------------------------------------------------------------------------------------------


def slide(page: Opened, name: str, values: tuple[int, ...]) -> None:
    """A slider over some values of a whole-number parameter, and the link's own."""
    words, key, value = page.words, _key(page, name), page.link.number(name)
    st.session_state[key] = value
    st.select_slider(
        words(f"params.{name}.label"), sorted({*values, value}), key=key, on_change=_changed, args=(page, name),
        format_func=lambda value: whole(value, words.language), help=_told(page, name, "help"),
    )  # fmt: skip


def along(
    page: Opened, name: str, titles: Sequence[str], shown: int, *, clears: tuple[str, ...] = ()
) -> None:
    """A slider along numbered things (tokens, layers); the last one is −1 in a link, as it is where there are more."""
    if len(titles) < 2:
        return
    last = len(titles) - 1
    stops(
        page,
        name,
        dict(zip((*range(last), -1), titles, strict=True)),
        -1 if shown == last else shown,
        clears=clears,
    )


def stops(
    page: Opened, name: str, titles: Mapping[int, str], shown: int, *, clears: tuple[str, ...] = ()
) -> None:
    """A slider along some values of a whole-number parameter, by their titles."""
    key = _key(page, name)
    st.session_state[key] = shown
    st.select_slider(
        page.words(f"params.{name}.label"), list(titles), key=key, on_change=_changed, args=(page, name, clears),
        format_func=lambda value: titles.get(value, str(value)), help=_told(page, name, "help"),
    )  # fmt: skip


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
        args=(page, name, clears), help=_told(page, name, "help"),
    )  # fmt: skip


# --- text -------------------------------------------------------------------------------------------------


def line(
    page: Opened, name: str, *, clears: tuple[str, ...] = (), value: Value | None = None, most: int = SHORT
) -> None:
    """One line of text, or of items between commas of any script; Enter takes it.

    ``value`` is shown in place of the parameter's own.
    """
    key = _key(page, name)
    value = page.link.get(name) if value is None else value
    joined = page.words("list_separator").join(value) if isinstance(value, tuple) else str(value)
    st.session_state[key] = joined
    st.text_input(
        page.words(f"params.{name}.label"), key=key, max_chars=most, on_change=_changed, args=(page, name, clears),
        help=_told(page, name, "help"), placeholder=_told(page, name, "placeholder"),
    )  # fmt: skip


def box(page: Opened, name: str, *, height: int = 110, clears: tuple[str, ...] = ()) -> None:
    """Several lines of text; Enter takes them, Shift+Enter starts a new line."""
    key = _key(page, name)
    st.session_state[key] = str(page.link.get(name))
    st.text_area(
        page.words(f"params.{name}.label"), key=key, height=height, on_change=_changed, args=(page, name, clears),
        placeholder=_told(page, name, "placeholder"),
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


def text(page: Opened) -> None:
    """The shared text as a field of its own."""
    st.session_state["prompt_widget"] = page.link.text
    st.text_area(
        page.words("prompt.label"), key="prompt_widget", height=110, placeholder=_told(page, "text", "placeholder"),
        on_change=_typed, args=(page,),
    )  # fmt: skip


# --- what a change does -----------------------------------------------------------------------------------


def _key(page: Opened, name: str) -> str:
    return f"w_{page.declared.short}_{name}"


def _told(page: Opened, name: str, word: str) -> str | None:
    """The help or the placeholder of a parameter, where the page has one."""
    found = page.words.find(f"params.{name}.{word}")
    return None if found is None else str(found)


def _link(page: Opened) -> Link:
    return permalink.link(page.declared.stem)


def _changed(page: Opened, name: str, clears: tuple[str, ...] = (), sets: Sets | None = None) -> None:
    param, link = page.declared.param(name), _link(page)
    raw = _raw(st.session_state[_key(page, name)])
    value = param.parse(_listed(raw) if param.kind == "list" else raw)
    back = {one: page.declared.default(one, link.model, link.page_language) for one in clears}
    link.set(**{name: value}, **back, **(sets or {}).get(str(value), {}))


def _raw(value: object) -> str:
    """What a widget holds, as text: of several numbers the smallest first; nothing is the empty text, and 0 is not."""
    if isinstance(value, list):
        return ",".join(sorted(value, key=int))
    return "" if value is None else str(value).replace("\0", "")[:MAX_TEXT]


def _listed(raw: str) -> str:
    return ",".join(part.strip() for part in COMMAS.split(raw[:MOST_LISTED]))


def _reset(page: Opened, name: str) -> None:
    link = _link(page)
    link.set(**{name: page.declared.default(name, link.model, link.page_language)})


def _chosen(page: Opened) -> None:
    models.choose(lambda id: _link(page).set(model=id))


def _typed(page: Opened) -> None:
    _link(page).set(text=str(st.session_state["prompt_widget"] or "")[:MAX_TEXT])
