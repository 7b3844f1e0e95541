"""A live training as it grows: its losses over those of earlier ones, gradient and update norms, rows to take home."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.figures.charts import Axis, Spec, titled
from core.figures.training_lab.runs import HELD_OUT, NORM, RATE, RATIO, TRAIN, line, smooth
from core.numbers import fill

if TYPE_CHECKING:
    from core.arrays import Array
    from core.training.lab.live import Seen

Words = Mapping[str, str]
POINTS = 240
"""Most points of a curve: they are sent anew while it grows."""
GHOSTS = (3, 4, 6, 2, 5)
"""Colours of earlier runs."""
COLUMNS = ("run", "step", "loss", "held_out", "norm", "ratio", "rate")


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A training, and those that stand behind it."""

    name: str
    seen: Seen
    ghosts: tuple[tuple[str, Seen], ...]


def thin(count: int) -> Array:
    """At most ``POINTS`` places of so many, the last one among them.

    >>> thin(3).tolist(), len(thin(5000)), int(thin(5000)[-1])
    ([0, 1, 2], 240, 4999)
    """
    return np.unique(np.linspace(0, max(0, count - 1), min(count, POINTS)).round().astype(int))


def losses(found: Shown, words: Words, *, language: str) -> Spec:
    """Both losses of the training, and the held-out ones of those behind it."""
    seen = found.seen
    some, held = thin(len(seen.step)), np.flatnonzero(np.isfinite(seen.held_out))
    series = [
        line(words["train"], seen.step[some], seen.loss[some], words, language, "tip_loss", TRAIN),
        line(words["held_out"], seen.step[held], seen.held_out[held], words, language, "tip_loss", HELD_OUT),
    ]
    for at, (name, other) in enumerate(found.ghosts):
        there = np.flatnonzero(np.isfinite(other.held_out))
        colour = GHOSTS[at % len(GHOSTS)]
        title = fill(words["ghost"], language, name=name)
        series.append(
            line(title, other.step[there], other.held_out[there], words, language, "tip_loss", colour, "dot")
        )
    marks = (False, True, *[False] * len(found.ghosts))
    chart = smooth(series, Axis(words["axis_step"]), Axis(words["axis_loss"]), marks=marks)
    chart["layout"]["xaxis"] |= {"range": [0, seen.recipe.steps]}
    alt = fill(
        words["alt_live"], language, name=found.name, step=int(seen.step[-1]), loss=float(seen.loss[-1])
    )
    return titled(chart, fill(words["title_loss"], language, name=found.name), alt=alt, height=380)


def norms(found: Shown, words: Words, *, language: str) -> Spec:
    """Gradient norm, update by weights, and rate, on one logarithmic axis."""
    seen = found.seen
    some = thin(len(seen.step))
    kinds = (
        ("norm", seen.norm, NORM, ""),
        ("ratio", seen.ratio, RATIO, ""),
        ("rate", seen.rate, RATE, "dash"),
    )
    series = []
    for id, whole, colour, dash in kinds:
        values = np.where(whole[some] > 0, whole[some], np.nan)
        series.append(line(words[id], seen.step[some], values, words, language, "tip_norm", colour, dash))
    chart = smooth(series, Axis(words["axis_step"]), Axis("", log=True))
    chart["layout"]["xaxis"] |= {"range": [0, seen.recipe.steps]}
    alt = fill(words["alt_norms"], language, high=float(np.nanmax(seen.norm)), last=float(seen.norm[-1]))
    return titled(chart, words["title_norms"], alt=alt, height=300)


def rows(found: Shown) -> Iterator[tuple[object, ...]]:
    """One row for each step of each training."""
    for name, seen in ((found.name, found.seen), *found.ghosts):
        for at, step in enumerate(seen.step.tolist()):
            held = float(seen.held_out[at])
            yield (name, int(step), float(seen.loss[at]), "" if held != held else held, float(seen.norm[at]),
                   float(seen.ratio[at]), float(seen.rate[at]))  # fmt: skip
