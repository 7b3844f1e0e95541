"""What each view of the page ``training_memory`` computes."""

from __future__ import annotations

from core.calls import Call, Plan, call
from core.catalog import State
from core.catalog.training_memory import PAGE
from core.compute.training_memory import precision
from core.compute.training_memory.estimate import Estimate, estimate
from core.compute.training_memory.measured import counted


def _estimate(state: State) -> Call[Estimate]:
    own = {name: state[name] for name in ("layers", "width", "heads", "vocabulary")}
    how = {
        name: state[name]
        for name in ("batch", "length", "precision", "optimizer", "keep", "zero", "processes", "rank")
    }
    if state["shape"] != "own":
        own = {name: PAGE.param(name).default for name in own}
    asked = {"shape": str(state["shape"]), **own, **how}
    return Call(estimate, asked)


def estimated(state: State) -> Plan:
    """The parts of a step's memory by the formulas."""
    yield _estimate(state)


def measured(state: State) -> Plan:
    """The parts of a small step's memory, counted; and what was noted of checkpoints."""
    yield call(counted, layers=int(str(state["depth"])), length=int(str(state["tokens"])))
    yield call(precision.timed)


def precisions(state: State) -> Plan:
    """Gradients in 16 bits, and what was noted of training with them."""
    yield call(precision.cast, scale=state["scale"])
    yield call(precision.trained)


def picture() -> Plan:
    """What the page's picture in the gallery is drawn from."""
    yield _estimate({param.name: param.default for param in PAGE.params})


VIEWS = {"estimate": estimated, "measured": measured, "precision": precisions}


def calls(state: State) -> Plan:
    """What the view of a state computes."""
    yield from VIEWS[str(state["view"])](state)
