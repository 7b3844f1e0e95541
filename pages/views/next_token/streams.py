"""The door to a running generation: started or joined, polled by a fragment, stopped when its visitor is gone.

``live(key, request, view)`` makes a part of a page: ``request(state)`` says what is wanted now, and the view's canvases
and sentence get a ``Generation`` as their one result. While it waits or runs, the part draws itself again; a tab that
is closed asks no more, and what nobody asks for is stopped (``core.jobs``).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st

from core.catalog import State
from core.compute.next_token.live import join
from core.compute.next_token.requests import Path, Request, TextRequest
from core.errors import NotWritten
from core.jobs.line import LIVE, Job
from core.jobs.lines import GENERATIONS
from core.jobs.shelf import Shelf
from pages.kit import cache, frame
from pages.kit.cache import Badge, Outcome
from pages.kit.frame import Opened
from pages.kit.session import is_there, own, own_link, visitor
from pages.kit.view import Found, View

PACE = {"running": 0.4, "waiting": 1.0}
"""Seconds between two drawings."""
FIRST_S, NEXT_S = 0.8, 0.3
"""So long a drawing waits for the first token, and for one more that is about to come, in seconds."""
LONGEST, LONGEST_S = 2, 120.0
"""So long a handout waits for all that is written, in minutes and seconds."""
GROWN = 24
"""Most texts of one tree that a session keeps."""
_FINISHED = Shelf.dealt("generations")  # whole results, for everybody who asks for the same


@dataclass(frozen=True, slots=True)
class Generation:
    """A generation as a page draws it."""

    request: Request
    state: str  # "waiting" | "running" | "done" | "stopped" | "failed"
    place: int  # in line, 1 is next; 0 when it runs or is over
    seconds: float  # until its turn comes, about; 0 where that is not known
    result: Any  # what is there so far: Path, Lanes or Beams
    steps: int  # that the model has run; 0 for a result that was at hand
    rate: float  # steps per second, the turns of others included; 0 where it is not known
    badge: Badge

    @property
    def live(self) -> bool:
        """Whether more may come."""
        return self.state in LIVE

    @property
    def found(self) -> Found:
        """As the result of a view."""
        return Found((), (Outcome(self, self.badge),))


@dataclass(slots=True)
class _Stream:
    """One session's part in a job."""

    request: Request
    job: Job | None  # None: the result was at hand
    final: Generation | None = None  # of a generation that this session has stopped or seen end


@dataclass(slots=True)
class Streams:
    """The generations of a session, and the texts that have grown so far."""

    running: dict[str, _Stream] = field(default_factory=dict)
    grown: dict[str, dict[Any, tuple[TextRequest, Path]]] = field(default_factory=dict)


def live(key: str, request: Callable[[State], Request], view: View) -> View:
    """The view of what is generated, drawn again while it runs; its numbers are those that were seen last."""

    def draw(page: Opened, _: Found) -> None:
        pace = PACE.get(follow(page, key, request(page.state()), wait=False).state)
        st.fragment(poll, run_every=pace)(page, pace)

    def poll(page: Opened, pace: float | None) -> None:
        wanted: list[float | None] = [None]
        with frame.guard(page.words):
            one = follow(page, key, request(page.state()))
            wanted[0] = PACE.get(one.state)
            for canvas in view.canvases:
                canvas.mount(page, one.found)
            view.say(page, one.found)
        if wanted[0] != pace:
            st.rerun()  # another pace, or none: the fragment is made anew

    return replace(
        view, draw=draw, say=lambda _, __: None, last=lambda _: last(key),
        whole=lambda page: written(page, request(page.state())),
    )  # fmt: skip


def events(key: str) -> dict[str, Callable[[Any], None]]:
    """What a canvas may ask of its generation."""
    return {"stop": lambda _: stop(key), "again": lambda _: again(key)}


def stop(key: str) -> None:
    """This session wants no more of what runs under ``key``; what is there stays."""
    mine = _drawer().get(key)
    if mine is not None and mine.job is not None and mine.final is None:
        mine.final = replace(_shown(mine.job, "stopped"), state="stopped")
        _leave(mine)


