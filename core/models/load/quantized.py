"""Quantized tensors: blocks of 32 weights along the columns share a scale (and a minimum).

The encodings follow llama.cpp's block formats, with the fields of a block kept as separate arrays:

- ``q4_1``: ``<name>.q4`` uint8 [rows, blocks, 16], ``<name>.scale``, ``<name>.min`` float16 [rows, blocks];
  weight = scale · code + min
- ``q4_0``: ``<name>.q4`` uint8 [rows, blocks, 16], ``<name>.scale`` float16; weight = scale · (code − 8)
- ``q5_0``: ``q4_0`` with ``<name>.high`` uint8 [rows, blocks, 4], the fifth bits (bit i: weight i);
  weight = scale · (code − 16)
- ``q8_0``: ``<name>.q8`` int8 [rows, blocks, 32], ``<name>.scale`` float16; weight = scale · code
- ``q4_k``: 256 weights in 8 groups; ``<name>.q4`` uint8 [rows, blocks, 128], ``<name>.scales``,
  ``<name>.mins`` uint8 [rows, blocks, 8] (6 bits), ``<name>.scale``, ``<name>.min`` float16 [rows, blocks];
  weight = (scale · scales) · code − (min · mins)
- ``q6_k``: 256 weights in 16 groups; ``<name>.q4`` uint8 [rows, blocks, 128], ``<name>.high`` uint8
  [rows, blocks, 64], ``<name>.scales`` int8 [rows, blocks, 16], ``<name>.scale`` float16;
  weight = (scale · scales) · (code − 32)
- ``f32``: ``<name>`` float32 of any shape; the weight itself
- ``f16``: ``<name>`` float16 of any shape; the weight itself

A byte of ``q4`` holds the low four bits of two weights: of a block of 32, byte i has weight i in its low nibble,
weight i + 16 in its high one; of ``q4_k`` the two are 32 weights apart, of ``q6_k`` 64. A byte of ``q6_k``'s
``high`` holds two bits of four weights that are 32 apart.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Floats = NDArray[np.float32]

BLOCK = 32
"""Weights in one block."""
AT_ONCE = 2**17
"""Weights that are de-quantized in one piece: what is between stays in the processor's cache."""
ZERO_POINT = 8
"""The ``q4_0`` code that stands for 0."""
PARTS: dict[str, tuple[str, ...]] = {
    "q4_1": (".q4", ".scale", ".min"),
    "q4_0": (".q4", ".scale"),
    "q5_0": (".q4", ".scale", ".high"),
    "q8_0": (".q8", ".scale"),
    "q4_k": (".q4", ".scale", ".min", ".scales", ".mins"),
    "q6_k": (".q4", ".scale", ".high", ".scales"),
    "f32": ("",),
    "f16": ("",),
}
"""Suffixes of the stored arrays of each encoding."""


@dataclass(frozen=True, slots=True)
class Group:
    """How an encoding's weights follow from codes: scale · code + minimum, the same two for neighbours in a row."""

    size: int  # weights that share them
    type: type[np.floating[Any]]  # that holds scales and minima without rounding
    least: bool = False  # whether there are minima


GROUPS: Mapping[str, Group] = {
    "q4_1": Group(32, np.float16, least=True),
    "q4_0": Group(32, np.float16),
    "q5_0": Group(32, np.float16),
    "q8_0": Group(32, np.float16),
    "q4_k": Group(32, np.float32, least=True),
    "q6_k": Group(16, np.float32),
}
"""The encodings of blocks."""


@dataclass(frozen=True, slots=True)
class Coded:
    """A matrix whose weights are scale · code + minimum; the minimum is 0 without ``least``."""

    codes: Array  # int8 [row, column]
    scale: Array  # [row, group]
    least: Array | None  # [row, group]

    def rows(self, at: slice) -> Coded:
        """Some of its rows, in the same memory."""
        return Coded(self.codes[at], self.scale[at], None if self.least is None else self.least[at])


