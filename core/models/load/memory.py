"""The process's memory: garbage collection, pages given back to the system, what running out looks like."""

from __future__ import annotations

import ctypes
import gc
import sys

from core import host

LARGE_BLOCK = 4_000_000
"""Bytes from which a block of memory is a mapping of its own."""
HEAPS = 2
"""Heaps that all threads share (glibc's default is eight for each core)."""
SHORTAGE = (
    "can't allocate memory",  # main memory
    "out of memory",  # a card's
    "CUBLAS_STATUS_ALLOC_FAILED",  # a library's on a card
)
"""What torch says in errors that have no class of their own when memory ran out."""
_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8  # parameters of glibc's mallopt


def freeze() -> None:
    """Keep the garbage collector from walking libraries and models after every run of a script."""
    gc.collect()
    gc.freeze()
    trim()


def reclaim() -> None:
    """Free what nothing reaches any more, frozen objects included, and give the memory back to the system."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
    elif torch is not None and torch.backends.mps.is_available():
        torch.mps.empty_cache()
    trim()


def give_way() -> None:
    """Forget what is kept for speed alone, and give the memory back."""
    host.give_back()
    reclaim()


def keep_heaps_small() -> None:
    """Let large blocks go straight back to the system when they are freed, and threads share few heaps.

    Without it glibc's heap stays as large as the largest computation was: 120 MB more after 256 tokens.
    """
    if libc := _glibc():
        libc.mallopt(_M_MMAP_THRESHOLD, LARGE_BLOCK)
        libc.mallopt(_M_ARENA_MAX, HEAPS)


def trim() -> None:
    """Return freed heap pages to the system."""
    if libc := _glibc():
        libc.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    """The C library where it is GNU's, else None."""
    if sys.platform != "linux":
        return None
    try:
        libc = ctypes.CDLL("libc.so.6")
    except OSError:
        return None
    return libc if hasattr(libc, "malloc_trim") else None


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception of Python or torch says that memory ran out."""
    if isinstance(error, MemoryError):
        return True
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(error, torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(one in str(error) for one in SHORTAGE)
