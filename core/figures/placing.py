"""Where the names of points stand beside them, so that none covers another: for charts, which know no such thing.

It is reckoned for the smallest picture, in the size of the type: in a larger one the points lie farther apart, the
names do not grow. What finds no room there is left out; it is still said of the point.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from core.figures.charts import columns

Points = npt.NDArray[np.float64]
Box = tuple[float, float, float, float]  # left, low, right, high
Size = tuple[float, float]
PHONE: Size = (23.0, 24.0)
"""Width and height of the picture on a phone …"""
LECTURE: Size = (31.0, 11.0)
"""… and in a lecture, whose type is large."""
USED_WIDE, USED_HIGH = 0.62, 0.84
"""Shares of it that the points take; the rest is for names at the edge."""
COLUMN, LINE = 0.54, 1.2
"""Of a name: the width of a column, and its height."""
MARK = 0.35
"""From the middle of a mark to its edge."""
SPOTS = (
    "middle right", "middle left", "top center", "bottom center", "top right", "bottom right", "top left",
    "bottom left",
)  # fmt: skip
"""Where a name can stand, in plotly's words, the best liked first."""
Range = tuple[float, float]


def room(places: Points) -> tuple[Range, Range]:
    """What of x and of y is to be in sight, with room for names around the points [point, 2]."""
    low, high = places.min(0), places.max(0)
    middle, half = (low + high) / 2, np.maximum((high - low) / 2, 1e-9) / (USED_WIDE, USED_HIGH)
    (left, down), (right, up) = (middle - half).tolist(), (middle + half).tolist()
    return (left, right), (down, up)


def beside(
    places: Points, names: Sequence[str], ways: Iterable[tuple[int, int]], *, sure: int, size: Size = PHONE
) -> list[str]:
    """Where each name stands, "" where there is no room; the first `sure` names stand in any case.

    `places` [point, 2]; `ways`: pairs of points with an arrow between them, which is kept free.

    >>> beside(np.array([[0.0, 0.0], [1.0, 0.0]]), ("a", "b"), [(0, 1)], sure=1)
    ['middle left', 'middle right']
    """
    (left, right), (down, up) = room(places)
    scale = min(size[0] / (right - left), size[1] / (up - down))
    at = (places - ((left + right) / 2, (down + up) / 2)) * scale
    taken = [_around(point) for point in at]
    for start, end in ways:
        steps = np.linspace(0, 1, 2 + int(np.hypot(*(at[end] - at[start])) / MARK))[:, None]
        taken += [_around(point) for point in at[start] + steps * (at[end] - at[start])]
    found = []
    for number, (point, name) in enumerate(zip(at, names, strict=True)):
        boxes = {spot: _box(point, name, spot) for spot in SPOTS}
        cost = {spot: _cost(box, taken, size) for spot, box in boxes.items()}
        best = min(SPOTS, key=cost.__getitem__)
        fits = number < sure or not cost[best]
        found.append(best if fits else "")
        taken += [boxes[best]] * fits
    return found


def _around(point: Points) -> Box:
    x, y = point.tolist()
    return x - MARK, y - MARK, x + MARK, y + MARK


def _box(point: Points, name: str, spot: str) -> Box:
    """The room of a name that stands at a spot of a point."""
    (x, y), wide = point.tolist(), COLUMN * columns(name)
    upright, _, level = spot.partition(" ")
    left = {"right": x + MARK, "left": x - MARK - wide, "center": x - wide / 2}[level]
    low = {"top": y + MARK, "bottom": y - MARK - LINE, "middle": y - LINE / 2}[upright]
    return left, low, left + wide, low + LINE


def _cost(box: Box, taken: Iterable[Box], size: Size) -> float:
    """How much a box covers of others, and how far it leaves the picture."""
    left, low, right, high = box
    over = sum(
        max(0.0, min(right, other[2]) - max(left, other[0]))
        * max(0.0, min(high, other[3]) - max(low, other[1]))
        for other in taken
    )
    wide, tall = size[0] / 2, size[1] / 2
    out = max(0.0, -wide - left, right - wide) + max(0.0, -tall - low, high - tall)
    return over + LINE * out
