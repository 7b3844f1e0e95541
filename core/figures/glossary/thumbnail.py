"""The page's picture in the gallery."""

from __future__ import annotations

from core.bank.terms import terms
from core.figures.raster import HEIGHT, WIDTH, to_png
from core.figures.style import PALETTES, Mode

EDGE, GAP = 24, 6  # pixels
LINES, COLUMNS = 12, 2


def png(*, mode: Mode) -> bytes:
    """A PNG like a page of a dictionary: for each term a bar as long as its name, and one as its sentence."""
    from PIL import Image, ImageDraw

    palette = PALETTES[mode]
    picture = Image.new("RGB", (WIDTH, HEIGHT), palette.background)
    pen = ImageDraw.Draw(picture)
    wide, high = (WIDTH - 2 * EDGE) / COLUMNS, (HEIGHT - 2 * EDGE) / LINES
    for at, one in enumerate(list(terms("en").values())[: LINES * COLUMNS]):
        left, top = EDGE + at // LINES * wide, EDGE + at % LINES * high
        middle = left + min(wide / 2, 4.5 * len(one.name))
        pen.rectangle((left, top, middle, top + high - GAP), fill=palette.cool)
        pen.rectangle(
            (middle + GAP, top, min(left + wide - EDGE, middle + len(one.line)), top + high - GAP),
            fill=palette.panel,
        )
    return to_png(picture)
