"""Attention followed through the layers (attention rollout), beside what each layer alone shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.arrays import Array, read_only
from core.errors import TextTooLong
from core.models.read.trace import Trace
from core.models.tokens.labels import Tokens
from core.results import named

MOST = 128
"""Tokens at most: two matrices of every layer go to the browser."""


@dataclass(frozen=True, slots=True, eq=False)
class Rollout:
    """One matrix per layer, twice: the layer's own attention, and what has come together up to it."""

    tokens: Tokens
    raw: Array  # [layer, query, key], mean over the layer's heads, rows sum to 1
    rolled: Array  # [layer, query, key], product up to this layer, rows sum to 1
    causal: bool  # a token never gets anything from later ones


@dataclass(frozen=True, slots=True)
class RolloutNotice:
    """What to notice: the last token's row after all layers, and how alike the rows have become."""

    layers: int
    token: str  # the last ordinary token
    top: str  # the token that has the largest share of its row
    share: float  # of that token, 0..1
    raw: float  # what the last layer's own attention gives that token, 0..1
    difference: float  # mean total variation distance of the rows from their mean, 0 (all alike) .. 1


@named("attention_heads.rollout")
def rollout(*, trace: Trace) -> Rollout:
    """Attention rollout: R_l = (½ Ā_l + ½ I) · R_(l−1), R_(−1) = I, with Ā_l the mean over the heads of layer l.

    The ½ I stands for the residual stream, which carries each token past the attention (Abnar & Zuidema 2020,
    arXiv:2005.00928, §3). It knows no values, no MLPs and no norms: a heuristic, not an explanation.
    Rows sum to 1. Errors: TextTooLong above 128 tokens.

    >>> rollout(trace=trace).rolled[0] == 0.5 * trace.attention[0].mean(0) + 0.5 * np.eye(n)  # doctest: +SKIP
    True, for the first layer
    """
    if len(trace.tokens) > MOST:
        raise TextTooLong(count=len(trace.tokens), limit=MOST)
    raw = np.asarray(trace.attention).mean(axis=1, dtype=np.float64)
    raw /= raw.sum(axis=-1, keepdims=True)  # a model in bfloat16 is a little off
    eye = np.eye(len(trace.tokens))
    rolled, product = np.empty_like(raw), eye
    for layer, own in enumerate(raw):
        product = (0.5 * own + 0.5 * eye) @ product
        rolled[layer] = product
    return Rollout(
        tokens=trace.tokens,
        raw=read_only(raw.astype(np.float32)),
        rolled=read_only(rolled.astype(np.float32)),
        causal=trace.kind == "decoder",
    )


def difference(matrix: Array) -> float:
    """How much the rows of a matrix differ: mean total variation distance from their mean, 0 where all are alike.

    >>> difference(np.full((3, 3), 1 / 3)), round(difference(np.eye(2)), 2)
    (0.0, 0.5)
    """
    return float(np.abs(matrix - matrix.mean(axis=0)).sum(axis=1).mean() / 2)


def notice(found: Rollout) -> RolloutNotice:
    """The last ordinary token's strongest source after all layers."""
    ordinary = [at for at, special in enumerate(found.tokens.special) if not special]
    last = ordinary[-1] if ordinary else len(found.tokens) - 1
    row = found.rolled[-1, last]
    top = int(row.argmax())
    return RolloutNotice(
        layers=len(found.rolled),
        token=found.tokens.labels[last],
        top=found.tokens.labels[top],
        share=float(row[top]),
        raw=float(found.raw[-1, last, top]),
        difference=difference(found.rolled[-1]),
    )
