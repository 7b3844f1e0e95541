"""Attention multiplied through the layers, as heat maps: a layer alone, all up to it, one token through all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.arrays import Array
from core.figures.charts import (
    CELL,
    COLUMN,
    ROW,
    WIDEST,
    Spec,
    heat,
    titled,
    told,
    upright,
    with_frame,
    with_scale,
)
from core.numbers import PER_CENT, fill, percent

if TYPE_CHECKING:
    from core.compute.attention_heads.rollout import Rollout

Words = Mapping[str, str]
Table = tuple[tuple[str, ...], Iterator[tuple[object, ...]]]
HEIGHT, PATH = 520, 430
SCALE = (0.0, 0.25, 1.0)
"""Shares that stand along the colours, which go with the root of a share: small ones can be told apart."""
SHARE = CELL + PER_CENT
"""Stands for a share in what is told of a cell."""
TOLD, LEAST = 3, 0.005
"""So many tokens of a row are named, each with so large a share at least."""


def layer_of(found: Rollout, asked: int) -> int:
    """The layer that is asked for; −1, or one that the model does not have: the last one."""
    return asked if 0 <= asked < len(found.raw) else len(found.raw) - 1


def token_of(found: Rollout, asked: int) -> int:
    """The token that is asked for; −1, or one that is not there: the last that is not special."""
    return asked if 0 <= asked < len(found.tokens) else last_ordinary(found.tokens.special)


def last_ordinary(special: Sequence[bool]) -> int:
    """The place of the last token that is not special; the last one where all are."""
    return max((at for at, one in enumerate(special) if not one), default=len(special) - 1)


def raw(found: Rollout, words: Words, *, language: str, layer: int, token: int) -> Spec:
    """A layer's own attention, mean of its heads; the row of one token is framed."""
    return _matrix(found, words, language, "raw", layer, token)


def rolled(found: Rollout, words: Words, *, language: str, layer: int, token: int) -> Spec:
    """The product of all layers up to one; the row of one token is framed."""
    return _matrix(found, words, language, "rolled", layer, token)


def _matrix(found: Rollout, words: Words, language: str, name: str, layer: int, token: int) -> Spec:
    labels, count = found.tokens.labels, len(found.tokens)
    shares: Array = getattr(found, name)[layer]
    sentence = fill(words[f"tip_{name}"], language, query=ROW, key=COLUMN, share=SHARE)
    spec = _heat(shares, [_seen(found, query) for query in range(count)], labels, labels, sentence, words)
    title = fill(words[name], language, layer=layer)
    alt = fill(words["alt_matrix"], language, what=title, count=count, token=labels[token])
    return titled(with_frame(spec, (token, token), (0, count - 1)), title, alt=alt, height=HEIGHT)


def path(found: Rollout, words: Words, *, language: str, layer: int, token: int) -> Spec:
    """One token's row of the product in every layer; the layer that is looked at is framed."""
    labels, layers = found.tokens.labels, range(len(found.rolled))
    shares = found.rolled[:, token]
    sentence = fill(words["tip_path"], language, layer=ROW, key=COLUMN, share=SHARE)
    rows = [str(one) for one in layers]
    spec = _heat(shares, [_seen(found, token)] * len(rows), rows, labels, sentence, words)
    spec["layout"]["yaxis"]["title"]["text"] = words["layer_axis"]
    title = fill(words["path"], language, token=labels[token])
    alt = fill(words["alt_path"], language, what=title, count=len(rows))
    framed = with_frame(spec, (layer, layer), (0, len(labels) - 1))
    return titled(framed, title, alt=alt, height=PATH, wide=2 * WIDEST)


def _seen(found: Rollout, query: int) -> int:
    """How many tokens a token can get anything from."""
    return query + 1 if found.causal else len(found.tokens)


def _heat(
    shares: Array,
    seen: Sequence[int],
    rows: Sequence[str],
    columns: Sequence[str],
    sentence: str,
    words: Words,
) -> Spec:
    """Shares by the root of each, told by a sentence; what comes later than a row's token is left empty."""
    roots = np.round(np.sqrt(shares.astype(np.float64)), 4)
    for row, count in zip(roots, seen, strict=True):
        row[count:] = np.nan
    cells = [
        [percent(share).removesuffix(PER_CENT) for share in row[:count].tolist()]
        for row, count in zip(shares, seen, strict=True)
    ]
    spec = upright(told(heat(roots, rows, columns, (), span=(0, 1)), rows, columns, sentence, cells))
    spec["layout"]["yaxis"]["zeroline"] = False  # it would be seen where nothing is drawn
    return with_scale(spec, words["ramp"], {share**0.5: percent(share) for share in SCALE})


def strongest(row: Array, labels: Sequence[str], words: Words, language: str, separator: str) -> str:
    """The tokens with the largest shares of a row, in words."""
    order = [at for at in np.argsort(-row, kind="stable")[:TOLD].tolist() if row[at] >= LEAST]
    return separator.join(
        fill(words["item"], language, token=labels[at], share=float(row[at])) for at in order
    )


def rollout_table(found: Rollout) -> Table:
    """One row per layer and query: the rollout's shares of every key."""
    labels = found.tokens.labels
    columns = ("layer", "query", *labels)
    return columns, (
        (layer, labels[query], *(round(float(share), 6) for share in row))
        for layer, matrix in enumerate(found.rolled)
        for query, row in enumerate(matrix)
    )
