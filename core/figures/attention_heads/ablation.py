"""The payload of the before/after canvas: what switching heads off changed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from core.figures.buffer import pack

if TYPE_CHECKING:
    from core.compute.attention_heads.ablation import Ablation

UNKNOWN = (
    1e38  # stands for "no value" (the first token has no loss); NaN does not travel in JSON, and is not drawn
)


def payload(result: Ablation, words: Mapping[str, str], state: Mapping[str, Any], caption: str = "") -> bytes:
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
        "caption": caption,
        "measure": "loss" if losses else "turn",
        "candidates": list(result.candidates),
        "tokens": list(result.tokens.labels),
        "before": _shown(before),
        "after": _shown(after) if losses else [f"{value:.6f}" for value in after.tolist()],
        "change": _signed(change) if losses else _tiny(change),
    }
    filled = np.where(np.isfinite(change), change, UNKNOWN).astype(np.float32)
    arrays = {"before": result.before, "after": result.after, "change": filled}
    return pack(header, {name: np.asarray(array, np.float32) for name, array in arrays.items()})


def _shown(values: np.ndarray) -> list[str]:
    return [f"{value:.3g}" for value in values.tolist()]


def _signed(values: np.ndarray) -> list[str]:
    return [f"{value:+.3g}" for value in values.tolist()]


def _tiny(values: np.ndarray) -> list[str]:
    """Two significant digits without an exponent: a cosine may differ from 1 by a hundred-thousandth."""
    shown = partial(np.format_float_positional, precision=2, fractional=False, trim="-")
    return [shown(value) for value in values.tolist()]
