"""The head line, the experiments (predict, then reveal), and presenting them step by step."""

from __future__ import annotations

import functools

import streamlit as st

from core.catalog import Question, Value
from pages.kit import permalink, share
from pages.kit.permalink import Link
from pages.kit.session import session
from pages.kit.text import Words


def head(words: Words, link: Link) -> None:
    """Title, the question in one sentence, and at the right: share, lecture."""
    if link.shared("present"):
        _presented(words, link)
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


def _start(link: Link) -> None:
    session().back, session().back_text = link.url(), link.text if permalink.too_long(link.text) else ""
    session().state["present"] = True
    go(link, 0)


def step(move: int) -> None:
    """One step on (1) or back (−1) in the lecture; 0 ends it."""
    stem = session().page
    if not stem:
        return
    link = permalink.link(stem)
    if move == 0:
        session().state["present"] = False
        permalink.write(link.page)
        return
    go(link, link.number("slide") + move)


def go(link: Link, number: int) -> None:
    """Go to a step: even steps ask a question, odd ones reveal its answer."""
    assert link.page is not None
    questions = link.page.questions
    number = min(max(number, 0), 2 * len(questions) - 1)
    question = questions[number // 2]
    session().state["slide"] = number
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
    wide = 3 if len(questions) in (5, 6) else min(len(questions), 4)
    with st.container(
        key=f"gb_experiments_{wide}"
    ):  # a grid of the page's style, which keeps the order when narrow
        for question in questions:
            with st.container(border=True, gap="small"):
                _card(words, link, question)


def _value(link: Link, question: Question, name: str) -> Value:
    """The value of a parameter in the state that answers a question."""
    assert link.page is not None
    state = question.reveal.values(link.page_language)
    return state.get(name, link.page.param(name).default)


def _card(words: Words, link: Link, question: Question) -> None:
    """A question, whose options are its answers; once one was chosen, the right one is marked and the reason said."""
    guess, key = session().guesses.get(question.id), f"gb_guess_{question.id}"
    say = functools.partial(_say, words, question)
    st.session_state[key] = guess

    def named(option: str) -> str:
        return f":material/check: {say(option)}" if guess and option == question.answer else say(option)

    st.pills(
        f"**{say('question')}**", question.options, key=key, format_func=named, width="stretch",
        on_change=_guess, args=(link, question),
    )  # fmt: skip
    if guess:
        verdict = (
            words("guess_right")
            if guess == question.answer
            else words("guess_wrong", answer=say(question.answer))
        )
        st.markdown(words.join(verdict, say("why")))
        st.button(
            words("look_above"), key=f"gb_look_{question.id}", icon=":material/arrow_upward:", type="tertiary",
            on_click=_look, args=(question.figure,),
        )  # fmt: skip


def _guess(link: Link, question: Question) -> None:
    """Take an answer; the one that was given already, clicked again, shows its state again."""
    guesses = session().guesses
    guesses[question.id] = st.session_state[f"gb_guess_{question.id}"] or guesses[question.id]
    link.apply(question.reveal)


def _look(figure: str) -> None:
    """Bring the figure that shows the answer into view."""
    session().scroll = (session().scroll[0] + 1, figure)


def _presented(words: Words, link: Link) -> None:
    """The head line while presenting: the page's name small, the question large, then its answer."""
    assert link.page is not None
    steps = 2 * len(link.page.questions)
    number = min(link.number("slide"), steps - 1)
    question = link.page.questions[number // 2]
    say = functools.partial(_say, words, question)
    with st.container(key="gb_slide", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            place = words("lecture.place", step=number + 1, steps=steps)
            st.caption(f"{words('page.title')} · {place}", width="stretch")
            for id, move, icon in (
                ("back", -1, "chevron_left"),
                ("on", 1, "chevron_right"),
                ("end", 0, "close"),
            ):
                st.button(
                    "", key=f"gb_slide_{id}", icon=f":material/{icon}:", help=words(f"lecture.{id}"),
                    type="tertiary", on_click=step, args=(move,),
                )  # fmt: skip
        st.title(say("question"), anchor=False)
        if number % 2:
            st.markdown(f"**{say(question.answer)}** — {say('why')}")
        else:
            st.markdown(" · ".join(say(option) for option in question.options))


def _say(words: Words, question: Question, id: str) -> str:
    return words(f"experiments.{question.id}.{id}")
