"""A hidden Markov model as charts: the states behind a text, where each goes, what each gives, how it was learned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from core.figures.charts import CATEGORY, Axis, Series, Spec, heat, lines, titled, upright, with_scale
from core.numbers import fill

if TYPE_CHECKING:
    from core.compute.classic_models.states import Reading, Training

Words = Mapping[str, str]
NAMED = 4
"""A state is named after so many of the pieces that it gives most often."""
STATE_COLUMNS = ("state", "share", "pieces")


def state_names(found: Training) -> list[str]:
    """Each state's number and its most frequent pieces."""
    return [f"{at + 1} · {' '.join(pieces[:NAMED])}" for at, pieces in enumerate(found.given)]


def behind(found: Training, text: Reading, words: Words, *, language: str) -> Spec:
    """The probability of each state at each piece of a text, and the path of states that is likeliest as a whole."""
    names, pieces = state_names(found), list(text.pieces)
    tips = [
        [
            fill(words["tip_behind"], language, piece=piece, state=state, p=float(p))
            for piece, p in zip(pieces, row, strict=True)
        ]
        for state, row in zip(names, text.posterior.T, strict=True)
    ]
    chart = upright(heat(text.posterior.T, names, pieces, tips, span=(0, 1)))
    chart = with_scale(chart, words["probability"], {0.0: "0%", 0.5: "50%", 1.0: "100%"})
    path = {
        "type": "scatter", "mode": "lines+markers", "x": list(range(len(pieces))), "y": text.path.tolist(),
        "hoverinfo": "skip", "showlegend": False, "line": {"color": CATEGORY[5], "width": 2, "shape": "hvh"},
        "marker": {"color": CATEGORY[5], "size": 7},
    }  # fmt: skip
    last = names[int(text.path[-1])] if pieces else ""
    alt = fill(words["alt_behind"], language, count=len(pieces), state=last)
    return titled({**chart, "data": [*chart["data"], path]}, words["title_behind"], alt=alt, height=400)


def moves(found: Training, words: Words, *, language: str) -> Spec:
    """Where each state goes next."""
    names = state_names(found)
    tips = [
        [fill(words["tip_move"], language, first=one, second=other, p=float(p)) for other, p in
         zip(names, row, strict=True)]
        for one, row in zip(names, found.move, strict=True)
    ]  # fmt: skip
    numbers = [str(at + 1) for at in range(len(names))]
    chart = heat(
        found.move, names, numbers, tips, x=words["axis_to"], y=words["axis_from"], form=".0%", span=(0, 1)
    )
    at = divmod(int(found.move.argmax()), len(names))
    alt = fill(
        words["alt_move"],
        language,
        first=at[0] + 1,
        second=at[1] + 1,
        p=float(found.move[at]),
        count=len(names),
    )
    return titled(chart, words["title_move"], alt=alt)


def learning(found: Training, words: Words, *, language: str) -> Spec:
    """The likelihood of the training text after each step: it never falls."""
    steps = list(range(len(found.log_likelihood)))
    tips = [
        fill(words["tip_step"], language, step=at, nats=float(value))
        for at, value in zip(steps, found.log_likelihood, strict=True)
    ]
    series = [Series(words["likelihood"], steps, found.log_likelihood, tips, 0)]
    chart = lines(series, Axis(words["axis_step"]), Axis(words["axis_nats"], ".2f"))
    first, last = float(found.log_likelihood[0]), float(found.log_likelihood[-1])
    return titled(chart, words["title_step"], alt=fill(words["alt_step"], language, first=first, last=last))


def state_rows(found: Training) -> Iterator[tuple[int, float, str]]:
    """One row a state: how often it speaks, and what it says most often."""
    for at, (share, pieces) in enumerate(zip(found.share, found.given, strict=True)):
        yield at + 1, float(share), " ".join(pieces)
