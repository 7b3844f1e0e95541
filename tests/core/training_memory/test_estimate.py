"""The formulas beside the papers, torch's own optimizer and the tensors that autograd really keeps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from core.compute.training_memory import network
from core.compute.training_memory.estimate import (
    PARTS,
    STATES,
    Setting,
    activations,
    estimate,
    layer_bytes,
    parts,
    saved_tensors,
    savers,
)
from core.compute.training_memory.network import Small
from core.compute.training_memory.shapes import KNOWN, Shape, parameters
from core.errors import BadParameter

HALF = Setting(2, 256, "bf16")
OWN: dict[str, Any] = {"layers": 1, "width": 64, "heads": 1, "vocabulary": 256}
HOW: dict[str, Any] = {
    "batch": 1, "length": 2048, "precision": "bf16", "optimizer": "adam", "keep": "none", "zero": 0, "processes": 1,
    "rank": 0,
}  # fmt: skip


def kept(module: torch.nn.Module, *given: torch.Tensor) -> int:
    """Bytes of all tensors that autograd keeps for the backward pass, weights apart, each storage once."""
    weights = {one.untyped_storage().data_ptr() for one in module.parameters()}
    found: dict[int, int] = {}

    def pack(one: torch.Tensor) -> torch.Tensor:
        storage = one.untyped_storage()
        if storage.data_ptr() not in weights:
            found[storage.data_ptr()] = storage.nbytes()
        return one

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda one: one):
        made = module(*given)
    assert made.requires_grad
    return sum(found.values())


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("length", [64, 256])
def test_a_layer_keeps_what_the_formula_says(precision: str, length: int) -> None:
    """Within 2 %: the norms keep a mean and a deviation of each token, too, and the mask of attention is kept."""
    small = Small(1, 128, 4, 10, length, 0.1)
    dtype = torch.float32 if precision == "fp32" else torch.bfloat16
    layer = network.layer(small).to(dtype)
    state = torch.randn(2, length, 128, dtype=dtype, requires_grad=True)
    shape = Shape(1, 128, 4, 10, 4, 512)
    told = sum(layer_bytes(shape, Setting(2, length, precision)))
    assert kept(layer, state) == pytest.approx(told, rel=0.02)


def test_frozen_weights_keep_fewer_inputs() -> None:
    small = Small(1, 128, 4, 10, 64, 0.1)
    layer: Any = network.layer(small)
    layer.requires_grad_(False)
    layer.attention.weight.requires_grad_(True)  # LoRA's factors read the input of queries and values
    state = torch.randn(2, 64, 128, requires_grad=True)
    told = sum(layer_bytes(Shape(1, 128, 4, 10, 4, 512), Setting(2, 64, "fp32", rank=8)))
    assert kept(layer, state) == pytest.approx(told, rel=0.03)
    assert told < 0.8 * sum(layer_bytes(Shape(1, 128, 4, 10, 4, 512), Setting(2, 64, "fp32")))


def test_a_gated_layer_of_transformers_keeps_at_least_what_the_formula_says() -> None:
    """It casts its norms and turns queries and keys in operations of their own, which keep more: at most 2.2 times."""
    from transformers import LlamaConfig
    from transformers.models.llama.modeling_llama import LlamaDecoderLayer, LlamaRotaryEmbedding

    made: Any = LlamaConfig  # its arguments are not annotated
    config = made(hidden_size=128, intermediate_size=352, num_attention_heads=4, num_key_value_heads=2,
                         num_hidden_layers=1, attn_implementation="eager")  # fmt: skip
    layer, turned = LlamaDecoderLayer(config, 0), LlamaRotaryEmbedding(config)
    state = torch.randn(2, 64, 128, requires_grad=True)
    angles = turned(state, torch.arange(64)[None])

    class Only(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = layer

        def forward(self, given: torch.Tensor) -> torch.Tensor:
            made = self.layer(given, position_embeddings=angles)
            found: torch.Tensor = made[0] if isinstance(made, tuple) else made
            return found

    told = sum(layer_bytes(Shape(1, 128, 4, 10, 2, 352, gated=True), Setting(2, 64, "fp32")))
    assert told < kept(Only(), state) < 2.2 * told


@pytest.mark.parametrize("length", [128, 1024, 2048])
@pytest.mark.parametrize("name", ["gpt2", "gpt3-175b"])
def test_a_layer_is_that_of_the_paper(name: str, length: int) -> None:
    """Korthikanti et al. 2022, equation 2, and with selective recomputation equation 6 at one device: 34·s·b·h."""
    shape, setting = KNOWN[name], Setting(3, length, "fp16")
    wide = length * 3 * shape.width
    assert sum(layer_bytes(shape, setting)) == wide * (34 + 5 * shape.heads * length / shape.width)
    assert sum(layer_bytes(shape, replace(setting, keep="selective"))) == 34 * wide


@pytest.mark.parametrize("optimizer", ["adam", "momentum", "sgd"])
def test_states_are_as_large_as_torch_s(optimizer: str) -> None:
    model = network.make(Small(2, 64, 4, 100, 16))
    makers = {"adam": torch.optim.Adam, "momentum": torch.optim.SGD, "sgd": torch.optim.SGD}
    more = {"momentum": 0.9} if optimizer == "momentum" else {}
    made = makers[optimizer](model.parameters(), lr=0.1, **more)
    network.loss(model, torch.zeros(1, 5, dtype=torch.long)).backward()
    made.step()
    found = sum(
        one.nbytes for state in made.state.values() for one in state.values()
        if isinstance(one, torch.Tensor) and one.ndim  # Adam counts its steps, too
    )  # fmt: skip
    assert found == STATES[optimizer] * sum(one.numel() for one in model.parameters())


def test_mixed_precision_with_adam_has_sixteen_bytes_a_weight() -> None:
    """Rajbhandari et al. 2020, §3.1; the answer of an experiment: float32 has as many."""
    shape = KNOWN["llama-2-7b"]
    for precision in ("fp32", "bf16", "fp16"):
        assert parts(shape, replace(HALF, precision=precision))[:3].sum() == 16 * parameters(shape)
    states = parts(shape, replace(HALF, optimizer="adam8"))[2] / parameters(shape)
    assert states == pytest.approx(4 + 2 + 2 * 4 / 2048)


@pytest.mark.parametrize(
    ("stage", "gb"),
    [(0, 120.0), (1, 31.4), (2, 16.6), (3, 1.9)],
    ids=["none", "states", "gradients", "weights"],
)
def test_zero_divides_as_its_paper_has_it(stage: int, gb: float) -> None:
    """Rajbhandari et al. 2020, figure 1: 7.5 billion weights, 64 processes."""
    sizes = parts(KNOWN["llama-2-7b"], replace(HALF, precision="fp16", zero=stage, processes=64))
    assert sizes[:3].sum() / parameters(KNOWN["llama-2-7b"]) * 7.5 == pytest.approx(gb, abs=0.05)


def test_checkpoints_keep_an_input_a_layer_and_one_layer() -> None:
    shape = KNOWN["gpt2"]
    wide = 2 * 2 * 256 * shape.width
    full, core, plain = (
        sum(activations(shape, replace(HALF, keep=keep))) for keep in ("full", "selective", "none")
    )
    assert full == shape.layers * wide + sum(layer_bytes(shape, HALF)) + 2 * wide
    assert full < core < plain


@pytest.mark.parametrize("name", ["gpt2", "llama-3-8b"])
def test_attention_grows_with_the_square_and_the_rest_with_the_length(name: str) -> None:
    """The answer of an experiment."""
    one, two = (saved_tensors(KNOWN[name], Setting(1, length, "bf16")) for length in (2048, 4096))
    for tensor, size in two.items():
        if size:
            assert size / one[tensor] == (4 if tensor.startswith("scores") else 2)


def test_the_states_take_most_of_a_large_model_with_one_text() -> None:
    """The answer of an experiment."""
    found = estimate(shape="llama-2-7b", **OWN, **HOW)
    assert PARTS[int(found.bytes[0].argmax())] == "states"
    long = estimate(shape="llama-2-7b", **OWN, **{**HOW, "batch": 16})
    assert PARTS[int(long.bytes[0].argmax())] == "activations"


def test_each_row_is_the_setting_with_one_saver_more() -> None:
    found = estimate(shape="llama-2-7b", **OWN, **{**HOW, "processes": 8, "precision": "fp32"})
    assert found.rows == ("chosen", "half", "adam8", "selective", "full", "zero", "lora")
    setting = Setting(1, 2048, "fp32", processes=8)
    for row, one in savers(setting).items():
        np.testing.assert_allclose(found.bytes[found.rows.index(row)], parts(KNOWN["llama-2-7b"], one))
    assert found.parameters == found.trained == parameters(KNOWN["llama-2-7b"])
    spare = {**HOW, "optimizer": "sgd", "keep": "full", "rank": 16}
    assert estimate(shape="llama-2-7b", **OWN, **spare).rows == ("chosen",)


@pytest.mark.parametrize(
    ("name", "value"),
    [("batch", 0), ("length", 10**9), ("zero", 4), ("rank", -1), ("processes", 0), ("precision", "fp8"),
     ("optimizer", "lion"), ("keep", "all"), ("shape", "gpt5")],
)  # fmt: skip
def test_settings_that_there_are_not_are_refused(name: str, value: object) -> None:
    given: dict[str, Any] = {"shape": "gpt2", **OWN, **HOW, name: value}
    with pytest.raises(BadParameter):
        estimate(**given)
