"""How this is computed: the core function's own source, and a snippet that reproduces the result in plain Python."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.calls import Call
from core.models.load.device import best_device
from core.models.load.residency import resident
from core.models.read.beside import RUNS, Beside, Side, beside
from core.numbers import figures, percent, tiny
from pages.kit.frame import Opened
from pages.kit.session import own

KEY = "gb_both"


@dataclass(slots=True)
class Compared:
    """What one visitor compares on card and CPU."""

    asked: Call[Beside] | None = None


def show(page: Opened, asked: Call[Any]) -> None:
    """The program that repeats a call, and the source of its function."""
    st.markdown(page.words("code.snippet"))
    st.code(asked.snippet())
    if any(one.id == asked.model and one.dtype == "int8" for one in resident()):
        st.markdown(page.words("code.small"))
    st.markdown(page.words("code.source"))
    source(asked.function)
    if any(one.id == asked.model for one in resident()) and best_device()[0] != "cpu":
        _both(page, page.call(beside, model=asked.model, most=page.declared.limit))


def _both(page: Opened, asked: Call[Beside]) -> None:
    """The same forward pass on the card and on the CPU, for whoever asks for it."""
    st.subheader(page.words("both.title"), anchor=False)
    st.markdown(page.words("both.help", runs=RUNS))
    st.button(
        page.words("both.run"), key=KEY, icon=":material/compare_arrows:", on_click=_compare, args=(asked,)
    )
    chosen = own(Compared).asked
    if chosen is None or chosen.key != asked.key:
        return
    found = page.run(asked).value
    columns = st.columns(2, gap="large")
    for column, side in zip(columns, (found.card, found.processor), strict=True):
        with column:
            _side(page, side)
    words, times = page.words, max(found.times, 1 / found.times)
    said = [words(f"both.{found.sooner}", count=found.count, times=figures(times, 2))]
    said += [words("both.apart", difference=percent(found.difference))]
    if found.card.tokens:
        said += [words("both.divergence", nats=tiny(found.divergence))]
    st.markdown(words.join(*said))


def _compare(asked: Call[Beside]) -> None:
    own(Compared).asked = asked


def _side(page: Opened, side: Side) -> None:
    words = page.words
    st.metric(f"{side.device} · {side.dtype}", words("badge.milliseconds", count=round(side.milliseconds)))
    st.caption(words("both.weights", count=round(side.bytes / 1e6)))
    if side.tokens:
        odds = [percent(float(one)) for one in side.probability]
        st.dataframe({words("both.next"): side.tokens, words("both.probability"): odds}, hide_index=True)


def source(function: Callable[..., Any]) -> None:
    """The source of a function as it stands."""
    st.code(inspect.getsource(function))
