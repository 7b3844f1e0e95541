"""Which script is it? Only what decides something here: is a character Han, does a text have any."""

from __future__ import annotations

import re

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f\U00030000-\U000323af"
"""The CJK ideographs of Unicode 15, unified and for compatibility, as a character class of ``re``."""

_HAN = re.compile(f"[{HAN}]")


def is_han(character: str) -> bool:
    """Whether a character is a Chinese one (as Japanese and Korean use them too); 々 and 〇 are none.

    >>> is_han("猫"), is_han("ね"), is_han("，")
    (True, False, False)
    """
    return _HAN.fullmatch(character) is not None


def has_han(text: str) -> bool:
    """Whether a Chinese character stands in a text.

    >>> has_han("a cat 猫"), has_han("a cat")
    (True, False)
    """
    return _HAN.search(text) is not None
