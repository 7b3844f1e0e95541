"""PCA and trustworthiness against scikit-learn; UMAP and t-SNE in their own process against the bare libraries."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import psutil
import pytest

from core import host
from core.arrays import Array
from core.compute.embedding_space import projection
from core.compute.embedding_space import worker as projection_worker
from core.compute.embedding_space.calls import KNOWS
from core.compute.embedding_space.projection import BEFORE, LEAST, nearest, pca, project, trustworthiness
from core.compute.embedding_space.settings import Settings
from core.compute.embedding_space.worker import STAGES, run
from core.errors import (
    BadParameter,
    GlassboxError,
    IdenticalVectors,
    MapTooLarge,
    NeedsWorker,
    NoRoom,
    TooFewPoints,
    TookTooLong,
    WorkerFailed,
    WorkerKilled,
)
from core.jobs.line import Line
from core.jobs.permit import Permit, Stopped, permitted
from core.paths import ROOT


def cloud(points: int, dim: int, seed: int = 0) -> Array:
    """Four clusters of unequal spread, away from the origin."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(scale=4, size=(4, dim))
    spread = np.linspace(2, 0.2, dim)
    return np.asarray(
        centres[np.arange(points) % 4] + rng.normal(size=(points, dim)) * spread + 3, np.float32
    )


# --- what nobody wants any more -------------------------------------------------------------------


@pytest.mark.parametrize("step", [nearest, lambda vectors: trustworthiness(vectors, vectors[:, :2])])
def test_what_follows_a_projection_ends_too_when_it_is_not_wanted(step: Callable[[Array], object]) -> None:
    vectors = cloud(600, 8)
    asked = [False, False, True]
    with permitted(Permit(stopped=lambda: asked.pop(0))), pytest.raises(Stopped):
        step(vectors)
    assert asked == [], "in the midst of it"
    step(vectors)


# --- PCA ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(200, 30), (500, 384), (40, 120), (3, 50), (30, 3)])
@pytest.mark.parametrize("dims", [2, 3])
def test_pca_is_that_of_scikit_learn(shape: tuple[int, int], dims: int) -> None:
    from sklearn.decomposition import PCA

    vectors = cloud(*shape, seed=dims)
    theirs = PCA(dims, svd_solver="full").fit(vectors.astype(np.float64))
    expected = theirs.transform(vectors.astype(np.float64))
    positions, explained = pca(vectors, dims)
    np.testing.assert_allclose(explained, theirs.explained_variance_ratio_, atol=1e-5)
    real = theirs.explained_variance_ratio_ > 1e-10  # three points have no third axis
    np.testing.assert_allclose(positions[:, real], expected[:, real], atol=1e-3)


def test_axes_that_the_data_do_not_have_are_zero() -> None:
    line = np.outer(np.arange(5), [3, 4]).astype(np.float32)
    positions, explained = project(line, Settings(dims=3))
    np.testing.assert_allclose(positions[:, 0], [-10, -5, 0, 5, 10], atol=1e-5)
    np.testing.assert_allclose(positions[:, 1:], 0, atol=1e-5)
    np.testing.assert_allclose(explained, [1, 0, 0], atol=1e-6)
    assert not positions.flags.writeable


def test_two_dimensions_are_only_turned() -> None:
    vectors = cloud(50, 2)
    positions, explained = project(vectors, Settings())
    before = np.linalg.norm(vectors[:, None] - vectors[None], axis=-1)
    after = np.linalg.norm(positions[:, None] - positions[None], axis=-1)
    np.testing.assert_allclose(after, before, atol=1e-4)
    assert explained.sum() == pytest.approx(1)


# --- neighbours and trustworthiness ---------------------------------------------------------------


