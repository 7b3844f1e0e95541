"""What the parts ``film``, ``gradients`` and ``live`` of the page ``training_lab`` compute, and what they ask for."""

from __future__ import annotations

from collections.abc import Sequence

from core.calls import Plan, call
from core.catalog import State
from core.compute.training_lab.films import film as filmed
from core.compute.training_lab.gradients import flow
from core.compute.training_lab.gradients import gradients as looked
from core.compute.training_lab.reach import WIRINGS
from core.data import lab_runs
from core.data.lab_recipe import Recipe, parse

CONTEXTS = {"addition": 16, "reverse": 24, "copy": 24, "poems": 32, "dates": 40, "several": 40}
"""Tokens of a sequence; of the others ``CONTEXT``."""
CONTEXT = 48


def film(state: State) -> Plan:
    """A bundled training as a film."""
    yield call(filmed, run=str(state["bundle"]))


def gradients(state: State) -> Plan:
    """Gradients of four fresh networks, or of a bundled run before its training and at a checkpoint."""
    if state["network"] == "fresh":
        for norm, residual in WIRINGS.values():
            yield call(
                flow, depth=state["depth"], norm=norm, residual=residual, initialisation=str(state["initial"])
            )
        return
    name, text = str(state["bundle"]), passage(state)
    for step in dict.fromkeys((0, checkpoint(state))):
        yield call(looked, run=name, step=step, text=text)


def passage(state: State) -> str:
    """The text that gradients are of: the visitor's, or the one that the film is of."""
    return str(state["passage"]) or "".join(lab_runs.run(str(state["bundle"])).text)


def checkpoint(state: State) -> int:
    """The step whose weights are looked at: the stored one that is next to the one asked for; −1 is the last."""
    stored, wanted = lab_runs.run(str(state["bundle"])).stored, int(str(state["checkpoint"]))
    return stored[-1] if wanted < 0 else min(stored, key=lambda step: abs(step - wanted))


def live(_: State) -> Plan:
    """Nothing: what is trained live is no call."""
    yield from ()


def recipe(state: State, *, layers: int, width: int, heads: int, text: str = "") -> Recipe:
    """What a state asks to be trained, in a size that is offered. Errors: BadParameter."""
    names = ("optimizer", "schedule", "rate", "batch", "dropout", "steps", "warmup", "clip", "decay", "seed")
    task = str(state["task"])
    sizes = {"layers": layers, "width": width, "heads": heads, "context": CONTEXTS.get(task, CONTEXT)}
    told = {name: str(state[name]) for name in names} | {name: str(one) for name, one in sizes.items()}
    return parse({"task": task, **told, **({"text": text} if task == "own" else {})})


def within(step: int, recipe: Recipe) -> float:
    """How far a training has come, 0 … 1."""
    return min(1.0, step / recipe.steps)


def middle(steps: Sequence[int]) -> int:
    """The moment in the middle of some."""
    return steps[len(steps) // 2]
