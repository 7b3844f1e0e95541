"""The labels of a text's tokens, remembered: what ``tokens.label_tokens`` says, much sooner.

A text that is being typed is cut again at every key, and most of its tokens have been seen. What a token says by
itself is kept; characters that join no neighbour are labelled from each token's own bytes; the rest (marks, emoji,
scripts whose signs combine) goes through ``label_tokens`` in stretches between spaces, which are kept too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from weakref import WeakKeyDictionary

import regex

from core.models.tokens.labels import _pieces, label_tokens, visible
from core.models.tokens.vocabularies import LoadedVocabulary

MOST_STRETCHES, MOST_TOKENS = 20_000, 60_000
"""So many are remembered for a vocabulary; then all are forgotten."""
_ALONE = regex.compile(r"[\p{GCB=Other}\t\n]+")
"""Characters that join only a neighbour of another kind (Unicode Annex 29): two of them are never one grapheme."""


@dataclass(frozen=True, slots=True)
class _Token:
    """What a token is by itself."""

    data: bytes
    hex: str
    label: str  # "" where it depends on the neighbours
    special: bool
    bare: bool  # nothing but bytes: no sign of WordPiece stands before it

    @property
    def plain(self) -> bool:
        """Whether the label is the same everywhere and the token joins no other such token."""
        return bool(self.label) and not self.special


@dataclass(slots=True)
class _Memory:
    """What is remembered for a vocabulary."""

    tokens: dict[int, _Token] = field(default_factory=dict)
    fragments: dict[tuple[int, bool], str] = field(
        default_factory=dict
    )  # (id, is its last character cut) → label
    stretches: dict[tuple[int, ...], tuple[list[str], list[bool]]] = field(default_factory=dict)


_memories: WeakKeyDictionary[LoadedVocabulary, _Memory] = WeakKeyDictionary()


def labelled(
    loaded: LoadedVocabulary, ids: Sequence[int]
) -> tuple[list[str], list[str], list[int], list[bool]]:
    """Label, bytes (hexadecimal), group and speciality of each token of a text."""
    memory = _memories.setdefault(loaded, _Memory())
    _learn(memory, loaded, ids)
    tokens = [memory.tokens[one] for one in ids]
    labels = [token.label for token in tokens]
    joined = [False] * len(ids)
    for start, end in _unclear(tokens):
        if not _fragments(memory, ids, tokens, start, end, labels, joined):
            _combined(memory, loaded, ids, tokens, start, end, labels, joined)
    groups = [one - 1 for one in accumulate(not one for one in joined)]
    return labels, [token.hex for token in tokens], groups, [token.special for token in tokens]


def _learn(memory: _Memory, loaded: LoadedVocabulary, ids: Sequence[int]) -> None:
    known = memory.tokens
    if len(known) > MOST_TOKENS:
        known.clear()
    fresh = [one for one in dict.fromkeys(ids) if one not in known]
    for one, piece in zip(fresh, _pieces(loaded.as_transformers(), fresh) if fresh else (), strict=True):
        label = ""
        if piece.special:
            label = visible(piece.data.decode("utf-8", "replace"))
        else:
            text = piece.data.decode("utf-8", "replace")
            if "\ufffd" not in text and _ALONE.fullmatch(text):
                label = piece.mark + visible(text)
        bare = not (piece.special or piece.starts or piece.mark)
        known[one] = _Token(piece.data, piece.data.hex(" ").upper(), label, piece.special, bare)


def _unclear(tokens: Sequence[_Token]) -> Iterator[tuple[int, int]]:
    """Stretches of tokens that need a look at their neighbours."""
    start = -1
    for at, token in enumerate(tokens):
        if token.label:
            if start >= 0:
                yield start, at
            start = -1
        elif start < 0:
            start = at
    if start >= 0:
        yield start, len(tokens)


def _fragments(
    memory: _Memory,
    ids: Sequence[int],
    tokens: Sequence[_Token],
    start: int,
    end: int,
    labels: list[str],
    joined: list[bool],
) -> bool:
    """Label tokens that cut characters which join no neighbour; False where there are others."""
    data = b"".join([token.data for token in tokens[start:end]])
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return False
    if not (_ALONE.fullmatch(text) and all(token.bare for token in tokens[start:end])):
        return False
    place = 0
    for at in range(start, end):
        token = tokens[at]
        joined[at] = place > 0 and data[place] & 0xC0 == 0x80
        place += len(token.data)
        cut = place < len(data) and data[place] & 0xC0 == 0x80
        label = memory.fragments.get((ids[at], cut))
        if label is None:
            label = memory.fragments[ids[at], cut] = _fragment(token.data, cut)
        labels[at] = label
    return True


def _fragment(data: bytes, cut: bool) -> str:
    """The label of a token's bytes, ``cut``: its last character goes on in the next token."""
    head = next((at for at, byte in enumerate(data) if byte & 0xC0 != 0x80), len(data))
    tail = len(data)
    if cut:
        tail = max((at for at in range(head, len(data)) if data[at] & 0xC0 != 0x80), default=len(data))
    if cut and head == len(data):
        return f"|{data.hex(' ').upper()}|"
    parts = [f"|{data[:head].hex(' ').upper()}"] if head else []
    parts += [visible(data[head:tail].decode())] if tail > head else []
    parts += [f"{data[tail:].hex(' ').upper()}|"] if tail < len(data) else []
    return " ".join(parts)


def _combined(
    memory: _Memory,
    loaded: LoadedVocabulary,
    ids: Sequence[int],
    tokens: Sequence[_Token],
    start: int,
    end: int,
    labels: list[str],
    joined: list[bool],
) -> None:
    """Label tokens whose characters may join, each stretch with the plain token before and behind it."""
    first = start - 1 if start and tokens[start - 1].plain else start
    last = end + 1 if end < len(tokens) and tokens[end].plain else end
    breaks = [at for at in range(start + 1, end) if tokens[at].data[:1] == b" "]
    for low, high in zip([first, *breaks], [*breaks, last], strict=True):
        key = tuple(ids[low:high])
        found = memory.stretches.get(key)
        if found is None:
            run = label_tokens(loaded.as_transformers(), key)
            found = (
                list(run.labels),
                [False, *(a == b for a, b in zip(run.groups, run.groups[1:], strict=False))],
            )
            if len(memory.stretches) >= MOST_STRETCHES:
                memory.stretches.clear()
            memory.stretches[key] = found
        labels[low:high] = found[0]
        joined[low + 1 : high] = found[1][1:]
