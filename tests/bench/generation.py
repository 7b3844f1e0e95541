"""Generation: tokens per second beside bare ``generate``, time to the first token, and twenty visitors at once.

Run alone: ``python -m tests.bench.generation``. The two ways to generate take turns, so that what else the machine
does falls on both.
"""

from __future__ import annotations

import argparse
import statistics
import threading
import time
from typing import Any

from core.compute.filters import Settings
from core.compute.generation import TextRequest, complete
from core.compute.generation_queue import QUEUE
from core.models.loading import LoadedModel, load

TEXT = "Once upon a time, there was a"
GREEDY = Settings(temperature=0.0)


def ask(count: int, seed: int = 0, settings: Settings = GREEDY) -> TextRequest:
    return TextRequest("smollm2-135m", TEXT, 512, count=count, seed=seed, settings=settings)


def seconds_of_generate(loaded: LoadedModel, count: int, **values: Any) -> float:
    import torch

    ids = loaded.tokenizer(TEXT, return_tensors="pt")["input_ids"]
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
    job = QUEUE.join(request, loaded, "bench")
    first = 0.0
    while QUEUE.beat(job, "bench"):
        QUEUE.wait(job, job.done, 1.0)
        first = first or (time.perf_counter() - start if job.done else 0.0)
    assert job.state == "done", job.state
    return first, time.perf_counter() - start


def speed(loaded: LoadedModel, count: int, rounds: int, kind: str) -> None:
    settings = GREEDY if kind == "greedy" else Settings(temperature=0.8, top_p=0.9, top_k=50)
    values: dict[str, Any] = {"do_sample": False}
    if kind != "greedy":
        values = {"do_sample": True, "temperature": 0.8, "top_p": 0.9, "top_k": 50}
    shares, own, theirs, firsts = [], [], [], []
    for turn in range(rounds):
        bare = count / seconds_of_generate(loaded, count, **values)
        wanted = TextRequest(
            "smollm2-135m", f"{TEXT}{' ' * turn}", 512, count=count, seed=turn, settings=settings
        )
        first, whole = seconds_of_queue(loaded, wanted)
        made = len(complete_ids(loaded, wanted))
        own.append(made / whole)
        theirs.append(bare)
        firsts.append(first)
        shares.append(own[-1] / bare)
    print(
        f"{kind}: {statistics.median(own):.2f} tokens/s, generate {statistics.median(theirs):.2f}; "
        f"ratio median {statistics.median(shares):.2f}, all {[round(share, 2) for share in shares]}; "
        f"first token {statistics.median(firsts):.2f} s"
    )


def complete_ids(loaded: LoadedModel, request: TextRequest) -> tuple[int, ...]:
    """Ids of a text that the queue has made already."""
    job = QUEUE.join(request, loaded, "count")
    while QUEUE.beat(job, "count"):
        QUEUE.wait(job, job.done, 1.0)
    ids: tuple[int, ...] = job.result().tokens.ids
    return ids


def visitors(loaded: LoadedModel, number: int, count: int) -> None:
    most, wall = 0, [0.0] * number

    def visit(n: int) -> None:
        nonlocal most
        start = time.perf_counter()
        job = QUEUE.join(ask(count, 100 + n, Settings()), loaded, n)
        while QUEUE.beat(job, n):
            most = max(most, QUEUE.counts[0])
            QUEUE.wait(job, job.done, 0.3)
        wall[n] = time.perf_counter() - start

    threads = [threading.Thread(target=visit, args=(n,)) for n in range(number)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    whole = time.perf_counter() - start
    print(
        f"{number} visitors, {count} tokens each: {number * count / whole:.2f} tokens/s together, at most {most} at "
        f"once, waits {min(wall):.1f} … {max(wall):.1f} s"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tokens", type=int, default=48)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--visitors", type=int, default=20)
    given = parser.parse_args()
    loaded = load("smollm2-135m")
    complete(ask(4), loaded)
    speed(loaded, given.tokens, given.rounds, "greedy")
    speed(loaded, given.tokens, given.rounds, "sampled")
    visitors(loaded, given.visitors, max(4, given.tokens // 4))


if __name__ == "__main__":
    main()
