"""The words: one TOML file per page and language, looked up by dotted id."""

from __future__ import annotations

import functools
import string
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.paths import TEXT

_ESCAPED = {c: "\\" + c for c in "\\`*_{}[]<>()#+-.!|$~:&"}


@functools.cache
def table(language: str, name: str) -> Mapping[str, Any]:
    """The parsed word file ``assets/text/<language>/<name>.toml``."""
    return tomllib.loads((TEXT / language / f"{name}.toml").read_text("utf-8"))


def plain(value: object) -> str:
    """A visitor's or model's text made harmless inside Markdown: every character that Markdown reads is escaped."""
    return "".join(_ESCAPED.get(c, c) for c in str(value)).replace("\n", " ")


def percent(probability: float) -> str:
    """A probability as the canvases write it: two to three digits, never "0 %" or "100 %" for what is not.

    >>> percent(0.4137), percent(0.0004), percent(0.9996)
    ('41\u202f%', '0.04\u202f%', '>\u202f99.9\u202f%')
    """
    value = 100 * probability
    if value == 0:
        return "0\u202f%"
    if value < 0.01:
        return "<\u202f0.01\u202f%"
    if 99.95 <= value < 100:
        return ">\u202f99.9\u202f%"
    digits = 1 if 99.5 <= value < 99.95 else 0 if value >= 9.95 else 2 if value < 0.1 else 1
    return f"{value:.{digits}f}\u202f%"


class _Escaping(string.Formatter):
    """Formats a sentence; numbers keep their format, texts are escaped for Markdown."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec == "p":
            return percent(float(value))
        shown = str(super().format_field(value, format_spec))
        if isinstance(value, str):
            return plain(shown)
        return f"−{shown[1:]}" if shown.startswith("-") else shown  # a minus sign, as in the figures


@dataclass(frozen=True, slots=True)
class Words:
    """All words of one page (and the common ones) in one language."""

    language: str
    name: str

    def get(self, id: str) -> Any:
        """The raw entry (text, list or table); the page's own file wins over the common one; KeyError if in neither."""
        for file in (self.name, "common"):
            entry: Any = table(self.language, file)
            for part in id.split("."):
                entry = entry.get(part) if isinstance(entry, Mapping) else None
            if entry is not None:
                return entry
        raise KeyError(f"{self.language}/{self.name}.toml: {id}")

    def __call__(self, id: str, **values: object) -> str:
        """The sentence of that id with its placeholders filled in, texts escaped for Markdown."""
        return _Escaping().vformat(self.get(id), (), values) if values else self.get(id)

    def join(self, *sentences: str) -> str:
        """Sentences one after the other: Chinese ones need no space between them."""
        return ("" if self.language == "zh" else " ").join(sentences)

    def sub(self, id: str) -> dict[str, str]:
        """A flat table of sentences, for a canvas component."""
        return dict(self.get(id))

    def items(self, id: str) -> Iterator[tuple[str, Any]]:
        """The entries of a table, in file order."""
        yield from self.get(id).items()


def words(language: str, name: str = "common") -> Words:
    """The words of a page in a language."""
    return Words(language, name)
