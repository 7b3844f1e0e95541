"""The page's picture in the gallery: heads of the whole model, each a small square."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.figures.raster import GAP, to_png
from core.figures.style import Mode, ramp

if TYPE_CHECKING:
    from core.compute.attention_heads.overview import Overview

ROWS, COLUMNS, CELL = 6, 12, 44  # pixels of a head


def png(found: Overview, *, mode: Mode) -> bytes:
    """A PNG of heads, evenly drawn from all, faint weights lifted by a square root as on the page's own canvas."""
    from PIL import Image

    layers, heads, size, _ = found.attention.shape
    flat = found.attention.reshape(layers * heads, size, size)
    chosen = flat[np.linspace(0, len(flat) - 1, ROWS * COLUMNS).astype(int)]
    colours = np.asarray([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in ramp(mode)], np.uint8)
    pick = np.arange(CELL) * size // CELL
    cells = np.sqrt(chosen[:, pick][:, :, pick] / 255.0)
    step = CELL + GAP
    picture = np.empty((ROWS * step - GAP, COLUMNS * step - GAP, 3), np.uint8)
    picture[:] = colours[0]
    for i, values in enumerate(cells):
        top, left = step * (i // COLUMNS), step * (i % COLUMNS)
        index = np.clip(values * (len(colours) - 1), 0, len(colours) - 1).astype(int)
        picture[top : top + CELL, left : left + CELL] = colours[index]
    return to_png(Image.fromarray(picture))
