"""The next token in Chinese: from a new text of 32 tokens to its figure, beside the forward pass and a bare rerun."""

from __future__ import annotations

import statistics

from playwright.sync_api import Page

from core.catalog.next_token import CHINESE
from tests.bench import browser, live, servers
from tests.bench.report import Line

# 32 tokens each for Qwen's tokenizer (checked below), all different
PROMPTS = tuple(
    f"昨天下午，{animal}坐在窗边的椅子上，看着外面的{thing}。过了一会儿，天慢慢黑了，它从椅子上跳下来，走进"
    for animal, thing in (
        ("猫", "狗"),
        ("狗", "猫"),
        ("狐狸", "鸟"),
        ("鸟", "鱼"),
        ("马", "牛"),
        ("牛", "马"),
    )
)
FIGURE = ".st-key-nt_distribution"
RERUNS = 2  # bare ones, on top of the forward pass
SAID = """([host, start, limit]) => {
    const roots = (node) => [...node.querySelectorAll("*")].flatMap((e) => (e.shadowRoot ? [e.shadowRoot] : []));
    const there = () => [...document.querySelectorAll(host)].some((box) => [box, ...roots(box)].some((root) =>
        root.querySelector('.nt[aria-busy="false"]') && root.querySelector(".nt-said")?.textContent.startsWith(start)));
    return window.__benchWhen(there, limit);
}"""
DRAWN = """([chart, before, limit]) => window.__benchWhen(
    () => ![null, before].includes(document.querySelector(chart)?.getAttribute("d") ?? null), limit)"""


def figure(page: Page, text: str) -> float:
    """Milliseconds from Enter on a text until the figure of its next token is there."""
    start = live.type_prompt(page, text)
    return float(page.evaluate(SAID, [FIGURE, text[:12], browser.WAIT])) - start


def chart(page: Page, text: str) -> float:
    """Milliseconds from the end of typing into the plain script until its chart is another one."""
    line = page.locator(browser.CHART).first.get_attribute("d")
    box = page.locator(browser.PROMPT)
    box.fill(text)
    start = browser.now(page)
    box.press("Control+Enter")
    return float(page.evaluate(DRAWN, [browser.CHART, line, browser.WAIT])) - start


def measure() -> list[Line]:
    """Both servers at once, a text for each in turn, and forward passes alone in between; the first of all warms up."""
    with servers.start(servers.PROBED_APP) as server, servers.start(servers.PLAIN_RERUN) as plain:
        first = live.bare_forward(server, CHINESE, "next", PROMPTS[0])
        with (
            browser.launched() as chromium,
            browser.opened(chromium, f"{server.url}/next_token?lang=zh") as ours,
            browser.opened(chromium, plain.url) as theirs,
        ):
            browser.painted_in(ours, FIGURE, ".nt-row")
            browser.chart_painted(theirs, browser.CHART)
            times, reruns, forwards = [], [], []
            for text in PROMPTS:
                times.append(figure(ours, text))
                reruns.append(chart(theirs, text))
                ours.wait_for_timeout(1000)  # what follows the figure is over
                forwards.append(live.bare_forward(server, CHINESE, "next", text)["milliseconds"])
        complaints = server.complaints()
    middle, rerun, forward = (statistics.median(one[1:]) for one in (times, reruns, forwards))
    note = (
        f"{min(times[1:]):.0f}…{max(times[1:]):.0f} ms; forward {forward:.0f} ms, bare rerun {rerun:.0f} ms"
    )
    return [
        Line("tokens of the text", first["tokens"], live.PROMPT_TOKENS, "tokens", least=True),
        Line("next token in Chinese, warm", middle, forward + RERUNS * rerun, "ms", note),
        Line("errors in the server's log", float(bool(complaints)), 0, "errors", complaints[:200]),
    ]
