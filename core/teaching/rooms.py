"""Rooms: phones beside a lecture that see the question in hand and send what they expect.

A room has four letters, which phones join by, and a key, which is its presenter's. It lives in this process, three
hours at most, and keeps a number for each phone and what that has answered: nothing of who holds it.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal, NotRequired, TypedDict

from core.settings import setting
from core.teaching.kinds import Asked, Phase
from core.teaching.tries import network

LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
"""No vowels, so that no words come of them, and none that is taken for a digit when it is read aloud."""
LENGTH = 4
LIFE_S = 3 * 3600.0
MOST_ROOMS, MOST_PHONES, MOST_PLACES = 64, 500, 64
"""Rooms of the server; phones of a room; places of a lecture whose answers a room remembers."""
TOGETHER, FROM_ONE = 2_000, 400
"""Phones of all rooms, and those of them behind one address: a school has one, and nobody fills all rooms from it."""
STREAMS = 2
"""Connections of one phone: what it left behind when its network changed, and the new one."""
VOTES, PACE_S = 20, 10.0
"""Votes of one phone in so many seconds: minds may be changed."""
LONGEST = {"text": 600, "option": 200, "path": 16_000}
"""Characters that are passed on."""
NONE = 255
"""Stands for a phone that has not answered."""

Verdict = Literal["ok", "gone", "full", "stranger", "late", "often", "bad"]
"""What becomes of what a phone asks for."""


class PhoneState(TypedDict):
    """What one phone is told."""

    turn: int
    phase: Literal["wait", "ask", "show"]
    path: str  # of the figure that is shown
    text: NotRequired[str]
    options: NotRequired[list[str]]
    mine: NotRequired[int | None]
    answer: NotRequired[int]
    why: NotRequired[str]


class Side(TypedDict):
    """The answers to one question, once its answer was shown."""

    again: bool
    text: str
    options: list[str]
    answer: int
    counts: list[int]


class Tally(TypedDict):
    """What the presenter is told."""

    phones: int
    votes: int
    asking: bool
    sides: list[Side]


class Listener:
    """Somebody who waits for news, in the loop of the server."""

    def __init__(self) -> None:
        self.news, self.ended = asyncio.Event(), False
        self._loop = asyncio.get_running_loop()

    def wake(self) -> None:
        """There is news; from any thread."""
        with suppress(RuntimeError):  # the server has ended
            self._loop.call_soon_threadsafe(self.news.set)

    def end(self) -> None:
        """There will be none any more."""
        self.ended = True
        self.wake()


@dataclass(slots=True, eq=False)
class Poll:
    """One question and what each phone has answered, by its number."""

    asked: Asked
    again: bool = False
    closed: bool = False  # its answer was shown
    votes: bytearray = field(default_factory=lambda: bytearray([NONE]) * MOST_PHONES)

    def counts(self) -> list[int]:
        """How many phones chose each option."""
        return [self.votes.count(at) for at in range(len(self.asked.options))]

    def side(self) -> Side:
        """As the presenter sees it."""
        return {
            "again": self.again, "text": self.asked.text, "options": list(self.asked.options),
            "answer": self.asked.answer, "counts": self.counts(),
        }  # fmt: skip


@dataclass(slots=True, eq=False)
class Place:
    """What was asked at one place of a lecture, before its figure and after."""

    before: Poll | None = None
    after: Poll | None = None

    def turn_to(self, asked: Asked, phase: Phase) -> Poll:
        """The question in hand: a new one where it is asked for the first time, or again once its answer was shown."""
        if phase in ("again", "settled"):
            if self.after is None or self.after.asked != asked:
                self.after = Poll(asked, again=True)
            self.after.closed = phase == "settled"
            return self.after
        if self.before is None or self.before.asked != asked:
            self.before, self.after = Poll(asked), None
        same = self.after if self.after and self.after.asked == asked else None
        if phase == "ask" and self.before.closed and (same is None or same.closed):
            self.after = same = Poll(asked, again=True)
        found = same or self.before
        found.closed = phase == "show"
        return found

    def told(self) -> list[Side]:
        """The answers that may be shown."""
        return [poll.side() for poll in (self.before, self.after) if poll and poll.closed]


@dataclass(slots=True, eq=False)
class Phone:
    """One phone of a room."""

    number: int
    origin: int  # stands for its address
    streams: list[Listener] = field(default_factory=list)
    voted: bool = False
    since: float = 0.0  # when the votes that count for its pace began
    sent: int = 0


@dataclass(slots=True, eq=False)
class Room:
    """A room; what is shown in it belongs to its lock's holder."""

    code: str
    key: str  # the presenter's
    ticket: str  # in the code that is photographed: who has it was in the room and guesses nothing
    born: float
    phones: dict[str, Phone] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    here: Place = field(default_factory=Place)
    poll: Poll | None = None
    turn: int = 0
    shown: tuple[object, ...] = ()
    path: str = ""
    desks: list[Listener] = field(default_factory=list)  # the presenter's

    def listeners(self) -> Iterator[Listener]:
        """All who wait for news."""
        yield from self.desks
        for phone in self.phones.values():
            yield from phone.streams


