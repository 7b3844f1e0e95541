"""Projections in the background: one at a time, shared, stopped when nobody wants them, drawn with their progress."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import psutil
import pytest
from streamlit.testing.v1 import AppTest

from core.arrays import Array
from core.calls import Call, call
from core.compute.embedding_space import tables as embedding_space
from core.compute.embedding_space import worker as projection_worker
from core.compute.embedding_space.maps import Map
from core.compute.embedding_space.settings import Settings
from core.errors import Busy, TookTooLong, WorkerFailed
from core.jobs import Stopped
from pages.kit import cache, jobs
from pages.kit.jobs import Job, Jobs

WAIT = 60.0  # seconds, on a busy machine; a condition that holds ends it
REAL = 240.0  # of a process that imports UMAP


class Runs:
    """Stands for ``projection_worker.run``: notes what runs, ends when it is let go or no longer wanted."""

    def __init__(self) -> None:
        self.started: list[Settings] = []
        self.go = threading.Event()
        self.at_once = self.most = 0
        self.error: Exception | None = None
        self.deaf = False  # does not hear that it is not wanted

    def __call__(
        self,
        vectors: Array,
        settings: Settings,
        *,
        report: Callable[[str, float], None],
        stopped: Callable[[], bool],
    ) -> Array:
        self.started.append(settings)
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        try:
            report("layout", 0.5)
            while not self.go.wait(0.01):
                if stopped() and not self.deaf:
                    raise Stopped
            if self.error:
                raise self.error
            return np.asarray(vectors[:, : settings.dims])
        finally:
            self.at_once -= 1


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Runs]:
    made = Runs()
    monkeypatch.setattr(projection_worker, "run", made)
    yield made
    made.go.set()


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Sessions whose browser is connected."""
    sessions = {"ann", "bob"}
    monkeypatch.setattr(jobs, "is_connected", lambda session: session in sessions)
    return sessions


def asked(seed: int, count: int = 40) -> Call[Map]:
    """A map that no other test asks for."""
    return call(
        embedding_space.table_map, table="glove", count=count, method="umap", dims=2,
        seed=seed, neighbours=15, min_dist=0.1, perplexity=30.0,
    )  # fmt: skip


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def running(board: Jobs, job: Job) -> bool:
    return board.place(job) == 0 and job.stage == "layout"


def test_the_result_lies_on_the_shelf_for_all(runs: Runs, here: set[str]) -> None:  # noqa: ARG001
    board, wanted = Jobs(), asked(1001)
    assert cache.at_hand(wanted) is None
    job = board.start(wanted, "ann")
    until(lambda: running(board, job))
    assert job.fraction == 0.5
    assert cache.at_hand(wanted) is None, "others see no half result"
    runs.go.set()
    assert job.done.wait(WAIT)
    found = cache.at_hand(wanted)
    assert found is not None
    assert found.value.positions.shape == (40, 2)
    assert job.outcome is found
    assert board.find(wanted.key) is job


def test_one_runs_and_the_others_wait_in_order(runs: Runs, here: set[str]) -> None:  # noqa: ARG001
    board = Jobs()
    made = [board.start(asked(seed), "ann") for seed in (1011, 1012, 1013)]
    until(lambda: running(board, made[0]))
    assert [board.place(job) for job in made] == [0, 1, 2]
    assert len(runs.started) == 1
    runs.go.set()
    assert all(job.done.wait(WAIT) for job in made)
    assert [settings.seed for settings in runs.started] == [1011, 1012, 1013]
    assert runs.most == 1


def test_two_visitors_share_one_and_it_goes_on_while_one_wants_it(runs: Runs, here: set[str]) -> None:  # noqa: ARG001
    board, wanted = Jobs(), asked(1021)
    job = board.start(wanted, "ann")
    assert board.start(asked(1021), "bob") is job
    until(lambda: running(board, job))
    board.leave(wanted.key, "ann")
    assert not job.done.wait(0.2)
    board.leave(wanted.key, "bob")
    assert job.done.wait(WAIT)
    assert (job.outcome, job.error) == (None, None)
    assert board.find(wanted.key) is None, "it can be started anew"
    assert cache.at_hand(wanted) is None
    assert len(runs.started) == 1


