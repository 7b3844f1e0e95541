"""First figure of the attention page on a freshly started server, beside a script with one chart."""

from __future__ import annotations

import statistics

from tests.bench import browser, servers
from tests.bench.report import Line

ROUNDS = 5
FRAME_BOUND = 1.5  # times the plain script
MEMORY_BOUND = 200.0  # MB


def _spread(times: list[float]) -> str:
    return f"{statistics.median(times):.0f} ms ({min(times):.0f}…{max(times):.0f})"


def measure() -> list[Line]:
    """Fresh server for each number, the two kinds in turn; medians."""
    ours, plain, memory, bare = [], [], [], []
    torch = False
    with browser.launched() as chromium:
        for _ in range(ROUNDS):
            with servers.start(servers.PLAIN_CHART) as server, browser.opened(chromium, server.url) as page:
                plain.append(browser.chart_painted(page, browser.CHART))
                bare.append(server.resident_mb())
            with (
                servers.start(servers.APP) as server,
                browser.opened(chromium, f"{server.url}/{browser.PAGE}") as page,
            ):
                ours.append(browser.painted(page, browser.OVERVIEW))
                browser.settled(page, browser.OVERVIEW)
                torch |= server.has_loaded("libtorch")
                memory.append(server.resident_mb())
    mine, theirs = statistics.median(ours), statistics.median(plain)
    spread = f"{_spread(ours)} against {_spread(plain)}"
    return [
        Line(
            "first figure, fresh server, against one plotly chart",
            mine / theirs,
            FRAME_BOUND,
            "times",
            spread,
        ),
        Line("torch imported for it", float(torch), 0, "modules"),
        Line(
            "memory with a bundled example",
            max(memory),
            MEMORY_BOUND,
            "MB",
            f"plain chart: {max(bare):.0f} MB",
        ),
    ]
