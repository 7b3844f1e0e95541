"""What the page shows in Chinese: each default, example and experiment is true of the bundled Qwen."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
import torch

from core import catalog
from core.catalog.model_anatomy import CHINESE, CODE, JAPAN, TEXT, WEDNESDAY, causal
from core.compute.model_anatomy import calls, lens, neurons, norms, patching
from core.compute.model_anatomy.parts import portions
from core.models.load.loading import load
from core.models.load.residency import LoadedModel
from core.models.read.trace import Trace, make_trace
from tests.core.model_anatomy.opening import opening

PAGE = catalog.find("model_anatomy")
BYTES = re.compile(r"(?:^|[ |])[0-9A-F]{2}(?:[ |]|$)")
"""The label of a token that is a piece of a character: E4 B8|"""


def whole(labels: Iterable[str]) -> bool:
    """Whether all of these tokens are whole characters."""
    return not [one for one in labels if BYTES.search(one)]


def names(ids: Any, labels: Iterable[str]) -> dict[int, str]:
    return dict(zip(ids.tolist(), labels, strict=True))


# --- the opening text, as it comes with the app -----------------------------------------------------------


def test_tokyo_comes_last_and_in_english_first() -> None:
    one, _ = opening("lens", "zh")
    told = lens.lens_notice(one)
    assert (told.token, told.first, told.stays, told.depth) == ("东京", 24, 24, 24)
    assert told.probability > 0.9
    label = names(one.label_ids, one.labels)
    assert label[int(one.top_ids[22, -1, 0])] == "·Tokyo"
    assert one.rank[20, -1] > 1000
    assert 20 <= one.rank[21, -1] < 100
    assert one.rank[22:, -1].max() < 10
    assert whole(label[id] for id in one.top_ids[-1, :, :5].ravel().tolist())


def test_logits_add_up_and_the_last_mlps_push_the_answer() -> None:
    (one,) = opening("contributions", "zh")
    parts = (one.embedding + one.position + one.norm_bias + one.head_bias
             + one.heads.sum((1, 2)) + one.attention_bias.sum(1) + one.mlp.sum(1))  # fmt: skip
    np.testing.assert_allclose(parts, one.logits, atol=1e-3)
    assert one.candidates[:2] == ("东京", "京都")
    told = lens.parts_notice(one, against=int(one.candidate_ids[1]))
    assert (told.part, told.layer) == ("mlp", 23)
    assert told.logit == pytest.approx(float(one.logits[0] - one.logits[1]))
    assert told.logit > 3
    assert whole(one.candidates[:5])


def test_the_country_carries_the_answer_until_the_last_token_does() -> None:
    (map,) = opening("patching", "zh")
    assert map.answers == ("东京", "伦敦")
    assert map.giver.labels[6] == "日本"
    assert map.differs.nonzero()[0].tolist() == [6]
    moves = next(one for one in PAGE.questions if one.id == "moves").reveal.zh
    row, at = int(str(moves["row"])), int(str(moves["pos"]))
    assert at == 6
    assert map.effect[: row + 1, at].min() > 0.9
    np.testing.assert_allclose(map.effect[row + 1 : 21, [at, -1]], 0.5, atol=0.1)
    assert map.effect[21:, -1].min() > 0.8
    assert np.abs(map.effect[:, [7, 8]]).max() < 0.05
    label = names(map.label_ids, map.labels)
    assert label[int(map.top_ids[row, at, 0])] == "东京", "the patch moves the answer itself"
    assert label[int(map.top_ids[-1, at, 0])] == "伦敦"
    assert patching.patch_notice(map).hands_over
    assert whole(label[id] for id in [*map.own_ids.ravel().tolist(), *map.top_ids[row, at].tolist()])


def test_the_first_token_is_the_longest_and_the_last_norm_is_needed() -> None:
    (one,) = opening("norms", "zh")
    told = norms.norms_notice(one)
    assert told.token == one.tokens.labels[0]
    assert told.massive
    assert 90 < told.times < 100
    assert 8 <= told.layer <= 16
    assert one.stream[4:20, 0].min() > 20 * np.median(one.stream[4:20, 1:])


def test_a_neuron_of_the_block_shown_pushes_what_is_japanese() -> None:
    (one,) = opening("neurons", "zh")
    told = neurons.neuron_notice(one, int(str(PAGE.defaults[CHINESE]["block"])))
    assert told.token == "都是"
    assert told.value > 0
    assert {"·Kyoto", "安倍"} <= set(told.up)


def test_most_parameters_are_in_the_mlps_and_seven_heads_share_keys() -> None:
    found = opening("flow", "zh")[0]
    assert {name: round(100 * share) for name, share in portions(found.anatomy).items()} == {
        "embedding": 24, "attention": 9, "mlp": 67, "norms": 0, "head": 0,
    }  # fmt: skip
    (stack,) = found.anatomy.stacks
    assert (found.anatomy.vocabulary, stack.layers, stack.heads, stack.kv_heads) == (126_979, 24, 14, 2)
    assert found.labels[-1][0] == "东京"
    assert all(map(whole, found.labels))
    assert found.tokens.labels == ("法国", "的", "首", "都是", "巴黎", "，", "日本", "的", "首", "都是")


# --- the other examples -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def qwen() -> LoadedModel:
    return load(CHINESE)


@pytest.fixture(scope="module")
def weekday(qwen: LoadedModel) -> Trace:
    trace: Trace = make_trace(qwen, WEDNESDAY, limit=PAGE.limit)
    return trace


def test_examples_name_the_model_that_reads_them() -> None:
    for id, text, model in PAGE.examples["zh"]:
        assert model == causal(text) or id in ("code", "cat")
    assert PAGE.examples["zh"][0][1] == TEXT["zh"] == JAPAN


def test_a_weekday_is_followed_by_the_next(qwen: LoadedModel, weekday: Trace) -> None:
    ends = lens.glance(loaded=qwen, trace=weekday)
    label = names(ends.label_ids, ends.labels)
    assert label[int(ends.answer[-1])] == "四"
    assert whole(label[id] for id in ends.top_ids[-1, :, :5].ravel().tolist())
    (ranks,) = lens.tracks(loaded=qwen, trace=weekday).rank
    assert ranks[:16].min() > 100
    assert 15 < int(np.flatnonzero(ranks != 1)[-1]) < 23


@pytest.mark.parametrize(("layer", "at"), [(8, 3), (20, 7)])
def test_the_weekday_carries_the_answer_and_then_the_last_token_does(
    qwen: LoadedModel, weekday: Trace, layer: int, at: int
) -> None:
    given: dict[str, Any] = {"loaded": qwen, "trace": weekday, "first": at, "last": at}
    found = patching.patch_span(**given, other=calls.second({"text": WEDNESDAY, "other": ""}), layer=layer)
    assert found.effect > 0.9
    assert found.labels[0] == "四"


def test_code_goes_on(qwen: LoadedModel) -> None:
    """Against the plain forward of the model itself."""
    ids = qwen.tokenizer(CODE, return_tensors="pt").input_ids
    model: Any = qwen.model
    with torch.inference_mode():
        best = int(model(ids).logits[0, -1].argmax())
    found = lens.contributions(loaded=qwen, trace=make_trace(qwen, CODE, limit=PAGE.limit))
    assert int(found.candidate_ids[0]) == best
    assert found.candidates[0] == "·+"
    assert float(np.abs(found.residual / found.magnitude).max()) < 1e-4
