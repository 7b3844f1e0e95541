"""A word in its senses, as charts: its sentences as points of a plane, and how far the senses are apart by layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.figures.charts import (
    Axis,
    Frame,
    Series,
    Spec,
    lines,
    marked,
    on_plane,
    played,
    ringed,
    titled,
    with_band,
    with_links,
)  # fmt: skip
from core.numbers import fill

if TYPE_CHECKING:
    from core.arrays import Array
    from core.compute.embedding_space.contextual import Senses

Words = Mapping[str, str]
NO_TITLES: Mapping[str, str] = {}
HEIGHT = 400
SYMBOLS = ("circle", "square", "triangle-up", "diamond", "triangle-down", "pentagon", "hexagon")
COLOURS = (0, 5, 2, 3, 1, 4, 6)
"""Of the categories, by their contrast with the page."""
ROOM = 1.12
"""Around the points, for their marks."""


def layer_of(found: Senses, layer: int) -> int:
    """The layer that is shown: −1, and what the model does not have, is the one where the senses part best."""
    return layer if 0 <= layer < len(found.silhouette) else found.best


def stops(found: Senses, best: str, language: str) -> dict[int, str]:
    """The layers by their numbers; the best one is −1, and `best` says so ("{layer} (best)")."""
    named = {layer: str(layer) for layer in range(len(found.silhouette))}
    return {
        -1 if layer == found.best else layer: fill(best, language, layer=layer)
        if layer == found.best
        else name
        for layer, name in named.items()
    }


def plane(
    found: Senses, words: Words, *, language: str, layer: int, titles: Mapping[str, str] = NO_TITLES
) -> Spec:
    """The word in every sentence at a layer, each joined with the middle of its sense; all layers can be played.

    All layers have one scale, and each is turned to fit the one before. `titles`: what a sense is called on this page.
    """
    shown = layer_of(found, layer)
    names = [titles.get(name, name) for name in found.senses]
    spec = _points(found, shown, names, words, language)
    wide, high = (ROOM * float(np.abs(found.positions[..., axis]).max()) or 1.0 for axis in (0, 1))
    spec = on_plane(spec, (-wide, wide), (-high, high))
    alt = fill(words["alt_plane"], language, word=found.word, layer=shown, count=len(found.sentences))
    spec = titled(spec, _title(found, shown, words, language), alt=alt, height=HEIGHT)
    frames = [
        Frame(
            str(at),
            _title(found, at, words, language),
            _points(found, at, names, words, language)["data"],
        )
        for at in range(len(found.silhouette))
    ]
    return played(spec, frames, words["play"], end=str(shown))


def _title(found: Senses, layer: int, words: Words, language: str) -> str:
    sentence = words["title_same" if _still(found.positions[layer]) else "title"]
    return fill(
        sentence, language, word=found.word, layer=layer,
        share=float(found.explained[layer].sum()), count=len(found.sentences),
    )  # fmt: skip


def _still(places: Array) -> bool:
    """Whether all vectors of a layer are the same."""
    return bool(np.abs(places).max() < 1e-6)


def _points(found: Senses, layer: int, names: Sequence[str], words: Words, language: str) -> Spec:
    places = found.positions[layer].astype(np.float64)
    series, middles = [], np.zeros_like(places)
    for sense, name in enumerate(names):
        own = found.sense == sense
        middles[own] = places[own].mean(0)
        tips = [_tip(found, at, name, words, language) for at in np.flatnonzero(own).tolist()]
        label = fill(words["sense"], language, sense=name, count=int(own.sum()))
        series.append(Series(
            label, places[own, 0].tolist(), places[own, 1].tolist(), tips, COLOURS[sense % 7],
            symbol=SYMBOLS[sense % 7],
        ))  # fmt: skip
    return with_links(lines(series, Axis(), Axis(), points=True), places, middles)


def _tip(found: Senses, at: int, sense: str, words: Words, language: str) -> str:
    return fill(words["tip"], language, sense=sense, sentence=found.sentences[at], pieces=found.pieces[at])


def curve(
    found: Senses, words: Words, *, language: str, layer: int, titles: Mapping[str, str] = NO_TITLES
) -> Spec:
    """The silhouette of the senses at every layer over what shuffled senses give; the best layer has a ring."""
    del titles
    layers = list(range(len(found.silhouette)))
    tips = [_measured(found, at, words, language) for at in layers]
    series = Series(words["silhouette"], layers, found.silhouette.tolist(), tips)
    spec = lines([series], Axis(words["layer"], "d"), Axis(form=".1f"))
    spec = with_band(spec, layers, *found.chance_silhouette.T.tolist(), name=words["shuffled"])
    best = float(found.silhouette[found.best])
    spec = ringed(marked(spec, layer_of(found, layer)), [(found.best, best)])
    alt = fill(words["alt_curve"], language, best=best, layer=found.best)
    return titled(spec, words["curve"], alt=alt, height=HEIGHT)


def _measured(found: Senses, layer: int, words: Words, language: str) -> str:
    """What is said of a layer: how far the senses are apart, and how far shuffled ones."""
    count = len(found.sentences)
    if _still(found.positions[layer]):
        return fill(words["measured_same"], language, layer=layer, count=count)
    (low, high), (from_, upto) = (
        found.chance_silhouette[layer].tolist(),
        found.chance_accuracy[layer].tolist(),
    )
    return fill(
        words["measured"], language, layer=layer, silhouette=float(found.silhouette[layer]), low=low, high=high,
        count=count, right=round(float(found.accuracy[layer]) * count), chance_low=from_, chance_high=upto,
    )  # fmt: skip


def told(
    found: Senses, titles: Mapping[str, str] = NO_TITLES
) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Each sense, and its sentences as what stands before the word, the word, and what stands after it."""
    parts = [
        (sentence[:start], sentence[start:end], sentence[end:])
        for sentence, (start, end) in zip(found.sentences, found.spans.tolist(), strict=True)
    ]
    return [
        (titles.get(name, name), [parts[at] for at in np.flatnonzero(found.sense == sense).tolist()])
        for sense, name in enumerate(found.senses)
    ]
