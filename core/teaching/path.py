"""The pages in the order of learning, how long each takes, and how much it asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from core import catalog
from core.catalog import Page

Level = Literal["first", "middle", "deep"]
CHAPTERS: Mapping[str, Level] = {
    "tokens": "first",
    "meaning": "first",
    "attention": "middle",
    "order": "middle",
    "prediction": "first",
    "inside": "deep",
    "training": "middle",
    "interview": "middle",
}
"""All chapters as they are best learned, each with its level."""
PER_PART, PER_QUESTION, STEP = 2, 1, 5
"""Minutes for a part of a page, for an experiment, and to what they are rounded."""


def pages() -> tuple[Page, ...]:
    """All pages in the order of learning."""
    order = list(CHAPTERS)
    return tuple(sorted(catalog.PAGES, key=lambda page: order.index(page.chapter)))


def number(page: Page) -> int:
    """Which place a page has in that order, counted from one."""
    return pages().index(page) + 1


def level(page: Page) -> Level:
    """How much a page asks for."""
    return CHAPTERS[page.chapter]


def minutes(page: Page) -> int:
    """About how long a page takes, with all its parts and experiments.

    >>> minutes(catalog.find("token_splits"))
    15
    """
    whole = PER_PART * len(page.canvases) + PER_QUESTION * len(page.questions)
    return max(STEP, STEP * round(whole / STEP))
