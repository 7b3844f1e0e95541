"""A stand-in for a graphics card, on the processor: what lies on it, what crosses the bus, in which numbers.

A tensor "on the card" is one that says so and whose numbers lie in main memory. As with a card, an operation whose
tensors lie on different devices is refused, and so is reading numbers that were not sent; Apple's has no float64. What
is sent, and in which type, is counted. Speed, rounding and memory of a real card are not in it: those need one (tests
marked ``cuda``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

from core.models.load import bundled, checkpoint, device, residency

MEMORY = 10**9
"""Bytes of the stand-in."""
_COPIES = ("copy_", "_to_copy", "to")
_MIXED = (*_COPIES, "index", "index_put", "index_put_", "_index_put_impl_", "lift_fresh")
"""Operations whose tensors may lie on two devices: copies, and indices, which a card takes from main memory."""
_READ = ("_local_scalar_dense", "item", "is_nonzero", "equal", "allclose")
"""Operations that hand a number of a card to the program."""


class OnCard(torch.Tensor):
    """A tensor that says that it lies on the card; ``held`` has its numbers."""

    held: torch.Tensor
    card: torch.device

    @staticmethod
    def __new__(cls: type[OnCard], held: torch.Tensor, card: torch.device) -> OnCard:
        maker: Any = torch.Tensor._make_wrapper_subclass
        made: OnCard = maker(
            cls,
            held.size(),
            strides=held.stride(),
            storage_offset=held.storage_offset(),
            dtype=held.dtype,
            device="meta",  # what torch's own code sees: it has no part that speaks to a card that is not there
        )
        made.held, made.card = held, card
        return made

    @property
    def device(self) -> torch.device:  # type: ignore[override]
        return self.card

    def __getitem__(self, at: Any) -> Any:
        return super().__getitem__(tuple(_index(one) for one in at) if isinstance(at, tuple) else _index(at))

    def tolist(self) -> Any:
        return self.cpu().tolist()

    def __tensor_flatten__(self) -> tuple[list[str], torch.device]:
        return ["held"], self.card

    @staticmethod
    def __tensor_unflatten__(parts: dict[str, torch.Tensor], card: torch.device, *_: Any) -> OnCard:
        return OnCard(parts["held"], card)

    @classmethod
    def __torch_dispatch__(cls, func: Any, *_: Any, **__: Any) -> Any:  # type: ignore[override]
        raise AssertionError(f"{func}: the stand-in is gone")


@dataclass(frozen=True)
class Sent:
    """What crossed the bus to main memory at once."""

    bytes: int
    dtype: torch.dtype
    pinned: bool  # into memory that the system does not move


class Card(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """The stand-in: all that torch does in this thread goes through it."""

    def __init__(self, kind: str = "cuda") -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kind = kind
        self.name = f"{kind}:0"
        self.sent: list[Sent] = []
        self.types: set[torch.dtype] = set()  # of floating-point numbers that lay on it
        self.most = MEMORY  # bytes of one tensor for which there is room
        self._pinned: list[torch.Tensor] = []

    @property
    def bytes_sent(self) -> int:
        """Bytes that have crossed to main memory."""
        return sum(one.bytes for one in self.sent)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """The machine as it is without the card."""
        with torch.utils._python_dispatch._disable_current_modes():
            yield

    @contextmanager
    def counting(self) -> Iterator[list[Sent]]:
        """What is sent meanwhile."""
        before, self.sent = self.sent, []
        try:
            yield self.sent
        finally:
            self.sent = [*before, *self.sent]

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        pinned = bool(kwargs.pop("pin_memory", False))
        name = func.overloadpacket._qualified_op_name.rpartition("::")[2]
        leaves = tree_leaves((args, kwargs))
        tensors = [one for one in leaves if isinstance(one, torch.Tensor)]
        self._check(name, tensors)
        goes = self._goes(name, leaves)
        if goes or any(isinstance(one, OnCard) for one in tensors):
            args_, kwargs = tree_map(_plain, (args, kwargs))
        else:
            args_ = args
        made = func(*args_, **kwargs)
        if name in _COPIES and not goes:
            source = args[1] if name == "copy_" else args[0]
            self._send(source, any(args[0].data_ptr() == one.data_ptr() for one in self._pinned))
        if name in _READ and tensors and isinstance(tensors[0], OnCard):
            self.sent.append(Sent(tensors[0].held.element_size(), tensors[0].dtype, pinned=False))
            return made
        if pinned:
            self._pinned.append(made)
        if name.rstrip("_") != name and not name.startswith("_") and args:  # in place
            return args[0]
        return tree_map(self._lay, made) if goes else made

    def _check(self, name: str, tensors: list[torch.Tensor]) -> None:
        """Refuse what a card refuses: tensors of two devices in one operation, but for single numbers."""
        if name in _MIXED or not any(isinstance(one, OnCard) for one in tensors):
            return
        if any(one.dim() and not isinstance(one, OnCard) for one in tensors):
            raise RuntimeError(f"{name}: expected all tensors to be on the same device")

    def _goes(self, name: str, leaves: list[Any]) -> bool:
        """Whether what is made lies on the card: it is told where, or lies where its tensors are."""
        if name == "copy_":
            return isinstance(leaves[0], OnCard)
        told = next((one.type for one in leaves if isinstance(one, torch.device)), None)
        tensors = [one for one in leaves if isinstance(one, torch.Tensor)]
        if told == "meta" and not tensors:  # torch's own code, which takes the card for that
            return True
        return told == self.kind or (
            told in (None, "meta") and any(isinstance(one, OnCard) for one in tensors)
        )

    def _send(self, source: Any, pinned: bool) -> None:
        if isinstance(source, OnCard):
            self.sent.append(Sent(source.held.nbytes, source.dtype, pinned))

    def _lay(self, one: Any) -> Any:
        if not isinstance(one, torch.Tensor) or isinstance(one, OnCard):
            return one
        if one.nbytes > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        if one.dtype.is_floating_point:
            self.types.add(one.dtype)
        if self.kind == "mps" and one.dtype == torch.float64:
            raise TypeError(
                "Cannot convert a MPS Tensor to float64 dtype as the MPS framework doesn't support float64."
            )
        return OnCard(one, torch.device(self.kind, 0))


def _index(one: Any) -> Any:
    """Torch would make a tensor of a list where it believes the other one to be."""
    return torch.tensor(one) if isinstance(one, list) else one


def _aside(card: Card, build: Callable[..., Any]) -> Callable[..., Any]:
    """What happens in the host's memory: a module is laid out on the device "meta", and filled there."""

    def run(*args: Any, **kwargs: Any) -> Any:
        with card.aside():
            return build(*args, **kwargs)

    return run


