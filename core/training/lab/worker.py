"""One live training in a process of its own: ``python -m core.training.lab.worker FOLDER``.

Reads ``recipe.json`` and, to go on, ``state.pt``; says lines of JSON on standard output: stages, steps, frames. A line
``pause`` on standard input has it write its state and end; it ends by itself when standard input closes, that is when
the server dies in whatever way.
"""

from __future__ import annotations

import contextlib
import copy
import errno
import io
import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import astuple
from pathlib import Path
from typing import Any

import numpy as np

from core.data.lab_recipe import parse
from core.models.load.lean import leave_compiler_out
from core.training.lab import frames
from core.training.lab.run import Run, moments, write

NICE = 10
"""By how much the process gives way to the server."""
RECIPE, STATE = "recipe.json", "state.pt"
SAVED_S = 3.0
"""Seconds after which the state is written anew."""
NO_ROOM = 73
"""How the process ends when the disk is full."""
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS})


def state_of(step: int) -> str:
    """The file of the state at a moment."""
    return f"at-{step:05d}.pt"


def frame_of(step: int) -> str:
    """The file of a moment's arrays."""
    return f"frame-{step:05d}.npz"


def say(**what: Any) -> None:
    """One line to the server."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def leave_frame(run: Run, folder: Path) -> None:
    """Look at the model, write what the server draws, and say so."""
    frame = frames.look(run)
    content = io.BytesIO()
    np.savez(content, attention=frame.attention, embeddings=frame.embeddings)
    write(folder / frame_of(run.done), content.getvalue())
    say(frame=frame.step, samples=frame.samples, accuracy=frame.accuracy, held_out=frame.held_out, right=frame.right,
        sure=frame.sure)  # fmt: skip


def go(run: Run, folder: Path, asked: Callable[[], bool]) -> str:
    """Train to the end or until ``asked``; what it ended with, "" for a pause."""
    kept, saved = set(moments(run.recipe.steps)), time.monotonic()
    before = None
    if not (folder / frame_of(run.done)).exists():
        run.save(folder / state_of(run.done))
        before = run.done, copy.deepcopy(run.model)
    for record in run.records():
        say(record=astuple(record))
        if before is not None:  # the first point comes first
            with run.as_it_was(before[1], before[0]):
                leave_frame(run, folder)
            before = None
        if run.done in kept or run.ended:
            run.save(folder / state_of(run.done))
            leave_frame(run, folder)
        if asked() or time.monotonic() - saved > SAVED_S:
            run.save(folder / STATE)
            saved = time.monotonic()
        if asked():
            return ""
    run.save(folder / STATE)
    return run.ended


def begin(folder: Path) -> Run:
    """The run of a folder, from its recipe or its state."""
    given = json.loads((folder / RECIPE).read_text("utf-8"))
    run = Run(parse(given["recipe"]))
    if (folder / STATE).exists():
        run.load(folder / STATE)
    elif given["origin"]:
        run.load(folder / given["origin"], whole=given["whole"])
    vocabulary = run.task.vocabulary
    say(groups=run.group_names, pieces=vocabulary.pieces, questions=run.task.questions, answers=run.task.answers,
        text=frames.fixed_text(run.task), done=run.done)  # fmt: skip
    return run


def _listen(folder: Path) -> Callable[[], bool]:
    """Whether a pause was asked for; the process ends, and its folder with it, when the server has gone."""
    asked = threading.Event()

    def read() -> None:
        with contextlib.suppress(OSError):
            while line := os.read(0, 64):
                if line.startswith(b"pause"):
                    asked.set()
        for _ in range(2):  # a file may come into being meanwhile
            shutil.rmtree(folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            folder.parent.rmdir()  # of the server's, once the last one has gone
        os._exit(1)

    threading.Thread(target=read, daemon=True).start()
    return asked.is_set


def main(folder: Path) -> None:
    """Train what the folder says."""
    say(stage="importing")
    asked = _listen(folder)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", "ascii")
    if hasattr(os, "nice"):
        os.nice(NICE)
    import torch

    torch.set_num_threads(1)
    leave_compiler_out()
    say(stage="first")
    say(ended=go(begin(folder), folder, asked))


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except BrokenPipeError:
        time.sleep(5)  # the server has gone: the thread that listens clears up and ends the process
    except OSError as error:
        if error.errno not in FULL:
            raise
        sys.stderr.write(f"{error}\n")
        sys.stderr.flush()
        os._exit(NO_ROOM)
    sys.stdout.flush()
    os._exit(0)  # the thread that listens would wait for the server
