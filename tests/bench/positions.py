"""The positions canvas under the finger: compute and draw at 512 dimensions × 512 positions, per view."""

from __future__ import annotations

from core import catalog
from core.figures.position_curves import views as figures
from pages.kit.text import Words
from tests.bench.report import Line, percentile
from tests.browser.harness import chromium, opened

NAME = "position_curves"
BOUNDS = (16.0, 25.0)  # milliseconds, p50 and p95
FRAMES = 150
LARGEST = {"d": 512, "span": 512, "hd": 256, "heads": 64, "buckets": 128, "scaling": "yarn"}
MOVED = {"sinusoidal": "base", "rotary": "theta", "alibi": "heads", "t5": "buckets"}
# Moves a slider once per animation frame, and gives back the milliseconds of each compute + draw.
MOVE = """async ([name, count]) => {
    const root = document.getElementById("host").shadowRoot;
    const all = window.__glassboxFrames.position_curves = [];
    const input = () => root.querySelector(`[data-control=${name}]`);
    for (let at = 0; at < count; at += 1) {
        const [low, high] = [Number(input().min), Number(input().max)];
        input().value = low + (high - low) * (0.3 + 0.6 * at / count);
        input().dispatchEvent(new Event("input"));
        await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    }
    return all; }"""


def measure() -> list[Line]:
    """The frame times of every view that is computed in the browser."""
    lines = []
    words = Words("en", NAME).sub("canvas")
    start = {param.name: param.default for param in catalog.find(NAME).params}
    with chromium() as browser:
        for view, control in MOVED.items():
            state = {**start, **LARGEST, "view": view, "version": 1}
            data = figures.payload(words, state, view=view, language="en")
            with opened(browser, NAME, data, width=1920, height=1080) as page:
                page.wait_for_function(f"window.__glassboxFrames?.['{NAME}:data']?.length")
                times = page.evaluate(MOVE, [control, FRAMES])
            note = f"{len(times)} frames while “{control}” moves"
            lines += [
                Line(f"positions, {view}, p50 of a frame", percentile(times, 0.5), BOUNDS[0], "ms", note),
                Line(f"positions, {view}, p95 of a frame", percentile(times, 0.95), BOUNDS[1], "ms"),
            ]
    return lines
