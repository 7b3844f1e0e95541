"""How large the loss's gradient is, layer by layer, as charts and rows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.compute.training_lab.reach import states
from core.figures.charts import Axis, Series, Spec, heat, lines, titled, with_scale
from core.numbers import GAP, bare, fill, ten, tiny

if TYPE_CHECKING:
    from core.compute.training_lab.gradients import Gradients

Words = Mapping[str, str]
LEAST = 1e-30
"""A smaller gradient is drawn as so large: float32 knows no number below 1.4e−45."""
LARGE = 10_000
LOOKS = ((0, ""), (2, "dash"), (1, "dot"), (5, "dashdot"))
"""Colour and dash of each line."""
COLUMNS = ("network", "layer", "stage", "gradient", "size")


def short(value: float) -> str:
    """A positive number in one or two digits, and from ten thousand on a power of ten.

    >>> short(0.25), short(3.2e15)
    ('0.25', '3\u00a0×\u00a010¹⁵')
    """
    if not LARGE <= value < math.inf:
        return tiny(value)
    lead, power = f"{value:.0e}".split("e")
    return f"{lead}{GAP}×{GAP}{ten(int(power))}"


def ends(found: Gradients) -> tuple[str, str]:
    """The gradient before the first layer and after the last, as it is said."""
    norms = states(found).tolist()
    return short(norms[0]), short(norms[-1])


def reach(*found: Gradients, words: Words, names: Sequence[str], chosen: int, language: str) -> Spec:
    """A line for each network: the gradient at what enters the first layer and leaves each one, on a log axis."""
    series = []
    for at, (one, name) in enumerate(zip(found, names, strict=True)):
        norms = states(one).astype(float)
        ids = ("tip_enters", *["tip_reach"] * (len(norms) - 1))
        tips = [
            fill(words[id], language, name=name, layer=layer, norm=short(norm))
            for layer, (id, norm) in enumerate(zip(ids, norms.tolist(), strict=True))
        ]
        drawn = [max(norm, LEAST) if np.isfinite(norm) else float("nan") for norm in norms.tolist()]
        colour, dash = LOOKS[at]
        series.append(Series(name, range(len(norms)), drawn, tips, colour, dash))
    depth = len(states(found[0])) - 1
    ticks = range(0, depth + 1, 1 + depth // 8)
    names_ = [bare(at) if at else words["enters"] for at in ticks]
    chart = lines(
        series, Axis(words["axis_layer"], ticks=ticks, names=names_), Axis(words["axis_norm"], log=True)
    )
    chart["layout"]["yaxis"] |= _powers([value for one in series for value in one.y])
    first, last = ends(found[chosen])
    alt = fill(words["alt_reach"], language, name=names[chosen], first=first, last=last)
    return titled(chart, words["title_reach"], alt=alt, height=400)


def _powers(values: Sequence[float]) -> dict[str, object]:
    """Powers of ten along an axis, a few of them."""
    known = [value for value in values if math.isfinite(value) and value > 0]
    if not known:
        return {}
    low, high = math.floor(math.log10(min(known))), math.ceil(math.log10(max(known)))
    powers = range(low, high + 1, 1 + (high - low) // 6)
    return {
        "tickmode": "array",
        "tickvals": [10.0**one for one in powers],
        "ticktext": [ten(one) for one in powers],
    }


def stages(found: Gradients, words: Words, *, language: str, name: str) -> Spec:
    """Every stage of every layer, coloured by the power of ten of its gradient."""
    powers = np.log10(np.clip(found.gradient.astype(float), LEAST, None)).T
    rows = [words[f"stage_{stage}"] for stage in found.stages]
    columns = [bare(layer + 1) for layer in range(found.gradient.shape[0])]
    tips = [
        [
            fill(words["tip_stage"], language, stage=row, layer=layer + 1, norm=short(float(found.gradient[layer, at])),
                 size=short(float(found.size[layer, at])))
            for layer in range(len(columns))
        ]
        for at, row in enumerate(rows)
    ]  # fmt: skip
    chart = heat(powers, rows, columns, tips, x=words["axis_layer"])
    known = powers[np.isfinite(powers)]
    if known.size:
        low, high = int(np.floor(known.min())), int(np.ceil(known.max()))
        step = 1 + (high - low) // 6
        chart = with_scale(chart, words["scale"], {at: ten(at) for at in range(low, high + 1, step)})
    alt = fill(words["alt_stages"], language, name=name, count=len(columns))
    return titled(chart, fill(words["title_stages"], language, name=name), alt=alt, height=430)


def rows(found: Sequence[Gradients], names: Sequence[str]) -> Iterator[tuple[object, ...]]:
    """One row for each network, layer and stage."""
    for one, name in zip(found, names, strict=True):
        for layer in range(one.gradient.shape[0]):
            for at, stage in enumerate(one.stages):
                yield name, layer + 1, stage, float(one.gradient[layer, at]), float(one.size[layer, at])
