"""What each part of the page ``attention_heads`` computes, and for which model."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from core.calls import Call, Plan, call
from core.catalog import State, Value
from core.catalog.attention_heads import ENCODER, PAGE, TRANSLATOR
from core.compute.attention_heads import bertviz, cross, overview, pair, rollout, waking
from core.compute.attention_heads.ablation import ablate, existing
from core.errors import GlassboxError
from core.models import needs, specs
from core.scripts import has_han

R = TypeVar("R")


def cross_model(asked: str) -> str:
    """The model whose cross-attention is shown: the one asked for where it has some (or may have), else ours."""
    return needs.CROSS.used(asked, TRANSLATOR)


def pair_model(asked: str, first: str, second: str) -> str:
    """The model that reads two texts: ours for both languages where one is Chinese and the one asked for reads none."""
    try:
        spec = specs.find(asked)
    except GlassboxError:  # the computation says what is wrong with it
        return asked
    return (
        ENCODER
        if has_han(first + second) and spec.source == "bundled" and "zh" not in spec.languages
        else asked
    )


def heads(state: State) -> Plan:
    """All heads; one of them closely; what changes without those that are switched off."""
    found = yield _of(state, overview.overview)
    yield call(overview.calibration, model=str(state["model"]))
    layers, heads = found.metrics.shape[1:]
    place = {name: _at(state, name, count) for name, count in (("layer", layers), ("head", heads))}
    yield _of(state, overview.focus, **place)
    off = existing(_names(state, "ablate"), layers, heads)
    if off:
        yield _of(state, ablate, heads=off, mode=state["mode"])


def rolled(state: State) -> Plan:
    """Attention multiplied through the layers."""
    yield _of(state, rollout.rollout)


def wake(state: State) -> Plan:
    """How much every head rests on the text; then every head on every text of the bank."""
    yield _of(state, waking.resting)
    yield call(waking.waking, model=str(state["model"]))


def few_layers(state: State) -> Plan:
    """The weights of the layers that BertViz draws."""
    yield _of(state, bertviz.weights, layers=_names(state, "layers"))


def translated(state: State) -> Plan:
    """What is written for the source, and where each written token looks."""
    yield call(cross.translate, model=cross_model(str(state["model"])), source=str(state["source"]))


def both_texts(state: State) -> Plan:
    """All heads on two texts."""
    first, second = str(state["first"]), str(state["second"])
    yield call(pair.pair, model=pair_model(str(state["model"]), first, second), first=first, second=second)


PARTS = {
    "heads": heads,
    "rollout": rolled,
    "wake": wake,
    "bertviz": few_layers,
    "cross": translated,
    "pair": both_texts,
}


def calls(state: State) -> Plan:
    """What the part of a state computes."""
    yield from PARTS[str(state["part"])](state)


def picture() -> Plan:
    """What the page's picture in the gallery is drawn from."""
    yield call(overview.overview, model=PAGE.model["en"], text=PAGE.text["en"], limit=PAGE.limit)


def _of(state: State, function: Callable[..., R], **numbers: Value) -> Call[R]:
    """The call of a function that reads the state's text with its model."""
    model, text, limit = (state[name] for name in ("model", "text", "limit"))
    return call(function, model=str(model), text=str(text), limit=int(str(limit)), **numbers)


def _names(state: State, name: str) -> tuple[str, ...]:
    found = state[name]
    assert isinstance(found, tuple)
    return found


def _at(state: State, name: str, count: int) -> int:
    """A place that the model in hand has."""
    return min(int(str(state[name])), count - 1)
