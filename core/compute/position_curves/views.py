"""How a model knows the order: the computations of the page ``position_curves``.

Formulas are in ``formulas`` (and once more in the browser); here are their tables for the data tab, and what
real models do: learned positions, scores of one rotary head, and the shuffle test. All results are frozen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.arrays import Array, read_only
from core.compute.position_curves.formulas import (
    LAYOUTS,
    SCALINGS,
    alibi_slopes,
    dot_by_distance,
    frequencies,
    rotary_frequencies,
    rotate,
    shift_matrix,
    sinusoidal,
    t5_bucket,
)
from core.data.position_runs import read_losses
from core.errors import BadParameter, NeedsOneStack, TextTooShort
from core.models.read.positions import hidden_of, position_table, rotary_of
from core.models.read.trace import Trace, projections
from core.models.tokens.labels import Tokens
from core.results import named

if TYPE_CHECKING:
    from core.models.load.residency import LoadedModel

__all__ = [
    "BINS",
    "LAYOUTS",
    "SCALINGS",
    "Beyond",
    "Buckets",
    "Learned",
    "Real",
    "Shuffle",
    "Slopes",
    "Turns",
    "Waves",
    "alibi",
    "alibi_slopes",
    "beyond",
    "dot_by_distance",
    "frequencies",
    "learned",
    "notice",
    "real",
    "rotary",
    "rotary_frequencies",
    "rotate",
    "shift_matrix",
    "shuffle",
    "sinusoidal",
    "smoothed",
    "t5",
    "t5_bucket",
    "waves",
]  # fmt: skip

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int32]

BINS = (0, 1, 2, 3, 5, 9, 17, 33)
"""First distance of each bin of ``Real.by_distance``, tokens; the last bin is open."""
MOVES = (1, 10, 100, 1000, 4000)
"""A pair of query and key is moved on by so many places to see whether its score stays."""
COMPONENTS = 6
LEAST = 3  # tokens that can be shuffled


@dataclass(frozen=True, slots=True, eq=False)
class Waves:
    """Sinusoidal positions."""

    table: Array  # [position, d_model]
    dot: Array  # [distance], PE(p)·PE(p + k) / (d/2), the same for every p
    residual: float  # largest |PE(p + k) − M_k PE(p)| over all p and dimensions


@dataclass(frozen=True, slots=True, eq=False)
class Turns:
    """Rotary positions."""

    plain: Array  # [pair], radians per position, without scaling
    scaled: Array  # [pair], radians per position
    scale: float  # what queries and keys are multiplied by
    score: Array  # [distance], mean over pairs of cos(distance · θ_i), times scale²


@dataclass(frozen=True, slots=True, eq=False)
class Slopes:
    """ALiBi."""

    slopes: Array  # [head]
    bias: Array  # [head, distance], −slope · distance, added to the scores


@dataclass(frozen=True, slots=True, eq=False)
class Buckets:
    """T5's relative positions."""

    relative: Ints  # [relative position], key − query, tokens
    bucket: Ints  # [relative position]


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """A model's table of learned positions."""

    d_model: int
    similarity: Bytes  # [position, position], cosine; 0 = lowest, 255 = 1.0
    lowest: float  # smallest cosine of two positions
    components: Array  # [component, position], of the centred table
    share: Array  # [component], share of the variance
    nearest: Ints  # [position], the other position with the largest cosine
    length: Array  # [position], Euclidean length of the vector
    neighbours: float  # share of the positions whose nearest one is next to them


@dataclass(frozen=True, slots=True, eq=False)
class Real:
    """One rotary head on one text: attention = softmax over keys of (scores · scale + mask)."""

    tokens: Tokens
    layer: int
    head: int
    kv_head: int
    scale: float
    turns: Array  # [pair], radians per position; pair i are dimensions i and i + d/2
    factor: float  # what rotary multiplies queries and keys by
    q: Array  # [token, head_dim], before rotary
    k: Array  # [token, head_dim], before rotary
    attention: Array  # [query, key]
    by_distance: (
        Array  # [layer, head, bin], mean attention that a token in the bin gets; nan where none is so far
    )
    residual: float  # largest change of a scaled score when query and key move on together, see MOVES
    spread: tuple[float, float]  # smallest and largest scaled score of two neighbouring tokens
    explained: (
        float  # share of the variance of all scaled scores (first key left out) that distance alone explains
    )


