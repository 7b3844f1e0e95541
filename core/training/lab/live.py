"""Live trainings: started, watched, paused, resumed, stopped, forked; each in a process of its own behind one line.

A training that is paused has written its state and ended its process; going on takes its place in the line anew. What
a visitor has trained is kept while the visitor is there, the oldest first out.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import logging
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from core import host
from core.arrays import Array, read_only
from core.data.lab_recipe import GROWN, Recipe, as_strings, differing
from core.errors import BadParameter, TrainingEnded, TrainingNoRoom, TrainingTooLarge
from core.jobs.line import Job
from core.jobs.lines import RUNS
from core.models.load.residency import lend
from core.paths import ROOT
from core.training.lab import sizes, tasks
from core.training.lab.run import write
from core.training.lab.worker import FULL, NO_ROOM, RECIPE, STATE, frame_of, state_of

MODULE = "core.training.lab.worker"
POLL = 0.05
"""Longest step of the line's thread, in seconds."""
GRACE = 10.0
"""Seconds that a process has to write its state and end when a pause was asked for."""
TURN_S = 240.0
"""Seconds after which a training pauses by itself where others wait."""
EACH, TOGETHER = 6, 24
"""Trainings that are kept: of a visitor, and in all."""
PREFIX, DAY = "glassbox-lab-", 86_400
LOG = logging.getLogger("glassbox.lab")

