"""A small server that speaks the part of the Hugging Face hub's protocol that a download needs."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
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
    announced: dict[str, int] = field(default_factory=dict)  # sizes that the metadata give instead
    cut: dict[str, int] = field(default_factory=dict)  # a transfer of the file ends after so many bytes
    corrupt: set[str] = field(default_factory=set)  # one bit of the file is wrong on the way
    parameters: int = 0  # the hub's own count of numbers, if it has one

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
    tokens: list[str] = field(default_factory=list)
    down: bool = False  # answers 503 to everything

    def fetched(self, name: str) -> int:
        """How often the content of a file of this name was asked for."""
        return sum(method == "GET" and path.endswith("/" + name) for method, path in self.requests)


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
        if self.fake.down:
            return self._refuse(503, "")
        parts = path.strip("/").split("/")
        name = "/".join(parts[2:4]) if parts[0] == "api" else "/".join(parts[:2])
        repository = self.fake.repositories.get(name)
        if repository is None:
            return self._refuse(404, "RepoNotFound")
        revision = (
            parts[5] if parts[0] == "api" and len(parts) > 5 else parts[3] if len(parts) > 3 else "main"
        )
        if revision not in (repository.revision, repository.commit):
            return self._refuse(404, "RevisionNotFound")
        if parts[0] == "api":
            return self._metadata(name, repository)
        if repository.gated_token not in ("", token):
            return self._refuse(403, "GatedRepo")
        return self._file(repository, "/".join(parts[4:]), body)

    def _refuse(self, status: int, code: str) -> None:
        self.send_response(status)
        if code:
            self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _metadata(self, name: str, repository: Repository) -> None:
        siblings = []
        for file, content in repository.files.items():
            size = repository.announced.get(file, len(content))
            entry: dict[str, object] = {"rfilename": file, "size": size}
            if file.endswith((".safetensors", ".bin")):
                checksum = hashlib.sha256(content).hexdigest()
                entry["lfs"] = {"sha256": checksum, "size": size, "pointerSize": 130}
            siblings.append(entry)
        answer: dict[str, object] = {"id": name, "sha": repository.commit, "siblings": siblings}
        if repository.parameters:
            answer["safetensors"] = {
                "parameters": {"F32": repository.parameters},
                "total": repository.parameters,
            }
        content = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _file(self, repository: Repository, name: str, body: bool) -> None:
        if name not in repository.files:
            return self._refuse(404, "EntryNotFound")
        content = repository.files[name]
        start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").split("-")[0])
        if name in repository.corrupt:
            content = content[:-1] + bytes([content[-1] ^ 1])
        self.send_response(206 if start else 200)
        self.send_header("X-Repo-Commit", repository.commit)
        self.send_header("ETag", f'"{hashlib.sha256(repository.files[name]).hexdigest()}"')
        self.send_header("Content-Length", str(len(content) - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        if body and name in repository.cut:
            self.wfile.write(content[start : repository.cut[name]])
            self.wfile.flush()
            self.close_connection = True
            return None
        if body:
            self.wfile.write(content[start:])
        return None
