r"""What a stranger's tokenizer.json does to a text besides its vocabulary: only what costs no more than reading it.

The library's patterns backtrack: ``(a+)+$`` takes a second for 30 characters and then breaks off in a way that ends the
visitor's page, and a few replacements that double a text fill any memory. So a pattern is taken apart into its
alternatives, and each must be simple (what may repeat stands at its end alone) or one of those of the tested families.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from core.errors import RefusedFile

TOKENIZER = "tokenizer.json"
PARTS = ("normalizer", "pre_tokenizer", "post_processor", "decoder")
MOST_PARTS, MOST_ITEMS = 200, 64
"""Steps and settings of all parts, and of a list among them."""
LONGEST = 64
"""Characters of a text that a step adds or looks for; bytes that stand for a character in a table of characters."""
LONGEST_PATTERN = 2_000
MOST_GROWTH = 16
"""So many times as long as it was, replacements may make a text."""
LONGEST_WORD = 1_000
"""Characters of a word that WordPiece cuts: its time grows with their cube."""

_CHARSMAP = "precompiled_charsmap"
_CLASS = r"\[\^?(?:\\[^kg0-9]|[^\]\\\[])+\]"
_ATOM = rf"(?:{_CLASS}|\\[pP]\{{\^?\w+\}}|\\[sSdDwWnrt]|\\[^\w\s]|[^\\\[\](){{}}*+?|])"
_GROUP = r"\((?:\\.|\[(?:\\.|[^\]\\])*\]|[^()\\\[])*\)"
_PIECE = re.compile(rf"{_GROUP}|\[(?:\\.|[^\]\\])*\]|\\.|[^\\\[()|]", re.DOTALL)
_SIMPLE = re.compile(rf"{_ATOM}{{0,8}}(?:{_ATOM}\?)?{_ATOM}{{0,8}}(?:[*+?]|\{{\d{{1,3}}(?:,\d{{0,3}})?\}})?")
_CASED = "'s|'t|'re|'ve|'m|'ll|'d"
_UPPER, _LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
_BEFORE = r"[^\r\n\p{L}\p{N}]?"
KNOWN = frozenset({
    "'(?:[sdmt]|ll|ve|re)", "'(?i:[sdmt]|ll|ve|re)", f"(?i:{_CASED})",
    r"\s+(?!\S)", r"\s+\z", r"\s+$", r"\s*[\r\n]+", r"\s*[\r\n]",
    r" ?[^\s\p{L}\p{N}]+[\r\n]*", r" ?[^\s\p{L}\p{N}]+[\r\n/]*", r" ?[\p{P}\p{S}]+[\r\n]*",
    *(
        f"{_BEFORE}{_UPPER}{counts[0]}{_LOWER}{counts[1]}{end}"
        for counts in ("*+", "+*") for end in ("", f"(?i:{_CASED})?")
    ),
})  # fmt: skip
"""Alternatives of GPT-2, cl100k, o200k, Llama 3, Qwen, DeepSeek and Tekken that are not simple; none backtracks far."""


def check(model: str, values: Mapping[str, Any]) -> None:
    """Look at a tokenizer.json. Raises: RefusedFile."""
    found = [one for part in PARTS for one in _inside(values.get(part))]
    growth = math.prod(_growth(one) for one in found if isinstance(one, dict))
    inner = values.get("model")
    longest = inner.get("max_input_chars_per_word") if isinstance(inner, dict) else None
    words = longest is None or (isinstance(longest, int) and longest <= LONGEST_WORD)
    if len(found) > MOST_PARTS or growth > MOST_GROWTH or not words or not all(map(_is_bounded, found)):
        raise RefusedFile(model=model, file=TOKENIZER, reason="costly_steps")


def _inside(value: object) -> Iterator[object]:
    """The objects and lists of a part, itself included."""
    if isinstance(value, (dict, list)):
        yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _inside(inner)


def _is_bounded(part: object) -> bool:
    """Whether an object or a list says nothing that may cost more than reading a text."""
    if isinstance(part, list):
        return len(part) <= MOST_ITEMS and all(_is_short(one) for one in part)
    assert isinstance(part, dict)
    plain = (value for name, value in part.items() if name not in ("Regex", _CHARSMAP))
    return (
        len(part) <= MOST_ITEMS
        and all(map(_is_short, (*part, *plain)))
        and ("Regex" not in part or is_cheap(part["Regex"]))
        and (part.get(_CHARSMAP) is None or _is_table(part[_CHARSMAP]))
    )


def _is_short(value: object) -> bool:
    return not isinstance(value, str) or len(value) <= LONGEST


def _growth(step: Mapping[str, Any]) -> float:
    """How many times as long as before a replacement may make a text; 1 for what replaces nothing."""
    pattern, content = step.get("pattern"), step.get("content")
    if not isinstance(pattern, dict) or not isinstance(content, str):
        return 1
    literal = pattern.get("String")
    if isinstance(literal, str) and literal:
        return max(1.0, len(content) / len(literal))
    return 1 + len(content)  # a pattern may be found between any two characters


def is_cheap(pattern: object) -> bool:
    r"""Whether a pattern takes about as many steps as a text has characters.

    >>> is_cheap(r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s+(?!\S)|\s+"), is_cheap("(a+)+$"), is_cheap("a*a*b")
    (True, False, False)
    """
    if not isinstance(pattern, str) or len(pattern) > LONGEST_PATTERN or "&&" in pattern:
        return False
    plain = pattern.replace("\r", r"\r").replace("\n", r"\n")
    return all(one in KNOWN or _SIMPLE.fullmatch(one) for one in _alternatives(plain))


def _alternatives(pattern: str) -> list[str]:
    """What stands between the bars that are in no group and no class; one that cannot be read is no simple one."""
    found, at = [""], 0
    while at < len(pattern):
        piece = _PIECE.match(pattern, at)
        if pattern[at] == "|":
            found.append("")
            at += 1
        else:
            text = piece[0] if piece else pattern[at]
            found[-1] += text
            at += len(text)
    return found


def _is_table(charsmap: object) -> bool:
    """Whether a table of characters puts only short texts in their places: behind its index, a zero ends each."""
    try:
        data = base64.b64decode(str(charsmap), validate=True)
    except (binascii.Error, ValueError):
        return False
    texts = data[4 + int.from_bytes(data[:4], "little") :]
    return max(map(len, texts.split(b"\0"))) <= LONGEST
