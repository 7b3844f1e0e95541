"""Files of a model from outside: how long each may be, and how its JSON and its headers are read.

Nothing is parsed before its length, its nesting and its place are known to be sound: what a stranger wrote costs no
more than reading it.
"""

from __future__ import annotations

import json
import math
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from core.errors import DamagedModel, MissingWeights, RefusedFile
from core.models.load import steps

CONFIG = "config.json"
INDEX = "model.safetensors.index.json"
LIMITS: Mapping[str, int] = {
    CONFIG: 1_000_000,
    INDEX: 2_000_000,
    "generation_config.json": 1_000_000,
    "tokenizer.json": 40_000_000,
    "tokenizer_config.json": 5_000_000,
    "special_tokens_map.json": 1_000_000,
    "added_tokens.json": 5_000_000,
    "vocab.json": 15_000_000,
    "merges.txt": 15_000_000,
    "vocab.txt": 15_000_000,
    "chat_template.jinja": 1_000_000,
    **dict.fromkeys(
        ("tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "source.spm", "target.spm"), 15_000_000
    ),
}
"""Bytes that each file may have: several times what the largest models of the tested architectures need."""
DEEPEST = 32
"""Levels of brackets in a JSON file."""
LONGEST_NAME = 255
"""Characters of the name of a file or a tensor."""
MOST_DIGITS = 40
"""Digits of a whole number: transformers writes 10^30 for "no limit"."""
LARGEST_HEADER = 2_000_000
"""Bytes of a safetensors header: some 18,000 tensors, where 256 layers have 4,000."""

_OTHER_FILES: Mapping[str, re.Pattern[str]] = {
    "tokenizer_config.json": re.compile(r"(?!gguf_file$|fast_tokenizer_files$).*", re.DOTALL),
    "special_tokens_map.json": re.compile(r".*_tokens?", re.DOTALL),
}
"""The keys that such a file may have: by others transformers would open whatever file of the server they name."""
_PIECE = 1 << 20
_NO_BRACKETS = bytes(set(range(256)) - set(b'[]{}"'))
_SHARD = re.compile(r"[\w.-]+\.safetensors", re.ASCII)
_WIDTHS = {"F64": 8, "I64": 8, "U64": 8, "F32": 4, "I32": 4, "U32": 4, "F16": 2, "BF16": 2, "I16": 2, "U16": 2,
           "I8": 1, "U8": 1, "BOOL": 1, "F8_E4M3": 1, "F8_E5M2": 1}  # fmt: skip

Shapes = Mapping[str, tuple[int, ...]]
"""Name of a tensor → its shape."""


def check_length(model: str, name: str, size: int) -> None:
    """Raise RefusedFile where a file is longer than such files may be."""
    if size > LIMITS[name]:
        raise RefusedFile(model=model, file=name, reason="file_too_long")


def check_file(model: str, path: Path, root: Path) -> int:
    """The length in bytes of a plain file inside ``root``, which is resolved.

    Raises: MissingWeights when it is not there, RefusedFile when a link leads elsewhere or it is no plain file.
    """
    try:
        real = path.resolve(strict=True)
        found = real.stat()
    except (OSError, RuntimeError) as error:  # Python 3.11 says RuntimeError of links that run in a circle
        raise MissingWeights(model=model, file=path.name[:LONGEST_NAME]) from error
    if not real.is_relative_to(root) or not stat.S_ISREG(found.st_mode):
        raise RefusedFile(model=model, file=path.name, reason="file_elsewhere")
    return found.st_size


def read(model: str, path: Path, root: Path) -> bytes:
    """The content of one of the files of `LIMITS`.

    Raises: MissingWeights, DamagedModel; RefusedFile for its length, its place, its nesting, files that it names, or
    what it does to a text.
    """
    check_length(model, path.name, check_file(model, path, root))
    with path.open("rb") as file:
        content = file.read(LIMITS[path.name] + 1)
    check_length(model, path.name, len(content))  # it may have grown
    if path.suffix == ".json":
        check_nesting(model, path.name, content)
    if path.name == steps.TOKENIZER:
        steps.check(model, parse(model, path.name, content))
    if path.name in _OTHER_FILES:
        keys = parse(model, path.name, content)
        if not all(_OTHER_FILES[path.name].fullmatch(key) for key in keys):
            raise RefusedFile(model=model, file=path.name, reason="names_other_files")
    return content


def read_object(model: str, path: Path, root: Path) -> dict[str, Any]:
    """The JSON object in one of the files of `LIMITS`. Errors: as ``read`` and ``parse``."""
    return parse(model, path.name, read(model, path, root))


def parse(model: str, name: str, content: bytes) -> dict[str, Any]:
    """A JSON object. Raises: DamagedModel when it is none, RefusedFile for its nesting or its numbers."""
    check_nesting(model, name, content)

    def whole(digits: str) -> int:
        if len(digits) > MOST_DIGITS:
            raise RefusedFile(model=model, file=name, reason="numbers_too_large")
        return int(digits)

    try:
        found = json.loads(content.decode("utf-8"), parse_int=whole)
    except ValueError as error:
        raise DamagedModel(model=model, file=name) from error
    if not isinstance(found, dict):
        raise DamagedModel(model=model, file=name)
    return found


def check_nesting(model: str, name: str, content: bytes) -> None:
    """Raise RefusedFile where brackets are nested deeper than `DEEPEST`."""
    if nesting(content, DEEPEST) > DEEPEST:
        raise RefusedFile(model=model, file=name, reason="nested_too_deep")


def nesting(content: bytes, enough: int) -> int:
    """Levels of brackets in a JSON text, those in strings left out; counting ends above ``enough``."""
    start = deepest = level = 0
    in_string = 0
    while start < len(content) and deepest <= enough:
        end = min(start + _PIECE, len(content))
        while end < len(content) and content[end - 1] == ord("\\"):
            end += 1  # what a backslash escapes stays with it
        piece = content[start:end].replace(b"\\\\", b"").replace(b'\\"', b"").translate(None, _NO_BRACKETS)
        parts = piece.split(b'"')
        marks = np.frombuffer(b"".join(parts[in_string::2]), np.uint8)
        levels = level + np.where((marks == ord("[")) | (marks == ord("{")), 1, -1).cumsum()
        if len(levels):
            deepest, level = max(deepest, int(levels.max())), int(levels[-1])
        in_string ^= (len(parts) - 1) % 2
        start = end
    return deepest


# ------------------------------------------------------------------------------------------ weights


def shard_names(model: str, index: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the weight files that an index lists: plain names of safetensors files.

    Raises: DamagedModel when it lists anything else.
    """
    listed = index.get("weight_map")
    names = sorted({str(name) for name in listed.values()}) if isinstance(listed, dict) else []
    if not names or any(len(name) > LONGEST_NAME or not _SHARD.fullmatch(name) for name in names):
        raise DamagedModel(model=model, file=INDEX)
    return tuple(names)


def header_length(model: str, name: str, first: bytes, size: int) -> int:
    """Bytes of a safetensors header, from the first 8 bytes of a file of ``size`` bytes.

    Raises: RefusedFile when it is longer than a model needs, DamagedModel when the file ends before it.
    """
    length = int.from_bytes(first, "little")
    if len(first) == 8 and LARGEST_HEADER < length <= size - 8:
        raise RefusedFile(model=model, file=name, reason="header_too_long")
    if len(first) < 8 or length > size - 8:
        raise DamagedModel(model=model, file=name)
    return length


def shapes(model: str, name: str, header: bytes, size: int) -> dict[str, tuple[int, ...]]:
    """The tensors of a safetensors file of ``size`` bytes, which must fill it exactly.

    Raises: DamagedModel when header and length do not agree, RefusedFile as ``parse``.
    """
    found, end = {}, 0
    for tensor, entry in parse(model, name, header).items():
        if tensor == "__metadata__":
            continue
        try:
            found[tensor], end = _tensor(entry), max(end, entry["data_offsets"][1])
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise DamagedModel(model=model, file=name) from error
        if len(tensor) > LONGEST_NAME:
            raise RefusedFile(model=model, file=name, reason="name_too_long")
    if end != size - 8 - len(header):
        raise DamagedModel(model=model, file=name)
    return found


def _tensor(entry: Any) -> tuple[int, ...]:
    shape, (start, end) = tuple(entry["shape"]), entry["data_offsets"]
    if any(type(count) is not int or count < 0 for count in (*shape, start, end)):
        _senseless()
    if math.prod(shape) * _WIDTHS[entry["dtype"]] != end - start:
        _senseless()
    return shape


def _senseless() -> NoReturn:
    raise ValueError("a tensor's shape, type and length do not agree")


def read_shapes(model: str, path: Path, root: Path) -> dict[str, tuple[int, ...]]:
    """The tensors of a local safetensors file. Errors: as ``check_file``, ``header_length`` and ``shapes``."""
    size = check_file(model, path, root)
    with path.open("rb") as file:
        length = header_length(model, path.name, file.read(8), size)
        return shapes(model, path.name, file.read(length), size)
