"""Many visitors at work at once: twenty generate, some leave, and one looks at a cached page while a worker fits a map.

The visitors speak Streamlit's protocol (``tests.bench.clients``) and do what a browser does with a part of a page that
draws itself again: they ask for it at the pace that the server names.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from tests.bench import clients, servers
from tests.bench.report import Line, percentile

VISITORS = 20
TOGETHER = 4
TOKENS = 24
FREEZE_BOUND = 2_000.0  # milliseconds
LEAVE_BOUND = 2.0  # seconds
CACHED_BOUND = 700.0  # milliseconds
STORY = "Once upon a time, there was a"
GENERATE = {"lang": "en", "nt_part": "generate", "nt_temperature": "0.9", "nt_length": str(TOKENS)}
MAP = {"lang": "en", "es_table": "chinese", "es_method": "umap", "es_count": "5000", "es_seed": "11"}
CACHED = ("attention_heads", {"lang": "en"})
DONE = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)


@dataclass
class Watcher:
    """A visitor whose page draws itself again; ``waits`` are the milliseconds of each answer."""

    visitor: clients.Visitor
    waits: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    pace: dict[str, float] = field(default_factory=dict)  # fragment id: seconds between two runs
    buttons: dict[str, str] = field(default_factory=dict)  # label: widget id

    async def ask(self, *, fragment: str = "", press: str = "") -> None:
        """One run of the page or of one part of it, until the server says that it is over."""
        request = BackMsg()
        request.rerun_script.query_string = self.visitor.query
        request.rerun_script.page_script_hash = self.visitor.page_hash
        if not self.visitor.page_hash:
            request.rerun_script.page_name = self.visitor.page
        if fragment:
            request.rerun_script.fragment_id = fragment
            request.rerun_script.is_auto_rerun = True
        request.rerun_script.cached_message_hashes.extend(self.visitor.kept)
        if press:
            request.rerun_script.widget_states.widgets.append(WidgetState(id=press, trigger_value=True))
        start = time.perf_counter()
        await self.visitor.socket.send(request.SerializeToString())
        async with asyncio.timeout(clients.RUN_LIMIT):
            while not self._over(ForwardMsg.FromString(await self.visitor.socket.recv(decode=False))):
                pass
        self.waits.append(1000 * (time.perf_counter() - start))

    def _over(self, message: ForwardMsg) -> bool:
        kind = message.WhichOneof("type")
        if message.metadata.cacheable:
            self.visitor.kept.add(message.hash)
        if kind == "new_session":
            self.visitor.page_hash = message.new_session.page_script_hash
            if not message.metadata.run.fragment_ids:
                self.pace.clear()
        elif kind == "navigation":
            self.visitor.page_hash = message.navigation.page_script_hash
        elif kind == "stop_auto_rerun":
            for one in message.stop_auto_rerun.fragment_ids:
                self.pace.pop(one, None)
        elif kind == "auto_rerun":
            self.pace[message.auto_rerun.fragment_id] = message.auto_rerun.interval
        elif kind == "delta" and message.delta.new_element.WhichOneof("type") == "button":
            self.buttons[message.delta.new_element.button.label] = message.delta.new_element.button.id
        elif kind == "delta" and message.delta.new_element.WhichOneof("type") == "exception":
            self.errors.append(message.delta.new_element.exception.message)
        return kind == "script_finished" and message.script_finished in DONE

    async def follow(self, until: float) -> None:
        """As a browser: ask again and again for what draws itself, until nothing does or the time is up."""
        while self.pace and time.monotonic() < until:
            fragment, pace = next(iter(self.pace.items()))
            await asyncio.sleep(pace)
            await self.ask(fragment=fragment)


async def opened(port: int, page: str, query: dict[str, str]) -> Watcher:
    watcher = Watcher(await clients.visit(port, page, **query))
    await watcher.ask()
    return watcher


async def _counts(port: int) -> tuple[int, int]:
    answer: Any = await clients.answer(port, probe="queue")
    return int(answer["running"]), int(answer["waiting"])


async def _crowd(port: int) -> dict[str, float]:
    first = await opened(port, "next_token", GENERATE | {"text": STORY, "nt_seed": "9999"})  # loads the model
    await first.follow(time.monotonic() + 60)
    cached = await opened(port, *CACHED)
    cached.waits.clear()
    most = 0
    at_work = True

    async def look() -> None:
        nonlocal most
        while at_work:
            most = max(most, (await _counts(port))[0])
            await asyncio.sleep(0.5)

    async def browse() -> None:
        while at_work:
            await cached.ask()
            await asyncio.sleep(0.5)

    async def visit(number: int) -> Watcher:
        watcher = Watcher(
            await clients.visit(port, "next_token", **GENERATE, text=STORY, nt_seed=str(number))
        )
        await watcher.ask()
        await watcher.follow(time.monotonic() + 300)
        return watcher

    start = time.monotonic()
    others = [asyncio.create_task(look()), asyncio.create_task(browse())]
    watchers = await asyncio.gather(*(visit(number) for number in range(VISITORS)))
    spent = time.monotonic() - start
    at_work = False
    await asyncio.gather(*others)
    waits = [wait for watcher in watchers for wait in watcher.waits]
    for watcher in (*watchers, first, cached):
        await clients.leave(watcher.visitor)
    return {
        "most": most, "spent": spent, "slowest": max(waits), "p95": percentile(waits, 0.95),
        "cached": max(cached.waits), "errors": sum(len(one.errors) for one in watchers),
    }  # fmt: skip


async def _leaving(port: int) -> float:
    """Seconds from the end of four visitors' connections to the end of what they generated."""
    left = []
    for number in range(TOGETHER):
        query = GENERATE | {"nt_length": "256", "nt_seed": str(100 + number), "text": STORY}
        left.append(await opened(port, "next_token", query))
    assert (await _counts(port))[0] > 0, "nothing is generated"
    await asyncio.gather(*(clients.leave(watcher.visitor) for watcher in left))
    start = time.monotonic()
    while sum(await _counts(port)):
        await asyncio.sleep(0.1)
    return time.monotonic() - start


