"""Words as points: maps, neighbours, analogies, one-hot against dense, compression — the page ``embedding_space``.

Vectors come from the tables of ``core.data.word_tables`` or from the visitor; what a model makes of words is in
``contextual``, which builds its maps with ``build_map`` too.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from core.arrays import Array, Ints, read_only
from core.compute.embedding_space import lists as word_lists
from core.compute.embedding_space.lists import Rows
from core.compute.embedding_space.maps import Map, build_map
from core.compute.embedding_space.projection import MOST, least, project, ready
from core.compute.embedding_space.settings import Settings
from core.data.word_tables import WordTable
from core.data.word_tables import load as load_table
from core.errors import BadParameter, TooFewKnown, TooFewPoints, TooManyRows, UnknownWords
from core.numerics import highest, top
from core.results import named
from core.scripts import has_han

MOST_ANSWERS = 50
"""Most neighbours, answers and words found."""
LEAST_PAIR, MOST_PAIR = 2, 24
"""Words of the one-hot comparison."""
AT_ONCE = 100
"""Queries whose cosines with all words are in memory at a time."""
QUERIES = 1_000
"""Words whose neighbours are looked up after compression."""
RECALL_AT = 10
"""Neighbours that should be found again."""


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """The words nearest to one word."""

    table: str
    word: str
    words: tuple[str, ...]  # nearest first, without the word itself
    similarity: Array  # [neighbour] cosine, -1 … 1


@dataclass(frozen=True, slots=True, eq=False)
class Analogy:
    """a − b + c, and the words nearest to that place."""

    table: str
    a: str
    b: str
    c: str
    words: tuple[str, ...]  # answers, best first; never a, b or c
    similarity: Array  # [answer] cosine with a − b + c
    excluded: tuple[str, ...]  # inputs that lie nearer to a − b + c than the best answer does, nearest first
    excluded_similarity: Array  # [excluded] their cosine
    positions: (
        Array  # [4 + answer, 2] a, b, c, the target a − b + c, then the answers, in the plane of their PCA
    )
    explained: Array  # [2] share of the variance of these points along each axis
    parallel: float  # cosine between the steps b → a and c → best answer, -1 … 1


@dataclass(frozen=True, slots=True, eq=False)
class OneHot:
    """Words as one-hot vectors and as dense ones."""

    table: str
    words: tuple[str, ...]
    sparse: Array  # [word, word] cosine of one-hot vectors: the identity
    dense: Array  # [word, word] cosine of the table's vectors
    vocabulary: int  # words of the table = numbers in a one-hot vector
    dim: int  # numbers in a dense vector
    sparse_bytes: int  # of one one-hot vector written out in float32
    dense_bytes: int  # of one dense vector in float32
    missing: tuple[str, ...]  # words asked for that the table does not hold


@dataclass(frozen=True, slots=True, eq=False)
class Compression:
    """How small vectors can be before neighbours change."""

    table: str
    kinds: tuple[str, ...]  # "float32", "float16", "int8", "binary", "pca-25", "cut-25", …: numbers kept
    bytes: Ints  # [kind] of one vector
    recall: (
        Array  # [kind] share of the 10 exact nearest words found among the 10 nearest, mean over the queries
    )
    queries: int  # words that were looked up
    words: int  # words of the table


# --- maps -----------------------------------------------------------------------------------------


@named("embedding_space.table_map")
def table_map(
    *,
    table: str,
    count: int,
    method: str,
    dims: int,
    seed: int,
    neighbours: int,
    min_dist: float,
    perplexity: float,
) -> Map:
    """A map of ``count`` ≤ 10,000 words of a table: those with a theme first, then the most frequent.

    A table with fewer words gives them all. Errors: BadParameter; NeedsWorker for UMAP and t-SNE outside a worker's
    thread (see pages.kit.jobs).
    """
    found = load_table(table)
    if not LEAST_PAIR <= count <= MOST:
        raise BadParameter(name="count")
    count = min(count, len(found.words))
    ready(method, count)
    settings = Settings(method, dims, seed, neighbours, min_dist, perplexity)
    return _map_of(found, _important(found)[:count], settings)


def _important(table: WordTable) -> list[int]:
    """Rows of a table: words with a theme, then the others, each the most frequent first."""
    return sorted(range(len(table.words)), key=lambda row: (not table.groups[row], row))


def _map_of(
    table: WordTable,
    rows: Sequence[int],
    settings: Settings,
    missing: Sequence[str] = (),
    repeated: Sequence[str] = (),
) -> Map:
    words, groups = [table.words[row] for row in rows], [table.groups[row] for row in rows]
    return build_map(words, groups, table.vectors[rows], settings, missing=missing, repeated=repeated)


@named("embedding_space.list_map")
def list_map(
    *, text: str, method: str, dims: int, seed: int, neighbours: int, min_dist: float, perplexity: float
) -> Map:
    """A map of the visitor's words (vectors of the table of their script) or of the rows of a CSV.

    Errors: what core.compute.embedding_space.lists raises, UnknownWords, TooFewKnown, TooFewPoints, IdenticalVectors,
    NeedsWorker.
    """
    given = word_lists.parse(text)
    settings = Settings(method, dims, seed, neighbours, min_dist, perplexity)
    if isinstance(given, Rows):
        ready(method, len(given.labels))
        return build_map(given.labels, given.groups, given.vectors, settings)
    table = load_table(table_for(given.words))
    rows, missing, repeated = _looked_up(table, given.words)
    _enough(rows, missing, least(method))
    ready(method, len(rows))
    return _map_of(table, rows, settings, missing, [*given.repeated, *repeated])


def _looked_up(table: WordTable, words: Sequence[str]) -> tuple[list[int], list[str], list[str]]:
    """Rows of a table, each once; the words that it lacks; those that are another way to write a word before."""
    found: dict[int, str] = {}
    missing, repeated = [], []
    for word in words:
        row = _row(table, word)
        if row is None:
            missing.append(word)
        elif found.setdefault(row, word) != word:
            repeated.append(word)
    return list(found), missing, repeated


def _enough(rows: Sequence[int], missing: Sequence[str], least: int) -> None:
    """Errors: UnknownWords, TooFewKnown, TooFewPoints where fewer than ``least`` words were found."""
    if missing and not rows:
        raise UnknownWords(words=_shortened(missing))
    if missing and len(rows) < least:
        raise TooFewKnown(count=len(rows), least=least, words=_shortened(missing))
    if len(rows) < least:
        raise TooFewPoints(count=len(rows), least=least)


def table_for(words: Sequence[str]) -> str:
    """The table of the script that most of the words are written in.

    >>> table_for(("cat", "猫", "狗"))
    'chinese'
    """
    han = sum(map(has_han, words))
    return "chinese" if 2 * han > len(words) else "glove"


# --- looking words up -----------------------------------------------------------------------------


def _row(table: WordTable, word: str) -> int | None:
    """The row of a word however it is written (width, case, spaces around it), or None."""
    plain = unicodedata.normalize("NFKC", word).strip()
    found = table.places.get(plain)
    return table.places.get(plain.lower()) if found is None else found


def _rows(table: WordTable, words: Sequence[str]) -> list[int]:
    """Rows of words that must all be there. Errors: UnknownWords."""
    rows = [_row(table, word) for word in words]
    if missing := [word for word, row in zip(words, rows, strict=True) if row is None]:
        raise UnknownWords(words=_shortened(missing))
    return [row for row in rows if row is not None]


def _shortened(words: Sequence[str], most: int = 8) -> str:
    """Words for a sentence."""
    shown = ", ".join(word[:40] for word in words[:most])
    return shown + (", …" if len(words) > most else "")


def _checked(count: int) -> int:
    if not 1 <= count <= MOST_ANSWERS:
        raise BadParameter(name="count")
    return count


def _best(table: WordTable, direction: Array, count: int, without: Sequence[int]) -> tuple[list[int], Array]:
    """Rows with the largest cosine to a direction, and that cosine."""
    cosines = table.vectors @ (direction / max(float(np.linalg.norm(direction)), 1e-30))
    cosines[list(without)] = -np.inf
    rows = highest(cosines, count)
    return [int(row) for row in rows], read_only(np.asarray(cosines[rows].clip(-1, 1), np.float32))


@named("embedding_space.neighbours")
def neighbours(*, table: str, word: str, count: int = 20) -> Neighbours:
    """The ``count`` words with the largest cosine, cos(u, v) = u·v / (‖u‖ ‖v‖).

    Errors: UnknownWords, BadParameter.
    """
    found = load_table(table)
    (row,) = _rows(found, (word,))
    best, cosines = _best(found, found.vectors[row], _checked(count), (row,))
    return Neighbours(table, found.words[row], tuple(found.words[one] for one in best), cosines)


@named("embedding_space.analogy")
def analogy(*, table: str, a: str, b: str, c: str, count: int = 10) -> Analogy:
    """The words nearest to a − b + c of unit vectors, the three inputs left out ("b is to a as c is to …").

    argmax_w cos(w, a − b + c) (Mikolov, Yih & Zweig 2013, §4; unit vectors as Levy & Goldberg 2014, 3CosAdd).
    Errors: UnknownWords, BadParameter.
    """
    found = load_table(table)
    given = _rows(found, (a, b, c))
    own = found.vectors[given]
    target = own[0] - own[1] + own[2]
    best, cosines = _best(found, target, _checked(count), given)
    inputs, near = _best(found, target, 3, ())
    nearer = [
        (row, cosine)
        for row, cosine in zip(inputs, near, strict=True)
        if row in given and cosine > cosines[0]
    ]
    points = np.vstack([own, target[None], found.vectors[best]])
    positions, explained = project(points, Settings())
    return Analogy(
        table=table,
        a=found.words[given[0]],
        b=found.words[given[1]],
        c=found.words[given[2]],
        words=tuple(found.words[row] for row in best),
        similarity=cosines,
        excluded=tuple(found.words[row] for row, _ in nearer),
        excluded_similarity=read_only(np.array([cosine for _, cosine in nearer], np.float32)),
        positions=positions,
        explained=explained,
        parallel=_cosine(own[0] - own[1], found.vectors[best[0]] - own[2]),
    )


def _cosine(one: Array, other: Array) -> float:
    return float(one @ other / max(float(np.linalg.norm(one) * np.linalg.norm(other)), 1e-30))


@named("embedding_space.one_hot")
def one_hot(*, table: str, words: tuple[str, ...]) -> OneHot:
    """Cosines of 2 … 24 words as one-hot and as dense vectors; words that the table lacks are left out and named.

    Errors: UnknownWords where it holds none, TooFewKnown, TooFewPoints, TooManyRows.
    """
    found = load_table(table)
    rows = list(dict.fromkeys(row for word in words if (row := _row(found, word)) is not None))
    missing = tuple(word[: word_lists.MAX_WORD] for word in words if _row(found, word) is None)
    _enough(rows, missing, LEAST_PAIR)
    if len(rows) > MOST_PAIR:
        raise TooManyRows(count=len(rows), limit=MOST_PAIR)
    own = found.vectors[rows]
    return OneHot(
        table=table,
        words=tuple(found.words[row] for row in rows),
        sparse=read_only(np.eye(len(rows), dtype=np.float32)),
        dense=read_only((own @ own.T).clip(-1, 1)),
        vocabulary=len(found.words),
        dim=found.dim,
        sparse_bytes=4 * len(found.words),
        dense_bytes=4 * found.dim,
        missing=missing,
    )


# --- compression ----------------------------------------------------------------------------------


@named("embedding_space.compress")
def compress(*, table: str, seed: int) -> Compression:
    """Recall of the exact 10 nearest words after quantizing, binarizing and truncating the vectors.

    recall@10 = mean over 1,000 queries of |exact ∩ found| / 10, both by cosine (binary: by Hamming distance). Of
    words that are equally near in tenth place each counts with the chance to be drawn among them. int8: 255 even
    steps between the least and the largest value of each dimension. binary: whether a number is above its
    dimension's mean. pca-k: the first k coordinates after turning to the principal axes; cut-k: the first k numbers
    as they are. Errors: BadParameter.
    """
    found = load_table(table)
    if seed < 0:
        raise BadParameter(name="seed")
    count = min(QUERIES, len(found.words))
    queries = np.sort(np.random.default_rng(seed).choice(len(found.words), count, replace=False))
    small = _compressed(found.vectors)
    exact = np.concatenate([top(cosines, RECALL_AT) for cosines in _cosines(found.vectors, queries)])
    recall = [_recall(exact, make(), queries) for _, make in small.values()]
    return Compression(
        table=table,
        kinds=tuple(small),
        bytes=read_only(np.array([size for size, _ in small.values()], np.int32)),
        recall=read_only(np.array(recall, np.float32)),
        queries=count,
        words=len(found.words),
    )


def _compressed(vectors: Array) -> dict[str, tuple[int, Callable[[], Array]]]:
    """Kind → bytes of a vector, and the vectors as they are after compression."""
    dim = vectors.shape[1]
    kept = [dim // share for share in (2, 4, 8)]
    turned = vectors @ _axes(vectors)
    return {
        "float32": (4 * dim, lambda: vectors),
        "float16": (2 * dim, lambda: vectors.astype(np.float16).astype(np.float32)),
        "int8": (dim, lambda: int8(vectors)),
        "binary": (-(-dim // 8), lambda: binary(vectors)),
        **{f"pca-{one}": (4 * one, partial(_first, turned, one)) for one in kept},
        **{f"cut-{one}": (4 * one, partial(_first, vectors, one)) for one in kept},
    }


def _axes(vectors: Array) -> Array:
    """[dim, axis] principal axes, the largest variance first."""
    _, axes = np.linalg.eigh(np.cov(vectors, rowvar=False))
    return np.asarray(axes[:, ::-1], np.float32)


def _first(vectors: Array, count: int) -> Array:
    return vectors[:, :count]


def int8(vectors: Array) -> Array:
    """Vectors after a round trip through 8 bits a number, evenly spaced between each dimension's extremes."""
    low = vectors.min(axis=0)
    step = np.maximum((vectors.max(axis=0) - low) / 255, 1e-30)
    codes = np.round((vectors - low) / step).astype(np.uint8)
    return np.asarray(codes * step + low, np.float32)


