"""Charts of activation patching: what a state of one run does in another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.figures.charts import (
    Axis,
    Series,
    Spec,
    bars,
    heat,
    marked,
    titled,
    upright,
    upward,
    with_frame,
    with_scale,
)
from core.figures.model_anatomy.stream import BESIDE, Words, chances, high, names, nearest, rows, told
from core.numbers import decimal, fill, percent

if TYPE_CHECKING:
    from core.compute.model_anatomy.patching import Patched, Patching

WRITTEN = 0.045
"""What restores less is not written in its cell."""
TOLD = 3
"""So many next tokens are told of a cell."""


def grid(found: Patching, words: Words, *, language: str, row: int, first: int, last: int, most: int) -> Spec:
    """What each single patch restores; the chosen cell, or row of cells, is framed."""
    shown, label = rows(len(found.effect), most), names(found)

    def tip(layer: int, at: int) -> str:
        title = fill(words["cell"], language, layer=layer, token=found.giver.labels[at])
        tops = zip(
            found.top_ids[layer, at, :TOLD].tolist(), found.top_probability[layer, at].tolist(), strict=False
        )
        pairs = [(words["effect"], decimal(float(found.effect[layer, at]), 3))]
        return told(words, language, title, [*pairs, *((label[id], percent(chance)) for id, chance in tops)])

    spec = heat(
        found.effect[shown].tolist(),
        [str(layer) for layer in shown],
        _columns(found),
        [[tip(layer, at) for at in range(found.effect.shape[1])] for layer in shown],
        y=words["layer"], span=(-1, 1), diverging=True,
        written=[[_written(value) for value in one] for one in found.effect[shown].tolist()],
    )  # fmt: skip
    spec = with_scale(upright(upward(spec)), words["means"], {at: decimal(at, 0) for at in (-1, 0, 1)})
    spec = with_frame(spec, (nearest(shown, row),) * 2, (first, last))
    title = fill(words["title"], language, giver=found.answers[0], taker=found.answers[1])
    return titled(spec, title, alt=fill(words["alt"], language, what=title), height=high(len(shown)))


def _written(effect: float) -> str:
    return decimal(effect) if abs(effect) >= WRITTEN else ""


def _columns(found: Patching) -> list[str]:
    """The tokens; where the texts differ, what is put in and what it replaces."""
    pairs = zip(found.giver.labels, found.taker.labels, found.differs.tolist(), strict=True)
    return [f"{giver} → {taker}" if differs else giver for giver, taker, differs in pairs]


def through(found: Patching, words: Words, *, language: str, row: int, at: int) -> Spec:
    """What one token restores, layer by layer."""
    effects = [float(value) for value in found.effect[:, at]]
    token = found.giver.labels[at]
    cells = [fill(words["cell"], language, layer=layer, token=token) for layer in range(len(effects))]
    tips = [
        told(words, language, cell, [(words["effect"], decimal(value, 3))])
        for cell, value in zip(cells, effects, strict=True)
    ]
    series = Series(words["effect"], list(range(len(effects))), effects, tips, 5)
    spec = marked(bars([series], Axis(words["layer"]), Axis(form=".1f")), row)
    return titled(spec, fill(words["through"], language, token=token), alt=words["plot"], height=BESIDE)


def after(found: Patching, span: Patched | None, words: Words, *, language: str, row: int, at: int) -> Spec:
    """The most probable next tokens after the patch."""
    if span is None:
        label, ids = names(found), found.top_ids[row, at].tolist()
        tokens, values = [label[id] for id in ids], found.top_probability[row, at].tolist()
    else:
        tokens, values = list(span.labels), span.top_probability.tolist()
    return chances(tokens, values, words, language, title=words["after"])


def own(found: Patching, side: int, most: int = 2) -> list[tuple[str, float]]:
    """The most probable next tokens of the giver (0) or the taker (1) without a patch."""
    label = names(found)
    ids, chances = found.own_ids[side, :most].tolist(), found.own_probability[side, :most].tolist()
    return [(label[id], chance) for id, chance in zip(ids, chances, strict=True)]
