"""What the charts of the residual stream share: how lengths are written, names of tokens, what is said of a value."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from core.figures.charts import Axis, Series, Spec, bars, titled
from core.numbers import GAP, NO_NUMBER, decimal, fill, percent, ten, whole

BESIDE = 280
"""Pixels: how high a chart beside the heat map is."""
Words = Mapping[str, str]


def length(value: float, language: str) -> str:
    r"""Two to three digits, and a power of ten where it is large.

    >>> length(0.5, "en"), length(14.06, "en"), length(4096.2, "en"), length(3.4e9, "en"), length(float("inf"), "en")
    ('0.50', '14.1', '4,096', '3.4\xa0×\xa010⁹', '—')
    """
    size = abs(value)
    if not math.isfinite(value):
        return NO_NUMBER
    if size >= 1e6:
        power = math.floor(math.log10(size))
        return f"{decimal(value / 10**power, 1)}{GAP}×{GAP}{ten(power)}"
    if size >= 999.5:
        return whole(value, language)
    return decimal(value, 0 if size >= 99.95 else 1 if size >= 9.995 else 2)


def rows(count: int, most: int) -> list[int]:
    """Rows that are drawn: all where they fit, else every second, third …; the first and the last always.

    >>> rows(5, 9), rows(31, 12)
    ([0, 1, 2, 3, 4], [0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30])
    """
    return sorted({0, *range(count - 1, 0, -max(1, -(-count // most)))})


def nearest(shown: Sequence[int], row: int) -> int:
    """The place of a row among those that are drawn: its own, or that of the next one above."""
    return next((at for at, one in enumerate(shown) if one >= row), len(shown) - 1)


def linked(at: int, count: int) -> int:
    """A token or a layer as a link has it: the last one is −1, as it is where there are more.

    >>> linked(2, 5), linked(4, 5)
    (2, -1)
    """
    return -1 if at >= count - 1 else at


def high(rows: int) -> int:
    """How high a heat map is, in pixels: what is written in its cells can be read."""
    return max(360, 175 + 14 * rows)


def chances(
    tokens: Sequence[str], values: Sequence[float], words: Words, language: str, *, title: str
) -> Spec:
    """Tokens and their probabilities as bars, the first one on top."""
    name = words["probability"]
    pairs = zip(tokens, values, strict=True)
    tips = [told(words, language, token, [(name, percent(value))]) for token, value in pairs]
    spec = bars(
        [Series(name, values, list(range(len(tokens))), tips)], Axis(form=".0%"), Axis(), across=True, names=tokens
    )  # fmt: skip
    return titled(spec, title, alt=title, height=100 + 24 * len(tokens))


def names(result: Any) -> dict[int, str]:
    """Id → label of all tokens that a result names."""
    return dict(zip(result.label_ids.tolist(), result.labels, strict=True))


def told(words: Words, language: str, title: str, pairs: Iterable[tuple[str, str]]) -> str:
    """What is said of a value: what it is, then names and numbers, a line each."""
    return "\n".join(
        [title, *(fill(words["pair"], language, name=name, value=value) for name, value in pairs)]
    )
