"""A hundred visitors open a page with a text of their own at the same moment: none is refused, all see the figure."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from tests.bench import browser, clients, live, servers
from tests.bench.report import Line, percentile

SESSIONS = 100
LIMIT = 600.0  # seconds for all
CANVASES = 2  # overview and focus: fewer would be an error message
SHARE = 2.0  # of what the same texts take one after the other
BARE = 1.3  # of as many bare forward passes and bare reruns of a script with one chart
FREE_BOUND = 2.0  # seconds
MODEL = "smollm2-135m"


@dataclass(frozen=True, slots=True)
class Seen:
    """What the visitors got."""

    alone: float  # seconds of one visitor with a new text, the median of a few
    forward: float  # seconds of a bare forward pass
    rerun: float  # seconds of a run of the plain script
    spent: float  # seconds until the last one had the figure
    waits: list[float]
    whole: int  # visitors with all canvases
    told: int  # visitors who were told their place
    errors: list[str]
    freed: float  # seconds beyond one visitor's own, after a hundred have closed their tabs


def query(number: int, kind: str) -> dict[str, str]:
    return {
        "lang": "en",
        "model": MODEL,
        "text": f"The {kind} visitor number {number} has typed this sentence.",
    }


async def opened(port: int, number: int, kind: str) -> clients.Run:
    visitor = await clients.visit(port, browser.PAGE, **query(number, kind))
    try:
        return await visitor.run(LIMIT)
    finally:
        await clients.leave(visitor)


async def abandoned(port: int) -> None:
    """A hundred who ask and close their tabs."""
    visitors = [
        await clients.visit(port, browser.PAGE, **query(number, "hasty")) for number in range(SESSIONS)
    ]
    for visitor in visitors:
        await visitor.ask()
    await asyncio.sleep(2)
    await asyncio.gather(*(clients.leave(visitor) for visitor in visitors))


async def bare(port: int) -> float:
    """Seconds of a run of the plain script, the median of a few."""
    visitor = await clients.visit(port)
    try:
        return percentile([(await visitor.run()).seconds for _ in range(7)][2:], 0.5)
    finally:
        await clients.leave(visitor)


async def crowd(port: int, forward: float, rerun: float) -> Seen:
    alone = [(await opened(port, number, "first")).seconds for number in range(5)][2:]
    start = time.perf_counter()
    runs = await asyncio.gather(*(opened(port, number, "next") for number in range(SESSIONS)))
    spent = time.perf_counter() - start
    await abandoned(port)
    late = await opened(port, 0, "late")
    return Seen(
        alone=percentile(alone, 0.5),
        forward=forward,
        rerun=rerun,
        spent=spent,
        waits=[run.seconds for run in runs],
        whole=sum(len(run.components) >= CANVASES for run in runs),
        told=sum(any("in line" in one for one in run.told) for run in runs),
        errors=[error for run in runs for error in run.errors],
        freed=late.seconds - percentile(alone, 0.5),
    )


def measure() -> list[Line]:
    """One server, the model in memory."""
    with servers.start(servers.PROBED_APP) as probed, servers.start(servers.PLAIN_CHART) as plain:
        forward = live.bare_forward(probed, MODEL, "1", query(0, "first")["text"])["milliseconds"] / 1000
        rerun = asyncio.run(bare(plain.port))
    with servers.start(servers.APP) as server:
        seen = asyncio.run(crowd(server.port, forward, rerun))
        complaints = server.complaints()
    told = f"{1000 * forward:.0f} ms and {1000 * rerun:.0f} ms each"
    note = f"{seen.spent:.1f} s for all, median {percentile(seen.waits, 0.5):.1f} s, alone {seen.alone:.2f} s"
    return [
        Line("100 texts at once: visitors who see the figure", seen.whole, SESSIONS, "", note, True),
        Line(
            "100 texts at once: visitors who were told their place", seen.told, SESSIONS / 2, "", least=True
        ),
        Line("100 texts at once: errors", len(seen.errors), 0, "errors", "; ".join(seen.errors[:2])),
        Line(
            "100 texts at once: against one after the other",
            seen.spent / (SESSIONS * seen.alone),
            SHARE,
            "times",
        ),
        Line(
            "100 texts at once: against 100 forward passes and 100 runs of a plain script",
            seen.spent / (SESSIONS * (seen.forward + seen.rerun)),
            BARE,
            "times",
            told,
        ),
        Line(
            "after 100 closed tabs: the next one waits longer by",
            seen.freed,
            FREE_BOUND,
            "s",
            complaints[:80],
        ),
    ]
