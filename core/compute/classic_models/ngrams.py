"""n-gram models of a corpus: what they count, expect, and write, and what held-out text costs them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.arrays import Array, Ints, read_only
from core.compute.classic_models.counts import (
    HIGHEST,
    Counts,
    Cut,
    count_corpus,
    count_lines,
    cut_corpus,
    places,
    share_of,
)
from core.compute.classic_models.pieces import Unit, read_lines, shown, unknown
from core.compute.classic_models.smoothing import (
    ADDED,
    DISCOUNT,
    SMOOTHINGS,
    WEIGHT,
    Smoothed,
    Strength,
    smoothed,
)
from core.errors import BadParameter
from core.jobs.lines import TRAININGS
from core.jobs.permit import Report, quiet
from core.numerics import Doubles, highest
from core.results import named

ROWS = 12
"""So many of the most probable pieces are listed."""
OFTEN = 10
"""Counts of counts go so far: n-grams seen once, twice, … and so often or more."""
FREQUENT = 10
"""So many of the most frequent n-grams of each order are named."""
TABLE = 16
"""So many of the most frequent pieces make the table of bigrams."""
SHARES = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)
"""Parts of the training text that the curve of sizes counts."""
MOST_WRITTEN = 400


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """What there is to count in a corpus, and how little of what is possible that is."""

    given: int  # bytes of the text
    used: int  # bytes of it that were used
    pieces: int  # of the training text, with the ends of its sentences
    sentences: int
    vocabulary: int  # V: pieces that may be predicted, <unk> and </s> among them
    held_out: int  # pieces of the held-out text, with the ends of its sentences
    held_out_bytes: int
    unknown: float  # share of the held-out pieces that are <unk>
    distinct: Ints  # [order] different n-grams
    possible: Array  # [order] log10 of V^n
    once: Ints  # [order] n-grams that were seen once
    unseen: Array  # [order] share of the held-out n-grams that training never saw
    unseen_context: Array  # [order] share whose first n − 1 pieces it never saw
    often: Ints  # [order, OFTEN] n-grams seen once, twice, …; the last column: so often or more
    frequent: tuple[tuple[str, ...], ...]  # [order][FREQUENT] the most frequent n-grams
    frequent_counts: Ints  # [order, FREQUENT]; 0 where there are fewer
    table_pieces: tuple[str, ...]  # the most frequent pieces
    table: Ints  # [first, second] how often the second stood right after the first


@dataclass(frozen=True, slots=True, eq=False)
class Following:
    """What an n-gram model expects after a context, and which orders say so."""

    context: tuple[str, ...]  # the pieces that it may read: the last n − 1, fewer at the start of a sentence
    known: tuple[bool, ...]  # whether each is in the vocabulary
    read: int  # so many of them it has seen together: it could use these
    pieces: tuple[str, ...]  # the most probable
    probability: Array  # [row]
    shares: Array  # [row, order] what each order adds; column 0: what needs no count
    counts: Ints  # [row, order − 1] how often the piece stood after the last n − 1 pieces
    totals: Ints  # [order − 1] how often those n − 1 pieces stood before anything
    types: Ints  # [order − 1] how many different pieces followed them
    rest: float  # probability of all pieces that are not listed
    entropy: float  # bits


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """What held-out text costs each n-gram model."""

    smoothings: tuple[str, ...]
    bits: Array  # [smoothing, order] bits per byte, with what the unknown pieces cost to spell
    spelling: float  # of these, bits per byte for spelling unknown pieces
    perplexity: Array  # [smoothing, order] per piece, without the spelling: <unk> is one piece as others are
    held_out_bytes: int
    pieces: int


@dataclass(frozen=True, slots=True, eq=False)
class Growth:
    """The same for growing parts of the training text, at one order."""

    smoothings: tuple[str, ...]
    pieces: Ints  # [size] of the part
    used: Ints  # [size] bytes of the part
    vocabulary: Ints  # [size]
    bits: Array  # [smoothing, size] bits per byte of the held-out text
    unseen: Array  # [size] share of the held-out n-grams that the part never saw
    distinct: Ints  # [size] different n-grams of the part


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """A text drawn from a model, piece by piece."""

    text: str
    pieces: tuple[str, ...]  # as they were drawn, "\n" for the end of a sentence
    orders: Ints  # [piece] the longest n-gram that had been seen and ends with it
    probability: Array  # [piece] before temperature


# --- counting -----------------------------------------------------------------------------------------


@named("classic_models.count")
def count(*, corpus: str, unit: Unit, lower: bool = False, progress: Report | None = None) -> Counted:
    """The n-grams of orders 1 to 5: how many, how many once, and how many of the held-out ones are new.

    Possible are V^n; an unknown piece is the piece <unk> here. Errors: those of ``read``, OneWord,
    BadParameter("unit"). Source: Zipf 1949; Jurafsky & Martin, *Speech and Language Processing*, chapter 3.

    >>> count(corpus="english", unit="word").distinct.argmax()  # doctest: +SKIP
    4
    """
    counts, cut = count_corpus(corpus, unit, lower, progress or quiet), cut_corpus(corpus, unit, lower)
    lines, found = cut.held_out, cut.corpus
    seen = places(counts, lines)
    numbers = [level.count[level.count > 0] for level in counts.levels]
    often = [np.bincount(np.minimum(some, OFTEN), minlength=OFTEN + 1)[1:] for some in numbers]
    tops = [_frequent(counts, order) for order in range(1, HIGHEST + 1)]
    pieces, table = _table(counts)
    return Counted(
        given=found.given, used=found.used, pieces=counts.pieces, sentences=counts.sentences,
        vocabulary=counts.words.start, held_out=len(seen.ids), held_out_bytes=found.held_out_bytes,
        unknown=float((seen.ids == 0).mean()),
        distinct=_ints([len(some) for some in numbers]),
        possible=_floats([order * math.log10(counts.words.start) for order in range(1, HIGHEST + 1)]),
        once=_ints([row[0] for row in often]),
        unseen=_floats((seen.gram < 0).mean(axis=1)),
        unseen_context=_floats((seen.context < 0).mean(axis=1)),
        often=_ints(often),
        frequent=tuple(names for names, _ in tops),
        frequent_counts=_ints([found + [0] * (FREQUENT - len(found)) for _, found in tops]),
        table_pieces=pieces, table=table,
    )  # fmt: skip


def _ints(values: Sequence[object]) -> Ints:
    return read_only(np.asarray(values, np.int32))


def _floats(values: object) -> Array:
    return read_only(np.asarray(values, np.float32))


def _frequent(counts: Counts, order: int) -> tuple[tuple[str, ...], list[int]]:
    """The most frequent n-grams of an order, written out, and their counts."""
    level = counts.levels[order - 1]
    some = highest(level.count.astype(np.float64), min(FREQUENT, int((level.count > 0).sum())))
    return tuple(_written(counts, order, int(at)) for at in some), level.count[some].tolist()


def _written(counts: Counts, order: int, gram: int) -> str:
    ids, width = [], counts.words.start + 1
    for level in reversed(counts.levels[:order]):
        gram, id = divmod(int(level.key[gram]), width)
        ids.append(id)
    names = [counts.words.pieces[id] if id < counts.words.start else "<s>" for id in reversed(ids)]
    spaced = any(name.startswith(" ") and name != " " for name in counts.words.pieces)
    return "".join(names).strip() if spaced or order == 1 else " ".join(map(shown, names))


def _table(counts: Counts) -> tuple[tuple[str, ...], Ints]:
    """The most frequent known pieces, and how often each stood after each."""
    size = min(TABLE, counts.words.start - 2)
    table = np.zeros((size, size), np.int32)
    level, width = counts.levels[1], counts.words.start + 1
    first = counts.levels[0].key[level.context] - 2  # of order 1 the key is the piece
    second = level.key % width - 2
    some = (first >= 0) & (first < size) & (second >= 0) & (second < size)
    table[first[some], second[some]] = level.count[some]
    return tuple(shown(piece) for piece in counts.words.pieces[2 : size + 2]), read_only(table)


# --- what follows a context ---------------------------------------------------------------------------


@named("classic_models.following")
def following(
    *,
    corpus: str,
    unit: Unit,
    context: str,
    order: int,
    smoothing: str,
    lower: bool = False,
    added: float = ADDED,
    discount: float = DISCOUNT,
    weight: float = WEIGHT,
    progress: Report | None = None,
) -> Following:
    """The most probable pieces after a context, as an n-gram model has it (``smoothing``: see there).

    It reads the last n − 1 pieces of the context's last sentence. Errors: those of ``count``, BadParameter.

    >>> following(  # doctest: +SKIP
    ...     corpus="english", unit="word", context="the white", order=3, smoothing="kneser_ney").pieces[0]
    'whale'
    """
    counts = count_corpus(corpus, unit, lower, progress or quiet)
    model = smoothed(counts, smoothing, order, Strength(added, discount, weight))
    last = _last(context.lower() if lower else context, unit)[::-1][: order - 1][::-1]
    ids = _before(counts, last)
    shares = model.shares(ids)
    chance = shares.sum(axis=0)
    rows = highest(chance, min(ROWS, len(chance)))
    contexts = counts.contexts(ids)[:order]
    read_orders = [at for at, place in enumerate(contexts) if place >= 0]
    levels = counts.levels[:order]
    return Following(
        context=tuple(map(shown, last)),
        known=tuple(piece in counts.words.places for piece in last),
        read=min(max(read_orders), len(last)),
        pieces=tuple(shown(counts.words.pieces[at]) for at in rows),
        probability=_floats(chance[rows]),
        shares=_floats(shares[: order + 1, rows].T),
        counts=read_only(_counts_of(counts, contexts, rows.tolist())),
        totals=_of_contexts([one.total for one in levels], contexts),
        types=_of_contexts([one.types for one in levels], contexts),
        rest=float(max(0.0, 1 - chance[rows].sum())),
        entropy=float(-(chance[chance > 0] * np.log2(chance[chance > 0])).sum()),
    )


def _of_contexts(values: Sequence[npt.NDArray[Any]], contexts: Sequence[int]) -> Ints:
    """The value of each order's context, 0 where it was never seen."""
    return _ints([int(one[at]) if at >= 0 else 0 for one, at in zip(values, contexts, strict=True)])


