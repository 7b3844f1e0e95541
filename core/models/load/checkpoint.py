"""A folder as transformers writes it (config, safetensors, tokenizer) → a module; none of it runs as code."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import DamagedModel, MissingWeights, ModelTooLarge, ModelUnavailable, RefusedFile
from core.models.load import files
from core.models.load.files import CONFIG, INDEX, Shapes
from core.models.load.memory import is_out_of_memory
from core.models.load.sizes import least_parameters, read_sizes
from core.models.specs import ModelSpec, with_config

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import torch
    from torch import nn
    from transformers import PreTrainedTokenizerFast

    from core.models.load.progress import Progress

WEIGHTS = "model.safetensors"
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
MOST_SHARDS = 256
OTHER = 2
"""So many times the numbers that are stored, a config asks for another model; below, it is said which are missing."""
BUILDING = threading.Lock()
"""One module is built at a time: so the budget holds, and transformers changes what all threads share meanwhile."""
_MASKED = ("ForMaskedLM", "ForPreTraining")
_UNREAD = ("id2label", "label2id", "num_labels", "transformers_weights", "torch_dtype", "dtype")
"""What a config may say and what has no say here: labels of classes that no head has, names of other files."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A model of which only small files have been read: it fits, and its weights are those of its config."""

    spec: ModelSpec  # family and kind are known
    folder: Path
    values: Mapping[str, Any]  # of config.json
    parameters: int  # tied matrices counted once


def has_tokenizer(names: set[str]) -> bool:
    """Whether a fast tokenizer can be made of the files of these names."""
    return "tokenizer.json" in names or "vocab.txt" in names or {"vocab.json", "merges.txt"} <= names


def root_of(folder: Path) -> Path:
    """Where the files of a model may lie: its folder, or in the hub's cache the folder of its repository."""
    real = folder.resolve()
    return (
        real.parents[1]
        if real.parent.name == "snapshots" and real.parents[1].name[:8] == "models--"
        else real
    )


def check(spec: ModelSpec, folder: Path, *, limit: int, weight_bytes: int) -> Checked:
    """Look at a local folder before any of its weights is read; ``limit``: bytes at ``weight_bytes`` for each number.

    Raises: UnsupportedModel, MissingWeights, DamagedModel, RefusedFile, ModelUnavailable, ModelTooLarge.
    """
    root = root_of(folder)
    values = files.read_object(spec.id, folder / CONFIG, root)
    spec = first_look(spec, values, limit=limit, weight_bytes=weight_bytes)
    present = {name for name in files.LIMITS if (folder / name).exists() or (folder / name).is_symlink()}
    for name in sorted(present):
        files.read(spec.id, folder / name, root)
    if not has_tokenizer(present):
        raise ModelUnavailable(model=spec.id, reason="no_tokenizer")
    parameters = second_look(spec, values, local_shapes(spec, folder), limit=limit, weight_bytes=weight_bytes)
    return Checked(spec, folder, values, parameters)


def first_look(spec: ModelSpec, values: Mapping[str, Any], *, limit: int, weight_bytes: int) -> ModelSpec:
    """The spec completed from a config that asks for no more than fits, by closed form.

    Raises: UnsupportedModel, RefusedFile, ModelTooLarge.
    """
    spec = with_config(spec, values)
    least = least_parameters(spec.family, values, read_sizes(spec.id, spec.family, values))
    _check_memory(spec, least * weight_bytes, limit)
    return spec


def second_look(
    spec: ModelSpec, values: Mapping[str, Any], stored: Sequence[Shapes], *, limit: int, weight_bytes: int
) -> int:
    """The number of parameters, counted on a module without memory, whose weights are all among those stored.

    Raises: ModelTooLarge, MissingWeights, RefusedFile.
    """
    found = Counter(shape for tensors in stored for shape in tensors.values())
    least = least_parameters(spec.family, values, read_sizes(spec.id, spec.family, values))
    if least > OTHER * sum(_numbers(shape) * count for shape, count in found.items()):
        raise RefusedFile(model=spec.id, file=CONFIG, reason="other_weights")
    with BUILDING:
        model = _meta_module(spec, values)
    asked = {name: tuple(parameter.shape) for name, parameter in model.named_parameters()}
    parameters = sum(_numbers(shape) for shape in asked.values())
    buffers = sum(one.numel() * one.element_size() for one in model.buffers())
    _check_memory(spec, parameters * weight_bytes + buffers, limit)
    computed = getattr(model, "_keys_to_ignore_on_load_missing", None) or ()
    lacking = Counter(shape for name, shape in asked.items() if name not in computed) - found
    if lacking:
        raise MissingWeights(
            model=spec.id, file=_missing([n for n, shape in asked.items() if shape in lacking], stored)
        )
    return parameters


