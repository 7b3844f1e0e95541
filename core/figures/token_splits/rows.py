"""Rows of tokens with what each is there for, as messages for the canvas ``token_rows``.

A chat as the model gets it, a padded batch with its mask, and a text before and after words were added.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.figures.buffer import Array, pack, with_defaults
from core.figures.token_splits.payloads import RowBand, RowLine, TokenRows, TokenRowsState
from core.numbers import fill, percent

if TYPE_CHECKING:
    from core.compute.token_splits.adding import Added, Row
    from core.compute.token_splits.markers import Batch, Chat, Marked, Special

STATE: TokenRowsState = {
    "show": "text",
    "version": 0,
}  # what stands on a chip: "text", "ids" or "bytes"
MOST_SPECIALS = 40  # of no stated purpose are shown
KINDS = ("content", "special", "frame", "pad", "new", "known", "typed")


@dataclass(frozen=True, slots=True)
class Line:
    """One row of chips; all but `name` and `note` have one entry per token."""

    name: str
    note: str
    ids: tuple[int, ...]
    labels: tuple[str, ...]
    hex: tuple[str, ...]
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Band:
    """Rows under one heading."""

    title: str
    note: str
    lines: tuple[Line, ...]
    aligned: bool = False  # in columns, with the mask (1 for all but "pad") under each row


def rows_payload(
    bands: Sequence[Band],
    words: Mapping[str, str],
    state: Mapping[str, object],
    *,
    language: str,
    caption: str,
) -> bytes:
    """Pack bands of rows. The canvas commits ``look`` {show}. Raises ValueError for an unknown key of `state`."""
    arrays: dict[str, Array] = {}
    stated: list[RowBand] = []
    for band in bands:
        lines: list[RowLine] = []
        for line in band.lines:
            number = len(arrays) // 2
            arrays[f"ids{number}"] = np.array(line.ids, np.int32)
            arrays[f"kinds{number}"] = np.array([KINDS.index(kind) for kind in line.kinds], np.uint8)
            lines.append(
                {"name": line.name, "note": line.note, "labels": list(line.labels), "hex": list(line.hex)}
            )
        stated.append({"title": band.title, "note": band.note, "aligned": band.aligned, "lines": lines})
    meta: TokenRows = {
        "words": dict(words),
        "language": language,
        "state": with_defaults(state, STATE),
        "kinds": list(KINDS),
        "bands": stated,
        "caption": caption,
    }
    return pack(meta, arrays)


def chat_payload(
    chat: Chat,
    batch: Batch,
    words: Mapping[str, str],
    state: Mapping[str, object],
    *,
    language: str,
    caption: str,
) -> bytes:
    """Pack a conversation as the model gets it, and a batch of its lines with the mask."""
    title = words["chat_title"] if chat.roles else words["encoded_title"]
    note = words["chat_note"] if chat.roles else words["no_template"]
    if chat.refused:
        note = words["refused"]
    bands = [Band(title, note, (_marked("", "", chat.tokens),))]
    names = [fill(words["line"], language, number=at + 1) for at in range(len(batch.lines))]
    cut = [fill(words["cut"], language, count=count) if count else "" for count in batch.cut]
    lines = tuple(_marked(name, note, row) for name, note, row in zip(names, cut, batch.tokens, strict=True))
    about = fill(words[f"pad_{batch.shared or 'own'}"], language, pad=f"\u2068{batch.pad}\u2069")
    wasted = fill(words["wasted"], language, share=percent(batch.wasted))
    joint = "" if language == "zh" else " "
    bands.append(
        Band(words["batch_title"], joint.join((wasted, about, words[f"side_{batch.side}"])), lines, True)
    )
    bands.append(Band(words["specials_title"], words["specials_note"], _specials(chat.specials, words)))
    return rows_payload(bands, _common(words), state, language=language, caption=caption)


def _specials(specials: Sequence[Special], words: Mapping[str, str]) -> tuple[Line, ...]:
    """A row for each special token with a purpose, one for all others."""
    lines = [
        _special(", ".join(words[f"purpose_{purpose}"] for purpose in one.purposes), (one,))
        for one in specials
        if one.purposes
    ]
    others = tuple(one for one in specials if not one.purposes)[:MOST_SPECIALS]
    return (*lines, _special(words["purpose_none"], others)) if others else tuple(lines)


def _special(name: str, ones: Sequence[Special]) -> Line:
    names = tuple(one.name for one in ones)
    hexes = tuple(one.encode().hex(" ").upper() for one in names)
    return Line(name, "", tuple(one.id for one in ones), names, hexes, ("special",) * len(ones))


def added_payload(
    added: Added, words: Mapping[str, str], state: Mapping[str, object], *, language: str, caption: str
) -> bytes:
    """Pack the text before and after the words were added, and how each word was cut."""
    spelled = []
    for word, row, known, id, uses in zip(
        added.words, added.pieces, added.known, added.ids, added.uses, strict=True
    ):
        note = words["word_known" if known else "word_new" if id >= 0 else "word_taken"]
        note = fill(note, language, count=len(row.ids), id=id, uses=uses)
        spelled.append(_row(f"\u2068{word}\u2069", note, row))
    count = [fill(words["tokens"], language, count=len(row.ids)) for row in (added.before, added.after)]
    texts = (_row(words["before"], count[0], added.before), _row(words["after"], count[1], added.after))
    bands = [
        Band(words["text_title"], words["text_note"], texts),
        Band(words["words_title"], words["words_note"], tuple(spelled)),
    ]
    return rows_payload(bands, _common(words), state, language=language, caption=caption)


def _common(words: Mapping[str, str]) -> dict[str, str]:
    """What the canvas itself says: the rest is already in the bands."""
    names = (
        "show",
        "show_text",
        "show_ids",
        "show_bytes",
        "id",
        "bytes",
        "mask",
        "mask_on",
        "mask_off",
        "save",
    )
    return {name: words[name] for name in names} | {f"kind_{kind}": words[f"kind_{kind}"] for kind in KINDS} | {
        f"is_{kind}": words[f"is_{kind}"] for kind in KINDS
    }  # fmt: skip


def _marked(name: str, note: str, row: Marked) -> Line:
    return Line(name, note, row.ids, row.labels, row.bytes_hex, row.kinds)


def _row(name: str, note: str, row: Row) -> Line:
    kinds = tuple("new" if new else "content" for new in row.new)
    return Line(name, note, row.ids, row.labels, row.bytes_hex, kinds)


BATCH_COLUMNS = ("line", "position", "id", "label", "kind", "attention_mask")
ADDED_COLUMNS = ("word", "pieces_before", "id", "known_before", "uses_in_text")


def batch_rows(batch: Batch) -> Iterator[tuple[object, ...]]:
    """Every cell of the batch, for a table with `BATCH_COLUMNS`."""
    for line, (row, mask) in enumerate(zip(batch.tokens, batch.mask.tolist(), strict=True)):
        for at, (id, label, kind, on) in enumerate(zip(row.ids, row.labels, row.kinds, mask, strict=True)):
            yield line, at, id, label, kind, on


def added_rows(added: Added) -> Iterator[tuple[object, ...]]:
    """Every added word, for a table with `ADDED_COLUMNS`."""
    for word, row, id, known, uses in zip(
        added.words, added.pieces, added.ids, added.known, added.uses, strict=True
    ):
        yield word, " | ".join(row.labels), id, known, uses
