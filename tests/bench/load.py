"""``python -m tests.bench.load [visitors] [seconds] [frontends]``: a class that browses, for ``make load``.

Each visitor opens a state of the catalogue, looks at it for some seconds, and opens another one; after a few it leaves
and comes back as somebody else. As a browser it asks for what draws itself again. With several frontends the visitors
are dealt out among servers on this machine, as a proxy would that keeps each at its own.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field

from tests.bench import clients, memory, servers, visitors
from tests.bench.report import percentile

VISITORS, SECONDS, FRONTENDS = 50, 200.0, 1
THINK = 3.0  # seconds that a visitor looks at a state, on average
STATES = 8  # that one visitor opens
SLOWEST = 5  # openings that are told
SEED = 7
EVERY = 5.0  # seconds between two looks at the memory
DEPLOYED = {"GLASSBOX_WARMUP": "start", "GLASSBOX_MODEL_BUDGET_MB": "", "GLASSBOX_MEMORY_MB": "3200"}
"""As ``deploy/host`` starts a frontend, on a machine of 8 GB: it may have 40 % of it (``MemoryMax``)."""
States = list[tuple[str, dict[str, str]]]
"""Pages, and the queries of their links."""


@dataclass(slots=True)
class Seen:
    """What a class got."""

    visitors: int
    frontends: int
    waits: list[float] = field(default_factory=list)  # seconds of each opening
    opened: list[str] = field(default_factory=list)  # what, and how many seconds after the beginning
    errors: list[str] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)  # MB of all servers, in turn
    cpu: float = 0.0  # seconds
    spent: float = 0.0  # seconds
    began: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return time.monotonic() - self.began

    def slowest(self) -> list[str]:
        """The openings that took longest."""
        ordered = sorted(zip(self.waits, self.opened, strict=True), reverse=True)
        return [f"{wait:.1f} s: {told}" for wait, told in ordered[:SLOWEST]]

    @property
    def growth(self) -> float:
        """The memory at the end of the second half, as a multiple of its beginning (medians of a fifth of it)."""
        half = self.memory[len(self.memory) // 2 :]
        part = max(len(half) // 5, 1)
        return percentile(half[-part:], 0.5) / percentile(half[:part], 0.5)

    def __str__(self) -> str:
        p50, p95 = percentile(self.waits, 0.5), percentile(self.waits, 0.95)
        return (
            f"{self.visitors} visitors, {self.frontends} frontend(s), {self.spent:.0f} s: {len(self.waits)} openings, "
            f"p50 {p50:.2f} s, p95 {p95:.2f} s, max {max(self.waits):.2f} s; {len(self.errors)} errors; "
            f"{1000 * self.cpu / len(self.waits):.0f} ms CPU an opening, {self.cpu / self.spent:.2f} cores; "
            f"memory {self.memory[0]:.0f} → {max(self.memory):.0f} MB, last half × {self.growth:.3f}"
        )


async def _visit(server: servers.Server, states: States, seen: Seen, chance: random.Random,
                 end: float) -> None:  # fmt: skip
    """One visitor after the other in one seat."""
    await asyncio.sleep(THINK * chance.random())
    while time.monotonic() < end:
        watcher = None
        for stem, asked in chance.choices(states, k=STATES):
            try:
                if watcher is None:
                    watcher = visitors.Watcher(await clients.visit(server.port, stem, **asked))
                else:
                    watcher.visitor.turn_to(stem, asked)
                await watcher.ask()
            except (TimeoutError, OSError, EOFError) as error:
                seen.errors.append(f"{stem}: {type(error).__name__}")
                break
            seen.waits.append(watcher.waits[0] / 1000)
            told = "&".join(f"{name}={value[:12]}" for name, value in asked.items() if name != "lang")
            seen.opened.append(f"{stem}?{told} at {seen.seconds:.0f} s")
            watcher.waits.clear()
            until = time.monotonic() + chance.expovariate(1 / THINK)
            await watcher.follow(until)
            await asyncio.sleep(max(until - time.monotonic(), 0))
            if time.monotonic() > end:
                break
        if watcher is not None:
            seen.errors += watcher.errors
            await clients.leave(watcher.visitor)


async def _class(running: list[servers.Server], count: int, seconds: float, states: States) -> Seen:
    seen, start = Seen(count, len(running)), time.monotonic()
    before = sum(server.cpu_seconds() for server in running)

    async def look() -> None:
        while True:
            seen.memory.append(sum(server.resident_mb() for server in running))
            await asyncio.sleep(EVERY)

    looking = asyncio.create_task(look())
    seats = zip(range(count), itertools.cycle(running), strict=False)
    await asyncio.gather(
        *(_visit(server, states, seen, random.Random(SEED + at), start + seconds) for at, server in seats)
    )
    looking.cancel()
    seen.cpu = sum(server.cpu_seconds() for server in running) - before
    seen.spent = seen.seconds
    return seen


def browse(running: list[servers.Server], count: int, seconds: float, states: States) -> Seen:
    """A class at these servers, which opens some of these states."""
    return asyncio.run(_class(running, count, seconds, states))


def load(count: int, seconds: float, frontends: int) -> Seen:
    """A class at fresh servers."""
    with ExitStack() as stack:
        running = [stack.enter_context(servers.start(servers.APP, DEPLOYED)) for _ in range(frontends)]
        seen = browse(running, count, seconds, memory.states())
        seen.errors += [complaint for server in running if (complaint := server.complaints())]
    return seen


def main(given: list[str]) -> int:
    count = int(given[0]) if given else VISITORS
    seconds = float(given[1]) if len(given) > 1 else SECONDS
    seen = load(count, seconds, int(given[2]) if len(given) > 2 else FRONTENDS)
    print(seen, *seen.slowest(), *sorted(set(seen.errors))[:5], sep="\n    ")
    return int(bool(seen.errors))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
