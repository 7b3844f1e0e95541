"""What a Transformer is made of: the parts, shapes and parameter counts of the page ``model_anatomy``.

``anatomy`` reads a model's config and the shapes of its tensors, nothing else: what is drawn is what the model has.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.models.layouts import network

if TYPE_CHECKING:
    from core.models.loading import LoadedModel

Shape = tuple[int, ...]
STACKS = ("encoder", "decoder")

BLOCK = re.compile(r"(?:^|\.)(?:layers|layer|h|block)\.(\d+)\.(.+)$")
"""Where a tensor of a block stands: "…layers.3.self_attn.q_proj.weight" → (3, "self_attn.q_proj.weight")."""

IN_BLOCK: tuple[tuple[str, str], ...] = (
    (r"relative_attention_bias", "bias"),
    (
        r"(EncDecAttention|encoder_attn|crossattention)[._].*norm|layer\.1\.layer_norm\b(?=.*cross)",
        "cross_norm",
    ),
    (r"(EncDecAttention|encoder_attn|crossattention)\..*\b(q|q_proj|query)\.", "cross_q"),
    (r"(EncDecAttention|encoder_attn|crossattention)\..*\b(k|k_proj|key)\.", "cross_k"),
    (r"(EncDecAttention|encoder_attn|crossattention)\..*\b(v|v_proj|value)\.", "cross_v"),
    (r"(EncDecAttention|encoder_attn|crossattention)\.", "cross_o"),
    (r"\bq_norm\.", "q_norm"),
    (r"\bk_norm\.", "k_norm"),
    (r"c_attn\.", "qkv"),
    (r"(SelfAttention|self_attn|attention\.self)\.(q|q_proj|query)\.", "q"),
    (r"(SelfAttention|self_attn|attention\.self)\.(k|k_proj|key)\.", "k"),
    (r"(SelfAttention|self_attn|attention\.self)\.(v|v_proj|value)\.", "v"),
    (r"(SelfAttention\.o|self_attn\.o(ut)?_proj|attention\.output\.dense|attn\.c_proj)\.", "o"),
    (
        r"^(input_layernorm|ln_1|self_attn_layer_norm|attention\.output\.LayerNorm|layer\.0\.layer_norm)",
        "norm_1",
    ),
    (
        r"^(post_attention_layernorm|ln_2|final_layer_norm|output\.LayerNorm|layer\.[12]\.layer_norm)\.",
        "norm_2",
    ),
    (r"(mlp\.gate_proj|DenseReluDense\.wi_0)\.", "gate"),
    (r"(mlp\.up_proj|DenseReluDense\.wi(_1)?|mlp\.c_fc|intermediate\.dense|\bfc1)\.", "up"),
    (r"(mlp\.down_proj|DenseReluDense\.wo|mlp\.c_proj|^output\.dense|\bfc2)\.", "down"),
)
"""Role of a tensor inside a block, by the first pattern that fits."""

OUTSIDE: tuple[tuple[str, str], ...] = (
    (r"(wpe|position_embeddings|embed_positions)\.", "positions"),
    (r"token_type_embeddings\.", "types"),
    (r"(wte|embed_tokens|word_embeddings|shared)\.", "embed"),
    (r"(embeddings\.LayerNorm|layernorm_embedding)\.", "embed_norm"),
    (r"(ln_f|final_layer_norm|^(model\.)?norm|\bnorm)\.", "final_norm"),
    (r"pooler\.", "pooler"),
    (r"seq_relationship\.", "pair_head"),
    (r"(transform\.|lm_head\.(dense|layer_norm)\.)", "transform"),
    (r"(lm_head|predictions|embed_out)\b", "head"),
)
"""Role of a tensor outside of the blocks, by the first pattern that fits."""


@dataclass(frozen=True, slots=True)
class Part:
    """Tensors that do one thing together."""

    role: str  # "embed", "q", "up", …; "other" where no pattern fits
    stack: str  # "encoder" | "decoder"; "" for what both share
    layer: int  # −1 outside of the blocks
    parameters: int  # own ones: a tensor that is shared counts where it stands first
    names: tuple[str, ...]
    shapes: tuple[Shape, ...]
    tied: str  # name of the tensor that it shares; "" where it has its own


@dataclass(frozen=True, slots=True)
class Anatomy:
    """A model's parts and sizes."""

    model_type: str
    kind: str  # "decoder" | "encoder" | "encoder-decoder"
    parts: tuple[Part, ...]
    parameters: int  # sum of the parts'


