"""Poems to train on and to be judged by: what is held out, what n-grams cost, and the recipe on a few made-up poems."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch

from core.training import data, poems, recipes, tiny_gpt

CHARACTERS = "春花秋月何时了往事知多少小楼昨夜又东风故国不堪回首明"


def made_up(count: int, seed: int, characters: str = CHARACTERS) -> list[list[str]]:
    """Poems of four lines of five random characters."""
    chance = np.random.default_rng(seed)
    drawn = chance.choice(list(characters), (count, 4, 5))
    lines = [["".join(line) for line in poem] for poem in drawn]
    return [[f"{a}，{b}。", f"{c}，{d}。"] for a, b, c, d in lines]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The two packages as their registries have them, with few poems in them."""
    tang, song = made_up(100, 0), made_up(300, 1)
    held_out = tang[10]
    song += [
        held_out,
        [tang[30][0], "月月月月月，花花花花花。"],
        ["靁花秋月何，时了往事知。", "多少小楼昨，夜又东风故。"],
    ]
    with tarfile.open(tmp_path / data.POEMS.file, "w:gz") as archive:
        for name, some in (("tang", tang), ("song", song)):
            content = json.dumps([{"paragraphs": poem} for poem in some]).encode()
            entry = tarfile.TarInfo(f"package/dist/quantangshi/poet.{name}.0.json")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    with zipfile.ZipFile(tmp_path / data.SIMPLE.file, "w") as wheel:
        wheel.writestr("opencc/dictionary/TSCharacters.txt", "東\t东\n")
    return tmp_path


def test_no_couplet_of_a_held_out_poem_is_trained_on(folder: Path) -> None:
    tang = data.tang(3500, folder)
    song = data.song(tang, folder)
    assert sum(map(len, tang.train)) == 95
    assert sum(map(len, tang.held_out)) == 5
    assert set(tang.alphabet) <= {*CHARACTERS, "，", "。", "\n"}
    trained = data.couplets((*tang.train, *tang.partly, *song.train, *song.partly))
    for form in (*tang.held_out, *song.held_out):
        for text in form:
            assert trained.isdisjoint(text.splitlines())
    (partly,) = [text for form in song.partly for text in form]
    assert partly.startswith("靁")
    kept = data.unseen(tang.held_out, [(tang.held_out[0][0],)])
    assert kept[0] == tang.held_out[0][1:]


def test_a_character_that_is_not_known_is_not_asked_for() -> None:
    torch.manual_seed(0)
    model = tiny_gpt.gpt2(
        tiny_gpt.Shape(20, 8, width=8, layers=1, heads=2), bos=0, eos=1
    )  # it has no dropout
    ids = torch.tensor([[0, 7, 2, 8, 1], [0, 9, 5, 2, 1]])
    each = tiny_gpt.losses(model, ids.numpy())
    asked = ids[:, 1:].numpy() != 2
    assert float(tiny_gpt.poem_loss(model, {"ids": ids}).detach()) == pytest.approx(
        each[asked].mean(), rel=1e-5
    )


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_probabilities_of_an_ngram_model_sum_to_one(order: int) -> None:
    size, chance = 9, np.random.default_rng(order)
    train = [chance.integers(1, size, (40, 7)), chance.integers(1, size, (20, 4))]
    for rows in train:
        rows[:, 0] = 0
    for context in ([0], [0, 3], [0, 3, 8, 8, 5]):
        asked = np.array([[*context, token] for token in range(size)])
        found = poems.ngrams(train, [asked], size, order).reshape(size, -1)
        assert found[:, -1].sum() == pytest.approx(1)
        assert (found > 0).all()


def test_bigrams_by_hand() -> None:
    """Two rows of two characters in turn, by the formula; the lower order counts kinds of left neighbours."""
    train = [np.array([[0, 1, 2, 1, 2], [0, 1, 3, 1, 3]])]
    often = {(0, 1): 2, (1, 2): 2, (2, 1): 1, (1, 3): 2, (3, 1): 1}
    discount = 2 / (2 + 2 * 3)
    left = {1: 3, 2: 1, 3: 1}  # 1 is preceded by 0, 2, 3; 2 and 3 by 1 alone
    lower_discount = 2 / (2 + 2 * 0)

    def lower(token: int) -> float:
        kept = max(left.get(token, 0) - lower_discount, 0)
        return (kept + lower_discount * len(left) / 4) / sum(left.values())

    for first, token in product((0, 1, 2, 3), repeat=2):
        counts = {pair: count for pair, count in often.items() if pair[0] == first}
        wanted = (
            max(often.get((first, token), 0) - discount, 0) + discount * len(counts) * lower(token)
        ) / sum(counts.values())
        found = poems.ngrams(train, [np.array([[first, token]])], 4, 2)
        assert found[0] == pytest.approx(wanted)


def test_the_recipe_writes_a_model_with_an_honest_card(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recipes, "SAMPLED", 4)
    out = tmp_path / "made"
    said: list[str] = []
    recipes.RECIPES["poems"](recipes.Given(out, folder, 1e9, 3, "", said.append))
    card = (out / "README.md").read_text("utf-8")
    assert "{" not in card.split("## Files")[0].replace("{'", "")
    rows = [line for line in card.splitlines() if line.startswith("| ") and "---" not in line]
    famous = poems.FAMOUS.read_text("utf-8").split()
    assert [row.split(" | ")[0][2:] for row in rows[-len(famous) :]] == [
        couplet.split("，")[0] for couplet in famous
    ]
    assert all(row.endswith("| no |") for row in rows[-len(famous) :])  # none of them is among these poems
    assert {"this model", "1-grams of the same poems", "5-grams of the same poems"} <= {
        row.split(" | ")[0][2:] for row in rows
    }
    assert said[-1].startswith("poems: step 3")
    once = recipes.Given(tmp_path / "again", folder, 1e9, 3, "", said.append, out)
    assert "the model before this one" in (recipes.RECIPES["poems"](once) / "README.md").read_text("utf-8")
