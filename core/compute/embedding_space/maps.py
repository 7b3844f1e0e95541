"""A map of vectors: positions of its points by a method of projection, and how far they can be trusted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from core.arrays import Array, Ints
from core.compute.embedding_space.projection import Vectors, nearest, project, trustworthiness
from core.compute.embedding_space.settings import Settings
from core.jobs.permit import Permit, permit


@dataclass(frozen=True, slots=True, eq=False)
class Map:
    """Points in the plane or in space, and what each was near before it was projected."""

    words: tuple[str, ...]  # [point] the more important first: place their labels in this order
    groups: tuple[str, ...]  # [point] group id, "" without one
    positions: Array  # [point, dims] centred; units of the method
    method: str  # "pca", "umap" or "tsne"
    explained: Array  # [dims] PCA: share of the variance along each axis, 0 … 1; empty otherwise
    trustworthiness: float  # 0 … 1 at 10 neighbours (Venna & Kaski 2001); -1 below 21 points
    dims: int  # 2 or 3
    neighbours: Ints  # [point, ≤ 10] nearest points of this map in the original space, by cosine
    similarity: Array  # [point, ≤ 10] their cosine
    sentences: tuple[
        str, ...
    ] = ()  # [point] what stands behind a point where that is more than its word, else ()
    missing: tuple[str, ...] = ()  # words asked for that the table does not hold
    repeated: tuple[str, ...] = ()  # words given more than once, kept once
    real: float = (
        -1.0
    )  # share of the 10 points drawn nearest that are among the 10 nearest; -1 below 21 points
    unknown: tuple[str, ...] = ()  # lines that the model has no tokens for: one vector for all of them


def build_map(
    words: Sequence[str],
    groups: Sequence[str],
    vectors: Vectors,
    settings: Settings,
    *,
    sentences: Sequence[str] = (),
    missing: Sequence[str] = (),
    repeated: Sequence[str] = (),
    unknown: Sequence[str] = (),
) -> Map:
    """Project ``vectors`` [point, dim] and put the map together.

    Call ``projection.ready(method, count)`` before making vectors that take long. Errors: BadParameter, TooFewPoints,
    IdenticalVectors, NeedsWorker.
    """
    made = partial(
        Map, words=tuple(words), groups=tuple(groups), method=settings.method, dims=settings.dims,
        sentences=tuple(sentences),
    )  # fmt: skip
    show = partial(_show, permit() or Permit(), made)
    positions, explained = project(vectors, settings, show=show)
    near, similarity = nearest(vectors)
    trust, real = trustworthiness(vectors, positions)
    return made(
        positions=positions,
        explained=explained,
        trustworthiness=trust,
        neighbours=near,
        similarity=similarity,
        missing=tuple(missing),
        repeated=tuple(repeated),
        real=real,
        unknown=tuple(unknown),
    )


def _show(given: Permit, made: Callable[..., Map], positions: Array) -> None:
    """The map so far: nothing is said of its neighbours, nor of how far it can be trusted."""
    none = np.empty((len(positions), 0), np.float32)
    near = {"neighbours": none.astype(np.int32), "similarity": none}
    given.show(made(positions=positions, explained=none[0], trustworthiness=-1.0, **near))
