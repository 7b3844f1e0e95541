"""First figure of every page on a freshly started server, beside a script with one chart."""

from __future__ import annotations

import re
import statistics

from playwright.sync_api import Browser

from core import catalog
from tests.bench import browser, servers
from tests.bench.report import Line

ROUNDS = 5
FRAME_BOUND = 1.2  # times the plain script
CHART_BOUND = 1.1  # where the figure is plotly's as well
MEMORY_BOUND = 200.0  # MB
PARTS = (
    "token_splits?ts_part=train",
    "token_splits?ts_part=template",
    "token_splits?ts_part=add",
    "classic_models?cm_view=counts",
)
"""Openings besides each page's own that begin with another figure."""
MARKS = {
    "attention_heads": (browser.OVERVIEW, ""),
    "token_splits": (".st-key-ts_chips", ".chips-chip"),
    "next_token": (".st-key-nt_distribution", ".nt-row"),
    "model_anatomy": (".st-key-ma_flow", ".flow-tokens button"),
    "masked_words": (".st-key-mw_gap", ".gap-word"),
    "token_splits?ts_part=train": (".st-key-ts_scrub", ".scrub-chip"),
    "token_splits?ts_part=template": (".st-key-ts_rows", ".trows-chip[data-at]"),
    "token_splits?ts_part=add": (".st-key-ts_added", ".trows-chip[data-at]"),
    "question_bank": (".st-key-qb_list", ".entry-row"),
    "glossary": (".st-key-gl_list", ".entry-row"),
    "classic_models": (".st-key-gbchart_cm_next", ".barlayer path"),
    "classic_models?cm_view=counts": (".st-key-gbchart_cm_unseen", ".scatterlayer path.js-line"),
}
"""Where a page's first figure stands, and what is in it once it is drawn ("": its canvas shows something)."""
ANYWHERE = (".stMain", "")


def _spread(times: list[float]) -> str:
    return f"{statistics.median(times):.0f} ms ({min(times):.0f}…{max(times):.0f})"


def _plain(chromium: Browser) -> tuple[float, float]:
    """Milliseconds to the chart, and the server's memory."""
    with servers.start(servers.PLAIN_CHART) as server, browser.opened(chromium, server.url) as page:
        return browser.chart_painted(page, browser.CHART), server.resident_mb()


def _is_chart(opening: str) -> bool:
    return "gbchart" in MARKS.get(opening, ANYWHERE)[0]


def _ours(chromium: Browser, opening: str) -> tuple[float, float, float, bool]:
    """Milliseconds to the first figure and to plotly's own, the server's memory, and whether torch was imported."""
    host, inside = MARKS.get(opening, ANYWHERE)
    with servers.start(servers.APP) as server, browser.opened(chromium, f"{server.url}/{opening}") as page:
        time = browser.painted_in(page, host, inside) if inside else browser.painted(page, host)
        live = browser.painted_in(page, f"{host} .stPlotlyChart", inside) if _is_chart(opening) else time
        page.wait_for_timeout(2000)
        return time, live, server.resident_mb(), server.has_loaded("libtorch")


def measure() -> list[Line]:
    """Fresh server for each number, the openings in turn; medians."""
    openings = [*(page.stem for page in catalog.PAGES), *PARTS]
    times: dict[str, list[float]] = {opening: [] for opening in openings}
    drawn: dict[str, list[float]] = {opening: [] for opening in openings if _is_chart(opening)}
    memory: dict[str, float] = dict.fromkeys(openings, 0.0)
    plain, bare, torch = [], [], dict.fromkeys(openings, False)
    with browser.launched() as chromium:
        for _ in range(ROUNDS):
            time, resident = _plain(chromium)
            plain.append(time)
            bare.append(resident)
            for opening in openings:
                time, live, resident, imported = _ours(chromium, opening)
                times[opening].append(time)
                drawn.get(opening, []).append(live)
                memory[opening] = max(memory[opening], resident)
                torch[opening] |= imported
    theirs = statistics.median(plain)
    lines = []
    for opening, ours in times.items():
        name = re.sub(r"\?\w+=", ", ", opening)
        bound = CHART_BOUND if _is_chart(opening) else FRAME_BOUND
        ratio, spread = statistics.median(ours) / theirs, f"{_spread(ours)} against {_spread(plain)}"
        if opening in drawn:  # its picture counts; when plotly has drawn it, it answers the pointer
            spread += f"; plotly has drawn it: {statistics.median(drawn[opening]) / theirs:.2f} times"
        lines.append(Line(f"first figure, fresh server: {name}", ratio, bound, "times", spread))
        note = f"plain chart: {max(bare):.0f} MB"
        lines.append(
            Line(f"memory with a bundled example: {name}", memory[opening], MEMORY_BOUND, "MB", note)
        )
    lines.append(Line("torch imported for any of them", float(any(torch.values())), 0, "modules"))
    return lines
