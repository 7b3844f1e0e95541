"""Numbers in words: by hand, read back, and against the twin in the browser, character by character."""

from __future__ import annotations

import math
import random
import re
from typing import Any

import pytest

from core import numbers
from core.paths import COMPONENTS
from tests.node import in_node

TWIN = 'import { fillWords, sayNumber, speak } from "./assets/components/shared/numbers.js";'
FORMATS = [
    *numbers.FORMATS,
    *".0f .1f .2f +.2f +.3g .2g .3g .1r .3r n|token|tokens |is|are .1f|bit|bits".split(),
]
LANGUAGES = ("en", "zh")


def values() -> list[float]:
    """Ends of every rule, exact halves, neighbours of powers of ten, and chance numbers of every size."""
    rng = random.Random(7)
    halves = [
        n + part for n in (0, 1, 2, 9, 10, 99, 999, 9999, 12345) for part in (0.125, 0.25, 0.375, 0.5, 0.625)
    ]
    powers = [
        10.0**power * near for power in range(-12, 13) for near in (0.9949, 0.9995, 0.99995, 1, 1.0005, 2.5)
    ]
    chance = [rng.uniform(1, 10) * 10.0 ** rng.uniform(-12, 11) for _ in range(1000)]
    counts = [float(rng.randrange(10 ** rng.randrange(1, 11))) for _ in range(400)]
    tens = [float(n * 10_000) for n in (1, 12, 1_234, 10_000, 12_345)]
    shares = [0, 0.00004, 0.0999, 0.0995, 0.00095, 0.995, 0.9995, 0.99949, 0.0625, 0.015625, 1]
    positive = [*range(130), *halves, *powers, *chance, *counts, *tens, *shares]
    return [*positive, *(-one for one in positive), math.nan, math.inf, -math.inf]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_browser_writes_the_same_characters(language: str) -> None:
    wanted = {form: [numbers.say(value, form, language) for value in map(_whole_places(form), values())]
              for form in FORMATS}  # fmt: skip
    given = {form: [repr(float(value)) for value in map(_whole_places(form), values())] for form in FORMATS}
    named = "{ nan: NaN, inf: Infinity, '-inf': -Infinity }"
    program = f"""{TWIN}
speak("{language}");
const number = (text) => ({named})[text] ?? Number(text);
const said = ([form, all]) => [form, all.map((one) => sayNumber(number(one), form))];
const main = (given) => Object.fromEntries(Object.entries(given).map(said));"""
    found = in_node(program, given)
    for form in FORMATS:
        assert found[form] == wanted[form], next(
            (value, here, there)
            for value, here, there in zip(values(), wanted[form], found[form], strict=True)
            if here != there
        )
    assert not any(
        word in text for all_ in wanted.values() for text in all_ for word in ("nan", "inf", "NaN")
    )


def _whole_places(form: str) -> Any:
    """A place in an order is a whole number."""
    return (lambda value: float(round(value)) if math.isfinite(value) else value) if form == "o" else float


