"""The addresses of rooms on a real server: pages, votes, news, and what is refused; no run of a page behind any."""

from __future__ import annotations

import asyncio
import html
import http.client
import json
import re
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from typeguard import check_type

from core.figures import payloads
from core.serving import headers
from core.teaching.kinds import Asked
from core.teaching.rooms import ROOMS, Rooms
from pages.kit.teach import room
from pages.kit.text import words
from tests.bench import clients
from tests.bench.servers import APP, COUNTED, Server, start
from tests.pages.app import visit

SCRIPT = Path(__file__).with_name("room_app.py")
PHONE = "0123456789abcdef" * 2


@pytest.fixture(scope="module")
def served() -> Iterator[Server]:
    """A server with a page that has a room open."""
    with start(SCRIPT, COUNTED) as server:
        yield server
        assert server.complaints() == ""


@pytest.fixture(scope="module")
def opened(served: Server) -> dict[str, str]:
    """The room that the page has opened: its code, key and ticket."""
    return asked(served, "ask")


def asked(server: Server, phase: str) -> dict[str, str]:
    """Let the presenter go to a phase."""

    async def once() -> list[str]:
        async with asyncio.timeout(30):
            visitor = await clients.visit(server.port, "", phase=phase)
            run = await visitor.run()
            await clients.leave(visitor)
            return run.texts

    texts = asyncio.run(once())
    return dict(json.loads(texts[0]))


def send(
    server: Server, path: str, body: object = None, method: str = "POST", **more: str
) -> tuple[int, dict[str, str], bytes]:
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)) as line:
        given = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
        line.request(method, f"/room{path}", given, {k.replace("_", "-"): v for k, v in more.items()})
        answer = line.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()


@contextmanager
def listening(server: Server, path: str) -> Iterator[Iterator[dict[str, Any]]]:
    """The news of a stream, each as it comes."""
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)) as line:
        line.request("GET", f"/room{path}")
        answer = line.getresponse()
        assert answer.getheader("content-type", "").startswith("text/event-stream")
        assert answer.getheader("x-accel-buffering") == "no"

        def news() -> Iterator[dict[str, Any]]:
            for raw in answer:
                if raw.startswith(b"data: {"):
                    yield json.loads(raw[6:])

        with closing(answer):
            yield news()


def join(server: Server, code: str, phone: str = PHONE, ticket: str = "", **more: str) -> int:
    return send(server, f"/{code}/join", {"phone": phone, "ticket": ticket}, **more)[0]


def test_the_phone_s_page_comes_in_its_language_and_under_the_policy(served: Server) -> None:
    for path, language, lang in (("", "de", "en"), ("/BCDF", "zh-CN,zh;q=0.9", "zh"), ("/bcdf", "en", "en")):
        status, told, body = send(served, path, method="GET", Accept_Language=language)
        text = body.decode()
        assert (status, told["content-type"]) == (200, "text/html; charset=utf-8")
        assert f'<html lang="{lang}">' in text
        assert told["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
        assert told.items() >= headers.ALWAYS.items()
        spoken = json.loads(html.unescape(re.findall(r'data-words="([^"]*)"', text)[0]))
        assert set(spoken) == {"en", "zh"}
        for file in re.findall(r'(?:src|href)="(/[^"]+)"', text):
            found = send(served, file.removeprefix("/room"), method="GET")
            assert found[0] == 200
            assert found[1]["content-type"].startswith(("text/javascript", "text/css"))
        assert "<script>" not in text
        assert "{" not in re.sub(r'data-words="[^"]*"', "", text), "all is filled in"


@pytest.mark.parametrize(
    "code", ["%22%3E%3Cscript%3E", "..%2f..%2fpage.html", "page.html", "BCDF/phone.js", "BCDF/x/y"]
)
def test_what_is_no_address_of_a_room_is_not_found(served: Server, code: str) -> None:
    assert send(served, f"/{code}", method="GET")[0] in (400, 404)


def test_a_vote_is_told_within_a_second_and_costs_no_run(served: Server, opened: dict[str, str]) -> None:
    code, key = opened["code"], opened["key"]
    asked(served, "ask")
    runs = served.reruns("whole") + served.reruns("part")
    assert join(served, code) == 200
    with (
        listening(served, f"/{code}/events?key={key}") as desk,
        listening(served, f"/{code}/events?phone={PHONE}") as phone,
    ):
        before = next(desk)
        state = next(phone)
        assert (state["phase"], state["options"]) == ("ask", ["one", "<b>two</b>"])
        assert "answer" not in state
        while before["phones"] < 1:
            before = next(desk)
        began = time.monotonic()
        assert send(served, f"/{code}/vote", {"phone": PHONE, "turn": state["turn"], "option": 1})[0] == 200
        while (now := next(desk))["votes"] < 1:
            pass
        assert time.monotonic() - began < 1
        assert now["sides"] == []
        check_type(now, payloads.RoomTally)
        asked(served, "show")
        while not (now := next(desk))["sides"]:
            pass
        assert now["sides"][0]["counts"] == [0, 1]
        check_type(now, payloads.RoomTally)
        assert next(phone)["answer"] == 1
        late = send(served, f"/{code}/vote", {"phone": PHONE, "turn": state["turn"], "option": 0})
        assert (late[0], json.loads(late[2])) == (409, {"verdict": "late"})
    assert served.reruns("whole") + served.reruns("part") == runs, "only the presenter's page runs"


HOSTILE = (
    b"", b"null", b"[]", b"7", b'"x"', b"{", b"[" * 900, b"\xff\x00", b'{"phone": 7}',
    b'{"phone": "0", "turn": 1, "option": 0}',
    json.dumps({"phone": PHONE, "turn": "1", "option": 0}).encode(),
    json.dumps({"phone": PHONE, "turn": True, "option": 0}).encode(),
    json.dumps({"phone": PHONE, "turn": 1, "option": 1e300}).encode(),
    json.dumps({"phone": "<script>alert(1)</script>!!!!!!!", "turn": 1, "option": 0}).encode(),
)  # fmt: skip


@pytest.mark.parametrize("body", HOSTILE)
def test_what_is_no_vote_is_refused(served: Server, opened: dict[str, str], body: bytes) -> None:
    assert send(served, f"/{opened['code']}/vote", body)[0] == 400


def test_a_megabyte_is_not_read(served: Server, opened: dict[str, str]) -> None:
    assert send(served, f"/{opened['code']}/vote", b"x" * 1_001)[0] == 413
    with closing(http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)) as line:
        line.putrequest("POST", f"/room/{opened['code']}/vote")
        line.putheader("Content-Length", str(10**6))
        line.endheaders()
        assert line.getresponse().status == 413
    with closing(http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)) as line:
        line.request("POST", f"/room/{opened['code']}/vote", iter([b"x" * 700] * 4), encode_chunked=True)
        assert line.getresponse().status == 413


