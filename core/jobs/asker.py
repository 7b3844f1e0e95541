"""Who asks for what is computed on this thread: whose place in a line it is, and who is told where it stands."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

Look = Callable[[int, float], None]
"""Told the place in line (1 is next; 0: it is being computed) and about how many seconds are left, 0 where unknown.

Called a few times a second, far behind once in a second, on the thread that waits. What it raises ends the waiting: a
visitor who has gone, or who asks for something else.
"""
LOOK_S = 0.25
"""Seconds between two looks of one who is next."""


@dataclass(frozen=True, slots=True)
class Asker:
    """One who asks; ``who`` and ``key`` keep their time of arrival for a while (see ``Line``)."""

    who: Hashable = None  # a visitor; None for one of whom nothing is known
    key: Hashable = None  # of the result that is wanted, None where it has no name
    look: Look | None = None
    step: bool = False  # one step of many, short: it takes turns with all others
    address: str = ""  # where the visitor comes from, as far as the server can tell


_mine = threading.local()


def asker() -> Asker:
    """Who asks on this thread."""
    found: Asker | None = getattr(_mine, "asker", None)
    return found or Asker()


@contextmanager
def asking(one: Asker) -> Iterator[None]:
    """What is computed on this thread is for one."""
    before = getattr(_mine, "asker", None)
    _mine.asker = one
    try:
        yield
    finally:
        _mine.asker = before


@contextmanager
def asking_for(key: Hashable) -> Iterator[None]:
    """What is computed on this thread is a part of the result of this key."""
    with asking(replace(asker(), key=key)):
        yield
