"""What can be looked up besides the concepts: everyday words for them, and what has a short answer but no page yet."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

from core.paths import ASSETS

FILE = ASSETS / "search.toml"


@dataclass(frozen=True, slots=True)
class Answer:
    """A subject without a page: how people call it, and the concepts that come near."""

    words: tuple[str, ...]
    see: tuple[str, ...]  # ids of concepts


@functools.cache
def everyday() -> Mapping[str, tuple[str, ...]]:
    """Concept → what people call it, in both languages."""
    return {id: tuple(words) for id, words in _file()["concepts"].items()}


@functools.cache
def answers() -> Mapping[str, Answer]:
    """The subjects that have a short answer, by the ids that their words have in ``search.toml`` of each language."""
    return {id: Answer(tuple(one["words"]), tuple(one["see"])) for id, one in _file()["answers"].items()}


def _file() -> dict[str, dict[str, dict[str, list[str]]]]:
    return tomllib.loads(FILE.read_text("utf-8"))