@pytest.mark.parametrize(("points", "dim"), [(21, 5), (300, 40), (700, 10)])
@pytest.mark.parametrize("dims", [2, 3])
def test_trustworthiness_is_that_of_scikit_learn(points: int, dim: int, dims: int) -> None:
    from sklearn import manifold

    vectors = cloud(points, dim)
    positions = pca(vectors, dims)[0]
    theirs = manifold.trustworthiness(
        vectors.astype(np.float64), positions.astype(np.float64), n_neighbors=10
    )
    trust, real = trustworthiness(vectors, positions)
    assert trust == pytest.approx(theirs, abs=1e-4)
    pairs = zip(_nearest_of(positions), _nearest_of(vectors), strict=True)
    assert real == pytest.approx(np.mean([len(drawn & true) / 10 for drawn, true in pairs]), abs=1e-3)


def _nearest_of(points: Array) -> list[set[int]]:
    """The ten nearest of each point, by scikit-learn."""
    from sklearn.neighbors import NearestNeighbors

    given = points.astype(np.float64)
    return [set(row) for row in NearestNeighbors(n_neighbors=10).fit(given).kneighbors()[1].tolist()]


def test_a_map_of_few_real_neighbours_may_be_called_trustworthy() -> None:
    vectors = cloud(700, 40)
    trust, real = trustworthiness(vectors, pca(vectors, 2)[0])
    assert trust > 0.7
    assert real < 0.2


def test_trustworthiness_knows_a_faithful_and_a_random_drawing() -> None:
    vectors = cloud(400, 2)
    assert trustworthiness(vectors, vectors) == (1.0, 1.0)
    shuffled = np.random.default_rng(0).permutation(vectors)
    assert 0.3 < trustworthiness(vectors, shuffled)[0] < 0.7
    assert trustworthiness(vectors[:20], vectors[:20]) == (-1, -1)
    assert trustworthiness(vectors[:21], vectors[:21]) == (1, 1)
    assert trustworthiness(vectors * np.float32(1e25), vectors)[0] == pytest.approx(1, abs=1e-3), (
        "no overflow"
    )


def test_neighbours_are_those_of_brute_force() -> None:
    vectors = cloud(600, 20)
    units = vectors.astype(np.float64) / np.linalg.norm(vectors.astype(np.float64), axis=1)[:, None]
    cosines = units @ units.T
    places, found = nearest(vectors)
    for row in range(600):
        others = [at for at in np.argsort(-cosines[row]) if at != row][:10]
        np.testing.assert_allclose(found[row], cosines[row, others], atol=1e-5)
        np.testing.assert_allclose(cosines[row, places[row]], cosines[row, others], atol=1e-6)
        assert row not in places[row]


def test_neighbours_of_few_points_and_of_zero_vectors() -> None:
    vectors = np.array([[0, 0], [1, 0], [0, 2], [1, 0.1]], np.float32)
    places, cosines = nearest(vectors)
    assert places.shape == cosines.shape == (4, 3)
    assert places[1, 0] == 3
    assert cosines[0].tolist() == [0, 0, 0]


# --- what cannot be projected ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("vectors", "settings", "error"),
    [
        (cloud(30, 5), Settings("lle"), BadParameter),
        (cloud(30, 5), Settings(dims=4), BadParameter),
        (cloud(30, 5), Settings(seed=-1), BadParameter),
        (cloud(30, 5), Settings("umap", neighbours=1), BadParameter),
        (cloud(30, 5), Settings("umap", min_dist=float("nan")), BadParameter),
        (cloud(30, 5), Settings("tsne", perplexity=1000), BadParameter),
        (cloud(1, 5), Settings(), TooFewPoints),
        (np.empty((0, 5), np.float32), Settings(), TooFewPoints),
        (cloud(LEAST - 1, 5), Settings("umap"), TooFewPoints),
        (np.ones((30, 5), np.float32), Settings(), IdenticalVectors),
        (np.zeros((30, 5), np.float32), Settings(), IdenticalVectors),
        (np.full((30, 5), np.nan, np.float32), Settings(), BadParameter),
        (np.ones((projection.MOST + 1, 2), np.float32), Settings(), BadParameter),
        (cloud(30, 5), Settings("umap"), NeedsWorker),
        (cloud(30, 5), Settings("tsne"), NeedsWorker),
    ],
)
def test_what_cannot_be_projected_is_said(
    vectors: Array, settings: Settings, error: type[GlassboxError]
) -> None:
    with pytest.raises(error):
        project(vectors, settings)


