"""The runner of long work: turns on one's own thread, jobs in the background, and what one who waits is told.

Threads are real, visitors are names. Where a test moves the clock, no slow machine loses a visitor by itself.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from core.errors import TextEmpty, TookTooLong
from core.jobs import line as module
from core.jobs import opening
from core.jobs.asker import Asker, asking, asking_for
from core.jobs.line import AWAY_S, LIVE, TURNS, Job, Line
from core.jobs.opening import LONGEST_S, MOST, Openings, link_of
from core.jobs.permit import Stopped, permit
from core.jobs.remembered import Remembered
from core.jobs.shelf import Shelf

PATIENCE = 60.0  # seconds, for a busy machine; nothing is measured by it
ENDLESS = 10**6  # steps


class Clock:
    """The line's time: it stands still until a test moves it."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    standing = Clock()
    monkeypatch.setattr(module, "time", standing)
    return standing


def until(met: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not met():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.002)


class Gone(BaseException):
    """What a visitor's look raises when the browser has gone."""


class Visitor(threading.Thread):
    """One who asks for some turns, notes what it is told, and computes until it is let go."""

    def __init__(self, line: Line, who: str, done: list[str], turns: int = 1, key: object = None) -> None:
        super().__init__(daemon=True)
        self.line, self.who, self.done, self.turns, self.key = line, who, done, turns, key
        self.go = threading.Event()
        self.inside = threading.Event()
        self.leaves = False
        self.told: list[tuple[int, float]] = []
        self.raised: BaseException | None = None
        self.start()

    def look(self, place: int, seconds: float) -> None:
        self.told.append((place, seconds))
        if self.leaves:
            raise Gone

    def run(self) -> None:
        try:
            with asking(Asker(self.who, self.key, self.look)):
                for _ in range(self.turns):
                    with self.line.turn():
                        self.inside.set()
                        assert self.go.wait(PATIENCE)
                        self.done.append(self.who)
        except (Gone, Stopped) as error:
            self.raised = error

    @property
    def place(self) -> int:
        return self.told[-1][0] if self.told else -1


@contextmanager
def held(line: Line) -> Iterator[None]:
    """Somebody computes."""
    with line.turn():
        yield


def waits(line: Line, count: int) -> None:
    until(lambda: line.counts[1] == count)


# --- turns on one's own thread --------------------------------------------------------------------


def test_turns_come_in_order_one_at_a_time_and_nobody_is_refused() -> None:
    line, done = Line("t"), list[str]()
    visitors: list[Visitor] = []
    with held(line):
        for number in range(100):
            visitors.append(Visitor(line, f"v{number}", done))
            waits(line, number + 1)
        assert line.counts == (1, 100)
        until(lambda: [one.place for one in visitors] == list(range(1, 101)))
    for one in visitors:
        assert one.inside.wait(PATIENCE)
        assert line.counts[0] == 1
        assert sum(other.inside.is_set() for other in visitors) == len(done) + 1
        one.go.set()
        one.join(PATIENCE)
    assert done == [f"v{number}" for number in range(100)]
    assert line.counts == (0, 0)
    assert all(one.place == 0 for one in visitors), "each was told that its turn has come"


def test_two_places_run_two() -> None:
    line, done = Line("t", lambda: 2), list[str]()
    visitors = [Visitor(line, who, done) for who in "abc"]
    until(lambda: sum(one.inside.is_set() for one in visitors) == 2)
    assert line.counts == (2, 1)
    for one in visitors:
        one.go.set()
    until(lambda: sorted(done) == list("abc"))


