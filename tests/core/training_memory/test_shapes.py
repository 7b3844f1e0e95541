"""Counts of weights beside transformers' own models and torch's own modules, on no device."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from core.compute.training_memory.shapes import (
    KNOWN,
    SIZES,
    adapter_parameters,
    layer_parameters,
    parameters,
    shape_of,
)
from core.errors import BadParameter
from core.paths import MODELS

LLAMA = {"model_type": "llama", "tie_word_embeddings": False, "max_position_embeddings": 8192}
PUBLISHED: dict[str, dict[str, Any]] = {
    "gpt2": {"model_type": "gpt2"},
    "gpt2-xl": {"model_type": "gpt2", "n_embd": 1600, "n_layer": 48, "n_head": 25},
    "llama-2-7b": LLAMA | {"hidden_size": 4096, "intermediate_size": 11008, "num_hidden_layers": 32,
                           "num_attention_heads": 32, "vocab_size": 32000},
    "llama-3-8b": LLAMA | {"hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32,
                           "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 128256},
    "llama-3-70b": LLAMA | {"hidden_size": 8192, "intermediate_size": 28672, "num_hidden_layers": 80,
                            "num_attention_heads": 64, "num_key_value_heads": 8, "vocab_size": 128256},
}  # fmt: skip
BUNDLED = {"tiny-gpt": "tiny-gpt", "smollm2-135m": "smollm2-135m", "qwen-coder": "qwen2.5-coder-0.5b"}
MAKER: Any = AutoModelForCausalLM  # not annotated
OWN = {"layers": 3, "width": 100, "heads": 4, "vocabulary": 500}


def theirs(name: str) -> torch.nn.Module:
    """The model of a known shape, without weights."""
    given = PUBLISHED.get(name) or json.loads((MODELS / BUNDLED[name] / "config.json").read_text())
    config = AutoConfig.for_model(**given)
    with torch.device("meta"):
        made: torch.nn.Module = MAKER.from_config(config)
    return made


@pytest.mark.parametrize("name", [*PUBLISHED, *BUNDLED])
def test_weights_are_as_many_as_transformers_has(name: str) -> None:
    assert parameters(KNOWN[name]) == sum(one.numel() for one in theirs(name).parameters())


@pytest.mark.parametrize("name", ["llama-3-8b", "smollm2-135m", "qwen-coder"])
@pytest.mark.parametrize("rank", [4, 16])
def test_lora_has_two_factors_at_each_projection_of_queries_and_values(name: str, rank: int) -> None:
    found = 0
    for path, module in theirs(name).named_modules():
        if path.endswith(("q_proj", "v_proj")):
            out, into = module.weight.shape
            found += rank * (into + out)
    assert adapter_parameters(KNOWN[name], rank) == found > 0


def test_gpt3_has_what_its_paper_says() -> None:
    assert parameters(KNOWN["gpt3-175b"]) == pytest.approx(175e9, rel=0.005)


def test_an_own_shape_is_a_gpt2_of_these_sizes() -> None:
    own = shape_of(shape="own", **OWN)
    with torch.device("meta"):
        config = AutoConfig.for_model(
            "gpt2", n_embd=100, n_layer=3, n_head=4, vocab_size=500, n_positions=2048
        )
        model = MAKER.from_config(config)
    assert parameters(own) == sum(one.numel() for one in model.parameters())
    assert layer_parameters(own) == sum(one.numel() for one in model.transformer.h[0].parameters())


@pytest.mark.parametrize("name", list(SIZES))
@pytest.mark.parametrize("value", [0, 10**9])
def test_sizes_without_bounds_are_refused(name: str, value: int) -> None:
    with pytest.raises(BadParameter):
        shape_of(shape="own", **{**OWN, name: value})


def test_a_shape_that_nobody_knows_is_refused() -> None:
    with pytest.raises(BadParameter):
        shape_of(shape="gpt5", **OWN)
