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

from collections.abc import Callable, Mapping
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


def dequantize(name: str, encoding: str, stored: Mapping[str, Array], out: Floats) -> None:
    """Write the float32 weights of tensor ``name`` into ``out`` [rows, columns] (or any shape for ``f32`` and ``f16``).

    Every step is one float32 multiplication or addition in llama.cpp's order, so that the result equals the
    reference implementation bit for bit.

    Raises: KeyError when an array of the encoding is not in ``stored``.
    """
    arrays = [stored[name + suffix] for suffix in PARTS[encoding]]
    if encoding in ("f32", "f16"):
        out[...] = arrays[0]
        return
    codes, scale = arrays[0], arrays[1].astype(np.float32)[:, :, None]
    step = max(1, AT_ONCE // out.shape[1])
    for first in range(0, len(out), step):
        rows = slice(first, first + step)
        _READERS[encoding](out[rows], codes[rows], scale[rows], *(array[rows] for array in arrays[2:]))


def _q8_0(out: Floats, codes: Array, scale: Floats) -> None:
    np.multiply(codes, scale, out=out.reshape(len(out), -1, BLOCK), dtype=np.float32)


def _q4_1(out: Floats, packed: Array, scale: Floats, least: Array) -> None:
    _of_32(out, _nibbles(packed, BLOCK // 2), scale)
    blocks = out.reshape(len(out), -1, BLOCK)
    blocks += least.astype(np.float32)[:, :, None]


def _q4_0(out: Floats, packed: Array, scale: Floats) -> None:
    _of_32(out, _nibbles(packed, BLOCK // 2) - np.int8(ZERO_POINT), scale)


def _q5_0(out: Floats, packed: Array, scale: Floats, high: Array) -> None:
    codes = _nibbles(packed, BLOCK // 2)
    codes |= np.unpackbits(high, axis=-1, bitorder="little").reshape(codes.shape).view(np.int8) << 4
    codes -= np.int8(16)
    _of_32(out, codes, scale)


def _of_32(out: Floats, codes: Array, scale: Floats) -> None:
    np.multiply(
        codes.reshape(len(out), -1, BLOCK), scale, out=out.reshape(len(out), -1, BLOCK), dtype=np.float32
    )


def _q4_k(out: Floats, packed: Array, scale: Floats, least: Array, scales: Array, mins: Array) -> None:
    groups = out.reshape(*scales.shape, BLOCK)
    codes = _nibbles(packed, BLOCK).reshape(groups.shape)
    np.multiply(codes, (scale * scales)[..., None], out=groups, dtype=np.float32)
    groups -= (least.astype(np.float32)[:, :, None] * mins)[..., None]


def _q6_k(out: Floats, packed: Array, scale: Floats, high: Array, scales: Array) -> None:
    groups = out.reshape(*scales.shape, BLOCK // 2)
    codes = _nibbles(packed, 2 * BLOCK)
    pairs = high.reshape(*high.shape[:2], 2, 1, BLOCK) >> np.array([[0], [2], [4], [6]], np.uint8)
    codes |= ((pairs & 3) << 4).view(np.int8).reshape(codes.shape)
    codes -= np.int8(32)
    np.multiply(codes.reshape(groups.shape), (scale * scales)[..., None], out=groups, dtype=np.float32)


def _nibbles(packed: Array, apart: int) -> NDArray[np.int8]:
    """int8 [rows, 2 · bytes]: each run of ``apart`` bytes gives its low nibbles, then its high ones."""
    rows = packed.reshape(len(packed), -1, apart)
    out = np.empty((*rows.shape[:2], 2, apart), np.int8)
    np.bitwise_and(rows, 15, out=out[:, :, 0].view(np.uint8))
    np.right_shift(rows, 4, out=out[:, :, 1].view(np.uint8))
    return out.reshape(len(packed), -1)


_READERS: dict[str, Callable[..., None]] = {
    "q4_0": _q4_0,
    "q4_1": _q4_1,
    "q5_0": _q5_0,
    "q8_0": _q8_0,
    "q4_k": _q4_k,
    "q6_k": _q6_k,
}
"""What writes the weights of each encoding of blocks: out, codes, scale [rows, blocks, 1], its further arrays."""

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
