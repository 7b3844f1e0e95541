"""What a Transformer is made of: the parts, shapes and parameter counts of the page ``model_anatomy``.

``anatomy`` reads a model's config and the shapes of its tensors, nothing else: what is drawn is what the model has.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.models.read.layouts import network
from core.results import named

if TYPE_CHECKING:
    from core.models.load.residency import LoadedModel

Shape = tuple[int, ...]
STACKS = ("encoder", "decoder")

BLOCK = re.compile(r"(?:^|\.)(?:layers|layer|h|block)\.(\d+)\.(.+)$")
"""Where a tensor of a block stands: "…layers.3.self_attn.q_proj.weight" → (3, "self_attn.q_proj.weight")."""

_CROSS = r"(EncDecAttention|encoder_attn)"
_SELF = r"(SelfAttention|self_attn|attention\.self)"
IN_BLOCK: tuple[tuple[str, str], ...] = (
    (r"relative_attention_bias", "bias"),
    (r"^encoder_attn_layer_norm", "cross_norm"),
    (rf"{_CROSS}\.(q|q_proj)\.", "cross_q"),
    (rf"{_CROSS}\.(k|k_proj)\.", "cross_k"),
    (rf"{_CROSS}\.(v|v_proj)\.", "cross_v"),
    (rf"{_CROSS}\.", "cross_o"),
    (r"\bq_norm\.", "q_norm"),
    (r"\bk_norm\.", "k_norm"),
    (r"\bc_attn\.", "qkv"),
    (rf"{_SELF}\.(q|q_proj|query)\.", "q"),
    (rf"{_SELF}\.(k|k_proj|key)\.", "k"),
    (rf"{_SELF}\.(v|v_proj|value)\.", "v"),
    (r"(SelfAttention\.o|self_attn\.o(ut)?_proj|attention\.output\.dense|attn\.c_proj)\.", "o"),
    (
        r"^(input_layernorm|ln_1|self_attn_layer_norm|attention\.output\.LayerNorm|layer\.0\.layer_norm)\.",
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
    (r"pooler\.", "pooler"),
    (r"seq_relationship\.", "pair_head"),
    (r"(transform\.|lm_head\.(dense|layer_norm)\.)", "transform"),
    (r"(lm_head|predictions)\b", "head"),
    (r"(ln_f|final_layer_norm|\bnorm)\.", "final_norm"),
)
"""Role of a tensor outside of the blocks, by the first pattern that fits."""

POST_NORM = re.compile(r"attention\.output\.LayerNorm|self_attn_layer_norm")
"""Names of norms that stand after the addition (BERT, Marian)."""


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
class Stack:
    """A pile of equal blocks."""

    name: str  # "encoder" | "decoder"
    layers: int
    heads: int
    kv_heads: int  # fewer than heads where groups of heads share keys and values
    head_dim: int
    d_ff: int  # neurons of an MLP
    causal: bool  # no token sees later ones
    cross: bool  # attends to the encoder's output
    pre_norm: bool  # norms stand before attention and MLP; else after the addition
    gated: bool  # up is multiplied by a gate
    final_norm: bool


@dataclass(frozen=True, slots=True)
class Anatomy:
    """A model's sizes and parts."""

    model_type: str
    kind: str  # "decoder" | "encoder" | "encoder-decoder"
    d_model: int
    vocabulary: int
    norm: str  # "rms" | "layer"
    activation: str  # as the config names it
    positions: str  # "rotary" | "learned" | "sinusoidal" | "relative" | "none"
    predicts: bool  # has a head over the vocabulary
    tied: bool  # that head shares the embedding's matrix
    stacks: tuple[Stack, ...]
    parts: tuple[Part, ...]
    parameters: int  # sum of the parts'


