"""Two hundred phones in a room: what they cost while nothing happens, how soon a vote is counted, and who shouts."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from tests.bench import servers
from tests.bench.report import Line, percentile
from tests.bench.servers import Server
from tests.pages.test_rooms import SCRIPT, asked

PHONES = 200
IDLE = 60.0  # seconds
VOTES = 50  # of which each is timed alone
SHOUTED = 10_000  # votes of one phone
AT_ONCE = 20  # connections on which they come
SHARE_BOUND, VOTE_BOUND = 2.0, 1.0  # per cent of a core, seconds
MEMORY_BOUND = 60.0  # kB a phone: its connection, its task, its number


@dataclass(frozen=True, slots=True)
class Stream:
    """The news of a room on one connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def news(self) -> dict[str, Any]:
        """The next of them."""
        while True:
            line = await self.reader.readline()
            if not line:
                raise ConnectionError("the stream has ended")
            if line.startswith(b"data: {"):
                found: dict[str, Any] = json.loads(line[6:])
                return found


@contextlib.asynccontextmanager
async def listening(port: int, path: str) -> AsyncIterator[Stream]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET /room/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    try:
        yield Stream(reader, writer)
    finally:
        writer.close()


class Caller:
    """A connection that is kept, on which one request follows the other."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._line: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, value: object) -> int:
        """The status of the answer."""
        self._line = self._line or await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._line
        body = json.dumps(value).encode()
        head = f"POST /room/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        told = (await reader.readuntil(b"\r\n\r\n")).lower()
        await reader.readexactly(int(told.partition(b"content-length: ")[2].partition(b"\r\n")[0]))
        return int(told.split()[1])

    async def close(self) -> None:
        """End the connection."""
        if self._line:
            self._line[1].close()
            await self._line[1].wait_closed()


@dataclass(frozen=True, slots=True)
class Seen:
    """What was measured."""

    idle: float  # per cent of a core
    memory: float  # kB a phone
    waits: list[float]  # seconds from a vote to the presenter's number
    all_in: float  # seconds in which two hundred votes were counted
    refused: int
    waits_beside: list[float]  # while one shouts


def phone(number: int) -> str:
    return f"{number:032x}"


async def until(desk: Stream, votes: int) -> None:
    while (await desk.news())["votes"] < votes:
        pass


async def timed(
    desk: Stream, caller: Caller, code: str, turn: int, numbers: range, before: int
) -> list[float]:
    """Phones that vote for the first time, one after the other."""
    waits = []
    for at, number in enumerate(numbers):
        began = time.perf_counter()
        await caller.post(f"{code}/vote", {"phone": phone(number), "turn": turn, "option": number % 2})
        await until(desk, before + at + 1)
        waits.append(time.perf_counter() - began)
    return waits


async def shout(port: int, code: str, turn: int) -> int:
    """One phone sends thousands of votes; how many were refused."""

    async def some() -> int:
        caller = Caller(port)
        vote = {"phone": phone(0), "turn": turn, "option": 1}
        return sum([await caller.post(f"{code}/vote", vote) != 200 for _ in range(SHOUTED // AT_ONCE)])

    return sum(await asyncio.gather(*(some() for _ in range(AT_ONCE))))


async def classroom(server: Server, code: str, key: str) -> Seen:
    """All in one room."""
    before, caller = server.resident_mb(), Caller(server.port)
    async with contextlib.AsyncExitStack() as stack:
        desk = await stack.enter_async_context(listening(server.port, f"{code}/events?key={key}"))
        streams = []
        for number in range(PHONES):
            assert await caller.post(f"{code}/join", {"phone": phone(number)}) == 200
            path = f"{code}/events?phone={phone(number)}"
            streams.append(await stack.enter_async_context(listening(server.port, path)))
        turn = (await asyncio.gather(*(one.news() for one in streams)))[0]["turn"]
        while (await desk.news())["phones"] < PHONES:
            pass
        memory = 1000 * (server.resident_mb() - before) / PHONES
        spent = server.cpu_seconds()
        await asyncio.sleep(IDLE)
        idle = 100 * (server.cpu_seconds() - spent) / IDLE
        caller = Caller(server.port)  # the server has closed the one that rested
        waits = await timed(desk, caller, code, turn, range(1, VOTES + 1), 0)
        shouting = asyncio.create_task(shout(server.port, code, turn))
        await until(desk, VOTES + 1)
        beside = await timed(desk, caller, code, turn, range(VOTES + 1, VOTES + 21), VOTES + 1)
        refused = await shouting
        began, rest = time.perf_counter(), range(VOTES + 21, PHONES)
        votes = [{"phone": phone(number), "turn": turn, "option": 0} for number in rest]
        await asyncio.gather(*(Caller(server.port).post(f"{code}/vote", vote) for vote in votes))
        await until(desk, PHONES)
        return Seen(idle, memory, waits, time.perf_counter() - began, refused, beside)


def measure() -> list[Line]:
    """One server, a room, and nothing else."""
    with servers.start(SCRIPT, servers.COUNTED) as server:
        empty = server.cpu_seconds()
        time.sleep(IDLE / 2)
        empty = 100 * (server.cpu_seconds() - empty) / (IDLE / 2)
        room = asked(server, "ask")
        runs = server.reruns("whole") + server.reruns("part")
        seen = asyncio.run(classroom(server, room["code"], room["key"]))
        runs = server.reruns("whole") + server.reruns("part") - runs
        complaints = server.complaints()
    note = f"{empty:.2f} % without a room"
    return [
        Line(f"{PHONES} phones, nothing happens: of a core", seen.idle, SHARE_BOUND, "%", note),
        Line(f"{PHONES} phones: memory each", seen.memory, MEMORY_BOUND, "kB"),
        Line("a vote until the presenter's number, slowest", max(seen.waits), VOTE_BOUND, "s",
             f"median {percentile(seen.waits, 0.5):.3f} s"),
        Line("the last votes of all at once until they are counted", seen.all_in, VOTE_BOUND, "s"),
        Line(f"{SHOUTED} votes of one phone: refused", seen.refused, SHOUTED - 200, "votes", least=True),
        Line("a vote beside them, slowest", max(seen.waits_beside), VOTE_BOUND, "s", complaints[:80]),
        Line("runs of a page that phones cost", runs, 0, "runs"),
    ]  # fmt: skip
