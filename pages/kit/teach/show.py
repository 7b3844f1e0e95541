"""Presenting a lecture: its slides one by one, each on the page of its step."""

from __future__ import annotations

import functools
from collections.abc import Callable

import streamlit as st

from core.catalog import Language
from core.teaching import lectures
from core.teaching.kinds import Asked, Lecture, Phase, Step
from core.teaching.mistakes import LectureAway
from pages.kit import permalink
from pages.kit.permalink import PRESENTING, Link
from pages.kit.session import own, session
from pages.kit.teach import bar, ready, room, take
from pages.kit.teach.mine import CODE, Draft
from pages.kit.text import Words, plain, words

STATE = -1
"""The slide of a page that shows it as it was when presenting began."""
ALONE: tuple[Phase, ...] = ("ask", "again")
"""The phases in which no figure gives the answer away."""


def running(link: Link) -> Lecture | None:
    """The lecture that is presented, None without one. Errors: those of a code that is damaged."""
    code = str(link.shared("lecture"))
    return named(code, link.page_language) if code and link.shared("present") else None


def named(code: str, language: Language) -> Lecture:
    """A bundled lecture by its id, the visitor's own, or a packed one.

    Errors: LectureAway where the own one is not here, those of ``lectures.unpack``.
    """
    if code == CODE:
        if not (mine := own(Draft).lecture).steps:
            raise LectureAway
        return mine
    return lectures.find(code, language) if code in lectures.BUNDLED else _unpacked(code)


@functools.lru_cache(maxsize=32)
def _unpacked(code: str) -> Lecture:
    return lectures.unpack(code)


def code_of(lecture: Lecture) -> str:
    """What a link says to present a lecture: where it is too long for one, that it is the visitor's own."""
    code = lecture.id or lectures.pack(lecture)
    return CODE if permalink.too_long(code) else code


def phase(lecture: Lecture, number: int) -> tuple[Step, Phase | None]:
    """The step that a slide is of, and its phase; None at the end."""
    slides = lecture.slides()
    at, found = slides[min(number, len(slides) - 1)]
    return lecture.steps[at], found if number < len(slides) else None


def leave_from(link: Link) -> None:
    """Note where presenting began: its end leads there."""
    session().back = link.url()
    session().back_text = link.text if permalink.too_long(link.text) else ""


def query(lecture: Lecture, number: int, *, presenter: bool = False, code: str = "") -> dict[str, str]:
    """The query parameters of a slide, complete; ``code`` is what a link calls the lecture already."""
    step, _ = phase(lecture, number)
    how = {
        "lang": lecture.language,
        "present": "1",
        "lecture": code or code_of(lecture),
        "slide": str(number),
    }
    return {**step.query, **how, **({"presenter": "1"} if presenter else {})}


def go(link: Link, lecture: Lecture, number: int) -> None:
    """Go to a slide; the one after the last is the end."""
    number = min(max(number, 0), len(lecture.slides()))
    code = str(link.shared("lecture")) if link.shared("present") else ""  # by which other windows know it
    step = phase(lecture, number)[0]
    asked = query(lecture, number, presenter=bool(link.shared("presenter")), code=code)
    if step.page != session().page:
        session().turned = step.page, asked
    else:
        link.adopt(asked)
        permalink.write(link.page)


def turn() -> None:
    """Go on to the page that a step has led to, once the pages are declared and nothing else is drawn."""
    turned, session().turned = session().turned, None
    if turned is not None:
        st.switch_page(f"pages/{turned[0]}.py", query_params=turned[1])


def begin(link: Link, lecture: Lecture) -> None:
    """Present a lecture from its first slide."""
    leave_from(link)
    go(link, lecture, 0)
    st.rerun()


def fetch(common: Words, link: Link) -> None:
    """Where the visitor's own lecture is presented and is not here yet: wait until the browser has brought it."""
    mine = own(Draft)
    if (
        link.shared("present")
        and link.shared("lecture") == CODE
        and not mine.lecture.steps
        and not mine.heard
    ):
        st.caption(common("lecture.fetching"))
        st.stop()


