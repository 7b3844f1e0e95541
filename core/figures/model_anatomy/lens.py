"""Charts of the logit lens: what each layer would say already."""

from __future__ import annotations

import math
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from core.arrays import Array
from core.figures.charts import (
    Axis,
    Series,
    Spec,
    around,
    heat,
    lines,
    marked,
    titled,
    upright,
    upward,
    with_frame,
    with_scale,
)
from core.figures.model_anatomy.stream import BESIDE, Words, chances, high, names, nearest, rows, told
from core.numbers import fill, percent, whole

if TYPE_CHECKING:
    from core.compute.model_anatomy.lens import Lens, Tracks

WIDEST, ROOM = 7, 8
"""Most characters of a token in its cell, and most half widths: a Chinese character or ⏎ has two."""
WIDE = 0x2000
"""The first code point from which on a sign may be as wide as it is high."""
TOLD = 4
"""So many tokens are told of a cell."""


def layer_name(lens: Lens, words: Words, row: int) -> str:
    """How many layers a state has passed; the ends of the stream have names."""
    layer = int(lens.layers[row])
    return words["embedding"] if layer == 0 else words["output"] if layer == lens.depth else str(layer)


def row_of(lens: Lens, asked: int) -> int:
    """The row of a layer that is asked for, or of the next one that was read; −1: the output."""
    return len(lens.layers) - 1 if asked < 0 else nearest(lens.layers.tolist(), asked)


def step(lens: Lens) -> int:
    """Every how many layers one is read."""
    return int(lens.layers[-1] - lens.layers[-2]) if len(lens.layers) > 1 else 1


def grid(
    lens: Lens, _: Tracks, words: Words, *, language: str, by: str, row: int, at: int, most: int
) -> Spec:
    """The most probable token of every state, coloured by a measure."""
    shown, label = rows(len(lens.layers), most), names(lens)
    values, ticks = _measure(lens, by, words, language)
    spec = heat(
        values[shown].tolist(),
        [layer_name(lens, words, one) for one in shown], lens.tokens.labels,
        [[_tip(lens, label, words, language, one, token) for token in range(len(lens.answer))] for one in shown],
        y=words["layer"], span=(0, 1),
        written=[[_short(label[id]) for id in ids] for ids in lens.top_ids[shown, :, 0].tolist()],
    )  # fmt: skip
    spec = with_scale(upward(spec), words[f"means_{by}"], ticks)
    spec = with_frame(upright(around(spec, at)), (nearest(shown, row),) * 2, (at, at))
    return titled(
        spec, words["title"], alt=fill(words["alt"], language, what=words["title"]), height=high(len(shown))
    )


def _measure(lens: Lens, by: str, words: Words, language: str) -> tuple[Array, dict[float, str]]:
    """What colours the cells, 0 to 1, and what stands at the ends of the scale."""
    if by == "entropy":
        widest = float(lens.entropy.max()) or 1.0
        return lens.entropy / widest, {0.0: "0", 1.0: fill(words["nats"], language, n=widest)}
    if by == "rank":
        worst = max(2, int(lens.rank.max()))
        shares: Array = np.asarray(1 - np.log(lens.rank) / math.log(worst), np.float32)
        return shares, {0.0: whole(worst, language), 1.0: "1"}
    return lens.top_probability[..., 0], {share: percent(share) for share in (0.0, 0.5, 1.0)}


def _short(label: str) -> str:
    """A token that fits into its cell: the longest one decides how small all are written.

    >>> _short("·Tokyo"), _short("不断发展"), _short("·predominant"), _short(".⏎⏎⏎⏎⏎⏎")
    ('·Tokyo', '不断发展', '·predo…', '.⏎⏎⏎…')
    """
    widths = list(accumulate(2 if ord(one) >= WIDE and one != "…" else 1 for one in label))
    if len(label) <= WIDEST and (not widths or widths[-1] <= ROOM):
        return label
    return f"{label[: sum(width < ROOM for width in widths[: WIDEST - 1])]}…"


def _tip(lens: Lens, label: dict[int, str], words: Words, language: str, row: int, at: int) -> str:
    """The most probable tokens of a state, the rank of the final answer in it, and its entropy."""
    title = fill(words["cell"], language, layer=layer_name(lens, words, row), token=lens.tokens.labels[at])
    tops = zip(lens.top_ids[row, at, :TOLD].tolist(), lens.top_probability[row, at].tolist(), strict=False)
    answer = fill(words["rank_of"], language, token=label[int(lens.answer[at])])
    return told(words, language, title, [
        *((label[id], percent(chance)) for id, chance in tops),
        (answer, whole(int(lens.rank[row, at]), language)),
        (words["entropy"], fill(words["nats"], language, n=float(lens.entropy[row, at]))),
    ])  # fmt: skip


def top(lens: Lens, _: Tracks, words: Words, *, language: str, row: int, at: int) -> Spec:
    """The most probable tokens of one state."""
    label = names(lens)
    tokens = [label[id] for id in lens.top_ids[row, at].tolist()]
    title = fill(words["cell"], language, layer=layer_name(lens, words, row), token=lens.tokens.labels[at])
    return chances(tokens, lens.top_probability[row, at].tolist(), words, language, title=title)


def tracks(lens: Lens, found: Tracks, words: Words, *, language: str, by: str, row: int) -> Spec:
    """Chosen tokens on their way through all layers, the model's own answer first: probabilities, or ranks."""
    ranks = by == "rank"
    values = (found.rank if ranks else found.probability).tolist()

    def one(at: int, token: str) -> Series:
        layers = range(lens.depth + 1)
        tips = [
            told(words, language, fill(words["cell"], language, layer=layer, token=token), [
                (words["probability"], percent(float(found.probability[at, layer]))),
                (words["rank"], whole(int(found.rank[at, layer]), language)),
            ])
            for layer in layers
        ]  # fmt: skip
        return Series(token, list(layers), values[at], tips, at)

    y = Axis(log=True, form=",d") if ranks else Axis(form=".0%", span=(-0.02, 1.02))
    spec = lines([one(at, token) for at, token in enumerate(found.labels)], Axis(words["layer"]), y)
    if ranks:
        spec["layout"]["yaxis"]["autorange"] = "reversed"
    spec["layout"]["showlegend"] = True
    title = fill(words["tracks_rank" if ranks else "tracks"], language, token=lens.tokens.labels[found.at])
    return titled(marked(spec, int(lens.layers[row])), title, alt=words["plot"], height=BESIDE)
