"""Numbers that say what an attention head looks at, each from one attention matrix and the token ids.

A is the attention of one head, [query, key], rows sum to 1; i is a query, j a key, n the number of tokens. A
query that does not qualify for a metric is left out of its mean; with no such query the metric is nan. The first axis
of every array of metrics is in the order of ``METRICS``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.arrays import Array
from core.catalog.attention_heads import METRICS


def measure(attention: Array, ids: Sequence[int]) -> Array:
    """All metrics of the heads of one text.

    - previous:  mean over i ≥ 1 of A[i, i−1]
    - first:     mean over i ≥ 1 of A[i, 0]
    - duplicate: mean over the i whose token occurred earlier of Σ A[i, j] over those earlier copies j
    - induction: mean over the same i of Σ A[i, j+1] over those earlier copies j (Olsson et al. 2022,
      arXiv:2209.11895, "prefix matching"); the query itself never counts: of two equal neighbours, the token
      after the first copy is the query, so the pair alone does not qualify
    - entropy:   mean over i of −Σ_j A[i, j] ln A[i, j], nats
    - distance:  mean over i of Σ_j A[i, j] · |i − j|, tokens

    attention: [layer, head, query, key] → [metric, layer, head], float32, in the order of ``METRICS``.

    >>> measure(np.eye(2, dtype=np.float32)[None, None], [7, 7])[:, 0, 0]  # each token looks at itself
    array([ 0.,  0.,  0., nan,  0.,  0.], dtype=float32)
    """
    weights = _weights(np.asarray(ids))
    linear = np.stack([weight.ravel() for weight in weights.values()], axis=1)  # [query · key, metric]
    rows = [METRICS.index(metric) for metric in weights]
    result = np.empty((len(METRICS), *attention.shape[:2]), dtype=np.float32)
    for layer, matrices in enumerate(attention):  # one layer at a time: 256 tokens of 30 layers are 70 MB
        result[rows, layer] = (matrices.reshape(len(matrices), -1) @ linear).T
        result[METRICS.index("entropy"), layer] = _entropy(matrices)
    return result


def _weights(ids: npt.NDArray[np.int_]) -> dict[str, Array]:
    """For every metric that is linear in A: the matrix W, [query, key], with metric = Σ A · W."""
    n = len(ids)
    at = np.arange(n)
    earlier = (ids[:, None] == ids[None, :]) & (at[None, :] < at[:, None])
    after = np.zeros_like(earlier)
    after[:, 1:] = earlier[:, :-1]
    after &= at[None, :] != at[:, None]
    later = at[:, None] >= 1
    return {
        "previous": _mean_over_queries(at[None, :] == at[:, None] - 1),
        "first": _mean_over_queries((at[None, :] == 0) & later),
        "duplicate": _mean_over_queries(earlier),
        "induction": _mean_over_queries(after),
        "distance": (np.abs(at[:, None] - at[None, :]) / n).astype(np.float32),
    }


def _mean_over_queries(looked_at: npt.NDArray[np.bool_]) -> Array:
    """1 / (number of qualifying queries) where a query should look; nan everywhere when none qualifies."""
    queries = int(looked_at.any(axis=1).sum())
    return np.where(looked_at, 1 / queries if queries else np.nan, 0 if queries else np.nan).astype(
        np.float32
    )


def _entropy(matrices: Array) -> Array:
    """[head, query, key] → [head], nats, with 0 · ln 0 = 0."""
    logs = np.log(np.maximum(matrices, np.finfo(np.float32).tiny))
    result: Array = -np.einsum("hqk,hqk->h", matrices, logs) / matrices.shape[-1]
    return np.maximum(result, 0)  # also turns −0 into 0
