"""A training as a film: the message of the canvas ``film``, and its numbers as a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from core.compute.training_lab.films import KINDS
from core.figures.buffer import pack, with_defaults
from core.figures.training_lab.payloads import Film as Message
from core.figures.training_lab.payloads import FilmArrays, FilmState
from core.models.tokens.labels import visible

if TYPE_CHECKING:
    from core.compute.training_lab.films import Film

STATE: FilmState = {"layer": 0, "head": 0, "moment": -1, "version": 0}
"""``moment`` −1: the last one."""
TONES = {
    "vowel": 5, "consonant": 0, "digit": 2, "frequent": 5, "common": 1, "rare": 0, "word": 3, "sign": 4,
}  # fmt: skip
"""Colour of each group."""
COLUMNS = ("step", "held_out", "moment_score", "piece", "x", "y")


def payload(
    found: Film, words: Mapping[str, str], state: Mapping[str, object], *, language: str, caption: str
) -> bytes:
    """Pack all moments of a training; the canvas goes from one to another by itself.

    It commits ``look`` {moment} or {layer, head}. Raises ValueError for an unknown key of ``state``.
    """
    there = [kind for kind in KINDS if kind in found.kinds]
    meta: Message = {
        "words": dict(words), "language": language, "caption": caption, "state": with_defaults(state, STATE),
        "labels": [visible(one) for one in found.text], "pieces": [visible(one) for one in found.pieces],
        "kinds": there, "tones": [TONES[kind] for kind in there], "causal": found.causal,
        "measure": found.measure, "explained": [float(one) for one in found.explained],
    }  # fmt: skip
    arrays: FilmArrays = {
        "frames": np.array(found.frames, np.int32),
        "attention": np.rint(255 * found.weights).astype(np.uint8),
        "positions": found.positions.astype(np.float32),
        "kind": np.array([there.index(kind) for kind in found.kinds], np.uint8),
        "step": found.step.astype(np.int32),
        "loss": found.loss.astype(np.float32),
        "held": found.held_out.astype(np.float32),
        "accuracy": found.accuracy.astype(np.float32),
    }
    return pack(meta, arrays)


def rows(found: Film) -> Iterator[tuple[object, ...]]:
    """One row for each piece at each moment, with what the training had come to."""
    for at, step in enumerate(found.frames):
        for piece, (x, y) in zip(found.pieces, found.positions[at].tolist(), strict=True):
            yield step, float(found.held_out[at]), float(found.accuracy[at]), visible(piece), x, y
