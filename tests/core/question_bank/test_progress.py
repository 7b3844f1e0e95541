"""When a question comes back: SM-2 as Woźniak describes it, and what a file or a store may hold."""

from __future__ import annotations

import math
import random
from fractions import Fraction
from typing import Any

import pytest

from tests.node import in_node

FROM = "./assets/components/frame/entry_list/progress.js"
GRADED = f"""
import {{ graded }} from {FROM!r};
const main = (runs) => runs.map((qualities) => {{
  let card, day = 1000;
  return qualities.map((quality) => {{ card = graded(card, quality, day); day = card.due; return card; }});
}});
"""
READ = f"""
import {{ readCards, writtenCards }} from {FROM!r};
const main = (texts) => texts.map((text) => {{
  const cards = readCards(text);
  return cards && JSON.parse(writtenCards(cards)).cards;
}});
"""
ASKED = f"""
import {{ asked, isKnown }} from {FROM!r};
const main = ({{ ids, cards, day }}) => ({{
  ...asked(ids, cards, day), known: ids.filter((id) => isKnown(cards[id])),
}});
"""


def sm2(qualities: list[int]) -> list[tuple[int, float]]:
    """Interval and ease after each answer (Woźniak 1990, steps 3 to 6 of the algorithm), without rounding errors."""
    done, ease, interval, count = [], Fraction("2.5"), 0, 0
    for quality in qualities:
        if quality >= 3:
            count += 1
            interval = 1 if count == 1 else 6 if count == 2 else math.floor(interval * ease + Fraction(1, 2))
            change = Fraction("0.1") - (5 - quality) * (Fraction("0.08") + (5 - quality) * Fraction("0.02"))
            ease = max(Fraction("1.3"), ease + change)
        else:
            count, interval = 0, 0  # asked again at once; the next interval is the first one
        done.append((interval, float(ease)))
    return done


def told(runs: list[list[int]]) -> list[list[dict[str, Any]]]:
    found: list[list[dict[str, Any]]] = in_node(GRADED, runs)
    return found


def test_intervals_by_hand() -> None:
    """Good each time keeps the ease of 2.5: 1, 6, 15, 38, 95 days."""
    (cards,) = told([[4, 4, 4, 4, 4]])
    assert [one["interval"] for one in cards] == [1, 6, 15, 38, 95]
    assert {one["ease"] for one in cards} == {2.5}
    assert [one["due"] for one in cards] == [1001, 1007, 1022, 1060, 1155]


def test_hard_lowers_the_ease_and_wrong_starts_again() -> None:
    (cards,) = told([[3, 3, 3, 1, 4]])
    assert cards[0]["ease"] == pytest.approx(2.36)
    assert [one["interval"] for one in cards] == [1, 6, 13, 0, 1]  # 6 · 2.22 = 13.3
    assert cards[3]["ease"] == pytest.approx(cards[2]["ease"])
    assert cards[3]["due"] == cards[2]["due"]


def test_any_answers_follow_the_algorithm() -> None:
    chance = random.Random(7)
    runs = [[chance.choice([1, 3, 4, 5]) for _ in range(chance.randint(1, 14))] for _ in range(300)]
    for qualities, cards in zip(runs, told(runs), strict=True):
        for (interval, ease), card in zip(sm2(qualities), cards, strict=True):
            assert card["interval"] == interval
            assert card["ease"] == pytest.approx(ease)
            assert card["ease"] >= 1.3


def test_what_is_due_comes_first_and_what_is_known_not_at_all() -> None:
    card = {"due": 5, "interval": 3, "ease": 2.5, "reps": 2, "known": False}
    cards = {
        "a": card, "b": {**card, "due": 3}, "c": {**card, "due": 9}, "d": {**card, "known": True},
        "e": {**card, "interval": 21, "due": 30},
    }  # fmt: skip
    found = in_node(ASKED, {"ids": ["a", "b", "c", "d", "e", "f"], "cards": cards, "day": 5})
    assert found == {"due": ["b", "a"], "fresh": ["f"], "known": ["d", "e"]}


GOOD = '{"glassbox":"bank","version":1,"cards":{"lora":{"due":1,"interval":2,"ease":2.5,"reps":1,"known":false}}}'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{",
        '"x"',
        '{"glassbox":"bank"}',
        '{"glassbox":"bank","cards":7}',
        '{"cards":{}}',
        GOOD[:-1],
    ],
)
def test_what_is_no_progress_is_refused(text: str) -> None:
    assert in_node(READ, [text]) == [None]


@pytest.mark.parametrize(
    ("old", "new"),
    [("lora", "<b>"), ("lora", "__proto__.x"), ('"due":1', '"due":-1'), ('"due":1', '"due":1e99'),
     ('"ease":2.5', '"ease":0'), ('"reps":1', '"reps":"1"'), ("false", "0"), ('"interval":2', '"interval":null')],
)  # fmt: skip
def test_a_card_out_of_bounds_is_left_out(old: str, new: str) -> None:
    assert in_node(READ, [GOOD.replace(old, new)]) == [{}]


def test_a_file_is_read_as_it_was_written() -> None:
    (cards,) = in_node(READ, [GOOD])
    assert cards == {"lora": {"due": 1, "interval": 2, "ease": 2.5, "reps": 1, "known": False}}
