"""Closed tabs and reloads on a real server: what nobody waits for ends within two seconds, a reload finds its work.

Visitors do what a browser does: they ask for the page's document, connect, and run the page; one who reloads asks for
the document again before the old connection ends (``tests/browser/test_reload.py`` has a browser do it).
"""

from __future__ import annotations

import asyncio
import time
import urllib.request
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from tests.bench import clients, servers
from tests.bench.servers import Server
from tests.bench.visitors import Watcher

PATIENCE = 100.0  # seconds, on a busy machine
LEAVES = 2.0  # seconds until the place of one who has gone is free
SLOW = 4.0  # seconds that a reload takes
MAP = {"lang": "en", "es_table": "chinese", "es_count": "5000"}
"""As the browser shows it: without what is a page's default."""
STATES = {"lang": "en", "cm_view": "states", "cm_states": "9"}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with servers.start(servers.APP, servers.COUNTED) as running:
        yield running
        assert running.complaints() == ""


async def opened(server: Server, page: str, query: dict[str, str]) -> Watcher:
    """A visitor who has asked for the document and run the page."""
    await asyncio.to_thread(document, f"{server.url}/{page}?{urlencode(query)}")
    return await connected(server, page, query)


def document(url: str) -> None:
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        assert answer.status == 200


async def connected(server: Server, page: str, query: dict[str, str]) -> Watcher:
    watcher = Watcher(await clients.visit(server.port, page, **query))
    await watcher.ask()
    return watcher


async def until(server: Server, line: str, jobs: int) -> float:
    """When so many jobs of a line run or wait."""
    end = time.monotonic() + PATIENCE
    while await asyncio.to_thread(server.jobs, line) != jobs:
        assert time.monotonic() < end
        await asyncio.sleep(0.02)
    return time.monotonic()


async def started(server: Server, query: dict[str, str]) -> tuple[Watcher, set[int]]:
    """A visitor whose map is computed by a process of its own; the process."""
    mapper = await opened(server, "embedding_space", query)
    await mapper.ask(press=next(id for id in mapper.buttons.values() if "es_job_start" in id))
    end = time.monotonic() + PATIENCE
    while not (found := server.workers()):
        assert time.monotonic() < end
        await asyncio.sleep(0.02)
    return mapper, found


@pytest.mark.timeout(3 * PATIENCE)
def test_a_closed_tab_ends_its_projection_though_nobody_waits(server: Server) -> None:
    async def visits() -> float:
        mapper, _ = await started(server, MAP | {"es_seed": "21"})
        closed = time.monotonic()
        await clients.leave(mapper.visitor)
        return await until(server, "projection", 0) - closed

    assert asyncio.run(visits()) < LEAVES
    assert server.workers() == set()


@pytest.mark.timeout(3 * PATIENCE)
def test_a_slow_reload_finds_its_projection_also_in_another_language(server: Server) -> None:
    async def visits() -> float:
        query = MAP | {"es_seed": "22"}
        mapper, before = await started(server, query)
        await asyncio.to_thread(document, f"{server.url}/embedding_space?{urlencode(query | {'lang': 'zh'})}")
        await clients.leave(mapper.visitor)
        await asyncio.sleep(SLOW)
        again = await connected(server, "embedding_space", query | {"lang": "zh"})
        await asyncio.sleep(LEAVES)
        assert server.workers() == before
        assert again.pace, "its progress is drawn"
        closed = time.monotonic()
        await clients.leave(again.visitor)
        return await until(server, "projection", 0) - closed

    assert asyncio.run(visits()) < LEAVES
    assert server.workers() == set()


@pytest.mark.timeout(3 * PATIENCE)
def test_a_training_is_told_and_ends_with_its_visitor(server: Server) -> None:
    async def visits() -> list[clients.Run]:
        first = await clients.visit(server.port, "classic_models", **STATES)
        await first.ask()
        await until(server, "training", 1)
        await clients.leave(first)
        await until(server, "training", 0)
        others = [await clients.visit(server.port, "classic_models", **STATES) for _ in range(2)]
        runs = [await one.run(PATIENCE) for one in others]
        for one in others:
            await clients.leave(one)
        return runs

    second, third = asyncio.run(visits())
    assert not second.errors
    assert "Training the hidden Markov model …" in second.told, "it was broken off, and is made anew"
    assert third.told == [], "it is at hand for all"
