"""The senses of a word, layer by layer, as messages for the canvas ``sense_layers``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from core.figures.buffer import pack

if TYPE_CHECKING:
    from core.compute.embedding_space.contextual import Senses

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


def _head(
    words: Mapping[str, str], state: Mapping[str, object], language: str, caption: str
) -> dict[str, Any]:
    return {"words": dict(words), "state": dict(state), "language": language, "caption": caption}
