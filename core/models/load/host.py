"""How much memory there is for models: what the container or the machine has, less what everything else needs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

RESERVED = 530_000_000
"""Bytes that the server takes beside its models: Python, Streamlit, torch, results on the shelf, a forward pass."""
SHARE_OF_CONTAINER, SHARE_OF_MACHINE = 0.8, 0.5
"""The part of the rest that models may take. What is left is for a map's own process and peaks; a machine without a
limit runs other programs too."""
LEAST = 100_000_000
"""Bytes for models in any case: the tiny ones."""
UNKNOWN = 850_000_000
"""Bytes for models where the system does not say what it has."""

_GROUPS, _MEMBER = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


@cache
def room() -> int:
    """Bytes for models and vocabularies on this host."""
    return room_of(total_bytes(), container_bytes())


def room_of(total: int | None, limit: int | None) -> int:
    """Bytes for models on a machine of ``total`` bytes, in a container of ``limit`` (None: not known, no limit).

    >>> [room_of(16 * 10**9, round(gb * 1e9)) // 10**6 for gb in (0.7, 1, 1.2, 2, 2.7, 4)], room_of(4 * 10**9, None)
    ([136, 376, 536, 1176, 1736, 2776], 1735000000)
    """
    if limit is not None and (total is None or limit < total):
        return max(LEAST, int(SHARE_OF_CONTAINER * (limit - RESERVED)))
    return UNKNOWN if total is None else max(LEAST, int(SHARE_OF_MACHINE * (total - RESERVED)))


def total_bytes() -> int | None:
    """Memory of the machine, None where the system does not say (Windows)."""
    try:
        found = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None
    return found if found > 0 else None


def container_bytes(groups: Path = _GROUPS, member: Path = _MEMBER) -> int | None:
    """The least limit of this process's control groups, its own and all above it, version 2 or 1; None without one."""
    try:
        lines = member.read_text("utf-8").splitlines()
    except (OSError, ValueError):
        return None
    return min((limit for line in lines for limit in _limits(groups, line)), default=None)


def _limits(groups: Path, line: str) -> Iterator[int]:
    """The limits of a line of ``/proc/self/cgroup``: number, controllers (none in version 2), path of the group.

    A container may see only its own group, mounted where all groups are; its path is then that of another tree.
    """
    _, _, rest = line.partition(":")
    controllers, _, path = rest.partition(":")
    if controllers and "memory" not in controllers.split(","):
        return
    root, name = (groups / "memory", "memory.limit_in_bytes") if controllers else (groups, "memory.max")
    parts = [part for part in path.split("/") if part]
    for depth in range(len(parts) + 1 if ".." not in parts else 1):
        try:
            yield int(root.joinpath(*parts[:depth], name).read_text("utf-8"))
        except (OSError, ValueError):  # not there, or "max"
            continue
