"""Names beside points: none covers a mark, an arrow or another name, and those that must stand do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from core.figures import placing

FINE = 8  # squares to the size of the type


def picture(places: placing.Points, names: list[str], spots: list[str]) -> np.ndarray:
    """How many names cover each small square of a phone's picture, drawn anew: [row, column]."""
    (left, right), (low, high) = placing.room(places)
    scale = min(placing.WIDE / (right - left), placing.HIGH / (high - low))
    middle = np.array([(left + right) / 2, (low + high) / 2])
    wide, tall = int(4 * placing.WIDE * FINE), int(3 * placing.HIGH * FINE)
    covered = np.zeros((tall, wide), int)
    for place, name, spot in zip(places, names, spots, strict=True):
        if spot:
            x, y = (place - middle) * scale
            size = placing.COLUMN * len(name), placing.LINE
            shift = {"left": -1, "right": 1, "center": 0, "top": 1, "bottom": -1, "middle": 0}
            up, across = (shift[word] for word in spot.split(" "))
            centre = (x + across * (placing.MARK + size[0] / 2), y + up * (placing.MARK + size[1] / 2))
            spans = [
                slice(
                    round((at - size_ / 2) * FINE) + whole // 2 + 1,
                    round((at + size_ / 2) * FINE) + whole // 2 - 1,
                )
                for at, size_, whole in zip(centre, size, (wide, tall), strict=True)
            ]
            covered[spans[1], spans[0]] += 1
    return covered


@given(some.lists(some.tuples(some.floats(-1, 1), some.floats(-1, 1)), min_size=2, max_size=14, unique=True))
@settings(max_examples=60, deadline=None)
def test_names_that_need_not_stand_cover_no_other(points: list[tuple[float, float]]) -> None:
    places = np.array(points)
    names = [f"name {at}" for at in range(len(points))]
    spots = placing.beside(places, names, (), sure=1)
    assert spots[0]
    assert set(spots) <= {"", *placing.SPOTS}
    assert picture(places, names, spots).max() <= 1


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
