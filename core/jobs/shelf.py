"""Results shared by all visitors: bounded in bytes, least recently used first out, each computed once at a time."""

from __future__ import annotations

import dataclasses
import math
import threading
from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import Any, Self

import numpy as np
from cachetools import LRUCache

from core import counters, host
from core.jobs.asker import LOOK_S, asker, asking

LEAST = 256  # bytes that an entry counts at least
NUMBER = 32  # of a number in a list, with its place


def size_of(value: Any) -> int:
    """Bytes of the arrays and texts in a result (a frozen dataclass, nested or not), wherever its arrays lie."""
    if isinstance(value, np.ndarray) or hasattr(type(value), "nbytes"):
        return LEAST + int(value.nbytes)
    if isinstance(value, (bytes, str)):
        return LEAST + len(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return LEAST + sum(size_of(getattr(value, field.name)) for field in dataclasses.fields(value))
    if isinstance(value, tuple):
        return LEAST + sum(size_of(item) for item in value)
    if isinstance(value, list):  # of the pieces of a text, which share their strings, of numbers, or of parts
        return LEAST + sum(_in_list(item) for item in value)
    if isinstance(value, dict):
        return LEAST + sum(size_of(item) for item in value.values())
    return LEAST


def _in_list(item: Any) -> int:
    if isinstance(item, str):
        return 8
    return NUMBER if item is None or isinstance(item, (int, float)) else size_of(item)


class _Making:
    """A value that one makes and others wait for."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self.made: tuple[Any] | None = None  # None: it failed, or the one who made it has gone
        self.stands: tuple[int, float] = (
            0,
            0.0,
        )  # where the one who makes it stands in a line, and for how long

    def run(self, make: Callable[[], Any]) -> Any:
        """Make it; the others look over the shoulder of the one who asked first."""
        one = asker()

        def look(place: int, seconds: float) -> None:
            self.stands = place, seconds
            if one.look:
                one.look(place, seconds)

        with asking(replace(one, look=look)):
            value = make()
        self.made = (value,)
        return value

    def wait(self) -> None:
        """Until it is over. Errors: whatever the asker's ``look`` raises."""
        one = asker()
        while not self.over.wait(LOOK_S if one.look else None):
            if one.look:
                one.look(*self.stands)


class _Counted(LRUCache[Hashable, Any]):
    """A cache whose evictions are counted under a name."""

    def __init__(self, name: str) -> None:
        super().__init__(maxsize=math.inf, getsizeof=size_of)
        self._name = name

    def popitem(self) -> tuple[Hashable, Any]:
        """Let what was used least recently go."""
        if self._name:
            counters.EVICTIONS.labels(self._name).inc()
        return super().popitem()


class Shelf:
    """A cache of at most ``megabytes``; ``get`` makes what is not there, and others who ask meanwhile wait for it.

    ``megabytes``: a number, or what gives it when something is to be kept, where the device decides.
    ``name``: under which its bytes and evictions are counted, "" for one that is not.
    """

    def __init__(self, megabytes: float | Callable[[], float], name: str = "") -> None:
        self._most = megabytes if callable(megabytes) else lambda: float(megabytes)
        self._kept: LRUCache[Hashable, Any] = _Counted(name)
        self._lock = threading.Lock()
        self._making: dict[Hashable, _Making] = {}
        if name:
            bound = host.account().kept.get(name, 0) if callable(megabytes) else megabytes * 1e6
            counters.weigh(name, lambda: self.megabytes * 1e6, bound)
            host.spare(self.clear)

    @classmethod
    def dealt(cls, kind: str) -> Self:
        """The shelf of a kind of the server's account (``host.KEPT``)."""
        return cls(host.account().kept[kind] / 1e6, kind)

    def clear(self) -> None:
        """Keep nothing; what is being made is handed over to those who wait."""
        with self._lock:
            self._kept.clear()

    def peek(self, key: Hashable) -> Any:
        """The value under ``key``, None when it is not there (or is None)."""
        with self._lock:
            return self._kept.get(key)

    def get(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """The value under ``key``; an error of ``make`` is raised and not kept.

        Who waits for another's value makes it itself where the other failed or left.
        """
        while True:
            with self._lock:
                if key in self._kept:
                    return self._kept[key]
                others = self._making.get(key)
                if others is None:
                    mine = self._making[key] = _Making()
            if others is None:
                return self._made(key, mine, make)
            others.wait()
            if others.made is not None:
                return others.made[0]

    def _made(self, key: Hashable, mine: _Making, make: Callable[[], Any]) -> Any:
        try:
            value = mine.run(lambda: self._put(key, make()))
        finally:
            with self._lock:
                self._making.pop(key, None)
            mine.over.set()
        return value

    def _put(self, key: Hashable, value: Any) -> Any:
        size, most = size_of(value), self._most() * 1e6
        with self._lock:
            if size <= most:
                while self._kept and self._kept.currsize + size > most:
                    self._kept.popitem()
                self._kept[key] = value
        return value

    @property
    def megabytes(self) -> float:
        """What is kept now."""
        with self._lock:
            return float(self._kept.currsize) / 1e6
