"""The words: one TOML file per page and language, looked up by dotted id."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.numbers import fill
from core.paths import TEXT

_ESCAPED = {c: "\\" + c for c in "\\`*_{}[]<>()#+-.!|$~:&"}


@functools.cache
def table(language: str, name: str) -> Mapping[str, Any]:
    """The parsed word file ``assets/text/<language>/<name>.toml``."""
    return tomllib.loads((TEXT / language / f"{name}.toml").read_text("utf-8"))


def plain(value: object) -> str:
    """A visitor's or model's text made harmless inside Markdown: every character that Markdown reads is escaped."""
    return "".join(_ESCAPED.get(c, c) for c in str(value)).replace("\n", " ")


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
        """The sentence of that id with its placeholders filled in, texts escaped for Markdown."""
        safe = {name: plain(value) if isinstance(value, str) else value for name, value in values.items()}
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


def words(language: str, name: str = "common") -> Words:
    """The words of a page in a language."""
    return Words(language, name)
