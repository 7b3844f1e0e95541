"""A model with 8-bit weights: a code for each weight, a scale (and a minimum) for each group of neighbours in a row.

The codes are those that the bundled file keeps in 4 to 8 bits, each in a byte of its own: weight = scale · code +
minimum, as in ``quantized``, so the weights are those of float32 bit for bit; nothing is rounded once more. They become
float32 when a forward pass needs them, a piece of a matrix at a time. The modules stay those of transformers; of a
linear map and of a table only the weight (int8) and what ``forward`` computes are others, so hooks, attentions and
hidden states are where they are in float32.

Only the order of sums may differ, so results of both forms have the same keys, and bundled ones, computed in float32,
stand for both; the badge says with which form a result was computed now.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from core.models.load.quantized import GROUPS, Coded, coded_bytes

if TYPE_CHECKING:
    import torch
    from torch import nn

    from core.arrays import Ints

FEW_ROWS = 64
"""Rows up to which reading the weights takes longer than multiplying them."""
PIECE, LARGE_PIECE = 1 << 21, 1 << 22
"""Weights that are float32 at a time: for few rows what a cache holds, for more what keeps a processor multiplying."""
SCALE, LEAST = "scale_of_group", "least_of_group"
"""The buffers of a module that hold scales and minima, [row, group]; a module without them has float32 weights."""

_OWN = threading.local()


# --- making a module small ------------------------------------------------------------------------


def matrices(model: nn.Module) -> Iterator[nn.Module]:
    """The linear maps and tables of a model, whose weights can be codes; not what computes otherwise."""
    from torch import nn

    return (module for module in model.modules() if type(module) in (nn.Linear, nn.Embedding))


def coded_names(model: nn.Module, encodings: Mapping[str, str]) -> dict[str, str]:
    """The parameters that are codes in the small form, by name, with their encodings; tied ones once."""
    known = {id(module.weight) for module in matrices(model)}
    named = {name for name, parameter in model.named_parameters() if id(parameter) in known}
    return {name: kind for name, kind in encodings.items() if name in named and kind in GROUPS}


def bytes_of(model: nn.Module, encodings: Mapping[str, str]) -> int:
    """What the small form takes, from shapes alone: one for a code, four for any other number, and the groups'."""
    coded = coded_names(model, encodings)
    size = 0
    for name, parameter in model.named_parameters():
        size += coded_bytes(coded.get(name, ""), tuple(parameter.shape))
    return size


def bytes_held(model: nn.Module) -> int:
    """What the parameters of a model take, tied ones counted once, and the scales and minima of its codes."""
    named = (getattr(module, name, None) for module in matrices(model) for name in (SCALE, LEAST))
    groups = {id(one): one for one in named if one is not None}
    return sum(one.numel() * one.element_size() for one in (*model.parameters(), *groups.values()))


def lay_out(model: nn.Module, encodings: Mapping[str, str]) -> None:
    """Let matrices of a module that has no memory yet be codes; those that share one go on sharing it."""
    import torch
    from torch import nn

    made: dict[int, nn.Parameter] = {}
    for name in coded_names(model, encodings):
        weight = model.get_parameter(name)
        codes = torch.empty(weight.shape, dtype=torch.int8, device=weight.device)
        made[id(weight)] = nn.Parameter(codes, requires_grad=False)
    for module in list(matrices(model)):
        module.weight = made.get(id(module.weight), module.weight)


def finish(model: nn.Module, encodings: Mapping[str, str]) -> dict[str, Coded]:
    """Give the matrices of a laid-out module scales, minima and their ``forward``; what is to be filled, by name."""
    from torch import nn

    made: dict[int, tuple[torch.Tensor, torch.Tensor | None]] = {}
    found: dict[str, Coded] = {}
    for name, kind in coded_names(model, encodings).items():
        weight = model.get_parameter(name)
        scale, least = made[id(weight)] = _groups(weight, kind)
        found[name] = Coded(weight.numpy(), scale.numpy(), None if least is None else least.numpy())
    for module in matrices(model):
        if id(module.weight) in made:
            for name, buffer in zip((SCALE, LEAST), made[id(module.weight)], strict=True):
                module.register_buffer(name, buffer, persistent=False)
            itself: Any = weakref.proxy(
                module
            )  # in no circle: a model is gone with the last one who holds it
            module.forward = partial(weights_of if isinstance(module, nn.Embedding) else _mapped, itself)
    return found


def _groups(weight: torch.Tensor, encoding: str) -> tuple[torch.Tensor, torch.Tensor | None]:
    import torch

    group = GROUPS[encoding]
    shape = (len(weight), weight.shape[1] // group.size)
    scale, least = (torch.from_numpy(np.zeros(shape, group.type)) for _ in range(2))
    return scale, least if group.least else None


# --- reading it -----------------------------------------------------------------------------------


def is_small(model: nn.Module) -> bool:
    """Whether weights of a model are codes."""
    return any(hasattr(module, SCALE) for module in matrices(model))


def weights_of(module: nn.Module, at: slice | Ints | torch.Tensor | list[int] = slice(None)) -> torch.Tensor:
    """Rows of the weight of a linear map or a table, [..., in], in numbers that can be computed with.

    The one door to weights: those of codes are float32, others are as they are.
    """
    weight: Any = module.weight
    rows: torch.Tensor = weight[at]
    return _decoded(module, rows.float(), at) if hasattr(module, SCALE) else rows


def _decoded(module: nn.Module, codes: torch.Tensor, at: Any) -> torch.Tensor:
    """The weights of rows whose codes these are, in the same memory."""
    scale, least = getattr(module, SCALE), getattr(module, LEAST)
    groups = codes.view(*codes.shape[:-1], scale.shape[1], -1).mul_(scale[at].float()[..., None])
    if least is not None:
        groups.add_(least[at].float()[..., None])
    return codes


def through(module: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """The product x Wᵀ [..., out] of a linear map, without its bias, in the weights' precision."""
    import torch
    from torch.nn import functional

    weight: Any = module.weight
    if not hasattr(module, SCALE):
        return functional.linear(x.to(weight.device, weight.dtype), weight)
    flat = x.float().reshape(-1, x.shape[-1])
    out = flat.new_empty(len(flat), len(weight))
    step = max(1, (PIECE if len(flat) <= FEW_ROWS else LARGE_PIECE) // weight.shape[1])
    piece = _scratch(step * weight.shape[1]).view(step, -1)
    for first in range(0, len(weight), step):
        few = slice(first, first + step)
        codes = weight[few]
        rows = _decoded(module, piece[: len(codes)].copy_(codes), few)
        torch.mm(flat, rows.T, out=out[:, few])
    return out.view(*x.shape[:-1], -1)


def _scratch(size: int) -> torch.Tensor:
    """Memory for so many float32 of this thread, kept: new pages for each piece would take as long as its product."""
    import torch

    kept: torch.Tensor | None = getattr(_OWN, "kept", None)
    if kept is None or len(kept) < size:
        with torch.inference_mode(mode=False):  # of use outside of it too
            kept = _OWN.kept = torch.empty(max(size, LARGE_PIECE))
    return kept[:size]


def _mapped(module: Any, x: torch.Tensor) -> torch.Tensor:
    made = through(module, x)
    return made if module.bias is None else made.add_(module.bias)