Stage = Literal[
    "waiting", "starting", "importing", "first", "training", "paused", "ended", "stopped", "failed"
]


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A training as far as it has come."""

    recipe: Recipe
    stage: Stage
    place: int  # in the line; 0: it is running or over
    seconds: float  # about how long it still waits
    ended: str  # "steps", "patience", "diverged"; "" while it is not over
    groups: tuple[str, ...]  # what norms and ratios are of
    step: Array  # [record]
    loss: Array  # [record] nats per token
    held_out: Array  # [record] nats per token; nan where it was not measured
    norm: Array  # [record]
    norms: Array  # [record, group]
    ratio: Array  # [record]
    ratios: Array  # [record, group]
    rate: Array  # [record]
    speed: Array  # [record] tokens per second of processor time
    frames: tuple[int, ...]  # steps of the moments that are there
    samples: tuple[tuple[str, ...], ...]  # [frame][question]
    accuracy: Array  # [frame] nan where there is none
    honest: Array  # [frame] held-out loss without a fault
    right: Array  # [frame] 0 … 1
    sure: Array  # [frame] 0 … 1
    questions: tuple[str, ...]
    answers: tuple[str, ...]
    text: tuple[str, ...]  # tokens of the text whose attention is kept
    pieces: tuple[str, ...]  # of the vocabulary
    first_point: float  # seconds from the end of importing to the first step; nan before


class Training:
    """One live training. Made by ``start`` and ``fork`` only."""

    def __init__(self, recipe: Recipe, who: Hashable, there: Callable[[], bool], folder: Path) -> None:
        self.id = secrets.token_hex(8)
        self.recipe, self.who, self.there, self.folder = recipe, who, there, folder
        self.job: Job | None = None
        self._stage: Stage = "waiting"
        self._lock = threading.Lock()
        self._told: dict[str, Any] = {"groups": [], "questions": [], "answers": [], "text": [], "pieces": []}
        self._records: list[list[Any]] = []
        self._frames: dict[int, dict[str, Any]] = {}
        self._process: subprocess.Popen[str] | None = None
        self._pausing, self._imported, self._first = 0.0, 0.0, float("nan")

    @property
    def key(self) -> Hashable:
        """Its job's, in the line."""
        return "lab", self.id

    @property
    def over(self) -> bool:
        """Whether its process has ended."""
        return self.job is None or not self.job.live

    # --- the job ----------------------------------------------------------------------------------

    def steps(self) -> Iterator[None]:
        """Start the process and look at it until it ends. Errors: TrainingNoRoom, TrainingEnded."""
        self._stage, self._pausing, began = "starting", 0.0, time.monotonic()
        with lend(host.lacking(sizes.need(self.recipe))), self._started() as process:
            reader = threading.Thread(target=self._listen, args=(process.stdout,), daemon=True)
            reader.start()
            while process.poll() is None:
                self._urge(process, began)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(POLL)
                yield
            reader.join(1)
        self._finish(process.returncode)

    def release(self) -> None:
        """The job is over, however: what was neither paused nor ended was stopped."""
        if self._stage not in ("paused", "ended", "failed"):
            self._stage = "stopped"

    @contextlib.contextmanager
    def _started(self) -> Iterator[subprocess.Popen[str]]:
        """The process; killed, if it still runs, on the way out."""
        try:
            with (self.folder / "errors.txt").open("w") as errors:
                process = subprocess.Popen(  # noqa: S603 — our own module
                    [sys.executable, "-m", MODULE, str(self.folder)], cwd=ROOT, env=_environment(), text=True,
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
                )  # fmt: skip
        except OSError as error:
            raise TrainingNoRoom from error
        self._process = process
        _processes.add(process)
        try:
            yield process
        finally:
            process.kill()
            process.wait()
            _processes.discard(process)
            self._process = None
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()

    def _urge(self, process: subprocess.Popen[str], began: float) -> None:
        """Pause what others wait for too long; kill what was to pause and does not: its last written state is there."""
        if time.monotonic() - began > TURN_S and RUNS.counts[1]:
            self.ask_pause()
        if self._pausing and time.monotonic() - self._pausing > GRACE:
            process.kill()

    def _finish(self, code: int) -> None:
        if code == 0 or (self._pausing and (self.folder / STATE).exists()):
            with self._lock:
                self._stage = "ended" if self._told.get("ended") else "paused"
            return
        self._stage = "failed"
        with contextlib.suppress(OSError):
            errors = (self.folder / "errors.txt").read_text("utf-8", "replace")
            LOG.error("a training ended with %s: %s", code, errors[-2000:])
        raise TrainingNoRoom if code == NO_ROOM else TrainingEnded

    def _listen(self, lines: Any) -> None:
        with contextlib.suppress(ValueError, OSError):  # the pipe was closed under our hands
            for line in lines:
                with contextlib.suppress(json.JSONDecodeError):
                    self._take(json.loads(line))

    def _take(self, said: dict[str, Any]) -> None:
        with self._lock:
            if "record" in said:
                if self._stage != "training":
                    self._first = time.monotonic() - self._imported
                    self._stage = "training"
                self._records.append(said["record"])
            elif "frame" in said:
                self._frames[said["frame"]] = said
            elif "stage" in said:
                self._stage = said["stage"]
                self._imported = time.monotonic()
            else:
                self._told |= said
                self._forget_after(said.get("done"))

    def _forget_after(self, done: int | None) -> None:
        """Steps beyond the state that the run goes on from are done again."""
        if done is not None:
            self._records = [one for one in self._records if one[0] <= done]
            self._frames = {step: one for step, one in self._frames.items() if step <= done}

    # --- what is asked of it ----------------------------------------------------------------------

    def ask_pause(self) -> None:
        """Have it write its state and end."""
        process = self._process
        if process is not None and process.stdin is not None and not self._pausing:
            self._pausing = time.monotonic()
            with contextlib.suppress(OSError, ValueError):
                process.stdin.write("pause\n")
                process.stdin.flush()

    def seen(self) -> Seen:
        """As far as it has come."""
        job = self.job
        place, wait = (RUNS.place(job), RUNS.seconds(job)) if job is not None and job.live else (0, 0.0)
        with self._lock:
            records, told = list(self._records), dict(self._told)
            moments = [self._frames[step] for step in sorted(self._frames)]
            stage: Stage = "waiting" if place else self._stage
        columns: dict[str, Any] = {**curves(records, len(told["groups"])), **_moments(moments)}
        columns |= {name: tuple(told[name]) for name in ("groups", "questions", "answers", "text", "pieces")}
        ended = str(told.get("ended", "")) if stage == "ended" else ""
        return Seen(self.recipe, stage, place, wait, ended, first_point=self._first, **columns)

    def film(self) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float16]]:
        """Attention [frame, layer, head, query, key] (255 is 1) and embeddings [frame, piece, width] so far."""
        with self._lock:
            steps = sorted(self._frames)
        attention, embeddings = [], []
        for step in steps:
            with np.load(self.folder / frame_of(step), allow_pickle=False) as file:
                attention.append(file["attention"])
                embeddings.append(file["embeddings"])
        if not steps:
            return read_only(np.empty((0, 0, 0, 0, 0), np.uint8)), read_only(np.empty((0, 0, 0), np.float16))
        return read_only(np.stack(attention)), read_only(np.stack(embeddings))


