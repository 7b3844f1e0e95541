"""What models make of words and sentences, against transformers, scikit-learn, scipy and brute force."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from scipy.linalg import orthogonal_procrustes
from sklearn.decomposition import PCA
from sklearn.metrics import silhouette_score
from sklearn.neighbors import NearestCentroid

from core import results
from core.compute.embedding_space import contextual as models
from core.compute.embedding_space import separation as measures
from core.data.meanings import pairs_text, sense_set, sense_sets, single_text, topic_titles
from core.errors import (
    BadPair,
    BadParameter,
    NoTokens,
    TextEmpty,
    TextTooLong,
    TooFewPoints,
    TooFewSenses,
    TooManyRows,
    WordMissing,
)
from core.models.load.loading import load
from core.models.load.residency import LoadedModel
from core.models.read.trace import make_trace
from core.numerics import unit
from tests.core.embedding_space.live import E5, SMOL, senses, space
from tests.core.tiny import NAMES, tiny

pytestmark = pytest.mark.xdist_group("meaning")  # with test_calls, which looks at the same results
PLAIN: dict[str, Any] = {
    "method": "pca", "dims": 2, "seed": 0, "neighbours": 15, "min_dist": 0.1, "perplexity": 30.0
}  # fmt: skip
BUNDLED = [(found.id, model) for found in sense_sets() for model in found.models]


def reference(loaded: LoadedModel, text: str) -> list[np.ndarray]:
    """Hidden states as transformers gives them, one text alone."""
    ids = loaded.tokenizer(text, return_tensors="pt")["input_ids"]
    model: Any = loaded.model
    with torch.inference_mode():
        output = model(ids, output_hidden_states=True)
    return [layer[0].float().numpy() for layer in output.hidden_states]


# --- the measures ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def clouds() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    labels = np.repeat([0, 1, 2], [7, 9, 5]).astype(np.int32)
    middles = rng.normal(size=(3, 12))
    return middles[labels] + rng.normal(size=(21, 12)), labels


def test_silhouette_is_scikit_learn_s(clouds: tuple[np.ndarray, np.ndarray]) -> None:
    vectors, labels = clouds
    both = np.stack([labels, np.random.default_rng(2).permutation(labels)])
    ours = measures.silhouette(measures.cosines(vectors), both)
    assert_allclose(ours, [silhouette_score(vectors, one, metric="cosine") for one in both], atol=1e-9)


def test_accuracy_is_leave_one_out_nearest_centroid(clouds: tuple[np.ndarray, np.ndarray]) -> None:
    vectors, labels = clouds
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    right = 0
    for at in range(len(labels)):
        others = np.arange(len(labels)) != at
        centroids = NearestCentroid().fit(units[others], labels[others]).centroids_
        right += (centroids @ units[at] / np.linalg.norm(centroids, axis=1)).argmax() == labels[at]
    assert 0.4 < right / len(labels) < 1
    assert measures.accuracy(measures.cosines(vectors), labels)[0] == pytest.approx(right / len(labels))


def test_equal_vectors_are_neither_near_nor_far() -> None:
    same = measures.cosines(np.ones((8, 5)))
    labels = np.repeat([0, 1], 4).astype(np.int32)
    assert measures.silhouette(same, labels)[0] == 0
    assert measures.accuracy(same, labels)[0] == pytest.approx(0.5)  # two equally near: half right


def test_planes_are_pca_and_turning_is_procrustes(clouds: tuple[np.ndarray, np.ndarray]) -> None:
    vectors, labels = clouds
    layers = np.stack([vectors, vectors + 0.4, vectors**2]).astype(np.float32)
    places, shares = measures.planes(layers)
    for layer, place, share in zip(layers, places, shares, strict=True):
        pca = PCA(2).fit(unit(layer))
        assert_allclose(np.abs(place), np.abs(pca.transform(unit(layer))), atol=1e-6)
        assert_allclose(share, pca.explained_variance_ratio_, atol=1e-6)
    turned = measures.aligned(places, labels, 1)
    for near, far in ((1, 2), (1, 0)):
        turn, _ = orthogonal_procrustes(places[far], turned[near])
        assert_allclose(turned[far], places[far] @ turn, atol=1e-9)
    step = turned[1][labels == 1].mean(0) - turned[1][labels == 0].mean(0)
    assert step[0] > 0
    assert abs(step[1]) < 1e-9
    assert_allclose(np.linalg.norm(turned, axis=-1), np.linalg.norm(places, axis=-1), atol=1e-9)


# --- vectors --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_batches_give_what_one_text_alone_gives(name: str) -> None:
    loaded = tiny(name)
    lines = ["the cat", "the dog", "a cat and a dog", "a dog and a cat", "the fox jumps"]
    found = {
        layer: models.hidden_vectors(loaded=loaded, text="\n".join(lines), layer=layer)
        for layer in (0, 1, -1)
    }
    start = 0
    for line in lines:
        trace = make_trace(loaded, line, limit=60)
        kept = [at for at, special in enumerate(trace.tokens.special) if not special]
        for layer, vectors in found.items():
            part = slice(start, start + len(kept))
            assert vectors.words[part] == tuple(trace.tokens.labels[at] for at in kept)
            assert_allclose(vectors.vectors[part], trace.hidden[layer][kept], atol=2e-5)
            assert set(vectors.sentences[part]) == {line}
        start += len(kept)
    assert start == len(found[0].words)


def test_groups_are_the_headers_of_a_text() -> None:
    found = models.hidden_vectors(loaded=tiny("gpt2"), text="# one\nthe cat\n# two\nthe dog", layer=0)
    assert set(zip(found.groups, found.sentences, strict=True)) == {("one", "the cat"), ("two", "the dog")}


def test_a_sign_without_a_blank_behind_it_is_text() -> None:
    text = "#1 fan of the cat\nthe dog\n#hashtag the fox"
    found = models.sentence_vectors(loaded=tiny("bert"), text=text)
    assert found.words == tuple(text.split("\n"))
    assert found.groups == ("", "", "")
    words = models.list_map_encoded(loaded=tiny("bert"), text="# the, #cat, dog\n# fox", **PLAIN)
    assert words.words == ("# the", "#cat", "dog", "# fox"), "in a list of words it always is"
    assert words.groups == ("",) * 4
    assert models.unused_names("# a\n# b\nthe cat\n#c\n# d") == ("a", "d")


def test_a_layer_beyond_the_last_is_the_last_one() -> None:
    text, model = "the cat\nthe dog", tiny("gpt2")
    last, beyond = (models.hidden_vectors(loaded=model, text=text, layer=at).vectors for at in (-1, 99))
    np.testing.assert_array_equal(beyond, last)
    np.testing.assert_allclose(last[:3], reference(tiny("gpt2"), "the cat")[-1], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("text", ["Привет\nмир\nКошка\nсобака", "مرحبا\nسلام", "שלום\nשלו", "안녕\n고양이"])
def test_a_script_that_the_model_has_no_tokens_for_is_said(text: str) -> None:
    model = load(E5)
    ids = model.tokenizer(text, add_special_tokens=False)["input_ids"]
    assert {model.tokenizer.convert_ids_to_tokens(one) for one in ids} == {"▁", "<unk>"}, "by transformers"
    for source in ("sentences", "hidden"):
        with pytest.raises(NoTokens):
            models.model_map(loaded=model, source=source, text=text, layer=-1, count=0, **PLAIN)
    with pytest.raises(NoTokens):
        models.list_map_encoded(loaded=model, text=text, **PLAIN)
    with pytest.raises(NoTokens):
        models.anisotropy(loaded=model, text=text)
    mixed = models.model_map(
        loaded=model, source="sentences", text=f"{text}\nA cat.", layer=-1, count=0, **PLAIN
    )
    assert mixed.unknown == tuple(text.split("\n"))


def test_what_the_model_has_a_token_for_is_not_called_unknown() -> None:
    lines = ["A cat.", "!!!", "Кошка cat", "2026", "日本語テスト", "<unk>"]
    found = models.sentence_vectors(loaded=load(E5), text="\n".join(lines))
    assert found.unknown == ()


@pytest.mark.parametrize("model", [E5, SMOL])
def test_input_vectors_are_rows_of_the_matrix(model: str) -> None:
    loaded = load(model)
    found = models.input_vectors(loaded=loaded, count=300)
    matrix: Any = loaded.model.get_input_embeddings().weight  # type: ignore[operator]
    assert len(set(found.words)) == 300
    assert found.vectors.shape == (300, matrix.shape[1])
    for word in ("the", "with"):
        ids = loaded.tokenizer(f" {word}", add_special_tokens=False)["input_ids"]
        assert_allclose(found.vectors[found.words.index(word)], matrix[ids[-1]].detach().numpy(), atol=1e-6)
    assert all(word.isalpha() for word in found.words)


def test_sentence_vectors_are_the_encoder_s_recipe() -> None:
    loaded = load(E5)
    lines = ("The cat sleeps.", "猫在睡觉。")
    found = models.sentence_vectors(loaded=loaded, text="\n".join(lines))
    for line, vector in zip(lines, found.vectors, strict=True):
        mean = reference(loaded, "query: " + line)[-1].mean(0)
        assert_allclose(vector, mean / np.linalg.norm(mean), atol=1e-5)
    assert found.groups == ("latin", "han")


@pytest.mark.parametrize("source", models.SOURCES)
def test_a_map_stands_on_these_vectors(source: str) -> None:
    loaded = tiny("bert") if source != "input" else load(SMOL)
    text = "the cat sat\nthe dog sat\nthe quick fox\nthe lazy dog sleeps"
    found = models.model_map(
        loaded=loaded, source=source, text=text, layer=-1, count=60, method="pca", dims=2, seed=0,
        neighbours=15, min_dist=0.1, perplexity=30.0,
    )  # fmt: skip
    vectors = models.model_vectors(loaded=loaded, source=source, text=text, layer=-1, count=60)
    assert sorted(found.words) == sorted(vectors.words)
    assert found.positions.shape == (len(vectors.words), 2)
    with pytest.raises(BadParameter):
        models.model_vectors(loaded=loaded, source="x", text="", layer=0, count=5)


# --- one word, several senses ---------------------------------------------------------------------


@pytest.mark.parametrize(("id", "model"), [("bank", SMOL), ("pingguo", E5), ("bank", E5)])
def test_a_word_s_vector_is_the_mean_of_its_tokens(id: str, model: str) -> None:
    found, loaded = senses(id, model), load(model)
    vectors = []
    for sentence, (start, end) in zip(found.sentences, found.spans.tolist(), strict=True):
        assert sentence[start:end].lower() == found.word
        encoded = loaded.tokenizer(sentence, return_offsets_mapping=True)
        names = loaded.tokenizer.convert_ids_to_tokens(encoded["input_ids"])
        at = [
            place
            for place, (first, last) in enumerate(encoded["offset_mapping"])
            if max(first, start) < min(last, end) and names[place] != "▁"
        ]
        states = reference(loaded, sentence)
        vectors.append(np.stack([layer[at].mean(0) for layer in states]))
    for layer in (0, found.best, -1):
        own = np.stack([one[layer] for one in vectors])
        score = (
            0.0 if np.ptp(own, axis=0).max() < 1e-6 else silhouette_score(own, found.sense, metric="cosine")
        )
        assert found.silhouette[layer] == pytest.approx(score, abs=1e-4)


@pytest.mark.parametrize(("id", "model"), BUNDLED)
def test_senses_of_the_bundled_words_come_apart(id: str, model: str) -> None:
    found = senses(id, model)
    best = found.best
    assert found.skipped == ()
    assert np.bincount(found.sense).min() >= 6
    assert found.silhouette[best] > 0.2
    assert found.silhouette[best] > found.chance_silhouette[best, 1] + 0.1
    assert found.accuracy[best] >= 0.85
    assert found.accuracy[best] > found.chance_accuracy[best, 1]
    assert found.silhouette[0] < 0.15  # what goes in does not know the sense yet
    assert silhouette_score(found.positions[best], found.sense) > 0.2  # seen in the plane, too


@pytest.mark.parametrize(("id", "model"), [("bank", SMOL), ("pingguo", E5), ("da", E5)])
def test_shuffled_senses_do_not_come_apart(id: str, model: str) -> None:
    found, chosen = senses(id, model), sense_set(id)
    rng = np.random.default_rng(5)
    names = [found.senses[at] for at in found.sense]
    rows = []
    for name, sentence in zip(rng.permutation(names), found.sentences, strict=True):
        rows += [f"# {name}", sentence]
    mixed = models.senses(loaded=load(model), word=chosen.word, text="\n".join(rows))
    assert mixed.silhouette[found.best] < found.silhouette[found.best] - 0.1
    assert mixed.silhouette[found.best] < 0.15
    assert abs(found.chance_silhouette[found.best]).max() < 0.25


def test_a_decoder_that_has_not_read_the_rest_sees_no_sense() -> None:
    found = senses("bank_after", SMOL)
    assert found.causal
    assert np.abs(found.silhouette).max() < 0.01
    assert np.abs(found.positions).max() < 1e-5
    assert_allclose(found.accuracy, 0.5)
    assert senses("bank_after", E5).silhouette.max() > 0.4


def test_layers_move_smoothly() -> None:
    positions = senses("bank", SMOL).positions
    for before, after in pairwise(positions[3:]):
        turn, _ = orthogonal_procrustes(after, before)
        assert_allclose(np.abs(turn @ turn.T), np.eye(2), atol=1e-5)
        assert np.linalg.norm(after - before) <= np.linalg.norm(after @ turn - before) + 1e-4


def test_own_sentences_in_blocks() -> None:
    text = "the cat sat\nthe cat sleeps\na cat\n\nthe cat jumps\nquick cat\nbrown cat\nno such animal"
    found = models.senses(loaded=tiny("bert"), word="CAT", text=text)
    assert found.senses == ("1", "2")
    assert found.sense.tolist() == [0, 0, 0, 1, 1, 1]
    assert found.skipped == ("no such animal",)


@pytest.mark.parametrize(
    ("word", "text", "error"),
    [
        ("cat", "", TextEmpty),
        ("cat", "# a\n# b", TextEmpty),
        ("", "# a\nthe cat", WordMissing),
        ("cow", "# a\nthe cat\nthe cat\nthe cat\n# b\nthe dog", WordMissing),
        ("cat", "# a\nthe cat\nthe cat\nthe cat", TooFewSenses),
        ("cat", "# a\nthe cat\nthe cat\nthe cat\n# b\nthe cat", TooFewSenses),
        ("at", "# a\nthe cat\nthe cat\nthe cat\n# b\nthe cat\ncat\ncat", WordMissing),
        ("cat", "the cat\n" * 65, TooManyRows),
        ("cat", "cat " * 80, TextTooLong),
        ("cat", "(\ud800 cat\n" * 3, TooFewSenses),
    ],
)
def test_senses_refuse_what_cannot_be_shown(word: str, text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        models.senses(loaded=tiny("bert"), word=word, text=text)


# --- translations ---------------------------------------------------------------------------------


def test_translations_are_nearest_both_ways() -> None:
    found = space()
    assert len(found.first) >= 110
    assert (found.rank_first == 1).mean() >= 0.97
    assert (found.rank_second == 1).mean() >= 0.97
    assert found.partner - found.other > 0.08


def test_ranks_are_counted_by_hand() -> None:
    """Every sentence stands beside the translation of the next one, so that no rank is the first by right."""
    first, second = space().first[:24], space().second[1:25]
    lines = [" | ".join(pair) for pair in zip(first, second, strict=True)]
    found = models.sentence_space(loaded=load(E5), text="\n".join(lines))
    both = models.sentence_vectors(loaded=load(E5), text="\n".join([*first, *second])).vectors
    cosine = np.array([[left @ right for right in both[24:]] for left in both[:24]])
    assert_allclose(found.similarity, cosine, atol=1e-5)
    for at in range(24):
        assert found.rank_first[at] == 1 + sorted(cosine[at], reverse=True).index(cosine[at, at])
        assert found.rank_second[at] == 1 + sorted(cosine[:, at], reverse=True).index(cosine[at, at])
    assert (found.rank_first > 1).mean() > 0.9
    pca = PCA(2).fit(both)
    assert_allclose(np.abs(found.positions[0]), np.abs(pca.transform(both)), atol=1e-3)
    assert_allclose(found.explained[0], pca.explained_variance_ratio_, atol=1e-4)


def test_the_widest_direction_is_the_language() -> None:
    language = np.repeat([0, 1], len(space().first))
    raw, apart = (abs(np.corrcoef(language, places[:, 0])[0, 1]) for places in space().positions)
    assert raw > 0.95
    assert apart < 0.01


def test_a_decoder_for_english_finds_few_translations() -> None:
    pairs = "\n".join(pairs_text().splitlines()[:17])
    found = models.sentence_space(loaded=load(SMOL), text=pairs)
    assert len(found.first) > 12
    assert (found.rank_second == 1).mean() < 0.5


def test_own_pairs() -> None:
    text = "# t\nthe cat\ta cat\nthe dog | a dog\nthe fox｜a fox"
    found = models.sentence_space(loaded=tiny("bert"), text=text)
    assert found.first == ("the cat", "the dog", "the fox")
    assert found.groups == ("t",) * 3
    with pytest.raises(BadPair, match="line=2"):
        models.sentence_space(loaded=tiny("bert"), text="a|b\nno pair\nc|d")
    with pytest.raises(TooFewPoints):
        models.sentence_space(loaded=tiny("bert"), text="a|b")
    with pytest.raises(TooManyRows):
        models.sentence_space(loaded=tiny("bert"), text="the cat|a cat\n" * 201)


# --- the narrow cone ------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [E5, SMOL])
def test_anisotropy_is_the_mean_cosine_of_all_pairs(model: str) -> None:
    loaded = load(model)
    lines = single_text("en").splitlines()[:6]
    found = models.anisotropy(loaded=loaded, text="\n".join(lines))
    vectors, owner = [], []
    for at, line in enumerate(lines):
        trace = make_trace(loaded, line, limit=64)
        first = 1 if model == SMOL else 0
        kept = [i for i in range(first, len(trace.tokens)) if not trace.tokens.special[i]]
        vectors.append(trace.hidden[:, kept])
        owner += [at] * len(kept)
    states = np.concatenate(vectors, axis=1).astype(np.float64)
    assert found.tokens == len(owner)
    apart = [(i, j) for i in range(len(owner)) for j in range(i) if owner[i] != owner[j]]
    assert found.pairs == len(apart)
    for layer in (1, len(states) // 2, len(states) - 1):
        for kind, given in enumerate((states[layer], states[layer] - states[layer].mean(0))):
            unit = given / np.linalg.norm(given, axis=1, keepdims=True)
            cosine = [unit[i] @ unit[j] for i, j in apart]
            assert found.cosine[kind, layer] == pytest.approx(np.mean(cosine), abs=1e-4)
            sizes = np.linalg.svd(given, compute_uv=False) ** 2
            assert_allclose(found.shares[kind, layer], (sizes / sizes.sum())[:10], atol=1e-4)
            assert found.effective[kind, layer] == pytest.approx(
                sizes.sum() ** 2 / (sizes**2).sum(), rel=1e-3
            )
        pca = PCA(10, svd_solver="full").fit(states[layer])
        assert_allclose(found.shares[1, layer], pca.explained_variance_ratio_, atol=1e-4)
    assert_allclose(found.histogram.sum(-1), 1, atol=1e-5)


@pytest.mark.parametrize(("model", "lines"), [(E5, 0), (SMOL, 24)])
def test_the_cone_is_narrow_until_the_mean_is_removed(model: str, lines: int) -> None:
    text = "\n".join(single_text("en").splitlines()[:lines])  # none: the bundled sentences, all of them
    found = models.anisotropy(loaded=load(model), text=text)
    last = -1 if model == E5 else -2  # the decoder's last state is normed
    assert found.cosine[0, last] > 0.5
    assert np.abs(found.cosine[1]).max() < 0.12
    assert found.cosine[0, last] > found.cosine[0, 0] + 0.3
    assert (found.spread[:, :, 0] <= found.cosine).all()
    assert found.sentences == (lines or 64)


def test_the_same_tokens_are_drawn_again() -> None:
    text = "the quick brown fox jumps over the lazy dog\n" * 60
    one, again, other = (models.anisotropy(loaded=tiny("gpt2"), text=text, seed=seed) for seed in (0, 0, 1))
    assert one.tokens == models.MOST_COMPARED
    assert (again.cosine == one.cosine).all()
    assert (other.cosine != one.cosine).any()


def test_one_sentence_has_no_pairs() -> None:
    with pytest.raises(TooFewPoints):
        models.anisotropy(loaded=tiny("bert"), text="the cat sat")


# --- what comes with Glassbox ---------------------------------------------------------------------


def test_bundled_sentences_are_written_once_and_hold_the_word() -> None:
    for found in sense_sets():
        lines = [line for line in found.text.splitlines() if not line.startswith("#")]
        assert len(lines) == len(set(lines))
        assert all(found.word in line for line in lines)
        assert (
            set(found.titles["en"])
            == set(found.titles["zh"])
            == {line[2:] for line in found.text.splitlines() if line.startswith("#")}
        )
    with pytest.raises(BadParameter):
        sense_set("none")


def test_pairs_say_something_different_each() -> None:
    rows = [line.split(" | ") for line in pairs_text().splitlines() if not line.startswith("#")]
    assert len(rows) >= 110
    assert all(len(row) == 2 for row in rows)
    for side in (0, 1):
        texts = [row[side] for row in rows]
        assert len(set(texts)) == len(texts)
        bags = [set(text.lower().strip(".").split()) if side == 0 else set(text) for text in texts]
        overlap = [len(one & other) / len(one | other) for at, one in enumerate(bags) for other in bags[:at]]
        assert max(overlap) < 0.5
    assert len(topic_titles("en")) == len(topic_titles("zh")) >= 10
    assert len(single_text("zh").splitlines()) == len(single_text("en").splitlines()) == 64


def test_results_are_read_only_and_survive_the_disk(tmp_path: Any) -> None:
    cone = models.anisotropy(loaded=tiny("gpt2"), text="the cat sat\nthe dog sat\na fox jumps")
    for result in (senses("bank", SMOL), space(), cone):
        results.save(result, tmp_path / "r.npz")
        again = results.load(tmp_path / "r.npz", type(result))
        for name in result.__dataclass_fields__:
            value = getattr(result, name)
            if isinstance(value, np.ndarray):
                assert not value.flags.writeable, name
                assert_allclose(getattr(again, name), value)
            else:
                assert getattr(again, name) == value
