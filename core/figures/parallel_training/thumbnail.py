"""The page's picture in the gallery."""

from __future__ import annotations

from core.compute.parallel_training.first import Lengths
from core.figures.raster import GAP, HEIGHT, WIDTH, to_png
from core.figures.style import PALETTES, Mode


def png(found: Lengths, *, mode: Mode) -> bytes:
    """A PNG with a bar for each character, as high as it has bytes."""
    from PIL import Image, ImageDraw

    palette = PALETTES[mode]
    picture = Image.new("RGB", (WIDTH, HEIGHT), palette.background)
    pen = ImageDraw.Draw(picture)
    wide = WIDTH / len(found.bytes)
    for at, size in enumerate(found.bytes):
        top = HEIGHT - HEIGHT * size / 4
        pen.rectangle((at * wide, top, (at + 1) * wide - GAP, HEIGHT), fill=palette.cool)
    return to_png(picture)
