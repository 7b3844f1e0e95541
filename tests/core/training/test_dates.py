"""Dates and numbers in both languages, the vocabulary, and where the right source of a token lies."""

from __future__ import annotations

import datetime
import random
from collections import Counter

import pytest

from core.training import dates

NUMBERS = [
    (0, "zero", "零"),
    (7, "seven", "七"),
    (10, "ten", "十"),
    (12, "twelve", "十二"),
    (20, "twenty", "二十"),
    (22, "twenty-two", "二十二"),
    (100, "one hundred", "一百"),
    (105, "one hundred and five", "一百零五"),
    (110, "one hundred and ten", "一百一十"),
    (200, "two hundred", "两百"),
    (212, "two hundred and twelve", "两百一十二"),
    (305, "three hundred and five", "三百零五"),
    (1000, "one thousand", "一千"),
    (1001, "one thousand and one", "一千零一"),
    (1010, "one thousand and ten", "一千零一十"),
    (2222, "two thousand two hundred and twenty-two", "两千二百二十二"),
    (10_000, "ten thousand", "一万"),
    (10_500, "ten thousand five hundred", "一万零五百"),
    (20_014, "twenty thousand and fourteen", "两万零一十四"),
    (82_407, "eighty-two thousand four hundred and seven", "八万二千四百零七"),
    (99_999, "ninety-nine thousand nine hundred and ninety-nine", "九万九千九百九十九"),
]


@pytest.mark.parametrize(("number", "english", "chinese"), NUMBERS)
def test_numbers_as_they_are_said(number: int, english: str, chinese: str) -> None:
    assert dates.english_number(number) == english
    assert dates.chinese_number(number) == chinese


def test_no_two_numbers_are_said_alike() -> None:
    for say in (dates.english_number, dates.chinese_number):
        assert len({say(number) for number in range(0, 100_000, 7)}) == len(range(0, 100_000, 7))


def test_every_weekday_is_the_true_one() -> None:
    """Python's own calendar, and two dates that everybody can look up."""
    assert dates.chinese_date(datetime.date(2024, 3, 5), weekday=True) == "2024年3月5日星期二"
    assert dates.english_date(datetime.date(1969, 7, 20), weekday=True) == "Sunday, July 20, 1969"
    chance = random.Random(0)
    for _ in range(300):
        one = dates.example(chance, "en-zh", held_out=False, kind="date")
        day = datetime.date.fromordinal(one.value)
        if "星期" in one.target:
            assert one.target[-1] == "一二三四五六日"[day.weekday()]
            assert day.strftime("%a").lower() in one.source.lower()


def test_held_out_values_are_never_trained_on() -> None:
    chance = random.Random(1)
    for way in ("en-zh", "zh-en"):
        trained = {
            (one.kind, one.value) for one in (dates.example(chance, way, held_out=False) for _ in range(3000))
        }
        kept = {(one.kind, one.value) for one in dates.held_out(way, 1000)}
        assert not trained & kept
        assert not any(dates.kept_out(*one) for one in trained)
        assert all(dates.kept_out(*one) for one in kept)
    share = sum(dates.kept_out("number", number) for number in range(dates.MOST + 1)) / (dates.MOST + 1)
    assert share == pytest.approx(0.1, abs=0.005)


def test_the_vocabulary_writes_everything_and_reads_it_back() -> None:
    engine = dates.tokenizer()
    for way in ("en-zh", "zh-en"):
        for one in dates.held_out(way, 1500):
            for text in (one.source, one.target):
                ids = engine.encode(text).ids
                assert engine.token_to_id(dates.UNKNOWN) not in ids
                assert len(ids) < dates.LENGTH
                assert engine.decode(ids) == text
    assert engine.encode("Tuesday, March 5, 2024").tokens[:5] == ["Tuesday", ",", "▁March", "▁5", ","]
    assert len(set(dates.vocabulary())) == engine.get_vocab_size()


def sources(one: dates.Example) -> list[tuple[str, str, list[str]]]:
    """(part, written piece, source pieces) of an example."""
    engine = dates.tokenizer()
    a, b = (
        [piece.lstrip("▁") for piece in engine.encode(text).tokens[:-1]] for text in (one.source, one.target)
    )
    return [
        (part, b[at], [a[place] for place in sorted(places)])
        for part, at, places in dates.right_sources(a, b, one)
    ]


def test_the_right_source_of_a_date() -> None:
    day = datetime.date(2024, 3, 5)
    one = dates.Example("Tue, Mar 5, 2024", "2024年3月5日星期二", "date", day.toordinal())
    assert sources(one) == [
        ("year", "2", ["2"]), ("year", "0", ["0"]), ("year", "2", ["2"]), ("year", "4", ["4"]),
        ("month", "3", ["Mar"]), ("day", "5", ["5"]), ("weekday", "二", ["Tue"]),
    ]  # fmt: skip
    other = dates.Example(
        "the 12th of march 2024", "2024年3月12日", "date", datetime.date(2024, 3, 12).toordinal()
    )
    assert sources(other)[4:] == [("month", "3", ["march"]), ("day", "1", ["1"]), ("day", "2", ["2"])]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (305, ["three", "five"]),
        (12, ["twelve"]),
        (112, ["one", "twelve", "twelve"]),
        (12_034, ["twelve", "twelve", "thirty", "four"]),
        (22_200, ["twenty", "two", "two"]),
        (10_001, ["ten", "one"]),
    ],
)
def test_the_right_source_of_a_chinese_digit(number: int, words: list[str]) -> None:
    one = dates.Example(dates.english_number(number), dates.chinese_number(number), "number", number)
    assert [found for _, _, found in sources(one)] == [[word] for word in words]


def test_every_example_has_right_sources() -> None:
    parts = Counter(part for one in dates.held_out("en-zh", 800) for part, _, _ in sources(one))
    assert set(parts) == {"year", "month", "day", "weekday", "digit"}
