"""The tokenizer of a model without the model: its vocabulary, special tokens, chat template, and embedding's shape.

Only small files are read (tokenizer.json, tokenizer_config.json, config.json); torch and transformers are not
needed. The vocabulary counts among the few that stay resident.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import MissingWeights, ModelUnavailable
from core.models.load import files
from core.models.load.checkpoint import root_of
from core.models.load.hub import fetch_file
from core.models.load.manifest import read_manifest
from core.models.specs import ModelSpec, check_allowed, find
from core.models.tokens.vocabularies import (
    VOCABULARIES,
    LoadedVocabulary,
    Vocabulary,
    load_vocabulary,
    read_engine,
    resident,
)
from core.paths import MODELS

PURPOSES = ("bos", "eos", "pad", "unk", "cls", "sep", "mask")


@dataclass(frozen=True, eq=False)
class OwnTokenizer:
    """A model's tokenizer and what its files say of it."""

    spec: ModelSpec
    vocabulary: LoadedVocabulary
    settings: Mapping[str, Any]  # tokenizer_config.json
    config: Mapping[str, Any]  # config.json

    @property
    def special(self) -> dict[str, str]:
        """Purpose (see `PURPOSES`) → the special token's name."""
        found = {}
        for purpose in PURPOSES:
            value = self.settings.get(f"{purpose}_token")
            name = value.get("content") if isinstance(value, dict) else value
            if isinstance(name, str) and name:
                found[purpose] = name
        return found

    @property
    def template(self) -> str:
        """The chat template (Jinja); "" where the model has none."""
        value = self.settings.get("chat_template")
        if isinstance(value, list):  # several, by name
            value = next((one.get("template") for one in value if one.get("name") == "default"), "")
        return value if isinstance(value, str) else ""

    @property
    def d_model(self) -> int:
        """Numbers in a row of the embedding."""
        return next(
            (int(self.config[key]) for key in ("hidden_size", "n_embd", "d_model") if self.config.get(key)), 0
        )

    @property
    def rows(self) -> int:
        """Rows of the embedding: at least one for each token."""
        engine = self.vocabulary.engine
        return max(int(self.config.get("vocab_size") or 0), engine.get_vocab_size() if engine else 0)

    @property
    def matrices(self) -> int:
        """How many matrices have a row for each token: 2 where the output has one of its own."""
        return 2 if self.spec.kind == "decoder" and not self.config.get("tie_word_embeddings", True) else 1


def own_tokenizer(model: str) -> OwnTokenizer:
    """The tokenizer of a model by its id, which may come from a URL.

    Raises: UnknownModel, ModelLocked, ModelUnavailable (``reason``: no_tokenizer), MissingWeights, DamagedModel,
    RefusedFile, what the hub raises.
    """
    spec = find(model)
    check_allowed(model)
    file = f"models/{spec.location}/tokenizer.json"
    listed = next((one.id for one in VOCABULARIES if spec.source == "bundled" and one.file == file), "")
    if listed:
        vocabulary = load_vocabulary(listed)
    else:
        if spec.source == "hub":
            fetch_file(spec, "tokenizer.json")  # others may read theirs meanwhile
        about = Vocabulary(spec.id, spec.title, "bpe", spec.id)
        vocabulary = resident(f"model:{spec.id}", lambda: read_engine(about, _read(spec, "tokenizer.json")))
    return OwnTokenizer(spec, vocabulary, _settings(spec), _object(spec, "config.json"))


def _settings(spec: ModelSpec) -> Mapping[str, Any]:
    settings = dict(_object(spec, "tokenizer_config.json"))
    if "chat_template" not in settings and spec.source != "bundled":
        try:
            settings["chat_template"] = _read(spec, "chat_template.jinja").decode("utf-8", "replace")
        except ModelUnavailable:
            settings["chat_template"] = ""
    return settings


def _object(spec: ModelSpec, name: str) -> Mapping[str, Any]:
    return files.parse(spec.id, name, _read(spec, name))


def _read(spec: ModelSpec, name: str) -> bytes:
    """A file of the model; the checksum of a bundled one is verified, the others' lengths are bounded."""
    if spec.source == "bundled":
        return read_manifest(spec.id, MODELS / spec.location).read_bytes(name)
    path = fetch_file(spec, name) if spec.source == "hub" else Path(spec.location) / name
    try:
        return files.read(spec.id, path, root_of(path.parent))
    except MissingWeights as error:
        raise ModelUnavailable(model=spec.id, reason="no_tokenizer") from error
