"""Who opens the app waits for those who are at work in it, but not long."""

from __future__ import annotations

import threading
import time

from core.jobs.courtesy import Courtesy

LONG = 30.0  # seconds; no test lasts so long


def test_an_opening_goes_on_as_soon_as_nobody_is_at_work() -> None:
    courtesy = Courtesy(brief=LONG)
    gone: list[str] = []
    began, over = threading.Event(), threading.Event()

    def works() -> None:
        with courtesy.at_work():
            began.set()
            over.wait(LONG)
            gone.append("work")

    def opens() -> None:
        send = courtesy.polite(gone.append, LONG)
        send("first element")
        send("second element")

    threads = [threading.Thread(target=works), threading.Thread(target=opens)]
    threads[0].start()
    began.wait(LONG)
    threads[1].start()
    time.sleep(0.05)
    assert gone == [], "it gives way"
    over.set()
    for thread in threads:
        thread.join(LONG)
    assert gone == ["work", "first element", "second element"]


def test_it_gives_way_no_longer_than_its_patience_in_all() -> None:
    courtesy = Courtesy(brief=LONG)
    sent: list[int] = []
    send = courtesy.polite(sent.append, 0.1)
    begun = time.monotonic()
    with courtesy.at_work():
        for number in range(50):
            send(number)
    spent = time.monotonic() - begun
    assert sent == list(range(50))
    assert 0.1 <= spent < 5, "once for all elements, not once for each"


def test_what_lasts_is_given_way_to_no_more() -> None:
    courtesy = Courtesy(brief=0.1)
    with courtesy.at_work():
        assert 0 < courtesy.give_way(LONG) < 5
        assert courtesy.give_way(LONG) < 0.05
        with courtesy.at_work():  # another, which has just begun
            assert courtesy.give_way(LONG) > 0.05


def test_a_run_that_fails_is_over() -> None:
    courtesy = Courtesy(brief=LONG)
    try:
        with courtesy.at_work():
            raise ValueError
    except ValueError:
        pass
    assert courtesy.give_way(LONG) == 0


def test_nobody_waits_alone() -> None:
    sent: list[str] = []
    begun = time.monotonic()
    Courtesy().polite(sent.append)("an element")
    assert time.monotonic() - begun < 0.1
    assert sent == ["an element"]
