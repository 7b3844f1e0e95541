"""The server's lines: how many jobs of each kind run at a time, for how long, and what becomes of the abandoned."""

from __future__ import annotations

from core import counters, host
from core.jobs.line import Line
from core.settings import setting

SLOTS = 1
"""Forward passes at a time (``$GLASSBOX_FORWARD_SLOTS``): each already uses all threads."""
TOGETHER = 4
"""Generations that take turns, a step each (``$GLASSBOX_GENERATIONS``)."""
LAPSE_S = 3.5
"""Seconds without a look at a generation after which its visitor counts as away."""
LIMIT_S = 600.0
"""Longest time of a projection, in seconds."""
LABS, LAB_BYTES = 2, 450_000_000
"""Live trainings at a time (``$GLASSBOX_LIVE_TRAININGS``), and the bytes that the process of one takes at most."""
KEPT = 4
"""Projections whose outcome or error is remembered when they are over."""

FORWARD = Line("forward", lambda: int(setting("GLASSBOX_FORWARD_SLOTS", SLOTS)))
GENERATIONS = Line("generation", lambda: int(setting("GLASSBOX_GENERATIONS", TOGETHER)), lapse=LAPSE_S)
PROJECTIONS = Line("projection", limit=LIMIT_S, kept=KEPT)
TRAININGS = Line("training")  # each uses all cores, without holding the interpreter


def _labs() -> int:
    """As many as there is memory for."""
    return max(1, min(int(setting("GLASSBOX_LIVE_TRAININGS", LABS)), host.for_worker() // LAB_BYTES))


RUNS = Line("run", _labs)  # trainings with a process of their own, for minutes


def _follow(line: Line) -> None:
    counters.follow(line.name, lambda: line.counts)


for _one in (FORWARD, GENERATIONS, PROJECTIONS, TRAININGS, RUNS):
    _follow(_one)
