"""The page's picture in the gallery: the masking rule, a row for each roll, a block for each token."""

from __future__ import annotations

import numpy as np

from core.compute.masked_words.rule import Sheet, draw
from core.figures.raster import GAP, HEIGHT, WIDTH, to_png
from core.figures.style import PALETTES, Mode

ROLLS, SEED = 9, 1


def png(found: Sheet, *, mode: Mode) -> bytes:
    """A PNG of the first rolls on a text, the targets in colour."""
    from PIL import Image, ImageDraw

    special = np.asarray(found.tokens.special)
    rolls = [draw(special, SEED, roll)[0][~special].tolist() for roll in range(ROLLS)]
    palette = PALETTES[mode]
    fills = (palette.panel, palette.text, palette.warm, palette.cool)
    picture = Image.new("RGB", (WIDTH, HEIGHT), palette.background)
    pen = ImageDraw.Draw(picture)
    wide, high = WIDTH / len(rolls[0]), HEIGHT / len(rolls)
    for row, states in enumerate(rolls):
        for column, state in enumerate(states):
            box = (column * wide, row * high, (column + 1) * wide - GAP - 1, (row + 1) * high - GAP - 1)
            pen.rounded_rectangle(box, radius=4, fill=fills[state])
    return to_png(picture)
