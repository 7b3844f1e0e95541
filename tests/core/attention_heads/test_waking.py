"""What wakes a resting head: shares by a plain loop, the bank, and what the experiment says."""

from __future__ import annotations

import dataclasses
from collections import Counter

import numpy as np
import pytest

from core import catalog
from core.calls import complete, plan, walk
from core.catalog import LANGUAGES, Language, State
from core.catalog.attention_heads import CAPITALS_EN, DECODER, ENCODER, METRICS
from core.compute.attention_heads import waking as compute
from core.compute.attention_heads.metrics import measure
from core.data.waking_texts import bank
from core.errors import TextTooLong, TextTooShort
from core.figures.attention_heads import waking as figures
from core.models.load.loading import load
from core.models.read.trace import make_trace
from pages.kit.text import Words
from tests.core.tiny import SAMPLE, tiny

PAGE = catalog.find("attention_heads")
TINY = ("gpt2", "bert", "t5")


def opened(state: State) -> tuple[compute.Resting, compute.Waking]:
    """The results that come with the app, which are compared with live ones elsewhere."""
    (_, here), (_, found) = walk(
        plan("attention_heads", complete(PAGE, state)), lambda asked: asked.bundled()
    )
    assert here is not None
    assert found is not None
    return here, found


@pytest.mark.parametrize("name", TINY)
def test_shares_by_a_plain_loop(name: str) -> None:
    trace = make_trace(tiny(name), SAMPLE, limit=60)
    found = compute.resting(trace=trace).awake
    special, n = trace.tokens.special, len(trace.tokens)
    for layer, heads in enumerate(trace.attention):
        for head, matrix in enumerate(heads):
            shares = [
                sum(float(matrix[query, key]) for key in range(1, n) if not special[key])
                for query in range(1, n)
                if not special[query]
            ]
            assert found[layer, head] == pytest.approx(np.mean(shares), abs=1e-5)


def test_where_no_head_rests_none_is_said_to() -> None:
    here, found = opened({"lang": "en", "part": "wake", "model": DECODER})
    awake = dataclasses.replace(here, awake=np.full_like(here.awake, 0.5))
    assert compute.notice(awake, found) is None
    assert not compute.rests(awake, 18, 8)
    asleep = dataclasses.replace(here, awake=np.full_like(here.awake, 0.2))
    seen = compute.notice(asleep, dataclasses.replace(found, awake=np.full_like(found.awake, 0.1)))
    assert seen
    assert seen.resting == seen.heads  # those too that no text of the bank wakes
    assert compute.rests(asleep, 18, 8)


def test_a_head_rests_from_three_quarters_on() -> None:
    trace = make_trace(tiny("gpt2"), SAMPLE, limit=60)
    awake = np.array([[0.25, 0.26], [0.0, 1.0]], np.float32)
    here = dataclasses.replace(compute.resting(trace=trace), awake=awake)
    assert [compute.rests(here, *place) for place in np.ndindex(3, 3)] == [
        True, False, False, True, False, False, False, False, False,
    ]  # fmt: skip


def test_of_a_decoder_it_is_what_the_first_token_metric_leaves() -> None:
    trace = make_trace(tiny("gpt2"), SAMPLE, limit=60)
    first = measure(trace.attention, trace.tokens.ids)[METRICS.index("first")]
    np.testing.assert_allclose(compute.resting(trace=trace).awake, 1 - first, atol=1e-5)


@pytest.mark.parametrize("name", TINY)
def test_the_waking_text_is_the_one_with_the_largest_share(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = bank()[
        ::6
    ]  # of every kind; the whole bank is read where bundled results are compared with live ones
    monkeypatch.setattr(compute, "bank", lambda: some)
    said: list[tuple[str, float]] = []
    found = compute.waking(loaded=tiny(name), progress=lambda stage, share: said.append((stage, share)))
    assert said == [("wake", at / len(some)) for at in range(len(some))]
    assert np.isnan(found.awake).any(axis=(0, 1)).sum() < len(some) / 2  # a tiny tokenizer cuts small
    layer, head = 1, 2
    best = int(found.best[layer, head])
    assert found.awake[layer, head, best] == np.nanmax(found.awake[layer, head])
    trace = make_trace(tiny(name), found.texts[best], limit=60)
    n = len(trace.tokens)
    assert found.labels[best] == trace.tokens.labels
    np.testing.assert_allclose(
        found.attention[layer, head, :n, :n] / 255, trace.attention[layer, head], atol=0.003
    )
    assert not found.attention[layer, head, n:].any()


def test_the_sentence_names_the_places_where_heads_rest() -> None:
    """A decoder's is the first token; an encoder's are its special tokens, too, and those count."""
    for language in LANGUAGES:
        words = Words(language, "attention_heads").get("waking")
        for name, id in (("gpt2", "places_first"), ("bert", "places_marks")):
            here = compute.resting(trace=make_trace(tiny(name), SAMPLE, limit=60))
            assert figures.places(here, words) == words[id]
    here = compute.resting(trace=make_trace(load(ENCODER), CAPITALS_EN, limit=60))
    marks = [at for at, special in enumerate(here.tokens.special) if special]
    rests = here.attention[:, :, 1:-1][..., marks].sum(-1).mean(-1) / 255
    first = here.attention[:, :, 1:-1, 0].mean(-1) / 255
    resting = here.awake <= 1 - compute.RESTS
    np.testing.assert_allclose(1 - here.awake, rests, atol=0.01)
    assert (first >= compute.RESTS).sum() < resting.sum()  # so "on the first token" would not be so


def test_the_bank_is_varied() -> None:
    texts = bank()
    assert 60 <= len(texts) <= 120
    assert len({entry.text for entry in texts}) == len(texts)
    kinds = Counter(entry.kind for entry in texts)
    assert set(kinds) == {"english", "chinese", "repeat", "code", "list", "quote", "number", "mixed"}
    assert min(kinds.values()) >= 8


def test_one_token_and_too_many_are_refused() -> None:
    with pytest.raises(TextTooShort):
        compute.resting(trace=make_trace(tiny("gpt2"), "a", limit=60))
    for count in (compute.MOST, compute.MOST + 1):
        trace = make_trace(tiny("gpt2"), "a" * count, limit=60)
        assert len(trace.tokens) == count
        if count > compute.MOST:
            with pytest.raises(TextTooLong):
                compute.resting(trace=trace)
        else:
            assert compute.resting(trace=trace).awake.shape == trace.attention.shape[:2]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_head_that_seems_idle_is_woken_by_repetition(language: Language) -> None:
    state = next(q for q in PAGE.questions if q.id == "wakes").reveal.values(language)
    here, found = opened(state)
    place = int(str(state["layer"])), int(str(state["head"]))
    best = int(found.best[place])
    assert here.awake[place] < 0.05
    assert found.kinds[best] == "repeat"
    assert found.texts[best].startswith("x y z w x y z w")
    assert found.awake[(*place, best)] > 0.7
    quotes = [at for at, kind in enumerate(found.kinds) if kind == "quote"]
    assert found.awake[place][quotes].max() < found.awake[(*place, best)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_some_head_wakes_and_every_head_is_a_row(language: Language) -> None:
    here, found = opened({"lang": language, "part": "wake"})
    seen = compute.notice(here, found)
    assert seen
    assert seen.here < 1 - compute.RESTS < seen.there
    assert figures.ranked(here, found)[0] == (seen.layer, seen.head)
    columns, rows = figures.waking_table(here, found)
    kept = list(rows)
    assert len(kept) == here.awake.size
    assert all(len(row) == len(columns) for row in kept)