def test_codes_are_not_guessed_and_who_was_invited_comes_in(served: Server, opened: dict[str, str]) -> None:
    guesser = "203.0.113.9"
    tried = [join(served, f"B{one:03}".translate(str.maketrans("0123456789", "CDFGHJKLMN")),
                  X_Forwarded_For=guesser) for one in range(100)]  # fmt: skip
    assert tried == [404] * 40 + [429] * 60
    new = "f" * 32
    assert join(served, opened["code"], new, X_Forwarded_For=guesser) == 429, "the right one, too"
    assert join(served, opened["code"], new, opened["ticket"], X_Forwarded_For=guesser) == 200
    assert join(served, opened["code"], new, X_Forwarded_For=guesser) == 200, "who is in stays in"
    assert join(served, opened["code"], "e" * 32, X_Forwarded_For="203.0.113.10") == 200
    for path in (f"/{opened['code']}/events?phone={'9' * 32}", f"/BCDF/events?phone={PHONE}", "/BCDF/events",
                 f"/{opened['code']}/events?key=x"):  # fmt: skip
        assert send(served, path, method="GET")[0] == 404


def test_who_leaves_is_counted_no_more(served: Server, opened: dict[str, str]) -> None:
    join(served, opened["code"])
    with listening(served, f"/{opened['code']}/events?key={opened['key']}") as desk:
        while next(desk)["phones"]:  # of another test
            pass
        with listening(served, f"/{opened['code']}/events?phone={PHONE}") as phone:
            next(phone)
            while next(desk)["phones"] != 1:
                pass
        while next(desk)["phones"]:
            pass


def test_a_server_that_is_asked_to_end_does_not_wait_for_phones() -> None:
    with start(SCRIPT) as server:
        found = asked(server, "ask")
        join(server, found["code"])
        with listening(server, f"/{found['code']}/events?phone={PHONE}") as phone:
            next(phone)
            server.process.terminate()
            server.process.wait(5)


def test_the_app_has_the_addresses_below_its_path() -> None:
    with start(APP, {"STREAMLIT_SERVER_BASE_URL_PATH": "demo"}) as server:
        for path in ("room", "room/", "room/BCDF"):
            with closing(http.client.HTTPConnection("127.0.0.1", server.port)) as line:
                line.request("GET", f"/demo/{path}")
                page = line.getresponse().read().decode()
            assert 'data-base="/demo"' in page
            assert 'src="/demo/room/phone.js"' in page


def test_what_a_phone_is_led_to_is_a_path_of_this_server() -> None:
    hostile = "https://evil.example//evil.example/x?present=1&slide=2&embed_options=dark_theme&a=%22%3E%26b"
    assert room.audience_path(hostile) == "/evil.example/x?a=%22%3E%26b"
    assert room.audience_path("javascript:alert(1)") == "/alert(1)"


def test_the_presenter_s_canvas_is_told_what_python_declares() -> None:
    store = Rooms()
    found = store.open()
    assert found
    store.show(found.code, found.key, Asked("a", ("b", "c"), 0), "settled")
    check_type(store.tally(found.code, found.key), payloads.RoomTally)


def test_where_the_plain_script_runs_the_button_says_that_there_is_no_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ROOMS, "served", False)
    app = visit("attention_heads", {"lang": "en", "present": "1"})
    assert not app.exception
    (button,) = [one for one in app.button if one.key == "gb_room_button"]
    assert button.disabled
    assert button.help == words("en", "room")("button.plain")
