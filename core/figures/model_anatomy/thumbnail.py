"""The page's picture in the gallery: the lengths of the vectors of a text on their way through the network."""

from __future__ import annotations

import numpy as np

from core.arrays import Array
from core.compute.model_anatomy.flow import Flow
from core.figures.raster import GAP, HEIGHT, WIDTH, to_png
from core.figures.style import Mode, ramp

BOXES = ("o", "down", "add_2")


def png(found: Flow, *, mode: Mode) -> bytes:
    """A PNG of the first stack: a column per block with a stripe per box, a row per token."""
    from PIL import Image

    stack = found.stacks[0]
    level = _level(stack.lengths[:, [stack.boxes.index(box) for box in BOXES]])
    colours = np.asarray([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in ramp(mode)], np.uint8)
    blocks, boxes, tokens = level.shape
    x, y = np.arange(WIDTH), np.arange(HEIGHT)
    step, row = WIDTH / blocks, HEIGHT / tokens
    block = np.minimum((x / step).astype(int), blocks - 1)
    inside = x - block * step
    box = np.clip((inside / (step - GAP) * boxes).astype(int), 0, boxes - 1)
    token = np.minimum((y / row).astype(int), tokens - 1)
    index = (level[block, box][:, token] * (len(colours) - 1)).astype(int).T
    picture = colours[index]
    picture[:, inside >= step - GAP] = colours[0]
    picture[y - token * row >= row - 2] = colours[0]
    return to_png(Image.fromarray(picture))


def _level(lengths: Array) -> Array:
    """Logarithms of lengths, 0 … 1 between their 2nd and 90th percentile."""
    logs = np.log(np.maximum(np.nan_to_num(lengths, nan=1.0), 1e-6))
    low, high = np.percentile(logs, (2, 90))
    return np.asarray(np.clip((logs - low) / max(high - low, 1e-6), 0.04, 1))
