"""Phones of a class that stay in a room and vote when they are asked."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

from tests.bench.room import Caller, listening, phone

PATIENCE = 30.0  # seconds


@dataclass(slots=True)
class Classroom:
    """So many phones, each on connections of its own."""

    port: int
    code: str
    count: int
    told: dict[int, dict[str, Any]] = field(default_factory=dict)  # what each was told last
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def vote(self, chosen: Sequence[int]) -> list[int]:
        """Each chooses an option once all are asked; the status of each answer."""
        found: list[int] = self._do(self._vote(chosen))
        return found

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(2 * PATIENCE)

    async def _join(self) -> None:
        for number in range(self.count):
            assert await self._post(f"{self.code}/join", {"phone": phone(number)}) == 200
            self._tasks.append(asyncio.create_task(self._listen(number)))
        await self._until(lambda: len(self.told) == self.count)

    async def _post(self, path: str, value: object) -> int:
        caller = Caller(self.port)
        try:
            return await caller.post(path, value)
        finally:
            await caller.close()

    async def _listen(self, number: int) -> None:
        with suppress(ConnectionError):
            async with listening(self.port, f"{self.code}/events?phone={phone(number)}") as stream:
                while True:
                    self.told[number] = await stream.news()

    async def _vote(self, chosen: Sequence[int]) -> list[int]:
        await self._until(lambda: all(one["phase"] == "ask" for one in self.told.values()))
        votes = [
            {"phone": phone(number), "turn": self.told[number]["turn"], "option": option}
            for number, option in enumerate(chosen)
        ]
        return await asyncio.gather(*(self._post(f"{self.code}/vote", vote) for vote in votes))

    async def _until(self, true: Any) -> None:
        async with asyncio.timeout(PATIENCE):
            while not true():
                await asyncio.sleep(0.05)

    async def _leave(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0.1)  # until their connections are closed


@contextmanager
def classroom(port: int, code: str, count: int) -> Iterator[Classroom]:
    """A class that is in a room meanwhile."""
    one = Classroom(port, code, count)
    thread = Thread(target=one._loop.run_forever, daemon=True)
    thread.start()
    try:
        one._do(one._join())
        yield one
    finally:
        one._do(one._leave())
        one._loop.call_soon_threadsafe(one._loop.stop)
        thread.join()
        one._loop.close()
