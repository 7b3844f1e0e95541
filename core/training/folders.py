"""Finished trainings as folders: float16 weights, tokenizer, log, card and a manifest with checksums."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.models.load.writing import Package, Tensor, compact, write

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from torch import nn

SHARD = "model.safetensors"
LICENCE = "Apache-2.0"


def round_weights(model: nn.Module) -> None:
    """Round every parameter to float16, as it will lie in the file: what is measured is what is shipped."""
    import torch

    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.half())


def halves(model: nn.Module) -> dict[str, Any]:
    """The parameters as float16 arrays; tied ones once."""
    return {name: one.detach().numpy().astype(np.float16) for name, one in model.named_parameters()}


def bytes_of(model: nn.Module) -> bytes:
    """The parameters as a safetensors file of float16."""
    from safetensors.numpy import save

    return save(halves(model))


def take(model: nn.Module, content: bytes) -> None:
    """Put the parameters of a safetensors file into the model."""
    import torch
    from safetensors.numpy import load

    found = load(content)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(torch.from_numpy(found[name].astype(np.float32)))


def pack(
    out: Path,
    *,
    model: str,
    module: nn.Module,
    tokenizer: Tokenizer,
    tokenizer_config: Mapping[str, Any],
    command: str,
    sources: Sequence[str],
    card: str,
    texts: Mapping[str, str],
    blobs: Mapping[str, bytes] | None = None,
) -> None:
    """Write the folder of a bundled model; ``texts`` and ``blobs`` are files besides."""
    configuration: Any = module.config
    values = configuration.to_diff_dict()
    values.pop("transformers_version", None)
    tensors = {
        name: Tensor("f16", array.shape, {name: array}, SHARD)
        for name, array in sorted(halves(module).items())
    }
    package = Package(
        model=model,
        licence=LICENCE,
        source={"package": "core.training", "version": "1", "data": "; ".join(sources)},
        command=command,
        config={**values, "model_type": configuration.model_type, "dtype": "float32"},
        tokenizer=compact(tokenizer),
        tokenizer_config={"clean_up_tokenization_spaces": False, **tokenizer_config},
        card=card,
        tensors=tensors,
        texts=dict(texts),
        blobs=dict(blobs or {}),
    )
    write(package, out)


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def front_matter(language: Sequence[str], task: str, title: str) -> str:
    """The head of a model card."""
    return f"---\nlicense: apache-2.0\nlanguage: [{', '.join(language)}]\npipeline_tag: {task}\n---\n\n# {title}\n"


def percent(share: float) -> str:
    """0.9912 → "99.1 %"."""
    return f"{100 * share:.1f} %"