def is_code(text: str) -> bool:
    """Whether a text may be a room's code."""
    return len(text) == LENGTH and set(text) <= set(LETTERS)


def is_phone(text: object) -> bool:
    """Whether a text may be what a phone calls itself: 32 digits that it has drawn."""
    return isinstance(text, str) and len(text) == 32 and set(text) <= set("0123456789abcdef")


def first_letters() -> str:
    """The letters that codes of this server begin with: of two frontends (``$GLASSBOX_FRONTEND``) each has half."""
    number, half = setting("GLASSBOX_FRONTEND", 0), len(LETTERS) // 2
    if not number:
        return LETTERS
    return LETTERS[:half] if number % 2 else LETTERS[half:]


def _new_code() -> str:
    first = secrets.choice(first_letters())
    rest = secrets.SystemRandom().sample(LETTERS.replace(first, ""), LENGTH - 1)
    return first + "".join(rest)


def _bounded(asked: Asked) -> Asked:
    """A question without its markup, and no longer than a phone needs; lectures may be a visitor's own."""

    def plain(text: str, kind: str) -> str:
        return text.replace("*", "").replace("`", "")[: LONGEST[kind]]

    options = tuple(plain(option, "option") for option in asked.options[:8])
    return Asked(plain(asked.text, "text"), options, asked.answer, plain(asked.why, "text"))


