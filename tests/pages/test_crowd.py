"""Many browsers on a real server: all are served, who leaves is gone, who asks anew keeps the place."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Iterator
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
    found: list[int] = await clients.answer(port, probe="1")
    return found


async def until(port: int, wanted: list[int]) -> float:
    """Seconds until so many run and wait."""
    start = time.monotonic()
    while await counts(port) != wanted:
        assert time.monotonic() - start < PATIENCE, await counts(port)
        await asyncio.sleep(0.05)
    return time.monotonic() - start


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
        working = await asks(port, "working", 4.0)
        await until(port, [1, 0])
        waiting = [await asks(port, f"gone {number}", 1.0) for number in range(10)]
        await until(port, [1, 10])
        await asyncio.gather(*map(clients.leave, waiting))
        spent = await until(port, [1, 0])
        await answer(working)
        return spent

    assert asyncio.run(visits()) < LEAVES


def test_who_asks_anew_keeps_the_place_and_gets_the_new_answer(port: int) -> None:
    async def visits() -> tuple[clients.Run, clients.Run, list[str]]:
        working = await asks(port, "working", 4.0)
        await until(port, [1, 0])
        first = await asks(port, "old", 0.01)
        await until(port, [1, 1])
        second = await asks(port, "other", 0.5)
        await until(port, [1, 2])
        first.query = "text=new&seconds=0.5"
        await first.ask()
        await asyncio.sleep(1.0)
        assert await counts(port) == [1, 2], "one place for each"
        order: list[str] = []

        async def noted(visitor: clients.Visitor, name: str) -> clients.Run:
            run = await answer(visitor)
            order.append(name)
            return run

        new, other = await asyncio.gather(noted(first, "new"), noted(second, "other"))
        await clients.leave(working)
        return new, other, order

    new, other, order = asyncio.run(visits())
    assert (json.loads(new.texts[-1]), json.loads(other.texts[-1])) == ("new", "other")
    assert order == ["new", "other"]
    assert 2 in places(other)
