"""What each view of the page ``parallel_training`` computes."""

from __future__ import annotations

from typing import cast

from core.calls import Call, Plan, call
from core.catalog import State
from core.compute.parallel_training.formulas import memory, traffic
from core.compute.parallel_training.measured import Measured, measured
from core.compute.parallel_training.schedules import Kind, schedule


def _real(state: State) -> Call[Measured]:
    """The bundled runs of real processes."""
    return call(measured, processes=int(str(state["real"])), precision=str(state["bits"]))


def pipeline(state: State) -> Plan:
    """One step of a pipeline."""
    kind = cast("Kind", state["kind"])
    yield call(
        schedule, kind=kind, stages=state["p"], micro=state["m"], ratio=state["back"],
        chunks=state["v"] if kind == "interleaved" else 1,
    )  # fmt: skip


def held(state: State) -> Plan:
    """Who holds what: of a model by formula, and counted in real processes."""
    yield call(memory, size=str(state["size"]), processes=state["n"])
    yield _real(state)


def wire(state: State) -> Plan:
    """What travels: counted in real processes, and for a model by formula."""
    yield _real(state)
    yield call(traffic, size=str(state["size"]), processes=state["n"])


def proof(state: State) -> Plan:
    """That all ways come to the same."""
    yield _real(state)


def picture() -> Plan:
    """What the page's picture in the gallery is drawn from."""
    yield call(schedule, kind="one_f", stages=4, micro=8, ratio=2.0, chunks=1)


VIEWS = {"pipeline": pipeline, "memory": held, "wire": wire, "proof": proof}


def calls(state: State) -> Plan:
    """What the view of a state computes."""
    yield from VIEWS[str(state["view"])](state)