class Rooms:
    """All rooms of this process; ``clock`` counts seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.RLock()
        self._rooms: dict[str, Room] = {}
        self._salt, self._origins = secrets.token_hex(8), Counter[int]()
        self.served = False  # phones reach it: its addresses stand beside the pages

    def open(self) -> Room | None:
        """A new room, or None where there are as many as may be, all with somebody in them."""
        with self._lock:
            self._bury()
            if len(self._rooms) >= MOST_ROOMS and not self._drop_empty():
                return None
            code = next(one for one in iter(_new_code, "") if one not in self._rooms)
            room = Room(code, secrets.token_hex(16), secrets.token_hex(4), self._clock())
            self._rooms[code] = room
            return room

    def close(self, code: str, key: str) -> None:
        """The presenter ends a room."""
        with self._lock:
            if room := self.owned(code, key):
                self._end(room)

    def close_all(self) -> None:
        """The server ends: whoever waits for news waits no longer."""
        with self._lock:
            for room in list(self._rooms.values()):
                self._end(room)

    def owned(self, code: str, key: str) -> Room | None:
        """The room of a presenter who has its key."""
        room = self.find(code)
        return (
            room if room and hmac.compare_digest(room.key.encode(), key.encode("utf-8", "replace")) else None
        )

    def find(self, code: str) -> Room | None:
        """The living room with a code."""
        with self._lock:
            self._bury()
            return self._rooms.get(code)

    def show(
        self,
        code: str,
        key: str,
        asked: Asked | None,
        phase: Phase | None,
        *,
        place: str = "",
        path: str = "",
    ) -> None:
        """What the presenter shows now; the first time that it is told, all are. ``place``: of the lecture."""
        with self._lock:
            room, now = self.owned(code, key), (asked, phase, place, path)
            if room is None or room.shown == now:
                return
            room.shown, before = now, (room.poll, room.poll and room.poll.closed)
            room.path = path if len(path) <= LONGEST["path"] else ""
            room.here = room.places.pop(place) if place in room.places else Place()
            room.places[place] = room.here
            while len(room.places) > MOST_PLACES:
                del room.places[next(iter(room.places))]
            room.poll = room.here.turn_to(_bounded(asked), phase) if asked and phase else None
            if not room.poll:
                room.here.before = room.here.after = None
            room.turn += (room.poll, room.poll and room.poll.closed) != before
            for one in room.listeners():
                one.wake()

    def join(self, code: str, phone: str, address: str) -> Verdict:
        """A phone comes, or comes back."""
        with self._lock:
            room = self.find(code)
            if room is None:
                return "gone"
            if phone in room.phones:
                return "ok"
            origin = hash((self._salt, network(address)))
            if not self._has_place(room, origin):
                return "full"
            taken = {one.number for one in room.phones.values()}
            number = next(one for one in range(MOST_PHONES) if one not in taken)
            room.phones[phone] = Phone(number, origin)
            self._origins[origin] += 1
            return "ok"

    def vote(self, code: str, phone: str, turn: int, option: int) -> Verdict:
        """A phone's answer to the question in hand; it may be changed until the answer is shown."""
        with self._lock:
            room = self.find(code)
            found = room.phones.get(phone) if room else None
            if room is None or found is None:  # one answer, which says nothing of the code
                return "stranger"
            poll = room.poll
            if self._too_often(found):
                return "often"
            if poll is None or poll.closed or turn != room.turn:
                return "late"
            if not 0 <= option < len(poll.asked.options):
                return "bad"
            poll.votes[found.number], found.voted = option, True
            for one in room.desks:
                one.wake()
            return "ok"

    def state(self, code: str, phone: str) -> PhoneState | None:
        """What a phone is told; None where the room has ended or does not know it."""
        with self._lock:
            room = self.find(code)
            if room is None or phone not in room.phones:
                return None
            told: PhoneState = {"turn": room.turn, "phase": "wait", "path": room.path}
            if poll := room.poll:
                vote = poll.votes[room.phones[phone].number]
                told |= {"phase": "show" if poll.closed else "ask", "text": poll.asked.text}
                told |= {"options": list(poll.asked.options), "mine": None if vote == NONE else vote}
                told |= {"answer": poll.asked.answer, "why": poll.asked.why} if poll.closed else {}
            return told

    def tally(self, code: str, key: str) -> Tally | None:
        """What the presenter is told: numbers, and the answers once theirs was shown; None where there is no room."""
        with self._lock:
            room = self.owned(code, key)
            if room is None:
                return None
            asking = room.poll is not None and not room.poll.closed
            return {
                "phones": sum(bool(phone.streams) for phone in room.phones.values()),
                "votes": sum(room.poll.counts()) if room.poll else 0, "asking": asking,
                "sides": [] if asking or not room.poll else room.here.told(),
            }  # fmt: skip

    @contextmanager
    def listening(self, code: str, who: Listener, phone: str = "") -> Iterator[None]:
        """Somebody hears the news of a room: a phone that has joined, or its presenter."""
        with self._lock:
            room = self.find(code)
            if room is None or (phone and phone not in room.phones):
                who.end()
                room = None
            else:
                _hear(room, room.phones[phone].streams if phone else room.desks, who)
        try:
            yield
        finally:
            if room is not None:
                with self._lock:
                    _leave(room, who)

    def _too_often(self, phone: Phone) -> bool:
        now = self._clock()
        if now - phone.since >= PACE_S:
            phone.since, phone.sent = now, 0
        phone.sent += 1
        return phone.sent > VOTES

    def _bury(self) -> None:
        """End the rooms whose time is over; the oldest stand first."""
        for room in list(self._rooms.values()):
            if self._clock() - room.born < LIFE_S:
                return
            self._end(room)

    def _drop_empty(self) -> bool:
        """End the oldest room in which nobody is."""
        for room in self._rooms.values():
            if next(room.listeners(), None) is None:
                self._end(room)
                return True
        return False

    def _end(self, room: Room) -> None:
        del self._rooms[room.code]
        for one in room.listeners():
            one.end()
        for name in list(room.phones):
            self._forget(room, name)

    def _has_place(self, room: Room, origin: int) -> bool:
        """Whether one more phone of an address fits; who has gone, or never came, and has answered nothing leaves."""

        def full(where: Room | None, whose: int | None) -> bool:
            if whose is not None:
                return self._origins[whose] >= FROM_ONE
            held = [where] if where else self._rooms.values()
            return sum(len(one.phones) for one in held) >= (MOST_PHONES if where else TOGETHER)

        for where, whose in ((room, None), (None, origin), (None, None)):
            if full(where, whose):
                self._forget_idle(where, whose)
        return not (full(room, None) or full(None, origin) or full(None, None))

    def _forget_idle(self, where: Room | None, whose: int | None) -> None:
        """Forget one phone that listens to nothing and has answered nothing: of a room, of an address, or any."""
        for room in [where] if where else self._rooms.values():
            for name, phone in room.phones.items():
                if not phone.streams and not phone.voted and whose in (None, phone.origin):
                    self._forget(room, name)
                    return

    def _forget(self, room: Room, name: str) -> None:
        origin = room.phones.pop(name).origin
        self._origins[origin] -= 1
        if not self._origins[origin]:
            del self._origins[origin]


def _hear(room: Room, streams: list[Listener], who: Listener) -> None:
    """One more connection; of too many the oldest one ends."""
    streams.append(who)
    if len(streams) > STREAMS:
        streams.pop(0).end()
    for one in room.desks:
        one.wake()


def _leave(room: Room, who: Listener) -> None:
    for streams in (room.desks, *(phone.streams for phone in room.phones.values())):
        if who in streams:
            streams.remove(who)
    for one in room.desks:
        one.wake()


ROOMS = Rooms()
"""The server's."""