SAID = [
    (1, "n|token|tokens", "1 token", "1 token"),
    (0, "n|token|tokens", "0 tokens", "0 tokens"),
    (1234, "n|token|tokens", "1,234 tokens", "1234 tokens"),
    (1, "|is|are", "is", "is"),
    (1.0, ".1f|bit|bits", "1.0 bits", "1.0 bits"),
    (999, "n", "999", "999"),
    (9_999, "n", "9,999", "9999"),
    (49_152, "n", "49,152", "49,152"),
    (120_000, "n", "120,000", "12 万"),
    (250_000_000, "n", "250,000,000", "2.5 亿"),
    (1_234_567, "n", "1,234,567", "1,234,567"),
    (-1_234, "n", "−1,234", "−1234"),
    (9_999, "brief", "9,999", "9999"),
    (17_104_896, "brief", "17.1 M", "1710 万"),
    (999_960, "brief", "1 M", "100 万"),
    (99_996_000, "brief", "100 M", "1 亿"),
    (999_960_000, "brief", "1 B", "10 亿"),
    (0.5, "p", "50 %", "50 %"),
    (-0.0001, "+.2f", "0.00", "0.00"),
    (-0.25, "+.1f", "−0.3", "−0.3"),
    (1e-9, "tiny", "1 × 10⁻⁹", "1 × 10⁻⁹"),
    (2_500_000, "bytes", "2.5 MB", "2.5 MB"),
    (3.14, "x", "3.1", "3.1"),
    (math.nan, "n|token|tokens", "— tokens", "— tokens"),
    (math.inf, ".2f", "—", "—"),
    *((place, "o", text, f"第 {place}") for place, text in (
        (1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (13, "13th"), (21, "21st"),
        (22, "22nd"), (101, "101st"), (111, "111th"),
    )),
]  # fmt: skip


@pytest.mark.parametrize(("value", "form", "english", "chinese"), SAID)
def test_numbers_are_said_as_people_say_them(value: float, form: str, english: str, chinese: str) -> None:
    said = [
        numbers.say(value, form, language).replace("\u202f", " ").replace("\u00a0", " ")
        for language in LANGUAGES
    ]
    assert said == [english, chinese]


def test_a_whole_number_loses_nothing() -> None:
    """What is written is the number itself again, 万 and 亿 included."""
    for value in values():
        if not math.isfinite(value) or abs(value) >= 1e11:
            continue
        for language in LANGUAGES:
            text = numbers.whole(value, language).replace("−", "-").replace(",", "")
            number, _, unit = text.partition("\u00a0")
            scale = {"": 1, "万": 10_000, "亿": 100_000_000}[unit]
            assert abs(float(number) * scale - value) <= 0.5, (value, text)


def test_a_short_form_is_off_by_less_than_half_a_percent() -> None:
    units = {"": 1.0} | {name: size for pairs in numbers.UNITS.values() for size, name in pairs}
    for value in values():
        if not 1000 <= abs(value) < 1e12:
            continue
        for language in LANGUAGES:
            number, _, unit = numbers.brief(value, language).partition("\u00a0")
            read = float(number.replace("−", "-").replace(",", "")) * units[unit]
            assert read == pytest.approx(value, rel=0.0051)


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(ValueError, match="no format"):
        numbers.say(1, "d", "en")


SENTENCES = [
    ("{a} · {b:n|token|tokens}", {"a": "x", "b": 1}, "x · 1 token"),
    ("{a:.2f}, {b}", {"a": -0.5, "b": -3}, "−0.50, −3"),
    ("{a:n|token|tokens}", {"a": "1,234"}, "1,234 tokens"),
    ("{missing:n} {a}", {"a": "NaN"}, "{missing:n} —"),
]


@pytest.mark.parametrize(("sentence", "filled", "wanted"), SENTENCES)
def test_the_browser_fills_sentences(sentence: str, filled: dict[str, Any], wanted: str) -> None:
    program = f"""{TWIN}
const read = ([name, value]) => [name, value === "NaN" ? NaN : value];
const main = ([sentence, values]) => fillWords(sentence, Object.fromEntries(Object.entries(values).map(read)));"""
    assert in_node(program, [sentence, filled]) == wanted


BY_HAND = re.compile(
    r"toLocaleString|NumberFormat|replace\([^)]*\"−\"\)|⁰¹²|\}(?:\\u202f| )%`|\.toExponential\(\d*\)(?!\))"
)


def test_no_canvas_writes_its_numbers_by_hand() -> None:
    """Signs, thousands, powers and per cents are those of the shared module; widths of boxes are no numbers."""
    found = [
        (path.parent.name, path.name, hit[0])
        for path in COMPONENTS.rglob("*.js")
        if path != COMPONENTS / "shared" / "numbers.js"
        for hit in BY_HAND.finditer(path.read_text("utf-8"))
    ]
    assert found == [
        ("cross_attention", "component.js", "}\\u202f%`")
    ]  # four digits, to be compared with a table
