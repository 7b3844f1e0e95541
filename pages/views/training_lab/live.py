"""The part ``live`` of ``training_lab``: a training here and now, watched, paused, gone on with, forked.

It runs in a process of its own while the visitor's tab is open (``core.training.lab.live``); a fragment looks at it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import streamlit as st

from core.catalog.training_lab import BATCHES, CLIPS, DECAYS, DROPOUTS, RATES, STEPS, TASKS_LIVE, WARMUPS
from core.compute.training_lab import parts
from core.data.lab_recipe import CHOICES, LONGEST
from core.data.uploads import decoded
from core.figures.training_lab import live as figures
from core.figures.training_lab.live import Shown
from core.training.lab import live, sizes
from core.training.lab.live import Seen, Training
from core.training.lab.sizes import Size
from pages.kit import controls, frame, own_text
from pages.kit.cache import Badge, Outcome
from pages.kit.frame import Opened
from pages.kit.session import is_there, own, own_link, visitor
from pages.kit.view import Chart, Found, Rows, Table, View
from pages.views.training_lab import runs

STEM = "training_lab"
WAY = ("waiting", "starting", "importing", "first", "training")
"""Stages of a training that has not ended, in their order."""
PACE = dict.fromkeys(WAY, 1.0)
"""Seconds between two looks at it."""


@dataclass(slots=True)
class Trainings:
    """The trainings of a session."""

    order: list[str] = field(default_factory=list)  # ids, the oldest first
    shown: str = ""
    parents: dict[str, str] = field(default_factory=dict)  # of a fork: what it left
    asked: str = ""  # what a button has asked for, and is not yet done: "start", "fork"


def _button(page: Opened, name: str, icon: str, kind: Literal["primary", "secondary"] = "secondary") -> bool:
    """A button whose click is not lost where the page is drawn anew before it is reached."""
    mine = own(Trainings)

    def ask() -> None:
        mine.asked = name

    st.button(
        page.words(f"live.{name}"), key=f"tl_{name}", type=kind, icon=f":material/{icon}:", on_click=ask
    )
    done = mine.asked == name
    mine.asked = "" if done else mine.asked
    return done


# --- the recipe -----------------------------------------------------------------------------------


def fields(page: Opened) -> None:
    """What is trained, and how; the button that starts it."""
    if page.link.shared("present"):
        return
    words = page.words
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        _select(page, "task", {one: words(f"params.task.{one}") for one in TASKS_LIVE}, 200)
        _select(page, "size", {one.id: words(f"params.size.{one.id}") for one in sizes.offered()}, 190)
        for name in ("optimizer", "schedule"):
            _select(page, name, {one: words(f"recipe.{name}_{one}") for one in CHOICES[name]}, 190)
        _select(page, "rate", {str(one): str(one) for one in RATES}, 130)
        with st.container(width=190):
            controls.slide(page, "steps", STEPS)
    if page.link.get("task") == "own":
        own_text.box(page, most=LONGEST, read=decoded)
    with st.expander(words("live.more")), st.container(horizontal=True, gap="medium"):
        for name, values in (("batch", BATCHES), ("warmup", WARMUPS)):
            with st.container(width=190):
                controls.slide(page, name, values)
        for name, choices in (("dropout", DROPOUTS), ("decay", DECAYS), ("clip", CLIPS)):
            _select(page, name, {str(one): str(one) for one in choices}, 130)
        with st.container(width=190):
            controls.number(page, "seed")
    if _button(page, "start", "play_arrow", "primary"):
        with frame.guard(words):
            _begin(page)


def _select(page: Opened, name: str, titles: dict[str, str], width: int) -> None:
    with st.container(width=width):
        controls.select(page, name, titles)


def _size(page: Opened) -> Size:
    """The size that was asked for, or the largest one that this host has room for."""
    there = sizes.offered()
    return next((one for one in there if one.id == page.link.get("size")), there[-1])


def _begin(page: Opened) -> None:
    """Start what the state asks for; what this visitor has running stops. Errors: those of ``live.start``."""
    size = _size(page)
    recipe = parts.recipe(
        page.state(), layers=size.layers, width=size.width, heads=size.heads, text=own_text.typed(STEM)
    )
    live.check(recipe)
    _rest()
    who, link = visitor(), own_link()
    _take(live.start(recipe, who, lambda: is_there(who, link)))


def _rest() -> None:
    for one in live.of(visitor()):
        if not one.over:
            live.stop(one)


def _take(training: Training, parent: str = "") -> None:
    """From now on this one is shown."""
    mine = own(Trainings)
    mine.order.append(training.id)
    mine.shown = training.id
    if parent:
        mine.parents[training.id] = parent


# --- watching -------------------------------------------------------------------------------------


def _there() -> dict[str, Training]:
    """The visitor's trainings that are kept, the oldest first."""
    found = {id: live.find(id, visitor()) for id in own(Trainings).order}
    return {id: one for id, one in found.items() if one is not None}


def _name(page: Opened, id: str) -> str:
    return page.words("live.run", number=own(Trainings).order.index(id) + 1)


def shown(page: Opened) -> Shown | None:
    """The training that is looked at, over the others; None before there is one, or a point of it."""
    mine, there = own(Trainings), _there()
    if mine.shown not in there or not len(there[mine.shown].seen().step):
        return None
    others = [(id, one.seen()) for id, one in there.items() if id != mine.shown]
    ghosts = tuple((_ghost(page, id), seen) for id, seen in others if len(seen.step))
    return Shown(_name(page, mine.shown), there[mine.shown].seen(), ghosts)


