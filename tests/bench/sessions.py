"""Twenty visitors at once on cached results, beside a plain page with as many elements."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.bench import browser, clients, servers
from tests.bench.report import Line

SESSIONS = 20
SECONDS = 12.0
MODEL = "smollm2-135m"
SHARE_BOUND = 0.5  # of the plain page's reruns per second
CPU_BOUND = 60.0  # milliseconds per rerun
CANVASES = 2  # overview and focus: fewer would be an error message, which is quick to draw


def _crowd(
    script: Path, page: str, query: dict[str, str], env: dict[str, str]
) -> tuple[clients.Crowd, float]:
    """The crowd's result and milliseconds of processor time per rerun."""
    with servers.start(script, env) as server:
        asyncio.run(_once(server.port, page, query))  # results are cached, the model (if any) is loaded
        before = server.cpu_seconds()
        seen = asyncio.run(clients.crowd(server.port, page, query, sessions=SESSIONS, seconds=SECONDS))
        return seen, 1000 * (server.cpu_seconds() - before) / (seen.runs + 2 * SESSIONS)


async def _once(port: int, page: str, query: dict[str, str]) -> None:
    visitor = await clients.visit(port, page, **query)
    await visitor.run()
    await visitor.run()
    await clients.leave(visitor)


def measure() -> list[Line]:
    """The app with a bundled result, the app with a live model in memory, and the plain page."""
    lines = []
    live = {
        "lang": "en",
        "model": MODEL,
        "text": "A sentence that no example has, so that the model itself must look.",
    }
    bundled, bundled_cpu = _crowd(servers.APP, browser.PAGE, {"lang": "en"}, {})
    plain, plain_cpu = _crowd(servers.PLAIN_ELEMENTS, "", {}, {"PLAIN_ELEMENTS": str(bundled.elements)})
    warm, warm_cpu = _crowd(servers.APP, browser.PAGE, live, {})
    against = f"against {plain.rate:.1f}/s ({plain.elements} elements, {plain_cpu:.0f} ms CPU)"
    for name, seen, cpu in (("bundled example", bundled, bundled_cpu), ("live model", warm, warm_cpu)):
        note = f"{seen.rate:.1f}/s ({seen.elements} elements) {against}, slowest {1000 * seen.slowest:.0f} ms"
        lines += [
            Line(
                f"20 sessions, {name}: reruns against a plain page",
                seen.rate / plain.rate,
                SHARE_BOUND,
                "times",
                note,
                True,
            ),
            Line(f"20 sessions, {name}: CPU per rerun", cpu, CPU_BOUND, "ms"),
            Line(f"20 sessions, {name}: canvases of a run", seen.components, CANVASES, "", least=True),
            Line(f"20 sessions, {name}: errors", len(seen.errors), 0, "errors", "; ".join(seen.errors[:2])),
        ]
    return lines
