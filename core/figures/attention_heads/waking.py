"""What wakes a head that rests, as charts: all heads, one on two texts, and that one on all texts of the bank."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.compute.attention_heads.waking import gains
from core.figures.charts import (
    Axis,
    Series,
    Spec,
    heat,
    lines,
    ringed,
    titled,
    upright,
    with_frame,
    with_scale,
)  # fmt: skip
from core.numbers import fill, percent

if TYPE_CHECKING:
    from core.compute.attention_heads.waking import Bytes, Resting, Waking

Words = Mapping[str, str]
Table = tuple[tuple[str, ...], Iterator[tuple[object, ...]]]
HEIGHT, LOOKS = 480, 520
"""Pixels of the charts of all heads and texts, and of those of one head."""
RESTS = "●"
"""Stands in the cell of a head that rests on this text."""


def ranked(here: Resting, bank: Waking) -> list[tuple[int, int]]:
    """Layer and head of those that rest on this text, the one that the bank wakes most first."""
    gained = gains(here, bank)
    order = np.argsort(-gained, axis=None, kind="stable")[: int((gained > -1).sum())]
    return [
        (int(layer), int(head)) for layer, head in zip(*np.unravel_index(order, gained.shape), strict=True)
    ]


def best(bank: Waking, layer: int, head: int) -> int:
    """The text of the bank that wakes a head most."""
    return int(bank.best[layer, head])


def values(here: Resting, bank: Waking, words: Words, layer: int, head: int) -> dict[str, object]:
    """What sentences say of a head."""
    text = best(bank, layer, head)
    return {
        "layer": layer, "head": head, "here": float(here.awake[layer, head]),
        "there": float(bank.awake[layer, head, text]), "kind": words[f"kind_{bank.kinds[text]}"],
        "resting": len(ranked(here, bank)), "heads": here.awake.size, "count": len(bank.texts),
        "places": places(here, words),
    }  # fmt: skip


def places(here: Resting, words: Words) -> str:
    """Where heads rest on this text: on the first token, and on the marks around a text that an encoder reads."""
    return words["places_marks" if any(here.tokens.special[1:]) else "places_first"]


def heads(here: Resting, bank: Waking, words: Words, *, language: str, layer: int, head: int) -> Spec:
    """How awake every head is on this text; those that rest bear a dot, the one that is looked at is framed."""
    rest = set(ranked(here, bank))
    layers, heads = here.awake.shape

    def tip(*at: int) -> str:
        there = float(bank.awake[(*at, best(bank, *at))])
        return fill(
            words["tip_head"], language, layer=at[0], head=at[1], here=float(here.awake[at]), there=there
        )

    spec = heat(
        here.awake.tolist(),
        [str(one) for one in range(layers)],
        [str(one) for one in range(heads)],
        [[tip(row, column) for column in range(heads)] for row in range(layers)],
        x=words["head_axis"], y=words["layer_axis"], span=(0, 1),
        written=[[RESTS if (row, column) in rest else "" for column in range(heads)] for row in range(layers)],
    )  # fmt: skip
    spec = with_scale(spec, words["ramp"], {share: percent(share) for share in (0.0, 1.0)})
    spec = with_frame(spec, (layer, layer), (head, head))
    said = values(here, bank, words, layer, head)
    alt = fill(words["alt_heads"], language, layers=layers, **{**said, "heads": heads})
    return titled(spec, fill(words["grid"], language, **said), alt=alt, height=HEIGHT)


def on_this(here: Resting, bank: Waking, words: Words, *, language: str, layer: int, head: int) -> Spec:
    """Where the head looks on this text."""
    title = fill(words["here"], language, **values(here, bank, words, layer, head))
    return _looks(here.attention[layer, head], here.tokens.labels, words, language, title)


def on_best(here: Resting, bank: Waking, words: Words, *, language: str, layer: int, head: int) -> Spec:
    """Where the head looks on the text that wakes it most."""
    labels = bank.labels[best(bank, layer, head)]
    size = len(labels)
    title = fill(words["there"], language, **values(here, bank, words, layer, head))
    return _looks(bank.attention[layer, head, :size, :size], labels, words, language, title)


def _looks(cells: Bytes, labels: Sequence[str], words: Words, language: str, title: str) -> Spec:
    """The weights of each token (a row) on each (a column)."""
    shares = (cells / 255).tolist()
    tips = [
        [fill(words["tip_look"], language, query=query, key=key, share=share) for key, share in
         zip(labels, row, strict=True)]
        for query, row in zip(labels, shares, strict=True)
    ]  # fmt: skip
    spec = upright(heat(shares, labels, labels, tips, x=words["axes"], span=(0, 1)))
    spec = with_scale(spec, words["scale"], {share: percent(share) for share in (0.0, 1.0)})
    alt = fill(words["alt_look"], language, what=title, count=len(labels))
    return titled(spec, title, alt=alt, height=LOOKS)


def texts(here: Resting, bank: Waking, words: Words, *, language: str, layer: int, head: int) -> Spec:
    """The head on every text of the bank, by kind; the one that wakes it most is ringed."""
    kinds, shares = list(dict.fromkeys(bank.kinds)), bank.awake[layer, head]
    read = [at for at, share in enumerate(shares) if not np.isnan(share)]
    names = [words[f"kind_{kind}"] for kind in kinds]
    places = [kinds.index(bank.kinds[at]) for at in read]
    tips = [
        fill(words["tip_text"], language, text=bank.texts[at], kind=names[place], share=float(shares[at]))
        for at, place in zip(read, places, strict=True)
    ]
    rows = Axis(ticks=range(len(kinds)), names=names, span=(len(kinds) - 0.5, -0.5))
    all_texts = Series(words["ramp"], shares[read], places, tips)
    spec = lines([all_texts], Axis(words["share"], ".0%", span=(-0.02, 1.02)), rows, points=True)
    text = best(bank, layer, head)
    said = values(here, bank, words, layer, head)
    spec = ringed(spec, [(float(shares[text]), kinds.index(bank.kinds[text]))])
    alt = fill(words["alt_texts"], language, **said)
    return titled(spec, fill(words["bank"], language, **said), alt=alt, height=HEIGHT)


def waking_table(here: Resting, bank: Waking) -> Table:
    """One row per head: its awake share here, its waking text, and its awake share on every text of the bank."""
    columns = ("layer", "head", "here", "best_text", *bank.texts)
    layers, heads = here.awake.shape

    def rows() -> Iterator[tuple[object, ...]]:
        for layer in range(layers):
            for head in range(heads):
                shares = ("" if np.isnan(one) else round(float(one), 6) for one in bank.awake[layer, head])
                best = bank.texts[int(bank.best[layer, head])]
                yield (layer, head, round(float(here.awake[layer, head]), 6), best, *shares)

    return columns, rows()
