"""Numbers as a sentence says them, in English ("en") and Chinese ("zh").

``assets/components/shared/numbers.js`` is the twin: it writes the same characters. What is no number is never
printed: a dash stands for it. Halves are rounded away from zero, as browsers do.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from numbers import Real
from typing import Final, SupportsFloat

NO_NUMBER: Final = "—"
NARROW: Final = "\u202f"  # before a per-cent sign
GAP: Final = "\u00a0"  # before the name of a unit: no line breaks there
UNITS: Final = {
    "en": ((1e9, "B"), (1e6, "M"), (1e3, "k")),
    "zh": ((1e8, "亿"), (1e4, "万")),
}
BYTES: Final = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1, "B"))
PLAIN: Final = 10_000  # below it a short form would save nothing
_GAP = re.compile(r"(?<=\u00a0[万亿]) (?=[\u4e00-\u9fff])")
_FIELD = re.compile(r"\{(\w+)(?::([^{}]*))?\}")
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def minus(text: str) -> str:
    """A written number with a real minus sign, and none before a zero.

    >>> minus("-0.50"), minus("-0.00"), minus("3e-7")
    ('−0.50', '0.00', '3e−7')
    """
    return (text if re.search("[1-9]", text) else text.removeprefix("-")).replace("-", "−")


def bare(value: SupportsFloat) -> str:
    """A number as it is, ungrouped: an index, an id.

    >>> bare(12345), bare(-3), bare(0.5), bare(float("inf"))
    ('12345', '−3', '0.5', '—')
    """
    return minus(str(value)) if math.isfinite(float(value)) else NO_NUMBER


def decimal(value: float, digits: int = 2) -> str:
    """So many digits after the point.

    >>> decimal(-0.034), decimal(0.125), decimal(-0.001), decimal(2, 0), decimal(float("nan"))
    ('−0.03', '0.13', '0.00', '2', '—')
    """
    if not math.isfinite(value):
        return NO_NUMBER
    return minus(f"{Decimal(float(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP):f}")


def signed(value: float, digits: int = 2) -> str:
    """A change with its sign; a change of nothing has none.

    >>> signed(-0.034), signed(1.2), signed(0.001)
    ('−0.03', '+1.20', '0.00')
    """
    return _with_plus(value, decimal(value, digits))


def _with_plus(value: float, text: str) -> str:
    return f"+{text}" if value > 0 and re.search("[1-9]", text) else text


def figures(value: float, digits: int = 3) -> str:
    """At most so many significant digits, but all of the whole part.

    >>> figures(17.104), figures(1234.5), figures(0.5), figures(99.96), figures(-0.012345)
    ('17.1', '1235', '0.5', '100', '−0.0123')
    """
    if not math.isfinite(value):
        return NO_NUMBER
    power = Decimal(float(value)).adjusted() if value else 0
    return _trimmed(decimal(value, max(0, digits - 1 - power)))


def rounded(value: float, digits: int, language: str) -> str:
    """At most so many digits after the point, none from a thousand on.

    >>> rounded(3.10, 2, "en"), rounded(2, 2, "en"), rounded(1234.5, 2, "en")
    ('3.1', '2', '1,235')
    """
    large = abs(value) >= 999.5 or not math.isfinite(value)
    return whole(value, language) if large else _trimmed(decimal(value, digits))


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def tiny(value: float) -> str:
    r"""Two significant digits, and below a thousandth a power of ten.

    >>> tiny(1.4e-14), tiny(0.25), tiny(-9.96e-5)
    ('1.4\xa0×\xa010⁻¹⁴', '0.25', '−1\xa0×\xa010⁻⁴')
    """
    if not math.isfinite(value) or value == 0 or abs(value) >= 0.001:
        return figures(value, 2)
    lead, _, power = f"{Decimal(float(value)):.1e}".partition("e")
    return minus(f"{lead.removesuffix('.0')}\u00a0×\u00a0{ten(int(power))}")


def ten(power: int) -> str:
    """A power of ten: 10⁻³."""
    return f"10{str(power).translate(_RAISED)}"


def whole(value: float, language: str) -> str:
    r"""A whole number, exact: in threes; in Chinese four digits stand together and full 万 are written so.

    >>> whole(1234567, "en"), whole(4096, "zh"), whole(49152, "zh"), whole(50000, "zh"), whole(3e8, "zh")
    ('1,234,567', '4096', '49,152', '5\xa0万', '3\xa0亿')
    """
    text = decimal(value, 0)
    if text == NO_NUMBER or abs(value) < 999.5:
        return text
    count = int(text.replace("−", "-"))
    if language == "zh" and abs(count) < PLAIN:
        return text
    if language == "zh" and count % PLAIN == 0:
        return _with_unit(count, language, 12)
    return minus(f"{count:,}")


def brief(value: float, language: str) -> str:
    r"""A large number in three digits and its unit (in Chinese whole 万 have up to four).

    >>> brief(17_104_896, "en"), brief(17_104_896, "zh"), brief(134_515_008, "zh"), brief(576, "zh")
    ('17.1\xa0M', '1710\xa0万', '1.35\xa0亿', '576')
    """
    if not math.isfinite(value) or abs(value) < PLAIN - 0.5:
        return whole(value, language)
    return _with_unit(value, language, 3)


def _with_unit(value: float, language: str, digits: int) -> str:
    edge = 0.99995 if language == "zh" else 0.9995  # what rounds up to the next unit belongs to it
    unit, name = next((pair for pair in UNITS[language] if abs(value) >= edge * pair[0]), UNITS[language][-1])
    return f"{figures(value / unit, digits)}{GAP}{name}"


PER_CENT = f"{NARROW}%"
"""How a share ends."""


def percent(probability: float) -> str:
    """A share: two to three digits, never "0 %" or "100 %" for what is not.

    >>> percent(0.4137), percent(0.0004), percent(0.9996)
    ('41\u202f%', '0.04\u202f%', '>\u202f99.9\u202f%')
    """
    value = 100 * probability
    if not math.isfinite(value):
        return NO_NUMBER
    if value == 0:
        return f"0{PER_CENT}"
    if 0 < value < 0.01:
        return f"<{NARROW}0.01{PER_CENT}"
    if 99.95 <= value < 100:
        return f">{NARROW}99.9{PER_CENT}"
    places = 1 if 99.5 <= value < 99.95 else 0 if abs(value) >= 9.95 else 2 if abs(value) < 0.1 else 1
    return f"{decimal(value, places)}{PER_CENT}"


def factor(value: float, language: str) -> str:
    r"""How many times: one digit after the point below ten.

    >>> factor(3.14159, "en"), factor(12.6, "en"), factor(45678.9, "zh")
    ('3.1', '13', '4.57\xa0万')
    """
    return decimal(value, 1) if abs(value) < 9.95 else brief(value, language)


def byte_size(count: float) -> str:
    r"""Bytes in the unit that suits them, by thousands.

    >>> byte_size(300), byte_size(1536), byte_size(2_000_000)
    ('300\xa0B', '1.5\xa0kB', '2\xa0MB')
    """
    if not math.isfinite(count):
        return NO_NUMBER
    unit, name = next((pair for pair in BYTES if count >= 0.99995 * pair[0]), BYTES[-1])
    return f"{decimal(count / unit, 1).removesuffix('.0')}{GAP}{name}"


def ordinal(place: float, language: str) -> str:
    r"""A place in an order.

    >>> [ordinal(n, "en") for n in (1, 2, 3, 4, 11, 22, 113)], ordinal(2, "zh")
    (['1st', '2nd', '3rd', '4th', '11th', '22nd', '113th'], '第\xa02')
    """
    text = whole(place, language)
    if text == NO_NUMBER:
        return text
    if language == "zh":
        return f"第{GAP}{text}"
    teen = 10 < abs(place) % 100 < 14
    return text + ("th" if teen else {1: "st", 2: "nd", 3: "rd"}.get(int(abs(place)) % 10, "th"))


def plural(shown: str, one: str, many: str) -> str:
    """The form of a word that goes with a number as it is shown: 1 token, 1.0 tokens.

    >>> plural("1", "token", "tokens"), plural("1.0", "token", "tokens")
    ('token', 'tokens')
    """
    return one if shown.lstrip("+−") == "1" else many


def fill(sentence: str, language: str, /, **values: object) -> str:
    """A sentence with its placeholders filled in: ``{name}`` as it is, ``{name:format}`` as `say` does.

    >>> fill("{count:n|token|tokens} of “{text}”", "en", count=1, text="a b")
    '1 token of “a b”'

    Raises KeyError for a placeholder without a value.
    """
    return close_up(_FIELD.sub(lambda found: _filled(values[found[1]], found[2], language), sentence))


def _filled(value: object, form: str | None, language: str) -> str:
    if not isinstance(value, Real):
        return say(str(value), form or "", language)
    return say(float(value), form, language) if form else bare(value)


def close_up(sentence: str) -> str:
    r"""A Chinese sentence without the gap between a unit of numbers and the character after it: 1710 万个.

    >>> close_up("共 5\xa0万 个")
    '共 5\xa0万个'
    """
    return _GAP.sub("", sentence)


FORMATS: Final[dict[str, Callable[[float, str], str]]] = {
    "n": whole,
    "brief": brief,
    "p": lambda value, _: percent(value),
    "x": factor,
    "o": ordinal,
    "bytes": lambda value, _: byte_size(value),
    "tiny": lambda value, _: tiny(value),
}
_FIXED = re.compile(r"(?P<sign>\+?)\.(?P<digits>\d)(?P<kind>[fgr])")


def say(value: float | str, form: str, language: str) -> str:
    r"""A number in one of the formats of the word files.

    ====== ==================================== ======= ================================
    n      whole: 1,234                         p       41 %
    brief  17.1 M                               .2f     two digits after the point: 0.50
    o      2nd                                  +.2f    with its sign: +0.50
    x      times: 3.1                           .2r     two digits at most: 0.5
    bytes  1.5 kB                               .2g     two significant digits: 0.00012
    tiny   1.2 × 10⁻⁴
    ====== ==================================== ======= ================================

    Behind any of them ``|token|tokens`` adds the form that goes with the number; ``|is|are`` alone is only that form.
    What is text already stays as it is.

    >>> say(1, "n|token|tokens", "en"), say(2, "|is|are", "en"), say(-0.5, "+.2f", "en"), say(1e9, "brief", "zh")
    ('1 token', 'are', '−0.50', '10\xa0亿')
    """
    form, *forms = form.split("|")
    if not forms:
        return _written(value, form, language)
    shown = _written(value, form or ".9r", language)
    word = plural(shown, *forms)
    return f"{shown} {word}" if form else word


def _written(value: float | str, form: str, language: str) -> str:
    if isinstance(value, str):
        return value
    if form in FORMATS:
        return FORMATS[form](value, language)
    fixed = _FIXED.fullmatch(form)
    if fixed is None:
        raise ValueError(f"no format for a number: {form}")
    digits = int(fixed["digits"])
    if fixed["kind"] == "r":
        return rounded(value, digits, language)
    text = (figures if fixed["kind"] == "g" else decimal)(value, digits)
    return _with_plus(value, text) if fixed["sign"] else text