def again(key: str) -> None:
    """Forget what was stopped, so that it is started again."""
    mine = _drawer().get(key)
    if mine is not None and mine.final is not None and mine.final.state in ("stopped", "failed"):
        del _drawer()[key]


def last(key: str) -> Found | None:
    """What this session last saw under ``key``, at rest; None where nothing was generated there."""
    mine = _drawer().get(key)
    return None if mine is None else replace(_seen(mine), state="done", place=0, seconds=0.0, rate=0.0).found


def written(page: Opened, request: Request) -> Found:
    """All that a request writes, waited for. Errors: what the generation failed with, NotWritten."""
    mine, until = _started(page, request), time.monotonic() + LONGEST_S
    job = mine.job
    while job is not None and GENERATIONS.beat(job, visitor()):
        if time.monotonic() > until:
            _leave(mine)
            raise NotWritten(minutes=LONGEST)
        GENERATIONS.wait(job, job.steps, FIRST_S)
    return replace(_seen(mine), state="done", place=0, seconds=0.0, rate=0.0).found


def grown(key: str) -> tuple[tuple[TextRequest, Path], ...]:
    """All texts that this session has seen under ``key`` for one prompt and its settings, the oldest first."""
    return tuple(own(Streams).grown.get(key, {}).values())


def _drawer() -> dict[str, _Stream]:
    return own(Streams).running


def _leave(mine: _Stream) -> None:
    if mine.job is not None:
        GENERATIONS.leave(mine.job, visitor())


def follow(page: Opened, key: str, request: Request, *, wait: bool = True) -> Generation:
    """The generation of a request: started, joined or gone on with; any other of this session ends.

    With ``wait`` a token that is about to come is waited for, so that it is in what is drawn next.
    """
    drawer = _drawer()
    for name, stream in list(drawer.items()):
        if name != key or stream.request != request:
            _leave(stream)
            del drawer[name]
    mine = drawer.get(key)
    if mine is None:
        mine = drawer[key] = _started(page, request)
    job = mine.job if mine.final is None else None
    if job is not None and not GENERATIONS.beat(job, visitor()) and job.state == "stopped":
        mine = drawer[key] = _started(page, request)  # the tab slept: once more
    elif wait and job is not None and job.state == "running":
        GENERATIONS.wait(job, job.steps, NEXT_S if job.steps else FIRST_S)
    one = _seen(mine)
    if isinstance(request, TextRequest) and one.result is not None:
        _keep(key, request, one.result)
    return one


def _started(page: Opened, request: Request) -> _Stream:
    found: Generation | None = _FINISHED.peek(request)
    if found is not None:
        return _Stream(request, None, found)
    with frame.waiting(page.words, request.model):
        loaded, who, link = cache.loaded(request.model), visitor(), own_link()
        return _Stream(request, join(request, loaded, who, lambda: is_there(who, link), GENERATIONS))


def _seen(mine: _Stream) -> Generation:
    """What the stream shows now; the end of it is kept. Errors: what the generation failed with."""
    if mine.final is not None:
        return mine.final
    assert mine.job is not None
    job, state = mine.job, mine.job.state
    if state == "failed":
        raise job.error or RuntimeError("a generation failed")
    one = _shown(job, state)
    if not one.live:
        mine.final = one
    if state == "done":
        _FINISHED.get(mine.request, lambda: replace(one, steps=0, rate=0.0))
    return one


def _shown(job: Job, state: str) -> Generation:
    work, place, seconds = job.work, GENERATIONS.place(job), GENERATIONS.seconds(job)
    badge = cache.live(work.model, work.device, work.dtype, work.milliseconds)
    return Generation(work.request, state, place, seconds, work.result(), work.done, work.rate, badge)


def _keep(key: str, request: TextRequest, path: Path) -> None:
    """Add a text to the session's tree; a text of another prompt or other settings starts a new tree."""
    tree = own(Streams).grown.setdefault(key, {})
    if tree and any(replace(kept, forks=()) != replace(request, forks=()) for kept, _ in tree.values()):
        tree.clear()
    tree[request.forks] = (request, path)
    while len(tree) > GROWN:
        del tree[next(forks for forks in tree if forks != request.forks)]
