"""Names beside points: none covers a mark, an arrow or another name, and those that must stand do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from core.figures import placing

FINE = 8  # squares to the size of the type


def covered(places: placing.Points, names: list[str], spots: list[str], size: placing.Size) -> int:
    """How many names cover the small square that most of them cover, in a picture drawn anew."""
    (left, right), (low, high) = placing.room(places)
    scale = min(size[0] / (right - left), size[1] / (high - low))
    middle = np.array([(left + right) / 2, (low + high) / 2])
    picture = np.zeros([int(4 * side * FINE) for side in size], int)
    shift = {"left": -1, "right": 1, "center": 0, "top": 1, "bottom": -1, "middle": 0}
    for place, name, spot in zip(places, names, spots, strict=True):
        if spot:
            up, across = (shift[word] for word in spot.split(" "))
            half = np.array([placing.COLUMN * len(name), placing.LINE]) / 2
            centre = (place - middle) * scale + (across, up) * (placing.MARK + half)
            ends = [(centre + sign * half) * FINE + np.array(picture.shape) / 2 for sign in (-1, 1)]
            (x0, y0), (x1, y1) = np.rint(ends[0]).astype(int) + 1, np.rint(ends[1]).astype(int) - 1
            picture[x0:x1, y0:y1] += 1
    return int(picture.max())


@given(some.lists(some.tuples(some.floats(-1, 1), some.floats(-1, 1)), min_size=2, max_size=14, unique=True))
@settings(max_examples=60, deadline=None)
def test_names_that_need_not_stand_cover_no_other(points: list[tuple[float, float]]) -> None:
    places = np.array(points)
    names = [f"name {at}" for at in range(len(points))]
    for size in (placing.PHONE, placing.LECTURE):
        spots = placing.beside(places, names, (), sure=1, size=size)
        assert spots[0]
        assert set(spots) <= {"", *placing.SPOTS}
        assert covered(places, names, spots, size) == 1


def test_names_that_must_stand_do_where_there_is_no_room() -> None:
    places = np.zeros((6, 2))
    assert all(placing.beside(places, ["a long name"] * 6, (), sure=6))
    assert placing.beside(places, ["a long name"] * 6, (), sure=2)[2:] == [""] * 4


def test_an_arrow_is_kept_free() -> None:
    places = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, 1.0]])
    assert placing.beside(places, ("one", "two", "three"), (), sure=0)[0] == "middle right"
    assert placing.beside(places, ("one", "two", "three"), [(0, 1)], sure=0)[0] == "middle left"


@pytest.mark.parametrize("places", [np.array([[2.0, 3.0]]), np.array([[0.0, 0.0], [4.0, 1.0]])])
def test_all_points_are_in_sight_with_room_around(places: placing.Points) -> None:
    (left, right), (low, high) = placing.room(places)
    (least, most) = places.min(0), places.max(0)
    assert left < least[0] <= most[0] < right
    assert low < least[1] <= most[1] < high
    assert (left + right) / 2 == pytest.approx((least[0] + most[0]) / 2)
