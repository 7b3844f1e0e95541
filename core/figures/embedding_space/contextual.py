"""Payloads of the canvases of what a model means: ``sense_layers`` and ``sentence_grid``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from core.figures.buffer import pack
from core.scripts import has_han

if TYPE_CHECKING:
    from core.compute.embedding_space.contextual import Senses, Sentences

NO_TITLES: Mapping[str, str] = {}


def senses_payload(
    found: Senses,
    words: Mapping[str, str],
    state: Mapping[str, object],
    *,
    language: str,
    titles: Mapping[str, str] = NO_TITLES,
    caption: str = "",
) -> bytes:
    """Pack positions [layer, sentence, 2], both measures of every layer, and the sentences with the word's place.

    `state`: {"layer": −1 = best, "version"}; the canvas commits `layer` {layer}. `titles`: what a sense is called on
    this page. The reach is the largest distance from the middle that any point has in any layer.
    """
    meta: dict[str, Any] = _head(words, state, language, caption) | {
        "word": found.word,
        "senses": [titles.get(name, name) for name in found.senses],
        "sentences": list(found.sentences),
        "spans": _spans(found),
        "pieces": list(found.pieces),
        "best": found.best,
        "causal": found.causal,
        "skipped": len(found.skipped),
        "reach": float(np.hypot(found.positions[..., 0], found.positions[..., 1]).max()) or 1.0,
    }
    arrays = {
        "positions": found.positions,
        "explained": found.explained.sum(-1),
        "silhouette": found.silhouette,
        "accuracy": found.accuracy,
        "chance_silhouette": found.chance_silhouette,
        "chance_accuracy": found.chance_accuracy,
    }
    packed = {name: np.ascontiguousarray(array, np.float32) for name, array in arrays.items()}
    return pack(meta, packed | {"sense": np.ascontiguousarray(found.sense, np.int32)})


def _spans(found: Senses) -> list[list[int]]:
    """The word's place in UTF-16 units, as a browser counts."""
    places = []
    for sentence, (start, end) in zip(found.sentences, found.spans.tolist(), strict=True):
        before, upto = (len(sentence[:at].encode("utf-16-le")) // 2 for at in (start, end))
        places.append([before, upto])
    return places


def sentences_payload(
    found: Sentences,
    words: Mapping[str, str],
    state: Mapping[str, object],
    *,
    language: str,
    titles: Mapping[str, str] = NO_TITLES,
    caption: str = "",
) -> bytes:
    """Pack the cosine of each two sentences, the place of the true partner, and both maps [kind, sentence, 2].

    `state`: {"pair": −1 = none, "version"}; the canvas commits `pick` {pair}. `titles`: what a topic is called here.
    """
    sides = "english", "chinese"
    if any(map(has_han, found.first)) or not all(map(has_han, found.second)):
        sides = "left", "right"
    off = ~np.eye(len(found.first), dtype=bool)
    meta = _head(words, state, language, caption) | {
        "first": list(found.first),
        "second": list(found.second),
        "sides": [words.get(side, side) for side in sides],
        "groups": [titles.get(name, name) for name in found.groups],
        "low": float(np.quantile(found.similarity[off], 0.02)),
        "high": float(found.similarity.max()),
        "right": [int((found.rank_first == 1).sum()), int((found.rank_second == 1).sum())],
        "partner": found.partner,
        "axis": _first_axis_is_the_side(found) and sides[0] == "english",
        "other": found.other,
    }
    arrays = {
        "similarity": np.round(found.similarity, 4).astype(np.float32),
        "positions": np.ascontiguousarray(found.positions, np.float32),
        "explained": np.ascontiguousarray(found.explained.sum(-1), np.float32),
        "rank_first": np.ascontiguousarray(found.rank_first, np.int32),
        "rank_second": np.ascontiguousarray(found.rank_second, np.int32),
    }
    return pack(meta, arrays)


def _first_axis_is_the_side(found: Sentences) -> bool:
    """Whether the widest direction of the map does little else than part the two sides."""
    x = found.positions[0, :, 0].astype(np.float64)
    side = np.repeat([-1.0, 1.0], len(found.first))
    return bool(abs(side @ (x - x.mean())) > 0.9 * np.linalg.norm(x - x.mean()) * np.linalg.norm(side))


def _head(
    words: Mapping[str, str], state: Mapping[str, object], language: str, caption: str
) -> dict[str, Any]:
    return {"words": dict(words), "state": dict(state), "language": language, "caption": caption}
