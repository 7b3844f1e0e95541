"""The part ``film`` of ``training_lab``: where heads look and how token vectors lie, moment by moment."""

from __future__ import annotations

import streamlit as st

from core.catalog.training_lab import BUNDLES
from core.compute.training_lab import parts
from core.compute.training_lab.films import film
from core.data import lab_runs
from core.figures.training_lab import film as figures
from pages.kit import controls, reading
from pages.kit.frame import Opened
from pages.kit.view import Canvas, Found, Rows, Table, View, spoken

FILM = Canvas(
    "film", "tl_film", figures.payload, words="film_canvas", shows=("layer", "head", "moment"), options=spoken,
    html=("export.film", "film.html"),
)  # fmt: skip


def bundle(page: Opened) -> None:
    """Which bundled run."""
    there = [one for one in BUNDLES if one in lab_runs.names()]
    with st.container(width=300):
        controls.select(
            page, "bundle", {one: page.words(f"params.bundle.{one}") for one in there}, clears=("moment",)
        )


def fields(page: Opened) -> None:
    """The run; a lecture keeps it."""
    if not page.link.shared("present"):
        bundle(page)


def say(page: Opened, found: Found) -> None:
    """How much was trained, and what the film is of."""
    one = found.of(film)
    reading.line(
        page, "notice.film", found.badge, count=len(one.frames), steps=one.frames[-1], pieces=len(one.pieces),
        first=float(one.held_out[0]), last=float(one.held_out[-1]),
    )  # fmt: skip


def rows(page: Opened, found: Found) -> Table:
    """Every piece at every moment."""
    return [page.words(f"columns.{name}") for name in figures.COLUMNS], figures.rows(found.of(film))


VIEW = View(
    parts.film, (FILM,), say, (Rows(rows, "film.csv"),), fields=fields, model=lambda _: "",
    sources=(lab_runs.film_of,),
)  # fmt: skip
