"""Many browsers on a real server: all are served, who leaves is gone, who asks anew keeps the place."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.bench import clients, servers

PAGE = Path(__file__).with_name("line_app.py")
CROWD = 60
PATIENCE = 60.0  # seconds, on a busy machine
LEAVES = 2.0  # seconds until a closed tab has left the line


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with servers.start(PAGE) as server:
        yield server.port
        assert server.complaints() == ""


@asynccontextmanager
async def held(port: int) -> AsyncIterator[None]:
    """Somebody is at work meanwhile."""
    working = await clients.visit(port, "", text="working", hold="1")
    await working.ask()
    await until(port, [1, 0])
    yield
    release = await clients.visit(port, "", release="1")
    await release.run(PATIENCE)
    await clients.leave(release)
    await answer(working)


async def asks(port: int, text: str, seconds: float) -> clients.Visitor:
    """A visitor who has asked and has no answer yet."""
    visitor = await clients.visit(port, "", text=text, seconds=str(seconds))
    await visitor.ask()
    return visitor


async def answer(visitor: clients.Visitor) -> clients.Run:
    run = await visitor.read(PATIENCE)
    await clients.leave(visitor)
    return run


async def counts(port: int) -> list[int]:
    """How many run and wait on their own threads, and how many behind."""
    found: list[int] = (await clients.answer(port, probe="1"))[:4]
    return found


async def left(port: int) -> dict[str, float]:
    """When each text has left its line; the clock is the machine's."""
    found: dict[str, float] = (await clients.answer(port, probe="1"))[4]
    return found


async def until(port: int, wanted: list[int], *, line: int = 0) -> None:
    """Wait until so many run and wait, on their own threads (0) or behind (1)."""
    start = time.monotonic()
    while (found := await counts(port))[2 * line : 2 * line + 2] != wanted:
        assert time.monotonic() - start < PATIENCE, found
        await asyncio.sleep(0.05)


def places(run: clients.Run) -> list[int]:
    """The places in line that a visitor was told."""
    return [int(found[1]) for one in run.told if (found := re.search(r"number (\d+) in line", one))]


def test_a_crowd_with_texts_of_its_own_is_served_to_the_last(port: int) -> None:
    async def crowd() -> list[clients.Run]:
        visitors = [await asks(port, f"text {number}", 0.02) for number in range(CROWD)]
        return await asyncio.gather(*map(answer, visitors))

    runs = asyncio.run(crowd())
    assert [json.loads(run.texts[-1]) for run in runs] == [f"text {number}" for number in range(CROWD)]
    assert not [error for run in runs for error in run.errors]
    told = [places(run) for run in runs]
    assert sum(map(bool, told)) > 0, "nobody was told a place"
    assert all(mine == sorted(mine, reverse=True) for mine in told), "nobody was overtaken"


def test_closed_tabs_leave_the_line_at_once(port: int) -> None:
    async def visits() -> float:
        async with held(port):
            waiting = [await asks(port, f"gone {number}", 1.0) for number in range(10)]
            await until(port, [1, 10])
            closed = time.monotonic()
            await asyncio.gather(*map(clients.leave, waiting))
            await until(port, [1, 0])
            return max((await left(port)).values()) - closed

    assert 0 < asyncio.run(visits()) < LEAVES


def test_who_asks_anew_keeps_the_place_and_gets_the_new_answer(port: int) -> None:
    async def visits() -> tuple[clients.Run, clients.Run, list[str]]:
        async with held(port):
            first = await asks(port, "old", 0.01)
            await until(port, [1, 1])
            second = await asks(port, "other", 0.5)
            await until(port, [1, 2])
            first.query = "text=new&seconds=0.5"
            await first.ask()
            await asyncio.sleep(1.0)
            assert (await counts(port))[:2] == [1, 2], "one place for each"
        order: list[str] = []

        async def noted(visitor: clients.Visitor, name: str) -> clients.Run:
            run = await answer(visitor)
            order.append(name)
            return run

        new, other = await asyncio.gather(noted(first, "new"), noted(second, "other"))
        return new, other, order

    new, other, order = asyncio.run(visits())
    assert (json.loads(new.texts[-1]), json.loads(other.texts[-1])) == ("new", "other")
    assert order == ["new", "other"]
    assert 2 in places(other)


def test_a_job_ends_with_the_last_who_shows_it_and_a_reload_finds_it(port: int) -> None:
    """Six share five jobs, of which four run; two close their tabs, one of them opens the same page again."""

    async def visits() -> tuple[list[str | int], float]:
        tabs = [await clients.visit(port, "", job="1", text=name) for name in ("a", "a", "b", "c", "d", "e")]
        for tab in tabs:
            await tab.run(PATIENCE)
        await until(port, [4, 1], line=1)
        await clients.leave(tabs[0])
        await clients.leave(tabs[2])
        again = await clients.visit(port, "", job="1", text="b")
        found: list[str | int] = json.loads((await again.run(PATIENCE)).texts[-1])
        closed = time.monotonic()
        await asyncio.gather(*map(clients.leave, (again, tabs[1], *tabs[3:])))
        await until(port, [0, 0], line=1)
        return found, max((await left(port)).values()) - closed

    found, spent = asyncio.run(visits())
    assert found[0] == "running"
    assert 0 < spent < LEAVES
