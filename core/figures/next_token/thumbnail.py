"""The page's picture in the gallery: one distribution at three temperatures, a bar for each token."""

from __future__ import annotations

from core.compute.next_token.distribution import Distribution
from core.compute.next_token.filters import Settings, apply_filters
from core.figures.raster import GAP, HEIGHT, WIDTH, to_png
from core.figures.style import PALETTES, Mode, ramp

TEMPERATURES, TOKENS = (0.5, 1.0, 2.0), 8
BETWEEN = 46  # pixels between two distributions


def png(found: Distribution, *, mode: Mode) -> bytes:
    """A PNG of the most probable tokens at each temperature, the longest bar as wide as its part."""
    from PIL import Image, ImageDraw

    shares = [at_temperature(found, temperature) for temperature in TEMPERATURES]
    colours, most = ramp(mode), max(map(max, shares))
    picture = Image.new("RGB", (WIDTH, HEIGHT), PALETTES[mode].background)
    pen = ImageDraw.Draw(picture)
    part, step = (WIDTH - BETWEEN * (len(shares) - 1)) / len(shares), HEIGHT / TOKENS
    for place, group in enumerate(shares):
        left = place * (part + BETWEEN)
        for row, share in enumerate(group):
            box = (left, row * step, left + max(3.0, part * share / most), (row + 1) * step - 2 * GAP)
            pen.rounded_rectangle(box, radius=3, fill=colours[round(70 + 150 * (share / most) ** 0.5)])
    return to_png(picture)


def at_temperature(found: Distribution, temperature: float) -> list[float]:
    """Probabilities of the tokens that are most probable without any temperature."""
    after = apply_filters(found.logits, (), Settings(temperature=temperature)).probabilities
    shares: list[float] = after[found.label_ids[:TOKENS]].tolist()
    return shares
