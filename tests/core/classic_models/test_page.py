"""What the page says and draws: sentences that follow the result, charts whose values are the results'."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from core.catalog import LANGUAGES
from core.compute.classic_models import calls, judged, ngrams, states
from core.compute.classic_models.counts import cut_corpus
from core.compute.classic_models.pieces import Unit
from core.compute.classic_models.transformer import Expected, Reach, Read
from core.figures.charts import Spec, alt_of
from core.figures.classic_models import ngrams as figures
from core.figures.classic_models import states as hidden
from core.numbers import fill
from pages.kit.text import Words

CORPORA: dict[str, Unit] = {"english": "word", "tang": "character"}
READ = Read(2.0, 100, 30)


def words(language: str) -> dict[str, str]:
    return dict(Words(language, "classic_models").get("charts"))


def valid(spec: Spec) -> Spec:
    go.Figure(spec)  # validates every property
    assert alt_of(spec)
    assert "{" not in alt_of(spec)
    assert "nan" not in str(spec["layout"]["title"])
    return spec


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("corpus", CORPORA)
def test_bars_add_up_to_the_probabilities(corpus: str, language: str) -> None:
    found = ngrams.following(
        corpus=corpus, unit=CORPORA[corpus], context="the white 明月", order=3, smoothing="kneser_ney"
    )
    spec = valid(figures.following(found, words(language), language=language, most=1.0))
    total = sum(np.array(trace["x"]) for trace in spec["data"])
    assert total == pytest.approx(found.probability, abs=figures.SHARES_FROM * 6)
    assert spec["layout"]["yaxis"]["ticktext"][0] == found.pieces[0].replace("<", "&lt;").replace(">", "&gt;")
    rows = list(figures.next_rows(found))
    assert [row[0] for row in rows] == list(found.pieces)


@pytest.mark.parametrize("language", LANGUAGES)
def test_costs_are_drawn_as_they_are(language: str) -> None:
    found = ngrams.held_out(corpus="english", unit="word")
    spec = valid(figures.by_order(found, READ, words(language), language=language, model="M"))
    for trace, bits in zip(spec["data"], found.bits, strict=False):
        assert trace["y"] == pytest.approx(bits.tolist())
    assert spec["data"][-1]["y"] == [2.0, 2.0]
    assert len(figures.by_order(found, None, words(language), language=language, model="M")["data"]) == 4
    grown = ngrams.growth(corpus="english", unit="word", order=3)
    sized = valid(figures.by_size(grown, READ, words(language), language=language, model="M"))
    assert sized["data"][0]["x"] == grown.used.tolist()
    assert grown.bits[:, -1] == pytest.approx(found.bits[:, 2], rel=1e-5)
    assert len(list(figures.cost_rows(found, words(language)))) == 20


@pytest.mark.parametrize("language", LANGUAGES)
def test_counts_are_drawn_as_they_are(language: str) -> None:
    found = ngrams.count(corpus="tang", unit="character")
    lines = valid(figures.unseen(found, words(language), language=language))
    assert lines["data"][0]["y"] == pytest.approx(found.unseen.tolist())
    table = valid(figures.table(found, words(language), language=language))
    assert np.array(table["data"][0]["z"]) == pytest.approx(np.log10(1 + found.table))
    assert [row[1] for row in figures.count_rows(found)] == found.distinct.tolist()


@pytest.mark.parametrize("language", LANGUAGES)
def test_states_are_drawn_as_they_are(language: str) -> None:
    given: dict[str, Any] = {"corpus": "english", "unit": "word", "states": 3, "steps": 5}
    found, text = states.train_states(**given), states.read_states(context="the white whale", **given)
    spec = valid(hidden.behind(found, text, words(language), language=language))
    assert np.array(spec["data"][0]["z"]) == pytest.approx(text.posterior.T)
    assert spec["data"][1]["y"] == text.path.tolist()
    moves = valid(hidden.moves(found, words(language), language=language))
    assert np.array(moves["data"][0]["z"]).sum(axis=1) == pytest.approx(1, abs=1e-5)
    learned = valid(hidden.learning(found, words(language), language=language))
    assert np.diff(learned["data"][0]["y"]).min() >= -1e-6
    assert [row[0] for row in hidden.state_rows(found)] == [1, 2, 3]
    nothing = states.read_states(context="", **given)
    valid(hidden.behind(found, nothing, words(language), language=language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_transformers_pieces_are_drawn_as_they_are(language: str) -> None:
    some = Expected(4, ("<b>", "<b>"), np.array([0.6, 0.1], np.float32), 0.3)
    spec = valid(figures.expected(some, words(language), language=language, most=1.0))
    assert spec["data"][0]["x"] == pytest.approx([0.6, 0.1])
    far = Reach("whale", np.array([1, 2, 7], np.int32), np.array([0.01, 0.1, 0.5], np.float32))
    assert valid(figures.reach(far, words(language), language=language))["data"][0]["x"] == [1, 2, 7]
    assert figures.most_of(some.probability, far.probability) == pytest.approx(0.648, abs=1e-3)


def test_the_cheapest_model_is_named() -> None:
    found = ngrams.held_out(corpus="english", unit="word")
    name, order, bits = judged.best(found)
    assert bits == found.bits.min()
    assert found.bits[found.smoothings.index(name), order - 1] == found.bits.min()
    assert name == "kneser_ney"


@pytest.mark.parametrize("corpus", CORPORA)
def test_with_add_k_long_contexts_cost_more_here_and_less_where_they_do(corpus: str) -> None:
    """The experiment's answer, and its sentence where it would be false."""
    found = ngrams.held_out(corpus=corpus, unit=CORPORA[corpus])
    order, more = judged.added(found)
    assert found.bits[0, 4] > found.bits[0, 1] == found.bits[0].min()
    assert order == 2
    assert more == pytest.approx(float(found.bits[0, 4] / found.bits[0, 1] - 1))
    falling = replace(found, bits=np.array([[5, 4, 3, 2, 1.0]] * 4, np.float32))
    assert judged.added(falling) == (5, 0.0)


