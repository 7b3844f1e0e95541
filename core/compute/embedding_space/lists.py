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

from core.arrays import read_only
from core.data.uploads import MAX_MEGABYTES
from core.errors import BadTable, FileTooLarge, NotFinite, TextEmpty, TooManyRows
from core.numerics import Doubles

MAX_ROWS = 5_000
"""Most words or rows."""
MAX_BYTES = 1_000_000 * MAX_MEGABYTES
"""Largest list or file, in bytes of UTF-8."""
MAX_WORD = 200
"""Longest word or label, in characters; the rest is cut off."""
LABELS = frozenset({"label", "name", "word", "token", "id", "标签", "名称", "词", "词语"})
"""Headers of a column of labels, also where it holds numbers."""
GROUPS = frozenset(
    {"group", "class", "category", "cluster", "theme", "topic", "color", "colour"}
    | {"组", "组别", "分组", "类", "类别", "分类", "主题", "颜色"}
)
"""Headers of a column of groups, also where it holds numbers."""
_LOOKED_AT = 5  # lines by which a CSV is recognised
_BETWEEN = re.compile(r"[\n,，、;；\t]+")
_SEPARATORS = "\t;,"
_COMMA = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_LARGEST = 1e30  # squares of larger numbers leave float32


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
    vectors: Doubles  # [row, column]
    named: str  # header of the column of labels; "" without one
    grouped: str  # header of the column of groups; "" without one
    comma: bool  # numbers were read with a decimal comma


def parse(text: str) -> WordList | Rows:
    r"""Words (a line each, or separated by commas) or a CSV, whichever it is.

    A CSV has two lines or more. One of the first five holds two numbers, or all after the first have as many cells
    and end in a number. Cells stand between tabs, semicolons or commas; numbers have a decimal point, or all of them
    a comma. A first line without numbers is the header, and so are "" or a name of LABELS with whole numbers in order,
    as a data frame is written. Labels are the column that a name of LABELS says, else the first if its header is "" or
    one of its cells is no finite number; groups the one that a name of GROUPS says, else the next if it holds words.
    All others are numbers.

    Errors: TextEmpty, FileTooLarge, TooManyRows, BadTable, NotFinite.

    >>> parse("cat, dog\ncat").words
    ('cat', 'dog')
    """
    if len(text) > MAX_BYTES or len(data := text.encode("utf-8", "replace")) > MAX_BYTES:
        raise too_large(len(text))
    text = data.decode().removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\0", " ")
    lines = [line for line in text.split("\n", 50) if line.strip()][:_LOOKED_AT]
    if not lines:
        raise TextEmpty
    between = _separator(lines)
    return _rows(text, between) if between else _words(text)


def _separator(lines: Sequence[str]) -> str:
    """What stands between the cells of a CSV, by its first lines; "" for words."""
    best = max(_SEPARATORS, key=lambda between: max(map(_numbers_of, _split(lines, between))))
    cells = _split(lines, best)
    alike = len(cells[0]) > 1 and len({len(row) for row in cells}) == 1
    ends = alike and all(_either(row[-1]) for row in cells[1:])
    return best if len(lines) > 1 and (ends or max(map(_numbers_of, cells)) > 1) else ""


def _split(lines: Sequence[str], between: str) -> list[list[str]]:
    return [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=between)]


def _numbers_of(cells: Sequence[str]) -> int:
    return sum(map(_either, cells))


def _either(cell: str) -> bool:
    """Whether it is a number, with a point or a comma."""
    return _number(cell) is not None or _number(cell, comma=True) is not None


def too_large(size: int) -> FileTooLarge:
    """What is said of a list or file of so many bytes."""
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


def _number(cell: str, *, comma: bool = False) -> float | None:
    """A finite number, None for anything else; with a decimal comma, a point stands in none."""
    if comma:
        cell = "" if "." in cell else cell.replace(",", ".")
    elif _THOUSANDS.fullmatch(cell):
        cell = cell.replace(",", "")
    try:
        value = float("" if "_" in cell else cell)
    except ValueError:
        return None
    return value if abs(value) < _LARGEST else None


