"""What the page about word vectors asks for and says: its experiments' answers on the real data, its sentences."""

from __future__ import annotations

import dataclasses
import inspect
from typing import Any

import numpy as np
import pytest

from core import catalog
from core.calls import Call, complete
from core.catalog import LANGUAGES, Language
from core.catalog.embedding_space import ANALOGIES, SPOKEN, VIEWS
from core.compute.embedding_space import notices as embedding_notices
from core.compute.embedding_space import tables as embedding_space
from core.compute.embedding_space.calls import calls
from core.compute.embedding_space.maps import Map
from core.compute.embedding_space.settings import Settings
from core.compute.embedding_space.tables import OneHot
from core.data.meanings import sense_set
from core.data.word_tables import load as table
from tests.core.embedding_space.live import made

pytestmark = pytest.mark.xdist_group("meaning")  # with test_contextual, which looks at the same results
PAGE = catalog.find("embedding_space")


def state(language: Language = "en", **values: Any) -> dict[str, Any]:
    """All parameters as they open in a language, some set."""
    return complete(PAGE, {"lang": language, **values})


def asked(values: dict[str, Any]) -> Call[Any]:
    """The first call of a state."""
    return next(calls(values))


def revealed(id: str, language: Language) -> dict[str, Any]:
    question = next(question for question in PAGE.questions if question.id == id)
    return state(language, **question.reveal.values(language))


def computed(values: dict[str, Any]) -> Any:
    return made(asked(values))


