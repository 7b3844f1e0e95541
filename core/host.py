"""One account of memory: what this process and its children may hold, and how much of it each kind may take.

The least limit holds: of the operator, of the container, of the process, of the machine. What a kind takes now and what
it may take stand in the operator's numbers (``core.counters``) under the same name.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from core.settings import setting

SERVER = 430_000_000
"""Bytes that the server takes beside what is dealt out: Python, Streamlit, torch, transformers, pages, a short text."""
SHARE_OF_CONTAINER, SHARE_OF_MACHINE = 0.7, 0.5
"""The part of the rest that models may take. What is left is for results, peaks and a map's own process; a machine
without a limit runs other programs too."""
LEAST = 100_000_000
"""Bytes for models in any case: the tiny ones."""
UNKNOWN = 850_000_000
"""Bytes for models where the system does not say what it has."""
KEPT = {
    "bundled": 32_000_000, "results": 64_000_000, "traces": 160_000_000, "quick": 24_000_000,
    "generations": 24_000_000, "payloads": 72_000_000, "charts": 24_000_000, "uploads": 120_000_000,
}  # fmt: skip
"""What is kept for visitors, and how many bytes of it are of use; 256 tokens of SmolLM2 are 140 MB of traces."""
PEAKS = 110_000_000
"""Bytes of what models leave that are for computations alone: beams, and neurons of a long text."""
SHARE_OF_SPARE, FEWEST = 0.5, 0.08
"""The part of the rest that is for what is kept, and the part of this that is kept in any case."""
FEW_NUMBERS = 2_000_000
"""So many float32 a computation may make at a time in any case."""
NEAR = 0.9
"""The part of the limit from which on what can be made again is dropped."""
SESSION = 1_000_000
"""Bytes that a visitor's session takes at most; one that only looks takes a fifth."""
FEWEST_SESSIONS, MOST_SESSIONS = 24, 400

UNUSED_ADDRESSES, UNUSED_DATA = 1_700_000_000, 1_200_000_000
"""Addresses, and of them private ones, that a server with torch has and never uses: libraries, stacks, heaps."""

Source = Literal["setting", "container", "process", "machine", "unknown"]
SOURCES: tuple[str, ...] = get_args(Source)
_SPARE: list[Callable[[], object]] = []
_GROUPS, _MEMBER = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


@dataclass(frozen=True, slots=True)
class Account:
    """What may be held, in bytes, and by what; it does not change while a server runs."""

    limit: int | None  # of this process and its children; None: the system does not say
    source: Source  # whose limit that is
    weights: int  # models and vocabularies, on a CPU
    part: float  # of what is of use to keep, 0 … 1
    kept: dict[str, int]  # the kinds of ``KEPT``
    sessions: int  # how many
    spare: int  # for peaks and a map's own process


@cache
def account() -> Account:
    """How the memory of this host is dealt out."""
    limit, source = limit_of(
        setting("GLASSBOX_MEMORY_MB", 0), container_bytes(), process_bytes(), total_bytes()
    )
    return deal(limit, source)


def few(most: int) -> int:
    """How many of at most ``most`` things are kept here, one at least."""
    return max(1, round(most * account().part))


def room() -> int:
    """Bytes for models and vocabularies on this host."""
    return account().weights


def limit_of(
    stated: float, container: int | None, process: int | None, total: int | None
) -> tuple[int | None, Source]:
    """The least of the limits in bytes, and whose it is; ``stated`` in 10^6 bytes, 0 where the operator says nothing.

    >>> limit_of(800, 2 * 10**9, None, 16 * 10**9), limit_of(0, 9 * 10**18, None, 16 * 10**9)
    ((800000000, 'setting'), (16000000000, 'machine'))
    """
    known: list[tuple[int, Source]] = [(int(stated * 1e6), "setting")] if stated else []
    asked: tuple[tuple[int | None, Source], ...] = (
        (total, "machine"), (container, "container"), (process, "process"),
    )  # fmt: skip
    known += [(found, source) for found, source in asked if found is not None]
    return min(known, key=lambda one: one[0]) if known else (None, "unknown")


def deal(limit: int | None, source: Source) -> Account:
    """How ``limit`` bytes are dealt out. On a machine without a limit of our own half of what is left is others'.

    >>> [deal(round(gb * 1e9), "container").weights // 10**6 for gb in (0.7, 1, 1.2, 2, 2.7, 4)]
    [189, 399, 539, 1099, 1589, 2499]
    """
    if limit is None:
        return Account(None, source, UNKNOWN, 1.0, dict(KEPT), MOST_SESSIONS // 4, UNKNOWN)
    rest = max(0, limit - SERVER)
    share = SHARE_OF_MACHINE if source == "machine" else SHARE_OF_CONTAINER
    weights = max(LEAST, int(share * rest))
    spare = max(0, rest - weights)
    part = min(1.0, max(FEWEST, SHARE_OF_SPARE * (spare - PEAKS) / sum(KEPT.values())))
    kept = {kind: int(part * most) for kind, most in KEPT.items()}
    sessions = int(min(MOST_SESSIONS, max(FEWEST_SESSIONS, rest / 10 / SESSION)))
    return Account(limit, source, weights, part, kept, sessions, spare)


def for_worker() -> int:
    """Bytes that a process beside the server may take, the tiny models left in memory."""
    one = account()
    return max(0, one.weights + one.spare - LEAST) if one.limit else one.spare


def numbers(most: int) -> int:
    """Of at most ``most`` float32 at a time how many a computation may make that holds them in two to four copies."""
    return min(most, max(FEW_NUMBERS, account().spare // 16))


def lacking(need: int) -> int:
    """What a process of ``need`` bytes takes of what is for models, as the peaks of a computation need the spare."""
    return max(0, need - account().spare // 2)


def short_of(need: int) -> bool:
    """Whether ``need`` bytes more would take this process near its limit."""
    limit = account().limit
    return limit is not None and resident_bytes() + need > NEAR * limit


def spare(clear: Callable[[], object]) -> None:
    """Have ``clear`` called when memory is given back: what it drops can be made again."""
    _SPARE.append(clear)


def give_back() -> None:
    """Drop all that can be made again; the memory itself goes back with ``core.models.load.memory.reclaim``."""
    for clear in _SPARE:
        clear()


def resident_bytes() -> int:
    """What this process holds of the machine's memory now; 0 where the system does not say (not Linux)."""
    return _resident("self")


def _resident(process: str) -> int:
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text("ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def children_bytes() -> int:
    """What the processes that this one has started hold; 0 where the system does not say."""
    held = 0
    for task in Path("/proc/self/task").glob("*/children"):
        with suppress(OSError):
            for child in task.read_text("ascii").split():
                held += _resident(child)
    return held


def total_bytes() -> int | None:
    """Memory of the machine, None where the system does not say (Windows)."""
    try:
        found = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None
    return found if found > 0 else None


def process_bytes() -> int | None:
    """What this process may hold where its addresses are limited (``ulimit -v``, ``ulimit -d``); None without that."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    limits = ((resource.RLIMIT_AS, UNUSED_ADDRESSES), (resource.RLIMIT_DATA, UNUSED_DATA))
    soft = ((resource.getrlimit(kind)[0], unused) for kind, unused in limits)
    return min(
        (max(0, most - unused) for most, unused in soft if most != resource.RLIM_INFINITY), default=None
    )


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
