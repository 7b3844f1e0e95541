"""A line in front of something that only few may use at a time: the model, processes, all cores.

Who wants to compute on its own thread takes a ``turn``; what goes on in the background is ``start``-ed as a job, known
by the key of its result and shared by all who ask for the same. Both wait in one order: first come, first served, with
one place for each visitor. A visitor who asks anew, and a result that is asked for anew, keep their time of arrival for
a moment, so that a reload, a change of language or another key typed lose nothing. Nobody is refused.
"""

from __future__ import annotations

import logging
import threading
import time
from bisect import insort
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any, Literal, Protocol

from core import counters
from core.errors import GlassboxError, TookTooLong
from core.jobs.asker import LOOK_S, Asker, Look, asker, asking
from core.jobs.permit import Permit, Stopped, permitted

AWAY_S = 1.3
"""So long a visitor may be away (another key, a broken connection), in seconds; then the place is the next one's."""
TURNS = 8
"""So many turns a visitor has in a row: a picture of several forward passes waits once."""
NEAR, SELDOM = 8, 4
"""Every so many places further behind one who waits is told its place more seldom by one look, up to so many."""
IDLE_S = 5.0
"""Seconds without work after which the working thread ends."""
RECENT = 8
"""So many visits tell how long the next one takes."""
FOREVER = float("inf")

State = Literal["waiting", "running", "done", "stopped", "failed"]
LIVE = frozenset({"waiting", "running"})
LOG = logging.getLogger("glassbox.jobs")


class Work(Protocol):
    """What a job in the background does. One that has a ``release`` is told so when its job is over."""

    def steps(self) -> Iterator[object]:
        """Do one step for each item; other jobs of the line have theirs in between."""


@dataclass(slots=True)
class _Arrival:
    """When a visitor came, and what that visit has cost so far."""

    since: float
    turns: int = 0
    spent: float = 0.0  # seconds of its turns
    inside: int = 0  # jobs of it that wait or run
    left: float = 0.0


@dataclass(slots=True)
class _Watcher:
    """A visitor who wants a job's result."""

    there: Callable[[], bool]
    beat: float  # last sign of life
    seen: float  # when it was last known to be there

    def away(self, now: float, lapse: float) -> float:
        """For how long it has not been there, in seconds."""
        if now - self.beat <= lapse and self.there():
            self.seen = now
        return now - self.seen


@dataclass(eq=False, slots=True)
class Job:
    """One computation that waits or is under way. Made by `Line` only."""

    key: Hashable
    work: Any = None  # a `Work`; None: it is done on the thread of the one who asked
    state: State = "waiting"
    error: GlassboxError | None = None  # why it failed, where a visitor can mend it
    stage: str = "start"
    fraction: float = 0.0
    steps: int = 0  # that were done
    shown: Any = None  # what is there so far, where its work shows it
    ended: threading.Event = field(default_factory=threading.Event)
    _who: Hashable = None
    _step: bool = False
    _arrival: _Arrival = field(default_factory=lambda: _Arrival(time.monotonic()))
    _called: threading.Event = field(default_factory=threading.Event)  # its turn has come, or it is dropped
    _began: float = 0.0
    _going: Iterator[object] | None = None
    _watchers: dict[Hashable, _Watcher] = field(default_factory=dict)

    @property
    def live(self) -> bool:
        """Whether it waits or runs."""
        return self.state in LIVE

    @property
    def running(self) -> bool:
        """Whether its turn has come."""
        return self.state == "running"

    @property
    def watchers(self) -> int:
        """How many want its result."""
        return len(self._watchers)

    def report(self, stage: str, fraction: float) -> None:
        """How far it is, said by its work."""
        self.stage, self.fraction = stage, fraction

    def show(self, value: Any) -> None:
        """What is there so far, shown by its work."""
        self.shown = value


