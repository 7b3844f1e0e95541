"""Tokens as a reader can see them: a label, the exact bytes, and which tokens share one character.

Rules for a label (plain text, never HTML; escape it before it enters HTML):

- a whole character is shown as itself, a space as ``·``, a newline as ``⏎``, a tab as ``⇥``;
- another C0 control is shown by its symbol from the block U+2400 (``␀`` … ``␡``); everything else without ink
  of its own (zero-width, bidi and variation controls, odd spaces, unassigned, private, U+FFFD) by its name,
  ``U+200B``; an emoji sequence that lies whole in one token keeps its joiners;
- a combining mark with nothing visible before it in the token sits on a dotted circle, ``◌́``;
- a token with right-to-left letters is wrapped in FIRST STRONG ISOLATE … POP DIRECTIONAL ISOLATE;
- of a character that a token boundary cuts, *this token's* bytes are shown in upper-case hex, separated by
  spaces, with ``|`` on each side where the character goes on in the neighbour: 中 (E4 B8 AD) cut after two
  bytes gives ``E4 B8|`` and ``|AD``; a blank separates such bytes from whole characters beside them
  (``· E4 B8|``). Bytes that are no UTF-8 at all have no ``|``. The sign ``�`` never appears.

A *group* is a maximal run of tokens whose inner boundaries all cut a grapheme (Unicode Annex #29): an emoji
joined from five tokens is one group, and so are the three tokens of a rare Chinese character.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakKeyDictionary

import regex

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_GRAPHEME = regex.compile(r"\X")
_IGNORABLE = regex.compile(r"\p{Default_Ignorable_Code_Point}")
_TAGS = r"(?:[\U000E0020-\U000E007E]+\U000E007F)?"  # of the flags of England, Scotland, Wales
_PICTURE = rf"\p{{Extended_Pictographic}}(?:\p{{Emoji_Modifier}}|\uFE0F\u20E3?)?{_TAGS}"
_EMOJI = regex.compile(rf"[0-9#*]\uFE0F\u20E3|\p{{RI}}\p{{RI}}|{_PICTURE}(?:\u200D{_PICTURE})*")
_NAMED = {" ": "·", "\n": "⏎", "\t": "⇥", "\x7f": "␡", "\ufffd": "U+FFFD"}
_INKLESS = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zs", "Zl", "Zp"})  # Unicode categories
_MARKS = frozenset({"Mn", "Mc", "Me"})
_UNKNOWN = (b"<unk>", b"[UNK]")
_ISOLATE, _POP = "\u2068", "\u2069"
KEPT = 8192
"""Most labels that are kept of one vocabulary."""
_ALONE: WeakKeyDictionary[PreTrainedTokenizerBase, dict[int, str]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of one text; all fields have one entry per token."""

    ids: tuple[int, ...]
    labels: tuple[str, ...]  # plain text for display, see the module's rules
    bytes: tuple[bytes, ...]  # what the token stands for in UTF-8; of a special token: its written name
    special: tuple[bool, ...]
    groups: tuple[int, ...]  # from 0, never falling; tokens that share one grapheme share a number

    def __len__(self) -> int:
        """Count the tokens."""
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class _Alphabet:
    """How a tokenizer writes its pieces, read from its decoder."""

    byte_level: bool = False
    byte_fallback: bool = False
    space: str = ""  # the sign that stands for a space
    continuation: str = ""  # the prefix of a piece inside a word


@dataclass(frozen=True, slots=True)
class _Piece:
    """One token before it is set among its neighbours."""

    data: bytes
    special: bool
    starts: bool  # a new word begins here without a space of its own (WordPiece)
    mark: str  # shown before the label ("##")


def label_tokens(tokenizer: PreTrainedTokenizerBase, ids: Sequence[int]) -> Tokens:
    """Label the tokens of one text.

    For byte-level vocabularies the non-special tokens' bytes, joined, are the (normalized) text's UTF-8.

    >>> label_tokens(gpt2, gpt2("The cat").input_ids).labels  # doctest: +SKIP
    ('The', '·cat')
    """
    pieces = _pieces(tokenizer, ids)
    labels: list[str] = []
    groups: list[int] = []
    for run in _runs(pieces):
        cut_before, shown = _shown(run)
        labels += shown
        for cut in cut_before:
            groups.append(groups[-1] + (not cut) if groups else 0)
    data = tuple(piece.data for piece in pieces)
    return Tokens(tuple(ids), tuple(labels), data, tuple(piece.special for piece in pieces), tuple(groups))


