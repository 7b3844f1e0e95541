"""Who may look at whom: the attention masks of the three kinds of Transformer, for a visitor's tokens.

Vaswani et al. 2017 §3.2.3: an encoder looks both ways, a decoder only back, and a decoder of an encoder-decoder looks
at the whole source besides. Padding is never looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from core.arrays import read_only
from core.compute.model_anatomy.flow import LIMIT, written
from core.compute.model_anatomy.parts import Stack, structure
from core.errors import BadParameter
from core.models.read.trace import make_trace
from core.models.tokens.labels import label_tokens
from core.results import named

if TYPE_CHECKING:
    from core.models.load.residency import LoadedModel

Bytes = npt.NDArray[np.uint8]
Rule = Literal["both", "causal", "cross"]
PADS = 3
"""Padding tokens after a text, where padding is shown."""


@dataclass(frozen=True, slots=True, eq=False)
class Mask:
    """One mask of one stack."""

    stack: str  # of the queries
    rule: str  # "both": every token; "causal": itself and earlier ones; "cross": every source token
    queries: tuple[str, ...]  # labels
    keys: tuple[str, ...]
    allowed: Bytes  # [query + PADS, key + PADS], 1: the query may look at the key; the last PADS are padding


@dataclass(frozen=True, slots=True, eq=False)
class Masks:
    """A model's stacks with their masks."""

    kind: str
    stacks: tuple[Stack, ...]
    masks: tuple[Mask, ...]


def allowed(rule: Rule, queries: int, keys: int, padding: int = 0) -> Bytes:
    """[query, key], 1 where the query may look at the key; the last ``padding`` keys are padding.

    A query that is padding itself has a row like any other: what it finds is thrown away. Errors: BadParameter.

    >>> allowed("causal", 3, 3).tolist()
    [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
    """
    if rule not in ("both", "causal", "cross"):
        raise BadParameter(name="rule")
    found = np.ones((queries, keys), np.uint8)
    if rule == "causal":
        found = np.tril(found)
    found[:, keys - padding :] = 0
    return read_only(found)


@named("model_anatomy.masks")
def masks(*, loaded: LoadedModel, text: str) -> Masks:
    """The masks of a model for a text; an encoder-decoder writes its own target.

    Errors: TextEmpty, TextTooLong, UnsupportedModel.

    >>> [mask.rule for mask in masks(loaded=load("smollm2-135m"), text="Hi").masks]  # doctest: +SKIP
    ['causal']
    """
    found = structure(loaded=loaded)
    trace = make_trace(loaded, text, limit=LIMIT)
    own = {stack.name: trace.tokens.labels for stack in found.stacks}
    if trace.kind == "encoder-decoder":
        start = trace.target_tokens.ids if trace.target_tokens else ()
        own["decoder"] = label_tokens(loaded.tokenizer, (*start, *written(loaded, trace.tokens.ids))).labels
    made = []
    for stack in found.stacks:
        made.append(_mask(stack.name, "causal" if stack.causal else "both", own[stack.name], own[stack.name]))
        if stack.cross:
            made.append(_mask(stack.name, "cross", own[stack.name], own["encoder"]))
    return Masks(found.kind, found.stacks, tuple(made))


@dataclass(frozen=True, slots=True)
class Pairs:
    """Queries and keys of a text, padding aside."""

    seen: int  # pairs in which the query may look at the key
    all: int


def seen(mask: Mask) -> Pairs:
    """How many of all pairs of tokens a mask lets look at each other."""
    own = mask.allowed[: len(mask.queries), : len(mask.keys)]
    return Pairs(int(own.sum()), own.size)


def _mask(stack: str, rule: Rule, queries: tuple[str, ...], keys: tuple[str, ...]) -> Mask:
    cells = allowed(rule, len(queries) + PADS, len(keys) + PADS, PADS)
    return Mask(stack, rule, queries, keys, cells)
