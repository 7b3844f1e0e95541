"""Rollout against a matrix product written here, and the rows that it must have."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from core import catalog
from core.calls import complete, plan
from core.catalog import LANGUAGES, Language
from core.compute.attention_heads.rollout import MOST, difference, notice, rollout
from core.errors import TextTooLong
from core.figures.attention_heads.rollout import rollout_table
from core.models.read.trace import Trace, make_trace, trace_ids
from core.models.tokens.labels import label_tokens
from tests.core.tiny import NAMES, SAMPLE, byte_level, tiny


@pytest.mark.parametrize("name", NAMES)
def test_rollout_is_the_product_of_the_layers(name: str) -> None:
    trace = make_trace(tiny(name), SAMPLE, limit=60)
    found = rollout(trace=trace)
    n = len(trace.tokens)
    steps = [
        0.5 * np.mean([head.astype(np.float64) for head in layer], axis=0) + 0.5 * np.identity(n)
        for layer in trace.attention
    ]
    for layer in range(len(steps)):
        expected = steps[layer] if layer == 0 else np.linalg.multi_dot([*reversed(steps[: layer + 1])])
        np.testing.assert_allclose(found.rolled[layer], expected, atol=2e-6)
    np.testing.assert_allclose(found.rolled.sum(-1), 1, atol=1e-5)
    np.testing.assert_allclose(found.raw.sum(-1), 1, atol=1e-5)
    assert found.causal == (trace.kind == "decoder")
    if found.causal:
        assert not np.triu(found.rolled, 1).any()
        assert (found.rolled[:, 0, 0] == 1).all()  # the first token sees nothing else


def test_one_layer_is_half_attention_and_half_residual() -> None:
    trace = make_trace(tiny("gpt2"), SAMPLE, limit=60)
    expected = 0.5 * trace.attention[0].mean(axis=0) + 0.5 * np.eye(len(trace.tokens))
    np.testing.assert_allclose(rollout(trace=trace).rolled[0], expected, atol=1e-6)


def test_rows_that_are_alike_do_not_differ() -> None:
    assert difference(np.full((3, 3), 1 / 3, np.float32)) == pytest.approx(0, abs=1e-7)
    assert difference(np.eye(4, dtype=np.float32)) == pytest.approx(0.75)


def long(count: int, layers: int = 1) -> Trace:
    """A trace of so many tokens with two heads of made-up attention in each layer."""
    trace = trace_ids(tiny("gpt2"), [5])
    weights = np.random.default_rng(3).dirichlet(np.full(count, 0.1), (layers, 2, count)).astype(np.float32)
    return dataclasses.replace(trace, attention=weights, tokens=label_tokens(byte_level(), [7] * count))


def test_one_token_and_too_many() -> None:
    found = rollout(trace=make_trace(tiny("gpt2"), "a", limit=60))
    assert notice(found).share == 1
    assert len(rollout(trace=long(MOST)).tokens) == MOST
    with pytest.raises(TextTooLong) as error:
        rollout(trace=long(MOST + 1))
    assert error.value.values["limit"] == MOST


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_rows_become_alike(language: Language) -> None:
    """What the experiment says: on the bundled models hardly anything is left of the rows' differences."""
    page = catalog.find("attention_heads")
    state = next(q for q in page.questions if q.id == "collapse").reveal.values(language)
    found = next(plan(page.stem, complete(page, state))).bundled()  # compared with live elsewhere
    assert found is not None
    assert difference(found.rolled[0]) > 0.3
    assert difference(found.rolled[-1]) < 0.005
    assert (found.rolled[-1].argmax(axis=1) == 0).all()


def test_every_row_of_every_layer_is_in_the_table() -> None:
    small = rollout(trace=make_trace(tiny("gpt2"), "The cat", limit=60))
    columns, rows = rollout_table(small)
    kept = list(rows)
    assert len(kept) == len(small.rolled) * len(small.tokens)
    assert all(len(row) == len(columns) for row in kept)
    np.testing.assert_allclose(
        np.array([row[2:] for row in kept], float).reshape(small.rolled.shape), small.rolled, atol=1e-6
    )
