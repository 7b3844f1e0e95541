"""A visitor's list of words or CSV of vectors: hostile input, checked and taken apart."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.arrays import Array
from core.data.uploads import MAX_MEGABYTES
from core.errors import (
    BadEncoding,
    BadTable,
    FileTooLarge,
    GlassboxError,
    NotFinite,
    TextEmpty,
    TooManyRows,
)

MAX_ROWS = 5_000
"""Most words or rows."""
MAX_BYTES = 1_000_000 * MAX_MEGABYTES
"""Largest list or file, in bytes of UTF-8."""
MAX_WORD = 200
"""Longest word or label, in characters; the rest is cut off."""
LABELS = frozenset({"label", "name", "word", "id", "标签", "名称", "词", "词语"})
"""Headers of a column of labels, also where it holds numbers."""
_LOOKED_AT = 5  # lines by which a CSV is recognised
_BETWEEN = re.compile(r"[\n,，、;；\t]+")


@dataclass(frozen=True, slots=True)
class WordList:
    """Words without vectors."""

    words: tuple[str, ...]  # in the visitor's order, each once
    repeated: tuple[str, ...]  # given more than once


@dataclass(frozen=True, slots=True)
class Rows:
    """A CSV: a label, a group and numbers per row."""

    labels: tuple[str, ...]  # [row] its number, from "1", where there is no column of labels
    groups: tuple[str, ...]  # [row] "" without a column of groups
    columns: tuple[str, ...]  # names of the numeric columns; "1", "2", … without a header
    vectors: Array  # [row, column]


@dataclass(frozen=True, slots=True)
class Given:
    """What a visitor's file holds, or why it is refused: then nothing of it."""

    text: str = ""
    refused: GlassboxError | None = None


def given(content: bytes) -> Given:
    """The text of a file that is a list or a CSV."""
    try:
        text = decode(content)
        parse(text)
    except GlassboxError as error:
        return Given(refused=error.bare())
    return Given(text)


def decode(content: bytes) -> str:
    """The text of an uploaded file: UTF-8 with or without a mark, else GB 18030.

    Errors: FileTooLarge, BadEncoding.
    """
    if len(content) > MAX_BYTES:
        raise _too_large(len(content))
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise BadEncoding


def parse(text: str) -> WordList | Rows:
    r"""Words (a line each, or separated by commas) or a CSV, whichever it is.

    A CSV has two lines or more, of which one of the first five holds two numbers or more: labels in the first
    column, groups in the second if that holds words, numbers in all others, with or without a header.

    Errors: TextEmpty, FileTooLarge, TooManyRows, BadTable, NotFinite.

    >>> parse("cat, dog\ncat").words
    ('cat', 'dog')
    """
    if len(text) > MAX_BYTES or len(data := text.encode("utf-8", "replace")) > MAX_BYTES:
        raise _too_large(len(text))
    text = data.decode().removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\0", " ")
    lines = [line for line in text.split("\n", 50) if line.strip()][:_LOOKED_AT]
    if not lines:
        raise TextEmpty
    between = max("\t;,", key=lines[-1].count)
    numbers = [sum(_number(cell) is not None for cell in line.split(between)) for line in lines]
    return _rows(text, between) if len(lines) > 1 and max(numbers) > 1 else _words(text)


def _too_large(size: int) -> FileTooLarge:
    return FileTooLarge(megabytes=-(-size // 100_000) / 10, limit=MAX_MEGABYTES)


def _words(text: str) -> WordList:
    found = [
        unicodedata.normalize("NFKC", " ".join(part.split()))[:MAX_WORD] for part in _BETWEEN.split(text)
    ]
    counts = Counter(word for word in found if word)
    if not counts:
        raise TextEmpty
    if len(counts) > MAX_ROWS:
        raise TooManyRows(count=len(counts), limit=MAX_ROWS)
    return WordList(tuple(counts), tuple(word for word, count in counts.items() if count > 1))


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def _rows(text: str, between: str) -> Rows:
    lines = _cells(text, between)
    width = len(lines[0][1])
    if bad := next((number for number, cells in lines if len(cells) != width), 0):
        raise BadTable(line=bad)
    header = [] if any(_number(cell) is not None for cell in lines[0][1]) else lines.pop(0)[1]
    if not lines:
        raise BadTable(line=1)
    start, grouped = _leading(lines[0][1], header)
    vectors = np.array([_numbers(number, cells[start:]) for number, cells in lines], np.float32)
    labelled = start > grouped
    return Rows(
        labels=tuple(
            (cells[0] if labelled else str(at))[:MAX_WORD] for at, (_, cells) in enumerate(lines, 1)
        ),
        groups=tuple(cells[1][:MAX_WORD] if grouped else "" for _, cells in lines),
        columns=tuple(header[start:]) or tuple(str(at + 1) for at in range(width - start)),
        vectors=vectors,
    )


def _cells(text: str, between: str) -> list[tuple[int, list[str]]]:
    """The number of each line that is not empty, and its cells."""
    reader = csv.reader(io.StringIO(text), delimiter=between, strict=True)
    found: list[tuple[int, list[str]]] = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                found.append((reader.line_num, [cell.strip() for cell in cells]))
            if len(found) > MAX_ROWS + 1:
                raise TooManyRows(count=text.count("\n") + 1, limit=MAX_ROWS)
    except csv.Error as error:
        raise BadTable(line=reader.line_num) from error
    return found


def _leading(cells: Sequence[str], header: Sequence[str]) -> tuple[int, bool]:
    """How many columns stand before the numbers, and whether the second of them is one of groups."""
    named = bool(header) and header[0].casefold() in LABELS
    if _number(cells[0]) is not None and not named:
        return 0, False
    grouped = len(cells) > 1 and _number(cells[1]) is None
    return 1 + grouped, grouped


def _numbers(line: int, cells: Sequence[str]) -> list[float]:
    """The finite numbers of a row. Errors: BadTable without any, NotFinite."""
    if not cells:
        raise BadTable(line=line)
    found = [_number(cell) for cell in cells]
    if any(value is None or not abs(value) < 1e30 for value in found):
        raise NotFinite(line=line)
    return [value for value in found if value is not None]
