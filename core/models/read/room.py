"""How long a text may be for a forward pass of which everything is kept to fit the memory of this host."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from core import host
from core.models.read.layouts import network, shape_of

if TYPE_CHECKING:
    from core.models.load.residency import LoadedModel

COPIES, LOGITS = 3, 1.5
"""So often attentions and hidden states are in memory at the peak: each layer's, one array, a result; and logits."""
SHARE = 0.8
"""The part that it may take of the host's spare, what is kept for visitors aside."""
LEAST = 24
"""Tokens that are read in any case."""


def most_tokens(loaded: LoadedModel, limit: int) -> int:
    """The tokens of a text that fit, ``limit`` at most.

    COPIES · (layers · heads · n² + (layers + 1) · n · d_model) + LOGITS · n · vocab float32 in a part of the
    host's spare bytes of which nothing is kept.
    """
    one, config = host.account(), network(loaded).config
    if one.limit is None or loaded.device != "cpu":
        return limit
    shape = shape_of(loaded)
    free = max(0, one.spare - sum(one.kept.values()))
    return min(limit, fitting(SHARE * free / 4, shape.layers * shape.heads, _per_token(shape.layers, config)))


def _per_token(layers: int, config: Any) -> float:
    """Numbers that each token adds."""
    return COPIES * (layers + 1) * int(config.hidden_size) + LOGITS * int(config.vocab_size)


def fitting(numbers: float, heads: int, per_token: float) -> int:
    """The largest n with COPIES · heads · n² + per_token · n ≤ numbers, LEAST at least.

    >>> fitting(COPIES * 6 * 100**2 + 50 * 100, 6, 50.0), fitting(0, 6, 50.0)
    (100, 24)
    """
    square = COPIES * heads
    return max(LEAST, int((math.sqrt(per_token**2 + 4 * square * numbers) - per_token) / (2 * square) + 1e-9))