def _last(context: str, unit: Unit) -> list[str]:
    """The pieces of a context's last sentence; none after the end of a line."""
    lines = read_lines([context], unit)
    return lines[-1] if lines and not context.endswith("\n") else []


def _before(counts: Counts, pieces: Sequence[str]) -> list[int]:
    """The last four pieces, or signs before the sentence in their place."""
    ids = [counts.words.start] * (HIGHEST - 1) + counts.words.ids(pieces)
    return ids[-(HIGHEST - 1) :]


def _counts_of(counts: Counts, contexts: Sequence[int], pieces: Sequence[int]) -> Ints:
    """[piece, order − 1] how often each piece stood after each context."""
    found = np.zeros((len(pieces), len(contexts)), np.int32)
    width = counts.words.start + 1
    for at, (level, context) in enumerate(zip(counts.levels, contexts, strict=False)):
        keys = context * width + np.asarray(pieces)
        spots = np.minimum(np.searchsorted(level.key, keys), len(level.key) - 1)
        found[:, at] = np.where((context >= 0) & (level.key[spots] == keys), level.count[spots], 0)
    return found


# --- held-out text --------------------------------------------------------------------------------------


@named("classic_models.held_out")
def held_out(
    *,
    corpus: str,
    unit: Unit,
    lower: bool = False,
    added: float = ADDED,
    discount: float = DISCOUNT,
    weight: float = WEIGHT,
    progress: Report | None = None,
) -> HeldOut:
    """Bits per byte of the held-out text for each way of smoothing and each order 1 to 5.

    −Σ log2 p(piece | those before it in its sentence) / bytes; an unknown piece costs −log2 p(<unk>) and what it takes
    to spell it (``Speller``), so that models with different pieces can be compared; white space is one space, and a
    sentence's end is one sign, whether a space or a new line. Errors: those of ``count``, BadParameter("strength").

    >>> held_out(corpus="tang", unit="character").bits.shape  # doctest: +SKIP
    (4, 5)
    """
    counts, cut = count_corpus(corpus, unit, lower, progress or quiet), cut_corpus(corpus, unit, lower)
    lines, found = cut.held_out, cut.corpus
    strength = Strength(added, discount, weight)
    with TRAININGS.turn():
        sums = _costs(counts, lines, range(1, HIGHEST + 1), strength, progress or quiet)
    spelling = _spelling(counts, lines)
    size, pieces = found.held_out_bytes, sum(len(line) + 1 for line in lines)
    return HeldOut(
        SMOOTHINGS,
        _floats((sums + spelling) / size),
        spelling / size,
        _floats(2 ** (sums / pieces)),
        size,
        pieces,
    )


