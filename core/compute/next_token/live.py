"""Many visitors' generations: a few take turns token by token, the others wait in line (``core.jobs``)."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from core.compute.next_token.generation import TextTask
from core.compute.next_token.requests import Request, Step, Task, TextRequest, shared_start
from core.compute.next_token.run import task
from core.jobs.line import Job, Line
from core.jobs.lines import GENERATIONS
from core.models.read.trace import computing

if TYPE_CHECKING:
    from core.models.load.residency import LoadedModel

RECENT = 64
"""Texts whose tokens are remembered, so that a branch begins where it leaves the others."""
UNSURE_S = 0.1
"""Before so many seconds have gone there is no rate of steps to speak of."""

_recent: deque[tuple[TextRequest, Sequence[Step]]] = deque(maxlen=RECENT)


class Live:
    """One generation under way, for all who asked for the same.

    When it is over it lets go of its model: visitors may look at what was written long after the model has left memory.
    """

    def __init__(self, request: Request, loaded: LoadedModel, work: Task[Any]) -> None:
        self.request = request
        self.model, self.device, self.dtype = loaded.spec.id, loaded.device, loaded.dtype
        self.done = 0  # steps that the model has run
        self.seconds = (
            0.0  # from the end of its first step to that of its last one, the turns of others included
        )
        self._began = 0.0
        self._under_way: tuple[LoadedModel, Task[Any]] | None = loaded, work
        self._written: Any = None  # the whole result, when it is over

    def steps(self) -> Iterator[None]:
        """Run the model once for each item; the last one brings none."""
        if self._under_way is None:
            return
        loaded, work = self._under_way
        steps = work.steps()
        try:
            while self._step(loaded, steps):
                yield
        finally:
            getattr(steps, "close", lambda: None)()

    def _step(self, loaded: LoadedModel, steps: Iterator[None]) -> bool:
        """Run the model once; whether more is to come."""
        with computing(loaded):
            more = next(steps, self) is None
        self.done += 1
        self._began = self._began or time.monotonic()
        self.seconds = time.monotonic() - self._began
        return more

    def release(self) -> None:
        """It is over: keep what was written, and nothing of the model."""
        self._written = self.result()
        self._under_way = None

    def result(self) -> Any:
        """What is there so far."""
        under_way = self._under_way
        return self._written if under_way is None else under_way[1].result()

    @property
    def milliseconds(self) -> float:
        """The time of its steps."""
        return 1000 * self.seconds

    @property
    def rate(self) -> float:
        """Steps per second; 0 while it is too early to speak of one."""
        return self.done / self.seconds if self.seconds > UNSURE_S else 0.0


def join(
    request: Request,
    loaded: LoadedModel,
    who: Hashable,
    there: Callable[[], bool] = lambda: True,
    line: Line = GENERATIONS,
) -> Job:
    """The job of a request, new or already under way for somebody else; its work is a `Live`. Errors: as ``task``."""

    def make() -> Live:
        work = task(request, loaded, _known(request))
        if isinstance(request, TextRequest) and isinstance(work, TextTask):
            _recent.append((request, work.chooser.steps))
        return Live(request, loaded, work)

    return line.start(request, make, who, there)


def _known(request: Request) -> Sequence[Step]:
    """The longest beginning of a text that an earlier one has already."""
    found: Sequence[Step] = ()
    for other, steps in tuple(_recent) if isinstance(request, TextRequest) else ():
        start = list(steps[: shared_start(request, other)]) if isinstance(request, TextRequest) else []
        found = max(found, start, key=len)
    return found
