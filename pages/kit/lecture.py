"""The head line, the experiments (predict, then reveal), and presenting them step by step."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from core.catalog import Question, Value
from core.errors import GlassboxError
from core.figures import payloads
from core.figures.buffer import pack
from core.teaching.kinds import Asked
from pages.kit import canvas, permalink, share
from pages.kit.permalink import Link
from pages.kit.session import session
from pages.kit.teach import bar, room, shelf, show
from pages.kit.teach.show import STATE
from pages.kit.text import Words
from pages.kit.text import words as words_of


def head(words: Words, link: Link) -> None:
    """Title, the question in one sentence, and at the right: share, present, lectures."""
    if link.shared("present"):
        if (running := show.running(link)) is None:
            _presented(words, link)
        else:
            show.draw(words, link, running, step)
        return
    with st.container(key="gb_head", horizontal=True, vertical_alignment="center", wrap=True):
        with st.container(width="stretch", gap=None):
            st.title(words("page.title"), anchor=False)
            st.markdown(words("page.question"))
        share.button(words, link)
        st.button(
            words("lecture.start"), key="gb_present", icon=":material/present_to_all:", help=words("lecture.help"),
            on_click=_start, args=(link,),
        )  # fmt: skip
        shelf.button(words, link)


def _start(link: Link) -> None:
    """Present the page as it is: that state comes before its questions."""
    show.leave_from(link)
    link.set(present=True, slide=STATE)


def arrive(link: Link) -> None:
    """A bare link to a lecture opens on the state that belongs to its slide."""
    show.fetch(words_of(link.language), link)
    running = show.running(link)
    if running is not None:
        show.arrive(link, running)
    elif "text" not in session().state and link.number("slide") > STATE:
        go(link, link.number("slide"))


def step(move: int) -> None:
    """One step on (1) or back (−1) in the lecture; 0 ends it."""
    link = permalink.link(session().page or None)
    if move:
        turn_to(link.number("slide") + move)
    elif link.page is not None:
        link.set(present=False, lecture="", presenter=False, slide=0)


def turn_to(number: int) -> None:
    """Go to a slide of the lecture, or of the page's own questions."""
    link = permalink.link(session().page or None)
    if link.page is None:
        return
    with contextlib.suppress(GlassboxError):  # one that cannot be read is told of where it would stand
        if (running := show.running(link)) is not None:
            show.go(link, running, number)
        else:
            go(link, number)


def go(link: Link, number: int) -> None:
    """Go to a step: before the first, the state that was prepared; then even ones ask, odd ones reveal the answer."""
    assert link.page is not None
    questions, visit = link.page.questions, session().visit
    if link.number("slide") == STATE:
        session().prepared = visit, link.own_state()
    least = STATE if session().prepared[0] == visit else 0
    number = min(max(number, least), 2 * len(questions) - 1)
    session().state["slide"] = number
    session().state.pop("figure", None)
    if number == STATE:
        link.restore(session().prepared[1])
        return
    question = questions[number // 2]
    link.apply(question.reveal if number % 2 else question.ask)


def experiments(words: Words, link: Link, *, by: str = "") -> None:
    """The experiment cards (not while presenting: the head line has the present step's then).

    With ``by``, the name of a parameter, only those whose answer is seen where that parameter is as it is now.
    """
    assert link.page is not None
    questions = link.page.questions
    if by:
        questions = tuple(question for question in questions if _value(link, question, by) == link.get(by))
    if link.shared("present") or not questions:
        return
    st.subheader(words("experiments_title"), anchor=False)
    meta: payloads.Questions = {
        "words": {"look_above": words("look_above")}, "language": words.language,
        "wide": 3 if len(questions) in (5, 6) else min(len(questions), 4),
        "questions": [_card(words, question) for question in questions],
    }  # fmt: skip
    canvas.mount("questions", pack(meta, {}, compress=False), key="gb_questions", guess=guess)


def _value(link: Link, question: Question, name: str) -> Value:
    """The value of a parameter in the state that answers a question."""
    assert link.page is not None
    state = question.reveal.values(link.page_language)
    return state.get(name, link.page.param(name).default)


def _card(words: Words, question: Question) -> payloads.Question:
    """A question with its options; once one was chosen, the right one and the reason."""
    say, guessed = functools.partial(_say, words, question), session().guesses.get(question.id, "")
    right = (
        words("guess_right")
        if guessed == question.answer
        else words("guess_wrong", answer=say(question.answer))
    )
    return {
        "id": question.id, "text": say("question"), "options": [[one, say(one)] for one in question.options],
        "guess": guessed, "answer": question.answer if guessed else "",
        "said": words.join(right, say("why")) if guessed else "", "figure": question.figure,
    }  # fmt: skip


def guess(value: Any) -> None:
    """Take an answer (visitor input) and go to the state that shows whether it is right."""
    link = permalink.link(session().page or None)
    if link.page is None or not isinstance(value, Mapping):
        return
    for question in link.page.questions:
        if question.id == value.get("question") and value.get("option") in question.options:
            session().guesses[question.id] = str(value["option"])
            link.apply(question.reveal)


def _presented(words: Words, link: Link) -> None:
    """The head line while presenting: the page's name small, the question large, then its answer."""
    assert link.page is not None
    steps = 2 * len(link.page.questions)
    number = min(link.number("slide"), steps - 1)
    with st.container(key="gb_slide", gap="xsmall"):
        place = (
            words("lecture.prepared")
            if number == STATE
            else words("lecture.place", step=number + 1, steps=steps)
        )
        bar.draw(words, link, f"{words('page.title')} · {place}", step)
        if number == STATE:
            st.title(words("page.question"), anchor=False)
            room.strip(words, None, None, link.plain_url())
        else:
            _question(words, link, link.page.questions[number // 2], number)


def _question(words: Words, link: Link, question: Question, number: int) -> None:
    assert link.page is not None
    say = functools.partial(_say, words, question)
    with st.container(gap="xsmall"):
        st.title(say("question"), anchor=False)
        if number % 2:
            st.markdown(f"**{say(question.answer)}** — {say('why')}")
        else:
            st.markdown(" · ".join(say(option) for option in question.options))
        asked = _asked(question, say)
        room.strip(
            words, asked, "show" if number % 2 else "ask", link.plain_url(), f"{link.page.stem}/{question.id}"
        )


def _asked(question: Question, say: Callable[[str], str]) -> Asked:
    """A question of a page as phones in a room are asked it."""
    options = tuple(say(option) for option in question.options)
    return Asked(say("question"), options, question.options.index(question.answer), say("why"))


def _say(words: Words, question: Question, id: str) -> str:
    return words(f"experiments.{question.id}.{id}")
