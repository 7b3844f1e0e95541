"""Rooms: who is counted, what is counted, and what a room keeps out."""

from __future__ import annotations

import asyncio
import itertools
import re
from dataclasses import dataclass, field

import pytest

from core.teaching import rooms as module
from core.teaching.kinds import Asked, Phase
from core.teaching.rooms import (
    FROM_ONE,
    LIFE_S,
    MOST_PHONES,
    MOST_ROOMS,
    TOGETHER,
    VOTES,
    Listener,
    Room,
    Rooms,
)
from core.teaching.tries import MOST, Tries

FIRST = Asked("Which *head* looks back?", ("the first", "the last"), 1, "`why`")
OTHER = Asked("And in Chinese?", ("yes", "no", "both"), 0)


@dataclass
class Class:
    """A room, a clock that stands until it is moved, and phones."""

    now: float = 0.0
    store: Rooms = field(init=False)
    room: Room = field(init=False)

    def __post_init__(self) -> None:
        self.store = Rooms(lambda: self.now)
        opened = self.store.open()
        assert opened
        self.room = opened

    def show(self, asked: Asked | None, phase: Phase | None, place: str = "", path: str = "/x") -> None:
        self.store.show(self.room.code, self.room.key, asked, phase, place=place, path=path)

    def join(self, number: int, address: str = "") -> str:
        return self.store.join(self.room.code, name(number), address or f"192.0.2.{number % 250}")

    def vote(self, number: int, option: int) -> str:
        return self.store.vote(self.room.code, name(number), self.room.turn, option)

    def tally(self) -> module.Tally:
        found = self.store.tally(self.room.code, self.room.key)
        assert found
        return found

    def state(self, number: int) -> module.PhoneState:
        found = self.store.state(self.room.code, name(number))
        assert found
        return found


def name(number: int) -> str:
    return f"{number:032x}"


def test_a_code_is_four_letters_that_make_no_word_and_a_key_is_not_guessed() -> None:
    store = Rooms()
    opened = [store.open() for _ in range(MOST_ROOMS)]
    codes = {one.code for one in opened if one}
    assert len(codes) == MOST_ROOMS
    assert all(re.fullmatch("[B-DF-HJ-NP-TV-XZ]{4}", code) and len(set(code)) == 4 for code in codes)
    assert len({one.key for one in opened if one}) == MOST_ROOMS
    room = opened[0]
    assert room
    assert len(room.key) == 32
    assert store.tally(room.code, "") is None
    assert store.tally(room.code, room.ticket) is None
    store.close(room.code, "x" * 32)
    assert store.find(room.code), "another's key closes nothing"


@pytest.mark.parametrize(("frontend", "letters"), [("1", "BCDFGHJKLM"), ("8502", "NPQRSTVWXZ")])
def test_a_frontend_has_its_half_of_the_letters(
    monkeypatch: pytest.MonkeyPatch, frontend: str, letters: str
) -> None:
    monkeypatch.setenv("GLASSBOX_FRONTEND", frontend)
    store = Rooms()
    assert {one.code[0] for _ in range(MOST_ROOMS) if (one := store.open())} <= set(letters)


def test_votes_are_counted_once_a_phone_and_may_be_changed_until_the_answer_is_shown() -> None:
    lesson = Class()
    for one in range(3):
        assert lesson.join(one) == "ok"
    lesson.show(FIRST, "ask")
    assert [lesson.vote(0, 0), lesson.vote(1, 1), lesson.vote(1, 0), lesson.vote(2, 1)] == ["ok"] * 4
    assert (lesson.tally()["votes"], lesson.tally()["sides"]) == (3, []), "nobody is led by the others"
    assert "answer" not in lesson.state(1)
    assert lesson.state(1)["mine"] == 0
    turn = lesson.room.turn
    lesson.show(FIRST, "show")
    (side,) = lesson.tally()["sides"]
    assert (side["counts"], side["answer"]) == ([2, 1], 1)
    assert lesson.vote(0, 1) == "late"
    assert lesson.store.vote(lesson.room.code, name(0), turn, 1) == "late"
    assert lesson.state(0)["answer"] == 1
    assert (lesson.state(0)["text"], lesson.state(0)["why"]) == ("Which head looks back?", "why")


