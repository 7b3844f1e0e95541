"""Maps, neighbours, analogies, one-hot and compression: against brute force, libraries and closed forms."""

from __future__ import annotations

import sys
import warnings
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from core import results
from core.compute.embedding_space import contextual as embedding_models
from core.compute.embedding_space import maps, worker
from core.compute.embedding_space.contextual import Vectors, list_map_encoded
from core.compute.embedding_space.maps import Map
from core.compute.embedding_space.projection import pca
from core.compute.embedding_space.settings import Settings
from core.compute.embedding_space.tables import (
    analogy,
    binary,
    compress,
    int8,
    list_map,
    neighbours,
    one_hot,
    table_map,
)
from core.data.word_tables import TABLES, load
from core.errors import (
    BadParameter,
    GlassboxError,
    IdenticalVectors,
    NeedsWorker,
    TooFewKnown,
    TooFewPoints,
    TooManyRows,
    UnknownWords,
)
from core.jobs.permit import Permit, permitted
from tests.core.embedding_space.live import compression

pytestmark = pytest.mark.xdist_group("meaning")  # with test_calls, which looks at the same results
SHAPE: dict[str, Any] = {
    "method": "pca", "dims": 2, "seed": 0, "neighbours": 15, "min_dist": 0.1, "perplexity": 30.0,
}  # fmt: skip


