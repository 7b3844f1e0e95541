"""The steps of a prewarmed lecture: from the arrow key to the painted slide, beside the rerun of a one-chart script."""

from __future__ import annotations

import statistics
from urllib.parse import urlencode

from playwright.sync_api import Page

from core.catalog import LANGUAGES
from core.teaching import lectures
from core.teaching.kinds import Lecture
from pages.kit.teach import show
from tests.bench import browser, chinese, servers
from tests.bench.load import DEPLOYED
from tests.bench.report import Line, percentile

ROUNDS = 2  # the first one warms up
BOUND = 1.2  # times a bare rerun
REST = 900  # milliseconds between two keys
SHOWN = """([slide, kind, limit]) => {
    const shown = (e) => e.getBoundingClientRect().height > 0;
    const deep = (root, test) =>
        [...root.querySelectorAll("*")].some((e) => test(e) || (e.shadowRoot && deep(e.shadowRoot, test)));
    const there = () => {
        if ((new URLSearchParams(location.search).get("slide") ?? "0") !== slide) return false;
        const head = document.querySelector(kind);
        if (!head || !shown(head) || head.closest("[data-stale='true']")) return false;
        if (kind.includes("alone")) return true;
        const main = document.querySelector(".stMain");
        if (deep(main, (e) => e.getAttribute("aria-busy") === "true")) return false;
        return [...main.querySelectorAll('[data-testid^="stBidi"], [data-testid="stPlotlyChart"], iframe')].some(
            (e) => e.getBoundingClientRect().height > 40 && !e.closest("[data-stale='true']"));
    };
    return window.__benchWhen(there, limit);
}"""


def walk(page: Page, lecture: Lecture) -> list[tuple[str, float]]:
    """Press through all slides; what each shows and the milliseconds until it was painted."""
    times = []
    before = 0
    for number, (at, phase) in enumerate(lecture.slides()):
        kind = ".st-key-gb_alone h1" if phase in show.ALONE else ".st-key-gb_slide"
        start = browser.now(page)
        if number:
            page.keyboard.press("ArrowRight")
        took = float(page.evaluate(SHOWN, [str(number), kind, browser.WAIT])) - start
        if number:
            other = lecture.steps[at].page != lecture.steps[before].page
            name = f"{number} {lecture.steps[at].page} {phase}"
            times.append((f"{name} (another page)" if other else name, took))
        before = at
        page.wait_for_timeout(REST)
    return times


def measure() -> list[Line]:
    """Every bundled lecture, in each language in turn; the plain script's reruns in between."""
    with (
        servers.start(servers.APP, DEPLOYED) as server,
        servers.start(servers.PLAIN_RERUN) as plain,
        browser.launched() as chromium,
        browser.opened(chromium, plain.url) as theirs,
    ):
        browser.chart_painted(theirs, browser.CHART)
        times: list[tuple[str, float]] = []
        reruns: list[float] = []
        for at, id in enumerate(lectures.BUNDLED):
            language = LANGUAGES[1 - at % 2]
            lecture = lectures.find(id, language)
            first = {**show.query(lecture, 0), "embed_options": "dark_theme"}
            for turn in range(ROUNDS):
                with browser.opened(
                    chromium, f"{server.url}/{lecture.steps[0].page}?{urlencode(first)}"
                ) as page:
                    found = walk(page, lecture)
                if turn:
                    times += [(f"{language} {id} {name}", took) for name, took in found]
            reruns += [chinese.chart(theirs, f"{language} {id} {number}") for number in range(4)]
        complaints = server.complaints()
    rerun = statistics.median(reruns)
    own = [took for _, took in times]
    slow = sorted(times, key=lambda one: -one[1])[:8]
    note = f"{len(own)} steps, p95 {percentile(own, 0.95):.0f} ms; bare rerun {rerun:.0f} ms; " + "; ".join(
        f"{name} {took:.0f}" for name, took in slow
    )
    return [
        Line(
            "a step of a prewarmed lecture, against a one-chart rerun",
            statistics.median(own) / rerun,
            BOUND,
            "times",
            note,
        ),
        Line("errors in the server's log", float(bool(complaints)), 0, "errors", complaints[:200]),
    ]