def arrive(link: Link, lecture: Lecture) -> None:
    """A link that names a slide and no state opens on the state of that slide."""
    assert link.page is not None
    number = link.number("slide")
    step = phase(lecture, number)[0]
    bare = not set(st.query_params) - {*PRESENTING, "lang"}
    if number > len(lecture.slides()) or number < 0 or step.page != link.page.stem or (bare and step.query):
        go(link, lecture, number)
        if session().turned is not None:
            st.rerun()


def draw(common: Words, link: Link, lecture: Lecture, step: Callable[[int], None]) -> None:
    """What stands above the figure, or, where there is none, all of the page: then nothing is run below it."""
    number, steps = link.number("slide"), len(lecture.slides())
    at, found = phase(lecture, number)
    place = common("lecture.of", title=lecture.title, step=min(number + 1, steps), steps=steps)
    notes, figure = bool(link.shared("presenter")), found is not None and found not in ALONE
    with st.container(key="gb_slide" if figure and not notes else "gb_alone", gap="xsmall"):
        second = "" if notes else link.url(presenter=True)
        bar.draw(common, link, place, step, figure=figure and not notes, notes=second)
        if notes:
            _notes(common, lecture, number)
        else:
            _slide(common, lecture, at, found)
            place = f"{lecture.id or lecture.title}/{lecture.steps.index(at)}"
            shown = (
                link.plain_url() if figure else link.plain_url().partition("?")[0]
            )  # the state is the answer
            room.strip(common, _asked(at, found) if found else None, found, shown, place)
    if notes or not figure:
        ready.compute(at, lecture.language)
        st.stop()


def _notes(common: Words, lecture: Lecture, number: int) -> None:
    """What the presenter alone sees: what stands on the wall, the note to it, and what comes next."""
    step, found = phase(lecture, number)
    slides = lecture.slides()
    at = slides[min(number, len(slides) - 1)][0]
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.caption(common("lecture.now", page=words(lecture.language, step.page)("page.title")))
        _slide(common, lecture, step, found)
        with st.container(border=True):
            st.markdown(plain(step.note) if step.note else common("lecture.no_note"))
    with right:
        passed = sum(one.minutes for one in lecture.steps[: at + 1])
        planned = sum(one.minutes for one in lecture.steps)
        st.caption(
            common("lecture.planned", minutes=round(step.minutes), passed=round(passed), all=round(planned))
        )
        st.caption(common("lecture.next"))
        after, coming = phase(lecture, number + 1)
        title = (
            common("lecture.over") if coming is None else words(lecture.language, after.page)("page.title")
        )
        st.markdown(f"**{title}**")
        if found is not None and coming is not None:
            st.markdown(_heading(lecture, after, coming))


def _slide(common: Words, lecture: Lecture, step: Step, found: Phase | None) -> None:
    if found is None:
        _end(common, lecture)
        return
    st.title(_heading(lecture, step, found), anchor=False)
    asked = _asked(step, found)
    if asked and found in ALONE:
        st.markdown("\n".join(f"- {option(common, asked, at)}" for at in range(len(asked.options))))
    elif asked:
        st.markdown(answer(common, asked))


def _asked(step: Step, found: Phase) -> Asked | None:
    """The question that a slide asks or answers."""
    return step.before if found in ("ask", "show") else step.after


def _heading(lecture: Lecture, step: Step, found: Phase) -> str:
    """What stands large on a slide: its question, or the sentence of its step, at least what the page asks."""
    asked = _asked(step, found)
    said = step.say if found == "show" else asked.text if asked else ""
    return plain(said) if said else words(lecture.language, step.page)("page.question")


def option(common: Words, asked: Asked, at: int) -> str:
    """A choice with its letter."""
    return common("lecture.option", letter=chr(ord("A") + at), text=asked.options[at])


def answer(common: Words, asked: Asked) -> str:
    """The right choice, and why."""
    right = f"**{option(common, asked, asked.answer)}**"
    return f"{right} — {plain(asked.why)}" if asked.why else right


def _end(common: Words, lecture: Lecture) -> None:
    """That it is over, and the links to all states."""
    st.title(common("lecture.over"), anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(common("lecture.over_help"), width="stretch")
        take.offer(common, lecture)
    for number, step in enumerate(lecture.steps, 1):
        st.page_link(
            f"pages/{step.page}.py", label=f"{number}. {plain(ready.title(step, lecture.language))}",
            query_params={**step.query, "lang": lecture.language, "present": "1", "slide": str(STATE)},
        )  # fmt: skip
