"""What each part of the page ``token_splits`` computes."""

from __future__ import annotations

from core.calls import Plan, call, later
from core.catalog import State
from core.catalog.token_splits import OWN, PAGE
from core.compute.token_splits.adding import add_words
from core.compute.token_splits.costs import fertility
from core.compute.token_splits.cut import split
from core.compute.token_splits.markers import batch, chat
from core.compute.token_splits.picks import place, telling
from core.compute.token_splits.reasons import explain_word
from core.compute.token_splits.training import curve, train
from core.models.tokens.vocabularies import VOCABULARIES

KNOWN = frozenset(one.id for one in VOCABULARIES)


def chosen(state: State) -> tuple[str, ...]:
    """The vocabularies asked for: those that there are or that the hub may have; else the page's own."""
    asked = state["vocab"]
    assert isinstance(asked, tuple)
    found = tuple(one for one in asked if one in KNOWN or one.startswith("hub:"))
    return found or _opening(str(state["model"]))


def _opening(model: str) -> tuple[str, ...]:
    own = PAGE.default("vocab", model)
    assert isinstance(own, tuple)
    return own


def cut(state: State) -> Plan:
    """The text in all chosen vocabularies, why a piece of it is cut so, and other languages."""
    text, ids = str(state["text"]), chosen(state)
    splits = yield call(split, text=text, vocabularies=ids)
    by, piece = telling(splits, str(state["by"]), str(state["piece"]))
    position, _ = place(splits, by, piece)
    yield call(explain_word, text=text, vocabulary=by, position=position)
    yield call(fertility, vocabularies=ids)


def training(state: State) -> Plan:
    """A vocabulary with every step of its training, and the curve of sizes; nothing without a corpus.

    What the visitor has typed or uploaded is the state's ``own``.
    """
    corpus, algorithm = str(state["corpus"]), str(state["algorithm"])
    if corpus == OWN:
        corpus = str(state.get("own", ""))
    if corpus:
        yield call(train, algorithm=algorithm, corpus=corpus, size=state["size"])
        yield later(call(curve, algorithm=algorithm, corpus=corpus))


def template(state: State) -> Plan:
    """The text as the model gets it, and a padded batch of its lines."""
    model, text = str(state["model"]), str(state["text"])
    yield call(chat, model=model, text=text, prompt=state["turn"] == "answer")
    yield call(batch, model=model, text=text, side=state["side"])


def add(state: State) -> Plan:
    """What new words change; nothing without words."""
    if state["words"]:
        yield call(add_words, model=str(state["model"]), text=str(state["text"]), words=state["words"])


def picture() -> Plan:
    """What the page's picture in the gallery is drawn from."""
    yield call(split, text=PAGE.text["en"], vocabularies=_opening(PAGE.model["en"]))


def calls(state: State) -> Plan:
    """What the part of a state computes."""
    parts = {"train": training, "template": template, "add": add}
    yield from parts.get(str(state["part"]), cut)(state)
