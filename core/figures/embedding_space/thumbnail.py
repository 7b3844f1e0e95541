"""The page's picture in the gallery: words as points, each theme in its colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.figures.raster import HEIGHT, WIDTH, mix, to_png
from core.figures.style import OKABE_ITO, PALETTES, Mode, group_colour, group_tones

if TYPE_CHECKING:
    from core.compute.embedding_space.maps import Map

SHARPER = 2  # times as large it is drawn, and made small


def png(found: Map, *, mode: Mode) -> bytes:
    """A PNG of a map in the plane: the largest groups in colour over the others."""
    from PIL import Image, ImageDraw

    back, text = PALETTES[mode].background, PALETTES[mode].text
    width, height = SHARPER * WIDTH, SHARPER * HEIGHT
    picture = Image.new("RGB", (width, height), back)
    pen = ImageDraw.Draw(picture)
    low, high = np.quantile(found.positions, (0.003, 0.997), axis=0)
    places = (found.positions - low) / (high - low) * (width - 60, 60 - height) + (30, height - 30)
    tones = _tones(found.groups)
    for at in sorted(range(len(places)), key=lambda at: found.groups[at] in tones):
        themed = found.groups[at] in tones
        colour = group_colour(tones[found.groups[at]], mode) if themed else text
        radius = 7 if themed else 4
        x, y = places[at]
        fill = mix(back, colour, 0.9 if themed else 0.25)
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)
    return to_png(picture.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS))


def _tones(groups: tuple[str, ...]) -> dict[str, int]:
    """The colour of each of the largest groups."""
    sizes = {group: groups.count(group) for group in set(groups) - {""}}
    largest = sorted(sizes, key=lambda group: (-sizes[group], group))[: len(OKABE_ITO)]
    return dict(zip(largest, group_tones(largest), strict=True))
