"""The questions of the bank as they lie in ``assets/questions`` and ``assets/text/<lang>/questions``.

A chapter has one neutral file (stars, numbers of the outline, concepts that show it, sources, recomputed numbers) and
one with the words in each language, with the same ids in the same order.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.catalog import LANGUAGES, Language
from core.catalog.question_bank import CHAPTERS
from core.paths import ASSETS, TEXT

STEM = "question_bank"
"""The page on which they are read."""
FOLDER = ASSETS / "questions"


@dataclass(frozen=True, slots=True)
class Number:
    """A number of the long answer and the expression that gives it."""

    shown: str
    calculation: str


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is often said, and what is right."""

    said: str
    right: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One question with its answers in one language."""

    id: str
    chapter: str
    stars: int  # 1 … 5
    outline: tuple[str, ...]  # numbers of the outline that are merged here
    blocks: tuple[int, ...]  # blocks of the question sets that are merged here
    concepts: tuple[str, ...]  # numbers in the concept map
    show: tuple[str, ...]  # ids of concepts whose state shows it, best first
    to_come: tuple[str, ...]  # stems of pages that are not there yet
    sources: tuple[str, ...]  # [1] is the first
    numbers: tuple[Number, ...]
    title: str
    ask: str
    also: tuple[str, ...]
    short: str  # plain text
    long: str  # Markdown with formulas and [n]
    wrong: tuple[Wrong, ...]


@functools.cache
def bank(language: Language) -> Mapping[str, Entry]:
    """All questions by id, in the order of the chapters. Errors: ValueError where a file is not as it must be."""
    found: dict[str, Entry] = {}
    for chapter in CHAPTERS:
        for id, entry in _chapter(chapter, language).items():
            if id in found:
                raise ValueError(f"{chapter}.toml: {id} is also in {found[id].chapter}.toml")
            found[id] = entry
    return found


def chosen(id: str, language: Language) -> Entry | None:
    """The question of that id, for the empty one the first; None where there is none."""
    entries = bank(language)
    return entries.get(id) if id else next(iter(entries.values()), None)


def neighbours(id: str, language: Language) -> tuple[Entry | None, Entry | None]:
    """The questions before and after one, in the order of the bank."""
    entries = list(bank(language).values())
    at = next(at for at, entry in enumerate(entries) if entry.id == id)
    return entries[at - 1] if at else None, entries[at + 1] if at + 1 < len(entries) else None


def _chapter(chapter: str, language: Language) -> dict[str, Entry]:
    if not (FOLDER / f"{chapter}.toml").is_file():
        return {}
    shared = _read(FOLDER / f"{chapter}.toml")
    words = {one: _read(TEXT / one / "questions" / f"{chapter}.toml") for one in LANGUAGES}
    for one, entries in words.items():
        if list(entries) != list(shared):
            raise ValueError(
                f"{one}/questions/{chapter}.toml: other ids, or another order, than {chapter}.toml"
            )
    return {id: _entry(id, chapter, shared[id], words[language][id]) for id in shared}


def _read(path: Path) -> dict[str, dict[str, Any]]:
    return tomllib.loads(path.read_text("utf-8"))


def _entry(id: str, chapter: str, shared: Mapping[str, Any], words: Mapping[str, Any]) -> Entry:
    lists: dict[str, Any] = {
        name: tuple(shared[name]) for name in ("outline", "blocks", "concepts", "show", "to_come", "sources")
    }
    said: dict[str, Any] = {name: str(words[name]).strip() for name in ("title", "ask", "short", "long")}
    return Entry(
        id=id,
        chapter=chapter,
        stars=int(shared["stars"]),
        numbers=tuple(Number(one["shown"], one["is"]) for one in shared["numbers"]),
        also=tuple(words["also"]),
        wrong=tuple(Wrong(one["said"], one["right"]) for one in words["wrong"]),
        **lists,
        **said,
    )