def dequantize(name: str, encoding: str, stored: Mapping[str, Array], out: Floats) -> None:
    """Write the float32 weights of tensor ``name`` into ``out`` [rows, columns] (or any shape for ``f32`` and ``f16``).

    Every step is one float32 multiplication or addition in llama.cpp's order, so that the result equals the
    reference implementation bit for bit.

    Raises: KeyError when an array of the encoding is not in ``stored``.
    """
    arrays = [stored[name + suffix] for suffix in PARTS[encoding]]
    if encoding not in GROUPS:
        out[...] = arrays[0]
        return
    step = max(1, AT_ONCE // out.shape[1])
    for first in range(0, len(out), step):
        few = slice(first, first + step)
        codes, scale, least = _READERS[encoding](*(array[few] for array in arrays))
        groups = out[few].reshape(*scale.shape, -1)
        np.multiply(codes.reshape(groups.shape), scale[..., None], out=groups, dtype=np.float32)
        if least is not None:
            groups += least[..., None]


def coded_bytes(encoding: str, shape: tuple[int, ...]) -> int:
    """What a tensor takes as codes: a byte for each, and scales and minima; four for each where it stays float32."""
    group, count = GROUPS.get(encoding), math.prod(shape)
    if group is None:
        return 4 * count
    return count + count // group.size * np.dtype(group.type).itemsize * (1 + group.least)


def unpack(name: str, encoding: str, stored: Mapping[str, Array], coded: Coded) -> None:
    """Write the codes, scales and minima of tensor ``name``: what ``dequantize`` multiplies and adds.

    Raises: KeyError when an array of the encoding is not in ``stored``.
    """
    arrays = [stored[name + suffix] for suffix in PARTS[encoding]]
    step = max(1, AT_ONCE // coded.codes.shape[1])
    for first in range(0, len(coded.codes), step):
        few = slice(first, first + step)
        codes, scale, least = _READERS[encoding](*(array[few] for array in arrays))
        coded.codes[few] = codes.reshape(len(codes), -1)
        coded.scale[few] = scale
        if least is not None and coded.least is not None:
            coded.least[few] = least


_Read = tuple[Array, Floats, Floats | None]


def _q8_0(codes: Array, scale: Array) -> _Read:
    return codes, scale.astype(np.float32), None


def _q4_1(packed: Array, scale: Array, least: Array) -> _Read:
    return _nibbles(packed, BLOCK // 2), scale.astype(np.float32), least.astype(np.float32)


def _q4_0(packed: Array, scale: Array) -> _Read:
    return _nibbles(packed, BLOCK // 2) - np.int8(ZERO_POINT), scale.astype(np.float32), None


def _q5_0(packed: Array, scale: Array, high: Array) -> _Read:
    codes = _nibbles(packed, BLOCK // 2)
    codes |= np.unpackbits(high, axis=-1, bitorder="little").reshape(codes.shape).view(np.int8) << 4
    codes -= np.int8(16)
    return codes, scale.astype(np.float32), None


def _q4_k(packed: Array, scale: Array, least: Array, scales: Array, mins: Array) -> _Read:
    each, lowest = (
        (one.astype(np.float32)[:, :, None] * some).reshape(len(some), -1)
        for one, some in ((scale, scales), (least, mins))
    )
    return _nibbles(packed, BLOCK), each, -lowest


def _q6_k(packed: Array, scale: Array, high: Array, scales: Array) -> _Read:
    codes = _nibbles(packed, 2 * BLOCK)
    pairs = high.reshape(*high.shape[:2], 2, 1, BLOCK) >> np.array([[0], [2], [4], [6]], np.uint8)
    codes |= ((pairs & 3) << 4).view(np.int8).reshape(codes.shape)
    codes -= np.int8(32)
    return codes, (scale.astype(np.float32)[:, :, None] * scales).reshape(len(scales), -1), None


def _nibbles(packed: Array, apart: int) -> NDArray[np.int8]:
    """int8 [rows, 2 · bytes]: each run of ``apart`` bytes gives its low nibbles, then its high ones."""
    rows = packed.reshape(len(packed), -1, apart)
    out = np.empty((*rows.shape[:2], 2, apart), np.int8)
    np.bitwise_and(rows, 15, out=out[:, :, 0].view(np.uint8))
    np.right_shift(rows, 4, out=out[:, :, 1].view(np.uint8))
    return out.reshape(len(packed), -1)


_READERS: dict[str, Callable[..., _Read]] = {
    "q4_0": _q4_0,
    "q4_1": _q4_1,
    "q5_0": _q5_0,
    "q8_0": _q8_0,
    "q4_k": _q4_k,
    "q6_k": _q6_k,
}
"""What reads the arrays of each encoding of blocks: codes int8, scales and minima float32 [rows, groups]."""

_FIELDS: dict[str, tuple[tuple[str, int], ...]] = {
    "q4_1": ((".scale", 2), (".min", 2), (".q4", 16)),
    "q5_0": ((".scale", 2), (".high", 4), (".q4", 16)),
    "q8_0": ((".scale", 2), (".q8", 32)),
    "q4_k": ((".scale", 2), (".min", 2), (".scales", 12), (".q4", 128)),
    "q6_k": ((".q4", 128), (".high", 64), (".scales", 16), (".scale", 2)),
}
"""The fields of one block in a GGUF file, in their order, with their bytes."""
_SIGNED = {("q8_0", ".q8"), ("q6_k", ".scales")}


def from_gguf(name: str, encoding: str, data: Array) -> dict[str, Array]:
    """The arrays of ``encoding`` from the raw rows of a GGUF tensor, uint8 [rows, bytes] or float32."""
    if encoding == "f32":
        return {name: np.ascontiguousarray(data, dtype=np.float32)}
    fields = _FIELDS[encoding]
    blocks = data.reshape(data.shape[0], -1, sum(size for _, size in fields))
    out: dict[str, Array] = {}
    start = 0
    for part, size in fields:
        field = np.ascontiguousarray(blocks[:, :, start : start + size])
        start += size
        if part in (".scale", ".min"):
            field = field.view("<f2")[:, :, 0]
        out[name + part] = field.view(np.int8) if (encoding, part) in _SIGNED else field
    if encoding == "q4_k":
        out[name + ".scales"], out[name + ".mins"] = _six_bits(out[name + ".scales"])
    return out


def _six_bits(packed: Array) -> tuple[Array, Array]:
    """The 8 scales and 8 minima uint8 [rows, blocks, 8] that ``q4_k`` packs into 12 bytes."""
    scales, mins, both = packed[:, :, :4], packed[:, :, 4:8], packed[:, :, 8:]
    return (
        np.concatenate([scales & 63, (both & 15) | ((scales >> 2) & 48)], axis=-1),
        np.concatenate([mins & 63, (both >> 4) | ((mins >> 2) & 48)], axis=-1),
    )


def rows_unpermuted(rows: Array, heads: int) -> Array:
    """Undo llama.cpp's order of the rows of a query or key projection; ``rows`` [heads · head_dim, ...].

    llama.cpp interleaves the two halves that a rotary embedding pairs; transformers keeps them as halves.
    Whole rows move, so the blocks (which run along the columns) stay as they are.
    """
    pairs = rows.reshape(heads, rows.shape[0] // heads // 2, 2, *rows.shape[1:])
    return np.ascontiguousarray(pairs.swapaxes(1, 2)).reshape(rows.shape)