def curves(records: list[Any], groups: int) -> dict[str, Array]:
    """Records, as they are written, as columns: ``step``, ``loss`` …, ``speed``."""
    count = len(records)
    columns = list(zip(*records, strict=True)) if records else [()] * 10
    step, loss, held_out, norm, norms, ratio, ratios, rate, tokens, seconds = columns
    plain = {"step": step, "loss": loss, "norm": norm, "ratio": ratio, "rate": rate,
             "held_out": [np.nan if one is None else one for one in held_out]}  # fmt: skip
    spent = np.diff(np.array(seconds, float), prepend=0.0)
    speed = np.divide(np.array(tokens, float), spent, out=np.full(count, np.nan), where=spent > 0)
    found = {name: np.array(values, np.float32) for name, values in plain.items()}
    found |= {"speed": speed.astype(np.float32)}
    found |= {
        name: np.array(values, np.float32).reshape(count, groups)
        for name, values in (("norms", norms), ("ratios", ratios))
    }
    return {name: read_only(array) for name, array in found.items()}


def _moments(found: list[dict[str, Any]]) -> dict[str, Any]:
    numbers = {"accuracy": "accuracy", "honest": "held_out", "right": "right", "sure": "sure"}
    return {
        "frames": tuple(int(one["frame"]) for one in found),
        "samples": tuple(tuple(one["samples"]) for one in found),
        **{
            name: read_only(np.array([one[key] for one in found], np.float32))
            for name, key in numbers.items()
        },
    }


# --- what a page calls ----------------------------------------------------------------------------

_kept: dict[str, Training] = {}
_guard = threading.RLock()
_processes: set[subprocess.Popen[str]] = set()
_root: list[Path] = []


