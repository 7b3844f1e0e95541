"""Arrays that stay where they were computed: what a view asks for is sent to main memory, the rest is not.

On a CPU nothing of this is met: arrays are numpy's. On a card, the attentions of 512 tokens through a model of
1.5 billion weights are 352 MB in float32, of which a view shows one head.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from core.arrays import Array, read_only
from core.models.read.layouts import network

if TYPE_CHECKING:
    import torch

    from core.models.load.residency import LoadedModel

PIECE = 1 << 24
"""Bytes that are sent at a time through memory that the system does not move ("pinned"), of which there is little."""


class Held(NDArrayOperatorsMixin):
    """A tensor on a device, as a read-only numpy array of float32.

    A part of it ([layer], [layer, head], …) is cut there and sent as it is; whatever else is asked of an array is asked
    of all of it, sent for that and not kept.
    """

    dtype = np.dtype(np.float32)

    def __init__(self, tensor: torch.Tensor) -> None:
        self.tensor = tensor
        self.shape = tuple(tensor.shape)
        self.ndim, self.size = tensor.ndim, tensor.numel()

    @property
    def nbytes(self) -> int:
        """Bytes where it lies."""
        return self.tensor.numel() * self.tensor.element_size()

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, at: Any) -> Array:
        return read_only(sent(self.tensor[at]))

    def __iter__(self) -> Iterator[Array]:
        return iter(np.asarray(self))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return read_only(sent(self.tensor)).astype(dtype or np.float32, copy=False)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        return getattr(ufunc, method)(*(np.asarray(one) if one is self else one for one in inputs), **options)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(np.asarray(self), name)


def hold(tensor: torch.Tensor | Sequence[torch.Tensor]) -> Array:
    """What a forward pass made, kept where it is: a tensor, or one for each layer under one another.

    On a CPU a read-only array of float32, elsewhere what behaves like one (``Held``).
    """
    import torch

    if isinstance(tensor, torch.Tensor):
        return read_only(sent(tensor)) if tensor.device.type == "cpu" else cast("Array", Held(tensor))
    if tensor[0].device.type != "cpu":
        return cast("Array", Held(torch.stack(list(tensor))))
    result = np.empty((len(tensor), *tensor[0].shape), dtype=np.float32)
    for row, layer in zip(result, tensor, strict=True):
        row[...] = sent(layer)
    return read_only(result)


def sent(tensor: torch.Tensor) -> Array:
    """A tensor's numbers in main memory as float32, sent in the type that they have."""
    import torch

    if tensor.device.type == "cpu":
        return cast("Array", tensor.float().numpy())
    if tensor.device.type != "cuda":
        return cast("Array", tensor.cpu().float().numpy())
    result = np.empty(tuple(tensor.shape), np.float32)
    flat, target = tensor.detach().reshape(-1), result.reshape(-1)
    step = PIECE // tensor.element_size()
    for start in range(0, len(flat), step):
        piece = flat[start : start + step]
        pinned = torch.empty(len(piece), dtype=piece.dtype, pin_memory=True)
        target[start : start + len(piece)] = pinned.copy_(piece).float().numpy()
    return result


def there(loaded: LoadedModel, values: Array, at: Any) -> torch.Tensor:
    """``values[at]`` as a tensor where the model computes, in its numbers; what lies there is not sent to and fro."""
    import torch

    kind = network(loaded).dtype
    if (lying := tensor_of(values)) is not None:
        return lying[at].to(kind)
    return torch.from_numpy(values[at].copy()).to(loaded.device, kind)


def tensor_of(values: object) -> torch.Tensor | None:
    """The tensor of an array that stays on a device, None for one in main memory."""
    return values.tensor if isinstance(values, Held) else None


def exact(tensor: torch.Tensor) -> torch.Tensor:
    """A tensor in float64, where its device has it; Apple's GPU has none, its numbers go to the processor."""
    return (tensor.cpu() if tensor.device.type == "mps" else tensor).double()
