"""The served app over HTTP: headers on every kind of answer, what is open and what is closed, and the numbers."""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import streamlit as st
from prometheus_client.parser import text_string_to_metric_families

from core import host
from core.serving import gate, headers
from core.serving.asgi import Message, Send
from pages.kit.text import words
from tests.bench import clients
from tests.bench.servers import APP, Server, start

TOKEN = "s3cret-token"
SECRET = "Xylophon-Geheimnis-7431"
SETTINGS = {
    "STREAMLIT_SERVER_BASE_URL_PATH": "demo",
    "GLASSBOX_METRICS_TOKEN": TOKEN,
    "GLASSBOX_FRAME_ANCESTORS": "'self' https://school.example",
}
STREAMLIT = Path(st.__file__).parent / "static"
Served = tuple[Server, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


def get(address: str, method: str = "GET", **asked: str) -> Answer:
    names = {name.replace("_", "-"): value for name, value in asked.items()}
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=names, method=method)) as found:
            return Answer(found.status, {k.lower(): v for k, v in found.headers.items()}, found.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, {k.lower(): v for k, v in error.headers.items()}, error.read())


@pytest.fixture(scope="module", params=[{}, SETTINGS], ids=["bare", "set"])
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    """A server and its settings."""
    with start(APP, request.param) as server:
        yield server, request.param
        assert server.complaints() == ""


def script() -> str:
    """The address of Streamlit's own script."""
    found = re.search(r'src="\./(static/js/index\.[^"]+\.js)"', (STREAMLIT / "index.html").read_text("utf-8"))
    assert found
    return found[1]


def test_every_answer_has_the_headers(served: Served) -> None:
    server, settings = served
    addresses = ("", "attention_heads", "no/such/page", script(), "favicon.png", "media/none", "_stcore/health",
                 "_stcore/bidi-components/none/x.js", "_stcore/metrics", "healthz", "metrics")  # fmt: skip
    ancestors = "frame-ancestors 'self'" + (" https://school.example" if settings else "")
    for address in addresses:
        found = get(f"{server.url}/{address}")
        page = found.headers["content-type"].startswith("text/html")
        policy = found.headers["content-security-policy"]
        assert policy.endswith(ancestors), address
        assert policy.startswith("default-src 'none'; " + ("script-src 'self'" if page else "sandbox")), (
            address
        )
        assert "http" not in policy.replace("https://school.example", ""), "no host but this one"
        assert "unsafe-inline" not in policy.partition("script-src")[2].partition(";")[0]
        assert "unsafe-eval" not in policy.replace("wasm-unsafe-eval", "")
        assert found.headers.items() >= headers.ALWAYS.items(), address


def test_the_document_s_own_script_is_the_one_that_is_named(served: Served) -> None:
    server, _ = served
    page = get(f"{server.url}/")
    inside = re.findall(rb"<script>(.*?)</script>", page.body, re.DOTALL)
    assert inside
    for one in inside:
        digest = base64.b64encode(hashlib.sha256(one).digest()).decode()
        assert f"'sha256-{digest}'" in page.headers["content-security-policy"]


