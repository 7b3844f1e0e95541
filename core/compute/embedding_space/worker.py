"""UMAP and t-SNE in a process that lives for one projection: ``python -m core.compute.embedding_space.worker FOLDER``.

``run`` is the server's side: it writes ``input.npz`` into a private folder, reads lines ``<stage> <fraction>`` from
the process, with each of them looks at ``layout.npy``, the positions so far, and takes ``output.npz``. The process is
killed when it is no longer wanted, and ends by itself when its standard input closes, that is when the server dies in
whatever way.
"""

from __future__ import annotations

import atexit
import contextlib
import errno
import json
import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from importlib.abc import MetaPathFinder
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

import numpy as np

from core.arrays import Array
from core.compute.embedding_space.settings import Settings, fitted
from core.errors import NoRoom, WorkerFailed, WorkerKilled
from core.jobs.permit import Report, Stopped, quiet, unseen
from core.paths import ROOT

MODULE = "core.compute.embedding_space.worker"
POLL = 0.1
"""Pause between two looks at a process, in seconds."""
NICE = 10
"""By how much the process gives way to the server (``$GLASSBOX_PROJECTION_NICE``)."""
STAGES = ("start", "neighbours", "layout")
"""What the process is doing: importing, looking for neighbours, placing the points."""
STEPS = 1_000
"""Iterations of t-SNE."""
LAYOUT, EVERY = "layout.npy", 0.4
"""The positions so far, and the least time between two of them, in seconds."""
NO_ROOM = 73
"""How the process ends when it cannot write what it has computed."""
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.ENOENT})
"""What a system says of a folder that is full, cannot be written to, or is not there."""
UNUSED = ("pandas", "pyarrow")
"""What scikit-learn would import only because it is installed: 65 MB."""

NEED, COMPILING = {"umap": 280_000_000, "tsne": 150_000_000}, 200_000_000
PER_POINT = {"umap": 20_000, "tsne": 6_000}
"""Bytes of the process: its libraries, UMAP's compiler, and for each point."""

LOG = logging.getLogger("glassbox.projection")
_processes: set[subprocess.Popen[str]] = set()


# --- the server's side ----------------------------------------------------------------------------


def need(method: str, count: int) -> int:
    """Bytes that the process takes at most for so many points; UMAP more where it has to be compiled."""
    fixed = NEED[method] + (COMPILING if method == "umap" and not any(_compiled().iterdir()) else 0)
    return fixed + PER_POINT[method] * count