@dataclass(frozen=True, slots=True, eq=False)
class Shuffle:
    """Hidden states of a shuffled text beside the shuffled hidden states, 0 (the same) … 1."""

    tokens: Tokens
    order: Ints  # [place], which token stands there after shuffling; special tokens stay
    told: Array  # [layer + 1, token], with positions, |a − b| / (|a| + |b|)
    untold: Array  # [layer + 1, token], without positions
    causal: bool


@dataclass(frozen=True, slots=True, eq=False)
class Beyond:
    """Held-out loss of five small models that differ in nothing but their positions."""

    schemes: tuple[str, ...]  # how each is told the order
    trained: int  # tokens of every sequence in training
    windows: int  # held-out windows that the means are over
    loss: Array  # [scheme, position], nats per token; nan where the scheme has no position
    error: Array  # [scheme, position], standard error of the mean, nats


@named("position_curves.waves")
def waves(*, d: int, base: float, span: int, shift: int, layout: str) -> Waves:
    """Sinusoidal positions 0 … span − 1, and how far a shift is from a linear map.

    >>> round(waves(d=8, base=1e4, span=16, shift=3, layout="halves").residual, 12)
    0.0
    """
    _known(layout=layout)
    d = _even(d)
    table = sinusoidal(np.arange(span), d, base, layout)
    moved = sinusoidal(np.arange(span) + shift, d, base, layout)
    residual = np.abs(moved - table @ shift_matrix(shift, d, base, layout).T).max()
    dot = dot_by_distance(np.arange(span), d, base)
    return Waves(_float32(table), _float32(dot), float(residual))


@named("position_curves.rotary")
def rotary(*, hd: int, base: float, scaling: str, factor: float, trained: int, span: int) -> Turns:
    """Rotary angles of every pair, and how the score of two equal vectors falls with their distance."""
    _known(scaling=scaling)
    hd = _even(hd)
    scaled, scale = rotary_frequencies(hd, base, scaling, factor, trained)
    score = scale**2 * np.cos(np.outer(np.arange(span), scaled)).mean(axis=1)
    return Turns(_float32(frequencies(hd, base)), _float32(scaled), scale, _float32(score))


@named("position_curves.alibi")
def alibi(*, heads: int, span: int) -> Slopes:
    """ALiBi's slopes and what they take from each score (Press et al. 2022, §3)."""
    slopes = alibi_slopes(heads)
    return Slopes(_float32(slopes), _float32(-np.outer(slopes, np.arange(span))))


@named("position_curves.t5")
def t5(*, buckets: int, far: int, both: bool, span: int) -> Buckets:
    """The bucket of every relative position −span + 1 … span − 1 (Raffel et al. 2020, §2.1)."""
    relative = np.arange(-span + 1, span)
    found = t5_bucket(relative, _even(buckets), far, both)
    return Buckets(read_only(relative.astype(np.int32)), read_only(found.astype(np.int32)))


@named("position_curves.learned")
def learned(*, loaded: LoadedModel) -> Learned:
    """How alike a model's learned position vectors are, and their main directions. Errors: NeedsLearned."""
    table = position_table(loaded).astype(np.float64)
    length = np.linalg.norm(table, axis=1)
    unit = table / np.maximum(length, 1e-12)[:, None]
    cosine = unit @ unit.T
    lowest = float(cosine.min())
    left, sizes, _ = np.linalg.svd(table - table.mean(axis=0), full_matrices=False)
    others = cosine - 3 * np.eye(len(table))
    nearest = others.argmax(axis=1)
    beside = np.abs(nearest - np.arange(len(table))) == 1
    left *= np.sign(left[np.abs(left).argmax(axis=0), np.arange(left.shape[1])])
    return Learned(
        d_model=table.shape[1],
        similarity=read_only(np.rint(255 * (cosine - lowest) / (1 - lowest)).astype(np.uint8)),
        lowest=lowest,
        components=_float32((left * sizes)[:, :COMPONENTS].T),
        share=_float32((sizes**2 / np.sum(sizes**2))[:COMPONENTS]),
        nearest=read_only(nearest.astype(np.int32)),
        length=_float32(length),
        neighbours=float(beside.mean()),
    )


