"""One text in many languages, as a chart: how many times as many tokens as English each needs in each vocabulary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.figures.charts import Spec, heat, titled
from core.numbers import fill

if TYPE_CHECKING:
    from core.compute.token_splits.costs import Fertility

ROW = 30
"""Pixels of a language."""


def order(found: Fertility) -> list[int]:
    """The languages by their mean ratio, English first."""
    ratio = found.ratio.mean(0)
    return sorted(range(len(found.languages)), key=lambda at: (found.languages[at] != "en", float(ratio[at])))


def worst(found: Fertility) -> tuple[int, int]:
    """The vocabulary and the language with the largest ratio."""
    vocabulary, language = np.unravel_index(int(found.ratio.argmax()), found.ratio.shape)
    return int(vocabulary), int(language)


def figure(
    found: Fertility,
    words: Mapping[str, str],
    *,
    titles: Sequence[str],
    languages: Mapping[str, str],
    language: str,
) -> Spec:
    """A row for each language, a column for each vocabulary; `titles` and `languages` are their names.

    Where a vocabulary cannot write all of a text, its number has a star.
    """
    rows = order(found)
    written = [[_times(found, at, row, words, language) for at in range(len(titles))] for row in rows]
    tips = [
        [_told(found, at, row, title, languages, words, language) for at, title in enumerate(titles)]
        for row in rows
    ]
    names = [languages.get(found.languages[row], found.names[row]) for row in rows]
    span = (0.0, max(1.0, float(found.ratio.max())))
    spec = heat(found.ratio.T[rows].tolist(), names, titles, tips, span=span, written=written, pale=True)
    alt = fill(words["alt"], language, languages=len(rows), vocabularies=len(titles))
    return titled(spec, words["chart"], alt=alt, height=120 + ROW * len(rows))


def _times(found: Fertility, vocabulary: int, at: int, words: Mapping[str, str], language: str) -> str:
    id = "times_lost" if found.unknown[vocabulary, at] else "times"
    return fill(words[id], language, times=float(found.ratio[vocabulary, at]))


def _told(
    found: Fertility,
    vocabulary: int,
    at: int,
    title: str,
    languages: Mapping[str, str],
    words: Mapping[str, str],
    language: str,
) -> str:
    """What is said of a language in a vocabulary; its own name, and the text itself."""
    lost = int(found.unknown[vocabulary, at])
    said = fill(
        words["cell"], language, language=languages.get(found.languages[at], found.names[at]), title=title,
        count=int(found.tokens[vocabulary, at]), times=float(found.ratio[vocabulary, at]),
    )  # fmt: skip
    more = [fill(words["cell_lost"], language, count=lost)] if lost else []
    return "\n".join([said, *more, f"{found.names[at]} · {found.texts[at]}"])
