"""The chart of smaller vectors: every kind at its size and recall, in the family that it belongs to, and judged."""

from __future__ import annotations

import itertools
import math

import pytest
from plotly.graph_objects import Figure

from core.catalog import LANGUAGES
from core.figures.charts import Spec, alt_of
from core.figures.embedding_space.compression import figure
from pages.kit.text import Words
from tests.browser.embedding_space import embedding_data as made

FOUND = made.compression_of()


def drawn(language: str = "en") -> Spec:
    words = Words(language, "embedding_space")
    kinds = dict(words.items("kinds"))
    return figure(FOUND, words.get("chart_compress"), language=language, kinds=kinds)


def places(spec: Spec) -> dict[tuple[int, float], tuple[str, str]]:
    """(bytes, recall) → the mark, and what is said of it."""
    return {
        (x, y): (symbol, tip)
        for trace in spec["data"]
        for x, y, symbol, tip in zip(
            trace["x"], trace["y"], trace["marker"]["symbol"], trace["hovertext"], strict=True
        )
    }


def test_every_kind_stands_at_its_size_and_recall() -> None:
    spec = drawn()
    Figure(spec)
    assert set(places(spec)) == set(zip(FOUND.bytes.tolist(), FOUND.recall.tolist(), strict=True))
    beside = {trace["name"]: dict(zip(trace["x"], trace["text"], strict=True)) for trace in spec["data"]}
    bits, *fewer = (list(one.values()) for one in beside.values())
    assert bits == ["1 bit", "int8", "float16", "float32"]
    assert fewer == [["10", "25"], ["", "25"]]  # the same number stands at the mark above
    assert all(trace["x"] == sorted(trace["x"]) for trace in spec["data"])
    ticks = spec["layout"]["xaxis"]["tickvals"]
    assert ticks[0] <= FOUND.bytes.min()
    assert ticks[-1] > FOUND.bytes.max()
    assert "8 kinds" in alt_of(spec)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_kind_says_what_it_keeps_and_whether_another_beats_it(language: str) -> None:
    found, words = places(drawn(language)), Words(language, "embedding_space")
    for at, kind in enumerate(FOUND.kinds):
        size, kept = int(FOUND.bytes[at]), float(FOUND.recall[at])
        mark, tip = found[size, kept]
        tip = tip.replace("<br>", "" if language == "zh" else " ")
        assert str(size) in tip
        assert kind.partition("-")[2] in tip
        beaten = any(
            (s <= size and k > kept) or (s < size and k == kept)
            for s, k in zip(FOUND.bytes.tolist(), FOUND.recall.tolist(), strict=True)
        )
        assert mark == ("circle-open" if beaten else "circle")
        assert (words("chart_compress.best") in tip) is (not beaten and size < 200)


def test_how_much_smaller_is_said_with_a_digit_only_where_it_counts() -> None:
    tips = {size: tip for (size, _), (_, tip) in places(drawn()).items()}
    assert "5 times<br>smaller" in tips[40]
    assert "29 times smaller" in tips[7]
    assert "times" not in tips[200]


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_stand_apart_on_a_phone(language: str) -> None:
    """In a picture of 230 × 150 pixels, whose characters are 8 wide, Chinese ones 15, and 15 high; a mark is 6 wide."""
    spec = drawn(language)
    (left, right), (low, high) = spec["layout"]["xaxis"]["range"], spec["layout"]["yaxis"]["range"]
    boxes = []
    for trace in spec["data"]:
        for x, y, text, spot in zip(
            trace["x"], trace["y"], trace["text"], trace["textposition"], strict=True
        ):
            wide = sum(8 if ord(one) < 0x3000 else 15 for one in text)
            upright, level = spot.split()
            across = (
                230 * (math.log10(x) - left) / (right - left)
                + {"left": -wide - 6, "center": -wide / 2, "right": 6}[level]
            )
            up = 150 * (y - low) / (high - low) + {"top": 4, "middle": -7, "bottom": -19}[upright]
            boxes += [(across, up, across + wide, up + 15)] * bool(text)
    assert all(
        one[0] > -50 and one[2] < 240 for one in boxes
    )  # names of the axis to the left, the edge to the right
    for a, b in itertools.combinations(boxes, 2):
        assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1], (a, b)
