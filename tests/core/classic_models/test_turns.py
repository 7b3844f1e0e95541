"""Counting and training take turns with all other trainings, tell how far they are, and can be broken off."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from core.compute.classic_models import ngrams, states
from core.compute.classic_models.counts import count_corpus
from core.jobs.lines import TRAININGS

OWN = "\n".join(f"The {one} cat sat on the {other} mat." for one in range(40) for other in "abcdef")
GIVEN: dict[str, Any] = {"corpus": OWN, "unit": "word"}
WORK: dict[str, tuple[Callable[..., Any], dict[str, Any], set[str]]] = {
    "count": (ngrams.count, {"unit": "character"}, {"counting"}),
    "held_out": (ngrams.held_out, {}, {"counting", "costs"}),
    "growth": (ngrams.growth, {"order": 3}, {"sizes"}),
    "train_states": (states.train_states, {"states": 3, "steps": 8}, {"states"}),
    "write_states": (states.write_states, {"states": 4, "steps": 8}, {"states"}),
}


class Gone(Exception):
    """The visitor has gone."""


@pytest.mark.parametrize("name", WORK)
def test_it_tells_how_far_it_is_and_holds_its_turn_meanwhile(name: str) -> None:
    function, more, stages = WORK[name]
    told: defaultdict[str, list[float]] = defaultdict(list)
    held: set[tuple[int, int]] = set()

    def hear(stage: str, done: float) -> None:
        told[stage].append(done)
        held.add(TRAININGS.counts)

    function(**{**GIVEN, **more}, progress=hear)
    assert stages <= set(told)
    assert all(0 <= row[0] <= row[-1] <= 1 and row == sorted(row) for row in told.values())
    assert held == {(1, 0)}
    assert TRAININGS.counts == (0, 0)


def test_what_is_broken_off_gives_its_turn_back_and_is_made_whole_by_the_next() -> None:
    given = {**GIVEN, "states": 5, "steps": 12}

    def leave(stage: str, done: float) -> None:
        if stage == "states" and done > 0.5:
            raise Gone

    with pytest.raises(Gone):
        states.train_states(**given, progress=leave)
    assert TRAININGS.counts == (0, 0)
    said: list[str] = []
    found = states.train_states(**given, progress=lambda stage, _: said.append(stage))
    assert said.count("states") == 13
    assert np.diff(found.log_likelihood).min() >= -1e-6
    said.clear()
    states.read_states(context="The cat", **given, progress=lambda stage, _: said.append(stage))
    assert said == [], "trained once for all views"


def test_what_is_counted_already_needs_no_turn() -> None:
    counted = count_corpus(OWN, "word", False)
    with TRAININGS.turn():
        assert count_corpus(OWN, "word", False) is counted
