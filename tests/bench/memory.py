"""Memory of one server on which every page has been opened and used in both languages, and while a worker runs."""

from __future__ import annotations

import asyncio
import time

from core.catalog import LANGUAGES, PAGES
from pages.kit.permalink import query
from tests.bench import clients, servers, visitors
from tests.bench.report import Line

SERVER_BOUND = 1_300.0  # MB
ON_THE_WAY_BOUND = 1_400.0  # MB
WORKER_BOUND = 2_000.0  # MB, both processes together
WATCH = 4.0  # seconds that a part is followed which draws itself again

REST = 150.0  # seconds: Streamlit keeps a closed session for two minutes, a vocabulary stays for one


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


async def use(server: servers.Server) -> tuple[int, int, float]:
    """Open all of them, one after the other, as one visitor each; how many, how many complained, most MB after one."""
    wanted, errors, most = states(), 0, 0.0
    for stem, asked in wanted:
        watcher = await visitors.opened(server.port, stem, asked)
        await watcher.follow(time.monotonic() + WATCH)
        errors += len(watcher.errors)
        await clients.leave(watcher.visitor)
        most = max(most, server.resident_mb())
    return len(wanted), errors, most


def measure() -> list[Line]:
    """Used, then used while a map of 5,000 points is fitted."""
    with servers.start(servers.APP) as server:
        count, errors, most = asyncio.run(use(server))
        time.sleep(REST)
        used = server.resident_mb()
        beside = asyncio.run(visitors.beside_a_worker(server.port, server))
    return [
        Line("every page used: memory of the server", used, SERVER_BOUND, "MB", f"{count} visitors gone"),
        Line("on the way there, with all their sessions, at most", most, ON_THE_WAY_BOUND, "MB"),
        Line("every page used: errors", errors, 0, "errors"),
        Line("the same with a worker: memory of both", beside["peak"], WORKER_BOUND, "MB"),
    ]