# --- experiments ---


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_analogy_works_and_an_input_word_lies_nearer(language: Language) -> None:
    found = computed(revealed("works", language))
    assert found.words[0] == {"en": "queen", "zh": "伦敦"}[language]
    assert found.excluded
    assert found.excluded_similarity[0] > found.similarity[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_analogy_fails(language: Language) -> None:
    found = computed(revealed("fails", language))
    bird = {"en": "bird", "zh": "鸟"}[language]
    assert found.words[0] != bird
    assert not {bird, "birds"} & set(found.words[:3])
    named = {"en": {"fly", "flying", "airborne"}, "zh": {"鱼种", "鱼苗"}}[language]
    assert named <= set(found.words)


@pytest.mark.parametrize("language", LANGUAGES)
def test_senses_part_after_the_input(language: Language) -> None:
    found = computed(revealed("senses", language))
    assert found.best > 0
    assert found.silhouette[0] < 0.1 < 0.3 < found.silhouette[found.best]
    assert found.silhouette[found.best] > found.chance_silhouette[found.best, 1]
    assert found.accuracy[found.best] > 0.9


def test_translations_find_each_other() -> None:
    found = computed(revealed("partners", "en"))
    first, second = embedding_notices.found_partners(found)
    assert len(found.first) > 100
    assert min(first, second) >= 0.97 * len(found.first)
    assert found.partner > found.other > 0.6, "all cosines of this encoder are high"


def test_cosines_are_called_high_throughout_where_those_of_strangers_are() -> None:
    found = computed(revealed("partners", "en"))
    assert embedding_notices.all_near(found)
    assert not embedding_notices.all_near(dataclasses.replace(found, other=0.2))


def test_one_bit_keeps_two_thirds_in_chinese_and_a_quarter_in_glove() -> None:
    chinese = computed(revealed("bits", "en"))
    assert chinese.table == "chinese"
    size, share = embedding_notices.kept(chinese, "binary")
    assert size == 48
    assert share == pytest.approx(2 / 3, abs=0.05)
    glove = computed(state(view="compress"))
    assert embedding_notices.kept(glove, "binary")[1] == pytest.approx(0.25, abs=0.03)
    assert embedding_notices.kept(glove, "int8")[1] > 0.95


EXPECTED = {
    ("paris", "france", "italy"): "rome",
    ("nephew", "man", "woman"): "niece",
    ("walked", "walk", "run"): "ran",
    ("doctor", "man", "woman"): "nurse",
    ("北京", "中国", "日本"): "东京",
    ("小狗", "狗", "猫"): "小猫",
    ("儿子", "男人", "女人"): "女儿",
    ("人民币", "中国", "美国"): "美元",
}


@pytest.mark.parametrize(("words", "answer"), EXPECTED.items(), ids=["-".join(words) for words in EXPECTED])
def test_example_analogies(words: tuple[str, str, str], answer: str) -> None:
    name = next(name for name, offered in ANALOGIES.items() if words in offered)
    found = embedding_space.analogy(table=name, a=words[0], b=words[1], c=words[2])
    assert found.words[0] == answer


@pytest.mark.parametrize("language", LANGUAGES)
def test_default_words_stand_in_the_table_of_the_language(language: Language) -> None:
    own = SPOKEN[language]
    known = table(str(own["table"])).places
    words = own["words"]
    assert isinstance(words, tuple)
    assert not [word for word in (*words, *(own[name] for name in "abc")) if word not in known]
    assert sense_set(str(own["set"])).language == language


# --- which computation a state asks for ---


def test_what_a_method_does_not_know_of_makes_no_second_result() -> None:
    one = asked(state(method="pca", seed=5, neighbours=7, perplexity=12.0))
    assert one.key == asked(state(method="pca")).key
    other = asked(state(method="umap", seed=5, perplexity=12.0))
    assert (other.arguments["seed"], other.arguments["perplexity"]) == (5, 30.0)
    assert asked(state(method="tsne", perplexity=12.0)).arguments["perplexity"] == 12.0


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("source", PAGE.param("source").options)
def test_every_view_names_a_function_and_all_that_it_takes(view: str, source: str) -> None:
    for one in calls(state(view=view, source=source, word="king")):
        given = {name: value for name, value in one.arguments.items() if name != "model"}
        assert one.plain != ("model" in one.arguments)
        inspect.signature(one.function).bind(**({} if one.plain else {"loaded": None}), **given)


@pytest.mark.parametrize(
    ("values", "looked_up"),
    [
        ({"word": " king "}, True),
        ({"word": ""}, False),
        ({"word": "king", "source": "list"}, False),
        ({"word": "king", "view": "analogy", "source": "list"}, True),
        ({"word": "king", "view": "senses"}, False),
    ],
)
def test_a_picked_word_of_a_table_brings_its_neighbours(values: dict[str, str], looked_up: bool) -> None:
    last = list(calls(state("en", **values)))[-1]
    assert (last.function is embedding_space.neighbours) is looked_up
    assert not looked_up or last.arguments == {"table": "glove", "word": "king"}


# --- what the sentences say ---


def small_map(groups: tuple[str, ...], neighbours: list[list[int]]) -> Map:
    count = len(groups)
    return Map(
        words=tuple("abcdefgh"[:count]), groups=groups, positions=np.zeros((count, 2), np.float32), method="pca",
        explained=np.array([0.3, 0.2], np.float32), trustworthiness=-1.0, dims=2,
        neighbours=np.array(neighbours, np.int32), similarity=np.zeros((count, 2), np.float32),
    )  # fmt: skip


def test_kin_counts_the_nearest_word_that_has_a_theme() -> None:
    found = small_map(("x", "x", "y", ""), [[3, 1], [0, 2], [3, 0], [0, 1]])
    kin = embedding_notices.kin(found)
    assert kin is not None
    assert (kin.near, kin.without) == (3, 0)
    assert kin.share == pytest.approx(2 / 3)
    assert embedding_notices.kin(small_map(("", ""), [[1], [0]])) is None
    alone = embedding_notices.kin(small_map(("x", "x", "y", ""), [[1, 3], [0, 3], [3, 3], [0, 1]]))
    assert alone is not None
    assert (alone.near, alone.without, alone.share) == (2, 1, 1.0), (
        "one has none in a group among its neighbours"
    )
    assert embedding_notices.explained(found) == pytest.approx(0.5)


def test_what_so_few_points_admit_is_what_the_libraries_take() -> None:
    """scikit-learn refuses a perplexity of n and more, UMAP takes fewer neighbours than points."""
    few = dataclasses.replace(small_map(("",) * 8, [[1, 2]] * 8), method="tsne")
    asked = Settings("tsne", perplexity=100.0)
    assert embedding_notices.lowered(few, asked) == {"count": 8, "used": pytest.approx(7 / 3), "asked": 100.0}
    umap = dataclasses.replace(few, method="umap")
    assert embedding_notices.lowered(umap, asked) == {"count": 8, "used": 7, "asked": 15}
    assert embedding_notices.lowered(umap, Settings("umap", neighbours=7)) == {}
    assert embedding_notices.lowered(dataclasses.replace(few, method="pca"), asked) == {}


def test_the_closest_pair_is_not_a_word_with_itself() -> None:
    dense = np.array([[1, -0.9, 0.1], [-0.9, 1, -0.2], [0.1, -0.2, 1]], np.float32)
    found = OneHot("glove", ("a", "b", "c"), np.eye(3, dtype=np.float32), dense, 10, 3, 40, 12, ())
    first, second, cosine = embedding_notices.closest(found)
    assert (first, second) == ("a", "c")
    assert cosine == pytest.approx(0.1)
