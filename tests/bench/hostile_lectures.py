"""A part of ``make hostile``: lectures full of such texts, typed and brought as files, presented, voted on, handed out.

Every text goes through every place of a lecture that is long enough for it: on the wall, in the notes, on a phone of
the room, at the end, and in the handout.
"""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Browser, FilePayload

from core.teaching import lectures
from core.teaching.kinds import Asked, Lecture, Step
from core.teaching.walk import MOST, MOST_HAN
from pages.kit.teach import show
from pages.kit.text import table
from tests.bench.hostile import TRIED, WAIT, Seen, Visitor, served, taken, told, visitor
from tests.bench.servers import Server
from tests.browser.exports import alone, open_and_draw
from tests.browser.harness import until
from tests.hostile import INJECTIONS

STEM = "token_splits"
PLACES = {
    "title": lectures.TITLE, "about": lectures.ABOUT, "say": lectures.SAY, "note": lectures.NOTE, "text": 600,
    "before": lectures.QUESTION, "before_a": lectures.OPTION, "before_b": lectures.OPTION, "before_why": lectures.WHY,
    "after": lectures.QUESTION, "after_a": lectures.OPTION, "after_b": lectures.OPTION, "after_why": lectures.WHY,
}  # fmt: skip
"""What a lecture says, each with its longest length."""
BOXES = ("say", "note", "before", "before_options", "before_why", "after", "after_options", "after_why")
MANY = 99
SLIDE = "number => new URLSearchParams(location.search).get('slide') === number"
BROKEN = (
    b"\xff\xfe\x00",
    b"title = [",
    b"<script>window.__hit=1</script>",
    b"[[steps]]\npage = '<img src=x>'",
)
"""Files that hold no lecture."""


def seen_text(text: str) -> str:
    """A text as a lecture keeps it: without what cannot be seen."""
    return lectures._clean(text)


def filled(rounds: int) -> Iterator[Mapping[str, str]]:
    """Texts for all places, until each place has had all that it has room for."""
    queues = {
        name: deque(one for one in TRIED if 0 < len(seen_text(one)) <= most - 2)
        for name, most in PLACES.items()
    }
    for at in range(rounds):
        if not any(queues.values()):
            return
        yield {
            name: " ".join(taken(queue, PLACES[name] - 2)) if queue else f"{name} {at}"
            for name, queue in queues.items()
        }


def lecture_of(said: Mapping[str, str]) -> Lecture:
    """A lecture of one state that says it; options that are the same are told apart."""
    asked = {
        when: Asked(said[when], (f"1{said[f'{when}_a']}", f"2{said[f'{when}_b']}"), 1, said[f"{when}_why"])
        for when in ("before", "after")
    }
    step = Step(STEM, {"text": said["text"], "model": "tiny-gpt"}, said["say"], said["note"], 1.0, **asked)
    return Lecture("", said["title"], "en", (step,), said["about"])


# --- what is done with one ----------------------------------------------------------------------------------


def window(one: Visitor) -> None:
    """The window of lectures with the visitor's own."""
    one.page.locator(".st-key-gb_lectures button").first.click()
    one.page.get_by_role("dialog").get_by_text("My lecture").first.click()
    one.settle()


def brought(one: Visitor, content: bytes) -> None:
    """A file in that window."""
    dialog = one.page.get_by_role("dialog")
    if not dialog.locator("[data-testid=stFileUploader] input").count():
        dialog.get_by_text(table("en", "common")["lectures"]["import"], exact=True).click()
    file: FilePayload = {"name": "<img src=x>.toml", "mimeType": "text/plain", "buffer": content}
    dialog.locator("[data-testid=stFileUploader] input").set_input_files(file)
    one.page.wait_for_timeout(300)
    one.settle()


def typed(one: Visitor, said: Mapping[str, str]) -> None:
    """All of it by hand, into the fields of the first state."""
    values = {name: said[name] for name in BOXES if name in said} | {
        f"{when}_options": "\n".join(
            f"{mark}{said[f'{when}_{at}']}" for mark, at in (("1", "a"), ("*2", "b"))
        )
        for when in ("before", "after")
    }
    page = one.page
    page.locator(".st-key-gb_lecture_title input").fill(said["title"])
    page.locator(".st-key-gb_lecture_title input").press("Enter")
    one.settle()
    page.get_by_role("dialog").locator("[data-testid=stExpander] summary").first.click()
    for name in BOXES:
        text = values[name].replace("\n", " ") if "options" not in name else values[name]
        page.locator(f".st-key-gb_lecture_{name}_0 :is(input, textarea)").first.fill(text)
        one.seen.give(f"lecture {name}", [text])
    page.locator("[data-testid=stFormSubmitButton] button").first.click()
    one.settle()


