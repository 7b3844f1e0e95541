"""The same heads on two texts: each side as if it were alone, and what the experiment says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from core import catalog
from core.calls import complete, plan
from core.catalog import LANGUAGES, Language
from core.catalog.attention_heads import CHINESE, ENCODER, METRICS
from core.compute.attention_heads.overview import overview
from core.compute.attention_heads.pair import LEADERS, MOST, notice, pair
from core.errors import NoTokens, TextEmpty, TextTooLong
from core.figures.attention_heads import parts as head_parts
from core.figures.buffer import unpack
from core.models.load.loading import load
from core.models.read.trace import make_trace
from tests.core.tiny import NAMES, SAMPLE, tiny

PAGE = catalog.find("attention_heads")


@pytest.mark.parametrize("name", NAMES)
def test_each_side_is_what_the_text_alone_gives(name: str) -> None:
    found = pair(loaded=tiny(name), first=SAMPLE, second="the cat the cat")
    for text, attention, metrics in (
        (SAMPLE, found.attention_first, found.metrics_first),
        ("the cat the cat", found.attention_second, found.metrics_second),
    ):
        alone = overview(trace=make_trace(tiny(name), text, limit=60))
        np.testing.assert_array_equal(attention, alone.attention)
        np.testing.assert_array_equal(metrics, alone.metrics)


def test_the_correlation_is_pearson_s() -> None:
    found = pair(loaded=tiny("bert"), first=SAMPLE, second="the cat the cat")
    for at, metric in enumerate(METRICS):
        one, other = found.metrics_first[at].ravel(), found.metrics_second[at].ravel()
        known = ~(np.isnan(one) | np.isnan(other))
        seen = notice(found, metric)
        if not known.any():
            assert seen is None
            continue
        assert seen
        expected = stats.pearsonr(one[known].astype(float), other[known].astype(float)).statistic
        assert seen.correlation == pytest.approx(expected, abs=1e-6)
        assert seen.first == pytest.approx(float(np.nanmax(np.where(known, one, np.nan))))


def test_a_text_with_itself_agrees_wholly() -> None:
    seen = notice(pair(loaded=tiny("gpt2"), first=SAMPLE, second=SAMPLE), "first")
    assert seen
    assert seen.correlation == pytest.approx(1)
    assert seen.rank == 1


def test_a_correlation_that_a_few_heads_make_is_told_from_one_that_all_make() -> None:
    found = pair(loaded=tiny("gpt2"), first=SAMPLE, second=SAMPLE)
    at, draw = METRICS.index("first"), np.random.default_rng(2)
    first, second = draw.uniform(0, 0.1, (2, *found.metrics_first.shape[1:]))
    first.flat[:LEADERS], second.flat[:LEADERS] = 0.9, 0.9
    made = replace(
        found,
        metrics_first=np.stack([first] * len(METRICS)),
        metrics_second=np.stack([second] * len(METRICS)),
    )
    seen, even = notice(made, METRICS[at]), notice(found, METRICS[at])
    assert seen
    assert even
    assert seen.correlation > 0.9
    rest = stats.pearsonr(first.ravel()[LEADERS:], second.ravel()[LEADERS:]).statistic
    assert seen.rest == pytest.approx(rest)
    assert seen.rest < 0.8
    assert even.rest == pytest.approx(1) or np.isnan(even.rest)


def test_a_script_that_the_model_has_no_tokens_for_is_said() -> None:
    model = load(ENCODER)
    for first, second in (
        ("Кошка спит", "Собака лает"),
        ("A cat sleeps.", "Собака лает"),
        ("안녕", "A cat."),
    ):
        with pytest.raises(NoTokens):
            pair(loaded=model, first=first, second=second)


def test_an_empty_and_a_long_text_are_refused() -> None:
    with pytest.raises(TextEmpty):
        pair(loaded=tiny("bert"), first=SAMPLE, second=" ")
    with pytest.raises(TextTooLong) as error:
        pair(loaded=load(ENCODER), first=SAMPLE, second="word " * 100)
    assert error.value.values["limit"] == MOST


@pytest.mark.parametrize("language", LANGUAGES)
def test_habits_carry_over_to_the_translation(language: Language) -> None:
    state = next(one for one in PAGE.questions if one.id == "translated").reveal.values(language)
    asked = next(plan(PAGE.stem, complete(PAGE, {"lang": language, **state})))
    assert asked.model == ENCODER
    found = asked.bundled()  # compared with live elsewhere
    assert found is not None
    seen = notice(found, "previous")
    assert seen
    assert seen.heads == 144
    assert seen.correlation > 0.9
    assert 0.65 < seen.rest < 0.8
    assert (seen.layer, seen.head, seen.rank) == (0, 2, 1)
    at = METRICS.index("previous")
    leaders = [
        set(np.argsort(-side[at], axis=None)[:LEADERS].tolist())
        for side in (found.metrics_first, found.metrics_second)
    ]
    assert len(leaders[0] & leaders[1]) == 4
    assert np.median(found.metrics_first[at]) < 0.1
    message = head_parts.pair_payload(found, {}, {"version": 0}, language)
    assert len(message) < 1_000_000
    assert unpack(message)[0]["heads"] == 12


def test_a_decoder_that_speaks_both_languages_keeps_its_habits_and_one_that_does_not_is_not_shown() -> None:
    asked = next(plan(PAGE.stem, complete(PAGE, {"lang": "zh", "part": "pair"})))
    found = asked.bundled()  # compared with live elsewhere
    assert asked.model == CHINESE
    assert found is not None
    seen = notice(found, "previous")
    assert seen
    assert (seen.heads, seen.rank) == (336, 4)
    assert min(seen.correlation, seen.rest) > 0.85
    assert next(plan(PAGE.stem, complete(PAGE, {"lang": "en", "part": "pair"}))).model == ENCODER


def test_two_texts_as_long_as_may_be_are_a_small_message() -> None:
    loaded = load(PAGE.model["en"])
    text = "The quick brown fox jumps over the lazy dog and runs away from it. " * 3
    found = pair(loaded=loaded, first=text, second=text)
    assert len(found.first) > 40
    assert len(head_parts.pair_payload(found, {}, {"version": 0}, "en")) < 1_000_000
    columns, rows = head_parts.pair_table(found, METRICS)
    assert all(len(row) == len(columns) for row in rows)
