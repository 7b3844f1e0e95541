"""Live trainings in real processes: they start, stop, go on, fork, and leave nothing behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.data.lab_recipe import Recipe, as_strings
from core.errors import BadParameter, TrainingEnded, TrainingNoRoom, TrainingTooLarge
from core.jobs.lines import LAB_BYTES, RUNS
from core.paths import ROOT
from core.training.lab import live, sizes, worker
from core.training.lab.live import Seen, Training
from core.training.lab.run import Run

PATIENCE = 60.0
QUICK = Recipe(
    task="addition", layers=1, width=16, heads=2, context=16, batch=16, steps=150, part=0.1, dropout=0.1
)


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    yield
    for who in ("ann", "bob", "eve"):
        for one in live.of(who):
            live.forget(one)
    assert not live._processes


ALL = bool(os.environ.get("GLASSBOX_ALL_RESULTS"))  # make test-all


def until(condition: Callable[[], Any], what: str = "it") -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"{what} never came"
        time.sleep(0.02)


def start(recipe: Recipe = QUICK, who: str = "ann") -> Training:
    return live.start(recipe, who, lambda: True)


def finished(one: Training) -> Seen:
    until(lambda: one.over, "the end")
    return live.seen(one)


def expected(recipe: Recipe = QUICK) -> list[float]:
    return [record.loss for record in Run(recipe).records()]


def alike(seen: Seen, losses: list[float], first: int = 0) -> None:
    assert seen.step.tolist() == list(range(first + 1, len(losses) + 1))
    assert np.array_equal(seen.loss, np.array(losses[first:], np.float32))


def test_a_training_is_that_of_the_loop_and_shows_its_moments() -> None:
    one = start()
    seen = finished(one)
    assert (seen.stage, seen.ended) == ("ended", "steps")
    alike(seen, expected())
    assert len(seen.frames) >= 20
    assert {len(samples) for samples in seen.samples} == {len(seen.questions)} == {len(seen.answers)}
    attention, embeddings = one.film()
    assert attention.shape[:3] == (len(seen.frames), 1, 2)
    assert embeddings.shape == (len(seen.frames), len(seen.pieces), 16)
    assert np.isfinite(seen.speed).any()
    assert seen.first_point < PATIENCE


@pytest.mark.parametrize("how", ["pause", "kill", "stop"] if ALL else ["kill"])
def test_it_goes_on_where_it_was_with_the_same_curve(how: str) -> None:
    recipe = replace(QUICK, steps=400)
    one = start(recipe)
    until(lambda: len(live.seen(one).step) > 60, "step 60")
    if how == "pause":
        live.pause(one)
    elif how == "stop":
        live.stop(one)
    else:
        process = one._process
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)
    until(lambda: one.over and one.seen().stage != "training", "the pause")
    seen = one.seen()
    assert seen.stage == {"pause": "paused", "kill": "failed", "stop": "stopped"}[how]
    assert len(seen.step) < 400
    if how == "kill":
        with pytest.raises(TrainingEnded):
            live.seen(one)
    live.resume(one)
    alike(finished(one), expected(recipe))


def test_a_fork_with_nothing_changed_is_the_run_itself_and_another_rate_is_another() -> None:
    one = start()
    step = finished(one).frames[10]
    same = live.fork(one, step, "ann", lambda: True)
    alike(finished(same), expected(), step)
    other = live.fork(one, step, "ann", lambda: True, rate=0.03)
    seen = finished(other)
    assert seen.loss[0] == live.seen(one).loss[step], "the first loss is before any update"
    assert not np.array_equal(seen.loss[1:], live.seen(one).loss[step + 1 :])
    with pytest.raises(BadParameter, match="step"):
        live.fork(one, 7777, "ann", lambda: True)
    with pytest.raises(BadParameter, match="width"):
        live.fork(one, step, "ann", lambda: True, width=32)


def test_those_who_come_later_wait_and_are_told_their_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLASSBOX_LIVE_TRAININGS", "1")
    first, second, third = (start(replace(QUICK, steps=5000), who) for who in ("ann", "bob", "eve"))
    until(lambda: live.seen(first).stage == "training")
    assert [live.seen(one).place for one in (first, second, third)] == [0, 1, 2]
    assert live.seen(second).stage == "waiting"
    live.stop(first)
    until(lambda: live.seen(second).place == 0)
    live.stop(third)
    until(lambda: third.over)
    assert third.seen().stage == "stopped"


def test_it_ends_when_its_visitor_has_gone() -> None:
    there = threading.Event()
    there.set()
    one = live.start(replace(QUICK, steps=5000), "ann", there.is_set)
    until(lambda: live.seen(one).stage == "training")
    process = one._process
    assert process is not None
    there.clear()
    until(lambda: process.poll() is not None, "the end of the process")
    live.sweep()
    assert not live.of("ann")
    assert not one.folder.exists()


SERVER = """
import sys, time
from core.data.lab_recipe import Recipe
from core.training.lab import live
one = live.start(Recipe(steps=5000, width=16, heads=2), "ann", lambda: True)
while live.seen(one).stage != "training":
    time.sleep(0.05)
