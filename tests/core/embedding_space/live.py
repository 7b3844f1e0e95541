"""Results of real models and tables that several tests look at, each computed once."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from core.calls import Call, call
from core.compute.embedding_space import contextual, tables
from core.data.meanings import sense_set

E5, SMOL = "e5-small-enzh", "smollm2-135m"
_made: dict[Hashable, Any] = {}


def made(asked: Call[Any]) -> Any:
    """The result of a call, computed by the first who asks."""
    if asked.key not in _made:
        _made[asked.key] = asked.run()
    return _made[asked.key]


def senses(id: str, model: str) -> contextual.Senses:
    """The senses of a bundled set."""
    found = sense_set(id)
    result: contextual.Senses = made(call(contextual.senses, model=model, word=found.word, text=found.text))
    return result


def space() -> contextual.Sentences:
    """The bundled pairs."""
    result: contextual.Sentences = made(call(contextual.sentence_space, model=E5))
    return result


def compression(table: str, seed: int = 0) -> tables.Compression:
    """A table made smaller."""
    result: tables.Compression = made(call(tables.compress, table=table, seed=seed))
    return result
