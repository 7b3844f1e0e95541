"""Generation: tokens per second beside bare ``generate``, and the time to the first token on the screen."""

from __future__ import annotations

import statistics
import time
from typing import Any

from core.compute.next_token.filters import Settings
from core.compute.next_token.live import join
from core.compute.next_token.requests import TextRequest
from core.compute.next_token.run import complete
from core.jobs.lines import GENERATIONS
from core.models.load.loading import load
from core.models.load.residency import LoadedModel
from tests.bench import browser, live, servers
from tests.bench.report import Line

ENGLISH = "smollm2-135m"
TEXTS = {ENGLISH: "Once upon a time, there was a", "qwen2.5-coder-0.5b": "从前有一座山，山里有一座"}
GREEDY = Settings(temperature=0.0)
TOKENS, ROUNDS = 48, 5
SPEED_BOUND = 0.9
FIRST_BOUND = 300.0  # milliseconds
TREE = ".st-key-nt_tree"
SHOWN = """([host, start, limit]) => {
    const roots = (node) => [...node.querySelectorAll("*")].flatMap((e) => (e.shadowRoot ? [e.shadowRoot] : []));
    const there = () => [...document.querySelectorAll(host)].some((box) => [box, ...roots(box)].some((root) =>
        root.querySelector(".gtree-prompt")?.textContent.startsWith(start) && root.querySelector(".gtree-chip")));
    return window.__benchWhen(there, limit);
}"""


def ask(model: str, count: int, turn: int = 0, settings: Settings = GREEDY) -> TextRequest:
    """A text of its own for each turn: what was made already is not made again."""
    text = f"{TEXTS[model]}{' ' * turn}"
    return TextRequest(model, text, 512, count=count, seed=turn, settings=settings)


def seconds_of_generate(loaded: LoadedModel, count: int, **values: Any) -> float:
    import torch

    ids = loaded.tokenizer(TEXTS[loaded.spec.id], return_tensors="pt")["input_ids"]
    model: Any = loaded.model
    start = time.perf_counter()
    model.generate(
        ids,
        attention_mask=torch.ones_like(ids),
        pad_token_id=0,
        max_new_tokens=count,
        min_new_tokens=count,
        **values,
    )
    return time.perf_counter() - start


def seconds_of_queue(loaded: LoadedModel, request: TextRequest) -> tuple[float, float]:
    """To the first token, and to the last one."""
    start = time.perf_counter()
    job = join(request, loaded, "bench")
    first = 0.0
    while GENERATIONS.beat(job, "bench"):
        GENERATIONS.wait(job, job.steps, 1.0)
        first = first or (time.perf_counter() - start if job.steps else 0.0)
    assert job.state == "done", job.state
    return first, time.perf_counter() - start


def speed(loaded: LoadedModel, count: int, rounds: int, kind: str) -> Line:
    """Tokens per second beside bare ``generate``, the two taking turns."""
    settings = GREEDY if kind == "greedy" else Settings(temperature=0.8, top_p=0.9, top_k=50)
    values: dict[str, Any] = {"do_sample": False}
    if kind != "greedy":
        values = {"do_sample": True, "temperature": 0.8, "top_p": 0.9, "top_k": 50}
    shares, own, theirs, firsts = [], [], [], []
    for turn in range(rounds):
        bare = count / seconds_of_generate(loaded, count, **values)
        wanted = ask(loaded.spec.id, count, turn, settings)
        first, whole = seconds_of_queue(loaded, wanted)
        own.append(len(complete_ids(loaded, wanted)) / whole)
        theirs.append(bare)
        firsts.append(first)
        shares.append(own[-1] / bare)
    both = f"{statistics.median(own):.1f} against {statistics.median(theirs):.1f} tokens/s"
    note = f"{both}, {min(shares):.2f} … {max(shares):.2f}"
    return Line(
        f"{loaded.spec.id}, {kind}: tokens per second against generate",
        statistics.median(shares),
        SPEED_BOUND,
        "times",
        note,
        True,
    )


def complete_ids(loaded: LoadedModel, request: TextRequest) -> tuple[int, ...]:
    """Ids of a text that the queue has made already."""
    job = join(request, loaded, "count")
    while GENERATIONS.beat(job, "count"):
        GENERATIONS.wait(job, job.steps, 1.0)
    ids: tuple[int, ...] = job.work.result().tokens.ids
    return ids


def first_tokens() -> Line:
    """From Enter on a new prompt of 32 tokens until its first token is on the screen, beside one forward pass."""
    with servers.start(servers.PROBED_APP) as server:
        forward = live.bare_forward(server)["milliseconds"]
        url = f"{server.url}/next_token?lang=en&nt_part=generate&nt_length=8&nt_temperature=0"
        times = []
        with browser.launched() as chromium, browser.opened(chromium, url) as page:
            browser.painted_in(page, TREE, ".gtree-chip")
            for prompt in live.PROMPTS:
                page.wait_for_timeout(2000)  # the generation before is over
                box = page.locator(browser.PROMPT)
                box.fill(prompt)
                start = browser.now(page)
                box.press("Enter")
                times.append(float(page.evaluate(SHOWN, [TREE, prompt[:16], browser.WAIT])) - start)
        again = live.bare_forward(server)["milliseconds"]
    bare, middle = min(forward, again), statistics.median(times[1:])  # the first one warms up
    spent = middle - bare
    note = f"{middle:.0f} ms ({min(times[1:]):.0f} … {max(times[1:]):.0f}), forward {bare:.0f} ms"
    return Line("first token on screen, beyond one forward pass", spent, FIRST_BOUND, "ms", note)


def measure() -> list[Line]:
    """Both ways to choose a token, for the model of each language, then the first token in a browser."""
    lines = []
    for model in TEXTS:
        loaded = load(model)
        complete(ask(model, 4), loaded)
        lines += [speed(loaded, TOKENS, ROUNDS, kind) for kind in ("greedy", "sampled")]
    return [*lines, first_tokens()]
