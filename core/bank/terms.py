"""The glossary: ``assets/glossary.toml`` and the table ``terms`` of ``assets/text/<lang>/glossary.toml``."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.bank.entries import Entry, bank
from core.catalog import LANGUAGES, Language
from core.paths import ASSETS, TEXT
from core.scripts import has_han

FILE = ASSETS / "glossary.toml"
_LATIN = r"(?<![A-Za-z0-9_-])", r"(?![A-Za-z0-9_-])"


@dataclass(frozen=True, slots=True)
class Term:
    """A term in one language."""

    id: str
    name: str
    beside: str  # its name in the other language
    short: tuple[str, ...]  # abbreviations, the same in both
    line: str  # one sentence
    see: tuple[str, ...]  # ids of concepts where it is seen
    forms: tuple[str, ...]  # further ways to write it in this language
    apart: tuple[str, ...]  # ids of questions in which the word means something else


@functools.cache
def terms(language: Language) -> Mapping[str, Term]:
    """All terms by id, in the order of the file. Errors: ValueError where the files do not agree."""
    shared = tomllib.loads(FILE.read_text("utf-8"))
    words = {one: _words(one) for one in LANGUAGES}
    if any(list(shared) != list(words[one]) for one in LANGUAGES):
        raise ValueError("glossary.toml: the languages have other terms, or another order")
    other = words["en" if language == "zh" else "zh"]
    return {id: _term(id, one, words[language][id], other[id], language) for id, one in shared.items()}


def _words(language: Language) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((TEXT / language / "glossary.toml").read_text("utf-8"))["terms"]
    return found


def _term(
    id: str, shared: Mapping[str, Any], words: Mapping[str, Any], other: Mapping[str, Any], language: Language
) -> Term:
    short, see, forms, apart = (tuple(shared.get(name, ())) for name in ("short", "see", language, "apart"))
    return Term(id, words["name"], other["name"], short, words["line"], see, forms, apart)


def written(term: Term) -> re.Pattern[str]:
    """All ways to write a term: Latin ones as whole words, with a plural's s, abbreviations in their own case."""
    return re.compile("|".join(_pattern(form) for form in _forms(term) or (term.name,)))


def _forms(term: Term) -> list[str]:
    """Longest first; a single Chinese character is a part of too many other words."""
    forms = {form for form in (term.name, *term.short, *term.forms) if len(form) > 1 or not has_han(form)}
    return sorted(forms, key=lambda form: (-len(form), form))


def _pattern(form: str) -> str:
    if has_han(form):
        return re.escape(form)
    name = re.escape(form) if any(c.isupper() for c in form) else f"(?i:{re.escape(form)})"
    return f"{_LATIN[0]}{name}s?{_LATIN[1]}"


@functools.cache
def _all_forms(language: Language) -> tuple[tuple[str, str, str], ...]:
    """All ways to write a term, longer ones first: in small letters, the pattern, the id."""
    pairs = [(form, id) for id, term in terms(language).items() for form in _forms(term)]
    pairs.sort(key=lambda pair: (-len(pair[0]), pair[0]))
    return tuple((form.lower(), _pattern(form), id) for form, id in pairs)


def written_in(text: str, language: Language) -> tuple[re.Pattern[str], tuple[str, ...]]:
    """A pattern for the terms that may stand in a text, longer ways of writing first; a group for each of the ids."""
    small = text.lower()
    there = [(pattern, id) for form, pattern, id in _all_forms(language) if form in small]
    return re.compile("|".join(f"({pattern})" for pattern, _ in there) or "(?!)"), tuple(
        id for _, id in there
    )


@functools.cache
def found_in(id: str, language: Language) -> tuple[Entry, ...]:
    """The questions whose wording or answers have a term."""
    pattern = written(terms(language)[id])
    return tuple(
        one
        for one in bank(language).values()
        if one.id not in terms(language)[id].apart
        and pattern.search(f"{one.title}\n{one.ask}\n{one.short}\n{one.long}")
    )
