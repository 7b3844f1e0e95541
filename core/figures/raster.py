"""Small pictures drawn point by point: what the thumbnails of all pages share."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

GAP = 3  # pixels between parts
WIDTH, HEIGHT = 561, 279  # of a picture in the gallery


def mix(first: str, second: str, share: float) -> tuple[int, int, int]:
    """The colour between two ("#rrggbb"), ``share`` of the way from the first to the second.

    >>> mix("#000000", "#ffffff", 0.5)
    (128, 128, 128)
    """
    one, other = ([int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in (first, second))
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def to_png(picture: Image.Image) -> bytes:
    """A picture as PNG."""
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()