def _missing(names: list[str], stored: Sequence[Shapes]) -> str:
    """Which of the parameters is missing: files may leave the first part of their names out."""
    known = {name for tensors in stored for name in tensors}
    return next((name for name in names if not known & {name, name.partition(".")[2]}), names[-1])


def _numbers(shape: tuple[int, ...]) -> int:
    count = 1
    for length in shape:
        count *= length
    return count


def _check_memory(spec: ModelSpec, need: int, limit: int) -> None:
    if need > limit:
        raise ModelTooLarge(model=spec.id, need_mb=-(-need // 10**6), limit_mb=limit // 10**6)


def local_shapes(spec: ModelSpec, folder: Path) -> list[Shapes]:
    """The tensors of each weight file, from their headers, which must fit the files' lengths.

    Raises: MissingWeights, DamagedModel, RefusedFile, ModelUnavailable.
    """
    root = root_of(folder)
    return [files.read_shapes(spec.id, folder / name, root) for name in _shards(spec, folder, root)]


def _shards(spec: ModelSpec, folder: Path, root: Path) -> tuple[str, ...]:
    """Names of the weight files. Raises: ModelUnavailable when there are none in the safetensors format."""
    if (folder / WEIGHTS).is_file():
        return (WEIGHTS,)
    if (folder / INDEX).is_file():
        return shard_names(spec, files.read_object(spec.id, folder / INDEX, root))
    raise ModelUnavailable(model=spec.id, reason="no_safetensors")


def shard_names(spec: ModelSpec, index: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the weight files that an index lists. Raises: DamagedModel, RefusedFile when there are too many."""
    names = files.shard_names(spec.id, index)
    if len(names) > MOST_SHARDS:
        raise RefusedFile(model=spec.id, file=INDEX, reason="numbers_too_large")
    return names


def build(
    checked: Checked, room: Callable[[ModelSpec, int], object], progress: Progress, dtype: torch.dtype
) -> tuple[ModelSpec, nn.Module, PreTrainedTokenizerFast]:
    """The model with weights in ``dtype``; ``room(spec, parameters)`` is called before memory is taken.

    Raises: MissingWeights, DamagedModel, ModelUnavailable, what ``room`` raises.
    """
    spec = checked.spec
    room(spec, checked.parameters)
    progress("read", 0.0)
    tokenizer = _tokenizer(spec, checked.folder)
    model = _module(spec, checked.folder, checked.values, dtype)
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


def _config(values: Mapping[str, Any]) -> Any:
    """What transformers makes of a config, without what it need not know."""
    from transformers import AutoConfig

    return AutoConfig.for_model(**{name: value for name, value in values.items() if name not in _UNREAD})


def _meta_module(spec: ModelSpec, values: Mapping[str, Any]) -> nn.Module:
    """The module without memory for its weights. Raises: RefusedFile for a config of which none can be made."""
    import torch

    try:
        maker, extra = maker_of(spec, values)
        config = _config(values)
        with torch.device("meta"):
            model = maker.from_config(config, attn_implementation="eager", dtype=torch.float32, **extra)
        model.tie_weights()
    except Exception as error:  # a stranger's config makes the libraries raise whatever it likes
        raise RefusedFile(model=spec.id, file=CONFIG, reason="config_senseless") from error
    module: nn.Module = model
    return module


def _module(spec: ModelSpec, folder: Path, values: Mapping[str, Any], dtype: torch.dtype) -> nn.Module:
    from safetensors import SafetensorError
    from transformers.utils import logging

    quiet: Any = logging.disable_progress_bar  # not annotated
    quiet()
    maker, extra = maker_of(spec, values)
    try:
        model, report = maker.from_pretrained(
            folder,
            config=_config(values),
            attn_implementation="eager",
            dtype=dtype,
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,
            output_loading_info=True,
            **extra,
        )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        if is_out_of_memory(error):
            raise
        raise DamagedModel(model=spec.id, file=folder.name) from error
    if report["missing_keys"]:
        raise MissingWeights(model=spec.id, file=sorted(report["missing_keys"])[0])
    module: nn.Module = model
    return module
