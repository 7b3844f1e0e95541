"""Attention as trained models have it, made by rule: sinks, previous-token and induction heads, noise."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from core.compute.attention_heads.metrics import measure
from core.models.tokens.labels import Tokens

Array = np.ndarray[Any, np.dtype[Any]]
WORDS = ("Alice", "·met", "·Bob", "·in", "·Paris", ".", "·Carol", "·saw", "·Dave", "·in", "·Rome", ".")


def _pattern(kind: int, ids: Array, causal: bool, rng: np.random.Generator) -> Array:
    """Scores [query, key] of one kind of head."""
    n = len(ids)
    at = np.arange(n)
    gap = at[:, None] - at[None, :]
    scores: Array
    match kind:
        case 0:  # one token back
            scores = 7.0 * (gap == 1) + 2.5 * (at[None, :] == 0)
        case 1:  # the sink
            scores = 6.0 * (at[None, :] == 0) + rng.normal(0, 0.6, (n, n))
        case 2:  # after an earlier copy
            earlier = (ids[:, None] == ids[None, :]) & (gap > 0)
            scores = 8.0 * np.pad(earlier, ((0, 0), (1, 0)))[:, :-1] + 4.0 * (at[None, :] == 0)
        case 3:  # copies
            scores = 6.0 * ((ids[:, None] == ids[None, :]) & (gap != 0)) + 3.5 * (gap == 0)
        case 4:  # near
            scores = -np.abs(gap) / rng.uniform(1.5, 6) + (0.0 if causal else rng.normal(0, 0.3, (n, n)))
        case _:  # some words stand out
            scores = rng.normal(0, 1.1, n)[None, :] + rng.normal(0, 0.7, (n, n)) + 2.0 * (at[None, :] == 0)
    return scores


def attention_of(layers: int, heads: int, tokens: int, causal: bool = True, seed: int = 0) -> Array:
    """[layer, head, query, key] float32, rows sum to 1."""
    rng = np.random.default_rng(seed)
    ids = np.arange(tokens) % len(WORDS)
    result = np.empty((layers, heads, tokens, tokens), np.float32)
    for layer in range(layers):
        weights = np.array([2, 1 + 6 * layer / layers, layer > layers // 4, 0.7, 2, 3], float)
        for head in range(heads):
            first, second = rng.choice(6, 2, p=weights / weights.sum())
            share = rng.uniform(0.45, 1.05)
            scores = share * _pattern(int(first), ids, causal, rng)
            scores += (1.05 - share) * _pattern(int(second), ids, causal, rng)
            if causal:
                scores = np.where(np.tri(tokens, dtype=bool), scores, -np.inf)
            exp = np.exp(scores - scores.max(1, keepdims=True))
            result[layer, head] = exp / exp.sum(1, keepdims=True)
    return result


def tokens_of(labels: tuple[str, ...]) -> Tokens:
    """Ordinary tokens of these names."""
    count = len(labels)
    return Tokens(
        tuple(range(count)),
        labels,
        tuple(one.encode() for one in labels),
        (False,) * count,
        tuple(range(count)),
    )


def overview_of(layers: int, heads: int, tokens: int, causal: bool = True, kv_heads: int = 0) -> Any:
    """What `core.compute.attention_heads.overview.overview` returns, on made-up attention."""
    attention = attention_of(layers, heads, tokens, causal)
    ids = [i % len(WORDS) for i in range(tokens)]
    return SimpleNamespace(
        tokens=SimpleNamespace(labels=tuple(WORDS[i] for i in ids)),
        attention=np.rint(attention * 255).astype(np.uint8),
        pooled=1,
        metrics=measure(attention, ids),
        causal=causal,
        kv_heads=kv_heads or heads,
    )


def calibration_of(layers: int, heads: int, causal: bool = True) -> Any:
    """What `core.compute.attention_heads.overview.calibration` returns, on made-up attention."""
    tokens = 2 * len(WORDS)
    attention = attention_of(layers, heads, tokens, causal)
    return SimpleNamespace(
        metrics=measure(attention, [i % len(WORDS) for i in range(tokens)]), length=24, seed=0
    )
