"""Bundled trainings over one another, and the search."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.catalog.training_lab import RACES
from core.compute.training_lab import calls, curves, judged
from core.compute.training_lab.curves import AXES, Curves, Search
from core.figures.training_lab import race as figures
from core.figures.training_lab import search as trials
from pages.kit import controls, permalink, reading
from pages.kit.frame import Opened
from pages.kit.view import Chart, Found, Rows, Table

STEM, GHOSTS = "training_lab", "w_tl_ghosts"


def with_curve(page: Opened, _: Found) -> dict[str, Any]:
    """Which curve is drawn."""
    return {"curve": str(page.link.get("curve"))}


RACE = Chart("tl_race", figures.race, options=with_curve)
ENDS = Chart("tl_ends", figures.ends)


def fields(page: Opened) -> None:
    """Which runs, and which of their curves."""
    if page.link.shared("present"):
        return
    controls.choice(page, "race", clears=("ghosts",))
    controls.choice(page, "curve")
    if len(RACES[str(page.link.get("race"))]) > 2:
        ghosts(page)


def ghosts(page: Opened) -> None:
    """A chip for each run of the race; of fewer than two all are raced again."""
    own = RACES[str(page.link.get("race"))]
    st.session_state[GHOSTS] = list(calls.racing(page.state()))

    def changed() -> None:
        chosen = tuple(one for one in own if one in st.session_state[GHOSTS])
        permalink.link(STEM).set(ghosts=() if chosen == own or len(chosen) < 2 else chosen)

    st.pills(
        page.words("params.ghosts.label"), own, key=GHOSTS, selection_mode="multi", on_change=changed,
        format_func=lambda one: name(page, one),
    )  # fmt: skip


def name(page: Opened, run: str) -> str:
    """What a run is called."""
    return page.words(f"charts.name_{run}")


def draw(page: Opened, found: Found) -> None:
    """The curves, and beside them how right and how sure each is at the end; in a lecture the curves alone."""
    if page.link.shared("present"):
        RACE.mount(page, found)
        return
    left, right = st.columns([3, 2], gap="medium")
    with left:
        RACE.mount(page, found)
    with right:
        ENDS.mount(page, found)


def listed(page: Opened, runs: list[Curves]) -> str:
    """Names of runs."""
    return page.words("list_separator").join(name(page, one.name) for one in runs)


def say(page: Opened, found: Found) -> None:
    """Which ends lowest, which rose again, which is surer than right."""
    runs: tuple[Curves, ...] = found.values
    order = judged.ranked(runs)
    reading.line(
        page, "notice.race_close" if judged.close(runs) else "notice.race_first", found.badge,
        first=name(page, order[0].name), low=float(order[0].honest[-1]), last=name(page, order[-1].name),
        high=float(order[-1].honest[-1]), apart=judged.apart(runs),
    )  # fmt: skip
    risen = [one for one in runs if judged.rose(one)]
    sure = [one for one in runs if judged.overconfident(one)]
    st.markdown(
        page.words("notice.race_rose" if risen else "notice.race_rose_none", names=listed(page, risen))
    )
    if not page.link.shared("present"):
        st.markdown(
            page.words("notice.race_sure" if sure else "notice.race_sure_none", names=listed(page, sure))
        )
        st.caption(page.words(f"races.{page.link.get('race')}"))


def rows(page: Opened, found: Found) -> Table:
    """What came of every run."""
    names = [page.words(f"columns.{one}") for one in figures.END_COLUMNS]
    return names, figures.end_rows(found.values, page.words.get("charts"))


FILES = (Rows(rows, "race.csv"),)


# --- the search -----------------------------------------------------------------------------------


def with_trials(page: Opened, _: Found) -> dict[str, Any]:
    """Which trials are drawn."""
    return {"trials": str(page.link.get("trials"))}


COORDINATES = Chart("tl_coordinates", trials.coordinates, options=with_trials)
RATES = Chart("tl_rates", trials.rates, options=with_trials)


def search_fields(page: Opened) -> None:
    """Which trials."""
    if not page.link.shared("present"):
        controls.choice(page, "trials")


def draw_search(page: Opened, found: Found) -> None:
    """Parallel coordinates beside the loss by rate."""
    left, right = st.columns([3, 2], gap="medium")
    with left:
        COORDINATES.mount(page, found)
    with right:
        RATES.mount(page, found)


def say_search(page: Opened, found: Found) -> None:
    """The best trial of those drawn, which kind found it, and what decides on the grid."""
    one: Search = found.of(curves.searched)
    kind = str(page.link.get("trials"))
    best = judged.best_trial(one, "" if kind == "all" else kind)
    values = {axis: float(one.values[best, at]) for at, axis in enumerate(AXES)}
    reading.line(
        page, "notice.search_best", found.badge, by=page.words(f"charts.{one.by[best]}"),
        held_out=float(one.held_out[best]), share=float(one.accuracy[best]), **values,
    )  # fmt: skip
    pair = {by: float(one.held_out[judged.best_trial(one, by)]) for by in ("grid", "random")}
    st.markdown(page.words(f"notice.search_{judged.better(one)}", **pair))
    if not page.link.shared("present"):
        rate, width = judged.spread(one, "rate"), judged.spread(one, "width")
        st.markdown(page.words(f"notice.search_{judged.decides(one) or 'same'}", rate=rate, width=width))


def trial_rows(page: Opened, found: Found) -> Table:
    """Every trial."""
    names = [page.words(f"columns.{one}") for one in trials.TRIAL_COLUMNS]
    return names, trials.trial_rows(found.of(curves.searched), page.words.get("charts"))


SEARCH_FILES = (Rows(trial_rows, "search.csv"),)
