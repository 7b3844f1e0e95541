"""Widgets made from declared parameters, controlled by the page's state."""

from __future__ import annotations

import re
from typing import Literal

import streamlit as st

from core.numbers import whole
from pages.kit import permalink
from pages.kit.frame import Opened

COMMAS = re.compile(r"[,，、;；\n]")
MOST_LISTED = 2000  # characters of a list that are read


def row(page: Opened, *, choices: tuple[str, ...] = (), resets: tuple[str, ...] = ()) -> None:
    """Choices, and buttons that set a parameter back, side by side; the page wraps them where it is narrow."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        for name in choices:
            choice(page, name)
        for name in resets:
            reset(page, name, label=f"params.{name}.reset")


def choice(
    page: Opened,
    name: str,
    label: Literal["visible", "collapsed"] = "visible",
    *,
    options: tuple[str, ...] = (),
) -> str:
    """A row of buttons for a choice parameter, of all its options or some; its value."""
    param, words = page.declared.param(name), page.words
    key = f"w_{page.declared.short}_{name}"
    st.session_state[key] = page.link.get(name)
    st.segmented_control(
        words(f"params.{name}.label"), options or param.options, key=key, required=True, on_change=_changed,
        args=(page, name, key), help=words(f"params.{name}.help"),
        format_func=lambda id: words(f"params.{name}.{id}"), label_visibility=label,
    )  # fmt: skip
    return str(page.link.get(name))


def parts(page: Opened, name: str = "part") -> str:
    """The parts of a page, of which one is shown; its id."""
    if not page.link.shared("present"):
        choice(page, name, label="collapsed")
    return str(page.link.get(name))


def slide(page: Opened, name: str, values: tuple[int, ...]) -> int:
    """A slider over some values of a whole-number parameter, and the link's own; its value."""
    words, key = page.words, f"w_{page.declared.short}_{name}"
    st.session_state[key] = page.link.number(name)
    st.select_slider(
        words(f"params.{name}.label"), sorted({*values, page.link.number(name)}), key=key, on_change=_changed,
        args=(page, name, key), format_func=lambda value: whole(value, words.language),
        help=words(f"params.{name}.help"),
    )  # fmt: skip
    return page.link.number(name)


def items(page: Opened, name: str) -> tuple[str, ...]:
    """A text field for a list parameter, its items between commas of any script; its value."""
    words, key = page.words, f"w_{page.declared.short}_{name}"
    st.session_state[key] = words("list_separator").join(page.link.names(name))
    st.text_input(
        words(f"params.{name}.label"), key=key, on_change=_listed, args=(page, name, key),
        help=words(f"params.{name}.help"),
    )  # fmt: skip
    return page.link.names(name)


def several(page: Opened, name: str, chosen: tuple[str, ...], count: int, *, most: int) -> None:
    """At most ``most`` of ``count`` numbered things for a list parameter, those in ``chosen`` now."""
    words, key = page.words, f"w_{page.declared.short}_{name}"
    st.session_state[key] = list(chosen)
    st.multiselect(
        words(f"params.{name}.label"), [str(at) for at in range(count)], key=key, max_selections=most,
        on_change=_several, args=(page, name, key), format_func=lambda at: words(f"params.{name}.one", number=int(at)),
        help=words(f"params.{name}.help"), placeholder=words(f"params.{name}.placeholder"),
    )  # fmt: skip


def reset(page: Opened, name: str, *, label: str) -> None:
    """A button that sets a parameter back to its default."""
    st.button(
        page.words(label), key=f"w_{page.declared.short}_{name}_reset", on_click=_reset, args=(page, name),
        icon=":material/restart_alt:",
    )  # fmt: skip


def _changed(page: Opened, name: str, key: str) -> None:
    param = page.declared.param(name)
    permalink.link(page.declared.stem).set(**{name: param.parse(str(st.session_state[key]))})


def _listed(page: Opened, name: str, key: str) -> None:
    items = [item.strip() for item in COMMAS.split(str(st.session_state[key] or "")[:MOST_LISTED])]
    permalink.link(page.declared.stem).set(**{name: page.declared.param(name).parse(",".join(items))})


def _several(page: Opened, name: str, key: str) -> None:
    chosen = ",".join(sorted(st.session_state[key], key=int))
    permalink.link(page.declared.stem).set(**{name: page.declared.param(name).parse(chosen)})


def _reset(page: Opened, name: str) -> None:
    link = permalink.link(page.declared.stem)
    link.set(**{name: page.declared.default(name, link.model, link.page_language)})