def check(recipe: Recipe) -> None:
    """Say at once what cannot be trained here.

    Errors: TrainingTooLarge; of an own text TextEmpty, TextTooShort, BinaryText.
    """
    need, room = sizes.need(recipe), host.for_worker()
    if need > max(room, sizes.need(sizes.sized(sizes.SIZES[0]))):
        raise TrainingTooLarge(need_mb=-(-need // 10**6), limit_mb=room // 10**6)
    if sizes.work(recipe) > sizes.MOST_WORK:
        raise TrainingTooLarge(need_mb=0, limit_mb=0)
    if recipe.task == "own":
        tasks.make(recipe)


def start(recipe: Recipe, who: Hashable, there: Callable[[], bool]) -> Training:
    """A new training of a visitor, who is ``there`` or not; it waits for its place.

    Errors: TrainingNoRoom and those of ``check``.
    """
    check(recipe)
    return _begin(recipe, who, there, origin=None, whole=True)


def fork(
    training: Training, step: int, who: Hashable, there: Callable[[], bool], **changes: Any
) -> Training:  # fmt: skip
    """A new training from the moment ``step`` of another, with another rate, schedule, optimizer, fault, …

    With another optimizer its states begin at zero. Errors: BadParameter for a moment that was not kept, and for what
    a fork cannot change (``GROWN``).
    """
    source = training.folder / state_of(step)
    recipe = replace(training.recipe, **changes)
    if not source.exists():
        raise BadParameter(name="step")
    whole = recipe.optimizer == training.recipe.optimizer
    return _forked(recipe, training.recipe, source.read_bytes(), who, there, whole=whole)


def fork_bundled(
    recipe: Recipe, state: bytes, who: Hashable, there: Callable[[], bool], **changes: Any
) -> Training:  # fmt: skip
    """The same from a bundled run: ``state`` as ``bundles.state_of`` makes it; its optimizer begins at zero."""
    return _forked(replace(recipe, **changes), recipe, state, who, there, whole=False)


def _forked(
    recipe: Recipe, before: Recipe, state: bytes, who: Hashable, there: Callable[[], bool], *, whole: bool
) -> Training:  # fmt: skip
    if changed := set(differing(recipe, before)) & set(GROWN):
        raise BadParameter(name=min(changed))
    check(recipe)
    return _begin(recipe, who, there, origin=state, whole=whole)


def _begin(
    recipe: Recipe, who: Hashable, there: Callable[[], bool], *, origin: bytes | None, whole: bool
) -> Training:  # fmt: skip
    sweep()
    _make_room(who)
    try:
        folder = Path(tempfile.mkdtemp(prefix="run-", dir=_folder()))
        said = {"recipe": as_strings(recipe), "origin": "origin.pt" if origin else "", "whole": whole}
        write(folder / RECIPE, json.dumps(said).encode())
        if origin:
            write(folder / "origin.pt", origin)
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise TrainingNoRoom from error
    training = Training(recipe, who, there, folder)
    with _guard:
        _kept[training.id] = training
    resume(training)
    return training


def resume(training: Training) -> None:
    """Go on with what was paused or stopped, or killed; waits for its place. What runs goes on as it is."""
    training.job = RUNS.start(training.key, lambda: training, training.who, training.there)


def pause(training: Training) -> None:
    """Have it write its state and end its process; one that waits leaves the line."""
    if training.job is not None and training.job.running:
        training.ask_pause()
    else:
        stop(training)


def stop(training: Training) -> None:
    """End it now; it can be resumed where its state was last written."""
    if training.job is not None:
        RUNS.leave(training.job, training.who)


def seen(training: Training) -> Seen:
    """As far as it has come. Errors: TrainingNoRoom, TrainingEnded where its process failed."""
    job = training.job
    if job is not None and job.error is not None:
        raise job.error.bare()
    return training.seen()


def of(who: Hashable) -> tuple[Training, ...]:
    """The trainings of a visitor, the oldest first."""
    with _guard:
        return tuple(one for one in _kept.values() if one.who == who)


def find(id: str, who: Hashable) -> Training | None:
    """A visitor's own training by its id."""
    with _guard:
        found = _kept.get(id)
    return found if found is not None and found.who == who else None


def forget(training: Training) -> None:
    """End it and drop all that it left."""
    stop(training)
    with _guard:
        _kept.pop(training.id, None)
    if training.job is not None:
        training.job.ended.wait(2)
    shutil.rmtree(training.folder, ignore_errors=True)


def sweep() -> None:
    """Drop what visitors have left who are not there any more."""
    with _guard:
        gone = [one for one in _kept.values() if not one.there()]
    for one in gone:
        forget(one)


def _make_room(who: Hashable) -> None:
    """The oldest that is over makes room: of this visitor's, and of all."""
    while len(mine := of(who)) >= EACH:
        forget(next((one for one in mine if one.over), mine[0]))
    with _guard:
        over = [one for one in _kept.values() if one.over]
        many = len(_kept) - TOGETHER + 1
    for one in over[: max(0, many)]:
        forget(one)


def _folder() -> Path:
    with _guard:
        if not _root or not _root[0].exists():
            _clear_up()
            _root[:] = [Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))]
        return _root[0]


def _clear_up() -> None:
    """What servers left that were killed a day ago or more."""
    for old in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*"):
        with contextlib.suppress(OSError, ValueError):
            pid = int(old.name.removeprefix(PREFIX).split("-")[0])
            if time.time() - old.stat().st_mtime > DAY and not _alive(pid):
                shutil.rmtree(old, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # another user's
        return True
    return True


def _environment() -> dict[str, str]:
    """One thread: so curves repeat, and the server keeps its cores."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**os.environ, **threads, "TOKENIZERS_PARALLELISM": "false", "PYTHONWARNINGS": "ignore"}


@atexit.register
def _clear() -> None:
    for process in tuple(_processes):
        process.kill()
    for folder in _root:
        shutil.rmtree(folder, ignore_errors=True)
