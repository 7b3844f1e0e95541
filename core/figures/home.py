"""Small pictures for the gallery, drawn from the bundled results themselves."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np

from core.figures.raster import GAP, mix
from core.figures.style import OKABE_ITO, PALETTES, Mode, group_colour, group_tones, ramp


def heads_png(
    attention: np.ndarray, mode: Mode, *, rows: int = 6, columns: int = 12, cell: int = 44
) -> bytes:
    """A PNG of heads, evenly drawn from attention uint8 [layer, head, row, col], in the colours of a theme.

    Each head is a square of ``cell`` pixels, faint weights lifted by a square root as on the page's own canvas.
    """
    from PIL import Image

    layers, heads, size, _ = attention.shape
    flat = attention.reshape(layers * heads, size, size)
    chosen = flat[np.linspace(0, len(flat) - 1, rows * columns).astype(int)]
    colours = np.asarray([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in ramp(mode)], np.uint8)
    pick = np.arange(cell) * size // cell
    cells = np.sqrt(chosen[:, pick][:, :, pick] / 255.0)
    step = cell + GAP
    picture = np.empty((rows * step - GAP, columns * step - GAP, 3), np.uint8)
    picture[:] = colours[0]
    for i, values in enumerate(cells):
        top, left = step * (i // columns), step * (i % columns)
        index = np.clip(values * (len(colours) - 1), 0, len(colours) - 1).astype(int)
        picture[top : top + cell, left : left + cell] = colours[index]
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "PNG", optimize=True)
    return out.getvalue()


def waves_png(table: np.ndarray, mode: Mode, *, width: int = 561, height: int = 279) -> bytes:
    """A PNG of sinusoidal positions, [position, dimension] in −1 … 1: blue, neutral, orange as on the page's canvas."""
    from PIL import Image

    palette = PALETTES[mode]
    ends = [mix(colour, colour, 0) for colour in (palette.cool, palette.neutral, palette.warm)]
    cool, neutral, warm = (np.asarray(colour, np.float32) for colour in ends)
    share = np.abs(table.T)[..., None]
    colours = neutral + share * (np.where(table.T[..., None] < 0, cool, warm) - neutral)
    picture = Image.fromarray(np.rint(colours).astype(np.uint8)).resize(
        (width, height), Image.Resampling.BICUBIC
    )
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def map_png(
    positions: np.ndarray, groups: Sequence[str], mode: Mode, *, width: int = 561, height: int = 279
) -> bytes:
    """A PNG of points [point, 2] in the plane: the largest groups in colour over the others, drawn twice as large."""
    from PIL import Image, ImageDraw

    back = PALETTES[mode].background
    picture = Image.new("RGB", (2 * width, 2 * height), back)
    draw = ImageDraw.Draw(picture)
    low, high = np.quantile(positions, (0.003, 0.997), axis=0)
    places = (positions - low) / (high - low) * (2 * width - 60, 60 - 2 * height) + (30, 2 * height - 30)
    sizes = {group: list(groups).count(group) for group in set(groups) - {""}}
    order = sorted(sizes, key=lambda group: (-sizes[group], group))[: len(OKABE_ITO)]
    rank = dict(zip(order, group_tones(order), strict=True))
    for at in sorted(range(len(places)), key=lambda at: groups[at] in rank):
        themed = groups[at] in rank
        colour = group_colour(rank[groups[at]], mode) if themed else PALETTES[mode].text
        radius = 7 if themed else 4
        fill = mix(back, colour, 0.9 if themed else 0.25)
        x, y = places[at]
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)
    out = io.BytesIO()
    picture.resize((width, height), Image.Resampling.LANCZOS).save(out, "PNG", optimize=True)
    return out.getvalue()


def shares_png(
    shares: Sequence[Sequence[float]], mode: Mode, *, width: int = 561, height: int = 279, gap: int = 46
) -> bytes:
    """A PNG of distributions side by side: a bar for each token's probability, the longest as wide as its part."""
    from PIL import Image, ImageDraw

    palette, colours = PALETTES[mode], ramp(mode)
    picture = Image.new("RGB", (width, height), palette.background)
    draw = ImageDraw.Draw(picture)
    most = max(max(group) for group in shares)
    part = (width - gap * (len(shares) - 1)) / max(1, len(shares))
    for place, group in enumerate(shares):
        left, step = place * (part + gap), height / len(group)
        for row, share in enumerate(group):
            box = (left, row * step, left + max(3.0, part * share / most), (row + 1) * step - 2 * GAP)
            draw.rounded_rectangle(box, radius=3, fill=colours[round(70 + 150 * (share / most) ** 0.5)])
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()
