"""The overview of all heads as one message for the ``attention_overview`` canvas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from core.figures.attention_heads.payloads import (
    AttentionOverview,
    AttentionOverviewArrays,
    AttentionOverviewState,
)
from core.figures.buffer import Array, pack, with_defaults

if TYPE_CHECKING:
    from core.compute.attention_heads.overview import Calibration, Overview

BUDGET = 5_600_000  # bytes of attention before compression; keeps a view under 2 MB on the wire
GROUP = "attention"
"""Canvases of one group hear each other."""
DEFAULTS: AttentionOverviewState = {
    "layer": 0,
    "head": 0,
    "sort": "layer",  # "layer" or a metric
    "colour": "induction",  # metric of the bars
    "on": "text",  # scores measured on "text" or "calibration"
    "x": "previous",
    "y": "induction",
    "ablate": [],  # names of the heads that are switched off, "5.1"
    "roles": {},  # name of a head → id of a role ("role_<id>" in words) or a ready phrase
    "version": 0,  # a new value makes the canvas follow all of this state, its own changes included
}


def thin(attention: Array, budget: int = BUDGET) -> tuple[Array, int]:
    """Halve rows and columns by their maximum until [layer, head, row, col] fits; also by how much it shrank.

    >>> thin(np.eye(4, dtype=np.uint8)[None, None], budget=4)[0].tolist()
    [[[[1, 0], [0, 1]]]]
    """
    factor = 1
    while attention.size > budget and attention.shape[-1] > 8:
        odd = attention.shape[-1] % 2
        padded = np.pad(attention, ((0, 0), (0, 0), (0, odd), (0, odd)))
        layers, heads, size, _ = padded.shape
        attention = padded.reshape(layers, heads, size // 2, 2, size // 2, 2).max(axis=(3, 5))
        factor *= 2
    return attention, factor


def _scores(metrics: Array) -> Array:
    return np.ascontiguousarray(metrics, dtype=np.float32)


def overview_payload(
    overview: Overview | None,
    calibration: Calibration | None,
    words: Mapping[str, str],
    state: Mapping[str, object],
    caption: str = "",
    *,
    language: str = "en",
) -> bytes:
    """Pack attention, scores, words and state of all heads; None for `overview` draws the empty state.

    `words` is the table ``overview`` of the page's texts; `state` may hold any key of `DEFAULTS`.
    `caption` (model and text) stands under the picture that a visitor saves. The canvas sets ``view``
    {sort, colour, on, x, y, at}, ``pick`` {layer, head, at} (at: time, ms) and ``ablate`` [name, …] or null,
    each once per choice, and follows `state` where it differs from what Python said last.
    Raises ValueError for an unknown key.
    """
    own = {name: value for name, value in state.items() if name != "group"}
    meta: AttentionOverview = {
        "words": dict(words), "state": with_defaults(own, DEFAULTS), "caption": caption, "language": language,
        "group": str(state.get("group", GROUP)), "layers": 0, "heads": 0, "size": 0, "kv_heads": 0, "pooled": 1,
        "tokens": [], "causal": False,
    }  # fmt: skip
    if overview is None:
        return pack(meta, {})
    attention, factor = thin(overview.attention)
    layers, heads, size, _ = attention.shape
    meta |= {"layers": layers, "heads": heads, "size": size, "kv_heads": overview.kv_heads}
    meta |= {
        "pooled": overview.pooled * factor,
        "tokens": list(overview.tokens.labels),
        "causal": overview.causal,
    }
    arrays: AttentionOverviewArrays = {"attention": attention, "text": _scores(overview.metrics)}
    if calibration is not None:
        arrays["calibration"] = _scores(calibration.metrics)
        meta["calibration_length"] = calibration.length
    return pack(meta, arrays)
