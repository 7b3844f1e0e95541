"""Which computation a state of the page ``embedding_space`` asks for: the page and the bundled examples share this."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.catalog.kinds import Value
from core.compute.embedding_space import contextual
from core.compute.embedding_space import contextual as models
from core.compute.embedding_space import tables as space
from core.data import meanings

OWN = "own"
"""Id of the set that stands for the visitor's own sentences."""
OF_MODEL = ("input", "hidden", "sentences")
"""Sources of a map that only a model can give; the page calls the last one ``lines``."""
UNUSED = {"seed": 0, "neighbours": 30, "min_dist": 0.1, "perplexity": 30.0}
"""What a method does not know of is set to these, so that it makes no second result of the same."""
KNOWS = {"pca": (), "umap": ("seed", "neighbours", "min_dist"), "tsne": ("seed", "perplexity")}


@dataclass(frozen=True, slots=True)
class Call:
    """A compute function and its plain arguments; the model is named by the page."""

    function: Callable[..., Any]
    arguments: dict[str, Value]

    @property
    def text(self) -> str:
        """The text that it reads; "" where it reads none."""
        return str(self.arguments.get("text", ""))

    @property
    def numbers(self) -> dict[str, Value]:
        """Its arguments but for the text."""
        return {name: value for name, value in self.arguments.items() if name != "text"}


def asked(state: Mapping[str, Value]) -> Call:
    """The computation behind the view that a state shows. Errors: BadParameter for a set that there is not."""
    view = str(state["view"])
    if view in VIEWS:
        return VIEWS[view](state)
    table = str(state["table"])
    if view == "analogy":
        words = {name: str(state[name]).strip() for name in "abc"}
        return Call(space.analogy, {"table": table, **words})
    if view == "onehot":
        return Call(space.one_hot, {"table": table, "words": state["words"]})
    return Call(space.compress, {"table": table, "seed": 0})


def _map(state: Mapping[str, Value]) -> Call:
    source, shape = str(state["source"]), settings(state)
    if source == "table":
        return Call(space.table_map, {"table": state["table"], "count": state["count"], **shape})
    if source == "list":
        maker = contextual.list_map_encoded if state["by"] == "encoder" else space.list_map
        return Call(maker, {"text": state["own"], **shape})
    reads = {"input": "", "hidden": state["text"], "lines": state["text"]}
    return Call(
        models.model_map,
        {
            "source": "sentences" if source == "lines" else source,
            "text": reads[source],
            "layer": state["layer"] if source == "hidden" else -1,
            "count": state["count"] if source == "input" else 0,
            **shape,
        },
    )


def settings(state: Mapping[str, Value]) -> dict[str, Value]:
    """How to project, with what the method does not know of set to one value."""
    method = str(state["method"])
    known = {name: state[name] if name in KNOWS[method] else UNUSED[name] for name in UNUSED}
    return {"method": method, "dims": int(str(state["dims"])), **known}


def _senses(state: Mapping[str, Value]) -> Call:
    if state["set"] == OWN:
        return Call(models.senses, {"word": str(state["word"]).strip(), "text": state["lines"]})
    chosen = meanings.sense_set(str(state["set"]))
    return Call(models.senses, {"word": chosen.word, "text": chosen.text})


def _sentences(state: Mapping[str, Value]) -> Call:
    return Call(models.sentence_space, {"text": str(state["pairs"]).strip()})


def _anisotropy(state: Mapping[str, Value]) -> Call:
    return Call(models.anisotropy, {"text": str(state["text"]).strip() if state["on"] == "text" else ""})


VIEWS: dict[str, Callable[[Mapping[str, Value]], Call]] = {
    "map": _map,
    "senses": _senses,
    "sentences": _sentences,
    "anisotropy": _anisotropy,
}
