"""What the page ``question_bank`` computes: nothing; its list searches in the browser, its answers are read."""

from __future__ import annotations

from core.calls import Plan
from core.catalog import State


def calls(state: State) -> Plan:
    """What the view of a state computes."""
    del state
    yield from ()


def picture() -> Plan:
    """What the page's picture in the gallery is drawn from."""
    yield from ()
