"""How this is computed: the core function's own source, and a snippet that reproduces the result in plain Python."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import streamlit as st

from core.calls import Call
from core.models.load.residency import resident
from pages.kit.frame import Opened


def show(page: Opened, asked: Call[Any]) -> None:
    """The program that repeats a call, and the source of its function."""
    st.markdown(page.words("code.snippet"))
    st.code(asked.snippet())
    if any(one.id == asked.model and one.dtype == "int8" for one in resident()):
        st.markdown(page.words("code.small"))
    st.markdown(page.words("code.source"))
    source(asked.function)


def source(function: Callable[..., Any]) -> None:
    """The source of a function as it stands."""
    st.code(inspect.getsource(function))
