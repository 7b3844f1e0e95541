"""What is left out of torch and transformers: looked for in a process of its own, and equal to what they make."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForCausalLM, masking_utils

from core.models.load import lean
from core.models.load.device import prepare_torch
from core.paths import ROOT

HEAVY = ("sympy", "scipy", "torch._dynamo", "torch._inductor", "torch.distributed.tensor")
LOADED = f"""
import sys
from core.models.load.loading import load
from core.models.read.trace import make_trace
for model in ("tiny-gpt", "mini-bert", "date-translator", "e5-small-enzh"):
    make_trace(load(model), "3 cats", limit=50)
print([name for name in {HEAVY!r} if name in sys.modules])
"""


def test_models_are_loaded_and_read_without_torch_s_compiler_and_its_algebra() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_compiler_is_torch_s_own_afterwards() -> None:
    prepare_torch()
    parts: Any = masking_utils
    assert isinstance(parts.TransformGetItemToIndex(), torch.overrides.TorchFunctionMode)
    import torch._dynamo as compiler

    assert compiler.__file__ is not None
    assert torch.compiler.disable.__module__ == "torch.compiler"


def test_a_module_without_memory_is_that_of_the_meta_device() -> None:
    maker: Any = AutoModelForCausalLM  # not annotated
    sizes = {"n_layer": 2, "n_embd": 8, "n_head": 2, "vocab_size": 11, "n_positions": 7}
    config = AutoConfig.for_model("gpt2", **sizes, bos_token_id=0, eos_token_id=0)
    with torch.device("meta"):
        expected = maker.from_config(config)
    with lean.without_memory():
        made = maker.from_config(config)
    for one in (made, expected):
        one.tie_weights()  # as is done once parameters have memory
    shapes = {name: (one.shape, one.device.type) for name, one in expected.named_parameters()}
    assert {name: (one.shape, one.device.type) for name, one in made.named_parameters()} == shapes
    assert {device for _, device in shapes.values()} == {"meta"}
    assert torch.nn.Linear(2, 2).weight.device.type == "cpu", "only meanwhile"


def test_what_is_said_not_to_be_compiled_stays_as_it_is() -> None:
    def plain() -> int:
        return 3

    assert lean._itself(plain) is lean._itself(reason="views")(plain) is plain
