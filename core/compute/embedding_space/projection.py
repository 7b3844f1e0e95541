"""Many dimensions to two or three: PCA here, UMAP and t-SNE in a process of their own.

``umap`` and ``sklearn`` would add 400 MB to the server and hold its interpreter for seconds, so nothing here imports
them: what needs them raises ``NeedsWorker``, unless the thread has a permit (``core.jobs.permit``).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from core import host
from core.arrays import Array, Ints, read_only
from core.compute.embedding_space import worker
from core.compute.embedding_space.settings import Settings
from core.errors import BadParameter, IdenticalVectors, MapTooLarge, NeedsWorker, TooFewPoints
from core.jobs.permit import Permit, go_on, permit, unseen
from core.models.load.residency import lend
from core.numerics import Doubles, top

Vectors = Array | Doubles
"""Of a table or a model in float32, a visitor's own in float64."""

METHODS = ("pca", "umap", "tsne")
TITLES = {"umap": "UMAP", "tsne": "t-SNE"}
LIVE = 1_000
"""Up to so many points UMAP and t-SNE start without being asked to."""
MOST = 10_000
"""Most points of a map."""
LEAST = 8
"""Fewest points for UMAP and t-SNE."""
BEFORE = 50
"""Dimensions that PCA leaves for UMAP and t-SNE to work on."""
NEAREST = 10
"""Neighbours that are listed, and that trustworthiness looks at."""
CHUNK = 256
"""Rows of a matrix of distances that are in memory at a time."""
BOUNDS = {"neighbours": (2, 200), "min_dist": (0.0, 0.99), "perplexity": (2.0, 100.0), "seed": (0, 2**31 - 1)}
"""Least and most of each number in ``Settings``."""


