"""Many visitors' generations: a few take turns token by token, the others wait in line.

What nobody watches any more is stopped.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Hashable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

from core.compute.next_token.generation import TextTask
from core.compute.next_token.requests import Request, Step, Task, TextRequest, shared_start
from core.compute.next_token.run import task
from core.errors import Busy, GlassboxError
from core.models.load.slots import setting
from core.models.read.trace import computing

if TYPE_CHECKING:
    from core.models.load.residency import LoadedModel

TOGETHER = 4
"""Generations that take turns (``$GLASSBOX_GENERATIONS``)."""
WAITING = 64
"""Most generations in line; further ones are refused at once."""
LAPSE_S = 3.5
"""Seconds without a sign of life from anybody who watches, after which a generation is stopped."""
RECENT = 64
"""Texts whose tokens are remembered, so that a branch begins where it leaves the others."""
IDLE_S = 5.0
"""Seconds without work after which the working thread ends."""

State = Literal["waiting", "running", "done", "stopped", "failed"]
UNSURE_S = 0.1
"""Before so many seconds have gone there is no rate of steps to speak of."""
LIVE = frozenset({"waiting", "running"})
LOG = logging.getLogger("glassbox.generation")


class Job:
    """One generation under way, shared by all who asked for the same. Made by `Queue.join` only."""

    def __init__(self, request: Request, loaded: LoadedModel, work: Task[Any]) -> None:
        self.request, self.loaded = request, loaded
        self.state: State = "waiting"
        self.error: GlassboxError | None = None  # why it failed, where a visitor can mend it
        self.done = 0  # steps that the model has run
        self.seconds = (
            0.0  # from the end of its first step to that of its last one, the turns of others included
        )
        self._began = 0.0
        self._work = work
        self._steps: Iterator[None] | None = work.steps()
        self._seen: dict[Hashable, float] = {}  # who watches: when they last gave a sign of life

    def result(self) -> Any:
        """What is there so far."""
        return self._work.result()

    @property
    def watchers(self) -> int:
        """How many watch."""
        return len(self._seen)

    def lapsed(self, now: float) -> bool:
        """Whether everybody who watched is gone."""
        return all(now - seen > LAPSE_S for seen in self._seen.values())

    def step(self) -> bool:
        """Run the model once; whether more is to come. Called by the working thread alone."""
        assert self._steps is not None
        with computing(self.loaded):
            more = next(self._steps, self) is None
        self.done += 1
        self._began = self._began or time.monotonic()
        self.seconds = time.monotonic() - self._began
        return more

    @property
    def milliseconds(self) -> float:
        """The time of its steps."""
        return 1000 * self.seconds

    @property
    def rate(self) -> float:
        """Steps per second; 0 while it is too early to speak of one."""
        return self.done / self.seconds if self.seconds > UNSURE_S else 0.0

    def end(self, state: State) -> None:
        """Give the cache's memory back."""
        self.state = state
        steps, self._steps = self._steps, None
        if steps is not None:
            getattr(steps, "close", lambda: None)()

    def beat(self, who: Hashable) -> None:
        """A sign of life."""
        self._seen[who] = time.monotonic()

    def leave(self, who: Hashable) -> None:
        """No longer watched by ``who``."""
        self._seen.pop(who, None)


