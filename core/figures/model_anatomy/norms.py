"""Charts of how long the states grow along the residual stream, and of what is left without the norms."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from core.arrays import Array
from core.figures.charts import (
    Axis,
    Series,
    Spec,
    around,
    bars,
    heat,
    lines,
    titled,
    upright,
    upward,
    with_frame,
    with_scale,
)
from core.figures.model_anatomy.stream import BESIDE, Words, high, length, rows, told
from core.numbers import decimal, fill, percent

if TYPE_CHECKING:
    from core.compute.model_anatomy.norms import Norms, Removed

INFINITE = "∞"
NARROWEST = 0.7
"""Powers of ten that a scale of lengths spans at least."""
MOST = 5
"""So many next tokens of each run are compared."""


def grid(
    norms: Norms, removed: Removed | None, words: Words, *, language: str, measure: str, at: int, most: int
) -> Spec:
    """A measure of every state; lengths on a logarithmic scale. The column of one token is framed."""
    changed = removed if measure == "stream" else None
    values: Array = getattr(norms, measure) if changed is None else changed.stream
    cosine, shown, tokens = measure == "cosine", rows(len(values), most), range(values.shape[1])
    low, high_ = (-1.0, 1.0) if cosine else _span(values)
    with np.errstate(divide="ignore", invalid="ignore"):
        drawn = values[shown] if cosine else np.log10(values[shown])
    spec = heat(
        np.where(np.isfinite(drawn), drawn, np.nan).tolist(),
        [words["embedding"] if measure == "stream" and not row else str(row) for row in shown],
        norms.tokens.labels,
        [[_tip(norms, removed, words, language, (row, token), measure) for token in tokens] for row in shown],
        y=words["layer"], span=(low, high_), diverging=cosine,
        written=[[_cell(value, language, cosine=cosine) for value in row] for row in values[shown].tolist()],
    )  # fmt: skip
    ticks = {
        tick: decimal(tick, 0) if cosine else length(10**tick, language)
        for tick in (low, (low + high_) / 2, high_)
    }
    spec = with_scale(upward(spec), words["means_cosine" if cosine else "means"], ticks)
    title = words["title_changed" if changed else f"title_{measure}"]
    spec = with_frame(upright(around(spec, at)), (0, len(shown) - 1), (at, at))
    return titled(spec, title, alt=fill(words["alt"], language, what=title), height=high(len(shown)))


def _span(values: Array) -> tuple[float, float]:
    """The powers of ten from the shortest to the longest."""
    finite = values[np.isfinite(values) & (values > 0)]
    if not finite.size:
        return 0.0, 1.0
    low, high = float(np.log10(finite.min())), float(np.log10(finite.max()))
    return min(low, high - NARROWEST), high


def _cell(value: float, language: str, *, cosine: bool) -> str:
    if not math.isfinite(value):
        return INFINITE
    return decimal(value) if cosine else length(value, language)


def _tip(
    norms: Norms, removed: Removed | None, words: Words, language: str, cell: tuple[int, int], measure: str
) -> str:
    """The token and layer, and all lengths there."""
    row, at = cell
    stream = measure == "stream"
    layer = words["embedding"] if stream and not row else str(row)
    title = fill(
        words["cell" if stream else "cell_layer"], language, layer=layer, token=norms.tokens.labels[at]
    )
    pairs = [(words["stream"], float(norms.stream[row, at]))]
    if removed is not None:
        pairs.append((words["changed"], float(removed.stream[row, at])))
    if row < len(norms.mlp):
        pairs.append((fill(words["next_attention"], language, layer=row), float(norms.attention[row, at])))
        pairs.append((fill(words["next_mlp"], language, layer=row), float(norms.mlp[row, at])))
    return told(words, language, title, [(name, length(value, language)) for name, value in pairs])


def along(norms: Norms, removed: Removed | None, words: Words, *, language: str, at: int) -> Spec:
    """The lengths at one token, layer by layer: of the state and of what each part adds."""

    def one(name: str, values: Array, first: int, colour: int, dash: str = "") -> Series:
        layers = range(first, first + len(values))
        known = [float(value) if math.isfinite(value) and value > 0 else math.nan for value in values[:, at]]
        tips = [
            told(
                words,
                language,
                fill(words["at_layer"], language, layer=layer),
                [(name, length(value, language))],
            )
            for layer, value in zip(layers, known, strict=True)
        ]
        return Series(name, list(layers), known, tips, colour, dash)

    series = [
        one(words["stream"], norms.stream, 0, 0),
        one(words["attention"], norms.attention, 1, 2),
        one(words["mlp"], norms.mlp, 1, 1),
    ]
    if removed is not None:
        series.append(one(words["changed"], removed.stream, 0, 3, "dash"))
    spec = lines(series, Axis(words["layer"]), Axis(form="~s", log=True))
    title = fill(words["along"], language, token=norms.tokens.labels[at])
    return titled(spec, title, alt=words["plot"], height=BESIDE)


def following(_: Norms, removed: Removed, words: Words, *, language: str) -> Spec:
    """The most probable next tokens with the norms and without."""
    shown = _compared(removed)
    names = [removed.candidates[at] for at in shown]

    def side(name: str, chances: Array, colour: int) -> Series:
        known = [float(chances[at]) for at in shown]
        tips = [
            told(words, language, token, [(name, percent(one))])
            for token, one in zip(names, known, strict=True)
        ]
        return Series(name, known, list(range(len(known))), tips, colour)

    series = [side(words["with"], removed.before, 0), side(words["left_out"], removed.after, 3)]
    spec = bars(series, Axis(form=".0%"), Axis(), across=True, names=names)
    return titled(spec, words["next"], alt=words["next"], height=BESIDE + 40)


def _compared(removed: Removed) -> list[int]:
    """The candidates that are shown: the most probable ones before, then those after."""
    found = [at for side in (removed.before, removed.after) for at in np.argsort(-side, kind="stable")[:MOST].tolist()
             if np.isfinite(side[at])]  # fmt: skip
    return list(dict.fromkeys(found))


def overflows(removed: Removed) -> bool:
    """Whether the run without norms has no probabilities left."""
    return bool(removed.after.size) and not bool(np.isfinite(removed.after[0]))