def test_a_permit_holds_on_its_thread_only_and_the_worker_sees_fifty_components(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[Array] = []

    def run(vectors: Array, settings: Settings, **_: object) -> Array:
        seen.append(vectors)
        return vectors[:, : settings.dims] + 7

    vectors = cloud(100, 80)
    monkeypatch.setattr(projection_worker, "run", run)
    with permitted():
        positions, explained = project(vectors, Settings("umap", dims=3))
    assert seen[0].shape == (100, BEFORE)
    np.testing.assert_allclose(seen[0], pca(vectors, BEFORE)[0])
    np.testing.assert_allclose(positions, pca(vectors, 3)[0], atol=1e-4)
    assert explained.size == 0
    with pytest.raises(NeedsWorker) as caught:
        project(vectors, Settings("umap"))
    assert caught.value.values == {"method": "UMAP", "count": 100, "at_once": True}


# --- the process ----------------------------------------------------------------------------------

BARE = """
import sys, numpy as np
from core.compute.embedding_space.worker import _keep_what_is_compiled
_keep_what_is_compiled()
import umap
from sklearn.manifold import TSNE
vectors = np.load(sys.argv[1])
nearest = umap.UMAP(n_components=2, n_neighbors=15, min_dist=0.1, random_state=5, n_jobs=1)
stochastic = TSNE(2, perplexity=30.0, max_iter=1000, init="pca", random_state=5)
np.savez(sys.argv[2], umap=nearest.fit_transform(vectors), tsne=stochastic.fit_transform(vectors))
"""
CLOUD = cloud(120, 20)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, npt.NDArray[Any]]:
    """What the libraries alone make of a cloud, in an interpreter of their own."""
    folder = tmp_path_factory.mktemp("bare")
    np.save(folder / "in.npy", CLOUD)
    names = [str(folder / "in.npy"), str(folder / "out.npz")]
    environment = projection_worker._environment()
    subprocess.run([sys.executable, "-c", BARE, *names], check=True, cwd=ROOT, env=environment, timeout=240)
    with np.load(folder / "out.npz") as file:
        return {name: file[name] for name in file.files}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("method", ["umap", "tsne"])
def test_the_process_gives_what_the_library_gives(method: str, bare: Mapping[str, npt.NDArray[Any]]) -> None:
    said: list[tuple[str, float]] = []
    settings = Settings(method, seed=5)
    seen: list[npt.NDArray[Any]] = []
    made = run(
        CLOUD, settings, report=lambda stage, fraction: said.append((stage, fraction)), show=seen.append
    )
    np.testing.assert_allclose(made, bare[method], rtol=1e-4, atol=1e-4)
    assert np.array_equal(made, run(CLOUD, settings)), "the same seed gives the same positions"
    stages = [STAGES.index(stage) for stage, _ in said]
    assert sorted(stages) == stages, "stages follow one another"
    assert set(stages) == {0, 1, 2}
    placing = [fraction for stage, fraction in said if stage == "layout"]
    assert len(placing) > 10
    assert placing == sorted(placing)
    assert placing[-1] > 0.9
    assert seen, "a layout is shown before the last one"
    assert all(one.shape == made.shape and np.isfinite(one).all() for one in seen)
    assert not np.allclose(seen[0], made, rtol=1e-3), "the points have moved since"


