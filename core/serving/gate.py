"""The addresses besides the pages: what the operator's machines may ask, and what of Streamlit's nobody needs to."""

from __future__ import annotations

import asyncio
import hmac
import math
import os
from collections.abc import Callable
from urllib.parse import parse_qsl

from core import counters
from core.jobs.opening import OPENINGS, link_of
from core.pace import Pace
from core.serving.asgi import App, Message, Receive, Scope, Send

OPEN = frozenset({"bidi-components", "health", "host-config", "stream", "upload_file"})
"""Of Streamlit's addresses under ``_stcore`` those that its pages ask for; its metrics and its agent API are closed."""
UPLOAD = "/_stcore/upload_file/"
BY_ADDRESS, BY_SESSION = Pace(100, 300, 600.0), Pace(30, 300, 600.0)
"""Files, of two megabytes at most, that an address, a session, and all may send in ten minutes: they lie in memory."""
LARGEST, FULL_S = 2_000_000, 60
"""Bytes of the largest file, and seconds until there may be room where the files of all take what there is."""
PLAIN = "text/plain; charset=utf-8"
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


def is_closed(path: str) -> bool:
    """Whether a path leads to one of Streamlit's addresses that is closed, below whatever page.

    >>> is_closed("/_stcore/metrics"), is_closed("/home//_stcore/agent/mcp"), is_closed("/_stcore/health")
    (True, True, False)
    """
    parts = [part for part in path.split("/") if part]
    return any(
        part == "_stcore" and parts[at + 1 : at + 2] and parts[at + 1] not in OPEN
        for at, part in enumerate(parts)
    )


def may_count(headers: dict[bytes, bytes], token: str) -> bool:
    """Whether a request carries the token for the numbers."""
    scheme, _, given = headers.get(b"authorization", b"").partition(b" ")
    return scheme.lower() == b"bearer" and hmac.compare_digest(given.strip(), token.encode())


class Gate:
    """Answers ``/healthz`` and ``/metrics`` below a base path, and refuses what is closed; all else passes.

    Which pages are being opened is remembered for a moment: a reload finds its work again. ``fits``: whether so many
    bytes of a file do.
    """

    def __init__(self, app: App, base: str = "", fits: Callable[[int], bool] = bool) -> None:
        self._app, self._base, self._fits = app, f"/{base.strip('/')}".rstrip("/"), fits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        path = scope["path"] if scope["type"] == "http" else ""
        if path == f"{self._base}/healthz":
            await self._health(scope, receive, send)
        elif path == f"{self._base}/metrics":
            await _numbers(scope, send)
        elif wait := _upload_waits(scope, path, self._fits):
            await answer(send, 429, b"Too Many Requests\n", extra=[(b"retry-after", str(wait).encode())])
        elif is_closed(path):
            await answer(send, 404, b"Not Found\n")
        else:
            if path and scope["method"] == "GET":
                self._note(path, scope["query_string"])
            await self._app(scope, receive, send)

    def _note(self, path: str, query: bytes) -> None:
        """Remember that a browser opens a page; a file has a dot in its name or lies in a folder."""
        page = path.removeprefix(self._base).strip("/")
        if not {"/", "."} & set(page):
            OPENINGS.ask(link_of(page, dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))))

    async def _health(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Whether Streamlit takes visitors, in a word: its own answer has details and a cookie."""
        found = 503

        async def look(message: Message) -> None:
            nonlocal found
            if message["type"] == "http.response.start":
                found = message["status"]

        inner = {**scope, "path": f"{self._base}/_stcore/health", "raw_path": None, "headers": []}
        await self._app(inner, receive, look)
        await answer(send, *((200, b"ok\n") if found == 200 else (503, b"unavailable\n")))


def _upload_waits(scope: Scope, path: str, fits: Callable[[int], bool]) -> int:
    """The seconds until a session may send another file, 0 for what may pass."""
    _, found, rest = path.partition(UPLOAD)
    if not found or scope["method"] not in ("PUT", "POST"):
        return 0
    if not fits(LARGEST):
        return FULL_S
    wait = BY_ADDRESS.wait(_address(scope)) or BY_SESSION.wait(rest.partition("/")[0])
    return math.ceil(wait)


def _address(scope: Scope) -> str:
    """Where a request comes from, by the proxy before the server if there is one."""
    told = dict(scope["headers"]).get(b"x-forwarded-for", b"").decode("latin-1").rpartition(",")[2].strip()
    return told or str((scope.get("client") or ("",))[0])


async def _numbers(scope: Scope, send: Send) -> None:
    token = os.environ.get("GLASSBOX_METRICS_TOKEN", "")
    if not token:
        await answer(send, 404, b"Not Found\n")
    elif may_count(dict(scope["headers"]), token):
        await answer(send, 200, await asyncio.to_thread(counters.text), PROMETHEUS)
    else:
        await answer(send, 401, b"Unauthorized\n", extra=[(b"www-authenticate", b"Bearer")])


async def answer(
    send: Send, status: int, body: bytes, kind: str = PLAIN, extra: list[tuple[bytes, bytes]] | None = None
) -> None:
    """Send a short answer that nobody keeps."""
    headers = [
        (b"content-type", kind.encode()), (b"content-length", str(len(body)).encode()), (b"cache-control", b"no-store"),
    ]  # fmt: skip
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *(extra or [])]})
    await send({"type": "http.response.body", "body": body})
