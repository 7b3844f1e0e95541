"""Tables of words with one static vector each: GloVe for English, and a Chinese one made with the bundled encoder.

A table is one safetensors file in ``assets/data/words``: ``vectors`` float16 [word, dim] and ``words``, UTF-8 bytes
with a newline between words, the most frequent first; ``groups.toml`` beside them names the words of each theme.
In memory a table takes 14 MB (``glove``) or 8 MB (``chinese``).
"""

from __future__ import annotations

import threading
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from core.errors import BadParameter, DamagedModel
from core.models.load.manifest import read_manifest
from core.paths import DATA

TABLES = ("glove", "chinese")
"""Ids of the tables."""
DIMENSIONS = {"glove": 50, "chinese": 384}
"""Numbers in a vector of each, known before a table is read."""
FOLDER = DATA / "words"
GROUPS = "groups.toml"
_lock = threading.Lock()


@dataclass(frozen=True, eq=False)
class WordTable:
    """A table in memory; compared by identity."""

    name: str  # of TABLES
    words: tuple[str, ...]  # [word] the most frequent first
    vectors: npt.NDArray[np.float32]  # [word, dim] of unit length
    groups: tuple[str, ...]  # [word] id of its theme, "" without one
    places: Mapping[str, int]  # word → row

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return int(self.vectors.shape[1])


def load(table: str) -> WordTable:
    """The table, read once and kept.

    Raises: BadParameter("table"), MissingWeights, DamagedModel.
    """
    if table not in TABLES:
        raise BadParameter(name="table")
    with _lock:
        return _read(table)


@cache
def _read(table: str) -> WordTable:
    from safetensors.numpy import load as arrays

    manifest = read_manifest(table, FOLDER)
    file = f"{table}.safetensors"
    stored = arrays(manifest.read_bytes(file))
    words = tuple(stored["words"].tobytes().decode().split("\n"))
    vectors = stored["vectors"].astype(np.float32)
    if len(words) != len(vectors):
        raise DamagedModel(model=table, file=file)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors.flags.writeable = False
    themes = tomllib.loads(manifest.read_bytes(GROUPS).decode())[table]
    of = {word: id for id, listed in themes.items() for word in listed.split()}
    groups = tuple(of.get(word, "") for word in words)
    return WordTable(table, words, vectors, groups, {word: at for at, word in enumerate(words)})
