"""Commands that serve, started as a host starts them: no variable of ours, no folder of ours on Python's path."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

import psutil

from tests.bench import clients
from tests.bench.servers import START_LIMIT, Server, end

BIN = Path(sys.executable).parent
"""Where the installed commands are."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Message
    body: bytes


def ask(
    address: str, headers: Mapping[str, str] | None = None, *, method: str = "GET", body: bytes | None = None
) -> Answer:
    """What an address answers, errors included."""
    request = urllib.request.Request(address, body, dict(headers or {}), method=method)
    try:
        with urllib.request.urlopen(request, timeout=START_LIMIT) as found:
            return Answer(found.status, found.headers, found.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.headers, error.read())


def is_up(address: str) -> bool:
    try:
        return ask(address).status == 200
    except OSError:
        return False


def variables(home: Path, given: Mapping[str, str]) -> dict[str, str]:
    """The variables of a bare machine on which the packages are installed."""
    path = os.pathsep.join([str(BIN), "/usr/sbin", "/usr/bin", "/bin"])
    return {"PATH": path, "HOME": str(home), "GLASSBOX_WARMUP": "0", "HF_HUB_OFFLINE": "1", **given}


@contextmanager
def running(
    command: Sequence[str], port: int, folder: Path, environment: Mapping[str, str], health: str = "/healthz"
) -> Iterator[Server]:
    """A command that serves on a port, once it answers; it is ended when the block ends."""
    log = Path(environment["HOME"]) / f"server-{port}.log"
    with log.open("w") as output:
        child = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )  # fmt: skip
    try:
        deadline = time.monotonic() + START_LIMIT
        while not is_up(f"http://127.0.0.1:{port}{health}"):
            if child.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"it did not start: {log.read_text('utf-8', 'replace')[-3000:]}")
            time.sleep(0.1)
        yield Server(port, psutil.Process(child.pid), log)
    finally:
        end(child)


async def opened(port: int, page: str, headers: Mapping[str, str] | None = None, **query: str) -> clients.Run:
    """What a visitor is sent who opens a page."""
    visitor = clients.Visitor(await clients.connected(port, headers), page, query)
    try:
        return await visitor.run()
    finally:
        await clients.leave(visitor)
