"""What the operator can count: numbers are noted where they arise, and read all at once as Prometheus has them.

No label is a visitor's: labels are names of pages, lines, caches, kinds and classes, all of them written in the code.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

RECENT = 512
"""So many reruns tell the 95th percentile."""
BOUNDS_S = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
"""Bounds of the histogram of reruns, in seconds."""

REGISTRY = CollectorRegistry()
RERUNS = Histogram(
    "glassbox_rerun_seconds", "Reruns of a page (whole) or of a part of it (part).", ("page", "kind"),
    registry=REGISTRY, buckets=BOUNDS_S,
)  # fmt: skip
LOOKUPS = Counter(
    "glassbox_cache_lookups", "Results asked for, by where they were found; none: computed.", ("cache",),
    registry=REGISTRY,
)  # fmt: skip
EVICTIONS = Counter(
    "glassbox_evictions", "What had to leave memory for something else.", ("kind",), registry=REGISTRY
)
ERRORS = Counter(
    "glassbox_errors", "Errors by class: told to a visitor with a remedy (told), or a fault (fault).",
    ("error", "kind"), registry=REGISTRY,
)  # fmt: skip
_BYTES = Gauge("glassbox_bytes", "Bytes in memory by kind.", ("kind",), registry=REGISTRY)
_BOUND = Gauge(
    "glassbox_bytes_bound", "Bytes that a kind may take; models and vocabularies share theirs.", ("kind",),
    registry=REGISTRY,
)  # fmt: skip
_SESSIONS = Gauge(
    "glassbox_sessions", "Sessions of visitors: connected, kept for who comes back, and most that are let in.",
    ("state",), registry=REGISTRY,
)  # fmt: skip
_QUEUE = Gauge(
    "glassbox_queue_length", "Jobs of a line that wait or run.", ("line", "state"), registry=REGISTRY
)
_recent: deque[float] = deque(maxlen=RECENT)  # seconds of the last reruns
Gauge(
    "glassbox_rerun_p95_seconds", f"95th percentile of the last {RECENT} reruns.", registry=REGISTRY
).set_function(lambda: percentile(tuple(_recent), 0.95))
ProcessCollector(registry=REGISTRY)


def percentile(values: tuple[float, ...], share: float) -> float:
    """The smallest value that at least this share of all does not exceed (nearest rank); 0 without values.

    >>> percentile((4.0, 1.0, 3.0, 2.0), 0.5)
    2.0
    """
    return sorted(values)[math.ceil(share * len(values)) - 1] if values else 0.0


@contextmanager
def rerun(page: str, kind: str) -> Iterator[None]:
    """Time one rerun of a page, ``whole`` or a ``part`` of it."""
    started = time.perf_counter()
    try:
        yield
    finally:
        spent = time.perf_counter() - started
        RERUNS.labels(page, kind).observe(spent)
        _recent.append(spent)


def told(error: Exception) -> None:
    """Count an error that a visitor was told with its remedy."""
    ERRORS.labels(type(error).__name__, "told").inc()


def fault(error: BaseException) -> None:
    """Count an error that nobody foresaw."""
    ERRORS.labels(type(error).__name__, "fault").inc()


def weigh(kind: str, measure: Callable[[], float], bound: float = 0) -> None:
    """Ask ``measure`` for the bytes of a kind whenever the numbers are read; ``bound``: it may take so many."""
    _BYTES.labels(kind).set_function(measure)
    if bound:
        _BOUND.labels(kind).set(bound)


def tally(state: str, measure: Callable[[], float]) -> None:
    """Ask ``measure`` for how many sessions there are in a state whenever the numbers are read."""
    _SESSIONS.labels(state).set_function(measure)


def follow(line: str, measure: Callable[[], tuple[int, int]]) -> None:
    """Ask ``measure`` for how many jobs of a line run and wait whenever the numbers are read."""
    _QUEUE.labels(line, "running").set_function(lambda: measure()[0])
    _QUEUE.labels(line, "waiting").set_function(lambda: measure()[1])


def text() -> bytes:
    """All numbers as Prometheus reads them (text format 0.0.4)."""
    return generate_latest(REGISTRY)
