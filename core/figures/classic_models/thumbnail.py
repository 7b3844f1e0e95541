"""The page's picture in the gallery."""

from __future__ import annotations

from core.compute.classic_models.ngrams import HeldOut
from core.figures.raster import HEIGHT, WIDTH, to_png
from core.figures.style import OKABE_ITO, PALETTES, Mode

EDGE, WIDE, DOT = 28, 5, 9  # pixels
COLOURS = (1, 3, 4, 0)


def png(found: HeldOut, *, mode: Mode) -> bytes:
    """A PNG with the bits per byte of each way of smoothing against the order."""
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (WIDTH, HEIGHT), PALETTES[mode].background)
    pen = ImageDraw.Draw(picture)
    low, high = float(found.bits.min()), float(found.bits.max())
    step = (WIDTH - 2 * EDGE) / (found.bits.shape[1] - 1)
    for tone, row in zip(COLOURS, found.bits, strict=True):
        places = [
            (EDGE + at * step, EDGE + (high - float(bits)) / (high - low) * (HEIGHT - 2 * EDGE))
            for at, bits in enumerate(row)
        ]
        pen.line(places, fill=OKABE_ITO[tone], width=WIDE, joint="curve")
        for x, y in places:
            pen.ellipse((x - DOT, y - DOT, x + DOT, y + DOT), fill=OKABE_ITO[tone])
    return to_png(picture)
