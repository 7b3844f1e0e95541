"""Model anatomy and masked words with a live model: a new prompt until the figure shows it, per view, and traffic."""

from __future__ import annotations

import statistics

from playwright.sync_api import Page

from tests.bench import browser, live, servers
from tests.bench.report import Line

MASKED = "mini-bert"  # the views of masked words ask it at every token of the text besides
VIEWS = {
    "model_anatomy?ma_view=flow": ".st-key-ma_flow",
    "model_anatomy?ma_view=lens": ".st-key-ma_lens",
    "model_anatomy?ma_view=contributions": ".st-key-ma_contributions",
    "model_anatomy?ma_view=norms": ".st-key-ma_norms",
    "model_anatomy?ma_view=neurons": ".st-key-ma_neurons",
    "masked_words?mw_view=gap": ".st-key-mw_gap",
}
"""Link of a view → where its figure stands."""
LATENCY_BOUND = 500.0  # milliseconds on top of the bare forward pass
PAYLOAD_BOUND = 1.0  # MB of one answer
LEAST = 10_000  # bytes of the smallest answer: looking at the figure before it came would only take processor time

# What a figure shows: the words in its shadow roots, and a fingerprint of its canvases.
SHOWN = """(s) => {
    const inner = (node) => [...node.querySelectorAll("*")].filter((e) => e.shadowRoot).map((e) => e.shadowRoot);
    const roots = (node) => [node, ...inner(node).flatMap(roots)];
    const words = (root) => [...root.querySelectorAll("*")].filter((e) => !/^(STYLE|SCRIPT)$/.test(e.tagName))
        .flatMap((e) => [...e.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data)).join(" ");
    const found = [...document.querySelectorAll(s)].flatMap(roots).map(words).join(" ");
    return `${found}|${window.__benchPrint(s)}`;
}"""


def shown(page: Page, selector: str) -> str:
    """What the figure shows once that has stayed the same for a second."""
    last, same = "", 0
    for _ in range(600):
        page.wait_for_timeout(100)
        now = str(page.evaluate(SHOWN, selector))
        same = same + 1 if now == last and (len(now) > 40 or not now.endswith("|0")) else 0
        last = now
        if same >= 10:
            return now
    raise RuntimeError(f"{selector} does not come to rest")


def new_prompts(page: Page, selector: str) -> tuple[list[float], float]:
    """Milliseconds from Enter until another figure is painted, per prompt, and most megabytes that came for one."""
    times, most = [], 0.0
    for text in live.PROMPTS:
        before, had = shown(page, selector), len(browser.messages(page))
        page.evaluate(
            """([s, before, limit, shown, least]) => {
                const look = eval(shown), log = window.__benchMessages, had = log.length;
                const other = (now) => now !== before && (now.length > 40 || !now.endsWith("|0"));
                const came = () => log.slice(had).some((one) => !one.sent && one.bytes > least);
                window.__benchChange = window.__benchWhen(() => came() && other(look(s)), limit);
                window.__benchChange.catch(() => {});
            }""",
            [selector, before, browser.WAIT, SHOWN, LEAST],
        )
        start = live.type_prompt(page, text)
        times.append(browser.changed(page) - start)
        shown(page, selector)
        came = [one.bytes for one in browser.messages(page)[had:] if not one.sent]
        most = max(most, sum(came) / 1e6)
    return times[1:], most


def measure() -> list[Line]:
    """All views on one server whose model is warm."""
    lines = []
    with servers.start(servers.PROBED_APP) as server, browser.launched() as chromium:
        causal = live.bare_forward(server)["milliseconds"]
        masked = live.bare_forward(server, MASKED, "masked")["milliseconds"]
        for view, selector in VIEWS.items():
            forward = causal + (masked if view.startswith("masked_words") else 0.0)
            url = f"{server.url}/{view}&lang=en&model={live.MODEL}"
            print(f"… {view}", flush=True)
            with browser.opened(chromium, url) as page:
                times, most = new_prompts(page, selector)
            middle = statistics.median(times)
            note = f"{middle:.0f} ms ({min(times):.0f}…{max(times):.0f}), bare passes {forward:.0f} ms"
            lines += [
                Line(
                    f"new prompt beyond the forward pass: {view}", middle - forward, LATENCY_BOUND, "ms", note
                ),
                Line(f"sent for it: {view}", most, PAYLOAD_BOUND, "MB"),
            ]
        complaints = server.complaints()
    lines.append(Line("errors in the server's log", float(bool(complaints)), 0, "errors", complaints[:200]))
    return lines
