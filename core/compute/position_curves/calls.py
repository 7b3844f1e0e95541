"""What each view of the page ``position_curves`` computes, and for which models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from core.calls import Plan, call
from core.catalog import State
from core.catalog.position_curves import CHINESE, DECODER, ENCODER
from core.compute.position_curves import views
from core.errors import GlassboxError
from core.models import needs, specs
from core.scripts import has_han

FUNCTIONS: Mapping[str, tuple[Callable[..., Any], tuple[str, ...]]] = {
    "sinusoidal": (views.waves, ("d", "base", "span", "shift", "layout")),
    "rotary": (views.rotary, ("hd", "scaling", "factor", "trained", "span")),
    "alibi": (views.alibi, ("heads", "span")),
    "t5": (views.t5, ("buckets", "far", "both", "span")),
    "learned": (views.learned, ()),
    "scores": (views.real, ("layer", "head")),
    "shuffle": (views.shuffle, ("seed",)),
}
"""What computes a view, and the parameters that it reads."""


def models(state: State) -> tuple[str, ...]:
    """The models that a view looks at: the one asked for where it fits, else the bundled one that does.

    One that is not known before it is loaded is tried; the computation says what is wrong with it.
    """
    view, who, asked = (str(state[name]) for name in ("view", "who", "model"))
    try:
        spec = specs.find(asked)
    except GlassboxError:
        return (asked,)
    decoder = CHINESE if has_han(str(state["text"])) else DECODER
    if view == "scores":
        return (needs.TURNS.used(asked, decoder),)
    if view == "learned":
        return (needs.LEARNED.used(asked, ENCODER),)
    if not spec.kind:
        return (asked,)
    one = {"encoder": ENCODER, "decoder": decoder} | {str(spec.kind): asked}
    return tuple(one[role] for role in ("encoder", "decoder") if who in (role, "both"))


def formula(state: State) -> Plan:
    """Nothing: a formula is computed in the browser."""
    del state
    yield from ()


def tables(state: State) -> Plan:
    """The tables of a formula, as the browser computes them: for the numbers and for the snippet."""
    function, _ = FUNCTIONS[str(state["view"])]
    yield call(function, **_given(state))


def read(state: State) -> Plan:
    """What a view finds in each of its models."""
    function, _ = FUNCTIONS[str(state["view"])]
    text, limit = str(state["text"]), int(str(state["limit"]))
    for model in models(state):
        yield call(function, model=model, text=text, limit=limit, **_given(state))


def _given(state: State) -> dict[str, Any]:
    view = str(state["view"])
    given: dict[str, Any] = {name: state[name] for name in FUNCTIONS[view][1]}
    return given | {"base": state["theta"]} if view == "rotary" else given


def beyond(state: State) -> Plan:
    """The losses that were measured once."""
    del state
    yield call(views.beyond)


def calls(state: State) -> Plan:
    """What the view of a state computes."""
    plans = dict.fromkeys(("learned", "scores", "shuffle"), read) | {"beyond": beyond}
    yield from plans.get(str(state["view"]), formula)(state)


def picture() -> Plan:
    """What the page's picture in the gallery is drawn from: a table of sinusoidal positions."""
    yield call(views.waves, d=96, base=10000.0, span=180, shift=1, layout="halves")