def cosines(table: str, direction: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    vectors = load(table).vectors.astype(np.float64)
    made: np.ndarray[Any, Any] = (
        vectors @ direction / np.linalg.norm(vectors, axis=1) / np.linalg.norm(direction)
    )
    return made


def vector(table: str, word: str) -> np.ndarray[Any, Any]:
    found = load(table)
    row: np.ndarray[Any, Any] = found.vectors[found.places[word]].astype(np.float64)
    return row


# --- maps -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("dims", [2, 3])
def test_a_map_of_a_table(table: str, dims: int) -> None:
    from sklearn import manifold

    found, made = load(table), table_map(table=table, count=400, **{**SHAPE, "dims": dims})
    assert len(made.words) == len(set(made.words)) == 400
    themed = sum(bool(group) for group in found.groups)
    assert all(made.groups[:themed])
    assert not any(made.groups[themed:])
    assert list(made.words[themed:]) == [word for word, group in zip(found.words, found.groups, strict=True)
                                         if not group][: 400 - themed]  # fmt: skip
    vectors = np.array([vector(table, word) for word in made.words])
    np.testing.assert_allclose(made.positions, pca(vectors.astype(np.float32), dims)[0], atol=1e-6)
    assert made.trustworthiness == pytest.approx(
        manifold.trustworthiness(vectors, made.positions.astype(np.float64), n_neighbors=10), abs=1e-4
    )
    assert made.similarity[7] == pytest.approx(np.sort(vectors @ vectors[7])[::-1][1:11], abs=1e-5)
    assert vectors[made.neighbours[7, 0]] @ vectors[7] == pytest.approx(made.similarity[7, 0], abs=1e-5)
    assert made.dims == dims
    assert len(made.explained) == dims


def test_a_table_gives_no_more_than_it_has() -> None:
    made = table_map(table="chinese", count=10_000, **SHAPE)
    assert len(made.words) == len(load("chinese").words)
    assert 0.6 < made.trustworthiness < 0.8


@pytest.mark.parametrize(
    "bad", [{"table": "no"}, {"count": 1}, {"count": 10_001}, {"method": "no"}, {"dims": 4}, {"seed": -1}]
)
def test_a_map_checks_its_parameters(bad: dict[str, Any]) -> None:
    with pytest.raises(BadParameter):
        table_map(**{"table": "glove", "count": 100, **SHAPE, **bad})


def test_a_map_that_takes_long_asks_for_a_worker() -> None:
    for method in ("umap", "tsne"):
        with pytest.raises(NeedsWorker) as caught:
            table_map(table="glove", count=2_000, **{**SHAPE, "method": method})
        title = {"umap": "UMAP", "tsne": "t-SNE"}[method]
        assert caught.value.values == {"method": title, "count": 2_000, "at_once": False}
        with pytest.raises(NeedsWorker):
            list_map(text="cat\ndog\nfish\nbird\nhorse\ncow\nsheep\nmouse", **{**SHAPE, "method": method})


@pytest.fixture(scope="module")
def drawn() -> tuple[Map, set[str]]:
    """A map by UMAP, and what the process that makes it has in memory while it works."""
    mapped: set[str] = set()

    def look(stage: str, _fraction: float) -> None:
        if stage == "layout" and not mapped and sys.platform == "linux":
            (process,) = worker._processes
            mapped.update(Path(line.path).name for line in psutil.Process(process.pid).memory_maps())

    with permitted(Permit(look)):
        return table_map(table="glove", count=600, **{**SHAPE, "method": "umap"}), mapped


@pytest.mark.timeout(300)
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_the_process_does_without_what_it_does_not_use(drawn: tuple[Map, set[str]]) -> None:
    mapped = drawn[1]
    assert any("llvmlite" in name for name in mapped), "looked while it worked"
    assert not [name for name in mapped if "arrow" in name or "pandas" in name]


@pytest.mark.timeout(300)
def test_umap_draws_words_nearer_to_their_neighbours_than_pca(drawn: tuple[Map, set[str]]) -> None:
    made, flat = drawn[0], table_map(table="glove", count=600, **SHAPE)
    assert made.positions.shape == (600, 2)
    assert made.trustworthiness > flat.trustworthiness + 0.05
    assert made.explained.size == 0
    np.testing.assert_array_equal(made.neighbours, flat.neighbours)


# --- the visitor's own ----------------------------------------------------------------------------


def test_a_list_of_words() -> None:
    made = list_map(text="Cat\ndog\nfish\nqwxzy\ndog\nDOG\nParis\n", **SHAPE)
    assert made.words == ("cat", "dog", "fish", "paris")
    assert made.missing == ("qwxzy",)
    assert made.repeated == ("dog", "DOG")
    assert made.groups == ("animals", "animals", "animals", "cities")
    expected = pca(np.array([vector("glove", word) for word in made.words], np.float32), 2)[0]
    np.testing.assert_allclose(made.positions, expected, atol=1e-6)
    assert made.trustworthiness == -1
    assert made.neighbours.shape == (4, 3)


def test_a_list_of_chinese_words() -> None:
    made = list_map(text="猫，狗，北京、巴黎，cat", **SHAPE)
    assert made.words == ("猫", "狗", "北京", "巴黎")
    assert made.missing == ("cat",)


def test_a_csv() -> None:
    made = list_map(
        text="name,kind,x,y,z\na,p,0,0,0\nb,p,1,0,0\nc,q,0,5,0\nd,q,1,5,0", **{**SHAPE, "dims": 3}
    )
    assert made.words == ("a", "b", "c", "d")
    assert made.groups == ("p", "p", "q", "q")
    np.testing.assert_allclose(made.positions, [[-2.5, -0.5, 0], [-2.5, 0.5, 0], [2.5, -0.5, 0], [2.5, 0.5, 0]],
                               atol=1e-6)  # fmt: skip
    np.testing.assert_allclose(made.explained, [25 / 26, 1 / 26, 0], atol=1e-6)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("cat", TooFewPoints),
        ("cat, Cat, CAT", TooFewPoints),
        ("qwxzy, zzyzxq", UnknownWords),
        ("cat, qwxzy, zzyzxq", TooFewKnown),
        ("a,1,2\nb,1,2\nc,1,2", IdenticalVectors),
    ],
)
def test_what_cannot_be_mapped_is_said(text: str, error: type[GlassboxError]) -> None:
    with pytest.raises(error):
        list_map(text=text, **SHAPE)


