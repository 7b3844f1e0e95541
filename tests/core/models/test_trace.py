"""One forward pass → Trace, against transformers called directly."""

from __future__ import annotations

import dataclasses
import threading
import time
from typing import Any, cast

import numpy as np
import pytest
import torch
from transformers import PreTrainedModel
from transformers.models.llama.modeling_llama import apply_rotary_pos_emb

from core.errors import BadParameter, OutOfMemory, TextEmpty, TextTooLong, UnsupportedModel
from core.models.load.loading import load
from core.models.load.residency import LoadedModel
from core.models.read.trace import Trace, make_trace, projections, trace_ids
from tests.core.tiny import DECODERS, NAMES, SAMPLE, tiny

TARGET = "the dog 文"


def direct(loaded: LoadedModel, ids: tuple[int, ...], target: tuple[int, ...] = ()) -> Any:
    inputs = {"input_ids": torch.tensor([ids])}
    if target:
        inputs["decoder_input_ids"] = torch.tensor([target])
    with torch.no_grad():
        return loaded.model(**inputs, output_attentions=True, output_hidden_states=True)


def stack(layers: Any) -> Any:
    return torch.cat(tuple(layers)).numpy()


def softmax(scores: Any) -> Any:
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("t5", "marian")])
def test_a_trace_is_what_transformers_returns(name: str) -> None:
    loaded = tiny(name)
    trace = make_trace(loaded, SAMPLE, limit=64)
    expected = direct(loaded, trace.tokens.ids)
    np.testing.assert_allclose(trace.attention, stack(expected.attentions), atol=1e-5)
    np.testing.assert_allclose(trace.hidden, stack(expected.hidden_states), atol=1e-5)
    if "logits" in expected:
        assert trace.logits is not None
        np.testing.assert_allclose(trace.logits, expected.logits[0].numpy(), atol=1e-5)
    else:
        assert trace.logits is None
    assert (trace.model, trace.kind, trace.device, trace.dtype) == (
        f"tiny-{name}",
        loaded.spec.kind,
        "cpu",
        "float32",
    )
    assert trace.milliseconds > 0
    assert trace.target_tokens is None
    assert trace.cross_attention is None


@pytest.mark.parametrize("name", ["t5", "marian"])
@pytest.mark.parametrize("text", [TARGET, ""])
def test_an_encoder_decoder_has_source_target_and_cross_attention(name: str, text: str) -> None:
    loaded = tiny(name)
    trace = make_trace(loaded, SAMPLE, limit=64, target=text)
    assert trace.target_tokens is not None
    expected = direct(loaded, trace.tokens.ids, trace.target_tokens.ids)
    pairs = {
        "attention": expected.encoder_attentions,
        "hidden": expected.encoder_hidden_states,
        "target_attention": expected.decoder_attentions,
        "target_hidden": expected.decoder_hidden_states,
        "cross_attention": expected.cross_attentions,
    }
    for field, layers in pairs.items():
        np.testing.assert_allclose(getattr(trace, field), stack(layers), atol=1e-5)
    assert trace.logits is not None
    assert trace.logits.shape[0] == len(trace.target_tokens)
    labels = loaded.tokenizer(text).input_ids if text else ()
    assert trace.target_tokens.ids[0] == 3
    assert len(trace.target_tokens) == max(1, len(labels))  # the start token comes, the end token goes


