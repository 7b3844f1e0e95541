"""The bundled bank of short texts, by kind."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache

from core.paths import DATA

BANK = DATA / "waking_texts.toml"


@dataclass(frozen=True, slots=True)
class BankText:
    """One text of the bank."""

    kind: str  # "english", "chinese", "repeat", "code", "list", "quote", "number", "mixed"
    text: str


@cache
def bank() -> tuple[BankText, ...]:
    """All texts, kind by kind."""
    table = tomllib.loads(BANK.read_text("utf-8"))
    return tuple(BankText(kind, text) for kind, texts in table.items() for text in texts)