def run(
    vectors: Array,
    settings: Settings,
    *,
    report: Report = quiet,
    stopped: Callable[[], bool] = lambda: False,
    show: Callable[[Array], None] = unseen,
) -> Array:
    """Project [point, dim] to [point, dims] in a process of its own.

    ``stopped`` is asked ten times a second; ``show`` is given the positions so far, about twice a second.
    Errors: Stopped, NoRoom, WorkerKilled, WorkerFailed.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="glassbox-projection-") as name:
            return _run(Path(name), vectors, settings, report, stopped, show)
    except OSError as error:
        if error.errno not in FULL:
            raise
        LOG.error("a projection found no room: %s", error)
        raise NoRoom from error


def _run(
    folder: Path, vectors: Array, settings: Settings, report: Report, stopped: Callable[[], bool],
    show: Callable[[Array], None],
) -> Array:  # fmt: skip
    stated = json.dumps(asdict(settings)).encode()
    np.savez(folder / "input.npz", vectors=vectors, settings=np.frombuffer(stated, np.uint8))
    seen = _Layouts(folder, (len(vectors), settings.dims), show)
    with _started(folder) as process:
        reader = threading.Thread(target=_listen, args=(process.stdout, report, seen.look), daemon=True)
        reader.start()
        _wait(process, stopped)
        reader.join(1)
    return _result(folder, process.returncode, (len(vectors), settings.dims))


@contextlib.contextmanager
def _started(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """The process; killed, if it still runs, on the way out."""
    with (folder / "errors.txt").open("w") as errors:
        process = subprocess.Popen(  # noqa: S603 — our own module
            [sys.executable, "-m", MODULE, str(folder)],
            cwd=ROOT, env=_environment(), text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
        )  # fmt: skip
        _processes.add(process)
        try:
            yield process
        finally:
            process.kill()
            process.wait()
            _processes.discard(process)
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()


def _wait(process: subprocess.Popen[str], stopped: Callable[[], bool]) -> None:
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(POLL)
            return
        if stopped():
            raise Stopped


def _listen(lines: Iterable[str] | None, report: Report, look: Callable[[], None] = lambda: None) -> None:
    with contextlib.suppress(ValueError):  # the pipe was closed under our hands
        for line in lines or ():
            stage, _, fraction = line.strip().partition(" ")
            if stage in STAGES and re.fullmatch(r"[01]\.\d+", fraction):
                report(stage, min(1.0, float(fraction)))
                look()


class _Layouts:
    """The positions so far, as the process leaves them in its folder; each is shown once."""

    def __init__(self, folder: Path, shape: tuple[int, int], show: Callable[[Array], None]) -> None:
        self._file, self._shape, self._show = folder / LAYOUT, shape, show
        self._at = 0

    def look(self) -> None:
        """Show those that are new; what is no layout of these points is not shown."""
        with contextlib.suppress(OSError, ValueError, EOFError):
            at = self._file.stat().st_mtime_ns
            found: Array = np.load(self._file, allow_pickle=False)
            if at != self._at and found.shape == self._shape and np.isfinite(found).all():
                self._at = at
                self._show(found)


def _result(folder: Path, code: int, shape: tuple[int, int]) -> Array:
    if code == 0:
        with np.load(folder / "output.npz", allow_pickle=False) as file:
            positions: Array = file["positions"]
        if positions.shape == shape and np.isfinite(positions).all():
            return positions
    LOG.error(
        "a projection ended with %s: %s", code, (folder / "errors.txt").read_text("utf-8", "replace")[-2000:]
    )
    raise {NO_ROOM: NoRoom, -signal.SIGKILL: WorkerKilled, -signal.SIGTERM: WorkerKilled}.get(
        code, WorkerFailed
    )


def _environment() -> dict[str, str]:
    """One thread, so that results repeat and the server keeps its cores; compiled code is kept between processes."""
    threads = dict.fromkeys(
        ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
    )
    return {**os.environ, **threads, "NUMBA_CACHE_DIR": str(_compiled()), "PYTHONWARNINGS": "ignore"}


def _compiled() -> Path:
    """A folder of this user alone; in a home that cannot be written to, one for this server."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    versions = "-".join(version(name) for name in ("numba", "umap-learn", "pynndescent"))
    folder = home / "glassbox" / f"numba-{versions}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except (OSError, RuntimeError):
        return _own_folder()


_own: list[tempfile.TemporaryDirectory[str]] = []


def _own_folder() -> Path:
    if not _own:
        _own.append(tempfile.TemporaryDirectory(prefix="glassbox-numba-"))
    return Path(_own[0].name)


@atexit.register
def _kill_all() -> None:
    for process in tuple(_processes):
        process.kill()


# --- the process's side ---------------------------------------------------------------------------


def project_here(
    vectors: Array, settings: Settings, report: Report, show: Callable[[Array], None] = unseen
) -> Array:
    """UMAP or t-SNE of [point, dim] in this process; the same inputs give the same positions.

    ``show`` is given the positions at each step: they are changed in place afterwards.
    """
    report("start", 0.0)
    method = _umap if settings.method == "umap" else _tsne
    made = method(vectors, fitted(settings, len(vectors)), report, show)
    return np.ascontiguousarray(made, np.float32)


class _Without(MetaPathFinder):
    """Says of what is not used that it is not installed."""

    def find_spec(self, fullname: str, *_: object) -> None:
        if fullname in UNUSED:
            raise ModuleNotFoundError(fullname, name=fullname)


def _keep_what_is_compiled() -> None:
    """Let numba write all that it compiles to its cache: UMAP asks for that for a part only, the rest takes 8 s."""
    import numba

    plain = numba.njit

    def njit(*given: Any, **options: Any) -> Any:
        if given and callable(given[0]):
            return plain(cache=True)(given[0])
        return plain(*given, **{"cache": True, **options})

    numba.njit = njit


