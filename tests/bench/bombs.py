"""Models made to harm: the longest that any of them takes to be refused, the memory, and what others notice of it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from core.paths import ROOT
from tests.bench import clients, servers
from tests.bench.report import Line, percentile
from tests.bench.visitors import CACHED, Watcher, opened
from tests.core.models.bombs import BOMBS, LINKS, environment, laid, plain
from tests.core.models.fake_hub import serve

SECONDS = 1.0
MEGABYTES = 50.0
SLOWER, SHARED = 1.25, 1.75  # times another visitor's 95th percentile beside a harmless one, and alone
ROUND = 4  # reruns between two bombs
PATIENCE = 300.0  # seconds; the first model waits for the imports
GOOD = "good"


def measure() -> list[Line]:
    """Folders and repositories of a hub on this machine, the libraries being imported."""
    command = [sys.executable, "-m", "tests.core.models.bombs"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    names = [name for name in found if name.removesuffix(", hub") in {**BOMBS, **LINKS}]
    slow = max(names, key=lambda name: found[name]["seconds"])
    large = max(names, key=lambda name: found[name]["megabytes"])
    return [
        Line(
            f"refusing {len(names)} harmful models, the slowest", found[slow]["seconds"], SECONDS, "s", slow
        ),
        Line("and the memory that the largest takes", found[large]["megabytes"], MEGABYTES, "MB", large),
        *noticed(),
    ]


def noticed() -> list[Line]:
    """A server to which all of them are sent, one after the other, while another visitor reruns a cached page."""
    with tempfile.TemporaryDirectory() as name, serve({}) as hub:
        root = Path(name)
        plain(root / "folders" / GOOD)
        bombs = [id for _, id in laid(root, hub)]
        with servers.start(servers.APP, {**environment(root), "HF_ENDPOINT": hub.url}) as server:
            alone, harmless, harmful, refused = asyncio.run(_beside(server.port, bombs))
            complaints = server.complaints()
    free, usual, worse = (percentile(waits, 0.95) for waits in (alone, harmless, harmful))
    return [
        Line("another visitor's p95, with bombs and without", worse / free, SHARED, "times",
             f"{worse:.0f} ms and {free:.0f} ms"),
        Line("the same, with bombs and with a visitor who does no harm", worse / usual, SLOWER, "times",
             f"{usual:.0f} ms, by sharing the processors alone"),
        Line("of the bombs not refused with a sentence", len(bombs) - refused, 0, "bombs", complaints[:80]),
    ]  # fmt: skip


async def _beside(port: int, bombs: Sequence[str]) -> tuple[list[float], list[float], list[float], int]:
    """Milliseconds of another visitor's reruns: alone, beside harmless ones, beside bombs; and how many are refused.

    The three take turns, so that a machine that is busy for a while is so for all. Before them a model that does no
    harm has had the libraries imported.
    """
    page, query = CACHED
    cached = await opened(port, page, query)
    await _rerun(cached, asyncio.create_task(_visit(port, page, {**query, "model": f"folder:{GOOD}"})))
    waits: tuple[list[float], list[float], list[float]] = ([], [], [])
    refused = 0
    for id in bombs:
        waits[0].extend(await _rerun(cached, None))
        waits[1].extend(await _rerun(cached, asyncio.create_task(_visit(port, page, query))))
        bomb = asyncio.create_task(_visit(port, page, {**query, "model": id}))
        waits[2].extend(await _rerun(cached, bomb))
        refused += await bomb
    await clients.leave(cached.visitor)
    return *waits, refused


async def _rerun(cached: Watcher, beside: asyncio.Task[bool] | None) -> list[float]:
    """The milliseconds of reruns until another visitor has its page; without one, of a few."""
    cached.waits.clear()
    while len(cached.waits) < ROUND if beside is None else not beside.done():
        await cached.ask()
    return list(cached.waits)


async def _visit(port: int, page: str, query: dict[str, str]) -> bool:
    """Open a page and leave; whether it told what is wrong."""
    visitor = await clients.visit(port, page, **query)
    run = await visitor.run(PATIENCE)
    await clients.leave(visitor)
    return bool(run.told) and not run.errors
