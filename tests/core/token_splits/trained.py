"""Vocabularies that several tests look at, trained once."""

from __future__ import annotations

from functools import cache

from core.compute.token_splits.training import Curve, Training, curve, train

SIZE, WIDTH = 700, 8


@cache
def vocabulary(algorithm: str) -> Training:
    """One trained on both bundled corpora."""
    return train(algorithm=algorithm, corpus="both", size=SIZE)


@cache
def sizes(algorithm: str) -> Curve:
    """The curve of sizes on both bundled corpora."""
    return curve(algorithm=algorithm, corpus="both", d_model=WIDTH)
