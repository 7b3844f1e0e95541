"""The one door to computation.

``run(call)`` looks the result up (bundled → shared cache → compute), gives the function what it needs, waits its turn,
times, and returns the read-only result with the badge that says where it came from. Results are frozen, and kept for
all visitors.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from core import counters
from core.calls import Call
from core.errors import OutOfMemory
from core.jobs.asker import asking_for
from core.jobs.shelf import Shelf
from core.models.load import loading
from core.models.load.residency import make_way, trace_bytes
from core.models.read.trace import make_trace
from core.results import name_of

if TYPE_CHECKING:
    from core.models.load.residency import LoadedModel
    from core.models.read.trace import Trace

LOG = logging.getLogger(__name__)
T = TypeVar("T")
_REPORT = threading.local()
# Results that need no model lie apart, so that typing does not push out what took long. Traces lie where the model
# computes.
_SHIPPED, _RESULTS = Shelf.dealt("bundled"), Shelf.dealt("results")
_TRACES, _QUICK = Shelf(lambda: trace_bytes() / 1e6, "traces"), Shelf.dealt("quick")


@dataclass(frozen=True, slots=True)
class Badge:
    """Where a result came from, and what it took.

    ``live``: a model ran; ``exact``: computed now, and there is no model in it; ``bundled``: an example that is
    checked equal to live; ``toy``: something made up, to show a principle.
    """

    kind: Literal["live", "exact", "bundled", "toy"]
    model: str = ""
    device: str = ""
    milliseconds: float = 0.0
    small: bool = False  # the model ran with 8-bit weights


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """A result and its badge."""

    value: T
    badge: Badge


def at_hand(call: Call[T]) -> Outcome[T] | None:
    """Its result where it is bundled or on the shelf."""
    shipped = _SHIPPED.get(call.key, lambda: _shipped(call))
    if shipped is not None:
        return Outcome(shipped, Badge("bundled", call.model))
    outcome: Outcome[T] | None = _shelf(call).peek(call.key)
    return outcome


def _shipped(call: Call[T]) -> T | None:
    """Its bundled result; one that cannot be read is as good as none."""
    try:
        return call.bundled()
    except (OSError, ValueError) as error:
        LOG.warning("a bundled result of %s is computed: %s", name_of(call.function), error)
        return None


def keep(call: Call[T]) -> Outcome[T]:
    """Compute it now and keep it for all; others who ask meanwhile do not wait for it."""
    outcome = _made(call)
    kept: Outcome[T] = _shelf(call).get(call.key, lambda: outcome)
    return kept


def run(call: Call[T], *, waiting: Callable[[], AbstractContextManager[None]] = nullcontext) -> Outcome[T]:
    """The result of a call; ``waiting`` is entered only when there is a wait.

    Errors: whatever ``GlassboxError`` the models or the function raise.
    """
    outcome = at_hand(call)
    _count(outcome)
    if outcome is None:
        with waiting(), asking_for(call.key):
            outcome = _shelf(call).get(call.key, lambda: _made(call))
    return outcome


def _count(outcome: Outcome[Any] | None) -> None:
    """Where a result was found."""
    found = outcome.badge.kind if outcome else None
    counters.LOOKUPS.labels("none" if found is None else "bundled" if found == "bundled" else "results").inc()


def _shelf(call: Call[Any]) -> Shelf:
    """Where its result is kept for all visitors."""
    return _QUICK if call.plain and not call.slow else _RESULTS


def _made(call: Call[T]) -> Outcome[T]:
    """Its result, computed now; the time is that of the function with its forward, not of loading a model."""
    report = getattr(_REPORT, "report", None)
    try:
        model = None if call.plain else loaded(call.model)
        started = time.perf_counter()
        value = call.run(loaded=loaded, trace=trace, progress=report)
        spent = (time.perf_counter() - started) * 1000
    except MemoryError as error:
        make_way(call.model)
        raise OutOfMemory(model=call.model) from error
    made = Badge("exact", "", "cpu", spent)
    return Outcome(value, live(model.spec.id, model.device, model.dtype, spent) if model else made)


def live(model: str, device: str, dtype: str, milliseconds: float) -> Badge:
    """The badge of what a model (its id) has computed now."""
    return Badge("live", model, device, milliseconds, small=dtype == "int8")


def loaded(model: str) -> LoadedModel:
    """The model, loaded if need be, with progress where the visitor waits."""
    return loading.load(model, progress=getattr(_REPORT, "report", None))


def trace(model: str, text: str, limit: int) -> Trace:
    """One forward of the text through the model, kept for all visitors while there is room."""
    key = (model, text, limit)
    found: Trace = _TRACES.get(key, lambda: make_trace(loaded(model), text, limit=limit))
    return found


def report_to(report: Callable[[str, float], None] | None) -> None:
    """Where loads asked for by this thread report their progress (the spinner of the session that waits)."""
    _REPORT.report = report


__all__ = ["Badge", "Outcome", "at_hand", "keep", "live", "report_to", "run", "trace"]