def test_too_few_words_of_which_some_are_missing_names_them() -> None:
    with pytest.raises(TooFewKnown) as caught:
        list_map(text="貓, 狗, 馬, 蘋果, 國王", **SHAPE)
    assert caught.value.values == {"count": 1, "least": 2, "words": "貓, 馬, 蘋果, 國王"}
    with pytest.raises(TooFewKnown) as caught:
        one_hot(table="chinese", words=("狗", "馬"))
    assert caught.value.values == {"count": 1, "least": 2, "words": "馬"}
    with pytest.raises(TooFewKnown) as caught:
        list_map(text="cat, dog, horse, cow, qwxzy", **{**SHAPE, "method": "tsne"})
    assert caught.value.values == {"count": 4, "least": 8, "words": "qwxzy"}


def test_a_small_difference_beside_a_large_offset_is_drawn() -> None:
    from sklearn.decomposition import PCA

    text = "a,1700000000,1\nb,1700000001,2\nc,1700000002,4"
    theirs = PCA(2).fit_transform(np.array([[1.7e9, 1], [1.7e9 + 1, 2], [1.7e9 + 2, 4]]))
    made = list_map(text=text, **SHAPE)
    np.testing.assert_allclose(np.abs(made.positions), np.abs(theirs), atol=1e-5)
    stamps = list_map(text="a,1700000000,5\nb,1700000001,5\nc,1700000003,5", **SHAPE)
    np.testing.assert_allclose(np.sort(stamps.positions[:, 0]), [-4 / 3, -1 / 3, 5 / 3], atol=1e-6)
    huge = list_map(text="a,1e25,1\nb,1e25,2\nc,1e25,3", **SHAPE)
    np.testing.assert_allclose(np.sort(huge.positions[:, 0]), [-1, 0, 1], atol=1e-6)


def test_a_list_with_the_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def encode(_: object, lines: tuple[str, ...]) -> Vectors:
        seen.append("\n".join(lines))
        return Vectors(lines, ("",) * len(lines), np.eye(len(lines), 6, dtype=np.float32), ())

    monkeypatch.setattr(embedding_models, "line_vectors", encode)
    model: Any = object()
    made = list_map_encoded(loaded=model, text="cat, 猫, qwxzy, cat", **SHAPE)
    assert seen == ["cat\n猫\nqwxzy"]
    assert made.words == ("cat", "猫", "qwxzy")
    assert made.repeated == ("cat",)
    with pytest.raises(BadParameter):
        list_map_encoded(loaded=model, text="a,1,2\nb,3,4", **SHAPE)
    with pytest.raises(TooManyRows):
        list_map_encoded(loaded=model, text="\n".join(map(str, range(401))), **SHAPE)
    with pytest.raises(NeedsWorker):
        list_map_encoded(loaded=model, text="cat, 猫, dog", **{**SHAPE, "method": "umap"})
    assert len(seen) == 1, "nothing is encoded in vain"


# --- neighbours and search ------------------------------------------------------------------------


@pytest.mark.parametrize(("table", "word"), [("glove", "cat"), ("glove", "monday"), ("chinese", "猫")])
def test_neighbours_are_those_of_brute_force(table: str, word: str) -> None:
    found = neighbours(table=table, word=f" {word.upper()}", count=20)
    exact = cosines(table, vector(table, word))
    order = [row for row in np.argsort(-exact) if load(table).words[row] != word][:20]
    assert found.words == tuple(load(table).words[row] for row in order)
    np.testing.assert_allclose(found.similarity, exact[order], atol=1e-5)
    assert found.word == word


def test_neighbours_that_cannot_be_had() -> None:
    with pytest.raises(UnknownWords) as caught:
        neighbours(table="glove", word="<b>" * 50)
    assert len(str(caught.value.values["words"])) <= 40
    with pytest.raises(BadParameter):
        neighbours(table="glove", word="cat", count=51)
    with pytest.raises(BadParameter):
        neighbours(table="x", word="cat")


# --- analogies ------------------------------------------------------------------------------------


