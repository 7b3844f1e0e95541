"""First figure of a page on a freshly started server, beside a script with one chart."""

from __future__ import annotations

import statistics

from tests.bench import browser, servers
from tests.bench.report import Line

ROUNDS = 5
FRAME_BOUND = 1.5  # times the plain script
MEMORY_BOUND = 200.0  # MB


def _spread(times: list[float]) -> str:
    return f"{statistics.median(times):.0f} ms ({min(times):.0f}…{max(times):.0f})"


PAGES = {browser.PAGE: browser.OVERVIEW, "embedding_space": ".st-key-es_map"}
"""Pages whose first figure is timed, and what it lies in."""
HEAVY = ("libtorch", "sklearn")


def measure() -> list[Line]:
    """Of each page: a fresh server for each number, ours and the plain chart in turn; medians."""
    return [line for path, figure in PAGES.items() for line in of_page(path, figure)]


def of_page(path: str, figure: str) -> list[Line]:
    """The numbers of one page."""
    ours, plain, memory, bare = [], [], [], []
    heavy = False
    with browser.launched() as chromium:
        for _ in range(ROUNDS):
            with servers.start(servers.PLAIN_CHART) as server, browser.opened(chromium, server.url) as page:
                plain.append(browser.chart_painted(page, browser.CHART))
                bare.append(server.resident_mb())
            with (
                servers.start(servers.APP) as server,
                browser.opened(chromium, f"{server.url}/{path}") as page,
            ):
                ours.append(browser.painted(page, figure))
                browser.settled(page, figure)
                heavy |= any(server.has_loaded(one) for one in HEAVY)
                memory.append(server.resident_mb())
    mine, theirs = statistics.median(ours), statistics.median(plain)
    spread = f"{_spread(ours)} against {_spread(plain)}"
    return [
        Line(
            f"{path}: first figure, fresh server, against one plotly chart",
            mine / theirs,
            FRAME_BOUND,
            "times",
            spread,
        ),
        Line("torch or scikit-learn imported for it", float(heavy), 0, "modules"),
        Line(
            "memory with a bundled example",
            max(memory),
            MEMORY_BOUND,
            "MB",
            f"plain chart: {max(bare):.0f} MB",
        ),
    ]
