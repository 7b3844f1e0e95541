"""Cuts, reasons, training and costs: against the tokenizers themselves, brute force, and identities."""

from __future__ import annotations

import itertools
import json
import time
from collections import Counter

import numpy as np
import pytest
import tiktoken
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from core import catalog
from core.catalog.token_splits import ENCODER, SENTENCE_ZH, VERSE
from core.compute.token_splits import training as token_training
from core.compute.token_splits.corpus import count_words, cut_words, held_out, read_corpus
from core.compute.token_splits.costs import budget, fertility, parallel_texts
from core.compute.token_splits.cut import Cut, boundaries, specials, split
from core.compute.token_splits.reasons import LONGEST_WORD, explain, explain_word
from core.compute.token_splits.training import UNKNOWN, curve, train
from core.errors import BadParameter, TextEmpty, TextTooLong, TextTooShort, UnknownModel
from core.models.tokens.labels import label_tokens
from core.models.tokens.remembered import labelled
from core.models.tokens.vocabularies import load_vocabulary
from core.paths import DATA
from tests.core.oracles import token_bytes
from tests.core.token_splits import trained
from tests.core.varied_text import varied

MIXED = "Tokenization is unbelievable: 龘 小猫, 12345 apples 👩‍👩‍👧\n\tdef f(x): return x**2"
CORPUS = (
    "low low low low low lower lower newest newest newest newest newest newest widest widest widest\n" * 12
)
FAMILIES = ("gpt2", "mistral-v1", "bert", "xlm-r")


def engine_of(vocabulary: str) -> Tokenizer:
    engine = load_vocabulary(vocabulary).engine
    assert engine is not None
    return engine


# --- cuts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("vocabulary", [*FAMILIES, "words", "jieba", "characters", "bytes"])
def test_a_cut_lies_in_the_text(vocabulary: str) -> None:
    (cut,) = split(text=MIXED, vocabularies=(vocabulary,)).cuts
    columns = (cut.labels, cut.starts, cut.ends, cut.bytes_hex, cut.groups, cut.special, cut.unknown)
    assert {len(one) for one in columns} == {len(cut.ids)}
    assert all(0 <= start <= end <= len(MIXED) for start, end in zip(cut.starts, cut.ends, strict=True))
    assert list(cut.starts) == sorted(cut.starts)
    covered = {at for start, end in zip(cut.starts, cut.ends, strict=True) for at in range(start, end)}
    assert all(MIXED[at].isspace() or MIXED[at] == "\u200d" for at in set(range(len(MIXED))) - covered)


@settings(max_examples=100, deadline=None)
@given(st.text(min_size=1, max_size=60).filter(str.strip))
def test_bytes_are_the_text_and_offsets_cover_it(text: str) -> None:
    result = split(text=text, vocabularies=("gpt2", "bytes", "characters"))
    for cut in result.cuts:
        joined = bytes.fromhex(" ".join(cut.bytes_hex))
        assert joined == text.encode()
        assert cut.starts[0] == 0
        assert cut.ends[-1] == len(text)
        assert all(b <= a for a, b in zip(cut.ends, cut.starts[1:], strict=False))
    assert result.counts[1:] == (len(text.encode()), len(text))


@pytest.mark.parametrize("vocabulary", FAMILIES)
def test_labels_are_those_of_label_tokens(vocabulary: str) -> None:
    loaded = load_vocabulary(vocabulary)
    for text in varied(400, seed=3):
        ids = engine_of(vocabulary).encode(text, add_special_tokens=False).ids
        expected = label_tokens(loaded.as_transformers(), ids)
        labels, bytes_hex, groups, special = labelled(loaded, ids)
        assert tuple(labels) == expected.labels
        assert tuple(groups) == expected.groups
        assert tuple(special) == expected.special
        assert bytes_hex == [data.hex(" ").upper() for data in expected.bytes]


