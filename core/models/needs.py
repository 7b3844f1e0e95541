"""What a view needs of a model, as far as that is known before a model is loaded, and which one stands in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.errors import GlassboxError
from core.models import specs
from core.models.read.positions import TABLES
from core.models.specs import ModelSpec

ROTARY = ("llama", "qwen")
"""Families that turn queries and keys."""


@dataclass(frozen=True, slots=True)
class Need:
    """A need by its id, under which the words have the sentence that says what a model lacks."""

    id: str
    met: Callable[[ModelSpec], bool]  # by a model whose kind is known

    def fits(self, spec: ModelSpec) -> bool:
        """Whether a model can be shown; one whose kind is not known before it is loaded is tried."""
        return not spec.kind or self.met(spec)

    def used(self, asked: str, *others: str) -> str:
        """The model that is shown: the one asked for where it fits, else the first other that does.

        An id that stands for nothing is given back: whoever loads it says what is wrong with it.
        """
        try:
            spec = specs.find(asked)
        except GlassboxError:
            return asked
        known = (other for other in others if self.fits(specs.find(other)))
        return asked if self.fits(spec) else next(known, asked)


def predicts(spec: ModelSpec) -> bool:
    """Whether a model has a head that makes logits of its hidden states: a decoder's or a masked model's."""
    return spec.kind == "decoder" or (spec.kind == "encoder" and not spec.headless)


ANY = Need("any", lambda _: True)
DECODER = Need("decoder", lambda spec: spec.kind == "decoder")
HEAD = Need("head", predicts)
MASKED = Need("masked", lambda spec: spec.kind == "encoder" and predicts(spec))
CROSS = Need("cross", lambda spec: spec.kind == "encoder-decoder")
ONE_STACK = Need("one_stack", lambda spec: spec.kind != "encoder-decoder")
TURNS = Need("turns", lambda spec: spec.family in ROTARY)
LEARNED = Need("learned", lambda spec: spec.family in TABLES)