class Queue:
    """At most ``together`` jobs take turns, one step each; the others wait, first come, first served."""

    def __init__(self, together: int = TOGETHER, waiting: int = WAITING) -> None:
        self._together, self._most = together, waiting
        self._changed = threading.Condition()  # guards all below, and the states of the jobs
        self._running: deque[Job] = deque()
        self._waiting: deque[Job] = deque()
        self._recent: deque[tuple[TextRequest, Sequence[Step]]] = deque(maxlen=RECENT)
        self._thread: threading.Thread | None = None

    def join(self, request: Request, loaded: LoadedModel, who: Hashable) -> Job:
        """The job of a request, new or already under way for somebody else.

        Errors: as ``run.task``; Busy (``place``) where too many wait.
        """
        with self._changed:
            if found := self._find(request, who):
                return found
        work = task(request, loaded, self._known(request))
        with self._changed:
            if found := self._find(request, who):
                return found
            if len(self._waiting) >= self._most:
                raise Busy(place=len(self._waiting) + 1)
            job = Job(request, loaded, work)
            job.beat(who)
            if isinstance(request, TextRequest) and isinstance(work, TextTask):
                self._recent.append((request, work.chooser.steps))
            self._waiting.append(job)
            self._admit()
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="glassbox-generation", daemon=True)
                self._thread.start()
            self._changed.notify_all()
            return job

    def beat(self, job: Job, who: Hashable) -> bool:
        """A sign of life from ``who``; whether the job goes on."""
        with self._changed:
            if job.state in LIVE:
                job.beat(who)
            return job.state in LIVE

    def leave(self, job: Job, who: Hashable) -> None:
        """``who`` wants no more of it; a job that nobody watches ends before its next step."""
        with self._changed:
            job.leave(who)
            self._changed.notify_all()

    def place(self, job: Job) -> int:
        """Place in line: 1 is next; 0 when it is running or over."""
        with self._changed:
            return self._waiting.index(job) + 1 if job in self._waiting else 0

    def wait(self, job: Job, beyond: int, seconds: float) -> None:
        """Until the job has run more than ``beyond`` steps, is over, or the time is up."""
        with self._changed:
            self._changed.wait_for(lambda: job.done > beyond or job.state not in LIVE, seconds)

    @property
    def counts(self) -> tuple[int, int]:
        """How many take turns, and how many wait."""
        with self._changed:
            return len(self._running), len(self._waiting)

    def _find(self, request: Request, who: Hashable) -> Job | None:
        for job in (*self._running, *self._waiting):
            if job.request == request:
                job.beat(who)
                return job
        return None

    def _known(self, request: Request) -> Sequence[Step]:
        """The longest beginning of a text that an earlier one has already."""
        with self._changed:
            recent = list(self._recent) if isinstance(request, TextRequest) else []
        found: Sequence[Step] = ()
        for other, steps in recent:
            start = list(steps[: shared_start(request, other)]) if isinstance(request, TextRequest) else []
            found = max(found, start, key=len)
        return found

    def _work(self) -> None:
        """The working thread: one step of one job after the other, until there have been none for a while."""
        while job := self._next():
            state: State = "running"
            try:
                state = "running" if job.step() else "done"
            except Busy:
                pass  # others compute; it is asked again at its next turn
            except GlassboxError as error:
                job.error, state = error, "failed"
            except Exception:  # the thread serves everybody: it outlives one visitor's failure
                LOG.exception("a generation failed")
                state = "failed"
            with self._changed:
                if state != "running":
                    job.end(state)
                    self._running.remove(job)
                else:
                    self._running.rotate(-1)  # whoever came meanwhile is before it
                self._changed.notify_all()

    def _next(self) -> Job | None:
        """Whose turn it is; waits for work."""
        with self._changed:
            while True:
                self._drop_lapsed()
                self._admit()
                if self._running:
                    return self._running[0]
                if not self._changed.wait(IDLE_S) and not self._waiting:
                    self._thread = None
                    return None

    def _admit(self) -> None:
        most = max(1, int(setting("GLASSBOX_GENERATIONS", self._together)))
        while self._waiting and len(self._running) < most:
            self._waiting[0].state = "running"
            self._running.append(self._waiting.popleft())

    def _drop_lapsed(self) -> None:
        now = time.monotonic()
        for line in (self._running, self._waiting):
            for job in [job for job in line if job.lapsed(now)]:
                line.remove(job)
                job.end("stopped")
                self._changed.notify_all()


QUEUE = Queue()
"""The server's one queue."""