def test_caches_ranges_and_compression_are_as_streamlit_has_them(served: Served) -> None:
    server, _ = served
    address = f"{server.url}/{script()}"
    whole, bare = get(address), get(address, Accept_Encoding="gzip")
    assert whole.body == (STREAMLIT / script()).read_bytes()
    assert (gzip.decompress(bare.body) if "content-encoding" in bare.headers else bare.body) == whole.body
    assert "immutable" in whole.headers["cache-control"]
    again = get(address, If_None_Match=whole.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    page = get(f"{server.url}/")
    unchanged = get(f"{server.url}/", If_None_Match=page.headers["etag"])
    assert (unchanged.status, unchanged.body) == (304, b"")
    assert "content-security-policy" not in unchanged.headers, "the page's would be replaced in the browser"
    part = get(address, Range="bytes=0-9")
    assert (part.status, part.body) == (206, whole.body[:10])
    assert get(f"{server.url}/").headers["cache-control"] == "no-cache"


def test_what_nobody_needs_is_closed(served: Served) -> None:
    server, _ = served
    closed = (
        "_stcore/metrics", "_stcore//metrics", "_stcore/metrics/", "_stcore/%6Detrics", "_stcore/script-health-check",
        "_stcore/agent/openapi.json", "_stcore/agent/mcp", "_stcore/agent/interact", "home/_stcore/agent/mcp",
    )  # fmt: skip
    for address in closed:
        for method in ("GET", "POST", "OPTIONS"):
            found = get(f"{server.url}/{address}", method)
            assert (found.status, found.body) == (404, b"Not Found\n"), (method, address)
    assert get(f"{server.url}/_stcore/health").body == b"ok"
    assert get(f"{server.url}/_stcore/host-config").status == 200


def test_health_is_open_and_tells_no_details(served: Served) -> None:
    server, _ = served
    found = get(f"{server.url}/healthz")
    assert (found.status, found.body) == (200, b"ok\n")
    assert "set-cookie" not in found.headers


def test_health_says_so_where_the_server_takes_nobody() -> None:
    async def stopping(_: object, __: object, send: Send) -> None:
        await gate.answer(send, 503, b"Runtime is shutting down")

    sent: list[Message] = []

    async def keep(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {}

    scope = {"type": "http", "path": "/healthz", "headers": []}
    asyncio.run(gate.Gate(stopping)(scope, receive, keep))
    assert (sent[0]["status"], sent[1]["body"]) == (503, b"unavailable\n")


def sent(app: gate.Gate, path: str, method: str = "PUT", address: str = "192.0.2.1") -> int:
    """The status of the answer to a request."""
    found: list[Message] = []

    async def keep(message: Message) -> None:
        found.append(message)

    async def receive() -> Message:
        return {}

    scope = {"type": "http", "path": path, "method": method, "headers": [], "client": (address, 1)}
    asyncio.run(app(scope, receive, keep))
    return int(found[0]["status"])


def test_a_session_sends_so_many_files_and_another_one_still_may() -> None:
    async def taken(_: object, __: object, send: Send) -> None:
        await gate.answer(send, 204, b"")

    app, file = gate.Gate(taken, "demo"), "/demo/_stcore/upload_file/{}/file"
    for pace in (gate.BY_ADDRESS, gate.BY_SESSION):
        pace.forget()
    try:
        assert {sent(app, file.format("ann")) for _ in range(gate.BY_SESSION.own)} == {204}
        assert sent(app, file.format("ann")) == 429
        assert sent(app, file.format("ann"), "DELETE") == 204
        assert sent(app, file.format("bob")) == 204
        answers = [sent(app, file.format(f"session {at}")) for at in range(gate.BY_ADDRESS.own)]
        assert answers[-1] == 429, "so many for one address"
        assert sent(app, file.format("cat"), address="192.0.2.2") == 204
    finally:
        for pace in (gate.BY_ADDRESS, gate.BY_SESSION):
            pace.forget()


def test_a_file_waits_while_those_of_all_take_what_there_is() -> None:
    async def taken(_: object, __: object, send: Send) -> None:
        await gate.answer(send, 204, b"")

    asked: list[int] = []

    def fits(size: int) -> bool:
        asked.append(size)
        return len(asked) > 1

    app = gate.Gate(taken, "", fits)
    try:
        assert sent(app, "/_stcore/upload_file/ann/file") == 429
        assert sent(app, "/_stcore/upload_file/ann/file") == 204
        assert sent(app, "/_stcore/upload_file/ann/file", "DELETE") == 204
        assert asked == [2_000_000] * 2, "the largest file that a page takes, and none for one that goes"
    finally:
        for pace in (gate.BY_ADDRESS, gate.BY_SESSION):
            pace.forget()


def numbers(server: Server) -> dict[tuple[str, ...], float]:
    """What the operator reads: name of a sample and its labels in the order of their names → value."""
    found = get(f"{server.url}/metrics", Authorization=f"Bearer {TOKEN}")
    assert (found.status, found.headers["content-type"]) == (200, gate.PROMETHEUS)
    assert SECRET not in found.body.decode()
    families = text_string_to_metric_families(found.body.decode())
    return {
        (one.name, *(one.labels[name] for name in sorted(one.labels))): one.value
        for family in families
        for one in family.samples
    }


def test_numbers_are_for_those_who_have_the_token(served: Served) -> None:
    server, settings = served
    open_to_some = "GLASSBOX_METRICS_TOKEN" in settings
    without = get(f"{server.url}/metrics")
    assert without.status == (401 if open_to_some else 404)
    for wrong in ("Bearer", "Bearer x", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer \u00e4", TOKEN):
        assert get(f"{server.url}/metrics", Authorization=wrong).body == without.body
    assert get(f"{server.url}/metrics", Authorization=f"Bearer {TOKEN}").status == (
        200 if open_to_some else 404
    )


async def visits(port: int, page: str, **query: str) -> None:
    visitor = await clients.visit(port, page, **query)
    await visitor.run()
    await clients.leave(visitor)


def test_a_small_host_tells_its_account_and_lets_so_many_in() -> None:
    """The limit is the operator's; who comes when it is full is told so, and finds a page when somebody has left."""
    dealt = host.deal(600_000_000, "setting")
    most = dealt.sessions

    async def crowd(port: int) -> tuple[list[str], list[str], int]:
        there = [await clients.visit(port, "home", lang="en") for _ in range(most)]
        for one in there:
            await one.run()
        late = await clients.visit(port, "home", lang="en")
        refused, shown = (await late.run()).told, numbers(server)
        await clients.leave(there.pop())
        while session_count(server) > most:
            await asyncio.sleep(0.05)
        found = await late.run()
        for one in (*there, late):
            await clients.leave(one)
        return refused, found.told, int(shown["glassbox_sessions", "connected"])

    with start(APP, {"GLASSBOX_METRICS_TOKEN": TOKEN, "GLASSBOX_MEMORY_MB": "600"}) as server:
        before = numbers(server)
        refused, found, connected = asyncio.run(crowd(server.port))
        log = server.log.read_text("utf-8")
        resident = server.process.memory_info().rss
        held = numbers(server)["glassbox_bytes", "server"]
    assert refused == [words("en")("errors.crowded", count=most)]
    assert found == []
    assert connected == most + 1
    assert before["glassbox_sessions", "most"] == most
    assert before["glassbox_bytes_bound", "server"] == 600_000_000
    assert before["glassbox_bytes_bound", "traces"] < 20_000_000
    assert held == pytest.approx(resident, rel=0.2)
    assert f'"memory of the setting: 600 MB, of them {dealt.weights // 10**6} for models,' in log


def session_count(server: Server) -> int:
    return int(numbers(server)["glassbox_sessions", "connected"])


def test_numbers_move_when_a_page_is_used_and_hold_nothing_of_a_visitor() -> None:
    with start(APP, {"GLASSBOX_METRICS_TOKEN": TOKEN}) as server:
        before = numbers(server)
        asyncio.run(visits(server.port, "token_splits"))
        asyncio.run(visits(server.port, "token_splits", text=f"{SECRET} is typed"))
        asyncio.run(visits(server.port, "token_splits", text="", model=f"hub:{SECRET}/x"))
        after = numbers(server)
        log = server.log.read_text("utf-8")
    moved = {key: after[key] - before.get(key, 0.0) for key in after}
    assert moved["glassbox_rerun_seconds_count", "whole", "token_splits"] >= 3
    assert moved["glassbox_rerun_seconds_sum", "whole", "token_splits"] > 0
    assert moved["glassbox_cache_lookups_total", "bundled"] > 0
    assert moved["glassbox_cache_lookups_total", "none"] > 0
    assert moved["glassbox_bytes", "bundled"] > 0
    assert moved["glassbox_bytes", "vocabulary"] > 0
    assert sum(value for key, value in moved.items() if key[0] == "glassbox_errors_total") > 0
    assert after["glassbox_rerun_p95_seconds",] > 0
    assert SECRET not in log
    assert "glassbox_rerun_seconds_count" not in {key[0] for key in before}, "it is counted from none"
