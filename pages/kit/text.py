"""The words: one TOML file per page and language, looked up by dotted id."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any

from core.errors import GlassboxError
from core.numbers import fill
from core.paths import TEXT

_ESCAPED = str.maketrans({c: "\\" + c for c in "\\`*_{}[]<>()#+-.!|$~:&"} | dict.fromkeys("\r\n\t", " "))
_UNSEEN = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters, and those that turn the direction of what follows, beyond the end of the text too."""
_READ_AGAIN = re.compile(r"(?<=:)(?=[/\w+-])|(?<=www)(?=\.)|(?=@)|(?<=[<>~-])(?=[->=])", re.IGNORECASE)
"""Where addresses, mail, icons, emoji and arrows are looked for in text in which nothing is escaped any more."""
_BREAK = "\u200b"  # zero-width space


@functools.cache
def table(language: str, name: str) -> Mapping[str, Any]:
    """The parsed word file ``assets/text/<language>/<name>.toml``."""
    return tomllib.loads((TEXT / language / f"{name}.toml").read_text("utf-8"))


def plain(value: object) -> str:
    """A visitor's or model's text made harmless inside Markdown.

    Every character that Markdown reads is escaped. An address becomes a link, ``:name:`` an icon and ``->`` an arrow
    even where it is escaped: there an invisible break is put in.
    """
    return _READ_AGAIN.sub(_BREAK, _UNSEEN.sub("", str(value))).translate(_ESCAPED)


@dataclass(frozen=True, slots=True)
class Words:
    """All words of one page (and the common ones) in one language."""

    language: str
    name: str

    def find(self, id: str) -> Any:
        """The raw entry (text, list or table); the page's own file wins over the common one; None if in neither."""
        for file in (self.name, "common"):
            entry: Any = table(self.language, file)
            for part in id.split("."):
                entry = entry.get(part) if isinstance(entry, Mapping) else None
            if entry is not None:
                return entry
        return None

    def get(self, id: str) -> Any:
        """The entry that must be there; KeyError: a programming mistake, not a visitor's."""
        if (entry := self.find(id)) is None:
            raise KeyError(f"{self.language}/{self.name}.toml: {id}")
        return entry

    def __call__(self, id: str, **values: object) -> str:
        """The sentence of that id with its placeholders filled in, whatever is no number escaped for Markdown."""
        safe = {name: value if isinstance(value, Real) else plain(value) for name, value in values.items()}
        return fill(self.get(id), self.language, **safe) if values else self.get(id)

    def join(self, *sentences: str) -> str:
        """Sentences one after the other: Chinese ones need no space between them."""
        return ("" if self.language == "zh" else " ").join(sentences)

    def sub(self, id: str) -> dict[str, str]:
        """A flat table of sentences, for a canvas component, with what all canvases say."""
        return {**table(self.language, "common")["canvas"], **self.get(id)}

    def items(self, id: str) -> Iterator[tuple[str, Any]]:
        """The entries of a table, in file order."""
        yield from self.get(id).items()


def told(words: Words, error: GlassboxError) -> tuple[str, dict[str, object]]:
    """The id of an error's sentence, and its values in words."""
    values = {**error.values}
    if "reason" in values:
        values["reason"] = words(f"reasons.{values['reason']}")
    if unit := values.pop("unit", ""):
        values = {name: words(f"units.{unit}", count=count) for name, count in values.items()}
    return f"errors.{error.key}", values


def words(language: str, name: str = "common") -> Words:
    """The words of a page in a language."""
    return Words(language, name)
