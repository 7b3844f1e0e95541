"""What the views of the residual stream share: a heat map, what is chosen in it, and charts of that beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from core.compute.model_anatomy import calls
from core.compute.model_anatomy.lens import place
from core.figures.charts import Spec
from core.figures.model_anatomy import tables
from pages.kit import controls, reading
from pages.kit.frame import Opened
from pages.kit.view import Chart, Data, Draw, Found, Rows, View, all_values, nothing

Say = Callable[[Opened, Found], None]
Take = Callable[[Found], tuple[Any, ...]]
DESK, LECTURE = 36, 12
"""Rows of a heat map of which each can be read."""
Options = Callable[[Opened, Found], dict[str, Any]]
Picks = Callable[[Opened, Found, int, int], dict[str, int]]


def chart(
    view: str, name: str, figure: Callable[..., Spec], options: Options = lambda _, __: {}, *,
    takes: Take = all_values, words: tuple[str, ...] = (), picks: Picks | None = None,
) -> Chart:  # fmt: skip
    """A chart of a view, which reads its words and those of further tables; the heat map bears the view's own name."""
    key = f"ma_{view}" if name == view else f"ma_{view}_{name}"
    return Chart(
        key, figure, words=("stream", view, *words), options=options, takes=takes, picks=picks,
        html=("taken.html", f"{view}.html"),
    )  # fmt: skip


def at(page: Opened, labels: Sequence[str]) -> int:
    """The token that the link asks for."""
    return place(page.link.number("pos"), len(labels))


def room(page: Opened) -> dict[str, Any]:
    """How many rows of a heat map are drawn at most."""
    return {"most": LECTURE if page.link.shared("present") else DESK}


def titles(page: Opened, labels: Sequence[str], start: int = 0) -> dict[int, str]:
    """Tokens by their place in the text, from one on."""
    return {
        at: page.words("stream.token", at=at, label=label) for at, label in list(enumerate(labels))[start:]
    }


def token(page: Opened, labels: Sequence[str], *, clears: tuple[str, ...] = ()) -> None:
    """The slider along the tokens of the text."""
    controls.along(page, "pos", list(titles(page, labels).values()), at(page, labels), clears=clears)


def view(
    name: str, say: Say, grid: Chart, beside: Say, *, above: Say = lambda _, __: None, fields: Draw = nothing,
    takes: Take = all_values, without: Draw | None = None, honest: Callable[[Opened], str] | None = None,
) -> View:  # fmt: skip
    """A view of the stream: its heat map, what is chosen, what to notice."""

    def draw(page: Opened, found: Found) -> None:
        present = bool(page.link.shared("present"))
        if not present:
            above(page, found)
        left, right = st.columns([5, 4], gap="medium")
        with left:
            grid.mount(page, found)
        with right:
            beside(page, found)
        if present:
            above(page, found)  # the question and the figure come first
        else:
            told = honest(page) if honest else page.words(f"{name}.honest")
            st.caption(page.words.join(page.words("stream.pick"), told) if grid.picks else told)

    def tell(page: Opened, found: Found) -> None:
        say(page, found)
        reading.weakness(page)

    return View(
        calls.PLANS[name],
        (grid,),
        tell,
        (
            Rows(lambda _, found: tables.table(takes(found)[0]), f"{name}.csv", "taken.csv"),
            Data(lambda found: takes(found)[0], f"{name}.json"),
        ),
        fields=fields,
        model=lambda page: calls.reads(page.state()),
        need=calls.NEEDS[name],
        draw=draw,
        room=True,
        without=without,
    )