@named("model_anatomy.anatomy")
def anatomy(
    config: Mapping[str, Any], shapes: Mapping[str, Shape], ties: Mapping[str, str], kind: str
) -> Anatomy:
    """Sizes and parts of a model from its config, its tensors' shapes, and which of those share memory.

    ``ties``: name → name of the tensor met before that it shares; their parameters count once. ``kind`` is
    "decoder", "encoder" or "encoder-decoder". Names are those of the GPT-2, Llama, Qwen, BERT, RoBERTa, T5 and
    Marian classes of transformers; what fits none of them is counted as "other".

    >>> anatomy({"model_type": "gpt2"}, {"wte.weight": (5, 2)}, {}, "decoder").parameters
    10
    """
    grouped: dict[tuple[str, int, str], list[str]] = {}
    for name in shapes:
        grouped.setdefault(_place(name, kind), []).append(name)
    parts = tuple(_part(place, names, shapes, ties) for place, names in grouped.items())
    table = next((part.shapes[0] for part in parts if part.role == "embed"), (0, 0))
    heads = [part for part in parts if part.role == "head"]
    return Anatomy(
        model_type=str(config.get("model_type", "")), kind=kind, d_model=table[1], vocabulary=table[0],
        norm="rms" if "rms_norm_eps" in config or config.get("model_type") == "t5" else "layer",
        activation=_first(config, "hidden_act", "activation_function", "dense_act_fn", "feed_forward_proj"),
        positions=_positions(config, parts), predicts=bool(heads),
        tied=any(len(shape) == 2 and part.tied for part in heads for shape in part.shapes),
        stacks=tuple(_stack(name, config, parts) for name in STACKS if kind in (name, "encoder-decoder")),
        parts=parts, parameters=sum(part.parameters for part in parts),
    )  # fmt: skip


def _place(name: str, kind: str) -> tuple[str, int, str]:
    """(stack, layer, role) of a tensor."""
    stack = kind if kind in STACKS else next((one for one in STACKS if re.search(rf"\b{one}\.", name)), "")
    found = BLOCK.search(name)
    layer, rest, rules = (int(found[1]), found[2], IN_BLOCK) if found else (-1, name, OUTSIDE)
    role = next((role for pattern, role in rules if re.search(pattern, rest)), "other")
    if kind not in STACKS and stack == "decoder" and rest.startswith("layer.1.layer_norm"):
        role = "cross_norm"  # T5: of a decoder's three sublayers the second looks at the encoder
    return stack, layer, role


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


def _stack(name: str, config: Mapping[str, Any], parts: Iterable[Part]) -> Stack:
    inside = [part for part in parts if part.stack == name]
    roles = {part.role: part for part in inside if part.layer == 0}
    names = ("num_attention_heads", f"{name}_attention_heads", "num_heads", "n_head")
    heads = int(_first(config, *names) or 1)
    wide = [shape for part in inside if part.role == "o" for shape in part.shapes if len(shape) == 2]
    up = [shape for part in inside if part.role == "up" for shape in part.shapes if len(shape) == 2]
    d_model = next((part.shapes[0][1] for part in parts if part.role == "embed"), 1)
    return Stack(
        name=name, layers=1 + max((part.layer for part in inside), default=-1), heads=heads,
        kv_heads=int(config.get("num_key_value_heads") or heads),
        head_dim=math.prod(wide[0]) // d_model // heads if wide else 0,
        d_ff=math.prod(up[0]) // d_model if up else 0, causal=name == "decoder", cross="cross_q" in roles,
        pre_norm=not any(POST_NORM.search(tensor) for part in inside for tensor in part.names),
        gated="gate" in roles, final_norm=any(part.role == "final_norm" for part in inside),
    )  # fmt: skip


def _positions(config: Mapping[str, Any], parts: Iterable[Part]) -> str:
    roles = {part.role for part in parts}
    if "bias" in roles:
        return "relative"
    if "positions" in roles:
        return "sinusoidal" if config.get("model_type") == "marian" else "learned"
    return "rotary" if "rope_theta" in config or "rope_parameters" in config else "none"


def _first(config: Mapping[str, Any], *names: str) -> Any:
    """The first of these entries that the config has."""
    return next((config[name] for name in names if config.get(name) is not None), "")


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


KINDS: Mapping[str, tuple[str, ...]] = {
    "embedding": ("embed", "positions", "types"),
    "attention": (
        "q", "k", "v", "o", "qkv", "q_norm", "k_norm", "bias", "cross_q", "cross_k", "cross_v", "cross_o",
    ),
    "mlp": ("gate", "up", "down"),
    "norms": ("norm_1", "norm_2", "cross_norm", "embed_norm", "final_norm"),
    "head": ("head", "transform", "pooler", "pair_head", "other"),
}  # fmt: skip
"""What the roles are for, as the share of parameters is shown."""


def shares(found: Anatomy) -> dict[str, int]:
    """Number of parameters for each purpose of ``KINDS``; they sum to ``found.parameters``."""
    return {
        kind: sum(part.parameters for part in found.parts if part.role in roles)
        for kind, roles in KINDS.items()
    }


def portions(found: Anatomy) -> dict[str, float]:
    """Share of all parameters for each purpose of ``KINDS``."""
    return {kind: count / found.parameters for kind, count in shares(found).items()}