Fours = dict[str, tuple[tuple[str, str, str, str], ...]]
WORK: Fours = {
    "glove": (
        ("king", "man", "woman", "queen"),
        ("paris", "france", "italy", "rome"),
        ("berlin", "germany", "japan", "tokyo"),
        ("madrid", "spain", "russia", "moscow"),
        ("prince", "man", "woman", "princess"),
        ("went", "go", "come", "came"),
        ("better", "good", "bad", "worse"),
        ("dogs", "dog", "cat", "cats"),
    ),
    "chinese": (
        ("巴黎", "法国", "英国", "伦敦"),
        ("北京", "中国", "日本", "东京"),
        ("中国", "北京", "伦敦", "英国"),
        ("日本", "东京", "巴黎", "法国"),
        ("丈夫", "男人", "女人", "妻子"),
        ("皇帝", "男人", "女人", "皇后"),
        ("祖父", "父亲", "母亲", "祖母"),
        ("小狗", "狗", "猫", "小猫"),
        ("老师", "学校", "医院", "医生"),
    ),
}
"""a, b, c and the word that comes first for a − b + c, by table."""
FAIL: Fours = {
    "glove": (("uncle", "man", "woman", "aunt"), ("mice", "mouse", "cat", "cats")),
    "chinese": (("国王", "男人", "女人", "王后"), ("王子", "男人", "女人", "公主")),
}
"""a, b, c and the word that one would expect and that does not come first."""


@pytest.mark.parametrize("table", TABLES)
def test_analogies_that_work(table: str) -> None:
    for a, b, c, expected in WORK[table]:
        assert analogy(table=table, a=a, b=b, c=c).words[0] == expected, (a, b, c)


@pytest.mark.parametrize("table", TABLES)
def test_analogies_that_fail(table: str) -> None:
    for a, b, c, expected in FAIL[table]:
        assert expected in load(table).places
        assert analogy(table=table, a=a, b=b, c=c).words[0] != expected, (a, b, c)


def test_an_analogy_by_brute_force() -> None:
    found = analogy(table="glove", a="king", b="man", c="woman", count=10)
    target = vector("glove", "king") - vector("glove", "man") + vector("glove", "woman")
    exact = cosines("glove", target)
    words = load("glove").words
    order = [row for row in np.argsort(-exact) if words[row] not in ("king", "man", "woman")][:10]
    assert found.words == tuple(words[row] for row in order)
    np.testing.assert_allclose(found.similarity, exact[order], atol=1e-5)
    assert found.excluded == ("king",), "nearer than any answer, as Linzen 2016 says of most analogies"
    assert found.excluded_similarity[0] == pytest.approx(exact[load("glove").places["king"]], abs=1e-5)
    assert found.excluded_similarity[0] > found.similarity[0]
    step, other = (
        vector("glove", "king") - vector("glove", "man"),
        vector("glove", "queen") - vector("glove", "woman"),
    )
    assert found.parallel == pytest.approx(
        step @ other / np.linalg.norm(step) / np.linalg.norm(other), abs=1e-5
    )


def test_the_path_of_an_analogy_is_a_parallelogram() -> None:
    """A projection is linear: the step from b to a equals the step from c to the target."""
    found = analogy(table="chinese", a="巴黎", b="法国", c="英国", count=5)
    assert found.positions.shape == (9, 2)
    a, b, c, target = found.positions[:4]
    np.testing.assert_allclose(a - b, target - c, atol=1e-5)
    assert 0 < found.explained[1] <= found.explained[0] < 1


@pytest.mark.parametrize("words", [("king", "man", "qwxzy"), ("", "man", "woman")])
def test_an_analogy_of_unknown_words(words: tuple[str, str, str]) -> None:
    with pytest.raises(UnknownWords):
        analogy(table="glove", a=words[0], b=words[1], c=words[2])


def test_an_analogy_of_one_word_with_itself_is_its_neighbours() -> None:
    found = analogy(table="glove", a="cat", b="cat", c="cat", count=5)
    assert found.words == neighbours(table="glove", word="cat", count=5).words
    assert found.excluded == ("cat",)
    assert found.parallel == 0


# --- one-hot --------------------------------------------------------------------------------------


