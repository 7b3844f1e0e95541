"""How far apart labelled vectors lie, and how to draw them layer by layer without jumps.

Everything is computed from cosines, so that 31 layers and 200 shuffles of the labels take milliseconds.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.arrays import Array, Ints
from core.numerics import Doubles, unit

SHUFFLES = 200
"""Times that the labels are shuffled for the baseline."""


def cosines(vectors: npt.ArrayLike) -> Doubles:
    """[n, d] → [n, n] cosine of each two; exactly 1 for equal vectors."""
    units = unit(vectors)
    found: Doubles = np.clip(units @ units.T, -1.0, 1.0)
    found[found > 1.0 - 1e-9] = 1.0
    return found


def silhouette(cosine: Doubles, labels: Ints) -> Doubles:
    """Mean of (b − a) / max(a, b) over the points, for each labelling: [shuffle, n] → [shuffle].

    a: mean distance 1 − cosine to the others of the own group; b: the smallest mean distance to another group;
    0 for a point that is alone in its group or where a = b = 0 (Rousseeuw 1987).
    """
    member = _members(labels)  # [shuffle, n, group]
    size = member.sum(axis=1, keepdims=True)
    sums = (1.0 - cosine) @ member
    own = (sums * member).sum(-1)
    count = (member * size).sum(-1)
    a = own / np.maximum(count - 1, 1)
    b = np.where(member > 0, np.inf, sums / size).min(-1)
    largest = np.maximum(a, b)
    value = np.where((count > 1) & (largest > 0), (b - a) / np.where(largest > 0, largest, 1.0), 0.0)
    mean: Doubles = value.mean(-1)
    return mean


def accuracy(cosine: Doubles, labels: Ints) -> Doubles:
    """Share of points whose nearest centroid is their own group's, the point itself left out of it: [shuffle].

    A centroid is the mean of unit vectors; near is by cosine; k equally near centroids count 1/k.
    """
    member = _members(labels)
    sums = cosine @ member  # [shuffle, n, group] u_i · Σ u_j
    length = np.einsum("sng,sng->sg", member, sums)[:, None, :]  # |Σ u_j|²
    self_cosine = np.diag(cosine)[:, None]
    others = sums - member * self_cosine
    left = length - member * (2 * sums - self_cosine)
    near = np.where(left > 1e-12, others / np.sqrt(np.maximum(left, 1e-12)), -np.inf)
    best = near >= near.max(-1, keepdims=True) - 1e-7
    right: Doubles = ((best * member).sum(-1) / best.sum(-1)).mean(-1)
    return right


def shuffled(labels: Ints, seed: int) -> Ints:
    """[SHUFFLES, n] the same labels in random order."""
    rng = np.random.default_rng(seed)
    return np.stack([rng.permutation(labels) for _ in range(SHUFFLES)])


def planes(vectors: Array) -> tuple[Doubles, Doubles]:
    """PCA of the unit vectors of each layer: positions [layer, n, 2] and shares of variance [layer, 2]."""
    places, shares = [], []
    for layer in vectors:
        units = unit(layer)
        centred = units - units.mean(0)
        if np.abs(centred).max(initial=0.0) < 1e-6:
            places.append(np.zeros((len(layer), 2)))
            shares.append(np.zeros(2))
            continue
        left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
        places.append(_two(left * sizes))
        shares.append(_two((sizes**2 / (sizes**2).sum())[None])[0])
    return np.stack(places), np.stack(shares)


def _two(columns: Doubles) -> Doubles:
    """The first two columns, zeros where there are fewer."""
    return np.pad(columns[:, :2], ((0, 0), (0, max(0, 2 - columns.shape[1]))))


def aligned(positions: Doubles, labels: Ints, start: int) -> Doubles:
    """Turn and mirror each layer's plane so that it fits its neighbour's, from layer ``start`` outwards.

    Orthogonal Procrustes (Schönemann 1966): R = argmin |P R − Q| = U Vᵀ of the SVD of Pᵀ Q. At ``start`` the first
    group's mean is turned to the left of the second one's. Distances within a layer do not change.
    """
    result = positions.copy()
    step = result[start][labels == 1].mean(0) - result[start][labels == 0].mean(0)
    length = float(np.hypot(*step))
    if length > 0:
        cos, sin = step / length
        result[start] = result[start] @ np.array([[cos, -sin], [sin, cos]])
    for order in (range(start + 1, len(result)), range(start - 1, -1, -1)):
        before = start
        for layer in order:
            result[layer] = result[layer] @ procrustes(result[layer], result[before])
            before = layer
    return result


def procrustes(given: Doubles, wanted: Doubles) -> Doubles:
    """The orthogonal matrix R that makes |given R − wanted| smallest."""
    left, _, right = np.linalg.svd(given.T @ wanted)
    turn: Doubles = left @ right
    return turn


def _members(labels: Ints) -> Doubles:
    """[shuffle, n] → [shuffle, n, group], 1 where a point is in a group."""
    wide = np.atleast_2d(labels)
    members: Doubles = (wide[..., None] == np.arange(int(wide.max()) + 1)).astype(np.float64)
    return members
