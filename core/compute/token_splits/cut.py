"""How text is cut, and what it costs: the computations of the page ``token_splits``.

One text under several vocabularies is here; why a token is one is in ``reasons``, training a vocabulary in
``training``, languages and budgets in ``costs``. All results are frozen; torch is not needed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import regex

from core.errors import BadParameter, TextEmpty, TextTooLong
from core.models.tokens.labels import visible
from core.models.tokens.remembered import labelled
from core.models.tokens.vocabularies import LoadedVocabulary, jieba_words, load_vocabulary
from core.results import named

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

MAX_TEXT = 20_000
"""Longest text, in characters."""
MAX_SIDE_BY_SIDE = 4
"""So many vocabularies are compared at a time."""

_GRAPHEME = regex.compile(r"\X")
_visible = lru_cache(maxsize=20_000)(visible)


@dataclass(frozen=True, slots=True)
class Cut:
    """One text under one vocabulary; all tuples have one entry per token."""

    vocabulary: str
    ids: tuple[int, ...]  # of words: their number by first appearance; of characters: their code point
    labels: tuple[str, ...]  # plain text for display, see core.models.tokens.labels
    starts: tuple[int, ...]  # first character of the text that the token has a part in
    ends: tuple[int, ...]  # one past its last character; tokens inside one character share both
    bytes_hex: tuple[str, ...]  # "E4 B8 AD"; of a special token: of its written name
    groups: tuple[int, ...]  # tokens that share one character share a number
    special: tuple[bool, ...]
    unknown: tuple[bool, ...]  # what the text says there is lost


@dataclass(frozen=True, slots=True, eq=False)
class Splits:
    """One text under several vocabularies."""

    text: str
    cuts: tuple[Cut, ...]
    lonely: tuple[tuple[int, ...], ...]  # per cut: character offsets of boundaries that no other cut makes
    counts: tuple[int, ...]  # tokens
    characters_per_token: tuple[float, ...]
    bytes_per_token: tuple[float, ...]
    spread: float  # per cent that the longest cut has more tokens than the shortest


@named("token_splits.split")
def split(*, text: str, vocabularies: tuple[str, ...]) -> Splits:
    """Cut one text with up to four vocabularies, without special tokens around it.

    Errors: TextEmpty, TextTooLong, BadParameter("vocabularies"), what ``load_vocabulary`` raises.

    >>> split(text="The cat", vocabularies=("gpt2", "bytes")).counts  # doctest: +SKIP
    (2, 7)
    """
    text = checked(text)
    if not 1 <= len(vocabularies) <= MAX_SIDE_BY_SIDE or len(set(vocabularies)) != len(vocabularies):
        raise BadParameter(name="vocabularies")
    cuts = tuple(cut(text, load_vocabulary(one)) for one in vocabularies)
    counts = tuple(len(one.ids) for one in cuts)
    length = len(text.encode())
    fewest = max(1, min(counts))
    return Splits(
        text=text,
        cuts=cuts,
        lonely=_lonely(cuts, len(text)),
        counts=counts,
        characters_per_token=tuple(len(text) / max(1, count) for count in counts),
        bytes_per_token=tuple(length / max(1, count) for count in counts),
        spread=100 * (max(counts) - fewest) / fewest,
    )


def checked(text: str) -> str:
    """The text in valid Unicode. Errors: TextEmpty, TextTooLong."""
    if not text.strip():
        raise TextEmpty
    if len(text) > MAX_TEXT:
        raise TextTooLong(count=len(text), limit=MAX_TEXT, unit="characters")
    return text.encode("utf-8", "replace").decode()


def cut(text: str, loaded: LoadedVocabulary) -> Cut:
    """Cut one text with one vocabulary."""
    if loaded.engine is not None:
        return _tokens(text, loaded, loaded.engine)
    kind = loaded.spec.id
    if kind == "bytes":
        return _bytes(text)
    if kind == "characters":
        spans = [(at, at + 1) for at in range(len(text))]
        return _spans(kind, text, spans, [ord(char) for char in text])
    words = jieba_words(text) if kind == "jieba" else [found.span() for found in re.finditer(r"\S+", text)]
    seen: dict[str, int] = {}
    return _spans(kind, text, words, [seen.setdefault(text[a:b], len(seen)) for a, b in words])


def _tokens(text: str, loaded: LoadedVocabulary, engine: Tokenizer) -> Cut:
    found: Encoding = engine.encode(text, add_special_tokens=False)
    ids, offsets = found.ids, found.offsets
    labels, bytes_hex, groups, special = labelled(loaded, ids)
    unknown = loaded.unknown_id
    return Cut(
        vocabulary=loaded.id,
        ids=tuple(ids),
        labels=tuple(labels),
        starts=tuple(start for start, _ in offsets),
        ends=tuple(end for _, end in offsets),
        bytes_hex=tuple(bytes_hex),
        groups=_whole(text, [start for start, _ in offsets], groups),
        special=tuple(special),
        unknown=tuple(one == unknown for one in ids),
    )


def _spans(kind: str, text: str, spans: Sequence[tuple[int, int]], ids: Sequence[int]) -> Cut:
    parts = [text[a:b] for a, b in spans]
    no = (False,) * len(parts)
    return Cut(
        vocabulary=kind,
        ids=tuple(ids),
        labels=tuple(_visible(part) for part in parts),
        starts=tuple(a for a, _ in spans),
        ends=tuple(b for _, b in spans),
        bytes_hex=tuple(_hex(part) for part in parts),
        groups=_whole(text, [a for a, _ in spans]),
        special=no,
        unknown=no,
    )


def _bytes(text: str) -> Cut:
    at = [place for place, char in enumerate(text) for _ in char.encode()]
    data = text.encode()
    no = (False,) * len(data)
    hexes = tuple(f"{byte:02X}" for byte in data)
    return Cut(
        vocabulary="bytes",
        ids=tuple(data),
        labels=tuple(
            _visible(chr(byte)) if byte < 128 else code for byte, code in zip(data, hexes, strict=True)
        ),
        starts=tuple(at),
        ends=tuple(place + 1 for place in at),
        bytes_hex=hexes,
        groups=_whole(text, at, at),
        special=no,
        unknown=no,
    )


def _whole(text: str, starts: Sequence[int], groups: Sequence[int] = ()) -> tuple[int, ...]:
    """Which tokens share a character (Unicode Annex 29): those of one group, and those that begin inside a grapheme."""
    edges = {found.start() for found in _GRAPHEME.finditer(text)}
    number, found = -1, []
    for at, start in enumerate(starts):
        joined = bool(groups) and at > 0 and groups[at] == groups[at - 1]
        number += at == 0 or (start in edges and not joined)
        found.append(number)
    return tuple(found)


@lru_cache(maxsize=20_000)
def _hex(part: str) -> str:
    return part.encode().hex(" ").upper()


def specials(found: Splits) -> dict[str, tuple[str, ...]]:
    """The special tokens in the text, each with the vocabularies that have it; none stands around the text."""
    places: dict[str, list[str]] = {}
    for one in found.cuts:
        for name in dict.fromkeys(
            name for name, special in zip(one.labels, one.special, strict=True) if special
        ):
            places.setdefault(name, []).append(one.vocabulary)
    return {name: tuple(vocabularies) for name, vocabularies in places.items()}


def boundaries(one: Cut, length: int) -> set[int]:
    """Character offsets inside the text where a token ends and the next begins.

    What a vocabulary drops between two tokens (spaces) counts as the start of the next; a boundary inside a
    character is none between characters.
    """
    starts = one.starts[1:]
    return {end for end, start in zip(one.ends, starts, strict=False) if 0 < end < length and start >= end}


def _lonely(cuts: Sequence[Cut], length: int) -> tuple[tuple[int, ...], ...]:
    if len(cuts) < 2:
        return ((),) * len(cuts)
    made = [boundaries(one, length) for one in cuts]
    out = []
    for place, mine in enumerate(made):
        others = set().union(*(one for other, one in enumerate(made) if other != place))
        out.append(tuple(sorted(mine - others)))
    return tuple(out)
