"""a − b + c as charts: its path in a plane, and the words that lie where it ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.figures.charts import Axis, Series, Spec, bars, lines, on_plane, titled, with_arrows, with_links
from core.figures.placing import LECTURE, PHONE, beside, room
from core.numbers import fill

if TYPE_CHECKING:
    from core.compute.embedding_space.tables import Analogy

Words = Mapping[str, str]
HEIGHT = 420
MOST, FEW = 10, 5
"""Answers that are drawn; few in a lecture, whose type is large."""
GIVEN, ANSWERS = 0, 5
"""Colours: of the words of the question, and of what is found."""
A, B, C, TARGET, FIRST = range(5)
"""Places of the positions; the answers come last."""


def path(found: Analogy, words: Words, *, language: str, lecture: bool = False) -> Spec:
    """The step from b to a, taken again from c, and the answers around its end; the nearest one is filled."""
    target, most = _target(found, words, language), FEW if lecture else MOST
    places = found.positions[: FIRST + most].astype(np.float64)
    labels = (found.a, found.b, found.c, target, *found.words[:most])
    stands = beside(places, labels, ((B, A), (C, TARGET)), sure=FIRST + 1, size=LECTURE if lecture else PHONE)
    tips = _tips(found, target, words, language)
    spots = [spot or "top center" for spot in stands]
    written = [label if spot else "" for label, spot in zip(labels, stands, strict=True)]

    def series(name: str, own: slice, colour: int, hollow: bool | list[bool], symbol: str) -> Series:
        x, y = places[own].T.tolist()
        return Series(
            name,
            x,
            y,
            tips[own],
            colour,
            hollow=hollow,
            written=written[own],
            beside=spots[own],
            symbol=symbol,
        )

    rings = [at > 0 for at in range(len(places) - FIRST)]
    parts = (
        series(words["given"], slice(A, TARGET), GIVEN, False, "circle"),
        series(target, slice(TARGET, FIRST), GIVEN, True, "diamond"),
        series(words["answers"], slice(FIRST, None), ANSWERS, rings, "circle"),
    )
    spec = lines(parts, Axis(), Axis(), points=True)
    spec["data"][1]["showlegend"] = False  # its name stands beside it
    spec = with_links(spec, places[[B, A]], places[[C, TARGET]])
    spec = with_arrows(spec, places[[B, C]], places[[A, TARGET]], colour=GIVEN)
    spec = on_plane(spec, *room(places))
    alt = fill(words["alt_path"], language, target=target, answer=found.words[0] if found.words else "")
    return titled(spec, fill(words["path"], language, target=target), alt=alt, height=HEIGHT)


def _target(found: Analogy, words: Words, language: str) -> str:
    return fill(words["target"], language, a=found.a, b=found.b, c=found.c)


def _tips(found: Analogy, target: str, words: Words, language: str) -> list[str]:
    """What is said of each point, by its part in the question."""
    parts = {"given_a": found.a, "given_b": found.b, "given_c": found.c, "place": target}
    given = [f"{name}\n{words[part]}" for part, name in parts.items()]
    return [*given, *_near(found.words, found.similarity.tolist(), target, words, language)]


def _near(
    names: Sequence[str], cosines: Sequence[float], target: str, words: Words, language: str
) -> list[str]:
    return [
        fill(words["point"], language, word=word, cosine=cosine, target=target)
        for word, cosine in zip(names, cosines, strict=True)
    ]


def answers(found: Analogy, words: Words, *, language: str, lecture: bool = False) -> Spec:
    """Words by their cosine with a − b + c: those of the question that lie nearer still, then the answers."""
    target, most = _target(found, words, language), FEW if lecture else MOST
    inputs, cosines = found.excluded_similarity.tolist(), found.similarity[:most].tolist()
    shown = found.words[:most]
    left_out = [
        f"{tip}\n{words['left_out']}" for tip in _near(found.excluded, inputs, target, words, language)
    ]
    tips = [*left_out, *_near(shown, cosines, target, words, language)]
    names, own = (*found.excluded, *shown), len(inputs)
    rows = list(range(len(names)))
    series = [
        Series(words["given"], inputs, rows[:own], tips[:own], GIVEN),
        Series(words["answers"], cosines, rows[own:], tips[own:], ANSWERS),
    ]
    spec = bars([one for one in series if one.tips], Axis(words["cosine"], ".1f"), Axis(), across=True, stacked=True,
                names=names)  # fmt: skip
    alt = fill(words["alt_answers"], language, target=target, count=len(shown))
    return titled(spec, fill(words["nearest"], language, target=target), alt=alt, height=HEIGHT)
