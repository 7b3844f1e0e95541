"""Visitors without a browser: websocket clients that speak Streamlit's own protocol, on this machine only."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

RUN_LIMIT = 60.0  # seconds for one run of a page
LARGEST_MESSAGE = 64_000_000  # bytes


@dataclass(slots=True)
class Run:
    """What one run of a page sent."""

    seconds: float = 0.0
    bytes: int = 0
    elements: int = 0
    components: list[int] = field(default_factory=list)  # bytes of each message that carries a component
    texts: list[str] = field(default_factory=list)  # bodies of code blocks
    errors: list[str] = field(default_factory=list)  # exceptions, and what else the server complains of
    told: list[str] = field(default_factory=list)  # what stands beside bars and in warnings


def _note(run: Run, message: ForwardMsg, size: int) -> None:
    run.bytes += size
    if message.WhichOneof("type") == "ref_hash":
        run.elements += 1  # an element that this visitor has had before, unchanged
    if message.WhichOneof("type") == "delta" and message.delta.WhichOneof("type") == "new_element":
        element = message.delta.new_element
        kind = element.WhichOneof("type")
        run.elements += 1
        if kind == "exception":
            run.errors.append(element.exception.message)
        elif kind == "bidi_component":
            run.components.append(size)
        elif kind == "progress":
            run.told.append(element.progress.text)
        elif kind == "alert":
            run.told.append(element.alert.body)
        elif kind == "code":
            run.texts.append(element.code.code_text)


class Visitor:
    """One session. A rerun is a full run of the page with no widget changed: results come from the caches.

    As a browser does, it keeps large messages and says which it has: the server sends their names instead.
    """

    def __init__(self, socket: ClientConnection, page: str, query: dict[str, str]) -> None:
        self.socket = socket
        self.page = page
        self.query = urlencode(query)
        self.page_hash = ""
        self.session = ""
        self.kept: set[str] = set()

    def turn_to(self, page: str, query: dict[str, str]) -> None:
        """Another link is what is asked for next."""
        self.page, self.query, self.page_hash = page, urlencode(query), ""

    async def run(self, limit: float = RUN_LIMIT) -> Run:
        """Ask for one run and read until the server says that it has finished, at most ``limit`` seconds."""
        start = time.perf_counter()
        await self.ask()
        run = await self.read(limit)
        run.seconds = time.perf_counter() - start
        return run

    async def read(self, limit: float = RUN_LIMIT) -> Run:
        """What the server sends until it says that it has finished."""
        run = Run()
        async with asyncio.timeout(limit):
            while not await self._finished(run):
                pass
        return run

    async def ask(self) -> None:
        """Ask for one run, whatever comes of it."""
        request = BackMsg()
        request.rerun_script.query_string = self.query
        request.rerun_script.page_script_hash = self.page_hash
        if not self.page_hash:
            request.rerun_script.page_name = self.page
        request.rerun_script.cached_message_hashes.extend(self.kept)
        await self.socket.send(request.SerializeToString())

    async def _finished(self, run: Run) -> bool:
        raw = await self.socket.recv(decode=False)
        message = ForwardMsg.FromString(raw)
        kind = message.WhichOneof("type")
        _note(run, message, len(raw))
        if message.metadata.cacheable:
            self.kept.add(message.hash)
        if kind == "new_session":
            self.page_hash = message.new_session.page_script_hash
            self.session = message.new_session.initialize.session_id
        if kind == "page_not_found":
            run.errors.append(f"page not found: {self.page}")
        done = ForwardMsg.FINISHED_SUCCESSFULLY
        if kind == "script_finished" and message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
            run.errors.append("the script does not compile")
            return True
        return kind == "script_finished" and message.script_finished == done


async def connected(port: int, headers: Mapping[str, str] | None = None) -> ClientConnection:
    """A connection to the server; ``headers``: what a proxy adds to the request."""
    return await connect(
        f"ws://127.0.0.1:{port}/_stcore/stream",
        subprotocols=[Subprotocol("streamlit")],
        max_size=LARGEST_MESSAGE,
        open_timeout=20,
        additional_headers=headers,
    )


async def visit(port: int, page: str = "", **query: str) -> Visitor:
    """Open a session on ``/page?query``."""
    return Visitor(await connected(port), page, query)


async def leave(visitor: Visitor) -> None:
    await visitor.socket.close()


@dataclass(frozen=True, slots=True)
class Crowd:
    """What many sessions got in a while."""

    runs: int
    seconds: float
    slowest: float  # seconds of the slowest rerun
    elements: int  # of one run
    components: int  # canvases of the first run: a page without them shows an error, not a figure
    errors: tuple[str, ...]

    @property
    def rate(self) -> float:
        return self.runs / self.seconds


async def crowd(port: int, page: str, query: dict[str, str], *, sessions: int, seconds: float) -> Crowd:
    """``sessions`` visitors, each of whom has seen the page twice, rerun it as fast as they get answers."""
    visitors = [await visit(port, page, **query) for _ in range(sessions)]
    try:
        first = [await visitor.run() for visitor in visitors for _ in range(2)]
        deadline = time.perf_counter() + seconds

        async def keep_asking(visitor: Visitor) -> list[Run]:
            runs = []
            while time.perf_counter() < deadline:
                runs.append(await visitor.run())
            return runs

        start = time.perf_counter()
        runs = [run for done in await asyncio.gather(*map(keep_asking, visitors)) for run in done]
        spent = time.perf_counter() - start
        errors = tuple(error for run in first + runs for error in run.errors)
        slowest, shown = max(run.seconds for run in runs), len(first[0].components)
        return Crowd(len(runs), spent, slowest, first[-1].elements, shown, errors)
    finally:
        await asyncio.gather(*map(leave, visitors))


async def answer(port: int, **query: str) -> Any:
    """The JSON that a page shows as its only code block."""
    visitor = await visit(port, "", **query)
    try:
        run = await visitor.run()
        if run.errors or not run.texts:
            raise RuntimeError(f"no answer: {run.errors}")
        return json.loads(run.texts[-1])
    finally:
        await leave(visitor)