@pytest.mark.parametrize("method", ["umap", "tsne"])
def test_every_step_can_be_looked_at_and_the_last_one_is_the_map(method: str) -> None:
    """In a process of its own: what it changes in the libraries would stay."""
    code = f"""
import numpy as np
from core.compute.embedding_space.settings import Settings
from core.compute.embedding_space.worker import project_here
cloud, seen = np.random.default_rng(0).normal(size=(60, 12)).astype(np.float32), []
made = project_here(cloud, Settings({method!r}, seed=5), lambda *_: None, lambda one: seen.append(one.copy()))
far = np.array([np.abs(one - made).max() for one in seen])
assert len(seen) > 50, len(seen)
assert far[-1] < 0.05 * np.ptp(made) < far[0], (far[0], far[-1])
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr[-2000:]


@pytest.mark.timeout(300)
def test_another_seed_gives_another_map(bare: Mapping[str, npt.NDArray[Any]]) -> None:
    assert not np.allclose(run(CLOUD, Settings("umap", seed=6)), bare["umap"], atol=0.1)


@pytest.mark.timeout(300)
def test_t_sne_starts_from_pca_so_that_a_seed_changes_nothing(bare: Mapping[str, npt.NDArray[Any]]) -> None:
    np.testing.assert_allclose(run(CLOUD, Settings("tsne", seed=6)), bare["tsne"], rtol=1e-4, atol=1e-4)
    assert "seed" not in KNOWS["tsne"], "so it is not offered, and makes no second result of the same"


BEYOND = """
import sys, numpy as np
from core.compute.embedding_space import worker
from core.compute.embedding_space.settings import Settings
worker._keep_what_is_compiled()
vectors = np.load(sys.argv[1])
for settings in (Settings("umap", neighbours=200), Settings("tsne", perplexity=100.0, dims=3)):
    print(*worker.project_here(vectors, settings, lambda *_: None).shape)
