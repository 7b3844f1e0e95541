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
from core.errors import TookTooLong, WorkerFailed, WorkerKilled
from core.jobs.line import Job
from core.jobs.lines import PROJECTIONS
from core.jobs.permit import Stopped
from pages.kit import cache, jobs, session

WAIT = 60.0  # seconds, on a busy machine; a condition that holds ends it
LINK = 7  # stands for an address
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
        show: Callable[[Array], None],
    ) -> Array:
        self.started.append(settings)
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        try:
            show(vectors[:, : settings.dims] + 7)
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


def job_of(seed: int, count: int = 60) -> Job:
    found = PROJECTIONS.find(asked(seed, count).key)
    assert found is not None
    return found


def test_the_result_lies_on_the_shelf_for_all(runs: Runs) -> None:
    wanted = asked(1001)
    assert cache.at_hand(wanted) is None
    job = jobs.start(wanted, "ann", LINK)
    until(lambda: job.stage == "layout")
    assert (job.fraction, PROJECTIONS.place(job)) == (0.5, 0)
    assert cache.at_hand(wanted) is None, "others see no half result"
    sofar = job.shown
    assert (len(sofar.words), sofar.positions.shape) == (40, (40, 2))
    np.testing.assert_allclose(sofar.positions.mean(axis=0), 0, atol=1e-4)
    assert (sofar.trustworthiness, sofar.real, sofar.neighbours.size) == (-1, -1, 0), "not known yet"
    assert jobs.start(asked(1001), "bob", LINK) is job
    runs.go.set()
    assert job.ended.wait(WAIT)
    found = cache.at_hand(wanted)
    assert found is not None
    assert found.value.positions.shape == (40, 2)
    assert jobs.outcome(job) is found
    assert job.shown is None
    assert PROJECTIONS.find(wanted.key) is job


def test_one_runs_and_no_place_in_line_is_refused(runs: Runs) -> None:
    made = [jobs.start(asked(seed), f"visitor {seed}", LINK) for seed in range(1011, 1031)]
    until(lambda: made[0].stage == "layout")
    assert [PROJECTIONS.place(job) for job in made] == list(range(20))
    assert len(runs.started) == 1
    runs.go.set()
    assert all(job.ended.wait(WAIT) for job in made)
    assert [settings.seed for settings in runs.started] == list(range(1011, 1031))
    assert runs.most == 1


def test_it_ends_when_nobody_wants_it(runs: Runs) -> None:
    wanted = asked(1041)
    job = jobs.start(wanted, "ann", LINK)
    assert jobs.start(wanted, "bob", LINK) is job
    until(lambda: job.stage == "layout")
    PROJECTIONS.leave(job, "ann")
    assert not job.ended.wait(0.2)
    PROJECTIONS.leave(job, "bob")
    assert job.ended.wait(WAIT)
    assert (job.state, jobs.outcome(job), jobs.error(job)) == ("stopped", None, None)
    assert PROJECTIONS.find(wanted.key) is None, "it can be started anew"
    assert cache.at_hand(wanted) is None
    assert len(runs.started) == 1


@pytest.mark.parametrize(
    ("raised", "kept"),
    [(TookTooLong(minutes=10), TookTooLong), (WorkerFailed(), WorkerFailed), (OSError(), WorkerFailed)],
)
def test_a_failure_is_kept_until_it_is_tried_again(
    raised: Exception, kept: type[Exception], runs: Runs
) -> None:
    wanted = asked(1061)
    runs.error = raised
    runs.go.set()
    job = jobs.start(wanted, "ann", LINK)
    assert job.ended.wait(WAIT)
    assert isinstance(jobs.error(job), kept)
    assert PROJECTIONS.find(wanted.key) is job
    runs.error, runs.go = None, threading.Event()
    again = jobs.start(wanted, "ann", LINK)
    assert again is not job
    assert PROJECTIONS.find(wanted.key) is again
    PROJECTIONS.leave(again, "ann")
    assert again.ended.wait(WAIT)


@pytest.mark.timeout(2 * REAL)
def test_cancel_kill_close_and_reload_leave_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the real process: one is given up, one killed, the tab of one is closed, and one is found again."""
    here = {"ann", "bob"}
    monkeypatch.setattr(session, "is_connected", lambda visitor: visitor in here)
    before = processes()

    def begun(seed: int, who: str) -> tuple[Job, psutil.Process]:
        job = jobs.start(asked(seed, 3_000), who, LINK)
        until(lambda: len(processes() - before) == 1)
        return job, psutil.Process(*(processes() - before))

    first, _ = begun(1071, "ann")
    PROJECTIONS.leave(first, "ann")
    until(lambda: processes() <= before)
    assert first.ended.wait(WAIT)
    second, process = begun(1072, "ann")
    process.kill()
    assert second.ended.wait(WAIT)
    assert isinstance(jobs.error(second), WorkerKilled)
    third, _ = begun(1073, "ann")
    waits = jobs.start(asked(1074, 3_000), "bob", LINK)
    here.remove("ann")
    gone = time.monotonic()
    assert third.ended.wait(WAIT)
    assert time.monotonic() - gone < 2.0
    until(lambda: len(processes() - before) == 1)
    here.remove("bob")
    here.add("bob reloaded")
    assert jobs.start(asked(1074, 3_000), "bob reloaded", LINK) is waits
    assert waits.running
    PROJECTIONS.leave(waits, "bob reloaded")
    assert waits.ended.wait(WAIT)
    until(lambda: processes() <= before)


def processes() -> set[int]:
    """All that this process has started."""
    return {one.pid for one in psutil.Process().children(recursive=True)}


# --- on a page ------------------------------------------------------------------------------------


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
def test_a_small_map_starts_by_itself_and_appears() -> None:
    """With the real process."""
    app = opened(60, 3001)
    assert said(app) == ["not yet"]
    assert labels(app) == ["Stop"]
    job = job_of(3001)
    assert job.ended.wait(REAL), "waited in vain"
    assert said(app.run()) == ["points 60"]
    assert labels(app) == []
    assert said(opened(60, 3001)) == ["points 60"], "another visitor has it at once"


def test_a_large_map_waits_for_a_button_and_can_be_stopped() -> None:
    """With the real process, which must be gone afterwards."""
    before = processes()
    app = opened(3_000, 3002)
    assert said(app) == ["not yet"]
    assert labels(app) == ["Compute this map"]
    assert "UMAP of 3,000 points" in app.caption[0].value
    press(app, "Compute this map")
    assert labels(app) == ["Stop"]
    until(lambda: len(processes() - before) == 1)
    press(app, "Stop")
    assert labels(app) == ["Compute this map"]
    until(lambda: processes() <= before)


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
    job = job_of(3007)
    press(app, "Stop")
    assert labels(app.run()) == ["Compute this map"]
    assert not job.ended.is_set()
    runs.deaf = False
    assert job.ended.wait(WAIT)
    assert jobs.outcome(job) is None


def test_another_map_in_the_same_place_gives_the_former_up(runs: Runs) -> None:
    app = opened(60, 3004)
    former = job_of(3004)
    app.session_state["seed"] = 3005
    app.run()
    assert former.ended.wait(WAIT)
    assert jobs.outcome(former) is None
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