print(one._process.pid, one.folder, flush=True)
time.sleep(600)
"""


def test_nothing_runs_on_when_the_server_dies() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SERVER], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        pid, folder = server.stdout.readline().split(" ", 1)
        os.kill(server.pid, signal.SIGKILL)
    until(lambda: not Path(f"/proc/{pid}/stat").exists() or _dead(pid), "the end of the worker")
    until(lambda: not Path(folder.strip()).exists(), "the end of its folder")
    until(lambda: not Path(folder.strip()).parent.exists(), "the end of the server's folder")


def _dead(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


LARGEST = """
import re, sys, threading
from pathlib import Path
from core.data.lab_recipe import Recipe
from core.models.load.lean import leave_compiler_out
import torch
torch.set_num_threads(1)
leave_compiler_out()
from core.training.lab import frames, sizes
from core.training.lab.run import Run
run = Run(sizes.sized(sizes.SIZES[-1], task=sys.argv[1]))
for _ in range(3):
    run.advance()
frames.look(run)
heavy = [name for name in ("transformers", "sklearn", "scipy", "sympy", "pandas") if name in sys.modules]
peak = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]  # the parent's is not in it
print(int(peak) * 1024, sizes.need(run.recipe), heavy)
"""


@pytest.mark.parametrize("task", ["english", "poems"] if ALL else ["poems"])
def test_the_largest_size_takes_no_more_than_is_said_and_imports_torch_alone(task: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LARGEST, task], cwd=ROOT, env=live._environment(), capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    taken, need, heavy = done.stdout.split(" ", 2)
    assert int(taken) <= int(need) <= LAB_BYTES
    assert heavy.strip() == "[]"


def test_sizes_follow_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    for room, count in ((0, 1), (sizes.need(sizes.sized(sizes.SIZES[1])), 2), (10**10, len(sizes.SIZES))):
        monkeypatch.setattr("core.host.for_worker", lambda room=room: room)
        assert len(sizes.offered()) == count


def test_what_does_not_fit_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TrainingTooLarge):
        start(Recipe(layers=12, width=256, heads=8, context=256, batch=128, accumulation=16, steps=5000))
    monkeypatch.setattr("core.host.for_worker", lambda: 10**6)
    with pytest.raises(TrainingTooLarge):
        start(Recipe(layers=4, width=256, heads=8, context=256, batch=128))
    assert not live.of("ann")


def test_a_full_disk_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(live, "write", full)
    with pytest.raises(TrainingNoRoom):
        start()
    assert RUNS.counts == (0, 0)


def test_what_killed_servers_left_is_cleared_after_a_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with subprocess.Popen(["true"]) as gone:
        pass
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    names = {
        f"{live.PREFIX}{gone.pid}-old": -2,
        f"{live.PREFIX}{gone.pid}-new": 0,
        f"{live.PREFIX}{os.getpid()}-x": -2,
    }
    for name, days in names.items():
        (tmp_path / name).mkdir()
        when = time.time() + days * live.DAY
        os.utime(tmp_path / name, (when, when))
    live._clear_up()
    assert sorted(one.name for one in tmp_path.iterdir()) == sorted(list(names)[1:])


def test_a_visitor_keeps_a_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "EACH", 2)
    recipe = replace(QUICK, steps=2)
    made = [start(recipe) for _ in range(1)]
    finished(made[0])
    made += [start(recipe)]
    finished(made[1])
    made += [start(recipe)]
    assert live.of("ann") == tuple(made[1:])
    assert not made[0].folder.exists()
    assert live.find(made[2].id, "ann") is made[2]
    assert live.find(made[2].id, "bob") is None
    finished(made[2])


def test_a_worker_that_finds_the_disk_full_leaves_its_states_whole(tmp_path: Path) -> None:
    """The whole worker under a limit on the size of files: what was written before can be read."""
    said = {"recipe": as_strings(QUICK), "origin": "", "whole": True}
    (tmp_path / worker.RECIPE).write_text(json.dumps(said))
    command = ["bash", "-c", f'ulimit -f 40; exec "{sys.executable}" -m {live.MODULE} "{tmp_path}"']
    with subprocess.Popen(
        command, cwd=ROOT, env=live._environment(), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        code = process.wait(PATIENCE)
        assert code == worker.NO_ROOM, process.stderr and process.stderr.read()
    whole = sorted(one.name for one in tmp_path.iterdir())
    assert not [name for name in whole if name.endswith(".part")]
    states = [name for name in whole if name.endswith(".pt")]
    assert states == [worker.state_of(0)]
    run = Run(QUICK)
    run.load(tmp_path / states[0])
    assert run.done == 0
