"""What 16 bits make of gradients and of a training, as charts and rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from core.compute.training_memory.precision import KINDS, LOW
from core.figures.charts import Axis, Series, Spec, bars, lines, marked, titled
from core.numbers import bare, fill

if TYPE_CHECKING:
    from core.compute.training_memory.precision import Cast
    from core.data.memory_runs import Precisions

Words = Mapping[str, str]
COLOURS = {"zero": 5, "subnormal": 3, "normal": 0, "infinite": 1}
RUNS = {"fp32": (3, ""), "bf16": (2, "dash"), "fp16": (5, ""), "scaled": (0, "dot")}
"""Colour and dash of each run; three of them lie on one another."""
EDGES = (-24, -14, 16)
"""Powers of two where float16's numbers begin, begin to have all digits, and end."""
STEP = 8
CAST_COLUMNS = ("power", *KINDS)
RUN_COLUMNS = ("step", *RUNS)


def gradients(found: Cast, words: Words, *, language: str) -> Spec:
    """A histogram of the gradients by their power of two, coloured by what float16 makes of them."""
    powers = found.power.tolist()
    series = [
        Series(
            words[kind], range(len(powers)), share,
            [fill(words["tip_cast"], language, power=power, share=float(one), kind=words[kind])
             for power, one in zip(powers, share, strict=True)],
            COLOURS[kind],
        )
        for kind, share in zip(KINDS, found.share, strict=True)
    ]  # fmt: skip
    names = [bare(power) for power in powers]
    chart = bars(
        series, Axis(words["axis_power"]), Axis(words["axis_share"], ".0%"), stacked=True, names=names
    )
    for edge in EDGES:
        chart = marked(chart, edge - LOW - 0.5)
    places = range(0, len(powers), STEP)
    chart["layout"]["xaxis"] |= {"tickvals": list(places), "ticktext": names[::STEP]}
    chart["layout"]["bargap"] = 0
    alt = fill(words["alt_cast"], language, share=float(found.totals[0]))
    return titled(chart, words["title_cast"], alt=alt, height=380)


def curves(found: Precisions, words: Words, *, language: str) -> Spec:
    """The loss of each run, as means over some steps."""
    ends = list(range(found.window, found.loss.shape[1] + 1, found.window))
    series, last = [], []
    for run, values in zip(found.runs, found.loss, strict=True):
        means = [float(np.mean(values[end - found.window : end])) for end in ends]
        tips = [
            fill(words["tip_loss"], language, run=words[f"run_{run}"], step=end, loss=mean)
            for end, mean in zip(ends, means, strict=True)
        ]
        colour, dash = RUNS[run]
        series.append(Series(words[f"run_{run}"], ends, means, tips, colour, dash))
        last.append(means[-1])
    chart = lines(series, Axis(words["axis_step"]), Axis(words["axis_loss"], ".1f"))
    alt = fill(words["alt_loss"], language, low=min(last), high=max(last))
    return titled(chart, words["title_loss"], alt=alt, height=380)


def by_scale(found: Precisions, words: Words, *, language: str) -> Spec:
    """The share of the weights' gradients that a backward pass in float16 loses, by the scale of the loss."""
    scales = found.scales.astype(int).tolist()
    series = [
        Series(
            words[kind], scales, shares,
            [fill(words[f"tip_{kind}"], language, scale=scale, share=float(one))
             for scale, one in zip(scales, shares, strict=True)],
            COLOURS[kind],
        )
        for kind, shares in (("zero", found.lost), ("infinite", found.over))
    ]  # fmt: skip
    chart = lines(series, Axis(words["axis_scale"]), Axis(words["axis_lost"], ".0%", (-0.03, 1.03)))
    alt = fill(words["alt_scale"], language, first=float(found.lost[0]), least=float(found.lost.min()))
    return titled(chart, words["title_scale"], alt=alt, height=300)


def cast_rows(found: Cast) -> Iterator[tuple[float, ...]]:
    """One row a bin."""
    for power, shares in zip(found.power, found.share.T, strict=True):
        yield (int(power), *map(float, shares))


def run_rows(found: Precisions) -> Iterator[tuple[float, ...]]:
    """One row a step: the loss of each run."""
    for at, losses in enumerate(found.loss.T, 1):
        yield (at, *map(float, losses))
