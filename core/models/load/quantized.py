"""Quantized tensors: blocks of 32 weights along the columns share a scale (and a minimum).

The encodings follow llama.cpp's block formats, with the fields of a block kept as separate arrays:

- ``q4_1``: ``<name>.q4`` uint8 [rows, blocks, 16], ``<name>.scale``, ``<name>.min`` float16 [rows, blocks];
  weight = scale · code + min
- ``q4_0``: ``<name>.q4`` uint8 [rows, blocks, 16], ``<name>.scale`` float16; weight = scale · (code − 8)
- ``q8_0``: ``<name>.q8`` int8 [rows, blocks, 32], ``<name>.scale`` float16; weight = scale · code
- ``f32``: ``<name>`` float32 of any shape; the weight itself
- ``f16``: ``<name>`` float16 of any shape; the weight itself

A byte of ``q4`` holds two weights: byte i of a block has weight i in its low nibble, weight i + 16 in its
high one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Floats = NDArray[np.float32]

BLOCK = 32
"""Weights in one block."""
ZERO_POINT = 8
"""The ``q4_0`` code that stands for 0."""
PARTS: dict[str, tuple[str, ...]] = {
    "q4_1": (".q4", ".scale", ".min"),
    "q4_0": (".q4", ".scale"),
    "q8_0": (".q8", ".scale"),
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
    blocks = out.reshape(out.shape[0], -1, BLOCK)
    scale = arrays[1].astype(np.float32)[:, :, None]
    if encoding == "q8_0":
        np.multiply(arrays[0], scale, out=blocks, dtype=np.float32)
        return
    codes = arrays[0].view(np.int8)
    half = BLOCK // 2
    blocks[:, :, :half] = codes & 15
    blocks[:, :, half:] = (codes >> 4) & 15
    if encoding == "q4_0":
        blocks -= np.float32(ZERO_POINT)
    blocks *= scale
    if encoding == "q4_1":
        blocks += arrays[2].astype(np.float32)[:, :, None]


def from_gguf(name: str, encoding: str, data: Array) -> dict[str, Array]:
    """The arrays of ``encoding`` from the raw rows of a GGUF tensor, uint8 [rows, bytes] or float32."""
    if encoding == "f32":
        return {name: np.ascontiguousarray(data, dtype=np.float32)}
    sizes = {"q4_1": 20, "q8_0": 34}
    blocks = data.reshape(data.shape[0], -1, sizes[encoding])
    head = 4 if encoding == "q4_1" else 2
    halves = np.ascontiguousarray(blocks[:, :, :head]).view("<f2")
    codes = np.ascontiguousarray(blocks[:, :, head:])
    out: dict[str, Array] = {name + ".scale": np.ascontiguousarray(halves[:, :, 0])}
    if encoding == "q8_0":
        return out | {name + ".q8": codes.view(np.int8)}
    return out | {name + ".min": np.ascontiguousarray(halves[:, :, 1]), name + ".q4": codes}


def rows_unpermuted(rows: Array, heads: int) -> Array:
    """Undo llama.cpp's order of the rows of a query or key projection; ``rows`` [heads · head_dim, ...].

    llama.cpp interleaves the two halves that a rotary embedding pairs; transformers keeps them as halves.
    Whole rows move, so the blocks (which run along the columns) stay as they are.
    """
    pairs = rows.reshape(heads, rows.shape[0] // heads // 2, 2, *rows.shape[1:])
    return np.ascontiguousarray(pairs.swapaxes(1, 2)).reshape(rows.shape)