def test_before_and_after_stand_side_by_side() -> None:
    lesson = Class()
    for one in range(4):
        lesson.join(one)
    lesson.show(FIRST, "ask", "page/1")
    for one, option in enumerate((0, 0, 0, 1)):
        lesson.vote(one, option)
    lesson.show(FIRST, "show", "page/1")
    lesson.show(OTHER, "again", "page/1")
    assert lesson.tally()["sides"] == []
    for one, option in enumerate((0, 0, 2)):
        assert lesson.vote(one, option) == "ok"
    lesson.show(OTHER, "settled", "page/1")
    sides = lesson.tally()["sides"]
    assert [(one["again"], one["counts"]) for one in sides] == [(False, [3, 1]), (True, [2, 0, 1])]
    lesson.show(None, "show", "page/2")
    assert lesson.tally()["sides"] == []
    assert lesson.state(0)["phase"] == "wait"
    lesson.show(OTHER, "settled", "page/1")
    assert len(lesson.tally()["sides"]) == 2, "it is remembered"


def test_the_same_question_asked_once_more_is_a_second_poll() -> None:
    """As in a page's own lecture, where one goes back from the answer to the question."""
    lesson = Class()
    lesson.join(0)
    for option in (0, 1):
        lesson.show(FIRST, "ask")
        assert lesson.state(0)["mine"] is None
        assert lesson.vote(0, option) == "ok"
        lesson.show(FIRST, "show")
    assert [one["counts"] for one in lesson.tally()["sides"]] == [[1, 0], [0, 1]]
    lesson.show(OTHER, "ask")
    lesson.show(OTHER, "show")
    assert [one["text"] for one in lesson.tally()["sides"]] == [OTHER.text]


def test_who_is_no_phone_of_the_room_changes_nothing() -> None:
    lesson = Class()
    lesson.join(0)
    lesson.show(FIRST, "ask")
    turn = lesson.room.turn
    for code in (lesson.room.code, "BBBB"):  # the same word for both: it says nothing of the code
        assert lesson.store.vote(code, name(7), turn, 0) == "stranger"
    assert [lesson.vote(0, option) for option in (-1, 2, 10**9)] == ["bad"] * 3
    assert lesson.store.vote(lesson.room.code, name(0), turn + 1, 0) == "late"
    assert lesson.tally()["votes"] == 0


def test_a_phone_that_votes_all_the_time_is_slowed_and_no_other() -> None:
    lesson = Class()
    lesson.join(0)
    lesson.join(1)
    lesson.show(FIRST, "ask")
    found = [lesson.vote(0, one % 2) for one in range(10_000)]
    assert found == ["ok"] * VOTES + ["often"] * (10_000 - VOTES)
    assert lesson.vote(1, 1) == "ok"
    assert lesson.tally()["votes"] == 2
    lesson.now += 11
    assert lesson.vote(0, 0) == "ok"


def test_one_address_does_not_fill_a_room_and_who_only_knocks_holds_no_place() -> None:
    lesson = Class()
    lesson.show(FIRST, "ask")
    for one in range(FROM_ONE):
        lesson.join(one, "198.51.100.1")
        lesson.vote(one, 0)
    assert lesson.join(9_000, "198.51.100.1") == "full"
    for one in range(FROM_ONE, MOST_PHONES):
        assert lesson.join(one, f"192.0.2.{one % 250}") == "ok"
        lesson.vote(one, 1)
    assert lesson.join(9_001) == "full"
    other = Class()
    for one in range(2 * MOST_PHONES):
        assert other.join(one) == "ok", "those who have answered nothing and listen no more make place"
    assert len(other.room.phones) == MOST_PHONES
    assert len({phone.number for phone in other.room.phones.values()}) == MOST_PHONES
    assert sum(other.store._origins.values()) == MOST_PHONES
    other.store.close(other.room.code, other.room.key)
    assert not other.store._origins


