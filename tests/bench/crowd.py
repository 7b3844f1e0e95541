"""A hundred visitors open a page with a text of their own at the same moment: none is refused, all see the figure."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from tests.bench import browser, clients, servers
from tests.bench.report import Line, percentile

SESSIONS = 100
LIMIT = 600.0  # seconds for all
CANVASES = 2  # overview and focus: fewer would be an error message
SHARE = 2.0  # of what the same texts take one after the other
FREE_BOUND = 2.0  # seconds
MODEL = "smollm2-135m"


@dataclass(frozen=True, slots=True)
class Seen:
    """What the visitors got."""

    alone: float  # seconds of one visitor with a new text, the median of a few
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


async def crowd(port: int) -> Seen:
    alone = [(await opened(port, number, "first")).seconds for number in range(5)][2:]
    start = time.perf_counter()
    runs = await asyncio.gather(*(opened(port, number, "next") for number in range(SESSIONS)))
    spent = time.perf_counter() - start
    await abandoned(port)
    late = await opened(port, 0, "late")
    return Seen(
        alone=percentile(alone, 0.5),
        spent=spent,
        waits=[run.seconds for run in runs],
        whole=sum(len(run.components) >= CANVASES for run in runs),
        told=sum(any("in line" in one for one in run.told) for run in runs),
        errors=[error for run in runs for error in run.errors],
        freed=late.seconds - percentile(alone, 0.5),
    )


def measure() -> list[Line]:
    """One server, the model in memory."""
    with servers.start(servers.APP) as server:
        seen = asyncio.run(crowd(server.port))
        complaints = server.complaints()
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
            "after 100 closed tabs: the next one waits longer by",
            seen.freed,
            FREE_BOUND,
            "s",
            complaints[:80],
        ),
    ]
