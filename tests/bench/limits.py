"""``python -m tests.bench.limits [gigabytes …]``: a server under a limit, for ``make limits``.

Every state of the catalogue is opened in both languages, and in every view a short text is typed and one as long as the
page takes. The server is told its limit as an operator tells it who knows of one that the system hides; a watchdog
kills it, as the system would, when it and its processes hold more than that. It is then started again and goes on.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import psutil
from websockets.exceptions import WebSocketException

from core.catalog import LANGUAGES, PAGES
from tests.bench import clients, memory, servers, visitors
from tests.bench.report import Line

GIGABYTES = (0.8, 1.2, 2.0)
LOOK = 0.05  # seconds between two looks of the watchdog
REST = 150.0  # seconds until the last visitor's session is closed and what he left is given back
AWAY = 1.0  # seconds after which a broken connection is not the server's end
TYPED = {
    "en": "The lamp on table {number} was lit before the guests came in from the rain. ",
    "zh": "第{number}张桌上的灯，在客人从雨里进来以前就点上了。",
}
TOKENS = {"en": 19, "zh": 26}
"""Tokens of one at most, for whatever model: so a long text is no longer than a page reads."""
State = tuple[str, dict[str, str]]


@dataclass(slots=True)
class Seen:
    """What happened under a limit."""

    limit: float  # MB
    states: int = 0
    peaks: list[tuple[float, str]] = field(default_factory=list)  # MB at most in each state, and its link
    kills: list[str] = field(default_factory=list)  # where
    errors: list[str] = field(default_factory=list)  # faults
    slow: list[str] = field(default_factory=list)  # pages whose answer took longer than a client waits
    told: dict[str, int] = field(default_factory=dict)  # errors that were told with a remedy, by class
    rested: float = 0.0  # MB when all have gone

    @property
    def peak(self) -> float:
        return max(peak for peak, _ in self.peaks)


class Watchdog:
    """Looks at what a server and its processes hold, and kills it above a limit."""

    def __init__(self, server: servers.Server, limit: float) -> None:
        self.peak, self.killed = 0.0, False
        self._server, self._limit = server, limit
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._over.wait(LOOK):
            self.look()

    def look(self) -> None:
        """Look now."""
        with contextlib.suppress(psutil.Error):
            self.peak = max(self.peak, self._server.resident_mb())
            if self.peak > self._limit and not self.killed:
                self.killed = True
                self._server.process.kill()

    def end(self) -> None:
        self._over.set()
        self._thread.join()


def typed() -> list[State]:
    """A text in every view of every page that the catalogue opens, in both languages."""
    found: dict[tuple[str, ...], State] = {}
    limits = {page.stem: page.limit for page in PAGES}
    for stem, asked in memory.states():
        page = next(page for page in PAGES if page.stem == stem)
        views = tuple(value for name, value in asked.items() if re.fullmatch(r"\w+_(view|part)", name))
        found.setdefault((page.stem, asked["lang"], *views), (stem, asked))
    return [
        (stem, asked | {"text": TYPED[asked["lang"]].format(number=number) * times})
        for number, (stem, asked) in enumerate(found.values())
        for times in (1, max(2, limits[stem] // TOKENS[asked["lang"]]))
    ]


def opening() -> list[State]:
    """Home and every page as they open."""
    return [(stem, {"lang": lang}) for stem in ("", *(page.stem for page in PAGES)) for lang in LANGUAGES]


async def _open(server: servers.Server, stem: str, asked: dict[str, str]) -> list[str]:
    """One visitor opens a state and looks at it; what was drawn as a fault."""
    watcher = await visitors.opened(server.port, stem, asked)
    await watcher.follow(time.monotonic() + memory.WATCH)
    await clients.leave(watcher.visitor)
    return watcher.errors


@contextlib.contextmanager
def _limited(seen: Seen) -> Iterator[tuple[servers.Server, Watchdog]]:
    told = {"GLASSBOX_MEMORY_MB": f"{seen.limit:.0f}", "GLASSBOX_MODEL_BUDGET_MB": "", "GLASSBOX_WARMUP": "1"}
    with servers.start(servers.APP, servers.COUNTED | told) as server:
        dog = Watchdog(server, seen.limit)
        try:
            yield server, dog
        finally:
            dog.end()


def _note(seen: Seen, server: servers.Server) -> None:
    """The server's own count of errors."""
    for kind, error, count in server.errors():
        if kind == "fault":
            seen.errors.append(error)
        else:
            seen.told[error] = seen.told.get(error, 0) + count


def under(limit: float, states: list[State], rest: float = REST) -> Seen:
    """Open these states, one after the other, under a limit in MB."""
    seen, left = Seen(limit), list(states)
    while left:
        with _limited(seen) as (server, dog):
            while left and not dog.killed:
                stem, asked = left.pop(0)
                dog.peak = 0.0
                try:
                    seen.errors += [f"{stem}: {one}" for one in asyncio.run(_open(server, stem, asked))]
                except TimeoutError:
                    seen.slow.append(stem)
                except (OSError, EOFError, WebSocketException) as error:
                    time.sleep(AWAY)
                    if not dog.killed:
                        seen.errors.append(f"{stem}: {type(error).__name__}")
                dog.look()
                link = f"{stem} {json.dumps(asked, ensure_ascii=False)[:300]}"
                seen.states += 1
                seen.peaks.append((dog.peak, link))
                seen.kills += [link] * dog.killed
            if not dog.killed:
                _note(seen, server)
                time.sleep(rest)
                seen.rested = server.resident_mb()
            seen.errors += [complaint for complaint in server.complaints().splitlines() if complaint]
    return seen


def lines_of(seen: Seen) -> list[Line]:
    """The bounds: below the limit, nobody killed, no fault; and what was held once all had gone."""
    name = f"{seen.limit / 1000:.1f} GB"
    told = ", ".join(f"{error} {count}" for error, count in sorted(seen.told.items())) or "none"
    said = f"told: {told}; {len(seen.slow)} slow"
    where = max(seen.peaks)[1][:90]
    return [
        Line(f"{name}: memory of server and processes, at most", seen.peak, seen.limit, "MB", where),
        Line(f"{name}: killed", len(seen.kills), 0, "times", "; ".join(one[:90] for one in seen.kills[:3])),
        Line(f"{name}: faults in {seen.states} states", len(seen.errors), 0, "faults", said),
        Line(f"{name}: memory when all have gone", seen.rested, seen.limit, "MB"),
    ]  # fmt: skip


def states() -> list[State]:
    """All that is opened."""
    return [*opening(), *memory.states(), *typed()]


def measure() -> list[Line]:
    """Each limit in turn."""
    return [line for limit in GIGABYTES for line in lines_of(under(1000 * limit, states()))]


def main(given: list[str]) -> int:
    holds = True
    for limit in map(float, given or map(str, GIGABYTES)):
        seen = under(1000 * limit, states())
        lines = lines_of(seen)
        print(*lines, *(f"    {peak:.0f} MB  {link}" for peak, link in sorted(seen.peaks)[-12:]), sep="\n")
        print(*(f"    fault: {error[:300]}" for error in sorted(set(seen.errors))[:8]), sep="\n", flush=True)
        holds &= all(line.holds for line in lines)
    return int(not holds)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