def ready(method: str, count: int) -> None:
    """Say at once what cannot be projected here, before vectors are made for it.

    Errors: BadParameter("method"), MapTooLarge, NeedsWorker where the thread has no permit.
    """
    if method not in METHODS:
        raise BadParameter(name="method")
    if method != "pca" and (need := worker.need(method, count)) > host.for_worker():
        raise MapTooLarge(
            method=TITLES[method], count=count, need_mb=-(-need // 10**6), limit_mb=host.for_worker() // 10**6
        )
    if method != "pca" and permit() is None:
        raise NeedsWorker(method=TITLES[method], count=count, at_once=count <= LIVE)


def project(
    vectors: Vectors, settings: Settings, *, show: Callable[[Array], None] = unseen
) -> tuple[Array, Array]:
    """Positions [point, dims], centred, and the share of variance of each axis [dims] (empty but for PCA).

    UMAP (McInnes, Healy & Melville 2018) and t-SNE (van der Maaten & Hinton 2008) see the first 50 principal
    components where there are more dimensions. The same vectors and settings give the same positions. Now and then
    ``show`` is given the positions so far, centred too.

    Errors: BadParameter, TooFewPoints (2 for PCA, 8 for the others), IdenticalVectors, NeedsWorker, and those of the
    worker.
    """
    check(vectors, settings)
    if settings.method == "pca":
        positions, explained = pca(vectors, settings.dims)
        return read_only(positions), read_only(explained)
    ready(settings.method, len(vectors))
    given = permit() or Permit()
    small = pca(vectors, BEFORE)[0] if vectors.shape[1] > BEFORE else _single(vectors)
    with lend(host.lacking(worker.need(settings.method, len(vectors)))):
        made = worker.run(
            np.ascontiguousarray(small), settings, report=given.report, stopped=given.stopped,
            show=lambda found: show(_centred(found)),
        )  # fmt: skip
    return _centred(made), read_only(np.empty(0, np.float32))


def _centred(positions: Array) -> Array:
    return read_only(np.asarray(positions, np.float32) - np.asarray(positions, np.float32).mean(axis=0))


def least(method: str) -> int:
    """The fewest points that a method takes."""
    return 2 if method == "pca" else LEAST


def check(vectors: Vectors, settings: Settings) -> None:
    """Raises what ``project`` says of its inputs."""
    if settings.method not in METHODS:
        raise BadParameter(name="method")
    if settings.dims not in (2, 3):
        raise BadParameter(name="dims")
    for name, (low, high) in BOUNDS.items():
        if not low <= getattr(settings, name) <= high:
            raise BadParameter(name=name)
    if len(vectors) < least(settings.method):
        raise TooFewPoints(count=len(vectors), least=least(settings.method))
    if len(vectors) > MOST:
        raise BadParameter(name="count")
    if not np.isfinite(vectors).all():
        raise BadParameter(name="vectors")
    if np.ptp(vectors, axis=0).max(initial=0) <= noise(vectors):
        raise IdenticalVectors(count=len(vectors))


def noise(vectors: Vectors) -> float:
    """The largest difference that says nothing: a model's vectors (float32) are rounded, a visitor's are not."""
    return 1e-6 * float(np.abs(vectors).max()) if vectors.dtype == np.float32 else 0.0


def _single(vectors: Vectors) -> Array:
    """In float32; what would lose its small differences beside a large offset is moved to the origin before."""
    return np.asarray(vectors if vectors.dtype == np.float32 else vectors - vectors[0], np.float32)


def pca(vectors: Vectors, dims: int) -> tuple[Array, Array]:
    """Coordinates [point, dims] on the principal axes, and the share of the variance along each [dims].

    Axes are eigenvectors of the covariance, the largest eigenvalue first; each points to where its largest component
    is positive. Axes that the data do not have are zero. (Pearson 1901.)
    """
    centred = vectors.astype(np.float64)
    centred -= centred[0]  # an offset, however large, leaves no rounding behind
    centred -= centred.mean(axis=0)
    variance, axes = _principal(centred)
    kept = min(dims, len(axes))
    positions = np.zeros((len(vectors), dims), np.float32)
    positions[:, :kept] = centred @ axes[:kept].T
    explained = np.zeros(dims, np.float32)
    explained[:kept] = variance[:kept] / max(float(np.square(centred).sum()), 1e-300)
    return positions, explained


def _principal(centred: Doubles) -> tuple[Doubles, Doubles]:
    """Sums of squares along the principal axes, and the axes [axis, dim], the largest first."""
    if centred.shape[0] < centred.shape[1]:
        _, singular, axes = np.linalg.svd(centred, full_matrices=False)
        squares = singular**2
    else:
        squares, vectors = np.linalg.eigh(centred.T @ centred)
        squares, axes = squares[::-1].clip(0), vectors.T[::-1]
    largest = np.abs(axes).argmax(axis=1)
    signs = np.sign(axes[np.arange(len(axes)), largest])
    return squares, axes * signs[:, None]


def nearest(vectors: Vectors, count: int = NEAREST) -> tuple[Ints, Array]:
    """The ``count`` other rows with the largest cosine, [row, count], and that cosine; fewer where there are fewer."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    units: npt.NDArray[np.floating] = np.asarray(vectors / np.where(norms > 0, norms, 1), vectors.dtype)
    count = min(count, len(units) - 1)
    places = np.empty((len(units), count), np.int32)
    cosines = np.empty((len(units), count), np.float32)
    for at in range(0, len(units), CHUNK):
        go_on()
        part = units[at : at + CHUNK] @ units.T
        rows = np.arange(len(part))
        part[rows, at + rows] = -np.inf
        best = top(part, count)
        places[at : at + CHUNK] = best
        cosines[at : at + CHUNK] = np.take_along_axis(part, best, axis=1).clip(-1, 1)
    return read_only(places), read_only(cosines)


def trustworthiness(vectors: Vectors, positions: Array, count: int = NEAREST) -> tuple[float, float]:
    """How near points drawn near each other are in the original space, and the share that is among the nearest.

    1 − 2/(n k (2n − 3k − 1)) · Σ_i Σ_j max(0, r(i, j) − k), j over the k points drawn nearest to i, r the rank of j
    among all points by Euclidean distance from i in the original space (Venna & Kaski 2001): 0 … 1, 1 where all are
    real. The share counts those with r ≤ k, equal distances with an equal rank. Both are -1 for too few points.
    """
    points = len(vectors)
    if points <= 2 * count:
        return -1.0, -1.0
    before, after = _scaled(vectors), _scaled(positions)
    intruders = real = 0
    for at in range(0, points, CHUNK):
        go_on()
        far = _distances(before, at)
        drawn = top(-_distances(after, at), count)
        for column in range(count):
            reach = np.take_along_axis(far, drawn[:, column : column + 1], axis=1)
            ranks = 1 + (far < reach).sum(axis=1)
            intruders += int(np.maximum(0, ranks - count).sum())
            real += int((ranks <= count).sum())
    worst = points * count * (2 * points - 3 * count - 1)
    return float(1 - intruders * 2 / worst), real / (points * count)


def _scaled(vectors: Vectors) -> Array:
    """Centred, and small enough that squares do not overflow."""
    centred = vectors - vectors.mean(axis=0, dtype=np.float64)
    return np.asarray(centred / max(float(np.abs(centred).max()), 1e-300), np.float32)


def _distances(points: Array, at: int) -> Array:
    """Squared distances of rows ``at`` … ``at + CHUNK`` to all; infinite to themselves."""
    part = points[at : at + CHUNK]
    squares = np.einsum("ij,ij->i", points, points)
    out = squares[at : at + CHUNK, None] + squares - 2 * (part @ points.T)
    rows = np.arange(len(part))
    out[rows, at + rows] = np.inf
    return np.asarray(out, np.float32)