def label_each(tokenizer: PreTrainedTokenizerBase, ids: Iterable[int]) -> tuple[str, ...]:
    """Label tokens that are no text together (candidates for the next token): each one alone.

    Some labels of a vocabulary are kept: the same probable tokens come with most texts.
    """
    ids = tuple(ids)
    kept = _ALONE.setdefault(tokenizer, {})
    found = {id: label for id in ids if (label := kept.get(id)) is not None}
    missing = [id for id in dict.fromkeys(ids) if id not in found]
    made = dict(zip(missing, (_shown([piece])[1][0] for piece in _pieces(tokenizer, missing)), strict=True))
    if len(kept) + len(made) > KEPT:
        kept.clear()
    if len(made) <= KEPT:
        kept.update(made)
    found |= made
    return tuple(found[id] for id in ids)


def token_of(tokenizer: PreTrainedTokenizerBase, text: str) -> int | None:
    """The id of the token that stands for exactly this text; None where there is none.

    A vocabulary spells its pieces in its own way (的 is ``çļĦ`` in a byte-level one), and what looks like a piece may
    be another text ("Ġthe" typed is no token).
    """
    names = [text]
    if _alphabet(tokenizer).byte_level:
        sign = {byte: char for char, byte in _byte_of().items()}
        names.append("".join(sign[byte] for byte in text.encode()))
    found = (cast("Any", tokenizer).backend_tokenizer.token_to_id(name) for name in names)
    for id in (one for one in found if one is not None):
        (piece,) = _pieces(tokenizer, [id])
        if piece.data == text.encode() and not piece.mark:
            return int(id)
    return None


def typed(text: str, tokens: Tokens) -> tuple[str, ...]:
    """The special tokens whose written names stand in the text itself: they were typed, not added."""
    each = zip(tokens.bytes, tokens.special, strict=True)
    names = (data.decode("utf-8", "replace") for data, marked in each if marked)
    return tuple(name for name in dict.fromkeys(names) if name in text)


def unknown(tokens: Tokens) -> tuple[bool, ...]:
    """Which tokens stand for what the vocabulary cannot write."""
    return tuple(
        marked and data in _UNKNOWN for data, marked in zip(tokens.bytes, tokens.special, strict=True)
    )


def spaced(tokens: Tokens) -> bool:
    """Whether the text ends in a token of nothing but spaces."""
    return len(tokens) > 0 and not tokens.bytes[-1].strip(b" \t") and not tokens.special[-1]


def visible(text: str) -> str:
    """Show a text so that every character in it can be seen (the module's rules; no fragments)."""
    shown = "".join(_visible_grapheme(found.group()) for found in _GRAPHEME.finditer(text))
    if any(unicodedata.bidirectional(char) in ("R", "AL") for char in shown):
        return f"{_ISOLATE}{shown}{_POP}"
    return shown


def _visible_grapheme(grapheme: str) -> str:
    if _EMOJI.fullmatch(grapheme):
        return grapheme
    parts: list[str] = []
    has_base = False
    for char in grapheme:
        ink = _has_ink(char)
        mark = ink and unicodedata.category(char) in _MARKS
        parts.append(("" if has_base or not mark else "◌") + (char if ink else _name(char)))
        has_base = ink
    return "".join(parts)


def _has_ink(char: str) -> bool:
    if char in _NAMED or _IGNORABLE.match(char):
        return False
    return unicodedata.category(char) not in _INKLESS or _EMOJI.fullmatch(char) is not None


def _name(char: str) -> str:
    """``·`` for a space, ``␀`` for NUL, ``U+200B`` for what has no sign of its own."""
    return _NAMED.get(char) or (chr(0x2400 + ord(char)) if char < " " else f"U+{ord(char):04X}")


# --- bytes of a piece -----------------------------------------------------------------------------


def _pieces(tokenizer: PreTrainedTokenizerBase, ids: Sequence[int]) -> list[_Piece]:
    alphabet = _alphabet(tokenizer)
    added = tokenizer.added_tokens_decoder
    special = {*tokenizer.all_special_ids, *(one for one, token in added.items() if token.special)}
    names = cast("list[str | None]", tokenizer.convert_ids_to_tokens(list(ids)))
    result: list[_Piece] = []
    for one, name in zip(ids, names, strict=True):
        if name is None or one in special or one in added:  # None: a row of the embedding that no token uses
            result.append(_Piece((name or f"[{one}]").encode(), name is None or one in special, False, ""))
        else:
            result.append(_ordinary(name, alphabet))
    return result