def anatomy(
    config: Mapping[str, Any], shapes: Mapping[str, Shape], ties: Mapping[str, str], kind: str
) -> Anatomy:
    """Parts of a model from its config, the shapes of all its tensors, and which of those share memory.

    ``ties``: name → name of the tensor met before that it shares; their parameters count once.

    >>> anatomy({"model_type": "gpt2"}, {"wte.weight": (5, 2)}, {}, "decoder").parameters
    10
    """
    grouped: dict[tuple[str, int, str], list[str]] = {}
    for name in shapes:
        grouped.setdefault(_place(name, kind), []).append(name)
    parts = tuple(_part(place, names, shapes, ties) for place, names in grouped.items())
    return Anatomy(str(config.get("model_type", "")), kind, parts, sum(part.parameters for part in parts))


def _place(name: str, kind: str) -> tuple[str, int, str]:
    """(stack, layer, role) of a tensor."""
    stack = kind if kind in STACKS else next((one for one in STACKS if re.search(rf"\b{one}\.", name)), "")
    found = BLOCK.search(name)
    layer, rest, rules = (int(found[1]), found[2], IN_BLOCK) if found else (-1, name, OUTSIDE)
    return stack, layer, next((role for pattern, role in rules if re.search(pattern, rest)), "other")


def _part(
    place: tuple[str, int, str], names: list[str], shapes: Mapping[str, Shape], ties: Mapping[str, str]
) -> Part:
    own = [name for name in names if name not in ties]
    return Part(
        role=place[2], stack=place[0], layer=place[1], names=tuple(names),
        parameters=sum(math.prod(shapes[name]) for name in own),
        shapes=tuple(tuple(shapes[name]) for name in names),
        tied=next((ties[name] for name in names if name in ties), ""),
    )  # fmt: skip


def structure(*, loaded: LoadedModel) -> Anatomy:
    """The anatomy of a loaded model. Its parameters are ``sum(p.numel() for p in model.parameters())``.

    >>> structure(loaded=load("smollm2-135m")).parameters  # doctest: +SKIP
    134515008
    """
    model = network(loaded)
    shapes: dict[str, Shape] = {}
    ties: dict[str, str] = {}
    first: dict[int, str] = {}
    for name, tensor in model.named_parameters(remove_duplicate=False):
        shapes[name] = tuple(tensor.shape)
        if id(tensor) in first:
            ties[name] = first[id(tensor)]
        first.setdefault(id(tensor), name)
    return anatomy(model.config.to_dict(), shapes, ties, str(loaded.spec.kind))


ATTENTION = (
    "q",
    "k",
    "v",
    "o",
    "qkv",
    "q_norm",
    "k_norm",
    "cross_q",
    "cross_k",
    "cross_v",
    "cross_o",
    "bias",
)
MLP = ("gate", "up", "down")


def notice(found: Anatomy) -> dict[str, float]:
    """Shares of the parameters in embedding, attention and MLPs, for one sentence."""

    def share(*roles: str) -> float:
        return sum(part.parameters for part in found.parts if part.role in roles) / max(1, found.parameters)

    return {
        "total": found.parameters / 1e6,
        "embedding": share("embed", "positions", "types", "head"),
        "attention": share(*ATTENTION),
        "mlp": share(*MLP),
    }
