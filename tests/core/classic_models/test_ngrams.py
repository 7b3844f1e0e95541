"""What the page is told of n-grams, against counts made otherwise and against each other."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from typing import Any

import numpy as np
import pytest

from core.compute.classic_models.counts import HIGHEST, count_corpus, cut_corpus
from core.compute.classic_models.ngrams import (
    FREQUENT,
    MOST_WRITTEN,
    OFTEN,
    ROWS,
    SHARES,
    count,
    following,
    growth,
    held_out,
    write,
)
from core.compute.classic_models.pieces import END
from core.compute.classic_models.smoothing import SMOOTHINGS
from core.errors import BadParameter, OneWord
from tests.core.classic_models import oracle

BOTH = (("english", "word"), ("tang", "character"))
FORTY = "".join(
    f"{who} {does} the {what}.\n"
    for who, does, what in itertools.product(("She", "He"), ("sees", "likes", "hears"), ("cat", "dog", "cat", "sea"))
) * 2  # fmt: skip


@pytest.mark.parametrize(("corpus", "unit"), BOTH)
def test_counts_are_those_of_a_plain_counter(corpus: str, unit: Any) -> None:
    result = count(corpus=corpus, unit=unit)
    counts, cut = count_corpus(corpus, unit, False), cut_corpus(corpus, unit, False)
    found = [Counter[tuple[str, ...]]() for _ in range(HIGHEST)]
    for line in oracle.grams(counts, cut.train):
        for gram in line:
            found[len(gram) - 1][gram] += 1
    assert result.pieces == sum(found[0].values())
    assert result.vocabulary == len(found[0])
    assert result.distinct.tolist() == [len(some) for some in found]
    assert result.once.tolist() == [sum(number == 1 for number in some.values()) for some in found]
    for row, some in zip(result.often, found, strict=True):
        numbers = Counter(min(number, OFTEN) for number in some.values())
        assert row.tolist() == [numbers[times] for times in range(1, OFTEN + 1)]
    tested = [gram for line in oracle.grams(counts, cut.held_out) for gram in line]
    for order, some in enumerate(found, 1):
        grams = [gram for gram in tested if len(gram) == order]
        contexts = {gram[:-1] for gram in some}
        assert result.unseen[order - 1] == pytest.approx(np.mean([gram not in some for gram in grams]))
        new = np.mean([gram[:-1] not in contexts for gram in grams])
        assert result.unseen_context[order - 1] == pytest.approx(new)
    assert result.frequent_counts[0].tolist() == [number for _, number in found[0].most_common(FREQUENT)]
    assert result.possible.tolist() == pytest.approx([at * math.log10(len(found[0])) for at in range(1, 6)])
    for (row, first), (column, second) in itertools.product(enumerate(counts.words.pieces[2:6]), repeat=2):
        assert result.table[row, column] == found[1][first, second]


def test_names_of_n_grams_can_be_read() -> None:
    words, characters = (count(corpus=corpus, unit=unit) for corpus, unit in BOTH)  # type: ignore[arg-type]
    assert "of the" in words.frequent[1]
    assert "， 不" in characters.frequent[1]
    assert words.table_pieces[:2] == (",", "the")


@pytest.mark.parametrize(("corpus", "unit"), BOTH)
@pytest.mark.parametrize("smoothing", SMOOTHINGS)
def test_rows_say_what_each_order_adds(corpus: str, unit: Any, smoothing: str) -> None:
    context = "and so the white" if corpus == "english" else "春风不"
    result = following(corpus=corpus, unit=unit, context=context, order=3, smoothing=smoothing)
    assert result.shares.shape == (ROWS, 4)
    assert result.counts.shape == (ROWS, 3)
    np.testing.assert_allclose(result.shares.sum(axis=1), result.probability, rtol=1e-5)
    assert (np.diff(result.probability) <= 0).all()
    assert result.probability.sum() + result.rest == pytest.approx(1, abs=1e-5)
    assert 0 < result.entropy < 12
    assert result.read == 2
    assert result.totals[0] > result.totals[1] > result.totals[2] > 0
    assert (result.types <= result.totals).all()
    seen = result.counts[:, 2] > 0
    assert (result.shares[seen, 3] > 0).all()
    assert (result.shares[~seen, 3] == 0).all() or smoothing == "add"
    if smoothing == "backoff":  # exactly one order says it
        assert ((result.shares > 0).sum(axis=1) == 1).all()


def test_a_context_is_read_as_far_as_the_order_goes() -> None:
    def asked(context: str, order: int) -> Any:
        return following(corpus="english", unit="word", context=context, order=order, smoothing="kneser_ney")

    assert asked("Call me Ishmael. It was the", 3).context == ("was", "the")
    assert asked("the white", 1).context == ()
    assert asked("the white", 1).read == 0
    assert asked("It", 5).context == ("It",)
    assert asked("It", 5).read == 1
    assert asked("", 3).pieces == asked("It was so.\n", 3).pieces
    unknown = asked("of the Zyzzx", 4)
    assert unknown.known == (True, True, False)
    assert asked("whale whale", 3).read == 1  # never seen together
    assert asked("whale whale", 3).totals[2] == 0


@pytest.mark.parametrize(("corpus", "unit"), [*BOTH, ("english", "character")])
def test_kneser_ney_costs_least(corpus: str, unit: Any) -> None:
    """What Chen & Goodman 1999 found; and smoothing by adding is worst where contexts are long."""
    result = held_out(corpus=corpus, unit=unit)
    best = dict(zip(result.smoothings, result.bits.min(axis=1), strict=True))
    assert min(best, key=lambda name: best[name]) == "kneser_ney"
    assert result.bits[0].argmin() < HIGHEST - 1
    assert result.bits[0, -1] == result.bits[:, -1].max()
    assert np.isfinite(result.bits).all()
    assert 0 <= result.spelling < result.bits.min()
    pieces = (result.bits - result.spelling) * result.held_out_bytes / result.pieces
    np.testing.assert_allclose(2**pieces, result.perplexity, rtol=1e-3)


def test_more_text_makes_better_models() -> None:
    result, whole = (
        growth(corpus="english", unit="word", order=3),
        held_out(corpus="english", unit="word"),
    )
    assert result.bits.shape == (len(SMOOTHINGS), len(SHARES))
    np.testing.assert_allclose(result.bits[:, -1], whole.bits[:, 2], rtol=1e-6)
    assert (np.diff(result.bits[-1]) < 0).all()
    assert result.pieces.tolist() == sorted(result.pieces)
    np.testing.assert_allclose(result.pieces / result.pieces[-1], SHARES, rtol=0.05)


def test_texts_are_drawn_by_their_seed() -> None:
    def drawn(seed: int = 0, temperature: float = 1.0, context: str = "", order: int = 3) -> Any:
        return write(
            corpus="english", unit="word", order=order, smoothing="kneser_ney", seed=seed, length=40,
            temperature=temperature, context=context,
        )  # fmt: skip

    assert drawn().text == drawn().text != drawn(1).text
    assert len(drawn().pieces) == len(drawn().orders) == len(drawn().probability) == 40
    assert "<unk>" not in drawn().text
    assert drawn(temperature=0.05).probability.mean() > drawn(temperature=3.0).probability.mean()
    assert drawn(order=2).orders.max() <= 2 < drawn().orders.max()
    greedy = drawn(temperature=0.05, context="It was", order=5)
    first = following(corpus="english", unit="word", context="It was", order=5, smoothing="kneser_ney")
    assert greedy.pieces[0].strip() in first.pieces[:2]


def test_each_drawn_piece_says_how_long_an_n_gram_it_ends() -> None:
    result = write(corpus="english", unit="word", order=4, smoothing="backoff", length=120, seed=3)
    counts, cut = count_corpus("english", "word", False), cut_corpus("english", "word", False)
    known = {gram for line in oracle.grams(counts, cut.train) for gram in line if len(gram) <= 4}
    said: list[str] = []
    for piece, order in zip(result.pieces, result.orders.tolist(), strict=True):
        said.append(END if piece == "\n" else piece)
        full = (oracle.START,) * 3 + tuple(said)
        assert order == max(length for length in range(1, 5) if full[-length:] in known)
        said = [] if piece == "\n" else said


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"temperature": 0.0}, "temperature"),
        ({"length": 0}, "length"),
        ({"length": MOST_WRITTEN + 1}, "length"),
    ],
)
def test_bad_wishes_for_a_text(values: dict[str, Any], name: str) -> None:
    with pytest.raises(BadParameter) as error:
        write(corpus=FORTY, unit="word", order=2, smoothing="add", **values)
    assert error.value.values == {"name": name}


def test_an_own_text_in_several_scripts_goes_through_everything() -> None:
    text = "我用 Python 写程序。I write код and 코드 now.\n今天天气很好，we go out.\n" * 20
    for unit in ("word", "character"):
        asked: dict[str, Any] = {"corpus": text, "unit": unit}
        assert count(**asked).unknown < 0.5
        assert np.isfinite(held_out(**asked).bits).all()
        assert np.isfinite(growth(order=5, **asked).bits).all()
        assert following(context="今天", order=3, smoothing="backoff", **asked).probability[0] > 0.5


def test_one_word_is_refused_and_two_are_not() -> None:
    with pytest.raises(OneWord):
        count(corpus="春" * 300, unit="character")
    assert count(corpus="ab" * 150, unit="character").vocabulary == 3  # <unk>, </s>, one of the two
    result = following(corpus="ab" * 150, unit="character", context="a", order=5, smoothing="kneser_ney")
    assert set(result.pieces) >= {END}
