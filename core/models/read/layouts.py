"""Where each family of transformer keeps the parts of its self-attention: data, not code.

Paths are dotted and relative: ``layers``, ``rotary`` and ``bias`` to the base model (``model.base_model``),
all others to one layer. A new family is one more entry here, in ``stream`` (how its
blocks add up), ``positions`` (its tables), ``specs`` (its architecture) and in ``tests/core/tiny.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from operator import attrgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from core.errors import UnsupportedModel

if TYPE_CHECKING:
    from torch import nn
    from transformers import PreTrainedModel

    from core.models.load.residency import LoadedModel


@dataclass(frozen=True, slots=True)
class Layout:
    """Module paths of one family."""

    layers: str  # list of layers (encoder-decoder: of the encoder)
    attention: str  # module with ``scaling``
    projections: tuple[str, ...]  # (query, key, value), or one that makes all three side by side
    output: str  # the projection that mixes the heads; its input is the heads' outputs side by side
    norm: str = ""  # norm before the attention; "" where the norm comes after (post-norm)
    head_norms: tuple[str, str] = ("", "")  # of each head's query and key, if there (Qwen3)
    rotary: str = ""  # module that gives the cosines and sines; "" without rotary positions
    bias: str = ""  # module whose ``compute_bias(queries, keys)`` is added to every layer's scores (T5)


_LLAMA = Layout(
    layers="layers",
    attention="self_attn",
    projections=("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
    output="self_attn.o_proj",
    norm="input_layernorm",
    head_norms=("self_attn.q_norm", "self_attn.k_norm"),
    rotary="rotary_emb",
)
_BERT = Layout(
    layers="encoder.layer",
    attention="attention.self",
    projections=("attention.self.query", "attention.self.key", "attention.self.value"),
    output="attention.output.dense",
)
LAYOUTS: Mapping[str, Layout] = MappingProxyType(
    {
        "llama": _LLAMA,
        "qwen": _LLAMA,
        "gpt2": Layout(
            layers="h", attention="attn", projections=("attn.c_attn",), output="attn.c_proj", norm="ln_1"
        ),
        "bert": _BERT,
        "roberta": _BERT,
        "t5": Layout(
            layers="encoder.block",
            attention="layer.0.SelfAttention",
            projections=("layer.0.SelfAttention.q", "layer.0.SelfAttention.k", "layer.0.SelfAttention.v"),
            output="layer.0.SelfAttention.o",
            norm="layer.0.layer_norm",
            bias="encoder.block.0.layer.0.SelfAttention",
        ),
        "marian": Layout(
            layers="encoder.layers",
            attention="self_attn",
            projections=("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
            output="self_attn.out_proj",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of a model's self-attention."""

    layers: int
    heads: int
    kv_heads: int  # fewer than heads where groups of heads share keys and values


def network(loaded: LoadedModel) -> PreTrainedModel:
    """The module with the type that it has: transformers' base class of all models."""
    return cast("PreTrainedModel", loaded.model)


def layout_of(loaded: LoadedModel) -> Layout:
    """The layout of the model's family; UnsupportedModel where there is none."""
    family = loaded.spec.family
    if family not in LAYOUTS:
        raise UnsupportedModel(model=loaded.spec.id, architecture=str(network(loaded).config.model_type))
    return LAYOUTS[family]


def shape_of(loaded: LoadedModel) -> Shape:
    """Layers and heads as the model's config states them (encoder-decoder: of the encoder)."""
    config: Any = network(loaded).config
    heads = int(config.num_attention_heads)
    layers: Any = attrgetter(layout_of(loaded).layers)(network(loaded).base_model)
    return Shape(len(layers), heads, int(getattr(config, "num_key_value_heads", None) or heads))


def layer_of(loaded: LoadedModel, layer: int) -> nn.Module:
    """The module of one layer (encoder-decoder: of the encoder)."""
    layers: Any = attrgetter(layout_of(loaded).layers)(network(loaded).base_model)
    found: nn.Module = layers[layer]
    return found


def output_projection(loaded: LoadedModel, layer: int) -> nn.Module:
    """The linear map whose input, [batch, token, head · head_dim], is the heads' outputs side by side."""
    found: nn.Module = layer_of(loaded, layer).get_submodule(layout_of(loaded).output)
    return found