@pytest.mark.parametrize("corpus", CORPORA)
def test_most_trigrams_of_new_text_were_never_seen(corpus: str) -> None:
    """The experiment's answer."""
    share, distinct, once = judged.unseen(ngrams.count(corpus=corpus, unit=CORPORA[corpus]), 3)
    assert share > 0.5
    assert distinct > 10_000
    assert once > 0.5


def test_two_states_become_vowels_and_consonants_and_words_do_not() -> None:
    """The experiment's answer, and its sentence where it would be false."""
    letters = states.train_states(corpus="english", unit="character", states=2, lower=True)
    own = judged.vowels(letters)
    assert own is not None
    at, share = own
    assert set("aeiou") <= set(letters.given[at - 1])
    assert not set("aeo") & set(letters.given[2 - at][:8])
    assert share > 0.5
    assert judged.vowels(states.train_states(corpus="english", unit="word", states=2, steps=5)) is None


def test_what_is_copied_stands_in_the_training_text() -> None:
    text = ngrams.write(corpus="tang", unit="character", order=5, smoothing="kneser_ney", length=200)
    lines = "\n".join("".join(line) for line in cut_corpus("tang", "character", False).train)
    line, ends = "", []
    for piece, length in zip(text.pieces, text.orders, strict=True):
        line = "" if piece == "\n" else line + piece
        if len(line) >= 5:
            ends.append((line[-5:] in lines, length >= 5))
    assert len(ends) > 20
    assert all(stands == counted for stands, counted in ends)
    assert {counted for _, counted in ends} == {True, False}
    assert judged.copied(text, 5) == (text.orders >= 5).mean()
    assert judged.copied(text, 5) < judged.copied(text, 2)


def test_a_model_of_another_language_is_foreign_and_others_are_not() -> None:
    assert judged.is_foreign("smollm2-135m", "tang")
    assert judged.is_foreign("poem-gpt", "english")
    assert not judged.is_foreign("smollm2-135m", "english")
    assert not judged.is_foreign("smollm2-135m", "own")
    assert not judged.is_foreign("hub:owner/name", "tang")


@pytest.mark.parametrize("language", LANGUAGES)
def test_shares_of_what_is_copied_add_up(language: str) -> None:
    given: dict[str, Any] = {"corpus": "tang", "unit": "character", "smoothing": "kneser_ney", "length": 50}
    texts = [ngrams.write(order=order, **given) for order in (1, 2, 3)]
    spec = valid(figures.copied(texts, words(language), language=language))
    assert sum(np.array(trace["y"]) for trace in spec["data"]) == pytest.approx(1)


def test_what_was_seen_is_counted() -> None:
    given: dict[str, Any] = {"corpus": "english", "unit": "word", "order": 3, "smoothing": "kneser_ney"}
    found = ngrams.following(context="out over the", **given)
    read, count, types = judged.seen(found)
    assert read == 2
    assert 0 < types <= count == found.totals[2]
    new = ngrams.following(context="qqqq zzzz", **given)
    assert new.known == (False, False)
    assert new.read == judged.seen(new)[0]
    assert judged.first_differs(("a", "b"), ("b", "a"))
    assert not judged.first_differs(("a", "b"), ("a", "c"))


def test_an_own_text_is_no_part_of_a_link() -> None:
    assert calls.corpus({"corpus": "own", "own": "abc"}) == "abc"
    assert calls.corpus({"corpus": "tang", "own": "abc"}) == "tang"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_can_be_filled_in(language: str) -> None:
    notices = Words(language, "classic_models").get("notice")
    values = dict.fromkeys(
        ("most", "read", "count", "types", "order", "bits", "other", "less", "more", "pieces", "vocabulary", "distinct",
         "once", "unseen", "copied", "steps", "state", "share"), 1
    )  # fmt: skip
    texts = dict.fromkeys(("context", "piece", "model", "smoothing", "possible"), "x")
    for sentence in notices.values():
        assert "{" not in fill(sentence, language, **values, **texts)