def _ordinary(name: str, alphabet: _Alphabet) -> _Piece:
    if alphabet.byte_level:
        return _Piece(_byte_level(name), False, False, "")
    if alphabet.byte_fallback and regex.fullmatch(r"<0x[0-9A-F]{2}>", name):
        return _Piece(bytes([int(name[3:5], 16)]), False, False, "")
    prefix = alphabet.continuation
    if prefix:
        if name.startswith(prefix) and name != prefix:
            return _Piece(name.removeprefix(prefix).encode(), False, False, prefix)
        return _Piece(name.encode(), False, True, "")
    return _Piece((name.replace(alphabet.space, " ") if alphabet.space else name).encode(), False, False, "")


def _alphabet(tokenizer: PreTrainedTokenizerBase) -> _Alphabet:
    """Read the alphabet from the decoder of the tokenizer's engine; without engine it is SentencePiece's."""
    engine = getattr(tokenizer, "backend_tokenizer", None)
    decoder = getattr(engine, "decoder", None)
    if decoder is None:
        return _Alphabet(space="" if engine is not None else "▁")
    state: Mapping[str, object] = json.loads(decoder.__getstate__())
    listed = state.get("decoders", [state])
    steps = {str(step["type"]): step for step in listed} if isinstance(listed, list) else {}
    replaced = steps.get("Replace", {}).get("pattern", {}).get("String", "")
    return _Alphabet(
        byte_level="ByteLevel" in steps,
        byte_fallback="ByteFallback" in steps,
        space=steps.get("Metaspace", {}).get("replacement", replaced),
        continuation=steps.get("WordPiece", {}).get("prefix", ""),
    )


@cache
def _byte_of() -> dict[str, int]:
    """The byte that each printable stand-in of a byte-level vocabulary means (GPT-2's alphabet)."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + n): byte for n, byte in enumerate(others)}


def _byte_level(name: str) -> bytes:
    table = _byte_of()
    return bytes(table[char] for char in name) if all(char in table for char in name) else name.encode()


# --- tokens among their neighbours ----------------------------------------------------------------


def _runs(pieces: Iterable[_Piece]) -> Iterator[list[_Piece]]:
    """Split into runs inside which a character may be cut: at special tokens and at words of WordPiece."""
    run: list[_Piece] = []
    for piece in pieces:
        if run and (piece.special or piece.starts or run[-1].special):
            yield run
            run = []
        run.append(piece)
    if run:
        yield run


def _shown(run: Sequence[_Piece]) -> tuple[list[bool], list[str]]:
    """As `_label_run`, with what is shown before a label; a special token is a run of its own."""
    if run[0].special:
        cut_before, shown = [False], [visible(run[0].data.decode("utf-8", "replace"))]
    else:
        cut_before, shown = _label_run([piece.data for piece in run])
    return cut_before, [piece.mark + text for piece, text in zip(run, shown, strict=True)]


def _label_run(data: Sequence[bytes]) -> tuple[list[bool], list[str]]:
    """For each token of a run: does the boundary before it cut a grapheme, and its label."""
    joined = b"".join(data)
    text = joined.decode("utf-8", "surrogateescape")  # a byte that is no UTF-8 becomes one lone surrogate
    characters = list(pairwise([0, *accumulate(_width(char) for char in text)]))  # [start, end) in bytes
    ends = (found.end() for found in _GRAPHEME.finditer(text))
    grapheme_ends = {0, *(characters[end - 1][1] for end in ends)}
    bounds = list(pairwise([0, *accumulate(map(len, data))]))
    labels: list[str] = []
    at = 0
    for start, end in bounds:
        while at and characters[at - 1][1] > start:
            at -= 1
        inside = []
        while at < len(text) and characters[at][0] < end:
            inside.append((text[at], *characters[at]))
            at += 1
        labels.append(_label(joined, inside, start, end))
    return [start not in grapheme_ends for start, _ in bounds], labels


def _label(joined: bytes, characters: Sequence[tuple[str, int, int]], start: int, end: int) -> str:
    parts: list[str] = []
    whole = ""
    for char, first, last in characters:
        if first >= start and last <= end and not _is_stray(char):
            whole += char
            continue
        if whole:
            parts.append(visible(whole))
            whole = ""
        cut = joined[max(first, start) : min(last, end)].hex(" ").upper()
        parts.append(f"{'|' if first < start else ''}{cut}{'|' if last > end else ''}")
    return " ".join([*parts, visible(whole)] if whole or not parts else parts)


def _is_stray(char: str) -> bool:
    return "\udc80" <= char <= "\udcff"


def _width(char: str) -> int:
    return 1 if _is_stray(char) else len(char.encode())
