"""The same heads on two texts: a sentence and its translation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.arrays import Array, read_only
from core.catalog.attention_heads import METRICS
from core.compute.attention_heads.metrics import measure
from core.errors import NoTokens
from core.models.read.lines import is_unknown
from core.models.read.trace import make_trace
from core.models.tokens.labels import Tokens
from core.numerics import Doubles
from core.results import named

if TYPE_CHECKING:
    from core.models.load.residency import LoadedModel

LEADERS = 5
"""So many heads are left out to see whether they alone make the correlation."""
MOST = 48
"""Tokens of each text at most: all heads of both go to the browser."""


@dataclass(frozen=True, slots=True, eq=False)
class HeadPair:
    """All heads of a model on two texts."""

    first: Tokens
    second: Tokens
    attention_first: npt.NDArray[np.uint8]  # [layer, head, query, key], 255 = 1.0
    attention_second: npt.NDArray[np.uint8]  # [layer, head, query, key], 255 = 1.0
    metrics_first: Array  # [metric, layer, head] in the order of METRICS; nan where no query qualifies
    metrics_second: Array  # [metric, layer, head]


@dataclass(frozen=True, slots=True)
class PairNotice:
    """How far the heads keep their habit: the correlation over heads, and the head that leads on the first text."""

    heads: int  # with a value on both texts
    correlation: float  # Pearson's r over these heads; nan where there is none
    layer: int  # of the head with the highest value on the first text
    head: int
    first: float  # its values
    second: float
    rank: int  # its place on the second text, 1 is the highest
    rest: float  # Pearson's r without the ``LEADERS`` heads that are highest on the first text; nan where there is none


@named("attention_heads.pair")
def pair(*, loaded: LoadedModel, first: str, second: str) -> HeadPair:
    """Attention and metrics of all heads on two texts, each read by itself.

    Errors: TextEmpty, TextTooLong above 48 tokens each, NoTokens for a text of unknown pieces only.

    >>> found = pair(loaded=model, first="A cat sleeps.", second="一只猫在睡觉。")  # doctest: +SKIP
    >>> found.metrics_first.shape == found.metrics_second.shape  # doctest: +SKIP
    True
    """
    traces = [make_trace(loaded, text, limit=MOST) for text in (first, second)]
    for trace, text in zip(traces, (first, second), strict=True):
        if is_unknown(loaded, trace.tokens, text):
            raise NoTokens(model=loaded.spec.id, text=text[:40])
    attentions = [np.asarray(trace.attention) for trace in traces]
    cells = [read_only(np.rint(one * 255).astype(np.uint8)) for one in attentions]
    metrics = [
        read_only(measure(one, trace.tokens.ids)) for one, trace in zip(attentions, traces, strict=True)
    ]
    return HeadPair(traces[0].tokens, traces[1].tokens, cells[0], cells[1], metrics[0], metrics[1])


def notice(found: HeadPair, metric: str) -> PairNotice | None:
    """What to notice of a metric; None where no head has it on both texts."""
    at = METRICS.index(metric)
    one, other = (np.asarray(side[at], np.float64) for side in (found.metrics_first, found.metrics_second))
    known = ~(np.isnan(one) | np.isnan(other))
    if not known.any():
        return None
    followers = known & (
        np.argsort(np.argsort(-np.where(known, one, -np.inf), axis=None)) >= LEADERS
    ).reshape(one.shape)
    layer, head = np.unravel_index(int(np.where(known, one, -np.inf).argmax()), one.shape)
    return PairNotice(
        heads=int(known.sum()),
        correlation=_correlation(one[known], other[known]),
        layer=int(layer),
        head=int(head),
        first=float(one[layer, head]),
        second=float(other[layer, head]),
        rank=1 + int((other[known] > other[layer, head]).sum()),
        rest=_correlation(one[followers], other[followers]),
    )


def _correlation(one: Doubles, other: Doubles) -> float:
    """Pearson's r; nan where a side does not vary."""
    varied = len(one) > 1 and min(one.std(), other.std()) > 0
    return float(np.corrcoef(one, other)[0, 1]) if varied else float("nan")
