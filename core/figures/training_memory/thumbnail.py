"""The page's picture in the gallery."""

from __future__ import annotations

from core.compute.training_memory.estimate import PARTS, Estimate
from core.figures.raster import HEIGHT, WIDTH, to_png
from core.figures.style import OKABE_ITO, PALETTES, Mode
from core.figures.training_memory.memory import COLOURS

EDGE, GAP = 28, 10  # pixels


def png(found: Estimate, *, mode: Mode) -> bytes:
    """A PNG with a stacked bar for what was chosen and one for each saver."""
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (WIDTH, HEIGHT), PALETTES[mode].background)
    pen = ImageDraw.Draw(picture)
    scale = (WIDTH - 2 * EDGE) / float(found.bytes.sum(axis=1).max())
    high = (HEIGHT - 2 * EDGE) / len(found.rows)
    for row, sizes in enumerate(found.bytes):
        left, top = float(EDGE), EDGE + row * high
        for part, size in zip(PARTS, sizes, strict=True):
            right = left + float(size) * scale
            pen.rectangle((left, top, right, top + high - GAP), fill=OKABE_ITO[COLOURS[part]])
            left = right
    return to_png(picture)
