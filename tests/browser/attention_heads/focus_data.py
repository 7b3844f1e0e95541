"""One head as a rotary model with shared keys and values has it, from random vectors; nothing is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.compute.attention_heads.overview import Focus
from core.models.tokens.labels import Tokens

WORDS = ("Alice", "·met", "·Bob", "·in", "·Paris", ".", "·Carol", "·saw", "·Dave", "·in", "·Rome", ".")
Array = np.ndarray[Any, np.dtype[np.float32]]


def rotate(vectors: Array, base: float = 10_000.0) -> Array:
    """Dimensions i and i + d/2 of the token at p turn by p · base^(−2i/d) (Su et al. 2021)."""
    n, d = vectors.shape
    angle = np.arange(n)[:, None] * base ** (-np.arange(d // 2) * 2 / d)[None, :]
    first, second = vectors[:, : d // 2], vectors[:, d // 2 :]
    turned = [first * np.cos(angle) - second * np.sin(angle), first * np.sin(angle) + second * np.cos(angle)]
    return np.concatenate(turned, axis=1).astype(np.float32)


def softmax(scores: Array) -> Array:
    shifted = np.exp(scores.astype(float) - scores.max(1, keepdims=True))
    result: Array = (shifted / shifted.sum(1, keepdims=True)).astype(np.float32)
    return result


def focus_of(n: int, *, layer: int = 5, head: int = 3, causal: bool = True, d: int = 64) -> Focus:
    """A head that rests on its first token and else looks at what resembles it."""
    rng = np.random.default_rng(97 * layer + head)
    topic = rng.normal(0, 1, (len(WORDS), d))[np.arange(n) % len(WORDS)]
    content = [(topic + rng.normal(0, 0.5, (n, d))).astype(np.float32) for _ in range(2)]
    content = [0.6 * vectors for vectors in content]
    content[0] += 0.3
    content[1][0] += 0.3
    q, k = (rotate(vectors) for vectors in content)
    scores = (q @ k.T).astype(np.float32)
    scale = d**-0.5
    masked = np.where(np.tri(n, dtype=bool), scores * scale, -np.inf) if causal else scores * scale
    first = head - head % 3
    return Focus(
        layer=layer,
        head=head,
        kv_head=head // 3,
        shared=(first, first + 1, first + 2),
        scale=scale,
        causal=causal,
        rotary=True,
        attention=softmax(masked.astype(np.float32)),
        scores=scores,
        bias=None,
        q=q,
        k=k,
        q_content=content[0],
        k_content=content[1],
        value_norm=np.where(np.arange(n) == 0, 0.2, rng.uniform(1, 3, n)).astype(np.float32),
    )


def tokens_of(n: int, labels: Sequence[str] = WORDS) -> Tokens:
    """So many tokens, the labels over and over."""
    shown = tuple(labels[at % len(labels)] for at in range(n))
    raw = tuple(label.encode() for label in shown)
    return Tokens(tuple(range(n)), shown, raw, (False,) * n, tuple(range(n)))
