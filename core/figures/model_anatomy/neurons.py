"""Charts of the neurons of MLPs that fire on a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.arrays import Array
from core.compute.model_anatomy.lens import place
from core.figures.charts import (
    Axis,
    Series,
    Spec,
    around,
    bars,
    heat,
    marked,
    titled,
    upright,
    with_frame,
    with_scale,
)
from core.figures.model_anatomy.stream import BESIDE, Words, length, names, told
from core.numbers import fill

if TYPE_CHECKING:
    from core.compute.model_anatomy.neurons import Neurons

WRITTEN = 0.08
"""What is weaker than this share of the strongest is not written in its cell."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The neuron that is chosen."""

    layer: int
    row: int  # among those that are kept
    id: int
    strongest: int  # id of the one that is chosen where none is asked for
    up: tuple[str, ...]  # tokens that it pushes up, and down; empty without a head
    down: tuple[str, ...]
    value: float  # its activation at the token


def chosen(found: Neurons, block: int, neuron: int, at: int) -> Chosen:
    """The neuron that is asked for, or the strongest of the layer at the token."""
    layer, ids = place(block, len(found.ids)), found.ids[place(block, len(found.ids))].tolist()
    strongest = int(found.strongest[layer, at])
    row, label = ids.index(neuron) if neuron in ids else strongest, names(found)
    up, down = (tuple(label[id] for id in side[layer, row].tolist()) for side in (found.up, found.down))
    return Chosen(layer, row, ids[row], ids[strongest], up, down, float(found.activation[layer, row, at]))


def grid(found: Neurons, words: Words, *, language: str, block: int, neuron: int, at: int) -> Spec:
    """The activations of the strongest neurons of a layer at every token, on a root scale."""
    one = chosen(found, block, neuron, at)
    values, ids = found.activation[one.layer], found.ids[one.layer].tolist()
    most = max(float(np.abs(values).max()), 1e-9)

    def tip(id: int, token: str, value: float) -> str:
        title = fill(words["neuron"], language, layer=one.layer, neuron=id)
        return told(words, language, title, [(token, length(value, language))])

    def written(value: float) -> str:
        return length(value, language) if abs(value) > WRITTEN * most else ""

    rows = list(zip(ids, values.tolist(), strict=True))
    spec = heat(
        (np.sign(values) * np.sqrt(np.abs(values) / most)).tolist(),
        [fill(words["row"], language, number=id) for id in ids], found.tokens.labels,
        [[tip(id, token, value) for token, value in zip(found.tokens.labels, row, strict=True)] for id, row in rows],
        span=(-1, 1), diverging=True, written=[[written(value) for value in row] for _, row in rows],
    )  # fmt: skip
    ticks = {-1.0: length(-most, language), 0.0: "0", 1.0: length(most, language)}
    spec = with_scale(spec, words["means_gated" if found.gated else "means"], ticks)
    spec = with_frame(upright(around(spec, at)), (one.row, one.row), (at, at))
    title = fill(words["title"], language, layer=one.layer, kept=len(ids), count=found.count)
    return titled(spec, title, alt=fill(words["alt"], language, what=title), height=175 + 20 * len(ids))


def over(found: Neurons, words: Words, *, language: str, block: int, neuron: int, at: int) -> Spec:
    """The chosen neuron at every token."""
    one = chosen(found, block, neuron, at)
    values: Array = found.activation[one.layer, one.row]
    pairs = list(zip(found.tokens.labels, values.tolist(), strict=True))
    tips = [
        told(words, language, token, [(words["activation"], length(value, language))])
        for token, value in pairs
    ]
    series = Series(words["activation"], list(range(len(pairs))), values.tolist(), tips)
    spec = marked(bars([series], Axis(), Axis(form="~g"), names=found.tokens.labels), at)
    return titled(spec, fill(words["over"], language, neuron=one.id), alt=words["plot"], height=BESIDE)
