"""Smoothed n-grams against NLTK's, against formulas written out, and as distributions."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.compute.classic_models.counts import HIGHEST, Counts, count_lines, cut_corpus, places
from core.compute.classic_models.smoothing import (
    DISCOUNT,
    SMOOTHINGS,
    Strength,
    estimated,
    smoothed,
)
from core.errors import BadParameter, OneWord
from tests.core.classic_models import oracle

Lines = list[list[str]]
LINES = st.lists(st.lists(st.sampled_from("abcde"), min_size=1, max_size=8), min_size=1, max_size=12).filter(
    lambda lines: len({piece for line in lines for piece in line}) > 1
)
STRENGTHS = st.builds(
    Strength,
    added=st.floats(0.01, 2),
    discount=st.one_of(st.just(0.0), st.floats(0.1, 0.95)),
    weight=st.floats(0.05, 0.95),
)


def ids_of(counts: Counts, context: Sequence[str]) -> list[int]:
    """Four places; None of the context stands for the sign before a sentence."""
    start = counts.words.start
    return [start if piece == oracle.START else counts.words.ids([piece])[0] for piece in context]


def known(counts: Counts, context: tuple[str, ...]) -> tuple[str, ...]:
    """The context as NLTK is asked for it."""
    return tuple(piece if piece in (*counts.words.pieces, oracle.START) else "<unk>" for piece in context)


def contexts(pieces: str) -> list[tuple[str, ...]]:
    """All contexts of four places that can come to be: signs before the sentence, then pieces."""
    return [
        (oracle.START,) * (HIGHEST - 1 - length) + some
        for length in range(HIGHEST)
        for some in itertools.product(pieces, repeat=length)
    ]


@settings(max_examples=40, deadline=None)
@given(LINES, STRENGTHS)
def test_every_distribution_sums_to_one(lines: Lines, strength: Strength) -> None:
    counts = count_lines(lines)
    seen = {tuple(([oracle.START] * 4 + line)[at : at + 4]) for line in lines for at in range(len(line) + 1)}
    for smoothing, order in itertools.product(SMOOTHINGS, range(1, HIGHEST + 1)):
        model = smoothed(counts, smoothing, order, strength)
        for context in (*seen, *contexts("a?")):
            shares = model.shares(ids_of(counts, context))
            assert shares.shape == (HIGHEST + 1, counts.words.start)
            assert shares.min() > -1e-12
            assert abs(shares.sum() - 1) < 1e-9, (smoothing, order, context)
            assert shares.sum(axis=0).min() > 0 or smoothing == "backoff" or strength.discount == 0


@settings(max_examples=15, deadline=None)
@given(LINES, st.floats(0.01, 2), st.floats(0.1, 0.95))
def test_add_k_and_kneser_ney_are_those_of_nltk(lines: Lines, added: float, discount: float) -> None:
    counts = count_lines(lines)
    counted = oracle.counter(counts, lines)
    strength = Strength(added=added, discount=discount)
    for order in range(1, HIGHEST + 1):
        for smoothing, theirs in oracle.models(counts, counted, order, added, discount).items():
            if order == 1 and smoothing == "kneser_ney":
                continue  # NLTK divides by the bigrams that it was not told of
            model = smoothed(counts, smoothing, order, strength)
            for context in contexts("ab")[::3]:
                used = known(counts, context)[HIGHEST - order :]
                ours = model.shares(ids_of(counts, context)).sum(axis=0)
                them = [theirs.unmasked_score(piece, used) for piece in counts.words.pieces]
                np.testing.assert_allclose(ours, them, rtol=0, atol=1e-9)


def test_kneser_ney_of_a_novel_is_that_of_nltk() -> None:
    """The probability of each held-out word, with 300 sentences counted."""
    cut = cut_corpus("english", "word", True)
    lines, tested = cut.train[:300], cut.held_out[:2]
    counts = count_lines(lines)
    ours = smoothed(counts, "kneser_ney", 3).probabilities(places(counts, tested))
    theirs = oracle.models(counts, oracle.counter(counts, lines), 3, 0.1, DISCOUNT)["kneser_ney"]
    found = [gram for line in oracle.grams(counts, tested) for gram in line if len(gram) == 3]
    assert len(found) == len(ours)
    expected = [theirs.unmasked_score(gram[-1], gram[:-1]) for gram in found]
    np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-9)


@settings(max_examples=20, deadline=None)
@given(LINES, STRENGTHS)
def test_interpolation_and_backoff_are_their_formulas(lines: Lines, strength: Strength) -> None:
    counts = count_lines(lines)
    formulas = oracle.Formulas(counts, lines, strength)
    for order, name in itertools.product((1, 2, 4), ("interpolated", "backoff")):
        model = smoothed(counts, name, order, strength)
        for context in contexts("ab")[::5]:
            used = known(counts, context)[HIGHEST - order :]
            ours = model.shares(ids_of(counts, context)).sum(axis=0)
            them = [getattr(formulas, name)(used, piece) for piece in counts.words.pieces]
            np.testing.assert_allclose(ours, them, rtol=0, atol=1e-9)


@settings(max_examples=20, deadline=None)
@given(LINES, LINES)
def test_a_text_s_probabilities_are_those_of_its_contexts(lines: Lines, tested: Lines) -> None:
    counts = count_lines(lines)
    found = places(counts, tested)
    for smoothing, order in itertools.product(SMOOTHINGS, (1, 3, 5)):
        model = smoothed(counts, smoothing, order)
        expected: list[float] = []
        for line in tested:
            ids = [counts.words.start] * 4 + [*counts.words.ids(line), 1]
            expected += [float(model.shares(ids[at - 4 : at])[:, ids[at]].sum()) for at in range(4, len(ids))]
        np.testing.assert_allclose(model.probabilities(found), expected, rtol=1e-9, atol=1e-15)


def test_the_discount_is_estimated_from_what_was_seen_once_and_twice() -> None:
    """n₁ = 3, n₂ = 2: 3 / (3 + 4)."""
    assert estimated(np.array([1, 1, 1, 2, 2, 5])) == pytest.approx(3 / 7)
    assert estimated(np.array([4, 5])) == DISCOUNT


@pytest.mark.parametrize(
    ("smoothing", "order", "name"), [("stupid", 2, "smoothing"), ("add", 0, "order"), ("add", 6, "order")]
)
def test_what_there_is_not_is_refused(smoothing: str, order: int, name: str) -> None:
    with pytest.raises(BadParameter) as error:
        smoothed(count_lines([["a", "b"]]), smoothing, order)
    assert error.value.values == {"name": name}


@pytest.mark.parametrize(
    "values", [{"added": 0.0}, {"discount": 1.0}, {"weight": 1.0}, {"added": float("nan")}]
)
def test_no_strength_gives_a_negative_or_empty_share(values: dict[str, float]) -> None:
    with pytest.raises(BadParameter):
        Strength(**values)


def test_one_word_is_nothing_to_count() -> None:
    with pytest.raises(OneWord):
        count_lines([["a", "a"], ["a"]])
