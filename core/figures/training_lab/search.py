"""The trials of a small search: parallel coordinates, and the loss by the learning rate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from core.compute.training_lab import judged
from core.compute.training_lab.curves import AXES
from core.figures.charts import Axis, Series, Spec, lines, titled
from core.numbers import figures, fill

if TYPE_CHECKING:
    from core.compute.training_lab.curves import Search

Words = Mapping[str, str]
KINDS = {"grid": (0, "circle"), "random": (1, "diamond")}
"""Colour and mark of each kind of trial."""
BEST = 2
LOGS = ("rate", "width", "batch", "parameters")
"""Axes on which equal ratios are equally far apart."""
SHOWN = (*AXES, "held_out")
TRIAL_COLUMNS = ("by", *AXES, "parameters", "held_out", "accuracy")


def chosen(found: Search, kind: str) -> list[int]:
    """The trials of a kind, or all."""
    return [at for at, one in enumerate(found.by) if kind in ("all", one)]


def columns(found: Search) -> dict[str, Any]:
    """The values of every axis that is drawn."""
    return {axis: found.values[:, at] for at, axis in enumerate(AXES)} | {"held_out": found.held_out}


def coordinates(found: Search, words: Words, *, language: str, trials: str) -> Spec:
    """A line for each trial through its value on every axis; the best one over the others."""
    shown, some = columns(found), chosen(found, trials)
    heights = {axis: _heights(values, log=axis in LOGS) for axis, values in shown.items()}
    best = judged.best_trial(found, "" if trials == "all" else trials)
    groups = [(words[kind], [at for at in some if found.by[at] == kind and at != best], look[0])
              for kind, look in KINDS.items()]  # fmt: skip
    groups.append((words["best"], [best], BEST))
    series = [
        _trials(name, found, places, heights, colour, words, language) for name, places, colour in groups if places
    ]  # fmt: skip
    names = [words[f"short_{axis}"] for axis in SHOWN]
    x = Axis(ticks=range(len(SHOWN)), names=names, span=(-0.35, len(SHOWN) - 0.65))
    chart = lines(series, x, Axis(span=(-0.12, 1.12), ticks=()))
    for trace in chart["data"]:
        trace["marker"] |= {"size": 6}
        trace["line"] |= {"width": 4 if trace is chart["data"][-1] else 1.2}
    chart["data"] += _bounds(shown)
    alt = fill(words["alt_coordinates"], language, count=len(some), value=float(found.held_out[best]))
    return titled(chart, words["title_coordinates"], alt=alt, height=420)


def _heights(values: Any, *, log: bool) -> Any:
    placed = np.log(values) if log else np.asarray(values, np.float64)
    low, high = float(placed.min()), float(placed.max())
    return (placed - low) / (high - low) if high > low else np.full(len(placed), 0.5)


def _trials(
    name: str, found: Search, places: list[int], heights: Mapping[str, Any], colour: int, words: Words, language: str
) -> Series:  # fmt: skip
    """Lines of some trials, as one series with gaps."""
    x: list[Any] = []
    y: list[Any] = []
    tips: list[str] = []
    for at in places:
        x += [*range(len(SHOWN)), None]
        y += [float(heights[axis][at]) for axis in SHOWN] + [None]
        tips += [told(found, at, words, language)] * len(SHOWN) + [""]
    return Series(name, x, y, tips, colour)


def told(found: Search, at: int, words: Words, language: str) -> str:
    """What one trial was, and what came of it."""
    values = {axis: float(found.values[at, place]) for place, axis in enumerate(AXES)}
    return fill(
        words["tip_trial"], language, by=words[found.by[at]], held_out=float(found.held_out[at]), **values
    )  # fmt: skip


def _bounds(shown: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The least and the highest value of each axis, below and above it."""
    made = []
    for place, pick in (("bottom center", np.min), ("top center", np.max)):
        at = 0 if pick is np.min else 1
        texts = [figures(float(pick(values)), 2) for values in shown.values()]
        (trace,) = lines([Series("", range(len(shown)), [at] * len(shown), texts, 0, written=texts, beside=place)],
                         Axis(), Axis())["data"]  # fmt: skip
        made.append(trace | {"mode": "text", "hoverinfo": "skip", "showlegend": False})
    return made


def rates(found: Search, words: Words, *, language: str, trials: str) -> Spec:
    """The best held-out loss of each trial by its learning rate."""
    rate = found.values[:, AXES.index("rate")]
    series = []
    for kind, (colour, symbol) in KINDS.items():
        some = [at for at in chosen(found, trials) if found.by[at] == kind]
        if some:
            tips = [told(found, at, words, language) for at in some]
            series.append(Series(words[kind], rate[some], found.held_out[some], tips, colour, symbol=symbol))
    x, y = Axis(words["axis_rate"], log=True), Axis(words["axis_loss"])
    chart = lines(series, x, y, points=True)
    best = judged.best_trial(found, "" if trials == "all" else trials)
    alt = fill(words["alt_rates"], language, rate=float(rate[best]), value=float(found.held_out[best]))
    return titled(chart, words["title_rates"], alt=alt, height=420, wide=36)


def trial_rows(found: Search, words: Words) -> Iterator[tuple[object, ...]]:
    """One row a trial."""
    for at, by in enumerate(found.by):
        yield (
            words[by], *(float(value) for value in found.values[at]), int(found.parameters[at]),
            float(found.held_out[at]), float(found.accuracy[at]),
        )  # fmt: skip
