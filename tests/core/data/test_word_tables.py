"""The tables of words: complete, as their card says, and as their sources have them."""

from __future__ import annotations

import hashlib
import json
import tomllib
import warnings
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from core.data import word_tables
from core.data.word_tables import FOLDER, GROUPS, TABLES, load
from core.errors import BadParameter, DamagedModel
from core.packing import pack_words

SHAPES = {"glove": (40_000, 50), "chinese": (5_000, 384)}
THEMES = ["countries", "cities", "animals", "food", "family", "numbers", "feelings"]


@pytest.mark.parametrize("table", TABLES)
def test_a_table_is_complete(table: str) -> None:
    found = load(table)
    assert found is load(table)
    assert found.vectors.shape == SHAPES[table]
    assert found.vectors.dtype == np.float32
    assert not found.vectors.flags.writeable
    np.testing.assert_allclose(np.linalg.norm(found.vectors, axis=1), 1, atol=1e-5)
    assert len(set(found.words)) == len(found.words) == len(found.groups)
    assert all(found.words[row] == word for word, row in list(found.places.items())[::97])
    assert found.dim == SHAPES[table][1]
    assert found.vectors.nbytes < 20_000_000


@pytest.mark.parametrize("table", TABLES)
def test_every_word_of_a_theme_is_there_and_has_one_theme(table: str) -> None:
    themes = tomllib.loads((FOLDER / GROUPS).read_text("utf-8"))[table]
    assert list(themes) == THEMES, "the same themes in each table"
    found = load(table)
    for id, listed in themes.items():
        words = listed.split()
        assert len(words) >= 35
        assert len(set(words)) == len(words)
        assert {found.groups[found.places[word]] for word in words} == {id}
    assert set(found.groups) == {"", *themes}


def test_the_most_frequent_words_come_first() -> None:
    assert load("glove").words[:5] == ("the", "of", "to", "and", "in")
    glove, chinese = load("glove").places, load("chinese").places
    assert glove["house"] < glove["cottage"] < glove["bungalow"]
    assert chinese["中国"] < chinese["北京"] < chinese["苹果"] < chinese["小猫"]


def test_the_chinese_words_are_jieba_s_in_its_order() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package has escapes that today's Python warns of
        text = (resources.files("jieba") / "dict.txt").read_text("utf-8")
    counts = {line.split(" ")[0]: int(line.split(" ")[1]) for line in text.splitlines()}
    frequency = [counts.get(word, 0) for word in load("chinese").words]
    assert frequency == sorted(frequency, reverse=True)
    themed = {
        word for word, group in zip(load("chinese").words, load("chinese").groups, strict=True) if group
    }
    least = min(counts[word] for word in load("chinese").words if word not in themed)
    common = [
        word for word in ("我们", "没有", "问题", "工作", "朋友", "学校", "天气") if counts[word] >= least
    ]
    assert len(common) == 7
    assert set(common) <= set(load("chinese").words)


@pytest.mark.parametrize(
    ("near", "far"), [(("cat", "dog"), ("cat", "parliament")), (("monday", "tuesday"), ("monday", "cheese"))]
)
def test_glove_knows_what_is_alike(near: tuple[str, str], far: tuple[str, str]) -> None:
    table = load("glove")

    def cosine(one: str, other: str) -> float:
        return float(table.vectors[table.places[one]] @ table.vectors[table.places[other]])

    assert cosine(*near) > 0.85
    assert cosine(*far) < 0.35


def test_glove_has_the_published_cosines() -> None:
    """Frog and toad are each other's neighbours in the table on GloVe's own page."""
    table = load("glove")
    order = np.argsort(-(table.vectors @ table.vectors[table.places["frog"]]))[:10]
    assert "toad" in [table.words[at] for at in order]


def test_the_encoder_still_makes_the_chinese_vectors() -> None:
    """Up to the mean, which is taken from all 5,000: differences of vectors do not know of it."""
    words = ["猫", "狗", "北京", "经济", "高兴", "第一"]
    arrays = load_file(FOLDER / "chinese.safetensors")
    places = load("chinese").places
    stored = arrays["vectors"][[places[word] for word in words]].astype(np.float32)
    made = pack_words.encoded(words)
    np.testing.assert_allclose(stored - stored[0], made - made[0], atol=2e-3)


def test_what_is_taken_of_each_source() -> None:
    fit = [
        word for word in ("cat", "semi-professional", "o'clock", "2008") if pack_words._WORD.fullmatch(word)
    ]
    assert len(fit) == 4
    assert not [
        word for word in (",", "u.s.", "10,000", "'s", "20000", "naïve") if pack_words._WORD.fullmatch(word)
    ]
    assert pack_words._taken("猫", "n")
    assert not pack_words._taken("屼", "n"), "no common character"
    assert not pack_words._taken("蒋介石", "nr"), "names of persons"
    assert not pack_words._taken("一招", "m")
    with pytest.raises(ValueError, match="once"):
        pack_words.packed(["a", "a"], np.zeros((2, 2), np.float16))
    with pytest.raises(ValueError, match="numbers"):
        pack_words.packed(["a", "b"], np.full((2, 2), np.nan, np.float16))


def test_the_manifest_names_every_file() -> None:
    stated = json.loads((FOLDER / "manifest.json").read_text("utf-8"))["files"]
    assert set(stated) == {path.name for path in FOLDER.iterdir()} - {"manifest.json"}
    for name, entry in stated.items():
        assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == entry["sha256"]
        assert entry["licence"] in ("PDDL-1.0", "MIT", "Apache-2.0")
        assert entry["source"]
        assert entry["command"] == pack_words.COMMAND
    assert sum(entry["bytes"] for entry in stated.values()) < 10_000_000
    card = (FOLDER / "README.md").read_text("utf-8")
    assert all(name in card for name in ("glove.safetensors", "chinese.safetensors", GROUPS, "PDDL"))
    assert "Public Domain Dedication and License" in (FOLDER / "PDDL-1.0.txt").read_text("utf-8")


def test_unknown_and_damaged_tables_are_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(BadParameter):
        load("../secret")
    for file in FOLDER.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "glove.safetensors").write_bytes(b"\0" * 100)
    monkeypatch.setattr(word_tables, "FOLDER", tmp_path)
    word_tables._read.cache_clear()
    try:
        with pytest.raises(DamagedModel):
            load("glove")
    finally:
        word_tables._read.cache_clear()
