"""The handout of a lecture: every state's figures with its sentence, its questions and its link, in one file."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import streamlit as st

from core import catalog, counters
from core.catalog import Language
from core.errors import GlassboxError
from core.jobs.asker import Asker, asking
from core.numbers import fill
from core.teaching import handout
from core.teaching.handout import About, Frame, Plot, Section
from core.teaching.kinds import Lecture, Step
from pages.kit import permalink, share
from pages.kit.permalink import Link
from pages.kit.session import address, own, visitor
from pages.kit.text import Words, told, words

Make = Callable[[], Frame | Plot]
NAME = "lecture_handout.html"


@dataclass(frozen=True, slots=True)
class Taken:
    """A state for a handout: what draws its figures, and its settings."""

    figures: tuple[Make, ...]
    settings: tuple[tuple[str, str], ...]


class Shown(Protocol):
    """A part of a page, see ``pages.kit.view.View``."""

    def take(self, link: Link) -> Taken:
        """Its figures in the state of a link."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One state of a lecture, computed: what its section in the handout is made of."""

    step: Step
    link: str
    taken: Taken
    missing: str = ""  # why it has no figure


@dataclass(slots=True)
class Sheets:
    """What was computed last for a handout, while it is offered."""

    asked: Lecture | None = None  # for which they are wanted
    of: Lecture | None = None  # whose they are
    sheets: tuple[Sheet, ...] = ()


def offer(common: Words, lecture: Lecture) -> None:
    """The button behind which a handout is chosen, made and taken home; of what is made only the last one is kept."""
    name, mine = lecture.id or "own", own(Sheets)
    with st.popover(
        common("handout.button"), icon=":material/print:", key=f"gb_handout_{name}", on_change="rerun"
    ) as opened:
        if opened.open:
            _choose(common, lecture, name)
        elif mine.of == lecture:
            mine.of, mine.sheets = None, ()


def _choose(common: Words, lecture: Lecture, name: str) -> None:
    mine = own(Sheets)
    st.markdown(common("handout.help"))
    notes = st.checkbox(common("handout.notes"), key=f"gb_handout_notes_{name}")
    if mine.asked == lecture:
        mine.of, mine.sheets, mine.asked = lecture, _computed(common, lecture), None
    if mine.of == lecture:
        _finished(common, lecture, name, notes=notes)
    else:
        st.button(
            common("handout.make"), key=f"gb_handout_make_{name}", icon=":material/description:", on_click=_ask,
            args=(lecture,),
        )  # fmt: skip


def _ask(lecture: Lecture) -> None:
    own(Sheets).asked = lecture


def _computed(common: Words, lecture: Lecture) -> tuple[Sheet, ...]:
    """Every state, with its figures or the reason why it has none; how far it is is shown."""
    bar, count, sheets = st.progress(0.0), len(lecture.steps), []
    for at, step in enumerate(lecture.steps):
        bar.progress(at / count, text=common("lectures.preparing", step=at + 1, steps=count))
        with asking(Asker(visitor() or None, address=address())):
            sheets.append(sheet(step, lecture.language))
    bar.empty()
    return tuple(sheets)


def sheet(step: Step, language: Language) -> Sheet:
    """A state of a lecture, computed."""
    page = catalog.find(step.page)
    link = permalink.held(page, step.query, language)
    views: Mapping[str, Shown] = importlib.import_module(f"pages.views.{page.stem}.views").VIEWS
    try:
        taken, missing = (views.get(str(link.get(page.by))) or next(iter(views.values()))).take(link), ""
    except GlassboxError as error:
        counters.told(error)
        here = words(language, page.stem)
        id, values = told(here, error)
        taken, missing = Taken((), ()), fill(here.get(id), language, **values)
    if not taken.figures and not missing:
        missing = words(language)("handout.no_figure")
    return Sheet(step, share.reachable(link.plain_url()), taken, missing)


def _finished(common: Words, lecture: Lecture, name: str, *, notes: bool) -> None:
    """The file, and which of its states have no figure."""
    sheets = own(Sheets).sheets
    st.download_button(
        common("handout.save"), lambda: made(lecture, sheets, notes=notes), NAME, "text/html",
        key=f"gb_handout_save_{name}", icon=":material/download:", type="primary", on_click="ignore",
    )  # fmt: skip
    if lacking := [str(at) for at, one in enumerate(sheets, 1) if one.missing]:
        st.caption(common("handout.lacking", steps=common("list_separator").join(lacking)))
    if any(share.is_local(one.link) for one in sheets):
        st.caption(common("handout.local"))


def made(lecture: Lecture, sheets: Sequence[Sheet], *, notes: bool) -> str:
    """The file of a lecture; ``notes``: with those for the presenter."""
    here = words(lecture.language)
    minutes = round(sum(step.minutes for step in lecture.steps))
    size = here("lectures.size", count=len(lecture.steps), minutes=minutes)
    lead = "\n".join(filter(None, (size, lecture.about)))
    sections = [_section(one, at, lecture.language, notes=notes) for at, one in enumerate(sheets, 1)]
    return built(about_of(here, lecture.title, lead), sections)


def _section(one: Sheet, at: int, language: Language, *, notes: bool) -> Section:
    step, here = one.step, words(language, one.step.page)
    title, minutes = here("page.title"), here("handout.minutes", minutes=step.minutes)
    return Section(
        [make() for make in one.taken.figures], one.taken.settings, one.link,
        f"{at}. {step.say or here('page.question')}", f"{title} · {minutes}", step.before, step.after,
        step.note if notes else "", one.missing,
    )  # fmt: skip


def about_of(here: Words, title: str, lead: str) -> About:
    """What a handout says around its states."""
    named = {id: here(f"handout.{id}") for id in ("before", "after", "answer", "answers", "note", "left_out")}
    return About(here.language, title, lead, named)


def built(about: About, sections: Sequence[Section]) -> str:
    """The file."""
    import plotly.offline

    return handout.build(about, sections, plotly.offline.get_plotlyjs())
