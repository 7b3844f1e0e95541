"""Generations that take turns: real threads, a real worker, tasks that count their steps; a clock that stands still."""

from __future__ import annotations

import copy
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from core.compute.next_token import live
from core.compute.next_token.filters import Settings
from core.compute.next_token.requests import Fork, Path, TextRequest
from core.compute.next_token.run import complete
from core.errors import OutOfMemory, TextEmpty
from core.jobs import line as module
from core.jobs.line import Job, Line, State
from core.jobs.lines import TOGETHER
from core.models.read.trace import make_trace
from tests.core.tiny import DECODERS, SAMPLE, tiny

LOADED = tiny(DECODERS[0])
PATIENCE = 120.0  # seconds, for a busy machine; nothing is measured by it
ENDLESS = 10**6  # steps


class Clock:
    """The line's time: it stands still, so that a slow machine loses no visitor."""

    def monotonic(self) -> float:
        return 0.0


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "time", Clock())


def ask(name: object, count: int = 8, **values: Any) -> TextRequest:
    return TextRequest(f"m{name}", SAMPLE, 64, count=count, **values)


def until(met: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not met():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.002)


def over(job: Job) -> bool:
    return not job.live


def a_line() -> Line:
    return Line("t", lambda: TOGETHER)


def join(request: TextRequest, who: object, line: Line) -> Job:
    return live.join(request, LOADED, who, line=line)


class Steps:
    """A task of so many steps that writes down when it ran, and can be held up."""

    def __init__(
        self, name: str, count: int, ran: list[str], gate: threading.Event, error: Exception | None = None
    ) -> None:
        self.name, self.count, self.ran, self.gate, self.error = name, count, ran, gate, error
        self.closed = False

    def steps(self) -> Iterator[None]:
        try:
            for at in range(self.count):
                assert self.gate.wait(PATIENCE)
                if self.error and at == 1:
                    raise self.error
                self.ran.append(self.name)
                if at == self.count - 1:
                    return
                yield
        finally:
            self.closed = True

    def result(self) -> int:
        return self.ran.count(self.name)


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[list[str], threading.Event, dict[str, Steps]]]:
    """The order in which tasks ran, the gate that lets them run, and the tasks by model id."""
    ran: list[str] = []
    gate = threading.Event()
    made: dict[str, Steps] = {}

    def make(request: TextRequest, _loaded: object, _known: object) -> Steps:
        error: dict[str, Exception] = {"mbad": ValueError("x"), "mfull": OutOfMemory(model="m")}
        work = made[request.model] = Steps(request.model, request.count, ran, gate, error.get(request.model))
        return work

    monkeypatch.setattr(live, "task", make)
    yield ran, gate, made
    gate.set()


Stage = tuple[list[str], threading.Event, dict[str, Steps]]


def test_four_take_turns_and_the_others_advance(stage: Stage) -> None:
    ran, gate, _ = stage
    line = a_line()
    jobs = [join(ask(n, 6), n, line) for n in range(20)]
    until(lambda: line.counts == (4, 16))
    assert [line.place(job) for job in jobs] == [0] * 4 + list(range(1, 17))
    gate.set()
    places: list[int] = []
    most = 0

    def watch() -> bool:
        nonlocal most
        for job, who in zip(jobs, range(20), strict=True):
            line.beat(job, who)
        running, _ = line.counts
        most = max(most, running)
        places.append(line.place(jobs[-1]))
        return all(over(job) for job in jobs)

    until(watch)
    assert most <= 4
    assert places == sorted(places, reverse=True)
    assert [job.state for job in jobs] == ["done"] * 20
    assert [job.work.result() for job in jobs] == [6] * 20
    # while four run, none gets ahead of another
    first = ran[: 4 * 6]
    for at in range(4, len(first) + 1, 4):
        counts = [first[:at].count(f"m{n}") for n in range(4)]
        assert max(counts) == min(counts)
    # first come, first served
    begun = list(dict.fromkeys(ran))
    assert begun == [f"m{n}" for n in range(20)]


