"""Word vectors: neighbour search, a large UMAP in its process against the bare library, memory of both sides."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import psutil

from core.arrays import Array
from core.compute.embedding_space import projection
from core.compute.embedding_space import tables as embedding_space
from core.compute.embedding_space import worker as projection_worker
from core.compute.embedding_space.settings import Settings
from core.data import word_tables
from core.jobs.permit import permitted
from core.paths import ROOT
from tests.bench.report import Line, percentile

SEARCH_BOUND = 30.0  # milliseconds
RATIO_BOUND = 1.2
SERVER_BOUND = 250.0  # MB: numpy, both tables, a map of 10,000 words
WORKER_BOUND = 700.0  # MB
POINTS, DIM = 5_000, 384
SETTINGS = Settings("umap", seed=3)

BARE = """
import os, sys, numpy as np
os.nice(10)  # as the worker
from sklearn.decomposition import PCA
import umap
vectors = np.load(sys.argv[1])
small = PCA(50).fit_transform(vectors)
np.save(sys.argv[2], umap.UMAP(random_state=3, n_jobs=1).fit_transform(small))
"""
SERVER = """
import psutil
from core.compute.embedding_space import tables as e
shape = dict(method="pca", dims=2, seed=0, neighbours=15, min_dist=0.1, perplexity=30.0)
for table in ("glove", "chinese"):
    e.neighbours(table=table, word=e.load_table(table).words[0])
    e.table_map(table=table, count=10_000, **shape)
print(psutil.Process().memory_info().rss / 1e6)
"""


def searches() -> list[float]:
    """Milliseconds of each search among all 40,000 words; the table is in memory."""
    words = word_tables.load("glove").words[::400]
    times = []
    for word in words:
        start = time.perf_counter()
        embedding_space.neighbours(table="glove", word=word)
        times.append(1000 * (time.perf_counter() - start))
    return times


def vectors() -> Array:
    """As many as the largest list, as wide as the encoder: clusters with noise."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(40, DIM))
    return np.asarray(centres[rng.integers(40, size=POINTS)] + rng.normal(size=(POINTS, DIM)), np.float32)


def bare(given: Array) -> float:
    """Seconds of PCA and UMAP alone, from the start of an interpreter to its end."""
    with tempfile.TemporaryDirectory() as name:
        paths = [str(Path(name) / one) for one in ("in.npy", "out.npy")]
        np.save(paths[0], given)
        start = time.monotonic()
        environment = projection_worker._environment()
        subprocess.run([sys.executable, "-c", BARE, *paths], check=True, env=environment)
        return time.monotonic() - start


class Peak:
    """The most memory that processes started meanwhile have taken, in MB."""

    def __init__(self) -> None:
        self.megabytes, self._end = 0.0, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Peak:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._end.wait(0.05):
            for child in psutil.Process().children(recursive=True):
                try:
                    self.megabytes = max(self.megabytes, child.memory_info().rss / 1e6)
                except psutil.NoSuchProcess:
                    continue


def worker(given: Array) -> tuple[float, float]:
    """Seconds of the same through the worker, and its memory in MB."""
    with Peak() as peak, permitted():
        start = time.monotonic()
        projection.project(given, SETTINGS)
        spent = time.monotonic() - start
    return spent, peak.megabytes


def server_memory() -> float:
    """MB of a process that has both tables and has drawn large maps."""
    done = subprocess.run(
        [sys.executable, "-c", SERVER], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return float(done.stdout)


def measure() -> list[Line]:
    """All of it; the first run of each side, which compiles, is not counted."""
    given = vectors()
    bare(given[:500])
    worker(given[:500])
    worker(given)  # a large set takes another way through UMAP
    alone, (spent, memory) = bare(given), worker(given)
    times = searches()
    note = f"{spent:.1f} s against {alone:.1f} s"
    return [
        Line("neighbours among 40,000 words, p95", percentile(times, 0.95), SEARCH_BOUND, "ms",
             f"median {statistics.median(times):.2f} ms"),
        Line("UMAP of 5,000 × 384 in its process, against bare", spent / alone, RATIO_BOUND, "times", note),
        Line("memory of that process", memory, WORKER_BOUND, "MB"),
        Line("memory of a server with both tables and large maps", server_memory(), SERVER_BOUND, "MB"),
    ]  # fmt: skip
