"""How many numbers a config.json asks for, by closed form and without any library.

What a config may say is bounded first, so that nothing that is built from it, not even without memory for its
weights, takes long.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.errors import RefusedFile
from core.models.load.files import CONFIG

_NAMES: Mapping[str, tuple[str, ...]] = {
    "layers": ("n_layer", "num_hidden_layers", "num_layers", "encoder_layers"),
    "decoder_layers": ("decoder_layers", "num_decoder_layers"),
    "width": ("n_embd", "hidden_size", "d_model"),
    "inner": ("n_inner", "intermediate_size", "d_ff", "encoder_ffn_dim"),
    "decoder_inner": ("decoder_ffn_dim",),
    "heads": ("n_head", "num_attention_heads", "num_heads", "encoder_attention_heads"),
    "decoder_heads": ("decoder_attention_heads",),
    "pairs": ("num_key_value_heads",),
    "head_width": ("head_dim", "d_kv"),
    "vocabulary": ("vocab_size",),
    "decoder_vocabulary": ("decoder_vocab_size", "target_vocab_size"),
    "positions": ("n_positions", "n_ctx", "max_position_embeddings"),
    "kinds": ("type_vocab_size", "relative_attention_num_buckets"),
}
"""What a number of a config means, and the names that the tested architectures have for it, aliases included."""

MOST: Mapping[str, int] = {
    "layers": 256,
    "decoder_layers": 256,
    "width": 32_768,
    "inner": 262_144,
    "decoder_inner": 262_144,
    "heads": 1_024,
    "decoder_heads": 1_024,
    "pairs": 1_024,
    "head_width": 4_096,
    "vocabulary": 2_000_000,
    "decoder_vocabulary": 2_000_000,
    "positions": 1 << 24,
    "kinds": 4_096,
}
"""The largest value of each: above those of every published model of a tested architecture."""
TABLE = 1 << 14
"""Most positions where each has a row of its own, learned or sinusoidal."""
_TABLES = ("gpt2", "bert", "roberta", "marian")


def read_sizes(model: str, family: str, config: Mapping[str, Any]) -> dict[str, int]:
    """What each number of a config is; 0 where it says nothing.

    Raises: RefusedFile for what is no whole number or is out of bounds.
    """
    found = {}
    for what, names in _NAMES.items():
        values = [config[name] for name in names if config.get(name) is not None]
        most = TABLE if what == "positions" and family in _TABLES else MOST[what]
        if any(type(value) is not int or not 0 <= value <= most for value in values):
            raise RefusedFile(model=model, file=CONFIG, reason="numbers_too_large")
        found[what] = max(values, default=0)
    return found


def least_parameters(family: str, config: Mapping[str, Any], sizes: Mapping[str, int]) -> int:
    """Numbers in the matrices of a model: vocabulary, positions, attention and feed-forward, without norms and biases.

    Formula (d width, V vocabulary, P positions, i inner width, a = heads · width of a head, L layers):
    GPT-2, BERT, RoBERTa: d (V + P) + L (4 d² + 2 d i); Llama, Qwen: d V + L (2 d a (1 + pairs / heads) + 3 d i),
    V twice where the output has a matrix of its own; T5, Marian: d V + L (4 d a + 2 d i) + L' (8 d a + 2 d i').
    What the config leaves out counts as 0, so the model has at least that many.
    """
    d, layers = sizes["width"], sizes["layers"]
    if family in ("llama", "qwen"):
        return _gated(config, sizes)
    if family in ("t5", "marian"):
        return _two_stacks(sizes)
    inner = sizes["inner"] or (4 * d if family == "gpt2" else 0)
    return d * (sizes["vocabulary"] + sizes["positions"]) + layers * (4 * d * d + 2 * d * inner)


def _gated(config: Mapping[str, Any], sizes: Mapping[str, int]) -> int:
    d, heads = sizes["width"], sizes["heads"]
    each = sizes["head_width"] or (d // heads if heads else 0)
    attention = 2 * d * each * (heads + (sizes["pairs"] or heads))
    tables = 1 if config.get("tie_word_embeddings", True) else 2
    return tables * d * sizes["vocabulary"] + sizes["layers"] * (attention + 3 * d * sizes["inner"])


def _two_stacks(sizes: Mapping[str, int]) -> int:
    d, inner = sizes["width"], sizes["inner"]
    across = d * (sizes["heads"] * sizes["head_width"] or d)
    below = sizes["layers"] * (4 * across + 2 * d * inner)
    above = (sizes["decoder_layers"] or sizes["layers"]) * (
        8 * across + 2 * d * (sizes["decoder_inner"] or inner)
    )
    return d * sizes["vocabulary"] + below + above
