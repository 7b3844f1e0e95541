"""The questions of the bank, and the terms of the glossary, as the canvas ``entry_list`` gets them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from core.bank.entries import Entry, bank
from core.bank.terms import Term, terms
from core.figures import payloads
from core.figures.buffer import pack

Language = Literal["en", "zh"]
Words = Mapping[str, str]
State = Mapping[str, object]


def other(language: Language) -> Language:
    """The other language."""
    return "en" if language == "zh" else "zh"


def questions(
    words: Words, state: State, *, language: Language, present: bool, chapters: Mapping[str, str], follow: str
) -> bytes:
    """All questions with what their list and quiz show: the long answers are drawn by the page."""
    beside = bank(other(language))
    rows = [_question(one, beside[one.id]) for one in bank(language).values()]
    groups = [[id, name] for id, name in chapters.items()]
    return _packed(
        words, state, language=language, kind="bank", present=present, follow=follow, groups=groups, rows=rows
    )


def glossary(words: Words, state: State, *, language: Language, present: bool, follow: str) -> bytes:
    """All terms with their sentences."""
    rows = [_term(one) for one in terms(language).values()]
    return _packed(
        words, state, language=language, kind="terms", present=present, follow=follow, groups=[], rows=rows
    )


def _question(one: Entry, beside: Entry) -> payloads.Entry:
    return {
        "id": one.id, "group": one.chapter, "title": one.title, "ask": one.ask, "also": list(one.also),
        "beside": f"{beside.title}\n{beside.ask}", "short": one.short, "stars": one.stars, "live": bool(one.show),
    }  # fmt: skip


def _term(one: Term) -> payloads.Entry:
    return {
        "id": one.id, "group": "", "title": one.name, "ask": one.line, "also": [*one.short, *one.forms],
        "beside": one.beside, "short": "", "stars": 0, "live": bool(one.see),
    }  # fmt: skip


def _packed(
    words: Words,
    state: State,
    *,
    language: str,
    kind: str,
    present: bool,
    follow: str,
    groups: list[list[str]],
    rows: list[payloads.Entry],
) -> bytes:
    meta: payloads.EntryList = {
        "words": dict(words), "language": language, "kind": kind, "follow": follow, "present": present,
        "groups": groups, "entries": rows, "state": _shown(state),
    }  # fmt: skip
    return pack(meta, {})


def _shown(state: State) -> payloads.EntryState:
    shown: payloads.EntryState = {
        "version": int(str(state["version"])), "entry": str(state["entry"]), "query": str(state["query"]),
    }  # fmt: skip
    if "chapter" in state:
        shown |= {
            "view": str(state["view"]), "chapter": str(state["chapter"]), "stars": int(str(state["stars"])),
            "live": bool(state["live"]),
        }  # fmt: skip
    return shown
