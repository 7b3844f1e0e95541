"""What wakes a head that rests: which of many texts makes it look away from the first token."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.arrays import Array, Ints, read_only
from core.data.waking_texts import bank
from core.errors import TextEmpty, TextTooLong, TextTooShort
from core.models.read.trace import Trace, make_trace
from core.models.tokens.labels import Tokens
from core.results import named

if TYPE_CHECKING:
    from core.models.load.residency import LoadedModel

MOST = 48
"""Tokens of a text at most: all heads of it go to the browser."""
RESTS = 0.75
"""A head rests on a text where so much of its attention, or more, lies on the resting places."""

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Resting:
    """How much every head rests on one text."""

    tokens: Tokens
    awake: Array  # [layer, head], share of attention that leaves the resting places, 0..1
    attention: Bytes  # [layer, head, query, key], 255 = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Waking:
    """Every head on every text of the bank, and its attention on the text that wakes it most."""

    kinds: tuple[str, ...]  # of the texts
    texts: tuple[str, ...]
    awake: Array  # [layer, head, text], as above; nan where the text does not fit the model
    best: Ints  # [layer, head], the text with the largest share
    labels: tuple[tuple[str, ...], ...]  # tokens of each text
    special: tuple[tuple[bool, ...], ...]  # which of them are special
    attention: Bytes  # [layer, head, query, key] of the best text, 255 = 1.0; nothing beyond its tokens


@dataclass(frozen=True, slots=True)
class WakingNotice:
    """The head of those that rest on the text which another text wakes most."""

    resting: int  # heads that rest on this text
    heads: int  # of the model
    layer: int
    head: int
    here: float  # share that leaves the resting places on this text
    there: float  # … on the waking text
    text: str
    kind: str


def awake_share(attention: Array, special: Sequence[bool]) -> Array:
    """Share of attention that leaves the resting places, mean over queries: [layer, head].

    Resting places are the first token and special tokens such as </s> (Clark et al. 2019, arXiv:1906.04341, §3.2;
    Xiao et al. 2023, arXiv:2309.17453); queries are the ordinary tokens after the first. nan where there are none.

    >>> float(awake_share(np.array([[[[1, 0], [0.25, 0.75]]]]), (False, False))[0, 0])
    0.75
    """
    places = np.array(special, bool)
    queries = ~places
    queries[0], places[0] = False, True
    if not queries.any():
        return np.full(attention.shape[:2], np.nan, np.float32)
    rest = attention[:, :, queries][..., places].sum(axis=-1, dtype=np.float64).mean(axis=-1)
    return np.asarray(np.clip(1 - rest, 0, 1), np.float32)


@named("attention_heads.resting")
def resting(*, trace: Trace) -> Resting:
    """How much every head rests on this text. Errors: TextTooLong above 48 tokens, TextTooShort.

    >>> resting(trace=trace).awake[18, 8]  # doctest: +SKIP
    0.004
    """
    if len(trace.tokens) > MOST:
        raise TextTooLong(count=len(trace.tokens), limit=MOST)
    attention = np.asarray(trace.attention)
    awake = awake_share(attention, trace.tokens.special)
    if np.isnan(awake).any():
        raise TextTooShort(count=1, least=2, unit="tokens")
    cells = np.rint(attention * 255).astype(np.uint8)
    return Resting(trace.tokens, read_only(awake), read_only(cells))


@named("attention_heads.waking")
def waking(*, loaded: LoadedModel, progress: Callable[[str, float], None] | None = None) -> Waking:
    """Every head on every text of the bank, one forward each; other visitors get their turn in between.

    >>> found = waking(loaded=model)  # doctest: +SKIP
    >>> found.texts[found.best[18, 8]]  # doctest: +SKIP
    'one two three one two three one two three'
    """
    traces = []
    for at, entry in enumerate(bank()):
        if progress:
            progress("wake", at / len(bank()))
        traces.append(_read(loaded, entry.text))
    known = [trace for trace in traces if trace is not None]
    shape = known[0].attention.shape[:2]
    unknown = np.full(shape, np.nan, np.float32)
    shares = [
        unknown if one is None else awake_share(np.asarray(one.attention), one.tokens.special)
        for one in traces
    ]
    awake = np.stack(shares, axis=-1)
    best = np.nanargmax(awake, axis=-1).astype(np.int32)
    return Waking(
        kinds=tuple(entry.kind for entry in bank()),
        texts=tuple(entry.text for entry in bank()),
        awake=read_only(awake),
        best=read_only(best),
        labels=tuple(one.tokens.labels if one else () for one in traces),
        special=tuple(one.tokens.special if one else () for one in traces),
        attention=read_only(_of_best(traces, best)),
    )


def _read(loaded: LoadedModel, text: str) -> Trace | None:
    """A text of the bank, or None where this model's tokenizer cuts it into too many pieces or none."""
    try:
        return make_trace(loaded, text, limit=MOST)
    except (TextTooLong, TextEmpty):
        return None


def _of_best(traces: Sequence[Trace | None], best: Ints) -> Bytes:
    """Each head's attention on its own text, in squares of the largest one's size."""
    size = max(len(one.tokens) for at, one in enumerate(traces) if one is not None and (best == at).any())
    cells = np.zeros((*best.shape, size, size), np.uint8)
    for (layer, head), at in np.ndenumerate(best):
        trace = traces[int(at)]
        assert trace is not None  # it has the largest share
        n = len(trace.tokens)
        cells[layer, head, :n, :n] = np.rint(trace.attention[layer, head] * 255)
    return cells


def rests(here: Resting, layer: int, head: int) -> bool:
    """Whether a head rests on this text; False for one that the model does not have."""
    layers, heads = here.awake.shape
    return layer < layers and head < heads and bool(here.awake[layer, head] <= 1 - RESTS)


def gains(here: Resting, bank_: Waking) -> Array:
    """How much more of each head's attention the waking text sets free, [layer, head]; −1 where it is awake here."""
    there = np.take_along_axis(bank_.awake, bank_.best[..., None], axis=-1)[..., 0]
    return np.where(here.awake <= 1 - RESTS, there - here.awake, -1).astype(np.float32)


def notice(here: Resting, bank_: Waking) -> WakingNotice | None:
    """The resting head that wakes most; None where no head rests on this text."""
    gained = gains(here, bank_)
    if (gained <= -1).all():
        return None
    layer, head = (int(at) for at in np.unravel_index(int(gained.argmax()), gained.shape))
    text = int(bank_.best[layer, head])
    return WakingNotice(
        resting=int((gained > -1).sum()),
        heads=gained.size,
        layer=layer,
        head=head,
        here=float(here.awake[layer, head]),
        there=float(bank_.awake[layer, head, text]),
        text=bank_.texts[text],
        kind=bank_.kinds[text],
    )
