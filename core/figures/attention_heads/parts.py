"""The further views of attention as messages for their canvases, and as tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from core.figures.attention_heads.payloads import (
    CrossAttention,
    CrossAttentionArrays,
    CrossAttentionState,
    HeadPair,
    HeadPairArrays,
    HeadPairState,
    Side,
)
from core.figures.buffer import Array, pack

if TYPE_CHECKING:
    from core.compute.attention_heads import pair
    from core.compute.attention_heads.cross import Translation
    from core.models.tokens.labels import Tokens

EXACT = 640_000
"""Bytes of float32 that are sent as they are; larger arrays are rounded to 1/255."""

Table = tuple[tuple[str, ...], Iterator[tuple[object, ...]]]


def rounded(weights: Array) -> Array:
    """Shares 0..1 in steps of 1/255, uint8."""
    return np.rint(np.asarray(weights, np.float64) * 255).astype(np.uint8)


def _side(tokens: Tokens) -> Side:
    return {"labels": list(tokens.labels), "special": [bool(one) for one in tokens.special]}


def pair_payload(
    found: pair.HeadPair, words: Mapping[str, str], state: Mapping[str, Any], language: str, caption: str = ""
) -> bytes:
    """All heads on two texts for the canvas ``head_pair``: attention uint8, metrics [metric, layer, head].

    ``state``: layer, head, by (a metric), version. The canvas commits ``look`` {layer, head, by}.
    """
    _, layers, heads = found.metrics_first.shape
    meta: HeadPair = {
        "words": dict(words), "state": cast("HeadPairState", dict(state)), "language": language, "caption": caption,
        "sides": [_side(found.first), _side(found.second)], "layers": layers, "heads": heads,
    }  # fmt: skip
    arrays: HeadPairArrays = {
        "first": found.attention_first, "second": found.attention_second,
        "metrics_first": found.metrics_first, "metrics_second": found.metrics_second,
    }  # fmt: skip
    return pack(meta, arrays)


def pair_table(found: pair.HeadPair, metrics: Sequence[str]) -> Table:
    """One row per head: every metric on both texts; no value is an empty cell."""
    columns = ("layer", "head", *(f"{metric}_{side}" for metric in metrics for side in ("first", "second")))
    both = np.stack([found.metrics_first, found.metrics_second], axis=1)  # [metric, side, layer, head]
    _, _, layers, heads = both.shape

    def rows() -> Iterator[tuple[object, ...]]:
        for layer in range(layers):
            for head in range(heads):
                values = both[:, :, layer, head].ravel().tolist()
                yield (layer, head, *("" if np.isnan(value) else value for value in values))

    return columns, rows()


def cross_payload(
    found: Translation,
    words: Mapping[str, str],
    state: Mapping[str, Any],
    language: str,
    surest: Sequence[int],
    caption: str = "",
) -> bytes:
    """Cross-attention [layer, head, written, source] for the canvas ``cross_attention``.

    ``state``: cl and ch (layer and head; −1 the mean of all, −2 the one in ``surest``), writing (step, −1 the
    one in ``surest``), version. ``surest`` is layer, head and step of what to notice. The canvas commits ``look``
    {cl, ch, writing}.
    """
    layers, heads, _, _ = found.attention.shape
    exact = found.attention.nbytes <= EXACT
    meta: CrossAttention = {
        "words": dict(words), "state": cast("CrossAttentionState", dict(state)), "language": language,
        "caption": caption, "source": _side(found.source), "written": _side(found.written), "layers": layers,
        "heads": heads, "scale": 1 if exact else 255, "surest": list(surest),
    }  # fmt: skip
    attention = found.attention if exact else rounded(found.attention)
    arrays: CrossAttentionArrays = {"attention": attention, "probability": found.probability}
    return pack(meta, arrays)


def cross_table(found: Translation) -> Table:
    """One row per layer, head and written token: its weights on every source token."""
    columns = ("layer", "head", "written", *found.source.labels)
    return columns, (
        (layer, head, found.written.labels[at], *(round(float(weight), 6) for weight in row))
        for layer, heads in enumerate(found.attention)
        for head, matrix in enumerate(heads)
        for at, row in enumerate(matrix)
    )
