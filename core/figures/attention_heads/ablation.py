"""The payload of the before/after canvas: what switching heads off changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from core.figures.buffer import pack
from core.numbers import say

if TYPE_CHECKING:
    from core.compute.attention_heads.ablation import Ablation

UNKNOWN = (
    1e38  # stands for "no value" (the first token has no loss); NaN does not travel in JSON, and is not drawn
)


def payload(
    result: Ablation,
    words: Mapping[str, str],
    state: Mapping[str, Any],
    caption: str = "",
    *,
    language: str = "en",
) -> bytes:
    """Pack candidates [candidate] before and after, and the change of each token.

    For a decoder the change of its loss (nats), for an encoder how far its final hidden state turned (1 − cosine).
    `state`: version only. `caption` (model and text) stands under the picture that a visitor saves.
    """
    losses = bool(np.isfinite(result.loss_before).any()) if len(result.loss_before) else False
    change = result.loss_after - result.loss_before if losses else np.maximum(0.0, 1.0 - result.similarity)
    before = result.loss_before if losses else np.ones_like(change)
    after = result.loss_after if losses else result.similarity
    header = {
        "words": dict(words),
        "state": dict(state),
        "language": language,
        "caption": caption,
        "measure": "loss" if losses else "turn",
        "candidates": list(result.candidates),
        "tokens": list(result.tokens.labels),
        "before": _said(before, ".3g"),
        "after": _said(after, ".3g" if losses else ".6f"),
        "change": _said(change, "+.3g" if losses else ".2g"),
    }
    filled = np.where(np.isfinite(change), change, UNKNOWN).astype(np.float32)
    arrays = {"before": result.before, "after": result.after, "change": filled}
    return pack(header, {name: np.asarray(array, np.float32) for name, array in arrays.items()})


def _said(values: np.ndarray, form: str) -> list[str]:
    return [
        say(value, form, "en") for value in values.tolist()
    ]  # such small numbers are the same in all languages