@named("position_curves.real")
def real(*, loaded: LoadedModel, trace: Trace, layer: int, head: int) -> Real:
    """Queries and keys of one head before rotary, so that any of them can be placed anywhere.

    A layer or head that the model does not have becomes the nearest one. Errors: NeedsRotary.
    """
    turns, factor = rotary_of(loaded)
    layer, head = (
        min(max(at, 0), size - 1) for at, size in zip((layer, head), trace.attention.shape, strict=False)
    )
    found = projections(loaded, trace, layer)
    kv_head = int(found.kv_of_head[head])
    q, k = found.q_content[head], found.k_content[kv_head]
    scaled = found.scale * found.q[head] @ found.k[kv_head].T
    beside = np.diagonal(scaled, -1)
    return Real(
        tokens=trace.tokens,
        layer=layer,
        head=head,
        kv_head=kv_head,
        scale=found.scale,
        turns=turns,
        factor=factor,
        q=q,
        k=k,
        attention=trace.attention[layer, head],
        by_distance=read_only(by_distance(np.asarray(trace.attention))),
        residual=together(q, k, turns, found.scale * factor**2),
        spread=(float(beside.min()), float(beside.max())) if len(beside) else (0.0, 0.0),
        explained=by_distance_alone(scaled),
    )


def together(q: Array, k: Array, turns: Array, scale: float) -> float:
    """Largest change of any score when query and key both move on by each of MOVES; float64."""
    theta = turns.astype(np.float64)
    places = range(len(q))

    def scores(move: int) -> npt.NDArray[np.float64]:
        """[query, key], each token turned at its own place plus the move."""
        turned = [np.stack([rotate(x[p], p + move, theta) for p in places]) for x in (q, k)]
        return scale * turned[0] @ turned[1].T

    start = scores(0)
    return float(max(np.abs(scores(move) - start).max() for move in MOVES))


def by_distance_alone(scores: Array) -> float:
    """Share of the variance of causal scores, [query, key], that lies between distances; 0 … 1.

    The query itself and the first token, on which many heads rest, are left out; nan-free: 0 where nothing varies.
    """
    query, key = np.tril_indices(len(scores), -1)
    query, key = query[key > 0], key[key > 0]
    values, far = scores[query, key].astype(np.float64), query - key
    if len(values) < 2 or values.var() == 0:
        return 0.0
    sums, counts = np.bincount(far, values), np.bincount(far)
    means = sums / np.maximum(counts, 1)
    return float(means[far].var() / values.var())


def by_distance(attention: Array) -> Array:
    """Mean attention per query and key, by their distance: [layer, head, query, key] → [layer, head, bin]."""
    size = attention.shape[-1]
    far = np.abs(np.subtract.outer(np.arange(size), np.arange(size)))
    seen = np.tril(np.ones((size, size), bool)) if np.triu(attention[0, 0], 1).max() == 0 else far >= 0
    edges = (*BINS, size + 1)
    result = np.full((*attention.shape[:2], len(BINS)), np.nan, np.float32)
    for at in range(len(BINS)):
        pairs = seen & (far >= edges[at]) & (far < edges[at + 1])
        if pairs.any():
            result[:, :, at] = attention[:, :, pairs].mean(axis=-1)
    return result


