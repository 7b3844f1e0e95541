"""Work that takes long: permitted on a thread, told how far it is, stopped when nobody wants it any more.

A compute function whose work needs a process of its own asks ``permit()`` and raises ``NeedsWorker`` where there is
none: a page then offers to start it (``pages.kit.jobs``), a command or a test wraps the call in ``permitted()``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

Report = Callable[[str, float], None]
"""Called with the id of a stage and the part of it that is done, 0 … 1."""


class Stopped(Exception):
    """The work is no longer wanted."""


def quiet(stage: str, fraction: float) -> None:
    """Where nobody wants to know how far it is."""


def unseen(value: Any) -> None:
    """Where nobody looks at what is there so far."""


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to work long."""

    report: Report = quiet
    stopped: Callable[[], bool] = lambda: False
    show: Callable[[Any], None] = unseen  # is given what is there so far


_mine = threading.local()


def permit() -> Permit | None:
    """The permit of this thread, None without one."""
    found: Permit | None = getattr(_mine, "permit", None)
    return found


def go_on() -> None:
    """Said between two parts of what takes long. Errors: Stopped where it is no longer wanted."""
    given = permit()
    if given is not None and given.stopped():
        raise Stopped


@contextmanager
def permitted(given: Permit | None = None) -> Iterator[None]:
    """Work on this thread may take long."""
    before = permit()
    _mine.permit = given or Permit()
    try:
        yield
    finally:
        _mine.permit = before