def test_one_that_waits_can_be_given_up(runs: Runs, here: set[str]) -> None:  # noqa: ARG001
    board = Jobs()
    first, second = board.start(asked(1031), "ann"), board.start(asked(1032), "bob")
    until(lambda: running(board, first))
    board.leave(second.call.key, "bob")
    assert second.done.wait(WAIT)
    assert not first.done.is_set()
    assert len(runs.started) == 1


def test_it_ends_when_the_visitor_has_gone(
    runs: Runs, here: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "GRACE", 0.3)
    board = Jobs()
    job = board.start(asked(1041), "ann")
    until(lambda: running(board, job))
    assert not job.done.wait(0.5), "the visitor is there"
    here.remove("ann")
    assert job.done.wait(WAIT)
    assert job.outcome is None
    assert len(runs.started) == 1


def test_a_short_break_of_the_connection_does_no_harm(runs: Runs, here: set[str]) -> None:
    board = Jobs()
    job = board.start(asked(1051), "ann")
    until(lambda: running(board, job))
    here.clear()
    assert not job.done.wait(0.3)
    here.add("ann")
    runs.go.set()
    assert job.done.wait(WAIT)
    assert job.outcome is not None


@pytest.mark.parametrize(
    ("raised", "kept"),
    [(TookTooLong(minutes=10), TookTooLong), (WorkerFailed(), WorkerFailed), (OSError(), WorkerFailed)],
)
def test_a_failure_is_kept_until_it_is_tried_again(
    raised: Exception, kept: type[Exception], runs: Runs, here: set[str]  # noqa: ARG001
) -> None:  # fmt: skip
    board, wanted = Jobs(), asked(1061)
    runs.error = raised
    runs.go.set()
    job = board.start(wanted, "ann")
    assert job.done.wait(WAIT)
    assert isinstance(job.error, kept)
    assert board.find(wanted.key) is job
    runs.error, runs.go = None, threading.Event()
    again = board.start(wanted, "ann")
    assert again is not job
    assert board.find(wanted.key) is again
    board.leave(wanted.key, "ann")
    assert again.done.wait(WAIT)


def test_a_long_queue_is_closed(runs: Runs, here: set[str]) -> None:  # noqa: ARG001
    board = Jobs()
    made = [board.start(asked(2000 + n), "ann") for n in range(jobs.QUEUE + 1)]
    with pytest.raises(Busy):
        board.start(asked(2999), "bob")
    assert board.start(asked(2000), "bob") is made[0], "joining one is always possible"
    for job in made:
        board.leave(job.call.key, "ann")
        board.leave(job.call.key, "bob")
    assert all(job.done.wait(WAIT) for job in made)


# --- on a page ------------------------------------------------------------------------------------


@pytest.fixture
def watching(monkeypatch: pytest.MonkeyPatch) -> None:
    """The browser of every visitor is connected, however long it takes."""
    monkeypatch.setattr(jobs, "is_connected", lambda _: True)


def page_with_a_map() -> None:
    """A page that shows one map, on the words and the link of another page."""
    import streamlit as st

    from core.calls import call
    from core.compute.embedding_space import tables as embedding_space
    from pages.kit import frame, jobs, permalink
    from pages.kit.frame import Opened
    from pages.kit.text import words

    page = Opened(words("en", "token_splits"), permalink.link("token_splits"))
    with frame.guard(page.words):
        asked = call(
            embedding_space.table_map, table="glove", count=int(st.session_state["count"]),
            method=str(st.session_state["method"]), dims=2, seed=int(st.session_state["seed"]), neighbours=15,
            min_dist=0.1, perplexity=30.0,
        )  # fmt: skip
        found = jobs.compute(page, asked, key="t_job")
        st.markdown(f"points {len(found.value.words)}" if found else "not yet")


