"""Long projections on a page: started, drawn with their progress, stopped, and shared when they are done.

``jobs.compute(page, call, key=…)`` is ``page.run`` for calls that may raise ``NeedsWorker``. A job is
known by the key of its result in the cache, so that all visitors who ask for the same share one. One job runs at a
time; it ends early when every visitor who asked for it has stopped it or gone.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Hashable
from typing import Any, TypeVar

import streamlit as st
from streamlit.runtime import exists, get_instance
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.calls import Call
from core.errors import Busy, GlassboxError, NeedsWorker, WorkerFailed
from core.jobs import Permit, Stopped, permitted
from pages.kit import cache, frame
from pages.kit.cache import Outcome
from pages.kit.frame import Opened
from pages.kit.session import session

EVERY = 0.5
"""Seconds between two looks of a waiting page."""
GRACE = 15.0
"""Seconds after which a visitor whose browser is not connected counts as gone."""
STOPPING = 2.0
"""Seconds that a visitor who stops a job waits for its end at most."""
QUEUE = 8
"""Most jobs that wait."""
KEPT = 4
"""Finished jobs whose outcome or error is remembered."""

T = TypeVar("T")
LOG = logging.getLogger(__name__)


class Job:
    """One projection for all who asked for it; its fields are written by its own thread."""

    def __init__(self, call: Call[Any]) -> None:
        self.call = call
        self.stage, self.fraction = "start", 0.0
        self.outcome: Outcome[Any] | None = None
        self.error: GlassboxError | None = None
        self.done = threading.Event()
        self.seen: dict[str, float] = {}  # session → when it was last known to be there

    def report(self, stage: str, fraction: float) -> None:
        """What the process says."""
        self.stage, self.fraction = stage, fraction

    def wanted(self) -> bool:
        """Whether a visitor who asked for it is still there."""
        now = time.monotonic()
        for visitor, last in tuple(self.seen.items()):
            if is_connected(visitor):
                self.seen[visitor] = now
            elif now - last > GRACE:
                self.seen.pop(visitor, None)
        return bool(self.seen)


def is_connected(session: str) -> bool:
    """Whether a browser shows this session."""
    return exists() and get_instance().is_active_session(session)


class Jobs:
    """The jobs of this server: one runs, the others wait in the order in which they were asked for."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[Job] = []  # the first one runs
        self._finished: list[Job] = []

    def find(self, key: Hashable) -> Job | None:
        """The job of this key that waits, runs or has ended of late."""
        with self._changed:
            return next((job for job in (*self._waiting, *self._finished) if job.call.key == key), None)

    def place(self, job: Job) -> int:
        """How many jobs come before this one."""
        with self._changed:
            return self._waiting.index(job) if job in self._waiting else 0

    def start(self, call: Call[Any], session: str) -> Job:
        """The job of this call, new or joined. Errors: Busy when too many wait."""
        with self._changed:
            job = next((one for one in self._waiting if one.call.key == call.key), None)
            if job is None:
                if len(self._waiting) > QUEUE:
                    raise Busy(place=len(self._waiting))
                self._finished = [one for one in self._finished if one.call.key != call.key]
                job = Job(call)
                self._waiting.append(job)
                threading.Thread(target=self._work, args=(job,), name="projection", daemon=True).start()
            job.seen[session] = time.monotonic()
            return job

    def leave(self, key: Hashable, session: str) -> None:
        """This visitor does not want it any more; it ends when nobody does."""
        if job := self.find(key):
            job.seen.pop(session, None)

    def _work(self, job: Job) -> None:
        try:
            self._wait_turn(job)
            with permitted(Permit(job.report, stopped=lambda: not job.wanted())):
                job.outcome = cache.keep(job.call)
        except Stopped:
            pass
        except GlassboxError as error:
            job.error = error
        except Exception:
            LOG.exception("a projection failed")
            job.error = WorkerFailed()
        finally:
            self._end(job)

    def _wait_turn(self, job: Job) -> None:
        while True:
            with self._changed:
                if self._waiting[0] is job:
                    return
                self._changed.wait(EVERY)
            if not job.wanted():
                raise Stopped

    def _end(self, job: Job) -> None:
        with self._changed:
            self._waiting.remove(job)
            if job.outcome or job.error:
                self._finished = [*self._finished, job][-KEPT:]
            job.done.set()
            self._changed.notify_all()


