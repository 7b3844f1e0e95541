"""The registry of models as data, and the only place that turns an id (a piece of a URL) into a model.

Three kinds of id exist: a short id of ``REGISTRY``; ``hub:owner/name`` or ``hub:owner/name@revision`` for any
other model of the Hugging Face hub; ``folder:name`` for a folder directly under ``$GLASSBOX_MODELS``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from core.errors import DamagedModel, MissingWeights, ModelLocked, RefusedFile, UnknownModel, UnsupportedModel
from core.models.load import files
from core.models.load.manifest import read_manifest
from core.paths import MODELS
from core.settings import public

Family = Literal["llama", "qwen", "gpt2", "bert", "roberta", "t5", "marian", ""]
Kind = Literal["decoder", "encoder", "encoder-decoder", ""]
Source = Literal["bundled", "hub", "folder"]

MAX_ID = 200
"""Longest id that is looked at, in characters."""
MAX_NAME = 60
"""Longest name of an architecture that is said, in characters."""

EVERY_PAGE = frozenset({"*"})
"""What ``ModelSpec.shows`` holds where any page that takes a model can show it."""
_PART = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,95})"
_HUB = re.compile(rf"hub:(?P<repo>{_PART}(?:/{_PART})?)(?:@(?P<revision>[A-Za-z0-9][A-Za-z0-9._-]{{0,99}}))?")
_FOLDER = re.compile(rf"folder:(?P<name>{_PART})")


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """What is known of a model before it is loaded.

    ``family`` and ``kind`` are "" for a free hub id until its config has been read; the spec of a loaded
    model always has both.
    """

    id: str
    title: str
    family: Family
    kind: Kind
    source: Source
    location: str  # folder in assets/models | hub id | absolute path of a local folder
    revision: str = ""  # hub: branch, tag or commit; "" is the default branch
    licence: str = ""  # SPDX id, or the licence's own name
    languages: tuple[str, ...] = ()
    parameters: int = 0  # tied matrices counted once; 0: not known yet
    megabytes: int = 0  # resident as float32, in 10^6 bytes
    max_tokens: int = 0  # positions that the model was made for
    prefix: str = ""  # text that goes before the visitor's, e.g. "query: "
    shows: frozenset[str] = EVERY_PAGE  # stems of the pages whose pickers offer it
    headless: bool = False  # turns text into vectors: its weights have no head that predicts tokens

    def offered_on(self, stem: str) -> bool:
        """Whether the picker of a page offers the model; a link may name it anyway."""
        return (stem in self.shows or self.shows == EVERY_PAGE) and self.is_here()

    def is_here(self) -> bool:
        """Whether all files of a bundled model came with the app: a host may leave the large ones out."""
        return self.source != "bundled" or _is_whole(self.location)


@lru_cache(maxsize=64)
def _is_whole(location: str) -> bool:
    try:
        return not read_manifest(location, MODELS / location).missing()
    except (MissingWeights, DamagedModel):
        return False


@dataclass(frozen=True, slots=True)
class Architecture:
    """How a ``model_type`` of transformers is treated here."""

    family: Family
    kind: Kind
    length_key: str  # config key of the number of positions
    length_lost: int = 0  # positions that carry no token (RoBERTa counts from padding_idx + 1)


ARCHITECTURES: Mapping[str, Architecture] = {
    "gpt2": Architecture("gpt2", "decoder", "n_positions"),
    "llama": Architecture("llama", "decoder", "max_position_embeddings"),
    "qwen2": Architecture("qwen", "decoder", "max_position_embeddings"),
    "qwen3": Architecture("qwen", "decoder", "max_position_embeddings"),
    "bert": Architecture("bert", "encoder", "max_position_embeddings"),
    "roberta": Architecture("roberta", "encoder", "max_position_embeddings", 2),
    "xlm-roberta": Architecture("roberta", "encoder", "max_position_embeddings", 2),
    "t5": Architecture("t5", "encoder-decoder", "n_positions"),
    "marian": Architecture("marian", "encoder-decoder", "max_position_embeddings"),
}
"""The tested architectures, by the ``model_type`` of their config.json; all others are refused."""

DEFAULT_LENGTH = 512
"""Positions assumed when a config names none (T5's relative positions have no end)."""


def _hub(
    model_id: str,
    title: str,
    family: Family,
    kind: Kind,
    location: str,
    licence: str,
    languages: tuple[str, ...],
    parameters: int,
    max_tokens: int,
    prefix: str = "",
    *,
    headless: bool = False,
) -> ModelSpec:
    size = round(parameters * 4 / 1e6)
    return ModelSpec(
        model_id,
        title,
        family,
        kind,
        "hub",
        location,
        "",
        licence,
        languages,
        parameters,
        size,
        max_tokens,
        prefix,
        headless=headless,
    )


REGISTRY: tuple[ModelSpec, ...] = (
    ModelSpec(
        id="smollm2-135m",
        title="SmolLM2 135M Instruct",
        family="llama",
        kind="decoder",
        source="bundled",
        location="smollm2-135m",
        licence="Apache-2.0",
        languages=("en",),
        parameters=134_515_008,
        megabytes=538,
        max_tokens=8192,
    ),
    ModelSpec(
        id="qwen2.5-coder-0.5b",
        title="Qwen2.5-Coder 0.5B Instruct",
        family="qwen",
        kind="decoder",
        source="bundled",
        location="qwen2.5-coder-0.5b",
        licence="Apache-2.0",
        languages=("zh", "en"),
        parameters=471_671_296,
        megabytes=1_887,
        max_tokens=32768,
    ),
    ModelSpec(
        id="e5-small-enzh",
        title="E5 small, English–Chinese",
        family="bert",
        kind="encoder",
        source="bundled",
        location="e5-small-enzh",
        licence="MIT",
        languages=("en", "zh"),
        parameters=38_387_712,
        megabytes=154,
        max_tokens=512,
        prefix="query: ",
        headless=True,
    ),
    ModelSpec(
        id="date-translator",
        title="Date translator, English–Chinese",
        family="marian",
        kind="encoder-decoder",
        source="bundled",
        location="date-translator",
        licence="Apache-2.0",
        languages=("en", "zh"),
        parameters=976_768,
        megabytes=4,
        max_tokens=64,
        shows=frozenset({"attention_heads", "model_anatomy"}),
    ),
    ModelSpec(
        id="mini-bert",
        title="Mini BERT",
        family="bert",
        kind="encoder",
        source="bundled",
        location="mini-bert",
        licence="Apache-2.0",
        languages=("en",),
        parameters=3_037_682,
        megabytes=12,
        max_tokens=128,
        shows=frozenset({"attention_heads", "masked_words", "model_anatomy", "position_curves"}),
    ),
    ModelSpec(
        id="tiny-gpt",
        title="Tiny GPT",
        family="gpt2",
        kind="decoder",
        source="bundled",
        location="tiny-gpt",
        licence="Apache-2.0",
        languages=("en",),
        parameters=544_256,
        megabytes=2,
        max_tokens=128,
        shows=frozenset(
            {
                "attention_heads",
                "masked_words",
                "model_anatomy",
                "next_token",
                "position_curves",
                "training_lab",
            }
        ),
    ),
    ModelSpec(
        id="poem-gpt",
        title="Poem GPT",
        family="gpt2",
        kind="decoder",
        source="bundled",
        location="poem-gpt",
        licence="Apache-2.0",
        languages=("zh",),
        parameters=2_465_856,
        megabytes=10,
        max_tokens=70,
        shows=frozenset(
            {
                "attention_heads",
                "classic_models",
                "model_anatomy",
                "next_token",
                "position_curves",
                "training_lab",
            }
        ),
    ),
    _hub("gpt2", "GPT-2 124M", "gpt2", "decoder", "openai-community/gpt2", "MIT", ("en",), 124_439_808, 1024),
    _hub(
        "distilgpt2",
        "DistilGPT-2 82M",
        "gpt2",
        "decoder",
        "distilbert/distilgpt2",
        "Apache-2.0",
        ("en",),
        81_912_576,
        1024,
    ),
    _hub(
        "smollm2-360m",
        "SmolLM2 360M Instruct",
        "llama",
        "decoder",
        "HuggingFaceTB/SmolLM2-360M-Instruct",
        "Apache-2.0",
        ("en",),
        361_821_120,
        8192,
    ),
    _hub(
        "qwen2.5-0.5b",
        "Qwen2.5 0.5B",
        "qwen",
        "decoder",
        "Qwen/Qwen2.5-0.5B",
        "Apache-2.0",
        ("en", "zh"),
        494_032_768,
        32768,
    ),
    _hub(
        "qwen2.5-0.5b-instruct",
        "Qwen2.5 0.5B Instruct",
        "qwen",
        "decoder",
        "Qwen/Qwen2.5-0.5B-Instruct",
        "Apache-2.0",
        ("en", "zh"),
        494_032_768,
        32768,
    ),
    _hub(
        "qwen3-0.6b",
        "Qwen3 0.6B",
        "qwen",
        "decoder",
        "Qwen/Qwen3-0.6B",
        "Apache-2.0",
        ("en", "zh"),
        596_049_920,
        40960,
    ),
    _hub(
        "llama-3.2-1b",
        "Llama 3.2 1B",
        "llama",
        "decoder",
        "meta-llama/Llama-3.2-1B",
        "Llama 3.2 Community License",
        ("en",),
        1_235_814_400,
        131072,
    ),
    _hub(
        "bert-base-uncased",
        "BERT base (uncased)",
        "bert",
        "encoder",
        "google-bert/bert-base-uncased",
        "Apache-2.0",
        ("en",),
        109_514_298,
        512,
    ),
    _hub(
        "bert-base-chinese",
        "BERT base (Chinese)",
        "bert",
        "encoder",
        "google-bert/bert-base-chinese",
        "Apache-2.0",
        ("zh",),
        102_290_312,
        512,
    ),
    _hub(
        "roberta-base",
        "RoBERTa base",
        "roberta",
        "encoder",
        "FacebookAI/roberta-base",
        "MIT",
        ("en",),
        124_697_433,
        512,
    ),
    _hub(
        "minilm-l6",
        "all-MiniLM-L6-v2",
        "bert",
        "encoder",
        "sentence-transformers/all-MiniLM-L6-v2",
        "Apache-2.0",
        ("en",),
        22_565_376,
        512,
        headless=True,
    ),
    _hub(
        "e5-small",
        "Multilingual E5 small",
        "bert",
        "encoder",
        "intfloat/multilingual-e5-small",
        "MIT",
        ("en", "zh"),
        117_505_920,
        512,
        "query: ",
        headless=True,
    ),
    _hub(
        "bge-small-zh",
        "BGE small (Chinese)",
        "bert",
        "encoder",
        "BAAI/bge-small-zh-v1.5",
        "MIT",
        ("zh",),
        23_691_264,
        512,
        headless=True,
    ),
    _hub(
        "t5-small",
        "T5 small",
        "t5",
        "encoder-decoder",
        "google-t5/t5-small",
        "Apache-2.0",
        ("en",),
        60_506_624,
        512,
    ),
)
"""All models with a short id: the bundled ones first, then listed models of the hub."""

_BY_ID = {spec.id: spec for spec in REGISTRY}


def find(model_id: str) -> ModelSpec:
    """The spec of ``model_id``, which may come from a URL.

    Raises: UnknownModel when the id is not well formed, names no listed model, or names no local folder.
    """
    if len(model_id) > MAX_ID:
        raise UnknownModel(model=model_id[:MAX_ID])
    if spec := _BY_ID.get(model_id):
        return spec
    if match := _HUB.fullmatch(model_id):
        return _free_hub_spec(model_id, match["repo"], match["revision"] or "")
    if match := _FOLDER.fullmatch(model_id):
        return _folder_spec(model_id, match["name"])
    raise UnknownModel(model=model_id)


def with_config(spec: ModelSpec, config: Mapping[str, Any]) -> ModelSpec:
    """``spec`` completed from the model's config.json.

    Raises: UnsupportedModel when the architecture is not one of ``ARCHITECTURES``, wants to run code of its
    own, has packed weights, or is a decoder made of an encoder's class.
    """
    name = str(config.get("model_type", ""))[:MAX_NAME]
    architecture = ARCHITECTURES.get(name)
    if architecture is None or "auto_map" in config:
        raise UnsupportedModel(model=spec.id, architecture=name or "?")
    if config.get("quantization_config"):
        raise UnsupportedModel(model=spec.id, architecture=f"{name} (quantization_config)")
    if architecture.kind == "encoder" and config.get("is_decoder"):
        raise UnsupportedModel(model=spec.id, architecture=f"{name} (is_decoder)")
    length = config.get(architecture.length_key)
    tokens = length - architecture.length_lost if isinstance(length, int) and length > 2 else DEFAULT_LENGTH
    return replace(
        spec, family=architecture.family, kind=architecture.kind, max_tokens=spec.max_tokens or tokens
    )


def open_to_all() -> bool:
    """Whether visitors may name models and vocabularies that are not listed: not where others reach the server."""
    return not public()


def is_allowed(spec: ModelSpec) -> bool:
    """Whether visitors may have a model: where others reach the server, of the hub's the listed ones only.

    Listed are the ids in ``$GLASSBOX_MODELS_ALLOW`` (separated by commas); without it, all of ``REGISTRY``.
    """
    return open_to_all() or spec.source != "hub" or spec.id in (_allowed_ids() or _BY_ID.keys())


def check_allowed(model_id: str) -> None:
    """Raise ModelLocked when the list is closed to this model."""
    if not is_allowed(find(model_id)):
        raise ModelLocked(model=model_id)


def may_use_token(model_id: str) -> bool:
    """Whether the operator's Hugging Face token may open this model: only one that is listed.

    Otherwise any visitor could read the operator's private repositories by naming them in a link.
    """
    return model_id in _BY_ID or model_id in _allowed_ids()


def _allowed_ids() -> frozenset[str]:
    names = os.environ.get("GLASSBOX_MODELS_ALLOW", "").split(",")
    return frozenset(name.strip() for name in names if name.strip())


def folder_root() -> Path | None:
    """The operator's folder of models, ``$GLASSBOX_MODELS``, if it is set and exists."""
    text = os.environ.get("GLASSBOX_MODELS", "")
    root = Path(text).expanduser()
    return root.resolve() if text and root.is_dir() else None


def folder_specs() -> tuple[ModelSpec, ...]:
    """One spec for every folder under ``$GLASSBOX_MODELS`` that holds a supported model, by name."""
    root = folder_root()
    names = sorted(path.name for path in root.iterdir() if path.is_dir()) if root else []
    specs = []
    for name in names:
        try:
            spec = find(f"folder:{name}")
        except UnknownModel:
            continue
        if spec.family:
            specs.append(spec)
    return tuple(specs)


def _free_hub_spec(model_id: str, repo: str, revision: str) -> ModelSpec:
    if ".." in model_id or "--" in repo:
        raise UnknownModel(model=model_id)
    title = repo + (f" @ {revision}" if revision else "")
    return ModelSpec(model_id, title, "", "", "hub", repo, revision)


def _folder_spec(model_id: str, name: str) -> ModelSpec:
    """A name has no separator and no leading dot; what a symbolic link leads out of the root is refused."""
    root = folder_root()
    path = (root / name).resolve() if root else None
    if root is None or path is None or path.parent != root:
        raise UnknownModel(model=model_id)
    spec = _configured(ModelSpec(model_id, name, "", "", "folder", str(path)), _state(path / files.CONFIG))
    if spec is None:
        raise UnknownModel(model=model_id)
    return spec


def _state(path: Path) -> tuple[int, ...]:
    """What changes with a file, and with a link to it; nothing where there is none."""
    try:
        return tuple(
            number for one in (path.lstat(), path.stat())
            for number in (one.st_ino, one.st_size, one.st_mtime_ns, one.st_ctime_ns)
        )  # fmt: skip
    except OSError:
        return ()


@lru_cache(maxsize=256)
def _configured(spec: ModelSpec, state: tuple[int, ...]) -> ModelSpec | None:
    """``spec`` of a folder with what its config says, None where that cannot be read; read once for each ``state``."""
    path = Path(spec.location)
    try:
        return with_config(spec, files.read_object(spec.id, path / files.CONFIG, path)) if state else None
    except (MissingWeights, DamagedModel):
        return None
    except (UnsupportedModel, RefusedFile):
        return spec  # whoever loads it is told why it cannot be
