"""What each view of the page ``classic_models`` computes."""

from __future__ import annotations

from typing import Any

from core.calls import Plan, call
from core.catalog import State
from core.catalog.classic_models import CORPORA, OWN
from core.compute.classic_models import ngrams, states, transformer

LENGTH = 60
"""Pieces that each model writes."""


def corpus(state: State) -> str:
    """The corpus' name, or the visitor's own text, which is in no link."""
    chosen = str(state["corpus"])
    return str(state.get("own", "")) if chosen == OWN else chosen


def _counted(state: State) -> dict[str, Any]:
    return {"corpus": corpus(state), "unit": str(state["unit"]), "lower": bool(state["lower"])}


def following(state: State) -> Plan:
    """What comes next: n-grams, then the Transformer after the same text."""
    text = str(state["text"])
    yield call(
        ngrams.following,
        context=text,
        order=state["order"],
        smoothing=str(state["smooth"]),
        **_counted(state),
    )
    yield call(transformer.expected, model=str(state["model"]), text=text, unit=str(state["unit"]))


def cost(state: State) -> Plan:
    """What held-out text costs: by order, by size, and for the Transformer."""
    given = _counted(state)
    yield call(ngrams.held_out, **given)
    yield call(ngrams.growth, order=state["order"], **given)
    yield call(transformer.cost, model=str(state["model"]), corpus=given["corpus"], unit=given["unit"])


def counts(state: State) -> Plan:
    """What there is to count."""
    yield call(ngrams.count, **_counted(state))


def written(state: State) -> Plan:
    """A text of each order, of the hidden Markov model, and of the Transformer."""
    given, seed = _counted(state), state["seed"]
    for order in range(1, ngrams.HIGHEST + 1):
        yield call(
            ngrams.write, order=order, smoothing=str(state["smooth"]), seed=seed, length=LENGTH,
            temperature=state["temp"], **given,
        )  # fmt: skip
    yield call(states.write_states, states=state["states"], draw=seed, length=LENGTH, **given)
    yield call(
        transformer.write, model=str(state["model"]), seed=seed, temperature=state["temp"], length=LENGTH
    )


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
