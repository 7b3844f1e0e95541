"""Hand-written sentences that come with Glassbox: one word in several senses, and pairs of translations."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any

from core.errors import BadParameter
from core.paths import DATA

MOST_SINGLE = 64
"""Sentences of `single_text`."""


@dataclass(frozen=True, slots=True)
class SenseSet:
    """Sentences with one word in two or more senses."""

    id: str
    word: str
    language: str  # of the sentences: "en" | "zh"
    models: tuple[str, ...]  # ids of bundled models in which the senses come apart
    titles: dict[str, dict[str, str]]  # page language → name of a sense in the text → its title there
    text: str  # "# name" starts a sense, then one sentence per line


@cache
def sense_sets() -> tuple[SenseSet, ...]:
    """All bundled sets, in the order in which they are offered."""
    return tuple(_sense_set(id, entry) for id, entry in _read("senses").items())


def sense_set(id: str) -> SenseSet:
    """The set with this id. Errors: BadParameter("set")."""
    for found in sense_sets():
        if found.id == id:
            return found
    raise BadParameter(name="set")


@cache
def pairs_text() -> str:
    """The bundled pairs as `sentence_space` reads them: "# topic" lines, then "English | 中文" lines."""
    lines: list[str] = []
    for topic, entry in _read("pairs").items():
        lines += [f"# {topic}", *(f"{english} | {chinese}" for english, chinese in entry["pairs"])]
    return "\n".join(lines)


def topic_titles(language: str) -> dict[str, str]:
    """What the topics of the bundled pairs are called in a language ("en" or "zh")."""
    return {topic: entry[language] for topic, entry in _read("pairs").items()}


@cache
def single_text(language: str) -> str:
    """Every second sentence of one side of the bundled pairs, one per line: varied text without repetition."""
    side = 1 if language == "zh" else 0
    sentences = [pair[side] for entry in _read("pairs").values() for pair in entry["pairs"]]
    return "\n".join(sentences[::2][:MOST_SINGLE])


@cache
def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((DATA / f"{name}.toml").read_text(encoding="utf-8"))


def _sense_set(id: str, entry: dict[str, Any]) -> SenseSet:
    lines: list[str] = []
    for name, sentences in entry["senses"].items():
        lines += [f"# {name}", *sentences]
    own, other = entry["language"], "en" if entry["language"] == "zh" else "zh"
    titles = {own: {name: name for name in entry["senses"]}, other: dict(entry["titles"])}
    return SenseSet(id, entry["word"], own, tuple(entry["models"]), titles, "\n".join(lines))
