"""Small numerical helpers that several computations share: softmax, the largest of many, losses."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.arrays import Array

Doubles = npt.NDArray[np.float64]


def log_softmax(logits: npt.NDArray[np.floating]) -> Doubles:
    """Natural logarithm of the probability of each entry along the last axis, nats, in float64."""
    shifted = logits.astype(np.float64) - logits.max(axis=-1, keepdims=True)
    result: Doubles = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return result


def softmax(logits: npt.NDArray[np.floating]) -> Doubles:
    """exp(x_i) / Σ exp(x_j) along the last axis, for finite x, in float64.

    >>> softmax(np.log([1.0, 3.0])).round(6).tolist()
    [0.25, 0.75]
    """
    powers = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    result: Doubles = powers / powers.sum(axis=-1, keepdims=True)
    return result


def highest(values: npt.NDArray[np.floating], count: int) -> npt.NDArray[np.intp]:
    """Places of the ``count`` largest values [n], the largest first and of equal ones the earlier first.

    >>> highest(np.array([1, 3, 2, 3], np.float32), 3)
    array([1, 3, 2])
    """
    least = np.partition(values, -count)[-count] if count < len(values) else values.min()
    found = np.flatnonzero(values >= least)
    return found[np.argsort(-values[found], kind="stable")][:count]


def top(scores: npt.NDArray[np.floating], count: int) -> npt.NDArray[np.intp]:
    """``highest`` of each row: [row, n] → [row, count], fewer where there are fewer.

    >>> top(np.array([[1, 3, 2], [5, 4, 5]], np.float32), 2).tolist()
    [[1, 2], [0, 2]]
    """
    return np.stack([highest(row, count) for row in scores])


def losses(logits: Array, ids: Sequence[int]) -> Doubles:
    """−ln p(t_i | t_<i) of each token in nats, nan for token 0; logits [token, vocab] → [token]."""
    result = np.full(len(ids), np.nan)
    for at in range(1, len(ids)):  # row by row: a large vocabulary in float64 would fill 100 MB
        row, top = logits[at - 1], logits[at - 1].max()
        result[at] = np.log(np.exp(row - top).sum(dtype=np.float64)) + top - row[ids[at]]
    return result


def unit(vectors: npt.ArrayLike) -> Doubles:
    """[..., d] → the same at length 1; a zero vector stays zero."""
    wide = np.asarray(vectors, np.float64)
    length = np.linalg.norm(wide, axis=-1, keepdims=True)
    return wide / np.where(length > 0, length, 1.0)