def _rows(text: str, between: str) -> Rows:
    lines = _cells(text, between)
    width = len(lines[0][1])
    if bad := next((number for number, cells in lines if len(cells) != width), 0):
        raise BadTable(line=bad)
    comma = _has_comma([cell for _, cells in lines for cell in cells], between)
    header = lines.pop(0)[1] if _is_header(lines[0][1]) else []
    if not lines:
        raise BadTable(line=1)
    columns = list(zip(*(cells for _, cells in lines), strict=True))
    label, group, index = _roles(columns, header, comma=comma)
    kept = [at for at in range(width) if at not in (label, group, index)]
    counted = [str(at) for at in range(1, len(lines) + 1)]
    return Rows(
        labels=tuple(cell[:MAX_WORD] for cell in (columns[label] if label >= 0 else counted)),
        groups=tuple(cell[:MAX_WORD] for cell in columns[group]) if group >= 0 else ("",) * len(lines),
        columns=tuple((header[at] or str(at))[:MAX_WORD] for at in kept)
        if header
        else tuple(str(at) for at in range(1, len(kept) + 1)),
        vectors=_vectors([(number, [cells[at] for at in kept]) for number, cells in lines], comma=comma),
        named=header[label][:MAX_WORD] if header and label >= 0 else "",
        grouped=header[group][:MAX_WORD] if header and group >= 0 else "",
        comma=comma,
    )


def _has_comma(cells: Sequence[str], between: str) -> bool:
    """Whether numbers have a decimal comma; between commas "1,000" is a thousand."""
    found = [cell for cell in cells if _COMMA.fullmatch(cell)]
    return any(between != "," or not _THOUSANDS.fullmatch(cell) for cell in found)


def _is_header(cells: Sequence[str]) -> bool:
    """Whether a first line has the names of the columns."""
    if not _numbers_of(cells):
        return True
    numbers = [int(cell) for cell in cells[1:] if cell.isascii() and cell.isdecimal()]
    ordered = numbers == sorted(set(numbers)) and len(numbers) == len(cells) - 1
    return ordered and (not cells[0] or cells[0].casefold() in LABELS)


def _roles(columns: Sequence[Sequence[str]], header: Sequence[str], *, comma: bool) -> tuple[int, int, int]:
    """The column of labels, of groups, and one that only counts the rows beside labels; −1 for none."""
    names = [name.casefold() for name in header] or ["1"] * len(columns)
    label = _first_of(names, LABELS)
    index = -1 if names[0] else 0
    if index == 0 and label < 0:  # a data frame's index: the labels, unless it only counts
        counts = [str(at) for at in range(len(columns[0]))]
        beside = len(columns) > 2 and list(columns[0]) == counts and _is_word(columns[1][0])
        label, index = (1, 0) if beside else (0, -1)
    if label < 0 and any(cell and _number(cell, comma=comma) is None for cell in columns[0]):
        label = 0
    group = _first_of(names, GROUPS)
    if group < 0 and 0 <= label < len(columns) - 1 and _is_word(columns[label + 1][0]):
        group = label + 1
    return label, group, index


def _first_of(names: Sequence[str], wanted: frozenset[str]) -> int:
    return next((at for at, name in enumerate(names) if name in wanted), -1)


def _is_word(cell: str) -> bool:
    """Whether a cell is neither empty nor a number, finite or not."""
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return bool(cell)
    return False


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


def _vectors(lines: Sequence[tuple[int, Sequence[str]]], *, comma: bool) -> Doubles:
    """The numbers of all rows. Errors: BadTable without any, NotFinite."""
    found = []
    for line, cells in lines:
        if not cells:
            raise BadTable(line=line)
        row = [value for cell in cells if (value := _number(cell, comma=comma)) is not None]
        if len(row) < len(cells):
            raise NotFinite(line=line)
        found.append(row)
    return read_only(np.array(found, np.float64))
