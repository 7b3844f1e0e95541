"""How narrow the cone of token vectors is, as charts: mean cosine by layer; of one layer all cosines and directions."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from core.compute.embedding_space.contextual import KINDS
from core.figures.charts import Axis, Series, Spec, bars, lines, marked, titled, with_band, with_level
from core.numbers import fill

if TYPE_CHECKING:
    from core.compute.embedding_space.contextual import Anisotropy

Words = Mapping[str, str]
SMALL, LARGE = 250, 470
"""Heights; two small charts stand beside the large one."""
EVEN = 5
"""The colour of what would be, were no direction preferred."""


def layer_of(found: Anisotropy, layer: int) -> int:
    """The layer that is shown: −1, and what the model does not have, is the last one."""
    last = found.cosine.shape[1] - 1
    return layer if 0 <= layer <= last else last


def names(found: Anisotropy) -> list[str]:
    """The layers by their numbers, 0 what goes in."""
    return [str(layer) for layer in range(found.cosine.shape[1])]


def curve(found: Anisotropy, words: Words, *, language: str, layer: int) -> Spec:
    """Mean cosine of two tokens in every layer, with the middle nine tenths of the pairs; the shown layer is marked."""
    layers = list(range(found.cosine.shape[1]))
    series = [
        Series(
            words[kind],
            layers,
            found.cosine[at].tolist(),
            _tips(found, at, words, language),
            at,
            ("", "dash")[at],
        )
        for at, kind in enumerate(KINDS)
    ]
    spec = lines(series, Axis(words["layer"], "d"), Axis(form=".1f"))
    for at in range(len(KINDS)):
        spec = with_band(spec, layers, *found.spread[at].T.tolist(), colour=at)
    spec = marked(with_level(spec, 0, words["zero"], colour=EVEN), layer_of(found, layer))
    return titled(spec, words["curve"], alt=words["alt_curve"], height=LARGE)


def _tips(found: Anisotropy, kind: int, words: Words, language: str) -> list[str]:
    return [
        fill(
            words["tip"], language, layer=at, kind=words[KINDS[kind]], cosine=float(cosine), low=float(low),
            high=float(high),
        )
        for at, (cosine, (low, high)) in enumerate(zip(found.cosine[kind], found.spread[kind], strict=True))
    ]  # fmt: skip


def histogram(found: Anisotropy, words: Words, *, language: str, layer: int) -> Spec:
    """The cosines of all pairs of the shown layer."""
    shown = layer_of(found, layer)
    shares = found.histogram[:, shown]
    edges = np.linspace(-1, 1, shares.shape[1] + 1).tolist()
    tips = [
        fill(words["bin"], language, low=low, high=high, raw=float(raw), centred=float(centred))
        for low, high, raw, centred in zip(edges[:-1], edges[1:], *shares, strict=True)
    ]
    middles = [(low + high) / 2 for low, high in pairwise(edges)]
    series = [Series(words[kind], middles, shares[at].tolist(), tips, at) for at, kind in enumerate(KINDS)]
    spec = bars(series, Axis(form=".1f"), Axis(form=".0%"), over=True)
    alt = fill(words["alt_histogram"], language, layer=shown)
    title = fill(words["histogram"], language, layer=shown, pairs=found.pairs)
    return titled(spec, title, alt=alt, height=SMALL)


def directions(found: Anisotropy, words: Words, *, language: str, layer: int) -> Spec:
    """The share of the strongest directions of the shown layer."""
    shown = layer_of(found, layer)
    shares = found.shares[:, shown]
    numbers = list(range(1, shares.shape[1] + 1))
    tips = [
        fill(words["direction"], language, number=number, raw=float(raw), centred=float(centred))
        for number, raw, centred in zip(numbers, *shares, strict=True)
    ]
    series = [Series(words[kind], numbers, shares[at].tolist(), tips, at) for at, kind in enumerate(KINDS)]
    alt = fill(words["alt_shares"], language, layer=shown)
    title = fill(words["shares"], language, layer=shown)
    return titled(bars(series, Axis(), Axis(form=".0%")), title, alt=alt, height=SMALL)
