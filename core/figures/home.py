"""Small pictures for the gallery, drawn from the bundled results themselves."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np

from core.figures.raster import GAP, mix
from core.figures.style import OKABE_ITO, PALETTES, Mode, ramp

TINT = {"paper": 0.45, "stage": 0.6}  # share of a token's colour over the background


def tokens_png(
    ends: Sequence[Sequence[int]], mode: Mode, *, width: int = 561, row: int = 54, height: int = 279
) -> bytes:
    """A PNG of cuts of one text: a row for each, a block from one token's end to the next, in four colours by turns.

    ``ends`` are character offsets [cut][token]; blocks of no width (parts of one character) share their place.
    """
    from PIL import Image, ImageDraw

    back = PALETTES[mode].background
    picture = Image.new("RGB", (width, height), back)
    draw = ImageDraw.Draw(picture)
    step = (height - row) // max(1, len(ends) - 1) if len(ends) > 1 else 0
    for place, tokens in enumerate(ends):
        scale, start = width / max(1, *tokens), 0
        for number, end in enumerate(sorted(set(tokens))):
            box = (start * scale, place * step, end * scale - GAP - 1, place * step + row - 1)
            draw.rounded_rectangle(box, radius=7, fill=mix(back, OKABE_ITO[number % 4], TINT[mode]))
            start = end
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
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


def flow_png(lengths: np.ndarray, mode: Mode, *, width: int = 561, height: int = 279) -> bytes:
    """A PNG of vector lengths [block, box, token]: a column per block with a stripe per box, a row per token.

    The colour is the logarithm of the length, between the 2nd and the 90th percentile.
    """
    from PIL import Image

    colours = np.asarray([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in ramp(mode)], np.uint8)
    logs = np.log(np.maximum(np.nan_to_num(lengths, nan=1.0), 1e-6))
    low, high = np.percentile(logs, (2, 90))
    level = np.clip((logs - low) / max(high - low, 1e-6), 0.04, 1)
    blocks, boxes, tokens = level.shape
    x, y = np.arange(width), np.arange(height)
    step, row = width / blocks, height / tokens
    block = np.minimum((x / step).astype(int), blocks - 1)
    inside = x - block * step
    box = np.clip((inside / (step - GAP) * boxes).astype(int), 0, boxes - 1)
    token = np.minimum((y / row).astype(int), tokens - 1)
    index = (level[block, box][:, token] * (len(colours) - 1)).astype(int).T
    picture = colours[index]
    picture[:, inside >= step - GAP] = colours[0]
    picture[y - token * row >= row - 2] = colours[0]
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "PNG", optimize=True)
    return out.getvalue()
