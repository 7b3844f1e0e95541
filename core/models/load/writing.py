"""Writing what ``manifest`` and ``quantized`` read: a folder with shards, texts and checksums."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.models.load.manifest import FORMAT, NAME
from core.models.load.quantized import PARTS, Array, dequantize

if TYPE_CHECKING:
    from tokenizers import Tokenizer

SHARD_LIMIT = 50_000_000
"""Bytes that no shard may exceed."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor to be written: the arrays of its encoding, its shape and the shard it goes to.

    ``shard`` may hold ``{}``: the rows then go in even parts to ``parts`` shards, numbered from 1.
    """

    encoding: str
    shape: tuple[int, ...]
    stored: dict[str, Array]
    shard: str
    reference: str = (
        ""  # sha256 of the float32 values according to another implementation, where there is one
    )
    parts: int = 1

    def pieces(self) -> list[tuple[str, int, dict[str, Array]]]:
        """The shard, the number of rows and the arrays of each part."""
        split = {name: np.array_split(array, self.parts) for name, array in self.stored.items()}
        rows = [len(part) for part in next(iter(split.values()))]
        return [
            (self.shard.format(i + 1), rows[i], {name: part[i] for name, part in split.items()})
            for i in range(self.parts)
        ]

    def entry(self) -> dict[str, object]:
        """What the manifest says of it."""
        said: dict[str, object] = {"encoding": self.encoding, "shape": list(self.shape)}
        if self.parts == 1:
            return said | {"shard": self.shard}
        return said | {"shards": [[shard, rows] for shard, rows, _ in self.pieces()]}


@dataclass(slots=True)
class Package:
    """All that ``write`` needs to make one folder."""

    model: str
    licence: str
    source: dict[str, str]  # package, version, file, sha256, upstream
    command: str
    config: dict[str, Any]
    tokenizer: str  # text of tokenizer.json
    tokenizer_config: dict[str, Any]
    card: str
    tensors: dict[str, Tensor]
    texts: dict[str, str] = field(default_factory=dict)  # further files, e.g. LICENSE
    blobs: dict[str, bytes] = field(default_factory=dict)


def sha256(content: bytes) -> str:
    """Hexadecimal checksum."""
    return hashlib.sha256(content).hexdigest()


def as_json(value: object) -> str:
    """Readable JSON whose bytes depend on the value alone."""
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def compact(tokenizer: Tokenizer) -> str:
    """tokenizer.json on one line."""
    return json.dumps(json.loads(tokenizer.to_str()), ensure_ascii=False, separators=(",", ":")) + "\n"


def float32_of(name: str, tensor: Tensor) -> Array:
    """The de-quantized float32 weights of ``tensor``."""
    out = np.empty(tensor.shape, np.float32)
    dequantize(name, tensor.encoding, tensor.stored, out)
    return out


def write(package: Package, out: Path) -> None:
    """Write all files of ``package`` into ``out``, which is made if need be."""
    out.mkdir(parents=True, exist_ok=True)
    contents: dict[str, bytes] = shards(package.tensors)
    texts = {
        "config.json": as_json(package.config),
        "tokenizer.json": package.tokenizer,
        "tokenizer_config.json": as_json(package.tokenizer_config),
        "README.md": package.card,
        **package.texts,
    }
    contents |= {name: text.encode() for name, text in texts.items()} | package.blobs
    for name, content in contents.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_bytes(content)
    (out / NAME).write_text(as_json(_manifest(package, contents)), encoding="utf-8")


def shards(tensors: Mapping[str, Tensor]) -> dict[str, bytes]:
    """The safetensors shards, by file name. Raises: ValueError when one exceeds ``SHARD_LIMIT``."""
    from safetensors.numpy import save

    arrays: dict[str, dict[str, Array]] = {}
    for tensor in tensors.values():
        for shard, _, stored in tensor.pieces():
            arrays.setdefault(shard, {}).update(stored)
    out = {name: save(content) for name, content in sorted(arrays.items())}
    for name, content in out.items():
        if len(content) > SHARD_LIMIT:
            raise ValueError(f"{name} has {len(content)} bytes, more than {SHARD_LIMIT}")
    return out


def _manifest(package: Package, contents: Mapping[str, bytes]) -> dict[str, object]:
    def entry(content: bytes) -> dict[str, object]:
        origin = f"{package.source['package']}=={package.source['version']}"
        return {
            "sha256": sha256(content),
            "bytes": len(content),
            "source": origin,
            "licence": package.licence,
            "command": package.command,
        }

    return {
        "format": FORMAT,
        "model": package.model,
        "source": package.source,
        "licence": package.licence,
        "command": package.command,
        "files": {name: entry(content) for name, content in contents.items()},
        "tensors": {name: tensor.entry() for name, tensor in package.tensors.items()},
        "dequantized_sha256": {name: _checksum(name, tensor) for name, tensor in package.tensors.items()},
    }


def _checksum(name: str, tensor: Tensor) -> str:
    """sha256 of the float32 values. Raises: ValueError when another implementation gets other values."""
    ours = sha256(float32_of(name, tensor).tobytes())
    if tensor.reference not in ("", ours):
        raise ValueError(f"{name} does not equal the reference implementation")
    return ours


def gathered(name: str, arrays: Mapping[str, Array], encoding: str, rows: Array) -> dict[str, Array]:
    """The arrays of tensor ``name`` with only ``rows`` kept, in that order."""
    return {name + part: np.ascontiguousarray(arrays[name + part][rows]) for part in PARTS[encoding]}