def _costs(
    counts: Counts,
    lines: Sequence[Sequence[str]],
    orders: Sequence[int],
    strength: Strength,
    progress: Report = quiet,
) -> Doubles:
    """[smoothing, order] bits of a text, without spelling."""
    seen, sums = places(counts, lines), np.zeros((len(SMOOTHINGS), len(orders)))
    for row, name in enumerate(SMOOTHINGS):
        progress("costs", row / len(SMOOTHINGS))
        for column, order in enumerate(orders):
            chance = smoothed(counts, name, order, strength).probabilities(seen)
            sums[row, column] = -float(np.log2(chance).sum())
    return sums


def _spelling(counts: Counts, lines: Sequence[Sequence[str]]) -> float:
    return math.fsum(counts.speller.cost(piece) for piece in unknown(lines, counts.words))


@named("classic_models.growth")
def growth(
    *,
    corpus: str,
    unit: Unit,
    order: int,
    lower: bool = False,
    added: float = ADDED,
    discount: float = DISCOUNT,
    weight: float = WEIGHT,
    progress: Report | None = None,
) -> Growth:
    """The bits per byte of ``held_out`` when only the first 1/16, 1/8, … of the training text is counted.

    Each part has a vocabulary of its own. Errors: those of ``held_out``. Source: Brants et al. 2007 (D07-1090).

    >>> growth(corpus="english", unit="word", order=3).bits.shape  # doctest: +SKIP
    (4, 5)
    """
    strength, report = Strength(added, discount, weight), progress or quiet
    rows: list[tuple[Doubles, int, int, int, float, int]] = []
    if not 1 <= order <= HIGHEST:
        raise BadParameter(name="order")
    cut = cut_corpus(corpus, unit, lower, report)
    with TRAININGS.turn():
        for share in SHARES:
            report("sizes", len(rows) / len(SHARES))
            rows.append(_of_part(share_of(cut.train, share), cut, order, strength))
    bits, pieces, used, size_of, unseen, different = zip(*rows, strict=True)
    return Growth(
        SMOOTHINGS, _ints(pieces), _ints(used), _ints(size_of), _floats(np.array(bits).T), _floats(unseen),
        _ints(different),
    )  # fmt: skip


