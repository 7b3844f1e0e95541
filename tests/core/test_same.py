"""The comparison of results lets rounding pass, and nothing else."""

from __future__ import annotations

import inspect
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from core import examples
from core.calls import Call
from tests.core import same
from tests.core.same import Ranking

PLACES = Ranking("ids", "score", ("label",), same.plain)
SHARES = Ranking("ids", "share")


@cache
def wanted() -> tuple[Call[Any], ...]:
    return examples.wanted()


def returned(example: Call[Any]) -> str:
    return str(inspect.unwrap(example.function).__annotations__["return"])


@cache
def bundled(kind: str) -> Any:
    example = next(one for one in wanted() if returned(one) == kind)
    return example.bundled()


def listed(ids: str, *score: float) -> dict[str, Any]:
    """A list of things named by one letter, each with a label of its own."""
    keys = np.asarray(list(ids))
    return {"ids": keys, "score": np.asarray(score, np.float32), "label": np.char.upper(keys)}


def differ(one: dict[str, Any], other: dict[str, Any], ranking: Ranking = PLACES) -> bool:
    try:
        same.same_list(one, other, ranking)
    except AssertionError:
        return True
    return False


def test_ties_may_change_places_and_values_may_be_rounded() -> None:
    one = listed("abc", 3.0, 2.00005, 2.0)
    assert not differ(one, one)
    assert not differ(one, listed("acb", 3.00002, 2.00004, 2.00001))


def test_a_tie_at_the_end_may_be_decided_otherwise() -> None:
    assert not differ(listed("abc", 3.0, 2.0, 1.0), listed("abd", 3.0, 2.0, 1.00003))


@pytest.mark.parametrize(
    "other",
    [
        listed("abc", 3.0, 2.1, 1.0),  # a wrong value
        listed("bac", 3.0, 2.0, 1.0),  # two things with each other's values
        listed("bac", 2.0, 3.0, 1.0),  # their own values, in an order that does not fall
        listed("adc", 3.0, 2.0, 1.0),  # one is missing that does not tie with the end of the list
        listed("abd", 3.0, 2.0, 0.9),  # what came instead ties with nothing
        listed("ab", 3.0, 2.0),  # a shorter list
        listed("aac", 3.0, 2.0, 1.0),  # one stands twice
        listed("abc", 3.0, 2.0, 1.0) | {"label": np.asarray(["A", "B", "X"])},  # a wrong name
    ],
)
def test_what_is_more_than_a_tie_is_told(other: dict[str, Any]) -> None:
    assert differ(listed("abc", 3.0, 2.0, 1.0), other)


def test_small_probabilities_tie_by_their_ratio() -> None:
    def shares(ids: str, *values: float) -> dict[str, Any]:
        return {"ids": np.asarray(list(ids)), "share": np.asarray(values)}

    one = shares("abc", 0.9, 2.0e-5, 1.9999e-5)
    assert not differ(one, shares("acb", 0.9, 2.0e-5, 1.9999e-5), SHARES)
    assert differ(shares("abc", 0.9, 2.0e-5, 1.0e-5), shares("acb", 0.9, 2.0e-5, 1.0e-5), SHARES)


# --- whole results ----------------------------------------------------------------------------------------


def test_each_kind_with_a_list_is_bundled_under_this_name() -> None:
    known = {returned(example) for example in wanted()}
    assert known >= {
        *same.RANKINGS,
        *same.RANKS,
        *same.LISTED,
        *same.LARGEST,
        *same.SPECIAL,
    }


def rejected(stored: Any, **changed: Any) -> bool:
    try:
        same.same(stored, replace(stored, **changed))
    except AssertionError:
        return True
    return False


def swapped(field: Any, one: int, other: int) -> Any:
    """A field with two places of its last axis (of its only one, where it is a tuple) exchanged."""
    found = list(field) if isinstance(field, tuple) else field.copy()
    if isinstance(found, list):
        found[one], found[other] = found[other], found[one]
        return tuple(found)
    found[..., [one, other]] = found[..., [other, one]]
    return found


