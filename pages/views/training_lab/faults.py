"""Spot the fault: a faulty run beside its twin; which fault it is is said once it was guessed."""

from __future__ import annotations

import streamlit as st

from core.catalog.training_lab import FAULTS
from core.compute.training_lab import curves, judged
from core.compute.training_lab.curves import Case
from core.figures.training_lab import race as figures
from pages.kit import controls, permalink, prompt, reading
from pages.kit.frame import Opened
from pages.kit.view import Chart, Found, Rows, Table

STEM, NONE = "training_lab", "none"
LOSSES = Chart("tl_faulty", figures.faulty)
NORMS = Chart("tl_fault_norms", figures.norms)


def fields(page: Opened) -> None:
    """Which run, and what is guessed."""
    if page.link.shared("present"):
        return
    with st.container(width=320):
        controls.number(page, "case", clears=("guess",))
    st.markdown(f"**{page.words('params.guess.label')}**")
    guess = str(page.link.get("guess"))
    titles = {one: page.words(f"params.guess.{one}") for one in FAULTS}
    prompt.pills(
        page, titles, None if guess == NONE else guess, lambda one: permalink.link(STEM).set(guess=one)
    )


def draw(page: Opened, found: Found) -> None:
    """Losses beside norms."""
    left, right = st.columns([3, 2], gap="medium")
    with left:
        LOSSES.mount(page, found)
    with right:
        NORMS.mount(page, found)


def say(page: Opened, found: Found) -> None:
    """What both answer at the end; the fault itself only after a guess."""
    one: Case = found.of(curves.case)
    reading.line(
        page, "notice.clue", found.badge, this=float(one.faulty.accuracy[-1]), twin=float(one.sound.accuracy[-1]),
        held=float(one.faulty.held_out[-1]), train=judged.end_loss(one.faulty),
    )  # fmt: skip
    guess = str(page.link.get("guess"))
    if guess == NONE:
        return
    names = {"fault": page.words(f"params.guess.{one.fault}"), "guess": page.words(f"params.guess.{guess}")}
    told = "notice.guessed" if guess == one.fault else "notice.guessed_not"
    st.markdown(page.words(told, **names))
    st.markdown(page.words(f"notice.fault_{one.fault}", **numbers(one)))


def numbers(found: Case) -> dict[str, float]:
    """What the sentence about a fault may name."""
    this, twin = found.faulty, found.sound
    return {
        "held": float(this.held_out[-1]), "honest": float(this.honest[-1]), "twin": float(twin.honest[-1]),
        "train": judged.end_loss(this), "share": float(this.accuracy[-1]), "norms": judged.norm_ratio(found),
    }  # fmt: skip


def rows(page: Opened, found: Found) -> Table:
    """Every point of both runs."""
    names = [page.words(f"columns.{one}") for one in figures.FAULT_COLUMNS]
    return names, figures.fault_rows(found.of(curves.case), page.words.get("charts"))


FILES = (Rows(rows, "fault.csv"),)
