"""The last few results of work that all cores do: each made in a turn of a line, once for all who ask for the same."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

from cachetools import LRUCache

from core import counters, host
from core.jobs.line import Line
from core.jobs.shelf import size_of

T = TypeVar("T")


class Remembered(Generic[T]):
    """At most ``most`` results (fewer where memory is short), least recently used first out, counted under ``name``.

    What is not there takes a turn of a line with one place.

    Who waits for a turn while another makes the same finds it made. An error is raised and not kept.
    """

    def __init__(self, line: Line, most: int, name: str = "") -> None:
        self._line, self._lock = line, Lock()
        self._kept: LRUCache[Hashable, T] = LRUCache(host.few(most))
        self._bytes: dict[Hashable, int] = {}
        if name:
            counters.weigh(name, self.bytes)
        host.spare(self.clear)

    def bytes(self) -> int:
        """What is kept takes so many, about."""
        with self._lock:
            return sum(self._bytes.get(key, 0) for key in self._kept)

    def clear(self) -> None:
        """Keep nothing."""
        with self._lock:
            self._kept.clear()
            self._bytes.clear()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The result under a key; ``make`` may ask for others of the same line."""
        found = self._peek(key)
        if found is None:
            with self._line.turn():
                found = self._peek(key)
                if found is None:
                    found = make()
                    size = size_of(found)
                    with self._lock:
                        self._kept[key] = found
                        self._bytes = {one: self._bytes.get(one, size) for one in self._kept}
        return found

    def _peek(self, key: Hashable) -> T | None:
        with self._lock:
            return self._kept.get(key)
