"""What each view of the page ``classic_models`` computes."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from core.calls import Plan, call, later
from core.catalog import State
from core.catalog.classic_models import CORPORA, OWN, PAGE
from core.compute.classic_models import drawing, ngrams, states, transformer
from core.compute.classic_models.counts import HIGHEST
from core.models import needs
from core.scripts import has_han

LENGTH = 60
"""Pieces that each model writes."""


def corpus(state: State) -> str:
    """The corpus' name, or the visitor's own text, which is in no link."""
    chosen = str(state["corpus"])
    return str(state.get("own", "")) if chosen == OWN else chosen


def model_of(state: State) -> str:
    """The Transformer: the model asked for where it predicts next tokens, else the page's own."""
    return needs.DECODER.used(str(state["model"]), PAGE.model["zh" if state["lang"] == "zh" else "en"])


def _with_text(plan: Callable[[State], Plan]) -> Callable[[State], Plan]:
    """The plan where there is a text to count; nothing is computed while a visitor's own is missing."""

    @functools.wraps(plan)
    def checked(state: State) -> Plan:
        if corpus(state).strip():
            yield from plan(state)

    return checked


def _counted(state: State) -> dict[str, Any]:
    return {"corpus": corpus(state), "unit": str(state["unit"]), "lower": state["case"] == "small"}


@_with_text
def following(state: State) -> Plan:
    """What comes next: n-grams, the Transformer after the same text, and how far back it looks for that."""
    text, model, unit = str(state["text"]), model_of(state), str(state["unit"])
    yield call(
        ngrams.following,
        context=text,
        order=state["order"],
        smoothing=str(state["smooth"]),
        **_counted(state),
    )
    found = yield call(transformer.expected, model=model, context=text, unit=unit)
    space = " " if unit == "word" and not has_han(found.pieces[0]) else ""
    yield later(call(transformer.reach, model=model, context=text, unit=unit, piece=space + found.pieces[0]))


@_with_text
def cost(state: State) -> Plan:
    """What held-out text costs: by order, by size, and for the Transformer."""
    given = _counted(state)
    yield call(ngrams.held_out, **given)
    yield call(ngrams.growth, order=state["order"], **given)
    yield call(transformer.read_held_out, model=model_of(state), corpus=given["corpus"], lower=given["lower"])


@_with_text
def counts(state: State) -> Plan:
    """What there is to count."""
    yield call(ngrams.count, **_counted(state))


@_with_text
def written(state: State) -> Plan:
    """A text of each order, of the hidden Markov model, and of the Transformer."""
    given, seed = _counted(state), state["seed"]
    for order in range(1, HIGHEST + 1):
        yield call(
            ngrams.write, order=order, smoothing=str(state["smooth"]), seed=seed, length=LENGTH,
            temperature=state["temp"], **given,
        )  # fmt: skip
    yield call(states.write_states, states=state["states"], draw=seed, length=LENGTH, **given)
    yield call(
        drawing.write_model, model=model_of(state), seed=seed, temperature=state["temp"], length=LENGTH
    )


@_with_text
def hidden(state: State) -> Plan:
    """The hidden Markov model, and the text as it reads it."""
    given = {**_counted(state), "states": state["states"]}
    yield call(states.train_states, **given)
    yield call(states.read_states, context=str(state["text"]), **given)


def picture() -> Plan:
    """What the page's picture in the gallery is drawn from."""
    yield call(ngrams.held_out, corpus=CORPORA[0], unit="word", lower=False)


VIEWS = {"next": following, "cost": cost, "counts": counts, "write": written, "states": hidden}


def calls(state: State) -> Plan:
    """What the view of a state computes."""
    yield from VIEWS[str(state["view"])](state)
