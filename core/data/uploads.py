"""Files of visitors as text."""

from __future__ import annotations

import codecs
import unicodedata

from core.errors import NotText

MAX_MEGABYTES = 2
"""Largest file that a page takes; ``.streamlit/config.toml`` has the server refuse others before they are read."""
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
CONTROLS = 0.01
"""Largest share of control characters in a text; a file with more is none."""


def decoded(content: bytes, name: str) -> str:
    """A file's text: UTF-8, or UTF-16 with its mark. Errors: NotText."""
    encoding = next((codec for mark, codec in MARKS if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeError as error:
        raise NotText(name=name) from error
    if "\0" in text:
        raise NotText(name=name)
    return text


def is_binary(text: str) -> bool:
    r"""Whether a text is none: a zero byte, or many control characters.

    >>> is_binary("a\tb\r\n"), is_binary("a\x01\x02")
    (False, True)
    """
    controls = sum(char not in "\t\n\r\f" and unicodedata.category(char) == "Cc" for char in text)
    return "\0" in text or controls > CONTROLS * len(text)
