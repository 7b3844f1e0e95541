"""The attention of a few layers as BertViz draws it: every head and every pair of tokens."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.arrays import Array, read_only
from core.errors import TextTooLong
from core.models.read.trace import Trace
from core.models.tokens.labels import Tokens
from core.results import named

MOST_TOKENS = 40
MOST_LAYERS = 6
"""BertViz draws one line for each pair of tokens in each head: 6 layers of 12 heads are 115,000 lines then."""
USUAL_LAYERS = 4


NOTEBOOK = """\
# in a notebook, with a network (BertViz fetches d3 and jQuery there)
import torch
from bertviz import head_view, model_view

layers = [torch.from_numpy(layer.copy())[None] for layer in trace.attention]
head_view(layers, list(trace.tokens.labels))
model_view(layers, list(trace.tokens.labels), include_layers=list(result.layers))
"""


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """Attention of the chosen layers."""

    tokens: Tokens
    layers: tuple[int, ...]  # which layers of the model, ascending
    count: int  # layers of the model
    attention: Array  # [chosen layer, head, query, key], rows sum to 1


def chosen(names: tuple[str, ...], count: int) -> tuple[int, ...]:
    """The layers that a link names, at most six that exist; four spread over the model where it names none.

    >>> chosen(("3", "x", "3", "99"), 12), chosen((), 12)
    ((3,), (0, 4, 7, 11))
    """
    layers = sorted({int(name) for name in names if name.isascii() and name.isdigit() and int(name) < count})
    if not layers:
        layers = sorted({round(at) for at in np.linspace(0, count - 1, min(USUAL_LAYERS, count)).tolist()})
    return tuple(layers[:MOST_LAYERS])


@named("attention_heads.weights")
def weights(*, trace: Trace, layers: tuple[str, ...]) -> Weights:
    """All heads of the chosen layers (Vig 2019, arXiv:1906.05714). Errors: TextTooLong above 40 tokens.

    >>> weights(trace=trace, layers=("0", "5")).attention.shape  # doctest: +SKIP
    (2, 12, 13, 13)
    """
    if len(trace.tokens) > MOST_TOKENS:
        raise TextTooLong(count=len(trace.tokens), limit=MOST_TOKENS)
    count = len(trace.attention)
    found = chosen(layers, count)
    return Weights(trace.tokens, found, count, read_only(trace.attention[list(found)].copy()))


@dataclass(frozen=True, slots=True)
class WeightsNotice:
    """How much of the model this is."""

    layers: int  # shown
    count: int  # of the model
    heads: int  # of a layer
    shown: int  # attention patterns
    all: int


def notice(found: Weights) -> WeightsNotice:
    """The counts of layers, heads and attention patterns."""
    layers, heads = found.attention.shape[:2]
    return WeightsNotice(layers, found.count, heads, heads * layers, heads * found.count)