def pause(place: int) -> float:
    """Seconds until one who waits at this place is told it anew: those who stand far behind less often.

    >>> [pause(place) for place in (1, 7, 8, 16, 24, 90)]
    [0.25, 0.25, 0.5, 0.75, 1.0, 1.0]
    """
    return LOOK_S * min(SELDOM, 1 + place // NEAR)


def _since(job: Job) -> float:
    return job._arrival.since


class Line:
    """At most ``places`` jobs run; the others wait.

    ``lapse``: seconds without a sign of life after which a visitor is away. ``limit``: the longest time of a job in the
    background, in seconds. ``kept``: so many jobs are remembered when they have ended.
    """

    def __init__(
        self,
        name: str,
        places: Callable[[], int] = lambda: 1,
        *,
        lapse: float = FOREVER,
        limit: float = FOREVER,
        kept: int = 0,
    ) -> None:
        self.name, self._places = name, places
        self._lapse, self._limit, self._kept = lapse, limit, kept
        self._changed = threading.Condition(threading.RLock())  # guards all below, and the states of the jobs
        self._waiting: list[Job] = []  # in the order of arrival
        self._steps: list[Job] = []  # steps of other lines' jobs, which take turns with those that wait
        self._stepped = False  # the last one was such a step
        self._running: deque[Job] = deque()
        self._finished: list[Job] = []
        self._arrivals: dict[Hashable, _Arrival] = {}
        self._visits: deque[float] = deque(maxlen=RECENT)  # seconds that the last visits cost
        self._thread: threading.Thread | None = None
        self._mine = threading.local()

    # --- on one's own thread ----------------------------------------------------------------------

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold a place on this thread; a thread that holds one may take it again.

        Who asks is told the place while it waits (``asker``). Errors: Stopped where the same visitor asks anew on
        another thread, and whatever the asker's ``look`` raises.
        """
        depth: int = getattr(self._mine, "depth", 0)
        if depth == 0:
            self._mine.job = self._enter(asker())
        self._mine.depth = depth + 1
        try:
            yield
        finally:
            self._mine.depth = depth
            if depth == 0:
                self._leave(self._mine.job, "done")

    def _enter(self, one: Asker) -> Job:
        job = Job(one.key, _who=one.who, _step=one.step)
        with self._changed:
            self._queue(job)
            self._admit()
        try:
            self._stand(job, one.look)
        except BaseException:
            self._leave(job, "stopped")
            raise
        return job

    def _stand(self, job: Job, look: Look | None) -> None:
        """Wait until the turn of a job has come."""
        waits, place = not job._called.is_set(), 0
        while not job._called.wait(pause(place) if look else None):
            if look:
                place = self.place(job)
                look(place, self.seconds(job))
        if waits and look:
            look(0, 0.0)
        if not job.running:
            raise Stopped

    def _leave(self, job: Job, state: State) -> None:
        with self._changed:
            if job.live:
                self._end(job, state)
                self._admit()

    # --- in the background ------------------------------------------------------------------------

    def start(
        self, key: Hashable, make: Callable[[], Work], who: Hashable, there: Callable[[], bool] = lambda: True
    ) -> Job:
        """The job of a key, new or already under way for somebody else; ``there`` says whether ``who`` still is.

        Errors: those of ``make``.
        """
        with self._changed:
            if found := self._joined(key, who, there):
                return found
        work = make()
        with self._changed:
            if found := self._joined(key, who, there):
                return found
            self._finished = [job for job in self._finished if job.key != key]
            job = Job(key, work, _who=who)
            self._watch(job, who, there)
            self._queue(job)
            self._admit()
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name=f"glassbox-{self.name}", daemon=True)
                self._thread.start()
            return job

    def find(self, key: Hashable) -> Job | None:
        """The job of this key that waits, runs or has ended of late."""
        with self._changed:
            known = (*self._running, *self._waiting, *self._finished)
            return next((job for job in known if job.key == key), None)

    def watch(self, job: Job, who: Hashable, there: Callable[[], bool] = lambda: True) -> None:
        """``who`` wants this job, too; a sign of life of one who does already."""
        with self._changed:
            if job.live:
                self._watch(job, who, there)
                self._admit()

    def beat(self, job: Job, who: Hashable) -> bool:
        """A sign of life from ``who``; whether the job goes on."""
        with self._changed:
            if job.live and who in job._watchers:
                job._watchers[who].beat = time.monotonic()
            return job.live

    def leave(self, job: Job, who: Hashable) -> None:
        """``who`` wants no more of it; a job that nobody watches ends before its next step."""
        with self._changed:
            job._watchers.pop(who, None)
            self._admit()

    def wait(self, job: Job, beyond: int, seconds: float) -> None:
        """Until the job has done more than ``beyond`` steps, is over, or the time is up."""
        with self._changed:
            self._changed.wait_for(lambda: job.steps > beyond or not job.live, seconds)

    # --- what can be seen -------------------------------------------------------------------------

    def place(self, job: Job) -> int:
        """Place in line: 1 is next; 0 when it is running or over."""
        with self._changed:
            if job.work is not None:
                self._admit()  # whoever has left is not counted
            return self._waiting.index(job) + 1 if job in self._waiting else 0

    def seconds(self, job: Job) -> float:
        """About how long it waits from now on, by the last visits; 0 where nothing is known."""
        with self._changed:
            place, each = self.place(job), self._each()
            begun = max((time.monotonic() - one._began for one in self._running), default=0.0)
            return (place * each - min(begun, each)) / max(1, self._places()) if place else 0.0

    @property
    def counts(self) -> tuple[int, int]:
        """How many run, and how many wait."""
        with self._changed:
            return len(self._running), len(self._waiting)

    # --- inside the lock --------------------------------------------------------------------------

    def _each(self) -> float:
        """Seconds that a visit costs: the last ones, else those that run by how far they have come; 0 if unknown."""
        now = time.monotonic()
        known = self._visits or [one.spent for one in self._arrivals.values() if one.spent]
        known = known or [(now - one._began) / one.fraction for one in self._running if one.fraction > 0]
        return fmean(known) if known else 0.0

    def _joined(self, key: Hashable, who: Hashable, there: Callable[[], bool]) -> Job | None:
        found = next((job for job in (*self._running, *self._waiting) if job.key == key), None)
        if found is not None:
            self._watch(found, who, there)
            self._admit()
        return found

    def _watch(self, job: Job, who: Hashable, there: Callable[[], bool]) -> None:
        now = time.monotonic()
        self._replace(who, job)
        job._watchers[who] = _Watcher(there, now, now)

    def _replace(self, who: Hashable, by: Job) -> None:
        """What this visitor waits for besides is given up."""
        for job in [job for job in self._waiting if job is not by]:
            job._watchers.pop(who, None)
            if job.work is None and job._who == who is not None:
                self._end(job, "stopped")

    def _queue(self, job: Job) -> None:
        job._arrival = self._arrive(job)
        job._arrival.inside += 1
        if job.work is None:
            self._replace(job._who, job)
        insort(self._steps if job._step else self._waiting, job, key=_since)

    def _arrive(self, job: Job) -> _Arrival:
        """The visit that a job is a part of: that of its visitor or its result where one is known, else a new one."""
        now = time.monotonic()
        if job._who is None:
            return _Arrival(now)
        self._forget(now)
        ids: list[Hashable] = [("who", job._who), *([("key", job.key)] if job.key is not None else [])]
        known = {id: self._arrivals[id] for id in ids if id in self._arrivals}
        found = min(known.values(), key=lambda one: one.since, default=None)
        if found is not None and found.turns >= TURNS:
            self._note(found)
            found = None
        found = found or _Arrival(now)
        self._arrivals |= dict.fromkeys(ids, found)
        return found

    def _forget(self, now: float) -> None:
        """Visits that are over tell how long one takes."""
        over = {id: one for id, one in self._arrivals.items() if not one.inside and now - one.left > AWAY_S}
        for id, one in over.items():
            del self._arrivals[id]
            self._note(one)

    def _note(self, one: _Arrival) -> None:
        if one.spent:
            self._visits.append(one.spent)
            one.spent = 0.0

    def _admit(self) -> None:
        """Let those in whose turn it is."""
        now = time.monotonic()
        for job in [job for job in self._waiting if job.work is not None and not self._wanted(job, now)]:
            self._end(job, "stopped")
        while (self._waiting or self._steps) and len(self._running) < max(1, self._places()):
            alternate = self._steps and not (self._stepped and self._waiting)
            job = (self._steps if alternate else self._waiting).pop(0)
            self._stepped = job._step
            self._running.append(job)
            job.state, job._began = "running", now
            job._arrival.turns += 1
            job._called.set()
        self._changed.notify_all()

    def _end(self, job: Job, state: State) -> None:
        for part in (self._running, self._waiting, self._steps):
            with suppress(ValueError):
                part.remove(job)
        if job.running and state == "done":
            job._arrival.spent += time.monotonic() - job._began
        job._arrival.inside -= 1
        job._arrival.left = time.monotonic()
        if job._who is None and not job._step:
            self._note(job._arrival)
        job.state = state
        job._called.set()
        going, job._going, job.shown = job._going, None, None
        getattr(going, "close", lambda: None)()  # what it holds is given back
        getattr(job.work, "release", lambda: None)()
        if state in ("done", "failed") and self._kept:
            self._finished = [*self._finished, job][-self._kept :]
        job.ended.set()
        self._changed.notify_all()

    def _wanted(self, job: Job, now: float) -> bool:
        """Whether anybody still wants it: for one who is away it goes on for a moment."""
        away = min((one.away(now, self._lapse) for one in tuple(job._watchers.values())), default=FOREVER)
        return away <= AWAY_S

    # --- the working thread -----------------------------------------------------------------------

    def _work(self) -> None:
        """One step of one job after the other, until there have been none for a while."""
        while job := self._next():
            state = self._advance(job)
            with self._changed:
                job.steps += 1
                if state != "running":
                    self._end(job, state)
                elif job.live:
                    self._running.rotate(-1)  # whoever came meanwhile is before it
                self._changed.notify_all()

    def _next(self) -> Job | None:
        """Whose step it is; waits for work."""
        with self._changed:
            while True:
                for job in [job for job in self._running if job.work is not None]:
                    if not self._goes_on(job):
                        self._end(job, self._verdict(job))
                self._admit()
                if found := next((job for job in self._running if job.work is not None), None):
                    return found
                if not self._changed.wait(IDLE_S) and not self._waiting:
                    self._thread = None
                    return None

    def _goes_on(self, job: Job) -> bool:
        with self._changed:
            now = time.monotonic()
            return now - job._began <= self._limit and self._wanted(job, now)

    def _verdict(self, job: Job) -> State:
        """What became of a job that was stopped."""
        if time.monotonic() - job._began <= self._limit:
            return "stopped"
        job.error = TookTooLong(minutes=round(self._limit / 60))
        return "failed"

    def _advance(self, job: Job) -> State:
        """Do one step, outside the lock."""
        try:
            with (
                permitted(Permit(job.report, stopped=lambda: not self._goes_on(job), show=job.show)),
                asking(Asker(step=True)),
            ):
                job._going = job._going or job.work.steps()
                next(job._going)
        except StopIteration:
            return "done"
        except Stopped:
            return self._verdict(job)
        except GlassboxError as error:
            job.error = error
        except Exception as error:  # the thread serves everybody: it outlives one visitor's failure
            counters.fault(error)
            LOG.exception("a job of the line %r failed", self.name)
        else:
            return "running"
        return "failed"