def binary(vectors: Array) -> Array:
    """±1 for numbers above and below their dimension's mean: the product of two is dim − 2 · Hamming distance."""
    return np.where(vectors > vectors.mean(axis=0), np.float32(1), np.float32(-1))


def _cosines(vectors: Array, queries: npt.NDArray[np.intp]) -> Iterator[Array]:
    """The cosine of some queries at a time with all words [query, word]; −inf with the query itself."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    one_length = lengths.min() == lengths.max()  # bits: their products are whole numbers, and ties are ties
    units = vectors if one_length else vectors / np.maximum(lengths, 1e-30)
    for at in range(0, len(queries), AT_ONCE):
        part = queries[at : at + AT_ONCE]
        cosines = units[part] @ units.T
        cosines[np.arange(len(part)), part] = -np.inf
        yield cosines


def _recall(exact: npt.NDArray[np.intp], vectors: Array, queries: npt.NDArray[np.intp]) -> float:
    """Share of the exact neighbours [query, 10] that are found; of equals in the last place each by its chance."""
    found = 0.0
    for at, cosines in zip(range(0, len(queries), AT_ONCE), _cosines(vectors, queries), strict=True):
        last = np.partition(cosines, -RECALL_AT, axis=1)[:, -RECALL_AT, None]
        above, equal = (cosines > last).sum(1, keepdims=True), (cosines == last).sum(1, keepdims=True)
        own = np.take_along_axis(cosines, exact[at : at + AT_ONCE], axis=1)
        found += float(np.where(own == last, (RECALL_AT - above) / equal, own > last).sum())
    return found / exact.size
