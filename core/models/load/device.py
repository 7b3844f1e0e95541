"""Where a model computes, with which numbers and how many threads."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from core.jobs.lines import FORWARD
from core.models.load.lean import import_transformers
from core.models.load.memory import keep_heaps_small, trim
from core.settings import setting

if TYPE_CHECKING:
    import torch


THREADS = 2
"""Threads of torch (``$GLASSBOX_THREADS``): the same everywhere, so that results repeat."""


_prepared = False
_preparing = threading.Lock()


def best_device() -> tuple[str, torch.dtype]:
    """Where models run here: CUDA in bfloat16, else Apple's GPU, else the CPU, both in float32."""
    import torch

    if torch.cuda.is_available():
        return "cuda", torch.bfloat16
    if torch.backends.mps.is_available():
        return "mps", torch.float32
    return "cpu", torch.float32


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
