"""A trained vocabulary, step by step, as messages for the canvas ``merge_scrub``; and all of it as tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.figures.buffer import pack, with_defaults
from core.figures.token_splits.payloads import MergeScrub, MergeScrubArrays, MergeScrubState

if TYPE_CHECKING:
    from core.compute.token_splits.training import Curve, Training

Ints = npt.NDArray[np.int32]

SCRUB_STATE: MergeScrubState = {
    "text": "",  # the visitor's sentence
    "step": -1,  # so many merges (or pieces) are known; −1: all
    "version": 0,
}
SAMPLES = 14
"""So many of the corpus' most frequent words are cut beside the sentence."""
MOST_CHARACTERS = 600
"""So much of the sentence is cut while the steps move."""


def steps_of(found: Training) -> Ints:
    """[step] The id of the piece that each step adds.

    BPE: what each merge makes. WordPiece: longer pieces in the order in which they were learned. Unigram: longer
    pieces, the most probable first (training itself goes the other way, from many pieces to few).
    """
    if found.algorithm == "bpe":
        ids = {piece: id for id, piece in enumerate(found.pieces)}
        return np.array([ids[merge.new] for merge in found.merges], np.int32)
    longer = [id for id, piece in enumerate(found.pieces) if len(piece.removeprefix("##")) > 1 and id]
    if found.algorithm == "unigram":
        longer.sort(key=lambda id: -float(found.scores[id]))
    return np.array(longer, np.int32)


def scrub_payload(
    found: Training,
    words: Mapping[str, str],
    state: Mapping[str, object],
    *,
    language: str,
    caption: str,
) -> bytes:
    """Pack a trained vocabulary with all its steps; the canvas cuts by itself.

    It commits ``typed`` {text} and ``look`` {step}. Raises ValueError for an unknown key of `state`.
    """
    ids = {piece: id for id, piece in enumerate(found.pieces)}
    meta: MergeScrub = {
        "words": dict(words),
        "language": language,
        "state": with_defaults(state, SCRUB_STATE),
        "algorithm": found.algorithm,
        "pieces": list(found.pieces),
        "labels": list(found.labels),
        "samples": list(found.samples[:SAMPLES]),
        "characters": found.characters,
        "held_out": 1 / max(1e-9, found.characters_per_token),
        "most": MOST_CHARACTERS,
        "caption": caption,
    }
    arrays: MergeScrubArrays = {
        "order": steps_of(found),
        "left": np.array([ids[merge.left] for merge in found.merges], np.int32),
        "right": np.array([ids[merge.right] for merge in found.merges], np.int32),
        "count": np.array([merge.count for merge in found.merges], np.int32),
        "length": found.length,
        "scores": found.scores,
    }
    return pack(meta, arrays)


MERGE_COLUMNS = ("step", "left", "right", "new", "count", "tokens_of_corpus")
PIECE_COLUMNS = ("id", "piece", "log_probability")
CURVE_COLUMNS = ("pieces", "tokens_per_character", "unknown_rate", "embedding_parameters")


def step_table(found: Training) -> tuple[tuple[str, ...], Iterator[tuple[object, ...]]]:
    """Header and rows: every merge of BPE, or every piece of the other algorithms."""
    if found.algorithm == "bpe":
        rows = enumerate(zip(found.merges, found.length[1:].tolist(), strict=True), 1)
        return MERGE_COLUMNS, (
            (step, merge.left, merge.right, merge.new, merge.count, length) for step, (merge, length) in rows
        )
    scores = found.scores.tolist() or [""] * len(found.pieces)
    return PIECE_COLUMNS, (
        (id, piece, score) for id, (piece, score) in enumerate(zip(found.pieces, scores, strict=True))
    )


def curve_rows(found: Curve, d_model: int) -> Iterator[tuple[object, ...]]:
    """Rows of the curve for a table with `CURVE_COLUMNS`."""
    for size, tokens, unknown in zip(
        found.sizes.tolist(), found.length.tolist(), found.unknown_rate.tolist(), strict=True
    ):
        yield size, tokens / max(1, found.characters), unknown, size * d_model
