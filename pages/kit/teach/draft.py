"""The visitor's own lecture: states are added from their pages, put in order, and given notes and questions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import urlencode

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.data.uploads import decoded
from core.teaching import lectures
from core.teaching.kinds import Asked, Lecture, Step
from pages.kit import share
from pages.kit.permalink import Link
from pages.kit.session import emptied, own
from pages.kit.teach import ready, show
from pages.kit.teach.mine import CODE, Draft, take
from pages.kit.teach.take import offer
from pages.kit.text import Words, plain

FILE = "gb_lecture_file"
RIGHT = "*"
"""Begins the line of the right choice."""
NEW = Step("")


def _changed(steps: Sequence[Step], *, title: str | None = None) -> None:
    """Other steps or another title, read again as a file would be; without a step there is nothing to read."""
    mine = own(Draft).lecture
    new = replace(mine, title=mine.title if title is None else title, steps=tuple(steps))
    take(lambda: lectures.parse(lectures.write(new)) if steps else new)


def draw(common: Words, link: Link, leave: Callable[[], None]) -> None:
    """The list of steps, what is done with each, and with all; ``leave`` is called where it is presented."""
    mine = own(Draft)
    if not mine.lecture.title:
        mine.lecture = replace(mine.lecture, title=common("lectures.untitled"), language=link.page_language)
    if mine.error is not None:
        st.warning(common(f"errors.{mine.error.key}", **mine.error.values), icon=":material/info:")
    _title(common, link)
    if not mine.lecture.steps:
        st.info(common("lectures.none"), icon=":material/playlist_add:")
    for at, step in enumerate(mine.lecture.steps):
        _step(common, at, step)
    if mine.lecture.steps:
        _whole(common, link, mine.lecture, leave)
    _import(common)


def _title(common: Words, link: Link) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.session_state["gb_lecture_title"] = own(Draft).lecture.title
        st.text_input(
            common("lectures.name"), key="gb_lecture_title", max_chars=lectures.TITLE, on_change=_retitle
        )
        if link.page is None:  # at home
            return
        st.button(
            common("lectures.add"), key="gb_lecture_add", icon=":material/playlist_add:", type="primary",
            on_click=_add, args=(link,),
        )  # fmt: skip


def _retitle() -> None:
    if title := str(st.session_state["gb_lecture_title"] or "").strip():
        _changed(own(Draft).lecture.steps, title=title)


def _add(link: Link) -> None:
    """The state of the page below becomes the last step."""
    assert link.page is not None
    step = Step(link.page.stem, link.query())
    mine = own(Draft)
    if not mine.lecture.steps:
        mine.lecture = replace(mine.lecture, language=link.page_language)
    _changed([*mine.lecture.steps, step])


def _step(common: Words, at: int, step: Step) -> None:
    """One step: what is said and asked there, behind its name; and its place in the order."""
    title = ready.title(step, own(Draft).lecture.language)
    steps = list(own(Draft).lecture.steps)
    moves = (
        ("up", "arrow_upward", at > 0, partial(_swap, at - 1)),
        ("down", "arrow_downward", at + 1 < len(steps), partial(_swap, at)),
        ("remove", "delete", True, partial(_remove, at)),
    )
    with st.container(horizontal=True, vertical_alignment="top", gap="xsmall"):
        with st.expander(f"{at + 1}. {plain(title)}"):
            _fields(common, at, step)
        for id, icon, possible, act in moves:
            st.button(
                "", key=f"gb_lecture_{id}_{at}", icon=f":material/{icon}:", type="tertiary", disabled=not possible,
                help=common(f"lectures.{id}"), on_click=act,
            )  # fmt: skip


def _swap(at: int) -> None:
    steps = list(own(Draft).lecture.steps)
    if 0 <= at < len(steps) - 1:
        steps[at], steps[at + 1] = steps[at + 1], steps[at]
        _changed(steps)


def _remove(at: int) -> None:
    steps = own(Draft).lecture.steps
    _changed(steps[:at] + steps[at + 1 :])


def _fields(common: Words, at: int, step: Step) -> None:
    """What is said, noted and asked at a step, taken over together."""

    def box(kind: Callable[..., Any], name: str, value: object, **options: Any) -> None:
        st.session_state[_key(at, name)] = value
        kind(common(f"lectures.{name}"), key=_key(at, name), **options)

    with st.form(f"gb_lecture_form_{at}", border=False, enter_to_submit=False):
        box(st.text_input, "say", step.say, max_chars=lectures.SAY)
        box(st.text_area, "note", step.note, max_chars=lectures.NOTE, height=90)
        box(
            st.number_input, "minutes", step.minutes, min_value=lectures.SHORTEST, max_value=lectures.LONGEST,
            step=0.5, format="%.1f",
        )  # fmt: skip
        for name, asked in (("before", step.before), ("after", step.after)):
            box(st.text_input, name, asked.text if asked else "", max_chars=lectures.QUESTION)
            box(
                st.text_area, f"{name}_options", _listed(asked), height=100, help=common("lectures.options_help"),
                max_chars=len(lectures.OPTIONS) * (lectures.OPTION + 2),
            )  # fmt: skip
            box(st.text_input, f"{name}_why", asked.why if asked else "", max_chars=lectures.WHY)
        st.form_submit_button(common("lectures.save"), icon=":material/check:", on_click=_save, args=(at,))


def _key(at: int, name: str) -> str:
    return f"gb_lecture_{name}_{at}"


def _listed(asked: Asked | None) -> str:
    """The choices, one a line, the right one marked."""
    options = asked.options if asked else ()
    return "\n".join(
        f"{RIGHT if asked and at == asked.answer else ''}{one}" for at, one in enumerate(options)
    )


def asked_of(text: str, listed: str, why: str) -> Asked | None:
    """The question that a visitor has typed; None where there is none. An answer that is not marked is −1."""
    lines = [line.strip() for line in listed.splitlines() if line.strip()]
    if not text.strip() and not lines:
        return None
    marked = [at for at, line in enumerate(lines) if line.startswith(RIGHT)]
    options = tuple(line.removeprefix(RIGHT).strip() for line in lines)
    return Asked(text.strip(), options, marked[0] if len(marked) == 1 else -1, why.strip())


def _save(at: int) -> None:
    def typed(name: str) -> str:
        return str(st.session_state.get(_key(at, name)) or "")

    steps = list(own(Draft).lecture.steps)
    if at >= len(steps):
        return
    before, after = (
        asked_of(typed(one), typed(f"{one}_options"), typed(f"{one}_why")) for one in ("before", "after")
    )
    minutes = float(st.session_state.get(_key(at, "minutes")) or NEW.minutes)
    steps[at] = replace(
        steps[at], say=typed("say"), note=typed("note"), minutes=minutes, before=before, after=after
    )
    _changed(steps)


def _whole(common: Words, link: Link, lecture: Lecture, leave: Callable[[], None]) -> None:
    """What is done with all of it: present, prepare, take home, send."""
    st.caption(
        common(
            "lectures.size",
            count=len(lecture.steps),
            minutes=round(sum(one.minutes for one in lecture.steps)),
        )
    )
    with st.container(horizontal=True):
        start(common, link, lecture, leave)
        st.button(
            common("lectures.prepare"), key="gb_lecture_warm", icon=":material/speed:", on_click=_ask_to_prepare,
            help=common("lectures.prepare_help"),
        )  # fmt: skip
        st.download_button(
            common("lectures.export"), lectures.write(lecture), "lecture.toml", "application/toml",
            key="gb_lecture_export", icon=":material/download:", on_click="ignore",
        )  # fmt: skip
        offer(common, lecture)
    _prepare(common, lecture)
    if show.code_of(lecture) != CODE:
        st.caption(common("lectures.link"))
        st.code(address(link, lecture), language=None, wrap_lines=True, height=80)
    else:
        st.caption(common("lectures.too_long"))


def start(common: Words, link: Link, lecture: Lecture, leave: Callable[[], None]) -> None:
    """The button that presents a lecture."""

    def begin() -> None:
        leave()
        show.begin(link, lecture)

    st.button(
        common("lecture.start"),
        key=f"gb_start_{lecture.id}",
        icon=":material/present_to_all:",
        on_click=begin,
    )


def address(link: Link, lecture: Lecture) -> str:
    """The link that presents a lecture from its first slide."""
    base = share.reachable(link.url()).partition("?")[0].rpartition("/")[0]
    return f"{base}/{show.phase(lecture, 0)[0].page}?{urlencode(show.query(lecture, 0))}"


def _ask_to_prepare() -> None:
    own(Draft).preparing = True


def _prepare(common: Words, lecture: Lecture) -> None:
    """Compute every state where that was asked for, so that none is waited for in class, and say what came of it."""
    mine, count = own(Draft), len(lecture.steps)
    if mine.preparing:
        bar, failed = st.progress(0.0), []
        for at, step in enumerate(lecture.steps):
            bar.progress(at / count, text=common("lectures.preparing", step=at + 1, steps=count))
            if not ready.compute(step, lecture.language):
                failed.append(str(at + 1))
        bar.empty()
        mine.preparing, mine.unready = False, tuple(failed)
    if mine.unready is not None:
        st.caption(common("lectures.prepared", count=count - len(mine.unready), all=count))
    if mine.unready:
        st.caption(common("lectures.not_prepared", steps=", ".join(mine.unready)))


def _import(common: Words) -> None:
    with st.expander(common("lectures.import"), icon=":material/upload:"):
        st.file_uploader(
            common("lectures.file"), type=["toml"], key=FILE, max_upload_size=lectures.LARGEST // 10**6,
            on_change=_read,
        )  # fmt: skip


def _read() -> None:
    """Take over a lecture that was brought along; the file is kept by nobody."""
    if isinstance(
        found := st.session_state.get(FILE), UploadedFile
    ):  # else one that another has taken the place of
        name, content = str(found.name), emptied(FILE)
        take(lambda: lectures.parse(decoded(content, name)))