def _ghost(page: Opened, id: str) -> str:
    mine = own(Trainings)
    left = mine.parents.get(mine.shown) == id
    return page.words("live.parent", name=_name(page, id)) if left else _name(page, id)


def draw(page: Opened, _: Found) -> None:
    """The training, drawn again while it goes on."""
    one = _there().get(own(Trainings).shown)
    if one is None:
        st.info(page.words("live.nothing"), icon=":material/model_training:")
        return
    pace = PACE.get(one.seen().stage)
    st.fragment(_look, run_every=pace)(page, pace)


def _look(page: Opened, pace: float | None) -> None:
    one = _there().get(own(Trainings).shown)
    if one is None:
        st.rerun()
    seen = one.seen()
    with frame.guard(page.words):
        _bar(page, one, seen)
        _way(page, seen)
        live.seen(one)  # what it failed with is told here
        if found := shown(page):
            _curves(page, found)
        if pace is None:
            _over(page, one, seen)
    if PACE.get(seen.stage) != pace:
        st.rerun()  # another pace, or none


def _bar(page: Opened, one: Training, seen: Seen) -> None:
    """What can be done with it, and which of several is looked at."""
    words = page.words
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if seen.stage in PACE:
            if seen.stage == "training" and st.button(
                words("live.pause"), key="tl_pause", icon=":material/pause:"
            ):
                live.pause(one)
                st.rerun()
            if st.button(words("live.stop"), key="tl_stop", icon=":material/stop:"):
                live.stop(one)
                st.rerun()
        elif seen.stage != "ended" and st.button(
            words("live.resume"), key="tl_resume", icon=":material/play_arrow:"
        ):
            _rest()
            live.resume(one)
            st.rerun()
        if len(there := list(_there())) > 1:
            _switch(page, there)


def _switch(page: Opened, there: list[str]) -> None:
    mine = own(Trainings)
    st.session_state["tl_which"] = mine.shown
    st.segmented_control(
        page.words("live.which"), there, key="tl_which", required=True, label_visibility="collapsed",
        format_func=lambda id: _name(page, id), on_change=_switched,
    )  # fmt: skip


def _switched() -> None:
    own(Trainings).shown = str(st.session_state["tl_which"])


def _way(page: Opened, seen: Seen) -> None:
    """How far it is: on the way to its first point, or along its steps."""
    words = page.words
    if seen.stage == "waiting":
        st.markdown(frame.queue_place(words, "live", max(1, seen.place), seen.seconds))
    elif seen.stage in WAY[:-1]:
        at = WAY.index(seen.stage)
        names = [words(f"live.stage_{name}") for name in WAY]
        done = [f"✓ {name}" for name in names[:at]]
        st.markdown(" → ".join([*done, f"**{names[at]} …**", *names[at + 1 :]]))
    elif len(seen.step):
        step = int(seen.step[-1])
        told = words(f"live.ended_{seen.ended}") if seen.ended else words(f"live.now_{seen.stage}")
        st.progress(
            parts.within(step, seen.recipe),
            text=words(
                "live.so_far", told=told, step=step, steps=seen.recipe.steps, loss=float(seen.loss[-1]),
                speed=float(seen.speed[-1]),
            ),
        )  # fmt: skip


def _curves(page: Opened, one: Shown) -> None:
    """Losses beside what it writes; below them norms and rate."""
    found = Found((), (Outcome(one, Badge("exact")),))
    left, right = st.columns([3, 2], gap="medium")
    with left:
        LOSS.mount(page, found)
    with right:
        if one.seen.frames:
            runs.samples(page, one.seen, len(one.seen.frames) - 1)
    if not page.link.shared("present"):
        NORMS.mount(page, found)


# --- forks ----------------------------------------------------------------------------------------


def _over(page: Opened, one: Training, seen: Seen) -> None:
    """What is said of a training that rests, and where it can be left with another rate."""
    if not seen.frames or page.link.shared("present"):
        return
    words = page.words
    st.markdown(f"**{words('live.fork_title')}**")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        with st.container(width=320):
            step = st.select_slider(
                words("live.fork_step"), seen.frames, key=f"tl_fork_{one.id}",
                value=parts.middle(seen.frames), format_func=lambda step: words("gradients.step", step=step),
            )  # fmt: skip
        with st.container(width=150):
            rate = st.selectbox(words("live.fork_rate"), RATES, key="tl_fork_rate", index=RATES.index(0.001))
        if _button(page, "fork", "fork_right"):
            _rest()
            who, link = visitor(), own_link()
            _take(live.fork(one, int(step), who, lambda: is_there(who, link), rate=float(rate)), one.id)
            st.rerun()


# --- to take home ---------------------------------------------------------------------------------


def last(page: Opened) -> Found | None:
    """What was trained last, as far as it has come."""
    one = shown(page)
    return None if one is None else Found((), (Outcome(one, Badge("exact")),))


def rows(page: Opened, found: Found) -> Table:
    """Every step of every training that is kept."""
    return [page.words(f"columns.{name}") for name in figures.COLUMNS], figures.rows(found.values[0])


def some(found: Found) -> bool:
    """Whether there is a training to draw."""
    return bool(found.outcomes)


LOSS = Chart("tl_live_loss", figures.losses, words=("charts", "live_charts"), there=some)
NORMS = Chart("tl_live_norms", figures.norms, words=("charts", "live_charts"), there=some)
VIEW = View(
    parts.live, (LOSS, NORMS), lambda _, __: None, (Rows(rows, "training.csv"),), fields=fields, draw=draw,
    model=lambda _: "", last=last,
)  # fmt: skip
