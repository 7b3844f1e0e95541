"""Who opens the app gives way to those who are at work in it.

A moment more until a first picture is felt by nobody; a slider that sticks is felt by its visitor.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

BRIEF_S = 0.2
"""So long a run is given way to; what lasts longer computes, or waits itself."""
PATIENCE_S = 0.5
"""So long one who opens the app gives way, in all."""
T = TypeVar("T")


class Courtesy:
    """Runs that others give way to, by when they began."""

    def __init__(self, brief: float = BRIEF_S) -> None:
        self._brief = brief
        self._began: list[float] = []  # time.monotonic(), the earliest first
        self._changed = threading.Condition()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """A run that others give way to."""
        with self._changed:
            began = time.monotonic()
            self._began.append(began)
        try:
            yield
        finally:
            with self._changed:
                self._began.remove(began)
                self._changed.notify_all()

    def give_way(self, patience: float) -> float:
        """Wait until nobody is at work, at most ``patience`` seconds; the seconds that it took.

        >>> Courtesy().give_way(60.0)
        0.0
        """
        if not self._began:
            return 0.0
        start = now = time.monotonic()
        with self._changed:
            while (left := min(start + patience, self._until()) - now) > 0:
                self._changed.wait(left)
                now = time.monotonic()
        return now - start

    def _until(self) -> float:
        """When the last of those at work is given way to no more."""
        return self._began[-1] + self._brief if self._began else 0.0

    def polite(self, send: Callable[[T], None], patience: float = PATIENCE_S) -> Callable[[T], None]:
        """``send`` that gives way before each thing that it sends, ``patience`` seconds in all."""
        left = patience

        def sent(thing: T) -> None:
            nonlocal left
            left -= self.give_way(left)
            send(thing)

        return sent


COURTESY = Courtesy()
