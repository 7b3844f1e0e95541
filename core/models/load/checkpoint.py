"""A folder as transformers writes it (config, safetensors, tokenizer) → a module; none of it runs as code."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError, safe_open

from core.errors import DamagedModel, MissingWeights, ModelUnavailable
from core.models.specs import ModelSpec, with_config

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import nn
    from transformers import PreTrainedTokenizerFast

    from core.models.load.progress import Progress

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
    "vocab.txt",
    "chat_template.jinja",
)
"""All files besides weights and config that are ever read."""
LARGEST_HEADER = 25_000_000
"""Bytes; the safetensors format allows no larger header."""
_MASKED = ("ForMaskedLM", "ForPreTraining")


def read_json(spec: ModelSpec, path: Path) -> dict[str, Any]:
    """A JSON object.

    Raises: MissingWeights when the file is not there, DamagedModel when it is no such object.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise MissingWeights(model=spec.id, file=path.name) from error
    except ValueError as error:
        raise DamagedModel(model=spec.id, file=path.name) from error
    if not isinstance(content, dict):
        raise DamagedModel(model=spec.id, file=path.name)
    return content


def shards(spec: ModelSpec, folder: Path) -> tuple[str, ...]:
    """Names of the weight files.

    Raises: ModelUnavailable when the folder has none in the safetensors format, DamagedModel for a bad index.
    """
    if (folder / WEIGHTS).is_file():
        return (WEIGHTS,)
    if (folder / INDEX).is_file():
        return shard_names(spec, read_json(spec, folder / INDEX))
    raise ModelUnavailable(model=spec.id, reason="no_safetensors")


def shard_names(spec: ModelSpec, index: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the weight files that an index lists: plain names of safetensors files.

    Raises: DamagedModel when it lists anything else.
    """
    listed = index.get("weight_map")
    names = sorted({str(name) for name in listed.values()}) if isinstance(listed, dict) else []
    if not names or any(Path(name).name != name or not name.endswith(".safetensors") for name in names):
        raise DamagedModel(model=spec.id, file=INDEX)
    return tuple(names)


def count_parameters(spec: ModelSpec, folder: Path) -> int:
    """Numbers in all weight files, from their headers, which must fit the files' lengths.

    Raises: MissingWeights, DamagedModel, ModelUnavailable.
    """
    return sum(_numbers(spec, folder / name) for name in shards(spec, folder))


def _numbers(spec: ModelSpec, path: Path) -> int:
    """Numbers of one file; that its header, shapes and length agree is checked by safetensors."""
    try:
        with path.open("rb") as file:
            if int.from_bytes(file.read(8), "little") > LARGEST_HEADER:
                raise DamagedModel(model=spec.id, file=path.name)
        with safe_open(path, framework="numpy") as weights:
            names = weights.keys()
            return sum(math.prod(weights.get_slice(name).get_shape()) for name in names)
    except FileNotFoundError as error:
        raise MissingWeights(model=spec.id, file=path.name) from error
    except (OSError, SafetensorError) as error:
        raise DamagedModel(model=spec.id, file=path.name) from error


def build(
    spec: ModelSpec, folder: Path, room: Callable[[ModelSpec, int], None], progress: Progress
) -> tuple[ModelSpec, nn.Module, PreTrainedTokenizerFast]:
    """The model of ``folder`` in float32; ``room(spec, parameters)`` is called before memory is taken.

    Raises: UnsupportedModel, MissingWeights, DamagedModel, ModelUnavailable, what ``room`` raises.
    """
    values = read_json(spec, folder / CONFIG)
    spec = with_config(spec, values)
    room(spec, count_parameters(spec, folder))
    progress("read", 0.0)
    tokenizer = _tokenizer(spec, folder)
    model = _module(spec, folder, values)
    progress("read", 1.0)
    return spec, model, tokenizer


def _tokenizer(spec: ModelSpec, folder: Path) -> PreTrainedTokenizerFast:
    from transformers import AutoTokenizer, PreTrainedTokenizerFast

    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, KeyError, TypeError, ImportError) as error:
        raise ModelUnavailable(model=spec.id, reason="no_tokenizer") from error
    if not isinstance(tokenizer, PreTrainedTokenizerFast):
        raise ModelUnavailable(model=spec.id, reason="no_tokenizer")
    return tokenizer


def maker_of(spec: ModelSpec, values: Mapping[str, Any]) -> tuple[Any, dict[str, object]]:
    """The class of transformers that makes the module, by the kind and the config, and its further arguments.

    A BERT that was trained on masked words and next sentences keeps both heads where it is ours (``bundled``).
    """
    from transformers import (
        AutoModel,
        AutoModelForCausalLM,
        AutoModelForMaskedLM,
        AutoModelForPreTraining,
        AutoModelForSeq2SeqLM,
    )

    head = str((values.get("architectures") or [""])[0])
    if spec.kind == "decoder":
        return AutoModelForCausalLM, {}
    if spec.kind == "encoder-decoder":
        return AutoModelForSeq2SeqLM, {}
    if head == "BertForPreTraining" and spec.source == "bundled":
        return AutoModelForPreTraining, {}
    if head.endswith(_MASKED):
        return AutoModelForMaskedLM, {}
    return AutoModel, {"add_pooling_layer": False}


def _module(spec: ModelSpec, folder: Path, values: Mapping[str, Any]) -> nn.Module:
    import torch
    from safetensors import SafetensorError
    from transformers.utils import logging

    quiet: Any = logging.disable_progress_bar  # not annotated
    quiet()
    maker, extra = maker_of(spec, values)
    try:
        model, report = maker.from_pretrained(
            folder,
            attn_implementation="eager",
            dtype=torch.float32,
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,
            output_loading_info=True,
            **extra,
        )
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise DamagedModel(model=spec.id, file=folder.name) from error
    if report["missing_keys"]:
        raise MissingWeights(model=spec.id, file=sorted(report["missing_keys"])[0])
    module: nn.Module = model
    return module
