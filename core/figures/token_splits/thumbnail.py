"""The page's picture in the gallery: one text cut by several vocabularies, a row for each."""

from __future__ import annotations

from core.compute.token_splits.cut import Splits
from core.figures.raster import GAP, HEIGHT, WIDTH, mix, to_png
from core.figures.style import OKABE_ITO, PALETTES, Mode

ROW = 54  # pixels
TINT = {"paper": 0.45, "stage": 0.6}  # share of a token's colour over the background


def png(found: Splits, *, mode: Mode) -> bytes:
    """A PNG of the cuts: a block from one token's end to the next, in four colours by turns.

    Blocks of no width (parts of one character) share their place.
    """
    from PIL import Image, ImageDraw

    back = PALETTES[mode].background
    picture = Image.new("RGB", (WIDTH, HEIGHT), back)
    pen = ImageDraw.Draw(picture)
    step = (HEIGHT - ROW) // max(1, len(found.cuts) - 1)
    for place, cut in enumerate(found.cuts):
        scale, start = WIDTH / max(1, *cut.ends), 0
        for number, end in enumerate(sorted(set(cut.ends))):
            box = (start * scale, place * step, end * scale - GAP - 1, place * step + ROW - 1)
            pen.rounded_rectangle(box, radius=7, fill=mix(back, OKABE_ITO[number % 4], TINT[mode]))
            start = end
    return to_png(picture)
