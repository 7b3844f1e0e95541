"""Sentences and their translations, as charts: the cosine of each with each, and all of them as points of a plane."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from core.compute.embedding_space.contextual import SIDES
from core.figures.charts import (
    THIRD,
    Axis,
    Series,
    Spec,
    lines,
    matrix,
    ringed,
    titled,
    with_frame,
    with_links,
)  # fmt: skip
from core.numbers import fill
from core.scripts import has_han

if TYPE_CHECKING:
    from core.compute.embedding_space.contextual import Sentences

Words = Mapping[str, str]
HEIGHT = 400
FORM = ".3f"
NEAREST = 5
"""Sentences that are listed beside a pair."""


def sides(found: Sentences, words: Words) -> tuple[str, str]:
    """What both sides are called: by their languages where these are English and Chinese."""
    names = ("english", "chinese") if _bilingual(found) else ("left", "right")
    return words[names[0]], words[names[1]]


def _bilingual(found: Sentences) -> bool:
    return not any(map(has_han, found.first)) and all(map(has_han, found.second))


def shown(found: Sentences, pair: int) -> int:
    """The pair that is looked at; −1: none."""
    return pair if 0 <= pair < len(found.first) else -1


def cosines(found: Sentences, words: Words, *, language: str, pair: int) -> Spec:
    """The cosine of every left sentence with every right one; the row of the pair is framed."""
    left, right = sides(found, words)
    off = ~np.eye(len(found.first), dtype=bool)
    span = float(np.quantile(found.similarity[off], 0.02)), float(found.similarity.max())
    spec = matrix(found.similarity.tolist(), found.first, found.second, form=FORM, x=right, y=left, span=span)
    if (at := shown(found, pair)) >= 0:
        spec = with_frame(spec, (at, at), (0, len(found.second) - 1))
    alt = fill(words["alt_matrix"], language, count=len(found.first))
    title = fill(words["matrix"], language, left=left, right=right)
    return titled(spec, title, alt=alt, height=HEIGHT, wide=THIRD)


def plane(found: Sentences, words: Words, *, language: str, pair: int, kind: str) -> Spec:
    """All sentences as points, each joined with its translation; the points of the pair are ringed."""
    at, count = SIDES.index(kind), len(found.first)
    places = found.positions[at].astype(np.float64)
    halves = (places[:count], places[count:])
    series = [
        Series(name, half[:, 0].tolist(), half[:, 1].tolist(), texts, side, hollow=side == 1)
        for side, (name, half, texts) in enumerate(
            zip(sides(found, words), halves, _said(found), strict=True)
        )
    ]
    spec = with_links(lines(series, Axis(), Axis(), points=True), *halves)
    if (one := shown(found, pair)) >= 0:
        spec = ringed(spec, places[[one, count + one]])
    title = fill(words[f"plane_{kind}"], language, share=float(found.explained[at].sum()))
    return titled(spec, title, alt=fill(words["alt_plane"], language, count=count), height=HEIGHT, wide=THIRD)


def raw(found: Sentences, words: Words, *, language: str, pair: int) -> Spec:
    """The plane of the sentences as they are."""
    return plane(found, words, language=language, pair=pair, kind="raw")


def apart(found: Sentences, words: Words, *, language: str, pair: int) -> Spec:
    """The plane once the mean of each side is taken away."""
    return plane(found, words, language=language, pair=pair, kind="apart")


def _said(found: Sentences) -> tuple[list[str], list[str]]:
    """What is said of each left and each right sentence: itself, and its translation."""
    both = list(zip(found.first, found.second, strict=True))
    return [f"{one}\n{other}" for one, other in both], [f"{other}\n{one}" for one, other in both]


def titles(found: Sentences, sentence: str, language: str) -> dict[str, str]:
    """Each pair by its number and its left sentence."""
    return {
        str(at): fill(sentence, language, number=at + 1, sentence=one) for at, one in enumerate(found.first)
    }


def nearest(found: Sentences, pair: int) -> list[int]:
    """The right sentences nearest to a left one, its translation among them whatever its place."""
    order = np.argsort(-found.similarity[pair], kind="stable")[:NEAREST].tolist()
    return order if pair in order else [*order[:-1], pair]


def split_by_language(found: Sentences) -> bool:
    """Whether the widest direction of the plane does little else than part the two languages."""
    if not _bilingual(found):
        return False
    x = found.positions[0, :, 0].astype(np.float64)
    side = np.repeat([-1.0, 1.0], len(found.first))
    return bool(abs(side @ (x - x.mean())) > 0.9 * np.linalg.norm(x - x.mean()) * np.linalg.norm(side))
