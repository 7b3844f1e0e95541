"""What a rerun costs the server: every state of the catalogue whose results are at hand, beside a one-chart script.

``GLASSBOX_BASELINE`` names a checkout of another commit: its app is measured in the same run. The servers take turns
at each state, as a machine's speed changes within minutes.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from contextlib import ExitStack
from pathlib import Path

from tests.bench import clients, memory, servers, visitors
from tests.bench.report import Line, percentile

RERUNS = 4
BARE_BOUND = 3.0  # times the plain script
BASELINE_BOUND = 0.5  # times the other commit
EVERY = int(os.environ.get("GLASSBOX_EVERY", "1"))
"""Only each so-manieth state."""


async def cost(server: servers.Server, visitor: clients.Visitor) -> float:
    """Milliseconds of processor time of one rerun of what a visitor sees."""
    before = server.cpu_seconds()
    for _ in range(RERUNS):
        await visitor.run()
    return 1000 * (server.cpu_seconds() - before) / RERUNS


async def state(server: servers.Server, stem: str, asked: dict[str, str]) -> float:
    """The same of a state, after it was opened and has come to rest."""
    watcher = await visitors.opened(server.port, stem, asked)
    try:
        await watcher.follow(time.monotonic() + memory.WATCH)
        await watcher.visitor.run()
        return await cost(server, watcher.visitor)
    finally:
        await clients.leave(watcher.visitor)


async def every(
    plain: servers.Server, apps: list[servers.Server]
) -> tuple[list[float], list[dict[str, list[float]]]]:
    """Of the plain script at each state, and of each app by page."""
    bare: list[float] = []
    found: list[dict[str, list[float]]] = [{} for _ in apps]
    visitor = await clients.visit(plain.port)
    await visitor.run()
    for stem, asked in memory.states()[::EVERY]:
        for server, times in zip(apps, found, strict=True):
            times.setdefault(stem, []).append(await state(server, stem, asked))
        bare.append(await cost(plain, visitor))
    await clients.leave(visitor)
    return bare, found


def _told(times: dict[str, list[float]]) -> tuple[float, str]:
    listed = [one for page in times.values() for one in page]
    mean = statistics.mean(listed)
    pages = ", ".join(f"{stem} {statistics.mean(page):.0f}" for stem, page in times.items())
    return mean, f"{mean:.1f} ms, p95 {percentile(listed, 0.95):.0f}, {len(listed)} states; {pages}"


def measure() -> list[Line]:
    """All servers at once."""
    other = os.environ.get("GLASSBOX_BASELINE")
    scripts = [servers.APP, *([Path(other) / "app.py"] if other else [])]
    with ExitStack() as stack:
        plain = stack.enter_context(servers.start(servers.PLAIN_RERUN))
        apps = [stack.enter_context(servers.start(script)) for script in scripts]
        bare, found = asyncio.run(every(plain, apps))
    (ours, note), *others = map(_told, found)
    one = statistics.mean(bare)
    lines = [
        Line(
            "CPU of a rerun, against a one-chart script",
            ours / one,
            BARE_BOUND,
            "times",
            f"{one:.1f} ms; {note}",
        )
    ]
    for theirs, said in others:
        lines.append(
            Line("CPU of a rerun, against the other commit", ours / theirs, BASELINE_BOUND, "times", said)
        )
    return lines
