"""The page's picture in the gallery."""

from __future__ import annotations

from core.bank.entries import bank
from core.figures.raster import HEIGHT, WIDTH, mix, to_png
from core.figures.style import PALETTES, Mode

EDGE, GAP = 24, 4  # pixels


def png(*, mode: Mode) -> bytes:
    """A PNG with a row for each chapter and a square for each of its questions, the darker the more stars it has."""
    from PIL import Image, ImageDraw

    palette = PALETTES[mode]
    picture = Image.new("RGB", (WIDTH, HEIGHT), palette.background)
    pen = ImageDraw.Draw(picture)
    chapters: dict[str, list[int]] = {}
    for one in bank("en").values():
        chapters.setdefault(one.chapter, []).append(one.stars)
    rows = list(chapters.values())
    high = (HEIGHT - 2 * EDGE) / max(1, len(rows))
    wide = min(high, (WIDTH - 2 * EDGE) / max([1, *map(len, rows)]))
    for row, stars in enumerate(rows):
        for at, count in enumerate(stars):
            left, top = EDGE + at * wide, EDGE + row * high
            colour = mix(palette.background, palette.cool, count / 5)
            pen.rectangle((left, top, left + wide - GAP, top + high - GAP), fill=colour)
    pen.line((EDGE - GAP, EDGE, EDGE - GAP, HEIGHT - EDGE), fill=palette.cool, width=2)
    return to_png(picture)