def test_one_hot_against_dense() -> None:
    found = one_hot(table="glove", words=("cat", "dog", "Cat", "paris", "qwxzy"))
    assert found.words == ("cat", "dog", "paris")
    assert found.missing == ("qwxzy",)
    np.testing.assert_array_equal(found.sparse, np.eye(3))
    own = np.array([vector("glove", word) for word in found.words])
    np.testing.assert_allclose(found.dense, own @ own.T, atol=1e-6)
    assert found.dense[0, 1] > 0.9 > found.dense[0, 2]
    assert (found.vocabulary, found.dim) == (40_000, 50)
    assert (found.sparse_bytes, found.dense_bytes) == (160_000, 200)


@pytest.mark.parametrize(
    ("words", "error"),
    [(("cat",), TooFewPoints), ((), TooFewPoints), (("qwxzy",), UnknownWords), (tuple("the of to and in a for that on "
     "is was said with he as it by at from his an be has are have but were not this who".split()), TooManyRows)],
)  # fmt: skip
def test_one_hot_of_too_few_and_too_many(words: tuple[str, ...], error: type[GlassboxError]) -> None:
    with pytest.raises(error):
        one_hot(table="glove", words=words)


# --- compression ----------------------------------------------------------------------------------


@pytest.mark.parametrize("table", TABLES)
def test_compression(table: str) -> None:
    found, dim = compression(table), load(table).dim
    size = dict(zip(found.kinds, found.bytes.tolist(), strict=True))
    recall = dict(zip(found.kinds, found.recall.tolist(), strict=True))
    assert found.queries == 1_000
    assert found.words == len(load(table).words)
    assert (size["float32"], size["float16"], size["int8"], size["binary"]) == (
        4 * dim,
        2 * dim,
        dim,
        -(-dim // 8),
    )
    assert recall["float32"] == 1
    assert recall["float16"] > 0.99
    assert recall["int8"] > 0.97
    for kept in (dim // 2, dim // 4, dim // 8):
        assert size[f"pca-{kept}"] == size[f"cut-{kept}"] == 4 * kept
        assert recall[f"pca-{kept}"] > recall[f"cut-{kept}"], "turning first loses less"
    assert recall[f"pca-{dim // 2}"] > recall[f"pca-{dim // 4}"] > recall[f"pca-{dim // 8}"]
    again = compression(table, seed=1)
    np.testing.assert_allclose(again.recall, found.recall, atol=0.05)


def test_recall_is_that_of_scikit_learn_s_neighbours() -> None:
    """Other people's exact search before and after our int8, on the same queries."""
    from sklearn.neighbors import NearestNeighbors

    vectors = load("chinese").vectors
    queries = np.sort(np.random.default_rng(1).choice(len(vectors), 1_000, replace=False))

    def found(those: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        units = those / np.linalg.norm(those, axis=1, keepdims=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            near = (
                NearestNeighbors(n_neighbors=11, algorithm="brute").fit(units).kneighbors(units[queries])[1]
            )
        return np.array(
            [[at for at in row if at != query][:10] for row, query in zip(near, queries, strict=True)]
        )

    exact = found(vectors)
    made = compression("chinese", seed=1)
    for kind, those in (("int8", int8(vectors)), ("cut-96", vectors[:, :96])):
        share = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(exact, found(those), strict=True)])
        assert made.recall[made.kinds.index(kind)] == pytest.approx(share, abs=0.002)


def test_recall_of_bits_counts_those_that_differ_and_draws_among_equally_many() -> None:
    """Against ten drawings, in each of which words at an equal Hamming distance stand in an order by chance."""
    vectors = load("glove").vectors
    bits = np.packbits(vectors > vectors.mean(axis=0), axis=1)
    rng, kept, tied = np.random.default_rng(7), [], 0
    for query in np.sort(np.random.default_rng(1).choice(len(vectors), 1_000, replace=False)):
        cosine = vectors @ vectors[query]
        cosine[query] = -np.inf
        exact = set(np.argpartition(-cosine, 10)[:10].tolist())
        apart = np.bitwise_count(bits ^ bits[query]).sum(axis=1, dtype=np.int32)
        apart[query] = 1_000
        last = np.partition(apart, 9)[9]
        near, equal = np.flatnonzero(apart < last), np.flatnonzero(apart == last)
        tied += len(near) + len(equal) > 10
        for _ in range(10):
            drawn = rng.choice(equal, 10 - len(near), replace=False)
            kept.append(len(exact & {*near.tolist(), *drawn.tolist()}) / 10)
    assert tied > 800, "most queries have more words in tenth place than there is room for"
    made = compression("glove", seed=1)
    assert made.recall[made.kinds.index("binary")] == pytest.approx(np.mean(kept), abs=3e-3)
    first_ones = _recall_of_the_frequent(vectors, bits)
    assert abs(made.recall[made.kinds.index("binary")] - first_ones) > 3e-3, "not those that stand first"


def _recall_of_the_frequent(vectors: np.ndarray[Any, Any], bits: np.ndarray[Any, Any]) -> float:
    """What it would be if of equals the first were taken."""
    kept = []
    for query in np.sort(np.random.default_rng(1).choice(len(vectors), 1_000, replace=False)):
        cosine = vectors @ vectors[query]
        exact = np.argpartition(-cosine, 10)[:11]
        apart = np.bitwise_count(bits ^ bits[query]).sum(axis=1, dtype=np.uint8)
        near = np.argsort(apart, kind="stable")[:11]
        kept.append(len(set(near[near != query][:10]) & set(exact[exact != query])) / 10)
    return float(np.mean(kept))


def test_int8_is_off_by_half_a_step_at_most() -> None:
    vectors = np.random.default_rng(0).normal(size=(500, 8)).astype(np.float32)
    step = np.ptp(vectors, axis=0) / 255
    made = int8(vectors)
    assert (np.abs(made - vectors) <= step / 2 + 1e-6).all()
    assert all(len(np.unique(made[:, at])) <= 256 for at in range(8))
    np.testing.assert_array_equal(int8(np.ones((3, 2), np.float32)), 1)


def test_products_of_binary_vectors_count_bits_that_differ() -> None:
    vectors = np.random.default_rng(0).normal(size=(40, 70)).astype(np.float32)
    made, bits = binary(vectors), vectors > vectors.mean(axis=0)
    hamming = (bits[:, None] ^ bits[None]).sum(axis=2)
    np.testing.assert_array_equal(made @ made.T, 70 - 2 * hamming)


# --- results --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (table_map, {"table": "glove", "count": 50, **SHAPE}),
        (list_map, {"text": "cat, dog, fish, cat, qq-q", **SHAPE}),
        (neighbours, {"table": "glove", "word": "cat"}),
        (analogy, {"table": "chinese", "a": "巴黎", "b": "法国", "c": "英国"}),
        (one_hot, {"table": "chinese", "words": ("猫", "狗")}),
        (compress, {"table": "chinese", "seed": 0}),
    ],
)
def test_results_repeat_are_read_only_and_can_be_saved(
    function: Any, arguments: dict[str, Any], tmp_path: Path
) -> None:
    made = function(**arguments)
    again = function(**arguments)
    results.save(made, tmp_path / "a.npz")
    results.save(again, tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert is_dataclass(made)
    back = results.load(tmp_path / "a.npz", type(made))
    for field in fields(made):
        value = getattr(made, field.name)
        if isinstance(value, np.ndarray):
            assert not value.flags.writeable, field.name
            assert value.dtype in (np.float32, np.int32), field.name
            np.testing.assert_array_equal(getattr(back, field.name), value)
        else:
            assert getattr(back, field.name) == value


def test_a_map_can_be_built_of_any_vectors() -> None:
    made = maps.build_map(
        ["a", "b", "c"],
        ["", "", "x"],
        np.eye(3, dtype=np.float32),
        Settings(),
        sentences=["A a", "B b", "C c"],
    )
    assert isinstance(made, Map)
    assert made.sentences == ("A a", "B b", "C c")
    distances = np.linalg.norm(made.positions - np.roll(made.positions, 1, axis=0), axis=1)
    np.testing.assert_allclose(distances, np.sqrt(2), atol=1e-5, err_msg="an equilateral triangle stays one")
