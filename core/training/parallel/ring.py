"""Processes in a ring: sums and parts are passed on from each to the next, and every byte that is sent is counted.

Nothing but sending and receiving is torch.distributed's (gloo, over this machine's loopback), so that what is counted
is what went over the wire, numbers alone, and not what an operation is said to cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


@dataclass(slots=True)
class Wire:
    """What a process sends and receives."""

    sent: int = 0  # bytes
    under_way: list[tuple[Any, torch.Tensor]] = field(
        default_factory=list
    )  # tensors stay until they have left

    def send(self, tensor: torch.Tensor, to: int, tag: int = 0) -> None:
        """Send a tensor and go on."""
        import torch.distributed as dist

        whole = tensor.detach().contiguous()
        self.sent += whole.numel() * whole.element_size()
        self.under_way.append((dist.isend(whole, to, tag=tag), whole))

    def receive(self, into: torch.Tensor, source: int, tag: int = 0) -> torch.Tensor:
        """Wait for a tensor."""
        import torch.distributed as dist

        dist.recv(into, source, tag=tag)
        return into

    def settle(self) -> None:
        """Wait until all has left."""
        for work, _ in self.under_way:
            work.wait()
        self.under_way.clear()


@dataclass(frozen=True, slots=True)
class Ring:
    """Some processes, and the place of this one among them."""

    ranks: Sequence[int]
    place: int
    wire: Wire

    @property
    def size(self) -> int:
        """Processes in the ring; one alone sends nothing."""
        return len(self.ranks)

    def _pass(self, parts: Sequence[torch.Tensor], given: int, taken: int, *, add: bool) -> None:
        """Send one part to the next process and take another from the one before."""
        import torch

        at, count = self.place, self.size
        self.wire.send(parts[given % count], self.ranks[(at + 1) % count])
        into = parts[taken % count]
        found = self.wire.receive(torch.empty_like(into), self.ranks[(at - 1) % count])
        into.copy_(into + found if add else found)
        self.wire.settle()

    def reduce_scatter(self, flat: torch.Tensor) -> torch.Tensor:
        """This process' part of the sum of everybody's vector; the vector is used up. Its length divides evenly."""
        parts = flat.chunk(self.size)
        for step in range(self.size - 1):
            self._pass(parts, self.place - 1 - step, self.place - 2 - step, add=True)
        return parts[self.place]

    def all_gather(self, part: torch.Tensor) -> torch.Tensor:
        """Everybody's parts, one after the other."""
        import torch

        flat = torch.empty(part.numel() * self.size, dtype=part.dtype)
        parts = flat.chunk(self.size)
        parts[self.place].copy_(part)
        for step in range(self.size - 1):
            self._pass(parts, self.place - step, self.place - 1 - step, add=False)
        return flat

    def all_reduce(self, flat: torch.Tensor) -> torch.Tensor:
        """The sum of everybody's vector, a part at each process first, then passed round."""
        return self.all_gather(self.reduce_scatter(flat)) if self.size > 1 else flat