PARTS = st.sampled_from(
    [
        *(
            "a",
            " ",
            "\n",
            "龘",
            "𠀀",
            "字",
            "e\u0301",
            "\u0301",
            "👩\u200d🚀",
            "👍🏽",
            "🇨🇳",
            "\u200d",
            "\ufffd",
        ),
        *("क\u094dष", "नमस्ते", "\u0600", "각", "\u1100", "\u0e33", "مرحبا", "שלום", "\u202e", "\u00a0"),
        *("<|endoftext|>", "[UNK]", "\x07", "\u2028"),
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(PARTS, min_size=1, max_size=14).map("".join), st.sampled_from(FAMILIES))
def test_remembered_labels_are_those_of_label_tokens(text: str, vocabulary: str) -> None:
    loaded = load_vocabulary(vocabulary)
    ids = engine_of(vocabulary).encode(text, add_special_tokens=False).ids
    for part in (ids, ids[1:], ids[:-1]):  # a cut that begins or ends inside a character too
        expected = label_tokens(loaded.as_transformers(), part)
        labels, bytes_hex, groups, special = labelled(loaded, part)
        assert tuple(labels) == expected.labels
        assert tuple(groups) == expected.groups
        assert tuple(special) == expected.special
        assert bytes_hex == [data.hex(" ").upper() for data in expected.bytes]


def test_a_character_of_three_tokens() -> None:
    (cut,) = split(text="a龘", vocabularies=("bytes",)).cuts
    assert cut.bytes_hex == ("61", "E9", "BE", "98")
    assert (cut.starts, cut.ends, cut.groups) == ((0, 1, 1, 1), (1, 2, 2, 2), (0, 1, 1, 1))


def test_boundaries_that_nobody_else_makes() -> None:
    result = split(text="The cats", vocabularies=("words", "characters"))
    assert result.lonely == ((), (1, 2, 4, 5, 6, 7))
    assert (result.counts, result.spread) == ((2, 8), 300.0)
    assert result.characters_per_token == (4.0, 1.0)
    alone = split(text="The cats", vocabularies=("characters",))
    assert alone.lonely == ((),)


def test_what_is_dropped_between_tokens_makes_no_boundary_of_its_own() -> None:
    def cut(starts: tuple[int, ...], ends: tuple[int, ...]) -> Cut:
        empty = ("",) * len(starts)
        no = (False,) * len(starts)
        return Cut("x", tuple(starts), empty, starts, ends, empty, starts, no, no)

    assert boundaries(cut((0, 4), (3, 7)), 7) == boundaries(cut((0, 3), (3, 7)), 7) == {3}
    assert boundaries(cut((0, 1, 1, 2), (1, 2, 2, 3)), 3) == {1, 2}


def test_words_are_numbered_by_first_appearance() -> None:
    (cut,) = split(text="to be or not to be", vocabularies=("words",)).cuts
    assert cut.ids == (0, 1, 2, 3, 0, 1)


def test_bad_input() -> None:
    with pytest.raises(TextEmpty):
        split(text=" \n", vocabularies=("gpt2",))
    with pytest.raises(TextTooLong):
        split(text="x" * 20_001, vocabularies=("gpt2",))
    for wrong in ((), ("gpt2",) * 2, ("gpt2", "bert", "words", "bytes", "characters")):
        with pytest.raises(BadParameter):
            split(text="x", vocabularies=wrong)
    with pytest.raises(UnknownModel):
        split(text="x", vocabularies=("nothing",))
    assert split(text="a\ud800b", vocabularies=("bytes",)).counts == (3,)


NAMES = {"gpt2": "r50k_base", "cl100k": "cl100k_base", "o200k": "o200k_base"}


@pytest.mark.parametrize("vocabulary", NAMES)
def test_the_name_of_a_special_token_is_its_id_as_tiktoken_allows_it(vocabulary: str) -> None:
    """tiktoken, ``allowed_special="all"``, with the ranks of the vocabulary itself."""
    text = "hello <|endoftext|> world"
    (cut,) = split(text=text, vocabularies=(vocabulary,)).cuts
    marks = load_vocabulary(vocabulary).added_tokens_decoder
    theirs = tiktoken.Encoding(
        NAMES[vocabulary], pat_str=r"\S+|\s+(?=\s)|\s\S+",
        mergeable_ranks=token_bytes(vocabulary), special_tokens={str(one.content): id for id, one in marks.items()},
    )  # fmt: skip
    inside = [id for id, special in zip(cut.ids, cut.special, strict=True) if special]
    assert inside == theirs.encode("<|endoftext|>", allowed_special="all")
    assert len(theirs.encode_ordinary("<|endoftext|>")) > 1
    assert specials(split(text=text, vocabularies=(vocabulary, "bert"))) == {"<|endoftext|>": (vocabulary,)}


def test_no_space_is_added_behind_a_special_token() -> None:
    """As transformers cuts SentencePiece's models since `legacy=False`; each character of the text is counted once."""
    from transformers import LlamaTokenizer

    model = load_vocabulary("mistral-v1").content
    theirs = LlamaTokenizer(vocab=model["vocab"], merges=[tuple(one) for one in model["merges"]])
    for text in ("a </s> b", "a</s>b", "</s> b </s>", "a b"):
        (cut,) = split(text=text, vocabularies=("mistral-v1",)).cuts
        assert list(cut.ids) == theirs(text, add_special_tokens=False).input_ids
        assert [*cut.ends[:-1]] == [*cut.starts[1:]]
    cuts = split(text="a </s> b", vocabularies=("mistral-v1", "tekken"))
    assert cuts.counts == (4, 4)
    both = split(text="<|endoftext|> </s>", vocabularies=("gpt2", "mistral-v1", "cl100k"))
    assert specials(both) == {"<|endoftext|>": ("gpt2", "cl100k"), "</s>": ("mistral-v1",)}


# --- reasons --------------------------------------------------------------------------------------


@pytest.mark.parametrize("vocabulary", ["gpt2", "smollm2", "qwen", "mistral-v1"])
def test_replayed_merges_end_in_the_tokenizers_own_cut(vocabulary: str) -> None:
    engine = engine_of(vocabulary)
    seen = 0
    for text in [*varied(120, seed=4), MIXED]:
        ids = engine.encode(text, add_special_tokens=False).ids
        if not ids or not text.strip():
            continue
        why = explain_word(vocabulary=vocabulary, text=text, position=len(ids) // 2)
        assert tuple(why.nodes[root].id for root in why.roots) in (why.tokens, ())
        seen += bool(why.roots)
        for node in why.nodes:
            if node.left >= 0:
                left, right = why.nodes[node.left], why.nodes[node.right]
                assert node.bytes_hex == f"{left.bytes_hex} {right.bytes_hex}"
                assert (node.start, node.end, left.end) == (left.start, right.end, right.start)
    assert seen > 60


def test_the_tree_of_a_token_uses_the_published_merges() -> None:
    loaded = load_vocabulary("gpt2")
    merges = [tuple(one) for one in loaded.content["merges"]]
    for token in range(256, 50256, 997):
        why = explain(vocabulary="gpt2", token=token)
        (root,) = why.roots
        assert why.nodes[root].id == token
        assert "".join(merges[why.nodes[root].rank]) == engine_of("gpt2").id_to_token(token)


def test_the_lattices_best_path_is_the_tokenizers_cut() -> None:
    engine = engine_of("xlm-r")
    for word in ("unbelievable", "tokenization", "北京清华大学", "Straße", "internationally", "12345"):
        found = engine.encode(word, add_special_tokens=False)
        why = explain_word(vocabulary="xlm-r", text=word, position=0)
        assert tuple(edge.id for edge in why.edges if edge.best) == tuple(found.ids) == why.tokens
        best, second = _brute_force([(e.start, e.end, e.score) for e in why.edges], len("▁" + word))
        assert why.score == pytest.approx(best)
        assert why.second == pytest.approx(second)


def _brute_force(edges: list[tuple[int, int, float]], length: int) -> tuple[float, float]:
    """The two highest scores of all paths, each path walked."""
    scores: list[float] = []

    def walk(at: int, score: float) -> None:
        if at == length:
            scores.append(score)
        for start, end, value in edges:
            if start == at:
                walk(end, score + value)

    walk(0, 0.0)
    best, second = sorted(scores, reverse=True)[:2]
    return best, second


def test_greedy_steps_take_the_tokenizers_pieces() -> None:
    for word in ("unbelievably", "tokenization", "Photosynthesis", "cats"):
        ids = engine_of("bert").encode(word, add_special_tokens=False).ids
        why = explain_word(vocabulary="bert", text=word, position=0)
        assert [step.id for step in why.steps] == ids
        known = engine_of("bert").get_vocab()
        for step in why.steps:
            assert not set(step.tried) & set(known)
    lost = explain_word(vocabulary="bert", text="🜚", position=0)
    assert lost.steps[-1].taken == ""


def test_the_bytes_of_a_character() -> None:
    why = explain_word(vocabulary="mistral-v1", text="龘", position=1)
    assert [one.bytes_hex for one in why.characters][-1] == "E9 BE 98"
    assert [node.bytes_hex for node in why.nodes] == ["20", "E9", "BE", "98"]
    assert explain(vocabulary="characters", token=0x4E2D).characters[0].code == "U+4E2D"


def test_a_token_that_is_not_there_and_a_word_that_is_too_long() -> None:
    for token in (-1, 50257, 10**9):
        with pytest.raises(BadParameter):
            explain(vocabulary="gpt2", token=token)
    with pytest.raises(BadParameter):
        explain_word(vocabulary="gpt2", text="cat", position=7)
    long = explain_word(vocabulary="mistral-v1", text="word " * 100, position=3)
    assert len(long.tokens) == 1
    assert len(long.nodes) < LONGEST_WORD
    assert explain(vocabulary="gpt2", token=50256).nodes == ()


# --- training -------------------------------------------------------------------------------------


def test_merges_of_a_known_corpus() -> None:
    """Counts by hand: 'es' and 'st' stand in newest and widest."""
    words = Counter({"low": 5, "lower": 2, "newest": 6, "widest": 3})
    merges, length = token_training.replay(token_training.trained("bpe", words, 64), words)
    first = merges[0]
    assert first.count == 9
    assert first.new in ("es", "st")
    assert merges[1].new == "est"
    assert list(length[:3]) == [15 + 10 + 36 + 18, 79 - 9, 79 - 18]


@pytest.mark.parametrize("corpus", ["english", "chinese", "both", CORPUS])
def test_the_replay_is_the_trained_tokenizer(corpus: str) -> None:
    result = train(algorithm="bpe", corpus=corpus, size=600, seed=1)
    assert all(merge.new == merge.left + merge.right for merge in result.merges)
    counts = [merge.count for merge in result.merges]
    assert counts == sorted(counts, reverse=True)
    assert min(counts) >= 2
    np.testing.assert_array_equal(-np.diff(result.length), counts)
    ranks = {(merge.left, merge.right): at for at, merge in enumerate(result.merges)}
    for word, cut in zip(result.samples, result.sample_cuts, strict=True):
        assert _merged(word, ranks, set(result.alphabet)) == list(cut)
    text = read_corpus(corpus)
    lines, kept = held_out(text, 1)
    total = sum(
        len(_merged(word, ranks, set(result.alphabet))) * count
        for word, count in count_words(lines, "bpe").items()
    )
    assert total == result.length[-1]
    assert len(kept) == result.held_out


def _merged(word: str, ranks: dict[tuple[str, str], int], alphabet: set[str]) -> list[str]:
    """The merges applied one after the other to one word."""
    parts = [char if char in alphabet else UNKNOWN for char in word]
    while pairs := [pair for pair in itertools.pairwise(parts) if pair in ranks]:
        best = min(pairs, key=lambda pair: ranks[pair])
        out: list[str] = []
        while parts:
            if tuple(parts[:2]) == best:
                out.append(parts[0] + parts[1])
                parts = parts[2:]
            else:
                out.append(parts.pop(0))
        parts = out
    return parts


@pytest.mark.parametrize("algorithm", ["bpe", "wordpiece", "unigram"])
def test_a_trained_vocabulary(algorithm: str) -> None:
    result = trained.vocabulary(algorithm)
    again = train(algorithm=algorithm, corpus="both", size=trained.SIZE)
    assert set(result.pieces) == set(again.pieces)
    assert result.sample_cuts == again.sample_cuts
    if algorithm != "unigram":  # its rarest characters come in no fixed order
        assert result.pieces == again.pieces
    assert UNKNOWN in result.pieces
    assert len(result.pieces) == len(result.labels) <= trained.SIZE
    assert 0 < result.unknown_rate < 0.2
    assert 1 < result.characters_per_token < 4
    assert (len(result.scores) > 0) is (algorithm == "unigram")


@pytest.mark.parametrize("algorithm", ["bpe", "wordpiece"])
def test_the_curve_falls(algorithm: str) -> None:
    result = trained.sizes(algorithm)
    assert np.all(np.diff(result.length) < 0)
    assert np.all(np.diff(result.unknown_rate) <= 0)
    np.testing.assert_array_equal(result.parameters, result.sizes * trained.WIDTH)


def test_words_hold_the_whole_line() -> None:
    line = "Call me Ishmael, 27 times… 我叫以实玛利。"
    assert "".join(cut_words(line)) == "▁" + line.replace(" ", "▁")
    assert not result_is_writable(train(algorithm="bpe", corpus=CORPUS, size=64).length)


def result_is_writable(array: token_training.Ints) -> bool:
    return bool(array.flags.writeable)


def test_a_vocabulary_of_poems_joins_characters_of_the_verse_and_hardly_any_of_todays_sentence() -> None:
    opening = str(catalog.find("token_splits").default("corpus", ENCODER, "zh"))
    result = train(algorithm="bpe", corpus=opening, size=2000)
    ranks = {(merge.left, merge.right): at for at, merge in enumerate(result.merges)}
    verse, today = (
        [piece for word in cut_words(text) for piece in _merged(word, ranks, set(result.alphabet))]
        for text in (VERSE, SENTENCE_ZH)
    )
    assert UNKNOWN not in verse
    assert UNKNOWN in today, "the reason why another sentence stands in"
    assert len([one for one in verse if len(one.strip("▁")) > 1]) >= 4, verse


def test_bad_training() -> None:
    for algorithm, size in (("lzw", 100), ("bpe", 63), ("bpe", 8001)):
        with pytest.raises(BadParameter):
            train(algorithm=algorithm, corpus=CORPUS, size=size)
    with pytest.raises(TextEmpty):
        train(algorithm="bpe", corpus=" ", size=100)
    with pytest.raises(TextTooShort):
        train(algorithm="bpe", corpus="short", size=100)
    with pytest.raises(TextTooLong):
        train(algorithm="bpe", corpus="好" * 400_000, size=100)
    with pytest.raises(BadParameter):
        curve(algorithm="bpe", corpus=CORPUS, d_model=0)


# --- costs ----------------------------------------------------------------------------------------


def test_fertility_counts_what_the_tokenizer_makes() -> None:
    result = fertility(vocabularies=("gpt2", "bytes", "characters"))
    assert len(result.languages) >= 12
    assert set(result.languages) == set(parallel_texts())
    for column, text in enumerate(result.texts):
        assert result.tokens[0, column] == len(engine_of("gpt2").encode(text, add_special_tokens=False).ids)
        assert result.tokens[1, column] == len(text.encode()) == result.bytes[column]
        assert result.tokens[2, column] == len(text) == result.characters[column]
    assert result.ratio[0, result.languages.index("en")] == 1
    assert result.ratio[0, result.languages.index("hi")] > 4
    with pytest.raises(BadParameter):
        fertility(vocabularies=())


@pytest.mark.parametrize(
    "vocabulary", ["gpt2", "bert", "mistral-v1", "words", "jieba", "characters", "bytes"]
)
@pytest.mark.parametrize("limit", [8, 40])
def test_pieces_follow_each_other_and_fit(vocabulary: str, limit: int) -> None:
    text = (MIXED + " 我来到北京。她说：“很好！”\n\n") * 8
    result = budget(text=text, vocabulary=vocabulary, limit=limit)
    assert "".join(text[piece.start : piece.end] for piece in result.pieces) == text
    assert all(piece.tokens <= limit or len(text[piece.start : piece.end]) < 6 for piece in result.pieces)
    family = "👩‍👩‍👧"
    assert sum(text[piece.start : piece.end].count(family) for piece in result.pieces) == text.count(family)


def test_a_budget_that_is_too_small() -> None:
    for limit in (0, -1):
        with pytest.raises(BadParameter):
            budget(text="word", vocabulary="gpt2", limit=limit)
    with pytest.raises(BadParameter):
        budget(text="word " * 20_000, vocabulary="gpt2", limit=1)
    pieces = budget(text="One. Two. Three.", vocabulary="gpt2", limit=4).pieces
    assert [piece.broken for piece in pieces] == ["sentence", "end"]


# --- speed ----------------------------------------------------------------------------------------


def test_following_the_keys_is_fast() -> None:
    """2,000 characters under four vocabularies: 40 ms on an idle machine, four times that on a busy one."""
    text = ("The quick brown fox 狐狸跳过了懒狗。 12345 def f(x): naïve 龘 " * 50)[:2000]
    chosen = ("gpt2", "qwen", "bert", "xlm-r")
    split(text=text, vocabularies=chosen)
    times = []
    for _ in range(5):
        start = time.perf_counter()
        split(text=text, vocabularies=chosen)
        times.append(time.perf_counter() - start)
    assert min(times) < 0.16


def test_the_parallel_text_is_complete() -> None:
    stated = json.loads((DATA / "parallel.json").read_text("utf-8"))
    assert stated["licence"]
    assert {"en", "zh", "ja", "ar", "hi", "ru"} <= set(stated["texts"])
