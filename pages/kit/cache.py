"""The one door to computation.

``run(function, model=…, text=…, **numbers)`` validates, looks the result up (bundled → shared cache → compute), gives
the function what its signature asks for (``trace``, ``loaded``, ``progress``), waits its turn, times, and returns the
result with the badge that says where it came from. Arguments are plain ids and numbers, results are frozen and
read-only.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import threading
import time
from collections.abc import Callable, Hashable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from core import results
from core.errors import OutOfMemory, TextEmpty
from core.models.load import loading
from core.models.read.trace import make_trace
from core.paths import EXAMPLES
from pages.kit.shelf import Shelf

if TYPE_CHECKING:
    from core.models.load.residency import LoadedModel
    from core.models.read.trace import Trace

Plain = str | int | float | bool | tuple[str, ...]
T = TypeVar("T")
LONG = 2_000  # characters of a text that is itself looked up by
_REPORT = threading.local()
# Megabytes each; 256 tokens of SmolLM2 are 140 of them. Results that need no model lie apart, so that typing does not
# push out what took long.
_SHIPPED, _RESULTS, _TRACES, _QUICK = Shelf(32), Shelf(64), Shelf(160), Shelf(24)


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


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """A result and its badge."""

    value: T
    badge: Badge


@dataclass(frozen=True, slots=True)
class Asked(Generic[T]):
    """One call of a compute function, as results are kept by it."""

    function: Callable[..., T]
    arguments: dict[str, Plain]
    key: Hashable
    model: str
    plain: bool  # needs no model
    slow: bool  # takes seconds though it needs none

    def make(self) -> Outcome[T]:
        """Compute it now."""
        return (_plainly_computed if self.plain else _computed)(self.function, self.arguments)

    @property
    def shelf(self) -> Shelf:
        """Where its result is kept for all visitors."""
        return _QUICK if self.plain and not self.slow else _RESULTS


def asked(
    function: Callable[..., T], *, model: str = "", text: str = "", limit: int = 0, **numbers: Plain
) -> Asked[T]:
    """The call with the arguments that the function takes. Errors: TextEmpty."""
    wanted = inspect.signature(function).parameters
    plain = not {"trace", "loaded"} & set(wanted)  # no model: quick, and asked for at every key
    arguments: dict[str, Plain] = dict(numbers)
    if not plain or "model" in wanted:
        arguments |= {"model": model}
    if "trace" in wanted:
        arguments |= {"text": text, "limit": limit}
    elif "text" in wanted:
        arguments |= {"text": text}
    if "text" in arguments and not text.strip() and not _does_without(wanted.get("text")):
        raise TextEmpty
    named = tuple((name, _short(value)) for name, value in sorted(arguments.items()))
    key = (function.__module__, function.__qualname__, named)
    return Asked(function, arguments, key, model, plain, "progress" in wanted)


def at_hand(call: Asked[T]) -> Outcome[T] | None:
    """Its result where it is bundled or on the shelf."""
    bundled = functools.partial(results.bundled, call.function, call.arguments, EXAMPLES)
    shipped = _SHIPPED.get(call.key, bundled)
    if shipped is not None:
        return Outcome(shipped, Badge("bundled", call.model))
    outcome: Outcome[T] | None = call.shelf.peek(call.key)
    return outcome


def keep(call: Asked[T]) -> Outcome[T]:
    """Compute it now and keep it for all; others who ask meanwhile do not wait for it."""
    outcome = call.make()
    kept: Outcome[T] = call.shelf.get(call.key, lambda: outcome)
    return kept


def run(
    function: Callable[..., T],
    *,
    model: str = "",
    text: str = "",
    limit: int = 0,
    waiting: Callable[[], AbstractContextManager[None]] = nullcontext,
    **numbers: Plain,
) -> Outcome[T]:
    """The result of a compute function for plain arguments; ``waiting`` is entered only when there is a wait.

    Errors: whatever ``GlassboxError`` the models or the function raise; TextEmpty before anything is loaded.
    """
    call = asked(function, model=model, text=text, limit=limit, **numbers)
    outcome = at_hand(call)
    if outcome is None:
        with waiting():
            outcome = call.shelf.get(call.key, call.make)
    return outcome


def _short(value: Plain) -> Plain:
    """A value to look up by: of a long text its SHA-256, so that the shelves hold no second copies of it."""
    if isinstance(value, str) and len(value) > LONG:
        return ("sha256", hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest())
    return value


def _does_without(text: inspect.Parameter | None) -> bool:
    """Whether the function has a default for an empty text."""
    return text is not None and text.default is not inspect.Parameter.empty


def _plainly_computed(function: Callable[..., T], arguments: dict[str, Plain]) -> Outcome[T]:
    given: dict[str, Any] = {}
    if "progress" in inspect.signature(function).parameters:
        given["progress"] = getattr(_REPORT, "report", None)
    started = time.perf_counter()
    result = function(**arguments, **given)
    return Outcome(result, Badge("exact", "", "cpu", (time.perf_counter() - started) * 1000))


def _computed(function: Callable[..., T], arguments: dict[str, Plain]) -> Outcome[T]:
    values: dict[str, Any] = dict(arguments)
    wanted = inspect.signature(function).parameters
    model, text, limit = values.pop("model"), values.pop("text", ""), values.pop("limit", 0)
    try:
        model_in_hand = loaded(model)
        started = time.perf_counter()
        given: dict[str, Any] = {"loaded": model_in_hand} if "loaded" in wanted else {}
        if "trace" in wanted:
            given["trace"] = trace(model, text, int(limit))
        elif "text" in wanted:
            given["text"] = text
        if "progress" in wanted:
            given["progress"] = getattr(_REPORT, "report", None)
        result = function(**given, **values)
        spent = (time.perf_counter() - started) * 1000
    except MemoryError as error:
        raise OutOfMemory(model=model) from error
    return Outcome(result, Badge("live", model, model_in_hand.device, spent))


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


__all__ = ["Asked", "Badge", "Outcome", "asked", "at_hand", "keep", "report_to", "run", "trace"]
