"""Maps, analogies, matrices and curves made by rule, with the shape of the real ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.compute.embedding_space.maps import Map
from core.compute.embedding_space.tables import Analogy, Compression, OneHot

Array = np.ndarray[Any, np.dtype[Any]]
THEMES = ("animals", "cities", "food")
SYLLABLES = "ba ke li mo nu pa ri so tu va we xi yo zu chi dra".split()
HAN = "天地人山水火木金土日月星风云雨雪花草树鸟鱼虫马牛羊"


def word_of(at: int, language: str = "en") -> str:
    """A made-up word, another for each number; "w0" … are not."""
    letters = HAN if language == "zh" else SYLLABLES
    found = ""
    at += len(letters)
    while at:
        found += letters[at % len(letters)]
        at //= len(letters)
    return found


def map_of(
    count: int,
    dims: int = 2,
    *,
    method: str = "pca",
    language: str = "en",
    groups: int = 3,
    seed: int = 0,
    words: tuple[str, ...] = (),
    sentences: bool = False,
) -> Map:
    """Points of a few clusters; neighbours are computed in 8 made-up dimensions."""
    rng = np.random.default_rng(seed)
    kinds = max(1, groups) + 1
    of = np.arange(count) % kinds
    space = rng.normal(0, 1.6, (kinds, 8))[of] + rng.normal(0, 0.8, (count, 8))
    positions = np.ascontiguousarray(space[:, :dims], np.float32)
    neighbours, similarity = nearest(space, min(10, max(0, count - 1)))
    labels = words or tuple(word_of(at, language) for at in range(count))
    names = (*THEMES, *(f"t{at}" for at in range(40)))
    return Map(
        words=labels,
        groups=tuple(names[kind] if kind < groups else "" for kind in of),
        positions=positions,
        method=method,
        explained=np.array([0.31, 0.17, 0.08][:dims] if method == "pca" else [], np.float32),
        trustworthiness=0.87 if count > 20 else -1.0,
        dims=dims,
        neighbours=neighbours,
        similarity=similarity,
        real=0.36 if count > 20 else -1.0,
        sentences=tuple(f"A sentence with {label}." for label in labels) if sentences else (),
    )


def nearest(space: Array, count: int) -> tuple[Array, Array]:
    """The rows with the largest cosine to each row, without itself, and their cosine; in slices, to spare memory."""
    unit = (space / np.linalg.norm(space, axis=1, keepdims=True)).astype(np.float32)
    if not count:
        return np.zeros((len(space), 0), np.int32), np.zeros((len(space), 0), np.float32)
    places, values = [], []
    for start in range(0, len(unit), 500):
        cosine = unit[start : start + 500] @ unit.T
        cosine[np.arange(len(cosine)), start + np.arange(len(cosine))] = -2
        best = np.argpartition(-cosine, count - 1, axis=1)[:, :count]
        by_cosine = np.argsort(-np.take_along_axis(cosine, best, 1), axis=1)
        order = np.take_along_axis(best, by_cosine, 1)
        places.append(order.astype(np.int32))
        values.append(np.take_along_axis(cosine, order, 1))
    return np.concatenate(places), np.concatenate(values)


def line_of(labels: tuple[str, ...], xs: tuple[float, ...], dims: int = 2) -> Map:
    """Points at the given places of a line through the middle, each next to the others in their order."""
    count = len(labels)
    positions = np.zeros((count, dims), np.float32)
    positions[:, 0] = xs
    others = [[j for j in range(count) if j != i] for i in range(count)]
    return Map(
        words=labels,
        groups=("",) * count,
        positions=positions,
        method="umap",
        explained=np.zeros(0, np.float32),
        trustworthiness=-1.0,
        dims=dims,
        neighbours=np.array(others, np.int32).reshape(count, count - 1),
        similarity=np.array([[0.9 - 0.1 * k for k in range(count - 1)]] * count, np.float32),
    )


def analogy_of(language: str = "en") -> Analogy:
    """King − man + woman with ten answers, the first at the place that is looked for."""
    chinese = language == "zh"
    given = ("国王", "男人", "女人") if chinese else ("king", "man", "woman")
    answers = tuple("王后 公主 女王 王子 皇后 君主 王位 皇帝 王妃 贵族".split()) if chinese else tuple(
        "queen monarch throne princess elizabeth daughter prince mother her wife".split()
    )  # fmt: skip
    rng = np.random.default_rng(3)
    corner = np.array([[1.0, 1.0], [-1.0, 0.6], [-0.9, -0.8], [1.1, -0.4]])
    spread = corner[3] + np.vstack([[0.12, 0.08], rng.normal(0, 0.35, (9, 2))])
    return Analogy(
        table="glove", a=given[0], b=given[1], c=given[2], words=answers,
        similarity=np.linspace(0.86, 0.61, 10).astype(np.float32),
        excluded=(given[0],), excluded_similarity=np.array([0.88], np.float32),
        positions=np.vstack([corner, spread]).astype(np.float32),
        explained=np.array([0.48, 0.22], np.float32), parallel=0.76,
    )  # fmt: skip


def one_hot_of(words: tuple[str, ...] = ("cat", "dog", "car", "bus", "happy", "glad")) -> OneHot:
    """Words in pairs that are near each other."""
    count = len(words)
    pair = np.arange(count) // 2
    dense = np.where(
        pair[:, None] == pair[None, :], 0.82, -0.05 + 0.04 * np.abs(pair[:, None] - pair[None, :])
    )
    np.fill_diagonal(dense, 1.0)
    return OneHot(
        table="glove", words=words, sparse=np.eye(count, dtype=np.float32), dense=dense.astype(np.float32),
        vocabulary=40_000, dim=50, sparse_bytes=160_000, dense_bytes=200, missing=(),
    )  # fmt: skip


def compression_of() -> Compression:
    """Fewer bytes, fewer neighbours kept."""
    kinds = ("float32", "float16", "int8", "pca-25", "cut-25", "pca-10", "cut-10", "binary")
    return Compression(
        table="glove", kinds=kinds, bytes=np.array([200, 100, 50, 100, 100, 40, 40, 7], np.int32),
        recall=np.array([1, 0.998, 0.963, 0.701, 0.508, 0.287, 0.188, 0.312], np.float32),
        queries=1000, words=40_000,
    )  # fmt: skip