def _plain(one: Any) -> Any:
    if isinstance(one, OnCard):
        return one.held
    return torch.device("cpu") if isinstance(one, torch.device) else one


@contextmanager
def plugged(patch: pytest.MonkeyPatch, dtype: torch.dtype, kind: str = "cuda") -> Iterator[Card]:
    """A machine with a card that computes in ``dtype``, for this thread."""
    card = Card(kind)
    patch.setattr(device, "_chosen", lambda _asked: (card.name, dtype))
    patch.setattr(torch, "inference_mode", torch.no_grad)  # its tensors can have no other class
    patch.setattr(torch.cuda, "_lazy_init", lambda: None)
    patch.setattr(torch.cuda, "synchronize", lambda _name: None)
    patch.setattr(torch.mps, "synchronize", lambda: None)
    for module in (device, residency):
        patch.setattr(module, "card_bytes", lambda _name: MEMORY)
    for module, name in ((checkpoint, "check"), (checkpoint, "build"), (bundled, "build")):
        patch.setattr(module, name, _aside(card, getattr(module, name)))
    flags: Any = torch._C
    before = flags._only_lift_cpu_tensors()
    flags._set_only_lift_cpu_tensors(True)  # torch.tensor(…, device=card) makes it here, then sends it
    try:
        with card:
            yield card
    finally:
        flags._set_only_lift_cpu_tensors(before)
