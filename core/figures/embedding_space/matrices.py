"""Words as one-hot and as dense vectors, as charts: the cosine of every pair, a matrix each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.arrays import Array
from core.figures.charts import Spec, heat, stacked, titled, with_scale
from core.numbers import decimal, fill

if TYPE_CHECKING:
    from core.compute.embedding_space.tables import OneHot

Words = Mapping[str, str]
HEIGHT = 440
MOST_WRITTEN, SIZE = 9, 12
"""So many words at most, and each cosine, in pixels, fits its cell on a phone."""


def sparse(found: OneHot, words: Words, *, language: str) -> Spec:
    """The cosine of every pair of one-hot vectors."""
    return _matrix(found, found.sparse, words, language, words["sparse"], words["alt_sparse"])


def dense(found: OneHot, words: Words, *, language: str) -> Spec:
    """The cosine of every pair of the table's vectors."""
    title = fill(words["dense"], language, dim=found.dim)
    return _matrix(found, found.dense, words, language, title, words["alt_dense"])


def _matrix(found: OneHot, cosines: Array, words: Words, language: str, title: str, alt: str) -> Spec:
    names, few = found.words, len(found.words) <= MOST_WRITTEN
    written = [[_brief(value) for value in row] for row in cosines.tolist()] if few else None
    tips = [[_told(found, row, column, words, language) for column in range(len(names))]
            for row in range(len(names))]  # fmt: skip
    spec = heat(cosines.tolist(), names, names, tips, span=(-1, 1), diverging=True, written=written, pale=few)
    if few:
        spec["data"][0]["textfont"] = {"size": SIZE}
        spec["layout"]["xaxis"]["autotickangles"] = [0, 90]
    else:
        spec = with_scale(stacked(spec, names), words["scale"], {-1.0: "−1", 0.0: "0", 1.0: "1"})
    return titled(spec, title, alt=fill(alt, language, count=len(names)), height=HEIGHT)


def _brief(value: float) -> str:
    return decimal(value).removesuffix(".00")


def _told(found: OneHot, row: int, column: int, words: Words, language: str) -> str:
    """What is said of a pair, the same in both matrices."""
    first, second = found.words[row], found.words[column]
    if row == column:
        return fill(words["same"], language, first=first)
    values = {"sparse": float(found.sparse[row, column]), "dense": float(found.dense[row, column])}
    sentences = (words["pair"], words["verdict"])
    return "\n".join(fill(one, language, first=first, second=second, **values) for one in sentences)
