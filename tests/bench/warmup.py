"""Twenty visitors while the models are loaded, beside the same visitors later: nobody may wait for a warm-up."""

from __future__ import annotations

import asyncio
import time

from tests.bench import clients, load, servers
from tests.bench.report import Line, percentile

VISITORS = 20
SECONDS = 12.0  # a warm-up takes some six
BOUND = 2.0  # times the 95th percentile of later
LOADED = 60.0  # seconds until a model's library is there, at most


async def _first(server: servers.Server) -> None:
    """The visitor after whom a model is loaded; over as soon as that has begun."""
    visitor = await clients.visit(server.port, "token_splits", lang="en")
    await visitor.run()
    end = time.monotonic() + LOADED
    while not server.has_loaded("libtorch"):
        assert time.monotonic() < end, "no model is loaded"
        await asyncio.sleep(0.05)
    await clients.leave(visitor)


def beside(mode: str) -> tuple[float, float, int]:
    """95th percentiles in seconds: of a class that comes with the warm-up, and of the same class later; and errors."""
    with servers.start(servers.APP, {"GLASSBOX_WARMUP": mode}) as server:
        if mode == "1":
            asyncio.run(_first(server))
        states = [("token_splits", {"lang": language}) for language in ("en", "zh")] + [
            (page, {"lang": "en"}) for page in ("attention_heads", "position_curves", "model_anatomy", "home")
        ]
        now, later = (load.browse([server], VISITORS, SECONDS, states) for _ in range(2))
        assert server.has_loaded("libtorch")
    return percentile(now.waits, 0.95), percentile(later.waits, 0.95), len(now.errors) + len(later.errors)


def measure() -> list[Line]:
    """Before the port opens, as the files of ``deploy`` have it; and in the background."""
    lines = []
    for mode, name, bound in (
        ("start", "before the port opens", BOUND),
        ("1", "in the background", float("inf")),
    ):
        during, after, errors = beside(mode)
        note = f"p95 {1000 * during:.0f} against {1000 * after:.0f} ms"
        lines += [
            Line(f"20 visitors and a warm-up {name}, p95", during / after, bound, "times", note),
            Line(f"20 visitors and a warm-up {name}: errors", errors, 0, "errors"),
        ]
    return lines
