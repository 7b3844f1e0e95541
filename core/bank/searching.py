"""Which questions are meant: by chapter, weight, what can be shown, and words in any wording and both languages.

``assets/components/frame/entry_list/filter.js`` is the twin that searches while somebody types.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

from core.bank.entries import Entry, bank
from core.catalog import Language
from core.catalog.search import MOST_READ, asked, fold

ALL = "all"
MOST_NEAR = 6  # questions that are offered beside other things


@functools.cache
def texts(language: Language) -> dict[str, tuple[str, str, str]]:
    """Id → title, wordings (those of the other language's title and question too) and all that is searched, folded."""
    other = bank("en" if language == "zh" else "zh")
    found = {}
    for id, one in bank(language).items():
        asked = "\n".join((one.ask, *one.also, other[id].title, other[id].ask))
        found[id] = fold(one.title), fold(asked), fold("\n".join((one.title, asked, one.short)))
    return found


def rank(told: tuple[str, str, str], pieces: Sequence[str]) -> int:
    """0: the title has all pieces, 1: a wording, 2: they stand anywhere; 3: not found."""
    if not all(piece in told[2] for piece in pieces):
        return 3
    return next((at for at in (0, 1) if all(piece in told[at] for piece in pieces)), 2)


def select(
    language: Language, *, chapter: str = ALL, stars: int = 1, live: bool = False, query: str = ""
) -> list[Entry]:
    """The questions of a chapter with at least so many stars in which all pieces of the query stand, best first."""
    pieces, told = fold(query[:MOST_READ]).split(), texts(language)
    found = [
        one
        for one in bank(language).values()
        if chapter in (ALL, one.chapter) and one.stars >= stars and (one.show or not live)
        and rank(told[one.id], pieces) < 3
    ]  # fmt: skip
    return sorted(found, key=lambda one: rank(told[one.id], pieces))


def near(query: str, language: Language) -> list[Entry]:
    """The questions in which all words stand that a search elsewhere is about."""
    bare = asked(query)
    return select(language, query=bare)[:MOST_NEAR] if bare.strip() else []
