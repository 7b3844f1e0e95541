"""A live model: a new prompt, another head, pointer movement, traffic and memory, in one browser session."""

from __future__ import annotations

import asyncio
import statistics
from concurrent.futures import ThreadPoolExecutor

from playwright.sync_api import Page

from tests.bench import browser, clients, servers
from tests.bench.report import Line, percentile

MODEL = "smollm2-135m"
# 32 tokens each for SmolLM2's tokenizer (checked below), all different
PROMPTS = tuple(
    f"The {animal} sat on the mat and looked at the {thing}, and then the {animal} sat on the mat "
    "and looked at the window until it was very dark outside."
    for animal, thing in (
        ("cat", "dog"),
        ("dog", "cat"),
        ("fox", "hen"),
        ("hen", "fox"),
        ("cow", "pig"),
        ("pig", "cow"),
    )
)
PROMPT_TOKENS = 32
LATENCY_BOUND = 400.0  # milliseconds on top of the bare forward pass
FOCUS_BOUND = 500.0  # milliseconds
FRAME_BOUNDS = (16.0, 25.0)  # milliseconds, p50 and p95
MEMORY_BOUND = 1000.0  # MB
POINTER_STEPS = 150
FORGET_FRAMES = (
    "() => { for (const name in window.__glassboxFrames) window.__glassboxFrames[name].length = 0; }"
)
HEADS = ((0.1, 0.3), (0.65, 0.55), (0.3, 0.75), (0.75, 0.4), (0.2, 0.6), (0.85, 0.2))  # of the canvas's size


def type_prompt(page: Page, text: str) -> float:
    """Replace the prompt and press Enter; performance.now() just before the key."""
    box = page.locator(browser.PROMPT)
    box.fill(text)
    start = browser.now(page)
    box.press("Enter")
    return start


def new_prompts(page: Page) -> list[float]:
    """Milliseconds from Enter until the overview shows another text, per prompt; the first one warms up."""
    times = []
    for text in PROMPTS:
        before = browser.settled(page, browser.OVERVIEW)
        browser.watch_for_change(page, browser.OVERVIEW, before, browser.OVERVIEW_DATA)
        start = type_prompt(page, text)
        times.append(browser.changed(page) - start)
    return times[1:]


