"""The page's picture in the gallery."""

from __future__ import annotations

from core.compute.training_lab.curves import Curves
from core.figures.raster import HEIGHT, WIDTH, to_png
from core.figures.style import OKABE_ITO, PALETTES, Mode

EDGE, WIDE = 28, 4  # pixels


def png(*found: Curves, mode: Mode) -> bytes:
    """A PNG with the held-out losses of several runs over one another."""
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (WIDTH, HEIGHT), PALETTES[mode].background)
    pen = ImageDraw.Draw(picture)
    steps = max(int(one.measured[-1]) for one in found)
    low, high = (pick(float(pick(one.held_out)) for one in found) for pick in (min, max))
    for colour, one in enumerate(found):
        places = [
            (
                EDGE + (WIDTH - 2 * EDGE) * float(step) / steps,
                HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * (float(value) - low) / (high - low),
            )
            for step, value in zip(one.measured, one.held_out, strict=True)
        ]
        pen.line(places, fill=OKABE_ITO[colour], width=WIDE, joint="curve")
    return to_png(picture)
