"""Sentence pairs, against transformers' own losses and heads, and what the bundled models really say of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from core import errors
from core.catalog.masked_words import CAUSAL, ENCODER, PAIRS_EN, PAIRS_ZH, SAME_EN, SAME_ZH
from core.compute.embedding_space import contextual as embedding_models
from core.compute.masked_words import pairs as compute
from core.models.load.loading import load
from tests.core.masked_words.test_gaps import bert, tokenizer
from tests.core.tiny import tiny

PAIRS = "The cat sat on the mat. | The dog sleeps.\nA quick brown fox. | It jumps over the lazy dog."


def test_the_head_is_asked_as_transformers_asks_it() -> None:
    found = compute.follows(loaded=bert("both"), pairs=PAIRS)
    model: Any = bert("both").model
    for row, a in enumerate(found.first):
        for column, b in enumerate(found.second):
            made = tokenizer()(a, b, return_tensors="pt", return_token_type_ids=True)
            with torch.no_grad():
                wanted = model(**made).seq_relationship_logits.softmax(-1)[0, 0]
            assert found.score[row, column] == pytest.approx(float(wanted), abs=1e-5)
    with pytest.raises(errors.NeedsPairHead):
        compute.follows(loaded=bert("mlm"), pairs=PAIRS)


def test_the_gain_is_a_difference_of_losses() -> None:
    loaded = tiny("gpt2")
    found = compute.gain(loaded=loaded, pairs=PAIRS)
    model: Any = loaded.model
    start = loaded.tokenizer.bos_token_id

    def bits(line: str, after: str) -> tuple[float, int]:
        ids = [start, *loaded.tokenizer(line).input_ids]
        known = len(loaded.tokenizer(after).input_ids) if after else 0
        labels = [-100] * (1 + known) + ids[1 + known :]
        with torch.no_grad():
            loss = model(input_ids=torch.tensor([ids]), labels=torch.tensor([labels])).loss
        count = len(ids) - 1 - known
        return float(loss) * count / np.log(2), count

    for row, a in enumerate(found.first):
        for column, b in enumerate(found.second):
            within, _ = bits(f"{a} {b}", a)
            without, count = bits(f" {b}", "")
            assert found.score[row, column] == pytest.approx((without - within) / count, abs=1e-3)


def test_the_cosine_is_that_of_the_sentence_vectors() -> None:
    found = compute.cosine(loaded=load(ENCODER), pairs=PAIRS)
    lines = "\n".join((*found.first, *found.second))
    vectors = embedding_models.sentence_vectors(loaded=load(ENCODER), text=lines).vectors
    np.testing.assert_allclose(found.score, vectors[:2] @ vectors[2:].T, atol=1e-5)


@pytest.mark.parametrize(
    ("pairs", "error"),
    [
        ("", errors.TextEmpty),
        ("no bar here", errors.BadContinuation),
        ("a | b | c", errors.BadContinuation),
        ("a | ", errors.BadContinuation),
        ("a | b\n" * 7, errors.TooManyRows),
        ("a" * 301 + " | b", errors.TextTooLong),
    ],
)
def test_what_are_no_pairs(pairs: str, error: type[errors.GlassboxError]) -> None:
    with pytest.raises(error):
        compute.read(pairs)


def test_full_width_bars_and_blank_lines_are_read() -> None:
    assert compute.read("\n雨停了。｜太阳出来了。\n\n") == (("雨停了。", "太阳出来了。"),)


def test_most_second_sentences_find_their_first() -> None:
    """SmolLM2's Chinese is too poor for the gain to mean much; the page says so."""
    for pairs in (PAIRS_EN, PAIRS_ZH):
        assert compute.cosine(loaded=load(ENCODER), pairs=pairs).right >= 4
    assert compute.gain(loaded=load(CAUSAL), pairs=PAIRS_EN).right >= 4


@pytest.mark.parametrize("pairs", [SAME_EN, SAME_ZH], ids=["en", "zh"])
def test_the_cosine_prefers_a_paraphrase_to_what_follows(pairs: str) -> None:
    score = compute.cosine(loaded=load(ENCODER), pairs=pairs).score
    assert score[0, 0] == score.max()
    assert score[0, 0] > score[1, 1]
