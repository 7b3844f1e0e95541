"""The page's picture in the gallery."""

from __future__ import annotations

from core.compute.parallel_training.schedules import Schedule
from core.figures.raster import HEIGHT, WIDTH, to_png
from core.figures.style import OKABE_ITO, PALETTES, Mode

EDGE, GAP = 24, 3  # pixels


def png(found: Schedule, *, mode: Mode) -> bytes:
    """A PNG with the passes of each stage of a pipeline along the time."""
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (WIDTH, HEIGHT), PALETTES[mode].background)
    pen = ImageDraw.Draw(picture)
    long, high = (WIDTH - 2 * EDGE) / found.length, (HEIGHT - 2 * EDGE) / found.stages
    rows = zip(found.stage, found.start, found.end, found.backward, strict=True)
    for stage, start, end, backward in rows:
        top = EDGE + int(stage) * high
        box = (EDGE + float(start) * long, top, EDGE + float(end) * long - GAP, top + high - GAP)
        pen.rectangle(box, fill=OKABE_ITO[1 if backward else 0])
    return to_png(picture)
