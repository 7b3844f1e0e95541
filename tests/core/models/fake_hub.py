"""A small server that speaks the part of the Hugging Face hub's protocol that a download needs."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit


@dataclass
class Repository:
    """Files and what goes wrong with them."""

    files: dict[str, bytes]
    revision: str = "main"
    gated_token: str = ""  # the token that opens it; "" is open to all
    announced: dict[str, int] = field(default_factory=dict)  # lengths that are said instead
    cut: dict[str, int] = field(default_factory=dict)  # a transfer of the file ends after so many bytes
    corrupt: set[str] = field(default_factory=set)  # one bit of the file is wrong on the way

    @property
    def commit(self) -> str:
        joined = b"".join(name.encode() + content for name, content in sorted(self.files.items()))
        return hashlib.sha1(joined, usedforsecurity=False).hexdigest()


@dataclass
class FakeHub:
    """The running server: its address, its repositories, and all requests so far."""

    url: str
    repositories: dict[str, Repository]
    requests: list[tuple[str, str]] = field(default_factory=list)  # method, path
    whole: list[str] = field(
        default_factory=list
    )  # paths of the files of which not only a part was asked for
    sent: int = 0  # bytes of content
    tokens: list[str] = field(default_factory=list)
    down: bool = False  # answers 503 to everything
    silent: float = 0.0  # seconds without an answer to anything

    def fetched(self, name: str) -> int:
        """How often the content of a file of this name was asked for, not only a part of it."""
        return sum(path.endswith("/" + name) for path in self.whole)


@contextmanager
def serve(repositories: dict[str, Repository]) -> Iterator[FakeHub]:
    """Run the server on the loopback address until the block ends."""
    hub = FakeHub("", repositories)

    class Handler(_Handler):
        fake = hub

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


class _Handler(BaseHTTPRequestHandler):
    fake: FakeHub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def log_message(self, format: str, *args: Any) -> None:
        """Tests are quiet."""

    def _answer(self, body: bool) -> None:
        path = unquote(urlsplit(self.path).path)
        self.fake.requests.append((self.command, path))
        token = self.headers.get("authorization", "").removeprefix("Bearer ")
        self.fake.tokens.append(token)
        if self.fake.silent:
            threading.Event().wait(self.fake.silent)  # a test may have switched time.sleep off
        if self.fake.down:
            return self._refuse(503, "")
        parts = path.strip("/").split("/")
        repository = self.fake.repositories.get("/".join(parts[:2]))
        if repository is None:
            return self._refuse(404, "RepoNotFound")
        if parts[3] not in (repository.revision, repository.commit):
            return self._refuse(404, "RevisionNotFound")
        if repository.gated_token not in ("", token):
            return self._refuse(403, "GatedRepo")
        return self._file(repository, "/".join(parts[4:]), body)

    def _refuse(self, status: int, code: str) -> None:
        self.send_response(status)
        if code:
            self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _file(self, repository: Repository, name: str, body: bool) -> None:
        if name not in repository.files:
            return self._refuse(404, "EntryNotFound")
        content = repository.files[name]
        first, _, last = self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")
        start, end = int(first), min(int(last or len(content)) + 1, len(content))
        if body and not last:
            self.fake.whole.append(name if name.startswith("/") else f"/{name}")
        if name in repository.corrupt:
            content = content[:-1] + bytes([content[-1] ^ 1])
        self.send_response(206 if "Range" in self.headers else 200)
        self.send_header("X-Repo-Commit", repository.commit)
        self.send_header("X-Linked-Size", str(repository.announced.get(name, len(content))))
        self.send_header("ETag", f'"{hashlib.sha256(repository.files[name]).hexdigest()}"')
        self.send_header("Content-Length", str(end - start))
        if "Range" in self.headers:
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(content)}")
        self.end_headers()
        if not body:
            return None
        cut = not last and name in repository.cut
        content = content[start : repository.cut[name] if cut else end]
        self.fake.sent += len(content)
        with suppress(OSError):  # whoever has read enough goes
            self.wfile.write(content)
            self.wfile.flush()
        self.close_connection |= cut
        return None
