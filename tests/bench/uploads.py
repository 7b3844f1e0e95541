"""Fifty files of 150 MB and two hundred connections that break off: afterwards the server is as it was before."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import time
from collections.abc import Iterator
from dataclasses import dataclass

from tests.bench import browser, clients, servers
from tests.bench.report import Line

FILES, MEGABYTES = 50, 150.0
BROKEN = 200
REST = 60.0  # seconds
GROWTH = 1.05  # of what was resident before
WAIT = 2.0  # seconds that a new text takes longer than before
PIECE = b"0" * 65_536
BOUNDARY = "glassbox"
HEAD = (
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n'
    "Content-Type: text/plain\r\n\r\n"
).encode()
TAIL = f"\r\n--{BOUNDARY}--\r\n".encode()


@dataclass(frozen=True, slots=True)
class Door:
    """The way on which a browser uploads: a connection, and the token of its cookie."""

    line: http.client.HTTPConnection
    token: str

    def put(self, visitor: clients.Visitor, megabytes: float, *, told: bool = True) -> int:
        """The server's answer to a file of a visitor; not ``told``: it learns of the size when it has read it."""
        pieces = int(megabytes * 1e6) // len(PIECE)
        size = len(HEAD) + pieces * len(PIECE) + len(TAIL)
        self.line.putrequest("PUT", f"/_stcore/upload_file/{visitor.session}/file-{time.monotonic_ns()}")
        self.line.putheader("Content-Type", f"multipart/form-data; boundary={BOUNDARY}")
        self.line.putheader("Cookie", f"_streamlit_xsrf={self.token}")
        self.line.putheader("X-Xsrftoken", self.token)
        size_told = ("Content-Length", str(size)) if told else ("Transfer-Encoding", "chunked")
        self.line.putheader(*size_told)
        self.line.endheaders()
        with contextlib.suppress(
            BrokenPipeError, ConnectionResetError
        ):  # it has answered, and reads no further
            for part in (HEAD, *[PIECE] * pieces, TAIL):
                self.line.send(part if told else b"%x\r\n%b\r\n" % (len(part), part))
            if not told:
                self.line.send(b"0\r\n\r\n")
        return self.line.getresponse().status


@contextlib.contextmanager
def door(port: int) -> Iterator[Door]:
    """A connection of its own, with the cookie that any page gets."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as line:
        line.request("GET", "/_stcore/health")
        answer = line.getresponse()
        answer.read()
        cookie = answer.headers.get("Set-Cookie", "")
        yield Door(line, cookie.partition("_streamlit_xsrf=")[2].partition(";")[0])


async def uploads(port: int) -> int:
    """One file after the other, each by a visitor who then leaves; how many were taken."""
    taken = 0
    for number in range(FILES):
        visitor = await clients.visit(port, "token_splits", lang="en", ts_part="train", ts_corpus="own")
        await visitor.run()
        with door(port) as way:
            answer = await asyncio.to_thread(way.put, visitor, MEGABYTES, told=number % 2 == 0)
        taken += answer != http.client.REQUEST_ENTITY_TOO_LARGE
        await clients.leave(visitor)
    return taken


async def broken(port: int) -> None:
    """Visitors who ask for a text that nobody asked for, and whose connection breaks off without a word."""
    for number in range(BROKEN):
        visitor = await clients.visit(port, browser.PAGE, **_query(f"broken {number}"))
        await visitor.ask()
        visitor.socket.transport.abort()


def _query(text: str) -> dict[str, str]:
    return {"lang": "en", "model": "smollm2-135m", "text": f"This is the text of visitor {text}."}


async def _seconds(port: int, text: str) -> float:
    """How long a new text takes from the first word to the figure."""
    visitor = await clients.visit(port, browser.PAGE, **_query(text))
    run = await visitor.run()
    await clients.leave(visitor)
    return run.seconds


def measure() -> list[Line]:
    """One server, in use before: its model and its pages are in memory."""
    with servers.start(servers.APP) as server:
        asyncio.run(_seconds(server.port, "0"))
        asyncio.run(uploads(server.port))
        alone = asyncio.run(_seconds(server.port, "1"))
        time.sleep(REST)
        before = server.resident_mb()
        taken = asyncio.run(uploads(server.port))
        time.sleep(REST)
        uploaded = server.resident_mb()
        asyncio.run(broken(server.port))
        late = asyncio.run(_seconds(server.port, "2")) - alone
        time.sleep(REST)
        aborted = server.resident_mb()
        complaints = server.complaints()
    note = f"{before:.0f} MB before"
    return [
        Line(f"{FILES} files of {MEGABYTES:.0f} MB: taken", taken, 0, "files"),
        Line("a minute later: memory against before", uploaded / before, GROWTH, "times", note),
        Line(f"{BROKEN} broken connections: the next one waits longer by", late, WAIT, "s", complaints[:80]),
        Line("a minute later: memory against before them", aborted / uploaded, GROWTH, "times"),
    ]