async def beside_a_worker(port: int, server: servers.Server) -> dict[str, float]:
    """A visitor starts a map of 5,000 points; another one reruns a cached page until it is there."""
    cached = await opened(port, *CACHED)
    await cached.ask()
    mapper = await opened(port, "embedding_space", MAP)
    start = next(id for label, id in mapper.buttons.items() if "es_job_start" in id)
    cached.waits.clear()
    await mapper.ask(press=start)
    peak, began = 0.0, time.monotonic()

    async def browse() -> None:
        nonlocal peak
        while mapper.pace:
            await cached.ask()
            peak = max(peak, server.resident_mb())
            await asyncio.sleep(0.1)

    await asyncio.gather(mapper.follow(time.monotonic() + 240), browse())
    spent = time.monotonic() - began
    for watcher in (cached, mapper):
        await clients.leave(watcher.visitor)
    return {
        "p95": percentile(cached.waits, 0.95), "runs": len(cached.waits), "spent": spent, "peak": peak,
        "errors": len(mapper.errors) + len(cached.errors),
    }  # fmt: skip


def measure() -> list[Line]:
    """One server for the generations, one for the map."""
    with servers.start(servers.PROBED_APP) as server:
        crowd = asyncio.run(_crowd(server.port))
        gone = asyncio.run(_leaving(server.port))
    with servers.start(servers.APP) as server:
        beside = asyncio.run(beside_a_worker(server.port, server))
    rate = VISITORS * TOKENS / crowd["spent"]
    return [
        Line("20 generate: at most so many take turns", crowd["most"], TOGETHER, "", f"{rate:.1f} tokens/s together"),
        Line("20 generate: slowest answer to any of them", crowd["slowest"], FREEZE_BOUND, "ms",
             f"p95 {crowd['p95']:.0f} ms"),
        Line("20 generate: slowest rerun of a cached page", crowd["cached"], FREEZE_BOUND, "ms"),
        Line("20 generate: errors", crowd["errors"], 0, "errors"),
        Line("closed connections: generation ended after", gone, LEAVE_BOUND, "s"),
        Line("cached page while a worker fits 5,000 points, p95", beside["p95"], CACHED_BOUND, "ms",
             f"{beside['runs']:.0f} reruns in {beside['spent']:.0f} s, server and worker {beside['peak']:.0f} MB"),
        Line("beside a worker: errors", beside["errors"], 0, "errors"),
    ]  # fmt: skip