def test_all_rooms_together_hold_so_many_phones() -> None:
    store, number = Rooms(), itertools.count()
    opened = [room for _ in range(6) if (room := store.open())]
    for room in opened[:4]:
        store.show(room.code, room.key, FIRST, "ask")
        for one in itertools.islice(number, MOST_PHONES):
            assert store.join(room.code, name(one), f"192.0.2.{one % 250}") == "ok"
            store.vote(room.code, name(one), room.turn, 0)
    assert sum(len(room.phones) for room in opened) == TOGETHER
    assert store.join(opened[4].code, name(next(number)), "198.51.100.1") == "full"
    store.close(opened[0].code, opened[0].key)
    found = [
        store.join(opened[one % 2 + 4].code, name(next(number)), "198.51.100.1") for one in range(TOGETHER)
    ]
    assert set(found) == {"ok"}, "who only knocks makes place"
    assert store._origins[hash((store._salt, "198.51.100.1"))] == FROM_ONE, "an address counts over all rooms"


def test_a_room_dies_after_three_hours_and_the_server_holds_so_many() -> None:
    lesson = Class()
    lesson.join(0)
    lesson.now = LIFE_S - 1
    assert lesson.store.find(lesson.room.code)
    lesson.now = LIFE_S
    assert lesson.store.find(lesson.room.code) is None
    assert lesson.join(1) == "gone"
    assert lesson.store.state(lesson.room.code, name(0)) is None

    async def crowded() -> None:
        store = Rooms()
        opened = [one for _ in range(MOST_ROOMS) if (one := store.open())]
        with store.listening(opened[0].code, Listener()):
            assert store.open(), "a room in which nobody is makes place"
            assert store.find(opened[0].code)
            assert store.find(opened[1].code) is None
        for one in opened:
            one.desks.append(Listener())
        others = [one for one in store._rooms.values() if not one.desks]
        for one in others:
            one.desks.append(Listener())
        assert store.open() is None

    asyncio.run(crowded())


def test_news_reaches_those_whom_it_concerns_and_an_end_all() -> None:
    async def told() -> None:
        lesson = Class()
        lesson.join(0)
        code, desk, phone = lesson.room.code, Listener(), Listener()

        async def heard(one: Listener) -> bool:
            await asyncio.sleep(0)
            found = one.news.is_set()
            one.news.clear()
            return found

        with lesson.store.listening(code, desk), lesson.store.listening(code, phone, name(0)):
            await heard(desk)
            lesson.show(FIRST, "ask")
            assert (await heard(desk), await heard(phone)) == (True, True)
            lesson.show(FIRST, "ask")
            assert (await heard(desk), await heard(phone)) == (False, False), (
                "another run that shows the same"
            )
            lesson.vote(0, 1)
            assert (await heard(desk), await heard(phone)) == (True, False), (
                "no phone hears of another's vote"
            )
            assert lesson.tally()["phones"] == 1
            later = [Listener(), Listener()]
            with (
                lesson.store.listening(code, later[0], name(0)),
                lesson.store.listening(code, later[1], name(0)),
            ):
                assert phone.ended, "of a phone's connections the oldest ends"
                assert not later[0].ended
            lesson.store.close_all()
            assert desk.ended
        stranger = Listener()
        with lesson.store.listening(code, stranger, name(0)):
            assert stranger.ended

    asyncio.run(told())


def test_what_a_lecture_says_is_bounded_before_it_is_sent() -> None:
    lesson = Class()
    lesson.join(0)
    lesson.show(Asked("x" * 10**6, ("y" * 10**6, "z"), 0, "w" * 10**6), "ask", path="/" + "p" * 10**6)
    told = lesson.state(0)
    assert sum(len(str(one)) for one in told.values()) < 2_000
    assert told["path"] == ""
    for place in itertools.islice(itertools.count(), 3 * module.MOST_PLACES):
        lesson.show(FIRST, "ask", str(place))
    assert len(lesson.room.places) == module.MOST_PLACES


def test_wrong_codes_are_counted_by_address_for_a_while() -> None:
    now = [0.0]
    tries = Tries(3, 60.0, lambda: now[0])
    for _ in range(3):
        assert not tries.spent("192.0.2.1")
        tries.wrong("192.0.2.1")
    assert tries.spent("192.0.2.1")
    assert not tries.spent("192.0.2.2")
    for host in range(3):
        tries.wrong(f"2001:db8::{host}")
    assert tries.spent("2001:db8::ffff"), "a network of the sixth version is one machine's"
    now[0] = 60.0
    assert not tries.spent("192.0.2.1")
    for host in range(MOST + 10):
        tries.wrong(str(host))
    assert len(tries._wrong) == MOST
