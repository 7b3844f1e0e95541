"""The page's picture in the gallery: sinusoidal positions."""

from __future__ import annotations

import numpy as np

from core.compute.position_curves.views import Waves
from core.figures.raster import HEIGHT, WIDTH, mix, to_png
from core.figures.style import PALETTES, Mode


def png(found: Waves, *, mode: Mode) -> bytes:
    """A PNG of the table, dimension by position: blue, neutral, orange as on the page's canvas."""
    from PIL import Image

    palette, table = PALETTES[mode], found.table.T[..., None]
    ends = [mix(colour, colour, 0) for colour in (palette.cool, palette.neutral, palette.warm)]
    cool, neutral, warm = (np.asarray(colour, np.float32) for colour in ends)
    colours = neutral + np.abs(table) * (np.where(table < 0, cool, warm) - neutral)
    picture = Image.fromarray(np.rint(colours).astype(np.uint8))
    return to_png(picture.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC))
