"""The Transformer beside the n-grams, against transformers' own loss and plain forward passes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from core.catalog.classic_models import RAIN, UMBRELLA
from core.compute.classic_models.ngrams import following, held_out
from core.compute.classic_models.transformer import (
    CHUNK,
    CONTEXT,
    MOST_WORK,
    _nats,
    _windows,
    expected,
    reach,
    read_held_out,
)
from core.data.classic_corpora import read
from core.errors import BadParameter, NeedsDecoder, TextTooLong, TextTooShort
from core.models.load.loading import load
from tests.core.tiny import tiny

FIVE, SEVEN, LINE = "小楼听夜雨，深巷卖花声。\n", "小楼一夜听春雨，深巷明朝卖杏花。\n", "孤舟载酒迟"
"""Couplets of lines of five and of seven characters, and five characters that may go on."""


def chances(model: str, ids: list[int]) -> Any:
    """The next token's probabilities as transformers has them."""
    import torch

    loaded = load(model)
    with torch.inference_mode():
        logits = loaded.model(torch.tensor([ids], device=loaded.device)).logits
    return logits[0, -1].float().cpu().softmax(-1).numpy()


@pytest.mark.numeric
def test_a_transformer_uses_a_word_that_stands_far_back() -> None:
    """The page's English example: no trigram of the novel begins like this, the word stands 22 words before."""
    counted = following(corpus="english", unit="word", context=UMBRELLA, order=3, smoothing="kneser_ney")
    assert counted.context == ("back", "an")
    assert counted.read == 1
    assert counted.totals[2] == 0
    assert "umbrella" not in counted.pieces
    model = load("smollm2-135m")
    found = expected(loaded=model, context=UMBRELLA, unit="word")
    assert found.pieces[0] == "umbrella"
    assert found.probability[0] > 0.8
    far = reach(loaded=model, context=UMBRELLA, unit="word", piece=" umbrella")
    assert far.lengths[-1] == 24
    assert far.probability[-1] > 0.8
    assert far.probability[far.lengths <= 16].max() < 0.05


@pytest.mark.numeric
def test_a_transformer_keeps_the_form_of_a_poem() -> None:
    """The page's Chinese example: the same five characters end a line or not, by the couplet before them."""
    counted = following(corpus="tang", unit="character", context=RAIN, order=3, smoothing="kneser_ney")
    assert counted.context == ("酒", "迟")
    assert counted.read == 1
    assert counted.pieces[0] == "。"  # a couplet's end, though this is its first line
    model = load("poem-gpt")
    five, seven = (
        expected(loaded=model, context=before + LINE, unit="character") for before in (FIVE, SEVEN)
    )
    assert five.pieces[0] == "，"
    assert five.probability[0] > 0.95
    assert not {"，", "。"} & set(seven.pieces[:5])


@pytest.mark.numeric
def test_words_are_put_together_from_tokens() -> None:
    """p(" Paris") · p(no letter or apostrophe after it), from two plain forward passes."""
    context, loaded = "The capital of France is", load("smollm2-135m")
    found = expected(loaded=loaded, context=context, unit="word")
    tokenizer: Any = loaded.tokenizer
    start = tokenizer.convert_tokens_to_ids("<|endoftext|>")
    ids = [start, *tokenizer(context)["input_ids"]]
    (paris,) = tokenizer(" Paris")["input_ids"]
    after = chances("smollm2-135m", [*ids, paris])
    goes_on = [id for id in range(len(tokenizer)) if tokenizer.decode([id])[:1].isalpha()]
    apostrophes = [id for id in range(len(tokenizer)) if tokenizer.decode([id])[:1] in ("'", "’")]
    whole = float(chances("smollm2-135m", ids)[paris])
    low = whole * (1 - float(after[goes_on].sum() + after[apostrophes].sum()))
    high = whole * (1 - float(after[goes_on].sum()))
    assert found.pieces[0] == "Paris"
    assert low - 1e-4 <= found.probability[0] <= high + 1e-4
    assert found.probability.sum() + found.rest == pytest.approx(1, abs=1e-5)


@pytest.mark.numeric
def test_characters_of_a_poem_are_its_tokens() -> None:
    loaded = load("poem-gpt")
    found = expected(loaded=loaded, context=LINE[:4], unit="character")
    tokenizer: Any = loaded.tokenizer
    them = chances("poem-gpt", tokenizer(LINE[:4])["input_ids"])
    ids = tokenizer.convert_tokens_to_ids(list(found.pieces[:5]))
    np.testing.assert_allclose(found.probability[:5], them[ids], rtol=1e-4)
    assert (np.diff(found.probability) <= 0).all()


@pytest.mark.numeric
def test_held_out_poems_cost_what_transformers_says() -> None:
    """Its mean loss over a poem's tokens, times their number, summed over all poems."""
    import torch

    loaded, texts = load("poem-gpt"), read("tang").held_out
    result = read_held_out(loaded=loaded, corpus="tang")
    tokenizer: Any = loaded.tokenizer
    total = 0.0
    for text in texts:
        ids = torch.tensor([[*tokenizer(text.rstrip("\n") + "\n")["input_ids"], tokenizer.eos_token_id]])
        with torch.inference_mode():
            total += float(loaded.model(ids, labels=ids).loss) * (ids.shape[1] - 1)
    assert result.held_out_bytes == read("tang").held_out_bytes  # all of it was read
    assert result.bits == pytest.approx(total / math.log(2) / result.held_out_bytes, rel=1e-4)
    assert result.bits < held_out(corpus="tang", unit="character").bits.min()


@pytest.mark.parametrize("counted", [1, 100, CHUNK, 599])
def test_a_long_text_is_read_in_parts_as_in_one(counted: int) -> None:
    import torch

    loaded = tiny("llama")
    ids = np.random.default_rng(0).integers(4, 60, (2, 600)).tolist()
    with torch.inference_mode():
        logits = loaded.model(torch.tensor(ids)).logits[:, -counted - 1 : -1]
        ours = _nats(loaded, ids, counted)
    them = torch.nn.functional.cross_entropy(
        logits.transpose(1, 2), torch.tensor(ids)[:, -counted:], reduction="none"
    )
    np.testing.assert_allclose(ours, them.numpy(), rtol=1e-4, atol=1e-5)


def test_every_token_is_counted_once() -> None:
    for count in (1, 2, 7, 8, 9, 50):
        ids = list(range(count))
        found = list(_windows(ids, 8))
        assert [id for window, counted in found for id in window[-counted:]] == ids[1:]
        assert all(len(window) <= 8 and counted < len(window) for window, counted in found)
        assert all(len(window) - counted >= 4 for window, counted in found[1:])  # half a window of context


def test_of_a_long_text_so_much_is_read_as_time_allows() -> None:
    loaded = load("smollm2-135m")
    assert MOST_WORK / loaded.spec.parameters > 2136  # all of the held-out chapters


@pytest.mark.parametrize("text", ["", "word " * 600])
def test_bad_contexts(text: str) -> None:
    loaded = load("poem-gpt")
    with pytest.raises(TextTooShort if not text else TextTooLong):
        reach(loaded=loaded, context=text, unit="word", piece=" x")


def test_what_there_is_not_is_refused() -> None:
    with pytest.raises(NeedsDecoder):
        expected(loaded=load("mini-bert"), context="a", unit="word")
    with pytest.raises(BadParameter):
        expected(loaded=load("poem-gpt"), context="a", unit="sentence")  # type: ignore[arg-type]
    assert CONTEXT >= 70
