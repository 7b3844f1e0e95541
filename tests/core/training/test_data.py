"""Texts become batches that depend on the step alone; masks and examples are what they say."""

from __future__ import annotations

import numpy as np
import pytest

from core.training import data, mini_bert, tiny_gpt

POEM = ["白日依山尽，黄河入海流。", "欲穷千里目，更上一层楼。"]


def test_documents_are_whole_in_one_part() -> None:
    texts = [f"text {at}" for at in range(45)]
    found = data.split(texts)
    assert found.held_out == ("text 10", "text 30")
    assert sorted(found.train + found.held_out) == sorted(texts)


def test_windows_are_stretches_of_the_text_and_repeat() -> None:
    ids = np.arange(1000, dtype=np.uint16)
    found = data.windows(ids, 50, 20, data.draw(7, 0))
    assert (np.diff(found, axis=1) == 1).all()
    np.testing.assert_array_equal(found, data.windows(ids, 50, 20, data.draw(7, 0)))
    assert not np.array_equal(found, data.windows(ids, 50, 20, data.draw(8, 0)))
    edge = data.windows(ids, 4000, 999, data.draw(0, 0))
    assert set(edge[:, 0].tolist()) == {0, 1}


@pytest.mark.parametrize(
    ("lines", "regular"),
    [
        (POEM, True),
        (["白日依山尽，", "黄河入海流。", "欲穷千里目，", "更上一层楼。"], True),
        (POEM * 2, True),
        ([*POEM, "更上一层楼。"], False),
        (["床前明月光，疑是地上霜雪。", "举头望明月，低头思故乡。"], False),
        (["白日依山A，黄河入海流。", "欲穷千里目，更上一层楼。"], False),
        (["白日依山𫛳，黄河入海流。", "欲穷千里目，更上一层楼。"], False),
        ([], False),
    ],
)
def test_regular_poems(lines: list[str], regular: bool) -> None:
    text = data.regular(lines)
    assert bool(text) is regular
    if regular:
        assert text.count("，") == text.count("。") == text.count("\n")
        assert data.FORMS[data.form_of(text)] == (5, 2 * text.count("\n"))


def test_a_poem_keeps_every_character() -> None:
    text = data.regular(POEM)
    poems = data.Poems(tuple(sorted(set(text))), ((text,),), ((),))
    engine = tiny_gpt.characters(poems)
    (rows,) = tiny_gpt.poem_ids(engine, poems.train)
    assert rows.shape == (1, len(text) + 2)
    assert rows[0, 0] == engine.token_to_id("<s>")
    assert rows[0, -1] == engine.token_to_id("</s>")
    assert engine.decode(rows[0, 1:-1].tolist()) == text
    assert tiny_gpt.poem_batch([rows], 0, 0, 100)["ids"].shape == (100 // rows.shape[1], rows.shape[1])


def text_of(ids: np.ndarray) -> mini_bert.Text:
    return mini_bert.Text(ids.astype(np.uint16), np.arange(0, len(ids), 10))


def test_holes_follow_the_rule_of_bert() -> None:
    """15 % are asked for; of those 80 % masked, 10 % replaced, 10 % left (Devlin et al. 2019, §3.1)."""
    ids = np.random.default_rng(0).integers(5, 6000, (400, 128))
    ids[:, 0] = mini_bert.CLS
    kinds, follows = np.zeros_like(ids), np.zeros(400, np.int64)
    found = mini_bert.holes(ids, kinds, follows, 6000, np.random.default_rng(1))
    asked = found.labels >= 0
    assert asked.mean() == pytest.approx(0.15, abs=0.01)
    assert not asked[:, 0].any()
    np.testing.assert_array_equal(found.labels[asked], ids[asked])
    np.testing.assert_array_equal(found.ids[~asked], ids[~asked])
    masked = found.ids[asked] == mini_bert.MASK
    left = found.ids[asked] == ids[asked]
    assert masked.mean() == pytest.approx(0.8, abs=0.02)
    assert left.mean() == pytest.approx(0.1, abs=0.02)
    assert (found.ids[asked][~masked] >= 5).all()


def test_pairs_follow_or_come_from_elsewhere() -> None:
    texts = text_of(np.arange(5, 5005)), text_of(np.arange(5, 5005))
    found = mini_bert.examples(texts, 200, 64, 6000, np.random.default_rng(0))
    ids = np.where(found.labels >= 0, found.labels, found.ids)
    assert (ids[:, 0] == mini_bert.CLS).all()
    assert (ids[:, -1] == mini_bert.SEP).all()
    for row, kind, other in zip(ids, found.kinds, found.follows, strict=True):
        first, second = row[(kind == 0)][1:-1], row[kind == 1][:-1]
        assert row[kind == 0][-1] == mini_bert.SEP
        assert (np.diff(first) == 1).all()
        assert (np.diff(second) == 1).all()
        assert (second[0] == first[-1] + 1) == (other == 0)
    assert 0.4 < found.follows.mean() < 0.6


def test_baselines_by_hand() -> None:
    """A text a b c a b c …: after "b c" always a; the most frequent piece is right a third of the time."""
    ids = np.tile([5, 6, 7], 200)
    engine = mini_bert.wordpiece(["aa bb cc"], 20)
    one = text_of(ids)
    found = mini_bert.Corpus(engine, (one, one), (one, one))
    rows = np.tile(ids[:30], (4, 1))
    labels = np.full_like(rows, -100)
    labels[:, 3:15] = rows[:, 3:15]
    asked = mini_bert.Masked(np.where(labels >= 0, mini_bert.MASK, rows), rows, labels, np.zeros(4, np.int64))
    scores = mini_bert.baselines(found, asked)
    assert scores["trigram"] == (1.0, 1.0)
    assert scores["unigram"][0] == pytest.approx(1 / 3)
    assert scores["unigram"][1] == 1.0
