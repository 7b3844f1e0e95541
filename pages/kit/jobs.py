"""Long projections on a page: started, drawn with their progress, stopped, and shared when they are done.

``jobs.compute(page, call, key=…)`` is ``page.run`` for calls that may raise ``NeedsWorker``. A job of the server's line
of projections (``core.jobs``) is known by the key of its result, so that all visitors who ask for the same share one,
and a link finds it again; it ends early when every visitor who asked for it has stopped it or gone.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import Any, TypeVar

import streamlit as st

from core.calls import Call
from core.errors import GlassboxError, NeedsWorker, WorkerFailed
from core.jobs.line import Job
from core.jobs.lines import PROJECTIONS
from core.jobs.opening import Link
from pages.kit import cache, frame
from pages.kit.cache import Outcome
from pages.kit.frame import Opened
from pages.kit.session import is_there, own_link, session, visitor

EVERY = 0.5
"""Seconds between two looks of a waiting page."""
STOPPING = 2.0
"""Seconds that a visitor who stops a job waits for its end at most."""

T = TypeVar("T")
Draw = Callable[[Opened, Any], None]
"""Draws what a job has shown so far."""


def nothing(page: Opened, value: Any) -> None:
    """Where that is not drawn."""


class Projection:
    """What a job does: one call, however long it takes."""

    def __init__(self, call: Call[Any]) -> None:
        self.outcome: Outcome[Any] | None = None
        self._call = call

    def steps(self) -> Iterator[None]:
        """One step."""
        self.outcome = cache.keep(self._call)
        yield from ()


def start(call: Call[Any], who: str, link: Link) -> Job:
    """The job of a call for a visitor with a link, new or joined."""
    return PROJECTIONS.start(call.key, lambda: Projection(call), who, lambda: is_there(who, link))


def outcome(job: Job | None) -> Outcome[Any] | None:
    """What a job has come to."""
    found: Outcome[Any] | None = job.work.outcome if job else None
    return found


def error(job: Job | None) -> GlassboxError | None:
    """What a job failed with."""
    return (job.error or WorkerFailed()) if job and job.state == "failed" else None


def compute(page: Opened, call: Call[T], *, key: str, draw: Draw = nothing) -> Outcome[T] | None:
    """The result where it is at hand or quick; else None, and a panel with start, progress and stop is drawn here.

    The panel reruns the page when the result is there. ``key`` names its widgets, unique on all pages; what the same
    place of the page asked for before is given up. What is short enough starts by itself. What the job shows so far is
    drawn below by ``draw``. Errors: those of the
    function (draw inside ``frame.guard``).
    """
    _give_up_former(key, call.key)
    job = PROJECTIONS.find(call.key)
    if found := cache.at_hand(call) or outcome(job):
        return found
    if job is None:
        try:
            return page.run(call)
        except NeedsWorker as need:
            _drawer(key)["need"] = dict(need.values)
            if need.values["at_once"] and not _drawer(key).get("stopped"):
                start(call, visitor(), own_link())
    _panel(page, call, key, draw)
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
            _leave(former)


def _leave(key: Hashable) -> None:
    """This visitor does not want the job of a key any more."""
    if job := PROJECTIONS.find(key):
        PROJECTIONS.leave(job, visitor())


def _panel(page: Opened, call: Call[Any], key: str, draw: Draw) -> None:
    """The state of the job, with the button that fits it; looks again by itself only while the job goes on."""
    job = PROJECTIONS.find(call.key)
    st.fragment(_draw, run_every=EVERY if job and job.live else None)(page, call, key, draw)


def _draw(page: Opened, call: Call[Any], key: str, draw: Draw) -> None:
    job = PROJECTIONS.find(call.key)
    with frame.guard(page.words):
        if job and job.live and not _drawer(key).get("stopped"):
            _progress(page, job, key)
            if job.shown is not None:
                draw(page, job.shown)
        elif failed := error(job):
            _button(page, call, key, "again")
            raise failed
        elif cache.at_hand(call) or outcome(job):
            st.rerun()
        else:
            _offer(page, call, key)


def _progress(page: Opened, job: Job, key: str) -> None:
    """How far it is, and the button that stops it. Who looks at it is one of those who want it."""
    who, link = visitor(), own_link()
    PROJECTIONS.watch(job, who, lambda: is_there(who, link))
    place, seconds = PROJECTIONS.place(job), PROJECTIONS.seconds(job)
    stage = page.words(f"jobs.stage_{job.stage}")
    said = frame.queue_place(page.words, "jobs", place, seconds) if place else stage
    st.progress(0.0 if place else min(max(job.fraction, 0.0), 1.0), text=said)
    if st.button(page.words("jobs.stop"), key=f"{key}_stop", icon=":material/stop:"):
        _drawer(key)["stopped"] = True
        PROJECTIONS.leave(job, who)
        job.ended.wait(STOPPING)
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
        start(call, visitor(), own_link())
        st.rerun()