def test_an_idle_line_lets_in_at_once() -> None:
    """Less than a millisecond, the fastest of many: what a quick result may cost more."""
    line, spent = Line("t"), []
    with asking(Asker("ann", "key", lambda *_: None)):
        for _ in range(200):
            start = time.perf_counter()
            with line.turn():
                spent.append(time.perf_counter() - start)
    assert sorted(spent)[len(spent) // 2] < 0.001
    assert threading.active_count() < 50, "no thread was started for it"


def test_a_turn_may_be_taken_again_inside_and_an_error_gives_it_back() -> None:
    line = Line("t")
    with suppress(ZeroDivisionError), line.turn(), line.turn():
        raise ZeroDivisionError
    assert line.counts == (0, 0)


@pytest.mark.parametrize("first", [True, False])
def test_who_has_gone_leaves_the_line_at_once(first: bool) -> None:
    line, done = Line("t"), list[str]()
    with held(line):
        visitors = []
        for who in "ab":
            visitors.append(Visitor(line, who, done))
            waits(line, len(visitors))
        gone, stays = visitors if first else visitors[::-1]
        began = time.monotonic()
        gone.leaves = True
        waits(line, 1)
        assert time.monotonic() - began < 2.0
        until(lambda: stays.place == 1)
    stays.go.set()
    stays.join(PATIENCE)
    assert done == [stays.who]
    gone.join(PATIENCE)
    assert isinstance(gone.raised, Gone)


def test_two_hundred_who_left_keep_no_place() -> None:
    line, done = Line("t"), list[str]()
    with held(line):
        visitors = [Visitor(line, f"v{number}", done) for number in range(200)]
        waits(line, 200)
        for one in visitors:
            one.leaves = True
        waits(line, 0)
        late = Visitor(line, "late", done)
        until(lambda: late.place == 1)
    late.go.set()
    late.join(PATIENCE)
    assert done == ["late"]


def test_a_visitor_who_asks_anew_replaces_what_waits_and_keeps_the_place() -> None:
    line, done = Line("t"), list[str]()
    with held(line):
        old = Visitor(line, "ann", done)
        waits(line, 1)
        other = Visitor(line, "bob", done)
        waits(line, 2)
        new = Visitor(line, "ann", done)
        old.join(PATIENCE)
        assert isinstance(old.raised, Stopped)
        until(lambda: (new.place, other.place) == (1, 2))
    for one in (new, other):
        one.go.set()
        one.join(PATIENCE)
    assert done == ["ann", "bob"]


@pytest.mark.parametrize(("away", "place"), [(AWAY_S - 0.1, 1), (AWAY_S + 0.1, 2)])
def test_a_reload_keeps_the_place_for_a_moment(clock: Clock, away: float, place: int) -> None:
    """Another session asks for the result that the one which has gone had waited for."""
    line, done = Line("t"), list[str]()
    with held(line):
        before = Visitor(line, "ann", done, key="result")
        waits(line, 1)
        clock.now += 0.1
        other = Visitor(line, "bob", done, key="another")
        waits(line, 2)
        before.leaves = True
        before.join(PATIENCE)
        clock.now += away
        after = Visitor(line, "ann reloaded", done, key="result")
        until(lambda: after.place == place)
    for one in (after, other):
        one.go.set()
    for one in (after, other):
        one.join(PATIENCE)


def test_a_visitor_waits_once_for_a_picture_of_several_passes(clock: Clock) -> None:
    """Further turns come before those of later visitors, but only so many: then the others have theirs."""
    line, done = Line("t"), list[str]()
    first = Visitor(line, "first", done, turns=TURNS + 2)
    assert first.inside.wait(PATIENCE)
    clock.now += 0.1
    second = Visitor(line, "second", done)
    waits(line, 1)
    second.go.set()
    first.go.set()
    for one in (first, second):
        one.join(PATIENCE)
    assert sorted(done) == ["first"] * (TURNS + 2) + ["second"]
    assert done.index("second") <= TURNS


def test_the_seconds_are_those_of_the_last_visits(clock: Clock) -> None:
    """Three seconds a visit: the second in line waits six, less what the one at work has spent."""
    line, done = Line("t"), list[str]()
    for who in "ab":
        with asking(Asker(who)), line.turn():
            clock.now += 3
        clock.now += AWAY_S + 1
    working = Visitor(line, "c", done)
    assert working.inside.wait(PATIENCE)
    visitors = []
    for who in "de":
        visitors.append(Visitor(line, who, done))
        waits(line, len(visitors))
    until(lambda: [one.told[-1:] for one in visitors] == [[(1, 3.0)], [(2, 6.0)]])
    clock.now += 1
    until(lambda: [one.told[-1:] for one in visitors] == [[(1, 2.0)], [(2, 5.0)]])
    for one in (working, *visitors):
        one.go.set()


def test_the_first_ones_are_foretold_by_how_far_they_have_come(clock: Clock) -> None:
    """A quarter is done after five seconds: fifteen are left, and the one after waits twenty more."""
    board = Board()
    first = board.start("1", "ann", 4)
    until(lambda: running(first))
    second, third = board.start("2", "bob"), board.start("3", "eve")
    assert board.line.seconds(second) == 0
    first.report("layout", 0.25)
    clock.now += 5
    assert (board.line.seconds(second), board.line.seconds(third)) == (15, 35)
    board.go.set()


def test_nothing_is_said_of_seconds_before_anything_is_known() -> None:
    line, done = Line("t"), list[str]()
    with held(line):
        one = Visitor(line, "ann", done)
        until(lambda: one.told[-1:] == [(1, 0.0)])
    one.go.set()


def test_steps_of_others_take_turns_with_those_who_wait() -> None:
    """Two jobs of many steps beside three visitors: a step, a visitor, a step …"""
    line, done, steps = Line("t"), list[str](), []

    def step(name: str) -> None:
        with asking(Asker(step=True)), line.turn():
            done.append(name)

    with held(line):
        visitors = []
        for who in "abc":
            visitors.append(Visitor(line, who, done))
            visitors[-1].go.set()
            waits(line, len(visitors))
        for name in ("s1", "s2", "s3", "s4"):
            steps.append(threading.Thread(target=step, args=(name,)))
            steps[-1].start()
            until(lambda: len(line._steps) == len(steps))
    for one in (*visitors, *steps):
        one.join(PATIENCE)
    assert done == ["s1", "a", "s2", "b", "s3", "c", "s4"]


# --- jobs in the background -----------------------------------------------------------------------


class Steps:
    """Work of so many steps that notes when it runs, and can be held up."""

    def __init__(self, name: str, count: int, ran: list[str], go: threading.Event) -> None:
        self.name, self.count, self.ran, self.go = name, count, ran, go
        self.error: Exception | None = None
        self.open = False

    def steps(self) -> Iterator[None]:
        given = permit()
        assert given is not None
        self.open = True
        try:
            for at in range(self.count):
                while not self.go.wait(0.01):
                    if given.stopped():
                        raise Stopped
                if self.error:
                    raise self.error
                given.report("layout", at / self.count)
                self.ran.append(self.name)
                if at < self.count - 1:
                    yield
        finally:
            self.open = False


class Board:
    """A line, its works by name, and who is connected."""

    def __init__(self, **values: object) -> None:
        self.ran: list[str] = []
        self.go = threading.Event()
        self.here = {"ann", "bob", "eve"}
        self.works: dict[str, Steps] = {}
        self.made: list[Steps] = []
        together = values.pop("together", 1)
        self.line = Line("t", lambda: int(str(together)), **values)  # type: ignore[arg-type]

    def start(self, name: str, who: str = "ann", count: int = 1) -> Job:
        def make() -> Steps:
            self.works[name] = Steps(name, count, self.ran, self.go)
            self.made.append(self.works[name])
            return self.works[name]

        return self.line.start(name, make, who, lambda: who in self.here)

    def over(self) -> bool:
        """Nothing runs, nothing waits, nothing is held open."""
        return self.line.counts == (0, 0) and not any(one.open for one in self.made)


@pytest.fixture
def board() -> Iterator[Board]:
    made = Board()
    yield made
    made.go.set()
    made.here.clear()


def running(job: Job) -> bool:
    return job.state == "running"


def test_jobs_run_one_after_the_other_and_tell_how_far_they_are(board: Board) -> None:
    made = [board.start(name, who, 2) for name, who in (("1", "ann"), ("2", "bob"), ("3", "eve"))]
    until(lambda: running(made[0]))
    assert [board.line.place(job) for job in made] == [0, 1, 2]
    board.go.set()
    assert all(job.ended.wait(PATIENCE) for job in made)
    assert [job.state for job in made] == ["done"] * 3
    assert board.ran == ["1", "1", "2", "2", "3", "3"]
    assert (made[0].stage, made[0].fraction) == ("layout", 0.5)


def test_those_who_ask_the_same_share_one_until_the_last_has_left(board: Board) -> None:
    job = board.start("same", "ann", ENDLESS)
    assert board.start("same", "bob") is job
    assert (job.watchers, len(board.works)) == (2, 1)
    board.go.set()
    until(lambda: len(board.ran) > 3)
    board.line.leave(job, "ann")
    seen = len(board.ran)
    until(lambda: len(board.ran) > seen + 3)
    board.line.leave(job, "bob")
    assert job.ended.wait(PATIENCE)
    assert job.state == "stopped"
    assert board.over()


def test_one_visitor_has_one_place(board: Board) -> None:
    working = board.start("working", "eve")
    until(lambda: running(working))
    old, other = board.start("old", "ann"), board.start("other", "bob")
    new = board.start("new", "ann")
    assert (old.state, board.line.place(new), board.line.place(other)) == ("stopped", 1, 2)
    shared = board.start("other", "ann")
    assert shared is other
    assert new.state == "stopped"
    board.go.set()
    assert other.ended.wait(PATIENCE)
    assert board.ran == ["working", "other"]


def test_who_waits_and_leaves_makes_room(board: Board) -> None:
    first, second = board.start("1", "ann"), board.start("2", "bob")
    until(lambda: running(first))
    board.line.leave(second, "bob")
    assert second.state == "stopped"
    assert board.line.find("2") is None
    assert running(first)


@pytest.mark.parametrize("others", [True, False])
def test_a_closed_tab_frees_its_place(clock: Clock, others: bool) -> None:
    """Whether somebody waits for it or not."""
    board = Board()
    job = board.start("1", "ann")
    until(lambda: running(job))
    after = board.start("2", "bob") if others else None
    board.here.remove("ann")
    clock.now += AWAY_S - 0.1
    assert not job.ended.wait(0.1)
    clock.now += 0.2
    assert job.ended.wait(PATIENCE)
    assert job.state == "stopped"
    if after:
        until(lambda: running(after))
    board.go.set()


def test_a_short_break_of_the_connection_does_no_harm(board: Board, clock: Clock) -> None:
    job = board.start("1", "ann")
    until(lambda: running(job))
    for _ in range(4):
        board.here.remove("ann")
        clock.now += 1.0
        assert not job.ended.wait(0.05)
        board.here.add("ann")
        assert not job.ended.wait(0.05)
    board.go.set()
    assert job.ended.wait(PATIENCE)
    assert job.state == "done"


def test_without_a_sign_of_life_a_visitor_is_away(clock: Clock) -> None:
    board = Board(lapse=3.5, together=2)
    board.go.set()
    slow, kept = board.start("slow", "ann", ENDLESS), board.start("kept", "bob", ENDLESS)

    def runs_on() -> None:
        count = len(board.ran)
        until(lambda: len(board.ran) > count + 8)

    clock.now += 3.0
    assert board.line.beat(kept, "bob")
    runs_on()
    assert running(slow)
    clock.now += 2.0
    assert slow.ended.wait(PATIENCE)
    runs_on()
    assert running(kept)
    assert not board.line.beat(slow, "ann")
    board.line.leave(kept, "bob")
    assert kept.ended.wait(PATIENCE)


def test_jobs_that_take_turns_do_one_step_each() -> None:
    board = Board(together=3)
    made = [board.start(f"{number}", f"{number}", 4) for number in range(5)]
    board.here |= {f"{number}" for number in range(5)}
    board.go.set()
    assert all(job.ended.wait(PATIENCE) for job in made)
    first = board.ran[:12]
    assert [first[at : at + 3] for at in range(0, 12, 3)] == [["0", "1", "2"]] * 4
    assert sorted(board.ran[12:]) == ["3"] * 4 + ["4"] * 4


@pytest.mark.parametrize(("raised", "kept"), [(TextEmpty(), TextEmpty), (OSError("disk"), type(None))])
def test_a_failure_is_kept_until_it_is_tried_again_and_others_go_on(
    raised: Exception, kept: type, caplog: pytest.LogCaptureFixture
) -> None:
    board = Board(kept=4)
    job, after = board.start("bad", "ann"), board.start("good", "bob")
    board.works["bad"].error = raised
    board.go.set()
    assert job.ended.wait(PATIENCE)
    assert after.ended.wait(PATIENCE)
    assert (job.state, after.state) == ("failed", "done")
    assert type(job.error) is kept
    assert ("failed" in caplog.text) is (kept is type(None))
    assert board.line.find("bad") is job
    again = board.start("bad", "ann")
    assert again is not job
    assert again.ended.wait(PATIENCE)
    assert again.state == "done"
    assert board.line.find("bad") is again


def test_what_takes_too_long_is_stopped_and_said(clock: Clock) -> None:
    board = Board(limit=600.0)
    job = board.start("1", "ann")
    until(lambda: running(job))
    clock.now += 599
    assert not job.ended.wait(0.1)
    clock.now += 2
    assert job.ended.wait(PATIENCE)
    assert isinstance(job.error, TookTooLong)
    assert job.error.values == {"minutes": 10}


def test_only_so_many_that_are_over_are_remembered() -> None:
    board = Board(kept=2)
    board.go.set()
    for name in "abcd":
        assert board.start(name).ended.wait(PATIENCE)
    assert [name for name in "abcd" if board.line.find(name)] == ["c", "d"]


def test_what_cannot_be_made_takes_no_place(board: Board) -> None:
    def make() -> Steps:
        raise TextEmpty

    with pytest.raises(TextEmpty):
        board.line.start("bad", make, "ann")
    assert board.line.counts == (0, 0)


def test_the_thread_ends_when_there_is_nothing_to_do_and_comes_back(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "IDLE_S", 0.05)
    board.go.set()
    before = set(threading.enumerate())
    assert board.start("1").ended.wait(PATIENCE)
    for worker in set(threading.enumerate()) - before:
        worker.join(PATIENCE)
        assert not worker.is_alive()
    assert board.start("2").ended.wait(PATIENCE)


@pytest.mark.parametrize("seed", range(20))
def test_cancel_reload_kill_and_close_leave_nothing(seed: int, clock: Clock) -> None:
    """Twenty crowds that start, leave, come back, fail and close at random: at the end nothing runs or waits."""
    dice, board = random.Random(seed), Board(together=2)
    names = [f"v{number}" for number in range(6)]
    board.here = set(names)
    jobs: list[Job] = []
    for _ in range(60):
        who, name = dice.choice(names), f"job {dice.randrange(8)}"
        what = dice.randrange(5)
        if what < 2:
            jobs.append(board.start(name, who, dice.choice((1, 3, ENDLESS))))
        elif what == 2 and jobs:
            board.line.leave(dice.choice(jobs), who)
        elif what == 3:
            board.here.symmetric_difference_update({who})
        elif board.works:
            dice.choice(list(board.works.values())).error = OSError("killed")
        if dice.random() < 0.2:
            board.go.set()
    board.go.set()
    board.here.clear()
    clock.now += AWAY_S + 0.1
    until(board.over)
    assert all(job.state not in LIVE for job in jobs)
    assert all(job.ended.is_set() for job in jobs)


# --- a reload -------------------------------------------------------------------------------------


def test_a_link_is_being_opened_until_its_session_has_begun(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "time", clock)
    some, link, other = Openings(), link_of("page", {"a": "1", "b": "2"}), link_of("page", {"a": "1"})
    assert link == link_of("page", {"b": "2", "a": "1", "lang": "zh"})
    some.ask(link)
    some.ask(link)
    assert (some.under_way(link), some.under_way(other)) == (True, False)
    some.arrive(other)
    some.arrive(link)
    assert some.under_way(link), "two tabs open it"
    some.arrive(link)
    assert not some.under_way(link)
    some.ask(link)
    clock.now += LONGEST_S + 0.1
    assert not some.under_way(link), "nobody came"


def test_only_so_many_links_are_remembered_the_last_ones() -> None:
    some = Openings()
    for number in range(MOST + 1):
        some.ask(link_of("page", {"number": str(number)}))
    first, second = (some.under_way(link_of("page", {"number": number})) for number in "01")
    assert (first, second) == (False, True)


def test_a_job_goes_on_while_its_link_is_opened_again(
    board: Board, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "time", clock)
    some, link = Openings(), link_of("page", {})
    job = board.line.start(
        "1", lambda: Steps("1", ENDLESS, board.ran, board.go), "ann", lambda: some.under_way(link)
    )
    board.go.set()
    some.ask(link)
    for _ in range(5):
        clock.now += AWAY_S
        assert not job.ended.wait(0.05)
    some.arrive(link)
    board.line.watch(job, "ann again")
    board.line.leave(job, "ann again")
    clock.now += AWAY_S + 0.1
    assert job.ended.wait(PATIENCE)
    assert job.state == "stopped"


# --- results that several ask for -----------------------------------------------------------------


def test_who_waits_for_another_s_result_sees_the_other_s_place() -> None:
    line, shelf, made = Line("t"), Shelf(1), []
    told: dict[str, list[int]] = {"ann": [], "bob": []}

    def make() -> str:
        with line.turn():
            made.append(1)
        return "made"

    def ask(who: str, found: list[str]) -> None:
        with asking(Asker(who, look=lambda place, _: told[who].append(place))), asking_for("key"):
            found.append(shelf.get("key", make))

    found: list[str] = []
    with held(line):
        threads = [threading.Thread(target=ask, args=(who, found)) for who in told]
        for thread in threads:
            thread.start()
        until(lambda: all(1 in places for places in told.values()))
    for thread in threads:
        thread.join(PATIENCE)
    assert (found, made) == (["made", "made"], [1])


def test_who_waits_for_another_who_leaves_takes_the_place() -> None:
    line, shelf, done = Line("t"), Shelf(1), list[str]()
    leaves = threading.Event()

    def make() -> str:
        with line.turn():
            return "made"

    def look(place: int, seconds: float) -> None:
        del place, seconds
        if leaves.is_set():
            raise Gone

    def first() -> None:
        with suppress(Gone), asking(Asker("ann", look=look)), asking_for("key"):
            shelf.get("key", make)

    places: list[int] = []

    def second() -> None:
        with asking(Asker("bob", look=lambda place, _: places.append(place))), asking_for("key"):
            done.append(shelf.get("key", make))

    with held(line):
        one = threading.Thread(target=first)
        one.start()
        waits(line, 1)
        other = Visitor(line, "eve", [])
        waits(line, 2)
        two = threading.Thread(target=second)
        two.start()
        until(lambda: 1 in places)
        leaves.set()
        one.join(PATIENCE)
        places.clear()
        until(lambda: bool(places))
        assert set(places) == {1}, "before the one who came later"
    two.join(PATIENCE)
    other.go.set()
    assert done == ["made"]


# --- what is remembered ---------------------------------------------------------------------------


def test_a_training_is_made_once_for_all_who_wait_and_each_sees_its_own_place() -> None:
    line, made = Line("t"), list[int]()
    some: Remembered[list[int]] = Remembered(line, 2)
    told: dict[str, list[int]] = {"ann": [], "bob": []}
    found: list[list[int]] = []

    def make() -> list[int]:
        made.append(1)
        return [len(made)]

    def ask(who: str) -> None:
        with asking(Asker(who, look=lambda place, _: told[who].append(place))):
            found.append(some.get("key", make))

    with held(line):
        threads = [threading.Thread(target=ask, args=(who,)) for who in told]
        for thread in threads:
            thread.start()
        until(lambda: {max(places, default=0) for places in told.values()} == {1, 2})
    for thread in threads:
        thread.join(PATIENCE)
    assert found[0] is found[1]
    assert (len(made), line.counts) == (1, (0, 0))
    other = threading.Thread(target=lambda: found.append(some.get("key", make)))
    with held(line):  # what is known needs no turn
        other.start()
        other.join(PATIENCE)
    assert len(found) == 3


def test_a_training_that_is_broken_off_gives_its_place_back_and_nothing_is_kept() -> None:
    line = Line("t")
    some: Remembered[str] = Remembered(line, 2)

    def leaves() -> str:
        raise Gone

    with suppress(Gone):
        some.get("key", leaves)
    assert line.counts == (0, 0)
    assert some.get("key", lambda: "made") == "made"
    for name in "ab":
        some.get(name, lambda: "other")
    assert some.get("key", lambda: "made anew") == "made anew", "two are kept"
