"""The page's door to a running generation: started, joined, stopped, gone on with, and kept as a tree."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import pytest

from core.compute.next_token import live
from core.compute.next_token.filters import Settings
from core.compute.next_token.live import Live
from core.compute.next_token.requests import Fork, TextRequest
from core.compute.next_token.run import complete
from core.errors import TextEmpty
from core.jobs.line import AWAY_S, Line
from core.jobs.lines import TOGETHER
from core.jobs.shelf import Shelf
from core.models.load.residency import LoadedModel
from pages.kit import cache, frame
from pages.kit import session as kit_session
from pages.views.next_token import streams
from pages.views.next_token.streams import Generation, Streams
from tests.core.tiny import DECODERS, SAMPLE, tiny

LOADED = tiny(DECODERS[0])
ASK = TextRequest("m", SAMPLE, 64, count=10, seed=3, settings=Settings(top_k=20))
LONG = replace(ASK, count=200)
PATIENCE = 120.0  # seconds, for a busy machine; nothing is measured by it


class Brake:
    """Holds the working thread before it takes more than so many steps of one generation."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._most: int | None = None

    def hold(self, most: int) -> None:
        self._most = most

    def release(self) -> None:
        with self._changed:
            self._most = None
            self._changed.notify_all()

    def wait(self, job: Live) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._most is None or job.done < self._most, PATIENCE)


class Browser:
    """Sessions that take turns at the server."""

    def __init__(self, patch: pytest.MonkeyPatch, line: Line, brake: Brake) -> None:
        self._patch, self.line, self.brake = patch, line, brake
        self.here: set[str] = set()  # whose browser is connected
        self.drawers: dict[str, Streams] = {}

    def poll(self, session: str, request: TextRequest, key: str = "tree") -> Generation:
        self.become(session)
        page: Any = type("Page", (), {"words": None})
        return streams.follow(page, key, request)

    def become(self, session: str) -> None:
        drawer = self.drawers.setdefault(session, Streams())
        self._patch.setattr(streams, "own", lambda _: drawer)
        self._patch.setattr(streams, "visitor", lambda: session)
        self.here.add(session)

    def until(self, session: str, request: TextRequest, met: Callable[[Generation], bool]) -> Generation:
        end = time.monotonic() + PATIENCE
        while not met(view := self.poll(session, request)):
            assert time.monotonic() < end
        return view


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    line, brake, step = Line("t", lambda: TOGETHER), Brake(), Live._step

    def braked(job: Live, loaded: LoadedModel, steps: Iterator[None]) -> bool:
        brake.wait(job)
        return step(job, loaded, steps)

    monkeypatch.setattr(Live, "_step", braked)
    monkeypatch.setattr(streams, "GENERATIONS", line)
    monkeypatch.setattr(live, "_recent", deque())
    monkeypatch.setattr(streams, "_FINISHED", Shelf(4))
    monkeypatch.setattr(cache, "loaded", lambda _model: LOADED)
    monkeypatch.setattr(frame, "waiting", lambda *_: nullcontext())
    monkeypatch.setattr(streams, "FIRST_S", 0.01)
    opened = Browser(monkeypatch, line, brake)
    monkeypatch.setattr(kit_session, "is_connected", lambda visitor: visitor in opened.here)
    yield opened
    brake.release()


def test_a_finished_text_is_at_hand_for_the_next_visitor(browser: Browser) -> None:
    view = browser.until("ann", ASK, lambda view: not view.live)
    assert (view.state, view.steps) == ("done", 10)
    assert view.result.tokens.ids == complete(ASK, LOADED).tokens.ids
    other = browser.poll("bob", ASK)
    assert (other.state, other.steps, other.result) == ("done", 0, view.result)


def test_stopping_keeps_what_is_there_and_starting_again_goes_on(browser: Browser) -> None:
    browser.brake.hold(4)
    browser.until("ann", LONG, lambda view: view.steps > 3)
    browser.become("ann")
    streams.stop("tree")
    stopped = browser.poll("ann", LONG)
    assert stopped.state == "stopped"
    assert len(stopped.result.tokens) == 4
    assert browser.poll("ann", LONG).result is stopped.result
    browser.brake.release()
    streams.again("tree")
    view = browser.until("ann", LONG, lambda view: not view.live)
    assert view.state == "done"
    assert view.result.tokens.ids[:4] == stopped.result.tokens.ids
    assert len(view.result.tokens) > 4


def test_one_visitor_has_one_generation(browser: Browser) -> None:
    browser.brake.hold(2)
    browser.until("ann", LONG, lambda view: view.steps > 1)
    browser.poll("ann", replace(LONG, seed=9))
    assert sum(browser.line.counts) <= 2  # the first one ends before its next step
    browser.brake.release()
    browser.until("ann", replace(LONG, seed=9), lambda _: sum(browser.line.counts) <= 1)
    browser.poll("ann", replace(LONG, seed=9), key="lanes")
    assert list(browser.drawers["ann"].running) == ["lanes"]


def test_a_tab_that_slept_goes_on(browser: Browser) -> None:
    browser.brake.hold(2)
    browser.until("ann", LONG, lambda view: view.steps > 1)
    browser.here.clear()
    time.sleep(AWAY_S)
    browser.brake.release()
    end = time.monotonic() + PATIENCE
    while sum(browser.line.counts):
        assert time.monotonic() < end
        time.sleep(0.01)
    slept = browser.drawers["ann"].running["tree"].job
    assert slept is not None
    assert slept.state == "stopped"
    view = browser.until("ann", LONG, lambda view: not view.live)
    assert view.state == "done"


def test_texts_of_one_prompt_are_a_tree_and_another_prompt_starts_anew(browser: Browser) -> None:
    forked = replace(ASK, forks=(Fork(2, seed=8),))
    for request in (ASK, forked, ASK):
        browser.until("ann", request, lambda view: not view.live)
    assert [request.forks for request, _ in streams.grown("tree")] == [(), forked.forks]
    hot = replace(ASK, settings=Settings(temperature=2.0))
    browser.until("ann", hot, lambda view: not view.live)
    assert [request for request, _ in streams.grown("tree")] == [hot]
    for seed in range(streams.GROWN + 4):
        browser.poll("ann", replace(hot, forks=(Fork(1, seed=seed),)))
    assert len(streams.grown("tree")) == streams.GROWN


def test_what_cannot_be_generated_is_said(browser: Browser) -> None:
    with pytest.raises(TextEmpty):
        browser.poll("ann", replace(ASK, text="  "))