def _point(page: Page, selector: str, x: float, y: float) -> tuple[float, float]:
    box = page.locator(selector).locator("canvas").first.bounding_box()
    assert box is not None, selector
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def _head_at(page: Page, x: float, y: float) -> tuple[float, float]:
    """The nearest point to the right at which the pointer is over a head."""
    left, top = _point(page, browser.OVERVIEW, x, y)
    canvas = page.locator(browser.OVERVIEW).locator("canvas").first
    for step in range(0, 400, 4):
        page.mouse.move(left + step % 60, top + 4 * (step // 60))
        page.wait_for_timeout(40)
        if canvas.evaluate("(canvas) => canvas.style.cursor") == "pointer":
            return left + step % 60, top + 4 * (step // 60)
    raise RuntimeError("no head under the pointer")


def other_heads(page: Page, points: tuple[tuple[float, float], ...]) -> list[float]:
    """Milliseconds from the click on a head until the focus view shows it."""
    times = []
    for x, y in points:
        before = browser.settled(page, browser.FOCUS)
        left, top = _head_at(page, x, y)
        browser.watch_for_change(page, browser.FOCUS, before, browser.FOCUS_DATA)
        start = browser.now(page)
        page.mouse.click(left, top)
        times.append(browser.changed(page) - start)
    return times


def hover(page: Page, selector: str) -> tuple[dict[str, list[float]], int]:
    """Move the pointer over a canvas; recorded frames by canvas, and websocket messages meanwhile."""
    page.locator(selector).scroll_into_view_if_needed()
    page.wait_for_timeout(1500)  # what was sent before has arrived
    page.evaluate(FORGET_FRAMES)
    before = len(browser.messages(page))
    for step in range(POINTER_STEPS):
        share = step / POINTER_STEPS
        page.mouse.move(*_point(page, selector, 0.1 + 0.8 * share, 0.15 + 0.7 * ((7 * share) % 1)))
    page.wait_for_timeout(300)
    drawn = {name: times for name, times in browser.frames(page).items() if ":" not in name}
    return drawn, len(browser.messages(page)) - before


def _hover_lines(page: Page) -> list[Line]:
    lines = []
    for name, selector in (("overview", browser.OVERVIEW), ("focus", browser.FOCUS)):
        recorded, traffic = hover(page, selector)
        times = [time for values in recorded.values() for time in values]
        note = f"{len(times)} frames: {', '.join(f'{key} {len(values)}' for key, values in recorded.items())}"
        middle, high = (percentile(times, 0.5), percentile(times, 0.95)) if times else (float("inf"),) * 2
        lines += [
            Line(f"pointer over {name}, p50 of a frame", middle, FRAME_BOUNDS[0], "ms", note),
            Line(f"pointer over {name}, p95 of a frame", high, FRAME_BOUNDS[1], "ms"),
            Line(f"pointer over {name}, websocket messages", traffic, 0, "messages"),
        ]
    return lines


def bare_forward(
    server: servers.Server, model: str = MODEL, probe: str = "1", text: str = PROMPTS[0]
) -> dict[str, float]:
    """The probe's answer; asked in a thread, for the browser's driver holds this one's event loop."""
    with ThreadPoolExecutor(1) as thread:
        question = clients.answer(server.port, probe=probe, model=model, text=text)
        answer: dict[str, float] = thread.submit(asyncio.run, question).result()
        return answer


def memory_when_live() -> float:
    """MB of a fresh server on which one visitor has had one new prompt and one other head."""
    with (
        servers.start(servers.APP) as server,
        browser.launched() as chromium,
        browser.opened(chromium, f"{server.url}/{browser.PAGE}?lang=en&model={MODEL}") as page,
    ):
        before = browser.settled(page, browser.OVERVIEW)
        browser.watch_for_change(page, browser.OVERVIEW, before, browser.OVERVIEW_DATA)
        type_prompt(page, PROMPTS[0])
        browser.changed(page)
        browser.settled(page, browser.FOCUS)
        other_heads(page, HEADS[:1])
        return server.resident_mb()


def measure() -> list[Line]:
    """All on one server whose model is warm, but for the memory of a fresh one."""
    with servers.start(servers.PROBED_APP) as server:
        first = bare_forward(server)
        url = f"{server.url}/{browser.PAGE}?lang=en&model={MODEL}"
        with browser.launched() as chromium, browser.opened(chromium, url) as page:
            browser.settled(page, browser.OVERVIEW)
            prompts = new_prompts(page)
            bare = min(first, bare_forward(server), key=lambda answer: answer["milliseconds"])
            heads = other_heads(page, HEADS)
            lines = _hover_lines(page)
            busy = server.resident_mb()
        complaints = server.complaints()
    memory = memory_when_live()
    forward, prompt, focus = bare["milliseconds"], statistics.median(prompts), statistics.median(heads)
    note = f"{prompt:.0f} ms ({min(prompts):.0f}…{max(prompts):.0f}), bare forward {forward:.0f} ms"
    return [
        Line(
            "tokens of the prompt",
            bare["tokens"],
            PROMPT_TOKENS,
            "tokens",
            f"{bare['threads']} threads",
            least=True,
        ),
        Line(
            "new prompt to figure, beyond the bare forward pass", prompt - forward, LATENCY_BOUND, "ms", note
        ),
        Line(
            "another head to its focus view",
            focus,
            FOCUS_BOUND,
            "ms",
            f"{min(heads):.0f}…{max(heads):.0f} ms",
        ),
        *lines,
        Line(
            "memory with SmolLM2 live", memory, MEMORY_BOUND, "MB", f"{busy:.0f} MB after this whole session"
        ),
        Line("errors in the server's log", float(bool(complaints)), 0, "errors", complaints[:200]),
    ]
