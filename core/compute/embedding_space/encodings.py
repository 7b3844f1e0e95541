"""In which characters a visitor's file is written: told by the file, guessed, or chosen by the visitor."""

from __future__ import annotations

from dataclasses import dataclass

import regex

from core.compute.embedding_space.lists import MAX_BYTES, parse, too_large
from core.data.uploads import MARKS
from core.errors import BadEncoding, GlassboxError

ENCODINGS = {
    "utf-8": "UTF-8",
    "gb18030": "GB 18030",
    "big5": "Big5",
    "shift_jis": "Shift-JIS",
    "euc_kr": "EUC-KR",
    "cp1252": "Windows-1252",
    "cp1251": "Windows-1251",
}
"""What a file may be written in, by Python's names: of equally likely ones the first is assumed."""
_LOOKED_AT = 50_000  # bytes by which an encoding is guessed
_SHORT = 1_000  # bytes; what is longer and is UTF-8 is nothing else
_BIG5_RARE = 0xC7  # first bytes of what is no common character in Big5
_RARE = {
    "shift_jis": regex.compile(r"[\uff61-\uff9f]"),  # half-width kana
    "cp1252": regex.compile(r"[^\x00-\x7f\p{L}\p{P}€°§]"),  # "¹", "½": halves of characters
    "euc_kr": regex.compile(r"\p{Han}"),  # in a Korean text
}


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text of a file."""

    text: str
    encoding: str = ""  # of ENCODINGS; "" where the file says it, or it is the same in all
    others: tuple[str, ...] = ()  # of ENCODINGS: in which the file can be read

    @property
    def guessed(self) -> bool:
        """Whether the characters may be others."""
        return self.encoding not in ("", "utf-8")


@dataclass(frozen=True, slots=True)
class Given:
    """A visitor's file, or why it is refused: then nothing of it."""

    content: bytes = b""
    refused: GlassboxError | None = None


def given(content: bytes) -> Given:
    """A file, if it is a list or a table as it is read without a choice."""
    try:
        parse(decode(content).text)
    except GlassboxError as error:
        return Given(refused=error.bare())
    return Given(content)


def decode(content: bytes, chosen: str = "") -> Decoded:
    """The text of an uploaded file: in the encoding of its mark, else the chosen one, UTF-8, or the likeliest.

    Errors: FileTooLarge, BadEncoding.
    """
    if len(content) > MAX_BYTES:
        raise too_large(len(content))
    marked = next((codec for mark, codec in MARKS if content.startswith(mark)), None)
    if marked or content.isascii():
        return Decoded(_texts(content, marked or "utf-8")[marked or "utf-8"])
    if len(content) > _SHORT and (text := _read(content, "utf-8")) is not None:
        return Decoded(text)
    texts = _texts(content, *ENCODINGS)
    first = "utf-8" if "utf-8" in texts else guess(content, tuple(texts))
    encoding = chosen if chosen in texts else first
    return Decoded(texts[encoding], encoding, tuple(texts))


def _texts(content: bytes, *encodings: str) -> dict[str, str]:
    """The text in each encoding in which it is one. Errors: BadEncoding where it is none in any."""
    found = {name: text for name in encodings if (text := _read(content, name)) is not None}
    if not found:
        raise BadEncoding
    return found


def _read(content: bytes, encoding: str) -> str | None:
    """The text, or None where it is none in this encoding."""
    try:
        text = content.decode(encoding)
    except UnicodeError:
        return None
    return None if "\0" in text else text


def guess(content: bytes, names: tuple[str, ...]) -> str:
    """The likeliest of some encodings: common characters, then the least mess by charset_normalizer, then the first.

    A few Chinese characters can be read in several: what is returned is a guess, to be said as one.
    """
    from charset_normalizer import from_bytes

    part = content[:_LOOKED_AT]
    part = part[: part.rfind(b"\n") + 1] if len(content) > len(part) and b"\n" in part else part
    common = [name for name in names if _is_common(part, name)] or list(names)
    chaos = {match.encoding: match.chaos for match in from_bytes(part, cp_isolation=common)}
    return next((name for name in common if chaos.get(name) == min(chaos.values(), default=None)), common[0])


def _is_common(content: bytes, encoding: str) -> bool:
    """Whether a text has no characters that are rare in texts of that encoding."""
    if encoding == "gb18030":
        return _read(content, "gb2312") is not None
    text = _read(content, encoding) or ""
    if encoding == "big5":
        return all(char.isascii() or char.encode(encoding)[0] < _BIG5_RARE for char in text)
    return encoding not in _RARE or not _RARE[encoding].search(text)
