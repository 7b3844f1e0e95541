"""Which of many texts makes a resting head look away from the first token."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import streamlit as st

from core.catalog import Value
from core.compute.attention_heads import calls
from core.compute.attention_heads import waking as compute
from core.figures.attention_heads import waking as figures
from pages.kit import controls, reading
from pages.kit.frame import Opened
from pages.kit.session import own
from pages.kit.view import Chart, Data, Found, Rows, View

LOOK = ("layer", "head")
Look = dict[str, int]


# --- the head that is looked at ---------------------------------------------------------------------------


@dataclass(slots=True)
class Chosen:
    """The model, the text, and the head that was chosen with them."""

    place: tuple[str, str, int, int] | None = None


def _place(page: Opened, look: Look) -> tuple[str, str, int, int]:
    return page.model, page.link.text, look["layer"], look["head"]


def shown(page: Opened, found: Found) -> Look:
    """The link's head, or the one that wakes most: on the page's own text, and where the page's own head is awake."""
    here, texts = found.values
    link, declared = page.link, page.declared
    asked = {name: link.number(name) for name in LOOK}
    default = {name: declared.default(name, link.model, link.page_language) for name in LOOK}
    opening = link.text == declared.text[link.page_language]
    left_open = asked == default and own(Chosen).place != _place(page, asked)
    if left_open and (opening or not compute.rests(here, **asked)) and (seen := compute.notice(here, texts)):
        return {"layer": seen.layer, "head": seen.head}
    return {name: min(asked[name], count - 1) for name, count in zip(LOOK, here.awake.shape, strict=True)}


def choose(page: Opened, layer: int, head: int) -> Look:
    """Look at a head: also at that which a link names when it names none."""
    own(Chosen).place = _place(page, {"layer": layer, "head": head})
    return {"layer": layer, "head": head}


def picked(page: Opened, _: Found, layer: int, head: int) -> dict[str, Value]:
    """The head whose cell was chosen."""
    return {**choose(page, layer, head)}


def resting(page: Opened, found: Found) -> None:
    """A slider along the heads that rest, the one that wakes most first; one that is awake stands before them."""
    look = shown(page, found)
    ranked = figures.ranked(*found.values)
    place = (look["layer"], look["head"])
    places = ranked if place in ranked else [place, *ranked]
    if len(places) < 2:
        return
    titles = {f"{layer}.{head}": page.words("waking.place", layer=layer, head=head) for layer, head in places}
    st.session_state[SLIDER] = f"{look['layer']}.{look['head']}"
    with st.container(width=620):
        st.select_slider(
            page.words("waking.resting"), list(titles), key=SLIDER, on_change=_slid, args=(page,),
            format_func=lambda one: titles.get(one, one),
        )  # fmt: skip


SLIDER = "w_ah_resting"


def _slid(page: Opened) -> None:
    layer, head = map(int, str(st.session_state[SLIDER]).split("."))
    page.link.set(**choose(page, layer, head))


# --- the figure -------------------------------------------------------------------------------------------


_chart = partial(Chart, words="waking", options=shown)
HEADS = _chart("ah_waking", figures.heads, html=("export.wake", "waking.html"), picks=picked)
HERE = _chart("ah_waking_here", figures.on_this, html=("export.wake_here", "waking_here.html"))
THERE = _chart("ah_waking_there", figures.on_best, html=("export.wake_there", "waking_there.html"))
TEXTS = _chart("ah_waking_texts", figures.texts, html=("export.wake_texts", "waking_texts.html"))


def draw(page: Opened, found: Found) -> None:
    """All heads, and the chosen one on all texts; below, the text that wakes it, and where the head looks."""
    look, present = shown(page, found), bool(page.link.shared("present"))
    if not present:
        resting(page, found)
    _row(page, found, (2, 3), (HEADS, TEXTS))
    here, texts = found.values
    id = "said" if compute.rests(here, **look) else "said_awake"
    st.markdown(page.words(f"waking.{id}", **figures.values(here, texts, page.words.get("waking"), **look)))
    text = texts.texts[figures.best(texts, **look)]
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.code(text, language=None, wrap_lines=True, width="content")
        if not present:
            controls.setter(page, "text", label=page.words("waking.use"), text=text)
    _row(page, found, (1, 1), (HERE, THERE))


def _row(page: Opened, found: Found, widths: tuple[int, ...], charts: tuple[Chart, ...]) -> None:
    for column, one in zip(st.columns(widths, gap="medium"), charts, strict=True):
        with column:
            one.mount(page, found)


def say(page: Opened, found: Found) -> None:
    """Which resting head wakes most, and on what."""
    here, texts = found.values
    seen = compute.notice(here, texts)
    if seen is None:
        reading.line(page, "notice.wake_none", found.badge, heads=here.awake.size)
    else:
        places = figures.places(here, page.words.get("waking"))
        reading.line(
            page, "notice.wake", found.badge, places=places, resting=seen.resting, heads=seen.heads, layer=seen.layer,
            head=seen.head, here=seen.here, there=seen.there, text=seen.text,
            kind=page.words(f"waking.kind_{seen.kind}"),
        )  # fmt: skip
    st.caption(page.words("wake_note", count=len(texts.texts)))


VIEW = View(
    calls.wake,
    (HEADS, HERE, THERE, TEXTS),
    say,
    (
        Rows(lambda _, found: figures.waking_table(*found.values), "waking.csv", "export.wake_csv"),
        Data(lambda found: found.values[1], "waking.json", "export.wake_json"),
    ),
    draw=draw,
    choices=resting,
    how=lambda _, found: found.call(compute.waking),
    sources=(compute.awake_share,),
    read="reads.wake",
)  # fmt: skip