def _umap(vectors: Array, settings: Settings, report: Report, show: Callable[[Array], None]) -> Any:
    import umap
    import umap.layouts
    import umap.umap_

    plain = umap.umap_.optimize_layout_euclidean
    placed: list[Array] = []

    class Counted:
        """What UMAP takes for tqdm: its epochs, with a report at each per cent."""

        def __init__(self, steps: range, **_: object) -> None:
            self.steps = steps

        def __iter__(self) -> Iterator[int]:
            total, said = max(1, len(self.steps)), -1
            for step in self.steps:
                if (percent := 100 * step // total) > said:
                    said = percent
                    for positions in placed:
                        show(positions)
                    report("layout", step / total)
                yield step

    def optimize(positions: Array, *given: Any, **named: Any) -> Any:
        placed[:] = [positions]  # they are moved in place
        return plain(positions, *given, **named)

    umap.layouts.tqdm, umap.umap_.optimize_layout_euclidean = Counted, optimize
    report("neighbours", 0.0)
    model = umap.UMAP(
        n_components=settings.dims,
        n_neighbors=settings.neighbours,
        min_dist=settings.min_dist,
        random_state=settings.seed,
        n_jobs=1,
    )
    return model.fit_transform(vectors)


def _tsne(vectors: Array, settings: Settings, report: Report, show: Callable[[Array], None]) -> Any:
    from sklearn.manifold import TSNE, _t_sne

    plain = _t_sne._gradient_descent

    class Lines:
        """Standard output while t-SNE tells what it does."""

        def write(self, text: str) -> int:
            if found := re.search(r"Iteration (\d+)", text):  # at every fiftieth
                report("layout", min(1.0, int(found[1]) / STEPS))
            return len(text)

        def flush(self) -> None:
            """Nothing waits here."""

    def descend(objective: Callable[..., Any], start: Array, *given: Any, **named: Any) -> Any:
        def seen(flat: Array, *rest: Any, **more: Any) -> Any:
            show(flat.reshape(-1, settings.dims))
            return objective(flat, *rest, **more)

        return plain(seen, start, *given, **named)

    _t_sne._gradient_descent = descend
    report("neighbours", 0.0)
    model = TSNE(
        settings.dims,
        perplexity=settings.perplexity,
        max_iter=STEPS,
        init="pca",
        random_state=settings.seed,
        verbose=2,
    )
    lines: Any = Lines()
    with contextlib.redirect_stdout(lines):
        return model.fit_transform(vectors)


def _say_to(out: IO[str]) -> Report:
    def say(stage: str, fraction: float) -> None:
        out.write(f"{stage} {fraction:.3f}\n")
        out.flush()

    return say


def _leave_in(folder: Path) -> Callable[[Array], None]:
    """Leaves positions for the server, now and then; what cannot be written is not missed."""
    last = 0.0

    def leave(positions: Array) -> None:
        nonlocal last
        if time.monotonic() - last < EVERY:
            return
        with contextlib.suppress(OSError):
            np.save(folder / f"next-{LAYOUT}", np.asarray(positions, np.float32))
            (folder / f"next-{LAYOUT}").replace(folder / LAYOUT)
        last = time.monotonic()

    return leave


def _end_with_the_server(folder: Path) -> None:
    """Standard input closes when the process that started this one has gone; then nobody else clears the folder."""

    def watch() -> None:
        while os.read(0, 1):
            pass
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _go_first() -> None:
    """Let a system that is short of memory end this process, and not the server, which needs more."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", "ascii")


def main(folder: Path) -> None:
    """Read ``input.npz``, write ``output.npz``."""
    _end_with_the_server(folder)
    sys.meta_path.insert(0, _Without())
    _go_first()
    if hasattr(os, "nice"):
        os.nice(int(os.environ.get("GLASSBOX_PROJECTION_NICE") or NICE))
    with np.load(folder / "input.npz", allow_pickle=False) as file:
        vectors, settings = file["vectors"], Settings(**json.loads(file["settings"].tobytes()))
    if settings.method == "umap":
        _keep_what_is_compiled()
    made = project_here(vectors, settings, _say_to(sys.stdout), _leave_in(folder))
    np.savez(folder / "output.npz", positions=made)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except OSError as error:
        if error.errno not in FULL:
            raise
        sys.stderr.write(f"{error}\n")
        sys.exit(NO_ROOM)
