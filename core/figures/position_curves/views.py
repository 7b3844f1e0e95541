"""How a model knows the order, as messages for the canvas ``position_curves``, and as tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from core.compute.position_curves.views import BINS, smoothed
from core.figures.buffer import Array, pack
from core.figures.position_curves.payloads import (
    OfView,
    PositionCurves,
    PositionCurvesArrays,
    PositionCurvesState,
    ShuffledModel,
)

if TYPE_CHECKING:
    from core.compute.position_curves.views import (
        Beyond,
        Buckets,
        Learned,
        Real,
        Shuffle,
        Slopes,
        Turns,
        Waves,
    )


Message = tuple[OfView, PositionCurvesArrays]


def payload(
    *results: Any,
    view: str,
    language: str,
    titles: Sequence[str] = (),
    caption: str = "",
    failed: bool = False,
) -> bytes:
    """Pack ``*results, words, state`` of one view; views that are formulas need no result.

    ``titles`` name the models of the results, in order. The canvas commits ``look``: its whole state when something is
    let go.
    """
    *found, words, state = results
    meta: PositionCurves = {
        "words": dict(words), "state": cast("PositionCurvesState", dict(state)), "view": view, "language": language,
        "caption": caption, "failed": failed,
    }  # fmt: skip
    arrays: PositionCurvesArrays = {}
    makers: dict[str, Callable[[Any, Sequence[str]], Message]] = {
        "learned": _learned,
        "scores": _scores,
        "shuffle": _shuffle,
        "beyond": _beyond,
    }
    if found and view in makers and not failed:
        more, arrays = makers[view](found, titles)
        meta = {**meta, **more}
    return pack(meta, arrays)


def _learned(found: Sequence[Learned], titles: Sequence[str]) -> Message:
    """Similarity [position, position] uint8, components [2, position], share [component], nearest [position]."""
    one = found[0]
    meta: OfView = {
        "count": len(one.nearest), "lowest": one.lowest, "d_model": one.d_model, "model": titles[0],
    }  # fmt: skip
    return meta, {
        "similarity": one.similarity,
        "components": one.components[:2],
        "share": one.share[:2],
        "nearest": one.nearest,
    }


def _scores(found: Sequence[Real], titles: Sequence[str]) -> Message:
    """Queries and keys before rotary [token, head_dim], attention [query, key], by_distance [layer, head, bin]."""
    one = found[0]
    layers, heads, _ = one.by_distance.shape
    meta: OfView = {
        "n": len(one.q), "d": one.q.shape[1], "layers": layers, "heads": heads, "layer": one.layer, "head": one.head,
        "scale": one.scale, "factor": one.factor, "labels": list(one.tokens.labels), "bins": list(BINS),
        "model": titles[0], "lively": liveliest(one.attention),
    }  # fmt: skip
    return meta, {
        "q": np.asarray(one.q, np.float32), "k": np.asarray(one.k, np.float32),
        "turns": np.asarray(one.turns, np.float32), "attention": np.asarray(one.attention, np.float32),
        "by_distance": np.asarray(one.by_distance, np.float32),
    }  # fmt: skip


def liveliest(attention: Array) -> list[int]:
    """The query and key to open with: the largest attention to another token than itself and the first one."""
    size = len(attention)
    seen = np.tril(np.asarray(attention, np.float64), -1)
    seen[:, 0] = 0
    if size < 3 or seen.max() <= 0:
        return [size - 1, max(0, size - 2)]
    query, key = np.unravel_index(int(seen.argmax()), seen.shape)
    return [int(query), int(key)]


def _shuffle(found: Sequence[Shuffle], titles: Sequence[str]) -> Message:
    """For each model: order [place], told and untold [layer + 1, token]."""
    models: list[ShuffledModel] = [
        {"role": role(one), "title": title, "labels": list(one.tokens.labels)}
        for one, title in zip(found, titles, strict=True)
    ]
    arrays: PositionCurvesArrays = {}
    for one in found:
        if one.causal:
            arrays |= {"order_decoder": one.order, "told_decoder": one.told, "untold_decoder": one.untold}
        else:
            arrays |= {"order_encoder": one.order, "told_encoder": one.told, "untold_encoder": one.untold}
    return {"models": models}, arrays


def role(one: Shuffle) -> str:
    """What a shuffled model is: it sees what stands before, or everything."""
    return "decoder" if one.causal else "encoder"


def _beyond(found: Sequence[Beyond], titles: Sequence[str]) -> Message:
    """Loss [scheme, position], as measured and smoothed, nats; nan where there is no position."""
    del titles
    one = found[0]
    return {"schemes": list(one.schemes), "trained": one.trained, "length": one.loss.shape[1]}, {
        "loss": one.loss,
        "smooth": smoothed(one),
    }


Table = tuple[tuple[str, ...], Iterator[tuple[object, ...]]]


def table(result: Waves | Turns | Slopes | Buckets | Learned | Real | Shuffle | Beyond) -> Table:
    """The numbers of a view as columns and rows, for a CSV file."""
    makers = {
        "Waves": _waves_rows, "Turns": _turns_rows, "Slopes": _slopes_rows, "Buckets": _buckets_rows,
        "Learned": _learned_rows, "Real": _real_rows, "Shuffle": _shuffle_rows, "Beyond": _beyond_rows,
    }  # fmt: skip
    return makers[type(result).__name__](result)


def _waves_rows(one: Any) -> Table:
    columns = ("position", *(f"dimension_{j}" for j in range(one.table.shape[1])))
    return columns, ((p, *row) for p, row in enumerate(one.table.tolist()))


def _turns_rows(one: Any) -> Table:
    pairs = zip(one.plain.tolist(), one.scaled.tolist(), strict=True)
    return ("pair", "radians_per_position", "scaled", "positions_per_turn"), (
        (i, plain, scaled, 2 * np.pi / scaled) for i, (plain, scaled) in enumerate(pairs)
    )


def _slopes_rows(one: Any) -> Table:
    columns = ("head", "slope", *(f"distance_{k}" for k in range(one.bias.shape[1])))
    return columns, (
        (h, slope, *row)
        for h, (slope, row) in enumerate(zip(one.slopes.tolist(), one.bias.tolist(), strict=True))
    )


def _buckets_rows(one: Any) -> Table:
    return ("key_minus_query", "bucket"), zip(one.relative.tolist(), one.bucket.tolist(), strict=True)


def _learned_rows(one: Any) -> Table:
    columns = ("position", "nearest", "length", *(f"component_{c}" for c in range(len(one.components))))
    each = zip(one.nearest.tolist(), one.length.tolist(), one.components.T.tolist(), strict=True)
    return columns, ((p, nearest, length, *row) for p, (nearest, length, row) in enumerate(each))


def _real_rows(one: Any) -> Table:
    _, heads, bins = one.by_distance.shape
    columns = ("layer", "head", *(f"bin_{b}" for b in range(bins)))
    return columns, (
        (i // heads, i % heads, *row) for i, row in enumerate(one.by_distance.reshape(-1, bins).tolist())
    )


def _shuffle_rows(one: Any) -> Table:
    columns = ("layer", "token", "label", "place", "with_positions", "without_positions")
    place = np.argsort(one.order).tolist()
    return columns, (
        (layer, t, one.tokens.labels[t], place[t], float(one.told[layer, t]), float(one.untold[layer, t]))
        for layer in range(len(one.told))
        for t in range(one.told.shape[1])
    )


def _beyond_rows(one: Any) -> Table:
    columns = ("position", *(f"{name}_{what}" for name in one.schemes for what in ("loss", "standard_error")))
    both = np.stack([one.loss, one.error], axis=1).reshape(-1, one.loss.shape[1])
    return columns, (
        (p, *(None if np.isnan(value) else value for value in row)) for p, row in enumerate(both.T.tolist())
    )
