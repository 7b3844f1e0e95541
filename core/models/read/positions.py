"""How a model is told the order of its tokens, and what it computes when it is not told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from core.arrays import Array, read_only
from core.errors import NeedsLearned, NeedsRotary, PositionsStay
from core.models.load.small import weights_of
from core.models.read.held import sent
from core.models.read.layouts import layout_of, network
from core.models.read.trace import computing

if TYPE_CHECKING:
    from core.models.load.residency import LoadedModel

TABLES: Mapping[str, str] = MappingProxyType(
    {
        "bert": "embeddings.position_embeddings",
        "roberta": "embeddings.position_embeddings",
        "gpt2": "wpe",
    }
)
"""Family → where its base model keeps one learned vector per position."""


def position_table(loaded: LoadedModel) -> Array:
    """One learned vector per position, [position, d_model].

    The first rows of RoBERTa's table are for padding and stand at no position; they are left out.
    Errors: NeedsLearned for a family without such a table.
    """
    path = TABLES.get(loaded.spec.family)
    if path is None:
        raise NeedsLearned(model=loaded.spec.id)
    module: Any = network(loaded).base_model.get_submodule(path)
    table = sent(weights_of(module).detach())
    return read_only(table[_first(loaded) :].copy())


def rotary_of(loaded: LoadedModel) -> tuple[Array, float]:
    """Angle per position of each pair of dimensions, [head_dim / 2], radians, and what cosine and sine are scaled by.

    Errors: NeedsRotary for a family that turns nothing.
    """
    layout = layout_of(loaded)
    if not layout.rotary:
        raise NeedsRotary(model=loaded.spec.id)
    module: Any = network(loaded).base_model.get_submodule(layout.rotary)
    return read_only(sent(module.inv_freq).copy()), float(module.attention_scaling)


def hidden_of(loaded: LoadedModel, ids: Sequence[int], *, positions: bool) -> Array:
    """Hidden states of one text, [layer + 1, token, d_model]; without positions every token stands at the same place.

    All position ids are equal then: learned vectors are the same for all, rotary turns query and key alike. The mask
    is handed over, because transformers would read equal position ids as many texts packed into one.
    Errors: PositionsStay where the family has relative positions that no id switches off (T5) or takes no ids.
    """
    import torch

    layout = layout_of(loaded)
    if not positions and (layout.bias or loaded.spec.kind == "encoder-decoder"):
        raise PositionsStay(model=loaded.spec.id)
    inputs: dict[str, Any] = {"input_ids": torch.tensor([list(ids)], device=loaded.device)}
    inputs["attention_mask"] = torch.ones_like(inputs["input_ids"])
    if not positions:
        inputs["position_ids"] = torch.full_like(inputs["input_ids"], _first(loaded))
    if loaded.spec.kind == "decoder":
        inputs["use_cache"] = False
    with computing(loaded):
        output: Any = network(loaded).base_model(**inputs, output_hidden_states=True)
        layers = [sent(layer[0]) for layer in output.hidden_states]
    return read_only(np.stack(layers).astype(np.float32))


def _first(loaded: LoadedModel) -> int:
    """The position id of a text's first token."""
    if loaded.spec.family != "roberta":
        return 0
    config: Any = network(loaded).config
    return int(config.pad_token_id) + 1
