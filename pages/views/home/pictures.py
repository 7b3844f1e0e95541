"""The gallery's pictures: each page draws its own, once per theme, from bundled results."""

from __future__ import annotations

import importlib

import streamlit as st

from core.calls import walk
from core.catalog import Page
from pages.kit import cache


def of(page: Page, *, dark: bool) -> bytes:
    """The picture of a page in the theme's colours."""
    return _picture(page.stem, dark)


@st.cache_resource(max_entries=128, show_spinner=False)
def _picture(stem: str, dark: bool) -> bytes:
    """``png`` of ``core.figures.<stem>.thumbnail`` for the results of ``picture`` of ``core.compute.<stem>.calls``."""
    plan = importlib.import_module(f"core.compute.{stem}.calls").picture()
    results = [value for _, value in walk(plan, lambda asked: cache.run(asked).value)]
    made: bytes = importlib.import_module(f"core.figures.{stem}.thumbnail").png(
        *results, mode="stage" if dark else "paper"
    )
    return made
