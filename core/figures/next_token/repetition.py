"""The loop that feeds itself, as charts: how probable each repetition of a phrase is, and each of its tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.figures.charts import Axis, Series, Spec, heat, lines, titled, upright
from core.numbers import fill

if TYPE_CHECKING:
    from core.compute.next_token.repetition import RepeatCurve

Words = Mapping[str, str]
ROW = 26
"""Pixels of a repetition, where its tokens are cells."""


def curve(found: RepeatCurve, words: Words, *, language: str) -> Spec:
    """Mean and geometric mean of the token probabilities of each repetition that has one."""
    places = list(range(found.first + 1, found.repeats + 1))
    tips = [
        fill(
            words["said"],
            language,
            count=at,
            mean=float(found.mean[at - 1]),
            whole=float(found.whole[at - 1]),
        )
        for at in places
    ]
    series = [
        Series(words["mean"], places, found.mean[found.first :].tolist(), tips),
        Series(words["whole"], places, found.whole[found.first :].tolist(), tips, 1, "dash"),
    ]
    spec = lines(series, Axis(words["axis"], ticks=places), Axis(form=".0%", span=(0, 1.03)))
    return titled(spec, words["title"], alt=fill(words["alt"], language, said=tips[-1]), height=330)


def cells(found: RepeatCurve, words: Words, *, language: str) -> Spec:
    """The probability of each token of the phrase (from left to right) in each repetition (downwards)."""
    labels, counts = found.tokens.labels, range(1, found.repeats + 1)
    tips = [
        [_cell(words, language, count, label, p) for label, p in zip(labels, row, strict=True)]
        for count, row in zip(counts, found.chance.tolist(), strict=True)
    ]
    spec = heat(
        found.chance.tolist(), [str(count) for count in counts], labels, tips,
        y=words["axis"], form=".0%", span=(0, 1),
    )  # fmt: skip
    spec = upright(spec)
    alt = fill(words["tokens_alt"], language, repeats=found.repeats, count=len(labels))
    return titled(spec, words["tokens_title"], alt=alt, height=150 + ROW * found.repeats)


def _cell(words: Words, language: str, count: int, label: str, p: float) -> str:
    """What is said of a token; the first of all has nothing before it, and no probability."""
    id = "cell" if p == p else "cell_first"
    return fill(words[id], language, count=count, token=label, p=p)