def presented(browser: Browser, one: Visitor, lecture: Lecture) -> None:
    """Its slides with a room and a phone in it, its notes, and its end with the handout."""
    seen, server = one.seen, one.server
    one.open(STEM, show.query(lecture, 0) | {"embed_options": "dark_theme"})
    one.page.locator(".st-key-gb_room_button button").first.click()
    one.page.locator(".room-qr svg").wait_for()
    code = one.page.locator(".room-code").inner_text()
    with visitor(browser, server, seen) as phone:
        phone.page.goto(f"{server.url}/room/{code}")
        phone.page.locator(".options button").first.click()
        for number in range(1, len(lecture.slides()) + 1):
            phone.harm.look(phone.page)
            one.page.keyboard.press("ArrowRight")
            until(one.page, SLIDE, arg=str(number), timeout=WAIT)
            one.settle()
        phone.harm.look(phone.page)
    with visitor(browser, server, seen) as notes:
        notes.open(STEM, show.query(lecture, 1, presenter=True) | {"embed_options": "dark_theme"})
    handed_out(browser, one)


def handed_out(browser: Browser, one: Visitor) -> None:
    """The handout at its end, opened without a network."""
    page = one.page
    page.locator("[class*=st-key-gb_handout_] button").first.click()
    page.get_by_text(table("en", "common")["handout"]["notes"]).click()
    page.locator("[class*=st-key-gb_handout_make_] button").first.click()
    button = page.locator("[class*=st-key-gb_handout_save_] button").first
    button.wait_for()
    with page.expect_download() as waiting:
        button.click()
    with tempfile.TemporaryDirectory() as folder, alone(browser) as reader:
        file = Path(folder) / waiting.value.suggested_filename
        waiting.value.save_as(file)
        try:
            open_and_draw(reader, file)
        except AssertionError as error:
            one.seen.failed.append(f"handout: {error}")


# --- all of it ----------------------------------------------------------------------------------------------


def lectured(browser: Browser, server: Server, seen: Seen, rounds: int = MANY) -> None:
    """Lectures by file and by hand, each presented."""
    for at, said in enumerate(filled(rounds)):
        lecture = lecture_of(said)
        for name, text in said.items():
            seen.give(f"lecture {name}", [text])
        with visitor(browser, server, seen) as one:
            one.open(STEM, {"lang": "en", "model": "tiny-gpt"})
            window(one)
            brought(one, lectures.write(lecture).encode())
            if not at:
                for content in BROKEN:
                    brought(one, content)
                    told_so = one.page.get_by_role("dialog").locator("[data-testid=stAlertContentWarning]")
                    seen.failed += [] if told_so.count() else [f"taken for a lecture: {content!r}"]
            typed(one, said)
            presented(browser, one, lectures.parse(lectures.write(lecture)))
        told(seen, f"lecture {at}")


def followed(browser: Browser, server: Server, seen: Seen, rounds: int = MANY) -> None:
    """Sentences in the box at home, each followed to its first stop."""
    queue = deque(one.replace("\n", " ") for one in TRIED if len(one) <= MOST_HAN)
    with visitor(browser, server, seen) as one:
        for _ in range(rounds):
            if not queue:
                break
            texts = taken(queue, MOST_HAN)
            seen.give("home sentence", texts)
            one.open("", {"lang": "en"})
            one.page.locator(".st-key-home_sentence_en input").fill(" ".join(texts)[:MOST])
            one.page.locator(".st-key-home_follow button").click()
            one.settle()
    told(seen, "sentences")


def doored(browser: Browser, server: Server, seen: Seen, rounds: int = MANY) -> None:
    """Texts for a room's code, typed and in its address."""
    with visitor(browser, server, seen) as one:
        for text in INJECTIONS[: rounds * 4 : 4]:
            seen.give("room code", [text])
            one.page.goto(f"{server.url}/room?{urlencode({'t': text})}")
            one.page.get_by_role("textbox").fill(text[:8])
            one.page.keyboard.press("Enter")
            one.page.wait_for_timeout(100)
            one.harm.look(one.page)
            seen.visits += 1


def given(browser: Browser, seen: Seen) -> None:
    """The part."""
    with served(seen) as server:
        followed(browser, server, seen)
        doored(browser, server, seen)
        lectured(browser, server, seen)
