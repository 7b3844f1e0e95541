"""Bundled models: quantized shards → a transformers module, with little memory beside its own.

The module is laid out on the meta device, its parameters get memory without values (pages that are not
written take none), and each shard is de-quantized straight into them and dropped before the next is read. Where
float32 does not fit, the weights of matrices stay codes (``small``).
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import DamagedModel, MissingWeights
from core.models.load import small
from core.models.load.checkpoint import maker_of
from core.models.load.lean import without_memory
from core.models.load.manifest import Manifest, TensorEntry, read_manifest
from core.models.load.memory import trim
from core.models.load.quantized import PARTS, Array, Coded, dequantize, unpack
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
    spec: ModelSpec, room: Callable[[ModelSpec, int, int], bool], progress: Progress
) -> tuple[ModelSpec, nn.Module, PreTrainedTokenizerFast]:
    """The model of folder ``spec.location``.

    ``room(spec, parameters, bytes of the small form)`` is called before memory is taken; it says whether the small form
    is to be made.

    Raises: MissingWeights, DamagedModel, what ``room`` raises.
    """
    manifest = read_manifest(spec.id, folder_of(spec))
    values = json.loads(manifest.read_bytes("config.json"))
    spec = with_config(spec, values)
    model, config = _meta_module(spec, values)
    encodings = {tensor.name: tensor.encoding for tensor in manifest.tensors}
    compact = room(spec, manifest.parameters(), small.bytes_of(model, encodings))
    progress("read", 0.0)
    tokenizer = _tokenizer(manifest)
    coded = _take_memory(model, config, encodings if compact else {})
    _fill(model, manifest, coded, progress)
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


def _meta_module(spec: ModelSpec, values: Mapping[str, Any]) -> tuple[Any, Any]:
    """The module without memory, and its config."""
    import torch
    from transformers import AutoConfig
    from transformers.initialization import no_init_weights

    config = AutoConfig.for_model(**values)
    maker, extra = maker_of(spec, values)
    with without_memory(), no_init_weights():  # what starts them imports torch's compiler
        model = maker.from_config(config, attn_implementation="eager", dtype=torch.float32, **extra)
    model.tie_weights()
    return model, config


def _take_memory(model: Any, config: Any, encodings: Mapping[str, str]) -> dict[str, Coded]:
    """Give the module its parameters, without values, and its buffers, computed; the matrices that are to be codes."""
    import torch

    small.lay_out(model, encodings)
    model._apply(
        lambda one: torch.empty(one.shape, dtype=one.dtype)
    )  # to_empty() would import torch's algebra
    model.tie_weights()
    _compute_buffers(model, config)
    return small.finish(model, encodings)


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


def _fill(model: nn.Module, manifest: Manifest, coded: Mapping[str, Coded], progress: Progress) -> None:
    """Write every tensor of the manifest into its parameter, a shard at a time."""
    targets = {name: parameter.detach().numpy() for name, parameter in model.named_parameters()}
    listed = {tensor.name: tensor.shape for tensor in manifest.tensors}
    if listed != {name: array.shape for name, array in targets.items()}:
        raise DamagedModel(model=manifest.model, file="manifest.json")
    shards = manifest.shards()
    with ThreadPoolExecutor(THREADS) as pool:
        for done, (shard, tensors) in enumerate(shards.items()):
            _fill_shard(targets, coded, manifest, shard, tensors, pool)
            trim()
            progress("read", (done + 1) / len(shards))


def _fill_shard(
    targets: Mapping[str, Array],
    coded: Mapping[str, Coded],
    manifest: Manifest,
    shard: str,
    tensors: tuple[TensorEntry, ...],
    pool: ThreadPoolExecutor,
) -> None:
    from safetensors.numpy import load

    stored = load(manifest.read_bytes(shard))

    def fill(tensor: TensorEntry) -> None:
        rows = len(stored[tensor.name + PARTS[tensor.encoding][0]])
        own = slice(tensor.first, tensor.first + rows)
        if tensor.name in coded:
            unpack(tensor.name, tensor.encoding, stored, coded[tensor.name].rows(own))
        else:
            dequantize(tensor.name, tensor.encoding, stored, targets[tensor.name][own])

    try:
        list(pool.map(fill, tensors))
    except KeyError as error:
        raise MissingWeights(model=manifest.model, file=f"{shard}: {error.args[0]}") from error
