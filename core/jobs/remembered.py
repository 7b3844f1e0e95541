"""The last few results of work that all cores do: each made in a turn of a line, once for all who ask for the same."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

from cachetools import LRUCache

from core.jobs.line import Line

T = TypeVar("T")


class Remembered(Generic[T]):
    """At most ``most`` results, least recently used first out. What is not there takes a turn of a line with one place.

    Who waits for a turn while another makes the same finds it made. An error is raised and not kept.
    """

    def __init__(self, line: Line, most: int) -> None:
        self._line, self._lock = line, Lock()
        self._kept: LRUCache[Hashable, T] = LRUCache(most)

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The result under a key; ``make`` may ask for others of the same line."""
        found = self._peek(key)
        if found is None:
            with self._line.turn():
                found = self._peek(key)
                if found is None:
                    found = make()
                    with self._lock:
                        self._kept[key] = found
        return found

    def _peek(self, key: Hashable) -> T | None:
        with self._lock:
            return self._kept.get(key)
