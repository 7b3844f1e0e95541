"""Charts of direct logit attribution: which head or MLP pushed the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.arrays import Array
from core.figures.charts import Axis, Series, Spec, bars, heat, titled, upward, with_scale
from core.figures.model_anatomy.stream import BESIDE, Words, high, told
from core.numbers import decimal, fill, signed

if TYPE_CHECKING:
    from core.compute.model_anatomy.lens import Contributions

MOST = 5
"""So many parts that push most are named."""
OUTLIERS, LEAST = 50, 10
"""One part in so many may lie beyond the end of the colours, which is a so-manieth of the largest at least."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the parts add to the logit of one token, or to its difference from that of another."""

    token: str
    other: str  # "" without
    heads: Array  # [layer, head]
    mlp: Array  # [layer]
    ledger: tuple[tuple[str, float], ...]  # word of everything that is added, and its sum
    logit: float
    residual: float
    share: float  # of the residual in all magnitudes

    @property
    def cells(self) -> Array:
        """All heads and the MLP behind them, [layer, head + 1]."""
        return np.concatenate([self.heads, self.mlp[:, None]], axis=1)

    @property
    def end(self) -> float:
        """The contribution from which on the colour grows no more: a single part may be ten times the rest."""
        falling = np.sort(np.abs(self.cells).ravel())[::-1]
        return float(max(falling[len(falling) // OUTLIERS], falling[0] / LEAST)) or 1.0


def parts(found: Contributions, answer: int, against: int) -> Parts:
    """The parts for a token, the most probable one if the id is no candidate's, against another if its id is."""
    ids = found.candidate_ids.tolist()
    one = ids.index(answer) if answer in ids else 0
    other = ids.index(against) if against in ids and ids.index(against) != one else -1

    def of(values: Array) -> Array:
        wide = values.astype(np.float64)
        return np.asarray(wide[one] - wide[other] if other >= 0 else wide[one])

    ledger = (
        ("embedding", float(of(found.embedding))), ("position", float(of(found.position))),
        ("heads", float(of(found.heads).sum())), ("mlps", float(of(found.mlp).sum())),
        ("attention_bias", float(of(found.attention_bias).sum())), ("norm_bias", float(of(found.norm_bias))),
        ("head_bias", float(of(found.head_bias))),
    )  # fmt: skip
    magnitude = float(found.magnitude[one]) + (float(found.magnitude[other]) if other >= 0 else 0.0)
    residual = float(of(found.residual))
    return Parts(
        found.candidates[one],
        found.candidates[other] if other >= 0 else "",
        of(found.heads),
        of(found.mlp),
        tuple((id, value) for id, value in ledger if value or id == "embedding"),
        float(of(found.logits)),
        residual,
        abs(residual) / (magnitude or 1.0),
    )


def target(one: Parts, words: Words, language: str) -> str:
    """What the parts add up to."""
    return fill(words["difference" if one.other else "target"], language, token=one.token, other=one.other)


def _name(words: Words, language: str, layer: int, column: int, heads: int) -> str:
    return fill(words["head" if column < heads else "mlp"], language, layer=layer, head=column)


def grid(found: Contributions, words: Words, *, language: str, answer: int, against: int) -> Spec:
    """What each head and each MLP adds, on a root scale."""
    one = parts(found, answer, against)
    cells, end, aim = one.cells, one.end, target(one, words, language)
    layers, heads = one.heads.shape
    places = [[(layer, at) for at in range(heads + 1)] for layer in range(layers)]

    def tip(layer: int, at: int) -> str:
        name = _name(words, language, layer, at, heads)
        return told(words, language, name, [(aim, decimal(float(cells[layer, at]), 3))])

    spec = heat(
        (np.sign(cells) * np.sqrt(np.minimum(1, np.abs(cells) / end))).tolist(),
        [str(layer) for layer in range(layers)], [*map(str, range(heads)), words["mlp_short"]],
        [[tip(*place) for place in row] for row in places],
        x=words["heads"], y=words["layer"], span=(-1, 1), diverging=True,
        written=[[decimal(value, 1) if abs(value) >= end / 2 else "" for value in row] for row in cells.tolist()],
    )  # fmt: skip
    beyond = float(np.abs(cells).max()) > end
    low, high_ = ("≤ ", "≥ ") if beyond else ("", "")
    ticks = {-1.0: low + decimal(-end, 1), 0.0: "0", 1.0: high_ + decimal(end, 1)}
    title = words["title_difference" if one.other else "title"]
    spec = with_scale(upward(spec), words["means"], ticks)
    return titled(spec, title, alt=fill(words["alt"], language, what=title), height=high(layers))


def ledger(found: Contributions, words: Words, *, language: str, answer: int, against: int) -> Spec:
    """Everything that is added, and the sum."""
    one = parts(found, answer, against)
    total = words["sum_difference" if one.other else "sum"]
    rows = [(words[f"part_{id}"], value) for id, value in one.ledger] + [(total, one.logit)]
    tips = [
        told(words, language, name, [(target(one, words, language), decimal(value))]) for name, value in rows
    ]
    series = Series(total, [value for _, value in rows], list(range(len(rows))), tips)
    names = [fill(words["pair"], language, name=name, value=decimal(value)) for name, value in rows]
    spec = bars([series], Axis(form=".0f"), Axis(), across=True, names=names)
    title = fill(words["ledger"], language, target=target(one, words, language))
    return titled(spec, title, alt=title, height=100 + 26 * len(rows))


def by_layer(found: Contributions, words: Words, *, language: str, answer: int, against: int) -> Spec:
    """What attention and MLP of each layer add."""
    one = parts(found, answer, against)

    def side(name: str, values: Array, colour: int) -> Series:
        tips = [
            told(words, language, fill(words["at_layer"], language, layer=layer), [(name, signed(value))])
            for layer, value in enumerate(values.tolist())
        ]
        return Series(name, list(range(len(values))), values.tolist(), tips, colour)

    series = [side(words["part_heads"], one.heads.sum(axis=1), 0), side(words["part_mlps"], one.mlp, 5)]
    spec = bars(series, Axis(words["layer"]), Axis(form="~g"))
    return titled(spec, words["by_layer"], alt=words["plot"], height=BESIDE)


def strongest(
    found: Contributions, words: Words, *, language: str, answer: int, against: int
) -> list[tuple[str, float]]:
    """The parts that push most, and what each adds."""
    one = parts(found, answer, against)
    cells, heads = one.cells, one.heads.shape[1]
    order = np.argsort(-cells.ravel(), kind="stable")[:MOST].tolist()
    places = [divmod(at, heads + 1) for at in order]
    return [(_name(words, language, layer, at, heads), float(cells[layer, at])) for layer, at in places]
