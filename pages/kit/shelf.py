"""Results shared by all visitors: bounded in bytes, least recently used first out, each computed once at a time."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
from cachetools import LRUCache

LEAST = 256  # bytes that an entry counts at least


def size_of(value: Any) -> int:
    """Bytes of the arrays and texts in a result (a frozen dataclass, nested or not)."""
    if isinstance(value, np.ndarray):
        return LEAST + value.nbytes
    if isinstance(value, (bytes, str)):
        return LEAST + len(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return LEAST + sum(size_of(getattr(value, field.name)) for field in dataclasses.fields(value))
    if isinstance(value, tuple):
        return LEAST + sum(size_of(item) for item in value)
    return LEAST


class Shelf:
    """A cache of at most ``megabytes``; ``get`` makes what is not there, and others who ask meanwhile wait for it."""

    def __init__(self, megabytes: float) -> None:
        self._kept: LRUCache[Hashable, Any] = LRUCache(maxsize=megabytes * 1e6, getsizeof=size_of)
        self._lock = threading.Lock()
        self._making: dict[Hashable, threading.Lock] = {}

    def peek(self, key: Hashable) -> Any:
        """The value under ``key``, None when it is not there (or is None)."""
        with self._lock:
            return self._kept.get(key)

    def get(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """The value under ``key``; an error of ``make`` is raised and not kept."""
        with self._lock:
            if key in self._kept:
                return self._kept[key]
            turn = self._making.setdefault(key, threading.Lock())
        with turn:
            with self._lock:
                if key in self._kept:
                    return self._kept[key]
            try:
                value = make()
                with self._lock:
                    if size_of(value) <= self._kept.maxsize:
                        self._kept[key] = value
            finally:
                with self._lock:
                    self._making.pop(key, None)
        return value

    @property
    def megabytes(self) -> float:
        """What is kept now."""
        with self._lock:
            return float(self._kept.currsize) / 1e6
