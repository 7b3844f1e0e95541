"""Results of the page ``embedding_space`` as rows for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from core.figures.embedding_space.tables import MAP_COLUMNS, map_rows

if TYPE_CHECKING:
    from core.compute.embedding_space.contextual import Anisotropy, Senses, Sentences
    from core.compute.embedding_space.maps import Map
    from core.compute.embedding_space.tables import Analogy, Compression, OneHot

Row = tuple[object, ...]
Table = tuple[tuple[str, ...], Iterator[Row]]


def map_table(found: Map) -> Table:
    """Every point: its place, its theme and its nearest neighbours in the original space."""
    return MAP_COLUMNS, map_rows(found)


def analogy_table(found: Analogy) -> Table:
    """The answers with their cosine to a − b + c, and the input words that lie nearer."""
    answers = [("answer", *pair) for pair in zip(found.words, found.similarity.tolist(), strict=True)]
    inputs = [
        ("input", *pair) for pair in zip(found.excluded, found.excluded_similarity.tolist(), strict=True)
    ]
    return ("role", "word", "cosine"), iter(answers + inputs)


def one_hot_table(found: OneHot) -> Table:
    """A row per pair of words: cosine of the one-hot and of the dense vectors."""
    size = len(found.words)
    return ("first", "second", "one_hot", "dense"), (
        (found.words[i], found.words[j], float(found.sparse[i, j]), float(found.dense[i, j]))
        for i in range(size)
        for j in range(i, size)
    )


def senses_table(found: Senses) -> Table:
    """A row per sentence and layer: the sense and the place of the word's vector."""
    return ("layer", "sense", "sentence", "x", "y"), (
        (layer, found.senses[int(found.sense[at])], found.sentences[at], *place.tolist())
        for layer, places in enumerate(found.positions)
        for at, place in enumerate(places)
    )


def sentences_table(found: Sentences) -> Table:
    """A row per pair: cosine with its partner, and the partner's rank from both sides."""
    columns = ("first", "second", "topic", "cosine", "rank_first", "rank_second")
    return columns, (
        (first, second, found.groups[at], float(found.similarity[at, at]), int(found.rank_first[at]),
         int(found.rank_second[at]))
        for at, (first, second) in enumerate(zip(found.first, found.second, strict=True))
    )  # fmt: skip


def spread_table(found: Anisotropy) -> Table:
    """A row per layer: mean cosine before and after the mean is removed, and how many directions count."""
    columns = (
        "layer",
        "cosine",
        "cosine_without_mean",
        "directions",
        "directions_without_mean",
        "top_dimension",
    )
    return columns, (
        (layer, *found.cosine[:, layer].tolist(), *found.effective[:, layer].tolist(), float(top))
        for layer, top in enumerate(found.top_dimension)
    )


def compression_table(found: Compression) -> Table:
    """A row per kind: bytes of one vector, and the share of the ten nearest words that stay."""
    return ("kind", "bytes", "recall_at_10"), zip(
        found.kinds, found.bytes.tolist(), found.recall.tolist(), strict=True
    )
