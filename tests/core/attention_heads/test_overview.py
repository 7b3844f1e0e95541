"""Metrics on constructed patterns, focus, calibration, and ablation against hooks written here."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
import torch

from core import catalog
from core.calls import call
from core.catalog.attention_heads import METRICS, SENTENCE_EN
from core.compute.attention_heads.ablation import Ablation, ablate, existing, verdict
from core.compute.attention_heads.metrics import measure
from core.compute.attention_heads.overview import (
    Notice,
    calibration,
    calibration_ids,
    focus,
    notice,
    overview,
)
from core.errors import BadParameter
from core.models.load.loading import load
from core.models.load.residency import LoadedModel
from core.models.read.trace import Trace, make_trace, trace_ids
from core.models.tokens.labels import label_tokens
from core.numerics import log_softmax, losses
from tests.core.tiny import DECODERS, NAMES, SAMPLE, byte_level, tiny
from tests.node import in_node

PREVIOUS, FIRST, DUPLICATE, INDUCTION, ENTROPY, DISTANCE = range(6)


def measured(matrix: Any, ids: Any) -> list[float]:
    return [float(value) for value in measure(np.asarray(matrix, dtype=np.float32)[None, None], ids)[:, 0, 0]]


def looks_at(*keys: int) -> Any:
    """Query i looks at keys[i] and nowhere else."""
    return np.eye(len(keys))[list(keys)]


# --- metrics --------------------------------------------------------------------------------------


def test_a_perfect_previous_token_head() -> None:
    values = measured(looks_at(0, 0, 1, 2, 3), [10, 11, 12, 13, 14])
    assert values[PREVIOUS] == 1
    assert values[FIRST] == 0.25  # only the second token's previous one is the first
    assert math.isnan(values[DUPLICATE])
    assert math.isnan(values[INDUCTION])
    assert values[ENTROPY] == 0
    assert values[DISTANCE] == pytest.approx(4 / 5)


def test_a_uniform_causal_head() -> None:
    n = 6
    matrix = np.tri(n) / np.arange(1, n + 1)[:, None]
    values = measured(matrix, range(n))
    mean_share = np.mean([1 / (i + 1) for i in range(1, n)])
    assert values[PREVIOUS] == pytest.approx(mean_share)
    assert values[FIRST] == pytest.approx(mean_share)
    assert values[ENTROPY] == pytest.approx(math.log(math.factorial(n)) / n)  # mean of ln 1 … ln n
    assert values[DISTANCE] == pytest.approx(np.mean([i / 2 for i in range(n)]))


def test_a_sink() -> None:
    values = measured(looks_at(0, 0, 0, 0), [1, 2, 3, 4])
    assert values[FIRST] == 1
    assert values[PREVIOUS] == pytest.approx(1 / 3)
    assert values[DISTANCE] == pytest.approx((0 + 1 + 2 + 3) / 4)


def test_a_duplicate_head() -> None:
    ids = [9, 1, 2, 1, 2, 1]
    values = measured(looks_at(0, 0, 0, 1, 2, 3), ids)
    assert values[DUPLICATE] == 1
    assert values[INDUCTION] == 0
    spread = looks_at(0, 0, 0, 1, 2, 3)
    spread[5, [1, 3]] = 0.5  # both earlier copies together count
    assert measured(spread, ids)[DUPLICATE] == 1


def test_an_induction_head() -> None:
    ids = [9, 1, 2, 3, 1, 2, 3]
    values = measured(looks_at(0, 0, 0, 0, 2, 3, 4), ids)
    assert values[INDUCTION] == 1
    assert values[DUPLICATE] == 0
    half = 0.5 * looks_at(0, 0, 0, 0, 2, 3, 4) + 0.5 * looks_at(0, 0, 0, 0, 0, 0, 0)
    assert measured(half, ids)[INDUCTION] == 0.5


def test_a_query_never_counts_as_the_token_after_itself() -> None:
    assert math.isnan(measured(np.eye(3), [5, 7, 7])[INDUCTION])
    assert measured(np.eye(4), [7, 7, 5, 7])[INDUCTION] == 0


def test_metrics_by_a_plain_double_loop() -> None:
    rng = np.random.default_rng(1)
    ids = [int(one) for one in rng.integers(0, 4, 15)]
    matrix = rng.dirichlet(np.ones(15), 15)
    n = len(ids)
    copies = [[j for j in range(i) if ids[j] == ids[i]] for i in range(n)]
    follow = [[j + 1 for j in copies[i] if j + 1 < i] for i in range(n)]
    expected = [
        np.mean([matrix[i, i - 1] for i in range(1, n)]),
        np.mean([matrix[i, 0] for i in range(1, n)]),
        np.mean([sum(matrix[i, j] for j in copies[i]) for i in range(n) if copies[i]]),
        np.mean([sum(matrix[i, j] for j in follow[i]) for i in range(n) if follow[i]]),
        np.mean([-sum(matrix[i, j] * math.log(matrix[i, j]) for j in range(n)) for i in range(n)]),
        np.mean([sum(matrix[i, j] * abs(i - j) for j in range(n)) for i in range(n)]),
    ]
    np.testing.assert_allclose(measured(matrix, ids), expected, rtol=1e-5)


def test_one_token() -> None:
    values = measured([[1.0]], [3])
    assert all(math.isnan(value) for value in values[:4])
    assert values[ENTROPY:] == [0, 0]


ROLES = {
    (0.0, 0.6, 0.1, 0.5, 0.5, 9): "induction",
    (0.5, 0.9, 0.5, 0.1, 0.5, 9): "duplicate",
    (0.8, 0.6, 0.1, 0.1, 0.5, 1): "previous",
    (0.3, 0.9, None, None, 2.9, 9): "first",
    (0.1, 0.1, 0.1, 0.1, 2.0, 9): "broad",
    (0.1, 0.1, 0.1, 0.1, 1.9, 9): "mixed",
    (None, None, None, None, 0, 0): "mixed",
}


def test_a_head_has_the_most_particular_habit_that_the_browser_finds() -> None:
    asked = [dict(zip(METRICS, values, strict=True)) for values in ROLES]
    program = """import { habitOf } from "./assets/components/attention_heads/attention_overview/scores.js";
