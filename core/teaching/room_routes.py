"""The addresses of rooms: the page of a phone, its news, its votes. No run of a page of the app stands behind any.

Below ``/room``: the page, where a code is typed; ``/room/BCDF``, the same with its code; ``…/join`` and ``…/vote``
take a line of JSON; ``…/events`` tells the news as they come (server-sent events), to a phone or to the presenter.
"""

from __future__ import annotations

import asyncio
import html
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

from core.paths import ASSETS
from core.serving.asgi import Receive, Scope, Send
from core.serving.gate import PLAIN, answer
from core.teaching.rooms import Listener, Rooms, Verdict, is_code, is_phone
from core.teaching.tries import Tries

FOLDER = ASSETS / "room"
FILES = {"phone.js": "text/javascript; charset=utf-8", "phone.css": "text/css; charset=utf-8"}
HTML, JSON, EVENTS = "text/html; charset=utf-8", "application/json", "text/event-stream; charset=utf-8"
LARGEST = 1_000
"""Bytes of what a phone sends."""
BODY_S = 10.0
HEARTBEAT_S = 25.0
"""Seconds after which something is said to whoever listens, so that a proxy keeps the connection."""
REST_S = {"phone": 0.4, "desk": 0.2}
"""Seconds between two news: what happens meanwhile is told in one."""
STATUS: dict[Verdict, int] = {
    "ok": 200, "gone": 404, "full": 503, "stranger": 403, "late": 409, "often": 429, "bad": 400,
}  # fmt: skip
GUESSES = Tries(40, 600.0)
"""Wrong codes of one address in ten minutes: a class mistypes some, and of all codes there are a hundred thousand."""
Words = dict[str, dict[str, str]]


class Doors:
    """Answers what lies below ``/room``; ``words``: those of the phone's page, by language."""

    def __init__(self, rooms: Rooms, words: Words, base: str = "") -> None:
        self._rooms, self._words, self._base = rooms, words, f"/{base.strip('/')}".rstrip("/")
        rooms.served = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        rest = scope["path"].removeprefix(f"{self._base}/room").strip("/")
        code, _, what = rest.partition("/")
        reads, code = scope["method"] in ("GET", "HEAD"), code if code in FILES else code.upper()
        if reads and code in FILES and not what:
            await answer(send, 200, (FOLDER / code).read_bytes(), FILES[code])
        elif reads and not what and (not code or code.isalpha()):
            await answer(send, 200, self._page(scope, code), HTML)
        elif scope["method"] == "GET" and what == "events":
            await self._events(scope, receive, send, code)
        elif scope["method"] == "POST" and what in ("join", "vote"):
            await self._take(scope, receive, send, code, what)
        else:
            await answer(send, 404, b"Not Found\n")

    def _page(self, scope: Scope, code: str) -> bytes:
        """The page, in the phone's language first."""
        asked = dict(scope["headers"]).get(b"accept-language", b"").decode("latin-1").strip().lower()
        language = "zh" if asked.startswith("zh") else "en"
        put = {"lang": language, "base": self._base, "code": code[:8], "words": json.dumps(self._words)}
        put["noscript"] = " ".join(words["noscript"] for words in self._words.values())
        page = (FOLDER / "page.html").read_text("utf-8")
        for name, value in put.items():
            page = page.replace(f"{{{name}}}", html.escape(value))
        return page.encode()

    async def _take(self, scope: Scope, receive: Receive, send: Send, code: str, what: str) -> None:
        """What a phone sends, and in a word what became of it."""
        body = await _body(scope, receive)
        if body is None:
            await answer(send, 413, b'{"verdict": "bad"}\n', JSON)
            return
        given, client = _parsed(body), str((scope.get("client") or ("",))[0])
        verdict = self._join(code, given, client) if what == "join" else self._vote(code, given)
        await answer(send, STATUS[verdict], json.dumps({"verdict": verdict}).encode(), JSON)

    def _join(self, code: str, given: Mapping[str, Any], client: str) -> Verdict:
        if not is_phone(phone := given.get("phone")):
            return "bad"
        room = self._rooms.find(code)
        invited = room is not None and (given.get("ticket") == room.ticket or phone in room.phones)
        if not invited and GUESSES.spent(client):
            return "often"
        if room is None:
            GUESSES.wrong(client)
        return self._rooms.join(code, str(phone), client)

    def _vote(self, code: str, given: Mapping[str, Any]) -> Verdict:
        turn, option = given.get("turn"), given.get("option")
        if not is_phone(given.get("phone")) or type(turn) is not int or type(option) is not int:
            return "bad"
        return self._rooms.vote(code, str(given["phone"]), turn, option)

    async def _events(self, scope: Scope, receive: Receive, send: Send, code: str) -> None:
        """News until whoever listens has gone or the room has ended."""
        query = parse_qs(scope["query_string"].decode("latin-1")[:LARGEST])
        key, phone = query.get("key", [""])[0], query.get("phone", [""])[0]
        rooms = self._rooms

        def told() -> object:
            return rooms.tally(code, key) if key else rooms.state(code, phone)

        if not is_code(code) or told() is None:
            await answer(send, 404, b"Not Found\n", PLAIN)
            return
        who = Listener()
        left = asyncio.ensure_future(_left(receive, who))
        try:
            with rooms.listening(code, who, "" if key else phone):
                await _tell(send, who, told, REST_S["desk" if key else "phone"])
        finally:
            left.cancel()


async def _tell(send: Send, who: Listener, told: Callable[[], object], rest: float) -> None:
    kept = (b"cache-control", b"no-store"), (b"x-accel-buffering", b"no")
    headers = [(b"content-type", EVENTS.encode()), *kept]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    said = ""
    while not who.ended and (state := told()) is not None:
        now = json.dumps(state)
        if now != said:
            said = now
            await _say(send, f"data: {now}\n\n")
            await asyncio.sleep(rest)
        try:
            await asyncio.wait_for(who.news.wait(), HEARTBEAT_S)
        except TimeoutError:
            await _say(send, ":\n\n")
        who.news.clear()
    await send({"type": "http.response.body", "body": b"event: end\ndata: 0\n\n"})


async def _say(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})


async def _left(receive: Receive, who: Listener) -> None:
    """Ends with the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass
    who.end()


async def _body(scope: Scope, receive: Receive) -> bytes | None:
    """What was sent; None where that is too much, or takes too long."""
    told = dict(scope["headers"]).get(b"content-length", b"0")
    if not told.isdigit() or int(told) > LARGEST:
        return None
    found = b""
    try:
        async with asyncio.timeout(BODY_S):
            while len(found) <= LARGEST:
                message = await receive()
                found += message.get("body", b"")
                if not message.get("more_body"):
                    return found if len(found) <= LARGEST else None
    except TimeoutError:
        pass
    return None


def _parsed(body: bytes) -> Mapping[str, Any]:
    """The fields of a line of JSON; none where it is anything else."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