"""


@pytest.mark.timeout(300)
def test_numbers_beyond_the_points_are_brought_down(tmp_path: Path) -> None:
    np.save(tmp_path / "in.npy", cloud(LEAST, 6))
    done = subprocess.run(
        [sys.executable, "-c", BEYOND, str(tmp_path / "in.npy")], check=True, cwd=ROOT, text=True,
        env=projection_worker._environment(), stdout=subprocess.PIPE, timeout=240,
    )  # fmt: skip
    assert done.stdout.splitlines() == [f"{LEAST} 2", f"{LEAST} 3"]


def children() -> set[int]:
    return {one.pid for one in psutil.Process().children(recursive=True)}


def test_it_is_killed_when_it_is_no_longer_wanted() -> None:
    before, started, seen = children(), [], []

    def report(stage: str, fraction: float) -> None:  # noqa: ARG001
        seen.append(time.monotonic())
        started.append(children() - before)

    with pytest.raises(Stopped):
        run(cloud(5_000, 30), Settings("tsne"), report=report, stopped=lambda: bool(started))
    assert time.monotonic() - seen[0] < 20
    assert len(started[0]) == 1
    assert not started[0] & children()


def test_it_is_killed_when_it_takes_too_long() -> None:
    class Work:
        def steps(self) -> Iterator[None]:
            project(cloud(5_000, 30), Settings("tsne"))
            yield

    before = children()
    job = Line("t", limit=1.0).start("map", Work, "ann")
    assert job.ended.wait(60)
    assert isinstance(job.error, TookTooLong)
    assert children() <= before


def test_it_ends_when_the_server_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "server.py"
    script.write_text(
        "import numpy as np\nfrom core.compute.embedding_space.settings import Settings\n"
        "from core.compute.embedding_space.worker import run\n"
        "data = np.random.default_rng(0).normal(size=(8000, 30)).astype(np.float32)\n"
        "run(data, Settings('tsne'), report=lambda *_: print('running', flush=True))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, env=environment) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == b"running\n"
        (worker,) = psutil.Process(server.pid).children()
        folder = Path(worker.cmdline()[-1])
        assert folder.is_dir()
        server.send_signal(signal.SIGKILL)
        server.wait()
    assert psutil.wait_procs([worker], timeout=60)[0] == [worker]
    assert not folder.exists()


def test_a_failure_is_said_and_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(projection_worker, "MODULE", "core.compute.nothing_of_that_name")
    with pytest.raises(WorkerFailed):
        run(cloud(20, 5), Settings("umap"))
    assert "nothing_of_that_name" in caplog.text


@contextlib.contextmanager
def short_files(most: int) -> Iterator[None]:
    """No file of this process and of those that it starts can be longer, as in a folder that is nearly full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_folder_is_said_and_afterwards_all_is_well(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    points = cloud(600, 30)
    with short_files(len(points.tobytes()) // 2), pytest.raises(NoRoom):
        run(points, Settings("tsne"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(NoRoom):
        run(points, Settings("tsne"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert run(points[:40], Settings("tsne")).shape == (40, 2)
    assert not list(tmp_path.iterdir())


def test_a_map_whose_process_does_not_fit_is_refused_before_anything_is_made(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(projection_worker, "_compiled", lambda: tmp_path)  # nothing is compiled yet
    small = host.deal(800_000_000, "container")
    monkeypatch.setattr(host, "account", lambda: small)
    with pytest.raises(MapTooLarge) as caught:
        projection.ready("umap", 300)
    most = (small.weights + small.spare - host.LEAST) // 10**6
    assert caught.value.values == {"method": "UMAP", "count": 300, "need_mb": 486, "limit_mb": most}
    with permitted(), pytest.raises(MapTooLarge):
        project(cloud(300, 30), Settings("umap"))
    assert project(cloud(40, 30), Settings("pca"))[0].shape == (40, 2)
    with pytest.raises(NeedsWorker):
        projection.ready("tsne", 300)


def test_the_process_takes_no_more_than_is_counted_for_it() -> None:
    points, most = cloud(900, 30), [0]

    def look(stage: str, fraction: float) -> None:
        del stage, fraction
        with contextlib.suppress(psutil.Error):
            held = [one.memory_info().rss for one in psutil.Process().children(recursive=True)]
            most[0] = max(*most, *held)

    run(points, Settings("tsne"), report=look)
    assert 0.6 * projection_worker.need("tsne", 900) < most[0] < projection_worker.need("tsne", 900)


def test_a_process_that_cannot_write_its_result_says_so(tmp_path: Path) -> None:
    stated = json.dumps(dataclasses.asdict(Settings("tsne"))).encode()
    np.savez(tmp_path / "input.npz", vectors=cloud(40, 5), settings=np.frombuffer(stated, np.uint8))
    command = [sys.executable, "-m", projection_worker.MODULE, str(tmp_path)]
    with short_files(300), subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE) as process:
        assert process.wait(100) == projection_worker.NO_ROOM


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM])
def test_a_process_that_is_killed_is_said_and_the_next_one_computes(sent: signal.Signals) -> None:
    def kill(_stage: str, _fraction: float) -> None:
        for process in tuple(projection_worker._processes):
            process.send_signal(sent)

    with pytest.raises(WorkerKilled):
        run(cloud(3_000, 30), Settings("tsne"), report=kill)
    assert run(cloud(40, 5), Settings("tsne")).shape == (40, 2)


def test_lines_that_are_none_are_passed_over() -> None:
    said: list[tuple[str, float]] = []
    lines = [
        "layout 0.500\n",
        "layout nan\n",
        "rm 0.1\n",
        "layout 1.0 x\n",
        "\n",
        "layout\n",
        "start 1.000\n",
    ]
    projection_worker._listen(lines, lambda stage, fraction: said.append((stage, fraction)))
    assert said == [("layout", 0.5), ("start", 1.0)]


def test_a_home_that_cannot_be_written_to_is_no_obstacle(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert projection_worker._compiled().is_relative_to(tmp_path)
    file = tmp_path / "file"
    file.write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(file))
    folder = projection_worker._compiled()
    assert folder.is_dir()
    assert not folder.is_relative_to(tmp_path)


def test_the_server_imports_neither_umap_nor_scikit_learn() -> None:
    script = (
        "import sys\nfrom core.compute.embedding_space import tables as e\n"
        "e.table_map(table='glove', count=300, method='pca', dims=2, seed=0,"
        " neighbours=15, min_dist=0.1, perplexity=30.0)\n"
        "e.neighbours(table='glove', word='cat')\ne.compress(table='chinese', seed=0)\n"
        "import core.compute.embedding_space.worker\n"
        "print([n for n in ('umap', 'sklearn', 'scipy', 'numba', 'torch') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