@pytest.mark.parametrize(
    ("kind", "ranking"), [(kind, one) for kind, all in same.RANKINGS.items() for one in all]
)
def test_lists_of_results(kind: str, ranking: Ranking) -> None:
    stored = bundled(kind)
    keys, values = (getattr(stored, name) for name in (ranking.keys, ranking.values))
    assert not rejected(stored)
    assert rejected(stored, **{ranking.values: 1.01 * values + 1e-3}), "other values"
    assert rejected(stored, **{ranking.keys: swapped(keys, 0, 2)}), "another order"
    assert rejected(stored, **{ranking.keys: keys[:-1]}), "a shorter list"
    for name in ranking.beside:
        beside = getattr(stored, name)
        changed = swapped(beside, -1, -3) if isinstance(beside, tuple) else 1.01 * beside + 0.01
        assert rejected(stored, **{name: changed}), name


def noisy(kind: Any, size: float) -> Any:
    """A distribution as another processor may find it: logits a little different, the order theirs."""
    logits = kind.logits + np.random.default_rng(0).normal(0, size, kind.logits.shape).astype(np.float32)
    names = dict(zip(kind.label_ids.tolist(), kind.labels, strict=True))
    top = np.argsort(-logits, kind="stable")[: len(kind.label_ids)]
    ids = [*(id for id in top.tolist() if id in names), *(id for id in names if id not in set(top.tolist()))]
    return replace(
        kind, logits=logits, label_ids=np.asarray(ids, np.int32), labels=tuple(names[id] for id in ids)
    )


def test_a_distribution_of_another_processor_is_the_same() -> None:
    stored = bundled("Distribution")
    other = noisy(stored, 2e-5)
    assert stored.label_ids.tolist() != other.label_ids.tolist()
    same.same(stored, other)


def test_a_distribution_with_another_order_names_or_logits_is_not() -> None:
    stored = bundled("Distribution")
    assert rejected(stored, label_ids=swapped(stored.label_ids, 0, 1), labels=swapped(stored.labels, 0, 1))
    assert rejected(stored, labels=swapped(stored.labels, 0, 1))
    assert rejected(stored, label_ids=stored.label_ids[:-50], labels=stored.labels[:-50])
    logits = stored.logits.copy()
    logits[stored.label_ids[7]] += 0.05
    assert rejected(stored, logits=logits)
    unnamed = next(id for id in range(len(stored.logits)) if id not in set(stored.label_ids.tolist()))
    ids = stored.label_ids.copy()
    ids[20] = unnamed
    assert rejected(stored, label_ids=ids)


def test_neurons() -> None:
    stored = bundled("Neurons")
    order = np.arange(stored.ids.shape[1])[::-1]
    turned = {name: getattr(stored, name)[:, order] for name in ("ids", "activation", "up", "down")}
    assert not rejected(stored)
    assert rejected(stored, **turned, strongest=len(order) - 1 - stored.strongest), "another order"
    assert rejected(stored, activation=stored.activation * 1.01)
    assert rejected(stored, up=swapped(stored.up, 0, 1))
    assert rejected(stored, strongest=(stored.strongest + 1) % len(order))
    assert rejected(stored, ids=np.where(np.arange(len(order)) == 3, stored.count, stored.ids))
    assert rejected(stored, labels=swapped(stored.labels, 0, 1))


def test_waking() -> None:
    stored = bundled("Waking")
    assert not rejected(stored)
    assert rejected(stored, best=(stored.best + 1) % len(stored.texts))
    assert rejected(stored, attention=stored.attention[..., ::-1])
    assert rejected(stored, awake=stored.awake * 0.99)


def test_a_rank_moves_by_a_tie_only() -> None:
    def moved(one: list[int], other: list[int], shares: list[list[float]]) -> bool:
        try:
            same.same_ranks(np.asarray(one), np.asarray(other), np.asarray(shares))
        except AssertionError:
            return True
        return False

    rows = [[0.5, 0.2, 0.2], [0.5, 0.3, 0.1]]
    assert not moved([2, 1], [3, 1], rows), "a tie on the list"
    assert moved([1, 1], [2, 1], rows), "no tie on the list"
    assert moved([2, 1], [2, 0], rows), "a rank that is not told"
    assert not moved([40, 1], [41, 1], rows), "one place far down"
    assert moved([40, 41], [41, 42], rows), "all of them"
    assert moved([40, 1], [42, 1], rows)
    assert not moved([20_000, 1], [20_030, 1], rows)
    assert moved([20_000, 1], [20_300, 1], rows)
    assert moved([2], [3], []), "without a list the first places are certain"
