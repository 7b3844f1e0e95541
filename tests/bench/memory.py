"""Memory of one server on which every page has been opened and used in both languages, and while a worker runs."""

from __future__ import annotations

import asyncio
import time

from core.catalog import LANGUAGES, PAGES
from pages.kit.permalink import query
from tests.bench import clients, servers, visitors
from tests.bench.report import Line

SERVER_BOUND = 1_400.0  # MB
WORKER_BOUND = 2_000.0  # MB, both processes together
WATCH = 20.0  # seconds that a part is followed which draws itself again


def states() -> list[tuple[str, dict[str, str]]]:
    """Every experiment and every concept of every page, in both languages: what a curious visitor opens."""
    found = []
    for page in PAGES:
        for language in LANGUAGES:
            presets = [one for question in page.questions for one in (question.ask, question.reveal)]
            wanted = [preset.values(language) for preset in presets]
            wanted += [concept.state[language] for concept in page.concepts]
            found += [(page.stem, query(page, state, language) | {"lang": language}) for state in wanted]
    return found


async def use(port: int) -> tuple[int, int]:
    """Open all of them, one after the other, as one visitor each; how many, and how many complained."""
    wanted, errors = states(), 0
    for stem, asked in wanted:
        watcher = await visitors.opened(port, stem, asked)
        await watcher.follow(time.monotonic() + WATCH)
        errors += len(watcher.errors)
        await clients.leave(watcher.visitor)
    return len(wanted), errors


def measure() -> list[Line]:
    """Used, then used while a map of 5,000 points is fitted."""
    with servers.start(servers.APP) as server:
        count, errors = asyncio.run(use(server.port))
        used = server.resident_mb()
        beside = asyncio.run(visitors.beside_a_worker(server.port, server))
    return [
        Line("every page used: memory of the server", used, SERVER_BOUND, "MB", f"{count} states"),
        Line("every page used: errors", errors, 0, "errors"),
        Line("the same with a worker: memory of both", beside["peak"], WORKER_BOUND, "MB"),
    ]