def opened(count: int, seed: int, method: str = "umap") -> AppTest:
    app = AppTest.from_function(page_with_a_map, default_timeout=60)
    app.session_state["count"], app.session_state["seed"], app.session_state["method"] = count, seed, method
    return app.run()


def said(app: AppTest) -> list[str]:
    assert not app.exception
    return [one.value for one in app.markdown]


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def press(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click().run()
    return app


def test_pca_needs_no_job() -> None:
    app = opened(2_000, 0, "pca")
    assert said(app) == ["points 2000"]
    assert labels(app) == []


@pytest.mark.timeout(2 * REAL)
@pytest.mark.usefixtures("watching")
def test_a_small_map_starts_by_itself_and_appears() -> None:
    """With the real process."""
    app = opened(60, 3001)
    assert said(app) == ["not yet"]
    assert labels(app) == ["Stop"]
    job = jobs.JOBS.find(asked(3001, 60).key)
    assert job is not None
    assert job.done.wait(REAL), "waited in vain"
    assert said(app.run()) == ["points 60"]
    assert labels(app) == []
    assert said(opened(60, 3001)) == ["points 60"], "another visitor has it at once"


@pytest.mark.usefixtures("watching")
def test_a_large_map_waits_for_a_button_and_can_be_stopped() -> None:
    """With the real process, which must be gone afterwards."""
    before = {one.pid for one in psutil.Process().children(recursive=True)}
    app = opened(3_000, 3002)
    assert said(app) == ["not yet"]
    assert labels(app) == ["Compute this map"]
    assert "UMAP of 3,000 points" in app.caption[0].value
    press(app, "Compute this map")
    assert labels(app) == ["Stop"]
    until(lambda: len({one.pid for one in psutil.Process().children(recursive=True)} - before) == 1)
    press(app, "Stop")
    assert labels(app) == ["Compute this map"]
    until(lambda: {one.pid for one in psutil.Process().children(recursive=True)} <= before)


def test_a_stopped_small_map_does_not_start_again_by_itself(runs: Runs) -> None:
    app = opened(60, 3003)
    until(lambda: len(runs.started) == 1)
    press(app, "Stop")
    assert labels(app.run()) == ["Compute this map"]
    assert labels(press(app, "Compute this map")) == ["Stop"]
    runs.go.set()
    until(lambda: said(app.run()) == ["points 60"])
    assert len(runs.started) == 2


def test_who_has_stopped_it_does_not_want_it_again_while_it_ends(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "STOPPING", 0.0)
    runs.deaf = True
    app = opened(60, 3007)
    until(lambda: len(runs.started) == 1)
    job = jobs.JOBS.find(asked(3007, 60).key)
    assert job is not None
    press(app, "Stop")
    assert labels(app.run()) == ["Compute this map"]
    assert not job.done.is_set()
    runs.deaf = False
    assert job.done.wait(WAIT)
    assert job.outcome is None


def test_another_map_in_the_same_place_gives_the_former_up(runs: Runs) -> None:
    app = opened(60, 3004)
    former = jobs.JOBS.find(asked(3004, 60).key)
    assert former is not None
    app.session_state["seed"] = 3005
    app.run()
    assert former.done.wait(WAIT)
    assert former.outcome is None
    runs.go.set()
    until(lambda: said(app.run()) == ["points 60"])


def test_a_failure_is_a_sentence_with_a_button(runs: Runs) -> None:
    runs.error = WorkerFailed()
    runs.go.set()
    app = opened(60, 3006)
    until(lambda: labels(app.run()) == ["Try again"])
    assert "ended without a result" in app.warning[0].value
    runs.error = None
    press(app, "Try again")
    until(lambda: said(app.run()) == ["points 60"])
