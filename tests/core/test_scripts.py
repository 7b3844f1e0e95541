"""Han by Unicode's own names, character by character."""

from __future__ import annotations

import unicodedata

import pytest

from core.scripts import has_han, is_han

IDEOGRAPHS = ("CJK UNIFIED IDEOGRAPH-", "CJK COMPATIBILITY IDEOGRAPH-")
ASSIGNED = [
    one for one in map(chr, range(0x40000)) if unicodedata.name(one, "")
]  # beyond them, nothing is written


def test_han_is_what_unicode_calls_a_cjk_ideograph() -> None:
    named = ((one, unicodedata.name(one)) for one in ASSIGNED)
    assert not [name for one, name in named if is_han(one) != name.startswith(IDEOGRAPHS)]


@pytest.mark.parametrize(
    ("text", "has"),
    [
        ("", False), ("a cat", False), ("a 猫 cat", True), ("ねこ、カ。", False), ("これは猫です", True), ("𠮷", True),
        ("々〇⼈한", False),
    ],
)  # fmt: skip
def test_a_text_has_han_where_a_character_is(text: str, has: bool) -> None:
    assert has_han(text) == any(map(is_han, text)) == has


def test_one_character_is_asked_for() -> None:
    assert not is_han("猫狗")
    assert not is_han("")
