"""What each part of the page ``training_lab`` computes."""

from __future__ import annotations

from core.calls import Plan, call
from core.catalog import State
from core.catalog.training_lab import INDUCTION, RACES
from core.compute.training_lab import curves, parts


def runs(state: State) -> Plan:
    """One bundled run, or the training in which the induction head forms."""
    if state["run"] == INDUCTION:
        yield call(curves.induction)
    else:
        yield call(curves.curves, run=state["run"])


def racing(state: State) -> tuple[str, ...]:
    """The runs of a race: those chosen of its own, all of them where fewer than two are."""
    own = RACES[str(state["race"])]
    given = state["ghosts"]
    chosen = tuple(one for one in own if isinstance(given, tuple) and one in given)
    return chosen if len(chosen) >= 2 else own


def race(state: State) -> Plan:
    """Each run of a race."""
    for name in racing(state):
        yield call(curves.curves, run=name)


def faults(state: State) -> Plan:
    """A run with a fault beside its twin."""
    yield call(curves.case, number=state["case"])


def search(_: State) -> Plan:
    """All trials."""
    yield call(curves.searched)


def picture() -> Plan:
    """What the page's picture in the gallery is drawn from."""
    yield from race({"race": "overfitting", "ghosts": ()})


PARTS = {
    "runs": runs, "film": parts.film, "race": race, "faults": faults, "gradients": parts.gradients, "search": search,
    "live": parts.live,
}  # fmt: skip


def calls(state: State) -> Plan:
    """What the part of a state computes."""
    yield from PARTS[str(state["part"])](state)