def _of_part(
    part: Sequence[Sequence[str]], cut: Cut, order: int, strength: Strength
) -> tuple[Doubles, int, int, int, float, int]:
    """Of counts of these sentences what ``Growth`` says of a size."""
    counts, tested = count_lines(part), cut.held_out
    sums = _costs(counts, tested, [order], strength)[:, 0] + _spelling(counts, tested)
    new = float((places(counts, tested).gram[order - 1] < 0).mean())
    size = sum(len("".join(line).encode()) + 1 for line in part)
    distinct = int((counts.levels[order - 1].count > 0).sum())
    return sums / cut.corpus.held_out_bytes, counts.pieces, size, counts.words.start, new, distinct


# --- writing ----------------------------------------------------------------------------------------------


@named("classic_models.write")
def write(
    *,
    corpus: str,
    unit: Unit,
    order: int,
    smoothing: str,
    seed: int = 0,
    length: int = 60,
    temperature: float = 1.0,
    context: str = "",
    lower: bool = False,
    added: float = ADDED,
    discount: float = DISCOUNT,
    weight: float = WEIGHT,
    progress: Report | None = None,
) -> Written:
    """A text drawn piece by piece from p^(1/T), without <unk>; after the end of a sentence another begins.

    Errors: those of ``following``, BadParameter("temperature"). Source: Shannon 1948 §3.

    >>> write(corpus="english", unit="word", order=3, smoothing="kneser_ney").text  # doctest: +SKIP
    'But …'
    """
    counts = count_corpus(corpus, unit, lower, progress or quiet)
    model = smoothed(counts, smoothing, order, Strength(added, discount, weight))
    if not (0.05 <= temperature <= 5 and 1 <= length <= MOST_WRITTEN):
        raise BadParameter(name="length" if 0.05 <= temperature <= 5 else "temperature")
    chance, said, rows = np.random.default_rng(seed), _last(context, unit), []
    for _ in range(length):
        row = _drawn(model, _before(counts, said), chance, temperature)
        rows.append(row)
        said = [] if row[0] == 1 else [*said, counts.words.pieces[row[0]]]
    pieces = tuple("\n" if id == 1 else counts.words.pieces[id] for id, _, _ in rows)
    text = "".join(pieces)
    clean = "\n".join(line.strip(" ") for line in text.split("\n")) if not context.strip() else text
    return Written(clean, pieces, _ints([row[1] for row in rows]), _floats([row[2] for row in rows]))


def _drawn(
    model: Smoothed, ids: Sequence[int], chance: np.random.Generator, temperature: float
) -> tuple[int, int, float]:
    """A piece, the longest n-gram that was seen and ends with it, its probability."""
    plain = model.shares(ids).sum(axis=0)
    with np.errstate(divide="ignore"):
        logs = np.log(plain) / temperature
    logs[0] = -np.inf
    powers = np.cumsum(np.exp(logs - logs.max()))
    id = int(np.searchsorted(powers, chance.random() * powers[-1], side="right"))
    top = model.tables[-1].order if model.tables else 1
    seen = _counts_of(model.counts, model.counts.contexts(ids)[:top], [id])[0]
    return id, 1 + int(np.flatnonzero(seen)[-1]) if seen.any() else 0, float(plain[id])
