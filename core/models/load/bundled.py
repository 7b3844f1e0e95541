"""Bundled models: quantized shards → a transformers module in float32, with little memory beside its own.

The module is laid out on the meta device, its parameters get memory without values (pages that are not
written take none), and each shard is de-quantized straight into them and dropped before the next is read.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import DamagedModel, MissingWeights
from core.models.load.checkpoint import maker_of
from core.models.load.manifest import Manifest, TensorEntry, read_manifest
from core.models.load.memory import trim
from core.models.load.quantized import PARTS, Array, dequantize
from core.models.specs import ModelSpec, with_config
from core.paths import MODELS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import nn
    from transformers import PreTrainedTokenizerFast

    from core.models.load.progress import Progress

THREADS = 2
"""Tensors that are de-quantized at a time; numpy releases the interpreter meanwhile."""


def folder_of(spec: ModelSpec) -> Path:
    """Where the files of a bundled model lie."""
    return MODELS / spec.location


def build(
    spec: ModelSpec, room: Callable[[ModelSpec, int], None], progress: Progress
) -> tuple[ModelSpec, nn.Module, PreTrainedTokenizerFast]:
    """The model of folder ``spec.location``; ``room(spec, parameters)`` is called before memory is taken.

    Raises: MissingWeights, DamagedModel, what ``room`` raises.
    """
    manifest = read_manifest(spec.id, folder_of(spec))
    values = json.loads(manifest.read_bytes("config.json"))
    spec = with_config(spec, values)
    room(spec, manifest.parameters())
    progress("read", 0.0)
    tokenizer = _tokenizer(manifest)
    model = _empty_module(spec, values)
    _fill(model, manifest, progress)
    return spec, model, tokenizer


def _tokenizer(manifest: Manifest) -> PreTrainedTokenizerFast:
    from transformers import PreTrainedTokenizerFast

    settings = json.loads(manifest.read_bytes("tokenizer_config.json"))
    settings.pop("tokenizer_class", None)
    manifest.read_bytes("tokenizer.json")  # its checksum; the library reads the file itself, without a copy
    maker: Any = PreTrainedTokenizerFast  # its constructor is not annotated
    tokenizer: PreTrainedTokenizerFast = maker(
        tokenizer_file=str(manifest.folder / "tokenizer.json"), **settings
    )
    return tokenizer


def _empty_module(spec: ModelSpec, values: Mapping[str, Any]) -> nn.Module:
    """The module, its parameters without values, its buffers computed."""
    import torch
    from transformers import AutoConfig

    config = AutoConfig.for_model(**values)
    maker, extra = maker_of(spec, values)
    with torch.device("meta"):
        model = maker.from_config(config, attn_implementation="eager", dtype=torch.float32, **extra)
    model.to_empty(device="cpu")
    model.tie_weights()
    _compute_buffers(model, config)
    module: nn.Module = model
    return module


def _compute_buffers(model: nn.Module, config: Any) -> None:
    """Fill the buffers that no file carries: rotary frequencies, position ids, Marian's zero bias."""
    import torch
    from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding
    from transformers.models.qwen2.modeling_qwen2 import Qwen2RotaryEmbedding

    for name, module in model.named_modules():
        buffers = set(dict(module.named_buffers(recurse=False)))
        fresh: dict[str, torch.Tensor] = {}
        if isinstance(module, (LlamaRotaryEmbedding, Qwen2RotaryEmbedding)):
            fresh = dict(type(module)(config).named_buffers())
        elif "position_ids" in buffers:
            ids = torch.arange(config.max_position_embeddings).expand((1, -1))
            fresh = {"position_ids": ids, "token_type_ids": torch.zeros_like(ids)}
        elif "final_logits_bias" in buffers:
            fresh = {"final_logits_bias": torch.zeros(1, config.vocab_size)}
        if fresh.keys() != buffers:
            raise RuntimeError(f"unknown buffers {sorted(buffers)} in {name or 'the model'}")
        for key, value in fresh.items():
            setattr(module, key, value)


def _fill(model: nn.Module, manifest: Manifest, progress: Progress) -> None:
    """Write every tensor of the manifest into its parameter, a shard at a time."""
    targets = {name: parameter.detach().numpy() for name, parameter in model.named_parameters()}
    listed = {tensor.name: tensor.shape for tensor in manifest.tensors}
    if listed != {name: array.shape for name, array in targets.items()}:
        raise DamagedModel(model=manifest.model, file="manifest.json")
    shards = manifest.shards()
    with ThreadPoolExecutor(THREADS) as pool:
        for done, (shard, tensors) in enumerate(shards.items()):
            _fill_shard(targets, manifest, shard, tensors, pool)
            trim()
            progress("read", (done + 1) / len(shards))


def _fill_shard(
    targets: Mapping[str, Array],
    manifest: Manifest,
    shard: str,
    tensors: tuple[TensorEntry, ...],
    pool: ThreadPoolExecutor,
) -> None:
    from safetensors.numpy import load

    stored = load(manifest.read_bytes(shard))

    def fill(tensor: TensorEntry) -> None:
        rows = len(stored[tensor.name + PARTS[tensor.encoding][0]])
        target = targets[tensor.name][tensor.first : tensor.first + rows]
        dequantize(tensor.name, tensor.encoding, stored, target)

    try:
        list(pool.map(fill, tensors))
    except KeyError as error:
        raise MissingWeights(model=manifest.model, file=f"{shard}: {error.args[0]}") from error
