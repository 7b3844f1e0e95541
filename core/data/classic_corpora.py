"""Texts to count: the beginning of *Moby-Dick*, Tang poems, or a visitor's own; a part of each is held out.

Of the bundled ones the held-out part is what the project's own models have not seen either: of the novel's chapters
every twentieth, and poems from those that Poem GPT was not trained on. Of an own text it is every tenth line, fewer
of a long one.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from core.data.uploads import is_binary
from core.errors import BinaryText, TextEmpty, TextTooShort
from core.models.load.manifest import read_manifest
from core.paths import DATA

CORPORA = ("english", "tang")
MOST_BYTES = 1_000_000
"""So much of an own text is used, in bytes of UTF-8; the rest is left out."""
LEAST = 200
"""Shortest own text, in characters."""
CHAPTERS, LINES = 20, 10
"""One chapter, and of an own text one line, in so many is held out."""
MOST_HELD_OUT = 16_000
"""Bytes of a long own text that about are held out: a Transformer has to read them too."""
_CHAPTER = re.compile(r"(?m)^(?=CHAPTER \d+\.)")
_SENTENCE = re.compile(r".+?(?:[.!?…]+[\"'”’)\]]*(?=\s|$)|[。！？]+[”’」』）]*|$)")


@dataclass(frozen=True, slots=True)
class Corpus:
    """A text in two parts."""

    train: tuple[str, ...]  # documents: chapters, poems, or one
    held_out: tuple[str, ...]
    given: int  # bytes of UTF-8 that were given
    used: int  # bytes of them that are in one of the parts

    @property
    def held_out_bytes(self) -> int:
        """Bytes of the held-out lines, each with the sign that ends it; empty lines are not counted."""
        return sum(
            len(line.encode()) + 1 for text in self.held_out for line in text.split("\n") if line.strip()
        )


def read(corpus: str, *, lower: bool = False) -> Corpus:
    """A bundled corpus by its name, or the visitor's own text; ``lower``: without capitals.

    Errors: TextEmpty, TextTooShort, BinaryText.
    """
    found = _bundled(corpus) if corpus in CORPORA else _own(corpus)
    if not lower:
        return found
    train, held_out = (tuple(text.lower() for text in part) for part in (found.train, found.held_out))
    return Corpus(train, held_out, found.given, found.used)


@cache
def _bundled(name: str) -> Corpus:
    if name == "tang":
        train, held_out = _texts("tang").split("\n\n"), _texts("tang-held-out").split("\n\n")
    else:
        chapters = [part for part in _CHAPTER.split(_texts(name)) if part]
        train, held_out = parted(chapters, CHAPTERS)
    size = sum(len(text.encode()) for text in (*train, *held_out))
    return Corpus(tuple(train), tuple(held_out), size, size)


def _texts(name: str) -> str:
    content = read_manifest("corpora", DATA / "corpora").read_bytes(f"{name}.txt.gz")
    return gzip.decompress(content).decode()


def _own(text: str) -> Corpus:
    data = text.encode("utf-8", "replace")
    kept = data[:MOST_BYTES].decode("utf-8", "ignore")
    if not kept.strip():
        raise TextEmpty
    if is_binary(kept):
        raise BinaryText
    if len(kept) < LEAST:
        raise TextTooShort(count=len(kept), least=LEAST, unit="characters")
    train, held_out = parted(_lines(kept), max(LINES, len(kept.encode()) // MOST_HELD_OUT))
    return Corpus(("\n".join(train),), ("\n".join(held_out),), len(data), len(kept.encode()))


def parted(parts: Sequence[str], share: int) -> tuple[list[str], list[str]]:
    """What is trained on, and one part in ``share``, from the middle of the first ``share`` on.

    >>> parted("abcdef", 3)
    (['a', 'c', 'd', 'f'], ['b', 'e'])
    """
    out = set(range(min(share // 2, len(parts) - 1), len(parts), share))
    return (
        [part for at, part in enumerate(parts) if at not in out],
        [part for at, part in enumerate(parts) if at in out],
    )


def _lines(text: str) -> list[str]:
    """The lines of an own text, its sentences where there are few lines; a single one in two parts."""
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) < 2 * LINES:
        lines = [part for line in lines for part in sentences(line)]
    middle = len(lines[0]) // LINES
    return lines if len(lines) > 1 else [lines[0][middle:], lines[0][:middle]]


def sentences(line: str) -> list[str]:
    """The sentences of a line.

    >>> sentences("Call me Ishmael. Some years ago - never mind! 你好。再见。")
    ['Call me Ishmael.', 'Some years ago - never mind!', '你好。', '再见。']
    """
    return [part.strip() for part in _SENTENCE.findall(line.strip()) if part.strip()]