def test_no_two_steps_run_at_once(stage: Stage) -> None:
    _, gate, _ = stage
    gate.set()
    line = a_line()
    inside = 0
    clashes = 0
    advance = Line._advance

    def checked(self: Line, job: Job) -> State:
        nonlocal inside, clashes
        inside += 1
        clashes += inside > 1
        try:
            return advance(self, job)
        finally:
            inside -= 1

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Line, "_advance", checked)
        jobs: list[Job] = []
        threads = [threading.Thread(target=lambda n=n: jobs.append(join(ask(n), n, line))) for n in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        until(lambda: all(over(job) for job in jobs))
    assert len(jobs) == 16
    assert clashes == 0


def test_equal_requests_share_one_job_until_the_last_leaves(stage: Stage) -> None:
    ran, gate, made = stage
    line = a_line()
    first = join(ask("a", ENDLESS), "ann", line)
    second = join(ask("a", ENDLESS), "bob", line)
    assert first is second
    assert len(made) == 1
    gate.set()
    until(lambda: len(ran) > 3)
    line.leave(first, "ann")
    seen = len(ran)
    until(lambda: len(ran) > seen + 3)
    assert not over(first)
    line.leave(first, "bob")
    until(lambda: over(first))
    assert first.state == "stopped"
    assert made["ma"].closed
    assert len(ran) < ENDLESS


def test_one_failure_leaves_the_others_alone(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    _, gate, _ = stage
    gate.set()
    line = a_line()
    jobs = {name: join(ask(name), name, line) for name in ("bad", "good", "full")}
    until(lambda: all(over(job) for job in jobs.values()))
    assert {name: job.state for name, job in jobs.items()} == {
        "bad": "failed",
        "good": "done",
        "full": "failed",
    }
    assert jobs["bad"].error is None
    assert isinstance(jobs["full"].error, OutOfMemory)
    assert "failed" in caplog.text


def test_bad_requests_are_refused_before_they_queue() -> None:
    line = a_line()
    with pytest.raises(TextEmpty):
        join(TextRequest("m", " ", 64), 1, line)
    assert line.counts == (0, 0)


def test_interleaved_texts_are_those_that_come_alone() -> None:
    """Real models, twenty visitors in threads, other pages' forwards in between."""
    requests = [ask(n, 8, seed=n, settings=Settings(temperature=0.5 + n / 10)) for n in range(20)]
    alone = [complete(request, LOADED).tokens.ids for request in requests]
    line = a_line()
    found: dict[int, tuple[int, ...]] = {}
    stop = threading.Event()

    def visitor(n: int) -> None:
        job = join(requests[n], n, line)
        seen = 0
        while line.beat(job, n):
            path: Path = job.work.result()
            assert len(path.tokens) >= seen  # read while the worker writes
            assert len(path.option_labels) == len(path.tokens) == len(path.chance)
            seen = len(path.tokens)
            line.wait(job, job.steps, 0.2)
        found[n] = job.work.result().tokens.ids

    def reader() -> None:
        while not stop.is_set():
            make_trace(LOADED, SAMPLE, limit=64)

    threads = [threading.Thread(target=visitor, args=(n,)) for n in range(20)]
    other = threading.Thread(target=reader)
    for thread in (*threads, other):
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    stop.set()
    other.join(PATIENCE)
    assert [found.get(n) for n in range(20)] == alone


@pytest.mark.parametrize("tokens", [3, ENDLESS], ids=["to its end", "stopped while it waits"])
def test_who_looks_at_a_text_that_is_over_does_not_keep_its_model(tokens: int) -> None:
    """A model that has left memory would stay in it for as long as a tab shows what it wrote."""
    loaded, line = replace(LOADED, model=copy.deepcopy(LOADED.model)), Line("t", lambda: int(tokens == 3))
    alive = weakref.ref(loaded.model)
    blocker = (
        line.start("blocker", lambda: Steps("b", ENDLESS, [], threading.Event()), 0) if tokens > 3 else None
    )
    job = live.join(ask(f"held{tokens}", tokens), loaded, 1, line=line)
    if blocker:
        line.leave(job, 1)
    until(lambda: over(job))
    del loaded
    until(lambda: alive() is None)  # the thread that took its last step has let go of it
    assert job.state == ("stopped" if blocker else "done")
    assert len(job.work.result().tokens) == (0 if blocker else 3)
    assert (job.work.model, job.work.dtype) == (LOADED.spec.id, LOADED.dtype)


def test_a_branch_begins_where_it_leaves_the_first_text() -> None:
    """Also a longer text: what is known is read at once, and the whole is what it would be alone."""
    line = a_line()

    def ran(request: TextRequest) -> tuple[live.Live, Path]:
        job = join(request, 1, line)
        until(lambda: over(job))
        assert job.state == "done"
        return job.work, job.work.result()

    plain, path = ran(ask("branch", 12, seed=4))
    assert plain.done == 12
    other = next(int(option) for option in path.options[7] if option != path.tokens.ids[7])
    for change in (
        {"forks": (Fork(7, token=other),)},
        {"forks": (Fork(7, seed=5),)},
        {"forks": (Fork(7, token=other), Fork(9, seed=3))},
    ):
        request = ask("branch", 12, seed=4, **change)
        job, found = ran(request)
        alone: Path = complete(request, LOADED)
        assert found.tokens.ids == alone.tokens.ids
        assert found.forced.tolist() == alone.forced.tolist()
        assert job.done <= 5
        np.testing.assert_allclose(found.chance, alone.chance, atol=1e-5)
    longer, text = ran(ask("branch", 16, seed=4))
    assert (longer.done, text.tokens.ids[:12]) == (4, path.tokens.ids)
    again, same = ran(ask("branch", 5, seed=4))
    assert (again.done, same.tokens.ids, same.ended) == (1, path.tokens.ids[:5], "length")
    fresh, _ = ran(ask("branch", 5, seed=8))
    assert fresh.done == 5
