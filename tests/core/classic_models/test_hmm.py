"""The hidden Markov model against a sum and a maximum over all paths, and what training has to do."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.compute.classic_models import hmm
from core.compute.classic_models.hmm import Batch, Hmm
from core.compute.classic_models.pieces import END, Unit
from core.compute.classic_models.states import (
    LONGEST,
    _train,
    ordered,
    read_states,
    train_states,
    write_states,
)
from core.errors import BadParameter

TEXTS = st.lists(st.lists(st.integers(0, 3), max_size=6), min_size=1, max_size=6).filter(any)


def some_model(states: int, seed: int) -> Hmm:
    chance = np.random.default_rng(seed)
    return Hmm(
        chance.dirichlet(np.ones(states)),
        chance.dirichlet(np.ones(states), states),
        chance.dirichlet(np.ones(4), states),
    )


def joint(model: Hmm, ids: list[int], path: tuple[int, ...]) -> float:
    """p(text, path), factor by factor."""
    result = float(model.start[path[0]] * model.emit[path[0], ids[0]])
    for at in range(1, len(ids)):
        result *= float(model.move[path[at - 1], path[at]] * model.emit[path[at], ids[at]])
    return result


def paths(model: Hmm, ids: list[int]) -> dict[tuple[int, ...], float]:
    """p(text, path) of every path."""
    return {
        path: joint(model, ids, path) for path in itertools.product(range(len(model.start)), repeat=len(ids))
    }


@settings(max_examples=40, deadline=None)
@given(TEXTS, st.integers(2, 3), st.integers(0, 99))
def test_forward_sums_over_all_paths(texts: list[list[int]], states: int, seed: int) -> None:
    model, batch = some_model(states, seed), Batch.of(texts)
    ours = hmm.log_likelihoods(model, batch)
    ranked = sorted((text for text in texts if text), key=len, reverse=True)
    them = [math.log(sum(paths(model, text).values())) for text in ranked]
    np.testing.assert_allclose(ours, them, rtol=0, atol=1e-10)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=6), st.integers(2, 3), st.integers(0, 99))
def test_viterbi_is_the_best_of_all_paths(ids: list[int], states: int, seed: int) -> None:
    model = some_model(states, seed)
    path, log = hmm.viterbi(model, ids)
    found = paths(model, ids)
    assert found[tuple(path)] == pytest.approx(
        max(found.values()), rel=1e-12
    )  # several may be equally likely
    assert log == pytest.approx(math.log(max(found.values())), abs=1e-10)


@settings(max_examples=25, deadline=None)
@given(TEXTS, st.integers(2, 3), st.integers(0, 99))
def test_expectations_are_those_over_all_paths(texts: list[list[int]], states: int, seed: int) -> None:
    model = some_model(states, seed)
    found = hmm.expect(model, Batch.of(texts))
    start, move, emit = (np.zeros_like(some) for some in (model.start, model.move, model.emit))
    for ids in filter(None, texts):
        ways = paths(model, ids)
        total = sum(ways.values())
        for path, chance in ways.items():
            start[path[0]] += chance / total
            for state, id in zip(path, ids, strict=True):
                emit[state, id] += chance / total
            for step in itertools.pairwise(path):
                move[step] += chance / total
    for ours, them in ((found.start, start), (found.move, move), (found.emit, emit)):
        np.testing.assert_allclose(ours, them, rtol=0, atol=1e-10)


@settings(max_examples=25, deadline=None)
@given(TEXTS, st.integers(2, 4), st.integers(0, 99))
def test_training_never_makes_a_text_less_likely(texts: list[list[int]], states: int, seed: int) -> None:
    batch = Batch.of(texts)
    logs = []
    for model, found in itertools.islice(hmm.trained(hmm.begun(np.full(4, 0.25), states, seed), batch), 12):
        logs.append(found.log_likelihood)
        assert found.log_likelihood == pytest.approx(float(hmm.log_likelihoods(model, batch).sum()), abs=1e-9)
        for rows in (model.start, model.move, model.emit):
            np.testing.assert_allclose(rows.sum(axis=-1), 1, atol=1e-9)
    assert min(np.diff(logs)) > -1e-9


@pytest.mark.parametrize(("corpus", "unit"), [("english", "word"), ("tang", "character")])
def test_training_on_a_corpus_never_falls(corpus: str, unit: Unit) -> None:
    found = _train(corpus, unit, False, 6, 20, 0)
    assert len(found.logs) == 21
    assert min(np.diff(found.logs)) > 0


@pytest.mark.numeric
def test_two_states_tell_vowels_from_consonants() -> None:
    """What Markov counted by hand in 1913, and Cave and Neuwirth let a model find in 1980."""
    found = _train("english", "character", True, 2, 60, 0)
    places = found.words.places
    side = {char: int(found.model.emit[:, places[char]].argmax()) for char in "aeioutnsrdlmwcfg"}
    assert len({side[char] for char in "aeiou"}) == 1
    assert {side[char] for char in "tnsrdlmwcfg"} == {1 - side["a"]}


def test_what_is_shown_of_a_training_is_what_was_trained() -> None:
    result = train_states(corpus="english", unit="word", states=4, steps=5)
    assert result.log_likelihood.shape == (6,)
    assert result.move.shape == (4, 4)
    assert result.share.sum() == pytest.approx(1, abs=1e-5)
    assert (np.diff(result.share) <= 0).all()
    assert 1 < result.bits < 8
    assert 0 < result.spelling < result.bits
    assert END in {piece for row in result.given for piece in row}


def test_a_text_is_read_piece_by_piece() -> None:
    result = read_states(corpus="english", unit="word", context="And me Zyzzx", states=3, steps=5)
    assert result.pieces == ("And", "me", "Zyzzx")
    assert result.known == (True, True, False)
    np.testing.assert_allclose(result.posterior.sum(axis=1), 1, atol=1e-5)
    assert -result.bits.sum() * math.log(2) == pytest.approx(result.log_likelihood, abs=1e-3)
    assert result.path_log < result.log_likelihood
    assert result.next_state.sum() == pytest.approx(1, abs=1e-5)


def test_no_text_is_read_as_the_start() -> None:
    result = read_states(corpus="english", unit="word", context="", states=3, steps=5)
    assert result.pieces == ()
    assert result.posterior.shape == (0, 3)
    assert result.log_likelihood == 0
    assert (
        len(read_states(corpus="english", unit="character", context="a" * 999, states=2, steps=1).pieces)
        == LONGEST
    )


def test_the_same_seed_writes_the_same_text() -> None:
    one, same, other = (
        write_states(corpus="english", unit="word", states=3, steps=5, draw=draw, length=20)
        for draw in (1, 1, 2)
    )
    assert one.text == same.text != other.text
    assert len(one.pieces) == len(one.states) == 20
    assert "<unk>" not in one.text


@pytest.mark.parametrize(
    ("values", "name"), [({"states": 1}, "states"), ({"states": 11}, "states"), ({"steps": 101}, "steps")]
)
def test_other_numbers_of_states_and_steps_are_refused(values: dict[str, int], name: str) -> None:
    with pytest.raises(BadParameter) as error:
        train_states(corpus="english", unit="word", **values)  # type: ignore[arg-type]
    assert error.value.values == {"name": name}


def test_the_order_of_states_does_not_hang_on_the_last_digit_of_their_shares() -> None:
    emit = np.array([[0.1, 0.2, 0.7], [0.6, 0.3, 0.1], [0.2, 0.7, 0.1]])
    share = np.array([0.3, 0.3, 0.4])
    for off in (-1e-13, 0.0, 1e-13):
        assert ordered(share + np.array([off, 0, 0]), emit).tolist() == [2, 1, 0]
    assert ordered(share + np.array([1e-3, 0, 0]), emit).tolist() == [2, 0, 1]
