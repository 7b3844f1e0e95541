"""What is asked for from outside: failures are remembered for all, and nobody asks for too much.

Ten visitors of a model that is broken, or of a hub that does not answer, wait once: one tries, the others and
whoever comes within a minute are told the same. Where the model's files are others, or are there again, it is
tried anew.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from weakref import WeakValueDictionary

from cachetools import TTLCache

from core.errors import GlassboxError, HubUnreachable, MemoryLent, ModelLocked, OutOfMemory, TooManyLoads
from core.jobs.asker import LOOK_S, asker
from core.pace import Pace

REMEMBERED_S = 60.0
"""So long a failure is remembered, in seconds."""
LOADS = Pace(30, 120, 600.0)
"""Models from outside that one address, and all together, may have loaded in ten minutes."""

_PASSING = (OutOfMemory, MemoryLent, TooManyLoads, ModelLocked)  # the next one may have it
_changing = threading.Lock()
_failures: TTLCache[Hashable, GlassboxError] = TTLCache(1000, REMEMBERED_S, timer=time.monotonic)
_flights: WeakValueDictionary[Hashable, threading.Lock] = WeakValueDictionary()


@contextmanager
def alone(key: Hashable) -> Iterator[None]:
    """One at a time for each key; who waits here goes on when the one before has ended."""
    with _changing:
        flight = _flights.get(key)
        if flight is None:
            flight = _flights[key] = threading.Lock()
    one = asker()
    while not flight.acquire(timeout=LOOK_S if one.look else -1):
        if one.look:
            one.look(0, 0.0)  # who has gone waits no longer
    try:
        yield
    finally:
        flight.release()


@contextmanager
def remembering(key: Hashable) -> Iterator[None]:
    """Try something; a failure is kept under the key, and raised again at once while it is kept."""
    with _changing:
        known = _failures.get(key)
    if known is not None:
        raise known.bare()
    try:
        yield
    except _PASSING:
        raise
    except GlassboxError as error:
        with _changing:
            _failures[key] = error.bare()
        raise


@contextmanager
def unless_silent(model: str, hub: str | None) -> Iterator[None]:
    """Ask a hub something, unless it has just not answered somebody else, whatever that was about.

    An answer that says no is none of that: it may be about one model alone.
    """
    from huggingface_hub.errors import HfHubHTTPError

    with _changing:
        silent = ("silent", hub) in _failures
    if silent:
        raise HubUnreachable(model=model)
    try:
        yield
    except HubUnreachable as error:
        if not isinstance(error.__cause__, HfHubHTTPError):
            with _changing:
                _failures["silent", hub] = HubUnreachable(model=model)
        raise


def forget() -> None:
    """Know nothing of failures and loads any more."""
    with _changing:
        _failures.clear()
    LOADS.forget()


def count(model: str) -> None:
    """Count a load from outside for the one who asks on this thread; nobody else's, a command's, are counted.

    Raises: TooManyLoads when its address, or all together, have had their share.
    """
    who = asker().address or asker().who
    if who is None:
        return
    if wait := LOADS.wait(who):
        raise TooManyLoads(model=model, minutes=math.ceil(wait / 60))