const main = (all) => all.map((one) => habitOf((metric) => one[metric] ?? NaN));"""
    assert in_node(program, asked) == list(ROLES.values())


# --- overview -------------------------------------------------------------------------------------


def made_up(n: int, ids: Any = None) -> Trace:
    """A trace of a constructed attention: layer 0 head 0 previous token, head 1 first token."""
    trace = trace_ids(tiny("gpt2"), [5])
    attention = np.stack([looks_at(0, *range(n - 1)), looks_at(*[0] * n)]).astype(np.float32)[None]
    tokens = label_tokens(byte_level(), list(ids or [7] * n))
    return dataclasses.replace(trace, attention=attention, tokens=tokens)


@pytest.mark.parametrize(
    ("tokens", "cells", "pooled"), [(1, 1, 1), (128, 128, 1), (129, 65, 2), (256, 128, 2)]
)
def test_an_overview_has_at_most_128_rows(tokens: int, cells: int, pooled: int) -> None:
    result = overview(trace=made_up(tokens))
    assert result.attention.shape == (1, 2, cells, cells)
    assert (result.pooled, str(result.attention.dtype)) == (pooled, "uint8")


def test_pooling_keeps_the_largest_weight() -> None:
    trace = made_up(257)
    cells = overview(trace=trace).attention[0, 0]
    exact = trace.attention[0, 0]
    for row in range(len(cells)):
        for column in range(len(cells)):
            square = exact[3 * row : 3 * row + 3, 3 * column : 3 * column + 3]
            assert cells[row, column] == round(255 * square.max())


@pytest.mark.parametrize("name", NAMES)
def test_an_overview_is_the_attention_to_one_part_in_510(name: str) -> None:
    trace = make_trace(tiny(name), SAMPLE, limit=64)
    result = overview(trace=trace)
    assert np.abs(result.attention / 255 - trace.attention).max() <= 0.5 / 255 + 1e-6
    assert result.causal == (trace.kind == "decoder")
    assert result.metrics.shape == (len(METRICS), *trace.attention.shape[:2])
    assert result.tokens is trace.tokens


def test_one_token_has_an_overview() -> None:
    result = overview(trace=make_trace(tiny("gpt2"), "a", limit=64))
    assert (result.attention == 255).all()
    assert np.isnan(result.metrics[:4]).all()
    assert notice(result).metrics == ("entropy", "distance")


def test_the_notice_names_the_strongest_heads() -> None:
    found = notice(overview(trace=made_up(4, (3, 4, 5, 3))))
    places = zip(found.layers, found.heads, found.values, strict=True)
    strongest = dict(zip(found.metrics, places, strict=True))
    assert strongest["previous"] == (0, 0, 1.0)
    assert strongest["first"] == (0, 1, 1.0)
    assert strongest["duplicate"] == (0, 1, 1.0)  # the last token's only copy is the first token
    assert strongest["distance"] == (0, 1, 1.5)


@pytest.mark.parametrize(
    ("shares", "asked", "said"),
    [
        ({"previous": 0.9, "first": 1.0, "duplicate": 0.6, "induction": 0.35}, "entropy", "induction"),
        ({"previous": 0.9, "first": 1.0, "duplicate": 0.6, "induction": 0.34}, "entropy", "duplicate"),
        ({"previous": 0.9, "first": 1.0, "duplicate": 0.4, "induction": 0.3}, "entropy", "previous"),
        ({"previous": 0.2, "first": 0.1, "duplicate": 0.4, "induction": 0.2}, "distance", "first"),
        ({"previous": 0.2, "first": 0.1, "duplicate": 0.4, "induction": 0.2}, "duplicate", "duplicate"),
        ({"previous": 0.2, "first": 0.1, "duplicate": 0.29, "induction": 0.2}, "duplicate", "first"),
        ({"previous": 0.2, "first": 0.1}, "first", "first"),
        ({}, "first", None),
    ],
)
def test_a_sentence_is_about_the_most_telling_metric(
    shares: dict[str, float], asked: str, said: str | None
) -> None:
    """As the thresholds read: what was asked for where it reaches 0.3, else the first that reaches its own."""
    shares = {**shares, "entropy": 1.0, "distance": 4.0}
    places = range(len(shares))
    found = Notice(tuple(shares), tuple(places), tuple(reversed(places)), tuple(shares.values()))
    seen = found.telling(asked)
    if said is None:
        assert seen is None
        return
    at = tuple(shares).index(said)
    assert seen == (said, at, len(shares) - 1 - at, shares[said])


# --- calibration ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_calibration_repeats_one_block_of_ordinary_tokens(name: str) -> None:
    loaded = tiny(name)
    ids = calibration_ids(loaded, 3, 8)
    block = ids[1:9]
    assert ids[1:17] == (*block, *block)
    assert len(set(block)) == 8
    assert not any(label_tokens(loaded.tokenizer, block).special)
    assert len(ids) == 17 + (loaded.spec.kind != "decoder")
    special = label_tokens(loaded.tokenizer, ids).special
    assert special[0]
    assert special[-1] == (loaded.spec.kind != "decoder")


def test_calibration_repeats_and_depends_on_the_seed() -> None:
    loaded = tiny("llama")
    first, again, other = (calibration(loaded=loaded, seed=seed, length=8) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.metrics, again.metrics)
    assert not np.array_equal(first.metrics, other.metrics)
    assert (first.length, first.seed) == (8, 1)


@pytest.mark.parametrize("length", [0, 1, 129])
def test_a_calibration_of_no_use_is_refused(length: int) -> None:
    with pytest.raises(BadParameter):
        calibration(loaded=tiny("llama"), length=length)


# --- focus ----------------------------------------------------------------------------------------


def softmax(scores: Any) -> Any:
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


@pytest.mark.parametrize("name", NAMES)
def test_a_focus_leads_from_scores_to_attention(name: str) -> None:
    loaded = tiny(name)
    trace = make_trace(loaded, SAMPLE, limit=64)
    for head in range(4):
        made = focus(loaded=loaded, trace=trace, layer=1, head=head)
        mask = np.where(np.tri(len(trace.tokens)) > 0, 0, -np.inf) if made.causal else 0
        scores = made.scores * made.scale + (0 if made.bias is None else made.bias) + mask
        np.testing.assert_allclose(softmax(scores), trace.attention[1, head], atol=1e-5)
        np.testing.assert_allclose((made.q[:, None] * made.k[None]).sum(-1), made.scores, atol=1e-4)
        assert (made.layer, made.head) == (1, head)
        assert head in made.shared


def test_heads_that_share_keys_are_named() -> None:
    loaded = tiny("llama")
    made = focus(loaded=loaded, trace=make_trace(loaded, SAMPLE, limit=64), layer=0, head=3)
    assert (made.kv_head, made.shared, made.rotary) == (1, (2, 3), True)
    assert not np.array_equal(made.q, made.q_content)


@pytest.mark.parametrize(("layer", "head"), [(-1, 0), (3, 0), (0, -1), (0, 4)])
def test_a_head_that_is_not_there_is_a_bad_parameter(layer: int, head: int) -> None:
    loaded = tiny("llama")
    with pytest.raises(BadParameter):
        focus(loaded=loaded, trace=make_trace(loaded, SAMPLE, limit=64), layer=layer, head=head)


# --- ablation -------------------------------------------------------------------------------------

VALUES = {
    "llama": "model.layers.{}.self_attn",
    "qwen2": "model.layers.{}.self_attn",
    "qwen3": "model.layers.{}.self_attn",
    "gpt2": "transformer.h.{}.attn",
    "bert": "encoder.layer.{}.attention.self",
    "xlm-roberta": "encoder.layer.{}.attention.self",
}
PROJECTION = {"llama": "o_proj", "qwen2": "o_proj", "qwen3": "o_proj", "gpt2": "c_proj"}


def by_hand(
    loaded: LoadedModel, name: str, ids: tuple[int, ...], off: dict[int, list[int]], mode: str
) -> Any:
    """The same ablation another way.

    Decoders: what the heads add to the output projection is subtracted from its output. Encoders: the output
    of the attention itself, [batch, token, head · head_dim], is multiplied by a mask.
    """
    handles = []
    heads = 4
    for layer, chosen in off.items():
        module: Any = loaded.model.get_submodule(VALUES[name].format(layer))
        if name in PROJECTION:
            projection = getattr(module, PROJECTION[name])
            weight = projection.weight.T if name != "gpt2" else projection.weight  # [in, out]

            def subtract(
                _module: Any, inputs: Any, output: Any, weight: Any = weight, chosen: Any = chosen
            ) -> Any:
                mixed = inputs[0]
                size = mixed.shape[-1] // heads
                for head in chosen:
                    rows = slice(head * size, (head + 1) * size)
                    lost = mixed[..., rows]
                    if mode == "mean":
                        lost = lost - lost.mean(dim=1, keepdim=True)
                    output = output - lost @ weight[rows]
                return output

            handles.append(projection.register_forward_hook(subtract))
        else:

            def cover(_module: Any, _inputs: Any, output: Any, chosen: Any = chosen) -> Any:
                size = output[0].shape[-1] // heads
                keep = torch.ones(output[0].shape[-1])
                for head in chosen:
                    keep[head * size : (head + 1) * size] = 0
                rest = output[0].mean(dim=1, keepdim=True) * (1 - keep) if mode == "mean" else 0
                return (output[0] * keep + rest, *output[1:])

            handles.append(module.register_forward_hook(cover))
    try:
        with torch.no_grad():
            return loaded.model(input_ids=torch.tensor([ids]), output_hidden_states=True)
    finally:
        for handle in handles:
            handle.remove()


def cosine(a: Any, b: Any) -> Any:
    return torch.nn.functional.cosine_similarity(torch.tensor(a), torch.tensor(b), dim=-1).numpy()


@pytest.mark.parametrize("mode", ["zero", "mean"])
@pytest.mark.parametrize("name", sorted(VALUES))
def test_ablation_equals_a_hook_written_by_hand(name: str, mode: str) -> None:
    loaded = tiny(name)
    trace = make_trace(loaded, SAMPLE, limit=64)
    result = ablate(loaded=loaded, trace=trace, heads=("2.3", "0.1", "0.2"), mode=mode)
    output = by_hand(loaded, name, trace.tokens.ids, {0: [1, 2], 2: [3]}, mode)
    hidden = output.hidden_states[-1][0].numpy()
    assert np.abs(hidden - trace.hidden[-1]).max() > 0.01  # it does change something
    np.testing.assert_allclose(result.similarity, cosine(trace.hidden[-1], hidden), atol=1e-5)
    expected = cosine(trace.hidden[-1].mean(0), hidden.mean(0))
    assert result.sentence_similarity == pytest.approx(float(expected), abs=1e-5)
    assert (result.heads, result.mode) == (("0.1", "0.2", "2.3"), mode)
    if name in DECODERS:
        compare_predictions(result, trace, output.logits[0])


def compare_predictions(result: Ablation, trace: Trace, logits: torch.Tensor) -> None:
    before = torch.log_softmax(torch.tensor(trace.logits), dim=-1)
    after = torch.log_softmax(logits, dim=-1)
    ids = torch.tensor(trace.tokens.ids)
    for losses_, logs in ((result.loss_before, before), (result.loss_after, after)):
        expected = torch.nn.functional.nll_loss(logs[:-1], ids[1:], reduction="none").numpy()
        np.testing.assert_allclose(losses_[1:], expected, atol=1e-4)
        assert math.isnan(losses_[0])
    expected_kl = torch.nn.functional.kl_div(after[-1], before[-1], log_target=True, reduction="sum")
    assert result.kl == pytest.approx(float(expected_kl), abs=1e-5)
    top = set(before[-1].topk(8).indices.tolist()) | set(after[-1].topk(8).indices.tolist())
    assert set(result.candidate_ids) == top
    rows = list(result.candidate_ids)
    np.testing.assert_allclose(result.before, before[-1].exp()[rows].numpy(), atol=1e-6)
    np.testing.assert_allclose(result.after, after[-1].exp()[rows].numpy(), atol=1e-6)
    assert (np.diff(result.before) <= 0).all()
    assert len(result.candidates) == len(rows)
    said = verdict(result)
    assert said is not None
    first, then = int(before[-1].argmax()), int(after[-1].argmax())
    shares = [before[-1, first], after[-1, first], after[-1, then]]
    np.testing.assert_allclose(
        [said.p_before, said.p_same, said.p_after], np.exp([float(one) for one in shares]), atol=1e-6
    )
    assert (said.before, said.after) == tuple(result.candidates[rows.index(one)] for one in (first, then))


@pytest.mark.parametrize("name", NAMES)
def test_ablating_no_heads_changes_nothing(name: str) -> None:
    loaded = tiny(name)
    trace = make_trace(loaded, SAMPLE, limit=64, target="the dog")
    result = ablate(loaded=loaded, trace=trace, heads=())
    np.testing.assert_allclose(result.similarity, 1, atol=1e-6)
    assert result.sentence_similarity == pytest.approx(1)
    np.testing.assert_array_equal(result.before, result.after)
    np.testing.assert_array_equal(result.loss_before, result.loss_after)
    assert result.kl == 0 if name in DECODERS else math.isnan(result.kl)


@pytest.mark.parametrize("name", ["bert", "bert-mlm", "xlm-roberta", "t5", "marian"])
def test_an_encoder_has_no_next_token(name: str) -> None:
    loaded = tiny(name)
    trace = make_trace(loaded, SAMPLE, limit=64)
    result = ablate(loaded=loaded, trace=trace, heads=("1.0",))
    assert result.candidates == ()
    assert verdict(result) is None
    assert len(result.loss_before) == len(result.loss_after) == len(result.before) == 0
    assert (result.similarity < 1 - 1e-5).any()


def test_the_baseline_and_the_model_stay_as_they_were() -> None:
    loaded = tiny("llama")
    trace = make_trace(loaded, SAMPLE, limit=64)
    kept = {field.name: getattr(trace, field.name) for field in dataclasses.fields(trace)}
    copies = {name: value.copy() for name, value in kept.items() if isinstance(value, np.ndarray)}
    result = ablate(loaded=loaded, trace=trace, heads=("0.0", "1.1"), mode="mean")
    for name, value in copies.items():
        np.testing.assert_array_equal(getattr(trace, name), value)
    again = make_trace(loaded, SAMPLE, limit=64)
    np.testing.assert_array_equal(again.hidden, trace.hidden)
    assert not result.similarity.flags.writeable


def test_hooks_are_gone_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = tiny("gpt2")
    trace = make_trace(loaded, SAMPLE, limit=64)

    def forward(*_args: Any, **_more: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(loaded.model, "forward", forward)
    with pytest.raises(KeyboardInterrupt):
        ablate(loaded=loaded, trace=trace, heads=("0.0",))
    monkeypatch.undo()
    np.testing.assert_array_equal(make_trace(loaded, SAMPLE, limit=64).hidden, trace.hidden)


HOSTILE = [
    "",
    "0",
    "0.",
    ".0",
    "0.4",
    "3.0",
    "-1.0",
    "0.-1",
    "00.1",
    "0.1.2",
    " 0.1",
    "0.1\n",
    "٠.١",
    "1e9.0",
    "x",
]


@pytest.mark.parametrize("head", [*HOSTILE, "9" * 5000 + ".0", "0.0,0.1"])
def test_a_head_written_wrongly_is_a_bad_parameter(head: str) -> None:
    loaded = tiny("llama")
    with pytest.raises(BadParameter) as caught:
        ablate(loaded=loaded, trace=make_trace(loaded, "cat", limit=64), heads=("0.0", head))
    assert caught.value.values == {"name": "ablate"}


def test_of_a_link_s_heads_those_of_the_model_are_taken() -> None:
    assert existing((*HOSTILE, "2.3", "0.1", "00.2", "2.3"), layers=3, heads=4) == ("0.1", "0.2", "2.3")
    assert existing(("9" * 5000 + ".0", "0.0,0.1"), layers=300, heads=300) == ()


def test_an_unknown_mode_is_a_bad_parameter() -> None:
    loaded = tiny("llama")
    with pytest.raises(BadParameter):
        ablate(loaded=loaded, trace=make_trace(loaded, "cat", limit=64), heads=("0.0",), mode="random")


def test_repeated_heads_count_once() -> None:
    loaded = tiny("llama")
    trace = make_trace(loaded, SAMPLE, limit=64)
    once, twice = (ablate(loaded=loaded, trace=trace, heads=heads) for heads in (("1.2",), ("1.2", "1.2")))
    assert once.heads == twice.heads
    np.testing.assert_array_equal(once.after, twice.after)


def test_losses_and_probabilities_by_hand() -> None:
    logits = np.log(np.array([[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]], dtype=np.float32))
    np.testing.assert_allclose(np.exp(log_softmax(logits)), [[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]], rtol=1e-6)
    found = losses(logits, [2, 1])
    assert math.isnan(found[0])
    assert found[1] == pytest.approx(math.log(4))


# --- the bundled models ---------------------------------------------------------------------------


def test_smollm2_has_an_induction_head() -> None:
    result = call(calibration, model="smollm2-135m").bundled()  # compared with live elsewhere
    assert result is not None
    scores = result.metrics[INDUCTION]
    layer, head = np.unravel_index(scores.argmax(), scores.shape)
    assert (layer, head) == (18, 6)
    assert scores.max() > 0.5


def test_value_vectors_change_the_picture_of_the_head_that_the_concept_opens_and_not_that_of_18_8() -> None:
    """The share of the first token, by the weights and by weights times the lengths of the values, row by row."""
    state = next(
        one for one in catalog.find("attention_heads").concepts if one.id == "value_weighting"
    ).state["en"]
    loaded = load("smollm2-135m")
    trace = make_trace(loaded, SENTENCE_EN, limit=64)
    told = {}
    for layer, head in ((18, 8), (state["layer"], state["head"])):
        found = focus(loaded=loaded, trace=trace, layer=int(str(layer)), head=int(str(head)))
        weighted = found.attention * found.value_norm
        weighted /= weighted.sum(1, keepdims=True)
        told[f"{layer}.{head}"] = float(found.attention[1:, 0].mean()), float(weighted[1:, 0].mean())
        assert found.value_norm[0] < 0.2 * found.value_norm[1:].mean()
    assert min(told["18.8"]) > 0.9999
    assert [round(share, 2) for share in told["23.4"]] == [0.87, 0.4]


INDUCTION_HEADS = ("17.3", "17.4", "17.5", "18.6")


def test_without_its_induction_heads_smollm2_cannot_repeat_a_name() -> None:
    loaded = load("smollm2-135m")
    text = "Professor Quillfeather met Dana at the harbour. Later that night, Professor Quill"
    trace = make_trace(loaded, text, limit=64)
    result = ablate(loaded=loaded, trace=trace, heads=INDUCTION_HEADS)
    assert label_tokens(loaded.tokenizer, result.candidate_ids[:1]).bytes == (b"fe",)
    assert result.before[0] > 0.75
    assert result.after[0] < 0.01
    others = ablate(loaded=loaded, trace=trace, heads=("17.0", "17.1", "18.0", "18.1"))
    assert others.after[0] > 0.6  # other heads of the same layers do not matter so much
