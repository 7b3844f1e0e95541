"""Word vectors as a message for the canvas ``embedding_map``, and as rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.figures.buffer import Array, pack, with_defaults
from core.figures.embedding_space.payloads import EmbeddingMap, EmbeddingMapArrays, EmbeddingMapState, Told
from core.figures.style import group_tones

if TYPE_CHECKING:
    from core.compute.embedding_space.maps import Map

STATE: EmbeddingMapState = {
    "word": "",  # the word whose neighbours are shown while the pointer is elsewhere
    "view": "",  # zoom, centre and turn as `VIEW` has it; empty: all points in sight
    "version": 0,  # a new value makes the canvas follow all of this state
}
VIEW = re.compile(
    r"-?\d{1,4}(?:\.\d{1,4})?(?:_-?\d{1,4}(?:\.\d{1,4})?){2,4}"
)  # zoom_x_y or zoom_x_y_yaw_pitch
MOST_COLOURS = 7  # groups with a colour of their own: the largest; all others are grey
MOST_CHOSEN = 200  # words of one ``lasso`` commit
SCALE = 10_000  # similarities travel as whole ten-thousandths


def map_payload(
    found: Map,
    words: Mapping[str, str],
    state: Mapping[str, object],
    *,
    language: str,
    title: str = "",
    caption: str = "",
    dimensions: int = 0,
    groups: Mapping[str, str] | None = None,
) -> bytes:
    """Pack the points of a map, their groups and their nearest neighbours in the original space.

    `title` names what is mapped (for the alternative text), `caption` stands under a saved picture, `dimensions` is
    the size of the original space (0: not said), `groups` translates group ids. Points come in the order of their
    importance: the first keep their labels. The canvas commits ``pick`` {word} ("" when it is let go), ``lasso``
    {words: at most 200} and ``view`` {view: what `VIEW` matches, or ""}.
    Raises ValueError for an unknown key of `state`.
    """
    order, ids = _groups(found.groups)
    names = groups or {}
    meta: EmbeddingMap = {
        "words": dict(words),
        "language": language,
        "state": with_defaults(state, STATE),
        "title": title,
        "caption": caption,
        "dimensions": dimensions,
        **_told(found),
        "groups": [names.get(group, group) for group in order],
        "tones": group_tones(order),
        "counts": [int((ids == at).sum()) for at in range(len(order))],
        "most_chosen": MOST_CHOSEN,
        "scale": SCALE,
    }
    similarity = np.nan_to_num(np.asarray(found.similarity, np.float64))
    arrays: EmbeddingMapArrays = {
        "positions": np.nan_to_num(np.ascontiguousarray(found.positions, np.float32)),
        "groups": ids,
        "neighbours": np.ascontiguousarray(found.neighbours, np.int32),
        "similarity": np.rint(similarity * SCALE).astype(np.int32),
    }
    return pack(meta, arrays)


def _told(found: Map) -> Told:
    """What a map says besides its points."""
    return {
        "method": found.method,
        "dims": int(found.dims),
        "explained": [round(float(share), 6) for share in found.explained],
        "trustworthiness": round(float(found.trustworthiness), 6),
        "real": round(float(found.real), 6),
        "labels": list(found.words),
        "sentences": list(found.sentences),
    }


def _groups(groups: Sequence[str]) -> tuple[list[str], Array]:
    """The largest groups, largest first, and the place of each point's group among them (uint8; 255: none of these)."""
    counts: dict[str, int] = {}
    for group in groups:
        if group:
            counts[group] = counts.get(group, 0) + 1
    order = sorted(counts, key=lambda group: -counts[group])[:MOST_COLOURS]
    place = {group: at for at, group in enumerate(order)}
    return order, np.asarray([place.get(group, 255) for group in groups], np.uint8)


MAP_COLUMNS = ("word", "group", "x", "y", "z", "nearest", "similarity")


def map_rows(found: Map) -> Iterator[tuple[object, ...]]:
    """Every point of a map for a table with `MAP_COLUMNS`: its place (z empty in 2-D) and nearest neighbours."""
    for at, word in enumerate(found.words):
        place = [round(float(value), 5) for value in found.positions[at]]
        near = [found.words[i] for i in found.neighbours[at] if 0 <= i < len(found.words)]
        shown = [f"{float(value):.4f}" for value in found.similarity[at][: len(near)]]
        yield (
            word,
            found.groups[at],
            *place[:2],
            place[2] if len(place) > 2 else "",
            " ".join(near),
            " ".join(shown),
        )