JOBS = Jobs()


def session_id() -> str:
    """The id of the session that runs this script; "" outside of one."""
    context = get_script_run_ctx()
    return context.session_id if context else ""


def compute(page: Opened, call: Call[T], *, key: str) -> Outcome[T] | None:
    """The result where it is at hand or quick; else None, and a panel with start, progress and stop is drawn here.

    The panel reruns the page when the result is there. ``key`` names its widgets, unique on all pages; what the same
    place of the page asked for before is given up. What is short enough starts by itself. Errors: those of the
    function (draw inside ``frame.guard``).
    """
    _give_up_former(key, call.key)
    job = JOBS.find(call.key)
    if found := cache.at_hand(call) or (job and job.outcome):
        return found
    if job is None:
        try:
            return page.run(call)
        except NeedsWorker as need:
            _drawer(key)["need"] = dict(need.values)
            if need.values["at_once"] and not _drawer(key).get("stopped"):
                JOBS.start(call, session_id())
    _panel(page, call, key)
    return None


def _drawer(key: str) -> dict[str, Any]:
    """What this session remembers of one place for jobs."""
    return session().jobs.setdefault(key, {})


def _give_up_former(key: str, wanted: Hashable) -> None:
    drawer = _drawer(key)
    former = drawer.get("wanted")
    if former != wanted:
        drawer.clear()
        drawer["wanted"] = wanted
        if former is not None:
            JOBS.leave(former, session_id())


def _panel(page: Opened, call: Call[Any], key: str) -> None:
    """The state of the job, with the button that fits it; looks again by itself only while the job goes on."""
    job = JOBS.find(call.key)
    going_on = job is not None and not job.done.is_set()
    st.fragment(_draw, run_every=EVERY if going_on else None)(page, call, key)


def _draw(page: Opened, call: Call[Any], key: str) -> None:
    job = JOBS.find(call.key)
    with frame.guard(page.words):
        if job is not None and not job.done.is_set() and not _drawer(key).get("stopped"):
            _progress(page, job, key)
        elif job is not None and job.error is not None:
            _button(page, call, key, "again")
            raise job.error
        elif cache.at_hand(call) or (job and job.outcome):
            st.rerun()
        else:
            _offer(page, call, key)


def _progress(page: Opened, job: Job, key: str) -> None:
    """How far it is, and the button that stops it. Who looks at it is one of those who want it."""
    job.seen.setdefault(session_id(), time.monotonic())
    place = JOBS.place(job)
    said = page.words("jobs.queued", place=place) if place else page.words(f"jobs.stage_{job.stage}")
    st.progress(0.0 if place else min(max(job.fraction, 0.0), 1.0), text=said)
    if st.button(page.words("jobs.stop"), key=f"{key}_stop", icon=":material/stop:"):
        _drawer(key)["stopped"] = True
        JOBS.leave(job.call.key, session_id())
        job.done.wait(STOPPING)
        st.rerun()


def _offer(page: Opened, call: Call[Any], key: str) -> None:
    """What it would take, and the button that starts it."""
    if need := _drawer(key).get("need"):
        st.caption(page.words("jobs.about", method=need["method"], count=need["count"]))
    _button(page, call, key, "start")


def _button(page: Opened, call: Call[Any], key: str, word: str) -> None:
    if st.button(
        page.words(f"jobs.{word}"), key=f"{key}_{word}", type="primary", icon=":material/play_arrow:"
    ):
        _drawer(key)["stopped"] = False
        JOBS.start(call, session_id())
        st.rerun()
