"""Where a model computes, with which numbers and how many threads."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from core.jobs.lines import FORWARD
from core.models.load.lean import import_transformers
from core.models.load.memory import keep_heaps_small, trim
from core.settings import setting

if TYPE_CHECKING:
    import torch
    from torch import nn


THREADS = 2
"""Threads of torch (``$GLASSBOX_THREADS``): the same everywhere, so that results repeat."""


DEVICE = "GLASSBOX_DEVICE"
"""Where models run, by the operator's will: "cpu", "cuda", "cuda:1", "mps"."""
_log = logging.getLogger("glassbox.models")
_prepared = False
_preparing = threading.Lock()


def best_device() -> tuple[str, torch.dtype]:
    """Where models run here, and in which numbers, for as long as the process lives.

    ``$GLASSBOX_DEVICE`` where there is such a device; else the CUDA card with the most free memory, Apple's GPU, the
    CPU. A card that knows bfloat16 computes in it, all others in float32: float16 ends at 65,504, which states exceed.
    """
    return _chosen(os.environ.get(DEVICE, "").strip().lower())


@cache
def _chosen(asked: str) -> tuple[str, torch.dtype]:
    import torch

    name = _name(asked)
    return name, torch.bfloat16 if has_own_memory(name) and _has_bfloat16(name) else torch.float32


def _name(asked: str) -> str:
    """The device that was asked for where it is there, else the best one."""
    import torch

    cards = torch.cuda.device_count() if torch.cuda.is_available() else 0
    there = {"cpu"} | ({"mps"} if torch.backends.mps.is_available() else set())
    there |= {"cuda"} | {f"cuda:{card}" for card in range(cards)} if cards else set()
    if asked and asked not in there:
        _log.warning("%s names no device of this machine", DEVICE)
    if asked in there and asked != "cuda":
        return asked
    if cards:  # to ask several costs some hundred MB of each: with the setting none is asked
        return "cuda" if cards == 1 else max((f"cuda:{card}" for card in range(cards)), key=free_bytes)
    return "mps" if "mps" in there else "cpu"


def _has_bfloat16(name: str) -> bool:
    """Whether a card multiplies in bfloat16 itself; what others do in its place is slow."""
    import torch

    with torch.cuda.device(name):
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))


def has_own_memory(name: str) -> bool:
    """Whether a device computes in memory of its own: a CUDA card does, Apple's GPU shares the machine's."""
    return name.startswith("cuda")


def free_bytes(name: str) -> int:
    """Bytes of a card that this process has or could have."""
    import torch

    return int(torch.cuda.mem_get_info(name)[0]) + int(torch.cuda.memory_reserved(name))


@cache
def card_bytes(name: str) -> int:
    """Bytes of a card for this process, as it was found: what other programs held then is not counted on."""
    return free_bytes(name)


def place(model: nn.Module, name: str, dtype: torch.dtype) -> None:
    """Move a module to a device, its weights in ``dtype``.

    Its buffers keep their type: in bfloat16 SmolLM2's rotary frequencies would be 0.35 rad off at position 255.
    """
    import torch

    if name == "cpu" and dtype == torch.float32:  # as it was built, codes of 8 bits included
        return
    exact = [
        (module, key, one) for module in model.modules() for key, one in module.named_buffers(recurse=False)
    ]
    model.to(device=name, dtype=dtype)
    for module, key, one in exact:
        setattr(module, key, one.to(name))


def settle(name: str) -> None:
    """Wait until a device has done what it was told: cards compute while the program goes on."""
    import torch

    if has_own_memory(name):
        torch.cuda.synchronize(name)
    elif name == "mps":
        torch.mps.synchronize()


def weight_bytes() -> int:
    """Bytes of one parameter on this device."""
    return best_device()[1].itemsize


def prepare_torch() -> None:
    """Fix the number of threads and how memory is handed back, once."""
    import torch

    global _prepared
    with _preparing:
        if not _prepared:
            keep_heaps_small()
            import_transformers()
            torch.set_num_threads(max(1, int(setting("GLASSBOX_THREADS", min(THREADS, os.cpu_count() or 1)))))
            _prepared = True


@contextmanager
def forward_slot() -> Iterator[None]:
    """A turn to compute, without gradients. Errors: as ``Line.turn``."""
    import torch

    with FORWARD.turn():
        try:
            with torch.inference_mode():
                yield
        finally:
            trim()  # a few milliseconds; the heap would keep what the computation took
