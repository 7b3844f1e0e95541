"""Every first sentence with every second one, as charts: one for each score; the pairs as written on the diagonal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from core.figures.charts import THIRD, Spec, heat, titled, with_frame
from core.numbers import decimal, fill, percent

if TYPE_CHECKING:
    from core.compute.masked_words.pairs import Pairs

Words = Mapping[str, str]
ROW = 40
"""Pixels of a first sentence."""


def shown(found: Pairs, cell: int) -> tuple[int, int]:
    """First and second sentence of a cell, row by row from 0; of one that is not there, those of the first."""
    count = len(found.second)
    return divmod(cell, count) if 0 <= cell < len(found.first) * count else (0, 0)


def number(found: Pairs, first: int, second: int) -> int:
    """The cell of two sentences, as `shown` reads it."""
    return first * len(found.second) + second


def figure(found: Pairs, words: Words, *, language: str, model: str, cell: int) -> Spec:
    """One score of each two sentences; the cell that is looked at is framed."""
    rows, columns = range(len(found.first)), range(len(found.second))
    tips = [[_tip(found, row, column, words, language) for column in columns] for row in rows]
    written = [[_short(found.kind, float(value)) for value in row] for row in found.score]
    names = [f"A{row + 1}" for row in rows], [f"B{column + 1}" for column in columns]
    span = (0.0, 1.0) if found.kind == "follows" else (float(found.score.min()), float(found.score.max()))
    first, second = shown(found, cell)
    spec = heat(found.score.tolist(), *names, tips, x=model, span=span, written=written, pale=True)
    name = words[f"title_{found.kind}"]
    title = fill(words["title"], language, name=name, unit=words[f"unit_{found.kind}"])
    alt = fill(words["alt"], language, name=name, right=found.right, count=len(columns))
    framed = with_frame(spec, (first, first), (second, second))
    return titled(framed, title, alt=alt, height=120 + ROW * len(rows), wide=THIRD)


def cells(found: Pairs, cell: int, words: Words, language: str) -> dict[str, str]:
    """Each cell by its number, and what it is called; the first one by that of a cell that is not there, if asked."""
    count = len(found.second)
    total = len(found.first) * count
    numbers = [0 if 0 <= cell < total else cell, *range(1, total)]
    named = ((number, *divmod(at, count)) for at, number in enumerate(numbers))
    return {str(number): fill(words["cell"], language, first=a + 1, second=b + 1) for number, a, b in named}


def told(results: Sequence[Pairs], cell: int, words: Words, language: str) -> str:
    """All scores of one cell, and the place of its first sentence among all, for its second one."""
    scores = [_score(one, *shown(one, cell), words, language) for one in results]
    return words["join"].join(scores)


def _score(found: Pairs, first: int, second: int, words: Words, language: str) -> str:
    value = float(found.score[first, second])
    rank = 1 + int((found.score[:, second] > found.score[first, second]).sum())
    return fill(
        words["told"], language, name=words[f"title_{found.kind}"], value=_spelled(found.kind, value), rank=rank,
        count=len(found.first),
    )  # fmt: skip


def _tip(found: Pairs, first: int, second: int, words: Words, language: str) -> str:
    cell = fill(words["cell"], language, first=first + 1, second=second + 1)
    return "\n".join(
        [cell, _score(found, first, second, words, language), found.first[first], found.second[second]]
    )


def _spelled(kind: str, value: float) -> str:
    return percent(value) if kind == "follows" else decimal(value, 3 if kind == "cosine" else 2)


def _short(kind: str, value: float) -> str:
    return decimal(100 * value, 0) if kind == "follows" else decimal(value, 2 if kind == "cosine" else 1)