@pytest.mark.parametrize("name", NAMES)
def test_rows_are_distributions_and_nobody_looks_ahead_in_a_decoder(name: str) -> None:
    trace = make_trace(tiny(name), SAMPLE, limit=64, target=TARGET)
    np.testing.assert_allclose(trace.attention.sum(axis=-1), 1, atol=1e-5)
    ahead = ~np.tri(len(trace.tokens), dtype=bool)
    assert (trace.attention[..., ahead] == 0).all() == (trace.kind == "decoder")
    if trace.target_attention is not None and trace.cross_attention is not None:
        np.testing.assert_allclose(trace.cross_attention.sum(axis=-1), 1, atol=1e-5)
        assert (trace.target_attention[..., ~np.tri(trace.target_attention.shape[-1], dtype=bool)] == 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_attention_can_be_recomputed_from_the_projections(name: str) -> None:
    loaded = tiny(name)
    trace = make_trace(loaded, SAMPLE, limit=64)
    mask = np.where(np.tri(len(trace.tokens)) > 0, 0, -np.inf) if trace.kind == "decoder" else 0
    for layer, attention in enumerate(trace.attention):
        made = projections(loaded, trace, layer)
        scores = made.q @ made.k[made.kv_of_head].swapaxes(1, 2) * made.scale
        recomputed = softmax(scores + (0 if made.bias is None else made.bias) + mask)
        np.testing.assert_allclose(recomputed, attention, atol=1e-5)
        assert (made.bias is not None) == (name == "t5")
        assert made.rotary == (name in ("llama", "qwen2", "qwen3"))
        assert made.rotary or np.array_equal(made.q, made.q_content)


@pytest.mark.parametrize("name", DECODERS)
def test_values_are_those_that_the_attention_mixes(name: str) -> None:
    loaded = tiny(name)
    trace = make_trace(loaded, SAMPLE, limit=64)
    seen: list[torch.Tensor] = []
    layers: Any = loaded.model.get_submodule("transformer.h" if name == "gpt2" else "model.layers")
    output = layers[1].attn.c_proj if name == "gpt2" else layers[1].self_attn.o_proj
    handle = output.register_forward_hook(lambda _module, inputs, _output: seen.append(inputs[0]))
    direct(loaded, trace.tokens.ids)
    handle.remove()
    made = projections(loaded, trace, 1)
    mixed = trace.attention[1] @ made.v[made.kv_of_head]  # [head, token, head_dim]
    expected = seen[0][0].view(seen[0].shape[1], mixed.shape[0], -1).transpose(0, 1)
    np.testing.assert_allclose(mixed, expected.numpy(), atol=1e-5)
    lengths = np.sqrt((made.v[made.kv_of_head] ** 2).sum(axis=-1))
    np.testing.assert_allclose(made.value_norm, lengths, rtol=1e-5)


@pytest.mark.parametrize("name", ["llama", "qwen2", "qwen3"])
def test_rotary_is_transformers_own(name: str) -> None:
    loaded = tiny(name)
    made = projections(loaded, make_trace(loaded, SAMPLE, limit=64), 2)
    q, k = (torch.tensor(side.copy())[None] for side in (made.q_content, made.k_content))
    rotary: Any = loaded.model.get_submodule("model.rotary_emb")
    expected = apply_rotary_pos_emb(q, k, *rotary(q, torch.arange(q.shape[2])[None]))
    for mine, its in zip((made.q, made.k), expected, strict=True):
        np.testing.assert_allclose(mine, its[0].numpy(), atol=1e-5)


def test_grouped_queries_share_keys_in_order() -> None:
    loaded = tiny("llama")
    trace = make_trace(loaded, SAMPLE, limit=64)
    made = projections(loaded, trace, 0)
    assert made.kv_of_head.tolist() == [0, 0, 1, 1]
    assert made.k.shape[0] == made.v.shape[0] == trace.kv_heads == 2
    assert make_trace(tiny("gpt2"), SAMPLE, limit=64).kv_heads == 4


@pytest.mark.parametrize("layer", [-1, 3])
def test_a_layer_that_is_not_there_is_a_bad_parameter(layer: int) -> None:
    loaded = tiny("llama")
    with pytest.raises(BadParameter):
        projections(loaded, make_trace(loaded, "cat", limit=64), layer)


@pytest.mark.parametrize("text", ["", " ", " \n\t ", "\u3000"])
@pytest.mark.parametrize("name", ["llama", "bert"])
def test_an_empty_text_is_refused(name: str, text: str) -> None:
    with pytest.raises(TextEmpty):
        make_trace(tiny(name), text, limit=64)


def test_a_text_that_the_normalizer_removes_is_empty() -> None:
    with pytest.raises(TextEmpty):
        make_trace(tiny("bert"), "\x00", limit=64)


@pytest.fixture
def idle(monkeypatch: pytest.MonkeyPatch) -> LoadedModel:
    """A model that must not run."""
    loaded = tiny("llama")

    def forward(*_args: object, **_more: object) -> None:
        raise AssertionError("the model ran")

    monkeypatch.setattr(loaded.model, "forward", forward)
    return loaded


def test_a_text_over_the_limit_is_refused_with_count_and_limit(idle: LoadedModel) -> None:
    with pytest.raises(TextTooLong) as caught:
        make_trace(idle, "0 1 2 3 4", limit=4)
    assert caught.value.values == {"count": 5, "limit": 4, "unit": "tokens"}


def test_the_models_own_limit_holds(idle: LoadedModel) -> None:
    with pytest.raises(TextTooLong) as caught:
        make_trace(idle, "0 " * 200, limit=256)
    assert caught.value.values["limit"] == 60


@pytest.mark.parametrize("text", ["x" * 100_000, "the cat " * 12_500, "中" * 33_000, " " * 99_999 + "x"])
def test_100_kilobytes_are_refused_quickly(idle: LoadedModel, text: str) -> None:
    start = time.perf_counter()
    with pytest.raises(TextTooLong):
        make_trace(idle, text, limit=256)
    assert time.perf_counter() - start < 5


def test_the_prefix_of_an_encoder_is_not_added() -> None:
    trace = make_trace(tiny("bert"), "the cat", limit=64)
    assert trace.tokens.labels == ("[CLS]", "the", "cat", "[SEP]")


def test_a_model_with_another_attention_is_switched_to_one_that_returns_weights() -> None:
    shared = tiny("llama")
    model = cast(PreTrainedModel, shared.model)
    model.set_attn_implementation("sdpa")
    trace = make_trace(shared, SAMPLE, limit=64)
    assert model.config._attn_implementation == "eager"
    np.testing.assert_allclose(trace.attention.sum(axis=-1), 1, atol=1e-5)


def changed(loaded: LoadedModel, **fields: Any) -> LoadedModel:
    spec = dataclasses.replace(loaded.spec, **fields)
    return dataclasses.replace(loaded, spec=spec, lock=threading.RLock())


def test_a_family_without_a_layout_is_refused() -> None:
    with pytest.raises(UnsupportedModel):
        make_trace(changed(tiny("llama"), family="mamba"), SAMPLE, limit=64)


@pytest.mark.parametrize("attentions", [None, (), (None, None, None)])
def test_missing_attention_is_an_error_and_never_silently_none(
    attentions: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = tiny("gpt2")
    plain = loaded.model.forward

    def forward(*args: Any, **more: Any) -> Any:
        output = plain(*args, **more)
        output["attentions"] = attentions
        return output

    monkeypatch.setattr(loaded.model, "forward", forward)
    with pytest.raises(UnsupportedModel):
        make_trace(loaded, SAMPLE, limit=64)


def test_running_out_of_memory_names_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = tiny("gpt2")

    def forward(*_args: Any, **_more: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr(loaded.model, "forward", forward)
    with pytest.raises(OutOfMemory):
        make_trace(loaded, SAMPLE, limit=64)


@pytest.mark.parametrize("name", NAMES)
def test_one_token_is_enough(name: str) -> None:
    loaded = tiny(name)
    trace = trace_ids(loaded, [5])
    assert trace.attention.shape[-2:] == (1, 1)
    assert (trace.attention == 1).all()
    with pytest.raises(TextEmpty):
        trace_ids(loaded, [])


def test_nothing_in_a_trace_can_be_written() -> None:
    loaded = tiny("t5")
    trace = make_trace(loaded, SAMPLE, limit=64, target=TARGET)
    results: list[object] = [trace, projections(loaded, trace, 0)]
    for result in results:
        assert dataclasses.is_dataclass(result)
        for field in dataclasses.fields(result):
            value = getattr(result, field.name)
            if isinstance(value, np.ndarray):
                assert not value.flags.writeable
            with pytest.raises(dataclasses.FrozenInstanceError):
                setattr(result, field.name, value)


def test_hostile_text_is_text() -> None:
    for text in ("<script>alert(1)</script>", "שלום עולם", "👩‍💻👩‍💻", "e\u0301\u200b\x07", "\ud800"):
        trace = make_trace(tiny("llama"), text, limit=64)
        assert len(trace.tokens.labels) == trace.attention.shape[-1]


# --- the bundled models ---------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["smollm2-135m", "e5-small-enzh"])
@pytest.mark.parametrize("text", ["The cat sat on the mat, and the cat slept.", "猫坐在垫子上，因为猫累了。"])
def test_the_bundled_models_agree_with_transformers_and_with_their_projections(model: str, text: str) -> None:
    loaded = load(model)
    trace: Trace = make_trace(loaded, text, limit=64)
    expected = direct(loaded, trace.tokens.ids)
    np.testing.assert_allclose(trace.attention, stack(expected.attentions), atol=1e-5)
    np.testing.assert_allclose(trace.hidden, stack(expected.hidden_states), atol=1e-4, rtol=1e-5)
    mask = np.where(np.tri(len(trace.tokens)) > 0, 0, -np.inf) if trace.kind == "decoder" else 0
    for layer, attention in enumerate(trace.attention):
        made = projections(loaded, trace, layer)
        scores = made.q @ made.k[made.kv_of_head].swapaxes(1, 2) * made.scale
        np.testing.assert_allclose(softmax(scores + mask), attention, atol=1e-5)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_bfloat16_on_cuda_agrees_with_float32() -> None:
    loaded = load("smollm2-135m")
    assert loaded.device.startswith("cuda")
    assert loaded.dtype == "bfloat16"
    text = "The cat sat on the mat. " * 30
    ids = tuple(loaded.tokenizer(text).input_ids[:200])
    half = trace_ids(loaded, ids)
    model: Any = loaded.model
    try:
        model.float()
        full = trace_ids(loaded, ids)
    finally:
        model.to(torch.bfloat16)
    assert half.logits is not None
    assert full.logits is not None
    assert (half.logits.argmax(-1) == full.logits.argmax(-1)).mean() >= 0.99
    p, p_half = softmax(full.logits.astype(np.float64)), softmax(half.logits.astype(np.float64))
    assert (p * np.log(p / p_half)).sum(axis=-1).mean() < 0.01  # nats