@named("position_curves.shuffle")
def shuffle(*, loaded: LoadedModel, trace: Trace, seed: int) -> Shuffle:
    """Does the model notice that the tokens of a text were shuffled?

    Each token's hidden state in the shuffled text, beside the same token's in the text; once with positions, once
    with all tokens at the same place. Where there is no difference the model is blind to the order (Kazemnejad et
    al. 2023). Errors: NeedsOneStack, TextTooShort, PositionsStay.
    """
    if trace.kind == "encoder-decoder":
        raise NeedsOneStack(model=loaded.spec.id)
    free = np.flatnonzero(~np.asarray(trace.tokens.special, bool))
    if len(free) < LEAST:
        raise TextTooShort(count=len(free), least=LEAST)
    order = np.arange(len(trace.tokens))
    order[free] = shuffled(free, seed)
    ids = [int(trace.tokens.ids[at]) for at in order]
    told, untold = (
        _difference(hidden_of(loaded, trace.tokens.ids, positions=told), hidden_of(loaded, ids, positions=told), order)
        for told in (True, False)
    )  # fmt: skip
    causal = trace.kind == "decoder"
    return Shuffle(trace.tokens, read_only(order.astype(np.int32)), told, untold, causal)


def shuffled(items: npt.NDArray[np.int_], seed: int) -> npt.NDArray[np.int_]:
    """The items in another order, and never in the order that they had."""
    draw = np.random.default_rng(seed)
    while True:
        found = draw.permutation(items)
        if not np.array_equal(found, items):
            return found


def _difference(text: Array, mixed: Array, order: npt.NDArray[np.int_]) -> Array:
    """|a − b| / (|a| + |b|), [layer + 1, token], of each token in the text and in the shuffled text."""
    back = np.empty_like(mixed)
    back[:, order] = mixed
    size = np.linalg.norm(text, axis=-1) + np.linalg.norm(back, axis=-1)
    return _float32(np.linalg.norm(text - back, axis=-1) / np.maximum(size, 1e-30))


@named("position_curves.beyond")
def beyond() -> Beyond:
    """Loss at every position up to four times the trained length, as it was measured once (Press et al. 2022, §2).

    The numbers lie in ``assets/data/positions`` beside the five models; ``python -m core.training positions`` makes
    them again. Errors: MissingWeights, DamagedModel.
    """
    found = read_losses()
    return Beyond(found.schemes, found.trained, found.windows, found.loss, found.error)


def smoothed(result: Beyond, reach: int = 8) -> Array:
    """[scheme, position] means over up to ``reach`` positions on either side, never across the trained length.

    Every position is measured on other tokens, some of them harder: single positions are noisy, alike for all models.
    """
    out = result.loss.astype(np.float64)
    length = out.shape[1]
    for at in range(length):
        start, end = (0, result.trained) if at < result.trained else (result.trained, length)
        far = min(reach, at - start, end - 1 - at)
        out[:, at] = result.loss[:, at - far : at + far + 1].mean(axis=1)
    return _float32(out)


def ends(result: Beyond) -> tuple[tuple[str, float, float], ...]:
    """(scheme, change, loss at the end) of those that go on beyond the trained length, the smallest change first.

    Means over half a trained length, nats: the last positions of all, minus the last ones inside the trained length.
    """
    half = result.trained // 2
    inside = result.loss[:, result.trained - half : result.trained].mean(axis=1)
    outside = result.loss[:, -half:].mean(axis=1)
    rows = zip(result.schemes, (outside - inside).tolist(), outside.tolist(), strict=True)
    return tuple(sorted((row for row in rows if np.isfinite(row[1])), key=lambda row: row[1]))


def in_order(result: Learned) -> bool:
    """Whether nearly every position is most like the one beside it."""
    return result.neighbours >= 0.9


def notice(result: Learned | Real | Shuffle) -> dict[str, float]:
    """The numbers that the sentence under a figure names."""
    if isinstance(result, Learned):
        return {"neighbours": result.neighbours, "share": float(result.share[:2].sum())}
    if isinstance(result, Real):
        low, high = result.spread
        return {"residual": result.residual, "low": low, "high": high, "explained": result.explained}
    return {"told": float(result.told[-1].mean()), "untold": float(result.untold[-1].mean()),
            "most": float(result.untold.max())}  # fmt: skip


def _even(number: int) -> int:
    return max(2, number - number % 2)


def _known(*, layout: str = "halves", scaling: str = "none") -> None:
    if layout not in LAYOUTS:
        raise BadParameter(name="layout")
    if scaling not in SCALINGS:
        raise BadParameter(name="scaling")


def _float32(values: npt.NDArray[np.floating]) -> Array:
    return read_only(np.ascontiguousarray(values, np.float32))
