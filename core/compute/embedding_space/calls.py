"""What each view of the page ``embedding_space`` computes."""

from __future__ import annotations

from typing import Any

from core.calls import Plan, call, complete
from core.catalog import State
from core.catalog.embedding_space import PAGE
from core.compute.embedding_space import contextual, tables
from core.compute.embedding_space.settings import Settings
from core.data import meanings

OWN = "own"
"""Id of the set that stands for the visitor's own sentences."""
UNUSED = {"seed": 0, "neighbours": 30, "min_dist": 0.1, "perplexity": 30.0}
"""What a method does not know of is set to these, so that it makes no second result of the same."""
KNOWS = {"pca": (), "umap": ("seed", "neighbours", "min_dist"), "tsne": ("perplexity",)}


def settings(state: State) -> dict[str, Any]:
    """How to project, with what the method does not know of set to one value."""
    method = str(state["method"])
    known = {name: state[name] if name in KNOWS[method] else UNUSED[name] for name in UNUSED}
    return {"method": method, "dims": int(str(state["dims"])), **known}


def asked(state: State) -> Settings:
    """How a map is projected, as it was asked for."""
    return Settings(**settings(state))


def points(state: State) -> Plan:
    """The map of a table's words, of the visitor's own, or of what only a model can give."""
    source, shape, model = str(state["source"]), settings(state), str(state["model"])
    if source == "table":
        yield call(tables.table_map, table=state["table"], count=state["count"], **shape)
    elif source == "list":
        maker = contextual.list_map_encoded if state["by"] == "encoder" else tables.list_map
        yield call(maker, model=model, text=str(state["own"]), **shape)
    else:
        yield call(
            contextual.model_map, model=model, text="" if source == "input" else str(state["text"]),
            source="sentences" if source == "lines" else source,
            layer=state["layer"] if source == "hidden" else -1,
            count=state["count"] if source == "input" else 0, **shape,
        )  # fmt: skip


def analogy(state: State) -> Plan:
    """The words nearest to a − b + c."""
    a, b, c = (str(state[name]).strip() for name in "abc")
    yield call(tables.analogy, table=state["table"], a=a, b=b, c=c)


def onehot(state: State) -> Plan:
    """Words as one-hot vectors and as dense ones."""
    yield call(tables.one_hot, table=state["table"], words=state["words"])


def senses(state: State) -> Plan:
    """A word in its senses, of a bundled set or the visitor's. Errors: BadParameter for a set that there is not."""
    model = str(state["model"])
    if state["set"] == OWN:
        word, text = str(state["word"]).strip(), str(state["lines"])
    else:
        chosen = meanings.sense_set(str(state["set"]))
        word, text = chosen.word, chosen.text
    yield call(contextual.senses, model=model, text=text, word=word)


def sentences(state: State) -> Plan:
    """Sentences and their translations."""
    yield call(contextual.sentence_space, model=str(state["model"]), text=str(state["pairs"]).strip())


def anisotropy(state: State) -> Plan:
    """How narrow the cone of a model's vectors is."""
    text = str(state["text"]).strip() if state["on"] == "text" else ""
    yield call(contextual.anisotropy, model=str(state["model"]), text=text)


def compress(state: State) -> Plan:
    """How small vectors can be."""
    yield call(tables.compress, table=state["table"], seed=0)


def nearest(state: State) -> Plan:
    """The words of the whole table nearest to the one that was picked, drawn on the map or not."""
    word, view = str(state["word"]).strip(), state["view"]
    if word and (view == "analogy" or (view == "map" and state["source"] == "table")):
        yield call(tables.neighbours, table=state["table"], word=word)


VIEWS = {
    "map": points,
    "analogy": analogy,
    "onehot": onehot,
    "senses": senses,
    "sentences": sentences,
    "anisotropy": anisotropy,
    "compress": compress,
}


def calls(state: State) -> Plan:
    """What the view of a state computes, and the neighbours of a picked word."""
    yield from VIEWS[str(state["view"])](state)
    yield from nearest(state)


def picture() -> Plan:
    """What the page's picture in the gallery is drawn from."""
    yield from points(complete(PAGE, {}))
