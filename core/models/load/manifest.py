"""The manifest of a bundled model: which files it has, their checksums, and where each tensor lies."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import DamagedModel, MissingWeights

FORMAT = 1
NAME = "manifest.json"


@dataclass(frozen=True, slots=True)
class TensorEntry:
    """One tensor: its name in the model, its encoding (see ``quantized``), its shape and its shard.

    A tensor whose rows lie in several shards has an entry for each.
    """

    name: str
    encoding: str
    shape: tuple[int, ...]
    shard: str
    first: int = 0  # the row of the tensor that is the shard's first


@dataclass(frozen=True, slots=True)
class Manifest:
    """What ``manifest.json`` says."""

    model: str
    folder: Path
    sha256: Mapping[str, str]  # file name → checksum
    tensors: tuple[TensorEntry, ...]
    dequantized_sha256: Mapping[str, str]  # tensor name → checksum of its float32 bytes

    def parameters(self) -> int:
        """How many numbers the tensors have."""
        return sum(math.prod(tensor.shape) for tensor in self.tensors if not tensor.first)

    def missing(self) -> tuple[str, ...]:
        """The files that are not there; a model whose weights are still on their way lacks some."""
        return tuple(name for name in self.sha256 if not (self.folder / name).is_file())

    def shards(self) -> dict[str, tuple[TensorEntry, ...]]:
        """Tensors of each shard, in the manifest's order."""
        out: dict[str, list[TensorEntry]] = {}
        for tensor in self.tensors:
            out.setdefault(tensor.shard, []).append(tensor)
        return {shard: tuple(tensors) for shard, tensors in out.items()}

    def read_bytes(self, name: str) -> bytes:
        """The content of file ``name``, its checksum verified.

        Raises: MissingWeights when the file is not there, DamagedModel when its checksum differs.
        """
        try:
            content = (self.folder / name).read_bytes()
        except OSError as error:
            raise MissingWeights(model=self.model, file=name) from error
        if hashlib.sha256(content).hexdigest() != self.sha256.get(name):
            raise DamagedModel(model=self.model, file=name)
        return content


def read_manifest(model: str, folder: Path) -> Manifest:
    """Read ``folder/manifest.json``.

    Raises: MissingWeights when it is not there, DamagedModel when it cannot be understood.
    """
    try:
        content = json.loads((folder / NAME).read_text(encoding="utf-8"))
    except OSError as error:
        raise MissingWeights(model=model, file=NAME) from error
    except ValueError as error:
        raise DamagedModel(model=model, file=NAME) from error
    try:
        return _parsed(model, folder, content)
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedModel(model=model, file=NAME) from error


def _parsed(model: str, folder: Path, content: Mapping[str, Any]) -> Manifest:
    if content["format"] != FORMAT:
        raise ValueError("unknown format")
    return Manifest(
        model=model,
        folder=folder,
        sha256={name: str(entry["sha256"]) for name, entry in content["files"].items()},
        tensors=tuple(
            TensorEntry(name, entry["encoding"], tuple(entry["shape"]), shard, first)
            for name, entry in content["tensors"].items()
            for shard, first in _places(entry)
        ),
        dequantized_sha256=dict(content["dequantized_sha256"]),
    )


def _places(entry: Mapping[str, Any]) -> list[tuple[str, int]]:
    """The shards of a tensor, each with the row that it starts at."""
    if "shard" in entry:
        return [(entry["shard"], 0)]
    shards, rows = zip(*entry["shards"], strict=True)
    return list(zip(shards, itertools.accumulate(rows[:-1], initial=0), strict=True))
